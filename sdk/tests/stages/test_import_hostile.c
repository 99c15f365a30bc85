/* SPDX-License-Identifier: Apache-2.0 */
/* Damaged and hostile models through the whole import: an error or a graph, never a crash, and in time that grows with the file. */
#include <stdio.h>
#include <time.h>

#include "imported.h"
#include "seed_model.h"

/* Damage is random but the same each time: xorshift64. */
static uint64_t next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

/* Imports and says whether it went one of the two ways: a graph and no error, or no graph and one error. */
static void import_damaged(const pb *model, const char *what, unsigned number)
{
    nbx_graph *graph;
    nbx_messages_clear(context);
    nbx_status status = nbx_import_onnx_bytes(context, model->data, model->used, "damaged.onnx", NULL, &graph);
    uint32_t errors = 0;
    nbx_message message;
    for (uint32_t i = 0; nbx_message_get(context, i, &message); i++)
        errors += message.severity == NBX_LOG_ERROR;
    ck_assert_msg((status == NBX_OK) == (graph != NULL), "%s %u", what, number);
    ck_assert_msg(errors == (status != NBX_OK), "%s %u: %u errors", what, number, errors);
    ck_assert_msg(status == NBX_OK || status == NBX_BAD_INPUT, "%s %u: status %d", what, number, status);
    if (graph) check_origins(graph);
    nbx_graph_destroy(graph);
}

START_TEST(the_seed_itself_imports)
{
    pb model = seed_model();
    nbx_graph *graph;
    ck_assert_msg(nbx_import_onnx_bytes(context, model.data, model.used, "seed.onnx", NULL, &graph) == NBX_OK, "%s", last_text());
    ck_assert_uint_eq(graph->output_count, 3);
    check_origins(graph);
    nbx_graph_destroy(graph);
    pb_free(&model);
}
END_TEST

START_TEST(truncated_at_every_length)
{
    pb model = seed_model();
    for (size_t length = 0; length < model.used; length++) {
        uint8_t *exact = malloc(length + 1); /* so that a sanitizer sees a byte too far */
        ck_assert_ptr_nonnull(exact);
        pb cut = {realloc(exact, length ? length : 1), length, length};
        ck_assert_ptr_nonnull(cut.data);
        memcpy(cut.data, model.data, length);
        import_damaged(&cut, "length", (unsigned)length);
        pb_free(&cut);
    }
    pb_free(&model);
}
END_TEST

START_TEST(bits_flipped)
{
    uint64_t state = UINT64_C(0x9e3779b97f4a7c15) + (uint64_t)_i;
    pb model = seed_model();
    for (unsigned i = 0; i < 1000; i++) {
        pb damaged = {0};
        pb_raw(&damaged, model.data, model.used);
        for (uint64_t flips = 1 + next_random(&state) % 4; flips; flips--)
            damaged.data[next_random(&state) % damaged.used] ^= (uint8_t)(1u << next_random(&state) % 8);
        import_damaged(&damaged, "flip", i);
        pb_free(&damaged);
    }
    pb_free(&model);
}
END_TEST

START_TEST(bytes_overwritten)
{
    static const uint8_t nasty[] = {0x00, 0x01, 0x7f, 0x80, 0xff};
    uint64_t state = UINT64_C(0x2545f4914f6cdd1d);
    pb model = seed_model();
    for (unsigned i = 0; i < 2000; i++) {
        pb damaged = {0};
        pb_raw(&damaged, model.data, model.used);
        size_t at = next_random(&state) % damaged.used, count = 1 + next_random(&state) % 10;
        for (size_t k = 0; k < count && at + k < damaged.used; k++)
            damaged.data[at + k] = nasty[next_random(&state) % sizeof(nasty)];
        import_damaged(&damaged, "overwrite", i);
        pb_free(&damaged);
    }
    pb_free(&model);
}
END_TEST

/* --- many of something: minutes here would mean quadratic time --- */

/* 50,000 nodes with one name, all dead but the last. */
static void many_dead_nodes(pb *g)
{
    char output[16];
    for (int i = 0; i < 50000; i++) {
        snprintf(output, sizeof(output), i ? "v%d" : "y", i);
        onnx_add(g, 1, onnx_node("Relu", "same", "x", output));
    }
}

static void long_chain(pb *g)
{
    char from[16] = "x", to[16];
    for (int i = 0; i < 50000; i++) {
        snprintf(to, sizeof(to), i < 49999 ? "v%d" : "y", i);
        onnx_add(g, 1, onnx_node("Relu", "", from, to));
        strcpy(from, to);
    }
}

static void reversed_chain(pb *g)
{
    char from[16], to[16] = "y";
    for (int i = 0; i < 50000; i++) {
        snprintf(from, sizeof(from), i < 49999 ? "v%d" : "x", i);
        onnx_add(g, 1, onnx_node("Relu", "", from, to));
        strcpy(to, from);
    }
}

static void one_wide_node(pb *g)
{
    pb node = onnx_node("Concat", "wide", "", "y");
    onnx_attr_int(&node, "axis", 0);
    for (int i = 0; i < 500000; i++)
        pb_text(&node, 1, "x");
    onnx_add(g, 1, node);
}

static void many_old_softmaxes(pb *g)
{
    char output[16];
    for (int i = 0; i < 50000; i++) {
        snprintf(output, sizeof(output), i ? "v%d" : "y", i);
        onnx_add(g, 1, onnx_node("Softmax", "", "x", output));
    }
}

static void many_attributes(pb *g)
{
    char name[16];
    pb node = onnx_node("Relu", "r", "x", "y");
    for (int i = 0; i < 50000; i++) {
        snprintf(name, sizeof(name), "a%d", i);
        onnx_attr_int(&node, name, i);
    }
    onnx_add(g, 1, node);
}

static const struct {
    const char *name;
    void (*build)(pb *g);
    nbx_status status;
} many_rows[] = {
    {"dead nodes of one name", many_dead_nodes, NBX_OK}, {"a long chain", long_chain, NBX_OK},
    {"a chain in reverse", reversed_chain, NBX_OK},      {"a node with a million inputs", one_wide_node, NBX_OK},
    {"old softmaxes", many_old_softmaxes, NBX_OK},       {"a node with many attributes", many_attributes, NBX_BAD_INPUT},
};

START_TEST(many_of_something_take_seconds)
{
    static const int64_t image[4] = {1, 3, 8, 8};
    pb g = {0};
    onnx_input(&g, "x", 4, image);
    many_rows[_i].build(&g);
    onnx_output(&g, "y");
    clock_t start = clock();
    imported it = import_graph(&g, 9, NULL);
    double seconds = (double)(clock() - start) / CLOCKS_PER_SEC;
    ck_assert_msg(it.status == many_rows[_i].status, "%s: %s", many_rows[_i].name, last_text());
    ck_assert_msg(seconds < 20, "%s: %g s", many_rows[_i].name, seconds);
    release(&it);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("import_hostile");
    TCase *tests = tcase_create("import_hostile");
    tcase_add_checked_fixture(tests, open_context, close_context);
    tcase_add_test(tests, the_seed_itself_imports);
    tcase_add_test(tests, truncated_at_every_length);
    tcase_add_loop_test(tests, bits_flipped, 0, 4);
    tcase_add_test(tests, bytes_overwritten);
    tcase_add_loop_test(tests, many_of_something_take_seconds, 0, COUNT(many_rows));
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
