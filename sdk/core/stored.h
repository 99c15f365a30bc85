/* SPDX-License-Identifier: Apache-2.0 */
/** Values as chips store them: sizes, and conversion from one chip's storage to another's (dense, axis order). */
#ifndef NBX_CORE_STORED_H
#define NBX_CORE_STORED_H

#include "core/plan.h"

/** Bytes of `value` stored as `row` says (its plain dtype without an encoding); false on overflow or an unknown shape. */
bool nbx_stored_bytes(const nbx_g_value *value, const nbx_quantized *row, uint64_t *out);
/** The same storage: encoding and all parameters are equal. */
bool nbx_stored_same(const nbx_quantized *a, const nbx_quantized *b);
/** The same place for every element: whoever owns the padding, nobody has to move a byte. */
bool nbx_stored_laid_same(const nbx_layout *a, const nbx_layout *b);
/**
 * Converts one tensor. `scratch` holds as many floats as the tensor has elements. Values that are not float32 are copied.
 */
void nbx_stored_convert(const nbx_g_value *value, const nbx_quantized *from, const void *source, const nbx_quantized *to, void *target,
                        float *scratch);

#endif
