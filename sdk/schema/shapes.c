/* SPDX-License-Identifier: Apache-2.0 */
/* What shape functions share: reading attributes with checks, reporting, broadcasting, setting outputs; no op is handled here. */
#include "schema/shapes.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int nbx_shape_fail(nbx_shape_call *call, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    vsnprintf(call->error, sizeof(call->error), format, list);
    va_end(list);
    return NBX_BAD_INPUT;
}

int nbx_shape_unsupported(nbx_shape_call *call, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    vsnprintf(call->error, sizeof(call->error), format, list);
    va_end(list);
    return NBX_UNSUPPORTED;
}

const nbx_value *nbx_shape_input(const nbx_shape_call *call, uint32_t i)
{
    return i < call->input_count ? call->inputs[i] : NULL;
}

int nbx_shape_need(nbx_shape_call *call, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        if (!nbx_shape_input(call, i)) return nbx_shape_fail(call, "input %u is missing", i);
    for (uint32_t i = 0; i < call->input_count; i++) {
        const nbx_value *value = call->inputs[i];
        for (uint32_t a = 0; value && a < value->rank; a++)
            if (value->dims[a] < 0 || value->dims[a] > NBX_SHAPE_MAX_EXTENT)
                return nbx_shape_fail(call, "extent %lld of axis %u of input %u is outside 0..%lld", (long long)value->dims[a], a, i,
                                      (long long)NBX_SHAPE_MAX_EXTENT);
    }
    return NBX_OK;
}

int nbx_shape_set(nbx_shape_call *call, uint32_t output, uint32_t dtype, uint32_t rank, const int64_t *dims)
{
    if (rank > NBX_MAX_RANK) return nbx_shape_fail(call, "the result has rank %u; at most %d is possible", rank, NBX_MAX_RANK);
    if (output >= 64) return nbx_shape_fail(call, "more than 64 outputs");
    int64_t elements = 1;
    for (uint32_t i = 0; i < rank; i++) {
        if (dims[i] < 0 || dims[i] > NBX_SHAPE_MAX_EXTENT)
            return nbx_shape_fail(call, "extent %lld of axis %u of the result is outside 0..%lld", (long long)dims[i], i,
                                  (long long)NBX_SHAPE_MAX_EXTENT);
        if (dims[i] > 0 && elements > (INT64_C(1) << 60) / dims[i]) return nbx_shape_fail(call, "the result has more than 2^60 elements");
        if (dims[i] > 0) elements *= dims[i];
    }
    call->outputs[output].dtype = dtype;
    call->outputs[output].rank = rank;
    for (uint32_t i = 0; i < rank; i++)
        call->outputs[output].dims[i] = dims[i];
    return NBX_OK;
}

static const char *dtype_text(uint32_t dtype)
{
    const char *name = nbx_dtype_name(dtype);
    return name ? name : "untyped";
}

int nbx_shape_same_dtype(nbx_shape_call *call, uint32_t a, uint32_t b)
{
    const nbx_value *x = call->inputs[a], *y = call->inputs[b];
    if (x->dtype == y->dtype) return NBX_OK;
    return nbx_shape_fail(call, "input %u is %s but input %u is %s", a, dtype_text(x->dtype), b, dtype_text(y->dtype));
}

const nbx_attr *nbx_shape_attr(const nbx_shape_call *call, const char *name)
{
    for (uint32_t i = 0; i < call->node->attrs.count; i++) {
        const nbx_attr *attr = NBX_ROW(nbx_attr, call->node->attrs, i);
        if (!strcmp(attr->name, name)) return attr;
    }
    return NULL;
}

int64_t nbx_shape_attr_int(const nbx_shape_call *call, const char *name, int64_t absent)
{
    const nbx_attr *attr = nbx_shape_attr(call, name);
    return attr && attr->kind == NBX_ATTR_INT ? attr->i : absent;
}

