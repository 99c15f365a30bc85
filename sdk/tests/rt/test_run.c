/* SPDX-License-Identifier: Apache-2.0 */
/* Whole runs through the public calls: the same bytes as the schema's own functions give, and every way to fail with its code. */
#include <nbx/rt.h>

#include "form.h"
#include "schema/layouts.h"

static const char plugin_path[] = NBX_BUILD "/rt_plugins/xor.so";
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

/* What the steps mean, in the schema's words. */
static void expected(const uint8_t *image, float *scores, unsigned char *codes)
{
    float values[ELEMENTS];
    uint8_t dense[ELEMENTS], packed[PACKED];
    nbx_layout layout;
    nbx_layout_plan wide, blocked;
    const int64_t *dims = form.buffers[0].dims;
    for (int i = 0; i < ELEMENTS; i++) {
        int c = i / (H * W), h = i / W % H, w = i % W;
        values[i] = (float)(((double)image[(h * W + w) * C + c] - form.mean[c]) * form.scale[0]);
    }
    ck_assert(nbx_layout_parse("NCHW:stride_h=16", 4, &layout, NULL, 0));
    ck_assert(nbx_layout_plan_make(&layout, 4, dims, 8, &wide));
    ck_assert(nbx_layout_parse("NCHW4c", 4, &layout, NULL, 0));
    ck_assert(nbx_layout_plan_make(&layout, 4, dims, 8, &blocked));
    nbx_encode_tensor(&nbx_encoding_log8, &form.log_in, 4, dims, 1, values, dense);
    nbx_layout_pack(&wide, dense, packed, true, nbx_encoding_log8.fill_code);
    for (int i = 0; i < PACKED; i++)
        packed[i] = (uint8_t)(packed[i] ^ 0x21 ^ '!');
    nbx_layout_unpack(&wide, packed, dense);
    nbx_decode_tensor(&nbx_encoding_log8, &form.log_out, 4, dims, 1, dense, scores);
    nbx_encode_tensor(&nbx_encoding_int8_asym, &form.affine, 4, dims, 1, scores, dense);
    nbx_layout_pack(&blocked, dense, codes, true, nbx_encoding_int8_asym.fill_code);
}

START_TEST(runs_like_the_schema)
{
    const char *plugins[] = {plugin_path};
    nbx_rt_options options = {.struct_size = sizeof(options), .plugins = plugins, .plugin_count = 1};
    if (_i) options = (nbx_rt_options){.struct_size = sizeof(options), .plugin_dir = NBX_BUILD "/rt_plugins"};
    nbx_rt *rt;
    uint8_t image[ELEMENTS];
    float scores[ELEMENTS], want_scores[ELEMENTS];
    unsigned char codes[(C + 1) * H * W], want_codes[(C + 1) * H * W];
    ck_assert_int_eq(small_save(&form, context), NBX_OK);
    ck_assert_msg(nbx_rt_open(small_path(), &options, &rt) == NBX_OK, "%s", nbx_rt_error(rt));
    ck_assert_str_eq(nbx_rt_error(rt), "");
    ck_assert_str_eq(nbx_rt_header(rt, "chip"), "xor/any");
    ck_assert_uint_eq(nbx_rt_port_count(rt), 3);
    nbx_rt_port_info port = {.struct_size = sizeof(port)};
    ck_assert_int_eq(nbx_rt_port(rt, 2, &port), NBX_OK);
    ck_assert_str_eq(port.encoding, nbx_encoding_int8_asym.name);
    ck_assert_str_eq(port.layout, "NCHW4c");
    ck_assert_uint_eq(port.is_output, 1);
    ck_assert_int_eq(nbx_rt_port(rt, 3, &port), NBX_INVALID);
    for (int round = 0; round < 5; round++) {
        for (int i = 0; i < ELEMENTS; i++)
            image[i] = (uint8_t)(i * 83 + round * 29);
        nbx_rt_buffer inputs[] = {{image, sizeof(image)}}, outputs[] = {{scores, sizeof(scores)}, {codes, sizeof(codes)}};
        ck_assert_msg(nbx_rt_run(rt, inputs, outputs) == NBX_OK, "%s", nbx_rt_error(rt));
        expected(image, want_scores, want_codes);
        ck_assert_mem_eq(scores, want_scores, sizeof(scores));
        ck_assert_mem_eq(codes, want_codes, sizeof(codes));
    }
    nbx_rt_close(rt);
}
END_TEST

static const char *const xor_only[] = {NBX_BUILD "/rt_plugins/xor.so"};
static const char *const nothing_there[] = {"/nonexistent/xor.so"};
static const char *const another[] = {NBX_BUILD "/skew/skew_good.so"};
static const char *const too_new[] = {NBX_BUILD "/skew/skew_too_new.so"};
static const char *const no_symbol[] = {NBX_BUILD "/skew/skew_no_symbol.so"};
static const char *const longer[] = {NBX_BUILD "/skew/skew_long_nonzero.so"};
static const char *const incomplete[] = {NBX_BUILD "/skew/skew_no_run.so"};

static void nothing(small_form *f)
{
    (void)f;
}
static void other_format(small_form *f)
{
    f->chips[0].blob_format = "yor";
}
static void other_magic(small_form *f)
{
    f->blob.magic[0] = 'Y';
}
static void probe_rejects(small_form *f)
{
    f->blob.flags = 1;
}
static void load_fails(small_form *f)
{
    f->blob.flags = 2;
}
static void port_missing(small_form *f)
{
    f->blob.flags = 4;
}
static void port_too_big(small_form *f)
{
    f->blob.bytes = PACKED + 1;
}
static void odd_align(small_form *f)
{
    f->blob.align = 3;
}
static void other_chip(small_form *f)
{
    f->chips[0].spec = "xor/none";
}
static void no_conversion(small_form *f)
{
    f->buffers[0].dtype = NBX_DTYPE_COMPLEX64;
    f->buffers[0].bytes = ELEMENTS * 8;
}

