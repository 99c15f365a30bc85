/* SPDX-License-Identifier: Apache-2.0 */
/** Products and sums of the weighted ops: operands as lanes, one accumulator per output position. */
#ifndef GOLDEN_PRODUCT_H
#define GOLDEN_PRODUCT_H

#include "program.h"

/** Output positions summed at a time: a constant, so that inner loops have a known length. */
#define GOLDEN_TILE 32u

typedef enum golden_sum_kind {
    GOLDEN_SUM_REAL,     /* double lanes, double accumulator */
    GOLDEN_SUM_MULTIPLY, /* int64 lanes, int64 accumulator */
    GOLDEN_SUM_LOOKUP    /* int64 lanes that add up to an index of the antilog table, int64 accumulator */
} golden_sum_kind;

/** How the elements of one operand become lanes. */
typedef struct golden_lanes {
    uint16_t product;
    bool left;
    int64_t index_scale;    /* lookup: S / S of this operand */
    int64_t span;           /* lookup: entries per sign of the table */
    const int64_t *entries; /* log_table: factor by index */
} golden_lanes;

typedef struct golden_sum {
    golden_sum_kind kind;
    uint16_t product;
    uint8_t overflow;
    bool limited;
    int64_t acc_lo, acc_hi;
    uint16_t acc_bits;
    golden_lanes left, right;
    const int64_t *table;   /* lookup: positive, negative, zero part, `span` entries each */
    const int64_t *negated; /* the same for a negative left lane */
} golden_sum;

/** Operands of a weighted node: x is input 0, w input 1, `terms` products make one output. */
typedef struct golden_operands {
    const golden_tensor *x, *w;
    bool weights_left;
    uint64_t terms;
} golden_operands;

/** Resolves the product contract of a node; refuses encodings that it does not take. */
int32_t golden_sum_prepare(golden *program, const golden_node *node, const golden_operands *operands, golden_sum *out);

/** A lane that contributes nothing, for taps outside of the image. */
int64_t golden_lane_zero(const golden_lanes *lanes);
/** Elements start, start + stride ... of a tensor as lanes: doubles (real) or int64. */
void golden_lanes_fill(const golden_sum *sum, const golden_lanes *lanes, const golden_tensor *tensor, uint64_t start, uint64_t stride,
                       uint64_t count, void *out);

/** Adds `terms` products of a left row and right lanes [terms][GOLDEN_TILE] to the accumulators of one tile. */
void golden_accumulate(const golden_sum *sum, uint64_t terms, const void *left, const void *right, void *acc);
/** The final accumulator, after an integer bias, under acc_bits and overflow. */
int64_t golden_acc_final(const golden_sum *sum, int64_t acc);

#endif
