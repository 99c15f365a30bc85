/* SPDX-License-Identifier: Apache-2.0 */
/* Foreign configurations as target files: what is taken, translated, left, and refused. */
#include "messages.h"

static const nbx_foreign_key keys[] = {
    {.struct_size = sizeof(nbx_foreign_key), .key = "model.input_name", .ours = "inputs[0].name"},
    {.struct_size = sizeof(nbx_foreign_key),
     .key = "model.layout",
     .ours = "inputs[0].source.layout",
     .map = "planar=NCHW|interleaved=NHWC"},
    {.struct_size = sizeof(nbx_foreign_key), .key = "model.mean", .ours = "inputs[0].mean"},
    {.struct_size = sizeof(nbx_foreign_key), .key = "calibration", .ours = "quantization.calibration.method", .map = "max=minmax|kl="},
    {.struct_size = sizeof(nbx_foreign_key), .key = "samples", .ours = "quantization.calibration.samples"},
    {.struct_size = sizeof(nbx_foreign_key), .key = "optimize", .note = "the compiler decides"},
};

static const struct {
    const char *name, *yaml;
    nbx_status status;
    nbx_import_counts counts;
    const char *written, *lines; /* FILE stands for the path */
} rows[] = {
    {"values are moved and translated",
     "model:\n  input_name: x\n  layout: interleaved\n  mean: [1, 2]\ncalibration: max\n",
     NBX_OK,
     {4, 0, 0},
     "nbx: 1\ntarget: a/b\ninputs: [{name: x, source: {layout: NHWC}, mean: [1, 2]}]  # line 2\nquantization: {calibration: {method: "
     "minmax}}  # "
     "line 5\n",
     ""},
    {"what has no counterpart is said",
     "optimize: O3\nother: 1\ncalibration: median\nmodel: {input_name: ''}\n",
     NBX_OK,
     {0, 2, 1},
     "nbx: 1\ntarget: a/b\n\n# Not taken over:\n#   line 1, 'optimize': the compiler decides\n#   line 2, 'other': unknown key\n"
     "#   line 3, 'calibration': no counterpart of this value\n",
     "FILE:1:11: warning: 'optimize': not taken over: the compiler decides [E-TARGET-014]\n"
     "FILE:2:8: warning: 'other': not taken over: unknown key [E-TARGET-014]\n"
     "FILE:3:14: warning: 'calibration': not taken over: no counterpart of this value [E-TARGET-014]\n"},
    {"a value that we refuse",
     "samples: many\n",
     NBX_BAD_INPUT,
     {1, 0, 0},
     "",
     "FILE:1:10: error: quantization.calibration.samples: 'many' is not a whole number; 0 to 4294967295 [E-TARGET-008]\n"},
    {"not a map", "- 1\n", NBX_BAD_INPUT, {0, 0, 0}, "", "FILE:1:1: error: expected a map, found a list [E-TARGET-008]\n"},
    {"nothing", "", NBX_BAD_INPUT, {0, 0, 0}, "", "FILE:1:1: error: expected a map, found nothing [E-TARGET-008]\n"},
    {"an alias",
     "samples: *x\n",
     NBX_BAD_INPUT,
     {0, 0, 0},
     "",
     "FILE:1:10: error: aliases are not used in target files; write the value out; a text that begins with * needs quotes "
     "[E-TARGET-003]\n"},
};

/* `text` with every FILE replaced by the path. malloc'ed. */
static char *with_path(const char *text, const char *path)
{
    text_buffer all = {NULL, 0, 0};
    text_write(&all, "", 0);
    for (const char *hit; (hit = strstr(text, "FILE")); text = hit + 4) {
        text_write(&all, text, (size_t)(hit - text));
        text_write(&all, path, strlen(path));
    }
    text_write(&all, text, strlen(text));
    return all.text;
}

START_TEST(imports)
{
    nbx_context *context;
    nbx_import_counts counts;
    nbx_span span = NBX_SPAN(keys);
    text_buffer written = {NULL, 0, 0};
    nbx_text_sink sink = {&written, text_write};
    char path[] = NBX_BUILD "/import.XXXXXX";
    FILE *file = fdopen(mkstemp(path), "w");
    ck_assert_ptr_nonnull(file);
    fputs(rows[_i].yaml, file);
    fclose(file);
    text_write(&written, "", 0);
    ck_assert_int_eq(nbx_context_create(&context), NBX_OK);
    nbx_status status = nbx_target_import(context, path, "a/b", &span, &sink, &counts);
    remove(path);
    char *lines = message_lines(context), *expected = with_path(rows[_i].lines, path);
    ck_assert_msg(status == rows[_i].status, "%s: %d %s", rows[_i].name, status, lines);
    ck_assert_msg(strcmp(lines, expected) == 0, "%s:\n%s", rows[_i].name, lines);
    const char *body = strstr(written.text, "\n");
    ck_assert_msg(strcmp(body ? body + 1 : "", rows[_i].written) == 0, "%s:\n%s", rows[_i].name, written.text);
    ck_assert_uint_eq(counts.taken, rows[_i].counts.taken);
    ck_assert_uint_eq(counts.without_counterpart, rows[_i].counts.without_counterpart);
    ck_assert_uint_eq(counts.unknown, rows[_i].counts.unknown);
    if (status == NBX_OK) {
        nbx_job_set *set;
        nbx_messages_clear(context);
        ck_assert_int_eq(parse_text(context, written.text, NULL, &set), NBX_OK);
        nbx_job_set_destroy(set);
    }
    free(lines);
    free(expected);
    free(written.text);
    nbx_context_destroy(context);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("import");
    TCase *tests = tcase_create("rows");
    tcase_add_loop_test(tests, imports, 0, (int)(sizeof(rows) / sizeof(rows[0])));
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
