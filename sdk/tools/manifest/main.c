/* SPDX-License-Identifier: Apache-2.0 */
/* nbx-manifest: writes the manifest of a plugin library from what the library says about itself; judging it is the loader's. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "loader/loader.h"
#include "loader/open.h"

static const char usage[] = "usage: nbx-manifest [-o FILE] [-i in-process|helper] LIBRARY.so\n"
                            "Writes LIBRARY.plugin.yaml beside the library: its name, chips, roles, interface revisions and SHA-256.\n";

static int complain(nbx_context *context, nbx_status status)
{
    nbx_message message;
    for (uint32_t i = 0; nbx_message_get(context, i, &message); i++)
        fprintf(stderr, "%s%s%s: %s%s%s [%s]\n", message.place, *message.place ? ": " : "",
                message.severity == NBX_LOG_ERROR ? "error" : "note", message.text, *message.hint ? "; " : "", message.hint, message.code);
    return nbx_status_exit_code(status);
}

/* What the plugin says about itself, in the form of a manifest. */
static bool describe(nbx_arena *arena, const nbx_loaded_plugin *plugin, nbx_manifest *out)
{
    const nbx_opened *opened = (const nbx_opened *)(const void *)plugin;
    const char **chips = nbx_arena_array(arena, plugin->chip_count, sizeof(*chips));
    if (!chips) return false;
    for (uint32_t i = 0; i < plugin->chip_count; i++)
        chips[i] = plugin->chips[i].name;
    out->name = plugin->api.name;
    out->vendor = plugin->api.vendor;
    out->version = plugin->api.version;
    out->library = strrchr(plugin->path, '/') + 1;
    out->arch = nbx_host_arch();
    out->abi_min = opened->plugin_min;
    out->abi_max = opened->plugin_max;
    out->chips = (nbx_text_list){chips, plugin->chip_count};
    out->roles = plugin->api.roles;
    out->sha256 = plugin->digest;
    return true;
}

/* Whole or not at all: through a file beside it. */
static nbx_status write_text(nbx_context *context, nbx_arena *arena, const char *path, const char *text)
{
    char *temporary = nbx_arena_format(arena, "%s.%ld.tmp", path, (long)getpid());
    if (!temporary) return nbx_raise_memory(context);
    FILE *file = fopen(temporary, "we");
    bool ok = file && fputs(text, file) >= 0;
    if (file && fclose(file) != 0) ok = false;
    if (ok && rename(temporary, path) == 0) return NBX_OK;
    nbx_place place = {path, 0, 0};
    nbx_status status = nbx_raise(context, NBX_E_CORE_FILE, &place, NULL, "%m");
    if (file) unlink(temporary);
    return status;
}

static nbx_status make(nbx_context *context, nbx_arena *arena, const char *library, const char *output, const char *isolation)
{
    /* No trust check: the library was linked a moment ago, by this user, wherever the build happens to be. */
    nbx_registry_options options = {.system_directory = "", .ignore_environment = true, .allow_unmanifested = true, .skip_trust = true};
    nbx_registry *registry;
    nbx_loaded_plugin *plugin;
    nbx_manifest manifest = {.isolation = isolation};
    NBX_TRY(nbx_registry_create(context, &options, &registry));
    nbx_status status = nbx_registry_load_path(registry, library, &plugin);
    if (status == NBX_OK) {
        char *text = describe(arena, plugin, &manifest) ? nbx_manifest_text(arena, &manifest) : NULL;
        size_t stem = strlen(library) > 3 && !strcmp(library + strlen(library) - 3, ".so") ? strlen(library) - 3 : strlen(library);
        if (!output) output = nbx_arena_format(arena, "%.*s" NBX_MANIFEST_SUFFIX, (int)stem, library);
        status = text && output ? write_text(context, arena, output, text) : nbx_raise_memory(context);
    }
    nbx_registry_destroy(registry);
    return status;
}

int main(int argc, char **argv)
{
    const char *output = NULL, *isolation = NULL;
    nbx_context *context;
    int option;
    while ((option = getopt(argc, argv, "o:i:h")) != -1) {
        if (option == 'o')
            output = optarg;
        else if (option == 'i' && (!strcmp(optarg, "in-process") || !strcmp(optarg, "helper")))
            isolation = optarg;
        else {
            fputs(usage, option == 'h' ? stdout : stderr);
            return option == 'h' ? 0 : nbx_status_exit_code(NBX_USAGE);
        }
    }
    if (optind + 1 != argc) {
        fputs(usage, stderr);
        return nbx_status_exit_code(NBX_USAGE);
    }
    nbx_arena *arena = nbx_arena_create();
    if (!arena || nbx_context_create(&context) != NBX_OK) {
        nbx_arena_destroy(arena);
        fputs("nbx-manifest: out of memory\n", stderr);
        return nbx_status_exit_code(NBX_NO_MEMORY);
    }
    int result = complain(context, make(context, arena, argv[optind], output, isolation));
    nbx_context_destroy(context);
    nbx_arena_destroy(arena);
    return result;
}
