/* SPDX-License-Identifier: Apache-2.0 */
/* Copies structs by the shape table, checking sizes, strides and tails on the way; what the members mean is left to others. */
#include "loader/adopt.h"

#include <stdio.h>
#include <string.h>

enum { ROW_LIMIT = 1u << 20, PATH_BYTES = 240, SHARED_LIMIT = 512 };

/* State of one adoption. `path` names where we are, for messages: "chips[0] 'any' rules[3] 'N5'". */
typedef struct adoption {
    nbx_arena *arena;
    const char *file;
    nbx_refusal *refusal;
    char path[PATH_BYTES];
    /* Encodings and ariths are pointed to by many rows: one copy each, so that equal pointers stay equal. */
    struct {
        const void *theirs;
        void *ours;
    } shared[SHARED_LIMIT];
    uint32_t shared_count;
} adoption;

static bool adopt_links(adoption *a, const nbx_shape *shape, void *ours);

static bool refuse(adoption *a, nbx_code code, const nbx_shape *shape, const char *what)
{
    return nbx_refuse(a->arena, a->refusal, code, a->file, NULL, "%s%s%s %s", a->path, a->path[0] ? ": " : "", shape->name, what);
}

static bool all_zero(const unsigned char *bytes, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (bytes[i]) return false;
    return true;
}

/* Copies the struct itself. `room`: bytes that belong to it at most (the stride), or 0 for a lone struct. */
static bool copy_struct(adoption *a, const nbx_shape *shape, const unsigned char *theirs, uint32_t room, unsigned char *ours)
{
    char text[160];
    uint32_t bytes = room;
    if (shape->sized) memcpy(&bytes, theirs, sizeof(bytes));
    if (bytes < shape->size_1_0) {
        snprintf(text, sizeof(text), "has struct_size %u, the least is %u", (unsigned)bytes, (unsigned)shape->size_1_0);
        return refuse(a, NBX_E_LOAD_TOO_SMALL, shape, text);
    }
    if (room && bytes > room) {
        snprintf(text, sizeof(text), "has struct_size %u, more than the stride %u", (unsigned)bytes, (unsigned)room);
        return refuse(a, NBX_E_LOAD_SPAN, shape, text);
    }
    if (bytes > shape->size && !all_zero(theirs + shape->size, bytes - shape->size)) {
        snprintf(text, sizeof(text), "has %u bytes, this host knows %u, and the rest is not zero", (unsigned)bytes, (unsigned)shape->size);
        return refuse(a, NBX_E_LOAD_TOO_NEW, shape, text);
    }
    memcpy(ours, theirs, bytes < shape->size ? bytes : shape->size);
    if (shape->sized) memcpy(ours, &shape->size, sizeof(shape->size));
    return true;
}

/* Appends one step to the path and answers the length to go back to. */
static size_t enter(adoption *a, const nbx_shape *shape, const char *member, uint32_t index, const unsigned char *row)
{
    size_t length = strlen(a->path);
    const char *name = NULL;
    if (row && shape->text != NBX_NONE) memcpy(&name, row + shape->text, sizeof(name));
    snprintf(a->path + length, PATH_BYTES - length, name ? "%s%s[%u] '%.40s'" : "%s%s[%u]", length ? " " : "", member, (unsigned)index,
             name);
    return length;
}

/* The name of a row may be read only once its size is known to hold it. */
static bool adopt_row(adoption *a, const nbx_shape *shape, const char *member, uint32_t index, const nbx_span *theirs, unsigned char *ours)
{
    const unsigned char *row = (const unsigned char *)theirs->rows + (size_t)theirs->stride * index;
    size_t length = enter(a, shape, member, index, NULL);
    if (!copy_struct(a, shape, row, theirs->stride, ours)) return false;
    a->path[length] = 0;
    enter(a, shape, member, index, ours);
    if (!adopt_links(a, shape, ours)) return false;
    a->path[length] = 0;
    return true;
}

