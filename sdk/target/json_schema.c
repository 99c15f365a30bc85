/* SPDX-License-Identifier: Apache-2.0 */
/* Writes the rows as JSON Schema 2020-12 for editors; what it cannot say (unique names, order of keys) only the binder checks. */
#include "target/json_schema.h"

#include <jansson.h>
#include <string.h>

#include "target/scalar.h"
#include "target/schema.h"

static json_t *map_schema(const nbx_map *map, bool nested);

static json_t *choices_of(const char *choices)
{
    json_t *array = json_array();
    while (*choices) {
        size_t piece = strcspn(choices, "|");
        json_array_append_new(array, json_stringn(choices, piece));
        choices += piece + (choices[piece] == '|');
    }
    return array;
}

/* One value, before LIST and LONE. */
static json_t *value_schema(const nbx_field *field)
{
    if (field->of == &nbx_target_map) return json_pack("{s:s}", "$ref", "#/$defs/entry");
    if (field->kind == NBX_FIELD_MAP) return map_schema(field->of, true);
    json_t *schema = json_pack("{s:s}", "type", nbx_kind_json(field->kind));
    if (field->kind == NBX_FIELD_FREE_MAP)
        json_object_set_new(schema, "additionalProperties", json_pack("{s:[s,s,s]}", "type", "string", "number", "boolean"));
    if (field->kind == NBX_FIELD_SPEC) json_object_set_new(schema, "pattern", json_string("^[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+$"));
    if (field->choices) json_object_set_new(schema, "enum", choices_of(field->choices));
    if (field->kind == NBX_FIELD_INTEGER) {
        json_object_set_new(schema, "minimum", json_integer((json_int_t)field->lo));
        json_object_set_new(schema, "maximum", json_integer((json_int_t)field->hi));
    } else if (field->kind == NBX_FIELD_NUMBER) {
        json_object_set_new(schema, "minimum", json_real(field->lo));
        json_object_set_new(schema, "maximum", json_real(field->hi));
    }
    return schema;
}

static json_t *field_schema(const nbx_field *field)
{
    json_t *schema = value_schema(field);
    if (field->flags & NBX_FIELD_LIST) {
        json_t *list = json_pack("{s:s, s:o}", "type", "array", "items", schema);
        if (field->most) json_object_set_new(list, "maxItems", json_integer(field->most));
        schema = field->flags & NBX_FIELD_LONE ? json_pack("{s:[o, O]}", "anyOf", list, schema) : list;
    }
    json_object_set_new(schema, "description", json_string(field->text ? field->text : ""));
    if (field->absent && field->kind == NBX_FIELD_BOOLEAN)
        json_object_set_new(schema, "default", json_boolean(strcmp(field->absent, "true") == 0));
    else if (field->absent && strcmp(nbx_kind_json(field->kind), "string") == 0)
        json_object_set_new(schema, "default", json_string(field->absent));
    return schema;
}

static json_t *map_schema(const nbx_map *map, bool nested)
{
    json_t *properties = json_object(), *required = json_array();
    for (uint32_t i = 0; i < map->count; i++) {
        const nbx_field *field = &map->fields[i];
        if (nested && field->flags & NBX_FIELD_ROOT_ONLY) continue;
        json_object_set_new(properties, field->key, field_schema(field));
        if (field->flags & NBX_FIELD_REQUIRED) json_array_append_new(required, json_string(field->key));
    }
    json_t *schema = json_pack("{s:s, s:b, s:o}", "type", "object", "additionalProperties", 0, "properties", properties);
    if (json_array_size(required)) json_object_set(schema, "required", required);
    json_decref(required);
    if (map->flags & NBX_MAP_EXACTLY_ONE) {
        json_object_set_new(schema, "minProperties", json_integer(1));
        json_object_set_new(schema, "maxProperties", json_integer(1));
    }
    if (map->flags & NBX_MAP_BEYOND_FIRST) json_object_set_new(schema, "minProperties", json_integer(2));
    return map->lone ? json_pack("{s:[o, o]}", "anyOf", value_schema(map->lone), schema) : schema;
}

typedef struct output {
    const nbx_text_sink *sink;
    nbx_status status;
} output;

static int put(const char *text, size_t bytes, void *self)
{
    output *out = self;
    out->status = out->sink->write(out->sink->self, text, bytes);
    return out->status == NBX_OK ? 0 : -1;
}

nbx_status nbx_json_schema_write(const nbx_text_sink *sink)
{
    output out = {sink, NBX_OK};
    json_t *any = map_schema(&nbx_target_map, false), *root = json_incref(json_array_get(json_object_get(any, "anyOf"), 1));
    json_t *entry = map_schema(&nbx_target_map, true), *entries = json_object();
    json_object_set_new(entries, "entry", entry);
    json_object_set_new(root, "$defs", entries);
    json_object_set_new(root, "$schema", json_string("https://json-schema.org/draft/2020-12/schema"));
    json_object_set_new(root, "title", json_string("NBX target file"));
    int failed = !root ? -1 : json_dump_callback(root, put, &out, JSON_INDENT(2));
    if (!failed) failed = put("\n", 1, &out);
    json_decref(root);
    json_decref(any);
    return out.status != NBX_OK ? out.status : failed ? NBX_NO_MEMORY : NBX_OK;
}
