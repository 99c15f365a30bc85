/* SPDX-License-Identifier: Apache-2.0 */
/* Moves with several inputs or outputs: Concat, Split, Gather, Where. */
#include <string.h>

#include "transfer.h"

typedef struct join {
    uint32_t count;
    kernel_transfer *transfers;
    uint64_t outer, inner;
    uint64_t *extents; /* along the axis, times inner */
    uint64_t whole;    /* extent of the joined side, times inner */
} join;

static void run_concat(const kernel_step *step, const kernel_run *run)
{
    const join *plan = step->prepared;
    uint64_t offset = 0;
    for (uint32_t k = 0; k < plan->count; k++) {
        for (uint64_t o = 0; o < plan->outer; o++)
            kernel_transfer_block(step, run, &plan->transfers[k], o * plan->extents[k], o * plan->whole + offset, plan->extents[k]);
        offset += plan->extents[k];
    }
}

static void run_split(const kernel_step *step, const kernel_run *run)
{
    const join *plan = step->prepared;
    uint64_t offset = 0;
    for (uint32_t k = 0; k < plan->count; k++) {
        for (uint64_t o = 0; o < plan->outer && kernel_output(step, k); o++)
            kernel_transfer_block(step, run, &plan->transfers[k], o * plan->whole + offset, o * plan->extents[k], plan->extents[k]);
        offset += plan->extents[k];
    }
}

/* `joined` is the tensor that holds all parts. */
static bool axis_extents(const kernel_tensor *joined, int64_t axis, join *plan)
{
    if (axis < 0 || axis >= (int64_t)joined->rank) return false;
    plan->outer = plan->inner = 1;
    for (uint32_t a = 0; a < joined->rank; a++) {
        if (a < axis) plan->outer *= (uint64_t)joined->dims[a];
        if (a > axis) plan->inner *= (uint64_t)joined->dims[a];
    }
    plan->whole = (uint64_t)joined->dims[axis] * plan->inner;
    return true;
}

static int32_t make_join(nbx_kernels *program, kernel_step *step, uint32_t count, join **out)
{
    join *plan = kernel_alloc(program, 1, sizeof *plan);
    if (!plan) return NBX_NO_MEMORY;
    plan->count = count;
    plan->transfers = kernel_alloc(program, count, sizeof *plan->transfers);
    plan->extents = kernel_alloc(program, count, sizeof *plan->extents);
    if (!plan->transfers || !plan->extents) return NBX_NO_MEMORY;
    step->prepared = plan;
    *out = plan;
    return NBX_OK;
}

int32_t kernel_prepare_concat(nbx_kernels *program, kernel_step *step)
{
    const kernel_tensor *y = kernel_output(step, 0);
    const int64_t axis = kernel_attr_int(step->node, "axis", 0);
    uint64_t total = 0;
    join *plan;
    int32_t status = make_join(program, step, step->node->input_count, &plan);
    if (status) return status;
    step->execute = run_concat;
    if (!axis_extents(y, axis, plan)) return kernel_refuse(program, step, "its axis is out of range");
    for (uint32_t k = 0; k < plan->count && !status; k++) {
        const kernel_tensor *x = kernel_input(step, k);
        if (!x || x->rank != y->rank) return kernel_refuse(program, step, "its inputs differ in rank");
        plan->extents[k] = (uint64_t)x->dims[axis] * plan->inner;
        total += plan->extents[k];
        if (x->count != plan->outer * plan->extents[k]) return kernel_refuse(program, step, "its inputs differ in shape");
        status = kernel_transfer_make(program, step, k, 0, 0, &plan->transfers[k]);
    }
    return status ? status : total == plan->whole ? NBX_OK : kernel_refuse(program, step, "its inputs do not fill its output");
}

