/* SPDX-License-Identifier: Apache-2.0 */
/* Bias correction: it takes the mean error away, touches nothing it must not, and gives the same bytes on any number of threads. */
#include <math.h>

#include "toy_plan.h"

/* 3 x 3 windows over 8 channels, coarse weights: quantization errors that do not cancel. */
#define NET                                                                                                                                \
    "in x 1,8,6,6; const w 8,8,3,3 #3; const v 8,8,3,3 #4; const b 8 #5; Relu r x -> p; Conv c p,w,b -> q pads=1,1,1,1; Relu s q -> t; "   \
    "Conv d t,v -> y pads=1,1,1,1; out y"

/* Mean of (got - real) per channel of a [n, channels, inner] output over all samples; returns the largest. */
static double mean_error(const float *got, const float *real, uint32_t samples, uint32_t channels, uint32_t inner)
{
    double worst = 0;
    for (uint32_t ch = 0; ch < channels; ch++) {
        double sum = 0;
        for (uint32_t s = 0; s < samples; s++)
            for (uint32_t i = 0; i < inner; i++) {
                size_t at = ((size_t)s * channels + ch) * inner + i;
                sum += (double)got[at] - (double)real[at];
            }
        sum = fabs(sum / ((double)samples * inner));
        worst = sum > worst ? sum : worst;
    }
    return worst;
}

static float *outputs_of(toy_world *w, const char *net, const char *job, uint64_t *per_sample)
{
    nbx_plan *plan = toy_plan(w, net, job, 12);
    ck_assert_msg(plan && !plan->refused, "%s: %s", job, toy_code(w));
    return toy_run(w, per_sample);
}

static const struct {
    const char *name, *target;
    double rest; /* share of the mean error that may stay */
} rows[] = {
    {"int8 with wide results", "target: toy/basic\nquantization: {bias_correction: %s}", 0.15},
    {"log8", "target: toy/log\nquantization: {bias_correction: %s}", 0.15},
    {"int8 on reference", "target: reference/any\nquantization: {scheme: int8, bias_correction: %s}", 0.35},
};

START_TEST(the_mean_error_goes)
{
    toy_world w;
    toy_open(&w);
    uint64_t per_sample;
    float *real = outputs_of(&w, NET, "target: reference/any", &per_sample);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char job[200];
        snprintf(job, sizeof(job), rows[i].target, "false");
        float *plain = outputs_of(&w, NET, job, &per_sample);
        ck_assert(!w.plan->bias_corrected);
        snprintf(job, sizeof(job), rows[i].target, "true");
        float *corrected = outputs_of(&w, NET, job, &per_sample);
        ck_assert(w.plan->bias_corrected);
        double before = mean_error(plain, real, 12, 8, 36), after = mean_error(corrected, real, 12, 8, 36);
        ck_assert_msg(after < before * rows[i].rest, "%s: %g, plain %g", rows[i].name, after, before);
        free(plain);
        free(corrected);
    }
    free(real);
    toy_close(&w);
}
END_TEST

/* Two convolutions of different inputs share weights and bias: each is corrected for itself. */
START_TEST(a_shared_bias_is_corrected_apart)
{
    static const char *const net = "in x 1,8,6,6; const w 8,8,3,3 #3; const v 8,8,3,3 #4; const b 8 #5; Conv c x,w,b -> p; Relu r x -> q; "
                                   "Conv d q,v,b -> z; out p; out z";
    toy_world w;
    toy_open(&w);
    uint64_t per_sample;
    float *real = outputs_of(&w, net, "target: reference/any", &per_sample);
    float *got = outputs_of(&w, net, "target: toy/log", &per_sample);
    float *plain = outputs_of(&w, net, "target: toy/log\nquantization: {bias_correction: false}", &per_sample);
    for (uint32_t o = 0; o < 2; o++) { /* outputs of one sample follow each other: 8 * 16 floats each */
        float a[12 * 128], b[12 * 128], c[12 * 128];
        for (uint32_t s = 0; s < 12; s++) {
            memcpy(a + s * 128, got + s * per_sample + o * 128, sizeof(float) * 128);
            memcpy(b + s * 128, real + s * per_sample + o * 128, sizeof(float) * 128);
            memcpy(c + s * 128, plain + s * per_sample + o * 128, sizeof(float) * 128);
        }
        double after = mean_error(a, b, 12, 8, 16), before = mean_error(c, b, 12, 8, 16);
        ck_assert_msg(after < 0.15 * before, "output %u: %g, plain %g", o, after, before);
    }
    free(real);
    free(got);
    free(plain);
    toy_close(&w);
}
END_TEST

static const char *const jobs[] = {"target: toy/basic", "target: toy/log\nfallback: reference",
                                   "target: toy/basic\nquantization: {calibration: {method: percentile, percentile: 99.9, data: x.npy}}"};

START_TEST(one_thread_and_two_give_the_same_bytes)
{
    toy_world one, two;
    toy_open(&one);
    toy_open(&two);
    for (size_t i = 0; i < sizeof(jobs) / sizeof(jobs[0]); i++) {
        setenv("NBX_THREADS", "1", 1);
        toy_plan(&one, NET, jobs[i], 37);
        ck_assert_msg(one.plan, "%s", toy_code(&one));
        ck_assert_int_eq(nbx_compile_segments(one.plan), NBX_OK);
        setenv("NBX_THREADS", "16", 1);
        for (int again = 0; again < 3; again++) {
            toy_plan(&two, NET, jobs[i], 37);
            ck_assert_msg(two.plan && two.plan->bias_corrected, "%s", toy_code(&two));
            ck_assert_int_eq(nbx_compile_segments(two.plan), NBX_OK);
            ck_assert_uint_eq(one.plan->segment_count, two.plan->segment_count);
            for (uint32_t s = 0; s < one.plan->segment_count; s++) {
                ck_assert_uint_eq(one.plan->segments[s].blob_bytes, two.plan->segments[s].blob_bytes);
                ck_assert_msg(!memcmp(one.plan->segments[s].blob, two.plan->segments[s].blob, one.plan->segments[s].blob_bytes), "%s",
                              jobs[i]);
            }
        }
    }
    toy_close(&one);
    toy_close(&two);
}
END_TEST

TOY_MAIN("bias correction", the_mean_error_goes, a_shared_bias_is_corrected_apart, one_thread_and_two_give_the_same_bytes)
