/* SPDX-License-Identifier: Apache-2.0 */
/* Shapes of the reductions and of ArgMax and ArgMin. */
#include <string.h>

#include "schema/shapes.h"

/* Extents with the axes of `reduced` (a bit mask) dropped or kept as 1. */
static uint32_t reduce_dims(const nbx_value *x, uint32_t reduced, bool keep, int64_t *dims)
{
    uint32_t rank = 0;
    for (uint32_t i = 0; i < x->rank; i++) {
        bool gone = reduced & (1u << i);
        if (!gone || keep) dims[rank++] = gone ? 1 : x->dims[i];
    }
    return rank;
}

int nbx_shape_reduce(nbx_shape_call *call)
{
    uint32_t axes[NBX_MAX_RANK], count, reduced = 0;
    bool present;
    int64_t dims[NBX_MAX_RANK];
    NBX_SHAPE_TRY(nbx_shape_need(call, 1));
    const nbx_value *x = call->inputs[0];
    NBX_SHAPE_TRY(nbx_shape_axes(call, x->rank, axes, &count, &present));
    bool noop = count == 0 && nbx_shape_attr_int(call, "noop_with_empty_axes", 0) != 0;
    for (uint32_t i = 0; count == 0 && !noop && i < x->rank; i++)
        axes[i] = i;
    if (count == 0 && !noop) count = x->rank;
    for (uint32_t i = 0; i < count; i++)
        reduced |= 1u << axes[i];
    uint32_t rank = reduce_dims(x, reduced, nbx_shape_attr_int(call, "keepdims", 1) != 0, dims);
    NBX_SHAPE_TRY(nbx_shape_set_axes(call, "axes", axes, count));
    NBX_SHAPE_TRY(call->set_int(call->self, "noop_with_empty_axes", noop));
    return nbx_shape_set(call, 0, x->dtype, rank, dims);
}

int nbx_shape_arg_reduce(nbx_shape_call *call)
{
    uint32_t axis;
    int64_t dims[NBX_MAX_RANK];
    NBX_SHAPE_TRY(nbx_shape_need(call, 1));
    const nbx_value *x = call->inputs[0];
    NBX_SHAPE_TRY(nbx_shape_axis(call, nbx_shape_attr_int(call, "axis", 0), x->rank, false, &axis));
    if (x->dims[axis] < 1) return nbx_shape_fail(call, "axis %u is empty", axis);
    uint32_t rank = reduce_dims(x, 1u << axis, nbx_shape_attr_int(call, "keepdims", 1) != 0, dims);
    NBX_SHAPE_TRY(call->set_int(call->self, "axis", axis));
    return nbx_shape_set(call, 0, NBX_DTYPE_INT64, rank, dims);
}
