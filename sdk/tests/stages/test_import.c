/* SPDX-License-Identifier: Apache-2.0 */
/* Import: names, sources, constants, shapes, cuts, opaque nodes; functions, upgrades and wrong models have their own files. */
#include "imported.h"

static const int64_t image[4] = {1, 3, 8, 8};

/* x -> Relu -> y, with the names given. */
static void add_relu(pb *g, const char *name, const char *from, const char *to)
{
    onnx_add(g, 1, onnx_node("Relu", name, from, to));
}

START_TEST(nodes_get_unique_names_and_origins)
{
    pb g = {0};
    onnx_input(&g, "x", 4, image);
    add_relu(&g, "", "x", "a");
    add_relu(&g, "Relu_0", "a", "b");
    add_relu(&g, "Relu_0", "b", "c");
    add_relu(&g, "same", "c", "d");
    add_relu(&g, "", "d", "e");
    onnx_output(&g, "e");
    imported it = import_graph(&g, 13, NULL);
    ck_assert_int_eq(it.status, NBX_OK);
    ck_assert_uint_eq(it.graph->source_count, 5);
    ck_assert_uint_eq(it.graph->node_count, 5);
    check_origins(it.graph);
    ck_assert_str_eq(it.graph->nodes[1].n.name, "Relu_0"); /* the file's own name wins over an invented one */
    ck_assert_str_eq(it.graph->nodes[3].n.name, "same");
    ck_assert_str_eq(it.graph->nodes[4].n.name, "Relu_4");
    for (uint32_t i = 0; i < 5; i++)
        for (uint32_t k = 0; k < i; k++)
            ck_assert_str_ne(it.graph->nodes[i].n.name, it.graph->nodes[k].n.name);
    release(&it);
}
END_TEST

START_TEST(nodes_in_any_order_are_sorted)
{
    pb g = {0};
    onnx_input(&g, "x", 4, image);
    add_relu(&g, "second", "a", "y");
    add_relu(&g, "first", "x", "a");
    onnx_output(&g, "y");
    imported it = import_graph(&g, 13, NULL);
    ck_assert_int_eq(it.status, NBX_OK);
    ck_assert_str_eq(it.graph->nodes[0].n.name, "first");
    ck_assert_str_eq(it.graph->sources[0].name, "second");
    release(&it);
}
END_TEST

/* --- shapes of inputs --- */

typedef struct shape_row {
    const char *name;
    int64_t declared[3], given[3];
    uint32_t given_rank;
    const char *code;
    int64_t expected[3];
} shape_row;

/* -1 is the symbol N, -2 an extent without a name; given extents of -1 leave it to the file. */
static const shape_row shape_rows[] = {
    {"fixed", {2, 3, 4}, {0}, 0, "", {2, 3, 4}},
    {"an open batch becomes 1", {-1, 3, 4}, {0}, 0, "E-IMPORT-009", {1, 3, 4}},
    {"a nameless batch becomes 1", {-2, 3, 4}, {0}, 0, "E-IMPORT-009", {1, 3, 4}},
    {"0 is open", {0, 3, 4}, {0}, 0, "E-IMPORT-009", {1, 3, 4}},
    {"a given batch", {-1, 3, 4}, {5, 3, 4}, 3, "", {5, 3, 4}},
    {"a given inner extent", {1, -2, 4}, {1, 6, -1}, 3, "", {1, 6, 4}},
    {"an open inner extent stays open", {1, -2, 4}, {0}, 0, "", {1, -1, 4}},
    {"a symbol has one value", {-1, -1, 4}, {0}, 0, "E-IMPORT-009", {1, 1, 4}},
    {"a given shape contradicts the file", {2, 3, 4}, {2, 3, 5}, 3, "E-IMPORT-007", {0}},
    {"a given rank contradicts the file", {2, 3, 4}, {2, 3}, 2, "E-IMPORT-007", {0}},
    {"a symbol gets two values", {-1, -1, 4}, {2, 3, 4}, 3, "E-IMPORT-007", {0}},
    {"too many elements", {INT64_MAX, 3, 4}, {0}, 0, "E-IMPORT-007", {0}},
};

START_TEST(input_shapes_are_bound)
{
    const shape_row *row = &shape_rows[_i];
    nbx_import_shape shape = {"x", row->given_rank, row->given};
    nbx_import_options options = {.shapes = &shape, .shape_count = row->given_rank != 0};
    pb g = {0};
    onnx_input(&g, "x", 3, row->declared);
    add_relu(&g, "r", "x", "y");
    onnx_output(&g, "y");
    imported it = import_graph(&g, 13, &options);
    bool fails = !strcmp(row->code, "E-IMPORT-007");
    ck_assert_msg(it.status == (fails ? NBX_BAD_INPUT : NBX_OK), "%s: status %d", row->name, it.status);
    ck_assert_msg(!strcmp(last_code(), row->code), "%s: code '%s'", row->name, last_code());
    for (uint32_t i = 0; !fails && i < 3; i++)
        ck_assert_msg(value_called(it.graph, "x")->v.dims[i] == row->expected[i], "%s: axis %u", row->name, i);
    release(&it);
}
END_TEST

