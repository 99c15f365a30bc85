/* SPDX-License-Identifier: Apache-2.0 */
/* Attributes of the file become attributes of nodes, types checked against the op table; it leaves old forms to upgrade.c. */
#include <string.h>

#include "stages/import/importer.h"

/* No operator has a hundred; the check for doubles is quadratic. */
#define MAX_ATTRIBUTES 1024u

static const Onnx__AttributeProto *find_attribute(size_t count, Onnx__AttributeProto *const *attributes, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (attributes[i]->name && !strcmp(attributes[i]->name, name)) return attributes[i];
    return NULL;
}

const Onnx__AttributeProto *nbx_import_attribute(const nbx_import_scope *scope, const Onnx__AttributeProto *attribute)
{
    while (attribute && attribute->ref_attr_name && *attribute->ref_attr_name) {
        if (!scope || !scope->function) return NULL;
        const Onnx__AttributeProto *given = find_attribute(scope->call->n_attribute, scope->call->attribute, attribute->ref_attr_name);
        if (!given) /* the function's own default, which refers to nothing */
            return find_attribute(scope->function->n_attribute_proto, scope->function->attribute_proto, attribute->ref_attr_name);
        attribute = given;
        scope = scope->outer;
    }
    return attribute;
}

uint32_t nbx_import_attribute_type(const Onnx__AttributeProto *a)
{
    if (a->has_type && a->type != ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__UNDEFINED) return (uint32_t)a->type;
    if (a->has_i) return ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INT;
    if (a->has_f) return ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__FLOAT;
    if (a->has_s) return ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__STRING;
    if (a->t) return ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__TENSOR;
    if (a->g) return ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__GRAPH;
    if (a->n_ints) return ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INTS;
    if (a->n_floats) return ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__FLOATS;
    if (a->n_strings) return ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__STRINGS;
    return ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__UNDEFINED;
}

static nbx_status raise_attribute(const nbx_importer *importer, const nbx_node *node, const char *name, const char *what)
{
    return nbx_raise(importer->context, NBX_E_IMPORT_ATTRIBUTE, &importer->place, NULL, "attribute '%s' of node '%s' (%s) %s", name,
                     node->name, node->op, what);
}

static const void *copy_list(nbx_arena *arena, const void *list, size_t count, size_t width)
{
    void *copy = nbx_arena_array(arena, count, width);
    if (copy && count) memcpy(copy, list, count * width);
    return copy;
}

/* The nbx_attr of an attribute; kind 0 for types that nodes cannot hold. */
static bool convert(nbx_arena *arena, const Onnx__AttributeProto *a, const char *name, nbx_attr *out)
{
    *out = (nbx_attr){.struct_size = sizeof(*out), .name = nbx_arena_string(arena, name)};
    switch (nbx_import_attribute_type(a)) {
    case ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INT:
        out->kind = NBX_ATTR_INT;
        out->i = a->i;
        break;
    case ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__FLOAT:
        out->kind = NBX_ATTR_FLOAT;
        out->f = (double)a->f;
        break;
    case ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__STRING:
        out->kind = NBX_ATTR_STRING;
        out->s = nbx_arena_string_n(arena, (const char *)a->s.data, a->s.len);
        return out->name && out->s;
    case ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INTS:
        out->kind = NBX_ATTR_INTS;
        out->count = (uint32_t)a->n_ints;
        out->ints = copy_list(arena, a->ints, a->n_ints, sizeof(int64_t));
        return out->name && out->ints;
    case ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__FLOATS:
        out->kind = NBX_ATTR_FLOATS;
        out->count = (uint32_t)a->n_floats;
        out->floats = copy_list(arena, a->floats, a->n_floats, sizeof(float));
        return out->name && out->floats;
    default:
        break;
    }
    return out->name != NULL;
}

nbx_status nbx_import_attributes(nbx_importer *importer, const nbx_import_scope *scope, const Onnx__NodeProto *node, uint32_t index)
{
    nbx_g_node *row = &importer->graph->nodes[index];
    if (node->n_attribute == 0) return NBX_OK;
    if (node->n_attribute > MAX_ATTRIBUTES)
        return nbx_raise(importer->context, NBX_E_IMPORT_NODE, &importer->place, NULL, "node '%s' has %zu attributes", row->n.name,
                         node->n_attribute);
    nbx_attr *rows = nbx_arena_array(importer->graph->arena, node->n_attribute, sizeof(nbx_attr));
    if (!rows) return nbx_raise_memory(importer->context);
    uint32_t count = 0;
    for (size_t i = 0; i < node->n_attribute; i++) {
        const char *name = node->attribute[i]->name;
        if (!name || !*name) return raise_attribute(importer, &row->n, "", "has no name");
        for (uint32_t k = 0; k < count; k++)
            if (!strcmp(rows[k].name, name)) return raise_attribute(importer, &row->n, name, "is given twice");
        const Onnx__AttributeProto *attribute = nbx_import_attribute(scope, node->attribute[i]);
        if (!attribute) continue;
        if (!convert(importer->graph->arena, attribute, name, &rows[count])) return nbx_raise_memory(importer->context);
        count++;
    }
    row->n.attrs = (nbx_span){rows, count, sizeof(nbx_attr)};
    return NBX_OK;
}
