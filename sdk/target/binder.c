/* SPDX-License-Identifier: Apache-2.0 */
/* Walks a tree and the rows together, checks and stores; what single texts mean is scalar.c's, what a job needs job.c's. */
#include "target/binder.h"

#include <string.h>

#include "target/suggest.h"

static void *at(void *base, size_t store)
{
    return base && store ? (char *)base + store - 1 : NULL;
}

static const char *join(nbx_binder *b, const char *path, const char *key)
{
    const char *joined = path[0] ? nbx_arena_format(b->faults->arena, "%s.%s", path, key) : key;
    if (joined) return joined;
    nbx_fault_memory(b->faults);
    return key;
}

static const char *element(nbx_binder *b, const char *path, uint32_t index)
{
    const char *joined = nbx_arena_format(b->faults->arena, "%s[%u]", path, index);
    if (joined) return joined;
    nbx_fault_memory(b->faults);
    return path;
}

/* Names of the keys of a map as "a, b, c". */
static const char *names_of(nbx_binder *b, const nbx_map *map, bool nested, uint32_t from)
{
    const char *text = "";
    for (uint32_t i = from; i < map->count && text; i++) {
        if (nested && map->fields[i].flags & NBX_FIELD_ROOT_ONLY) continue;
        text = nbx_arena_format(b->faults->arena, "%s%s%s", text, text[0] ? ", " : "", map->fields[i].key);
    }
    return text ? text : "";
}

/* Where else in the file a key of exactly this name exists, as "quantization.calibration"; NULL: nowhere. */
static const char *belongs(nbx_binder *b, const nbx_map *map, const char *key, const char *path)
{
    for (uint32_t i = 0; i < map->count; i++) {
        const nbx_field *field = &map->fields[i];
        if (!field->of || field->of == &nbx_target_map) continue;
        const char *inside = join(b, path, field->key);
        if (nbx_field_find(field->of, key, true)) return inside;
        const char *deeper = belongs(b, field->of, key, inside);
        if (deeper) return deeper;
    }
    return NULL;
}

static void unknown_key(nbx_binder *b, const nbx_map *map, const nbx_yaml *child, bool nested, const char *path)
{
    const char *names[16], *hint, *other = NULL;
    uint32_t count = 0;
    for (uint32_t i = 0; i < map->count && count < 16; i++)
        if (!nested || !(map->fields[i].flags & NBX_FIELD_ROOT_ONLY)) names[count++] = map->fields[i].key;
    const char *near = nbx_suggest(child->key, names, count);
    if (near)
        hint = nbx_arena_format(b->faults->arena, "did you mean '%s'?", near);
    else if ((other = belongs(b, &nbx_target_map, child->key, "")))
        hint = nbx_arena_format(b->faults->arena, "it belongs under %s", other);
    else
        hint = nbx_arena_format(b->faults->arena, "keys here: %s", names_of(b, map, nested, 0));
    nbx_fault(b->faults, NBX_E_TARGET_UNKNOWN_KEY, &child->key_place, hint, "unknown key %s%s%s", nbx_excerpt(b->faults->arena, child->key),
              path[0] ? " in " : "", path);
}

static void expected(nbx_binder *b, const nbx_yaml *node, const char *path, const char *what)
{
    nbx_fault(b->faults, NBX_E_TARGET_TYPE, &node->place, NULL, "%s%sexpected %s, found %s", path, path[0] ? ": " : "", what,
              nbx_yaml_words(node));
}