START_TEST(symbols_reach_all_inputs)
{
    static const int64_t late[2] = {4, -1}, early[2] = {-1, 7};
    pb g = {0};
    onnx_input(&g, "a", 2, late);
    onnx_input(&g, "b", 2, early);
    onnx_add(&g, 1, onnx_node("MatMul", "m", "a,b", "y"));
    onnx_output(&g, "y");
    imported it = import_graph(&g, 13, NULL);
    ck_assert_int_eq(it.status, NBX_OK);
    ck_assert_int_eq(value_called(it.graph, "a")->v.dims[1], 1);
    ck_assert(value_called(it.graph, "a")->known);
    ck_assert_str_eq(value_called(it.graph, "a")->dim_names[1], "N");
    release(&it);
}
END_TEST

/* --- constants --- */

START_TEST(initializers_that_are_inputs_are_constants)
{
    static const float w[3] = {1, 2, 3};
    static const int64_t dims[1] = {3};
    pb g = {0};
    onnx_input(&g, "w", 1, dims);
    onnx_input(&g, "x", 1, dims);
    onnx_floats(&g, "w", 1, dims, w, 3);
    onnx_add(&g, 1, onnx_node("Add", "add", "x,w", "y"));
    onnx_output(&g, "y");
    imported it = import_graph(&g, 13, NULL);
    ck_assert_int_eq(it.status, NBX_OK);
    ck_assert_uint_eq(it.graph->input_count, 1);
    ck_assert(value_called(it.graph, "w")->v.flags & NBX_VALUE_CONST);
    ck_assert(nbx_tensor_float(value_called(it.graph, "w")->data, 2) == 3);
    ck_assert_uint_eq(it.graph->param_count, 3);
    release(&it);
}
END_TEST

typedef struct constant_row {
    const char *form;
    uint32_t dtype, rank;
    double second; /* element 1, or 0 of a scalar */
} constant_row;

static const constant_row constant_rows[] = {
    {"value", NBX_DTYPE_FLOAT32, 1, 2},    {"value_float", NBX_DTYPE_FLOAT32, 0, 2.5}, {"value_floats", NBX_DTYPE_FLOAT32, 1, 2},
    {"value_int", NBX_DTYPE_INT64, 0, -7}, {"value_ints", NBX_DTYPE_INT64, 1, 4},      {"sparse_value", NBX_DTYPE_FLOAT32, 1, 2},
};

static void add_constant_attribute(pb *node, const char *form)
{
    static const float floats[2] = {1, 2};
    static const int64_t ints[2] = {3, 4}, dims[1] = {2}, indices[2] = {0, 1};
    if (!strcmp(form, "value_float")) onnx_attr_float(node, form, 2.5f);
    if (!strcmp(form, "value_int")) onnx_attr_int(node, form, -7);
    if (!strcmp(form, "value_floats")) onnx_attr_floats(node, form, floats, 2);
    if (!strcmp(form, "value_ints")) onnx_attr_ints(node, form, ints, 2);
    if (!strcmp(form, "value")) {
        pb tensor = onnx_tensor("", 1, 1, dims, floats, sizeof(floats));
        onnx_attr_message(node, form, 5, 4, &tensor);
    }
    if (!strcmp(form, "sparse_value")) {
        pb sparse = {0}, v = onnx_tensor("", 1, 1, dims, floats, sizeof(floats)), i = onnx_tensor("", 7, 1, dims, indices, sizeof(indices));
        pb_message(&sparse, 1, &v);
        pb_message(&sparse, 2, &i);
        pb_int(&sparse, 3, 2);
        onnx_attr_message(node, form, 22, 11, &sparse);
    }
}

