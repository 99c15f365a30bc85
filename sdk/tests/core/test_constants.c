/* SPDX-License-Identifier: Apache-2.0 */
/* Constants as plugins get them: floats or codes, splats, changed data, alignment, counting of users; tensors read by element. */
#include <math.h>

#include "../stages/toy_plan.h"
#include "core/constants.h"
#include "schema/encodings.h"

static nbx_quantized rows[8];

static nbx_constants *open_constants(toy_world *w, const char *graph)
{
    toy_drop(w);
    w->graph = toy_raw_graph(w->context, graph);
    memset(rows, 0, sizeof(rows));
    nbx_constants *constants = nbx_constants_create(w->graph, rows);
    ck_assert_ptr_nonnull(constants);
    return constants;
}

static const void *map(nbx_constants *constants, uint32_t value, uint32_t form, uint64_t want)
{
    const void *data;
    uint64_t bytes;
    ck_assert_int_eq(nbx_constants_map(constants, (uint64_t)value + 1, form, &data, &bytes), NBX_OK);
    ck_assert_uint_eq(bytes, want);
    ck_assert_uint_eq((uintptr_t)data % 64, 0);
    return data;
}

START_TEST(floats_and_codes_are_served_aligned)
{
    toy_world w;
    toy_open(&w);
    nbx_constants *c = open_constants(&w, "in x 4; const k 4 [1,-1,0.5,2]; Mul m x,k -> y; out y");
    uint32_t k = toy_value(w.graph, "k");
    nbx_qparam param = {.scale = 2.0 / 127};
    rows[k] = (nbx_quantized){.encoding = &nbx_encoding_int8_sym, .params = &param, .param_count = 1};
    const float *f = map(c, k, NBX_CONST_FLOAT, 16);
    const signed char *q = map(c, k, NBX_CONST_CODES, 4);
    ck_assert_double_eq((double)f[3], 2);
    ck_assert_int_eq(q[3], 127);
    ck_assert_int_eq(q[1], -64); /* -63.5 to even */
    ck_assert_int_eq(q[2], 32);
    nbx_constants_unmap(c, (uint64_t)k + 1, NBX_CONST_FLOAT);
    nbx_constants_destroy(c); /* frees what is still mapped */
    toy_close(&w);
}
END_TEST

/* Data from a file may lie anywhere; a splat has none. */
START_TEST(odd_addresses_and_splats_become_dense)
{
    static const unsigned char bytes[17] = {0, 0, 0, 128, 63, 0, 0, 0, 64, 0, 0, 64, 64, 0, 0, 128, 64}; /* 1 2 3 4 from byte 1 */
    toy_world w;
    toy_open(&w);
    nbx_constants *c = open_constants(&w, "in x 4; Relu r x -> y; out y");
    uint32_t odd = nbx_graph_add_value(w.graph, "odd", 0), splat = nbx_graph_add_value(w.graph, "splat", 0),
             whole = nbx_graph_add_value(w.graph, "i", 0);
    nbx_tensor t = {.dtype = NBX_DTYPE_FLOAT32, .rank = 1, .dims = {4}, .data = bytes + 1, .bytes = 16};
    ck_assert_int_eq(nbx_graph_set_constant(w.graph, odd, &t), NBX_OK);
    t = (nbx_tensor){.dtype = NBX_DTYPE_FLOAT32, .rank = 1, .dims = {3}, .is_splat = true, .splat_f = 0.25};
    ck_assert_int_eq(nbx_graph_set_constant(w.graph, splat, &t), NBX_OK);
    t = (nbx_tensor){.dtype = NBX_DTYPE_INT64, .rank = 1, .dims = {2}, .is_splat = true, .splat_i = -7};
    ck_assert_int_eq(nbx_graph_set_constant(w.graph, whole, &t), NBX_OK);
    nbx_constants_destroy(c);
    c = nbx_constants_create(w.graph, NULL);
    const float *f = map(c, odd, NBX_CONST_FLOAT, 16);
    for (int i = 0; i < 4; i++)
        ck_assert_double_eq((double)f[i], i + 1);
    f = map(c, splat, NBX_CONST_FLOAT, 12);
    ck_assert_double_eq((double)f[2], 0.25);
    const int64_t *i = map(c, whole, NBX_CONST_FLOAT, 16);
    ck_assert_int_eq(i[1], -7);
    nbx_constants_destroy(c);
    toy_close(&w);
}
END_TEST

START_TEST(changed_data_is_served_in_both_forms)
{
    toy_world w;
    toy_open(&w);
    nbx_constants *c = open_constants(&w, "in x 2; const k 2 [1,2]; Mul m x,k -> y; out y");
    uint32_t k = toy_value(w.graph, "k");
    float *changed = nbx_arena_alloc_aligned(w.graph->arena, 8, 64);
    changed[0] = -1;
    changed[1] = 0.5f;
    nbx_qparam param = {.scale = 1.0 / 127};
    rows[k] = (nbx_quantized){.encoding = &nbx_encoding_int8_sym, .params = &param, .param_count = 1, .override_data = changed};
    ck_assert_double_eq((double)((const float *)map(c, k, NBX_CONST_FLOAT, 8))[0], -1);
    ck_assert_int_eq(((const signed char *)map(c, k, NBX_CONST_CODES, 2))[0], -127);
    nbx_constants_destroy(c);
    toy_close(&w);
}
END_TEST

