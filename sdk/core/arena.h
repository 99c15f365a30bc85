/* SPDX-License-Identifier: Apache-2.0 */
/** Arenas: zeroed memory that is freed at once. No single frees. One thread at a time. */
#ifndef NBX_CORE_ARENA_H
#define NBX_CORE_ARENA_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct nbx_arena nbx_arena;

nbx_arena *nbx_arena_create(void);
void nbx_arena_destroy(nbx_arena *arena);
/** `bytes` zeroed bytes aligned to 16 (64 from nbx_arena_alloc_aligned), NULL if out of memory. 0 bytes gives a valid pointer. */
void *nbx_arena_alloc(nbx_arena *arena, size_t bytes);
void *nbx_arena_alloc_aligned(nbx_arena *arena, size_t bytes, size_t align);
/** count * size with the multiplication checked. */
void *nbx_arena_array(nbx_arena *arena, size_t count, size_t size);
char *nbx_arena_string(nbx_arena *arena, const char *text);
char *nbx_arena_string_n(nbx_arena *arena, const char *text, size_t bytes);
char *nbx_arena_format(nbx_arena *arena, const char *format, ...) __attribute__((format(printf, 2, 3)));
void *nbx_arena_copy(nbx_arena *arena, const void *data, size_t bytes);
/**
 * Grows an array that lives in the arena by doubling: makes room for one more element.
 * `array` points to the array pointer. False if out of memory. The old block stays until the arena dies.
 */
bool nbx_arena_grow(nbx_arena *arena, void *array, uint32_t count, uint32_t *capacity, size_t size);

/** `bytes` (at least 64) zeroed bytes outside any arena, 64-byte aligned as plugins want their buffers; free() them. NULL: no memory. */
void *nbx_block_create(uint64_t bytes);

/** Checked size arithmetic: false on overflow. */
bool nbx_mul_size(uint64_t a, uint64_t b, uint64_t *out);
bool nbx_add_size(uint64_t a, uint64_t b, uint64_t *out);

#endif
