/* SPDX-License-Identifier: Apache-2.0 */
/* Finds manifests, and judges manifest, library and directory before anything is loaded; order and lookup are registry.c's. */
#include "loader/search.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "loader/elf_check.h"

static bool ends_with(const char *text, const char *end)
{
    size_t bytes = strlen(text), tail = strlen(end);
    return bytes > tail && !strcmp(text + bytes - tail, end);
}

char *nbx_absolute_path(nbx_arena *arena, const char *path)
{
    char resolved[PATH_MAX];
    const char *slash = strrchr(path, '/');
    const char *last = slash ? slash + 1 : path;
    char *folder = slash ? nbx_arena_string_n(arena, path, (size_t)(slash - path + 1)) : nbx_arena_string(arena, ".");
    if (!folder || !realpath(folder, resolved)) return NULL;
    return nbx_arena_format(arena, "%s%s%s", resolved, resolved[1] ? "/" : "", last);
}

static nbx_registry_entry *add_entry(nbx_registry *r, const char *path)
{
    nbx_registry_entry *entry = nbx_arena_alloc(r->arena, sizeof(*entry));
    if (!entry || !nbx_arena_grow(r->arena, &r->entries, r->entry_count, &r->entry_capacity, sizeof(entry))) return NULL;
    entry->path = nbx_arena_string(r->arena, path);
    entry->digest = "";
    if (!entry->path) return NULL;
    r->entries[r->entry_count++] = entry;
    return entry;
}

/* Reads a whole small file; false with the refusal. */
static bool read_small(nbx_arena *arena, int file, const char *path, char *out, size_t room, size_t *bytes, nbx_refusal *refusal)
{
    *bytes = 0;
    while (*bytes < room) {
        ssize_t got = pread(file, out + *bytes, room - *bytes, (off_t)*bytes);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return nbx_refuse(arena, refusal, NBX_E_LOAD_PATH, path, NULL, "cannot be read: %s", strerror(errno));
        if (got == 0) return true;
        *bytes += (size_t)got;
    }
    return nbx_refuse(arena, refusal, NBX_E_LOAD_MANIFEST_SYNTAX, path, NULL, "longer than %u bytes", NBX_MANIFEST_MAX_BYTES);
}

static bool judge_manifest(nbx_registry *r, nbx_registry_entry *e, int directory, const char *path, const char *name)
{
    size_t bytes;
    bool ok = false;
    int file = nbx_trust_file(r->arena, directory, path, name, !r->options.skip_trust, &e->refusal);
    if (file < 0) return false;
    char *text = malloc(NBX_MANIFEST_MAX_BYTES + 1);
    if (!text)
        nbx_refuse(r->arena, &e->refusal, NBX_E_CORE_MEMORY, path, NULL, "out of memory");
    else
        ok = read_small(r->arena, file, path, text, NBX_MANIFEST_MAX_BYTES + 1, &bytes, &e->refusal) &&
             nbx_manifest_parse(r->arena, path, text, bytes, &e->manifest, &e->refusal);
    free(text);
    close(file);
    if (!ok) e->manifest = (nbx_manifest){0};
    return ok;
}

static bool check_digest(nbx_registry *r, nbx_registry_entry *e, const char *digest)
{
    if (!e->manifest.sha256 || !strcmp(digest, e->manifest.sha256)) return true;
    return nbx_refuse(r->arena, &e->refusal, NBX_E_LOAD_DIGEST, e->path, "install both files again, or run nbx-manifest",
                      "SHA-256 is %.12s..., the manifest says %.12s...", digest, e->manifest.sha256);
}

/* The library: trust, digest, architecture. */
static bool judge_library(nbx_registry *r, nbx_registry_entry *e, int directory, const char *name)
{
    char digest[65];
    int file = nbx_trust_file(r->arena, directory, e->path, name, !r->options.skip_trust, &e->refusal);
    if (file < 0) return false;
    /* The digest first: a file that is not what the manifest describes is that, whatever else is wrong with it. */
    bool ok = nbx_file_digest(r->arena, file, e->path, digest, &e->refusal) && check_digest(r, e, digest) &&
              nbx_elf_check(r->arena, file, e->path, &e->refusal);
    close(file);
    if (!ok) return false;
    e->digest = nbx_arena_string(r->arena, digest);
    if (!e->digest) {
        e->digest = "";
        return nbx_refuse(r->arena, &e->refusal, NBX_E_CORE_MEMORY, e->path, NULL, "out of memory");
    }
    if (!e->manifest.name) return true; /* without manifest: nothing to compare with */
    if (strcmp(e->manifest.arch, nbx_host_arch()))
        return nbx_refuse(r->arena, &e->refusal, NBX_E_LOAD_ARCH, e->path, NULL, "built for %s, this host is %s", e->manifest.arch,
                          nbx_host_arch());
    return true;
}

static bool is_usable(const nbx_registry_entry *e)
{
    return !e->refusal.refused;
}

static void note_shadowing(nbx_registry *r, nbx_registry_entry *e)
{
    for (uint32_t i = 0; i < r->entry_count; i++) {
        const nbx_registry_entry *other = r->entries[i];
        if (other == e || !is_usable(other) || !other->manifest.name || !e->manifest.name) continue;
        if (strcmp(other->manifest.name, e->manifest.name)) continue;
        nbx_refuse(r->arena, &e->refusal, NBX_E_LOAD_SHADOWED, e->path, NULL, "'%s' from %s comes first", e->manifest.name, other->path);
        return;
    }
}

