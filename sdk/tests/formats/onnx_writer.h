/* SPDX-License-Identifier: Apache-2.0 */
/** Writes small ONNX models for tests: protocol buffer fields by number (onnx.proto), nothing checked, so bad models can be made. */
#ifndef NBX_TESTS_ONNX_WRITER_H
#define NBX_TESTS_ONNX_WRITER_H

#include <check.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/** A message being written. Zero is empty; pb_free frees. */
typedef struct pb {
    uint8_t *data;
    size_t used, capacity;
} pb;

static inline void pb_raw(pb *m, const void *data, size_t bytes)
{
    if (m->used + bytes > m->capacity) {
        m->capacity = (m->used + bytes) * 2 + 64;
        m->data = realloc(m->data, m->capacity);
        ck_assert_ptr_nonnull(m->data);
    }
    if (bytes) memcpy(m->data + m->used, data, bytes);
    m->used += bytes;
}

static inline void pb_free(pb *m)
{
    free(m->data);
    *m = (pb){0};
}

static inline void pb_varint(pb *m, uint64_t value)
{
    do {
        uint8_t byte = (uint8_t)((value & 0x7f) | (value > 0x7f ? 0x80 : 0));
        pb_raw(m, &byte, 1);
        value >>= 7;
    } while (value);
}

static inline void pb_int(pb *m, uint32_t field, int64_t value)
{
    pb_varint(m, (uint64_t)field << 3);
    pb_varint(m, (uint64_t)value);
}

static inline void pb_float(pb *m, uint32_t field, float value)
{
    pb_varint(m, (uint64_t)field << 3 | 5);
    pb_raw(m, &value, sizeof(value));
}

static inline void pb_bytes(pb *m, uint32_t field, const void *data, size_t bytes)
{
    pb_varint(m, (uint64_t)field << 3 | 2);
    pb_varint(m, bytes);
    pb_raw(m, data, bytes);
}

static inline void pb_text(pb *m, uint32_t field, const char *text)
{
    pb_bytes(m, field, text, strlen(text));
}

/** Adds a message as a field and frees it. */
static inline void pb_message(pb *m, uint32_t field, pb *inner)
{
    pb_bytes(m, field, inner->data, inner->used);
    pb_free(inner);
}

/** One field per name of a comma-separated list; "" is no name at all, "a,,b" has an empty one. */
static inline void pb_names(pb *m, uint32_t field, const char *list)
{
    for (const char *at = list; *list; at++) {
        size_t length = strcspn(at, ",");
        pb_bytes(m, field, at, length);
        at += length;
        if (!*at) break;
    }
}

/* NodeProto: input 1, output 2, name 3, op_type 4, attribute 5, domain 7, overload 8. Types of AttributeProto: field 20. */

static inline pb onnx_node(const char *op, const char *name, const char *inputs, const char *outputs)
{
    pb node = {0};
    pb_names(&node, 1, inputs);
    pb_names(&node, 2, outputs);
    if (*name) pb_text(&node, 3, name);
    pb_text(&node, 4, op);
    return node;
}

static inline void onnx_attr_int(pb *node, const char *name, int64_t value)
{
    pb attr = {0};
    pb_text(&attr, 1, name);
    pb_int(&attr, 3, value);
    pb_int(&attr, 20, 2);
    pb_message(node, 5, &attr);
}

static inline void onnx_attr_float(pb *node, const char *name, float value)
{
    pb attr = {0};
    pb_text(&attr, 1, name);
    pb_float(&attr, 2, value);
    pb_int(&attr, 20, 1);
    pb_message(node, 5, &attr);
}

static inline void onnx_attr_text(pb *node, const char *name, const char *value)
{
    pb attr = {0};
    pb_text(&attr, 1, name);
    pb_text(&attr, 4, value);
    pb_int(&attr, 20, 3);
    pb_message(node, 5, &attr);
}

static inline void onnx_attr_ints(pb *node, const char *name, const int64_t *values, size_t count)
{
    pb attr = {0};
    pb_text(&attr, 1, name);
    for (size_t i = 0; i < count; i++)
        pb_int(&attr, 8, values[i]);
    pb_int(&attr, 20, 7);
    pb_message(node, 5, &attr);
}

