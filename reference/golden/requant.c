/* SPDX-License-Identifier: Apache-2.0 */
/* From an accumulator to an output code under each requant mode (docs/numerics.md, section 4); clamping is the caller's. */
#include "requant.h"

#include <math.h>

#include "golden.h"

/** high * 2^32 + low with 0 <= low < 2^32: holds every int64 times every 31-bit multiplier. */
typedef struct wide {
    int64_t high, low;
} wide;

/** Multiplier as m * 2^(e - 31) with m in [2^30, 2^31); m is 0 for 0. */
typedef struct multiplier {
    int64_t m;
    int32_t e;
} multiplier;

char golden_requant_family(uint32_t mode)
{
    switch (mode) {
#define REQUANT(number, name, family, text)                                                                                                \
    case NBX_REQUANT_##name:                                                                                                               \
        return family;
#include <nbx/tables/requants.def>
#undef REQUANT
    default:
        return 0;
    }
}

bool golden_is_power(double m, int32_t *shift)
{
    int e;
    if (!(m > 0) || frexp(m, &e) != 0.5) return false;
    *shift = 1 - e;
    return true;
}

static int64_t to_int64(double x)
{
    if (x != x) return 0;
    if (x >= 9223372036854775808.0) return INT64_MAX;
    return x < -9223372036854775808.0 ? INT64_MIN : (int64_t)x;
}

/** floor(a / 2^n), n >= 0, without relying on >> of negative numbers. */
static int64_t floor_shift(int64_t a, int32_t n)
{
    if (n > 62) return a < 0 ? -1 : 0;
    return a >= 0 ? a >> n : -1 - ((-(a + 1)) >> n);
}

/** a * 2^n, n >= 0, saturating. */
static int64_t left_shift(int64_t a, int32_t n)
{
    if (a == 0) return 0;
    if (n > 62 || a > (INT64_MAX >> n) || a < -(INT64_MAX >> n)) return a > 0 ? INT64_MAX : INT64_MIN;
    return a * ((int64_t)1 << n);
}

static wide wide_product(int64_t acc, int64_t m)
{
    const int64_t upper = floor_shift(acc, 32);
    const int64_t lower = acc - upper * ((int64_t)1 << 32);
    wide out = {upper * m + (lower * m >> 32), (lower * m) & 0xffffffff};
    return out;
}

/** floor((v + 2^(t-1)) / 2^t): ties to plus infinity; for t <= 0 v * 2^-t. Saturates. */
static int64_t wide_shift_up(wide v, int32_t t)
{
    int64_t top;
    if (t <= 0) {
        if (v.high >= ((int64_t)1 << 31)) return INT64_MAX;
        if (v.high < -((int64_t)1 << 31)) return INT64_MIN;
        return left_shift(v.high * ((int64_t)1 << 32) + v.low, -t);
    }
    /* Beyond 95 bits even the largest value is less than half of a unit. */
    if (t > 94) return 0;
    if (t > 32) return floor_shift(v.high + ((int64_t)1 << (t - 33)), t - 32);
    v.low += (int64_t)1 << (t - 1);
    v.high += v.low >> 32;
    v.low &= 0xffffffff;
    top = left_shift(v.high, 32 - t);
    return top == INT64_MAX || top == INT64_MIN ? top : top + (v.low >> t);
}

static multiplier decompose(double value)
{
    multiplier out = {0, 0};
    int e;
    if (!(value > 0)) return out;
    out.m = (int64_t)round(ldexp(frexp(value, &e), 31));
    out.e = e;
    if (out.m == (int64_t)1 << 31) {
        out.m >>= 1;
        out.e += 1;
    }
    return out;
}

static int64_t single_up(int64_t acc, double m)
{
    const multiplier by = decompose(m);
    return wide_shift_up(wide_product(acc, by.m), 31 - by.e);
}

static int64_t mul16_up(int64_t acc, double m)
{
    const multiplier by = decompose(m);
    int64_t m16 = (by.m + (1 << 15)) >> 16;
    if (m16 > 32767) m16 = 32767;
    return wide_shift_up(wide_product(acc, m16), 15 - by.e);
}

/** a / 2^n rounded half away from zero, n >= 0. */
static int64_t divide_away(int64_t a, int32_t n)
{
    if (n == 0) return a;
    if (n > 62) return 0;
    if (a < 0) return -divide_away(-a, n);
    return (a >> n) + ((a >> (n - 1)) & 1);
}

static int64_t doubling(int64_t acc, double m)
{
    const multiplier by = decompose(m);
    int64_t shifted = left_shift(acc, by.e > 0 ? by.e : 0);
    if (shifted > INT32_MAX) shifted = INT32_MAX;
    if (shifted < INT32_MIN) shifted = INT32_MIN;
    return divide_away(floor_shift(shifted * by.m + ((int64_t)1 << 30), 31), by.e < 0 ? -by.e : 0);
}

static int64_t even_f32(int64_t acc, double m)
{
    const float product = (float)acc * (float)m;
    return to_int64((double)nearbyintf(product));
}

/** acc / 2^n, n > 0, in the direction the mode names. */
static int64_t right_shift(uint32_t mode, int64_t acc, int32_t n)
{
    const int64_t below = floor_shift(acc, n);
    int64_t rest, half;
    if (mode == NBX_REQUANT_shift_floor) return below;
    if (n > 62) return mode == NBX_REQUANT_shift_away && n == 63 && acc == INT64_MIN ? -1 : 0;
    rest = acc - below * ((int64_t)1 << n);
    half = (int64_t)1 << (n - 1);
    switch (mode) {
    case NBX_REQUANT_shift_zero:
        return below + (acc < 0 && rest != 0 ? 1 : 0);
    case NBX_REQUANT_shift_up:
        return below + (rest >= half ? 1 : 0);
    case NBX_REQUANT_shift_away:
        return below + (rest > half || (rest == half && acc >= 0) ? 1 : 0);
    default:
        return below + (rest > half || (rest == half && (below & 1)) ? 1 : 0);
    }
}

int64_t golden_requant(uint32_t mode, int64_t acc, double m, int32_t shift)
{
    switch (mode) {
    case NBX_REQUANT_single_up:
        return single_up(acc, m);
    case NBX_REQUANT_double:
        return doubling(acc, m);
    case NBX_REQUANT_mul16_up:
        return mul16_up(acc, m);
    case NBX_REQUANT_even_f32:
        return even_f32(acc, m);
    case NBX_REQUANT_away_real:
        return to_int64(round(m * (double)acc));
    default:
        break;
    }
    if (golden_requant_family(mode) != 's') return to_int64(nearbyint(m * (double)acc));
    return shift > 0 ? right_shift(mode, acc, shift) : left_shift(acc, -shift);
}
