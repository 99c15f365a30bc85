/* SPDX-License-Identifier: Apache-2.0 */
/** The sections of a packed graph while it is being written. Private to pack*.c. */
#ifndef NBX_SCHEMA_PACK_POOLS_H
#define NBX_SCHEMA_PACK_POOLS_H

#include "schema/pack_format.h"

typedef struct pack_pool {
    unsigned char *rows;
    uint32_t count, capacity;
} pack_pool;

/** `failed` stays set after the first allocation that fails or count that overflows; later calls then do nothing useful. */
typedef struct pack_pools {
    pack_pool pools[PACK_SECTION_COUNT];
    uint32_t *slots; /* open addressing: offset of a string plus 1, or 0 */
    uint32_t slot_count, string_count;
    bool failed;
} pack_pools;

void pack_pools_destroy(pack_pools *pools);
/** Appends `count` records of a section. */
void pack_append(pack_pools *pools, uint32_t section, const void *records, uint32_t count);
/** The index of a record equal to this one, appended if there is none. */
uint32_t pack_intern(pack_pools *pools, uint32_t section, const void *record);
/** The offset of a string; NULL is the empty one. */
uint32_t pack_string(pack_pools *pools, const char *text);

#endif
