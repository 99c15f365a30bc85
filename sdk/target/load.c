/* SPDX-License-Identifier: Apache-2.0 */
/* Opens target files and owns the memory of job sets; what is in them is job.c's. */
#include "target/load.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

nbx_status nbx_load_file(nbx_context *context, const char *path, char **bytes, size_t *count)
{
    nbx_place place = {path, 0, 0};
    *bytes = NULL;
    *count = 0;
    FILE *file = fopen(path, "rbe");
    if (!file) return nbx_raise(context, NBX_E_CORE_FILE, &place, NULL, "cannot open the file: %s", strerror(errno));
    char *data = malloc(NBX_YAML_MAX_BYTES + 1);
    size_t got = data ? fread(data, 1, NBX_YAML_MAX_BYTES + 1, file) : 0;
    int failed = ferror(file) ? errno : 0;
    fclose(file);
    if (!data) return nbx_raise_memory(context);
    if (failed) {
        free(data);
        return nbx_raise(context, NBX_E_CORE_FILE, &place, NULL, "cannot read the file: %s", strerror(failed));
    }
    *bytes = data;
    *count = got;
    return NBX_OK;
}

static nbx_job_set *create_set(void)
{
    nbx_arena *arena = nbx_arena_create();
    nbx_job_set *set = arena ? nbx_arena_alloc(arena, sizeof(*set)) : NULL;
    if (!set) {
        nbx_arena_destroy(arena);
        return NULL;
    }
    set->arena = arena;
    return set;
}

void nbx_job_set_destroy(nbx_job_set *set)
{
    if (set) nbx_arena_destroy(set->arena); /* the set lives in it */
}

/* Everything of a name up to its last slash, without the slash unless it is the root. */
static const char *folder_of(nbx_arena *arena, const char *name)
{
    const char *slash = strrchr(name, '/');
    return nbx_arena_string_n(arena, name, slash ? (size_t)(slash - name) + (slash == name) : 0);
}

static nbx_status finish(nbx_load *load, nbx_yaml *root, nbx_job_set *set, nbx_job_set **out)
{
    if (nbx_load_jobs(load, root, set)) {
        *out = set;
        return NBX_OK;
    }
    nbx_job_set_destroy(set);
    return load->faults.status != NBX_OK ? load->faults.status : NBX_INTERNAL;
}

nbx_status nbx_job_set_parse(nbx_context *context, const nbx_job_text *text, const nbx_overrides *overrides, nbx_job_set **out)
{
    *out = NULL;
    nbx_job_set *set = create_set();
    if (!set) return nbx_raise_memory(context);
    nbx_load load = {.faults = {.context = context, .arena = set->arena}, .is_file = true, .overrides = overrides};
    load.name = nbx_arena_string(set->arena, text->name);
    load.folder = folder_of(set->arena, text->name);
    if (!load.name || !load.folder) {
        nbx_job_set_destroy(set);
        return nbx_raise_memory(context);
    }
    nbx_yaml *root = nbx_yaml_read(&load.faults, load.name, false, text->bytes, text->count);
    if (!root && load.faults.count) {
        nbx_job_set_destroy(set);
        return load.faults.status;
    }
    return finish(&load, root, set, out);
}

nbx_status nbx_job_set_load(nbx_context *context, const char *path, const nbx_overrides *overrides, nbx_job_set **out)
{
    char *bytes;
    *out = NULL;
    nbx_job_text text = {.name = path};
    NBX_TRY(nbx_load_file(context, path, &bytes, &text.count));
    text.bytes = bytes;
    nbx_status status = nbx_job_set_parse(context, &text, overrides, out);
    free(bytes);
    return status;
}

nbx_status nbx_job_set_default(nbx_context *context, const char *spec, const nbx_overrides *overrides, nbx_job_set **out)
{
    static const nbx_place place = {"-t", 0, 0};
    *out = NULL;
    nbx_job_set *set = create_set();
    if (!set) return nbx_raise_memory(context);
    nbx_load load = {.faults = {.context = context, .arena = set->arena}, .name = "", .folder = "", .overrides = overrides};
    nbx_yaml *root = nbx_yaml_new(set->arena, NBX_YAML_MAP, &place);
    nbx_yaml *version = nbx_yaml_scalar(set->arena, "1", &place), *target = nbx_yaml_scalar(set->arena, spec, &place);
    if (!root || !version || !target || !nbx_yaml_put(set->arena, root, "nbx", version) ||
        !nbx_yaml_put(set->arena, root, "target", target)) {
        nbx_job_set_destroy(set);
        return nbx_raise_memory(context);
    }
    return finish(&load, root, set, out);
}
