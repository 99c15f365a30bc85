/* SPDX-License-Identifier: Apache-2.0 */
/* Writes a code into the padding of a packed tensor and nowhere else; moving elements is left to layouts_pack.c. */
#include <string.h>

#include "schema/layouts.h"

typedef struct filler {
    const nbx_layout_plan *plan;
    uint8_t *bytes;
    uint8_t code[8];   /* one element, little-endian; of codes below a byte: a byte full of them */
    uint64_t size[13]; /* bits of one position at each level's inside: size[level_count] is an element */
    bool regular;      /* elements lie at multiples of their size, so a padded stretch is one repetition */
    int64_t base[NBX_MAX_RANK];
} filler;

static void fill_bits(filler *f, uint64_t at, uint64_t bits)
{
    for (; bits > 0 && at % 8; at++, bits--)
        f->bytes[at / 8] = (uint8_t)((f->bytes[at / 8] & ~(1u << (at % 8))) | (f->code[0] & (1u << (at % 8))));
    memset(f->bytes + at / 8, f->code[0], bits / 8);
    at += bits / 8 * 8;
    for (bits %= 8; bits > 0; at++, bits--)
        f->bytes[at / 8] = (uint8_t)((f->bytes[at / 8] & ~(1u << (at % 8))) | (f->code[0] & (1u << (at % 8))));
}

/* The code again and again; the last one may be cut short. */
static void fill_stretch(filler *f, uint64_t at, uint64_t bits)
{
    uint64_t size = f->plan->element_bits / 8, bytes = bits / 8;
    if (size <= 1) {
        fill_bits(f, at, bits);
        return;
    }
    uint8_t *to = f->bytes + at / 8;
    for (; bytes >= size; bytes -= size, to += size)
        memcpy(to, f->code, size);
    memcpy(to, f->code, bytes);
}

static void fill_level(filler *f, uint32_t level, uint64_t at, bool padding)
{
    const nbx_layout_plan *plan = f->plan;
    if (level == plan->level_count || (padding && f->regular)) {
        if (padding) fill_stretch(f, at, f->size[level]);
        return;
    }
    uint32_t axis = plan->level_axis[level];
    int64_t first = f->base[axis], divisor = (int64_t)plan->level_divisor[level], extent = plan->level_extent[level];
    int64_t left = plan->dims[axis] - first, valid = padding || left <= 0 ? 0 : (left - 1) / divisor + 1;
    uint64_t stride = plan->level_stride_bits[level], inside = f->size[level + 1];
    if (valid > extent) valid = extent;
    if (level + 1 == plan->level_count && stride == inside) {
        fill_stretch(f, at + (uint64_t)valid * stride, (uint64_t)(extent - valid) * stride);
        return;
    }
    for (int64_t i = 0; i < extent; i++, at += stride) {
        f->base[axis] = first + i * divisor;
        fill_level(f, level + 1, at, padding || i >= valid);
        if (stride > inside) fill_stretch(f, at + inside, stride - inside);
    }
    f->base[axis] = first;
}

static void set_code(filler *f, int32_t fill_code)
{
    uint32_t bits = f->plan->element_bits;
    int64_t wide = fill_code;
    memcpy(f->code, &wide, sizeof wide);
    if (bits >= 8) return;
    uint32_t pattern = 0;
    for (uint32_t at = 0; at < 8; at += bits)
        pattern |= ((uint32_t)fill_code & ((1u << bits) - 1)) << at;
    f->code[0] = (uint8_t)pattern;
}

void nbx_layout_refill(const nbx_layout_plan *plan, void *packed, int32_t fill_code)
{
    filler f = {.plan = plan, .bytes = packed, .regular = true};
    uint64_t used = plan->element_bits;
    for (uint32_t axis = 0; axis < plan->rank; axis++)
        used *= (uint64_t)plan->dims[axis];
    if (used == plan->bytes * 8) return;
    set_code(&f, fill_code);
    f.size[plan->level_count] = plan->element_bits;
    for (uint32_t level = plan->level_count; level-- > 0;) {
        f.size[level] = plan->level_stride_bits[level] * (uint64_t)plan->level_extent[level];
        f.regular &= plan->level_stride_bits[level] % plan->element_bits == 0;
    }
    fill_level(&f, 0, 0, false);
    fill_stretch(&f, f.size[0], plan->bytes * 8 - f.size[0]);
}
