/* SPDX-License-Identifier: Apache-2.0 */
/* Runs strided copies of elements, unchanged where both sides have one form; the ops that plan them are in move.c. */
#include "copy.h"

#include "tensor.h"

golden_copies *golden_copies_make(golden *program, golden_node *node, uint32_t count)
{
    golden_copies *copies = golden_alloc(program, 1, sizeof *copies);
    if (!copies) return NULL;
    copies->count = count;
    copies->rows = golden_alloc(program, count, sizeof *copies->rows);
    node->plan = copies;
    return copies->rows ? copies : NULL;
}

void golden_copy_axis(golden_copy *copy, int64_t extent, int64_t to_step, int64_t from_step)
{
    copy->dims[copy->rank] = extent;
    copy->to_step[copy->rank] = to_step;
    copy->from_step[copy->rank] = from_step;
    copy->rank += 1;
}

void golden_dense_steps(uint32_t rank, const int64_t *dims, int64_t *steps)
{
    int64_t step = 1;
    uint32_t i;
    for (i = rank; i-- > 0; step *= dims[i])
        steps[i] = step;
}

static void copy_axes(const golden_copy *copy, uint32_t axis, golden_tensor *to, int64_t to_at, const golden_tensor *from, int64_t from_at,
                      uint32_t rounding)
{
    int64_t i;
    if (axis == copy->rank) {
        golden_move(to, (uint64_t)to_at, from, (uint64_t)from_at, rounding);
        return;
    }
    if (axis + 1 == copy->rank && copy->to_step[axis] == 1 && copy->from_step[axis] == 1) {
        golden_move_run(to, (uint64_t)to_at, from, (uint64_t)from_at, (uint64_t)copy->dims[axis], rounding);
        return;
    }
    for (i = 0; i < copy->dims[axis]; i++)
        copy_axes(copy, axis + 1, to, to_at + i * copy->to_step[axis], from, from_at + i * copy->from_step[axis], rounding);
}

int32_t golden_copies_run(const golden_call *call)
{
    const golden_copies *copies = call->node->plan;
    uint32_t i;
    for (i = 0; i < copies->count; i++) {
        const golden_copy *copy = &copies->rows[i];
        golden_tensor *to = golden_call_out(call, copy->output);
        if (to) copy_axes(copy, 0, to, copy->to_base, golden_call_in(call, copy->input), copy->from_base, call->node->rounding);
    }
    return NBX_OK;
}
