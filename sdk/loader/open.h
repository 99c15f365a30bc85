/* SPDX-License-Identifier: Apache-2.0 */
/** Opening one library: dlopen, negotiation, validation. Trust was settled before. */
#ifndef NBX_LOADER_OPEN_H
#define NBX_LOADER_OPEN_H

#include "core/plugins.h"
#include "loader/host.h"
#include "loader/manifest.h"

/** A loaded plugin with its host side. `plugin` is first. */
typedef struct nbx_opened {
    nbx_loaded_plugin plugin;
    nbx_host_side side;
    uint32_t plugin_min, plugin_max; /* as it said in the negotiation */
} nbx_opened;

typedef struct nbx_open_request {
    nbx_context *context;
    nbx_arena *arena;
    nbx_pool *pool;
    const char *path;             /* absolute */
    const char *digest;           /* or "" */
    const nbx_manifest *manifest; /* what it must agree with, or NULL */
    uint32_t host_min, host_max;
} nbx_open_request;

/** Opens it. The result lives in the arena; close it with nbx_close_plugin. False with the refusal. */
bool nbx_open_plugin(const nbx_open_request *request, nbx_opened **out, nbx_refusal *refusal);
/** Calls shutdown if nobody else in the process uses it, warns about what is left behind, closes the library (which stays mapped). */
void nbx_close_plugin(nbx_opened *opened);

#endif
