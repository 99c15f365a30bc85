/* SPDX-License-Identifier: Apache-2.0 */
/* What is written from the rows: the documentation in the tree, the JSON Schema, the starter; and the suggestions. */
#include <jansson.h>

#include "messages.h"
#include "target/suggest.h"

static const nbx_option options[] = {
    {.struct_size = sizeof(nbx_option),
     .kind = NBX_OPTION_CHOICE,
     .name = "ddr",
     .choices = "ddr3|ddr4",
     .default_value = "ddr4",
     .text = "memory"},
    {.struct_size = sizeof(nbx_option),
     .kind = NBX_OPTION_INT,
     .name = "cores",
     .default_value = "2",
     .lo = 1,
     .hi = 4,
     .text = "cores to use"},
    {.struct_size = sizeof(nbx_option), .kind = NBX_OPTION_BOOL, .name = "fast", .default_value = "false", .text = "less exact"},
};
static const nbx_chip chip = {.struct_size = sizeof(nbx_chip), .name = "one", .text = "an invented chip", .options = NBX_SPAN(options)};

static text_buffer written;
static const nbx_text_sink sink = {&written, text_write};

static void teardown(void)
{
    free(written.text);
    written = (text_buffer){NULL, 0, 0};
}

static char *read_file(const char *path)
{
    text_buffer text = {NULL, 0, 0};
    char piece[4096];
    FILE *file = fopen(path, "rb");
    text_write(&text, "", 0);
    if (!file) return text.text;
    for (size_t got; (got = fread(piece, 1, sizeof(piece), file)) > 0;)
        text_write(&text, piece, got);
    fclose(file);
    return text.text;
}

START_TEST(the_documentation_is_the_rows)
{
    ck_assert_int_eq(nbx_target_schema_write(NBX_SCHEMA_MARKDOWN, &sink), NBX_OK);
    char *committed = read_file(NBX_SOURCE "/docs/target-file.md");
    if (strcmp(committed, written.text) != 0) {
        FILE *file = fopen(NBX_BUILD "/target-file.md", "wb");
        ck_assert_ptr_nonnull(file);
        fputs(written.text, file);
        fclose(file);
        ck_abort_msg("docs/target-file.md is not what the rows say; take " NBX_BUILD "/target-file.md");
    }
    free(committed);
}
END_TEST

START_TEST(the_json_schema_is_json_and_knows_the_keys)
{
    json_error_t error;
    ck_assert_int_eq(nbx_target_schema_write(NBX_SCHEMA_JSON, &sink), NBX_OK);
    json_t *root = json_loads(written.text, JSON_REJECT_DUPLICATES, &error);
    ck_assert_msg(root != NULL, "%d:%d %s", error.line, error.column, error.text);
    json_t *properties = json_object_get(root, "properties");
    ck_assert_uint_eq(json_object_size(properties), 11);
    ck_assert_ptr_nonnull(json_object_get(properties, "nbx"));
    ck_assert_str_eq(json_string_value(json_object_get(json_object_get(json_object_get(properties, "targets"), "items"), "$ref")),
                     "#/$defs/entry");
    json_t *entry = json_object_get(json_object_get(root, "$defs"), "entry");
    json_t *keys = json_object_get(json_array_get(json_object_get(entry, "anyOf"), 1), "properties");
    ck_assert_uint_eq(json_object_size(keys), 9);
    ck_assert(json_is_false(json_object_get(json_array_get(json_object_get(entry, "anyOf"), 1), "additionalProperties")));
    json_decref(root);
}
END_TEST

static void check_reads(const char *text)
{
    nbx_context *context;
    nbx_job_set *set;
    ck_assert_int_eq(nbx_context_create(&context), NBX_OK);
    nbx_status status = parse_text(context, text, NULL, &set);
    char *lines = message_lines(context);
    ck_assert_msg(status == NBX_OK, "%s\n%s", text, lines);
    ck_assert_str_eq(set->jobs[0].target, "acme/one");
    free(lines);
    nbx_job_set_destroy(set);
    nbx_context_destroy(context);
}

