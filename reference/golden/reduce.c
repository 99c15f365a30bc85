/* SPDX-License-Identifier: Apache-2.0 */
/* Reductions over axes and ArgMax, ArgMin; pooling windows are in pool.c. */
#include <math.h>

#include "attrs.h"
#include "copy.h"
#include "dispatch.h"
#include "tensor.h"

/** Kept axes first, then reduced ones, each with the input's steps. */
typedef struct reduce_plan {
    uint32_t kept, reduced;
    int64_t kept_dims[NBX_MAX_RANK], kept_steps[NBX_MAX_RANK];
    int64_t reduced_dims[NBX_MAX_RANK], reduced_steps[NBX_MAX_RANK];
    uint64_t count; /* elements per output */
    bool last_wins;
} reduce_plan;

/** A running value over the reduced elements; `finish` turns it into the output. */
typedef struct reduce_row {
    double start;
    double (*step)(double sum, double x);
    double (*finish)(double sum, double unit, double count);
    int32_t choose; /* +1 largest, -1 smallest: the element itself moves */
    bool units;     /* elements are read in whole steps of their scale */
} reduce_row;

static int32_t plan_axes(golden *p, golden_node *node, uint32_t mask, int64_t keepdims, reduce_plan *plan)
{
    const golden_tensor *x = golden_in(p, node, 0);
    int64_t steps[NBX_MAX_RANK], dims[NBX_MAX_RANK];
    uint32_t i, rank = 0;
    golden_dense_steps(x->rank, x->dims, steps);
    plan->count = 1;
    for (i = 0; i < x->rank; i++) {
        const bool gone = mask >> i & 1;
        const uint32_t n = gone ? plan->reduced++ : plan->kept++;
        (gone ? plan->reduced_dims : plan->kept_dims)[n] = x->dims[i];
        (gone ? plan->reduced_steps : plan->kept_steps)[n] = steps[i];
        if (gone) plan->count *= (uint64_t)x->dims[i];
        if (!gone || keepdims) dims[rank++] = gone ? 1 : x->dims[i];
    }
    node->plan = plan;
    return golden_expect(p, node, 0, rank, dims);
}

static int32_t prepare(golden *p, golden_node *node)
{
    const golden_tensor *x = golden_in(p, node, 0);
    reduce_plan *plan = golden_alloc(p, 1, sizeof *plan);
    int64_t axes[NBX_MAX_RANK], keepdims, noop;
    uint32_t count, i, mask = 0;
    if (!plan) return golden_refuse(p, node, E_GOLDEN_MEMORY, "no memory for a node");
    GOLDEN_TRY(golden_attr_ints(p, node, "axes", NBX_MAX_RANK, axes, &count));
    GOLDEN_TRY(golden_attr_int(p, node, "keepdims", &keepdims));
    GOLDEN_TRY(golden_attr_int(p, node, "noop_with_empty_axes", &noop));
    for (i = 0; i < count; i++) {
        if (axes[i] < 0) axes[i] += x->rank;
        if (axes[i] < 0 || axes[i] >= (int64_t)x->rank)
            return golden_refuse(p, node, E_GOLDEN_ATTRIBUTE, "node '%s': an axis is out of range", node->view->name);
        mask |= 1u << axes[i];
    }
    if (count == 0 && !noop) mask = (1u << x->rank) - 1u;
    return plan_axes(p, node, mask, keepdims, plan);
}

static int32_t prepare_arg(golden *p, golden_node *node)
{
    const golden_tensor *x = golden_in(p, node, 0);
    reduce_plan *plan = golden_alloc(p, 1, sizeof *plan);
    int64_t keepdims, last;
    uint32_t axis;
    if (!plan) return golden_refuse(p, node, E_GOLDEN_MEMORY, "no memory for a node");
    GOLDEN_TRY(golden_attr_axis(p, node, "axis", x->rank, &axis));
    GOLDEN_TRY(golden_attr_int(p, node, "keepdims", &keepdims));
    GOLDEN_TRY(golden_attr_int(p, node, "select_last_index", &last));
    plan->last_wins = last != 0;
    return plan_axes(p, node, 1u << axis, keepdims, plan);
}

/** Offset of position `i` of a list of axes, row by row. */
static int64_t offset_of(uint32_t rank, const int64_t *dims, const int64_t *steps, uint64_t i)
{
    int64_t at = 0;
    uint32_t a;
    for (a = rank; a-- > 0; i /= (uint64_t)dims[a])
        at += (int64_t)(i % (uint64_t)dims[a]) * steps[a];
    return at;
}

