/* SPDX-License-Identifier: Apache-2.0 */
/* Shapes of Conv, ConvTranspose, Gemm and MatMul as positions, taps and strides; numbers are operands.c's and epilogue.c's. */
#include "weighted.h"

static void list3(const kernel_node *node, const char *name, uint32_t spatial, uint64_t fallback, uint64_t out[3])
{
    uint32_t count;
    const int64_t *values = kernel_attr_ints(node, name, &count);
    for (uint32_t i = 0; i < 3; i++) {
        const uint32_t missing = 3 - spatial;
        out[i] = i < missing || i - missing >= count ? fallback : (uint64_t)values[i - missing];
    }
}

/* Padded extents hold what the taps of the outputs reach, no more. */
static bool finish_axes(weighted *out)
{
    uint64_t cells = out->channels;
    out->positions = out->taps = 1;
    for (uint32_t i = 0; i < 3; i++) {
        if (!out->out[i] || !out->kernel[i] || !out->stride[i] || !out->dilation[i]) return false;
        if (out->out[i] > UINT32_MAX || out->stride[i] > UINT16_MAX || out->kernel[i] > UINT16_MAX || out->dilation[i] > UINT16_MAX)
            return false;
        out->padded[i] = (out->out[i] - 1) * out->stride[i] + (out->kernel[i] - 1) * out->dilation[i] + 1;
        out->positions *= out->out[i];
        out->taps *= out->kernel[i];
        if (cells > (UINT64_C(1) << 40) / out->padded[i]) return false;
        cells *= out->padded[i];
    }
    out->x_cells = cells + WEIGHTED_LANES;
    return true;
}

static bool single_batches(nbx_kernels *program, weighted *out, uint64_t x_step)
{
    out->x_batch = kernel_alloc(program, out->batches, sizeof(uint64_t));
    out->w_batch = kernel_alloc(program, out->batches, sizeof(uint64_t));
    if (!out->x_batch || !out->w_batch) return false;
    for (uint32_t b = 0; b < out->batches; b++)
        out->x_batch[b] = b * x_step;
    return true;
}

/* A transposed convolution is a convolution, stride 1, over the input spread out by the stride, kernel reversed. */
static void transpose_axes(weighted *out)
{
    for (uint32_t i = 0; i < 3; i++) {
        out->spread[i] = out->stride[i];
        out->stride[i] = 1;
        out->pad[i] = (int64_t)((out->kernel[i] - 1) * out->dilation[i]) - out->pad[i];
    }
}

static int32_t convolution(nbx_kernels *program, const kernel_step *step, weighted *out)
{
    const kernel_tensor *x = kernel_input(step, 0), *w = kernel_input(step, 1), *y = kernel_output(step, 0);
    const kernel_node *node = step->node;
    const bool transposed = node->schema->op == NBX_OP_conv_transpose;
    const uint32_t spatial = x->rank - 2, missing = 3 - spatial;
    uint32_t pad_count;
    const int64_t *pads = kernel_attr_ints(node, "pads", &pad_count);
    if (x->rank < 3 || x->rank > 5 || w->rank != x->rank || y->rank != x->rank)
        return kernel_refuse(program, step, "its rank has no kernel");
    out->groups = node->conv_groups;
    out->batches = (uint32_t)x->dims[0];
    out->channels = (uint32_t)x->dims[1];
    out->outputs = (uint32_t)y->dims[1];
    if (!out->groups || out->channels % out->groups || out->outputs % out->groups || y->dims[0] != x->dims[0])
        return kernel_refuse(program, step, "channels, groups or batches disagree");
    out->group_in = out->channels / out->groups;
    out->group_out = out->outputs / out->groups;
    if (w->dims[0] != (transposed ? out->channels : out->outputs) || w->dims[1] != (transposed ? out->group_out : out->group_in))
        return kernel_refuse(program, step, "the weights' shape does not fit");
    list3(node, "strides", spatial, 1, out->stride);
    list3(node, "dilations", spatial, 1, out->dilation);
    for (uint32_t i = 0; i < 3; i++) {
        out->in[i] = i < missing ? 1 : (uint64_t)x->dims[i - missing + 2];
        out->out[i] = i < missing ? 1 : (uint64_t)y->dims[i - missing + 2];
        out->kernel[i] = i < missing ? 1 : (uint64_t)w->dims[i - missing + 2];
        out->pad[i] = i < missing || i - missing >= pad_count ? 0 : pads[i - missing];
        out->spread[i] = 1;
    }
    if (transposed) transpose_axes(out);
    if (!finish_axes(out)) return kernel_refuse(program, step, "its extents are out of range");
    out->x_position = out->y_position = 1;
    out->x_channel = out->in[0] * out->in[1] * out->in[2];
    out->y_channel = out->positions;
    out->y_batch = out->positions * out->outputs;
    out->index.tap = 1;
    out->index.flip = transposed;
    out->index.channel = transposed ? out->taps : out->taps * out->group_in;
    out->index.input = transposed ? out->taps * out->group_out : out->taps;
    out->index.group = transposed ? out->taps * out->group_out * out->group_in : out->taps * out->group_in * out->group_out;
    return single_batches(program, out, out->x_channel * out->channels) ? NBX_OK : NBX_NO_MEMORY;
}

