/* SPDX-License-Identifier: Apache-2.0 */
/* Import of model-local functions: inlined with prefixed names, or refused. */
#include <stdio.h>

#include "imported.h"

static const int64_t image[4] = {1, 3, 8, 8};

/* FunctionProto: name 1, input 4, output 5, attribute 6, node 7, opset_import 9, domain 10, attribute_proto 11. */
static pb function_of(const char *name, const char *inputs, const char *outputs)
{
    pb f = {0}, import = {0};
    pb_text(&f, 1, name);
    pb_names(&f, 4, inputs);
    pb_names(&f, 5, outputs);
    pb_text(&import, 1, "");
    pb_int(&import, 2, 13);
    pb_message(&f, 9, &import);
    pb_text(&f, 10, "local");
    return f;
}

static pb local_node(const char *op, const char *name, const char *inputs, const char *outputs)
{
    pb node = onnx_node(op, name, inputs, outputs);
    pb_text(&node, 7, "local");
    return node;
}

static imported import_with(pb *g, pb *functions, size_t count)
{
    imported out = {.model = onnx_model(g, 13)};
    for (size_t i = 0; i < count; i++)
        pb_message(&out.model, 25, &functions[i]);
    out.status = nbx_import_onnx_bytes(context, out.model.data, out.model.used, "test.onnx", NULL, &out.graph);
    return out;
}

START_TEST(functions_are_inlined)
{
    pb inner = function_of("Inner", "a", "b"), outer = function_of("Outer", "p,q", "r,same"), g = {0};
    pb leaky = onnx_node("LeakyRelu", "leaky", "a", "b"), call = local_node("Inner", "call", "p", "t");
    onnx_attr_reference(&leaky, "alpha", "slope", 1);
    onnx_add(&inner, 7, leaky);
    onnx_attr_reference(&call, "slope", "strength", 1);
    onnx_add(&outer, 7, call);
    onnx_add(&outer, 7, onnx_node("Add", "", "t,q", "r"));
    onnx_add(&outer, 7, onnx_node("Identity", "", "t", "same"));
    pb node = local_node("Outer", "f", "x,x", "y,z");
    onnx_attr_float(&node, "strength", 0.25f);
    onnx_input(&g, "x", 4, image);
    onnx_add(&g, 1, node);
    onnx_output(&g, "y");
    onnx_output(&g, "z");
    imported it = import_with(&g, (pb[]){inner, outer}, 2);
    ck_assert_msg(it.status == NBX_OK, "%s", last_text());
    ck_assert_uint_eq(it.graph->node_count, 3);
    const nbx_g_node *n = node_called(it.graph, "f/call/leaky");
    ck_assert(nbx_node_attr_float(&n->n, "alpha", 0) == 0.25);
    ck_assert_str_eq(it.graph->values[nbx_node_output(n, 0)].v.name, "f/t");
    ck_assert_str_eq(input_name(it.graph, node_called(it.graph, "f/Add_1"), 1), "x");
    check_origins(it.graph);
    release(&it);
}
END_TEST

START_TEST(an_output_that_is_an_input_is_copied)
{
    pb f = function_of("Pass", "a", "a"), g = {0};
    onnx_input(&g, "x", 4, image);
    onnx_add(&g, 1, local_node("Pass", "f", "x", "y"));
    onnx_output(&g, "y");
    imported it = import_with(&g, &f, 1);
    ck_assert_msg(it.status == NBX_OK, "%s", last_text());
    ck_assert_uint_eq(it.graph->node_count, 1);
    ck_assert_str_eq(it.graph->nodes[0].n.op, "Identity");
    release(&it);
}
END_TEST

START_TEST(functions_that_cannot_be_inlined)
{
    pb f = function_of("F", "a", "b"), h = function_of("H", "a", "b"), g = {0};
    const char *code = "E-IMPORT-010";
    switch (_i) {
    case 0: /* through another */
        onnx_add(&f, 7, local_node("H", "", "a", "b"));
        onnx_add(&h, 7, local_node("F", "", "a", "b"));
        break;
    case 1: /* nothing produces b */
        onnx_add(&f, 7, onnx_node("Relu", "", "a", "c"));
        break;
    default: /* 1100 calls of 1100 nodes: too many */
        code = "E-IMPORT-011";
        for (int i = 0; i < 1100; i++) {
            char output[16] = "b";
            if (i) snprintf(output, sizeof(output), "u%d", i);
            onnx_add(&f, 7, local_node("H", "", "a", output));
            onnx_add(&h, 7, onnx_node("Relu", "", "a", output));
        }
        break;
    }
    onnx_input(&g, "x", 4, image);
    onnx_add(&g, 1, local_node("F", "f", "x", "y"));
    onnx_output(&g, "y");
    imported it = import_with(&g, (pb[]){f, h}, 2);
    ck_assert_int_eq(it.status, NBX_BAD_INPUT);
    ck_assert_str_eq(last_code(), code);
    release(&it);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("import_functions");
    TCase *tests = tcase_create("import_functions");
    tcase_add_checked_fixture(tests, open_context, close_context);
    tcase_add_test(tests, functions_are_inlined);
    tcase_add_test(tests, an_output_that_is_an_input_is_copied);
    tcase_add_loop_test(tests, functions_that_cannot_be_inlined, 0, 3);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
