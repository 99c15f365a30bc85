/* SPDX-License-Identifier: Apache-2.0 */
/* Where an element of a layout lies, from the definition of the layout; walking and packing are the plugin's. */
#include "golden.h"

/**
 * An index along one axis is split by the axis' own blocks, innermost first: the remainder is the position in the block,
 * the quotient goes outward. Extents are padded to whole blocks, to `pad_to` and to the ladder.
 */

static int64_t round_up(int64_t x, int64_t unit)
{
    return unit > 1 ? (x + unit - 1) / unit * unit : x;
}

static int64_t climb(const nbx_layout *layout, int64_t extent)
{
    const int64_t base = layout->ladder_base, whole = extent / base * base, rest = extent - whole;
    uint32_t i;
    if (rest == 0) return extent;
    for (i = 0; i < layout->ladder_count; i++)
        if ((int64_t)layout->ladder[i] >= rest) return whole + layout->ladder[i];
    return whole + base;
}

/** Elements along a logical axis including padding. */
static int64_t padded(const nbx_layout *layout, const int64_t *dims, uint32_t axis)
{
    int64_t extent = dims[axis], blocks = 1;
    uint32_t i;
    if (layout->ladder_base && layout->ladder_axis == axis) extent = climb(layout, extent);
    extent = round_up(extent, layout->pad_to[axis]);
    for (i = 0; i < layout->block_count; i++)
        if (layout->block_axis[i] == axis) blocks *= layout->block_size[i];
    return round_up(extent, blocks);
}

/** Product of the axis' blocks from block `first` inward. */
static int64_t blocks_from(const nbx_layout *layout, uint32_t axis, uint32_t first)
{
    int64_t product = 1;
    uint32_t i;
    for (i = first; i < layout->block_count; i++)
        if (layout->block_axis[i] == axis) product *= layout->block_size[i];
    return product;
}

uint32_t golden_level_strides(const nbx_layout *layout, uint32_t rank, const int64_t *dims, uint32_t element_bits, uint64_t *stride_bits,
                              int64_t *extents)
{
    const uint32_t outer = layout ? layout->rank : rank, blocks = layout ? layout->block_count : 0;
    uint64_t bits = element_bits;
    uint32_t i;
    for (i = blocks; i-- > 0; bits *= layout->block_size[i]) {
        stride_bits[outer + i] = bits;
        extents[outer + i] = layout->block_size[i];
    }
    for (i = outer; i-- > 0;) {
        const uint32_t axis = layout ? layout->outer[i] : i;
        const uint64_t unit = layout ? (uint64_t)layout->stride_align[axis] * 8 : 0;
        if (unit) bits = (bits + unit - 1) / unit * unit;
        stride_bits[i] = bits;
        extents[i] = layout ? padded(layout, dims, axis) / blocks_from(layout, axis, 0) : dims[i];
        bits *= (uint64_t)extents[i];
        /* A row, the run along the innermost outer axis, starts on a byte; without a layout the codes are one stream. */
        if (layout && i + 1 == outer) bits = (bits + 7) / 8 * 8;
    }
    return outer + blocks;
}

uint64_t golden_level_offset(const nbx_layout *layout, uint32_t rank, const uint64_t *stride_bits, const int64_t *index)
{
    const uint32_t outer = layout ? layout->rank : rank, blocks = layout ? layout->block_count : 0;
    uint64_t offset = 0;
    uint32_t i;
    for (i = 0; i < outer; i++) {
        const uint32_t axis = layout ? layout->outer[i] : i;
        offset += (uint64_t)(index[axis] / (layout ? blocks_from(layout, axis, 0) : 1)) * stride_bits[i];
    }
    for (i = 0; i < blocks; i++) {
        const uint32_t axis = layout->block_axis[i];
        offset += (uint64_t)(index[axis] / blocks_from(layout, axis, i + 1) % layout->block_size[i]) * stride_bits[outer + i];
    }
    return offset;
}

uint64_t golden_offset_bits(const nbx_layout *layout, uint32_t rank, const int64_t *dims, uint32_t element_bits, const int64_t *index)
{
    uint64_t strides[GOLDEN_LEVELS];
    int64_t extents[GOLDEN_LEVELS];
    (void)golden_level_strides(layout, rank, dims, element_bits, strides, extents);
    return golden_level_offset(layout, rank, strides, index);
}

uint64_t golden_layout_bytes(const nbx_layout *layout, uint32_t rank, const int64_t *dims, uint32_t element_bits)
{
    uint64_t strides[GOLDEN_LEVELS];
    int64_t extents[GOLDEN_LEVELS];
    if (golden_level_strides(layout, rank, dims, element_bits, strides, extents) == 0) return (element_bits + 7) / 8;
    return (strides[0] * (uint64_t)extents[0] + 7) / 8;
}
