/* SPDX-License-Identifier: Apache-2.0 */
/** The end of every step: follow-ups on real values, then one rounding to the output's cells. */
#ifndef KERNELS_FOLLOW_H
#define KERNELS_FOLLOW_H

#include "operand.h"
#include "scalar.h"

typedef enum kernel_follow_kind { KERNEL_FOLLOW_UNARY, KERNEL_FOLLOW_BINARY, KERNEL_FOLLOW_NORMALIZE } kernel_follow_kind;

/**
 * One follow-up, ready to run. Binary: `swapped` when the chained value is the second input.
 * Normalize: operands[0..3] are scale, B, mean and var of BatchNormalization, broadcast along axis 1.
 */
typedef struct kernel_follow_op {
    kernel_follow_kind kind;
    kernel_unary_fn unary;
    double params[2];
    kernel_binary_fn binary;
    bool swapped;
    uint32_t operand_count;
    kernel_operand operands[4];
} kernel_follow_op;

/** Fills step->follow_ops; NBX_UNSUPPORTED for an op that cannot follow. */
int32_t kernel_follow_prepare(nbx_kernels *program, kernel_step *step);
/** Makes the op of one node whose chained input is `chained`. */
int32_t kernel_follow_make(nbx_kernels *program, const kernel_node *node, uint32_t chained, const kernel_tensor *like,
                           kernel_follow_op *out);
void kernel_follow_apply(const kernel_follow_op *op, const kernel_run *run, const kernel_range *range, double *values);
/** Applies all follow-ups to `values` (at most KERNEL_CHUNK, changed in place), then writes output 0's cells. */
void kernel_finish(const kernel_step *step, const kernel_run *run, const kernel_range *range, double *values);
/** The same for any number of values, consecutive elements from 0. */
void kernel_finish_all(const kernel_step *step, const kernel_run *run, double *values);
/** Follow-ups are none, or Relu and Clip only; the real interval that they leave. */
bool kernel_follow_is_clamp(const kernel_step *step, double *lo, double *hi);

#endif
