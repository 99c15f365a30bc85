/* SPDX-License-Identifier: Apache-2.0 */
/* The chip's limits, one row each, one row per kind of limit there is. IDs are permanent: retire a row, never reuse its number. */
#include "example.h"

#define RULE_ON(scope_, id_, variant_, effect_, reason_, ops_)                                                                             \
    .struct_size = sizeof(nbx_rule), .scope = NBX_SCOPE_##scope_, .effect = NBX_EFFECT_##effect_, .reason = NBX_REASON_##reason_,          \
    .id = id_, .variant = variant_, .ops = ops_
#define RULE(id_, variant_, effect_, reason_, ops_) RULE_ON(NODE, id_, variant_, effect_, reason_, ops_)
#define NEAREST                                     .remedy = NBX_REMEDY_NEAREST_LEGAL
#define ELSEWHERE                                   .remedy = NBX_REMEDY_PLACE, .remedy_text = "allow a fallback for this node"

const nbx_rule example_rules[EXAMPLE_RULES] = {
    /* A range of an attribute. One row an attribute: the remedy then knows which one to change. */
    {RULE("EXAMPLE-CONV-001", "kernel_h", REFUSE, ATTR_RANGE, "Conv"), .must = CLAUSES({NAMED(ATTR, "kernel_h"), RANGE(1, 7)}), NEAREST,
     .message = "{node}: kernel_h={actual}, the array takes {limit}", .remedy_text = "use a kernel of at most 7 rows", HANDBOOK("5.1")},
    {RULE("EXAMPLE-CONV-001", "kernel_w", REFUSE, ATTR_RANGE, "Conv"), .when = CLAUSES({INPUT(RANK, NULL), EXACTLY(4)}),
     .must = CLAUSES({NAMED(ATTR, "kernel_w"), RANGE(1, 7)}), NEAREST, .message = "{node}: kernel_w={actual}, the array takes {limit}",
     .remedy_text = "use a kernel of at most 7 columns", HANDBOOK("5.1")},
    /* A set of values. */
    {RULE("EXAMPLE-CONV-002", "stride_h", REFUSE, ATTR_VALUE, "Conv"), .must = CLAUSES({NAMED(ATTR, "stride_h"), NUMBERS(1, 2, 4)}),
     NEAREST, .message = "{node}: stride_h={actual}, allowed is {limit}", .remedy_text = "use stride {nearest}", HANDBOOK("5.2")},
    /* An alternative: the first clause is joined with the second by OR. */
    {RULE("EXAMPLE-CONV-003", "", REFUSE, ATTR_VALUE, "Conv"),
     .must = CLAUSES({NAMED(ATTR, "dilation_h"), EXACTLY(1), JOINED}, {NAMED(ATTR, "stride_h"), EXACTLY(1)}), ELSEWHERE,
     .message = "{node}: dilation and stride cannot both be above 1", HANDBOOK("5.3")},
    /* Works, but could be faster. */
    {RULE("EXAMPLE-CONV-004", "", SLOW, PERFORMANCE, "Conv"), .when = CLAUSES({ABOUT(CHANNELS_PER_GROUP_IN), RANGE(2, INT64_MAX)}),
     .must = CLAUSES({INPUT(DIM, "c"), MULTIPLE(8)}), NEAREST,
     .message = "{node}: {actual} input channels fill lanes of 8 badly ({waste_pct} % idle)", .remedy_text = "use {nearest} channels",
     HANDBOOK("5.4")},
    /* A limit that holds in one mode only: `when` reads an option of the job. */
    {RULE("EXAMPLE-CONV-005", "turbo", REFUSE, ATTR_RANGE, "Conv"), .when = CLAUSES({NAMED(OPTION, "turbo"), WORDS("on")}),
     .must = CLAUSES({ABOUT(KERNEL_VOLUME), RANGE(1, 25)}), .message = "{node}: {actual} taps; turbo mode has time for {limit}",
     .remedy = NBX_REMEDY_PLACE, .remedy_text = "set turbo: off, or allow a fallback", HANDBOOK("5.5")},
    /* Two variants of one rule: either may be violated, both are reported. */
    {RULE("EXAMPLE-POOL-001", "window_h", REFUSE, ATTR_RANGE, "MaxPool|AveragePool"),
     .must = CLAUSES({NAMED(ATTR, "kernel_h"), RANGE(1, 8)}), NEAREST, .message = "{node}: a window of {actual} rows, the limit is {limit}",
     .remedy_text = "pool twice", HANDBOOK("6.1")},
    {RULE("EXAMPLE-POOL-001", "ceil", REFUSE, SHAPE_MISMATCH, "MaxPool|AveragePool"),
     .when = CLAUSES({NAMED(ATTR, "ceil_mode"), EXACTLY(1)}), .must = CLAUSES({ALONG(OUTPUT_REMAINDER, "h"), EXACTLY(0)}), ELSEWHERE,
     .message = "{node}: the chip rounds the output's height down", HANDBOOK("6.2")},
    {RULE("EXAMPLE-POOL-002", "", REFUSE, ATTR_VALUE, "AveragePool"), .when = CLAUSES({NAMED(ATTR, "pad_top"), RANGE(1, INT64_MAX)}),
     .must = CLAUSES({NAMED(ATTR, "count_include_pad"), EXACTLY(1)}), ELSEWHERE, .message = "{node}: the divisor always counts the padding",
     HANDBOOK("6.3")},
    /* For people to know: changes nothing. */
    {RULE("EXAMPLE-ADD-001", "", NOTE, PERFORMANCE, "Add"), .must = CLAUSES({ABOUT(BROADCAST), EXACTLY(0)}),
     .message = "{node}: the smaller operand is read again for every row", HANDBOOK("7.1")},
    {RULE("EXAMPLE-DIM-001", "", REFUSE, DIM_RANGE, "Conv|MaxPool|AveragePool"), .must = CLAUSES({INPUT(DIM, "w"), RANGE(1, 4096)}),
     ELSEWHERE, .message = "{node}: {actual} columns; line buffers hold {limit}", HANDBOOK("5.6")},
    /* No fallback cures this one: the whole job is rejected. */
    {RULE_ON(PORT, "EXAMPLE-PORT-001", "", REJECT, DYNAMIC_SHAPE, NULL), .must = CLAUSES({ABOUT(PORT_STATIC), EXACTLY(1)}),
     .message = "{port}: a dimension is not fixed", .remedy_text = "give `shape:` of this input in the job", HANDBOOK("1.3")},
    {RULE_ON(PORT, "EXAMPLE-PORT-002", "", REFUSE, DIM_RANGE, NULL), .when = CLAUSES({ALONG(PORT_DIM, "n"), .check = NBX_CHECK_KNOWN}),
     .must = CLAUSES({ALONG(PORT_DIM, "n"), RANGE(1, 16)}), .message = "{port}: a batch of {actual}, the limit is {limit}",
     .remedy_text = "run smaller batches", HANDBOOK("1.4")},
    /* Limits of a segment and of a whole model, known once the graph is cut. */
    {RULE_ON(SEGMENT, "EXAMPLE-SEG-001", "inputs", REFUSE, STRUCTURE, NULL), .must = CLAUSES({ABOUT(SEGMENT_INPUTS), RANGE(1, 8)}),
     .remedy = NBX_REMEDY_SPLIT, .message = "a segment has {actual} inputs, descriptors hold {limit}", HANDBOOK("8.1")},
    {RULE_ON(SEGMENT, "EXAMPLE-SEG-001", "outputs", REFUSE, STRUCTURE, NULL), .must = CLAUSES({ABOUT(SEGMENT_OUTPUTS), RANGE(1, 8)}),
     .remedy = NBX_REMEDY_SPLIT, .message = "a segment has {actual} outputs, descriptors hold {limit}", HANDBOOK("8.1")},
    {RULE_ON(MODEL, "EXAMPLE-MODEL-001", "", REFUSE, STRUCTURE, NULL), .must = CLAUSES({ABOUT(MODEL_SEGMENTS), RANGE(0, 16)}), ELSEWHERE,
     .message = "{actual} segments, the command queue holds {limit}", HANDBOOK("8.2")},
};
