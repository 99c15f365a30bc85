/* SPDX-License-Identifier: Apache-2.0 */
/* ONNX bytes: what the guard refuses, how tensors read; files have their own tests, names and nodes are tested with the import. */
#include "onnx_fixture.h"

/* --- tensors --- */

enum form { RAW, LIST, PACKED };

typedef struct tensor_row {
    const char *name;
    int64_t dtype;
    uint32_t field; /* of TensorProto */
    uint32_t count; /* elements */
    enum form form;
    const char *code; /* "" : it reads as 0, 1, 2 ... */
} tensor_row;

/* Element types and their fields: comments of TensorProto in onnx.proto. Over 4096 bytes a packed list stays in the file. */
static const tensor_row tensor_rows[] = {
    {"float32 raw", 1, 9, 5, RAW, ""},
    {"float32 list", 1, 4, 5, LIST, ""},
    {"float32 packed", 1, 4, 5, PACKED, ""},
    {"float32 packed, large", 1, 4, 3000, PACKED, ""},
    {"int8 in int32_data", 3, 5, 5, LIST, ""},
    {"int8 packed, large", 3, 5, 9000, PACKED, ""},
    {"uint8 raw", 2, 9, 5, RAW, ""},
    {"int64 list", 7, 7, 5, LIST, ""},
    {"int64 packed, large", 7, 7, 5000, PACKED, ""},
    {"bool in int32_data", 9, 5, 2, PACKED, ""},
    {"int16 packed, large", 5, 5, 6000, PACKED, ""},
    {"float64 packed, large", 11, 10, 900, PACKED, ""},
    {"uint32 in uint64_data", 12, 11, 5, PACKED, ""},
    {"no element", 1, 9, 0, RAW, ""},
    {"float32 in int64_data", 1, 7, 5, LIST, "E-ONNX-011"},
    {"int64 in int32_data", 7, 5, 5, PACKED, "E-ONNX-011"},
    {"float32 in large int32_data", 1, 5, 9000, PACKED, "E-ONNX-011"},
};

static void add_element(pb *out, const tensor_row *row, uint32_t i, bool tagged)
{
    if (row->field == 4 || (row->field == 9 && row->dtype == 1)) {
        float value = (float)i;
        if (tagged) pb_varint(out, (uint64_t)row->field << 3 | 5);
        pb_raw(out, &value, sizeof(value));
    } else if (row->field == 10) {
        double value = (double)i;
        pb_raw(out, &value, sizeof(value));
    } else if (row->field == 9) {
        uint8_t value = (uint8_t)i;
        pb_raw(out, &value, 1);
    } else {
        if (tagged) pb_varint(out, (uint64_t)row->field << 3);
        pb_varint(out, row->dtype == 3 ? i % 100 : i);
    }
}

static pb tensor_of(const tensor_row *row)
{
    int64_t dims[1] = {row->count};
    pb data = {0}, tensor = onnx_tensor_head("w", row->dtype, 1, dims);
    for (uint32_t i = 0; i < row->count; i++)
        add_element(row->form == LIST ? &tensor : &data, row, i, row->form == LIST);
    if (row->form != LIST) pb_bytes(&tensor, row->field, data.data, data.used);
    pb_free(&data);
    return tensor;
}

START_TEST(tensors_read_or_say_why)
{
    const tensor_row *row = &tensor_rows[_i];
    pb tensor = tensor_of(row), model = model_of(&tensor);
    nbx_onnx_file *file;
    nbx_tensor out;
    ck_assert_int_eq(nbx_onnx_open_bytes(graph, model.data, model.used, NULL, &file), NBX_OK);
    const Onnx__TensorProto *proto = nbx_onnx_model(file)->graph->initializer[0];
    ck_assert_ptr_null(nbx_onnx_unreadable(proto));
    nbx_status status = nbx_onnx_read_tensor(file, proto, "w", &out);
    ck_assert_msg(status == (*row->code ? NBX_BAD_INPUT : NBX_OK), "%s: status %d", row->name, status);
    ck_assert_str_eq(last_code(), row->code);
    for (uint32_t i = 0; status == NBX_OK && i < row->count; i++)
        ck_assert_msg(nbx_tensor_float(&out, i) == (row->dtype == 3   ? i % 100
                                                    : row->dtype == 2 ? i % 256
                                                                      : i),
                      "%s: element %u", row->name, i);
    nbx_onnx_close(file);
    pb_free(&model);
}
END_TEST

START_TEST(large_data_stays_in_the_file)
{
    static float data[5000];
    int64_t dims[1] = {5000};
    pb tensor = onnx_tensor("w", 1, 1, dims, data, sizeof(data)), model = model_of(&tensor);
    nbx_onnx_file *file;
    nbx_tensor out;
    ck_assert_int_eq(nbx_onnx_open_bytes(graph, model.data, model.used, NULL, &file), NBX_OK);
    ck_assert_int_eq(nbx_onnx_read_tensor(file, nbx_onnx_model(file)->graph->initializer[0], "w", &out), NBX_OK);
    uintptr_t at = (uintptr_t)out.data, first = (uintptr_t)model.data;
    ck_assert(at >= first && at + sizeof(data) <= first + model.used);
    nbx_onnx_close(file);
    pb_free(&model);
}
END_TEST

