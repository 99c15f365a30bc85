/* SPDX-License-Identifier: Apache-2.0 */
/**
 * The shape functions that ops.def names, and what they share: reading attributes, reporting, setting outputs.
 *
 * A shape function answers NBX_OK, NBX_BAD_INPUT (malformed or contradicting, `error` says why with the numbers) or
 * NBX_UNSUPPORTED (legal, but the shape cannot be known from shapes alone). It can be applied again to its own result.
 * Extents and window attributes are held below limits that keep every 64-bit intermediate from overflowing.
 */
#ifndef NBX_SCHEMA_SHAPES_H
#define NBX_SCHEMA_SHAPES_H

#include <stdbool.h>

#include "schema/ops.h"

#define OP(stem, name, revision, in_min, in_max, out_min, out_max, attrs, shape, quant, text) int nbx_shape_##shape(nbx_shape_call *call);
#include <nbx/tables/ops.def>
#undef OP

/** Largest extent of one axis, and largest stride, pad, dilation or kernel extent. */
#define NBX_SHAPE_MAX_EXTENT INT64_C(2147483647)
#define NBX_SHAPE_MAX_WINDOW INT64_C(1073741823)

/** Fills `error`; they return NBX_BAD_INPUT and NBX_UNSUPPORTED. */
int nbx_shape_fail(nbx_shape_call *call, const char *format, ...) __attribute__((format(printf, 2, 3)));
int nbx_shape_unsupported(nbx_shape_call *call, const char *format, ...) __attribute__((format(printf, 2, 3)));

/** Input `i`, or NULL when it is absent or past the end. */
const nbx_value *nbx_shape_input(const nbx_shape_call *call, uint32_t i);
/** NBX_BAD_INPUT unless inputs 0..count-1 are present and every extent of every input is in 0..NBX_SHAPE_MAX_EXTENT. */
int nbx_shape_need(nbx_shape_call *call, uint32_t count);
/** The outputs' dtype and extents, checked: rank, no negative extent, no product beyond 2^60. */
int nbx_shape_set(nbx_shape_call *call, uint32_t output, uint32_t dtype, uint32_t rank, const int64_t *dims);
/** NBX_BAD_INPUT if inputs a and b (both present) have different dtypes. */
int nbx_shape_same_dtype(nbx_shape_call *call, uint32_t a, uint32_t b);

const nbx_attr *nbx_shape_attr(const nbx_shape_call *call, const char *name);
int64_t nbx_shape_attr_int(const nbx_shape_call *call, const char *name, int64_t absent);
const char *nbx_shape_attr_string(const nbx_shape_call *call, const char *name, const char *absent);

/** A list attribute whose entries are `count` integers in lo..hi; absent: all `absent`. */
typedef struct nbx_shape_list {
    const char *name;
    uint32_t count;
    int64_t absent, lo, hi;
} nbx_shape_list;
int nbx_shape_ints(nbx_shape_call *call, const nbx_shape_list *list, int64_t *out);

/** `axis` of a tensor of `rank` as 0..rank-1 (ends: 0..rank). */
int nbx_shape_axis(nbx_shape_call *call, int64_t axis, uint32_t rank, bool ends, uint32_t *out);
/** A list of axes: made non-negative, distinct; at most NBX_MAX_RANK. *present tells whether the attribute exists. */
int nbx_shape_axes(nbx_shape_call *call, uint32_t rank, uint32_t *out, uint32_t *count, bool *present);
/** Sets an INTS attribute from axis numbers. */
int nbx_shape_set_axes(nbx_shape_call *call, const char *name, const uint32_t *axes, uint32_t count);
/** Multidirectional broadcast of `dims` (rank *rank) with another shape, in place. */
int nbx_shape_broadcast_dims(nbx_shape_call *call, uint32_t *rank, int64_t *dims, uint32_t other_rank, const int64_t *other);

/** Leaves the calling function when `expression` does not answer NBX_OK. */
#define NBX_SHAPE_TRY(expression)                                                                                                          \
    do {                                                                                                                                   \
        int shape_status_ = (expression);                                                                                                  \
        if (shape_status_ != NBX_OK) return shape_status_;                                                                                 \
    } while (0)

#endif
