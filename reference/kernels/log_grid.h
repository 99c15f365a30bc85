/* SPDX-License-Identifier: Apache-2.0 */
/** Log codes by table: decoding by index, encoding by thresholds instead of logarithms. */
#ifndef KERNELS_LOG_GRID_H
#define KERNELS_LOG_GRID_H

#include <string.h>

#include "cells.h"

/** NULL without memory. */
const kernel_log_grid *kernel_log_grid_make(nbx_kernels *program, const nbx_encoding *encoding, const nbx_qparam *param);
double kernel_log_decode(const kernel_log_grid *grid, int64_t code);

/** The first guess is right or one below at almost every float; the loops make it right at all of them. */
static inline int64_t kernel_log_encode(const kernel_log_grid *grid, float x)
{
    const bool negative = x < 0;
    const float magnitude = negative ? -x : x;
    const int64_t top = grid->top;
    uint32_t bits;
    int64_t index;
    if (!(magnitude >= (negative ? grid->negative1 : grid->positive[0]))) return grid->sign_bit;
    memcpy(&bits, &magnitude, sizeof bits);
    index = ((int64_t)(bits >> 23) - 127) * grid->steps + grid->fraction[bits >> 15 & 255] - grid->exponent;
    index = index < 0 ? 0 : index > top ? top : index;
    index += index < top && magnitude >= grid->positive[index < top ? index + 1 : top];
    while (index < top && magnitude >= grid->positive[index + 1])
        index++;
    while (index > 0 && magnitude < grid->positive[index])
        index--;
    if (!negative) return index;
    return (int64_t)grid->sign_bit | (index ? index : 1);
}

#endif
