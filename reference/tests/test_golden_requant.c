/* SPDX-License-Identifier: Apache-2.0 */
/* Requant modes against exact rational arithmetic in 128 bits, written apart from golden; and vectors that tell any two modes apart. */
#include <check.h>
#include <math.h>
#include <stdio.h>

#include "golden/golden.h"

typedef __int128 wide;

/** value = mantissa * 2^-scale exactly. */
typedef struct rational {
    int64_t mantissa;
    int scale;
} rational;

static rational split(double value)
{
    int e;
    const double fraction = frexp(value, &e);
    rational out = {(int64_t)ldexp(fraction, 53), 53 - e};
    return out;
}

static wide floor_div(wide a, wide b)
{
    const wide q = a / b;
    return a % b != 0 && (a < 0) != (b < 0) ? q - 1 : q;
}

/** Nearest integer to a / 2^n; `tie` decides an exact half between below and below + 1. */
static wide nearest(wide a, int n, int (*tie)(wide below))
{
    const wide unit = (wide)1 << n, below = floor_div(a, unit), rest = a - below * unit;
    if (n == 0) return a;
    if (2 * rest > unit) return below + 1;
    return 2 * rest == unit && tie(below) ? below + 1 : below;
}

static int tie_up(wide below)
{
    (void)below;
    return 1;
}

static int tie_even(wide below)
{
    return (below & 1) != 0;
}

/** The half between below and below + 1 lies away from zero above iff it is positive. */
static int tie_away(wide below)
{
    return below >= 0;
}

/** m in [2^30, 2^31) and t with M = m * 2^-t, rounded half away. */
static void multiplier(double value, int64_t *m, int *t)
{
    const rational r = split(value);
    *m = (r.mantissa + (1 << 21)) >> 22;
    *t = r.scale - 22;
    if (*m == (int64_t)1 << 31) {
        *m = (int64_t)1 << 30;
        *t -= 1;
    }
}

/** gemmlowp's own form: truncating division with a signed nudge, then a mask and a threshold. */
static int64_t gemmlowp(int64_t acc, double value)
{
    int64_t m, nudged, high, mask, rest;
    int t, left, right;
    multiplier(value, &m, &t);
    left = t < 31 ? 31 - t : 0;
    right = t > 31 ? t - 31 : 0;
    acc *= (int64_t)1 << left;
    acc = acc > INT32_MAX ? INT32_MAX : acc < INT32_MIN ? INT32_MIN : acc;
    nudged = acc * m + (acc * m >= 0 ? (int64_t)1 << 30 : 1 - ((int64_t)1 << 30));
    high = nudged / ((int64_t)1 << 31);
    mask = ((int64_t)1 << right) - 1;
    rest = high & mask;
    return (high >> right) + (rest > (mask >> 1) + (high < 0 ? 1 : 0) ? 1 : 0);
}

/** The exact rational value, one rounding. */
static int64_t exact(int64_t acc, double value, int (*tie)(wide))
{
    const rational r = split(value);
    const wide product = (wide)acc * r.mantissa;
    return (int64_t)(r.scale <= 0 ? product << -r.scale : nearest(product, r.scale, tie));
}

static int64_t expected(uint32_t mode, int64_t acc, double value, int shift)
{
    int64_t m;
    int t;
    multiplier(value, &m, &t);
    switch (mode) {
    case NBX_REQUANT_single_up:
        return (int64_t)nearest((wide)acc * m, t, tie_up);
    case NBX_REQUANT_double:
        return gemmlowp(acc, value);
    case NBX_REQUANT_mul16_up:
        m = (m + (1 << 15)) >> 16;
        return (int64_t)nearest((wide)acc * (m > 32767 ? 32767 : m), t - 16, tie_up);
    case NBX_REQUANT_away_real:
        return exact(acc, value, tie_away);
    case NBX_REQUANT_even_f32:
        return exact((int64_t)(float)acc, (double)(float)value, tie_even);
    case NBX_REQUANT_shift_up:
        return (int64_t)nearest(acc, shift, tie_up);
    case NBX_REQUANT_shift_even:
        return (int64_t)nearest(acc, shift, tie_even);
    case NBX_REQUANT_shift_away:
        return (int64_t)nearest(acc, shift, tie_away);
    case NBX_REQUANT_shift_floor:
        return (int64_t)floor_div(acc, (wide)1 << shift);
    case NBX_REQUANT_shift_zero:
        return (int64_t)((wide)acc / ((wide)1 << shift));
    default:
        return exact(acc, value, tie_even);
    }
}

static const uint32_t MODES[] = {
#define REQUANT(number, name, family, text) number,
#include <nbx/tables/requants.def>
#undef REQUANT
};

static const char FAMILIES[] = {
#define REQUANT(number, name, family, text) family,
#include <nbx/tables/requants.def>
#undef REQUANT
};

static const char *const NAMES[] = {
#define REQUANT(number, name, family, text) #name,
#include <nbx/tables/requants.def>
#undef REQUANT
};