typedef struct shape_row {
    const char *name;
    int64_t dims[2];
    size_t bytes;
    const char *code;
} shape_row;

static const shape_row shape_rows[] = {
    {"one byte short", {2, 3}, 23, "E-ONNX-011"},
    {"one byte more", {2, 3}, 25, "E-ONNX-011"},
    {"no data", {2, 3}, 0, "E-ONNX-011"},
    {"a negative extent", {2, -3}, 24, "E-ONNX-010"},
    {"elements overflow", {INT64_MAX, 8}, 24, "E-ONNX-010"},
    {"bytes overflow", {INT64_MAX / 2, 1}, 24, "E-ONNX-010"},
    {"elements wrap to fit", {INT64_C(1) << 62, 4}, 0, "E-ONNX-010"},
};

START_TEST(shapes_and_data_agree)
{
    const shape_row *row = &shape_rows[_i];
    static const uint8_t data[32];
    pb tensor = onnx_tensor("w", 1, 2, row->dims, data, row->bytes), model = model_of(&tensor);
    nbx_onnx_file *file;
    nbx_tensor out;
    ck_assert_int_eq(nbx_onnx_open_bytes(graph, model.data, model.used, NULL, &file), NBX_OK);
    ck_assert_int_eq(nbx_onnx_read_tensor(file, nbx_onnx_model(file)->graph->initializer[0], "w", &out), NBX_BAD_INPUT);
    ck_assert_str_eq(last_code(), row->code);
    nbx_onnx_close(file);
    pb_free(&model);
}
END_TEST

/* --- the guard --- */

static void empty_file(pb *out)
{
    (void)out;
}

static void text_file(pb *out)
{
    pb_raw(out, "this is not a model\n", 20);
}

static void no_graph(pb *out)
{
    pb_int(out, 1, 8);
}

/* Graph in attribute in node in graph ...: ecosystem.md M4. */
static void deep_nesting(pb *out)
{
    pb inner = {0};
    for (int i = 0; i < 5000; i++) {
        pb attr = {0}, node = {0}, g = {0};
        pb_message(&attr, 6, &inner);
        pb_message(&node, 5, &attr);
        pb_message(&g, 1, &node);
        inner = g;
    }
    *out = onnx_model(&inner, 13);
}

static void repeated_graph(pb *out)
{
    for (int i = 0; i < 4000; i++) {
        pb g = {0};
        pb_text(&g, 2, "again");
        pb_message(out, 7, &g);
    }
}

static void empty_nodes(pb *out)
{
    pb g = {0};
    static const uint8_t node[2] = {1 << 3 | 2, 0};
    for (int i = 0; i < 5000000; i++)
        pb_raw(&g, node, 2);
    *out = onnx_model(&g, 13);
}

/* 30 million empty strings: 60 MB of file, over a gigabyte unpacked. */
static void empty_strings(pb *out)
{
    pb g = {0}, node = {0};
    static const uint8_t input[2] = {1 << 3 | 2, 0};
    for (int i = 0; i < 30000000; i++)
        pb_raw(&node, input, 2);
    pb_message(&g, 1, &node);
    *out = onnx_model(&g, 13);
}

static void length_past_the_end(pb *out)
{
    pb_varint(out, 7 << 3 | 2);
    pb_varint(out, UINT64_C(1) << 40);
}

static void wrong_wire_type(pb *out)
{
    pb_float(out, 1, 8.0f); /* ir_version is a varint */
    pb_bytes(out, 7, "", 0);
}

static void group_field(pb *out)
{
    pb_varint(out, 9 << 3 | 3);
}

static void bad_text(pb *out)
{
    pb g = {0};
    pb_text(&g, 2, "\xc3\x28");
    *out = onnx_model(&g, 13);
}

static void two_data_fields(pb *out)
{
    static const uint8_t data[8000];
    int64_t dims[1] = {2000};
    pb tensor = onnx_tensor("w", 1, 1, dims, data, sizeof(data));
    pb_bytes(&tensor, 4, data, sizeof(data));
    *out = model_of(&tensor);
}

typedef struct guard_row {
    const char *name;
    void (*build)(pb *out);
    const char *code;
} guard_row;

static const guard_row guard_rows[] = {
    {"empty file", empty_file, "E-ONNX-001"},
    {"text", text_file, "E-ONNX-003"},
    {"no graph", no_graph, "E-ONNX-008"},
    {"5000 graphs deep", deep_nesting, "E-ONNX-004"},
    {"graph repeated 4000 times", repeated_graph, "E-ONNX-006"},
    {"5 million empty nodes", empty_nodes, "E-ONNX-005"},
    {"30 million empty strings", empty_strings, "E-ONNX-007"},
    {"a length past the end", length_past_the_end, "E-ONNX-003"},
    {"a field of the wrong wire type", wrong_wire_type, "E-ONNX-003"},
    {"a group", group_field, "E-ONNX-003"},
    {"a name that is not UTF-8", bad_text, "E-ONNX-009"},
    {"data in two large pieces", two_data_fields, "E-ONNX-011"},
};

