/* SPDX-License-Identifier: Apache-2.0 */
/* Reductions over axes, elements in row-major order: sums, products, norms, winners and their indices. */
#include <math.h>

#include "transfer.h"

typedef struct reduction {
    kernel_transfer transfer;
    uint32_t kept, folded;
    int64_t kept_extent[NBX_MAX_RANK], kept_stride[NBX_MAX_RANK];
    int64_t folded_extent[NBX_MAX_RANK], folded_stride[NBX_MAX_RANK];
    uint64_t terms;
    bool smallest, last_wins;
} reduction;

static uint64_t offset_of(uint64_t i, uint32_t axes, const int64_t *extent, const int64_t *stride)
{
    uint64_t offset = 0;
    for (uint32_t a = axes; a-- > 0;) {
        offset += i % (uint64_t)extent[a] * (uint64_t)stride[a];
        i /= (uint64_t)extent[a];
    }
    return offset;
}

/* ReduceMean sums codes, exactly; `scale` makes the sum real. */
static double fold(nbx_op op, const reduction *plan, const double *values, double scale, uint64_t base)
{
    double sum = 0, product = 1;
    for (uint64_t t = 0; t < plan->terms; t++) {
        const double x = values[base + offset_of(t, plan->folded, plan->folded_extent, plan->folded_stride)];
        sum += op == NBX_OP_reduce_l2 ? x * x : x;
        product *= x;
    }
    switch (op) {
    case NBX_OP_reduce_mean:
        return sum * scale / (double)plan->terms;
    case NBX_OP_reduce_prod:
        return product;
    case NBX_OP_reduce_l2:
        return sqrt(sum);
    default:
        return sum;
    }
}

static void run_fold(const kernel_step *step, const kernel_run *run)
{
    const reduction *plan = step->prepared;
    const uint64_t count = kernel_output(step, 0)->count;
    const nbx_op op = step->node->schema->op;
    const kernel_tensor *x = kernel_input(step, 0);
    const kernel_range all = {0, 1, (uint32_t)x->count};
    double *values = kernel_temp(step, run), results[KERNEL_CHUNK], scale = 1;
    if (op == NBX_OP_reduce_mean)
        scale = kernel_decode_units(x, kernel_input_cells(step, run, 0), &all, values);
    else
        kernel_decode_all(x, kernel_input_cells(step, run, 0), values);
    for (uint64_t start = 0; start < count; start += KERNEL_CHUNK) {
        const kernel_range range = {start, 1, count - start < KERNEL_CHUNK ? (uint32_t)(count - start) : KERNEL_CHUNK};
        for (uint32_t i = 0; i < range.count; i++)
            results[i] = fold(op, plan, values, scale, offset_of(start + i, plan->kept, plan->kept_extent, plan->kept_stride));
        kernel_finish(step, run, &range, results);
    }
}

/* Term that wins; the first on a tie unless the op says otherwise. */
static uint64_t winner(const reduction *plan, const double *values, uint64_t base)
{
    uint64_t best = 0;
    double record = values[base];
    for (uint64_t t = 1; t < plan->terms; t++) {
        const double x = values[base + offset_of(t, plan->folded, plan->folded_extent, plan->folded_stride)];
        if (plan->smallest ? x < record : x > record) {
            best = t;
            record = x;
        } else if (plan->last_wins && x == record) {
            best = t;
        }
    }
    return best;
}

static void run_select(const kernel_step *step, const kernel_run *run)
{
    const reduction *plan = step->prepared;
    const uint64_t count = kernel_output(step, 0)->count;
    double *values = kernel_temp(step, run);
    kernel_decode_all(kernel_input(step, 0), kernel_input_cells(step, run, 0), values);
    for (uint64_t i = 0; i < count; i++) {
        const uint64_t base = offset_of(i, plan->kept, plan->kept_extent, plan->kept_stride);
        const uint64_t term = winner(plan, values, base);
        const int64_t source = (int64_t)(base + offset_of(term, plan->folded, plan->folded_extent, plan->folded_stride));
        kernel_transfer_gather(step, run, &plan->transfer, &source, i, 1);
    }
}

static void run_arg(const kernel_step *step, const kernel_run *run)
{
    const reduction *plan = step->prepared;
    const kernel_tensor *y = kernel_output(step, 0);
    double *values = kernel_temp(step, run);
    kernel_decode_all(kernel_input(step, 0), kernel_input_cells(step, run, 0), values);
    for (uint64_t i = 0; i < y->count; i++)
        kernel_cell_set(y, kernel_output_cells(step, run, 0), i,
                        (int64_t)winner(plan, values, offset_of(i, plan->kept, plan->kept_extent, plan->kept_stride)));
}

static bool folds(const kernel_node *node, uint32_t axis)
{
    uint32_t count;
    const int64_t *axes = kernel_attr_ints(node, "axes", &count);
    if (node->schema->op == NBX_OP_arg_max || node->schema->op == NBX_OP_arg_min) return kernel_attr_int(node, "axis", 0) == (int64_t)axis;
    if (!count) return !kernel_attr_int(node, "noop_with_empty_axes", 0);
    for (uint32_t i = 0; i < count; i++)
        if (axes[i] == (int64_t)axis) return true;
    return false;
}

int32_t kernel_prepare_reduction(nbx_kernels *program, kernel_step *step)
{
    const kernel_tensor *x = kernel_input(step, 0), *y = kernel_output(step, 0);
    const nbx_op op = step->node->schema->op;
    reduction *plan = kernel_alloc(program, 1, sizeof *plan);
    int64_t stride = (int64_t)x->count;
    uint64_t results = 1;
    if (!plan) return NBX_NO_MEMORY;
    step->prepared = plan;
    if (x->count > UINT32_MAX) return kernel_refuse(program, step, "its input is too large");
    step->temp_bytes = x->count * sizeof(double);
    plan->terms = 1;
    plan->smallest = op == NBX_OP_reduce_min || op == NBX_OP_arg_min;
    plan->last_wins = kernel_attr_int(step->node, "select_last_index", 0) != 0;
    for (uint32_t a = 0; a < x->rank; a++) {
        if (!x->dims[a]) return kernel_refuse(program, step, "an extent is zero");
        stride /= x->dims[a];
        if (folds(step->node, a)) {
            plan->folded_extent[plan->folded] = x->dims[a];
            plan->folded_stride[plan->folded++] = stride;
            plan->terms *= (uint64_t)x->dims[a];
        } else {
            plan->kept_extent[plan->kept] = x->dims[a];
            plan->kept_stride[plan->kept++] = stride;
            results *= (uint64_t)x->dims[a];
        }
    }
    if (results != y->count) return kernel_refuse(program, step, "its axes do not fit its output");
    switch (op) {
    case NBX_OP_arg_max:
    case NBX_OP_arg_min:
        step->execute = run_arg;
        return y->cell == KERNEL_I64 || y->cell == KERNEL_I32 ? NBX_OK : kernel_refuse(program, step, "its output is not an index");
    case NBX_OP_reduce_max:
    case NBX_OP_reduce_min:
        step->execute = run_select;
        return kernel_transfer_make(program, step, 0, 0, 0, &plan->transfer);
    default:
        step->execute = run_fold;
        return NBX_OK;
    }
}
