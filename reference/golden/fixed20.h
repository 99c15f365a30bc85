/* SPDX-License-Identifier: Apache-2.0 */
/** Integer addition with a common headroom of 20 bits (docs/numerics.md, section 5). */
#ifndef GOLDEN_FIXED20_H
#define GOLDEN_FIXED20_H

#include "program.h"

typedef struct golden_fixed20 golden_fixed20;

/** *out stays NULL where the output has no affine codes of its own (inside a group): then the sum is real. */
int32_t golden_fixed20_prepare(golden *program, golden_node *node, int32_t sign, golden_fixed20 **out);
int32_t golden_fixed20_run(const golden_call *call, const golden_fixed20 *fixed);

#endif
