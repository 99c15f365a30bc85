/* SPDX-License-Identifier: Apache-2.0 */
/* MaxPool and AveragePool, global ones too: windows over decoded planes, kernel positions in row-major order. */
#include <math.h>
#include <string.h>

#include "transfer.h"

typedef struct pool {
    kernel_transfer transfer;
    bool average, global, count_pad, column_major;
    uint64_t planes, in_plane, out_plane;
    int64_t in[3], out[3], kernel[3], stride[3], dilation[3], pad[3], pad_end[3];
} pool;

typedef struct window {
    int64_t first[3]; /* coordinate of the first tap, may lie in the padding */
} window;

static window window_at(const pool *plan, uint64_t position)
{
    const int64_t w = (int64_t)position % plan->out[2], h = (int64_t)position / plan->out[2] % plan->out[1];
    const int64_t d = (int64_t)position / plan->out[2] / plan->out[1];
    return (window){{d * plan->stride[0] - plan->pad[0], h * plan->stride[1] - plan->pad[1], w * plan->stride[2] - plan->pad[2]}};
}

/* Taps of one axis inside the image: from, to (exclusive). */
static void inside(const pool *plan, const window *at, uint32_t axis, int64_t *from, int64_t *to)
{
    *from = 0;
    *to = plan->kernel[axis];
    while (*from < *to && at->first[axis] + *from * plan->dilation[axis] < 0)
        ++*from;
    while (*to > *from && at->first[axis] + (*to - 1) * plan->dilation[axis] >= plan->in[axis])
        --*to;
}

static int64_t divisor(const pool *plan, const window *at, int64_t real)
{
    int64_t count = 1;
    if (!plan->count_pad) return real;
    for (uint32_t axis = 0; axis < 3; axis++) {
        int64_t taps = 0;
        for (int64_t k = 0; k < plan->kernel[axis]; k++)
            taps += at->first[axis] + k * plan->dilation[axis] < plan->in[axis] + plan->pad_end[axis];
        count *= taps;
    }
    return count;
}

/* Sums of codes are exact, so that a mean that lies on a tie is a tie. */
static double mean_of(const pool *plan, const double *plane, double scale, const window *at)
{
    int64_t from[3], to[3], taps = 1;
    double sum = 0;
    for (uint32_t axis = 0; axis < 3; axis++) {
        inside(plan, at, axis, &from[axis], &to[axis]);
        taps *= to[axis] - from[axis];
    }
    for (int64_t d = from[0]; d < to[0]; d++)
        for (int64_t h = from[1]; h < to[1]; h++) {
            const int64_t row = (at->first[0] + d * plan->dilation[0]) * plan->in[1] + at->first[1] + h * plan->dilation[1];
            for (int64_t w = from[2]; w < to[2]; w++)
                sum += plane[row * plan->in[2] + at->first[2] + w * plan->dilation[2]];
        }
    return sum * scale / (double)divisor(plan, at, taps);
}

/* Element of the plane that wins, the first on a tie; -1 if the window lies in the padding. */
static int64_t winner_of(const pool *plan, const double *plane, const window *at)
{
    int64_t from[3], to[3], best = -1;
    for (uint32_t axis = 0; axis < 3; axis++)
        inside(plan, at, axis, &from[axis], &to[axis]);
    for (int64_t d = from[0]; d < to[0]; d++)
        for (int64_t h = from[1]; h < to[1]; h++)
            for (int64_t w = from[2]; w < to[2]; w++) {
                const int64_t row = (at->first[0] + d * plan->dilation[0]) * plan->in[1] + at->first[1] + h * plan->dilation[1];
                const int64_t i = row * plan->in[2] + at->first[2] + w * plan->dilation[2];
                if (best < 0 || plane[i] > plane[best]) best = i;
            }
    return best;
}

static void run_average(const kernel_step *step, const kernel_run *run)
{
    const pool *plan = step->prepared;
    double *plane = kernel_temp(step, run), values[KERNEL_CHUNK];
    for (uint64_t p = 0; p < plan->planes; p++) {
        const kernel_range whole = {p * plan->in_plane, 1, (uint32_t)plan->in_plane};
        const double scale = kernel_decode_units(kernel_input(step, 0), kernel_input_cells(step, run, 0), &whole, plane);
        for (uint64_t start = 0; start < plan->out_plane; start += KERNEL_CHUNK) {
            const uint64_t left = plan->out_plane - start;
            const kernel_range range = {p * plan->out_plane + start, 1, left < KERNEL_CHUNK ? (uint32_t)left : KERNEL_CHUNK};
            for (uint32_t i = 0; i < range.count; i++) {
                const window at = window_at(plan, start + i);
                values[i] = mean_of(plan, plane, scale, &at);
            }
            kernel_finish(step, run, &range, values);
        }
    }
}

