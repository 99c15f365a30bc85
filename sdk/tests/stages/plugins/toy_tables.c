/* SPDX-License-Identifier: Apache-2.0 */
/* The toy chips' ops, combinations of encodings and fusions. */
#include "schema/encodings.h"
#include "toy.h"

#define HAS(op_)                                                                                                                           \
    {                                                                                                                                      \
        .struct_size = sizeof(nbx_op_row), .op = op_, .listed = 1, TOY("ops")                                                              \
    }
#define VIEWS HAS("Reshape"), HAS("Flatten"), HAS("Squeeze"), HAS("Unsqueeze"), HAS("Identity")

const nbx_span toy_ops =
    ROWS(nbx_op_row, HAS("Conv"), HAS("ConvTranspose"), HAS("Gemm"), HAS("MatMul"), HAS("Add"), HAS("Relu"), HAS("Clip"), HAS("MaxPool"),
         HAS("Concat"), HAS("Requantize"), VIEWS,
         {.struct_size = sizeof(nbx_op_row), .op = "Sigmoid", .listed = 1, .emulated = 1, .note = "a table", TOY("ops")},
         {.struct_size = sizeof(nbx_op_row), .op = "LeakyRelu", .id = "TOY-OP-001", .remedy_text = "use Relu", TOY("ops")});
const nbx_span toy_log_ops = ROWS(nbx_op_row, HAS("Conv"), HAS("Gemm"), HAS("Add"), HAS("Relu"), HAS("Concat"), HAS("MaxPool"), VIEWS);

static const nbx_arith int8 = {.struct_size = sizeof(nbx_arith),
                               .name = "int8",
                               .product = NBX_PRODUCT_INTEGER,
                               .acc_bits = 32,
                               .acc_overflow = NBX_OVERFLOW_SATURATE_END,
                               .bias_at = NBX_BIAS_ACCUMULATOR,
                               .requant = NBX_REQUANT_single_up,
                               .pool_round = NBX_REQUANT_even_real,
                               .add_arith = NBX_ADD_REAL,
                               .exactness = NBX_EXACT};
static const nbx_arith pow2 = {.struct_size = sizeof(nbx_arith),
                               .name = "pow2",
                               .product = NBX_PRODUCT_INTEGER,
                               .acc_bits = 32,
                               .acc_overflow = NBX_OVERFLOW_SATURATE_END,
                               .bias_at = NBX_BIAS_ACCUMULATOR,
                               .requant = NBX_REQUANT_shift_up,
                               .pool_round = NBX_REQUANT_even_real,
                               .add_arith = NBX_ADD_REAL,
                               .exactness = NBX_EXACT};
static const nbx_arith expadd = {.struct_size = sizeof(nbx_arith),
                                 .name = "expadd",
                                 .product = NBX_PRODUCT_LOG_EXPADD,
                                 .bias_at = NBX_BIAS_REAL,
                                 .requant = NBX_REQUANT_even_real,
                                 .pool_round = NBX_REQUANT_even_real,
                                 .add_arith = NBX_ADD_REAL,
                                 .exactness = NBX_EXACT,
                                 .table_bits = 16};

#define COMBO(ops_, scheme_, variant_, flags_, in_, w_, b_, out_, arith_, tie_)                                                            \
    {                                                                                                                                      \
        .struct_size = sizeof(nbx_combo), .flags = (flags_), .ops = ops_, .scheme = scheme_, .variant = variant_,                          \
        .in = &nbx_encoding_##in_, .weight = w_, .bias = b_, .out = &nbx_encoding_##out_, .arith = &arith_, .tie = NBX_TIE_##tie_,         \
        TOY("combos")                                                                                                                      \
    }
#define E(stem)  (&nbx_encoding_##stem)
#define WEIGHTED "Conv|ConvTranspose|Gemm|MatMul"
#define FREE     "Add|Relu|Clip|Sigmoid|Requantize"
#define JOINS    "Concat|Reshape|Flatten|Squeeze|Unsqueeze|Identity"

const nbx_span toy_int8_combos = ROWS(
    nbx_combo, COMBO(WEIGHTED, "int8", "w", NBX_COMBO_DEFAULT, int8_asym, E(int8_sym_channel), E(int32_product), int8_asym, int8, NONE),
    COMBO("Conv|Gemm", "int8", "leaves", NBX_COMBO_OUTPUT_ONLY, int8_asym, E(int8_sym_channel), E(int32_product), int16_sym, int8, NONE),
    COMBO("MaxPool", "int8", "pool", NBX_COMBO_DEFAULT, int8_asym, NULL, NULL, int8_asym, int8, OUT_IN),
    COMBO(JOINS, "int8", "join", NBX_COMBO_DEFAULT, int8_asym, NULL, NULL, int8_asym, int8, ALL),
    COMBO(FREE, "int8", "free", NBX_COMBO_DEFAULT, int8_asym, NULL, NULL, int8_asym, int8, NONE),
    COMBO(WEIGHTED, "pow2", "w", NBX_COMBO_OPT_IN, pow2_int8, E(pow2_int8_channel), E(pow2_int32_product), pow2_int8, pow2, NONE),
    COMBO(FREE, "pow2", "free", NBX_COMBO_OPT_IN, pow2_int8, NULL, NULL, pow2_int8, pow2, NONE));
const nbx_span toy_log_combos =
    ROWS(nbx_combo, COMBO("Conv|Gemm", "log8", "w", NBX_COMBO_DEFAULT, log8, E(log8_group), E(fp32), log8, expadd, NONE),
         COMBO("Conv|Gemm", "log8", "leaves", NBX_COMBO_OUTPUT_ONLY, log8, E(log8_group), E(fp32), q20_12, expadd, NONE),
         COMBO("Add|Relu", "log8", "free", NBX_COMBO_DEFAULT, log8, NULL, NULL, log8, expadd, NONE),
         COMBO("MaxPool|Concat|Reshape|Flatten", "log8", "join", NBX_COMBO_DEFAULT, log8, NULL, NULL, log8, expadd, ALL));

const nbx_span toy_fusions =
    ROWS(nbx_fusion,
         {.struct_size = sizeof(nbx_fusion), .id = "TOY-FUSE-001", .pattern = "Conv > Relu|Clip", .at = NBX_AT_ACCUMULATOR, TOY("f")},
         {.struct_size = sizeof(nbx_fusion),
          .id = "TOY-FUSE-002",
          .pattern = "Conv > Add > Relu",
          .at = NBX_AT_ACCUMULATOR,
          .when = CLAUSES({ABOUT(CLASS), WORDS("dense", "pointwise")}),
          TOY("f")});
