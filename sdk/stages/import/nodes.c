/* SPDX-License-Identifier: Apache-2.0 */
/* Nodes of the file become nodes of the graph, opaque where the op table has no row; it leaves old opsets to upgrade.c. */
#include <string.h>

#include "stages/import/importer.h"

const char *nbx_import_domain(const Onnx__NodeProto *node)
{
    return node->domain && strcmp(node->domain, "ai.onnx") != 0 ? node->domain : "";
}

nbx_status nbx_import_add_node(nbx_importer *importer, const nbx_import_row *row, uint32_t *out)
{
    nbx_graph *graph = importer->graph;
    if (!nbx_arena_grow(importer->scratch, &importer->source_of, graph->node_count, &importer->source_of_capacity, sizeof(uint32_t)))
        return nbx_raise_memory(importer->context);
    importer->source_of[graph->node_count] = row->source;
    uint32_t index =
        nbx_graph_add_node(graph, row->name, row->op, row->domain, row->input_count, row->inputs, row->output_count, row->outputs);
    if (index == NBX_NONE) return nbx_raise_memory(importer->context);
    for (uint32_t i = 0; i < row->output_count; i++)
        if (row->outputs[i] != NBX_NONE) importer->facts[row->outputs[i]].producer = index + 1;
    if (out) *out = index;
    return row->source == NBX_NONE ? NBX_OK : nbx_graph_add_origin(graph, index, graph->sources[row->source].name);
}

nbx_status nbx_import_make_opaque(nbx_importer *importer, uint32_t index, const char *reason)
{
    nbx_g_node *node = &importer->graph->nodes[index];
    node->schema = NULL;
    node->n.flags |= NBX_NODE_OPAQUE;
    node->n.op_revision = 0;
    node->opaque_reason = nbx_arena_string(importer->graph->arena, reason);
    return node->opaque_reason ? NBX_OK : nbx_raise_memory(importer->context);
}

/* The name a node shall have: its own, or one like Conv_3. */
static const char *name_node(nbx_importer *importer, const nbx_import_scope *scope, const Onnx__NodeProto *node, size_t position)
{
    uint32_t owner;
    const char *own = node->name && *node->name ? node->name : NULL;
    bool reserved = own && !*scope->prefix && nbx_names_find(importer->node_names, own, &owner) && owner == position;
    if (reserved) return nbx_arena_string(importer->graph->arena, own);
    const char *wanted = own && !*scope->prefix ? own
                         : own                  ? nbx_arena_format(importer->scratch, "%s%s", scope->prefix, own)
                                                : nbx_arena_format(importer->scratch, "%s%s_%zu", scope->prefix, node->op_type, position);
    const char *name = wanted ? nbx_import_unique_name(importer, importer->node_names, wanted) : NULL;
    return name && nbx_names_add(importer->node_names, name, NBX_NONE) ? name : NULL;
}

static nbx_status add_source(nbx_importer *importer, const char *name, const Onnx__NodeProto *node, uint32_t *out)
{
    nbx_graph *graph = importer->graph;
    if (!nbx_arena_grow(graph->arena, &graph->sources, graph->source_count, &graph->source_capacity, sizeof(nbx_source)))
        return nbx_raise_memory(importer->context);
    nbx_source *source = &graph->sources[graph->source_count];
    *source = (nbx_source){.name = name, .op = nbx_arena_string(graph->arena, node->op_type), .fate = NBX_FATE_NODE};
    source->domain = nbx_arena_string(graph->arena, nbx_import_domain(node));
    if (!source->op || !source->domain) return nbx_raise_memory(importer->context);
    *out = graph->source_count++;
    return NBX_OK;
}

/* Inputs and outputs of a node as values; trailing absent inputs are dropped, values that inner graphs read come last. */
static nbx_status connect(nbx_importer *importer, const nbx_import_scope *scope, const Onnx__NodeProto *node, nbx_import_row *row)
{
    uint32_t *inputs = NULL, capacity = 0, count = 0;
    for (size_t i = 0; i < node->n_input; i++) {
        if (!nbx_arena_grow(importer->scratch, &inputs, count, &capacity, sizeof(uint32_t))) return nbx_raise_memory(importer->context);
        NBX_TRY(nbx_import_resolve(importer, scope, row->name, node->input[i], &inputs[count]));
        count++;
    }
    while (count && inputs[count - 1] == NBX_NONE)
        count--;
    NBX_TRY(nbx_import_captures(importer, scope, node, row->name, &inputs, &count, &capacity));
    uint32_t *outputs = nbx_arena_array(importer->scratch, node->n_output, sizeof(uint32_t));
    if (!outputs) return nbx_raise_memory(importer->context);
    for (size_t i = 0; i < node->n_output; i++)
        if (!*node->output[i] || !nbx_names_find(scope->values, node->output[i], &outputs[i])) outputs[i] = NBX_NONE;
    row->inputs = inputs;
    row->input_count = count;
    row->outputs = outputs;
    row->output_count = (uint32_t)node->n_output;
    return NBX_OK;
}

