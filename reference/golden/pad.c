/* SPDX-License-Identifier: Apache-2.0 */
/* Pad in its four modes; negative pads crop. */
#include <string.h>

#include "attrs.h"
#include "copy.h"
#include "dispatch.h"
#include "tensor.h"

typedef enum pad_mode { PAD_CONSTANT, PAD_REFLECT, PAD_EDGE, PAD_WRAP } pad_mode;

static const char *const MODES[] = {"constant", "reflect", "edge", "wrap"};

typedef struct pad_plan {
    pad_mode mode;
    double value;
    uint32_t rank;
    int64_t begin[NBX_MAX_RANK], in[NBX_MAX_RANK], crop[NBX_MAX_RANK], kept[NBX_MAX_RANK], out[NBX_MAX_RANK], from_step[NBX_MAX_RANK],
        to_step[NBX_MAX_RANK];
} pad_plan;

static int32_t prepare(golden *p, golden_node *node)
{
    const golden_tensor *x = golden_in(p, node, 0);
    pad_plan *plan = golden_alloc(p, 1, sizeof *plan);
    const char *mode;
    int64_t pads[2 * NBX_MAX_RANK];
    uint32_t i;
    if (!plan) return golden_refuse(p, node, E_GOLDEN_MEMORY, "no memory for a node");
    GOLDEN_TRY(golden_attr_text(p, node, "mode", &mode));
    GOLDEN_TRY(golden_attr_float(p, node, "value", &plan->value));
    GOLDEN_TRY(golden_attr_list(p, node, "pads", 2 * x->rank, 0, pads));
    for (i = 0; i < 4 && strcmp(MODES[i], mode) != 0; i++)
        continue;
    if (i == 4) return golden_refuse(p, node, E_GOLDEN_ATTRIBUTE, "node '%s': mode '%s' is unknown", node->view->name, mode);
    plan->mode = (pad_mode)i;
    plan->rank = x->rank;
    for (i = 0; i < x->rank; i++) {
        if (pads[i] < -((int64_t)1 << 40) || pads[i] > (int64_t)1 << 40 || pads[x->rank + i] < -((int64_t)1 << 40) ||
            pads[x->rank + i] > (int64_t)1 << 40)
            return golden_refuse(p, node, E_GOLDEN_ATTRIBUTE, "node '%s': a pad is out of range", node->view->name);
        plan->begin[i] = pads[i];
        plan->crop[i] = pads[i] < 0 ? -pads[i] : 0;
        plan->kept[i] = x->dims[i] - plan->crop[i] + (pads[x->rank + i] < 0 ? pads[x->rank + i] : 0);
        plan->in[i] = x->dims[i];
        plan->out[i] = x->dims[i] + pads[i] + pads[x->rank + i];
    }
    for (i = 0; i < x->rank; i++)
        if (plan->mode != PAD_CONSTANT && plan->kept[i] < 1)
            return golden_refuse(p, node, E_GOLDEN_ATTRIBUTE, "node '%s': nothing is left to repeat after cropping", node->view->name);
    GOLDEN_TRY(golden_expect(p, node, 0, x->rank, plan->out));
    golden_dense_steps(x->rank, plan->in, plan->from_step);
    golden_dense_steps(x->rank, plan->out, plan->to_step);
    node->plan = plan;
    return NBX_OK;
}

/** Input coordinate of an output coordinate, -1 for the constant. Cropping comes first: cropped elements do not come back. */
static int64_t source(const pad_plan *plan, uint32_t axis, int64_t out)
{
    const int64_t n = plan->kept[axis], period = 2 * (n - 1);
    int64_t at = out - plan->begin[axis] - plan->crop[axis];
    if (at >= 0 && at < n) return plan->crop[axis] + at;
    switch (plan->mode) {
    case PAD_EDGE:
        at = at < 0 ? 0 : n - 1;
        break;
    case PAD_WRAP:
        at = (at % n + n) % n;
        break;
    case PAD_REFLECT:
        at = n == 1 ? 0 : (at % period + period) % period;
        at = at < n ? at : period - at;
        break;
    default:
        return -1;
    }
    return plan->crop[axis] + at;
}

static void fill(const golden_call *call, const pad_plan *plan, uint32_t axis, int64_t to, int64_t from)
{
    golden_tensor *y = golden_call_out(call, 0);
    int64_t i, k;
    if (axis == plan->rank) {
        golden_move(y, (uint64_t)to, golden_call_in(call, 0), (uint64_t)from, call->node->rounding);
        return;
    }
    for (i = 0; i < plan->out[axis]; i++, to += plan->to_step[axis]) {
        const int64_t at = source(plan, axis, i);
        if (at >= 0) {
            fill(call, plan, axis + 1, to, from + at * plan->from_step[axis]);
            continue;
        }
        for (k = 0; k < plan->to_step[axis]; k++)
            golden_set(y, (uint64_t)(to + k), plan->value, NBX_REQUANT_NONE);
    }
}

static int32_t run(const golden_call *call)
{
    fill(call, call->node->plan, 0, 0, 0);
    return NBX_OK;
}

const golden_kernel golden_op_pad = {prepare, run, NULL};
