/* SPDX-License-Identifier: Apache-2.0 */
/* Moves or recodes the elements of one buffer into another, stretch by stretch; steps and memory are run.c's. */
#include "rt/convert.h"

#include <string.h>

#include "rt/codes.h"
#include "schema/encodings.h"
#include "schema/ops.h"

enum { STRETCH = 256 };

static bool make_plan(const nbx_artifact_buffer *b, nbx_layout_plan *out)
{
    nbx_layout layout;
    if (b->layout && !nbx_layout_parse(b->layout, b->rank, &layout, NULL, 0)) return false;
    return nbx_layout_plan_make(b->layout ? &layout : NULL, b->rank, b->dims, nbx_artifact_element_bits(b), out);
}

static bool same_elements(const nbx_artifact_buffer *a, const nbx_artifact_buffer *b)
{
    if (!a->encoding || !b->encoding) return !a->encoding && !b->encoding && a->dtype == b->dtype;
    if (!nbx_encoding_same(a->encoding, b->encoding) || a->encoding->granularity != b->encoding->granularity) return false;
    if (a->encoding->granularity != NBX_PER_TENSOR && (a->encoding->axis != b->encoding->axis || a->rank != b->rank)) return false;
    if (a->encoding->granularity != NBX_PER_TENSOR && memcmp(a->dims, b->dims, a->rank * sizeof(a->dims[0]))) return false;
    if (a->param_count != b->param_count) return false;
    for (uint32_t i = 0; i < a->param_count; i++) {
        const nbx_qparam *p = &a->params[i], *q = &b->params[i];
        if (p->scale != q->scale || p->zero_point != q->zero_point || p->exponent != q->exponent) return false;
    }
    return true;
}

static bool same_layout(const nbx_artifact_buffer *a, const nbx_artifact_buffer *b)
{
    if (a->rank != b->rank || memcmp(a->dims, b->dims, a->rank * sizeof(a->dims[0]))) return false;
    /* A reader that wants its padding filled gets it from us. */
    if (b->pad_in == NBX_PAD_FILL && a->pad_out != NBX_PAD_FILL) return false;
    return (!a->layout && !b->layout) || (a->layout && b->layout && !strcmp(a->layout, b->layout));
}

nbx_status nbx_converter_prepare(const nbx_artifact *artifact, const nbx_artifact_step *step, nbx_converter *out, nbx_fault *fault)
{
    const nbx_artifact_buffer *from = &artifact->buffers[step->from], *to = &artifact->buffers[step->to];
    memset(out, 0, sizeof(*out));
    out->step = step;
    out->from = from;
    out->to = to;
    if (!make_plan(from, &out->from_plan) || !make_plan(to, &out->to_plan))
        return nbx_fault_set(fault, NBX_FAULT_RT_CONVERSION, "%s: its layout does not fit", from->name);
    int axis = nbx_axis_of('c', from->rank);
    out->elements = out->channels = out->inner = 1;
    for (uint32_t i = 0; i < from->rank; i++) {
        out->elements *= (uint64_t)from->dims[i];
        if (axis >= 0 && (int)i > axis) out->inner *= (uint64_t)from->dims[i];
    }
    if (axis >= 0) out->channels = (uint64_t)from->dims[axis];
    out->same_codes = step->kind == NBX_STEP_CONVERT && same_elements(from, to);
    out->same_bytes = out->same_codes && same_layout(from, to);
    if (!out->same_codes && (!nbx_codes_supported(from) || !nbx_codes_supported(to)))
        return nbx_fault_set(fault, NBX_FAULT_RT_CONVERSION, "%s: elements of type %s have no conversion to %s", from->name,
                             nbx_dtype_name(from->dtype), nbx_dtype_name(to->dtype));
    uint32_t bits = out->from_plan.element_bits > out->to_plan.element_bits ? out->from_plan.element_bits : out->to_plan.element_bits;
    out->dense_bytes = (out->elements / 8 + 1) * bits + 64;
    return NBX_OK;
}

/* real = (x - mean) * scale in double, rounded once. */
static void preprocess(const nbx_converter *c, uint64_t first, uint32_t count, float *values)
{
    const nbx_artifact_step *s = c->step;
    for (uint32_t i = 0; i < count; i++) {
        uint64_t channel = (first + i) / c->inner % c->channels;
        double x = values[i];
        if (s->mean_count) x -= s->mean[s->mean_count == 1 ? 0 : channel];
        if (s->scale_count) x *= s->scale[s->scale_count == 1 ? 0 : channel];
        values[i] = (float)x;
    }
}

/* Decodes to float32 and encodes in place: codes that were read are not needed any more, and wider ones grow from the end. */
static void recode(const nbx_converter *c, unsigned char *dense)
{
    float values[STRETCH];
    bool grows = c->to_plan.element_bits > c->from_plan.element_bits;
    uint64_t stretches = (c->elements + STRETCH - 1) / STRETCH;
    for (uint64_t n = 0; n < stretches; n++) {
        uint64_t first = (grows ? stretches - 1 - n : n) * STRETCH;
        uint32_t count = (uint32_t)(c->elements - first < STRETCH ? c->elements - first : STRETCH);
        nbx_codes_decode(c->from, dense, first, count, values);
        if (c->step->kind == NBX_STEP_PREPROCESS) preprocess(c, first, count, values);
        nbx_codes_encode(c->to, values, first, count, dense);
    }
}

void nbx_converter_run(const nbx_converter *c, const void *from, void *to, void *scratch)
{
    if (c->same_bytes) {
        memcpy(to, from, (size_t)c->to_plan.bytes);
        return;
    }
    nbx_layout_unpack(&c->from_plan, from, scratch);
    if (!c->same_codes) recode(c, scratch);
    nbx_layout_pack(&c->to_plan, scratch, to, true, nbx_codes_fill(c->to));
}
