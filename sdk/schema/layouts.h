/* SPDX-License-Identifier: Apache-2.0 */
/** Layouts: grammar, sizes, offsets, pack and unpack: one walker for all. Golden has its own offset code. */
#ifndef NBX_SCHEMA_LAYOUTS_H
#define NBX_SCHEMA_LAYOUTS_H

#include <stdbool.h>

#include <nbx/plugin/tensor.h>

/**
 * Parses layout text for a tensor of `rank` (docs/layouts.md has the grammar). `text` is kept, not copied.
 * False with a message in `error` (NULL allowed) that names the position.
 */
bool nbx_layout_parse(const char *text, uint32_t rank, nbx_layout *out, char *error, uint32_t error_bytes);
/** The dense layout of a rank in axis order. */
void nbx_layout_dense(uint32_t rank, nbx_layout *out);
bool nbx_layout_equal(const nbx_layout *a, const nbx_layout *b);
/** Canonical text of a layout into `out`; the number of bytes it needs, without the terminator. */
uint32_t nbx_layout_text(const nbx_layout *layout, char *out, uint32_t bytes);

/** A layout applied to a shape and an element size: what offsets are computed from. */
typedef struct nbx_layout_plan {
    uint32_t rank, level_count; /* outer positions, then blocks */
    uint32_t element_bits;
    uint8_t level_axis[12];
    int64_t level_extent[12]; /* padded */
    uint64_t level_stride_bits[12];
    uint64_t level_divisor[12]; /* logical index / divisor % extent (outer levels without the modulo) */
    int64_t dims[NBX_MAX_RANK];
    int64_t aligned[NBX_MAX_RANK]; /* padded extents per logical axis */
    uint64_t bytes;
} nbx_layout_plan;

/** NULL layout: dense. Strides may be overridden by a buffer's. False on overflow or rank mismatch. */
bool nbx_layout_plan_make(const nbx_layout *layout, uint32_t rank, const int64_t *dims, uint32_t element_bits, nbx_layout_plan *out);
bool nbx_layout_plan_strides(nbx_layout_plan *plan, const uint64_t *stride_bytes, uint32_t count);
/** Bit offset of an element. */
uint64_t nbx_layout_offset_bits(const nbx_layout_plan *plan, const int64_t *index);
/** Dense codes in axis order to the layout and back. Padding gets `fill_code` when `fill` is set, else is left alone. */
void nbx_layout_pack(const nbx_layout_plan *plan, const void *dense, void *packed, bool fill, int32_t fill_code);
void nbx_layout_unpack(const nbx_layout_plan *plan, const void *packed, void *dense);
/** Sets the padding only: a refill. */
void nbx_layout_refill(const nbx_layout_plan *plan, void *packed, int32_t fill_code);

#endif
