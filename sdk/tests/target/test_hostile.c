/* SPDX-License-Identifier: Apache-2.0 */
/* Input made to cost time, memory or the stack: refused at once, with a clear message, and cheaply. */
#include <time.h>

#include "messages.h"

#define HEAD "nbx: 1\ntarget: a/b\n"

/* `before`, then `count` times `unit`, then `after`. */
typedef struct hostile {
    const char *name, *before, *unit, *after;
    size_t count;
    const char *code, *text;
} hostile;

static const hostile rows[] = {
    {"400,000 brackets", HEAD "options: ", "[", "", 400000, "E-TARGET-002", "more than 32 levels of nesting"},
    {"400,000 brackets and nothing else", "", "[", "", 400000, "E-TARGET-002", "more than 32 levels of nesting"},
    {"brackets on lines of their own", HEAD "options: ", "[\n ", "", 300000, "E-TARGET-002", "more than 32 levels of nesting"},
    {"brackets with a neighbour", HEAD "options: ", "[a,", "", 300000, "E-TARGET-002", "more than 32 levels of nesting"},
    {"braces", HEAD "options: ", "{a: ", "", 200000, "E-TARGET-002", "more than 32 levels of nesting"},
    {"lists in lists", HEAD "options:\n  ", "- ", "", 500000, "E-TARGET-002", "more than 32 levels of nesting"},
    {"keys in keys", HEAD, "? ", "", 500000, "E-TARGET-002", "more than 32 levels of nesting"},
    {"flow keys in keys", HEAD "options: ", "{? ", "", 300000, "E-TARGET-002", "more than 32 levels of nesting"},
    {"200,000 values", HEAD "nodes: [", "a,", "]", 200000, "E-TARGET-002", "more than 100000 values in one file"},
    {"2 MiB", HEAD "# ", "xxxxxxxxxxxxxxxx", "", 1 << 17, "E-TARGET-002", "the file is larger than 1 MiB"},
    {"a text of almost 1 MiB", HEAD "metric: ", "x", "", 1000000, "E-TARGET-010", NULL},
    {"a quoted text that never ends", HEAD "metric: \"", "x\n", "", 400000, "E-TARGET-001", NULL},
    {"a key of almost 1 MiB", HEAD "", "x", ": 1", 1000000, "E-TARGET-001", NULL},
    {"a path of deep brackets is short", HEAD "inputs: ", "[", "", 30, "E-TARGET-001", NULL},
    {"many anchors", HEAD "fallback: [", "&a b,", "c]", 40000, "E-TARGET-003", NULL},
    {"wrong entries by the thousand", HEAD "inputs: [", "{shap: 1},", "x]", 20000, "E-TARGET-009", NULL},
    {"nodes by the thousand, all wrong", HEAD "nodes: [", "{shap: 1},", "x]", 9000, "E-TARGET-006", NULL},
};

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static char *build(const hostile *row, size_t *bytes)
{
    size_t before = strlen(row->before), unit = strlen(row->unit), after = strlen(row->after);
    *bytes = before + unit * row->count + after;
    char *text = malloc(*bytes + 1);
    ck_assert_ptr_nonnull(text);
    memcpy(text, row->before, before);
    for (size_t i = 0; i < row->count; i++)
        memcpy(text + before + i * unit, row->unit, unit);
    memcpy(text + before + unit * row->count, row->after, after + 1);
    return text;
}

/* A second is a hundred times what each row takes without sanitizers, on a busy machine. */
static void check_refused(const char *name, const char *yaml, size_t bytes, const char *code, const char *text)
{
    nbx_context *context;
    nbx_job_set *set;
    nbx_message first;
    ck_assert_int_eq(nbx_context_create(&context), NBX_OK);
    nbx_job_text file = {"t.yaml", yaml, bytes};
    double start = seconds();
    nbx_status status = nbx_job_set_parse(context, &file, NULL, &set);
    double taken = seconds() - start;
    ck_assert_msg(status == NBX_BAD_INPUT && !set, "%s: status %d", name, status);
    ck_assert(nbx_message_get(context, 0, &first));
    ck_assert_msg(strcmp(first.code, code) == 0, "%s: %s %s", name, first.code, first.text);
    if (text) ck_assert_str_eq(first.text, text);
    ck_assert_msg(strlen(first.text) < 400, "%s: a message of %zu bytes", name, strlen(first.text));
    ck_assert_msg(taken < 1.0, "%s: %.2f s", name, taken);
    nbx_context_destroy(context);
}

