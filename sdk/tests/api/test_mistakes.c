/* SPDX-License-Identifier: Apache-2.0 */
/* What the API answers to what should not be: each mistake has its status and its code, and nothing is left behind. */
#include "../formats/onnx_writer.h"
#include "opened.h"

typedef struct opening_row {
    const char *name, *job, *model, *override, *plugin;
    uint32_t target;
    nbx_status status;
    const char *code;
} opening_row;

static const opening_row openings[] = {
    {"no job", NULL, MODEL, NULL, NULL, 0, NBX_INVALID, "E-API-001"},
    {"no model", "reference/any", NULL, NULL, NULL, 0, NBX_INVALID, "E-API-001"},
    {"a model that is not there", "reference/any", "/nonexistent/model.onnx", NULL, NULL, 0, NBX_IO, "E-CORE-003"},
    {"a model that is a folder", "reference/any", DATA, NULL, NULL, 0, NBX_BAD_INPUT, NULL},
    {"a model that is not ONNX", "reference/any", DATA "README.md", NULL, NULL, 0, NBX_BAD_INPUT, "E-ONNX-003"},
    {"an unknown vendor", "nobody/nothing", MODEL, NULL, NULL, 0, NBX_BAD_INPUT, "E-LOAD-001"},
    {"a target file that is not there", "/nonexistent/job.yaml", MODEL, NULL, NULL, 0, NBX_IO, "E-CORE-003"},
    {"a target file that is not YAML", MODEL, MODEL, NULL, NULL, 0, NBX_BAD_INPUT, NULL},
    {"a second target of one", "reference/any", MODEL, NULL, NULL, 1, NBX_USAGE, "E-API-002"},
    {"an unknown key", "reference/any", MODEL, "nokey=1", NULL, 0, NBX_BAD_INPUT, "E-TARGET-006"},
    {"calibration data that is not there", "reference/any", MODEL, "quantization.calibration.data=/nonexistent.npy", NULL, 0, NBX_IO, NULL},
    {"a plugin that is not there", "reference/any", MODEL, NULL, "/nonexistent/acme.so", 0, NBX_IO, "E-LOAD-003"},
};

START_TEST(creations_that_cannot_be)
{
    const opening_row *row = &openings[_i];
    nbx_pipeline *pipeline = (nbx_pipeline *)1;
    nbx_pipeline_options options = plugins_here();
    options.overrides = &row->override;
    options.override_count = row->override != NULL;
    options.plugins = &row->plugin;
    options.plugin_count = row->plugin != NULL;
    options.target = row->target;
    nbx_status status = nbx_pipeline_create(context, row->job, row->model, &options, &pipeline);
    ck_assert_msg(status == row->status, "%s: %s: %s", row->name, nbx_status_name(status), last().text);
    ck_assert_ptr_null(pipeline);
    ck_assert_int_eq(last().status, row->status);
    if (row->code) ck_assert_str_eq(last().code, row->code);
    ck_assert_ptr_nonnull(nbx_code_explain(last().code));
}
END_TEST

typedef struct buffer_row {
    const char *name;
    int64_t extra; /* bytes beyond those that are needed */
    uint32_t form, inputs, skew;
    bool output, missing;
    nbx_status status;
    const char *code;
} buffer_row;

