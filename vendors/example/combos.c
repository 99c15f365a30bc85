/* SPDX-License-Identifier: Apache-2.0 */
/* Which encodings stand together, and the arithmetic they mean: int8 by default, one binary layer for those who ask for it. */
#include "example.h"

#include "schema/encodings.h"

/* Exact: a 32-bit accumulator that saturates at the end, the bias in it, one multiplier and shift, ties up. */
static const nbx_arith int8 = {
    .struct_size = sizeof(nbx_arith),
    .name = "int8",
    .product = NBX_PRODUCT_INTEGER,
    .acc_bits = 32,
    .acc_overflow = NBX_OVERFLOW_SATURATE_END,
    .bias_at = NBX_BIAS_ACCUMULATOR,
    .requant = NBX_REQUANT_single_up,
    .pool_round = NBX_REQUANT_even_real,
    .add_arith = NBX_ADD_REAL,
    .exactness = NBX_EXACT,
};

/* Exact: agreements less disagreements, scaled as a real number, then coded. */
static const nbx_arith binary = {
    .struct_size = sizeof(nbx_arith),
    .name = "binary",
    .product = NBX_PRODUCT_XNOR,
    .bias_at = NBX_BIAS_REAL,
    .requant = NBX_REQUANT_even_real,
    .pool_round = NBX_REQUANT_even_real,
    .add_arith = NBX_ADD_REAL,
    .exactness = NBX_EXACT,
};

/* Without weights: in and out are int8, and the tie says whose parameters must be equal. */
#define ACTIVATIONS(ops_, variant_, tie_)                                                                                                  \
    {                                                                                                                                      \
        .struct_size = sizeof(nbx_combo), .flags = NBX_COMBO_DEFAULT, .ops = ops_, .scheme = "int8", .variant = variant_,                  \
        .in = &nbx_encoding_int8_asym, .out = &nbx_encoding_int8_asym, .arith = &int8, .tie = (tie_), HANDBOOK("3.1")                      \
    }

const nbx_combo example_combos[EXAMPLE_COMBOS] = {
    {.struct_size = sizeof(nbx_combo),
     .flags = NBX_COMBO_DEFAULT,
     .ops = "Conv|Gemm",
     .scheme = "int8",
     .variant = "weights",
     .in = &nbx_encoding_int8_asym,
     .weight = &nbx_encoding_int8_sym_channel,
     .bias = &nbx_encoding_int32_product,
     .out = &nbx_encoding_int8_asym,
     .arith = &int8,
     HANDBOOK("3.1")},
    {.struct_size = sizeof(nbx_combo),
     .flags = NBX_COMBO_OPT_IN, /* only where the job says `scheme: binary` */
     .ops = "Conv",
     .scheme = "binary",
     .variant = "weights",
     .in = &nbx_encoding_binary,
     .weight = &nbx_encoding_binary_channel,
     .bias = &nbx_encoding_fp32,
     .out = &nbx_encoding_int8_asym,
     .arith = &binary,
     .when = CLAUSES({ABOUT(CLASS), WORDS("dense", "pointwise")}),
     HANDBOOK("3.2")},
    ACTIVATIONS("MaxPool", "keeps", NBX_TIE_OUT_IN),
    ACTIVATIONS("Concat|Reshape|Flatten|Squeeze|Unsqueeze|Identity|Dropout", "moves", NBX_TIE_ALL),
    ACTIVATIONS("Add", "sum", NBX_TIE_NONE),
    ACTIVATIONS("AveragePool|GlobalAveragePool", "mean", NBX_TIE_NONE),
    ACTIVATIONS("Relu|Clip|Sigmoid|HardSigmoid|HardSwish|LeakyRelu|Requantize", "function", NBX_TIE_NONE),
};
