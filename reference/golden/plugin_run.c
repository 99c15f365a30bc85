/* SPDX-License-Identifier: Apache-2.0 */
/* Contexts and runs: ports are read from and written to their layouts and strides through dense copies that the context owns. */
#include <string.h>

#include "plugin.h"

static int32_t allocate(nbx_run_context *context)
{
    const struct nbx_program *program = context->program;
    const nbx_host *host = program->host;
    uint64_t bytes = (golden_scratch_bytes(program->golden) + 63) & ~(uint64_t)63;
    const uint64_t scratch = bytes;
    char *at;
    uint32_t i;
    for (i = 0; i < program->inputs.count; i++)
        bytes += program->inputs.rows[i].dense_bytes;
    for (i = 0; i < program->outputs.count; i++)
        bytes += program->outputs.rows[i].dense_bytes;
    context->scratch = host->alloc(host->self, bytes + 64, 64);
    context->inputs = host->alloc(host->self, (program->inputs.count + 1) * sizeof *context->inputs, 64);
    context->outputs = host->alloc(host->self, (program->outputs.count + 1) * sizeof *context->outputs, 64);
    if (!context->scratch || !context->inputs || !context->outputs) return NBX_NO_MEMORY;
    at = (char *)context->scratch + scratch;
    for (i = 0; i < program->inputs.count; i++, at += program->inputs.rows[i - 1].dense_bytes)
        context->inputs[i] = at;
    for (i = 0; i < program->outputs.count; i++, at += program->outputs.rows[i - 1].dense_bytes)
        context->outputs[i] = at;
    return NBX_OK;
}

int32_t reference_context_create(nbx_program *program, nbx_run_context **out)
{
    nbx_run_context *context;
    if (!out) return NBX_INVALID;
    *out = NULL;
    if (!program) return NBX_INVALID;
    context = program->host->alloc(program->host->self, sizeof *context, 64);
    if (!context) return NBX_NO_MEMORY;
    memset(context, 0, sizeof *context);
    context->program = program;
    atomic_fetch_add(&reference_live, 1);
    if (allocate(context) != NBX_OK) {
        reference_context_destroy(context);
        return NBX_NO_MEMORY;
    }
    *out = context;
    return NBX_OK;
}

void reference_context_destroy(nbx_run_context *context)
{
    const nbx_host *host;
    if (!context) return;
    host = context->program->host;
    host->free(host->self, context->scratch);
    host->free(host->self, context->inputs);
    host->free(host->self, context->outputs);
    host->free(host->self, context);
    atomic_fetch_sub(&reference_live, 1);
}

/** One bound buffer: where its elements are, within `bits` bits from `base`. */
typedef struct bound {
    char *base;
    uint64_t bits;
    uint64_t strides[GOLDEN_LEVELS];
    bool dense;
} bound;

/** A stride of 0 is the layout's own, moved out where an inner level grew. */
static bool set_strides(const nbx_buffer *buffer, uint32_t levels, const int64_t *extents, uint32_t element_bits, bound *out)
{
    uint64_t inner = element_bits;
    uint32_t i;
    for (i = levels; i-- > 0;) {
        const uint64_t own = out->strides[i], given = i < buffer->stride_count ? buffer->stride_bytes[i] : 0;
        if (given > UINT64_MAX / 16 || (given && (given * 8 < own || given * 8 < inner))) return false;
        out->strides[i] = given ? given * 8 : own > inner ? own : inner;
        if (out->strides[i] > (UINT64_MAX >> 2) / (uint64_t)extents[i]) return false;
        inner = out->strides[i] * (uint64_t)extents[i];
    }
    return true;
}

