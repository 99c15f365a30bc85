/* SPDX-License-Identifier: Apache-2.0 */
/* The toy chips' limits: one row for each kind of question that the stages ask. */
#include "toy.h"

#define RULE_ON(scope_, id_, variant_, effect_, reason_, ops_)                                                                             \
    .struct_size = sizeof(nbx_rule), .scope = NBX_SCOPE_##scope_, .effect = NBX_EFFECT_##effect_, .reason = NBX_REASON_##reason_,          \
    .id = id_, .variant = variant_, .ops = ops_
#define RULE(id_, variant_, effect_, reason_, ops_) RULE_ON(NODE, id_, variant_, effect_, reason_, ops_)
#define CURE                                        .remedy = NBX_REMEDY_PLACE, .remedy_text = "allow a fallback"

const nbx_span toy_rules =
    ROWS(nbx_rule,
         /* structure */
         {RULE("TOY-CONV-001", "kernel_h", REFUSE, ATTR_RANGE, "Conv"), .must = CLAUSES({NAMED(ATTR, "kernel_h"), RANGE(1, 3)}), CURE,
          .message = "{node}: kernel_h={actual}, limit {limit}", TOY("1")},
         {RULE("TOY-CONV-001", "kernel_w", REFUSE, ATTR_RANGE, "Conv"), .must = CLAUSES({NAMED(ATTR, "kernel_w"), RANGE(1, 3)}), CURE,
          .message = "{node}: kernel_w={actual}, limit {limit}", TOY("1")},
         {RULE("TOY-CONV-002", "", REFUSE, ATTR_VALUE, "Conv"), .must = CLAUSES({NAMED(ATTR, "stride_h"), NUMBERS(1, 2)}), CURE,
          .message = "{node}: stride_h={actual}", TOY("2")},
         {RULE("TOY-CONV-003", "", SLOW, PERFORMANCE, "Conv"), .must = CLAUSES({INPUT(DIM, "c"), .check = NBX_CHECK_MULTIPLE, .lo = 8}),
          .message = "{node}: {actual} channels", TOY("3")},
         {RULE("TOY-OPT-001", "", REFUSE, ATTR_VALUE, "Sigmoid"), .when = CLAUSES({NAMED(OPTION, "mode"), WORDS("b")}),
          .must = CLAUSES({INPUT(RANK, NULL), RANGE(99, 99)}), CURE, .message = "{node}: not in mode b", TOY("4")},
         /* types, values */
         {RULE("TOY-TYPE-001", "", REFUSE, QUANT_SCHEME, "Conv"), .when = CLAUSES({ABOUT(SCHEME), WORDS("pow2")}),
          .must = CLAUSES({ABOUT(CHANNELS_PER_GROUP_IN), RANGE(1, 4)}), CURE, .message = "{node}: {actual} channels in pow2", TOY("5")},
         {RULE("TOY-VAL-001", "", REFUSE, QUANT_PARAM, "Add"), .must = CLAUSES({EACH(RANGE_MILLI_LOG2), RANGE(-99000, 6000)}), CURE,
          .message = "{node}: range {actual}", TOY("6")},
         {RULE("TOY-VAL-002", "", NOTE, QUANT_PARAM, "Relu"), .must = CLAUSES({INPUT(RANGE_MILLI_LOG2, NULL), RANGE(-99000, 1000)}),
          .message = "{node}: wide", TOY("7")},
         /* ports */
         {RULE_ON(PORT, "TOY-PORT-001", "", REJECT, DIM_RANGE, NULL),
          .must = CLAUSES({.of = {.kind = NBX_SUBJECT_PORT_DIM, .axes = "n"}, RANGE(1, 4)}), .message = "{port}: batch {actual}",
          .remedy_text = "smaller batches", TOY("8")});

#define SEGMENT_LIMIT(most_)                                                                                                               \
    {                                                                                                                                      \
        RULE_ON(SEGMENT, "TOY-SEG-001", "inputs", REFUSE, STRUCTURE, NULL), .must = CLAUSES({ABOUT(SEGMENT_INPUTS), RANGE(1, most_)}),     \
                                                                            CURE, .message = "a segment has {actual} inputs", TOY("9")     \
    }
#define MODEL_LIMIT(most_)                                                                                                                 \
    {                                                                                                                                      \
        RULE_ON(MODEL, "TOY-MODEL-001", "", REFUSE, STRUCTURE, NULL), .must = CLAUSES({ABOUT(MODEL_SEGMENTS), RANGE(0, most_)}), CURE,     \
                                                                      .message = "{actual} segments, limit {limit}", TOY("10")             \
    }

const nbx_span toy_seg_rules = ROWS(nbx_rule, SEGMENT_LIMIT(2));
const nbx_span toy_model_rules =
    ROWS(nbx_rule, MODEL_LIMIT(1),
         {RULE_ON(MODEL, "TOY-MODEL-002", "", NOTE, STRUCTURE, NULL), .must = CLAUSES({NAMED(MODEL_OP_COUNT, "Conv"), RANGE(0, 2)}),
          .message = "{actual} convolutions", TOY("11")});
const nbx_span toy_edge_rules =
    ROWS(nbx_rule, {RULE("TOY-EDGE-001", "", REFUSE, STRUCTURE, "Sigmoid"), .must = CLAUSES({OUTPUT(POSITION_OUTPUT, NULL), RANGE(1, 1)}),
                    CURE, .message = "{node}: only where a segment ends", TOY("12")});
