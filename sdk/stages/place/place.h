/* SPDX-License-Identifier: Apache-2.0 */
/** The parts of the place stage. */
#ifndef NBX_STAGES_PLACE_H
#define NBX_STAGES_PLACE_H

#include "stages/stages.h"

/**
 * Asks the plugin's optional `check` about the nodes that are placed on `chip`; it may only refuse more than the tables do.
 * Each refusal becomes a reason of its node and sets refused[node]. Nothing happens where the plugin has no such call.
 */
nbx_status nbx_ask_plugin(nbx_plan *plan, uint32_t chip, bool *refused);

/** Why no chip can take a node, whatever its tables say. Texts live in the plan's arena; `text` is NULL when memory ran out. */
typedef struct nbx_form_fault {
    uint16_t reason; /* NBX_REASON_ */
    const char *id, *text, *subject, *limit, *actual;
} nbx_form_fault;
/** False if the node is sound. */
bool nbx_find_form_fault(const nbx_plan *plan, uint32_t node, nbx_form_fault *out);

#endif
