/* SPDX-License-Identifier: Apache-2.0 */
/* The combos of reference/any: one macro per kind of scheme, expanded for every encoding and every choice of an option. */
#include "plugin.h"

#include "schema/encodings.h"

/* Lists of ops by quant rule, read off ops.def. Each ends with an op that it names twice, so that no separator is left over. */
#define OP(stem, name, revision, in_min, in_max, out_min, out_max, attrs, shape, quant, text) LIST_##quant(name)
#define LIST_weighted(name)
#define LIST_real(name)
#define LIST_move(name)
#define LIST_select(name)
#define LIST_average(name)
#define LIST_convert(name)
#define LIST_index(name)

#undef LIST_weighted
#define LIST_weighted(name) name "|"
static const char WEIGHTED[] =
#include <nbx/tables/ops.def>
    "Conv";
#undef LIST_weighted
#define LIST_weighted(name)

#undef LIST_real
#define LIST_real(name) name "|"
static const char REAL[] =
#include <nbx/tables/ops.def>
    "Relu";
#undef LIST_real
#define LIST_real(name)

#undef LIST_move
#undef LIST_select
#define LIST_move(name)   name "|"
#define LIST_select(name) name "|"
static const char MOVED[] =
#include <nbx/tables/ops.def>
    "Identity";
#undef LIST_move
#undef LIST_select
#define LIST_move(name)
#define LIST_select(name)

#undef LIST_average
#define LIST_average(name) name "|"
static const char AVERAGE[] =
#include <nbx/tables/ops.def>
    "ReduceMean";

/* Several inputs that become one output share parameters with it. */
#define JOINED  "Concat|Where"
#define INDEXED "ArgMax|ArgMin|Equal|Less|Greater"

/* One clause list per choice: OPTION(requant, single_up) is REQUANT_single_up. */
#define CHOICE(prefix, option, choice)                                                                                                     \
    static const char *const prefix##_##choice##_name[] = {#choice};                                                                       \
    static const nbx_clause prefix##_##choice[] = {{.of = {.kind = NBX_SUBJECT_OPTION, .name = option},                                    \
                                                    .check = NBX_CHECK_ONE_OF,                                                             \
                                                    .set_count = 1,                                                                        \
                                                    .names = prefix##_##choice##_name}};
#define REQUANT_CHOICE(mode) CHOICE(REQUANT, "requant", mode)
#define SHIFT_CHOICE(mode)   CHOICE(SHIFT, "shift", mode)
REFERENCE_AFFINE_MODES(REQUANT_CHOICE)
REFERENCE_SHIFT_MODES(SHIFT_CHOICE)
CHOICE(ADD, "add", fixed20)

/* Log weights have a parameter set per convolution group where there is more than one. */
static const char *const GROUPED_CLASSES[] = {"grouped", "depthwise"};
#define LOG_CHOICE(product)                                                                                                                \
    CHOICE(PRODUCT, "product", product)                                                                                                    \
    static const nbx_clause GROUPED_##product[] = {                                                                                        \
        {.of = {.kind = NBX_SUBJECT_OPTION, .name = "product"},                                                                            \
         .check = NBX_CHECK_ONE_OF,                                                                                                        \
         .set_count = 1,                                                                                                                   \
         .names = PRODUCT_##product##_name},                                                                                               \
        {.of = {.kind = NBX_SUBJECT_CLASS}, .check = NBX_CHECK_ONE_OF, .set_count = 2, .names = GROUPED_CLASSES}};
REFERENCE_LOG_PRODUCTS(LOG_CHOICE)

#define E(stem) &nbx_encoding_##stem
#define ALWAYS                                                                                                                             \
    {                                                                                                                                      \
        NULL, 0, 0                                                                                                                         \
    }
#define ROW(scheme_, variant_, ops_, in_, weight_, bias_, out_, arith_, tie_, when_)                                                       \
    {.struct_size = sizeof(nbx_combo),                                                                                                     \
     .flags = NBX_COMBO_OPT_IN,                                                                                                            \
     .ops = ops_,                                                                                                                          \
     .scheme = scheme_,                                                                                                                    \
     .variant = variant_,                                                                                                                  \
     .in = in_,                                                                                                                            \
     .weight = weight_,                                                                                                                    \
     .bias = bias_,                                                                                                                        \
     .out = out_,                                                                                                                          \
     .arith = &reference_arith_##arith_,                                                                                                   \
     .when = when_,                                                                                                                        \
     .tie = NBX_TIE_##tie_,                                                                                                                \
     .grade = NBX_GRADE_DESIGNED,                                                                                                          \
     .source = REFERENCE_SOURCE},

