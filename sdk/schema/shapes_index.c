/* SPDX-License-Identifier: Apache-2.0 */
/* Shapes of the ops around index arithmetic and around codes: Shape, Size, Constant, Range, QuantizeLinear, DequantizeLinear. */
#include <string.h>

#include "schema/shapes.h"

int nbx_shape_shape_of(nbx_shape_call *call)
{
    NBX_SHAPE_TRY(nbx_shape_need(call, 1));
    int64_t rank = call->inputs[0]->rank;
    int64_t start = nbx_shape_attr_int(call, "start", 0), end = nbx_shape_attr_int(call, "end", rank);
    start = start < -rank ? 0 : start < 0 ? start + rank : start > rank ? rank : start;
    end = end < -rank ? 0 : end < 0 ? end + rank : end > rank ? rank : end;
    const int64_t dims[1] = {end > start ? end - start : 0};
    NBX_SHAPE_TRY(call->set_int(call->self, "start", start));
    NBX_SHAPE_TRY(call->set_int(call->self, "end", end));
    return nbx_shape_set(call, 0, NBX_DTYPE_INT64, 1, dims);
}

int nbx_shape_size_of(nbx_shape_call *call)
{
    NBX_SHAPE_TRY(nbx_shape_need(call, 1));
    return nbx_shape_set(call, 0, NBX_DTYPE_INT64, 0, NULL);
}

/* ConstantOfShape whose shape became an attribute; the element type is that of its value, float32 by default. */
int nbx_shape_constant(nbx_shape_call *call)
{
    const nbx_attr *shape = nbx_shape_attr(call, "shape");
    if (!shape || shape->kind != NBX_ATTR_INTS) return nbx_shape_unsupported(call, "the constant has no value that could be read");
    if (shape->count > NBX_MAX_RANK)
        return nbx_shape_fail(call, "the shape has %u axes; at most %d are possible", shape->count, NBX_MAX_RANK);
    int64_t dtype = nbx_shape_attr_int(call, "dtype", NBX_DTYPE_FLOAT32);
    if (dtype < 1 || dtype > UINT32_MAX || !nbx_dtype_name((uint32_t)dtype))
        return nbx_shape_fail(call, "attribute dtype is %lld, which is no element type", (long long)dtype);
    return nbx_shape_set(call, 0, (uint32_t)dtype, shape->count, shape->ints);
}

int nbx_shape_range(nbx_shape_call *call)
{
    NBX_SHAPE_TRY(nbx_shape_need(call, 3));
    for (uint32_t i = 0; i < 3; i++) {
        NBX_SHAPE_TRY(nbx_shape_same_dtype(call, 0, i));
        if (call->inputs[i]->rank > 1 || (call->inputs[i]->rank == 1 && call->inputs[i]->dims[0] != 1))
            return nbx_shape_fail(call, "input %u must be a scalar", i);
    }
    return nbx_shape_unsupported(call, "start, limit and delta are not constant, so the extent of the result is not known");
}

/* The scale is one number, one per index of `axis`, or (block_size > 0) one per block of `axis`. */
static int check_scale(nbx_shape_call *call, uint32_t *axis)
{
    const nbx_value *x = call->inputs[0], *scale = call->inputs[1], *zero = nbx_shape_input(call, 2);
    int64_t given = nbx_shape_attr_int(call, "axis", 1), block = nbx_shape_attr_int(call, "block_size", 0);
    if (zero && (zero->rank != scale->rank || memcmp(zero->dims, scale->dims, scale->rank * sizeof(int64_t)) != 0))
        return nbx_shape_fail(call, "scale (rank %u) and zero point (rank %u) have different shapes", scale->rank, zero->rank);
    bool single = scale->rank == 0 || (scale->rank == 1 && scale->dims[0] == 1);
    *axis = 0;
    if (single && (given < -(int64_t)x->rank || given >= (int64_t)x->rank)) return NBX_OK; /* the axis has no meaning */
    NBX_SHAPE_TRY(nbx_shape_axis(call, given, x->rank, false, axis));
    if (single) return NBX_OK;
    if (block == 0 && scale->rank == 1) {
        if (scale->dims[0] == x->dims[*axis]) return NBX_OK;
        return nbx_shape_fail(call, "%lld scales are given for %lld indices of axis %u", (long long)scale->dims[0],
                              (long long)x->dims[*axis], *axis);
    }
    if (block < 1 || scale->rank != x->rank)
        return nbx_shape_fail(call, "a scale of rank %u fits neither axis %u nor blocks of %lld", scale->rank, *axis, (long long)block);
    for (uint32_t i = 0; i < x->rank; i++) {
        int64_t want = i == *axis ? x->dims[i] / block + (x->dims[i] % block != 0) : x->dims[i];
        if (scale->dims[i] != want)
            return nbx_shape_fail(call, "axis %u of the scale is %lld; blocks of %lld need %lld", i, (long long)scale->dims[i],
                                  (long long)block, (long long)want);
    }
    return NBX_OK;
}

static int set_codes(nbx_shape_call *call, uint32_t axis, int64_t dtype)
{
    NBX_SHAPE_TRY(call->set_int(call->self, "axis", axis));
    NBX_SHAPE_TRY(call->set_int(call->self, "output_dtype", dtype));
    return nbx_shape_set(call, 0, (uint32_t)dtype, call->inputs[0]->rank, call->inputs[0]->dims);
}

int nbx_shape_quantize(nbx_shape_call *call)
{
    uint32_t axis;
    NBX_SHAPE_TRY(nbx_shape_need(call, 2));
    NBX_SHAPE_TRY(check_scale(call, &axis));
    const nbx_value *zero = nbx_shape_input(call, 2);
    int64_t dtype = nbx_shape_attr_int(call, "output_dtype", 0);
    if (dtype == 0) dtype = zero ? zero->dtype : NBX_DTYPE_UINT8;
    if (dtype < 1 || dtype > UINT32_MAX || !nbx_dtype_name((uint32_t)dtype))
        return nbx_shape_fail(call, "attribute output_dtype is %lld, which is no element type", (long long)dtype);
    if (zero && zero->dtype != dtype)
        return nbx_shape_fail(call, "the zero point is %s but output_dtype is %s", nbx_dtype_name(zero->dtype),
                              nbx_dtype_name((uint32_t)dtype));
    return set_codes(call, axis, dtype);
}

int nbx_shape_dequantize(nbx_shape_call *call)
{
    uint32_t axis;
    NBX_SHAPE_TRY(nbx_shape_need(call, 2));
    NBX_SHAPE_TRY(check_scale(call, &axis));
    if (nbx_shape_input(call, 2)) NBX_SHAPE_TRY(nbx_shape_same_dtype(call, 0, 2));
    int64_t dtype = nbx_shape_attr_int(call, "output_dtype", 0);
    if (dtype == 0) dtype = call->inputs[1]->dtype;
    if (dtype < 1 || dtype > UINT32_MAX || nbx_dtype_kind((uint32_t)dtype) != 'f')
        return nbx_shape_fail(call, "the result would be of type %lld, which is no float type", (long long)dtype);
    return set_codes(call, axis, dtype);
}
