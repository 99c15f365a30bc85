/* SPDX-License-Identifier: Apache-2.0 */
/* Reads layout text with messages that name the column; what a layout means for a shape is left to layouts_plan.c. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "schema/layouts.h"
#include "schema/ops.h"

enum { BLOCK_LIMIT = 1 << 20, ALIGN_LIMIT = 1 << 30, BLOCK_COUNT_LIMIT = 4, RUNG_LIMIT = 8 };

typedef struct parser {
    const char *text, *at;
    nbx_layout *out;
    char *error;
    uint32_t error_bytes;
    uint32_t blocks_of[NBX_MAX_RANK]; /* product of an axis's blocks */
    bool stride_seen[NBX_MAX_RANK], pad_seen[NBX_MAX_RANK], pad_in_seen, pad_out_seen;
} parser;

static bool fail(parser *p, const char *at, const char *format, ...) __attribute__((format(printf, 3, 4)));

static bool fail(parser *p, const char *at, const char *format, ...)
{
    if (!p->error || p->error_bytes == 0) return false;
    int used = snprintf(p->error, p->error_bytes, "column %u: ", (unsigned)(at - p->text) + 1);
    if (used < 0 || (uint32_t)used >= p->error_bytes) return false;
    va_list args;
    va_start(args, format);
    vsnprintf(p->error + used, p->error_bytes - (uint32_t)used, format, args);
    va_end(args);
    return false;
}

/* Axes of the rank in order, for messages. */
static const char *axes_of(uint32_t rank)
{
    nbx_layout dense;
    nbx_layout_dense(rank, &dense);
    return dense.text;
}

