/* SPDX-License-Identifier: Apache-2.0 */
/* Moves elements between dense axis order and a layout with one walker for both directions; padding is left to layouts_fill.c. */
#include <string.h>

#include "schema/layouts.h"

/* Elements of the dense side per tile: one cache line of bytes. */
enum { TILE = 64 };

/* One side of a copy, in bits: where it begins, and the steps along the dense side's fastest level (a) and the layout's (b). */
typedef struct side {
    uint64_t at, step_a, step_b;
} side;

typedef struct walk {
    const nbx_layout_plan *plan;
    const uint8_t *from;
    uint8_t *to;
    bool packing;
    uint32_t a, b; /* the two innermost loops, as levels; equal if they are one */
    uint32_t outer_count, outer[12];
    uint64_t dense_step[12]; /* bits */
    int64_t base[NBX_MAX_RANK];
} walk;

#define COPY_TILES(size)                                                                                                                   \
    for (uint64_t a0 = 0; a0 < na; a0 += TILE) {                                                                                           \
        uint64_t a1 = na - a0 < TILE ? na : a0 + TILE;                                                                                     \
        for (uint64_t b = 0; b < nb; b++)                                                                                                  \
            for (uint64_t a = a0; a < a1; a++)                                                                                             \
                memcpy(to + a * ta + b * tb, from + a * fa + b * fb, size);                                                                \
    }

static void copy_bytes(const walk *w, side f, side t, uint64_t na, uint64_t nb)
{
    const uint8_t *from = w->from + f.at / 8;
    uint8_t *to = w->to + t.at / 8;
    uint64_t size = w->plan->element_bits / 8;
    uint64_t fa = f.step_a / 8, fb = f.step_b / 8, ta = t.step_a / 8, tb = t.step_b / 8;
    if (fa == size && ta == size) {
        for (uint64_t b = 0; b < nb; b++)
            memcpy(to + b * tb, from + b * fb, na * size);
        return;
    }
    if (size == 1)
        COPY_TILES(1)
    else if (size == 2)
        COPY_TILES(2)
    else if (size == 4)
        COPY_TILES(4)
    else
        COPY_TILES(8)
}

static void copy_bits(const walk *w, side f, side t, uint64_t na, uint64_t nb)
{
    uint32_t size = w->plan->element_bits, mask = (1u << size) - 1;
    for (uint64_t b = 0; b < nb; b++) {
        for (uint64_t a = 0; a < na; a++) {
            uint64_t from = f.at + a * f.step_a + b * f.step_b, to = t.at + a * t.step_a + b * t.step_b;
            uint32_t code = ((uint32_t)w->from[from / 8] >> (from % 8)) & mask;
            w->to[to / 8] = (uint8_t)((w->to[to / 8] & ~(mask << (to % 8))) | (code << (to % 8)));
        }
    }
}

static uint64_t left_of(const walk *w, uint32_t level)
{
    int64_t left = w->plan->dims[w->plan->level_axis[level]] - w->base[w->plan->level_axis[level]];
    return (uint64_t)(left < w->plan->level_extent[level] ? left : w->plan->level_extent[level]);
}

static void copy_inner(walk *w, uint64_t dense, uint64_t packed)
{
    const nbx_layout_plan *plan = w->plan;
    uint64_t na = left_of(w, w->a), nb = w->b == w->a ? 1 : left_of(w, w->b);
    side d = {dense, w->dense_step[w->a], w->dense_step[w->b]}, p = {packed, plan->level_stride_bits[w->a], plan->level_stride_bits[w->b]};
    void (*copy)(const walk *, side, side, uint64_t, uint64_t) = plan->element_bits < 8 ? copy_bits : copy_bytes;
    if (w->packing)
        copy(w, d, p, na, nb);
    else
        copy(w, p, d, na, nb);
}

/* Levels of one axis nest outermost first, so how far each may run is known when it is reached. */
static void walk_levels(walk *w, uint32_t at, uint64_t dense, uint64_t packed)
{
    if (at == w->outer_count) {
        copy_inner(w, dense, packed);
        return;
    }
    uint32_t level = w->outer[at], axis = w->plan->level_axis[level];
    int64_t first = w->base[axis], divisor = (int64_t)w->plan->level_divisor[level];
    for (int64_t i = 0; i < w->plan->level_extent[level] && first + i * divisor < w->plan->dims[axis]; i++) {
        w->base[axis] = first + i * divisor;
        walk_levels(w, at + 1, dense + (uint64_t)i * w->dense_step[level], packed + (uint64_t)i * w->plan->level_stride_bits[level]);
    }
    w->base[axis] = first;
}

/* Dense strides per level in bits; answers whether the layout's strides are the same and nothing is padded. */
static bool plan_is_dense(const nbx_layout_plan *plan, uint64_t *dense_step, uint64_t *total_bits)
{
    uint64_t of_axis[NBX_MAX_RANK], bits = plan->element_bits;
    for (uint32_t axis = plan->rank; axis-- > 0;) {
        of_axis[axis] = bits;
        bits *= (uint64_t)plan->dims[axis];
    }
    *total_bits = bits;
    bool dense = true;
    for (uint32_t level = 0; level < plan->level_count; level++) {
        uint32_t axis = plan->level_axis[level];
        dense_step[level] = of_axis[axis] * plan->level_divisor[level];
        dense &= plan->level_stride_bits[level] == dense_step[level] && plan->aligned[axis] == plan->dims[axis];
    }
    return dense;
}

/* Whole bytes at once, the last codes one by one: bits behind them are not ours. */
static void copy_all(const walk *w, uint64_t total_bits)
{
    side tail = {total_bits / 8 * 8, w->plan->element_bits, 0};
    memcpy(w->to, w->from, total_bits / 8);
    if (total_bits % 8) copy_bits(w, tail, tail, total_bits % 8 / w->plan->element_bits, 1);
}

static void move(const nbx_layout_plan *plan, const void *from, void *to, bool packing)
{
    walk w = {.plan = plan, .from = from, .to = to, .packing = packing};
    uint64_t total_bits;
    bool dense = plan_is_dense(plan, w.dense_step, &total_bits);
    if (!packing && total_bits % 8) w.to[total_bits / 8] = 0; /* dense codes end in zero bits */
    if (dense) {
        copy_all(&w, total_bits);
        return;
    }
    w.b = plan->level_count - 1;
    for (uint32_t level = 0; level < plan->level_count; level++)
        if (plan->level_axis[level] == plan->rank - 1) w.a = level;
    for (uint32_t level = 0; level < plan->level_count; level++)
        if (level != w.a && level != w.b) w.outer[w.outer_count++] = level;
    walk_levels(&w, 0, 0, 0);
}

void nbx_layout_pack(const nbx_layout_plan *plan, const void *dense, void *packed, bool fill, int32_t fill_code)
{
    move(plan, dense, packed, true);
    if (fill) nbx_layout_refill(plan, packed, fill_code);
}

void nbx_layout_unpack(const nbx_layout_plan *plan, const void *packed, void *dense)
{
    move(plan, packed, dense, false);
}