const char *nbx_shape_attr_string(const nbx_shape_call *call, const char *name, const char *absent)
{
    const nbx_attr *attr = nbx_shape_attr(call, name);
    return attr && attr->kind == NBX_ATTR_STRING && attr->s ? attr->s : absent;
}

int nbx_shape_ints(nbx_shape_call *call, const nbx_shape_list *list, int64_t *out)
{
    const nbx_attr *attr = nbx_shape_attr(call, list->name);
    if (attr && attr->kind != NBX_ATTR_INTS) return nbx_shape_fail(call, "attribute %s must be a list of integers", list->name);
    if (attr && attr->count == 0) attr = NULL;
    if (attr && attr->count != list->count)
        return nbx_shape_fail(call, "attribute %s has %u entries; %u are needed", list->name, attr->count, list->count);
    for (uint32_t i = 0; i < list->count; i++) {
        out[i] = attr ? attr->ints[i] : list->absent;
        if (out[i] < list->lo || out[i] > list->hi)
            return nbx_shape_fail(call, "entry %u of attribute %s is %lld; it must be in %lld..%lld", i, list->name, (long long)out[i],
                                  (long long)list->lo, (long long)list->hi);
    }
    return NBX_OK;
}

int nbx_shape_axis(nbx_shape_call *call, int64_t axis, uint32_t rank, bool ends, uint32_t *out)
{
    int64_t last = (int64_t)rank - (ends ? 0 : 1);
    int64_t positive = axis < 0 ? axis + (int64_t)rank : axis;
    if (axis < -(int64_t)rank || positive > last)
        return nbx_shape_fail(call, "axis %lld does not exist in a tensor of rank %u", (long long)axis, rank);
    *out = (uint32_t)positive;
    return NBX_OK;
}

int nbx_shape_axes(nbx_shape_call *call, uint32_t rank, uint32_t *out, uint32_t *count, bool *present)
{
    const nbx_attr *attr = nbx_shape_attr(call, "axes");
    uint32_t seen = 0;
    *count = 0;
    *present = attr != NULL;
    if (!attr) return NBX_OK;
    if (attr->kind != NBX_ATTR_INTS) return nbx_shape_fail(call, "attribute axes must be a list of integers");
    if (attr->count > NBX_MAX_RANK)
        return nbx_shape_fail(call, "attribute axes has %u entries; at most %d are possible", attr->count, NBX_MAX_RANK);
    for (uint32_t i = 0; i < attr->count; i++) {
        NBX_SHAPE_TRY(nbx_shape_axis(call, attr->ints[i], rank, false, &out[i]));
        if (seen & (1u << out[i])) return nbx_shape_fail(call, "axis %u appears twice in attribute axes", out[i]);
        seen |= 1u << out[i];
    }
    *count = attr->count;
    return NBX_OK;
}

int nbx_shape_set_axes(nbx_shape_call *call, const char *name, const uint32_t *axes, uint32_t count)
{
    int64_t wide[NBX_MAX_RANK];
    for (uint32_t i = 0; i < count && i < NBX_MAX_RANK; i++)
        wide[i] = axes[i];
    return call->set_ints(call->self, name, wide, count);
}

int nbx_shape_broadcast_dims(nbx_shape_call *call, uint32_t *rank, int64_t *dims, uint32_t other_rank, const int64_t *other)
{
    int64_t wide[NBX_MAX_RANK];
    uint32_t result = *rank > other_rank ? *rank : other_rank;
    for (uint32_t i = 0; i < result; i++) { /* i counts from the last axis */
        int64_t a = i < *rank ? dims[*rank - 1 - i] : 1, b = i < other_rank ? other[other_rank - 1 - i] : 1;
        if (a != b && a != 1 && b != 1)
            return nbx_shape_fail(call, "extents %lld and %lld of axis %u (from the end) cannot be broadcast", (long long)a, (long long)b,
                                  i);
        wide[result - 1 - i] = a == 1 ? b : a;
    }
    memcpy(dims, wide, result * sizeof(int64_t));
    *rank = result;
    return NBX_OK;
}