/* Removes the '#' of suggestions: it stands right before a key, or before at least two spaces; prose has one space. */
static void uncomment(char *text)
{
    char *to = text;
    for (char *from = text; *from;) {
        bool suggestion = from[0] == '#' && (from[1] != ' ' || from[2] == ' ');
        size_t line = strcspn(from, "\n") + 1, skip = suggestion ? 1 : 0;
        memmove(to, from + skip, line - skip);
        to += line - skip;
        from += line;
    }
    *to = '\0';
}

START_TEST(the_starter_reads_as_it_is_and_uncommented)
{
    ck_assert_int_eq(nbx_target_init("acme", &chip, &sink), NBX_OK);
    check_reads(written.text);
    uncomment(written.text);
    check_reads(written.text);
    ck_assert_ptr_nonnull(strstr(written.text, "options:\n  ddr: ddr4  # memory (ddr3|ddr4)\n  cores: 2  # cores to use (1 to 4)\n"));
    ck_assert_ptr_nonnull(strstr(written.text, "\nquantization:  #"));
}
END_TEST

static nbx_status refuse(void *self, const char *text, size_t bytes)
{
    (void)text, (void)bytes;
    return --*(int *)self < 0 ? NBX_IO : NBX_OK;
}

START_TEST(a_failing_sink_is_reported)
{
    for (int good = 0; good < 20; good += 19) {
        int left = good;
        nbx_text_sink bad = {&left, refuse};
        ck_assert_int_eq(nbx_target_init("acme", &chip, &bad), NBX_IO);
        left = good;
        ck_assert_int_eq(nbx_target_schema_write(NBX_SCHEMA_MARKDOWN, &bad), NBX_IO);
        left = good;
        ck_assert_int_eq(nbx_target_schema_write(NBX_SCHEMA_JSON, &bad), NBX_IO);
    }
}
END_TEST

static const struct {
    const char *wrong, *choices, *right; /* right NULL: none is near */
} suggestions[] = {
    {"NHCW", "NC|NCW|NWC|NCHW|NHWC", "NHWC"}, /* a swap at the end rather than one in the middle, or a letter too many */
    {"nchw", "NC|NCHW|NHWC", "NCHW"},
    {"sram_kb", "sram_kib|dram_kib", "sram_kib"},
    {"lint", "plan|lint|run", "lint"},
    {"pln", "plan|lint|run", "plan"},
    {"quantisation", "quantization|inputs", "quantization"},
    {"x", "y|z", NULL},
    {"entropy", "minmax|percentile|none", NULL},
    {"", "a|b", NULL},
    {"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "a|b", NULL},
};

START_TEST(suggests_what_was_meant)
{
    size_t bytes;
    const char *found = nbx_suggest_choice(suggestions[_i].wrong, suggestions[_i].choices, &bytes);
    const char *right = suggestions[_i].right;
    if (!right)
        ck_assert_ptr_null(found);
    else
        ck_assert_msg(found && bytes == strlen(right) && memcmp(found, right, bytes) == 0, "%s: %.*s", suggestions[_i].wrong, (int)bytes,
                      found ? found : "");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("schema");
    TCase *tests = tcase_create("rows");
    tcase_add_checked_fixture(tests, NULL, teardown);
    tcase_add_test(tests, the_documentation_is_the_rows);
    tcase_add_test(tests, the_json_schema_is_json_and_knows_the_keys);
    tcase_add_test(tests, the_starter_reads_as_it_is_and_uncommented);
    tcase_add_test(tests, a_failing_sink_is_reported);
    tcase_add_loop_test(tests, suggests_what_was_meant, 0, (int)(sizeof(suggestions) / sizeof(suggestions[0])));
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