/* A map of free names: chip options. The chip's own rows check them later. */
static void bind_free_map(nbx_binder *b, const nbx_field *field, const nbx_yaml *node, const char *path, void *base)
{
    static const nbx_field any = {.key = "", .kind = NBX_FIELD_TEXT};
    if (node->kind != NBX_YAML_MAP) {
        expected(b, node, path, "a map");
        return;
    }
    nbx_job_option *options = nbx_arena_array(b->faults->arena, node->count, sizeof(*options));
    if (!options) {
        nbx_fault_memory(b->faults);
        return;
    }
    uint32_t count = 0;
    for (const nbx_yaml *child = node->first; child; child = child->next) {
        nbx_scalar value;
        if (!nbx_is_identifier(child->key) || strlen(child->key) > 64) {
            nbx_fault(b->faults, NBX_E_TARGET_TYPE, &child->key_place, "letters, digits, _ . and -, at most 64", "%s: %s is not a name",
                      path, nbx_excerpt(b->faults->arena, child->key));
            continue;
        }
        if (child->kind == NBX_YAML_BROKEN || !nbx_scalar_read(b, &any, child, join(b, path, child->key), &value)) continue;
        options[count].name = child->key;
        options[count].value = value.text;
        options[count++].place = child->place;
    }
    if (!base) return;
    memcpy(at(base, field->store), &options, sizeof(options));
    memcpy(at(base, field->counted), &count, sizeof(count));
}

static const nbx_yaml *name_of(const nbx_map *map, const nbx_yaml *entry)
{
    const nbx_yaml *name = entry->kind == NBX_YAML_MAP ? nbx_yaml_find(entry, map->fields[0].key) : entry;
    return name && name->kind == NBX_YAML_SCALAR ? name : NULL;
}

static void check_unique(nbx_binder *b, const nbx_field *field, const nbx_yaml *list)
{
    for (const nbx_yaml *late = list->first; late; late = late->next) {
        const nbx_yaml *name = name_of(field->of, late);
        for (const nbx_yaml *early = list->first; name && early != late; early = early->next) {
            const nbx_yaml *other = name_of(field->of, early);
            if (!other || strcmp(other->text, name->text) != 0) continue;
            const char *hint = nbx_arena_format(b->faults->arena, "first on line %u", other->place.line);
            nbx_fault(b->faults, NBX_E_TARGET_DUPLICATE, &name->place, other->place.line ? hint : NULL, "%s: %s is listed twice",
                      field->key, nbx_excerpt(b->faults->arena, name->text));
            break;
        }
    }
}

static void bind_element(nbx_binder *b, const nbx_field *field, const nbx_yaml *node, const char *path, void *where)
{
    nbx_scalar value;
    if (node->kind == NBX_YAML_BROKEN) return;
    if (field->kind == NBX_FIELD_MAP) {
        if (where && field->of->placed) memcpy(at(where, field->of->placed), &node->place, sizeof(nbx_place));
        nbx_bind(b, field->of, node, true, path, where);
    } else if (nbx_scalar_read(b, field, node, path, &value) && where) {
        nbx_scalar_store(field, &value, where);
    }
}

static void bind_list(nbx_binder *b, const nbx_field *field, const nbx_yaml *node, const char *path, void *base)
{
    bool lone = node->kind != NBX_YAML_LIST;
    uint32_t count = lone ? 1 : node->count;
    if (lone && (!(field->flags & NBX_FIELD_LONE) || (node->kind == NBX_YAML_MAP && !field->of))) {
        expected(b, node, path, field->flags & NBX_FIELD_LONE ? "a list or a single value" : "a list");
        return;
    }
    bool none = field->flags & NBX_FIELD_TERMINATED && !count;
    if (none || (field->most && count > field->most)) {
        const char *most = none ? "at least 1" : nbx_arena_format(b->faults->arena, "at most %u", field->most);
        nbx_fault(b->faults, NBX_E_TARGET_RANGE, &node->place, most, "%s: a list of %u entries", path, count);
        return;
    }
    size_t bytes = field->of ? field->of->bytes : nbx_scalar_bytes(field);
    char *rows = base && field->store ? nbx_arena_array(b->faults->arena, (size_t)count + 1, bytes) : NULL; /* one more: TERMINATED */
    if (base && field->store && !rows) {
        nbx_fault_memory(b->faults);
        return;
    }
    const nbx_yaml *child = lone ? node : node->first;
    for (uint32_t i = 0; i < count && !nbx_faults_full(b->faults); i++, child = child->next)
        bind_element(b, field, child, lone ? path : element(b, path, i), rows ? rows + i * bytes : NULL);
    if (field->flags & NBX_FIELD_UNIQUE && !lone) check_unique(b, field, node);
    if (!rows) return;
    memcpy(at(base, field->store), &rows, sizeof(rows));
    if (field->counted) memcpy(at(base, field->counted), &count, sizeof(count));
}