static void one_position_axis(weighted *out, uint64_t rows)
{
    for (uint32_t i = 0; i < 3; i++) {
        out->in[i] = out->out[i] = i == 2 ? rows : 1;
        out->kernel[i] = out->stride[i] = out->dilation[i] = out->spread[i] = 1;
        out->pad[i] = 0;
    }
    out->groups = 1;
    out->group_in = out->channels;
    out->group_out = out->outputs;
}

static int32_t gemm(nbx_kernels *program, const kernel_step *step, weighted *out)
{
    const kernel_tensor *a = kernel_input(step, 0), *b = kernel_input(step, 1), *y = kernel_output(step, 0);
    const kernel_node *node = step->node;
    const bool flatten = kernel_attr_int(node, "flatten", 0), trans_a = !flatten && kernel_attr_int(node, "transA", 0);
    const bool trans_b = kernel_attr_int(node, "transB", 0);
    uint64_t rows, inner;
    if (a->rank < 2 || b->rank != 2 || y->rank != 2 || (!flatten && a->rank != 2))
        return kernel_refuse(program, step, "its rank has no kernel");
    rows = (uint64_t)a->dims[trans_a ? 1 : 0];
    inner = rows ? a->count / rows : 0;
    out->channels = (uint32_t)inner;
    out->outputs = (uint32_t)b->dims[trans_b ? 0 : 1];
    out->batches = 1;
    if ((uint64_t)b->dims[trans_b ? 1 : 0] != inner || (uint64_t)y->dims[0] != rows || y->dims[1] != (int64_t)out->outputs)
        return kernel_refuse(program, step, "the shapes of its operands disagree");
    one_position_axis(out, rows);
    if (!finish_axes(out)) return kernel_refuse(program, step, "its extents are out of range");
    out->x_channel = trans_a ? rows : 1;
    out->x_position = trans_a ? 1 : inner;
    out->y_channel = 1;
    out->y_position = out->outputs;
    out->index.channel = trans_b ? inner : 1;
    out->index.input = trans_b ? 1 : out->outputs;
    out->alpha = kernel_attr_float(node, "alpha", 1);
    out->beta = kernel_attr_float(node, "beta", 1);
    return single_batches(program, out, 0) ? NBX_OK : NBX_NO_MEMORY;
}

