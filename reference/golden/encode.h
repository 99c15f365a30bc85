/* SPDX-License-Identifier: Apache-2.0 */
/** Encoding with a declared rounding, small floats, and rounding itself. */
#ifndef GOLDEN_ENCODE_H
#define GOLDEN_ENCODE_H

#include "golden.h"

/** Rounds to an integer as requant mode `mode` does in the real path; 0 rounds half to even. */
double golden_round(uint32_t mode, double x);
/** golden_encode with the rounding of a requant mode. */
int32_t golden_encode_rounded(const nbx_encoding *encoding, const nbx_qparam *param, double value, uint32_t mode);

/** Rounds to binary16 or bfloat16 (ties to even) as bits, and back. */
uint32_t golden_half_bits(float x);
uint32_t golden_bf16_bits(float x);
float golden_half_value(uint32_t bits);
float golden_bf16_value(uint32_t bits);

#endif