static void bind_value(nbx_binder *b, const nbx_field *field, const nbx_yaml *node, const char *path, void *base)
{
    nbx_scalar value;
    if (node->kind == NBX_YAML_BROKEN) return;
    if (base && field->present) memcpy(at(base, field->present), &(bool){true}, sizeof(bool));
    if (base && field->placed) memcpy(at(base, field->placed), &node->place, sizeof(nbx_place));
    if (field->flags & NBX_FIELD_LIST)
        bind_list(b, field, node, path, base);
    else if (field->kind == NBX_FIELD_FREE_MAP)
        bind_free_map(b, field, node, path, base);
    else if (field->kind == NBX_FIELD_MAP)
        nbx_bind(b, field->of, node, true, path, base);
    else if (nbx_scalar_read(b, field, node, path, &value) && base && field->store)
        nbx_scalar_store(field, &value, at(base, field->store));
}

/* A key that is not there: its default, those of the keys below it, or an error if it must be. */
static void bind_absent(nbx_binder *b, const nbx_field *field, const nbx_yaml *map_node, const char *path, void *base)
{
    if (field->flags & NBX_FIELD_REQUIRED && map_node) {
        const char *hint = nbx_arena_format(b->faults->arena, "for example %s: %s", field->key, field->example);
        nbx_fault(b->faults, NBX_E_TARGET_MISSING, &map_node->place, hint, "missing key '%s'%s%s", field->key, path[0] ? " in " : "", path);
    }
    if (!base) return;
    if (field->absent) {
        nbx_yaml node = {.kind = NBX_YAML_SCALAR, .text = field->absent};
        nbx_field plain = *field;
        plain.present = plain.placed = 0;
        bind_value(b, &plain, &node, field->key, base);
    } else if (field->kind == NBX_FIELD_MAP && !(field->flags & NBX_FIELD_LIST)) {
        nbx_bind(b, field->of, NULL, true, path, base);
    }
}

static void check_map(nbx_binder *b, const nbx_map *map, const nbx_yaml *node, uint32_t known, const char *path)
{
    if (map->flags & NBX_MAP_EXACTLY_ONE && (known > 1 || !node->count))
        nbx_fault(b->faults, NBX_E_TARGET_CONFLICT, &node->place, NULL, "%s: give one of %s", path, names_of(b, map, true, 0));
    const char *first = map->fields[0].key;
    if (map->flags & NBX_MAP_BEYOND_FIRST && node->count == 1 && nbx_yaml_find(node, first))
        nbx_fault(b->faults, NBX_E_TARGET_MISSING, &node->place, NULL, "%s: nothing but %s; give one of %s", path, first,
                  names_of(b, map, true, 1));
}

void nbx_bind(nbx_binder *b, const nbx_map *map, const nbx_yaml *node, bool nested, const char *path, void *base)
{
    bool lone = nested && node && node->kind == NBX_YAML_SCALAR && map->lone && node->text[0];
    uint32_t known = 0;
    if (node && node->kind == NBX_YAML_BROKEN) return;
    if (node && !lone && node->kind != NBX_YAML_MAP) {
        expected(b, node, path, nested && map->lone ? "a name or a map" : "a map");
        return;
    }
    if (lone) bind_value(b, map->lone, node, path, base);
    for (const nbx_yaml *child = lone || !node ? NULL : node->first; child && !nbx_faults_full(b->faults); child = child->next) {
        const nbx_field *field = nbx_field_find(map, child->key, nested);
        if (!field) {
            unknown_key(b, map, child, nested, path);
            continue;
        }
        known++;
        bind_value(b, field, child, join(b, path, field->key), base);
    }
    for (uint32_t i = 0; i < map->count; i++) {
        const nbx_field *field = &map->fields[i];
        if (nested && field->flags & NBX_FIELD_ROOT_ONLY) continue;
        if (lone ? field == map->lone : node && nbx_yaml_find(node, field->key)) continue;
        bind_absent(b, field, lone ? NULL : node, path, base);
    }
    if (node && !lone) check_map(b, map, node, known, path);
}
