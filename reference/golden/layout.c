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

/** Bits from one step to the next at outer position `position`; position -1: the whole tensor. */
static uint64_t outer_bits(const nbx_layout *layout, const int64_t *dims, uint32_t element_bits, int32_t position)
{
    uint64_t bits = element_bits;
    int32_t i;
    for (i = 0; i < layout->block_count; i++)
        bits *= layout->block_size[i];
    for (i = (int32_t)layout->rank - 1; i >= 0; i--) {
        const uint32_t axis = layout->outer[i], align = layout->stride_align[axis];
        if (align) {
            const uint64_t unit = (uint64_t)align * 8;
            bits = (bits + unit - 1) / unit * unit;
        }
        if (i == position) return bits;
        bits *= (uint64_t)(padded(layout, dims, axis) / blocks_from(layout, axis, 0));
    }
    return bits;
}

uint64_t golden_offset_bits(const nbx_layout *layout, uint32_t rank, const int64_t *dims, uint32_t element_bits, const int64_t *index)
{
    uint64_t offset = 0, step = element_bits;
    uint32_t i;
    if (!layout) {
        for (i = rank; i-- > 0; step *= (uint64_t)dims[i])
            offset += (uint64_t)index[i] * step;
        return offset;
    }
    for (i = layout->block_count; i-- > 0; step *= layout->block_size[i]) {
        const uint32_t axis = layout->block_axis[i];
        offset += (uint64_t)(index[axis] / blocks_from(layout, axis, i + 1) % layout->block_size[i]) * step;
    }
    for (i = 0; i < layout->rank; i++) {
        const uint32_t axis = layout->outer[i];
        offset += (uint64_t)(index[axis] / blocks_from(layout, axis, 0)) * outer_bits(layout, dims, element_bits, (int32_t)i);
    }
    return offset;
}

uint64_t golden_layout_bytes(const nbx_layout *layout, uint32_t rank, const int64_t *dims, uint32_t element_bits)
{
    uint64_t bits = element_bits;
    uint32_t i;
    if (layout) return (outer_bits(layout, dims, element_bits, -1) + 7) / 8;
    for (i = 0; i < rank; i++)
        bits *= (uint64_t)dims[i];
    return (bits + 7) / 8;
}
