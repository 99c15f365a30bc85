/* SPDX-License-Identifier: Apache-2.0 */
/* Artifacts on disk: round trip, every flipped bit, every length, rows that lie under a right digest, forms that make no sense. */
#include <openssl/evp.h>

#include "form.h"
#include "rt/artifact_file.h"
#include "rt/sha256.h"

static nbx_context *context;
static small_form form;

static void setup(void)
{
    ck_assert_int_eq(nbx_context_create(&context), NBX_OK);
    small_form_make(&form);
}

static void teardown(void)
{
    nbx_context_destroy(context);
    unlink(small_path());
}

static const char *last_code(void)
{
    nbx_message message = {0};
    uint32_t count = nbx_message_count(context);
    return count && nbx_message_get(context, count - 1, &message) ? message.code : "";
}

START_TEST(sha256_agrees_with_openssl)
{
    unsigned char data[700], ours[32], theirs[32];
    unsigned length;
    for (size_t i = 0; i < sizeof(data); i++)
        data[i] = (unsigned char)(i * 37 + i / 11);
    for (size_t bytes = 0; bytes <= 400; bytes++) {
        nbx_sha256 sha;
        nbx_sha256_start(&sha);
        for (size_t at = 0, step; at < bytes; at += step) {
            step = 1 + (at * 7 + bytes) % 150;
            if (step > bytes - at) step = bytes - at;
            nbx_sha256_add(&sha, data + at, step);
        }
        nbx_sha256_end(&sha, ours);
        ck_assert_int_eq(EVP_Digest(data, bytes, theirs, &length, EVP_sha256(), NULL), 1);
        ck_assert_mem_eq(ours, theirs, 32);
    }
}
END_TEST

START_TEST(round_trip)
{
    nbx_artifact_file file;
    ck_assert_int_eq(small_save(&form, context), NBX_OK);
    ck_assert(nbx_artifact_is(small_path()));
    ck_assert_int_eq(nbx_artifact_load(context, small_path(), &file), NBX_OK);
    const nbx_artifact *a = &file.artifact;
    ck_assert_str_eq(a->digest, form.artifact.digest);
    ck_assert_str_eq(nbx_artifact_find(a, "scheme"), "log8");
    ck_assert_ptr_null(nbx_artifact_find(a, "nothing"));
    ck_assert_uint_eq(a->buffer_count, 5);
    ck_assert_str_eq(a->buffers[1].layout, "NCHW:stride_h=16");
    ck_assert(nbx_encoding_same(a->buffers[1].encoding, &nbx_encoding_log8));
    ck_assert_str_eq(a->buffers[1].encoding->name, nbx_encoding_log8.name);
    ck_assert_int_eq(a->buffers[2].params[0].exponent, -90);
    ck_assert_double_eq(a->steps[0].mean[2], 120.25);
    ck_assert_str_eq(a->chips[0].options[0].value, "!");
    ck_assert_uint_eq((uintptr_t)a->segments[0].blob % 64, 0);
    ck_assert_mem_eq(a->segments[0].blob, &form.blob, sizeof(form.blob));
    char first[65];
    strcpy(first, form.artifact.digest);
    ck_assert_int_eq(small_save(&form, context), NBX_OK); /* equal forms give equal files */
    ck_assert_str_eq(first, form.artifact.digest);
    nbx_artifact_unload(&file);
    ck_assert_int_eq(nbx_artifact_load(context, "/nonexistent/x", &file), NBX_IO);
    ck_assert_str_eq(last_code(), "E-ART-011");
    ck_assert(!nbx_artifact_is("/nonexistent/x"));
}
END_TEST

