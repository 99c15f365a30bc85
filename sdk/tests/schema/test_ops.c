/* SPDX-License-Identifier: Apache-2.0 */
/* The op table: every row is found by its name, has a known attribute set, and its attributes and parameters agree. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "schema/macs.h"
#include "schema/ops.h"

START_TEST(every_op_is_found_by_its_name)
{
    for (int i = 0; i < NBX_OP_COUNT_; i++) {
        const nbx_op_schema *row = nbx_op_get((nbx_op)i);
        ck_assert_ptr_nonnull(row);
        ck_assert_int_eq((int)row->op, i);
        ck_assert_ptr_eq(nbx_op_find(row->name), row);
        ck_assert_ptr_nonnull((const void *)(uintptr_t)(row->shape != NULL));
        ck_assert_uint_le(row->in_min, row->in_max);
        ck_assert_uint_le(row->out_min, row->out_max);
    }
    ck_assert_ptr_null(nbx_op_get(NBX_OP_COUNT_));
    ck_assert_ptr_null(nbx_op_find("Con"));
    ck_assert_ptr_null(nbx_op_find(""));
    ck_assert_ptr_null(nbx_op_find("conv"));
}
END_TEST

START_TEST(every_attribute_set_has_rows)
{
    for (int i = 0; i < NBX_OP_COUNT_; i++) {
        const nbx_op_schema *row = nbx_op_get((nbx_op)i);
        if (!strcmp(row->attr_set, "none")) {
            ck_assert_ptr_null(nbx_attr_schema_at("none", 0));
            continue;
        }
        uint32_t count = 0;
        for (const nbx_attr_schema *a; (a = nbx_attr_schema_at(row->attr_set, count)) != NULL; count++)
            ck_assert_ptr_eq(nbx_attr_schema_find(row->attr_set, a->name), a);
        ck_assert_msg(count > 0, "%s has no attributes in set %s", row->name, row->attr_set);
    }
    ck_assert_ptr_null(nbx_attr_schema_find("conv", "axis"));
    ck_assert_ptr_null(nbx_attr_schema_find("nothing", "axis"));
}
END_TEST

START_TEST(parameters_name_known_ops)
{
    uint32_t count = 0;
    for (const nbx_parameter *p; (p = nbx_parameter_at(count)) != NULL; count++) {
        const nbx_op_schema *row = nbx_op_find(p->op);
        ck_assert_msg(row != NULL, "parameter of the unknown op %s", p->op);
        ck_assert_msg(p->input >= row->in_max, "%s input %u is both an input and a parameter", p->op, p->input);
    }
    ck_assert_uint_gt(count, 20);
}
END_TEST

typedef struct dtype_case {
    uint32_t dtype;
    const char *name;
    uint32_t bits;
    char kind;
} dtype_case;

static const dtype_case dtype_cases[] = {
    {NBX_DTYPE_FLOAT32, "float32", 32, 'f'}, {NBX_DTYPE_BOOL, "bool", 8, 'b'},       {NBX_DTYPE_INT64, "int64", 64, 'i'},
    {NBX_DTYPE_UINT4, "uint4", 4, 'u'},      {NBX_DTYPE_BINARY1, "binary1", 1, 'u'}, {NBX_DTYPE_STRING, "string", 0, 's'},
};

START_TEST(dtype_facts)
{
    const dtype_case *c = &dtype_cases[_i];
    ck_assert_str_eq(nbx_dtype_name(c->dtype), c->name);
    ck_assert_uint_eq(nbx_dtype_bits(c->dtype), c->bits);
    ck_assert_int_eq(nbx_dtype_kind(c->dtype), c->kind);
    ck_assert_uint_eq(nbx_dtype_from_name(c->name), c->dtype);
    ck_assert_ptr_null(nbx_dtype_name(999));
    ck_assert_uint_eq(nbx_dtype_bits(0), 0);
    ck_assert_uint_eq(nbx_dtype_from_name("float"), NBX_DTYPE_NONE);
}
END_TEST

START_TEST(axis_letters)
{
    ck_assert_int_eq(nbx_axis_of('c', 1), 0);
    ck_assert_int_eq(nbx_axis_of('n', 1), -1);
    ck_assert_int_eq(nbx_axis_of('c', 2), 1);
    ck_assert_int_eq(nbx_axis_of('w', 3), 2);
    ck_assert_int_eq(nbx_axis_of('h', 4), 2);
    ck_assert_int_eq(nbx_axis_of('d', 5), 2);
    ck_assert_int_eq(nbx_axis_of('w', 5), 4);
    ck_assert_int_eq(nbx_axis_of('d', 4), -1);
    ck_assert_int_eq(nbx_axis_of('\0', 4), -1);
    ck_assert_int_eq(nbx_axis_of('c', 6), -1);
}
END_TEST

typedef struct macs_case {
    const char *name, *op;
    nbx_value x, w, y;
    uint64_t macs;
} macs_case;

#define T1(a)                                                                                                                              \
    {                                                                                                                                      \
        .rank = 1, .dims = { a }                                                                                                           \
    }
#define T2(a, b)                                                                                                                           \
    {                                                                                                                                      \
        .rank = 2, .dims = { a, b }                                                                                                        \
    }
#define T3(a, b, c)                                                                                                                        \
    {                                                                                                                                      \
        .rank = 3, .dims = { a, b, c }                                                                                                     \
    }
#define T4(a, b, c, d)                                                                                                                     \
    {                                                                                                                                      \
        .rank = 4, .dims = { a, b, c, d }                                                                                                  \
    }

/* The third row is the first convolution of AlexNet: 105,415,200 in models/structure (55 x 55 x 96 x 363). */
static const macs_case macs_cases[] = {
    {"dense convolution", "Conv", T4(1, 3, 8, 8), T4(16, 3, 3, 3), T4(1, 16, 4, 4), 16 * 27 * 16},
    {"depthwise convolution, batch 2", "Conv", T4(2, 8, 4, 4), T4(8, 1, 3, 3), T4(2, 8, 4, 4), 8 * 9 * 2 * 16},
    {"AlexNet conv1", "Conv", T4(1, 3, 227, 227), T4(96, 3, 11, 11), T4(1, 96, 55, 55), 105415200},
    {"transposed convolution counts input positions", "ConvTranspose", T4(1, 8, 4, 4), T4(8, 2, 3, 3), T4(1, 2, 9, 9), 8 * 2 * 9 * 16},
    {"Gemm", "Gemm", T2(1, 9216), T2(4096, 9216), T2(1, 4096), 37748736},
    {"Gemm with an absorbed Flatten", "Gemm", T4(2, 4, 3, 3), T2(10, 36), T2(2, 10), 720},
    {"batched MatMul", "MatMul", T3(5, 2, 3), T3(5, 3, 4), T3(5, 2, 4), 120},
    {"MatMul with a vector", "MatMul", T2(2, 3), T1(3), T1(2), 6},
    {"other ops have none", "Add", T4(1, 8, 4, 4), T4(1, 8, 4, 4), T4(1, 8, 4, 4), 0},
    {"overflow saturates", "Gemm", T2(1 << 30, 1 << 30), T2(INT64_C(1) << 31, INT64_C(1) << 31), T2(1 << 30, 4), UINT64_MAX},
};

