/* SPDX-License-Identifier: Apache-2.0 */
/* Writes the merged view of a job with the origin of each value, in the order of the rows. */
#include <string.h>

#include "target/schema.h"
#include "target/writer.h"

static void origin(nbx_writer *w, const nbx_place *place)
{
    if (place->line)
        nbx_writef(w, "  # %s:%u\n", place->file, place->line);
    else
        nbx_writef(w, "  # %s\n", place->file ? place->file : "default");
}

static bool has_default(const nbx_field *field)
{
    if (field->absent) return true;
    if (field->kind != NBX_FIELD_MAP || field->flags & NBX_FIELD_LIST) return false;
    for (uint32_t i = 0; i < field->of->count; i++)
        if (has_default(&field->of->fields[i])) return true;
    return false;
}

static void write_map(nbx_writer *w, const nbx_map *map, const nbx_yaml *node, uint32_t depth);

/* One entry of a list of maps; a lone name is written as the key it stands for. */
static void write_entry(nbx_writer *w, const nbx_field *field, const nbx_yaml *entry, uint32_t depth)
{
    nbx_yaml name = *entry, map = {.kind = NBX_YAML_MAP, .place = entry->place, .first = &name, .last = &name, .count = 1};
    w->dash = true;
    if (entry->kind == NBX_YAML_SCALAR) {
        name.key = field->of->lone->key;
        name.next = NULL;
        write_map(w, field->of, &map, depth);
    } else if (entry->count) {
        write_map(w, field->of, entry, depth);
    }
    w->dash = false;
}

static void write_free_map(nbx_writer *w, const nbx_yaml *node, uint32_t depth)
{
    for (const nbx_yaml *child = node->first; child; child = child->next) {
        nbx_write_indent(w, depth);
        nbx_write_scalar(w, child->key, false);
        nbx_write(w, ": ");
        nbx_write_flow(w, child);
        origin(w, &child->place);
    }
}

/* True if the value is written on lines of its own below its key. */
static bool is_block(const nbx_field *field, const nbx_yaml *node)
{
    if (field->kind != NBX_FIELD_MAP && field->kind != NBX_FIELD_FREE_MAP) return false;
    return field->flags & NBX_FIELD_LIST ? node->kind != NBX_YAML_LIST || node->count : node->kind == NBX_YAML_MAP && node->count;
}

static void write_present(nbx_writer *w, const nbx_field *field, const nbx_yaml *node, uint32_t depth)
{
    nbx_write_indent(w, depth);
    nbx_writef(w, "%s:", field->key);
    if (!is_block(field, node)) {
        nbx_write(w, " ");
        nbx_write_flow(w, node);
        origin(w, &node->place);
        return;
    }
    nbx_write(w, "\n");
    if (field->kind == NBX_FIELD_FREE_MAP)
        write_free_map(w, node, depth + 1);
    else if (!(field->flags & NBX_FIELD_LIST))
        write_map(w, field->of, node, depth + 1);
    else if (node->kind != NBX_YAML_LIST)
        write_entry(w, field, node, depth + 2);
    else
        for (const nbx_yaml *entry = node->first; entry; entry = entry->next)
            write_entry(w, field, entry, depth + 2);
}

static void write_map(nbx_writer *w, const nbx_map *map, const nbx_yaml *node, uint32_t depth)
{
    for (uint32_t i = 0; i < map->count; i++) {
        const nbx_field *field = &map->fields[i];
        const nbx_yaml *child = nbx_yaml_find(node, field->key);
        if (child) {
            write_present(w, field, child, depth);
        } else if (field->absent) {
            nbx_write_indent(w, depth);
            nbx_writef(w, "%s: %s  # default\n", field->key, field->absent);
        } else if (has_default(field)) {
            nbx_write_indent(w, depth);
            nbx_writef(w, "%s:\n", field->key);
            write_map(w, field->of, NULL, depth + 1);
        }
    }
}

nbx_status nbx_job_explain(const nbx_job *job, const nbx_text_sink *sink)
{
    nbx_writer w = {.sink = sink};
    write_map(&w, &nbx_target_map, job->tree, 0);
    return w.status;
}