START_TEST(constant_nodes_become_constants)
{
    const constant_row *row = &constant_rows[_i];
    pb g = {0}, node = onnx_node("Constant", "c", "", "w");
    onnx_input(&g, "x", 4, image);
    add_constant_attribute(&node, row->form);
    onnx_add(&g, 1, node);
    onnx_add(&g, 1, onnx_node("Add", "add", "x,w", "y"));
    onnx_output(&g, "y");
    imported it = import_graph(&g, 13, NULL);
    ck_assert_msg(it.status == NBX_OK, "%s: %s", row->form, last_text());
    const nbx_tensor *w = value_called(it.graph, "w")->data;
    ck_assert_ptr_nonnull(w);
    ck_assert_uint_eq(w->dtype, row->dtype);
    ck_assert_uint_eq(w->rank, row->rank);
    ck_assert(nbx_tensor_float(w, row->rank ? 1 : 0) == row->second);
    ck_assert_int_eq(source_called(it.graph, "c")->fate, NBX_FATE_CONSTANT);
    ck_assert_uint_eq(it.graph->node_count, 1);
    check_origins(it.graph);
    release(&it);
}
END_TEST

START_TEST(constant_of_shape_is_a_splat)
{
    static const int64_t shape[2] = {100000, 50000};
    static const float half[1] = {0.5f};
    static const int64_t one[1] = {1};
    pb g = {0}, node = onnx_node("ConstantOfShape", "c", "s", "w"), value = onnx_tensor("", 1, 1, one, half, 4);
    onnx_input(&g, "x", 4, image);
    onnx_int64s(&g, "s", shape, 2);
    onnx_attr_message(&node, "value", 5, 4, &value);
    onnx_add(&g, 1, node);
    onnx_add(&g, 1, onnx_node("MatMul", "m", "x,w", "y"));
    onnx_output(&g, "y");
    imported it = import_graph(&g, 13, NULL);
    ck_assert_int_eq(it.status, NBX_OK);
    const nbx_tensor *w = value_called(it.graph, "w")->data;
    ck_assert(w->is_splat && w->splat_f == 0.5 && w->data == NULL);
    ck_assert_int_eq(w->dims[0], 100000);
    ck_assert_uint_eq(it.graph->param_count, UINT64_C(5000000000));
    ck_assert_int_eq(source_called(it.graph, "c")->fate, NBX_FATE_CONSTANT);
    release(&it);
}
END_TEST

START_TEST(constant_of_an_open_shape_is_an_expand)
{
    pb g = {0};
    onnx_input(&g, "x", 4, image);
    onnx_add(&g, 1, onnx_node("Shape", "s", "x", "shape"));
    onnx_add(&g, 1, onnx_node("ConstantOfShape", "c", "shape", "y"));
    onnx_output(&g, "y");
    imported it = import_graph(&g, 13, NULL);
    ck_assert_int_eq(it.status, NBX_OK);
    const nbx_g_node *node = node_called(it.graph, "c");
    ck_assert_str_eq(node->n.op, "Expand");
    ck_assert_str_eq(input_name(it.graph, node, 1), "shape");
    check_origins(it.graph);
    release(&it);
}
END_TEST

/* --- cuts and dead nodes --- */

START_TEST(outputs_cut_the_graph)
{
    const char *chosen[] = {"a"};
    nbx_import_options options = {.outputs = chosen, .output_count = 1};
    pb g = {0};
    onnx_input(&g, "x", 4, image);
    onnx_input(&g, "unused", 4, image);
    add_relu(&g, "kept", "x", "a");
    onnx_add(&g, 1, onnx_node("Add", "cut", "a,unused", "y"));
    add_relu(&g, "dead", "x", "z");
    onnx_output(&g, "y");
    imported it = import_graph(&g, 13, &options);
    ck_assert_int_eq(it.status, NBX_OK);
    ck_assert_uint_eq(it.graph->node_count, 1);
    ck_assert_uint_eq(it.graph->input_count, 1);
    ck_assert_str_eq(it.graph->values[it.graph->outputs[0]].v.name, "a");
    ck_assert_int_eq(source_called(it.graph, "kept")->fate, NBX_FATE_NODE);
    ck_assert_int_eq(source_called(it.graph, "cut")->fate, NBX_FATE_CUT);
    ck_assert_int_eq(source_called(it.graph, "dead")->fate, NBX_FATE_DEAD);
    check_origins(it.graph);
    release(&it);
}
END_TEST

/* --- opaque nodes --- */

typedef struct opaque_row {
    const char *name, *op, *domain, *inputs, *attribute;
    const char *reason; /* part of it */
} opaque_row;

static const opaque_row opaque_rows[] = {
    {"an operator of another domain", "Attention", "com.example", "x", NULL, "com.example"},
    {"an operator without a row", "NonMaxSuppression", "", "x", NULL, "not in NBX's table"},
    {"an attribute nobody knows", "Relu", "", "x", "sharpness", "sharpness"},
    {"more inputs than known", "Relu", "", "x,x", NULL, "more than NBX knows"},
    {"a name of ours", "ChannelShuffle", "", "x", NULL, "not an operator of ONNX"},
    {"constants of 8-bit floats", "Add", "", "x,f8", NULL, "8-bit"},
    {"a constant of strings", "Equal", "", "x,text", NULL, "strings"},
    {"a constant of rank 9", "Add", "", "x,deep", NULL, "rank above 8"},
};

