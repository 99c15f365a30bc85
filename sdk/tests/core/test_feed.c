/* SPDX-License-Identifier: Apache-2.0 */
/* Samples as the model takes them: channels last, means and scales per channel, integer inputs, ranges from sources. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "core/feed.h"

static const unsigned char pixels[24] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 101, 102, 103, 104, 105, 106, 107, 108, 109, 110, 111, 112};
static const double mean3[] = {1, 2, 3}, scale3[] = {1, 0.5, 2}, mean1[] = {128}, scale1[] = {-0.5};

/* Two samples of [1, 3, 2, 2] uint8. */
static const struct {
    const char *name;
    bool nhwc;
    const double *mean, *scale;
    uint32_t mean_count, scale_count, sample;
    float want[12];
} rows[] = {
    {"as they are", false, NULL, NULL, 0, 0, 0, {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}},
    {"the second sample", false, NULL, NULL, 0, 0, 1, {101, 102, 103, 104, 105, 106, 107, 108, 109, 110, 111, 112}},
    {"channels last become channels first", true, NULL, NULL, 0, 0, 0, {1, 4, 7, 10, 2, 5, 8, 11, 3, 6, 9, 12}},
    {"a mean and a scale per channel", false, mean3, scale3, 3, 3, 0, {0, 1, 2, 3, 1.5f, 2, 2.5f, 3, 12, 14, 16, 18}},
    {"the same with channels last", true, mean3, scale3, 3, 3, 0, {0, 3, 6, 9, 0, 1.5f, 3, 4.5f, 0, 6, 12, 18}},
    {"one for all", false, mean1, scale1, 1, 1, 0, {63.5f, 63, 62.5f, 62, 61.5f, 61, 60.5f, 60, 59.5f, 59, 58.5f, 58}},
    {"a mean alone", false, mean3, NULL, 3, 0, 0, {0, 1, 2, 3, 3, 4, 5, 6, 6, 7, 8, 9}},
};

static nbx_feed_input input_of(size_t i)
{
    return (nbx_feed_input){.model_dtype = NBX_DTYPE_FLOAT32,
                            .dtype = NBX_DTYPE_UINT8,
                            .data = pixels,
                            .sample_bytes = 12,
                            .elements = 12,
                            .channels = 3,
                            .inner = 4,
                            .nhwc = rows[i].nhwc,
                            .mean = rows[i].mean,
                            .scale = rows[i].scale,
                            .mean_count = rows[i].mean_count,
                            .scale_count = rows[i].scale_count};
}

START_TEST(samples_are_preprocessed)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        nbx_feed_input input = input_of(i);
        nbx_feed feed = {&input, 1, 2};
        float got[12];
        nbx_feed_sample(&feed, 0, rows[i].sample, got);
        for (int k = 0; k < 12; k++)
            ck_assert_msg(got[k] == rows[i].want[k], "%s: element %d is %g", rows[i].name, k, (double)got[k]);
    }
}
END_TEST

/* (x - mean) * scale is rounded once, from double. */
START_TEST(reals_are_rounded_once)
{
    static const double mean[] = {72.93}, scale[] = {0.0111092596};
    unsigned char all[256];
    for (int i = 0; i < 256; i++)
        all[i] = (unsigned char)i;
    nbx_feed_input input = {.model_dtype = NBX_DTYPE_FLOAT32,
                            .dtype = NBX_DTYPE_UINT8,
                            .data = all,
                            .sample_bytes = 256,
                            .elements = 256,
                            .channels = 1,
                            .inner = 256,
                            .mean = mean,
                            .scale = scale,
                            .mean_count = 1,
                            .scale_count = 1};
    nbx_feed feed = {&input, 1, 1};
    float got[256];
    nbx_feed_sample(&feed, 0, 0, got);
    for (int i = 0; i < 256; i++)
        ck_assert(got[i] == (float)((i - 72.93) * 0.0111092596));
}
END_TEST

START_TEST(integer_inputs_are_not_preprocessed)
{
    static const int32_t source[3] = {-7, 0, 70000};
    nbx_feed_input input = {.model_dtype = NBX_DTYPE_INT64,
                            .dtype = NBX_DTYPE_INT32,
                            .data = source,
                            .sample_bytes = 12,
                            .elements = 3,
                            .channels = 1,
                            .inner = 3,
                            .mean = mean1,
                            .scale = scale1,
                            .mean_count = 1,
                            .scale_count = 1};
    nbx_feed feed = {&input, 1, 1};
    int64_t got[3];
    double lo, hi;
    nbx_feed_sample(&feed, 0, 0, got);
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(got[i], source[i]);
    ck_assert(!nbx_feed_range(&input, &lo, &hi));
}
END_TEST

static const struct {
    const char *name;
    uint32_t dtype;
    const double *mean, *scale;
    uint32_t count;
    bool known;
    double lo, hi;
} ranges[] = {
    {"uint8", NBX_DTYPE_UINT8, NULL, NULL, 0, true, 0, 255},
    {"int8", NBX_DTYPE_INT8, NULL, NULL, 0, true, -128, 127},
    {"uint16", NBX_DTYPE_UINT16, NULL, NULL, 0, true, 0, 65535},
    {"a negative scale turns it round", NBX_DTYPE_UINT8, mean1, scale1, 1, true, -63.5, 64},
    {"the widest channel counts", NBX_DTYPE_UINT8, mean3, scale3, 3, true, -6, 504},
    {"float sources say nothing", NBX_DTYPE_FLOAT32, NULL, NULL, 0, false, 0, 0},
    {"32 bits are indices, not pixels", NBX_DTYPE_INT32, NULL, NULL, 0, false, 0, 0},
};

START_TEST(integer_sources_give_a_range)
{
    for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++) {
        nbx_feed_input input = {.model_dtype = NBX_DTYPE_FLOAT32,
                                .dtype = ranges[i].dtype,
                                .channels = 3,
                                .mean = ranges[i].mean,
                                .scale = ranges[i].scale,
                                .mean_count = ranges[i].count,
                                .scale_count = ranges[i].count};
        double lo = 0, hi = 0;
        ck_assert_msg(nbx_feed_range(&input, &lo, &hi) == ranges[i].known, "%s", ranges[i].name);
        ck_assert_msg(lo == ranges[i].lo && hi == ranges[i].hi, "%s: %g..%g", ranges[i].name, lo, hi);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("feed");
    TCase *all = tcase_create("feed");
    tcase_add_test(all, samples_are_preprocessed);
    tcase_add_test(all, reals_are_rounded_once);
    tcase_add_test(all, integer_inputs_are_not_preprocessed);
    tcase_add_test(all, integer_sources_give_a_range);
    suite_add_tcase(suite, all);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