START_TEST(hostile_rows_are_refused_at_once)
{
    size_t bytes;
    char *yaml = build(&rows[_i], &bytes);
    check_refused(rows[_i].name, yaml, bytes, rows[_i].code, rows[_i].text);
    free(yaml);
}
END_TEST

START_TEST(billion_laughs_are_refused)
{
    text_buffer yaml = {NULL, 0, 0};
    char line[256];
    text_write(&yaml, HEAD "a0: &a0 [lol, lol]\n", strlen(HEAD "a0: &a0 [lol, lol]\n"));
    for (int i = 1; i < 10; i++) {
        snprintf(line, sizeof(line), "a%d: &a%d [*a%d, *a%d, *a%d, *a%d, *a%d]\n", i, i, i - 1, i - 1, i - 1, i - 1, i - 1);
        text_write(&yaml, line, strlen(line));
    }
    check_refused("billion laughs", yaml.text, yaml.bytes, "E-TARGET-003", NULL);
    free(yaml.text);
}
END_TEST

/* Distinct keys make the search for duplicates as slow as it can be. */
START_TEST(many_keys_are_refused)
{
    text_buffer yaml = {NULL, 0, 0};
    char line[64];
    text_write(&yaml, HEAD "options:\n", strlen(HEAD "options:\n"));
    for (int i = 0; i < 40000; i++) {
        snprintf(line, sizeof(line), "  key%d: 1\n", i);
        text_write(&yaml, line, strlen(line));
    }
    check_refused("40,000 keys", yaml.text, yaml.bytes, "E-TARGET-002", "more than 1000 keys in one map");
    free(yaml.text);
}
END_TEST

/* A file that is right, changed at random: any answer is fine, but there is one, with a message if it is no. */
START_TEST(changed_files_never_crash)
{
    static const char good[] = "nbx: 1\ntarget: a/b\noptions: {a: 1, b: two}\nfallback: [cpu, reference]\ninputs:\n  - name: x\n"
                               "    shape: [1, 2, 3]\n    mean: [1.5, -2]\noutputs: [y, {name: z, dequantize: false}]\nmetric: {topk: 5}\n"
                               "budget: {drop: 0.5}\nquantization: {calibration: {method: minmax, samples: 7}}\nnodes:\n"
                               "  - {match: \"*\", scheme: int8}\ntargets:\n  - c/d\n";
    static const char letters[] = "[]{},:-?*&!|>'\"%#@` \n\t0a\\\xff\x80";
    uint32_t seed = 12345u + (uint32_t)_i;
    for (int round = 0; round < 500; round++) {
        char text[sizeof(good)];
        memcpy(text, good, sizeof(good));
        seed = seed * 1664525u + 1013904223u;
        for (uint32_t changes = 1 + (seed >> 28) % 4; changes; changes--) {
            seed = seed * 1664525u + 1013904223u;
            text[(seed >> 8) % (sizeof(good) - 1)] = letters[(seed >> 24) % (sizeof(letters) - 1)];
        }
        nbx_context *context;
        nbx_job_set *set;
        ck_assert_int_eq(nbx_context_create(&context), NBX_OK);
        nbx_job_text file = {"t.yaml", text, sizeof(good) - 1 - (seed >> 20) % 64};
        nbx_status status = nbx_job_set_parse(context, &file, NULL, &set);
        ck_assert((status == NBX_OK) == (set != NULL));
        ck_assert((status == NBX_OK) == (nbx_message_count(context) == 0));
        nbx_job_set_destroy(set);
        nbx_context_destroy(context);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("hostile");
    TCase *tests = tcase_create("rows");
    tcase_add_loop_test(tests, hostile_rows_are_refused_at_once, 0, (int)(sizeof(rows) / sizeof(rows[0])));
    tcase_add_test(tests, billion_laughs_are_refused);
    tcase_add_test(tests, many_keys_are_refused);
    tcase_add_loop_test(tests, changed_files_never_crash, 0, 4);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