static bool bind(const reference_port *port, const nbx_span *buffers, uint32_t index, bound *out)
{
    const nbx_value *value = port->value;
    nbx_buffer buffer;
    int64_t extents[GOLDEN_LEVELS];
    const void *row = NBX_ROW(char, *buffers, index);
    uint32_t given, levels, i;
    uint64_t dense;
    memset(&buffer, 0, sizeof buffer);
    memcpy(&given, row, sizeof given);
    memcpy(&buffer, row, given < sizeof buffer ? given : sizeof buffer);
    if (!buffer.ptr || buffer.domain != NBX_DOMAIN_HOST || buffer.offset > buffer.bytes || buffer.bytes > UINT64_MAX / 16) return false;
    out->base = (char *)buffer.ptr + buffer.offset;
    out->bits = (buffer.bytes - buffer.offset) * 8;
    levels = golden_level_strides(value->layout, value->rank, value->dims, port->element_bits, out->strides, extents);
    if (buffer.stride_count > levels || !set_strides(&buffer, levels, extents, port->element_bits, out)) return false;
    /* Dense in axis order: no blocks, axes in their places, every stride what the inner levels need. */
    out->dense = levels == value->rank;
    for (i = levels, dense = port->element_bits; i-- > 0; dense *= (uint64_t)value->dims[i])
        out->dense = out->dense && out->strides[i] == dense && (!value->layout || value->layout->outer[i] == i);
    return true;
}

static void copy_bits(char *to, uint64_t to_bit, const char *from, uint64_t from_bit, uint32_t bits)
{
    uint32_t i;
    if (bits >= 8) {
        memcpy(to + to_bit / 8, from + from_bit / 8, bits / 8);
        return;
    }
    for (i = 0; i < bits; i++) {
        const unsigned bit = (unsigned char)from[(from_bit + i) / 8] >> ((from_bit + i) % 8) & 1u;
        const unsigned mask = 1u << ((to_bit + i) % 8);
        char *byte = &to[(to_bit + i) / 8];
        *byte = (char)(((unsigned char)*byte & ~mask) | (bit ? mask : 0));
    }
}

/** Between a bound buffer and the dense copy; false where an element lies outside of the buffer. */
static bool transfer(const reference_port *port, const bound *buffer, char *dense, bool into_buffer)
{
    const nbx_value *value = port->value;
    int64_t index[NBX_MAX_RANK] = {0};
    uint64_t at = 0;
    uint32_t a;
    if (buffer->dense) {
        const uint64_t bytes = golden_layout_bytes(NULL, value->rank, value->dims, port->element_bits);
        if (bytes * 8 > buffer->bits) return false;
        memcpy(into_buffer ? buffer->base : dense, into_buffer ? dense : buffer->base, (size_t)bytes);
        return true;
    }
    for (;; at += port->element_bits) {
        const uint64_t place = golden_level_offset(value->layout, value->rank, buffer->strides, index);
        if (place + port->element_bits > buffer->bits) return false;
        if (into_buffer)
            copy_bits(buffer->base, place, dense, at, port->element_bits);
        else
            copy_bits(dense, at, buffer->base, place, port->element_bits);
        for (a = value->rank; a-- > 0;) {
            if (++index[a] < value->dims[a]) break;
            index[a] = 0;
        }
        if (a == UINT32_MAX) return true;
    }
}

/** Inputs before the run, outputs after it. */
static int32_t transfer_all(nbx_run_context *context, const nbx_span *buffers, bool outputs)
{
    const reference_ports *ports = outputs ? &context->program->outputs : &context->program->inputs;
    uint32_t i;
    for (i = 0; i < ports->count; i++) {
        bound buffer;
        char *dense = outputs ? context->outputs[i] : context->inputs[i];
        if (!bind(&ports->rows[i], buffers, i, &buffer) || !transfer(&ports->rows[i], &buffer, dense, outputs))
            return reference_fail(context->program->host, NBX_INVALID, "E-REFERENCE-004",
                                  outputs ? "an output buffer does not hold its port" : "an input buffer does not hold its port");
    }
    return NBX_OK;
}

int32_t reference_run(nbx_run_context *context, const nbx_run_args *args)
{
    int32_t status;
    if (!context || !args || args->inputs.count != context->program->inputs.count || args->outputs.count != context->program->outputs.count)
        return NBX_INVALID;
    status = transfer_all(context, &args->inputs, false);
    if (status == NBX_OK)
        status = golden_run(context->program->golden, context->scratch, (const void *const *)context->inputs, context->outputs);
    return status == NBX_OK ? transfer_all(context, &args->outputs, true) : status;
}
