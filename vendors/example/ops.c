/* SPDX-License-Identifier: Apache-2.0 */
/* Which ONNX ops the chip has, and which it is often asked for and has not; their limits are in rules.c. */
#include "example.h"

#define HAS(op_)                                                                                                                           \
    {                                                                                                                                      \
        .struct_size = sizeof(nbx_op_row), .op = op_, .listed = 1, HANDBOOK("2.1")                                                         \
    }
/* Accepted, but not by the array: a report shows such nodes as emulated. */
#define EMULATES(op_, how_)                                                                                                                \
    {                                                                                                                                      \
        .struct_size = sizeof(nbx_op_row), .op = op_, .listed = 1, .emulated = 1, .note = how_, HANDBOOK("2.2")                            \
    }
/* An op without a row is refused as well; a row says which rule and what to do. */
#define LACKS(op_, remedy_)                                                                                                                \
    {                                                                                                                                      \
        .struct_size = sizeof(nbx_op_row), .op = op_, .id = "EXAMPLE-OP-001", .remedy_text = remedy_, HANDBOOK("2.3")                      \
    }

const nbx_op_row example_ops[EXAMPLE_OPS] = {
    HAS("Conv"),
    HAS("Gemm"),
    HAS("Add"),
    HAS("Relu"),
    HAS("Clip"),
    HAS("MaxPool"),
    HAS("AveragePool"),
    HAS("GlobalAveragePool"),
    HAS("Concat"),
    HAS("Requantize"),
    /* Views: they keep the bytes, so the host drops them. */
    HAS("Reshape"),
    HAS("Flatten"),
    HAS("Squeeze"),
    HAS("Unsqueeze"),
    HAS("Identity"),
    HAS("Dropout"),
    EMULATES("Sigmoid", "a table of 256 entries"),
    EMULATES("HardSigmoid", "a table of 256 entries"),
    EMULATES("HardSwish", "a table of 256 entries"),
    EMULATES("LeakyRelu", "a table of 256 entries"),
    LACKS("Softmax", "place it on a fallback, or stop at the scores: their order is the same"),
    LACKS("Transpose", "let the host transpose the input instead"),
    LACKS("ConvTranspose", "use Resize and Conv on a fallback"),
    LACKS("LRN", "train with BatchNormalization, which folds into Conv"),
    LACKS("Resize", "allow a fallback for it"),
};
