/* SPDX-License-Identifier: Apache-2.0 */
/* Correct target files: the jobs they make, the merged view with origins, overrides, several targets. */
#include "messages.h"

static nbx_context *context;

static void setup(void)
{
    ck_assert_int_eq(nbx_context_create(&context), NBX_OK);
}

static void teardown(void)
{
    nbx_context_destroy(context);
    context = NULL;
}

static nbx_job_set *parse(const char *yaml, const nbx_overrides *overrides)
{
    nbx_job_set *set;
    nbx_status status = parse_text(context, yaml, overrides, &set);
    char *lines = message_lines(context);
    ck_assert_msg(status == NBX_OK, "%s%s", yaml, lines);
    free(lines);
    return set;
}

static char *explain(const nbx_job *job)
{
    text_buffer text = {NULL, 0, 0};
    nbx_text_sink sink = {&text, text_write};
    ck_assert_int_eq(nbx_job_explain(job, &sink), NBX_OK);
    return text.text;
}

static const char full[] = "nbx: 1\n"
                           "target: hisilicon/hi3559av100\n"
                           "options: {precision: low_bandwidth, ddr: ddr4, lanes: 4}\n"
                           "fallback: [cpu/avx2, reference]\n"
                           "inputs:\n"
                           "  - name: input\n"
                           "    shape: [1, 0x3, 32, 32]\n"
                           "    source: {layout: NHWC, type: uint8}\n"
                           "    mean: [72.93, -1, .5]\n"
                           "    scale: 1.5e-2\n"
                           "  - {name: second}\n"
                           "outputs: [logits, {name: features, dequantize: false}]\n"
                           "metric: {topk: 3}\n"
                           "budget: {latency_ms: 1.0, drop: 0.01, memory_mb: 8}\n"
                           "quantization:\n"
                           "  scheme: int8\n"
                           "  calibration: {method: percentile, percentile: 99.9, data: data/calib.npy, samples: 200}\n"
                           "  bias_correction: false\n"
                           "nodes:\n"
                           "  - {match: \"Conv_0\", scheme: log16}\n"
                           "  - {match: \"*Softmax*\", place: fallback}\n";

START_TEST(every_key_reaches_the_job)
{
    nbx_job_set *set = parse(full, NULL);
    ck_assert_uint_eq(set->count, 1);
    const nbx_job *job = &set->jobs[0];
    ck_assert_ptr_eq(job->context, context);
    ck_assert_str_eq(job->path, "t.yaml");
    ck_assert_str_eq(job->folder, "");
    ck_assert_str_eq(job->target, "hisilicon/hi3559av100");
    ck_assert_uint_eq(job->target_place.line, 2);
    ck_assert_uint_eq(job->option_count, 3);
    ck_assert_str_eq(job->options[2].name, "lanes");
    ck_assert_str_eq(job->options[2].value, "4");
    ck_assert_uint_eq(job->options[2].place.line, 3);
    ck_assert_uint_eq(job->fallback_count, 2);
    ck_assert_str_eq(job->fallback[0], "cpu/avx2");
    ck_assert_str_eq(job->fallback[1], "reference/any");
    ck_assert_uint_eq(job->input_count, 2);
    const nbx_job_input *input = &job->inputs[0];
    ck_assert_str_eq(input->name, "input");
    ck_assert_uint_eq(input->place.line, 6);
    ck_assert_uint_eq(input->shape_count, 4);
    ck_assert_int_eq(input->shape[1], 3);
    ck_assert_str_eq(input->source_layout, "NHWC");
    ck_assert_str_eq(input->source_type, "uint8");
    ck_assert_uint_eq(input->mean_count, 3);
    ck_assert_double_eq(input->mean[0], 72.93);
    ck_assert_double_eq(input->mean[1], -1);
    ck_assert_double_eq(input->mean[2], 0.5);
    ck_assert_uint_eq(input->scale_count, 1);
    ck_assert_double_eq(input->scale[0], 0.015);
    ck_assert_ptr_null(job->inputs[1].shape);
    ck_assert_ptr_null(job->inputs[1].source_layout);
    ck_assert_uint_eq(job->output_count, 2);
    ck_assert(job->outputs[0].dequantize && !job->outputs[1].dequantize);
    ck_assert_str_eq(job->outputs[0].name, "logits");
    ck_assert_str_eq(job->metric, "topk");
    ck_assert_uint_eq(job->metric_k, 3);
    ck_assert(job->has_latency_ms && job->has_drop && job->has_memory_mb);
    ck_assert_double_eq(job->drop, 0.01);
    ck_assert_str_eq(job->scheme, "int8");
    ck_assert_str_eq(job->method, "percentile");
    ck_assert_double_eq(job->percentile, 99.9);
    ck_assert_str_eq(job->calibration, "data/calib.npy");
    ck_assert_uint_eq(job->samples, 200);
    ck_assert(!job->bias_correction);
    ck_assert_uint_eq(job->node_count, 2);
    ck_assert_str_eq(job->nodes[0].scheme, "log16");
    ck_assert_ptr_null(job->nodes[0].at);
    ck_assert_str_eq(job->nodes[1].match, "*Softmax*");
    ck_assert_str_eq(job->nodes[1].at, "fallback");
    nbx_job_set_destroy(set);
}
END_TEST

