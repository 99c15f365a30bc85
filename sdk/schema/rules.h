/* SPDX-License-Identifier: Apache-2.0 */
/** Rules: reading subjects, evaluating clause lists, validating rows, rendering messages, applying remedies. */
#ifndef NBX_SCHEMA_RULES_H
#define NBX_SCHEMA_RULES_H

#include <stdbool.h>

#include <nbx/plugin/graph.h>
#include <nbx/plugin/plugin.h>

typedef enum nbx_phase { NBX_PHASE_structure, NBX_PHASE_types, NBX_PHASE_values, NBX_PHASE_plan } nbx_phase;

/** A model input or output as the job describes it. */
typedef struct nbx_port_info {
    const char *name;
    const nbx_value *value;
    const char *source; /* image, feature, nv12 ... */
    uint32_t scale_count;
} nbx_port_info;

/** A segment as the cutter sees it. Arrays of indices into the view. */
typedef struct nbx_segment_info {
    const uint32_t *nodes, *inputs, *outputs;
    uint32_t node_count, input_count, output_count;
} nbx_segment_info;

/** Everything a subject may read. Fields beyond what the scope and phase need may be zero. */
typedef struct nbx_rule_call {
    const nbx_graph_view *graph;
    uint32_t node; /* NODE scope */
    const nbx_chip *chip;
    const nbx_option_value *options; /* resolved: every option of the chip, defaults filled in */
    uint32_t option_count;
    const char *scheme;               /* chosen for the node, or NULL */
    const nbx_port_info *port;        /* PORT scope */
    const nbx_segment_info *segment;  /* SEGMENT scope */
    const nbx_segment_info *segments; /* MODEL scope: all segments on the chip */
    uint32_t segment_count;
    const uint32_t *producer; /* per value of the graph: node index or NBX_NONE; NULL: searched */
    const uint32_t *fan_out;  /* per value; NULL: counted */
    const uint32_t *consumer; /* per value: its only consumer or NBX_NONE; NULL: searched */
    bool has_data;            /* ranges and parameters come from calibration data or constants */
} nbx_rule_call;

/** A subject's reading. `known` is false when it cannot be read (absent tensor, unknown dimension, phase not reached). */
typedef struct nbx_reading {
    bool known;
    int64_t number;
    const char *text; /* text subjects */
} nbx_reading;

/** Facts of a row of subjects.def. */
typedef struct nbx_subject_info {
    uint16_t number;
    const char *name, *text;
    nbx_phase phase;
    uint16_t scope;
    bool is_text;
    nbx_reading (*get)(const nbx_rule_call *call, const nbx_subject *subject);
} nbx_subject_info;

const nbx_subject_info *nbx_subject_find(uint16_t number); /* NULL if unknown */
const char *nbx_check_name(uint16_t number);
const char *nbx_reason_name(uint16_t number);

typedef enum nbx_truth { NBX_FALSE, NBX_TRUE, NBX_UNKNOWN_YET } nbx_truth;

/** The first clause that failed, with what was read. */
typedef struct nbx_failure {
    uint32_t clause;
    const nbx_clause *row;
    nbx_reading actual;
    int64_t limit;         /* of LE, EQ, MULTIPLE_OF: the right side as read; of ALL_EQUAL: the first reading */
    uint32_t tensor_index; /* of EACH_INPUT, EACH_OUTPUT: which one failed */
} nbx_failure;

/** ANDs the clauses, with OR joins. UNKNOWN_YET if a needed subject's phase lies beyond `phase` or its data is missing. */
nbx_truth nbx_clauses_hold(const nbx_span *clauses, const nbx_rule_call *call, nbx_phase phase, nbx_failure *failure);
/** Whether a number satisfies a clause (its NOT included) with the right side `limit`. */
bool nbx_clause_number_holds(const nbx_clause *clause, int64_t raw, int64_t limit);
/** Latest phase of any subject in when and must. */
nbx_phase nbx_rule_phase(const nbx_rule *rule);
/** "Conv|Gemm" contains op; NULL or "*" contains all. */
bool nbx_list_has(const char *list, const char *name);

/** Nearest value of the failed clause's subject that satisfies it (smallest distance, then smaller). False if there is none. */
bool nbx_clause_nearest(const nbx_clause *clause, int64_t actual, int64_t limit, int64_t *out);
/**
 * Renders a message template of a rule into `out` (always terminated). Placeholders: {node} {op} {unit} {chip} {port}
 * {attr:NAME} (also kernel_h and the like) {option:NAME}; of the failed clause: {actual} {limit} {nearest} {tensor} {subject}
 * {padded} (the next multiple upward) {waste_pct} (the share of `padded` that is padding). `failure` may be NULL.
 */
void nbx_rule_message(const nbx_rule *rule, const nbx_rule_call *call, const nbx_failure *failure, char *out, uint32_t bytes);
/** Whether messages may use {name}. */
bool nbx_placeholder_known(const char *name);
/** "1..255", "one of 2, 4", "a multiple of 16": the limit in words. */
void nbx_clause_limit_text(const nbx_clause *clause, int64_t limit, char *out, uint32_t bytes);

/** Checks every row of a chip: known numbers, known ops, parsable layouts, required texts. False with the row named in `error`. */
bool nbx_chip_validate(const nbx_chip *chip, char *error, uint32_t error_bytes);

#endif
