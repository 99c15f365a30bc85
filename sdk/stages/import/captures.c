/* SPDX-License-Identifier: Apache-2.0 */
/* Finds what graphs inside attributes (If, Loop, Scan) read from around them, so that the node depends on it; it runs nothing. */
#include "stages/import/importer.h"

/* The names of one inner graph and of those around it, up to the node. */
typedef struct inner {
    const struct inner *around;
    const nbx_names *names;
} inner;

typedef struct capture {
    nbx_importer *importer;
    const nbx_import_scope *scope;
    const char *node;
    nbx_names *seen;
    uint32_t **values, *count, *capacity;
} capture;

static nbx_status visit_graph(capture *c, const inner *around, const Onnx__GraphProto *graph);

static bool add_name(nbx_names *names, const char *name)
{
    return !name || !*name || nbx_names_find(names, name, NULL) || nbx_names_add(names, name, 0);
}

static nbx_status visit_name(capture *c, const inner *in, const char *name)
{
    uint32_t value;
    if (!name || !*name) return NBX_OK;
    for (; in; in = in->around)
        if (nbx_names_find(in->names, name, NULL)) return NBX_OK;
    if (nbx_names_find(c->seen, name, NULL)) return NBX_OK;
    if (!nbx_names_add(c->seen, name, 0)) return nbx_raise_memory(c->importer->context);
    NBX_TRY(nbx_import_resolve(c->importer, c->scope, c->node, name, &value));
    if (value == NBX_NONE) return NBX_OK;
    if (!nbx_arena_grow(c->importer->scratch, c->values, *c->count, c->capacity, sizeof(uint32_t)))
        return nbx_raise_memory(c->importer->context);
    (*c->values)[(*c->count)++] = value;
    return NBX_OK;
}

static nbx_status visit_attributes(capture *c, const inner *around, const Onnx__NodeProto *node)
{
    for (size_t i = 0; i < node->n_attribute; i++) {
        const Onnx__AttributeProto *a = node->attribute[i];
        if (a->g) NBX_TRY(visit_graph(c, around, a->g));
        for (size_t k = 0; k < a->n_graphs; k++)
            NBX_TRY(visit_graph(c, around, a->graphs[k]));
    }
    return NBX_OK;
}

static bool collect_names(const Onnx__GraphProto *graph, nbx_names *names)
{
    bool fine = true;
    for (size_t i = 0; i < graph->n_input; i++)
        fine = fine && add_name(names, graph->input[i]->name);
    for (size_t i = 0; i < graph->n_initializer; i++)
        fine = fine && add_name(names, graph->initializer[i]->name);
    for (size_t i = 0; i < graph->n_sparse_initializer; i++)
        if (graph->sparse_initializer[i]->values) fine = fine && add_name(names, graph->sparse_initializer[i]->values->name);
    for (size_t i = 0; i < graph->n_node; i++)
        for (size_t o = 0; o < graph->node[i]->n_output; o++)
            fine = fine && add_name(names, graph->node[i]->output[o]);
    return fine;
}

/* Depth is bounded by the guard of the file. */
static nbx_status visit_graph(capture *c, const inner *around, const Onnx__GraphProto *graph)
{
    nbx_names *names = nbx_names_create(c->importer->scratch);
    if (!names || !collect_names(graph, names)) return nbx_raise_memory(c->importer->context);
    inner in = {around, names};
    for (size_t i = 0; i < graph->n_node; i++) {
        for (size_t k = 0; k < graph->node[i]->n_input; k++)
            NBX_TRY(visit_name(c, &in, graph->node[i]->input[k]));
        NBX_TRY(visit_attributes(c, &in, graph->node[i]));
    }
    for (size_t i = 0; i < graph->n_output; i++)
        NBX_TRY(visit_name(c, &in, graph->output[i]->name));
    return NBX_OK;
}

nbx_status nbx_import_captures(nbx_importer *importer, const nbx_import_scope *scope, const Onnx__NodeProto *node, const char *name,
                               uint32_t **values, uint32_t *count, uint32_t *capacity)
{
    bool any = false;
    for (size_t i = 0; i < node->n_attribute; i++)
        any |= node->attribute[i]->g || node->attribute[i]->n_graphs;
    if (!any) return NBX_OK;
    capture c = {importer, scope, name, nbx_names_create(importer->scratch), values, count, capacity};
    return c.seen ? visit_attributes(&c, NULL, node) : nbx_raise_memory(importer->context);
}
