/* SPDX-License-Identifier: Apache-2.0 */
/* Sets single values by key path in a copy of a tree; whether the result makes sense is the binder's to say. */
#include "target/override.h"

#include <stdlib.h>
#include <string.h>

const char nbx_override_place[] = "--set";

typedef struct setting {
    nbx_faults *faults;
    const char *text, *end; /* the whole --set; the end of its key */
    const nbx_yaml *value;
    nbx_place place;
} setting;

static nbx_yaml *wrong(const setting *s, const char *hint, const char *what)
{
    nbx_fault(s->faults, NBX_E_TARGET_OVERRIDE, &s->place, hint, "%s: %s", nbx_excerpt(s->faults->arena, s->text), what);
    return NULL;
}

static nbx_yaml *checked(const setting *s, nbx_yaml *node)
{
    if (!node) nbx_fault_memory(s->faults);
    return node;
}

static nbx_yaml *put_at(const setting *s, const nbx_yaml *node, const char *at, uint32_t depth);

/* `at` is behind the bracket. */
static nbx_yaml *put_index(const setting *s, const nbx_yaml *node, const char *at, uint32_t depth)
{
    size_t digits = strspn(at, "0123456789");
    if (!digits || digits > 6 || at[digits] != ']')
        return wrong(s, "for example inputs[0].name", "brackets hold the number of a list entry");
    if (node && node->kind != NBX_YAML_LIST) return wrong(s, NULL, "a number in brackets, but there is no list");
    uint32_t index = (uint32_t)strtoul(at, NULL, 10), count = node ? node->count : 0;
    const char *hint = nbx_arena_format(s->faults->arena, "there are %u entries; %u appends one", count, count);
    if (index > count) return wrong(s, hint, "no such entry");
    nbx_yaml *list = checked(s, node ? nbx_yaml_copy(s->faults->arena, node) : nbx_yaml_new(s->faults->arena, NBX_YAML_LIST, &s->place));
    if (!list) return NULL;
    nbx_yaml *old = nbx_yaml_at(list, index), *fresh = put_at(s, old, at + digits + 1, depth + 1);
    if (!fresh || !(fresh = checked(s, nbx_arena_copy(s->faults->arena, fresh, sizeof(*fresh))))) return NULL;
    if (!old) {
        nbx_yaml_append(list, fresh);
        return list;
    }
    fresh->next = old->next;
    *old = *fresh;
    return list;
}

static nbx_yaml *put_key(const setting *s, const nbx_yaml *node, const char *at, uint32_t depth)
{
    size_t bytes = strcspn(at, ".[=");
    if (at + bytes > s->end) bytes = (size_t)(s->end - at);
    if (!bytes) return wrong(s, "write --set key=value, for example --set options.ddr=ddr4", "an empty name in the key");
    if (node && node->kind == NBX_YAML_LIST) return wrong(s, "write [0] for its first entry", "a name, but there is a list");
    char *key = nbx_arena_string_n(s->faults->arena, at, bytes);
    bool keep = node && node->kind == NBX_YAML_MAP;
    nbx_yaml *map = checked(s, keep ? nbx_yaml_copy(s->faults->arena, node) : nbx_yaml_new(s->faults->arena, NBX_YAML_MAP, &s->place));
    if (!map || !key) return NULL;
    nbx_yaml *child = put_at(s, nbx_yaml_find(map, key), at + bytes, depth + 1);
    if (!child) return NULL;
    nbx_yaml *put = checked(s, nbx_yaml_put(s->faults->arena, map, key, child));
    if (!put) return NULL;
    if (!put->key_place.file) put->key_place = s->place;
    return map;
}

/* What `node` (NULL: nothing yet) becomes when the rest of the key, from `at`, is set. */
static nbx_yaml *put_at(const setting *s, const nbx_yaml *node, const char *at, uint32_t depth)
{
    if (at == s->end) return checked(s, nbx_yaml_copy(s->faults->arena, s->value));
    if (depth > NBX_YAML_MAX_DEPTH) return wrong(s, NULL, "more than 32 levels of nesting");
    if (*at == '[') return put_index(s, node, at + 1, depth);
    if (*at == '.' && depth) at++;
    return put_key(s, node, at, depth);
}

nbx_yaml *nbx_yaml_set(nbx_faults *faults, const nbx_yaml *tree, const char *text, size_t key_bytes, const nbx_yaml *value)
{
    setting s = {faults, text, text + key_bytes, value, {nbx_override_place, 0, 0}};
    if (!key_bytes) return wrong(&s, "write --set key=value, for example --set options.ddr=ddr4", "no key");
    return put_at(&s, tree, text, 0);
}

nbx_yaml *nbx_override(nbx_faults *faults, const nbx_yaml *tree, const char *text)
{
    setting s = {faults, text, text, NULL, {nbx_override_place, 0, 0}};
    const char *equals = strchr(text, '=');
    if (!equals) return wrong(&s, "write --set key=value, for example --set options.ddr=ddr4", "no '='");
    uint32_t before = faults->count;
    nbx_yaml *value = nbx_yaml_read(faults, nbx_override_place, true, equals + 1, strlen(equals + 1));
    if (faults->count != before) return NULL;
    if (!value) return wrong(&s, "for example --set options.ddr=ddr4", "no value");
    return nbx_yaml_set(faults, tree, text, (size_t)(equals - text), value);
}
