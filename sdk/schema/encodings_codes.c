/* SPDX-License-Identifier: Apache-2.0 */
/* What one code means under one parameter set; it leaves containers and the choice of parameters to its neighbours. */
#include <math.h>
#include <string.h>

#include "schema/encodings_codes.h"

/* Half to even for |value| < 2^51. Callers clamp first: the limits are integers, so clamping before rounding changes nothing. */
static double round_even(double value)
{
    return (value + 0x1.8p52) - 0x1.8p52;
}

static double clamp(double value, double lo, double hi)
{
    return value < lo ? lo : value > hi ? hi : value;
}

static int32_t encode_linear(const nbx_encoding *encoding, double scaled, int32_t zero)
{
    if (scaled != scaled) return (int32_t)clamp(zero, encoding->lo, encoding->hi);
    return (int32_t)(round_even(clamp(scaled, (double)encoding->lo - zero, (double)encoding->hi - zero)) + zero);
}

static int32_t float_bits(float value)
{
    int32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

static int32_t encode_float(const nbx_encoding *encoding, float value)
{
    switch (encoding->storage) {
    case NBX_DTYPE_FLOAT16:
        return nbx_half_from_float(value);
    case NBX_DTYPE_BFLOAT16:
        return nbx_bf16_from_float(value);
    default:
        return float_bits(value);
    }
}

static double decode_float(const nbx_encoding *encoding, int32_t code)
{
    float value;
    switch (encoding->storage) {
    case NBX_DTYPE_FLOAT16:
        return (double)nbx_half_to_float((uint16_t)code);
    case NBX_DTYPE_BFLOAT16:
        return (double)nbx_bf16_to_float((uint16_t)code);
    default:
        memcpy(&value, &code, sizeof value);
        return (double)value;
    }
}

/* M6 to M9 and M13, in that order. The comparisons of M8 and M9 use the unrounded logarithm. */
static int32_t encode_log(const nbx_encoding *encoding, int32_t z, float value)
{
    if (value != value || value == 0) return encoding->zero_code;
    bool negative = value < 0;
    double steps = encoding->steps, position = steps * log2(fabs((double)value));
    double index = clamp(round(position) - z, negative ? 1 : 0, encoding->top);
    double zero_at = (double)z + (negative ? 1 : 0) - steps;
    if (position <= zero_at) return encoding->zero_code;
    int32_t sign = negative ? (int32_t)(1u << (encoding->code_bits - 1)) : 0;
    return sign | (int32_t)index;
}

static double decode_log(const nbx_encoding *encoding, int32_t z, int32_t code)
{
    uint32_t sign = 1u << (encoding->code_bits - 1), index = (uint32_t)code & (sign - 1);
    bool negative = ((uint32_t)code & sign) != 0;
    if (negative && index == 0) return 0;
    if (index > encoding->top) index = encoding->top;
    double magnitude = exp2(((double)index + z) / encoding->steps);
    return (double)(float)(negative ? -magnitude : magnitude);
}

int32_t nbx_encode(const nbx_encoding *encoding, const nbx_qparam *param, double value)
{
    switch (encoding->kind) {
    case NBX_ENC_FLOAT:
        return encode_float(encoding, (float)value);
    case NBX_ENC_AFFINE:
        return encode_linear(encoding, value / param->scale, param->zero_point);
    case NBX_ENC_POW2:
        return encode_linear(encoding, ldexp(value, param->exponent), 0);
    case NBX_ENC_LOG:
        return encode_log(encoding, param->exponent, (float)value);
    case NBX_ENC_BINARY:
        return value >= 0;
    default:
        return encode_linear(encoding, value, 0);
    }
}

double nbx_decode(const nbx_encoding *encoding, const nbx_qparam *param, int32_t code)
{
    switch (encoding->kind) {
    case NBX_ENC_FLOAT:
        return decode_float(encoding, code);
    case NBX_ENC_AFFINE:
        return ((double)code - param->zero_point) * param->scale;
    case NBX_ENC_POW2:
        return ldexp((double)code, -param->exponent);
    case NBX_ENC_LOG:
        return decode_log(encoding, param->exponent, code);
    case NBX_ENC_BINARY:
        return (code & 1) ? param->scale : -param->scale;
    default:
        return code;
    }
}

float nbx_decode_f32(const nbx_encoding *encoding, const nbx_qparam *param, int32_t code)
{
    return (float)nbx_decode(encoding, param, code);
}

void nbx_encode_stretch(const nbx_encoding *encoding, const nbx_qparam *param, const float *values, uint32_t count, int32_t *codes)
{
    if (encoding->kind == NBX_ENC_AFFINE) {
        double scale = param->scale;
        int32_t zero = param->zero_point;
        for (uint32_t i = 0; i < count; i++)
            codes[i] = encode_linear(encoding, values[i] / scale, zero);
    } else if (encoding->kind == NBX_ENC_POW2) {
        double factor = ldexp(1.0, param->exponent); /* exact: a float times a power of two stays inside double */
        for (uint32_t i = 0; i < count; i++)
            codes[i] = encode_linear(encoding, values[i] * factor, 0);
    } else {
        for (uint32_t i = 0; i < count; i++)
            codes[i] = nbx_encode(encoding, param, values[i]);
    }
}

void nbx_decode_stretch(const nbx_encoding *encoding, const nbx_qparam *param, const int32_t *codes, uint32_t count, float *values)
{
    if (encoding->kind == NBX_ENC_AFFINE) {
        double scale = param->scale, zero = param->zero_point;
        for (uint32_t i = 0; i < count; i++)
            values[i] = (float)((codes[i] - zero) * scale);
    } else {
        for (uint32_t i = 0; i < count; i++)
            values[i] = nbx_decode_f32(encoding, param, codes[i]);
    }
}