static const struct {
    const char *name;
    void (*bend)(small_form *f);
    const char *const *plugins;
    const char *code;
    nbx_status status;
} failures[] = {
    {"a missing library", nothing, nothing_there, "[E-RT-001]", NBX_REFUSED},
    {"another plugin", nothing, another, "[E-RT-001]", NBX_REFUSED},
    {"not a plugin", nothing, no_symbol, "[E-RT-001]", NBX_REFUSED},
    {"a plugin that is too new", nothing, too_new, "[E-RT-002]", NBX_MISMATCH},
    {"a longer descriptor", nothing, longer, "[E-RT-003]", NBX_REFUSED},
    {"a missing call", nothing, incomplete, "[E-RT-003]", NBX_REFUSED},
    {"another blob format", other_format, xor_only, "[E-RT-004]", NBX_STALE_BLOB},
    {"a blob of somebody else", other_magic, xor_only, "[E-RT-004]", NBX_STALE_BLOB},
    {"a blob that probe rejects", probe_rejects, xor_only, "[E-RT-004]", NBX_STALE_BLOB},
    {"a blob that does not load", load_fails, xor_only, "E-XOR-001 the blob asks to fail [E-RT-006]", NBX_VENDOR},
    {"a port too few", port_missing, xor_only, "[E-RT-005]", NBX_MISMATCH},
    {"a port that is too big", port_too_big, xor_only, "[E-RT-005]", NBX_MISMATCH},
    {"an alignment that is none", odd_align, xor_only, "[E-RT-005]", NBX_MISMATCH},
    {"no device", other_chip, xor_only, "[E-RT-006]", NBX_UNAVAILABLE},
    {"elements without conversion", no_conversion, xor_only, "[E-RT-009]", NBX_UNSUPPORTED},
};

START_TEST(failures_have_codes)
{
    nbx_rt_options options = {.struct_size = sizeof(options), .plugins = failures[_i].plugins, .plugin_count = 1};
    nbx_rt *rt;
    failures[_i].bend(&form);
    ck_assert_int_eq(small_save(&form, context), NBX_OK);
    nbx_status status = nbx_rt_open(small_path(), &options, &rt);
    ck_assert_ptr_nonnull(rt);
    ck_assert_msg(status == failures[_i].status, "%s: %d %s", failures[_i].name, status, nbx_rt_error(rt));
    ck_assert_msg(strstr(nbx_rt_error(rt), failures[_i].code) != NULL, "%s: %s", failures[_i].name, nbx_rt_error(rt));
    nbx_rt_buffer none = {NULL, 0};
    ck_assert_int_eq(nbx_rt_run(rt, &none, &none), failures[_i].status);
    nbx_rt_close(rt);
}
END_TEST

START_TEST(bad_arguments_are_answered)
{
    nbx_rt_options options = {.struct_size = sizeof(options), .plugins = xor_only, .plugin_count = 1};
    nbx_rt *rt;
    uint8_t image[ELEMENTS] = {0};
    float scores[ELEMENTS];
    unsigned char codes[(C + 1) * H * W];
    ck_assert_int_eq(nbx_rt_open("/nonexistent", &options, &rt), NBX_IO);
    ck_assert_ptr_nonnull(strstr(nbx_rt_error(rt), "[E-ART-011]"));
    nbx_rt_close(rt);
    ck_assert_int_eq(nbx_rt_open(plugin_path, &options, &rt), NBX_BAD_INPUT);
    ck_assert_ptr_nonnull(strstr(nbx_rt_error(rt), "[E-ART-001]"));
    nbx_rt_close(rt);
    ck_assert_int_eq(nbx_rt_open(NULL, NULL, &rt), NBX_INVALID);
    nbx_rt_close(rt);
    nbx_rt_close(NULL);
    form.artifact.steps = form.steps;
    ck_assert_int_eq(small_save(&form, context), NBX_OK);
    ck_assert_int_eq(nbx_rt_open(small_path(), &options, &rt), NBX_OK);
    nbx_rt_buffer inputs[] = {{image, sizeof(image)}}, outputs[] = {{scores, sizeof(scores)}, {codes, sizeof(codes) - 1}};
    ck_assert_int_eq(nbx_rt_run(rt, inputs, outputs), NBX_INVALID);
    ck_assert_ptr_nonnull(strstr(nbx_rt_error(rt), "`codes` needs 80 bytes"));
    outputs[1].bytes++;
    inputs[0].data = NULL;
    ck_assert_int_eq(nbx_rt_run(rt, inputs, outputs), NBX_INVALID);
    ck_assert_int_eq(nbx_rt_run(rt, NULL, outputs), NBX_INVALID);
    inputs[0].data = image;
    ck_assert_int_eq(nbx_rt_run(rt, inputs, outputs), NBX_OK); /* a failed call leaves nothing behind */
    ck_assert_str_eq(nbx_rt_error(rt), "");
    nbx_rt_close(rt);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("run");
    TCase *tcase = tcase_create("run");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_loop_test(tcase, runs_like_the_schema, 0, 2);
    tcase_add_loop_test(tcase, failures_have_codes, 0, sizeof(failures) / sizeof(failures[0]));
    tcase_add_test(tcase, bad_arguments_are_answered);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
