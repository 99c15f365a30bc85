/* SPDX-License-Identifier: Apache-2.0 */
/** The host's side of one plugin: the table it is given, and the accounts behind it. */
#ifndef NBX_LOADER_HOST_H
#define NBX_LOADER_HOST_H

#include <stdatomic.h>

#include <nbx/plugin/plugin.h>

#include "core/context.h"
#include "loader/pool.h"

/** One per loaded plugin; must live until `shutdown` returned. */
typedef struct nbx_host_side {
    nbx_host table; /* self points here */
    nbx_context *context;
    nbx_pool *pool;
    const char *plugin; /* name for messages */
    atomic_uint_fast64_t live_bytes, live_blocks;
} nbx_host_side;

/** Fills the table. Everything handed in is borrowed. */
void nbx_host_side_init(nbx_host_side *side, nbx_context *context, nbx_pool *pool, const char *plugin, uint32_t revision);

#endif
