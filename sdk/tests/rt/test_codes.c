/* SPDX-License-Identifier: Apache-2.0 */
/* The runtime's codes against the schema's: all codes decoded, edges and random values encoded, for every encoding of the table. */
#include <math.h>

#include "form.h"
#include "formats/artifact_log.h"
#include "rt/codes.h"

static uint32_t state;

static uint32_t next_random(void)
{
    state ^= state << 13;
    state ^= state >> 17;
    state ^= state << 5;
    return state;
}

static float float_of(uint32_t bits)
{
    float x;
    memcpy(&x, &bits, sizeof(x));
    return x;
}

/* One buffer of `count` elements along its only axis, with a parameter set of its own per channel or block. */
typedef struct fixture {
    nbx_artifact_buffer buffer;
    nbx_encoding encoding;
    nbx_qparam params[64];
    float *tables;
} fixture;

enum { COUNT = 64 };

static bool fixture_make(fixture *f, const nbx_encoding *e, uint32_t round)
{
    memset(f, 0, sizeof(*f));
    if (e->granularity == NBX_PER_CONV_GROUP) return false; /* weights only: never a buffer */
    f->encoding = *e;
    f->encoding.axis = 0;
    f->buffer = (nbx_artifact_buffer){
        .name = "x", .dtype = NBX_DTYPE_FLOAT32, .rank = 1, .dims = {COUNT}, .encoding = &f->encoding, .params = f->params};
    f->buffer.param_count = nbx_artifact_param_count(&f->encoding, 1, f->buffer.dims);
    if (e->kind == NBX_ENC_FLOAT) f->buffer.param_count = 0;
    for (uint32_t i = 0; i < f->buffer.param_count; i++) {
        f->params[i].scale = ldexp(1 + (next_random() % 1000) / 1000.0, (int)(next_random() % 20) - 12);
        f->params[i].zero_point = e->symmetric ? 0 : (int32_t)(next_random() % 200) - 100 + (e->lo == 0 ? 100 : 0);
        int32_t span = e->exp_hi - e->exp_lo;
        f->params[i].exponent = span ? e->exp_lo + (int32_t)((uint32_t)span / 2) + (int32_t)(next_random() % 300) - 150 : 0;
        if (e->kind == NBX_ENC_POW2) f->params[i].exponent = span ? (int32_t)(next_random() % 40) - 20 : e->exp_lo;
        if (round == 0 && span) f->params[i].exponent = e->exp_lo;
        if (round == 1 && span) f->params[i].exponent = e->exp_hi;
    }
    if (e->kind != NBX_ENC_LOG) return true;
    size_t rows = 3 * ((size_t)e->top + 1);
    f->tables = malloc(rows * f->buffer.param_count * sizeof(float));
    ck_assert_ptr_nonnull(f->tables);
    for (uint32_t i = 0; i < f->buffer.param_count; i++)
        nbx_artifact_log_tables(&f->encoding, &f->params[i], f->tables + rows * i);
    f->buffer.log_tables = f->tables;
    return true;
}

static void compare_stretch(const fixture *f, const float *values)
{
    uint64_t bytes;
    unsigned char ours[COUNT * 4] = {0}, theirs[COUNT * 4] = {0};
    float our_values[COUNT], their_values[COUNT];
    ck_assert(nbx_codes_bytes(&f->encoding, COUNT, &bytes));
    nbx_codes_encode(&f->buffer, values, 0, COUNT, ours);
    nbx_encode_tensor(&f->encoding, f->params, 1, f->buffer.dims, 1, values, theirs);
    for (uint32_t i = 0; i < COUNT; i++)
        ck_assert_msg(nbx_code_get(&f->encoding, ours, i) == nbx_code_get(&f->encoding, theirs, i),
                      "%s: %a is 0x%x here, 0x%x there (z %d)", f->encoding.name, (double)values[i],
                      (unsigned)nbx_code_get(&f->encoding, ours, i), (unsigned)nbx_code_get(&f->encoding, theirs, i),
                      f->params[0].exponent);
    ck_assert_mem_eq(ours, theirs, bytes);
    nbx_codes_decode(&f->buffer, ours, 0, COUNT, our_values);
    nbx_decode_tensor(&f->encoding, f->params, 1, f->buffer.dims, 1, ours, their_values);
    for (uint32_t i = 0; i < COUNT; i++)
        if (!(isnan(our_values[i]) && isnan(their_values[i])))
            ck_assert_msg(our_values[i] == their_values[i], "%s: %a and %a", f->encoding.name, (double)our_values[i],
                          (double)their_values[i]);
}

