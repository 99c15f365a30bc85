/* SPDX-License-Identifier: Apache-2.0 */
/* Shapes of the ops that only rename axes: Reshape, Flatten, Squeeze, Unsqueeze. */
#include <string.h>

#include "schema/shapes.h"

/* Elements of axes first..last-1; below 2^60 because every value of the graph is. */
static int product(nbx_shape_call *call, const nbx_value *x, uint32_t first, uint32_t last, int64_t *out)
{
    *out = 1;
    for (uint32_t i = first; i < last; i++) {
        if (x->dims[i] > 0 && *out > (INT64_C(1) << 60) / x->dims[i]) return nbx_shape_fail(call, "the input has more than 2^60 elements");
        *out *= x->dims[i];
    }
    return NBX_OK;
}

/* 0 copies an extent of the input unless allowzero; one -1 takes what is left. */
static int resolve_reshape(nbx_shape_call *call, const nbx_value *x, const nbx_attr *shape, int64_t *dims)
{
    bool allow_zero = nbx_shape_attr_int(call, "allowzero", 0) != 0;
    int64_t elements, known = 1;
    uint32_t open = NBX_NONE;
    NBX_SHAPE_TRY(product(call, x, 0, x->rank, &elements));
    for (uint32_t i = 0; i < shape->count; i++) {
        dims[i] = shape->ints[i];
        if (dims[i] == 0 && !allow_zero && i < x->rank) dims[i] = x->dims[i];
        if (dims[i] == 0 && !allow_zero && i >= x->rank)
            return nbx_shape_fail(call, "entry %u of the shape is 0 but the input has rank %u", i, x->rank);
        if (dims[i] == -1 && open == NBX_NONE) {
            open = i;
            continue;
        }
        if (dims[i] < 0 || dims[i] > NBX_SHAPE_MAX_EXTENT || (dims[i] > 0 && known > (INT64_C(1) << 60) / dims[i]))
            return nbx_shape_fail(call, "entry %u of the shape, %lld, is not possible", i, (long long)dims[i]);
        known *= dims[i];
    }
    if (open != NBX_NONE) {
        if (known == 0 || elements % known != 0)
            return nbx_shape_fail(call, "%lld elements cannot be divided by %lld to fill in the -1", (long long)elements, (long long)known);
        dims[open] = elements / known;
        known *= dims[open];
    }
    if (known != elements)
        return nbx_shape_fail(call, "%lld elements cannot take a shape of %lld elements", (long long)elements, (long long)known);
    return NBX_OK;
}

int nbx_shape_reshape(nbx_shape_call *call)
{
    int64_t dims[NBX_MAX_RANK];
    NBX_SHAPE_TRY(nbx_shape_need(call, 1));
    const nbx_attr *shape = nbx_shape_attr(call, "shape");
    if (!shape || shape->kind != NBX_ATTR_INTS) return nbx_shape_fail(call, "the shape is missing");
    if (shape->count > NBX_MAX_RANK)
        return nbx_shape_fail(call, "the shape has %u axes; at most %d are possible", shape->count, NBX_MAX_RANK);
    uint32_t rank = shape->count;
    NBX_SHAPE_TRY(resolve_reshape(call, call->inputs[0], shape, dims));
    NBX_SHAPE_TRY(call->set_ints(call->self, "shape", dims, rank));
    return nbx_shape_set(call, 0, call->inputs[0]->dtype, rank, dims);
}

int nbx_shape_flatten(nbx_shape_call *call)
{
    uint32_t axis;
    int64_t dims[2];
    NBX_SHAPE_TRY(nbx_shape_need(call, 1));
    const nbx_value *x = call->inputs[0];
    NBX_SHAPE_TRY(nbx_shape_axis(call, nbx_shape_attr_int(call, "axis", 1), x->rank, true, &axis));
    NBX_SHAPE_TRY(product(call, x, 0, axis, &dims[0]));
    NBX_SHAPE_TRY(product(call, x, axis, x->rank, &dims[1]));
    NBX_SHAPE_TRY(call->set_int(call->self, "axis", axis));
    return nbx_shape_set(call, 0, x->dtype, 2, dims);
}

int nbx_shape_squeeze(nbx_shape_call *call)
{
    uint32_t axes[NBX_MAX_RANK], count, kept = 0;
    bool present;
    int64_t dims[NBX_MAX_RANK];
    NBX_SHAPE_TRY(nbx_shape_need(call, 1));
    const nbx_value *x = call->inputs[0];
    NBX_SHAPE_TRY(nbx_shape_axes(call, x->rank, axes, &count, &present));
    for (uint32_t i = 0; !present && i < x->rank; i++)
        if (x->dims[i] == 1) axes[count++] = i;
    uint32_t removed = 0;
    for (uint32_t i = 0; i < count; i++) {
        if (x->dims[axes[i]] != 1)
            return nbx_shape_fail(call, "axis %u has extent %lld; only 1 can be removed", axes[i], (long long)x->dims[axes[i]]);
        removed |= 1u << axes[i];
    }
    for (uint32_t i = 0; i < x->rank; i++)
        if (!(removed & (1u << i))) dims[kept++] = x->dims[i];
    NBX_SHAPE_TRY(nbx_shape_set_axes(call, "axes", axes, count));
    return nbx_shape_set(call, 0, x->dtype, kept, dims);
}

int nbx_shape_unsqueeze(nbx_shape_call *call)
{
    uint32_t axes[NBX_MAX_RANK], count, next = 0, inserted = 0;
    bool present;
    int64_t dims[NBX_MAX_RANK];
    NBX_SHAPE_TRY(nbx_shape_need(call, 1));
    const nbx_value *x = call->inputs[0];
    const nbx_attr *given = nbx_shape_attr(call, "axes");
    if (!given) return nbx_shape_fail(call, "the axes are missing");
    uint32_t rank = x->rank + given->count;
    if (given->count > NBX_MAX_RANK || rank > NBX_MAX_RANK) return nbx_shape_fail(call, "the result has more than %d axes", NBX_MAX_RANK);
    NBX_SHAPE_TRY(nbx_shape_axes(call, rank, axes, &count, &present));
    for (uint32_t i = 0; i < count; i++)
        inserted |= 1u << axes[i];
    for (uint32_t i = 0; i < rank; i++)
        dims[i] = inserted & (1u << i) ? 1 : x->dims[next++];
    NBX_SHAPE_TRY(nbx_shape_set_axes(call, "axes", axes, count));
    return nbx_shape_set(call, 0, x->dtype, rank, dims);
}
