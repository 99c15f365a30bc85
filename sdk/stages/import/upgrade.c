/* SPDX-License-Identifier: Apache-2.0 */
/* Walks upgrades.def for a node, then checks it against the op table: arity, attribute names and kinds. */
#include "stages/import/upgrade.h"

#include <stdlib.h>
#include <string.h>

static const nbx_upgrade rows[] = {
#define UPGRADE(op, first, last, action, attribute, argument, text) {op, first, last, nbx_upgrade_##action, attribute, argument, text},
#include <nbx/tables/upgrades.def>
#undef UPGRADE
};

enum { ROW_COUNT = sizeof(rows) / sizeof(rows[0]) };

static nbx_g_node *node_at(nbx_importer *importer, uint32_t index)
{
    return &importer->graph->nodes[index];
}

nbx_status nbx_upgrade_opaque(nbx_importer *importer, uint32_t index, const nbx_upgrade *row)
{
    const char *reason = nbx_arena_format(importer->scratch, "%s %s", row->op, row->text);
    return reason ? nbx_import_make_opaque(importer, index, reason) : nbx_raise_memory(importer->context);
}

nbx_status nbx_upgrade_rename(nbx_importer *importer, uint32_t index, const nbx_upgrade *row)
{
    (void)importer, (void)index, (void)row; /* nbx_import_table_op did it, before the node was made */
    return NBX_OK;
}

nbx_status nbx_upgrade_pass(nbx_importer *importer, uint32_t index, const nbx_upgrade *row)
{
    (void)importer, (void)index, (void)row; /* the check of attributes reads the row */
    return NBX_OK;
}

nbx_status nbx_upgrade_drop(nbx_importer *importer, uint32_t index, const nbx_upgrade *row)
{
    nbx_node_remove_attr(node_at(importer, index), row->attribute);
    return NBX_OK;
}

nbx_status nbx_upgrade_fill(nbx_importer *importer, uint32_t index, const nbx_upgrade *row)
{
    if (nbx_node_attr(&node_at(importer, index)->n, row->attribute)) return NBX_OK;
    return nbx_node_set_int(importer->graph, node_at(importer, index), row->attribute, strtoll(row->argument, NULL, 10));
}

nbx_status nbx_upgrade_only(nbx_importer *importer, uint32_t index, const nbx_upgrade *row)
{
    const nbx_attr *attr = nbx_node_attr(&node_at(importer, index)->n, row->attribute);
    if (!attr) return NBX_OK;
    bool same = (attr->kind == NBX_ATTR_INT && attr->i == strtoll(row->argument, NULL, 10)) ||
                (attr->kind == NBX_ATTR_STRING && !strcmp(attr->s, row->argument));
    if (!same) return nbx_upgrade_opaque(importer, index, row);
    nbx_node_remove_attr(node_at(importer, index), row->attribute);
    return NBX_OK;
}

nbx_status nbx_upgrade_not(nbx_importer *importer, uint32_t index, const nbx_upgrade *row)
{
    const char *value = nbx_node_attr_string(&node_at(importer, index)->n, row->attribute, "");
    return strcmp(value, row->argument) ? NBX_OK : nbx_upgrade_opaque(importer, index, row);
}

nbx_status nbx_upgrade_absent(nbx_importer *importer, uint32_t index, const nbx_upgrade *row)
{
    return nbx_node_attr(&node_at(importer, index)->n, row->attribute) ? nbx_upgrade_opaque(importer, index, row) : NBX_OK;
}

nbx_status nbx_upgrade_refuse(nbx_importer *importer, uint32_t index, const nbx_upgrade *row)
{
    return nbx_upgrade_opaque(importer, index, row);
}

const char *nbx_import_table_op(const char *op, int64_t opset)
{
    for (size_t i = 0; i < ROW_COUNT; i++)
        if (rows[i].action == nbx_upgrade_rename && !strcmp(rows[i].op, op) && opset >= rows[i].first && opset <= rows[i].last)
            return rows[i].argument;
    return op;
}

static uint32_t kind_from_name(const char *name)
{
    static const char *const names[] = {"", "INT", "FLOAT", "STRING", "INTS", "FLOATS"};
    for (uint32_t i = 1; i < sizeof(names) / sizeof(names[0]); i++)
        if (!strcmp(names[i], name)) return i;
    return 0;
}