START_TEST(a_bare_chip_has_defaults)
{
    nbx_job_set *set;
    ck_assert_int_eq(nbx_job_set_default(context, "acme/one", NULL, &set), NBX_OK);
    const nbx_job *job = &set->jobs[0];
    ck_assert_str_eq(job->target, "acme/one");
    ck_assert_ptr_null(job->path);
    ck_assert_uint_eq(job->fallback_count, 0);
    ck_assert_str_eq(job->method, "minmax");
    ck_assert_double_eq(job->percentile, 99.99);
    ck_assert(job->bias_correction && !job->metric && !job->scheme && !job->calibration && !job->has_drop);
    nbx_job_set_destroy(set);
    ck_assert_int_eq(nbx_job_set_default(context, "acme", NULL, &set), NBX_BAD_INPUT);
    ck_assert_ptr_null(set);
}
END_TEST

START_TEST(a_command_is_an_argv)
{
    nbx_job_set *set = parse("nbx: 1\ntarget: a/b\nmetric: {command: [./score, --k, 5]}\n", NULL);
    ck_assert_ptr_null(set->jobs[0].metric);
    ck_assert_str_eq(set->jobs[0].metric_command[2], "5");
    ck_assert_ptr_null(set->jobs[0].metric_command[3]);
    nbx_job_set_destroy(set);
    set = parse("nbx: 1\ntarget: a/b\nmetric: topk\n", NULL);
    ck_assert_uint_eq(set->jobs[0].metric_k, 5);
    nbx_job_set_destroy(set);
}
END_TEST

