/* SPDX-License-Identifier: Apache-2.0 */
/* One real number to one code and back for every encoding kind; log rules are in logmath.c, requantization in requant.c. */
#include "encode.h"

#include <math.h>
#include <string.h>

#include "logmath.h"

static double round_up(double x)
{
    const double below = floor(x);
    return x - below >= 0.5 ? below + 1.0 : below;
}

double golden_round(uint32_t mode, double x)
{
    switch (mode) {
    case NBX_REQUANT_away_real:
    case NBX_REQUANT_shift_away:
        return round(x);
    case NBX_REQUANT_shift_up:
        return round_up(x);
    case NBX_REQUANT_shift_floor:
        return floor(x);
    case NBX_REQUANT_shift_zero:
        return trunc(x);
    default:
        return nearbyint(x);
    }
}

static int32_t float_bits(float x)
{
    int32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

static int32_t clamp(double x, int32_t lo, int32_t hi)
{
    if (x != x) return lo;
    if (x < (double)lo) return lo;
    return x > (double)hi ? hi : (int32_t)x;
}

static int32_t encode_float(const nbx_encoding *encoding, float x)
{
    if (encoding->storage == NBX_DTYPE_FLOAT16) return (int32_t)golden_half_bits(x);
    if (encoding->storage == NBX_DTYPE_BFLOAT16) return (int32_t)golden_bf16_bits(x);
    return float_bits(x);
}

int32_t golden_encode_rounded(const nbx_encoding *encoding, const nbx_qparam *param, double value, uint32_t mode)
{
    switch (encoding->kind) {
    case NBX_ENC_AFFINE:
        if (value != value) return param->zero_point;
        return clamp(golden_round(mode, value / param->scale) + param->zero_point, encoding->lo, encoding->hi);
    case NBX_ENC_POW2:
        if (value != value) return 0;
        return clamp(golden_round(mode, ldexp(value, param->exponent)), encoding->lo, encoding->hi);
    case NBX_ENC_LOG:
        return golden_log_encode(encoding, param->exponent, (float)value);
    case NBX_ENC_BINARY:
        return value >= 0 ? 1 : 0;
    case NBX_ENC_FLOAT:
        return encode_float(encoding, (float)value);
    default:
        return value != value ? 0 : clamp(nearbyint(value), INT32_MIN, INT32_MAX);
    }
}

int32_t golden_encode(const nbx_encoding *encoding, const nbx_qparam *param, double value)
{
    return golden_encode_rounded(encoding, param, value, NBX_REQUANT_NONE);
}

static double decode_float(const nbx_encoding *encoding, int32_t code)
{
    float x;
    if (encoding->storage == NBX_DTYPE_FLOAT16) return (double)golden_half_value((uint32_t)code);
    if (encoding->storage == NBX_DTYPE_BFLOAT16) return (double)golden_bf16_value((uint32_t)code);
    memcpy(&x, &code, sizeof x);
    return (double)x;
}

double golden_decode(const nbx_encoding *encoding, const nbx_qparam *param, int32_t code)
{
    switch (encoding->kind) {
    case NBX_ENC_AFFINE:
        return ((double)code - (double)param->zero_point) * param->scale;
    case NBX_ENC_POW2:
        return ldexp((double)code, -param->exponent);
    case NBX_ENC_LOG:
        return (double)golden_log_decode(encoding, param->exponent, code);
    case NBX_ENC_BINARY:
        return code ? param->scale : -param->scale;
    case NBX_ENC_FLOAT:
        return decode_float(encoding, code);
    default:
        return (double)code;
    }
}
