/* SPDX-License-Identifier: Apache-2.0 */
/* BatchNormalization, LRN, Softmax and LogSoftmax in double; folding them into weights is the host's. */
#include <math.h>

#include "attrs.h"
#include "dispatch.h"
#include "tensor.h"

/** A tensor cut at one axis: outer * extent * inner elements. */
typedef struct axis_plan {
    uint64_t outer, extent, inner;
    double epsilon, alpha, beta, bias;
    int64_t size;
    bool log;
} axis_plan;

static int32_t cut(golden *p, golden_node *node, uint32_t axis, axis_plan **out)
{
    const golden_tensor *x = golden_in(p, node, 0);
    axis_plan *plan = golden_alloc(p, 1, sizeof *plan);
    uint32_t i;
    if (!plan) return golden_refuse(p, node, E_GOLDEN_MEMORY, "no memory for a node");
    plan->outer = plan->inner = 1;
    for (i = 0; i < axis; i++)
        plan->outer *= (uint64_t)x->dims[i];
    plan->extent = axis < x->rank ? (uint64_t)x->dims[axis] : 1;
    for (i = axis + 1; i < x->rank; i++)
        plan->inner *= (uint64_t)x->dims[i];
    node->plan = *out = plan;
    return golden_expect(p, node, 0, x->rank, x->dims);
}

static int32_t prepare_batch_norm(golden *p, golden_node *node)
{
    axis_plan *plan;
    uint32_t i;
    GOLDEN_TRY(cut(p, node, 1, &plan));
    for (i = 1; i < 5; i++)
        if (golden_in(p, node, i)->count != plan->extent)
            return golden_refuse(p, node, E_GOLDEN_SHAPE, "node '%s': input %u has not one value per channel", node->view->name, i);
    for (i = 1; i < node->output_count; i++)
        if (node->outputs[i] != NBX_NONE)
            return golden_refuse(p, node, E_GOLDEN_OP, "node '%s': the training outputs of BatchNormalization", node->view->name);
    return golden_attr_float(p, node, "epsilon", &plan->epsilon);
}

static int32_t run_batch_norm(const golden_call *call)
{
    const axis_plan *plan = call->node->plan;
    const golden_tensor *x = golden_call_in(call, 0);
    uint64_t i;
    for (i = 0; i < x->count; i++) {
        const uint64_t c = i / plan->inner % plan->extent;
        const double scale = golden_get(golden_call_in(call, 1), c), shift = golden_get(golden_call_in(call, 2), c);
        const double mean = golden_get(golden_call_in(call, 3), c), variance = golden_get(golden_call_in(call, 4), c);
        const double value = (golden_get(x, i) - mean) / sqrt(variance + plan->epsilon) * scale + shift;
        golden_set(golden_call_out(call, 0), i, value, call->node->rounding);
    }
    return NBX_OK;
}

static int32_t prepare_lrn(golden *p, golden_node *node)
{
    axis_plan *plan;
    GOLDEN_TRY(cut(p, node, 1, &plan));
    GOLDEN_TRY(golden_attr_float(p, node, "alpha", &plan->alpha));
    GOLDEN_TRY(golden_attr_float(p, node, "beta", &plan->beta));
    GOLDEN_TRY(golden_attr_float(p, node, "bias", &plan->bias));
    GOLDEN_TRY(golden_attr_int(p, node, "size", &plan->size));
    if (plan->size < 1)
        return golden_refuse(p, node, E_GOLDEN_ATTRIBUTE, "node '%s': size %lld is not positive", node->view->name, (long long)plan->size);
    return NBX_OK;
}

static int32_t run_lrn(const golden_call *call)
{
    const axis_plan *plan = call->node->plan;
    const golden_tensor *x = golden_call_in(call, 0);
    const int64_t below = (plan->size - 1) / 2, above = plan->size - 1 - below, last = (int64_t)plan->extent - 1;
    uint64_t i;
    for (i = 0; i < x->count; i++) {
        const int64_t c = (int64_t)(i / plan->inner % plan->extent);
        const int64_t from = c > below ? c - below : 0, to = last - c > above ? c + above : last;
        double sum = 0, value;
        int64_t k;
        for (k = from; k <= to; k++) {
            const double other = golden_get(x, (uint64_t)((int64_t)i + (k - c) * (int64_t)plan->inner));
            sum += other * other;
        }
        value = golden_get(x, i) / pow(plan->bias + plan->alpha / (double)plan->size * sum, plan->beta);
        golden_set(golden_call_out(call, 0), i, value, call->node->rounding);
    }
    return NBX_OK;
}

static int32_t prepare_softmax(golden *p, golden_node *node)
{
    axis_plan *plan;
    uint32_t axis;
    GOLDEN_TRY(golden_attr_axis(p, node, "axis", golden_in(p, node, 0)->rank, &axis));
    GOLDEN_TRY(cut(p, node, axis, &plan));
    plan->log = node->kernel == &golden_op_log_softmax;
    node->work_bytes = plan->extent * sizeof(double);
    return NBX_OK;
}

static void softmax_line(const golden_call *call, const axis_plan *plan, uint64_t first)
{
    double *line = call->work;
    double largest = -(double)INFINITY, sum = 0;
    uint64_t k;
    for (k = 0; k < plan->extent; k++) {
        line[k] = golden_get(golden_call_in(call, 0), first + k * plan->inner);
        if (line[k] > largest) largest = line[k];
    }
    for (k = 0; k < plan->extent; k++)
        sum += exp(line[k] - largest);
    for (k = 0; k < plan->extent; k++) {
        const double value = plan->log ? line[k] - largest - log(sum) : exp(line[k] - largest) / sum;
        golden_set(golden_call_out(call, 0), first + k * plan->inner, value, call->node->rounding);
    }
}

static int32_t run_softmax(const golden_call *call)
{
    const axis_plan *plan = call->node->plan;
    uint64_t o, i;
    for (o = 0; o < plan->outer; o++)
        for (i = 0; i < plan->inner; i++)
            softmax_line(call, plan, o * plan->extent * plan->inner + i);
    return NBX_OK;
}

const golden_kernel golden_op_batch_normalization = {prepare_batch_norm, run_batch_norm, NULL};
const golden_kernel golden_op_lrn = {prepare_lrn, run_lrn, NULL};
const golden_kernel golden_op_softmax = {prepare_softmax, run_softmax, NULL};
const golden_kernel golden_op_log_softmax = {prepare_softmax, run_softmax, NULL};
