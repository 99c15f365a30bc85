/* SPDX-License-Identifier: Apache-2.0 */
/**
 * The plugins that are installed, and loading them. Nothing of a library runs before it is loaded by name: listing reads
 * manifests, checks trust and digests.
 */
#ifndef NBX_LOADER_LOADER_H
#define NBX_LOADER_LOADER_H

#include "core/plugins.h"
#include "loader/manifest.h"

typedef struct nbx_registry nbx_registry;

/** Zero is the default of everything. */
typedef struct nbx_registry_options {
    const char *const *paths; /* --plugin: a library, a manifest or a directory; relative ones are taken from the current directory */
    uint32_t path_count;
    const char *build_directory;  /* plugins of an uninstalled build, searched before the system directory; or NULL */
    const char *system_directory; /* NULL: the one of the installation; "" for none */
    bool ignore_environment;      /* do not read NBX_PLUGIN_PATH */
    bool allow_unmanifested;      /* nbx_registry_load_path takes a library alone, without reading a manifest beside it */
    bool skip_trust;              /* only for a library that this very build has just written */
    uint32_t host_min, host_max;  /* 0: what this host speaks */
} nbx_registry_options;

/** One manifest that was found, in search order: paths, NBX_PLUGIN_PATH, build, system; by name within a directory. */
typedef struct nbx_registry_entry {
    nbx_manifest manifest; /* zero if it could not be read */
    const char *path;      /* absolute path of the library, or of the manifest if that could not be read */
    const char *digest;    /* of the library as it is, or "" */
    nbx_refusal refusal;   /* refused: it is listed, but not loaded */
    nbx_loaded_plugin *loaded;
} nbx_registry_entry;

/**
 * Scans the directories. A refused plugin is only listed as such, unless it comes from `paths`: then its refusal is raised
 * and its status returned (the registry is created all the same, for listing; destroy it). NBX_NO_MEMORY: no registry.
 */
nbx_status nbx_registry_create(nbx_context *context, const nbx_registry_options *options, nbx_registry **out);
/** Shuts every loaded plugin down, newest first; what they leave behind is a warning. */
void nbx_registry_destroy(nbx_registry *registry);

uint32_t nbx_registry_count(const nbx_registry *registry);
/** NULL past the end. */
const nbx_registry_entry *nbx_registry_at(const nbx_registry *registry, uint32_t index);
/** Directory `index` that was searched, or NULL past the end. */
const char *nbx_registry_directory(const nbx_registry *registry, uint32_t index);

/** The first usable entry whose name or vendor is `name`; loaded on first use. */
nbx_status nbx_registry_load(nbx_registry *registry, const char *name, nbx_loaded_plugin **out);
/** "vendor/chip" or "name/chip". An unknown name is an error that lists what is installed. */
nbx_status nbx_registry_find_chip(nbx_registry *registry, const char *spec, nbx_loaded_plugin **plugin, const nbx_chip **chip);
/** Loads one library with the manifest beside it. */
nbx_status nbx_registry_load_path(nbx_registry *registry, const char *path, nbx_loaded_plugin **out);

/** Whether a loaded plugin brought the optional call itself. */
bool nbx_plugin_checks(const nbx_plugin *plugin);
bool nbx_plugin_estimates(const nbx_plugin *plugin);

#endif
