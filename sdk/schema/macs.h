/* SPDX-License-Identifier: Apache-2.0 */
/** Multiply-accumulates of a node, counted as published networks are: one per filter tap and output position. */
#ifndef NBX_SCHEMA_MACS_H
#define NBX_SCHEMA_MACS_H

#include <nbx/plugin/graph.h>

/**
 * Multiply-accumulates of node `node` of `view` (node < view->nodes.count). Conv, ConvTranspose, Gemm and MatMul have some,
 * every other op 0; biases, pooling and activations are not counted. Padding counts like image. UINT64_MAX on overflow.
 * Shapes must be known.
 */
uint64_t nbx_node_macs(const nbx_graph_view *view, uint32_t node);

#endif
