/* SPDX-License-Identifier: Apache-2.0 */
/** Logarithmic codes (rules M6 to M10) and the tables of the exact log products. */
#ifndef GOLDEN_LOGMATH_H
#define GOLDEN_LOGMATH_H

#include "golden.h"

/** Sign (-1, 0, +1) and index of a log code. */
typedef struct golden_log_code {
    int32_t sign;
    int32_t index;
} golden_log_code;

golden_log_code golden_log_split(const nbx_encoding *encoding, int32_t code);
int32_t golden_log_encode(const nbx_encoding *encoding, int32_t z, float x);
float golden_log_decode(const nbx_encoding *encoding, int32_t z, int32_t code);

/** round(2^(p mod S / S) * 2^16) << (p div S): one term of log_expadd. */
int64_t golden_antilog(uint32_t steps, int64_t p);
/** round(2^((index - top) / steps) * 32767): one factor of log_table. */
int64_t golden_log_entry(const nbx_encoding *encoding, int32_t index);
/** What an accumulator is multiplied with: log_expadd and log_table. */
double golden_expadd_factor(const nbx_encoding *x, int32_t z_x, const nbx_encoding *w, int32_t z_w);
double golden_table_factor(const nbx_encoding *x, int32_t z_x, const nbx_encoding *w, int32_t z_w);

#endif
