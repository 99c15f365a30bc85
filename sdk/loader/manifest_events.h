/* SPDX-License-Identifier: Apache-2.0 */
/** Flat `key: value` YAML through libyaml events into a struct, by a table of keys. */
#ifndef NBX_LOADER_MANIFEST_EVENTS_H
#define NBX_LOADER_MANIFEST_EVENTS_H

#include "loader/manifest.h"

typedef enum nbx_key_kind {
    NBX_KEY_REQUIRED, /* one text */
    NBX_KEY_OPTIONAL, /* one text, may be absent */
    NBX_KEY_LIST,     /* a required sequence, collected into an nbx_text_list */
    NBX_KEY_FLAGS     /* a required sequence, each item read into the same uint32_t */
} nbx_key_kind;

#define NBX_KEY_IGNORED ((size_t)-1)

/** `read` checks one text and stores it at `offset` (for lists: into a scratch pointer). `wants` is what an error asks for. */
typedef struct nbx_manifest_key {
    const char *name;
    nbx_key_kind kind;
    size_t offset;
    bool (*read)(const char *text, void *out);
    const char *wants;
} nbx_manifest_key;

typedef struct nbx_manifest_reader {
    nbx_arena *arena;
    const char *path;
    nbx_refusal *refusal;
    const nbx_manifest_key *keys;
    uint32_t key_count;
    nbx_manifest *out;
} nbx_manifest_reader;

/** False with the refusal, whose place carries line and column. */
bool nbx_manifest_read(const nbx_manifest_reader *reader, const void *text, size_t bytes);

#endif
