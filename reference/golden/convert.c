/* SPDX-License-Identifier: Apache-2.0 */
/* Cast, QuantizeLinear and DequantizeLinear; Requantize between encodings is a move that changes codes (move.c). */
#include <math.h>

#include "attrs.h"
#include "dispatch.h"
#include "tensor.h"

static int32_t prepare_cast(golden *p, golden_node *node)
{
    const golden_tensor *x = golden_in(p, node, 0);
    int64_t to;
    GOLDEN_TRY(golden_attr_int(p, node, "to", &to));
    if (golden_dtype_bits((uint32_t)to) == 0)
        return golden_refuse(p, node, E_GOLDEN_DTYPE, "node '%s': Cast to element type %lld", node->view->name, (long long)to);
    return golden_expect(p, node, 0, x->rank, x->dims);
}

static int32_t run_cast(const golden_call *call)
{
    golden_tensor *y = golden_call_out(call, 0);
    golden_move_run(y, 0, golden_call_in(call, 0), 0, y->count, call->node->rounding);
    return NBX_OK;
}

/** Which scale an element uses: one for all, one per index of an axis, or one per block of it. */
typedef struct scale_plan {
    uint64_t inner, extent, block, per_axis;
    bool single;
} scale_plan;

static int32_t prepare_scales(golden *p, golden_node *node)
{
    const golden_tensor *x = golden_in(p, node, 0), *scale = golden_in(p, node, 1), *zero = golden_in(p, node, 2);
    scale_plan *plan = golden_alloc(p, 1, sizeof *plan);
    int64_t axis, block;
    uint32_t i;
    if (!plan) return golden_refuse(p, node, E_GOLDEN_MEMORY, "no memory for a node");
    node->plan = plan;
    GOLDEN_TRY(golden_attr_int(p, node, "axis", &axis));
    GOLDEN_TRY(golden_attr_int(p, node, "block_size", &block));
    if (zero && zero->count != scale->count)
        return golden_refuse(p, node, E_GOLDEN_SHAPE, "node '%s': scale and zero point differ in size", node->view->name);
    plan->single = scale->count == 1;
    GOLDEN_TRY(golden_expect(p, node, 0, x->rank, x->dims));
    if (plan->single) return NBX_OK;
    if (axis < 0) axis += x->rank;
    if (axis < 0 || axis >= (int64_t)x->rank || block < 0)
        return golden_refuse(p, node, E_GOLDEN_ATTRIBUTE, "node '%s': axis or block_size is out of range", node->view->name);
    plan->block = block ? (uint64_t)block : 1;
    plan->extent = (uint64_t)x->dims[axis];
    plan->per_axis = (plan->extent + plan->block - 1) / plan->block;
    plan->inner = 1;
    for (i = (uint32_t)axis + 1; i < x->rank; i++)
        plan->inner *= (uint64_t)x->dims[i];
    /* Blocks have a scale for every other coordinate too; channels share theirs. */
    if (scale->count != (block ? x->count / plan->extent * plan->per_axis : plan->extent))
        return golden_refuse(p, node, E_GOLDEN_SHAPE, "node '%s': the scales do not fit the axis", node->view->name);
    if (!block) plan->block = 0;
    return NBX_OK;
}

static uint64_t scale_of(const scale_plan *plan, uint64_t i)
{
    uint64_t at;
    if (plan->single) return 0;
    at = i / plan->inner % plan->extent;
    if (plan->block == 0) return at;
    return (i / plan->inner / plan->extent * plan->per_axis + at / plan->block) * plan->inner + i % plan->inner;
}

static double zero_of(const golden_call *call, uint64_t at)
{
    const golden_tensor *zero = golden_call_in(call, 2);
    return zero ? golden_get(zero, at) : 0.0;
}

static double lowest(uint32_t dtype)
{
    const uint32_t bits = golden_dtype_bits(dtype);
    return golden_wrap(dtype, -1) < 0 ? -ldexp(1.0, (int)bits - 1) : 0.0;
}

static double highest(uint32_t dtype)
{
    const uint32_t bits = golden_dtype_bits(dtype);
    return ldexp(1.0, (int)(golden_wrap(dtype, -1) < 0 ? bits - 1 : bits)) - 1.0;
}

/** An output with an encoding is encoded by it: the quantizer has taken over scale and zero point. */
static int32_t run_quantize(const golden_call *call)
{
    const golden_tensor *x = golden_call_in(call, 0), *scale = golden_call_in(call, 1);
    golden_tensor *y = golden_call_out(call, 0);
    const double lo = lowest(y->storage), hi = highest(y->storage);
    uint64_t i;
    for (i = 0; i < y->count; i++) {
        const uint64_t at = scale_of(call->node->plan, i);
        double value = golden_get(x, i);
        if (y->carrier == GOLDEN_INT) {
            value = nearbyint(value / golden_get(scale, at)) + zero_of(call, at);
            if (value != value) value = zero_of(call, at);
            value = value < lo ? lo : value > hi ? hi : value;
        }
        golden_set(y, i, value, NBX_REQUANT_NONE);
    }
    return NBX_OK;
}

static int32_t run_dequantize(const golden_call *call)
{
    const golden_tensor *x = golden_call_in(call, 0), *scale = golden_call_in(call, 1);
    golden_tensor *y = golden_call_out(call, 0);
    uint64_t i;
    for (i = 0; i < y->count; i++) {
        const uint64_t at = scale_of(call->node->plan, i);
        double value = golden_get(x, i);
        if (x->carrier == GOLDEN_INT) value = (value - zero_of(call, at)) * golden_get(scale, at);
        golden_set(y, i, value, call->node->rounding);
    }
    return NBX_OK;
}

const golden_kernel golden_op_cast = {prepare_cast, run_cast, NULL};
const golden_kernel golden_op_quantize_linear = {prepare_scales, run_quantize, NULL};
const golden_kernel golden_op_dequantize_linear = {prepare_scales, run_dequantize, NULL};