static int64_t index_of(const pool *plan, uint64_t plane, int64_t winner)
{
    if (plan->column_major) {
        const int64_t w = winner % plan->in[2], h = winner / plan->in[2] % plan->in[1], d = winner / plan->in[2] / plan->in[1];
        winner = (w * plan->in[1] + h) * plan->in[0] + d;
    }
    return (int64_t)(plane * plan->in_plane) + winner;
}

static void run_max(const kernel_step *step, const kernel_run *run)
{
    const pool *plan = step->prepared;
    const kernel_tensor *indices = kernel_output(step, 1);
    double *plane = kernel_temp(step, run);
    int64_t sources[KERNEL_CHUNK];
    for (uint64_t p = 0; p < plan->planes; p++) {
        const kernel_range whole = {p * plan->in_plane, 1, (uint32_t)plan->in_plane};
        kernel_decode(kernel_input(step, 0), kernel_input_cells(step, run, 0), &whole, plane);
        for (uint64_t start = 0; start < plan->out_plane; start += KERNEL_CHUNK) {
            const uint64_t left = plan->out_plane - start, first = p * plan->out_plane + start;
            const uint32_t count = left < KERNEL_CHUNK ? (uint32_t)left : KERNEL_CHUNK;
            for (uint32_t i = 0; i < count; i++) {
                const window at = window_at(plan, start + i);
                const int64_t winner = winner_of(plan, plane, &at);
                sources[i] = winner < 0 ? -1 : (int64_t)(p * plan->in_plane) + winner;
                if (indices) kernel_cell_set(indices, kernel_output_cells(step, run, 1), first + i, index_of(plan, p, winner));
            }
            kernel_transfer_gather(step, run, &plan->transfer, sources, first, count);
        }
    }
}

static void list3(const kernel_node *node, const char *name, uint32_t spatial, uint32_t skip, int64_t fallback, int64_t out[3])
{
    uint32_t count;
    const int64_t *values = kernel_attr_ints(node, name, &count);
    for (uint32_t i = 0; i < 3; i++) {
        const uint32_t missing = 3 - spatial;
        out[i] = i < missing || i - missing + skip >= count ? fallback : values[i - missing + skip];
    }
}

int32_t kernel_prepare_pool(nbx_kernels *program, kernel_step *step)
{
    const kernel_tensor *x = kernel_input(step, 0), *y = kernel_output(step, 0);
    const kernel_node *node = step->node;
    const nbx_op op = node->schema->op;
    pool *plan = kernel_alloc(program, 1, sizeof *plan);
    if (!plan) return NBX_NO_MEMORY;
    step->prepared = plan;
    if (x->rank < 3 || x->rank > 5 || y->rank != x->rank) return kernel_refuse(program, step, "its rank has no kernel");
    plan->average = op == NBX_OP_average_pool || op == NBX_OP_global_average_pool;
    plan->global = op == NBX_OP_global_average_pool || op == NBX_OP_global_max_pool;
    plan->count_pad = kernel_attr_int(node, "count_include_pad", 0) != 0;
    plan->column_major = kernel_attr_int(node, "storage_order", 0) != 0;
    plan->planes = (uint64_t)(x->dims[0] * x->dims[1]);
    plan->in_plane = plan->out_plane = 1;
    list3(node, "kernel_shape", x->rank - 2, 0, 1, plan->kernel);
    list3(node, "strides", x->rank - 2, 0, 1, plan->stride);
    list3(node, "dilations", x->rank - 2, 0, 1, plan->dilation);
    list3(node, "pads", x->rank - 2, 0, 0, plan->pad);
    list3(node, "pads", x->rank - 2, x->rank - 2, 0, plan->pad_end);
    for (uint32_t i = 0; i < 3; i++) {
        const uint32_t missing = 5 - x->rank;
        plan->in[i] = i < missing ? 1 : x->dims[i - missing + 2];
        plan->out[i] = i < missing ? 1 : y->dims[i - missing + 2];
        if (plan->global) plan->kernel[i] = plan->in[i];
        if (plan->kernel[i] < 1 || plan->stride[i] < 1 || plan->dilation[i] < 1) return kernel_refuse(program, step, "its window is empty");
        if (plan->kernel[i] > INT32_MAX || plan->stride[i] > INT32_MAX || plan->dilation[i] > INT32_MAX || plan->out[i] > INT32_MAX)
            return kernel_refuse(program, step, "its window is out of range");
        plan->in_plane *= (uint64_t)plan->in[i];
        plan->out_plane *= (uint64_t)plan->out[i];
    }
    if (plan->in_plane > UINT32_MAX || y->count != plan->planes * plan->out_plane)
        return kernel_refuse(program, step, "its shapes disagree");
    step->temp_bytes = plan->in_plane * sizeof(double);
    step->execute = plan->average ? run_average : run_max;
    return kernel_transfer_make(program, step, 0, 0, -INFINITY, &plan->transfer);
}
