/* SPDX-License-Identifier: Apache-2.0 */
/* What the API does when it is used as meant: ports, runs in both forms, artifacts, reports. */
#include <pthread.h>

#include "opened.h"

static int largest(const float *scores)
{
    int best = 0;
    for (int i = 1; i < CLASSES; i++)
        if (scores[i] > scores[best]) best = i;
    return best;
}

static void run(nbx_pipeline *pipeline, uint32_t form, void *data, uint64_t bytes, float *scores)
{
    nbx_pipeline_buffer input = {data, bytes, form, 0}, output = {scores, CLASSES * sizeof(float), NBX_FORM_PORT, 0};
    nbx_status status = nbx_pipeline_run(pipeline, &input, 1, &output, 1);
    ck_assert_msg(status == NBX_OK, "%s", last().text);
}

START_TEST(ports_say_what_a_caller_needs)
{
    nbx_pipeline *pipeline = open_bytes();
    nbx_pipeline_port port = {.struct_size = sizeof(port)};
    ck_assert_uint_eq(nbx_pipeline_input_count(pipeline), 1);
    ck_assert_uint_eq(nbx_pipeline_output_count(pipeline), 1);
    ck_assert_int_eq(nbx_pipeline_port_get(pipeline, 0, &port), NBX_OK);
    ck_assert_str_eq(port.name, "input");
    ck_assert(!port.is_output && !port.layout && !port.encoding);
    ck_assert_uint_eq(port.dtype, NBX_DTYPE_UINT8);
    ck_assert_uint_eq(port.rank, 4);
    ck_assert(port.dims[0] == 1 && port.dims[1] == 1 && port.dims[2] == 32 && port.dims[3] == 32);
    ck_assert_uint_eq(port.bytes, PIXELS);
    ck_assert_int_eq(nbx_pipeline_port_get(pipeline, 1, &port), NBX_OK);
    ck_assert(port.is_output && port.dtype == NBX_DTYPE_FLOAT32 && port.bytes == CLASSES * sizeof(float) && port.align == sizeof(float));
    ck_assert_int_eq(nbx_pipeline_port_get(pipeline, 2, &port), NBX_INVALID);
    nbx_pipeline_destroy(pipeline);
}
END_TEST

START_TEST(an_older_caller_gets_the_part_it_knows)
{
    nbx_pipeline *pipeline = open_bytes();
    nbx_pipeline_port port;
    memset(&port, 0xa5, sizeof(port));
    port.struct_size = offsetof(nbx_pipeline_port, dtype);
    ck_assert_int_eq(nbx_pipeline_port_get(pipeline, 0, &port), NBX_OK);
    ck_assert_str_eq(port.name, "input");
    ck_assert_uint_eq(port.struct_size, offsetof(nbx_pipeline_port, dtype));
    ck_assert_uint_eq(port.dtype, 0xa5a5a5a5);
    nbx_pipeline_destroy(pipeline);
}
END_TEST

START_TEST(bytes_and_prepared_values_give_the_same)
{
    unsigned char pixels[PIXELS];
    float values[PIXELS], from_bytes[CLASSES], from_values[CLASSES];
    nbx_pipeline *pipeline = open_bytes();
    int label = read_picture(0, pixels);
    for (int i = 0; i < PIXELS; i++)
        values[i] = (float)((pixels[i] - 72.93) * 0.0111092596);
    run(pipeline, NBX_FORM_PORT, pixels, sizeof(pixels), from_bytes);
    run(pipeline, NBX_FORM_MODEL, values, sizeof(values), from_values);
    ck_assert_mem_eq(from_bytes, from_values, sizeof(from_bytes));
    ck_assert_int_eq(largest(from_bytes), label);
    nbx_pipeline_destroy(pipeline);
}
END_TEST

START_TEST(an_artifact_gives_what_its_plan_gave)
{
    unsigned char pixels[PIXELS];
    float planned[CLASSES], loaded[CLASSES];
    nbx_pipeline *pipeline = open_bytes(), *artifact;
    nbx_pipeline_options options = plugins_here();
    read_picture(1, pixels);
    run(pipeline, NBX_FORM_PORT, pixels, sizeof(pixels), planned);
    ck_assert_int_eq(nbx_pipeline_save(pipeline, in_folder("model.nbx")), NBX_OK);
    ck_assert_ptr_null(nbx_pipeline_header(pipeline, "chip"));
    nbx_pipeline_destroy(pipeline);
    ck_assert_int_eq(nbx_pipeline_load(context, in_folder("model.nbx"), &options, &artifact), NBX_OK);
    ck_assert_str_eq(nbx_pipeline_header(artifact, "chip"), "reference/any");
    ck_assert_uint_eq(strlen(nbx_pipeline_header(artifact, "model_digest")), 64);
    ck_assert_ptr_null(nbx_pipeline_header(artifact, "no such key"));
    ck_assert_int_eq(nbx_pipeline_check(artifact), NBX_OK);
    ck_assert_int_eq(nbx_pipeline_compile(artifact), NBX_OK);
    run(artifact, NBX_FORM_PORT, pixels, sizeof(pixels), loaded);
    ck_assert_mem_eq(planned, loaded, sizeof(planned));
    nbx_pipeline_destroy(artifact);
}
END_TEST

