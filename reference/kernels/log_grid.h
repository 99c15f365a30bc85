/* SPDX-License-Identifier: Apache-2.0 */
/** Log codes by table: decoding by index, encoding by thresholds instead of logarithms. */
#ifndef KERNELS_LOG_GRID_H
#define KERNELS_LOG_GRID_H

#include "cells.h"

/** NULL without memory. */
const kernel_log_grid *kernel_log_grid_make(nbx_kernels *program, const nbx_encoding *encoding, const nbx_qparam *param);
double kernel_log_decode(const kernel_log_grid *grid, int64_t code);
int64_t kernel_log_encode(const kernel_log_grid *grid, float x);

#endif
