/* SPDX-License-Identifier: Apache-2.0 */
/* Whether an artifact makes sense as a whole: encodings, shapes, sizes, and steps that form a run; bytes on disk are artifact_read.c. */
#include <stdlib.h>
#include <string.h>

#include "rt/artifact.h"
#include "rt/artifact_log.h"
#include "schema/layouts.h"
#include "schema/ops.h"

static bool fail(nbx_fault *fault, nbx_fault_code code, const char *table, uint32_t index, const char *what)
{
    nbx_fault_set(fault, code, "%s[%u]: %s", table, (unsigned)index, what);
    return false;
}

uint32_t nbx_artifact_element_bits(const nbx_artifact_buffer *buffer)
{
    return nbx_dtype_bits(buffer->encoding ? buffer->encoding->storage : buffer->dtype);
}

uint32_t nbx_artifact_param_count(const nbx_encoding *encoding, uint32_t rank, const int64_t *dims)
{
    if (encoding->granularity == NBX_PER_TENSOR) return 1;
    if (encoding->axis >= rank || dims[encoding->axis] > INT32_MAX) return 0;
    uint32_t extent = (uint32_t)dims[encoding->axis];
    if (encoding->granularity == NBX_PER_CHANNEL) return extent;
    if (encoding->granularity == NBX_PER_BLOCK && encoding->block) return extent / encoding->block + (extent % encoding->block != 0);
    return 0;
}

const char *nbx_artifact_find(const nbx_artifact *artifact, const char *key)
{
    for (uint32_t i = 0; i < artifact->key_count; i++)
        if (!strcmp(artifact->keys[i].key, key)) return artifact->keys[i].value;
    return NULL;
}

static bool check_keys(const nbx_artifact *a, nbx_fault *fault)
{
    static const char *const required[] = {"chip", "emulation", "model_digest", "nbx_version", "options_digest"};
    for (uint32_t i = 1; i < a->key_count; i++)
        if (strcmp(a->keys[i - 1].key, a->keys[i].key) >= 0)
            return fail(fault, NBX_FAULT_ART_KEY, "keys", i, "is not sorted, or there twice");
    for (size_t i = 0; i < sizeof(required) / sizeof(required[0]); i++)
        if (!nbx_artifact_find(a, required[i])) {
            nbx_fault_set(fault, NBX_FAULT_ART_KEY, "the key `%s` is missing", required[i]);
            return false;
        }
    return true;
}

static bool is_finite(double x)
{
    return x - x == 0;
}

static bool params_are_sound(const nbx_artifact_buffer *b)
{
    for (uint32_t i = 0; i < b->param_count; i++) {
        const nbx_qparam *p = &b->params[i];
        if (b->encoding->kind == NBX_ENC_AFFINE && !(p->scale > 0 && is_finite(p->scale))) return false;
        if (b->encoding->kind == NBX_ENC_BINARY && !is_finite(p->scale)) return false;
        /* Far inside the exponents of double, so that scaling needs no care. */
        if (b->encoding->kind == NBX_ENC_POW2 && (p->exponent < -900 || p->exponent > 900)) return false;
    }
    return true;
}

static bool encoding_is_sound(const nbx_encoding *e)
{
    uint32_t bits = nbx_dtype_bits(e->storage);
    if (e->code_bits == 0 || e->code_bits > 32 || bits < e->code_bits || bits > 32 || e->lo > e->hi) return false;
    switch (e->kind) {
    case NBX_ENC_FLOAT:
        return e->storage == NBX_DTYPE_FLOAT32 || e->storage == NBX_DTYPE_FLOAT16 || e->storage == NBX_DTYPE_BFLOAT16;
    case NBX_ENC_LOG:
        return e->steps && e->top <= NBX_LOG_TOP_LIMIT && e->code_bits <= 16 && 1u << (e->code_bits - 1) > e->top;
    case NBX_ENC_AFFINE:
    case NBX_ENC_POW2:
    case NBX_ENC_BINARY:
    case NBX_ENC_INDEX:
        return true;
    default:
        return false;
    }
}