/* Values around what a code decodes to, and around the middle between two codes, where rounding decides. */
static float near_a_code(const fixture *f, uint32_t i)
{
    int32_t code = (int32_t)(next_random() % (1u << (f->encoding.code_bits < 16 ? f->encoding.code_bits : 16)));
    if (f->encoding.is_signed && f->encoding.kind != NBX_ENC_LOG)
        code -= 1 << (f->encoding.code_bits < 16 ? f->encoding.code_bits - 1 : 15);
    const nbx_qparam *p = &f->params[f->buffer.param_count > 1 ? nbx_param_index(&f->encoding, 1, f->buffer.dims, 1, i) : 0];
    double a = nbx_decode(&f->encoding, p, code), b = nbx_decode(&f->encoding, p, code + 1);
    float x = (float)(next_random() % 2 ? a : f->encoding.kind == NBX_ENC_LOG ? copysign(sqrt(fabs(a * b)), a) : (a + b) / 2);
    for (uint32_t n = next_random() % 3; n > 0; n--)
        x = nextafterf(x, next_random() % 2 ? HUGE_VALF : -HUGE_VALF);
    return x;
}

START_TEST(same_codes_as_the_schema)
{
    const nbx_encoding *e = nbx_encoding_at((uint32_t)_i);
    static const float edges[] = {0.0f, -0.0f, 1.0f, -1.0f, 0.5f, 1e-45f, -1e-45f, 1e-38f, 3e38f, -3e38f};
    if (!e) return;
    state = 77 + (uint32_t)_i;
    for (uint32_t round = 0; round < 12; round++) {
        fixture f;
        float values[COUNT];
        if (!fixture_make(&f, e, round)) return;
        for (uint32_t set = 0; set < 60; set++) {
            for (uint32_t i = 0; i < COUNT; i++) {
                uint32_t kind = set % 4;
                values[i] = kind == 0 ? near_a_code(&f, i) : kind == 1 ? float_of(next_random()) : (float)((int32_t)next_random()) * 1e-8f;
                if (kind == 3) values[i] = near_a_code(&f, i);
                if (isnan(values[i])) values[i] = (float)NAN; /* signalling ones may be quietened on the way */
            }
            if (set == 0) {
                memcpy(values, edges, sizeof(edges));
                values[10] = (float)NAN;
                values[11] = e->kind == NBX_ENC_LOG ? 1 : (float)INFINITY;
                values[12] = -values[11];
            }
            compare_stretch(&f, values);
        }
        free(f.tables);
    }
}
END_TEST

/* Log tables: each bound reaches its index, and the float below does not. */
START_TEST(bounds_are_exact)
{
    static const nbx_encoding *const encodings[] = {&nbx_encoding_log8, &nbx_encoding_log16, &nbx_encoding_log4};
    const nbx_encoding *e = encodings[_i];
    size_t rows = (size_t)e->top + 1;
    float *tables = malloc(3 * rows * sizeof(float));
    for (int32_t z = -300; z <= 100; z += 57) {
        nbx_qparam param = {.exponent = z};
        nbx_artifact_log_tables(e, &param, tables);
        for (size_t i = 0; i < rows; i++) {
            float bound = tables[rows + i], below = nextafterf(bound, 0.0f);
            int32_t at = nbx_encode(e, &param, (double)bound), under = nbx_encode(e, &param, (double)below);
            ck_assert(isinf(bound) || (at != e->zero_code && at >= (int32_t)i));
            ck_assert(under == e->zero_code || under < (int32_t)i);
            ck_assert(tables[i] == nbx_decode_f32(e, &param, (int32_t)i));
        }
    }
    free(tables);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("codes");
    TCase *tcase = tcase_create("codes");
    tcase_set_timeout(tcase, 200);
    tcase_add_loop_test(tcase, same_codes_as_the_schema, 0, 40);
    tcase_add_loop_test(tcase, bounds_are_exact, 0, 3);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