static const buffer_row buffers[] = {
    {"fits", 0, NBX_FORM_PORT, 1, 0, false, false, NBX_OK, NULL},
    {"no inputs", 0, NBX_FORM_PORT, 0, 0, false, false, NBX_INVALID, "E-API-003"},
    {"two inputs", 0, NBX_FORM_PORT, 2, 0, false, false, NBX_INVALID, "E-API-003"},
    {"an input too short", -1, NBX_FORM_PORT, 1, 0, false, false, NBX_INVALID, "E-API-003"},
    {"an input too long", 1, NBX_FORM_PORT, 1, 0, false, false, NBX_INVALID, "E-API-003"},
    {"prepared values of the size of bytes", 0, NBX_FORM_MODEL, 1, 0, false, false, NBX_INVALID, "E-API-003"},
    {"no address", 0, NBX_FORM_PORT, 1, 0, false, true, NBX_INVALID, "E-API-003"},
    {"an unknown form", 0, 7, 1, 0, false, false, NBX_INVALID, "E-API-003"},
    {"an output too short", -4, NBX_FORM_PORT, 1, 0, true, false, NBX_INVALID, "E-API-003"},
    {"an output at an odd address", 0, NBX_FORM_PORT, 1, 1, true, false, NBX_INVALID, "E-API-003"},
    {"an output in the form of inputs", 0, NBX_FORM_MODEL, 1, 0, true, false, NBX_INVALID, "E-API-003"},
    {"an output without an address", 0, NBX_FORM_PORT, 1, 0, true, true, NBX_INVALID, "E-API-003"},
};

static void check_run(nbx_pipeline *pipeline, const buffer_row *row)
{
    static float pixels[PIXELS + 1], scores[CLASSES + 1];
    nbx_pipeline_buffer inputs[2] = {{pixels, PIXELS, NBX_FORM_PORT, 0}, {pixels, PIXELS, NBX_FORM_PORT, 0}};
    nbx_pipeline_buffer output = {scores, CLASSES * sizeof(float), NBX_FORM_PORT, 0};
    nbx_pipeline_buffer *changed = row->output ? &output : &inputs[0];
    changed->data = row->missing ? NULL : (char *)changed->data + row->skew;
    changed->bytes += (uint64_t)row->extra;
    changed->form = row->form;
    nbx_status status = nbx_pipeline_run(pipeline, inputs, row->inputs, &output, 1);
    ck_assert_msg(status == row->status, "%s: %s: %s", row->name, nbx_status_name(status), last().text);
    if (row->code) ck_assert_str_eq(last().code, row->code);
}

START_TEST(buffers_that_do_not_fit)
{
    nbx_pipeline *pipeline = open_bytes();
    check_run(pipeline, &buffers[_i]);
    nbx_pipeline_destroy(pipeline);
}
END_TEST

START_TEST(an_artifact_is_not_a_plan)
{
    nbx_pipeline *pipeline = open_bytes(), *artifact;
    nbx_pipeline_options options = plugins_here();
    const char *text;
    const buffer_row prepared = {"prepared values for an artifact", 0, NBX_FORM_MODEL, 1, 0, false, false, NBX_UNSUPPORTED, "E-API-004"};
    ck_assert_int_eq(nbx_pipeline_save(pipeline, in_folder("model.nbx")), NBX_OK);
    nbx_pipeline_destroy(pipeline);
    ck_assert_int_eq(nbx_pipeline_load(context, in_folder("model.nbx"), &options, &artifact), NBX_OK);
    ck_assert_int_eq(nbx_pipeline_report(artifact, NBX_REPORT_TEXT, &text), NBX_UNSUPPORTED);
    ck_assert_ptr_null(text);
    ck_assert_int_eq(nbx_pipeline_save(artifact, in_folder("copy.nbx")), NBX_UNSUPPORTED);
    check_run(artifact, &prepared);
    nbx_pipeline_destroy(artifact);
}
END_TEST

