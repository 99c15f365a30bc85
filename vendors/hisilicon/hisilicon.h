/* SPDX-License-Identifier: Apache-2.0 */
/** Inside of the HiSilicon plugin: its tables, the words they are written with, and its few calls. */
#ifndef HISILICON_H
#define HISILICON_H

#include <nbx/plugin/plugin.h>

/* Rows of each table; every chip has the same ones, except for costs. */
enum {
    HISI_OP_ROWS = 90,
    HISI_COMBO_ROWS = 57,
    HISI_FUSION_ROWS = 2,
    HISI_RULE_ROWS = 76,
    HISI_LAYOUT_ROWS = 6,
    HISI_COST_ROWS = 6,
    HISI_OPTION_ROWS = 2,
    HISI_CHIP_ROWS = 3,
    HISI_IMPORT_ROWS = 15
};

extern const nbx_op_row hisi_ops[HISI_OP_ROWS];
extern const nbx_combo hisi_combos[HISI_COMBO_ROWS];
extern const nbx_fusion hisi_fusions[HISI_FUSION_ROWS];
extern const nbx_rule hisi_rules[HISI_RULE_ROWS];
extern const nbx_cost hisi_costs_1024[HISI_COST_ROWS];              /* one core of 1024 MACs, fitted */
extern const nbx_cost hisi_costs_1024_illustrative[HISI_COST_ROWS]; /* the same, for a chip nobody published a time of */
extern const nbx_cost hisi_costs_512_illustrative[HISI_COST_ROWS];
extern const nbx_chip hisi_chips[HISI_CHIP_ROWS];
extern const nbx_plugin hisi_plugin;

/** A span over rows written in place. */
#define ROWS(type, ...)                                                                                                                    \
    {                                                                                                                                      \
        (const type[]){__VA_ARGS__}, sizeof((const type[]){__VA_ARGS__}) / sizeof(type), sizeof(type)                                      \
    }
#define CLAUSES(...) ROWS(nbx_clause, __VA_ARGS__)

/* Subjects. */
#define NODE(kind_)               .of = {.kind = NBX_SUBJECT_##kind_}
#define NAMED(kind_, name_)       .of = {.kind = NBX_SUBJECT_##kind_, .name = (name_)}
#define ALONG(kind_, axes_)       .of = {.kind = NBX_SUBJECT_##kind_, .axes = (axes_)}
#define INPUT(kind_, i_)          .of = {.kind = NBX_SUBJECT_##kind_, .tensor = NBX_T_INPUT, .index = (i_)}
#define OUTPUT(kind_, i_)         .of = {.kind = NBX_SUBJECT_##kind_, .tensor = NBX_T_OUTPUT, .index = (i_)}
#define INPUT_DIM(i_, axes_)      .of = {.kind = NBX_SUBJECT_DIM, .tensor = NBX_T_INPUT, .index = (i_), .axes = (axes_)}
#define OUTPUT_DIM(i_, axes_)     .of = {.kind = NBX_SUBJECT_DIM, .tensor = NBX_T_OUTPUT, .index = (i_), .axes = (axes_)}
#define EACH_INPUT(kind_)         .of = {.kind = NBX_SUBJECT_##kind_, .tensor = NBX_T_EACH_INPUT}
#define EACH_OUTPUT(kind_)        .of = {.kind = NBX_SUBJECT_##kind_, .tensor = NBX_T_EACH_OUTPUT}
#define ATTR_OF(name_)            NAMED(ATTR, name_)
#define OPTION_OF(name_)          NAMED(OPTION, name_)
#define THAN_INPUT_DIM(i_, axes_) .than = {.kind = NBX_SUBJECT_DIM, .tensor = NBX_T_INPUT, .index = (i_), .axes = (axes_)}

/* Checks. */
#define IN_RANGE(lo_, hi_) .check = NBX_CHECK_RANGE, .lo = (lo_), .hi = (hi_)
#define EXACTLY(v_)        IN_RANGE(v_, v_)
#define AT_MOST(v_)        IN_RANGE(INT64_MIN, v_)
#define AT_LEAST(v_)       IN_RANGE(v_, INT64_MAX)
#define MULTIPLE(v_)       .check = NBX_CHECK_MULTIPLE, .lo = (v_)
#define NUMBERS(...)                                                                                                                       \
    .check = NBX_CHECK_ONE_OF, .set = (const int64_t[]){__VA_ARGS__}, .set_count = sizeof((const int64_t[]){__VA_ARGS__}) / sizeof(int64_t)
#define WORDS(...)                                                                                                                         \
    .check = NBX_CHECK_ONE_OF, .names = (const char *const[]){__VA_ARGS__},                                                                \
    .set_count = sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *)
#define OR  .flags = NBX_CLAUSE_OR
#define NOT .flags = NBX_CLAUSE_NOT

/* compile.c, run.c */
int32_t hisi_open(const nbx_host *host, const char *chip, const nbx_span *options, uint32_t flags, nbx_device **out);
int32_t hisi_compile(nbx_device *device, const nbx_graph_view *graph, const nbx_compile_sink *sink);
int32_t hisi_run(nbx_run_context *context, const nbx_run_args *args);

/** The host of the plugin, for diagnostics of calls that have no device; set by nbx_plugin_query. */
extern const nbx_host *hisi_host;

#endif
