/* SPDX-License-Identifier: Apache-2.0 */
/* Shape, Size and Range; Constant and ConstantOfShape are values, not nodes, and are refused. */
#include <math.h>

#include "attrs.h"
#include "dispatch.h"
#include "tensor.h"

typedef struct shape_plan {
    int64_t start;
} shape_plan;

static int32_t prepare_shape(golden *p, golden_node *node)
{
    const golden_tensor *x = golden_in(p, node, 0), *y = golden_out(p, node, 0);
    shape_plan *plan = golden_alloc(p, 1, sizeof *plan);
    if (!plan) return golden_refuse(p, node, E_GOLDEN_MEMORY, "no memory for a node");
    node->plan = plan;
    GOLDEN_TRY(golden_attr_int(p, node, "start", &plan->start));
    if (plan->start < 0 || y->rank != 1 || plan->start + y->dims[0] > (int64_t)x->rank)
        return golden_refuse(p, node, E_GOLDEN_SHAPE, "node '%s': start and output do not fit the rank", node->view->name);
    return NBX_OK;
}

static int32_t run_shape(const golden_call *call)
{
    const shape_plan *plan = call->node->plan;
    golden_tensor *y = golden_call_out(call, 0);
    int64_t i;
    for (i = 0; i < y->dims[0]; i++)
        golden_set_int(y, (uint64_t)i, golden_call_in(call, 0)->dims[plan->start + i]);
    return NBX_OK;
}

static int32_t prepare_size(golden *p, golden_node *node)
{
    return golden_expect(p, node, 0, 0, NULL);
}

static int32_t run_size(const golden_call *call)
{
    golden_set_int(golden_call_out(call, 0), 0, (int64_t)golden_call_in(call, 0)->count);
    return NBX_OK;
}

static int32_t prepare_range(golden *p, golden_node *node)
{
    if (golden_out(p, node, 0)->rank != 1)
        return golden_refuse(p, node, E_GOLDEN_SHAPE, "node '%s': the output has not one axis", node->view->name);
    return NBX_OK;
}

static int32_t run_range(const golden_call *call)
{
    const golden_tensor *start = golden_call_in(call, 0), *delta = golden_call_in(call, 2);
    golden_tensor *y = golden_call_out(call, 0);
    uint64_t i;
    for (i = 0; i < y->count; i++) {
        if (start->carrier == GOLDEN_INT)
            golden_set_int(y, i, (int64_t)((uint64_t)golden_get_int(start, 0) + i * (uint64_t)golden_get_int(delta, 0)));
        else
            golden_set(y, i, golden_get(start, 0) + (double)i * golden_get(delta, 0), NBX_REQUANT_NONE);
    }
    return NBX_OK;
}

static int32_t refuse_constant(golden *p, golden_node *node)
{
    return golden_refuse(p, node, E_GOLDEN_VIEW, "node '%s': a %s is folded into a constant value before it gets here", node->view->name,
                         node->view->op);
}

static int32_t never_run(const golden_call *call)
{
    (void)call;
    return NBX_INTERNAL;
}

const golden_kernel golden_op_shape = {prepare_shape, run_shape, NULL};
const golden_kernel golden_op_size = {prepare_size, run_size, NULL};
const golden_kernel golden_op_range = {prepare_range, run_range, NULL};
const golden_kernel golden_op_constant = {refuse_constant, never_run, NULL};
const golden_kernel golden_op_constant_of_shape = {refuse_constant, never_run, NULL};
