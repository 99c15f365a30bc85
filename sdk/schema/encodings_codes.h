/* SPDX-License-Identifier: Apache-2.0 */
/** A stretch of values under one parameter set, to codes and back. Private to encodings*.c. */
#ifndef NBX_SCHEMA_ENCODINGS_CODES_H
#define NBX_SCHEMA_ENCODINGS_CODES_H

#include "schema/encodings.h"

void nbx_encode_stretch(const nbx_encoding *encoding, const nbx_qparam *param, const float *values, uint32_t count, int32_t *codes);
void nbx_decode_stretch(const nbx_encoding *encoding, const nbx_qparam *param, const int32_t *codes, uint32_t count, float *values);

#endif