static bool check_encoding(const nbx_artifact_buffer *b, uint32_t i, nbx_fault *fault)
{
    const nbx_encoding *e = b->encoding;
    if (!e) return b->param_count == 0 || fail(fault, NBX_FAULT_ART_ROW, "buffers", i, "has parameters, but no encoding");
    if (!encoding_is_sound(e)) return fail(fault, NBX_FAULT_ART_ROW, "buffers", i, "its encoding is malformed");
    bool needs = e->kind != NBX_ENC_FLOAT && e->kind != NBX_ENC_INDEX;
    uint32_t count = needs ? nbx_artifact_param_count(e, b->rank, b->dims) : b->param_count ? 1 : 0;
    if (needs && count == 0) return fail(fault, NBX_FAULT_ART_ROW, "buffers", i, "its encoding cannot be that of a buffer");
    if (b->param_count != count || (count && !b->params))
        return fail(fault, NBX_FAULT_ART_ROW, "buffers", i, "has another number of parameters");
    return params_are_sound(b) || fail(fault, NBX_FAULT_ART_ROW, "buffers", i, "a parameter is not a usable number");
}

static bool check_buffer(const nbx_artifact_buffer *b, uint32_t i, nbx_fault *fault)
{
    char error[160] = "";
    nbx_layout layout;
    nbx_layout_plan plan;
    uint32_t bits = nbx_artifact_element_bits(b);
    if (!b->name || b->role > NBX_BUFFER_OUTPUT || b->pad_in > NBX_PAD_FILL || b->pad_out > NBX_PAD_PRESERVED)
        return fail(fault, NBX_FAULT_ART_ROW, "buffers", i, "its name, role or padding is unknown");
    if (b->rank > NBX_MAX_RANK || bits == 0 || !nbx_layout_plan_make(NULL, b->rank, b->dims, bits, &plan))
        return fail(fault, NBX_FAULT_ART_ROW, "buffers", i, "its type or shape is malformed");
    if (b->layout && !nbx_layout_parse(b->layout, b->rank, &layout, error, sizeof(error)))
        return fail(fault, NBX_FAULT_ART_ROW, "buffers", i, error);
    if (b->layout && !nbx_layout_plan_make(&layout, b->rank, b->dims, bits, &plan))
        return fail(fault, NBX_FAULT_ART_ROW, "buffers", i, "its layout does not fit its shape");
    /* Scratch memory for a conversion is a small multiple of this: no product of sizes may wrap later. */
    if (b->bytes < plan.bytes || b->bytes > UINT64_C(1) << 40)
        return fail(fault, NBX_FAULT_ART_ROW, "buffers", i, "its bytes do not fit shape and layout");
    return check_encoding(b, i, fault);
}

static uint64_t elements_of(const nbx_artifact_buffer *b)
{
    uint64_t count = 1;
    for (uint32_t axis = 0; axis < b->rank; axis++)
        count *= (uint64_t)b->dims[axis]; /* checked by the dense plan */
    return count;
}

static bool channel_list_fits(const nbx_artifact_buffer *b, const double *list, uint32_t count)
{
    int axis = nbx_axis_of('c', b->rank);
    for (uint32_t i = 0; i < count; i++)
        if (!list || !is_finite(list[i])) return false;
    return count <= 1 || (axis >= 0 && (int64_t)count == b->dims[axis]);
}

