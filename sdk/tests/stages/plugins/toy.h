/* SPDX-License-Identifier: Apache-2.0 */
/** The words that the toy chips' tables are written with. */
#ifndef TOY_H
#define TOY_H

#include <nbx/kernels.h>

#define TOY(section_) .grade = NBX_GRADE_DESIGNED, .source = "toy chip, " section_
#define ROWS(type, ...)                                                                                                                    \
    {                                                                                                                                      \
        (const type[]){__VA_ARGS__}, sizeof((const type[]){__VA_ARGS__}) / sizeof(type), sizeof(type)                                      \
    }
#define CLAUSES(...)         ROWS(nbx_clause, __VA_ARGS__)
#define ABOUT(kind_)         .of = {.kind = NBX_SUBJECT_##kind_}
#define NAMED(kind_, name_)  .of = {.kind = NBX_SUBJECT_##kind_, .name = (name_)}
#define INPUT(kind_, axes_)  .of = {.kind = NBX_SUBJECT_##kind_, .tensor = NBX_T_INPUT, .axes = (axes_)}
#define OUTPUT(kind_, axes_) .of = {.kind = NBX_SUBJECT_##kind_, .tensor = NBX_T_OUTPUT, .axes = (axes_)}
#define EACH(kind_)          .of = {.kind = NBX_SUBJECT_##kind_, .tensor = NBX_T_EACH_INPUT}
#define RANGE(lo_, hi_)      .check = NBX_CHECK_RANGE, .lo = (lo_), .hi = (hi_)
#define NUMBERS(...)                                                                                                                       \
    .check = NBX_CHECK_ONE_OF, .set = (const int64_t[]){__VA_ARGS__}, .set_count = sizeof((const int64_t[]){__VA_ARGS__}) / sizeof(int64_t)
#define WORDS(...)                                                                                                                         \
    .check = NBX_CHECK_ONE_OF, .names = (const char *const[]){__VA_ARGS__},                                                                \
    .set_count = sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *)

extern const nbx_span toy_ops, toy_log_ops, toy_int8_combos, toy_log_combos, toy_fusions;
extern const nbx_span toy_rules, toy_seg_rules, toy_model_rules, toy_edge_rules;
extern const nbx_plugin toy_plugin;

#endif