START_TEST(paths_are_relative_to_the_file)
{
    static const struct {
        const char *name, *data, *override, *path;
    } rows[] = {
        {"dir/sub/t.yaml", "calib.npy", NULL, "dir/sub/calib.npy"},
        {"/t.yaml", "calib.npy", NULL, "/calib.npy"},
        {"t.yaml", "calib.npy", NULL, "calib.npy"},
        {"dir/t.yaml", "/data/calib.npy", NULL, "/data/calib.npy"},
        {"dir/t.yaml", "calib.npy", "quantization.calibration.data=other.npy", "other.npy"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char yaml[256];
        snprintf(yaml, sizeof(yaml), "nbx: 1\ntarget: a/b\nquantization: {calibration: {data: %s}}\n", rows[i].data);
        nbx_job_text text = {rows[i].name, yaml, strlen(yaml)};
        nbx_overrides one = {&rows[i].override, rows[i].override ? 1 : 0};
        nbx_job_set *set;
        ck_assert_int_eq(nbx_job_set_parse(context, &text, &one, &set), NBX_OK);
        ck_assert_str_eq(set->jobs[0].calibration, rows[i].path);
        nbx_job_set_destroy(set);
    }
}
END_TEST

#define TAIL_QUANTIZATION                                                                                                                  \
    "quantization:\n  calibration:\n    method: minmax  # default\n    percentile: 99.99  # default\n    samples: 0  # default\n"          \
    "  bias_correction: true  # default\n"

/* The merged view of job `index`, which shows every value and where it came from. */
static const struct {
    const char *name, *yaml, *sets[4];
    uint32_t index;
    const char *view;
} views[] = {
    {"defaults are named",
     "nbx: 1\ntarget: a/b\n",
     {NULL},
     0,
     "nbx: 1  # t.yaml:1\ntarget: a/b  # t.yaml:2\nfallback: none  # default\n" TAIL_QUANTIZATION},
    {"the command line wins and creates what is missing",
     "nbx: 1\ntarget: a/b\noptions: {ddr: ddr3, mode: fast}\n",
     {"options.ddr=ddr4", "inputs[0].name=x", "inputs[0].mean=[1, 2]", "budget={drop: 0.1}"},
     0,
     "nbx: 1  # t.yaml:1\ntarget: a/b  # t.yaml:2\noptions:\n  ddr: ddr4  # --set\n  mode: fast  # t.yaml:3\nfallback: none  # default\n"
     "inputs:\n  - name: x  # --set\n    mean: [1, 2]  # --set\nbudget:\n  drop: 0.1  # --set\n" TAIL_QUANTIZATION},
    {"an entry of targets is laid over the file",
     "nbx: 1\noptions: {ddr: ddr3, mode: fast}\nfallback: reference\ntargets:\n  - a/b\n  - target: c/d\n    options: {ddr: ddr4}\n"
     "    fallback: [cpu/any, reference]\n    metric: {topk: 2}\nmetric: {command: [x]}\n",
     {NULL},
     1,
     "nbx: 1  # t.yaml:1\ntarget: c/d  # t.yaml:6\noptions:\n  ddr: ddr4  # t.yaml:7\n  mode: fast  # t.yaml:2\n"
     "fallback: [cpu/any, reference]  # t.yaml:8\nmetric:\n  topk: 2  # t.yaml:9\n" TAIL_QUANTIZATION},
    {"the other entry keeps the file's values",
     "nbx: 1\noptions: {ddr: ddr3}\nfallback: reference\ntargets:\n  - a/b\n  - {target: c/d, options: {ddr: ddr4}}\n",
     {NULL},
     0,
     "nbx: 1  # t.yaml:1\ntarget: a/b  # t.yaml:5\noptions:\n  ddr: ddr3  # t.yaml:2\nfallback: reference  # t.yaml:3\n" TAIL_QUANTIZATION},
    {"the command line wins over every entry, or over one",
     "nbx: 1\ntargets:\n  - {target: a/b, fallback: cpu}\n  - {target: c/d, fallback: cpu}\n",
     {"fallback=none", "targets[1].options.ddr=ddr4", "targets[0]=e/f"},
     1,
     "nbx: 1  # t.yaml:1\ntarget: c/d  # t.yaml:4\noptions:\n  ddr: ddr4  # --set\nfallback: none  # --set\n" TAIL_QUANTIZATION},
    {"an appended target",
     "nbx: 1\ntargets: [a/b]\n",
     {"targets[1]=c/d"},
     1,
     "nbx: 1  # t.yaml:1\ntarget: c/d  # --set\nfallback: none  # default\n" TAIL_QUANTIZATION},
    {"names that need quotes get them",
     "nbx: 1\ntarget: a/b\nnodes: [{match: \"*a\\\"\\\\\\n\\u2028\xc3\xa4\", scheme: '12'}]\noutputs: x y\n",
     {NULL},
     0,
     "nbx: 1  # t.yaml:1\ntarget: a/b  # t.yaml:2\nfallback: none  # default\noutputs:\n  - name: \"x y\"  # t.yaml:4\n"
     "    dequantize: true  # default\n" TAIL_QUANTIZATION
     "nodes:\n  - match: \"*a\\\"\\\\\\u000a\\u2028\xc3\xa4\"  # t.yaml:3\n    scheme: \"12\"  # t.yaml:3\n"},
};

START_TEST(the_merged_view_names_origins)
{
    uint32_t count = 0;
    while (count < 4 && views[_i].sets[count])
        count++;
    nbx_overrides overrides = {views[_i].sets, count};
    nbx_job_set *set = parse(views[_i].yaml, &overrides);
    char *text = explain(&set->jobs[views[_i].index]);
    ck_assert_msg(strcmp(text, views[_i].view) == 0, "%s:\n%s---- want:\n%s", views[_i].name, text, views[_i].view);
    free(text);
    nbx_job_set_destroy(set);
}
END_TEST

/* Drops the comments, which name origins. */
static void strip(char *text)
{
    char *to = text;
    for (char *from = text; *from;) {
        if (strncmp(from, "  # ", 4) == 0) from += strcspn(from, "\n");
        *to++ = *from++;
    }
    *to = '\0';
}

START_TEST(the_merged_view_reads_back_to_the_same)
{
    const char *yaml = _i < (int)(sizeof(views) / sizeof(views[0])) ? views[_i].yaml : full;
    nbx_job_set *set = parse(yaml, NULL);
    char *first = explain(&set->jobs[0]);
    nbx_job_set *again = parse(first, NULL);
    char *second = explain(&again->jobs[0]);
    strip(first);
    strip(second);
    ck_assert_str_eq(first, second);
    free(first);
    free(second);
    nbx_job_set_destroy(again);
    nbx_job_set_destroy(set);
}
END_TEST

START_TEST(files_are_read_and_missing_ones_reported)
{
    char path[] = NBX_BUILD "/test_jobs.XXXXXX";
    int file = mkstemp(path);
    ck_assert_int_ge(file, 0);
    FILE *stream = fdopen(file, "w");
    fputs("\xef\xbb\xbfnbx: 1\r\ntarget: a/b\r\nquantization: {calibration: {data: c.npy}}\r\n", stream); /* as Windows editors write it */
    fclose(stream);
    nbx_job_set *set;
    ck_assert_int_eq(nbx_job_set_load(context, path, NULL, &set), NBX_OK);
    ck_assert_str_eq(set->jobs[0].folder, NBX_BUILD);
    ck_assert_str_eq(set->jobs[0].calibration, NBX_BUILD "/c.npy");
    nbx_job_set_destroy(set);
    remove(path);
    ck_assert_int_eq(nbx_job_set_load(context, path, NULL, &set), NBX_IO);
    ck_assert_int_eq(nbx_job_set_load(context, "/", NULL, &set), NBX_IO);
    ck_assert_ptr_null(set);
    ck_assert_uint_eq(nbx_message_count(context), 2);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("jobs");
    TCase *rows = tcase_create("rows");
    int count = (int)(sizeof(views) / sizeof(views[0]));
    tcase_add_checked_fixture(rows, setup, teardown);
    tcase_add_test(rows, every_key_reaches_the_job);
    tcase_add_test(rows, a_bare_chip_has_defaults);
    tcase_add_test(rows, a_command_is_an_argv);
    tcase_add_test(rows, paths_are_relative_to_the_file);
    tcase_add_loop_test(rows, the_merged_view_names_origins, 0, count);
    tcase_add_loop_test(rows, the_merged_view_reads_back_to_the_same, 0, count + 1);
    tcase_add_test(rows, files_are_read_and_missing_ones_reported);
    suite_add_tcase(suite, rows);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
