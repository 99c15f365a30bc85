/* SPDX-License-Identifier: Apache-2.0 */
/* Which encodings stand together on NNIE: log8 by default, log16 by option or by name, Q20.12 where a result leaves; arithmetic included.
 */
#include "hisilicon.h"

#include "schema/encodings.h"

#define MQB     "ModelTC/MQBench docs/source/user_guide/hardware/nnie.rst; values measured on HiSilicon's quantizer library"
#define GROUPED "ModelTC/MQBench mqbench/deploy/deploy_nnie.py: one range per convolution group"
#define BOARD   "MindSpore Lite NNIE runtime: board output is int32 with base 4096"

/* The chip model's integer contract: exponents add, an antilog table, a 64-bit sum, the bias as a real number. It is not
 * claimed to be the silicon's: only encode and decode were compared with the vendor's library. */
static const nbx_arith log_expadd = {
    .struct_size = sizeof(nbx_arith),
    .name = "log_expadd",
    .product = NBX_PRODUCT_LOG_EXPADD,
    .bias_at = NBX_BIAS_REAL,
    .requant = NBX_REQUANT_even_real,
    .pool_round = NBX_REQUANT_even_real,
    .add_arith = NBX_ADD_REAL,
    .exactness = NBX_EXACT,
    .table_bits = 16,
};

#define HIGH_PRECISION                                                                                                                     \
    {                                                                                                                                      \
        OPTION_OF("precision"), WORDS("high_precision")                                                                                    \
    }
#define UNGROUPED                                                                                                                          \
    {                                                                                                                                      \
        NODE(CLASS), WORDS("dense", "pointwise")                                                                                           \
    }
#define CONV_GROUPS                                                                                                                        \
    {                                                                                                                                      \
        NODE(CLASS), WORDS("grouped", "depthwise")                                                                                         \
    }

#define COMBO(ops_, scheme_, variant_, flags_, in_, weight_, bias_, out_, tie_, grade_, source_, ...)                                      \
    {                                                                                                                                      \
        .struct_size = sizeof(nbx_combo), .flags = (flags_), .ops = ops_, .scheme = scheme_, .variant = variant_,                          \
        .in = &nbx_encoding_##in_, .weight = weight_, .bias = bias_, .out = &nbx_encoding_##out_, .arith = &log_expadd, .tie = (tie_),     \
        .grade = NBX_GRADE_##grade_, .source = source_, .when = __VA_ARGS__                                                                \
    }

/* One precision of an op: its default row or its row by name, the other width for a reader that wants it, and what leaves. */
#define WIDTHS(ops_, form_, w8_, w16_, bias_, source_, when_, when_high_)                                                                  \
    COMBO(ops_, "log16", form_ "log16", NBX_COMBO_DEFAULT, log16, w16_, bias_, log16, NBX_TIE_NONE, MEASURED, source_, when_high_),        \
        COMBO(ops_, "log8", form_ "log8", NBX_COMBO_DEFAULT, log8, w8_, bias_, log8, NBX_TIE_NONE, MEASURED, source_, when_),              \
        COMBO(ops_, "log16", form_ "log16_named", NBX_COMBO_OPT_IN, log16, w16_, bias_, log16, NBX_TIE_NONE, MEASURED, source_, when_),    \
        COMBO(ops_, "log8", form_ "log8_to_16", NBX_COMBO_OPT_IN, log8, w8_, bias_, log16, NBX_TIE_NONE, INFERRED, source_, when_),        \
        COMBO(ops_, "log16", form_ "log16_to_8", NBX_COMBO_OPT_IN, log16, w16_, bias_, log8, NBX_TIE_NONE, INFERRED, source_, when_),      \
        COMBO(ops_, "log8", form_ "log8_leaves", NBX_COMBO_OUTPUT_ONLY, log8, w8_, bias_, q20_12, NBX_TIE_NONE, DOCUMENTED, BOARD, when_), \
        COMBO(ops_, "log16", form_ "log16_leaves", NBX_COMBO_OUTPUT_ONLY, log16, w16_, bias_, q20_12, NBX_TIE_NONE, DOCUMENTED, BOARD,     \
              when_)

