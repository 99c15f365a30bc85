/* SPDX-License-Identifier: Apache-2.0 */
/* The one exported symbol and the table behind it: calls of our own where there is something to say, the emulator's elsewhere. */
#include "example.h"

/* Keys of the vendor's own configuration file, for `nbx target import`. */
static const nbx_foreign_key imports[] = {
    {.struct_size = sizeof(nbx_foreign_key), .key = "speed", .ours = "options.turbo", .map = "normal=off|fast=on"},
    {.struct_size = sizeof(nbx_foreign_key), .key = "average", .ours = "inputs.mean"},
    {.struct_size = sizeof(nbx_foreign_key), .key = "log_level", .note = "NBX has --quiet and --verbose"},
};

static int32_t probe(const void *blob, uint64_t bytes, const char *chip, uint32_t *verdict)
{
    return nbx_emulator_probe_for(&example_plugin, blob, bytes, chip, verdict);
}

const nbx_plugin example_plugin = {
    .struct_size = sizeof(nbx_plugin),
    .name = "example",
    .vendor = "example",
    .version = "0.1.0",
    .roles = NBX_ROLE_COMPILE | NBX_ROLE_EMULATE,
    .blob_format = "example-emulation",
    .blob_version = 1,
    .chips = NBX_SPAN(example_chips),
    .imports = NBX_SPAN(imports),
    .open = example_open,
    .close = nbx_emulator_close,
    .compile = example_compile,
    .load = nbx_emulator_load,
    .unload = nbx_emulator_unload,
    .describe = nbx_emulator_describe,
    .context_create = nbx_emulator_context_create,
    .context_destroy = nbx_emulator_context_destroy,
    .run = example_run,
    .shutdown = nbx_emulator_shutdown,
    .probe = probe,
};

int32_t nbx_plugin_query(nbx_offer *offer)
{
    return nbx_negotiate(offer, NBX_REVISION_1_0, NBX_REVISION_CURRENT, &example_plugin);
}
