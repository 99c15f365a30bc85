/* SPDX-License-Identifier: Apache-2.0 */
/* Keeps what was found in search order, looks names up, and loads on demand; judging files is search.c, opening is open.c. */
#include "loader/loader.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "loader/open.h"
#include "loader/search.h"

static nbx_status add_path(nbx_registry *r, const char *path)
{
    struct stat st;
    uint32_t before = r->entry_count;
    if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
        NBX_TRY(nbx_search_directory(r, path, true));
    else if (!nbx_search_file(r, path))
        return nbx_raise_memory(r->context);
    nbx_status status = NBX_OK;
    for (uint32_t i = before; i < r->entry_count; i++) {
        const nbx_refusal *refusal = &r->entries[i]->refusal;
        if (!refusal->refused || refusal->code == NBX_E_LOAD_SHADOWED) continue;
        nbx_status raised = nbx_refusal_raise(r->context, refusal);
        if (status == NBX_OK) status = raised;
    }
    return status;
}

static nbx_status add_environment(nbx_registry *r)
{
    const char *list = secure_getenv("NBX_PLUGIN_PATH");
    if (!list && getenv("NBX_PLUGIN_PATH"))
        nbx_note(r->context, NBX_LOG_INFO, NBX_E_LOAD_ENVIRONMENT, NULL, NULL, "NBX_PLUGIN_PATH is ignored in a privileged process");
    while (list && *list) {
        size_t bytes = strcspn(list, ":");
        char *path = nbx_arena_string_n(r->arena, list, bytes);
        if (!path) return nbx_raise_memory(r->context);
        /* Relative and empty entries would mean the current directory, which anybody may have prepared. */
        if (path[0] == '/')
            NBX_TRY(nbx_search_directory(r, path, false));
        else
            nbx_note(r->context, NBX_LOG_WARNING, NBX_E_LOAD_ENVIRONMENT, NULL, "give absolute directories",
                     "NBX_PLUGIN_PATH: '%s' is not absolute and is ignored", path);
        list += bytes + (list[bytes] == ':');
    }
    return NBX_OK;
}

static nbx_status scan(nbx_registry *r)
{
    nbx_status status = NBX_OK;
    for (uint32_t i = 0; i < r->options.path_count; i++) {
        nbx_status raised = add_path(r, r->options.paths[i]);
        if (raised == NBX_NO_MEMORY) return raised;
        if (status == NBX_OK) status = raised;
    }
    if (!r->options.ignore_environment) NBX_TRY(add_environment(r));
    if (r->options.build_directory) NBX_TRY(nbx_search_directory(r, r->options.build_directory, false));
    const char *system_directory = r->options.system_directory ? r->options.system_directory : NBX_PLUGIN_DIR;
    if (*system_directory) NBX_TRY(nbx_search_directory(r, system_directory, false));
    return status;
}

nbx_status nbx_registry_create(nbx_context *context, const nbx_registry_options *options, nbx_registry **out)
{
    *out = NULL;
    nbx_registry *r = calloc(1, sizeof(*r));
    if (!r) return nbx_raise_memory(context);
    r->context = context;
    r->arena = nbx_arena_create();
    r->pool = nbx_pool_create(0);
    if (options) r->options = *options;
    if (!r->options.host_max) r->options.host_max = NBX_REVISION_CURRENT;
    if (!r->options.host_min) r->options.host_min = NBX_REVISION_1_0;
    if (!r->arena || !r->pool) {
        nbx_registry_destroy(r);
        return nbx_raise_memory(context);
    }
    nbx_status status = scan(r);
    if (status == NBX_NO_MEMORY)
        nbx_registry_destroy(r);
    else
        *out = r;
    return status;
}

void nbx_registry_destroy(nbx_registry *r)
{
    if (!r) return;
    for (uint32_t i = r->opened_count; i > 0; i--)
        nbx_close_plugin(r->opened[i - 1]);
    nbx_pool_destroy(r->pool);
    nbx_arena_destroy(r->arena);
    free(r);
}

uint32_t nbx_registry_count(const nbx_registry *r)
{
    return r->entry_count;
}

const nbx_registry_entry *nbx_registry_at(const nbx_registry *r, uint32_t index)
{
    return index < r->entry_count ? r->entries[index] : NULL;
}

const char *nbx_registry_directory(const nbx_registry *r, uint32_t index)
{
    return index < r->directory_count ? r->directories[index] : NULL;
}

