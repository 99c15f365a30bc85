/* SPDX-License-Identifier: Apache-2.0 */
/** Groups: nodes that compute as one and round once. */
#ifndef GOLDEN_GROUPS_H
#define GOLDEN_GROUPS_H

#include "program.h"

/** Gives group members the group's contract, and the values inside their form. Nodes have been read. */
int32_t golden_read_groups(golden *program, const nbx_graph_view *view);

/**
 * Lets a head that can clamp codes take over the Relu and Clip nodes that follow it in its group: true if its target is
 * now the group's output, affine or pow2 with one parameter set. Without followers: whether the output is like that.
 */
bool golden_absorb(golden *program, golden_node *head);

#endif
