/* SPDX-License-Identifier: Apache-2.0 */
/* Hashes names with a seed of the process, so that a file cannot aim at one bucket; it leaves copying of names to the caller. */
#include "stages/import/names.h"

#include <string.h>
#include <sys/random.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

/* Everything the table allocates lies in the arena, which is why nothing is freed. */
#define HASH_NONFATAL_OOM                1
#define HASH_FUNCTION(key, bytes, value) (value) = (unsigned)XXH3_64bits_withSeed((key), (bytes), names->seed)
#define uthash_malloc(bytes)             nbx_arena_alloc(names->arena, (bytes))
#define uthash_free(pointer, bytes)      (void)(pointer)
#include <uthash.h>

typedef struct row {
    UT_hash_handle hh;
    const char *name;
    uint32_t number;
} row;

struct nbx_names {
    nbx_arena *arena;
    row *rows;
    uint64_t seed;
};

nbx_names *nbx_names_create(nbx_arena *arena)
{
    nbx_names *names = nbx_arena_alloc(arena, sizeof(*names));
    if (!names) return NULL;
    names->arena = arena;
    if (getrandom(&names->seed, sizeof(names->seed), GRND_NONBLOCK) != (ssize_t)sizeof(names->seed)) names->seed = (uintptr_t)names;
    return names;
}

bool nbx_names_add(nbx_names *names, const char *name, uint32_t number)
{
    row *fresh = nbx_arena_alloc(names->arena, sizeof(*fresh));
    if (!fresh) return false;
    fresh->name = name;
    fresh->number = number;
    HASH_ADD_KEYPTR(hh, names->rows, fresh->name, strlen(name), fresh);
    return fresh->hh.tbl != NULL; /* how the table says that it could not grow */
}

bool nbx_names_find(const nbx_names *names, const char *name, uint32_t *out)
{
    row *found;
    HASH_FIND(hh, names->rows, name, strlen(name), found);
    if (found && out) *out = found->number;
    return found != NULL;
}