/* Loads a usable entry once; a plugin that turns out bad stays refused. */
static nbx_status load_entry(nbx_registry *r, nbx_registry_entry *e, nbx_loaded_plugin **out)
{
    nbx_opened *opened;
    if (e->refusal.refused) return nbx_refusal_raise(r->context, &e->refusal);
    if (!e->loaded) {
        nbx_open_request request = {
            .context = r->context,
            .arena = r->arena,
            .pool = r->pool,
            .path = e->path,
            .digest = e->digest,
            .manifest = e->manifest.name ? &e->manifest : NULL,
            .host_min = r->options.host_min,
            .host_max = r->options.host_max,
        };
        if (!nbx_arena_grow(r->arena, &r->opened, r->opened_count, &r->opened_capacity, sizeof(opened)))
            return nbx_raise_memory(r->context);
        if (!nbx_open_plugin(&request, &opened, &e->refusal)) return nbx_refusal_raise(r->context, &e->refusal);
        r->opened[r->opened_count++] = opened;
        e->loaded = &opened->plugin;
    }
    *out = e->loaded;
    return NBX_OK;
}

static bool is_called(const nbx_registry_entry *e, const char *name, size_t bytes)
{
    const char *texts[] = {e->manifest.name, e->manifest.vendor};
    for (int i = 0; i < 2; i++)
        if (texts[i] && strlen(texts[i]) == bytes && !memcmp(texts[i], name, bytes)) return true;
    return false;
}

static const char *append(nbx_registry *r, const char *list, const char *text)
{
    return list ? nbx_arena_format(r->arena, "%s%s%s", list, *list ? ", " : "", text) : NULL;
}

/* What is there instead, for the message of a name that is not. `name` NULL: all usable plugins; else the chips of its plugins. */
static const char *installed(nbx_registry *r, const char *name, size_t bytes)
{
    const char *list = "";
    for (uint32_t i = 0; i < r->entry_count; i++) {
        const nbx_registry_entry *e = r->entries[i];
        if (e->refusal.refused || !e->manifest.name || (name && !is_called(e, name, bytes))) continue;
        if (!name) list = append(r, list, e->manifest.name);
        for (uint32_t j = 0; name && j < e->manifest.chips.count; j++)
            list = append(r, list, e->manifest.chips.texts[j]);
    }
    return list && *list ? list : "none";
}

/* No usable entry of that name: a refused one is the better explanation. */
static nbx_status not_found(nbx_registry *r, const char *name, size_t bytes)
{
    for (uint32_t i = 0; i < r->entry_count; i++)
        if (is_called(r->entries[i], name, bytes)) return nbx_refusal_raise(r->context, &r->entries[i]->refusal);
    return nbx_raise(r->context, NBX_E_LOAD_NOT_FOUND, NULL, "--plugin or NBX_PLUGIN_PATH adds a directory",
                     "no plugin '%.*s'; installed: %s", (int)bytes, name, installed(r, NULL, 0));
}

nbx_status nbx_registry_load(nbx_registry *r, const char *name, nbx_loaded_plugin **out)
{
    *out = NULL;
    for (uint32_t i = 0; i < r->entry_count; i++)
        if (!r->entries[i]->refusal.refused && is_called(r->entries[i], name, strlen(name))) return load_entry(r, r->entries[i], out);
    return not_found(r, name, strlen(name));
}

nbx_status nbx_registry_find_chip(nbx_registry *r, const char *spec, nbx_loaded_plugin **plugin, const nbx_chip **chip)
{
    *plugin = NULL;
    *chip = NULL;
    const char *slash = strchr(spec, '/');
    size_t bytes = slash ? (size_t)(slash - spec) : strlen(spec);
    bool known = false;
    for (uint32_t i = 0; i < r->entry_count; i++) {
        nbx_registry_entry *e = r->entries[i];
        if (e->refusal.refused || !is_called(e, spec, bytes)) continue;
        known = true;
        for (uint32_t j = 0; slash && j < e->manifest.chips.count; j++) {
            if (strcmp(e->manifest.chips.texts[j], slash + 1)) continue;
            NBX_TRY(load_entry(r, e, plugin));
            *chip = nbx_plugin_chip(*plugin, slash + 1);
            return NBX_OK; /* the manifest agrees with the plugin, so the chip is there */
        }
    }
    if (!known) return not_found(r, spec, bytes);
    return nbx_raise(r->context, NBX_E_LOAD_NO_CHIP, NULL, "write vendor/chip", "plugin '%.*s' has no chip '%s'; it has: %s", (int)bytes,
                     spec, slash ? slash + 1 : "", installed(r, spec, bytes));
}

nbx_status nbx_registry_load_path(nbx_registry *r, const char *path, nbx_loaded_plugin **out)
{
    *out = NULL;
    char *absolute = nbx_absolute_path(r->arena, path);
    for (uint32_t i = 0; absolute && i < r->entry_count; i++)
        if (!strcmp(r->entries[i]->path, absolute)) return load_entry(r, r->entries[i], out);
    nbx_registry_entry *e = nbx_search_file(r, path);
    if (!e) return nbx_raise_memory(r->context);
    return load_entry(r, e, out);
}
