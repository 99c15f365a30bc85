/* SPDX-License-Identifier: Apache-2.0 */
/** Asks a chip's tables about a node, a port, a segment or the model, and keeps every reason it gives. */
#ifndef NBX_CORE_CHECK_H
#define NBX_CORE_CHECK_H

#include "core/plan.h"

/** What a check needs besides the plan; made once per stage. */
typedef struct nbx_checker {
    nbx_plan *plan;
    nbx_graph_view view;             /* of the whole graph */
    const nbx_segment_info *segment; /* of the nodes asked about, for rules on their position; or NULL */
} nbx_checker;

void nbx_checker_init(nbx_plan *plan, nbx_checker *out);
/** A rule call for `node` on chip `chip`, ready for nbx_clauses_hold. */
nbx_rule_call nbx_checker_call(const nbx_checker *checker, uint32_t chip, uint32_t node);

/**
 * Runs the chip's NODE rules whose phase lies in first..last on `node`, appending a reason for each broken one and for
 * those that need data. *refused is set when one refuses or rejects. NBX_NO_MEMORY.
 */
nbx_status nbx_check_node(const nbx_checker *checker, uint32_t chip, uint32_t node, nbx_phase first, nbx_phase last, bool *refused);

/** Runs the chip's rules of `scope` (PORT, SEGMENT, MODEL) on a filled call; the first broken refusing row goes to *broken. */
nbx_status nbx_check_scope(nbx_plan *plan, uint32_t chip, uint16_t scope, const nbx_rule_call *call, nbx_reason **list,
                           const nbx_reason **broken);

/** The row of an op in a chip's table, or NULL. */
const nbx_op_row *nbx_chip_op(const nbx_chip *chip, const char *op);
/** The scheme the job wants for a node on a chip (by index): its own row, the job's, or NULL for the chip's default. */
const char *nbx_plan_scheme(const nbx_plan *plan, uint32_t chip, uint32_t node);
/** First combo of the chip that fits node, scheme and `when`; NULL if none. `flags_refused` combos are passed over. */
const nbx_combo *nbx_find_combo(const nbx_checker *checker, uint32_t chip, uint32_t node, const char *scheme, uint32_t flags_refused);

/** A new reason in the plan's arena at the end of the node's list; NULL if out of memory. */
nbx_reason *nbx_reason_add(nbx_plan *plan, uint32_t node, uint32_t chip);

#endif