/** Position (in the order of the reduced axes) of the element that wins, and its offset from `base`. */
static uint64_t winner(const reduce_plan *plan, const golden_tensor *x, int64_t base, int32_t choose, int64_t *offset)
{
    uint64_t i, best = 0;
    double value = 0;
    for (i = 0; i < plan->count; i++) {
        const int64_t at = offset_of(plan->reduced, plan->reduced_dims, plan->reduced_steps, i);
        const double other = choose * golden_get(x, (uint64_t)(base + at));
        if (i && !(other > value || (plan->last_wins && other == value))) continue;
        best = i;
        value = other;
        *offset = at;
    }
    return best;
}

static void reduce_one(const golden_call *call, const reduce_row *row, int64_t base, uint64_t to)
{
    const reduce_plan *plan = call->node->plan;
    const golden_tensor *x = golden_call_in(call, 0);
    double sum = row->start;
    int64_t offset = 0;
    uint64_t i;
    if (row->choose) {
        (void)winner(plan, x, base, row->choose, &offset);
        golden_move(golden_call_out(call, 0), to, x, (uint64_t)(base + offset), call->node->rounding);
        return;
    }
    for (i = 0; i < plan->count; i++) {
        const uint64_t at = (uint64_t)(base + offset_of(plan->reduced, plan->reduced_dims, plan->reduced_steps, i));
        double value;
        if (row->units)
            golden_read_units(x, at, 1, &value);
        else
            value = golden_get(x, at);
        sum = row->step(sum, value);
    }
    golden_set(golden_call_out(call, 0), to, row->finish(sum, row->units ? golden_unit(x) : 1.0, (double)plan->count),
               call->node->rounding);
}

static int32_t run(const golden_call *call)
{
    const reduce_plan *plan = call->node->plan;
    const uint64_t count = golden_call_out(call, 0)->count;
    uint64_t i;
    for (i = 0; i < count; i++)
        reduce_one(call, call->node->kernel->detail, offset_of(plan->kept, plan->kept_dims, plan->kept_steps, i), i);
    return NBX_OK;
}

static int32_t run_arg(const golden_call *call)
{
    const reduce_plan *plan = call->node->plan;
    const reduce_row *row = call->node->kernel->detail;
    golden_tensor *y = golden_call_out(call, 0);
    int64_t offset;
    uint64_t i;
    for (i = 0; i < y->count; i++) {
        const int64_t base = offset_of(plan->kept, plan->kept_dims, plan->kept_steps, i);
        golden_set_int(y, i, (int64_t)winner(plan, golden_call_in(call, 0), base, row->choose, &offset));
    }
    return NBX_OK;
}

static double step_sum(double sum, double x)
{
    return sum + x;
}

static double step_product(double sum, double x)
{
    return sum * x;
}

static double step_square(double sum, double x)
{
    return sum + x * x;
}

static double finish_sum(double sum, double unit, double count)
{
    (void)count;
    return sum * unit;
}

static double finish_mean(double sum, double unit, double count)
{
    return sum * unit / count;
}

static double finish_root(double sum, double unit, double count)
{
    (void)count;
    return sqrt(sum) * unit;
}

static const reduce_row ROW_MEAN = {0, step_sum, finish_mean, 0, true};
static const reduce_row ROW_SUM = {0, step_sum, finish_sum, 0, true};
static const reduce_row ROW_L2 = {0, step_square, finish_root, 0, true};
static const reduce_row ROW_PROD = {1, step_product, finish_sum, 0, false};
static const reduce_row ROW_LARGEST = {0, NULL, NULL, 1, false};
static const reduce_row ROW_SMALLEST = {0, NULL, NULL, -1, false};

const golden_kernel golden_op_reduce_mean = {prepare, run, &ROW_MEAN};
const golden_kernel golden_op_reduce_sum = {prepare, run, &ROW_SUM};
const golden_kernel golden_op_reduce_l2 = {prepare, run, &ROW_L2};
const golden_kernel golden_op_reduce_prod = {prepare, run, &ROW_PROD};
const golden_kernel golden_op_reduce_max = {prepare, run, &ROW_LARGEST};
const golden_kernel golden_op_reduce_min = {prepare, run, &ROW_SMALLEST};
const golden_kernel golden_op_arg_max = {prepare_arg, run_arg, &ROW_LARGEST};
const golden_kernel golden_op_arg_min = {prepare_arg, run_arg, &ROW_SMALLEST};