static bool has_graph(const Onnx__NodeProto *node)
{
    for (size_t i = 0; i < node->n_attribute; i++)
        if (node->attribute[i]->g || node->attribute[i]->n_graphs) return true;
    return false;
}

/* Why a node cannot be one of the table's, or NULL. */
static const char *opaque_reason(const nbx_importer *importer, const Onnx__NodeProto *node, const nbx_import_row *row, bool in_table)
{
    nbx_arena *scratch = importer->scratch;
    if (*row->domain) return nbx_arena_format(scratch, "operators of domain '%s' are not known to NBX", row->domain);
    if (has_graph(node)) return nbx_arena_format(scratch, "%s has a graph of its own, which NBX does not run", row->op);
    for (uint32_t i = 0; i < row->input_count; i++) {
        const char *why = row->inputs[i] == NBX_NONE ? NULL : importer->facts[row->inputs[i]].unreadable;
        if (why) return nbx_arena_format(scratch, "input '%s' is %s", importer->graph->values[row->inputs[i]].v.name, why);
    }
    return in_table ? NULL : nbx_arena_format(scratch, "operator %s is not in NBX's table", row->op);
}

static nbx_status add_plain(nbx_importer *importer, const nbx_import_scope *scope, const Onnx__NodeProto *node, nbx_import_row *row)
{
    uint32_t index;
    if (!*row->domain) row->op = nbx_import_table_op(row->op, scope->opset);
    NBX_TRY(connect(importer, scope, node, row));
    NBX_TRY(nbx_import_add_node(importer, row, &index));
    NBX_TRY(nbx_import_attributes(importer, scope, node, index));
    bool in_table = importer->graph->nodes[index].schema != NULL;
    const char *reason = opaque_reason(importer, node, row, in_table);
    if (!in_table && !reason) return nbx_raise_memory(importer->context);
    if (reason)
        NBX_TRY(nbx_import_make_opaque(importer, index, reason));
    else
        NBX_TRY(nbx_import_upgrade(importer, index, node->op_type, scope->opset));
    bool opaque = importer->graph->nodes[index].schema == NULL;
    for (uint32_t i = 0; opaque && i < row->output_count; i++)
        if (row->outputs[i] != NBX_NONE) importer->facts[row->outputs[i]].opaque = true;
    return NBX_OK;
}

static nbx_status import_node(nbx_importer *importer, const nbx_import_scope *scope, const Onnx__NodeProto *node, size_t position)
{
    uint32_t source;
    if (!node->op_type || !*node->op_type)
        return nbx_raise(importer->context, NBX_E_IMPORT_NODE, &importer->place, NULL, "node %zu has no operator", position);
    const char *name = name_node(importer, scope, node, position);
    if (!name) return nbx_raise_memory(importer->context);
    const Onnx__FunctionProto *function = nbx_import_find_function(importer, node);
    if (function) return nbx_import_call(importer, scope, function, node, name);
    nbx_import_row row = {.name = name, .op = node->op_type, .domain = nbx_import_domain(node)};
    NBX_TRY(add_source(importer, name, node, &source));
    row.source = source;
    if (!*row.domain) {
        bool handled;
        NBX_TRY(nbx_import_constant_node(importer, scope, node, source, &handled));
        if (handled) return NBX_OK;
    }
    return add_plain(importer, scope, node, &row);
}

/* Names that the file itself gives come first, so that an invented one never takes them. */
static nbx_status reserve_names(nbx_importer *importer, Onnx__NodeProto *const *nodes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const char *name = nodes[i]->name;
        if (!name || !*name || nbx_names_find(importer->node_names, name, NULL)) continue;
        if (!nbx_names_add(importer->node_names, name, (uint32_t)i)) return nbx_raise_memory(importer->context);
    }
    return NBX_OK;
}

nbx_status nbx_import_body(nbx_importer *importer, const nbx_import_scope *scope, Onnx__NodeProto *const *nodes, size_t count)
{
    if (count > NBX_IMPORT_MAX_NODES - importer->node_total)
        return nbx_raise(importer->context, NBX_E_IMPORT_SIZE, &importer->place, NULL, "more than %d nodes", NBX_IMPORT_MAX_NODES);
    importer->node_total += (uint32_t)count;
    if (!*scope->prefix) NBX_TRY(reserve_names(importer, nodes, count));
    for (size_t i = 0; i < count; i++)
        for (size_t o = 0; o < nodes[i]->n_output; o++) {
            uint32_t value;
            NBX_TRY(nbx_import_define(importer, scope, nodes[i]->output[o], &value));
        }
    for (size_t i = 0; i < count; i++)
        NBX_TRY(import_node(importer, scope, nodes[i], i));
    return NBX_OK;
}
