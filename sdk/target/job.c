/* SPDX-License-Identifier: Apache-2.0 */
/* Makes jobs of a tree: the version, `targets`, overrides, what is left to check between keys; reading files is load.c's. */
#include "target/load.h"

#include <string.h>

#include "target/override.h"
#include "target/target.h"

static const char version[] = "1";

/* False if reading on makes no sense: another version may mean anything. */
static bool check_version(nbx_faults *faults, const nbx_yaml *root)
{
    const nbx_yaml *row = nbx_yaml_find(root, "nbx");
    if (!row) return true; /* the binder reports a missing key */
    if (row->kind == NBX_YAML_SCALAR && strcmp(row->text, version) != 0 && !row->quoted &&
        row->text[strspn(row->text, "0123456789")] == '\0' && row->text[0]) {
        nbx_fault(faults, NBX_E_TARGET_VERSION, &row->place, "a newer release may read it", "nbx: this release reads version %s, not %s",
                  version, nbx_excerpt(faults->arena, row->text));
        return false;
    }
    if (row != root->first) nbx_fault(faults, NBX_E_TARGET_VERSION, &row->key_place, "move it to the top", "'nbx' must be the first key");
    return true;
}

static void missing_target(nbx_faults *faults, const nbx_place *place, const char *where)
{
    nbx_fault(faults, NBX_E_TARGET_MISSING, place, "for example target: hisilicon/hi3559av100", "missing key 'target'%s", where);
}

/* One chip or several, and each of several names itself. */
static void check_targets(nbx_faults *faults, const nbx_yaml *root)
{
    const nbx_yaml *one = nbx_yaml_find(root, "target"), *many = nbx_yaml_find(root, "targets");
    if (!many) {
        if (!one) missing_target(faults, &root->place, "");
        return;
    }
    if (one) nbx_fault(faults, NBX_E_TARGET_CONFLICT, &one->key_place, "keep one", "target and targets");
    if (many->kind != NBX_YAML_LIST) return;
    if (!many->count) nbx_fault(faults, NBX_E_TARGET_MISSING, &many->place, NULL, "targets: an empty list");
    uint32_t index = 0;
    for (const nbx_yaml *entry = many->first; entry; entry = entry->next, index++) {
        const char *where = nbx_arena_format(faults->arena, " in targets[%u]", index);
        if (entry->kind == NBX_YAML_MAP && !nbx_yaml_find(entry, "target")) missing_target(faults, &entry->place, where ? where : "");
    }
}

static bool check_document(nbx_load *load, const nbx_yaml *root)
{
    if (!root) {
        nbx_place place = {load->name, 1, 1};
        if (!load->faults.count)
            nbx_fault(&load->faults, NBX_E_TARGET_VERSION, &place, "begin with 'nbx: 1' and 'target: vendor/chip'", "the file is empty");
        return false;
    }
    if (root->kind == NBX_YAML_MAP && !check_version(&load->faults, root)) return false;
    nbx_binder binder = {&load->faults, load->name, load->folder};
    nbx_bind(&binder, &nbx_target_map, root, false, "", NULL);
    if (root->kind == NBX_YAML_MAP) check_targets(&load->faults, root);
    return !load->faults.count;
}

/* "none" stands alone, and for an empty list. */
static void settle_fallback(nbx_faults *faults, nbx_job *job)
{
    const nbx_yaml *node = nbx_yaml_find(job->tree, "fallback");
    for (uint32_t i = 0; i < job->fallback_count; i++) {
        if (strcmp(job->fallback[i], "none") != 0) continue;
        if (job->fallback_count > 1)
            nbx_fault(faults, NBX_E_TARGET_CONFLICT, node ? &node->place : NULL, "remove it, or the others",
                      "fallback: none beside others");
        job->fallback_count = 0;
        break;
    }
}

