/* SPDX-License-Identifier: Apache-2.0 */
/**
 * What a vendor declares as data: rules, clauses, combos, fusions, layouts, costs, options, op support.
 *
 * A clause reads `mul * subject + add CHECK lo..hi | set | than_mul * than`. A clause list is the `when` of every row
 * and the `must` of a rule: all clauses must hold (AND); NBX_CLAUSE_OR joins a clause with the next one.
 * A row with a number that the host does not know is a load error that names the row. Nothing is skipped.
 */
#ifndef NBX_PLUGIN_RULES_H
#define NBX_PLUGIN_RULES_H

#include <nbx/plugin/tensor.h>

NBX_BEGIN_C

enum {
    NBX_SUBJECT_NONE = 0,
#define SUBJECT(number, name, phase, scope, text) NBX_SUBJECT_##name = number,
#include <nbx/tables/subjects.def>
#undef SUBJECT
    NBX_SUBJECT_ENUM_END_ = 0x7fffffff
};

enum {
    NBX_CHECK_NONE = 0,
#define CHECK(number, name, text) NBX_CHECK_##name = number,
#include <nbx/tables/checks.def>
#undef CHECK
    NBX_CHECK_ENUM_END_ = 0x7fffffff
};

enum {
    NBX_REASON_NONE = 0,
#define REASON(number, name, text) NBX_REASON_##name = number,
#include <nbx/tables/reasons.def>
#undef REASON
    NBX_REASON_ENUM_END_ = 0x7fffffff
};

/** Which tensor of a node a subject speaks of. EACH_INPUT and EACH_OUTPUT quantify: the clause must hold for all. */
enum { NBX_T_NODE = 0, NBX_T_INPUT = 1, NBX_T_OUTPUT = 2, NBX_T_EACH_INPUT = 3, NBX_T_EACH_OUTPUT = 4 };

/**
 * A quantity that can be read off a graph, and set when cases are derived.
 *
 * kind    NBX_SUBJECT_
 * tensor  NBX_T_, index says which input or output
 * name    attribute or option name, layout text, op name: as the subject's text says; else NULL
 * axes    axis letters, for example "c" or "hw" (their product); else NULL
 */
typedef struct nbx_subject {
    uint16_t kind;
    uint8_t tensor, index;
    uint32_t reserved0;
    const char *name;
    const char *axes;
} nbx_subject;

enum { NBX_CLAUSE_OR = 1, NBX_CLAUSE_NOT = 2 };

/** One clause. `set` with `set_count` serves ONE_OF; `names` (NULL-terminated count `set_count`) serves ONE_OF on texts. */
typedef struct nbx_clause {
    nbx_subject of;
    uint16_t check;
    uint16_t flags;
    uint32_t set_count;
    int64_t lo, hi;
    const int64_t *set;
    const char *const *names;
    nbx_subject than;
    int64_t mul, add, than_mul; /* 0 in mul or than_mul reads as 1 */
} nbx_clause;

enum { NBX_SCOPE_NODE = 1, NBX_SCOPE_PORT = 2, NBX_SCOPE_SEGMENT = 3, NBX_SCOPE_MODEL = 4 };
enum { NBX_EFFECT_REFUSE = 1, NBX_EFFECT_REJECT = 2, NBX_EFFECT_SLOW = 3, NBX_EFFECT_NOTE = 4 };
enum { NBX_REMEDY_NONE = 0, NBX_REMEDY_NEAREST_LEGAL = 1, NBX_REMEDY_REPLACE_OP = 2, NBX_REMEDY_PLACE = 3, NBX_REMEDY_SPLIT = 4 };

/** How well a row is known; printed beside it everywhere. */
enum {
    NBX_GRADE_MEASURED = 1,
    NBX_GRADE_DOCUMENTED = 2,
    NBX_GRADE_USER = 3,     /* reported by users or third parties */
    NBX_GRADE_REVERSED = 4, /* reverse-engineered by a third party */
    NBX_GRADE_INFERRED = 5,
    NBX_GRADE_DESIGNED = 6 /* an invented chip: true by definition */
};

enum { NBX_RULE_OFF = 1, NBX_RULE_LIMIT_PRIVATE = 2 };

/**
 * One constraint. IDs are permanent: retire a row, never reuse its number. One ID may own several variants.
 *
 * ops       "Conv|Gemm", or NULL for any
 * chips     "a|b", or NULL for all chips of the plugin
 * when/must nbx_clause rows
 * reason    NBX_REASON_ that a machine can group by
 * message   template: {node} {op} {actual} {limit} {nearest} {waste_pct} and attribute names are replaced
 * remedy    NBX_REMEDY_ applied to `must[remedy_clause]`; remedy_text is for people
 * source    public document and section; required
 */
typedef struct nbx_rule {
    uint32_t struct_size;
    uint16_t scope, effect;
    uint32_t grade, flags;
    const char *id, *variant, *ops, *chips;
    nbx_span when, must;
    uint16_t reason, remedy, remedy_clause, reserved0;
    int64_t remedy_value;
    const char *message, *remedy_text, *source;
    const void *reserved1;
} nbx_rule;

/** One op of a chip. An op without a row, or with `listed` 0, is refused with rule `id`. */
typedef struct nbx_op_row {
    uint32_t struct_size;
    uint32_t grade;
    const char *op;
    uint8_t listed;
    uint8_t emulated; /* accepted, but off the accelerator or expanded into several chip ops */
    uint16_t reserved0;
    uint32_t reserved1;
    const char *id;   /* rule ID cited when refused */
    const char *note; /* expansion or remark, or NULL */
    const char *remedy_text;
    const char *source;
    const void *reserved2;
} nbx_op_row;