START_TEST(the_guard_refuses)
{
    pb model = {0};
    nbx_onnx_file *file;
    guard_rows[_i].build(&model);
    nbx_status status = nbx_onnx_open_bytes(graph, model.data, model.used, NULL, &file);
    ck_assert_msg(status == NBX_BAD_INPUT, "%s: status %d", guard_rows[_i].name, status);
    ck_assert_ptr_null(file);
    ck_assert_msg(!strcmp(last_code(), guard_rows[_i].code), "%s: code %s", guard_rows[_i].name, last_code());
    ck_assert_uint_eq(nbx_message_count(context), 1);
    pb_free(&model);
}
END_TEST

START_TEST(unknown_fields_and_doc_strings_are_skipped)
{
    pb g = {0};
    pb_text(&g, 10, "\xff\xfe not UTF-8 at all");
    pb model = onnx_model(&g, 13);
    pb_int(&model, 9999, 1);
    pb_bytes(&model, 9998, "xyz", 3);
    nbx_onnx_file *file;
    ck_assert_int_eq(nbx_onnx_open_bytes(graph, model.data, model.used, NULL, &file), NBX_OK);
    ck_assert_uint_eq(nbx_onnx_model(file)->base.n_unknown_fields, 0);
    nbx_onnx_close(file);
    pb_free(&model);
}
END_TEST

/* --- sparse tensors --- */

typedef struct sparse_row {
    const char *name;
    int64_t dims[2];
    size_t index_rank;
    int64_t index_dims[2];
    int64_t indices[4];
    const char *code;
} sparse_row;

static const sparse_row sparse_rows[] = {
    {"linear indices", {2, 3}, 1, {2, 0}, {1, 5, 0, 0}, ""},
    {"coordinates", {2, 3}, 2, {2, 2}, {0, 1, 1, 2}, ""},
    {"linear index outside", {2, 3}, 1, {2, 0}, {1, 6, 0, 0}, "E-ONNX-012"},
    {"negative index", {2, 3}, 1, {2, 0}, {-1, 5, 0, 0}, "E-ONNX-012"},
    {"coordinate outside", {2, 3}, 2, {2, 2}, {0, 1, 1, 3}, "E-ONNX-012"},
    {"one index for two values", {2, 3}, 1, {1, 0}, {1, 0, 0, 0}, "E-ONNX-012"},
    {"a dense form that is too large", {1 << 20, 1 << 20}, 1, {2, 0}, {1, 5, 0, 0}, "E-ONNX-012"},
    {"a shape that overflows", {INT64_MAX, INT64_MAX}, 1, {2, 0}, {1, 5, 0, 0}, "E-ONNX-012"},
};

START_TEST(sparse_tensors_become_dense)
{
    const sparse_row *row = &sparse_rows[_i];
    static const float values[2] = {7, 9};
    int64_t value_dims[1] = {2};
    size_t count = (size_t)(row->index_dims[0] * (row->index_rank == 2 ? row->index_dims[1] : 1));
    pb v = onnx_tensor("w", 1, 1, value_dims, values, sizeof(values)), sparse = {0}, g = {0};
    pb indices = onnx_tensor("", 7, row->index_rank, row->index_dims, row->indices, count * 8);
    pb_message(&sparse, 1, &v);
    pb_message(&sparse, 2, &indices);
    pb_int(&sparse, 3, row->dims[0]);
    pb_int(&sparse, 3, row->dims[1]);
    pb_message(&g, 15, &sparse);
    pb model = onnx_model(&g, 13);
    nbx_onnx_file *file;
    nbx_tensor out;
    ck_assert_int_eq(nbx_onnx_open_bytes(graph, model.data, model.used, NULL, &file), NBX_OK);
    nbx_status status = nbx_onnx_read_sparse(file, nbx_onnx_model(file)->graph->sparse_initializer[0], "w", &out);
    ck_assert_msg(status == (*row->code ? NBX_BAD_INPUT : NBX_OK), "%s", row->name);
    ck_assert_str_eq(last_code(), row->code);
    for (uint64_t i = 0; status == NBX_OK && i < 6; i++)
        ck_assert(nbx_tensor_float(&out, i) == (i == 1 ? 7 : i == 5 ? 9 : 0));
    nbx_onnx_close(file);
    pb_free(&model);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("onnx");
    TCase *tests = tcase_create("onnx");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_loop_test(tests, tensors_read_or_say_why, 0, COUNT(tensor_rows));
    tcase_add_test(tests, large_data_stays_in_the_file);
    tcase_add_loop_test(tests, shapes_and_data_agree, 0, COUNT(shape_rows));
    tcase_add_loop_test(tests, the_guard_refuses, 0, COUNT(guard_rows));
    tcase_add_test(tests, unknown_fields_and_doc_strings_are_skipped);
    tcase_add_loop_test(tests, sparse_tensors_become_dense, 0, COUNT(sparse_rows));
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