/* Powers of two give exact ties; 24-bit mantissas keep products exact in double, so that real modes have one right answer. */
static const double SCALES[] = {0.5,           0.25,
                                0.125,         0.0625,
                                1.0 / 1024,    0.75,
                                0.7109375,     0.3000030517578125,
                                0.33203125,    0.000823974609375,
                                0x1.5p-20,     0x1.8bcdep-19,
                                0x1.fffffep-2, 0x1.99999ap-21,
                                3.0,           0x1.3579bep-10};
enum { SCALE_COUNT = sizeof SCALES / sizeof SCALES[0], HALF_RANGE = 120, NEAR = 4 };

/** Accumulators around the middle between two codes: (k + 1/2) / M and its neighbours. */
static int64_t accumulator(double scale, int k, int delta)
{
    return (int64_t)floor((k + 0.5) / scale) + delta;
}

START_TEST(modes_are_exact)
{
    const uint32_t mode = MODES[_i];
    int s, k, d;
    for (s = 0; s < SCALE_COUNT; s++)
        for (k = -HALF_RANGE; k < HALF_RANGE; k++)
            for (d = -NEAR; d <= NEAR; d++) {
                const int64_t acc = accumulator(SCALES[s], k, d);
                const int64_t got = golden_requant(mode, acc, SCALES[s], s + 1), want = expected(mode, acc, SCALES[s], s + 1);
                /* Products that a float32 cannot hold have no exact rational counterpart. */
                if (mode == NBX_REQUANT_even_f32 && (double)((float)acc * (float)SCALES[s]) != (double)(float)acc * SCALES[s]) continue;
                ck_assert_msg(got == want, "%s: %lld * %a, shift %d: %lld instead of %lld", NAMES[_i], (long long)acc, SCALES[s], s + 1,
                              (long long)got, (long long)want);
            }
}
END_TEST

START_TEST(wide_accumulators)
{
    static const int64_t accs[] = {(int64_t)1 << 39, -((int64_t)1 << 39) + 1, ((int64_t)1 << 47) - 1, -((int64_t)1 << 47),
                                   ((int64_t)1 << 55) + 12345};
    size_t i;
    int e;
    for (i = 0; i < sizeof accs / sizeof accs[0]; i++)
        for (e = -62; e < 6; e++) {
            const double scale = ldexp(0x1.2345678p0, e);
            ck_assert_int_eq(golden_requant(NBX_REQUANT_single_up, accs[i], scale, 0), expected(NBX_REQUANT_single_up, accs[i], scale, 0));
            ck_assert_int_eq(golden_requant(NBX_REQUANT_mul16_up, accs[i], scale, 0), expected(NBX_REQUANT_mul16_up, accs[i], scale, 0));
        }
    ck_assert_int_eq(golden_requant(NBX_REQUANT_single_up, INT64_MAX, 16.0, 0), INT64_MAX);
    ck_assert_int_eq(golden_requant(NBX_REQUANT_shift_up, -5, 0, -63), INT64_MIN);
    ck_assert_int_eq(golden_requant(NBX_REQUANT_shift_up, 5, 0, 70), 0);
    ck_assert_int_eq(golden_requant(NBX_REQUANT_shift_floor, -5, 0, 70), -1);
    ck_assert_int_eq(golden_requant(NBX_REQUANT_shift_zero, -5, 0, 70), 0);
}
END_TEST

static int64_t byte_of(int64_t x)
{
    return x > 127 ? 127 : x < -128 ? -128 : x;
}

/** Any two modes of one kind differ in at least 32 bytes of the vectors: the suite's own check of its discriminating data. */
START_TEST(modes_are_told_apart)
{
    const size_t count = sizeof MODES / sizeof MODES[0];
    size_t a, b;
    for (a = 0; a < count; a++)
        for (b = a + 1; b < count; b++) {
            int s, k, d, differ = 0;
            if (FAMILIES[a] == 'a' || FAMILIES[b] == 'a' || (FAMILIES[a] == 's') != (FAMILIES[b] == 's')) continue;
            for (s = 0; s < SCALE_COUNT; s++)
                for (k = -HALF_RANGE; k < HALF_RANGE; k++)
                    for (d = -NEAR; d <= NEAR; d++) {
                        const int64_t acc = accumulator(SCALES[s], k, d);
                        differ += byte_of(golden_requant(MODES[a], acc, SCALES[s], s + 1)) !=
                                  byte_of(golden_requant(MODES[b], acc, SCALES[s], s + 1));
                    }
            ck_assert_msg(differ >= 32, "%s and %s differ in %d bytes", NAMES[a], NAMES[b], differ);
        }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("golden requant");
    TCase *cases = tcase_create("modes");
    SRunner *runner;
    int failed;
    tcase_add_loop_test(cases, modes_are_exact, 0, (int)(sizeof MODES / sizeof MODES[0]));
    tcase_add_test(cases, wide_accumulators);
    tcase_add_test(cases, modes_are_told_apart);
    suite_add_tcase(suite, cases);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
