/* SPDX-License-Identifier: Apache-2.0 */
/** Elements of a buffer to float32 and back, without a math library: the same bytes as nbx_encode and nbx_decode give. */
#ifndef NBX_RT_CODES_H
#define NBX_RT_CODES_H

#include "rt/artifact.h"

/** Elements first..first+count-1 of a dense array in axis order. */
void nbx_codes_decode(const nbx_artifact_buffer *buffer, const void *dense, uint64_t first, uint32_t count, float *out);
void nbx_codes_encode(const nbx_artifact_buffer *buffer, const float *values, uint64_t first, uint32_t count, void *dense);
/** Whether the runtime can do it for this buffer: false for element types that are no numbers it knows. */
bool nbx_codes_supported(const nbx_artifact_buffer *buffer);
/** The code that padding holds. */
int32_t nbx_codes_fill(const nbx_artifact_buffer *buffer);

#endif
