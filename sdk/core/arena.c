/* SPDX-License-Identifier: Apache-2.0 */
/* Arenas: a chain of zeroed blocks that dies at once; it leaves single frees and threads to others. */
#include "core/arena.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK_BYTES 65536u

typedef struct block {
    struct block *next;
    size_t bytes, used;
} block;

struct nbx_arena {
    block *blocks; /* the first one is being filled */
};

bool nbx_mul_size(uint64_t a, uint64_t b, uint64_t *out)
{
    return !__builtin_mul_overflow(a, b, out) && *out <= SIZE_MAX / 2;
}

bool nbx_add_size(uint64_t a, uint64_t b, uint64_t *out)
{
    return !__builtin_add_overflow(a, b, out) && *out <= SIZE_MAX / 2;
}

nbx_arena *nbx_arena_create(void)
{
    return calloc(1, sizeof(nbx_arena));
}

void nbx_arena_destroy(nbx_arena *arena)
{
    if (!arena) return;
    for (block *b = arena->blocks; b;) {
        block *next = b->next;
        free(b);
        b = next;
    }
    free(arena);
}

static void *take(block *b, size_t bytes, size_t align)
{
    uintptr_t base = (uintptr_t)(b + 1);
    uintptr_t start = (base + b->used + align - 1) & ~(uintptr_t)(align - 1);
    if (start - base > b->bytes || b->bytes - (start - base) < bytes) return NULL;
    b->used = (size_t)(start - base) + bytes;
    return (void *)start;
}

void *nbx_arena_alloc_aligned(nbx_arena *arena, size_t bytes, size_t align)
{
    if (bytes > SIZE_MAX / 4 || align > 4096) return NULL;
    if (bytes == 0) bytes = 1;
    void *found = arena->blocks ? take(arena->blocks, bytes, align) : NULL;
    if (found) return found;
    bool large = bytes + align > BLOCK_BYTES / 4;
    size_t want = large ? bytes + align : BLOCK_BYTES;
    block *b = calloc(1, sizeof(block) + want);
    if (!b) return NULL;
    b->bytes = want;
    if (large && arena->blocks) { /* keep filling the small block in front */
        b->next = arena->blocks->next;
        arena->blocks->next = b;
    } else {
        b->next = arena->blocks;
        arena->blocks = b;
    }
    return take(b, bytes, align);
}

void *nbx_arena_alloc(nbx_arena *arena, size_t bytes)
{
    return nbx_arena_alloc_aligned(arena, bytes, 16);
}

void *nbx_arena_array(nbx_arena *arena, size_t count, size_t size)
{
    uint64_t bytes;
    if (!nbx_mul_size(count, size, &bytes)) return NULL;
    return nbx_arena_alloc(arena, (size_t)bytes);
}

void *nbx_arena_copy(nbx_arena *arena, const void *data, size_t bytes)
{
    void *copy = nbx_arena_alloc(arena, bytes);
    if (copy && bytes) memcpy(copy, data, bytes);
    return copy;
}

char *nbx_arena_string_n(nbx_arena *arena, const char *text, size_t bytes)
{
    if (bytes == SIZE_MAX) return NULL;
    char *copy = nbx_arena_alloc_aligned(arena, bytes + 1, 1);
    if (copy && bytes) memcpy(copy, text, bytes);
    return copy;
}

char *nbx_arena_string(nbx_arena *arena, const char *text)
{
    return nbx_arena_string_n(arena, text, strlen(text));
}

char *nbx_arena_format(nbx_arena *arena, const char *format, ...)
{
    va_list list, again;
    va_start(list, format);
    va_copy(again, list);
    int bytes = vsnprintf(NULL, 0, format, list);
    va_end(list);
    char *text = bytes < 0 ? NULL : nbx_arena_alloc_aligned(arena, (size_t)bytes + 1, 1);
    if (text) vsnprintf(text, (size_t)bytes + 1, format, again);
    va_end(again);
    return text;
}

bool nbx_arena_grow(nbx_arena *arena, void *array, uint32_t count, uint32_t *capacity, size_t size)
{
    if (count < *capacity) return true;
    if (*capacity > UINT32_MAX / 4) return false;
    uint32_t larger = *capacity ? *capacity * 2 : 8;
    void *old, *fresh = nbx_arena_array(arena, larger, size);
    if (!fresh) return false;
    memcpy(&old, array, sizeof(old));
    if (count) memcpy(fresh, old, count * size);
    memcpy(array, &fresh, sizeof(fresh));
    *capacity = larger;
    return true;
}

void *nbx_block_create(uint64_t bytes)
{
    void *memory = NULL;
    if (bytes < 64) bytes = 64;
    if (bytes > SIZE_MAX / 2 || posix_memalign(&memory, 64, (size_t)bytes)) return NULL;
    return memset(memory, 0, (size_t)bytes);
}
