/* SPDX-License-Identifier: Apache-2.0 */
/* Rewrites a vendor's own YAML as a target file by the rows of its plugin; what the keys mean is the plugin's knowledge. */
#include <stdlib.h>
#include <string.h>

#include "target/load.h"
#include "target/override.h"
#include "target/schema.h"
#include "target/writer.h"

typedef struct import {
    nbx_load load;
    const nbx_span *keys;
    nbx_import_counts *counts;
    nbx_yaml *tree;
    nbx_yaml *left; /* a list of what was not taken over: key = foreign key, text = why */
} import;

static const nbx_foreign_key *find_key(const nbx_span *keys, const char *key)
{
    for (uint32_t i = 0; i < keys->count; i++) {
        const nbx_foreign_key *row = NBX_ROW(nbx_foreign_key, *keys, i);
        if (strcmp(row->key, key) == 0) return row;
    }
    return NULL;
}

/* The piece of "theirs=ours|..." for a text; NULL if it has none. Without a map the text itself. */
static const char *translate(nbx_arena *arena, const char *map, const char *text)
{
    size_t wanted = strlen(text);
    if (!map) return text;
    for (const char *at = map; *at;) {
        size_t piece = strcspn(at, "|"), theirs = strcspn(at, "=|");
        if (theirs < piece && theirs == wanted && memcmp(at, text, wanted) == 0)
            return nbx_arena_string_n(arena, at + theirs + 1, piece - theirs - 1);
        at += piece + (at[piece] == '|');
    }
    return NULL;
}

static void leave(import *im, const nbx_yaml *node, const char *key, const char *why)
{
    nbx_yaml *row = nbx_yaml_scalar(im->load.faults.arena, why, &node->place);
    if (!row) {
        nbx_fault_memory(&im->load.faults);
        return;
    }
    row->key = key;
    nbx_yaml_append(im->left, row);
    nbx_note(im->load.faults.context, NBX_LOG_WARNING, NBX_E_TARGET_IMPORT, &node->place, NULL, "%s: not taken over: %s",
             nbx_excerpt(im->load.faults.arena, key), why);
}

static void take(import *im, const nbx_yaml *node, const char *key)
{
    nbx_arena *arena = im->load.faults.arena;
    const nbx_foreign_key *row = find_key(im->keys, key);
    const nbx_yaml *value = node;
    if (node->kind == NBX_YAML_SCALAR && !node->text[0]) return; /* such files list keys they leave empty */
    if (!row) {
        im->counts->unknown++;
        leave(im, node, key, "unknown key");
        return;
    }
    if (row->ours && node->kind == NBX_YAML_SCALAR) {
        const char *text = translate(arena, row->map, node->text);
        value = text ? nbx_yaml_scalar(arena, text, &node->place) : NULL;
    }
    if (!row->ours || !value) {
        im->counts->without_counterpart++;
        leave(im, node, key, row->note ? row->note : row->ours ? "no counterpart of this value" : "no counterpart");
        return;
    }
    nbx_yaml *tree = nbx_yaml_set(&im->load.faults, im->tree, row->ours, strlen(row->ours), value);
    if (!tree) return;
    im->tree = tree;
    im->counts->taken++;
}

static void walk(import *im, const nbx_yaml *map, const char *path)
{
    for (const nbx_yaml *child = map->first; child && !nbx_faults_full(&im->load.faults); child = child->next) {
        const char *key = path[0] ? nbx_arena_format(im->load.faults.arena, "%s.%s", path, child->key) : child->key;
        if (!key)
            nbx_fault_memory(&im->load.faults);
        else if (child->kind == NBX_YAML_MAP && !find_key(im->keys, key))
            walk(im, child, key);
        else
            take(im, child, key);
    }
}

/* Where the first value of a node came from: maps on the way to it are ours and have no line. */
static uint32_t line_of(const nbx_yaml *node)
{
    while (!node->place.line && node->first)
        node = node->first;
    return node->place.line;
}

static void write_result(const import *im, const char *spec, nbx_writer *w)
{
    nbx_writef(w, "# Taken over from %s; look it through before use.\nnbx: 1\ntarget: %s\n",
               nbx_excerpt(im->load.faults.arena, im->load.name), spec);
    for (const nbx_yaml *child = im->tree->first; child; child = child->next) {
        nbx_writef(w, "%s: ", child->key);
        nbx_write_flow(w, child);
        nbx_writef(w, "  # line %u\n", line_of(child));
    }
    if (im->left->count) nbx_write(w, "\n# Not taken over:\n");
    for (const nbx_yaml *row = im->left->first; row; row = row->next)
        nbx_writef(w, "#   line %u, %s: %s\n", row->place.line, nbx_excerpt(im->load.faults.arena, row->key), row->text);
}

static nbx_status run(import *im, const nbx_job_text *text, const char *spec, const nbx_text_sink *sink)
{
    nbx_faults *faults = &im->load.faults;
    nbx_yaml *root = nbx_yaml_read(faults, text->name, false, text->bytes, text->count);
    im->tree = nbx_yaml_new(faults->arena, NBX_YAML_MAP, NULL);
    im->left = nbx_yaml_new(faults->arena, NBX_YAML_LIST, NULL);
    if (!im->tree || !im->left) nbx_fault_memory(faults);
    if (!faults->count && (!root || root->kind != NBX_YAML_MAP)) {
        nbx_place place = {text->name, 1, 1};
        nbx_fault(faults, NBX_E_TARGET_TYPE, &place, NULL, "expected a map, found %s", root ? nbx_yaml_words(root) : "nothing");
    }
    if (faults->count) return faults->status;
    walk(im, root, "");
    nbx_binder binder = {faults, NULL, NULL};
    if (!faults->count) nbx_bind(&binder, &nbx_target_map, im->tree, true, "", NULL);
    if (faults->count) return faults->status;
    nbx_writer w = {.sink = sink};
    write_result(im, spec, &w);
    return w.status;
}

nbx_status nbx_target_import(nbx_context *context, const char *path, const char *spec, const nbx_span *keys, const nbx_text_sink *sink,
                             nbx_import_counts *counts)
{
    char *bytes;
    *counts = (nbx_import_counts){0, 0, 0};
    nbx_job_text text = {.name = path};
    NBX_TRY(nbx_load_file(context, path, &bytes, &text.count));
    text.bytes = bytes;
    nbx_arena *arena = nbx_arena_create();
    nbx_status status = NBX_NO_MEMORY;
    if (arena) {
import im = {.load = {.faults = {.context = context, .arena = arena }, .name = path }, .keys = keys, .counts = counts };
        status = run(&im, &text, spec, sink);
    } else {
        nbx_raise_memory(context);
    }
    nbx_arena_destroy(arena);
    free(bytes);
    return status;
}