/* Codes that move keep their parameters; `arith` rounds where they cannot. */
#define MOVES(scheme, act, arith)                                                                                                          \
    ROW(scheme, "join", JOINED, E(act), NULL, NULL, E(act), arith, ALL, ALWAYS)                                                            \
    ROW(scheme, "move", MOVED, E(act), NULL, NULL, E(act), arith, OUT_IN, ALWAYS)                                                          \
    ROW(scheme, "requantize", "Requantize", E(act), NULL, NULL, E(act), arith, NONE, ALWAYS)                                               \
    ROW(scheme, "index", INDEXED, E(act), NULL, NULL, E(fp32), arith, NONE, ALWAYS)

/* Affine and pow2 schemes: the arithmetic of sums, real ops and means follows an option. */
#define LINEAR_MODE(scheme, mode, act, weight, bias, arith, when)                                                                          \
    ROW(scheme, #mode, WEIGHTED, E(act), E(weight), E(bias), E(act), arith, NONE, NBX_SPAN(when))                                          \
    ROW(scheme, #mode "_real", REAL, E(act), NULL, NULL, E(act), mode, NONE, NBX_SPAN(when))                                               \
    ROW(scheme, #mode "_average", AVERAGE, E(act), NULL, NULL, E(act), mode, NONE, NBX_SPAN(when))

#define FIXED20(scheme, act) ROW(scheme, "fixed20", "Add|Sub", E(act), NULL, NULL, E(act), fixed20, NONE, NBX_SPAN(ADD_fixed20))

#define INT8_MODE(mode)         LINEAR_MODE("int8", mode, int8_asym, int8_sym_channel, int32_product, mode, REQUANT_##mode)
#define UINT8_MODE(mode)        LINEAR_MODE("uint8", mode, uint8_asym, int8_sym_channel, int32_product, mode, REQUANT_##mode)
#define INT8_PT_MODE(mode)      LINEAR_MODE("int8_pt", mode, int8_asym, int8_sym, int32_product, mode, REQUANT_##mode)
#define INT4W_MODE(mode)        LINEAR_MODE("int4w", mode, int8_asym, int4_sym_channel, int32_product, mode, REQUANT_##mode)
#define INT16X8_MODE(mode)      LINEAR_MODE("int16x8", mode, int16_sym, int8_sym_channel, int32_product, mode, REQUANT_##mode)
#define POW2_INT8_MODE(mode)    LINEAR_MODE("pow2_int8", mode, pow2_int8, pow2_int8, pow2_int32_product, mode, SHIFT_##mode)
#define POW2_INT8_PC_MODE(mode) LINEAR_MODE("pow2_int8_pc", mode, pow2_int8, pow2_int8_channel, pow2_int32_product, mode, SHIFT_##mode)
#define POW2_INT16_MODE(mode)   LINEAR_MODE("pow2_int16", mode, pow2_int16, pow2_int16, fp32, mode, SHIFT_##mode)

/* One contract for everything but the sums. */
#define PLAIN_OPS(scheme, act, arith)                                                                                                      \
    ROW(scheme, "real", REAL, E(act), NULL, NULL, E(act), arith, NONE, ALWAYS)                                                             \
    ROW(scheme, "average", AVERAGE, E(act), NULL, NULL, E(act), arith, NONE, ALWAYS)                                                       \
    MOVES(scheme, act, arith)

#define LOG_MODE(scheme, product, act, weight, grouped)                                                                                    \
    ROW(scheme, #product "_grouped", "Conv|ConvTranspose", E(act), E(grouped), E(fp32), E(act), product, NONE,                             \
        NBX_SPAN(GROUPED_##product))                                                                                                       \
    ROW(scheme, #product, WEIGHTED, E(act), E(weight), E(fp32), E(act), product, NONE, NBX_SPAN(PRODUCT_##product))

#define LOG8_MODE(product)  LOG_MODE("log8", product, log8, log8, log8_group)
#define LOG16_MODE(product) LOG_MODE("log16", product, log16, log16, log16_group)
#define LOG4_MODE(product)  LOG_MODE("log4", product, log8, log4, log4)
#define LOG5_MODE(product)  LOG_MODE("log5", product, log8, log5, log5)
#define LOG6_MODE(product)  LOG_MODE("log6", product, log8, log6, log6)

#define FLOATS(scheme, act)                                                                                                                \
    ROW(scheme, "weighted", WEIGHTED, E(act), E(act), E(act), E(act), float, NONE, ALWAYS)                                                 \
    ROW(scheme, "real", REAL, E(act), NULL, NULL, E(act), float, NONE, ALWAYS)                                                             \
    ROW(scheme, "average", AVERAGE, E(act), NULL, NULL, E(act), float, NONE, ALWAYS)                                                       \
    ROW(scheme, "move", MOVED, E(act), NULL, NULL, E(act), float, NONE, ALWAYS)                                                            \
    ROW(scheme, "requantize", "Requantize", E(act), NULL, NULL, E(act), float, NONE, ALWAYS)                                               \
    ROW(scheme, "index", INDEXED, E(act), NULL, NULL, E(fp32), float, NONE, ALWAYS)

#define FP32(variant_, ops_, weight_)                                                                                                      \
    {.struct_size = sizeof(nbx_combo),                                                                                                     \
     .flags = NBX_COMBO_DEFAULT,                                                                                                           \
     .ops = ops_,                                                                                                                          \
     .scheme = "float32",                                                                                                                  \
     .variant = variant_,                                                                                                                  \
     .in = E(fp32),                                                                                                                        \
     .weight = weight_,                                                                                                                    \
     .bias = weight_,                                                                                                                      \
     .out = E(fp32),                                                                                                                       \
     .arith = &reference_arith_float,                                                                                                      \
     .tie = NBX_TIE_NONE,                                                                                                                  \
     .grade = NBX_GRADE_DESIGNED,                                                                                                          \
     .source = REFERENCE_SOURCE},

/* clang-format off */
const nbx_combo reference_combos[REFERENCE_COMBO_ROWS] = {
    FP32("weighted", WEIGHTED, E(fp32))
    FP32("any", "*", NULL)
    FIXED20("int8", int8_asym) REFERENCE_AFFINE_MODES(INT8_MODE) MOVES("int8", int8_asym, codes)
    FIXED20("uint8", uint8_asym) REFERENCE_AFFINE_MODES(UINT8_MODE) MOVES("uint8", uint8_asym, codes)
    FIXED20("int8_pt", int8_asym) REFERENCE_AFFINE_MODES(INT8_PT_MODE) MOVES("int8_pt", int8_asym, codes)
    FIXED20("int4w", int8_asym) REFERENCE_AFFINE_MODES(INT4W_MODE) MOVES("int4w", int8_asym, codes)
    FIXED20("int16x8", int16_sym) REFERENCE_AFFINE_MODES(INT16X8_MODE) MOVES("int16x8", int16_sym, codes)
    REFERENCE_SHIFT_MODES(POW2_INT8_MODE) MOVES("pow2_int8", pow2_int8, codes)
    REFERENCE_SHIFT_MODES(POW2_INT8_PC_MODE) MOVES("pow2_int8_pc", pow2_int8, codes)
    REFERENCE_SHIFT_MODES(POW2_INT16_MODE) MOVES("pow2_int16", pow2_int16, codes)
    /* Sums of 16 bit products and sums of blocks take their bias as a real number. */
    ROW("int16", "weighted", WEIGHTED, E(int16_sym), E(int16_sym), E(fp32), E(int16_sym), codes, NONE, ALWAYS)
    PLAIN_OPS("int16", int16_sym, codes)
    ROW("int8_block", "weighted", WEIGHTED, E(int8_asym), E(int8_sym_block32), E(fp32), E(int8_asym), blocks, NONE, ALWAYS)
    PLAIN_OPS("int8_block", int8_asym, codes)
    REFERENCE_LOG_PRODUCTS(LOG8_MODE) PLAIN_OPS("log8", log8, log_expadd)
    REFERENCE_LOG_PRODUCTS(LOG16_MODE) PLAIN_OPS("log16", log16, log_expadd)
    REFERENCE_LOG_PRODUCTS(LOG4_MODE) PLAIN_OPS("log4", log8, log_expadd)
    REFERENCE_LOG_PRODUCTS(LOG5_MODE) PLAIN_OPS("log5", log8, log_expadd)
    REFERENCE_LOG_PRODUCTS(LOG6_MODE) PLAIN_OPS("log6", log8, log_expadd)
    ROW("binary", "weighted", "Conv|ConvTranspose|Gemm", E(binary), E(binary_channel), E(fp32), E(fp32), xnor, NONE, ALWAYS)
    ROW("binary", "any", "*", E(fp32), NULL, NULL, E(fp32), float, NONE, ALWAYS)
    FLOATS("fp16", fp16)
    FLOATS("bf16", bf16)
};
/* clang-format on */