static inline void onnx_attr_floats(pb *node, const char *name, const float *values, size_t count)
{
    pb attr = {0};
    pb_text(&attr, 1, name);
    for (size_t i = 0; i < count; i++)
        pb_float(&attr, 7, values[i]);
    pb_int(&attr, 20, 6);
    pb_message(node, 5, &attr);
}

/** A message-typed attribute: tensor (field 5, type 4), graph (6, 5), sparse tensor (22, 11). Frees `value`. */
static inline void onnx_attr_message(pb *node, const char *name, uint32_t field, int64_t type, pb *value)
{
    pb attr = {0};
    pb_text(&attr, 1, name);
    pb_message(&attr, field, value);
    pb_int(&attr, 20, type);
    pb_message(node, 5, &attr);
}

/** A reference to an attribute of the calling node, inside a function. */
static inline void onnx_attr_reference(pb *node, const char *name, const char *outer, int64_t type)
{
    pb attr = {0};
    pb_text(&attr, 1, name);
    pb_text(&attr, 21, outer);
    pb_int(&attr, 20, type);
    pb_message(node, 5, &attr);
}

/* TensorProto: dims 1, data_type 2, float_data 4, int32_data 5, int64_data 7, name 8, raw_data 9, external_data 13, location 14. */

static inline pb onnx_tensor_head(const char *name, int64_t dtype, size_t rank, const int64_t *dims)
{
    pb tensor = {0};
    for (size_t i = 0; i < rank; i++)
        pb_int(&tensor, 1, dims[i]);
    pb_int(&tensor, 2, dtype);
    if (*name) pb_text(&tensor, 8, name);
    return tensor;
}

static inline pb onnx_tensor(const char *name, int64_t dtype, size_t rank, const int64_t *dims, const void *data, size_t bytes)
{
    pb tensor = onnx_tensor_head(name, dtype, rank, dims);
    pb_bytes(&tensor, 9, data, bytes);
    return tensor;
}

static inline void onnx_external(pb *tensor, const char *key, const char *value)
{
    pb entry = {0};
    pb_text(&entry, 1, key);
    pb_text(&entry, 2, value);
    pb_message(tensor, 13, &entry);
}

/** ValueInfoProto. A dim of -1 becomes the symbol "N", -2 an extent without anything. */
static inline pb onnx_value(const char *name, int64_t dtype, size_t rank, const int64_t *dims)
{
    pb value = {0}, type = {0}, tensor = {0}, shape = {0};
    for (size_t i = 0; i < rank; i++) {
        pb dim = {0};
        if (dims[i] >= 0) pb_int(&dim, 1, dims[i]);
        if (dims[i] == -1) pb_text(&dim, 2, "N");
        pb_message(&shape, 1, &dim);
    }
    pb_int(&tensor, 1, dtype);
    pb_message(&tensor, 2, &shape);
    pb_message(&type, 1, &tensor);
    pb_text(&value, 1, name);
    pb_message(&value, 2, &type);
    return value;
}

/* GraphProto: node 1, name 2, initializer 5, input 11, output 12, value_info 13, sparse_initializer 15. */

static inline void onnx_add(pb *graph, uint32_t field, pb inner)
{
    pb_message(graph, field, &inner);
}

static inline void onnx_input(pb *graph, const char *name, size_t rank, const int64_t *dims)
{
    onnx_add(graph, 11, onnx_value(name, 1, rank, dims));
}

static inline void onnx_output(pb *graph, const char *name)
{
    pb value = {0};
    pb_text(&value, 1, name);
    onnx_add(graph, 12, value);
}

static inline void onnx_floats(pb *graph, const char *name, size_t rank, const int64_t *dims, const float *data, size_t count)
{
    onnx_add(graph, 5, onnx_tensor(name, 1, rank, dims, data, count * sizeof(float)));
}

static inline void onnx_int64s(pb *graph, const char *name, const int64_t *data, size_t count)
{
    int64_t dims[1] = {(int64_t)count};
    onnx_add(graph, 5, onnx_tensor(name, 7, 1, dims, data, count * sizeof(int64_t)));
}

/** ModelProto (ir_version 1, graph 7, opset_import 8, functions 25) around a graph, which is freed. */
static inline pb onnx_model(pb *graph, int64_t opset)
{
    pb model = {0}, import = {0};
    pb_int(&model, 1, 8);
    pb_text(&import, 1, "");
    pb_int(&import, 2, opset);
    pb_message(&model, 8, &import);
    pb_message(&model, 7, graph);
    return model;
}

#endif
