/* SPDX-License-Identifier: Apache-2.0 */
/* The dense layouts, comparison and canonical text; it leaves reading text to layouts_parse.c. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "schema/layouts.h"

/* By rank; ranks without axis letters have one layout only. */
static const char *const dense_text[NBX_MAX_RANK + 1] = {"dense", "C", "NC", "NCW", "NCHW", "NCDHW", "dense", "dense", "dense"};
static const char *const owner_text[] = {[NBX_PAD_ANY] = "any", [NBX_PAD_FILL] = "fill", [NBX_PAD_PRESERVED] = "preserved"};

void nbx_layout_dense(uint32_t rank, nbx_layout *out)
{
    memset(out, 0, sizeof *out);
    out->struct_size = sizeof *out;
    out->rank = (uint8_t)(rank <= NBX_MAX_RANK ? rank : NBX_MAX_RANK);
    out->text = dense_text[out->rank];
    for (uint32_t axis = 0; axis < out->rank; axis++)
        out->outer[axis] = (uint8_t)axis;
}

bool nbx_layout_equal(const nbx_layout *a, const nbx_layout *b)
{
    if (a->rank != b->rank || a->block_count != b->block_count || a->pad_in != b->pad_in || a->pad_out != b->pad_out) return false;
    for (uint32_t i = 0; i < a->rank && i < NBX_MAX_RANK; i++)
        if (a->outer[i] != b->outer[i] || a->stride_align[i] != b->stride_align[i] || a->pad_to[i] != b->pad_to[i]) return false;
    for (uint32_t i = 0; i < a->block_count && i < 4; i++)
        if (a->block_axis[i] != b->block_axis[i] || a->block_size[i] != b->block_size[i]) return false;
    if (a->ladder_base != b->ladder_base) return false;
    if (a->ladder_base == 0) return true;
    if (a->ladder_axis != b->ladder_axis || a->ladder_count != b->ladder_count) return false;
    for (uint32_t i = 0; i < a->ladder_count && i < 8; i++)
        if (a->ladder[i] != b->ladder[i]) return false;
    return true;
}

typedef struct writer {
    char *out;
    uint32_t bytes, used, keys;
} writer;

static void put(writer *w, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void put(writer *w, const char *format, ...)
{
    uint32_t left = w->used < w->bytes ? w->bytes - w->used : 0;
    va_list args;
    va_start(args, format);
    int length = vsnprintf(left ? w->out + w->used : NULL, left, format, args);
    va_end(args);
    w->used += length > 0 ? (uint32_t)length : 0;
}

static void put_key(writer *w, const char *key, char axis)
{
    put(w, "%c%s", w->keys++ ? ',' : ':', key);
    if (axis) put(w, "%c=", axis);
}

uint32_t nbx_layout_text(const nbx_layout *layout, char *out, uint32_t bytes)
{
    writer w = {out, bytes, 0, 0};
    uint32_t rank = layout->rank <= NBX_MAX_RANK ? layout->rank : NBX_MAX_RANK;
    const char *upper = dense_text[rank];
    if (bytes) out[0] = 0;
    if (rank == 0 || rank > 5) {
        put(&w, "%s", upper);
        return w.used;
    }
    char lower[NBX_MAX_RANK] = {0};
    for (uint32_t axis = 0; axis < rank; axis++)
        lower[axis] = (char)(upper[axis] - 'A' + 'a');
    for (uint32_t i = 0; i < rank; i++)
        put(&w, "%c", upper[layout->outer[i] % rank]);
    for (uint32_t i = 0; i < layout->block_count && i < 4; i++)
        put(&w, "%u%c", (unsigned)layout->block_size[i], lower[layout->block_axis[i] % rank]);
    for (uint32_t axis = 0; axis < rank; axis++) {
        if (layout->stride_align[axis] <= 1) continue;
        put_key(&w, "stride_", lower[axis]);
        put(&w, "%u", (unsigned)layout->stride_align[axis]);
    }
    for (uint32_t axis = 0; axis < rank; axis++) {
        if (layout->ladder_base && layout->ladder_axis == axis) {
            put_key(&w, "pad_", lower[axis]);
            put(&w, "ladder(%u", (unsigned)layout->ladder_base);
            for (uint32_t i = 0; i < layout->ladder_count && i < 8; i++)
                put(&w, "%c%u", i ? ',' : ';', (unsigned)layout->ladder[i]);
            put(&w, ")");
        } else if (layout->pad_to[axis] > 1) {
            put_key(&w, "pad_", lower[axis]);
            put(&w, "%u", (unsigned)layout->pad_to[axis]);
        }
    }
    if (layout->pad_in != NBX_PAD_ANY) {
        put_key(&w, "pad_in=", 0);
        put(&w, "%s", owner_text[layout->pad_in % 3]);
    }
    if (layout->pad_out != NBX_PAD_ANY) {
        put_key(&w, "pad_out=", 0);
        put(&w, "%s", owner_text[layout->pad_out % 3]);
    }
    return w.used;
}
