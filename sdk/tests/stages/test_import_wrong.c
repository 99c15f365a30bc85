/* SPDX-License-Identifier: Apache-2.0 */
/* Import of models that are wrong: one message each, with a stable code, that names the culprit. */
#include "imported.h"

static const int64_t image[4] = {1, 3, 8, 8};

/* x -> Relu -> y, with the names given. */
static void add_relu(pb *g, const char *name, const char *from, const char *to)
{
    onnx_add(g, 1, onnx_node("Relu", name, from, to));
}

static void unknown_input(pb *g)
{
    add_relu(g, "r", "nobody", "y");
}

static void produced_twice(pb *g)
{
    add_relu(g, "r", "x", "y");
    add_relu(g, "s", "x", "y");
}

static void produces_an_input(pb *g)
{
    add_relu(g, "r", "x", "x");
    add_relu(g, "s", "x", "y");
}

static void initializer_twice(pb *g)
{
    static const float w[1] = {1};
    static const int64_t dims[1] = {1};
    onnx_floats(g, "w", 1, dims, w, 1);
    onnx_floats(g, "w", 1, dims, w, 1);
    add_relu(g, "r", "x", "y");
}

static void cycle(pb *g)
{
    onnx_add(g, 1, onnx_node("Add", "r", "x,b", "a"));
    add_relu(g, "s", "a", "b");
    add_relu(g, "t", "b", "y");
}

static void reads_itself(pb *g)
{
    onnx_add(g, 1, onnx_node("Add", "r", "x,y", "y"));
}

static void wrong_attribute_type(pb *g)
{
    pb node = onnx_node("LeakyRelu", "r", "x", "y");
    onnx_attr_text(&node, "alpha", "a lot");
    onnx_add(g, 1, node);
}

static void attribute_twice(pb *g)
{
    pb node = onnx_node("LeakyRelu", "r", "x", "y");
    onnx_attr_float(&node, "alpha", 1);
    onnx_attr_float(&node, "alpha", 2);
    onnx_add(g, 1, node);
}

static void attribute_without_name(pb *g)
{
    pb node = onnx_node("LeakyRelu", "r", "x", "y");
    onnx_attr_float(&node, "", 1);
    onnx_add(g, 1, node);
}

static void no_operator(pb *g)
{
    onnx_add(g, 1, onnx_node("", "r", "x", "y"));
}

static void input_missing(pb *g)
{
    onnx_add(g, 1, onnx_node("Conv", "r", "x", "y"));
}

static void input_left_out(pb *g)
{
    onnx_add(g, 1, onnx_node("Conv", "r", "x,,x", "y"));
}

static void shape_against_data(pb *g)
{
    static const float w[2] = {1, 2};
    static const int64_t dims[2] = {2, 2};
    onnx_add(g, 5, onnx_tensor("w", 1, 2, dims, w, sizeof(w)));
    onnx_add(g, 1, onnx_node("Add", "r", "x,w", "y"));
}

static void constant_without_value(pb *g)
{
    onnx_add(g, 1, onnx_node("Constant", "c", "", "w"));
    onnx_add(g, 1, onnx_node("Add", "r", "x,w", "y"));
}

static void constant_of_the_wrong_type(pb *g)
{
    pb node = onnx_node("Constant", "c", "", "w");
    onnx_attr_int(&node, "value_float", 1);
    onnx_add(g, 1, node);
    onnx_add(g, 1, onnx_node("Add", "r", "x,w", "y"));
}

static void negative_shape_of_constant(pb *g)
{
    static const int64_t shape[2] = {2, -5};
    onnx_int64s(g, "s", shape, 2);
    onnx_add(g, 1, onnx_node("ConstantOfShape", "c", "s", "w"));
    onnx_add(g, 1, onnx_node("Add", "r", "x,w", "y"));
}

static void output_missing(pb *g)
{
    add_relu(g, "r", "x", "z");
}

typedef struct wrong_row {
    const char *name;
    void (*build)(pb *g);
    const char *code;
    const char *text; /* part of the message */
} wrong_row;

static const wrong_row wrong_rows[] = {
    {"an unknown input", unknown_input, "E-IMPORT-003", "'nobody'"},
    {"a value produced twice", produced_twice, "E-IMPORT-004", "'y'"},
    {"a node that produces an input", produces_an_input, "E-IMPORT-004", "'x'"},
    {"an initializer given twice", initializer_twice, "E-IMPORT-004", "'w'"},
    {"a cycle", cycle, "E-CORE-004", "depends on its own output"},
    {"a node that reads itself", reads_itself, "E-CORE-004", "'r'"},
    {"an attribute of the wrong type", wrong_attribute_type, "E-IMPORT-006", "'alpha' of node 'r'"},
    {"an attribute given twice", attribute_twice, "E-IMPORT-006", "twice"},
    {"an attribute without a name", attribute_without_name, "E-IMPORT-006", "no name"},
    {"a node without an operator", no_operator, "E-IMPORT-005", "no operator"},
    {"a missing input", input_missing, "E-IMPORT-005", "needs 2 inputs"},
    {"a required input left out", input_left_out, "E-IMPORT-005", "needs 2 inputs"},
    {"a shape against its data", shape_against_data, "E-ONNX-011", "initializer 'w' needs 16 bytes"},
    {"a constant without a value", constant_without_value, "E-IMPORT-012", "'c'"},
    {"a constant of the wrong type", constant_of_the_wrong_type, "E-IMPORT-006", "'value_float'"},
    {"a constant of a negative shape", negative_shape_of_constant, "E-IMPORT-012", "negative"},
    {"an output nobody produces", output_missing, "E-IMPORT-008", "'y'"},
};

START_TEST(wrong_models_are_named)
{
    const wrong_row *row = &wrong_rows[_i];
    pb g = {0};
    onnx_input(&g, "x", 4, image);
    row->build(&g);
    onnx_output(&g, "y");
    imported it = import_graph(&g, 13, NULL);
    ck_assert_msg(it.status == NBX_BAD_INPUT, "%s: status %d", row->name, it.status);
    ck_assert_ptr_null(it.graph);
    ck_assert_msg(!strcmp(last_code(), row->code), "%s: code '%s'", row->name, last_code());
    ck_assert_msg(strstr(last_text(), row->text), "%s: text '%s'", row->name, last_text());
    ck_assert_uint_eq(nbx_message_count(context), 1);
    release(&it);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("import_wrong");
    TCase *tests = tcase_create("import_wrong");
    tcase_add_checked_fixture(tests, open_context, close_context);
    tcase_add_loop_test(tests, wrong_models_are_named, 0, COUNT(wrong_rows));
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
