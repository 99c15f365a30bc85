/* SPDX-License-Identifier: Apache-2.0 */
/** An input read in the shape of the output: broadcasting by strides. */
#ifndef KERNELS_OPERAND_H
#define KERNELS_OPERAND_H

#include "cells.h"

/** same: element i is element i. Otherwise strides[a] is the step along output axis a, 0 where broadcast. */
typedef struct kernel_operand {
    uint32_t value;
    const kernel_tensor *tensor;
    bool same;
    uint32_t rank;
    int64_t dims[NBX_MAX_RANK];
    int64_t strides[NBX_MAX_RANK];
} kernel_operand;

/** Elements of the chunks in which element-wise work is done. */
#define KERNEL_CHUNK 256

/** False if the value does not broadcast to the shape of `like`. */
bool kernel_operand_make(const nbx_kernels *program, uint32_t value, const kernel_tensor *like, kernel_operand *out);
/** Decoded elements of the operand for a range of output elements. */
void kernel_operand_fetch(const kernel_operand *operand, const kernel_run *run, const kernel_range *range, double *out);
/** Index in the operand of one output element. */
uint64_t kernel_operand_index(const kernel_operand *operand, uint64_t element);

#endif
