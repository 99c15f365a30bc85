/* SPDX-License-Identifier: Apache-2.0 */
/* binary16 and bfloat16 from their definition (precision and exponent range); everything else about encodings is encode.c's. */
#include "encode.h"

#include <math.h>

/** precision counts the hidden bit; exponents are those of numbers 1.f * 2^e. */
typedef struct small_float {
    int precision, lowest, highest;
} small_float;

static const small_float HALF = {11, -14, 15};
static const small_float BF16 = {8, -126, 127};

static uint32_t to_bits(const small_float *format, float x)
{
    const int fraction_bits = format->precision - 1;
    const int exponent_bits = 15 - fraction_bits;
    const uint32_t sign = signbit(x) ? 0x8000u : 0u;
    const uint32_t infinity = ((1u << exponent_bits) - 1u) << fraction_bits;
    double magnitude = fabs((double)x);
    int exponent;
    if (x != x) return sign | infinity | (1u << (fraction_bits - 1));
    if (magnitude == 0) return sign;
    if (isinf(magnitude)) return sign | infinity;
    (void)frexp(magnitude, &exponent);
    exponent -= 1;
    if (exponent < format->lowest) exponent = format->lowest;
    /* In units of the last place the significand is an integer; a carry out of it moves into the exponent by itself. */
    magnitude = nearbyint(ldexp(magnitude, fraction_bits - exponent));
    {
        const uint32_t bits = ((uint32_t)(exponent - format->lowest) << fraction_bits) + (uint32_t)magnitude;
        return sign | (bits > infinity ? infinity : bits);
    }
}

static float to_value(const small_float *format, uint32_t bits)
{
    const int fraction_bits = format->precision - 1;
    const uint32_t exponent_mask = (1u << (15 - fraction_bits)) - 1u;
    const uint32_t exponent = (bits >> fraction_bits) & exponent_mask;
    const uint32_t fraction = bits & ((1u << fraction_bits) - 1u);
    double magnitude;
    if (exponent == exponent_mask)
        magnitude = fraction ? (double)NAN : (double)INFINITY;
    else if (exponent == 0)
        magnitude = ldexp((double)fraction, format->lowest - fraction_bits);
    else
        magnitude = ldexp((double)(fraction | (1u << fraction_bits)), (int)exponent - 1 + format->lowest - fraction_bits);
    return (float)(bits & 0x8000u ? -magnitude : magnitude);
}

uint32_t golden_half_bits(float x)
{
    return to_bits(&HALF, x);
}

uint32_t golden_bf16_bits(float x)
{
    return to_bits(&BF16, x);
}

float golden_half_value(uint32_t bits)
{
    return to_value(&HALF, bits);
}

float golden_bf16_value(uint32_t bits)
{
    return to_value(&BF16, bits);
}
