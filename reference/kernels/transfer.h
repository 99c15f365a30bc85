/* SPDX-License-Identifier: Apache-2.0 */
/** Moving elements: cells where codes mean the same on both sides, else decode and encode. */
#ifndef KERNELS_TRANSFER_H
#define KERNELS_TRANSFER_H

#include "executors.h"

/** From input `input` to output `output` of a step. Only output 0 takes follow-ups. */
typedef struct kernel_transfer {
    uint32_t input, output;
    bool same;      /* cells move */
    double fill;    /* value of elements that come from nowhere */
    void *fill_one; /* one cell of it */
} kernel_transfer;

int32_t kernel_transfer_make(nbx_kernels *program, const kernel_step *step, uint32_t input, uint32_t output, double fill,
                             kernel_transfer *out);
/** Output elements start.. take the input elements sources[0..count-1]; -1 takes the fill. At most KERNEL_CHUNK. */
void kernel_transfer_gather(const kernel_step *step, const kernel_run *run, const kernel_transfer *transfer, const int64_t *sources,
                            uint64_t start, uint32_t count);
/** Output elements start.. take the consecutive input elements source.. */
void kernel_transfer_block(const kernel_step *step, const kernel_run *run, const kernel_transfer *transfer, uint64_t source, uint64_t start,
                           uint64_t count);

#endif
