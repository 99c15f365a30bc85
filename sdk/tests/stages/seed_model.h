/* SPDX-License-Identifier: Apache-2.0 */
/** One small model with something of everything, as a seed for damage: functions, inner graphs, sparse and external tensors. */
#ifndef NBX_TESTS_SEED_MODEL_H
#define NBX_TESTS_SEED_MODEL_H

#include "../formats/onnx_writer.h"

static inline void seed_constants(pb *g)
{
    static const float w[12] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
    static const int64_t shape[2] = {1, -1}, kernel[4] = {4, 3, 1, 1}, pair[1] = {2}, sparse_at[2] = {0, 3};
    static const int64_t one[1] = {1}, four[1] = {4}, extents[4] = {1, 4, 8, 8};
    onnx_floats(g, "w", 4, kernel, w, 12);
    onnx_int64s(g, "shape", shape, 2);
    onnx_int64s(g, "extents", extents, 4);
    pb listed = onnx_tensor_head("listed", 1, 1, pair);
    pb_float(&listed, 4, 0.5f);
    pb_float(&listed, 4, 1.5f);
    onnx_add(g, 5, listed);
    pb label = onnx_tensor_head("label", 8, 1, one);
    pb_text(&label, 6, "cat");
    onnx_add(g, 5, label);
    pb sparse = {0}, values = onnx_tensor("sparse", 1, 1, pair, w, 8), at = onnx_tensor("", 7, 1, pair, sparse_at, 16);
    pb_message(&sparse, 1, &values);
    pb_message(&sparse, 2, &at);
    pb_int(&sparse, 3, four[0]);
    onnx_add(g, 15, sparse);
}

static inline void seed_nodes(pb *g)
{
    static const int64_t kernel[2] = {2, 2}, one[1] = {1};
    static const float half[1] = {0.5f};
    pb conv = onnx_node("Conv", "conv", "x,w,sparse", "a"), pool = onnx_node("MaxPool", "", "a", "b");
    onnx_attr_text(&conv, "auto_pad", "SAME_UPPER");
    onnx_attr_ints(&pool, "kernel_shape", kernel, 2);
    onnx_add(g, 1, conv);
    onnx_add(g, 1, pool);
    pb constant = onnx_node("Constant", "c", "", "alpha"), filled = onnx_node("ConstantOfShape", "", "extents", "ones");
    pb value = onnx_tensor("", 1, 1, one, half, 4), again = onnx_tensor("", 1, 1, one, half, 4);
    onnx_attr_message(&constant, "value", 5, 4, &value);
    onnx_attr_message(&filled, "value", 5, 4, &again);
    onnx_add(g, 1, constant);
    onnx_add(g, 1, filled);
    onnx_add(g, 1, onnx_node("Mul", "mul", "a,ones", "m"));
    onnx_add(g, 1, onnx_node("Softmax", "soft", "m", "s"));
    pb call = onnx_node("Twice", "call", "b", "t");
    pb_text(&call, 7, "local");
    onnx_attr_float(&call, "slope", 0.1f);
    onnx_add(g, 1, call);
    pb inner = {0}, branch = onnx_node("If", "branch", "label", "i");
    onnx_add(&inner, 1, onnx_node("Relu", "", "b", "z"));
    onnx_output(&inner, "z");
    onnx_attr_message(&branch, "then_branch", 6, 5, &inner);
    onnx_add(g, 1, branch);
    onnx_add(g, 1, onnx_node("Reshape", "reshape", "t,shape", "y"));
}

static inline pb seed_model(void)
{
    static const int64_t image[4] = {-1, 3, 8, 8}, rest[2] = {-1, -2};
    pb g = {0}, f = {0}, import = {0}, leaky = onnx_node("LeakyRelu", "", "p", "q");
    pb_text(&g, 2, "seed");
    onnx_input(&g, "x", 4, image);
    seed_constants(&g);
    seed_nodes(&g);
    onnx_output(&g, "y");
    onnx_output(&g, "s");
    onnx_add(&g, 12, onnx_value("i", 1, 2, rest));
    onnx_add(&g, 13, onnx_value("a", 1, 2, rest));
    pb_text(&f, 1, "Twice");
    pb_names(&f, 4, "p");
    pb_names(&f, 5, "r");
    onnx_attr_reference(&leaky, "alpha", "slope", 1);
    onnx_add(&f, 7, leaky);
    onnx_add(&f, 7, onnx_node("Relu", "", "q", "r"));
    pb_int(&import, 2, 9);
    pb_message(&f, 9, &import);
    pb_text(&f, 10, "local");
    pb model = onnx_model(&g, 9);
    pb_message(&model, 25, &f);
    return model;
}

#endif