#define ALWAYS                                                                                                                             \
    {                                                                                                                                      \
        0                                                                                                                                  \
    }

/* Codes that only move or compete keep their parameters. */
#define KEEPS(ops_)                                                                                                                        \
    COMBO(ops_, "log16", "keeps_log16", NBX_COMBO_DEFAULT, log16, NULL, NULL, log16, NBX_TIE_OUT_IN, INFERRED, MQB,                        \
          CLAUSES(HIGH_PRECISION)),                                                                                                        \
        COMBO(ops_, "log8", "keeps_log8", NBX_COMBO_DEFAULT, log8, NULL, NULL, log8, NBX_TIE_OUT_IN, INFERRED, MQB, ALWAYS),               \
        COMBO(ops_, "log16", "keeps_log16_named", NBX_COMBO_OPT_IN, log16, NULL, NULL, log16, NBX_TIE_OUT_IN, INFERRED, MQB, ALWAYS)

#define FLOAT_BIAS &nbx_encoding_fp32

const nbx_combo hisi_combos[HISI_COMBO_ROWS] = {
    WIDTHS("Conv|ConvTranspose", "dense_", &nbx_encoding_log8, &nbx_encoding_log16, FLOAT_BIAS, MQB, CLAUSES(UNGROUPED),
           CLAUSES(UNGROUPED, HIGH_PRECISION)),
    WIDTHS("Conv|ConvTranspose", "grouped_", &nbx_encoding_log8_group, &nbx_encoding_log16_group, FLOAT_BIAS, GROUPED, CLAUSES(CONV_GROUPS),
           CLAUSES(CONV_GROUPS, HIGH_PRECISION)),
    WIDTHS("Gemm|MatMul", "", &nbx_encoding_log8, &nbx_encoding_log16, FLOAT_BIAS, MQB, ALWAYS, CLAUSES(HIGH_PRECISION)),
    WIDTHS("AveragePool|GlobalAveragePool|ReduceMean", "", NULL, NULL, NULL, MQB, ALWAYS, CLAUSES(HIGH_PRECISION)),
    WIDTHS("Add|Sub|Mul|Max", "", NULL, NULL, NULL, MQB, ALWAYS, CLAUSES(HIGH_PRECISION)),
    WIDTHS("BatchNormalization|LRN|Pow|Sqrt|Reciprocal|PRelu|Relu|LeakyRelu|Sigmoid|Tanh|HardSigmoid|HardSwish|Swish|Clip|Softmax", "",
           NULL, NULL, NULL, MQB, ALWAYS, CLAUSES(HIGH_PRECISION)),
    /* Concat re-codes its inputs to one range: no tie, codes are decoded and encoded where parameters differ. */
    WIDTHS("Concat", "", NULL, NULL, NULL, MQB, ALWAYS, CLAUSES(HIGH_PRECISION)),
    KEEPS("MaxPool|GlobalMaxPool|Resize|Reshape|Flatten|Transpose|Squeeze|Unsqueeze|SpaceToDepth|Identity|Dropout"),
    COMBO("Requantize", "log8", "log8", NBX_COMBO_DEFAULT, log8, NULL, NULL, log8, NBX_TIE_NONE, INFERRED, MQB, ALWAYS),
    COMBO("Requantize", "log16", "log16", NBX_COMBO_OPT_IN, log16, NULL, NULL, log16, NBX_TIE_NONE, INFERRED, MQB, ALWAYS),
    COMBO("Requantize", "log8", "log8_to_16", NBX_COMBO_OPT_IN, log8, NULL, NULL, log16, NBX_TIE_NONE, INFERRED, MQB, ALWAYS),
    COMBO("Requantize", "log16", "log16_to_8", NBX_COMBO_OPT_IN, log16, NULL, NULL, log8, NBX_TIE_NONE, INFERRED, MQB, ALWAYS),
    COMBO("Requantize", "log8", "log8_leaves", NBX_COMBO_OUTPUT_ONLY, log8, NULL, NULL, q20_12, NBX_TIE_NONE, DOCUMENTED, BOARD, ALWAYS),
};
