/* SPDX-License-Identifier: Apache-2.0 */
/** Inside of the Example plugin: its tables, the words they are written with, and its few calls. */
#ifndef EXAMPLE_H
#define EXAMPLE_H

#include <nbx/kernels.h>

/* The tables. A fixed count next to each name lets chips.c take their size. */
enum { EXAMPLE_OPS = 25, EXAMPLE_COMBOS = 7, EXAMPLE_FUSIONS = 2, EXAMPLE_RULES = 16, EXAMPLE_COSTS = 4, EXAMPLE_CHIPS = 1 };

extern const nbx_op_row example_ops[EXAMPLE_OPS];         /* ops.c: what the chip has */
extern const nbx_combo example_combos[EXAMPLE_COMBOS];    /* combos.c: number formats that go together */
extern const nbx_fusion example_fusions[EXAMPLE_FUSIONS]; /* fusions.c: what computes as one */
extern const nbx_rule example_rules[EXAMPLE_RULES];       /* rules.c: limits */
extern const nbx_cost example_costs[EXAMPLE_COSTS];       /* costs.c: predicted time */
extern const nbx_chip example_chips[EXAMPLE_CHIPS];       /* chips.c: layouts, options, memory */
extern const nbx_plugin example_plugin;                   /* plugin.c */

/* compile.c and run.c */
int32_t example_open(const nbx_host *host, const char *chip, const nbx_span *options, uint32_t flags, nbx_device **out);
int32_t example_compile(nbx_device *device, const nbx_graph_view *graph, const nbx_compile_sink *sink);
int32_t example_run(nbx_run_context *context, const nbx_run_args *args);

/* Every row says where it comes from. Yours names a public document, or "measured" with a date. */
#define HANDBOOK(section_) .grade = NBX_GRADE_DESIGNED, .source = "Example chip handbook, section " section_

/* Clause lists: CLAUSES({subject, check}, {subject, check}) is an AND; JOINED joins a clause with the next one by OR. */
#define CLAUSES(...)                                                                                                                       \
    {                                                                                                                                      \
        (const nbx_clause[]){__VA_ARGS__}, sizeof((const nbx_clause[]){__VA_ARGS__}) / sizeof(nbx_clause), sizeof(nbx_clause)              \
    }
#define JOINED .flags = NBX_CLAUSE_OR

/* Subjects: what is read. nbx/tables/subjects.def lists them all. */
#define ABOUT(kind_)         .of = {.kind = NBX_SUBJECT_##kind_}
#define NAMED(kind_, name_)  .of = {.kind = NBX_SUBJECT_##kind_, .name = (name_)}
#define INPUT(kind_, axes_)  .of = {.kind = NBX_SUBJECT_##kind_, .tensor = NBX_T_INPUT, .axes = (axes_)}
#define OUTPUT(kind_, axes_) .of = {.kind = NBX_SUBJECT_##kind_, .tensor = NBX_T_OUTPUT, .axes = (axes_)}
#define ALONG(kind_, axes_)  .of = {.kind = NBX_SUBJECT_##kind_, .axes = (axes_)}

/* Checks: what must hold. nbx/tables/checks.def lists them all. */
#define RANGE(lo_, hi_) .check = NBX_CHECK_RANGE, .lo = (lo_), .hi = (hi_)
#define EXACTLY(v_)     RANGE(v_, v_)
#define MULTIPLE(v_)    .check = NBX_CHECK_MULTIPLE, .lo = (v_)
#define NUMBERS(...)                                                                                                                       \
    .check = NBX_CHECK_ONE_OF, .set = (const int64_t[]){__VA_ARGS__}, .set_count = sizeof((const int64_t[]){__VA_ARGS__}) / sizeof(int64_t)
#define WORDS(...)                                                                                                                         \
    .check = NBX_CHECK_ONE_OF, .names = (const char *const[]){__VA_ARGS__},                                                                \
    .set_count = sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *)

#endif