START_TEST(every_flipped_bit_is_refused)
{
    size_t bytes;
    ck_assert_int_eq(small_save(&form, context), NBX_OK);
    unsigned char *data = small_read(&bytes);
    /* All bits of head and rows; of the decision tables and the rest every 13th byte. */
    for (size_t at = 0; at < bytes; at += at < 2048 ? 1 : 13)
        for (int bit = 0; bit < 8; bit++) {
            nbx_artifact a;
            nbx_fault fault = {0};
            data[at] ^= (unsigned char)(1 << bit);
            nbx_status status = nbx_artifact_open(data, bytes, &a, &fault);
            ck_assert_msg(status == NBX_BAD_INPUT, "byte %zu bit %d: %d", at, bit, status);
            ck_assert_ptr_null(a.memory);
            data[at] ^= (unsigned char)(1 << bit);
        }
    free(data);
}
END_TEST

START_TEST(every_length_is_refused)
{
    size_t bytes;
    ck_assert_int_eq(small_save(&form, context), NBX_OK);
    unsigned char *data = small_read(&bytes);
    for (size_t length = 0; length < bytes; length += length < 600 ? 1 : 97) {
        nbx_artifact a;
        nbx_fault fault = {0};
        ck_assert_int_eq(nbx_artifact_open(data, length, &a, &fault), NBX_BAD_INPUT);
    }
    free(data);
}
END_TEST

static void sign(unsigned char *data, size_t bytes)
{
    unsigned length;
    memset(data + NBX_ART_DIGEST_OFFSET, 0, 32);
    unsigned char digest[32];
    ck_assert_int_eq(EVP_Digest(data, bytes, digest, &length, EVP_sha256(), NULL), 1);
    memcpy(data + NBX_ART_DIGEST_OFFSET, digest, 32);
}

/* A forger knows the digest: rows are bent at random and signed again. Accepted or refused, but never out of bounds (ASan). */
START_TEST(signed_lies_do_no_harm)
{
    size_t bytes;
    uint32_t state = 12345 + (uint32_t)_i, accepted = 0;
    ck_assert_int_eq(small_save(&form, context), NBX_OK);
    unsigned char *good = small_read(&bytes);
    for (int round = 0; round < 4000; round++) {
        nbx_artifact a;
        nbx_fault fault = {0};
        void *data = NULL;
        ck_assert_int_eq(posix_memalign(&data, 64, bytes), 0);
        memcpy(data, good, bytes);
        for (uint32_t n = 0; n < 1 + state % 3; n++) {
            state = state * 1664525u + 1013904223u;
            size_t at = 72 + (state >> 8) % ((bytes < 2600 ? bytes : 2600) - 76);
            static const uint32_t words[] = {0, 1, 2, 3, 63, 64, 255, 0x7fffffff, 0x80000000u, 0xfffffffe, 0xffffffff};
            state = state * 1664525u + 1013904223u;
            uint32_t word = words[(state >> 16) % 11];
            if (state & 0x8000)
                memcpy((char *)data + (at & ~(size_t)3), &word, 4);
            else
                ((unsigned char *)data)[at] = (unsigned char)(state >> 24);
        }
        sign(data, bytes);
        if (nbx_artifact_open(data, bytes, &a, &fault) == NBX_OK) {
            accepted++;
            nbx_artifact_close(&a);
        } else {
            ck_assert_int_ne(fault.status, NBX_OK);
            ck_assert_int_eq(strncmp(nbx_fault_code_name(fault.code), "E-ART-", 6), 0);
        }
        free(data);
    }
    ck_assert_uint_gt(accepted, 0);
    free(good);
}
END_TEST