/* Element offset of batch `b` of the output in an operand whose leading axes broadcast. */
static uint64_t batch_offset(const kernel_tensor *operand, const int64_t *dims, uint32_t rank, uint64_t b)
{
    const uint32_t own = operand->rank > 2 ? operand->rank - 2 : 0;
    uint64_t stride = operand->rank > 1 ? (uint64_t)(operand->dims[operand->rank - 1] * operand->dims[operand->rank - 2]) : operand->count;
    uint64_t offset = 0;
    for (uint32_t k = 0; k < own && k < rank; k++) {
        const int64_t extent = operand->dims[own - 1 - k];
        const uint64_t at = b % (uint64_t)dims[rank - 1 - k];
        b /= (uint64_t)dims[rank - 1 - k];
        if (extent != 1) offset += at * stride;
        stride *= (uint64_t)extent;
    }
    return offset;
}

static int32_t matmul_batches(nbx_kernels *program, const kernel_step *step, weighted *out)
{
    const kernel_tensor *a = kernel_input(step, 0), *b = kernel_input(step, 1);
    int64_t dims[NBX_MAX_RANK];
    const uint32_t rank = (a->rank > b->rank ? a->rank : b->rank) > 2 ? (a->rank > b->rank ? a->rank : b->rank) - 2 : 0;
    out->batches = 1;
    for (uint32_t k = 0; k < rank; k++) {
        const int64_t da = a->rank > k + 2 ? a->dims[a->rank - 3 - k] : 1, db = b->rank > k + 2 ? b->dims[b->rank - 3 - k] : 1;
        if (da != db && da != 1 && db != 1) return kernel_refuse(program, step, "its batches do not broadcast");
        dims[rank - 1 - k] = da == 1 ? db : da;
        out->batches *= (uint32_t)dims[rank - 1 - k];
    }
    if (!single_batches(program, out, 0)) return NBX_NO_MEMORY;
    for (uint32_t i = 0; i < out->batches; i++) {
        out->x_batch[i] = batch_offset(a, dims, rank, i);
        out->w_batch[i] = batch_offset(b, dims, rank, i);
    }
    return NBX_OK;
}

static int32_t matmul(nbx_kernels *program, const kernel_step *step, weighted *out)
{
    const kernel_tensor *a = kernel_input(step, 0), *b = kernel_input(step, 1), *y = kernel_output(step, 0);
    uint64_t rows, inner;
    if (!a->rank || !b->rank) return kernel_refuse(program, step, "its rank has no kernel");
    inner = (uint64_t)a->dims[a->rank - 1];
    rows = a->rank > 1 ? (uint64_t)a->dims[a->rank - 2] : 1;
    if (b->rank < 3 && a->rank > 1) rows = inner ? a->count / inner : 0; /* leading axes of A are rows */
    out->channels = (uint32_t)inner;
    out->outputs = b->rank > 1 ? (uint32_t)b->dims[b->rank - 1] : 1;
    if ((uint64_t)b->dims[b->rank > 1 ? b->rank - 2 : 0] != inner)
        return kernel_refuse(program, step, "the shapes of its operands disagree");
    one_position_axis(out, rows);
    if (!finish_axes(out)) return kernel_refuse(program, step, "its extents are out of range");
    out->x_channel = 1;
    out->x_position = inner;
    out->y_channel = 1;
    out->y_position = out->outputs;
    out->y_batch = rows * out->outputs;
    out->index.channel = 1;
    out->index.input = out->outputs;
    if (b->rank < 3) {
        out->batches = 1;
        if (!single_batches(program, out, 0)) return NBX_NO_MEMORY;
    } else {
        const int32_t status = matmul_batches(program, step, out);
        if (status) return status;
    }
    return y->count == out->y_batch * out->batches ? NBX_OK : kernel_refuse(program, step, "the shapes of its operands disagree");
}

int32_t weighted_geometry(nbx_kernels *program, const kernel_step *step, weighted *out)
{
    out->alpha = out->beta = 1;
    switch (step->node->schema->op) {
    case NBX_OP_gemm:
        return gemm(program, step, out);
    case NBX_OP_matmul:
        return matmul(program, step, out);
    default:
        return convolution(program, step, out);
    }
}
