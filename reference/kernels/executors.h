/* SPDX-License-Identifier: Apache-2.0 */
/** Preparation of each family of ops: sets step->execute, step->prepared and step->temp_bytes. */
#ifndef KERNELS_EXECUTORS_H
#define KERNELS_EXECUTORS_H

#include "follow.h"

typedef int32_t (*kernel_prepare_fn)(nbx_kernels *program, kernel_step *step);

int32_t kernel_prepare_weighted(nbx_kernels *program, kernel_step *step);    /* Conv, ConvTranspose, Gemm, MatMul */
int32_t kernel_prepare_elementwise(nbx_kernels *program, kernel_step *step); /* one or more inputs, broadcast */
int32_t kernel_prepare_quantize(nbx_kernels *program, kernel_step *step);    /* QuantizeLinear, DequantizeLinear */
int32_t kernel_prepare_pool(nbx_kernels *program, kernel_step *step);        /* pools, global ones too */
int32_t kernel_prepare_reduction(nbx_kernels *program, kernel_step *step);   /* Reduce*, ArgMax, ArgMin */
int32_t kernel_prepare_move(nbx_kernels *program, kernel_step *step);        /* one input, elements move */
int32_t kernel_prepare_concat(nbx_kernels *program, kernel_step *step);
int32_t kernel_prepare_split(nbx_kernels *program, kernel_step *step);
int32_t kernel_prepare_gather(nbx_kernels *program, kernel_step *step);
int32_t kernel_prepare_where(nbx_kernels *program, kernel_step *step);
int32_t kernel_prepare_resize(nbx_kernels *program, kernel_step *step);
int32_t kernel_prepare_along_axis(nbx_kernels *program, kernel_step *step); /* Softmax, LogSoftmax, LRN */
int32_t kernel_prepare_extent(nbx_kernels *program, kernel_step *step);     /* Shape, Size, Range */

/** "This combination has no kernel", with the op's name and what is wrong. */
int32_t kernel_refuse(const nbx_kernels *program, const kernel_step *step, const char *why);

#endif