START_TEST(macs_of_a_node)
{
    const macs_case *c = &macs_cases[_i];
    nbx_value values[3] = {c->x, c->w, c->y};
    const uint32_t inputs[2] = {0, 1}, outputs[1] = {2};
    nbx_node node = {.op = c->op, .domain = "", .inputs = {inputs, 2, sizeof(uint32_t)}, .outputs = {outputs, 1, sizeof(uint32_t)}};
    nbx_graph_view view = {.values = {values, 3, sizeof(nbx_value)}, .nodes = {&node, 1, sizeof(nbx_node)}};
    ck_assert_msg(nbx_node_macs(&view, 0) == c->macs, "%s: %llu", c->name, (unsigned long long)nbx_node_macs(&view, 0));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("ops");
    TCase *tests = tcase_create("tables");
    tcase_add_test(tests, every_op_is_found_by_its_name);
    tcase_add_test(tests, every_attribute_set_has_rows);
    tcase_add_test(tests, parameters_name_known_ops);
    tcase_add_loop_test(tests, dtype_facts, 0, (int)(sizeof(dtype_cases) / sizeof(dtype_cases[0])));
    tcase_add_test(tests, axis_letters);
    tcase_add_loop_test(tests, macs_of_a_node, 0, (int)(sizeof(macs_cases) / sizeof(macs_cases[0])));
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
