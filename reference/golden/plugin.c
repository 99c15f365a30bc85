/* SPDX-License-Identifier: Apache-2.0 */
/* The plugin's entry and its struct; tables are in plugin_chip.c and plugin_combos.c, calls in plugin_compile.c and plugin_run.c. */
#include "plugin.h"

const nbx_plugin reference_plugin = {
    .struct_size = sizeof(nbx_plugin),
    .name = "reference",
    .vendor = "reference",
    .version = REFERENCE_VERSION,
    .roles = NBX_ROLE_COMPILE | NBX_ROLE_EMULATE,
    .blob_version = 1,
    .blob_format = "nbx-graph",
    .chips = {&reference_chip, 1, sizeof(nbx_chip)},
    .open = reference_open,
    .close = reference_close,
    .compile = reference_compile,
    .load = reference_load,
    .unload = reference_unload,
    .describe = reference_describe,
    .context_create = reference_context_create,
    .context_destroy = reference_context_destroy,
    .run = reference_run,
    .shutdown = reference_shutdown,
    .probe = reference_probe,
};

NBX_EXPORT int32_t nbx_plugin_query(nbx_offer *offer)
{
    return nbx_negotiate(offer, NBX_REVISION_1_0, NBX_REVISION_CURRENT, &reference_plugin);
}