static bool check_conversion(const nbx_artifact *a, uint32_t i, bool *written, nbx_fault *fault)
{
    const nbx_artifact_step *s = &a->steps[i];
    if (s->from >= a->buffer_count || s->to >= a->buffer_count || s->from == s->to)
        return fail(fault, NBX_FAULT_ART_ROW, "steps", i, "its buffers do not exist");
    const nbx_artifact_buffer *from = &a->buffers[s->from], *to = &a->buffers[s->to];
    if (elements_of(from) != elements_of(to))
        return fail(fault, NBX_FAULT_ART_ROW, "steps", i, "its buffers have different numbers of elements");
    if (s->kind == NBX_STEP_CONVERT && (s->mean_count || s->scale_count))
        return fail(fault, NBX_FAULT_ART_ROW, "steps", i, "only PREPROCESS has mean and scale");
    if (!channel_list_fits(from, s->mean, s->mean_count) || !channel_list_fits(from, s->scale, s->scale_count))
        return fail(fault, NBX_FAULT_ART_ROW, "steps", i, "mean or scale do not fit the channels");
    if (!written[s->from] || to->role == NBX_BUFFER_INPUT)
        return fail(fault, NBX_FAULT_ART_PLAN, "steps", i, "reads what nothing wrote, or writes a caller's input");
    written[s->to] = true;
    return true;
}

static bool check_run(const nbx_artifact *a, uint32_t i, bool *written, bool *ran, nbx_fault *fault)
{
    const nbx_artifact_step *s = &a->steps[i];
    if (s->segment >= a->segment_count || ran[s->segment])
        return fail(fault, NBX_FAULT_ART_PLAN, "steps", i, "its segment does not exist, or ran before");
    const nbx_artifact_segment *g = &a->segments[s->segment];
    if (g->chip >= a->chip_count) return fail(fault, NBX_FAULT_ART_ROW, "segments", s->segment, "its chip does not exist");
    for (uint32_t p = 0; p < g->input_count; p++) {
        if (g->inputs[p] >= a->buffer_count) return fail(fault, NBX_FAULT_ART_ROW, "segments", s->segment, "an input does not exist");
        if (!written[g->inputs[p]]) return fail(fault, NBX_FAULT_ART_PLAN, "segments", s->segment, "reads a buffer that nothing wrote");
    }
    for (uint32_t p = 0; p < g->output_count; p++) {
        if (g->outputs[p] >= a->buffer_count) return fail(fault, NBX_FAULT_ART_ROW, "segments", s->segment, "an output does not exist");
        if (a->buffers[g->outputs[p]].role == NBX_BUFFER_INPUT)
            return fail(fault, NBX_FAULT_ART_PLAN, "segments", s->segment, "writes a caller's input");
        written[g->outputs[p]] = true;
    }
    ran[s->segment] = true;
    return true;
}

static bool check_steps(const nbx_artifact *a, bool *written, bool *ran, nbx_fault *fault)
{
    for (uint32_t i = 0; i < a->buffer_count; i++)
        written[i] = a->buffers[i].role == NBX_BUFFER_INPUT;
    for (uint32_t i = 0; i < a->step_count; i++) {
        uint32_t kind = (uint32_t)a->steps[i].kind;
        if (kind < NBX_STEP_CONVERT || kind > NBX_STEP_RUN) return fail(fault, NBX_FAULT_ART_ROW, "steps", i, "its kind is unknown");
        if (!(kind == NBX_STEP_RUN ? check_run(a, i, written, ran, fault) : check_conversion(a, i, written, fault))) return false;
    }
    for (uint32_t i = 0; i < a->buffer_count; i++)
        if (a->buffers[i].role == NBX_BUFFER_OUTPUT && !written[i])
            return fail(fault, NBX_FAULT_ART_PLAN, "buffers", i, "is an output that nothing writes");
    for (uint32_t i = 0; i < a->segment_count; i++)
        if (!ran[i]) return fail(fault, NBX_FAULT_ART_PLAN, "segments", i, "never runs");
    return true;
}

nbx_status nbx_artifact_check(const nbx_artifact *a, nbx_fault *fault)
{
    if (!check_keys(a, fault)) return fault->status;
    for (uint32_t i = 0; i < a->buffer_count; i++)
        if (!check_buffer(&a->buffers[i], i, fault)) return fault->status;
    bool *marks = calloc((size_t)a->buffer_count + a->segment_count + 1, sizeof(*marks));
    if (!marks) return nbx_fault_set(fault, NBX_FAULT_ART_MEMORY, "no memory to check the steps");
    check_steps(a, marks, marks + a->buffer_count, fault);
    free(marks);
    return fault->status;
}
