/* SPDX-License-Identifier: Apache-2.0 */
/** Windows over one to three spatial axes: convolutions and pools. Missing axes have extent 1. */
#ifndef GOLDEN_SPATIAL_H
#define GOLDEN_SPATIAL_H

#include "program.h"

/** Always three axes, the innermost last. */
typedef struct golden_window {
    uint32_t axes;
    int64_t in[3], out[3], kernel[3], stride[3], dilation[3], begin[3], end[3];
    int64_t in_volume, out_volume, kernel_volume;
} golden_window;

/**
 * Reads kernel_shape, strides, dilations and pads of a node with input x [N,C,spatial]; `kernel` NULL: from the attribute.
 * Extents of the output are read from the node's output and left to the caller to check.
 */
int32_t golden_window_read(const golden *program, const golden_node *node, const int64_t *kernel, golden_window *out);

/** The extent that a window op gives along axis `i`: floor, or ceil where the last window starts inside. */
int64_t golden_window_extent(const golden_window *window, uint32_t i, bool ceil_mode);

#endif
