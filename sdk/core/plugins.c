/* SPDX-License-Identifier: Apache-2.0 */
/* Looks chips up in a loaded plugin; making loaded plugins is the loader's. */
#include "core/plugins.h"

#include <string.h>

const nbx_chip *nbx_plugin_chip(const nbx_loaded_plugin *plugin, const char *name)
{
    for (uint32_t i = 0; i < plugin->chip_count; i++)
        if (!strcmp(plugin->chips[i].name, name)) return &plugin->chips[i];
    return NULL;
}
