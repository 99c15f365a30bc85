/* SPDX-License-Identifier: Apache-2.0 */
/* MaxPool, AveragePool and their global forms; reductions over other axes are in reduce.c. */
#include <math.h>

#include "attrs.h"
#include "dispatch.h"
#include "spatial.h"
#include "tensor.h"

typedef struct pool_plan {
    golden_window window;
    int64_t planes;
    bool average, count_pads, column_major;
} pool_plan;

/** The taps of one window that lie inside the image, and how many lie inside image and padding. */
typedef struct pool_box {
    int64_t first[3], begin[3], end[3];
    int64_t padded;
} pool_box;

static int32_t check_output(const golden *p, const golden_node *node, const pool_plan *plan, bool ceil_mode)
{
    const golden_tensor *x = golden_in(p, node, 0);
    int64_t dims[NBX_MAX_RANK] = {x->dims[0], x->dims[1]};
    uint32_t i;
    for (i = 0; i < plan->window.axes; i++)
        dims[2 + i] = golden_window_extent(&plan->window, 3 - plan->window.axes + i, ceil_mode);
    GOLDEN_TRY(golden_expect(p, node, 1, x->rank, dims));
    return golden_expect(p, node, 0, x->rank, dims);
}

static int32_t finish(golden *p, golden_node *node, pool_plan *plan)
{
    const golden_tensor *x = golden_in(p, node, 0), *indices = golden_out(p, node, 1);
    plan->planes = x->dims[0] * x->dims[1];
    plan->average = node->kernel == &golden_op_average_pool || node->kernel == &golden_op_global_average_pool;
    node->plan = plan;
    node->work_bytes = (uint64_t)plan->window.in_volume * sizeof(double);
    if (indices && indices->carrier != GOLDEN_INT)
        return golden_refuse(p, node, E_GOLDEN_DTYPE, "node '%s': Indices are integers", node->view->name);
    return NBX_OK;
}

static int32_t prepare_window(golden *p, golden_node *node)
{
    pool_plan *plan = golden_alloc(p, 1, sizeof *plan);
    int64_t ceil_mode, count_pads, storage_order;
    if (!plan) return golden_refuse(p, node, E_GOLDEN_MEMORY, "no memory for a pool");
    GOLDEN_TRY(golden_window_read(p, node, NULL, &plan->window));
    GOLDEN_TRY(golden_attr_int(p, node, "ceil_mode", &ceil_mode));
    GOLDEN_TRY(golden_attr_int(p, node, "count_include_pad", &count_pads));
    GOLDEN_TRY(golden_attr_int(p, node, "storage_order", &storage_order));
    plan->count_pads = count_pads != 0;
    plan->column_major = storage_order != 0;
    GOLDEN_TRY(check_output(p, node, plan, ceil_mode != 0));
    return finish(p, node, plan);
}

/** The window is the whole image, which becomes one axis. */
static int32_t prepare_global(golden *p, golden_node *node)
{
    const golden_tensor *x = golden_in(p, node, 0);
    pool_plan *plan = golden_alloc(p, 1, sizeof *plan);
    int64_t dims[NBX_MAX_RANK];
    uint32_t i;
    if (!plan) return golden_refuse(p, node, E_GOLDEN_MEMORY, "no memory for a pool");
    if (x->rank < 2) return golden_refuse(p, node, E_GOLDEN_SHAPE, "node '%s': the rank is less than 2", node->view->name);
    for (i = 0; i < x->rank; i++)
        dims[i] = i < 2 ? x->dims[i] : 1;
    GOLDEN_TRY(golden_expect(p, node, 0, x->rank, dims));
    for (i = 0; i < 3; i++)
        plan->window.in[i] = plan->window.out[i] = plan->window.kernel[i] = plan->window.stride[i] = plan->window.dilation[i] = 1;
    plan->window.in_volume = plan->window.in[2] = plan->window.kernel[2] = (int64_t)(x->count / (uint64_t)(x->dims[0] * x->dims[1]));
    plan->window.out_volume = 1;
    return finish(p, node, plan);
}

static int64_t ceil_div(int64_t a, int64_t b)
{
    return a <= 0 ? 0 : (a + b - 1) / b;
}

