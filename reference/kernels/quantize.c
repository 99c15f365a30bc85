/* SPDX-License-Identifier: Apache-2.0 */
/* QuantizeLinear and DequantizeLinear of plain tensors, whose scales are inputs; encoded tensors carry their own. */
#include <string.h>

#include "executors.h"

/* Parameter index of an element: the scale's extents, each covering dims / extent elements along its axis. */
typedef struct quantize {
    uint64_t inner, extent, block, scale_extent;
    bool per_tensor, decode_input, encode_output;
    double lo, hi;
} quantize;

static uint64_t param_of(const quantize *prepared, uint64_t element)
{
    const uint64_t inner = element % prepared->inner, along = element / prepared->inner % prepared->extent;
    const uint64_t outer = element / prepared->inner / prepared->extent;
    if (prepared->per_tensor) return 0;
    if (!prepared->block) return along;
    return (outer * prepared->scale_extent + along / prepared->block) * prepared->inner + inner;
}

static double zero_point(const kernel_step *step, const kernel_run *run, uint64_t param)
{
    const kernel_tensor *zero = kernel_input(step, 2);
    return zero ? kernel_decode_one(zero, kernel_input_cells(step, run, 2), zero->count == 1 ? 0 : param) : 0.0;
}

static double scale_of(const kernel_step *step, const kernel_run *run, uint64_t param)
{
    return kernel_decode_one(kernel_input(step, 1), kernel_input_cells(step, run, 1), param);
}

static double quantized(const kernel_step *step, const kernel_run *run, uint64_t element, double x)
{
    const quantize *prepared = step->prepared;
    const uint64_t param = param_of(prepared, element);
    const double zero = zero_point(step, run, param);
    const double code = kernel_round_even(x / scale_of(step, run, param)) + zero;
    if (code != code) return zero;
    return code < prepared->lo ? prepared->lo : code > prepared->hi ? prepared->hi : code;
}

static void run_step(const kernel_step *step, const kernel_run *run)
{
    const quantize *prepared = step->prepared;
    const kernel_tensor *in = kernel_input(step, 0), *out = kernel_output(step, 0);
    const bool quantizing = step->node->schema->op == NBX_OP_quantize_linear;
    const void *cells = kernel_input_cells(step, run, 0);
    double values[KERNEL_CHUNK];
    for (uint64_t at = 0; at < out->count; at += KERNEL_CHUNK) {
        const uint64_t left = out->count - at;
        const kernel_range range = {at, 1, left < KERNEL_CHUNK ? (uint32_t)left : KERNEL_CHUNK};
        kernel_decode(in, cells, &range, values);
        for (uint32_t i = 0; i < range.count; i++) {
            if (quantizing && !prepared->encode_output) values[i] = quantized(step, run, at + i, values[i]);
            if (!quantizing && !prepared->decode_input) {
                const uint64_t param = param_of(prepared, at + i);
                values[i] = (values[i] - zero_point(step, run, param)) * scale_of(step, run, param);
            }
        }
        kernel_finish(step, run, &range, values);
    }
}

static bool code_range(const kernel_tensor *tensor, quantize *prepared)
{
    const uint32_t bits = nbx_dtype_bits(tensor->dtype);
    const char kind = nbx_dtype_kind(tensor->dtype);
    if (bits > 32 || (kind != 'i' && kind != 'u')) return false;
    prepared->lo = kind == 'i' ? -(double)(UINT64_C(1) << (bits - 1)) : 0;
    prepared->hi = kind == 'i' ? (double)(UINT64_C(1) << (bits - 1)) - 1 : (double)(UINT64_C(1) << bits) - 1;
    return true;
}

int32_t kernel_prepare_quantize(nbx_kernels *program, kernel_step *step)
{
    const kernel_tensor *in = kernel_input(step, 0), *scale = kernel_input(step, 1), *out = kernel_output(step, 0);
    const bool quantizing = step->node->schema->op == NBX_OP_quantize_linear;
    const uint64_t axis = (uint64_t)kernel_attr_int(step->node, "axis", 1);
    const int64_t block = kernel_attr_int(step->node, "block_size", 0);
    quantize *prepared = kernel_alloc(program, 1, sizeof *prepared);
    if (!prepared) return NBX_NO_MEMORY;
    step->prepared = prepared;
    step->execute = run_step;
    if (in->count != out->count) return kernel_refuse(program, step, "input and output differ in size");
    prepared->per_tensor = scale->count == 1;
    prepared->decode_input = in->encoding != NULL;
    prepared->encode_output = out->encoding != NULL;
    prepared->inner = prepared->extent = 1;
    if (!prepared->per_tensor) {
        if (axis >= in->rank) return kernel_refuse(program, step, "its axis is out of range");
        prepared->extent = (uint64_t)in->dims[axis];
        for (uint32_t a = (uint32_t)axis + 1; a < in->rank; a++)
            prepared->inner *= (uint64_t)in->dims[a];
        prepared->block = block > 0 ? (uint64_t)block : 0;
        prepared->scale_extent = prepared->block ? (prepared->extent + prepared->block - 1) / prepared->block : prepared->extent;
        if (scale->count != (prepared->block ? in->count / prepared->extent * prepared->scale_extent : prepared->extent))
            return kernel_refuse(program, step, "its scales do not fit its axis");
    }
    if (quantizing && !prepared->encode_output && !code_range(out, prepared))
        return kernel_refuse(program, step, "its output is not an integer");
    return NBX_OK;
}