START_TEST(what_the_table_does_not_know_is_opaque)
{
    const opaque_row *row = &opaque_rows[_i];
    static const int64_t deep[9] = {1, 1, 1, 1, 1, 1, 1, 1, 1}, one[1] = {1};
    pb g = {0}, node = onnx_node(row->op, "n", row->inputs, "y"), text = onnx_tensor_head("text", 8, 1, one);
    if (*row->domain) pb_text(&node, 7, row->domain);
    if (row->attribute) onnx_attr_int(&node, row->attribute, 1);
    pb_text(&text, 6, "label");
    onnx_input(&g, "x", 4, image);
    onnx_add(&g, 5, text);
    onnx_add(&g, 5, onnx_tensor("f8", 17, 1, one, "x", 1));
    onnx_add(&g, 5, onnx_tensor("deep", 1, 9, deep, "wxyz", 4));
    onnx_add(&g, 1, node);
    onnx_add(&g, 12, onnx_value("y", 1, 4, image));
    imported it = import_graph(&g, 13, NULL);
    ck_assert_msg(it.status == NBX_OK, "%s: %s", row->name, last_text());
    const nbx_g_node *n = node_called(it.graph, "n");
    ck_assert_ptr_null(n->schema);
    ck_assert(n->n.flags & NBX_NODE_OPAQUE);
    ck_assert_msg(n->opaque_reason && strstr(n->opaque_reason, row->reason), "%s: %s", row->name, n->opaque_reason);
    ck_assert_str_eq(n->n.domain, row->domain);
    ck_assert(value_called(it.graph, "y")->known); /* only the file can say it */
    release(&it);
}
END_TEST

START_TEST(inner_graphs_depend_on_what_they_read)
{
    pb inner = {0}, g = {0}, node = onnx_node("If", "branch", "x", "y");
    add_relu(&inner, "", "captured", "local");
    onnx_add(&inner, 1, onnx_node("Add", "", "local,captured", "z"));
    onnx_output(&inner, "z");
    onnx_attr_message(&node, "then_branch", 6, 5, &inner);
    onnx_input(&g, "x", 4, image);
    add_relu(&g, "producer", "x", "captured");
    onnx_add(&g, 1, node);
    onnx_output(&g, "y");
    imported it = import_graph(&g, 13, NULL);
    ck_assert_int_eq(it.status, NBX_OK);
    ck_assert_uint_eq(it.graph->node_count, 2);
    const nbx_g_node *n = node_called(it.graph, "branch");
    ck_assert_uint_eq(n->n.inputs.count, 2);
    ck_assert_str_eq(input_name(it.graph, n, 1), "captured");
    release(&it);
}
END_TEST

START_TEST(options_name_real_things)
{
    const char *chosen[] = {"nowhere"};
    nbx_import_shape shape = {"nothing", 4, image};
    nbx_import_options options = {.outputs = _i ? NULL : chosen, .output_count = _i ? 0 : 1, .shapes = &shape, .shape_count = (uint32_t)_i};
    pb g = {0};
    onnx_input(&g, "x", 4, image);
    add_relu(&g, "r", "x", "y");
    onnx_output(&g, "y");
    imported it = import_graph(&g, 13, &options);
    ck_assert_int_eq(it.status, NBX_BAD_INPUT);
    ck_assert_str_eq(last_code(), _i ? "E-IMPORT-007" : "E-IMPORT-008");
    release(&it);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("import");
    TCase *tests = tcase_create("import");
    tcase_add_checked_fixture(tests, open_context, close_context);
    tcase_add_test(tests, nodes_get_unique_names_and_origins);
    tcase_add_test(tests, nodes_in_any_order_are_sorted);
    tcase_add_loop_test(tests, input_shapes_are_bound, 0, COUNT(shape_rows));
    tcase_add_test(tests, symbols_reach_all_inputs);
    tcase_add_test(tests, initializers_that_are_inputs_are_constants);
    tcase_add_loop_test(tests, constant_nodes_become_constants, 0, COUNT(constant_rows));
    tcase_add_test(tests, constant_of_shape_is_a_splat);
    tcase_add_test(tests, constant_of_an_open_shape_is_an_expand);
    tcase_add_test(tests, outputs_cut_the_graph);
    tcase_add_loop_test(tests, what_the_table_does_not_know_is_opaque, 0, COUNT(opaque_rows));
    tcase_add_test(tests, inner_graphs_depend_on_what_they_read);
    tcase_add_loop_test(tests, options_name_real_things, 0, 2);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