static void no_key(small_form *f)
{
    f->artifact.key_count = 3;
}
static void key_twice(small_form *f)
{
    f->keys[5] = f->keys[0];
}
static void unknown_role(small_form *f)
{
    f->buffers[0].role = (nbx_artifact_role)7;
}
static void zero_dim(small_form *f)
{
    f->buffers[0].dims[2] = 0;
}
static void huge_dims(small_form *f)
{
    f->buffers[0].dims[1] = f->buffers[0].dims[2] = f->buffers[0].dims[3] = INT64_C(1) << 40;
}
static void bad_layout(small_form *f)
{
    f->buffers[1].layout = "NCHX";
}
static void few_bytes(small_form *f)
{
    f->buffers[1].bytes = PACKED - 17;
}
static void no_params(small_form *f)
{
    f->buffers[1].param_count = 0;
}
static void zero_scale(small_form *f)
{
    f->affine.scale = 0;
}
static void nan_mean(small_form *f)
{
    f->mean[1] = strtod("nan", NULL);
}
static void two_means(small_form *f)
{
    f->steps[0].mean_count = 2;
}
static void means_in_convert(small_form *f)
{
    f->steps[0].kind = NBX_STEP_CONVERT;
}
static void other_elements(small_form *f)
{
    f->buffers[3].dims[3] = W - 1;
}
static void to_itself(small_form *f)
{
    f->steps[2].to = 2;
}
static void beyond_buffers(small_form *f)
{
    f->steps[2].to = 5;
}
static void beyond_segments(small_form *f)
{
    f->steps[1].segment = 1;
}
static void runs_too_early(small_form *f)
{
    nbx_artifact_step step = f->steps[0];
    f->steps[0] = f->steps[1];
    f->steps[1] = step;
}
static void runs_twice(small_form *f)
{
    f->steps[3] = f->steps[1];
}
static void output_unwritten(small_form *f)
{
    f->artifact.step_count = 3;
}
static void writes_an_input(small_form *f)
{
    f->outputs[0] = 0;
}
static void beyond_chips(small_form *f)
{
    f->segments[0].chip = 1;
}
static void port_beyond_buffers(small_form *f)
{
    f->inputs[0] = 9;
}

#define ROW(bend)                                                                                                                          \
    {                                                                                                                                      \
#bend, bend                                                                                                                        \
    }
static const struct {
    const char *name;
    void (*bend)(small_form *f);
} bad_forms[] = {
    ROW(no_key),          ROW(key_twice),           ROW(unknown_role),   ROW(zero_dim),         ROW(huge_dims),
    ROW(bad_layout),      ROW(few_bytes),           ROW(no_params),      ROW(zero_scale),       ROW(nan_mean),
    ROW(two_means),       ROW(means_in_convert),    ROW(other_elements), ROW(to_itself),        ROW(beyond_buffers),
    ROW(beyond_segments), ROW(runs_too_early),      ROW(runs_twice),     ROW(output_unwritten), ROW(writes_an_input),
    ROW(beyond_chips),    ROW(port_beyond_buffers),
};

START_TEST(inconsistent_forms_are_not_written)
{
    bad_forms[_i].bend(&form);
    nbx_status status = small_save(&form, context);
    ck_assert_msg(status == NBX_INTERNAL, "%s: %d", bad_forms[_i].name, status);
    ck_assert_str_eq(last_code(), "E-ART-010");
    ck_assert_int_ne(access(small_path(), F_OK), 0); /* not even half of it */
}
END_TEST

START_TEST(an_unwritable_place_is_an_error)
{
    ck_assert_int_eq(nbx_artifact_save(context, "/nonexistent/folder/a.nbxa", &form.artifact), NBX_IO);
    ck_assert_str_eq(last_code(), "E-CORE-003");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("artifact");
    TCase *tcase = tcase_create("artifact");
    tcase_set_timeout(tcase, 200);
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, sha256_agrees_with_openssl);
    tcase_add_test(tcase, round_trip);
    tcase_add_test(tcase, every_flipped_bit_is_refused);
    tcase_add_test(tcase, every_length_is_refused);
    tcase_add_loop_test(tcase, signed_lies_do_no_harm, 0, 4);
    tcase_add_loop_test(tcase, inconsistent_forms_are_not_written, 0, sizeof(bad_forms) / sizeof(bad_forms[0]));
    tcase_add_test(tcase, an_unwritable_place_is_an_error);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
