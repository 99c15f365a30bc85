/* SPDX-License-Identifier: Apache-2.0 */
/** Strided copies: what Concat, Split, Slice, Transpose, Expand, Tile and the channel movers are made of. */
#ifndef GOLDEN_COPY_H
#define GOLDEN_COPY_H

#include "program.h"

#define GOLDEN_COPY_RANK (2 * NBX_MAX_RANK)

/** Element base + sum of coordinate * step, on both sides, over all coordinates. Steps may be 0 or negative on the reading side. */
typedef struct golden_copy {
    uint32_t input, output;
    uint32_t rank;
    int64_t dims[GOLDEN_COPY_RANK], to_step[GOLDEN_COPY_RANK], from_step[GOLDEN_COPY_RANK];
    int64_t to_base, from_base;
} golden_copy;

/** The copies of one node, in node->plan. */
typedef struct golden_copies {
    uint32_t count;
    golden_copy *rows;
} golden_copies;

/** Plans `count` copies, zeroed but for input and output 0; NULL when out of memory. */
golden_copies *golden_copies_make(golden *program, golden_node *node, uint32_t count);
/** Appends an axis. */
void golden_copy_axis(golden_copy *copy, int64_t extent, int64_t to_step, int64_t from_step);
/** Steps of a dense tensor. */
void golden_dense_steps(uint32_t rank, const int64_t *dims, int64_t *steps);
/** Runs the copies of a node. */
int32_t golden_copies_run(const golden_call *call);

#endif
