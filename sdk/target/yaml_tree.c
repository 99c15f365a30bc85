/* SPDX-License-Identifier: Apache-2.0 */
/* Walks and copies YAML trees; it leaves reading text to yaml_reader.c and meaning to the schema. */
#include "target/yaml.h"

#include <string.h>

nbx_yaml *nbx_yaml_find(const nbx_yaml *map, const char *key)
{
    if (!map || map->kind != NBX_YAML_MAP) return NULL;
    for (nbx_yaml *child = map->first; child; child = child->next)
        if (strcmp(child->key, key) == 0) return child;
    return NULL;
}

nbx_yaml *nbx_yaml_at(const nbx_yaml *list, uint32_t index)
{
    nbx_yaml *child = list->first;
    while (child && index--)
        child = child->next;
    return child;
}

nbx_yaml *nbx_yaml_new(nbx_arena *arena, nbx_yaml_kind kind, const nbx_place *place)
{
    nbx_yaml *node = nbx_arena_alloc(arena, sizeof(*node));
    if (!node) return NULL;
    node->kind = kind;
    if (place) node->place = *place;
    return node;
}

nbx_yaml *nbx_yaml_scalar(nbx_arena *arena, const char *text, const nbx_place *place)
{
    nbx_yaml *node = nbx_yaml_new(arena, NBX_YAML_SCALAR, place);
    if (node) node->text = nbx_arena_string(arena, text);
    return node && node->text ? node : NULL;
}

void nbx_yaml_append(nbx_yaml *parent, nbx_yaml *child)
{
    child->next = NULL;
    if (parent->last)
        parent->last->next = child;
    else
        parent->first = child;
    parent->last = child;
    parent->count++;
}

static nbx_yaml *copy_alone(nbx_arena *arena, const nbx_yaml *node)
{
    nbx_yaml *copy = nbx_arena_copy(arena, node, sizeof(*node));
    if (copy) copy->next = NULL;
    return copy;
}

nbx_yaml *nbx_yaml_copy(nbx_arena *arena, const nbx_yaml *node)
{
    nbx_yaml *copy = copy_alone(arena, node);
    if (!copy) return NULL;
    copy->first = copy->last = NULL;
    copy->count = 0;
    for (const nbx_yaml *child = node->first; child; child = child->next) {
        nbx_yaml *twin = copy_alone(arena, child);
        if (!twin) return NULL;
        nbx_yaml_append(copy, twin);
    }
    return copy;
}

nbx_yaml *nbx_yaml_put(nbx_arena *arena, nbx_yaml *map, const char *key, const nbx_yaml *child)
{
    nbx_yaml *twin = copy_alone(arena, child);
    if (!twin) return NULL;
    twin->key = key;
    if (!twin->key_place.file) twin->key_place = twin->place;
    nbx_yaml *old = nbx_yaml_find(map, key);
    if (!old) {
        nbx_yaml_append(map, twin);
        return twin;
    }
    twin->next = old->next;
    *old = *twin; /* the map is nobody else's, so its children may be written over */
    return old;
}
