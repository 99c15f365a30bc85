/* SPDX-License-Identifier: Apache-2.0 */
/* Growing sections with equal strings and records stored once; what goes into them is decided in pack_write.c. */
#include <stdlib.h>
#include <string.h>

#include "schema/pack_pools.h"

void pack_pools_destroy(pack_pools *pools)
{
    for (uint32_t i = 0; i < PACK_SECTION_COUNT; i++)
        free(pools->pools[i].rows);
    free(pools->slots);
    memset(pools, 0, sizeof *pools);
}

/* Offsets and counts stay below NBX_NONE, which means "none". */
static bool reserve(pack_pools *pools, uint32_t section, uint32_t count)
{
    pack_pool *pool = &pools->pools[section];
    if (pools->failed || count >= NBX_NONE - pool->count) {
        pools->failed = true;
        return false;
    }
    if (pool->count + count <= pool->capacity) return true;
    uint64_t capacity = pool->capacity ? (uint64_t)pool->capacity * 2 : 64;
    if (capacity < (uint64_t)pool->count + count) capacity = (uint64_t)pool->count + count;
    if (capacity > NBX_NONE) capacity = NBX_NONE;
    uint64_t bytes = capacity * pack_record_bytes[section];
    unsigned char *rows = bytes <= SIZE_MAX ? realloc(pool->rows, (size_t)bytes) : NULL;
    if (!rows) {
        pools->failed = true;
        return false;
    }
    pool->rows = rows;
    pool->capacity = (uint32_t)capacity;
    return true;
}

void pack_append(pack_pools *pools, uint32_t section, const void *records, uint32_t count)
{
    if (count == 0 || !reserve(pools, section, count)) return;
    pack_pool *pool = &pools->pools[section];
    size_t size = pack_record_bytes[section];
    memcpy(pool->rows + pool->count * size, records, count * size);
    pool->count += count;
}

uint32_t pack_intern(pack_pools *pools, uint32_t section, const void *record)
{
    pack_pool *pool = &pools->pools[section];
    size_t size = pack_record_bytes[section];
    for (uint32_t i = 0; i < pool->count; i++)
        if (memcmp(pool->rows + i * size, record, size) == 0) return i;
    pack_append(pools, section, record, 1);
    return pool->count - 1;
}

static uint32_t hash_of(const char *text)
{
    uint32_t hash = 2166136261u;
    for (; *text; text++)
        hash = (hash ^ (unsigned char)*text) * 16777619u;
    return hash;
}

static const char *string_at(const pack_pools *pools, uint32_t offset)
{
    return (const char *)pools->pools[PACK_strings].rows + offset;
}

/* The slot that holds `text`, or the empty one where it belongs. At least a quarter of the slots is empty. */
static uint32_t *slot_of(const pack_pools *pools, const char *text)
{
    uint32_t at = hash_of(text) & (pools->slot_count - 1);
    while (pools->slots[at] && strcmp(string_at(pools, pools->slots[at] - 1), text) != 0)
        at = (at + 1) & (pools->slot_count - 1);
    return &pools->slots[at];
}

static bool grow_slots(pack_pools *pools)
{
    uint32_t count = pools->slot_count ? pools->slot_count * 2 : 256, old_count = pools->slot_count;
    uint32_t *slots = count > old_count ? calloc(count, sizeof *slots) : NULL, *old = pools->slots;
    if (!slots) {
        pools->failed = true;
        return false;
    }
    pools->slots = slots;
    pools->slot_count = count;
    for (uint32_t i = 0; i < old_count; i++)
        if (old[i]) *slot_of(pools, string_at(pools, old[i] - 1)) = old[i];
    free(old);
    return true;
}

uint32_t pack_string(pack_pools *pools, const char *text)
{
    if (!text) text = "";
    if (pools->failed) return 0;
    if (pools->string_count >= pools->slot_count / 4 * 3 && !grow_slots(pools)) return 0;
    uint32_t *slot = slot_of(pools, text), offset = pools->pools[PACK_strings].count;
    if (*slot) return *slot - 1;
    size_t bytes = strlen(text) + 1;
    if (bytes > NBX_NONE / 2) {
        pools->failed = true;
        return 0;
    }
    pack_append(pools, PACK_strings, text, (uint32_t)bytes);
    if (pools->failed) return 0;
    *slot = offset + 1;
    pools->string_count++;
    return offset;
}