static void settle_metric(nbx_job *job)
{
    if (!job->metric && job->metric_k) job->metric = "topk";
    if (job->metric && strcmp(job->metric, "topk") == 0 && !job->metric_k) job->metric_k = 5;
}

static bool bind_job(nbx_load *load, const nbx_yaml *tree, nbx_job *job)
{
    nbx_binder binder = {&load->faults, load->name, load->folder};
    job->context = load->faults.context;
    job->arena = load->faults.arena;
    job->path = load->is_file ? load->name : NULL;
    job->folder = load->folder;
    job->tree = tree;
    nbx_bind(&binder, &nbx_target_map, tree, false, "", job);
    if (!load->faults.count) {
        settle_fallback(&load->faults, job);
        settle_metric(job);
    }
    return !load->faults.count;
}

/* Applies the overrides that begin with `targets` (or, with `inner`, the others) to a tree; NULL after an error. */
static nbx_yaml * override(nbx_load *load, nbx_yaml *tree, bool inner)
{
    const nbx_overrides *overrides = load->overrides;
    for (uint32_t i = 0; tree && overrides && i < overrides->count; i++) {
        size_t bytes = strcspn(overrides->rows[i], ".[=");
        bool outer = bytes == strlen("targets") && strncmp(overrides->rows[i], "targets", bytes) == 0;
        if (outer != inner) tree = nbx_override(&load->faults, tree, overrides->rows[i]);
    }
    return tree;
}

/* The file without `targets`, with one of its entries laid over it, and the overrides over that. */
static nbx_yaml *tree_of(nbx_load *load, const nbx_yaml *root, const nbx_yaml *entry)
{
    nbx_arena *arena = load->faults.arena;
    nbx_yaml *base = nbx_yaml_new(arena, NBX_YAML_MAP, &root->place), *over = NULL;
    for (const nbx_yaml *child = root->first; base && child; child = child->next)
        if (strcmp(child->key, "targets") != 0 && !nbx_yaml_put(arena, base, child->key, child)) base = NULL;
    if (entry->kind == NBX_YAML_SCALAR) {
        over = nbx_yaml_new(arena, NBX_YAML_MAP, &entry->place);
        if (over && !nbx_yaml_put(arena, over, "target", entry)) over = NULL;
    } else {
        over = nbx_yaml_copy(arena, entry);
    }
    nbx_yaml *tree = base && over ? nbx_merge(arena, &nbx_target_map, base, over) : NULL;
    if (!tree) nbx_fault_memory(&load->faults);
    return tree ? override(load, tree, true) : NULL;
}

bool nbx_load_jobs(nbx_load *load, nbx_yaml *root, nbx_job_set *set)
{
    if (root && root->kind == NBX_YAML_MAP) {
        root = override(load, root, false);
        if (root && !nbx_yaml_find(root, "targets")) root = override(load, root, true);
        if (!root) return false;
    }
    if (!check_document(load, root)) return false;
    const nbx_yaml *targets = nbx_yaml_find(root, "targets");
    set->count = targets ? targets->count : 1;
    set->jobs = nbx_arena_array(set->arena, set->count, sizeof(nbx_job));
    if (!set->jobs) {
        nbx_fault_memory(&load->faults);
        return false;
    }
    const nbx_yaml *entry = targets ? targets->first : NULL;
    for (uint32_t i = 0; i < set->count; i++, entry = entry ? entry->next : NULL) {
        const nbx_yaml *tree = targets ? tree_of(load, root, entry) : root;
        if (!tree || !bind_job(load, tree, &set->jobs[i])) return false; /* the same error in every job would be noise */
    }
    return true;
}

const nbx_job_input *nbx_job_find_input(const nbx_job *job, const char *name, uint32_t index)
{
    for (uint32_t i = 0; i < job->input_count; i++)
        if (!strcmp(job->inputs[i].name, name)) return &job->inputs[i];
    return index == 0 && job->input_count && !*job->inputs[0].name ? &job->inputs[0] : NULL;
}
