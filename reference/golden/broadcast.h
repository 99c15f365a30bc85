/* SPDX-License-Identifier: Apache-2.0 */
/** Multidirectional broadcasting: which element of an operand an output element reads. */
#ifndef GOLDEN_BROADCAST_H
#define GOLDEN_BROADCAST_H

#include "program.h"

/** Refuses inputs 0..count-1 (absent ones are skipped) that do not broadcast to the output's shape. */
int32_t golden_broadcast_check(const golden *program, const golden_node *node, uint32_t count);
/** The element of `tensor` for output element `i` of shape `out`. */
uint64_t golden_broadcast_index(const golden_tensor *tensor, const golden_tensor *out, uint64_t i);
/** `count` elements for outputs start... as real numbers. */
void golden_broadcast_read(const golden_tensor *tensor, const golden_tensor *out, uint64_t start, uint64_t count, double *values);

#endif