int32_t kernel_prepare_split(nbx_kernels *program, kernel_step *step)
{
    const kernel_tensor *x = kernel_input(step, 0);
    const int64_t axis = kernel_attr_int(step->node, "axis", 0);
    uint64_t total = 0;
    uint32_t listed;
    const int64_t *parts = kernel_attr_ints(step->node, "split", &listed);
    join *plan;
    int32_t status = make_join(program, step, step->output_count, &plan);
    if (status) return status;
    step->execute = run_split;
    if (!axis_extents(x, axis, plan)) return kernel_refuse(program, step, "its axis is out of range");
    for (uint32_t k = 0; k < plan->count && !status; k++) {
        const kernel_tensor *y = kernel_output(step, k);
        plan->extents[k] = (y ? (uint64_t)y->dims[axis] : k < listed ? (uint64_t)parts[k] : 0) * plan->inner;
        total += plan->extents[k];
        if (!y) continue;
        if (y->count != plan->outer * plan->extents[k]) return kernel_refuse(program, step, "its outputs differ in shape");
        status = kernel_transfer_make(program, step, 0, k, 0, &plan->transfers[k]);
    }
    return status ? status : total <= plan->whole ? NBX_OK : kernel_refuse(program, step, "its outputs exceed its input");
}

/* plan->extents[0] is the extent of the gathered axis, whole its extent times inner. */
static void run_gather(const kernel_step *step, const kernel_run *run)
{
    const join *plan = step->prepared;
    const kernel_tensor *indices = kernel_input(step, 1);
    const void *cells = kernel_input_cells(step, run, 1);
    const int64_t extent = (int64_t)plan->extents[0];
    for (uint64_t o = 0; o < plan->outer; o++)
        for (uint64_t i = 0; i < indices->count; i++) {
            int64_t at = kernel_cell_get(indices, cells, i);
            if (at < 0) at += extent;
            at = at < 0 ? 0 : at >= extent ? extent - 1 : at; /* out of range: ONNX leaves it open; the nearest element */
            kernel_transfer_block(step, run, &plan->transfers[0], o * plan->whole + (uint64_t)at * plan->inner,
                                  (o * indices->count + i) * plan->inner, plan->inner);
        }
}

int32_t kernel_prepare_gather(nbx_kernels *program, kernel_step *step)
{
    const kernel_tensor *x = kernel_input(step, 0), *indices = kernel_input(step, 1);
    const int64_t axis = kernel_attr_int(step->node, "axis", 0);
    join *plan;
    int32_t status = make_join(program, step, 1, &plan);
    if (status) return status;
    step->execute = run_gather;
    if (!axis_extents(x, axis, plan) || !x->dims[axis]) return kernel_refuse(program, step, "its axis is out of range");
    if (kernel_output(step, 0)->count != plan->outer * indices->count * plan->inner)
        return kernel_refuse(program, step, "its indices do not fit its output");
    plan->extents[0] = (uint64_t)x->dims[axis];
    return kernel_transfer_make(program, step, 0, 0, 0, &plan->transfers[0]);
}

typedef struct where {
    kernel_operand operands[3];
    kernel_transfer transfers[2];
} where;

static void run_where(const kernel_step *step, const kernel_run *run)
{
    const where *plan = step->prepared;
    const uint64_t count = kernel_output(step, 0)->count;
    for (uint64_t i = 0; i < count; i++) {
        const kernel_operand *condition = &plan->operands[0];
        const bool yes = kernel_cell_get(condition->tensor, run->bases[condition->value], kernel_operand_index(condition, i)) != 0;
        const int64_t source = (int64_t)kernel_operand_index(&plan->operands[yes ? 1 : 2], i);
        kernel_transfer_gather(step, run, &plan->transfers[yes ? 0 : 1], &source, i, 1);
    }
}

int32_t kernel_prepare_where(nbx_kernels *program, kernel_step *step)
{
    where *plan = kernel_alloc(program, 1, sizeof *plan);
    int32_t status = NBX_OK;
    if (!plan) return NBX_NO_MEMORY;
    step->prepared = plan;
    step->execute = run_where;
    for (uint32_t i = 0; i < 3; i++)
        if (!kernel_operand_make(program, step->node->inputs[i], kernel_output(step, 0), &plan->operands[i]))
            return kernel_refuse(program, step, "an input does not broadcast to the output");
    for (uint32_t i = 0; i < 2 && !status; i++)
        status = kernel_transfer_make(program, step, i + 1, 0, 0, &plan->transfers[i]);
    return status;
}