static bool adopt_rows(adoption *a, const nbx_shape *shape, const char *member, const nbx_span *theirs, nbx_span *out)
{
    *out = (nbx_span){NULL, 0, shape->size};
    if (theirs->count == 0) return true;
    if (!theirs->rows || (uintptr_t)theirs->rows % sizeof(void *) || theirs->stride % sizeof(void *)) {
        enter(a, shape, member, 0, NULL);
        return refuse(a, NBX_E_LOAD_SPAN, shape, "rows are NULL or not aligned");
    }
    if (theirs->stride < shape->size_1_0 || theirs->count > ROW_LIMIT) {
        char text[160];
        enter(a, shape, member, 0, NULL);
        snprintf(text, sizeof(text), "rows: stride %u (least %u), count %u (most %u)", (unsigned)theirs->stride, (unsigned)shape->size_1_0,
                 (unsigned)theirs->count, (unsigned)ROW_LIMIT);
        return refuse(a, theirs->stride < shape->size_1_0 ? NBX_E_LOAD_TOO_SMALL : NBX_E_LOAD_SPAN, shape, text);
    }
    unsigned char *rows = nbx_arena_array(a->arena, theirs->count, shape->size);
    if (!rows) return refuse(a, NBX_E_CORE_MEMORY, shape, "rows do not fit into memory");
    for (uint32_t i = 0; i < theirs->count; i++)
        if (!adopt_row(a, shape, member, i, theirs, rows + (size_t)shape->size * i)) return false;
    out->rows = rows;
    out->count = theirs->count;
    return true;
}

static bool adopt_pointer(adoption *a, const nbx_shape_link *link, const void *theirs, void **out)
{
    for (uint32_t i = 0; i < a->shared_count; i++)
        if (a->shared[i].theirs == theirs) {
            *out = a->shared[i].ours;
            return true;
        }
    size_t length = strlen(a->path);
    snprintf(a->path + length, PATH_BYTES - length, " %s", link->name);
    if ((uintptr_t)theirs % sizeof(void *)) return refuse(a, NBX_E_LOAD_SPAN, link->to, "is not aligned");
    void *ours = nbx_arena_alloc(a->arena, link->to->size);
    if (!ours) return refuse(a, NBX_E_CORE_MEMORY, link->to, "does not fit into memory");
    if (!copy_struct(a, link->to, theirs, 0, ours) || !adopt_links(a, link->to, ours)) return false;
    a->path[length] = 0;
    if (a->shared_count < SHARED_LIMIT) {
        a->shared[a->shared_count].theirs = theirs;
        a->shared[a->shared_count++].ours = ours;
    }
    *out = ours;
    return true;
}

static bool adopt_links(adoption *a, const nbx_shape *shape, void *ours)
{
    for (uint32_t i = 0; i < shape->link_count; i++) {
        const nbx_shape_link *link = &shape->links[i];
        unsigned char *at = (unsigned char *)ours + link->offset;
        if (link->kind == NBX_LINK_SPAN) {
            nbx_span theirs, packed;
            memcpy(&theirs, at, sizeof(theirs));
            if (!adopt_rows(a, link->to, link->name, &theirs, &packed)) return false;
            memcpy(at, &packed, sizeof(packed));
            continue;
        }
        const void *theirs;
        void *copy = NULL;
        memcpy(&theirs, at, sizeof(theirs));
        if (!theirs) continue;
        if (!adopt_pointer(a, link, theirs, &copy)) return false;
        memcpy(at, &copy, sizeof(copy));
    }
    return true;
}

bool nbx_adopt(nbx_arena *arena, const char *file, const nbx_shape *shape, const void *theirs, void *out, nbx_refusal *refusal)
{
    adoption a = {.arena = arena, .file = file, .refusal = refusal};
    return copy_struct(&a, shape, theirs, 0, out) && adopt_links(&a, shape, out);
}

bool nbx_adopt_span(nbx_arena *arena, const char *file, const nbx_shape *shape, const nbx_span *theirs, nbx_span *out, nbx_refusal *refusal)
{
    adoption a = {.arena = arena, .file = file, .refusal = refusal};
    return adopt_rows(&a, shape, "rows", theirs, out);
}