/* One manifest in an opened directory. */
static nbx_registry_entry *add_manifest(nbx_registry *r, int directory, const char *folder, const char *name)
{
    const char *join = folder[1] ? "/" : "";
    char *path = nbx_arena_format(r->arena, "%s%s%s", folder, join, name);
    nbx_registry_entry *e = path ? add_entry(r, path) : NULL;
    if (!e) return NULL;
    if (!judge_manifest(r, e, directory, path, name)) return e;
    e->path = nbx_arena_format(r->arena, "%s%s%s", folder, join, e->manifest.library);
    if (!e->path) return NULL;
    if (judge_library(r, e, directory, e->manifest.library)) note_shadowing(r, e);
    return e;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Names of manifests, sorted: the order of a directory is random. NULL with count 0 when there are none. */
static char **manifest_names(nbx_arena *arena, DIR *listing, uint32_t *count)
{
    char **names = NULL;
    uint32_t capacity = 0;
    const struct dirent *item;
    *count = 0;
    while ((item = readdir(listing)) != NULL) {
        if (item->d_name[0] == '.' || !ends_with(item->d_name, NBX_MANIFEST_SUFFIX)) continue;
        if (!nbx_arena_grow(arena, &names, *count, &capacity, sizeof(*names))) break;
        if (!(names[*count] = nbx_arena_string(arena, item->d_name))) break;
        ++*count;
    }
    if (*count) qsort(names, *count, sizeof(*names), by_name);
    return names;
}

static nbx_status add_directory_refusal(nbx_registry *r, const char *path, const nbx_refusal *refusal)
{
    nbx_registry_entry *e = add_entry(r, path);
    if (!e) return nbx_raise_memory(r->context);
    e->refusal = *refusal;
    return NBX_OK;
}

nbx_status nbx_search_directory(nbx_registry *r, const char *path, bool must_exist)
{
    char resolved[PATH_MAX];
    nbx_refusal refusal = {0};
    uint32_t count;
    if (!realpath(path, resolved)) {
        if (!must_exist && errno == ENOENT) return NBX_OK;
        nbx_refuse(r->arena, &refusal, NBX_E_LOAD_PATH, path, NULL, "cannot be opened: %s", strerror(errno));
        return add_directory_refusal(r, path, &refusal);
    }
    if (!nbx_arena_grow(r->arena, &r->directories, r->directory_count, &r->directory_capacity, sizeof(*r->directories)))
        return nbx_raise_memory(r->context);
    if (!(r->directories[r->directory_count] = nbx_arena_string(r->arena, resolved))) return nbx_raise_memory(r->context);
    r->directory_count++;
    int directory = nbx_trust_directory(r->arena, resolved, !r->options.skip_trust, &refusal);
    if (directory < 0) return add_directory_refusal(r, resolved, &refusal);
    DIR *listing = fdopendir(directory);
    if (!listing) {
        close(directory);
        return nbx_raise_memory(r->context);
    }
    char **names = manifest_names(r->arena, listing, &count);
    nbx_status status = NBX_OK;
    for (uint32_t i = 0; i < count && status == NBX_OK; i++)
        if (!add_manifest(r, dirfd(listing), resolved, names[i])) status = nbx_raise_memory(r->context);
    closedir(listing);
    return status;
}

static bool is_there(int directory, const char *name)
{
    return faccessat(directory, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

/* `name` is a manifest, a library beside its manifest, or (where that is allowed) a library alone. */
static nbx_registry_entry *add_named(nbx_registry *r, int directory, const char *folder, const char *absolute, const char *name)
{
    if (ends_with(name, NBX_MANIFEST_SUFFIX)) return add_manifest(r, directory, folder, name);
    size_t stem = strlen(name) - (ends_with(name, ".so") ? 3 : 0);
    char *manifest = nbx_arena_format(r->arena, "%.*s" NBX_MANIFEST_SUFFIX, (int)stem, name);
    if (!manifest) return NULL;
    if (!r->options.allow_unmanifested && is_there(directory, name) && is_there(directory, manifest)) {
        nbx_registry_entry *e = add_manifest(r, directory, folder, manifest);
        if (e && is_usable(e) && strcmp(e->manifest.library, name))
            nbx_refuse(r->arena, &e->refusal, NBX_E_LOAD_MANIFEST_MISMATCH, absolute, NULL, "the manifest beside it is for '%s'",
                       e->manifest.library);
        return e;
    }
    nbx_registry_entry *e = add_entry(r, absolute);
    if (!e) return NULL;
    if (!is_there(directory, name))
        nbx_refuse(r->arena, &e->refusal, NBX_E_LOAD_PATH, absolute, NULL, "cannot be opened: %s", strerror(errno));
    else if (!r->options.allow_unmanifested)
        nbx_refuse(r->arena, &e->refusal, NBX_E_LOAD_MANIFEST_MISSING, absolute, "nbx-manifest writes one", "has no manifest beside it");
    else
        judge_library(r, e, directory, name);
    return e;
}

nbx_registry_entry *nbx_search_file(nbx_registry *r, const char *path)
{
    nbx_refusal refusal = {0};
    nbx_registry_entry *e = NULL;
    char *absolute = nbx_absolute_path(r->arena, path);
    if (!absolute) {
        e = add_entry(r, path);
        if (e) nbx_refuse(r->arena, &e->refusal, NBX_E_LOAD_PATH, path, NULL, "cannot be opened: %s", strerror(errno));
        return e;
    }
    char *name = strrchr(absolute, '/') + 1;
    char *folder =
        name - 1 == absolute ? nbx_arena_string(r->arena, "/") : nbx_arena_string_n(r->arena, absolute, (size_t)(name - 1 - absolute));
    if (!folder) return NULL;
    int directory = nbx_trust_directory(r->arena, folder, !r->options.skip_trust, &refusal);
    if (directory < 0) {
        e = add_entry(r, absolute);
        if (e) e->refusal = refusal;
        return e;
    }
    e = add_named(r, directory, folder, absolute, name);
    close(directory);
    return e;
}
