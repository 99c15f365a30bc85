/* SPDX-License-Identifier: Apache-2.0 */
/**
 * The oracle: evaluates a graph view under its arith rows with plain loops. Links neither libnbx, nbx_schema nor the
 * kernels; it includes plugin headers only. Numerics: docs/numerics.md.
 */
#ifndef NBX_GOLDEN_H
#define NBX_GOLDEN_H

#include <nbx/plugin/plugin.h>

typedef struct golden golden;

/**
 * Prepares a view: maps and copies its constants, resolves groups. `view` may die afterwards. Memory comes from `host`.
 * NBX_UNSUPPORTED with a diagnostic (code E-GOLDEN-...) for an opaque op or a combination that has no arithmetic.
 */
int32_t golden_create(const nbx_host *host, const nbx_graph_view *view, golden **out);
void golden_destroy(golden *program);

/** Scratch bytes one run needs. */
uint64_t golden_scratch_bytes(const golden *program);

/**
 * Runs once. inputs and outputs: one dense buffer per port of the view, in axis order, codes of the port's encoding packed
 * low bits first (plain dtype without an encoding). Allocates nothing; `scratch` is 64-byte aligned and private to the run.
 */
int32_t golden_run(const golden *program, void *scratch, const void *const *inputs, void *const *outputs);

/* Parts that tests call directly. */
int32_t golden_encode(const nbx_encoding *encoding, const nbx_qparam *param, double value);
double golden_decode(const nbx_encoding *encoding, const nbx_qparam *param, int32_t code);
/** Accumulator to code under requant mode `mode` with real multiplier `m` (families m, r) or right shift `shift` (family s). */
int64_t golden_requant(uint32_t mode, int64_t acc, double m, int32_t shift);
/** Byte-and-bit offset of an element in a layout, computed from the definition, not from strides of a walker. */
uint64_t golden_offset_bits(const nbx_layout *layout, uint32_t rank, const int64_t *dims, uint32_t element_bits, const int64_t *index);
uint64_t golden_layout_bytes(const nbx_layout *layout, uint32_t rank, const int64_t *dims, uint32_t element_bits);

/** Levels of a layout: outer positions, then blocks. */
enum { GOLDEN_LEVELS = 12 };
/** Stride in bits and extent (padding included) of each level; the number of levels. A NULL layout has its axes as levels. */
uint32_t golden_level_strides(const nbx_layout *layout, uint32_t rank, const int64_t *dims, uint32_t element_bits, uint64_t *stride_bits,
                              int64_t *extents);
/** Bit offset of an element under given strides of the levels, for example a buffer's own. */
uint64_t golden_level_offset(const nbx_layout *layout, uint32_t rank, const uint64_t *stride_bits, const int64_t *index);

#endif
