/* SPDX-License-Identifier: Apache-2.0 */
/* A plugin of a vendor who has only the installed package; it uses the static schema library too. */
#include <nbx/plugin/plugin.h>

#include "schema/encodings.h"

static int32_t consumer_shutdown(uint32_t *live)
{
    *live = 0;
    return NBX_OK;
}

static const void *consumer_extension(const char *name, uint32_t min_revision)
{
    (void)min_revision;
    return nbx_encoding_find(name); /* so that something of schema is linked */
}

static const nbx_chip chips[] = {
    {.struct_size = sizeof(nbx_chip), .name = "c100", .text = "an invented chip", .unit = "C", .batch_max = 1},
};

static const nbx_plugin plugin = {
    .struct_size = sizeof(nbx_plugin),
    .name = "consumer",
    .vendor = "consumer",
    .version = "0.1.0",
    .blob_format = "none",
    .chips = NBX_SPAN(chips),
    .shutdown = consumer_shutdown,
    .extension = consumer_extension,
};

int32_t nbx_plugin_query(nbx_offer *offer)
{
    return nbx_negotiate(offer, NBX_REVISION_1_0, NBX_REVISION_CURRENT, &plugin);
}
