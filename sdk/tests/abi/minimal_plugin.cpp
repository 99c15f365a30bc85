/* SPDX-License-Identifier: Apache-2.0 */
/* The smallest C++ plugin that needs nothing but the public plugin headers: no chips, no roles. */
#include <nbx/plugin/plugin.h>

namespace
{
int32_t minimal_shutdown(uint32_t *live)
{
    if (live) *live = 0;
    return NBX_OK;
}

constexpr nbx_plugin make_minimal()
{
    nbx_plugin plugin = {};
    plugin.struct_size = sizeof(nbx_plugin);
    plugin.name = "minimal";
    plugin.vendor = "minimal";
    plugin.version = "1.0.0";
    plugin.blob_format = "minimal";
    plugin.shutdown = minimal_shutdown;
    return plugin;
}

constexpr nbx_plugin minimal = make_minimal();
} // namespace

extern "C" int32_t nbx_plugin_query(nbx_offer *offer)
{
    return nbx_negotiate(offer, NBX_REVISION_1_0, NBX_REVISION_CURRENT, &minimal);
}