START_TEST(two_pipelines_of_a_context_do_not_disturb_each_other)
{
    unsigned char pixels[PIXELS];
    float first[CLASSES], second[CLASSES], again[CLASSES];
    nbx_pipeline *a = open_bytes(), *b = open_bytes();
    read_picture(2, pixels);
    run(a, NBX_FORM_PORT, pixels, sizeof(pixels), first);
    run(b, NBX_FORM_PORT, pixels, sizeof(pixels), second);
    nbx_pipeline_destroy(a);
    run(b, NBX_FORM_PORT, pixels, sizeof(pixels), again);
    ck_assert_mem_eq(first, second, sizeof(first));
    ck_assert_mem_eq(first, again, sizeof(first));
    nbx_pipeline_destroy(b);
    ck_assert_msg(nbx_message_count(context) == 0, "%s", last().text);
}
END_TEST

typedef struct lane {
    pthread_t thread;
    unsigned char pixels[PIXELS];
    float scores[CLASSES];
    nbx_status status;
} lane;

/* All of it with a context of its own. */
static void *work(void *arg)
{
    lane *mine = arg;
    const char *overrides[] = {prepare};
    nbx_context *own = NULL;
    nbx_pipeline *pipeline = NULL;
    nbx_pipeline_options options = plugins_here();
    options.overrides = overrides;
    options.override_count = 1;
    nbx_pipeline_buffer input = {mine->pixels, PIXELS, NBX_FORM_PORT, 0}, output = {mine->scores, sizeof(mine->scores), NBX_FORM_PORT, 0};
    mine->status = nbx_context_create(&own);
    if (mine->status == NBX_OK) mine->status = nbx_pipeline_create(own, "reference/any", MODEL, &options, &pipeline);
    if (mine->status == NBX_OK) mine->status = nbx_pipeline_run(pipeline, &input, 1, &output, 1);
    nbx_pipeline_destroy(pipeline);
    if (mine->status == NBX_OK && nbx_message_count(own)) mine->status = NBX_FOUND;
    nbx_context_destroy(own);
    return NULL;
}

START_TEST(contexts_on_threads_are_independent)
{
    enum { THREADS = 4 };
    static lane lanes[THREADS];
    for (int i = 0; i < THREADS; i++) {
        read_picture(3, lanes[i].pixels);
        ck_assert_int_eq(pthread_create(&lanes[i].thread, NULL, work, &lanes[i]), 0);
    }
    for (int i = 0; i < THREADS; i++)
        ck_assert_int_eq(pthread_join(lanes[i].thread, NULL), 0);
    for (int i = 0; i < THREADS; i++) {
        ck_assert_int_eq(lanes[i].status, NBX_OK);
        ck_assert_mem_eq(lanes[i].scores, lanes[0].scores, sizeof(lanes[0].scores));
    }
}
END_TEST

START_TEST(reports_come_as_text_and_json)
{
    nbx_pipeline *pipeline = open_bytes();
    const char *text;
    ck_assert_int_eq(nbx_pipeline_report(pipeline, NBX_REPORT_TEXT, &text), NBX_OK);
    ck_assert_ptr_nonnull(strstr(text, "reference/any"));
    ck_assert_int_eq(nbx_pipeline_report(pipeline, NBX_REPORT_JSON, &text), NBX_OK);
    ck_assert(text[0] == '{' && strstr(text, "\"schema_version\"") && strstr(text, "\"nodes\""));
    ck_assert_int_eq(nbx_pipeline_check(pipeline), NBX_OK);
    nbx_pipeline_destroy(pipeline);
}
END_TEST

/* The first `count` rows of a .npy of bytes, under another name. */
static void cut_file(const char *from, const char *to, int count, size_t row)
{
    char head[NPY_HEAD], body[8 * PIXELS];
    FILE *file = fopen(from, "rb");
    ck_assert(file && fread(head, 1, NPY_HEAD, file) == NPY_HEAD && fread(body, row, (size_t)count, file) == (size_t)count);
    fclose(file);
    char *shape = memmem(head, NPY_HEAD, "(200,", 5);
    ck_assert_ptr_nonnull(shape);
    shape[1] = ' ';
    shape[2] = ' ';
    shape[3] = (char)('0' + count);
    file = fopen(to, "wb");
    ck_assert(file && fwrite(head, 1, NPY_HEAD, file) == NPY_HEAD && fwrite(body, row, (size_t)count, file) == (size_t)count);
    ck_assert_int_eq(fclose(file), 0);
}

START_TEST(accuracy_is_measured_on_files)
{
    char data[128], labels[128];
    const char *data_rows[] = {data}, *label_rows[] = {labels}, *text;
    nbx_pipeline_samples samples = {
        .struct_size = sizeof(samples), .data_count = 1, .data = data_rows, .label_count = 1, .labels = label_rows};
    strcpy(data, in_folder("data.npy"));
    strcpy(labels, in_folder("labels.npy"));
    cut_file(SAMPLES, data, 4, PIXELS);
    cut_file(LABELS, labels, 4, 1);
    nbx_pipeline *pipeline = open_bytes();
    ck_assert_int_eq(nbx_pipeline_evaluate(pipeline, &samples, NBX_REPORT_JSON, &text), NBX_OK);
    ck_assert(strstr(text, "\"samples\": 4") && strstr(text, "\"top1\": 1.0"));
    nbx_pipeline_destroy(pipeline);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("pipeline");
    TCase *tcase = tcase_create("pipeline");
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, ports_say_what_a_caller_needs);
    tcase_add_test(tcase, an_older_caller_gets_the_part_it_knows);
    tcase_add_test(tcase, bytes_and_prepared_values_give_the_same);
    tcase_add_test(tcase, an_artifact_gives_what_its_plan_gave);
    tcase_add_test(tcase, two_pipelines_of_a_context_do_not_disturb_each_other);
    tcase_add_test(tcase, contexts_on_threads_are_independent);
    tcase_add_test(tcase, reports_come_as_text_and_json);
    tcase_add_test(tcase, accuracy_is_measured_on_files);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