START_TEST(an_artifact_with_a_flipped_bit_is_refused)
{
    nbx_pipeline *pipeline = open_bytes();
    nbx_pipeline_options options = plugins_here();
    ck_assert_int_eq(nbx_pipeline_save(pipeline, in_folder("model.nbx")), NBX_OK);
    nbx_pipeline_destroy(pipeline);
    FILE *file = fopen(in_folder("model.nbx"), "r+b");
    ck_assert(file && fseek(file, 5000, SEEK_SET) == 0);
    int byte = fgetc(file);
    ck_assert(fseek(file, 5000, SEEK_SET) == 0 && fputc(byte ^ 4, file) != EOF && fclose(file) == 0);
    ck_assert_int_eq(nbx_pipeline_load(context, in_folder("model.nbx"), &options, &pipeline), NBX_BAD_INPUT);
    ck_assert_ptr_null(pipeline);
    ck_assert_msg(!strncmp(last().code, "E-ART-", 6), "%s", last().code);
    ck_assert_int_eq(nbx_pipeline_load(context, in_folder("none.nbx"), &options, &pipeline), NBX_IO);
}
END_TEST

START_TEST(nothing_is_written_where_it_cannot_be)
{
    nbx_pipeline *pipeline = open_bytes();
    ck_assert_int_eq(nbx_pipeline_save(pipeline, "/nonexistent/model.nbx"), NBX_IO);
    ck_assert_int_eq(nbx_pipeline_save(pipeline, folder), NBX_IO);
    ck_assert_int_eq(nbx_pipeline_save(pipeline, NULL), NBX_INVALID);
    nbx_pipeline_destroy(pipeline);
}
END_TEST

/* A node that no chip knows: the plan stands, the report shows it, and nothing runs. */
START_TEST(a_refused_node_stops_everything_but_the_report)
{
    const int64_t dims[] = {1, 4};
    pb graph = {0};
    float in[4] = {0}, out[4];
    const char *text;
    nbx_pipeline *pipeline;
    nbx_pipeline_options options = plugins_here();
    nbx_pipeline_buffer input = {in, sizeof(in), NBX_FORM_PORT, 0}, output = {out, sizeof(out), NBX_FORM_PORT, 0};
    onnx_input(&graph, "x", 2, dims);
    onnx_add(&graph, 1, onnx_node("Mystery", "riddle", "x", "y"));
    onnx_output(&graph, "y");
    pb model = onnx_model(&graph, 13);
    FILE *file = fopen(in_folder("model.onnx"), "wb");
    ck_assert(file && fwrite(model.data, 1, model.used, file) == model.used && fclose(file) == 0);
    pb_free(&model);
    ck_assert_int_eq(nbx_pipeline_create(context, "reference/any", in_folder("model.onnx"), &options, &pipeline), NBX_OK);
    ck_assert_int_eq(nbx_pipeline_check(pipeline), NBX_FOUND);
    ck_assert_str_eq(last().code, "E-PLAN-005");
    ck_assert_int_eq(nbx_pipeline_report(pipeline, NBX_REPORT_TEXT, &text), NBX_OK);
    ck_assert_ptr_nonnull(strstr(text, "riddle"));
    ck_assert_int_eq(nbx_pipeline_compile(pipeline), NBX_FOUND);
    ck_assert_int_eq(nbx_pipeline_save(pipeline, in_folder("model.nbx")), NBX_FOUND);
    nbx_pipeline_port port = {.struct_size = sizeof(port)};
    ck_assert_int_eq(nbx_pipeline_port_get(pipeline, 1, &port), NBX_OK);
    output.bytes = port.bytes;
    ck_assert_int_eq(nbx_pipeline_run(pipeline, &input, 1, &output, 1), NBX_FOUND);
    nbx_pipeline_destroy(pipeline);
}
END_TEST

START_TEST(a_missed_budget_is_found)
{
    const char *overrides[] = {"budget.memory_mb=0.0001"};
    nbx_pipeline *pipeline;
    nbx_pipeline_options options = plugins_here();
    options.overrides = overrides;
    options.override_count = 1;
    ck_assert_int_eq(nbx_pipeline_create(context, "reference/any", MODEL, &options, &pipeline), NBX_OK);
    ck_assert_int_eq(nbx_pipeline_check(pipeline), NBX_FOUND);
    ck_assert_str_eq(last().code, "E-PLAN-007");
    ck_assert_int_eq(nbx_pipeline_compile(pipeline), NBX_OK);
    nbx_pipeline_destroy(pipeline);
}
END_TEST

