/* SPDX-License-Identifier: Apache-2.0 */
/* The smallest C plugin that needs nothing but the public plugin headers: no chips, no roles. */
#include <nbx/plugin/plugin.h>

static int32_t minimal_shutdown(uint32_t *live)
{
    if (live) *live = 0;
    return NBX_OK;
}

static const nbx_plugin minimal = {
    .struct_size = sizeof(nbx_plugin),
    .name = "minimal",
    .vendor = "minimal",
    .version = "1.0.0",
    .blob_format = "minimal",
    .shutdown = minimal_shutdown,
};

int32_t nbx_plugin_query(nbx_offer *offer)
{
    return nbx_negotiate(offer, NBX_REVISION_1_0, NBX_REVISION_CURRENT, &minimal);
}
