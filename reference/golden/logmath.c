/* SPDX-License-Identifier: Apache-2.0 */
/* Logarithmic codes by rules M6 to M10 and the tables of the exact log products; ranges to exponents are the quantizer's. */
#include "logmath.h"

#include <math.h>

golden_log_code golden_log_split(const nbx_encoding *encoding, int32_t code)
{
    const int32_t sign_bit = (int32_t)1 << (encoding->code_bits - 1);
    golden_log_code out = {1, code & (sign_bit - 1)};
    if (code & sign_bit) out.sign = out.index == 0 ? 0 : -1;
    return out;
}

int32_t golden_log_encode(const nbx_encoding *encoding, int32_t z, float x)
{
    const double steps = encoding->steps;
    const int32_t sign_bit = (int32_t)1 << (encoding->code_bits - 1);
    double position, index;
    if (x != x || x == 0.0f) return encoding->zero_code;
    position = steps * log2(fabs((double)x));
    if (position <= (double)z + (x < 0 ? 1.0 : 0.0) - steps) return encoding->zero_code;
    index = round(position) - (double)z;
    if (index > (double)encoding->top) index = (double)encoding->top;
    if (x > 0) return index < 0 ? 0 : (int32_t)index;
    return sign_bit | (index < 1 ? 1 : (int32_t)index);
}

float golden_log_decode(const nbx_encoding *encoding, int32_t z, int32_t code)
{
    const golden_log_code parts = golden_log_split(encoding, code);
    if (parts.sign == 0) return 0.0f;
    return (float)(parts.sign * exp2((double)(parts.index + z) / (double)encoding->steps));
}

int64_t golden_antilog(uint32_t steps, int64_t p)
{
    const int64_t fraction = p % steps;
    return (int64_t)round(ldexp(exp2((double)fraction / (double)steps), 16)) << (p / steps);
}

int64_t golden_log_entry(const nbx_encoding *encoding, int32_t index)
{
    return (int64_t)round(exp2((double)(index - (int32_t)encoding->top) / (double)encoding->steps) * 32767.0);
}

double golden_expadd_factor(const nbx_encoding *x, int32_t z_x, const nbx_encoding *w, int32_t z_w)
{
    return ldexp(exp2((double)z_x / (double)x->steps + (double)z_w / (double)w->steps), -16);
}

double golden_table_factor(const nbx_encoding *x, int32_t z_x, const nbx_encoding *w, int32_t z_w)
{
    const double of_x = exp2((double)(z_x + (int32_t)x->top) / (double)x->steps);
    const double of_w = exp2((double)(z_w + (int32_t)w->top) / (double)w->steps);
    return of_x * of_w / (32767.0 * 32767.0);
}
