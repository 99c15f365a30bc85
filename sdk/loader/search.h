/* SPDX-License-Identifier: Apache-2.0 */
/** Finding manifests and judging them; the registry keeps the result. */
#ifndef NBX_LOADER_SEARCH_H
#define NBX_LOADER_SEARCH_H

#include "loader/loader.h"

struct nbx_registry {
    nbx_context *context;
    nbx_arena *arena;
    nbx_registry_options options;
    struct nbx_pool *pool;
    nbx_registry_entry **entries; /* pointers, so that an entry stays where it is */
    uint32_t entry_count, entry_capacity;
    const char **directories;
    uint32_t directory_count, directory_capacity;
    struct nbx_opened **opened; /* in order of loading */
    uint32_t opened_count, opened_capacity;
};

/** Adds every manifest of a directory, by name. A directory that does not exist adds nothing. NBX_NO_MEMORY only. */
nbx_status nbx_search_directory(nbx_registry *registry, const char *path, bool must_exist);
/** Adds the entry of one library or manifest file. NULL if out of memory. */
nbx_registry_entry *nbx_search_file(nbx_registry *registry, const char *path);
/** Path as absolute and free of links up to its last part; NULL with errno. The last part is kept as it is. */
char *nbx_absolute_path(nbx_arena *arena, const char *path);

#endif