static void find_box(const golden_window *w, const int64_t *at, pool_box *box)
{
    uint32_t i;
    box->padded = 1;
    for (i = 0; i < 3; i++) {
        const int64_t first = at[i] * w->stride[i] - w->begin[i], d = w->dilation[i];
        const int64_t inside = ceil_div(w->in[i] - first, d), padded = ceil_div(w->in[i] + w->end[i] - first, d);
        box->first[i] = first;
        box->begin[i] = ceil_div(-first, d);
        box->end[i] = inside < w->kernel[i] ? inside : w->kernel[i];
        box->padded *= padded < w->kernel[i] ? padded : w->kernel[i];
    }
}

/** Sum of the taps inside (average) or the position of the largest (-1 for none). */
static int64_t visit(const golden_window *w, const pool_box *box, const double *plane, double *sum, int64_t *count)
{
    int64_t best = -1, k[3];
    *sum = 0;
    *count = 0;
    for (k[0] = box->begin[0]; k[0] < box->end[0]; k[0]++)
        for (k[1] = box->begin[1]; k[1] < box->end[1]; k[1]++)
            for (k[2] = box->begin[2]; k[2] < box->end[2]; k[2]++) {
                const int64_t z = box->first[0] + k[0] * w->dilation[0], y = box->first[1] + k[1] * w->dilation[1];
                const int64_t at = (z * w->in[1] + y) * w->in[2] + box->first[2] + k[2] * w->dilation[2];
                *sum += plane[at];
                *count += 1;
                if (best < 0 || plane[at] > plane[best]) best = at;
            }
    return best;
}

/** Indices of MaxPool count in the whole input, inside a plane with the first or the last axis fastest. */
static int64_t index_of(const pool_plan *plan, int64_t plane, int64_t at)
{
    const golden_window *w = &plan->window;
    const int64_t base = plane * w->in_volume;
    int64_t z, y, x;
    if (!plan->column_major || at < 0) return base + at;
    x = at % w->in[2];
    y = at / w->in[2] % w->in[1];
    z = at / w->in[2] / w->in[1];
    if (w->axes == 3) return base + z + w->in[0] * (y + w->in[1] * x);
    return base + y + w->in[1] * x;
}

static void emit(const golden_call *call, const pool_plan *plan, int64_t plane, const pool_box *box, uint64_t to)
{
    const golden_tensor *x = golden_call_in(call, 0);
    golden_tensor *y = golden_call_out(call, 0), *indices = golden_call_out(call, 1);
    double sum;
    int64_t count;
    const int64_t best = visit(&plan->window, box, call->work, &sum, &count);
    if (plan->average) {
        const int64_t divisor = plan->count_pads ? box->padded : count;
        golden_set(y, to, divisor > 0 ? sum * golden_unit(x) / (double)divisor : 0.0, call->node->rounding);
        return;
    }
    if (best < 0)
        golden_set(y, to, -(double)INFINITY, call->node->rounding);
    else
        golden_move(y, to, x, (uint64_t)(plane * plan->window.in_volume + best), call->node->rounding);
    if (indices) golden_set_int(indices, to, index_of(plan, plane, best));
}

static int32_t run(const golden_call *call)
{
    const pool_plan *plan = call->node->plan;
    const golden_window *w = &plan->window;
    const golden_tensor *x = golden_call_in(call, 0);
    int64_t plane, at[3];
    uint64_t to = 0;
    for (plane = 0; plane < plan->planes; plane++) {
        if (plan->average)
            golden_read_units(x, (uint64_t)(plane * w->in_volume), (uint64_t)w->in_volume, call->work);
        else
            golden_read(x, (uint64_t)(plane * w->in_volume), (uint64_t)w->in_volume, call->work);
        for (at[0] = 0; at[0] < w->out[0]; at[0]++)
            for (at[1] = 0; at[1] < w->out[1]; at[1]++)
                for (at[2] = 0; at[2] < w->out[2]; at[2]++) {
                    pool_box box;
                    find_box(w, at, &box);
                    emit(call, plan, plane, &box, to++);
                }
    }
    return NBX_OK;
}

const golden_kernel golden_op_max_pool = {prepare_window, run, NULL};
const golden_kernel golden_op_average_pool = {prepare_window, run, NULL};
const golden_kernel golden_op_global_average_pool = {prepare_global, run, NULL};
const golden_kernel golden_op_global_max_pool = {prepare_global, run, NULL};
