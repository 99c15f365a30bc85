/* SPDX-License-Identifier: Apache-2.0 */
/* nbx-tables: writes or checks docs/tables; the pages are made by sdk_pages.c and vendor_pages.c. */
#include <string.h>

#include "loader/loader.h"
#include "tools/tables/pages.h"

static const char usage[] = "usage: nbx-tables write|check FOLDER PLUGIN_FOLDER PLUGIN...\n"
                            "Pages of tables in Markdown: those of the SDK, and one for each plugin.\n";

static int complain(nbx_context *context)
{
    nbx_message message;
    for (uint32_t i = 0; nbx_message_get(context, i, &message); i++)
        fprintf(stderr, "nbx-tables: %s [%s]\n", message.text, message.code);
    return 1;
}

static int make(nbx_context *context, nbx_registry *registry, pages *all, char **arguments)
{
    nbx_loaded_plugin *plugin;
    sdk_pages(all);
    for (char **name = arguments + 3; *name; name++) {
        if (nbx_registry_load(registry, *name, &plugin) != NBX_OK) return complain(context);
        vendor_page(all, plugin);
    }
    if (all->failed) {
        fputs("nbx-tables: out of memory or pages\n", stderr);
        return 1;
    }
    return strcmp(arguments[0], "write") ? !pages_check(all, arguments[1]) : !pages_write(all, arguments[1]);
}

int main(int argc, char **argv)
{
    static pages all;
    nbx_context *context = NULL;
    nbx_registry *registry = NULL;
    if (argc < 4 || (strcmp(argv[1], "write") != 0 && strcmp(argv[1], "check") != 0)) {
        fputs(usage, stderr);
        return 2;
    }
    nbx_registry_options options = {.build_directory = argv[3], .system_directory = "", .ignore_environment = true};
    int code = 1;
    if (nbx_context_create(&context) == NBX_OK) {
        code = nbx_registry_create(context, &options, &registry) == NBX_OK ? make(context, registry, &all, argv + 1) : complain(context);
        nbx_registry_destroy(registry);
    }
    nbx_context_destroy(context);
    pages_destroy(&all);
    return code;
}
