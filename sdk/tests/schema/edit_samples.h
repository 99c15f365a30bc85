/* SPDX-License-Identifier: Apache-2.0 */
/* Small cases of one op that tests of rules, subjects and costs start from. */
#ifndef NBX_TEST_EDIT_SAMPLES_H
#define NBX_TEST_EDIT_SAMPLES_H

#include <check.h>
#include <stdio.h>
#include <string.h>

#include "schema/subjects.h"

static inline nbx_edit_tensor sample_tensor(bool is_const, uint32_t rank, int64_t a, int64_t b, int64_t c, int64_t d)
{
    nbx_edit_tensor t = {.dtype = NBX_DTYPE_FLOAT32, .rank = rank, .dims = {a, b, c, d}, .is_const = is_const, .fan_out = 1};
    return t;
}

static inline nbx_edit sample_op(const char *op)
{
    nbx_edit e = {.op = op, .output_count = 1};
    e.outputs[0].fan_out = 1;
    snprintf(e.name, sizeof e.name, "%s_0", op);
    return e;
}

static inline void sample_int(nbx_edit *e, const char *name, int64_t value)
{
    nbx_edit_attr_add(e, name, NBX_ATTR_INT)->i = value;
}

static inline void sample_ints(nbx_edit *e, const char *name, uint32_t count, const int64_t *values)
{
    nbx_edit_attr *a = nbx_edit_attr_add(e, name, NBX_ATTR_INTS);
    a->count = count;
    memcpy(a->ints, values, count * sizeof *values);
}

static inline nbx_edit sample_done(nbx_edit e)
{
    char error[240] = "";
    ck_assert_msg(nbx_edit_infer(&e, error, sizeof error), "%s", error);
    return e;
}

/* X [1, cin, size, size], W [cout, cin/group, kernel, kernel], B [cout], pads of half the kernel, stride 1. */
static inline nbx_edit sample_conv(int64_t cin, int64_t cout, int64_t size, int64_t kernel, int64_t group)
{
    nbx_edit e = sample_op("Conv");
    int64_t half = kernel / 2;
    e.input_count = 3;
    e.inputs[0] = sample_tensor(false, 4, 1, cin, size, size);
    e.inputs[1] = sample_tensor(true, 4, cout, cin / group, kernel, kernel);
    e.inputs[2] = sample_tensor(true, 1, cout, 0, 0, 0);
    sample_ints(&e, "kernel_shape", 2, (int64_t[]){kernel, kernel});
    sample_ints(&e, "strides", 2, (int64_t[]){1, 1});
    sample_ints(&e, "pads", 4, (int64_t[]){half, half, half, half});
    sample_ints(&e, "dilations", 2, (int64_t[]){1, 1});
    sample_int(&e, "group", group);
    return sample_done(e);
}

static inline nbx_edit sample_pool(const char *op, int64_t channels, int64_t size, int64_t kernel, int64_t stride)
{
    nbx_edit e = sample_op(op);
    e.input_count = 1;
    e.inputs[0] = sample_tensor(false, 4, 1, channels, size, size);
    sample_ints(&e, "kernel_shape", 2, (int64_t[]){kernel, kernel});
    sample_ints(&e, "strides", 2, (int64_t[]){stride, stride});
    sample_ints(&e, "pads", 4, (int64_t[]){0, 0, 0, 0});
    sample_ints(&e, "dilations", 2, (int64_t[]){1, 1});
    sample_int(&e, "ceil_mode", 0);
    sample_int(&e, "count_include_pad", 0);
    return sample_done(e);
}

/* A [rows, k], B [n, k] transposed, C [n]. */
static inline nbx_edit sample_gemm(int64_t rows, int64_t k, int64_t n)
{
    nbx_edit e = sample_op("Gemm");
    e.input_count = 3;
    e.inputs[0] = sample_tensor(false, 2, rows, k, 0, 0);
    e.inputs[1] = sample_tensor(true, 2, n, k, 0, 0);
    e.inputs[2] = sample_tensor(true, 1, n, 0, 0, 0);
    sample_int(&e, "transA", 0);
    sample_int(&e, "transB", 1);
    sample_int(&e, "flatten", 0);
    return sample_done(e);
}

/* `count` inputs of [1, channels, size, size]. */
static inline nbx_edit sample_inputs(const char *op, uint32_t count, int64_t channels, int64_t size)
{
    nbx_edit e = sample_op(op);
    e.input_count = count;
    for (uint32_t i = 0; i < count; i++)
        e.inputs[i] = sample_tensor(false, 4, 1, channels, size, size);
    return e;
}

static inline nbx_edit sample_concat(int64_t axis)
{
    nbx_edit e = sample_inputs("Concat", 2, 8, 4);
    sample_int(&e, "axis", axis);
    return sample_done(e);
}

static inline nbx_edit sample_resize(const char *mode, float scale, const char *grid, const char *nearest)
{
    nbx_edit e = sample_inputs("Resize", 1, 8, 4);
    nbx_edit_attr_add(&e, "mode", NBX_ATTR_STRING)->s = mode;
    nbx_edit_attr_add(&e, "coordinate_transformation_mode", NBX_ATTR_STRING)->s = grid;
    nbx_edit_attr_add(&e, "nearest_mode", NBX_ATTR_STRING)->s = nearest;
    nbx_edit_attr *scales = nbx_edit_attr_add(&e, "scales", NBX_ATTR_FLOATS);
    scales->count = 4;
    memcpy(scales->floats, (float[]){1, 1, scale, scale}, 4 * sizeof(float));
    return sample_done(e);
}

static inline nbx_edit sample_transpose(int64_t a, int64_t b, int64_t c, int64_t d)
{
    nbx_edit e = sample_inputs("Transpose", 1, 8, 4);
    sample_ints(&e, "perm", 4, (int64_t[]){a, b, c, d});
    return sample_done(e);
}

static inline nbx_edit sample_reshape(uint32_t rank, int64_t a, int64_t b, int64_t c, int64_t d)
{
    nbx_edit e = sample_inputs("Reshape", 1, 8, 4);
    sample_ints(&e, "shape", rank, (int64_t[]){a, b, c, d});
    return sample_done(e);
}

/* Subjects. */
static inline nbx_subject of_node(uint16_t kind, const char *name, const char *axes)
{
    nbx_subject s = {.kind = kind, .name = name, .axes = axes};
    return s;
}

static inline nbx_subject of_tensor(uint16_t kind, uint8_t tensor, uint8_t index, const char *name, const char *axes)
{
    nbx_subject s = {.kind = kind, .tensor = tensor, .index = index, .name = name, .axes = axes};
    return s;
}

#define SAMPLE_MAIN(suite_call)                                                                                                            \
    int main(void)                                                                                                                         \
    {                                                                                                                                      \
        SRunner *runner = srunner_create(suite_call);                                                                                      \
        srunner_run_all(runner, CK_ENV);                                                                                                   \
        int failed = srunner_ntests_failed(runner);                                                                                        \
        srunner_free(runner);                                                                                                              \
        return failed != 0;                                                                                                                \
    }

#endif
