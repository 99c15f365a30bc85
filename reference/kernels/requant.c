/* SPDX-License-Identifier: Apache-2.0 */
/* Requantization of integer accumulators in every mode; zero points and clamps are the callers'. */
#include "requant.h"

#include <math.h>

#include <nbx/plugin/tensor.h>

double kernel_round(kernel_rounding rounding, double x)
{
    switch (rounding) {
    case KERNEL_UP: {
        const double low = floor(x);
        return x - low >= 0.5 ? low + 1 : low;
    }
    case KERNEL_AWAY:
        return round(x);
    case KERNEL_FLOOR:
        return floor(x);
    case KERNEL_ZERO:
        return trunc(x);
    case KERNEL_EVEN:
        break;
    }
    return kernel_round_even(x);
}

kernel_rounding kernel_rounding_of(uint32_t requant)
{
    switch (requant) {
    case NBX_REQUANT_shift_up:
        return KERNEL_UP;
    case NBX_REQUANT_shift_away:
    case NBX_REQUANT_away_real:
        return KERNEL_AWAY;
    case NBX_REQUANT_shift_floor:
        return KERNEL_FLOOR;
    case NBX_REQUANT_shift_zero:
        return KERNEL_ZERO;
    default:
        return KERNEL_EVEN;
    }
}

bool kernel_rescale_make(uint32_t mode, double multiplier, kernel_rescale *out)
{
    int exponent;
    const double fraction = frexp(multiplier, &exponent);
    int64_t m = (int64_t)round(fraction * 2147483648.0);
    if (!(multiplier > 0) || isinf(multiplier)) return false;
    if (m == INT64_C(1) << 31) {
        m /= 2;
        exponent++;
    }
    *out = (kernel_rescale){.mode = mode, .m = (int32_t)m, .e = exponent, .t = 31 - exponent, .real = multiplier};
    switch (mode) {
    case NBX_REQUANT_mul16_up:
        out->m = (int32_t)((m + 32768) >> 16);
        if (out->m > 32767) out->m = 32767;
        out->t -= 16;
        return true;
    case NBX_REQUANT_shift_up:
    case NBX_REQUANT_shift_even:
    case NBX_REQUANT_shift_away:
    case NBX_REQUANT_shift_floor:
    case NBX_REQUANT_shift_zero:
        out->shift = 1 - exponent;
        return fraction == 0.5;
    case NBX_REQUANT_single_up:
    case NBX_REQUANT_double:
    case NBX_REQUANT_even_real:
    case NBX_REQUANT_even_f32:
    case NBX_REQUANT_away_real:
    case NBX_REQUANT_any:
        return true;
    default:
        return false;
    }
}

static int64_t saturate_left(int64_t x, int32_t by)
{
    if (by <= 0 || x == 0) return x;
    if (by > 62) return x > 0 ? INT64_MAX : INT64_MIN;
    if (x > INT64_MAX >> by) return INT64_MAX;
    if (x < INT64_MIN >> by) return INT64_MIN;
    return (int64_t)((uint64_t)x << by);
}

/* (acc * m + 2^(t-1)) >> t with a product of up to 94 bits, held as high * 2^32 + low. */
static int64_t multiply_up(int64_t acc, int32_t m, int32_t t)
{
    const uint64_t low_product = (uint64_t)(uint32_t)acc * (uint32_t)m;
    int64_t high = (acc >> 32) * m + (int64_t)(low_product >> 32);
    uint64_t low = (uint32_t)low_product;
    if (t <= 0) {
        if (high >= INT32_MIN && high <= INT32_MAX) return saturate_left((int64_t)((uint64_t)high << 32 | low), -t);
        return high > 0 ? INT64_MAX : INT64_MIN;
    }
    if (t > 32) {
        const int32_t s = t - 32;
        return s > 62 ? 0 : (high + (INT64_C(1) << (s - 1))) >> s;
    }
    low += UINT64_C(1) << (t - 1);
    high += (int64_t)(low >> 32);
    low = (uint32_t)low;
    if (high > INT64_MAX >> (32 - t)) return INT64_MAX;
    if (high < INT64_MIN >> (32 - t)) return INT64_MIN;
    return (int64_t)((uint64_t)high << (32 - t) | low >> t);
}

/* gemmlowp: doubling high multiply with ties up, then a rounding shift with ties away from zero. */
static int64_t multiply_double(int64_t acc, int32_t m, int32_t e)
{
    int64_t x = saturate_left(acc, e), h;
    if (x > INT32_MAX) x = INT32_MAX;
    if (x < INT32_MIN) x = INT32_MIN;
    h = (x * m + (INT64_C(1) << 30)) >> 31;
    if (e >= 0) return h;
    if (-e > 40) return 0;
    return h < 0 ? -((-h + (INT64_C(1) << (-e - 1))) >> -e) : (h + (INT64_C(1) << (-e - 1))) >> -e;
}

static int64_t shift_right(uint32_t mode, int64_t acc, int32_t n)
{
    int64_t floor_part, rest, half;
    if (n > 62) {
        const bool down = mode == NBX_REQUANT_shift_floor && acc < 0;
        /* |acc| < 2^63: the quotient is within half of zero unless n is 63 and |acc| at least 2^62 */
        if (n > 63) return down ? -1 : 0;
        return shift_right(mode, (acc >> 1) | (acc & 1), 62); /* the last bit keeps its weight as a sticky bit */
    }
    floor_part = acc >> n;
    rest = acc - (int64_t)((uint64_t)floor_part << n);
    half = INT64_C(1) << (n - 1);
    switch (mode) {
    case NBX_REQUANT_shift_up:
        return floor_part + (rest >= half);
    case NBX_REQUANT_shift_even:
        return floor_part + (rest > half || (rest == half && (floor_part & 1)));
    case NBX_REQUANT_shift_away:
        return floor_part + (rest > half || (rest == half && acc > 0));
    case NBX_REQUANT_shift_zero:
        return floor_part + (acc < 0 && rest);
    default:
        return floor_part;
    }
}

static int64_t to_int64(double x)
{
    if (x >= 9223372036854775807.0) return INT64_MAX;
    if (x <= -9223372036854775808.0) return INT64_MIN;
    return (int64_t)x;
}

static float round_even_f32(float x)
{
    return (float)kernel_round_even((double)x);
}

int64_t kernel_rescale_apply(const kernel_rescale *rescale, int64_t acc)
{
    switch (rescale->mode) {
    case NBX_REQUANT_single_up:
    case NBX_REQUANT_mul16_up:
        return multiply_up(acc, rescale->m, rescale->t);
    case NBX_REQUANT_double:
        return multiply_double(acc, rescale->m, rescale->e);
    case NBX_REQUANT_even_f32:
        return to_int64((double)round_even_f32((float)acc * (float)rescale->real));
    case NBX_REQUANT_away_real:
        return to_int64(round(rescale->real * (double)acc));
    case NBX_REQUANT_even_real:
    case NBX_REQUANT_any:
        return to_int64(kernel_round_even(rescale->real * (double)acc));
    default:
        return rescale->shift > 0 ? shift_right(rescale->mode, acc, rescale->shift) : saturate_left(acc, -rescale->shift);
    }
}
