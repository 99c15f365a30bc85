/* SPDX-License-Identifier: Apache-2.0 */
/* Moves that data decide: Gather by indices, Where by a condition. */
#include "attrs.h"
#include "broadcast.h"
#include "dispatch.h"
#include "tensor.h"

typedef struct gather_plan {
    uint64_t outer, inner;
    int64_t extent;
} gather_plan;

static int32_t prepare_gather(golden *p, golden_node *node)
{
    const golden_tensor *x = golden_in(p, node, 0), *indices = golden_in(p, node, 1);
    gather_plan *plan = golden_alloc(p, 1, sizeof *plan);
    int64_t dims[2 * NBX_MAX_RANK];
    uint32_t axis, i, rank = 0;
    if (!plan) return golden_refuse(p, node, E_GOLDEN_MEMORY, "no memory for a node");
    node->plan = plan;
    GOLDEN_TRY(golden_attr_axis(p, node, "axis", x->rank, &axis));
    if (indices->carrier != GOLDEN_INT) return golden_refuse(p, node, E_GOLDEN_DTYPE, "node '%s': indices are integers", node->view->name);
    plan->outer = plan->inner = 1;
    plan->extent = x->dims[axis];
    for (i = 0; i < axis; i++)
        plan->outer *= (uint64_t)(dims[rank++] = x->dims[i]);
    for (i = 0; i < indices->rank; i++)
        dims[rank++] = indices->dims[i];
    for (i = axis + 1; i < x->rank; i++)
        plan->inner *= (uint64_t)(dims[rank++] = x->dims[i]);
    return golden_expect(p, node, 0, rank, dims);
}

static int32_t run_gather(const golden_call *call)
{
    const gather_plan *plan = call->node->plan;
    const golden_tensor *x = golden_call_in(call, 0), *indices = golden_call_in(call, 1);
    golden_tensor *y = golden_call_out(call, 0);
    uint64_t o, i, to = 0;
    for (o = 0; o < plan->outer; o++)
        for (i = 0; i < indices->count; i++, to += plan->inner) {
            int64_t at = golden_get_int(indices, i);
            if (at < 0) at += plan->extent;
            if (at < 0 || at >= plan->extent)
                return golden_refuse(call->program, call->node, E_GOLDEN_DATA, "node %u gathers index %lld of %lld", call->node->index,
                                     (long long)golden_get_int(indices, i), (long long)plan->extent);
            golden_move_run(y, to, x, (o * (uint64_t)plan->extent + (uint64_t)at) * plan->inner, plan->inner, call->node->rounding);
        }
    return NBX_OK;
}

static int32_t prepare_where(golden *p, golden_node *node)
{
    if (golden_in(p, node, 0)->carrier != GOLDEN_INT)
        return golden_refuse(p, node, E_GOLDEN_DTYPE, "node '%s': the condition is no bool", node->view->name);
    return golden_broadcast_check(p, node, 3);
}

static int32_t run_where(const golden_call *call)
{
    const golden_tensor *condition = golden_call_in(call, 0);
    golden_tensor *y = golden_call_out(call, 0);
    uint64_t i;
    for (i = 0; i < y->count; i++) {
        const golden_tensor *from = golden_call_in(call, golden_get_int(condition, golden_broadcast_index(condition, y, i)) ? 1 : 2);
        golden_move(y, i, from, golden_broadcast_index(from, y, i), call->node->rounding);
    }
    return NBX_OK;
}

const golden_kernel golden_op_gather = {prepare_gather, run_gather, NULL};
const golden_kernel golden_op_where = {prepare_where, run_where, NULL};