/* The kind an attribute must have: by the op table, or by a `pass` row; 0 if neither knows it. */
static uint32_t expected_kind(const nbx_g_node *node, const char *op, const char *attribute)
{
    const nbx_attr_schema *schema = nbx_attr_schema_find(node->schema->attr_set, attribute);
    if (schema) return schema->kind;
    for (size_t i = 0; i < ROW_COUNT; i++)
        if (rows[i].action == nbx_upgrade_pass && !strcmp(rows[i].op, op) && !strcmp(rows[i].attribute, attribute))
            return kind_from_name(rows[i].argument);
    /* attributes of old opsets that are inputs today keep their names; parameters.def has them */
    const nbx_parameter *parameter;
    for (uint32_t i = 0; (parameter = nbx_parameter_at(i)); i++)
        if (!strcmp(parameter->op, node->n.op) && !strcmp(parameter->attr, attribute)) return parameter->kind;
    return 0;
}

static nbx_status check_attributes(nbx_importer *importer, uint32_t index, const char *op)
{
    const nbx_g_node *node = node_at(importer, index);
    for (uint32_t i = 0; i < node->n.attrs.count; i++) {
        const nbx_attr *attr = NBX_ROW(nbx_attr, node->n.attrs, i);
        uint32_t kind = expected_kind(node, op, attr->name);
        if (kind == 0) {
            const char *reason = nbx_arena_format(importer->scratch, "%s has attribute '%s', which NBX does not know", op, attr->name);
            return reason ? nbx_import_make_opaque(importer, index, reason) : nbx_raise_memory(importer->context);
        }
        if (attr->kind != kind)
            return nbx_raise(importer->context, NBX_E_IMPORT_ATTRIBUTE, &importer->place, NULL,
                             "attribute '%s' of node '%s' (%s) has the wrong type", attr->name, node->n.name, op);
    }
    return NBX_OK;
}

/* Inputs that parameters.def makes attributes come on top of the table's. */
static uint32_t most_inputs(const nbx_op_schema *schema)
{
    uint32_t most = schema->in_max == 255 ? UINT32_MAX : schema->in_max;
    const nbx_parameter *parameter;
    for (uint32_t i = 0; (parameter = nbx_parameter_at(i)); i++)
        if (!strcmp(parameter->op, schema->name) && parameter->input + 1 > most) most = parameter->input + 1;
    return most;
}

static nbx_status check_arity(nbx_importer *importer, uint32_t index, const char *op)
{
    const nbx_g_node *node = node_at(importer, index);
    const nbx_op_schema *schema = node->schema;
    uint32_t inputs = node->n.inputs.count, outputs = node->n.outputs.count, given = 0;
    while (given < inputs && nbx_node_input(node, given) != NBX_NONE)
        given++;
    if (given < schema->in_min || outputs < schema->out_min)
        return nbx_raise(importer->context, NBX_E_IMPORT_NODE, &importer->place, NULL,
                         "node '%s' (%s) needs %u inputs and %u outputs, and has %u and %u", node->n.name, op, schema->in_min,
                         schema->out_min, given, outputs);
    uint32_t most_outputs = schema->out_max == 255 ? UINT32_MAX : schema->out_max;
    if (inputs <= most_inputs(schema) && outputs <= most_outputs) return NBX_OK;
    const char *reason = nbx_arena_format(importer->scratch, "%s has %u inputs and %u outputs, more than NBX knows", op, inputs, outputs);
    return reason ? nbx_import_make_opaque(importer, index, reason) : nbx_raise_memory(importer->context);
}

nbx_status nbx_import_upgrade(nbx_importer *importer, uint32_t index, const char *op, int64_t opset)
{
    NBX_TRY(check_arity(importer, index, op));
    for (size_t i = 0; i < ROW_COUNT && node_at(importer, index)->schema; i++)
        if (!strcmp(rows[i].op, op) && opset >= rows[i].first && opset <= rows[i].last) NBX_TRY(rows[i].action(importer, index, &rows[i]));
    return node_at(importer, index)->schema ? check_attributes(importer, index, op) : NBX_OK;
}
