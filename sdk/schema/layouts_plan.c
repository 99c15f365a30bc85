/* SPDX-License-Identifier: Apache-2.0 */
/* Applies a layout to a shape: padded extents, strides, sizes, offsets; moving data is left to layouts_pack.c. */
#include <string.h>

#include "schema/layouts.h"
#include "schema/sizes.h"

/* Layouts may be built by hand, so nothing is taken for granted. */
static bool layout_is_sound(const nbx_layout *layout, uint32_t rank)
{
    uint32_t seen = 0;
    if (layout->rank != rank || layout->block_count > 4 || layout->ladder_count > 8) return false;
    for (uint32_t i = 0; i < rank; i++) {
        if (layout->outer[i] >= rank || (seen & (1u << layout->outer[i]))) return false;
        seen |= 1u << layout->outer[i];
    }
    for (uint32_t i = 0; i < layout->block_count; i++)
        if (layout->block_axis[i] >= rank || layout->block_size[i] == 0) return false;
    return layout->ladder_base == 0 || layout->ladder_axis < rank;
}

static bool block_product(const nbx_layout *layout, uint32_t axis, uint32_t first_block, uint64_t *out)
{
    uint64_t product = 1;
    for (uint32_t i = first_block; i < layout->block_count; i++)
        if (layout->block_axis[i] == axis && !nbx_size_multiply(product, layout->block_size[i], &product)) return false;
    *out = product;
    return true;
}

/* base * k + the smallest rung that fits; a full base if none does. */
static bool climb_ladder(const nbx_layout *layout, uint64_t extent, uint64_t *out)
{
    uint64_t rest = extent % layout->ladder_base, whole = extent - rest, step = layout->ladder_base;
    if (rest == 0) return true;
    for (uint32_t i = layout->ladder_count; i-- > 0;)
        if (layout->ladder[i] >= rest && layout->ladder[i] < step) step = layout->ladder[i];
    return nbx_size_add(whole, step, out);
}

static bool padded_extent(const nbx_layout *layout, uint32_t axis, int64_t dim, int64_t *out)
{
    uint64_t extent = (uint64_t)dim, blocks;
    if (layout->pad_to[axis] > 1 && !nbx_size_round_up(extent, layout->pad_to[axis], &extent)) return false;
    if (layout->ladder_base && layout->ladder_axis == axis && !climb_ladder(layout, extent, &extent)) return false;
    if (!block_product(layout, axis, 0, &blocks) || !nbx_size_round_up(extent, blocks, &extent)) return false;
    if (extent > INT64_MAX) return false;
    *out = (int64_t)extent;
    return true;
}

static bool make_levels(const nbx_layout *layout, nbx_layout_plan *out)
{
    for (uint32_t axis = 0; axis < out->rank; axis++)
        if (!padded_extent(layout, axis, out->dims[axis], &out->aligned[axis])) return false;
    out->level_count = out->rank + layout->block_count;
    for (uint32_t i = 0; i < out->rank; i++) {
        uint32_t axis = layout->outer[i];
        if (!block_product(layout, axis, 0, &out->level_divisor[i])) return false;
        out->level_axis[i] = (uint8_t)axis;
        out->level_extent[i] = out->aligned[axis] / (int64_t)out->level_divisor[i];
    }
    for (uint32_t i = 0; i < layout->block_count; i++) {
        uint32_t level = out->rank + i;
        out->level_axis[level] = layout->block_axis[i];
        out->level_extent[level] = layout->block_size[i];
        if (!block_product(layout, layout->block_axis[i], i + 1, &out->level_divisor[level])) return false;
    }
    return true;
}

/* Innermost first. Rows, the runs along the innermost outer axis, start on a byte; blocks inside them are packed throughout, and so is
 * everything where there is no layout. */
static bool make_strides(const nbx_layout *layout, nbx_layout_plan *out)
{
    uint64_t bits = out->element_bits;
    for (uint32_t level = out->level_count; level-- > 0;) {
        uint64_t align = 1;
        if (layout && level + 1 < out->rank) align = 8;
        if (layout && level < out->rank && layout->stride_align[out->level_axis[level]] > 1)
            align = (uint64_t)layout->stride_align[out->level_axis[level]] * 8;
        if (!nbx_size_round_up(bits, align, &bits)) return false;
        out->level_stride_bits[level] = bits;
        if (!nbx_size_multiply(bits, (uint64_t)out->level_extent[level], &bits)) return false;
    }
    out->bytes = bits / 8 + (bits % 8 != 0);
    return bits <= INT64_MAX;
}

bool nbx_layout_plan_make(const nbx_layout *layout, uint32_t rank, const int64_t *dims, uint32_t element_bits, nbx_layout_plan *out)
{
    memset(out, 0, sizeof *out);
    if (rank > NBX_MAX_RANK || element_bits == 0 || element_bits > 64 || (element_bits & (element_bits - 1))) return false;
    if (layout && !layout_is_sound(layout, rank)) return false;
    out->rank = out->level_count = rank;
    out->element_bits = element_bits;
    for (uint32_t axis = 0; axis < rank; axis++) {
        if (dims[axis] <= 0) return false;
        out->dims[axis] = out->aligned[axis] = out->level_extent[axis] = dims[axis];
        out->level_axis[axis] = (uint8_t)axis;
        out->level_divisor[axis] = 1;
    }
    if (layout && !make_levels(layout, out)) return false;
    return make_strides(layout, out);
}

bool nbx_layout_plan_strides(nbx_layout_plan *plan, const uint64_t *stride_bytes, uint32_t count)
{
    if (count > plan->level_count) return false;
    uint64_t inner = plan->element_bits, strides[12];
    for (uint32_t level = plan->level_count; level-- > 0;) {
        uint64_t own = plan->level_stride_bits[level], wanted = level < count ? stride_bytes[level] : 0;
        if (wanted == 0)
            wanted = own > inner ? own : inner;
        else if (!nbx_size_multiply(wanted, 8, &wanted) || wanted < own || wanted < inner)
            return false;
        strides[level] = wanted;
        if (!nbx_size_multiply(wanted, (uint64_t)plan->level_extent[level], &inner)) return false;
    }
    if (inner > INT64_MAX) return false;
    for (uint32_t level = 0; level < plan->level_count; level++)
        plan->level_stride_bits[level] = strides[level];
    plan->bytes = inner / 8 + (inner % 8 != 0);
    return true;
}

uint64_t nbx_layout_offset_bits(const nbx_layout_plan *plan, const int64_t *index)
{
    uint64_t bits = 0;
    for (uint32_t level = 0; level < plan->level_count; level++) {
        uint64_t at = (uint64_t)index[plan->level_axis[level]] / plan->level_divisor[level];
        if (level >= plan->rank) at %= (uint64_t)plan->level_extent[level];
        bits += at * plan->level_stride_bits[level];
    }
    return bits;
}