static bool is_upper(char c)
{
    return c >= 'A' && c <= 'Z';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool take(parser *p, const char *word)
{
    size_t length = strlen(word);
    if (strncmp(p->at, word, length) != 0) return false;
    p->at += length;
    return true;
}

static bool take_number(parser *p, uint32_t limit, uint32_t *out)
{
    const char *start = p->at;
    uint64_t value = 0;
    if (!is_digit(*p->at)) return fail(p, start, "expected a number");
    for (; is_digit(*p->at); p->at++) {
        value = value * 10 + (uint64_t)(*p->at - '0');
        if (value > limit) return fail(p, start, "the number is larger than %u", (unsigned)limit);
    }
    if (value == 0) return fail(p, start, "the number must be at least 1");
    *out = (uint32_t)value;
    return true;
}

static bool take_axis(parser *p, uint8_t *out)
{
    char letter = *p->at;
    int axis = letter >= 'a' && letter <= 'z' ? nbx_axis_of(letter, p->out->rank) : -1;
    if (letter == 0) return fail(p, p->at, "expected an axis in lower case, found the end");
    if (axis < 0)
        return fail(p, p->at, "'%c' is not an axis in lower case of a tensor of rank %u (%s)", letter, (unsigned)p->out->rank,
                    axes_of(p->out->rank));
    p->at++;
    *out = (uint8_t)axis;
    return true;
}

static bool take_outer(parser *p)
{
    nbx_layout *out = p->out;
    uint32_t count = 0, seen = 0;
    if (!is_upper(*p->at)) return fail(p, p->at, "expected the outer axes in upper case");
    if (out->rank == 0 || out->rank > 5)
        return fail(p, p->at, "a tensor of rank %u has no axis letters; its only layout is 'dense'", (unsigned)out->rank);
    for (; is_upper(*p->at); p->at++) {
        int axis = nbx_axis_of((char)(*p->at - 'A' + 'a'), out->rank);
        if (axis < 0)
            return fail(p, p->at, "'%c' is not an axis of a tensor of rank %u (%s)", *p->at, (unsigned)out->rank, axes_of(out->rank));
        if (seen & (1u << axis)) return fail(p, p->at, "axis '%c' stands twice", *p->at);
        seen |= 1u << axis;
        out->outer[count++] = (uint8_t)axis;
    }
    for (uint32_t axis = 0; axis < out->rank; axis++)
        if (!(seen & (1u << axis)))
            return fail(p, p->at, "axis '%c' is missing: a tensor of rank %u has the axes %s", axes_of(out->rank)[axis],
                        (unsigned)out->rank, axes_of(out->rank));
    return true;
}

static bool take_blocks(parser *p)
{
    nbx_layout *out = p->out;
    while (is_digit(*p->at)) {
        const char *start = p->at;
        uint8_t axis = 0;
        uint32_t size = 0;
        if (out->block_count == BLOCK_COUNT_LIMIT) return fail(p, start, "more than %d blocks", BLOCK_COUNT_LIMIT);
        if (!take_number(p, BLOCK_LIMIT, &size) || !take_axis(p, &axis)) return false;
        if ((uint64_t)p->blocks_of[axis] * size > BLOCK_LIMIT) return fail(p, start, "the blocks of one axis exceed %d", BLOCK_LIMIT);
        p->blocks_of[axis] *= size;
        out->block_axis[out->block_count] = axis;
        out->block_size[out->block_count++] = size;
    }
    return true;
}

static bool whole_blocks(parser *p, const char *at, uint8_t axis, uint32_t extent)
{
    if (extent % p->blocks_of[axis] == 0) return true;
    return fail(p, at, "%u is not a multiple of the axis's block of %u", (unsigned)extent, (unsigned)p->blocks_of[axis]);
}

/* "(base;rung,rung...)" after the word ladder. */
static bool take_ladder(parser *p, const char *key, uint8_t axis)
{
    nbx_layout *out = p->out;
    if (out->ladder_base) return fail(p, key, "only one axis can have a ladder");
    if (!take(p, "(")) return fail(p, p->at, "expected '(' after ladder");
    const char *start = p->at;
    if (!take_number(p, ALIGN_LIMIT, &out->ladder_base) || !whole_blocks(p, start, axis, out->ladder_base)) return false;
    if (!take(p, ";")) return fail(p, p->at, "expected ';' after the base of the ladder");
    do {
        uint32_t rung = 0, last = out->ladder_count ? out->ladder[out->ladder_count - 1] : 0;
        start = p->at;
        if (out->ladder_count == RUNG_LIMIT) return fail(p, start, "more than %d rungs", RUNG_LIMIT);
        if (!take_number(p, ALIGN_LIMIT, &rung) || !whole_blocks(p, start, axis, rung)) return false;
        if (rung <= last) return fail(p, start, "rungs must rise");
        if (rung >= out->ladder_base) return fail(p, start, "a rung must be below the base of %u", (unsigned)out->ladder_base);
        out->ladder[out->ladder_count++] = rung;
    } while (take(p, ","));
    if (!take(p, ")")) return fail(p, p->at, "expected ',' or ')' in the ladder");
    out->ladder_axis = axis;
    return true;
}

static bool take_owner(parser *p, bool *seen, bool may_preserve, uint8_t *out)
{
    const char *start = p->at;
    if (*seen) return fail(p, start, "the key stands twice");
    *seen = true;
    if (take(p, "any"))
        *out = NBX_PAD_ANY;
    else if (take(p, "fill"))
        *out = NBX_PAD_FILL;
    else if (may_preserve && take(p, "preserved"))
        *out = NBX_PAD_PRESERVED;
    else
        return fail(p, start, "expected %s", may_preserve ? "any, fill or preserved" : "any or fill");
    return true;
}

static bool take_option(parser *p)
{
    const char *key = p->at;
    nbx_layout *out = p->out;
    uint8_t axis = 0;
    uint32_t number = 0;
    if (take(p, "pad_in=")) return take_owner(p, &p->pad_in_seen, false, &out->pad_in);
    if (take(p, "pad_out=")) return take_owner(p, &p->pad_out_seen, true, &out->pad_out);
    bool stride = take(p, "stride_");
    if (!stride && !take(p, "pad_")) return fail(p, key, "unknown key; keys are stride_<axis>, pad_<axis>, pad_in and pad_out");
    if (!take_axis(p, &axis)) return false;
    bool *seen = stride ? &p->stride_seen[axis] : &p->pad_seen[axis];
    if (*seen) return fail(p, key, "the key stands twice");
    *seen = true;
    if (!take(p, "=")) return fail(p, p->at, "expected '='");
    if (!stride && take(p, "ladder")) return take_ladder(p, key, axis);
    const char *value = p->at;
    if (!take_number(p, ALIGN_LIMIT, &number)) return false;
    if (!stride && number > 1 && !whole_blocks(p, value, axis, number)) return false;
    if (number > 1) (stride ? out->stride_align : out->pad_to)[axis] = number;
    return true;
}

bool nbx_layout_parse(const char *text, uint32_t rank, nbx_layout *out, char *error, uint32_t error_bytes)
{
    parser p = {.text = text ? text : "", .out = out, .error = error, .error_bytes = error_bytes};
    p.at = p.text;
    if (error && error_bytes) error[0] = 0;
    for (uint32_t axis = 0; axis < NBX_MAX_RANK; axis++)
        p.blocks_of[axis] = 1;
    memset(out, 0, sizeof *out);
    if (rank > NBX_MAX_RANK) return fail(&p, p.at, "rank %u is more than %d", (unsigned)rank, NBX_MAX_RANK);
    out->struct_size = sizeof *out;
    out->rank = (uint8_t)rank;
    if (strcmp(p.text, "dense") == 0) {
        nbx_layout_dense(rank, out);
        out->text = text;
        return true;
    }
    if (!take_outer(&p) || !take_blocks(&p)) return false;
    if (take(&p, ":")) {
        do {
            if (!take_option(&p)) return false;
        } while (take(&p, ","));
        if (*p.at) return fail(&p, p.at, "expected ',' or the end, found '%c'", *p.at);
    }
    if (*p.at) return fail(&p, p.at, "expected a block, ':' or the end, found '%c'", *p.at);
    out->text = text;
    return true;
}
