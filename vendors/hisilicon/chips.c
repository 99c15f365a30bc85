/* SPDX-License-Identifier: Apache-2.0 */
/* The three NNIE chips: their options, layouts and which tables they share; only the size of the array differs. */
#include "hisilicon.h"

#define STRIDES "MindSpore Lite NNIE runtime: the stride is that of a row, aligned to 16; internal_stride in HiSVP guide table 3-6"
#define SPAN(rows_, count_)                                                                                                                \
    {                                                                                                                                      \
        (rows_), (count_), sizeof((rows_)[0])                                                                                              \
    }

static const nbx_option options[HISI_OPTION_ROWS] = {
    {.struct_size = sizeof(nbx_option),
     .kind = NBX_OPTION_CHOICE,
     .name = "precision",
     .choices = "low_bandwidth|high_precision|per_layer",
     .default_value = "low_bandwidth",
     .text = "compile_mode of the mapper: log8, log16, or log8 with log16 where `nodes:` says so"},
    {.struct_size = sizeof(nbx_option),
     .kind = NBX_OPTION_CHOICE,
     .name = "ddr",
     .choices = "ddr4|ddr3",
     .default_value = "ddr4",
     .text = "internal_stride of the mapper: rows padded to 32 bytes (ddr4) or 16 bytes (ddr3)"},
};

#define LAYOUT(text_, ddr_, grade_)                                                                                                        \
    {                                                                                                                                      \
        .struct_size = sizeof(nbx_layout_row), .ports = NBX_LAYOUT_INPUT | NBX_LAYOUT_OUTPUT, .text = text_, .pad_in = NBX_PAD_ANY,        \
        .pad_out = NBX_PAD_ANY, .grade = NBX_GRADE_##grade_, .when = CLAUSES({OPTION_OF("ddr"), WORDS(ddr_)}), .source = STRIDES           \
    }

static const nbx_layout_row layouts[HISI_LAYOUT_ROWS] = {
    LAYOUT("NCHW:stride_h=32", "ddr4", DOCUMENTED), LAYOUT("NC:stride_n=32", "ddr4", DOCUMENTED),
    LAYOUT("NCW:stride_c=32", "ddr4", INFERRED),    LAYOUT("NCHW:stride_h=16", "ddr3", DOCUMENTED),
    LAYOUT("NC:stride_n=16", "ddr3", DOCUMENTED),   LAYOUT("NCW:stride_c=16", "ddr3", INFERRED),
};

#define MODEL                                                                                                                              \
    "chip model, not silicon: integer log arithmetic (log_expadd), checked against the vendor's quantizer for encode and decode only"

#define CHIP(name_, flags_, runs_, costs_, text_)                                                                                          \
    {                                                                                                                                      \
        .struct_size = sizeof(nbx_chip), .flags = NBX_CHIP_EMULATED | (flags_), .name = name_, .text = text_, .unit = "NNIE",              \
        .ops = SPAN(hisi_ops, HISI_OP_ROWS), .combos = SPAN(hisi_combos, HISI_COMBO_ROWS),                                                 \
        .fusions = SPAN(hisi_fusions, HISI_FUSION_ROWS), .rules = SPAN(hisi_rules, HISI_RULE_ROWS),                                        \
        .layouts = SPAN(layouts, HISI_LAYOUT_ROWS), .costs = SPAN(costs_, HISI_COST_ROWS), .options = SPAN(options, HISI_OPTION_ROWS),     \
        .batch_max = 256, .max_concurrent_runs = (runs_)                                                                                   \
    }

const nbx_chip hisi_chips[HISI_CHIP_ROWS] = {
    CHIP("hi3559av100", 0, 2, hisi_costs_1024, "Hi3559AV100, two NNIE cores of 1024 MACs at 840 MHz; " MODEL),
    CHIP("hi3519av100", NBX_CHIP_UNVERIFIED, 1, hisi_costs_1024_illustrative,
         "Hi3519AV100, unverified: MACs scaled from the marketed 2 TOPS, clock and bandwidth those of Hi3559AV100; " MODEL),
    CHIP("hi3516dv300", NBX_CHIP_UNVERIFIED, 1, hisi_costs_512_illustrative,
         "Hi3516DV300, unverified: MACs scaled from the marketed 1 TOPS, clock and bandwidth those of Hi3559AV100; " MODEL),
};