START_TEST(calls_without_an_object_answer)
{
    nbx_pipeline *pipeline = NULL;
    nbx_pipeline_port port = {.struct_size = sizeof(port)};
    const char *text;
    ck_assert_int_eq(nbx_pipeline_create(NULL, "reference/any", MODEL, NULL, &pipeline), NBX_INVALID);
    ck_assert_int_eq(nbx_pipeline_create(context, "reference/any", MODEL, NULL, NULL), NBX_INVALID);
    ck_assert_int_eq(nbx_pipeline_load(NULL, "model.nbx", NULL, &pipeline), NBX_INVALID);
    ck_assert_int_eq(nbx_pipeline_load(context, NULL, NULL, &pipeline), NBX_INVALID);
    ck_assert_int_eq(nbx_pipeline_check(NULL), NBX_INVALID);
    ck_assert_int_eq(nbx_pipeline_compile(NULL), NBX_INVALID);
    ck_assert_int_eq(nbx_pipeline_save(NULL, "model.nbx"), NBX_INVALID);
    ck_assert_int_eq(nbx_pipeline_report(NULL, NBX_REPORT_TEXT, &text), NBX_INVALID);
    ck_assert_int_eq(nbx_pipeline_evaluate(NULL, NULL, NBX_REPORT_TEXT, &text), NBX_INVALID);
    ck_assert_int_eq(nbx_pipeline_run(NULL, NULL, 0, NULL, 0), NBX_INVALID);
    ck_assert_int_eq(nbx_pipeline_port_get(NULL, 0, &port), NBX_INVALID);
    ck_assert_ptr_null(nbx_pipeline_header(NULL, "chip"));
    ck_assert_uint_eq(nbx_pipeline_input_count(NULL) + nbx_pipeline_output_count(NULL), 0);
    nbx_pipeline_destroy(NULL);
}
END_TEST

START_TEST(reports_and_samples_that_cannot_be)
{
    nbx_pipeline *pipeline = open_bytes();
    nbx_pipeline_samples samples = {.struct_size = sizeof(samples)};
    const char *text, *wrong[] = {LABELS};
    ck_assert_int_eq(nbx_pipeline_report(pipeline, 2, &text), NBX_INVALID);
    ck_assert_int_eq(nbx_pipeline_report(pipeline, NBX_REPORT_TEXT, NULL), NBX_INVALID);
    ck_assert_int_eq(nbx_pipeline_evaluate(pipeline, &samples, NBX_REPORT_TEXT, &text), NBX_INVALID);
    samples.data = wrong;
    samples.data_count = 1;
    ck_assert_int_eq(nbx_pipeline_evaluate(pipeline, &samples, NBX_REPORT_TEXT, &text), NBX_BAD_INPUT);
    ck_assert_str_eq(last().code, "E-FEED-001");
    ck_assert_ptr_null(text);
    nbx_pipeline_destroy(pipeline);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("mistakes");
    TCase *tcase = tcase_create("mistakes");
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_loop_test(tcase, creations_that_cannot_be, 0, sizeof(openings) / sizeof(openings[0]));
    tcase_add_loop_test(tcase, buffers_that_do_not_fit, 0, sizeof(buffers) / sizeof(buffers[0]));
    tcase_add_test(tcase, an_artifact_is_not_a_plan);
    tcase_add_test(tcase, an_artifact_with_a_flipped_bit_is_refused);
    tcase_add_test(tcase, nothing_is_written_where_it_cannot_be);
    tcase_add_test(tcase, a_refused_node_stops_everything_but_the_report);
    tcase_add_test(tcase, a_missed_budget_is_found);
    tcase_add_test(tcase, calls_without_an_object_answer);
    tcase_add_test(tcase, reports_and_samples_that_cannot_be);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
