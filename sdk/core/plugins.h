/* SPDX-License-Identifier: Apache-2.0 */
/** A loaded plugin as the stages see it; loader/ makes them. */
#ifndef NBX_CORE_PLUGINS_H
#define NBX_CORE_PLUGINS_H

#include <nbx/plugin/plugin.h>

#include "core/context.h"

/** Calls are never NULL here: missing optional slots are host stubs that answer NBX_UNSUPPORTED. */
typedef struct nbx_loaded_plugin {
    nbx_plugin api; /* our own copy, tail zeroed, stubs filled in */
    const char *name;
    const char *path;   /* of the library; "" for a built-in one */
    const char *digest; /* sha256 of the library in hex */
    uint32_t revision;  /* chosen */
    const nbx_host *host;
    nbx_context *context;
    nbx_chip *chips; /* our own copies of the chip rows and of all they lead to, in our sizes, tails zeroed */
    uint32_t chip_count;
    void *handle;
} nbx_loaded_plugin;

/** Finds a chip by name, or NULL. */
const nbx_chip *nbx_plugin_chip(const nbx_loaded_plugin *plugin, const char *name);

#endif