START_TEST(maps_are_counted_and_mistakes_refused)
{
    toy_world w;
    toy_open(&w);
    nbx_constants *c = open_constants(&w, "in x 4; const k 4 =0.5; Mul m x,k -> y; out y");
    uint32_t k = toy_value(w.graph, "k");
    const void *data;
    uint64_t bytes;
    const void *one = map(c, k, NBX_CONST_FLOAT, 16), *two = map(c, k, NBX_CONST_FLOAT, 16);
    ck_assert_ptr_eq(one, two);
    nbx_constants_unmap(c, (uint64_t)k + 1, NBX_CONST_FLOAT);
    ck_assert_double_eq((double)((const float *)two)[0], 0.5); /* still there for the other user */
    nbx_constants_unmap(c, (uint64_t)k + 1, NBX_CONST_FLOAT);
    nbx_constants_unmap(c, (uint64_t)k + 1, NBX_CONST_FLOAT); /* once too often is no harm */
    ck_assert_int_eq(nbx_constants_map(c, 0, NBX_CONST_FLOAT, &data, &bytes), NBX_INVALID);
    ck_assert_int_eq(nbx_constants_map(c, 1000, NBX_CONST_FLOAT, &data, &bytes), NBX_INVALID);
    ck_assert_int_eq(nbx_constants_map(c, (uint64_t)toy_value(w.graph, "x") + 1, NBX_CONST_FLOAT, &data, &bytes), NBX_INVALID);
    ck_assert_int_eq(nbx_constants_map(c, (uint64_t)k + 1, 3, &data, &bytes), NBX_INVALID);
    ck_assert_int_eq(nbx_constants_map(c, (uint64_t)k + 1, NBX_CONST_CODES, &data, &bytes), NBX_UNSUPPORTED);
    ck_assert_ptr_null(data);
    nbx_constants_destroy(c);
    nbx_constants_destroy(NULL);
    toy_close(&w);
}
END_TEST

static const unsigned char fp16[] = {0x00, 0x3c, 0x00, 0xc0}, bf16[] = {0x80, 0x3f, 0x00, 0xc0};
static const unsigned char fp64[] = {0, 0, 0, 0, 0, 0, 0xf0, 0x3f, 0, 0, 0, 0, 0, 0, 0, 0xc0};
static const unsigned char i8[] = {1, 0xfe}, i4[] = {0xe1}, u4[] = {0xe1}, i16[] = {1, 0, 0xfe, 0xff}, bools[] = {1, 0};

static const struct {
    const char *name;
    uint32_t dtype;
    const void *data;
    double values[2];
} kinds[] = {
    {"float16", NBX_DTYPE_FLOAT16, fp16, {1, -2}}, {"bfloat16", NBX_DTYPE_BFLOAT16, bf16, {1, -2}},
    {"float64", NBX_DTYPE_FLOAT64, fp64, {1, -2}}, {"int8", NBX_DTYPE_INT8, i8, {1, -2}},
    {"int4", NBX_DTYPE_INT4, i4, {1, -2}},         {"uint4", NBX_DTYPE_UINT4, u4, {1, 14}},
    {"int16", NBX_DTYPE_INT16, i16, {1, -2}},      {"bool", NBX_DTYPE_BOOL, bools, {1, 0}},
};

START_TEST(elements_of_every_kind_read_as_numbers)
{
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        nbx_tensor t = {.dtype = kinds[i].dtype, .rank = 1, .dims = {2}, .data = kinds[i].data};
        float out[2];
        ck_assert_int_eq(nbx_tensor_to_float(&t, out), NBX_OK);
        for (uint64_t k = 0; k < 2; k++) {
            ck_assert_msg(nbx_tensor_float(&t, k) == kinds[i].values[k], "%s: %g", kinds[i].name, nbx_tensor_float(&t, k));
            ck_assert_msg(nbx_tensor_int(&t, k) == (int64_t)kinds[i].values[k], "%s", kinds[i].name);
            ck_assert_msg((double)out[k] == kinds[i].values[k], "%s", kinds[i].name);
        }
    }
}
END_TEST

START_TEST(shapes_that_overflow_have_no_size)
{
    int64_t huge[3] = {INT64_C(1) << 40, INT64_C(1) << 40, 2}, unknown[2] = {3, -1}, fine[2] = {3, 5}, none[1] = {0};
    uint64_t out;
    ck_assert(!nbx_shape_elements(3, huge, &out));
    ck_assert(!nbx_shape_elements(2, unknown, &out));
    ck_assert(!nbx_shape_elements(NBX_MAX_RANK + 1, fine, &out));
    ck_assert(nbx_shape_elements(2, fine, &out) && out == 15);
    ck_assert(nbx_shape_elements(0, fine, &out) && out == 1);
    ck_assert(nbx_shape_elements(1, none, &out) && out == 0);
    ck_assert(nbx_tensor_bytes(NBX_DTYPE_INT4, 2, fine, &out) && out == 8);
    ck_assert(!nbx_tensor_bytes(NBX_DTYPE_NONE, 2, fine, &out));
}
END_TEST

TOY_MAIN("constants", floats_and_codes_are_served_aligned, odd_addresses_and_splats_become_dense, changed_data_is_served_in_both_forms,
         maps_are_counted_and_mistakes_refused, elements_of_every_kind_read_as_numbers, shapes_that_overflow_have_no_size)