enum { NBX_TIE_NONE = 0, NBX_TIE_OUT_IN = 1, NBX_TIE_IN_IN = 2, NBX_TIE_ALL = 3 };
enum {
    NBX_COMBO_DEFAULT = 1,        /* taken when the job names no scheme */
    NBX_COMBO_OUTPUT_ONLY = 2,    /* only where the result leaves the segment */
    NBX_COMBO_BOUNDARY_INPUT = 4, /* only where the input enters the segment */
    NBX_COMBO_OPT_IN = 8          /* only when the job names its scheme */
};

/** Encodings that may stand together on these ops. NULL weight or bias: the op has none. Encodings by value of the pointer's target. */
typedef struct nbx_combo {
    uint32_t struct_size;
    uint32_t flags;
    const char *ops;    /* "Conv|Gemm" or "*" */
    const char *scheme; /* the name users write */
    const char *variant;
    const nbx_encoding *in, *weight, *bias, *out;
    const nbx_arith *arith;
    nbx_span when;
    uint32_t tie;
    uint32_t grade;
    const char *source;
} nbx_combo;

/** Where a group rounds: the follow-ups act on the accumulator, or on the requantized codes. */
enum { NBX_AT_ACCUMULATOR = 1, NBX_AT_REQUANTIZED = 2 };

/** A pattern that computes as one node: "Conv > Add > Relu|Clip". Longest match wins. `arith` NULL keeps the first node's. */
typedef struct nbx_fusion {
    uint32_t struct_size;
    uint32_t at;
    const char *id;
    const char *pattern;
    const nbx_arith *arith;
    nbx_span when;
    uint32_t grade;
    uint32_t reserved0;
    const char *source;
    const void *reserved1;
} nbx_fusion;

enum { NBX_LAYOUT_INPUT = 1, NBX_LAYOUT_OUTPUT = 2 };

/** A layout that boundary values may have. Earlier rows are preferred. pad_in and pad_out are NBX_PAD_. */
typedef struct nbx_layout_row {
    uint32_t struct_size;
    uint32_t ports; /* NBX_LAYOUT_INPUT | NBX_LAYOUT_OUTPUT */
    const char *text;
    uint16_t pad_in, pad_out;
    uint32_t grade;
    nbx_span when;
    const char *source;
    const void *reserved0;
} nbx_layout_row;

enum { NBX_CONFIDENCE_MEASURED = 1, NBX_CONFIDENCE_MODELLED = 2, NBX_CONFIDENCE_ILLUSTRATIVE = 3 };

/** What a cost row counts. */
enum {
    NBX_COST_ARRAY = 1,   /* a MAC array: cycles from tiles, and traffic */
    NBX_COST_TRAFFIC = 2, /* bytes in, weights and out only */
    NBX_COST_FREE = 3,    /* nothing: absorbed, or outside the model (`excluded` names why) */
    NBX_COST_OPERAND = 4  /* inputs beyond the first only, no t0: rides on the pass of the op that produced input 0 */
};

/**
 * Predicted time of one group: max(cycles / clock_hz, bytes / bytes_per_s) + t0.
 * cycles = G * kh * kw * ceil(Cin/G / tile_ic) * ceil(Cout/G / tile_oc) * ceil(positions / tile_px) / macs_factor
 * Rows are tried in order; the first whose ops and when fit is taken.
 */
typedef struct nbx_cost {
    uint32_t struct_size;
    uint16_t kind, confidence;
    const char *ops;
    nbx_span when;
    uint32_t tile_ic, tile_oc, tile_px;
    uint32_t cycles_mul; /* 1 normally, 2 where an element takes two passes */
    double clock_hz, bytes_per_s, t0_ns;
    double density; /* share of zero coefficients that is skipped: 0 none, 1 all */
    const char *excluded;
    const char *source;
} nbx_cost;

enum { NBX_OPTION_CHOICE = 1, NBX_OPTION_INT = 2, NBX_OPTION_BOOL = 3 };

/** One option of a chip, checked against the YAML. `choices` is "a|b|c". */
typedef struct nbx_option {
    uint32_t struct_size;
    uint32_t kind;
    const char *name;
    const char *choices;
    const char *default_value;
    const void *reserved0;
    int64_t lo, hi;
    const char *text;
    const void *reserved1;
} nbx_option;

enum { NBX_CHIP_UNVERIFIED = 1, NBX_CHIP_EMULATED = 2 };

/** One chip: its rows of everything. memory_bytes 0: not stated. */
typedef struct nbx_chip {
    uint32_t struct_size;
    uint32_t flags;
    const char *name;
    const char *text;
    const char *unit; /* what the accelerator is called in reports, for example "NNIE" */
    nbx_span ops, combos, fusions, rules, layouts, costs, options;
    uint64_t memory_bytes;
    uint32_t batch_max;
    uint32_t max_concurrent_runs;
} nbx_chip;

/** A key of the vendor's own configuration file and ours, for `nbx target import`. `ours` NULL: no counterpart, `note` says why. */
typedef struct nbx_foreign_key {
    uint32_t struct_size;
    uint32_t reserved0;
    const char *key;
    const char *ours;
    const char *map; /* "theirs=ours|..." value translation or NULL */
    const char *note;
} nbx_foreign_key;

NBX_END_C

#endif
