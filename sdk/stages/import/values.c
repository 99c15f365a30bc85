/* SPDX-License-Identifier: Apache-2.0 */
/* Values and their names: defining, resolving, constants from tensors; it leaves model inputs to ports.c and nodes to nodes.c. */
#include "stages/import/importer.h"

const char *nbx_import_unique_name(nbx_importer *importer, nbx_names *used, const char *wanted)
{
    const char *name = nbx_arena_string(importer->graph->arena, wanted);
    /* One counter for all: however names are chosen, tries cannot outnumber names. */
    while (name && nbx_names_find(used, name, NULL))
        name = nbx_arena_format(importer->graph->arena, "%s_%u", wanted, ++importer->serial);
    return name;
}

nbx_status nbx_import_add_value(nbx_importer *importer, const char *name, uint32_t dtype, uint32_t *out)
{
    nbx_graph *graph = importer->graph;
    const char *unique = nbx_import_unique_name(importer, importer->value_names, name);
    if (!unique ||
        !nbx_arena_grow(importer->scratch, &importer->facts, graph->value_count, &importer->fact_capacity, sizeof(nbx_import_fact)))
        return nbx_raise_memory(importer->context);
    *out = nbx_graph_add_value(graph, unique, dtype);
    if (*out == NBX_NONE || !nbx_names_add(importer->value_names, graph->values[*out].v.name, *out))
        return nbx_raise_memory(importer->context);
    return NBX_OK;
}

nbx_status nbx_import_define(nbx_importer *importer, const nbx_import_scope *scope, const char *name, uint32_t *out)
{
    *out = NBX_NONE;
    if (!*name) return NBX_OK;
    if (nbx_names_find(scope->values, name, out)) {
        if (*out != NBX_NONE && importer->facts[*out].reserved) {
            importer->facts[*out].reserved = false;
            return NBX_OK;
        }
        return nbx_raise(importer->context, NBX_E_IMPORT_TWICE, &importer->place, NULL, "value '%s%s' is produced twice", scope->prefix,
                         name);
    }
    const char *full = *scope->prefix ? nbx_arena_format(importer->scratch, "%s%s", scope->prefix, name) : name;
    if (!full) return nbx_raise_memory(importer->context);
    NBX_TRY(nbx_import_add_value(importer, full, NBX_DTYPE_NONE, out));
    return nbx_names_add(scope->values, name, *out) ? NBX_OK : nbx_raise_memory(importer->context);
}

nbx_status nbx_import_resolve(nbx_importer *importer, const nbx_import_scope *scope, const char *reader, const char *name, uint32_t *out)
{
    *out = NBX_NONE;
    if (!*name || nbx_names_find(scope->values, name, out)) return NBX_OK;
    return nbx_raise(importer->context, NBX_E_IMPORT_NAME, &importer->place, NULL, "node '%s' reads '%s', which nothing produces", reader,
                     name);
}

nbx_status nbx_import_set_tensor(nbx_importer *importer, uint32_t value, const Onnx__TensorProto *tensor, const char *what)
{
    nbx_tensor constant;
    importer->facts[value].unreadable = nbx_onnx_unreadable(tensor);
    if (importer->facts[value].unreadable) {
        uint32_t dtype = (uint32_t)tensor->data_type;
        if (nbx_dtype_name(dtype)) importer->graph->values[value].v.dtype = dtype;
        return NBX_OK;
    }
    NBX_TRY(nbx_onnx_read_tensor(importer->file, tensor, what, &constant));
    return nbx_graph_set_constant(importer->graph, value, &constant);
}

static nbx_status define_initializer(nbx_importer *importer, const nbx_import_scope *scope, const char *name, const char **what,
                                     uint32_t *value)
{
    if (!name || !*name) return nbx_raise(importer->context, NBX_E_IMPORT_NAME, &importer->place, NULL, "an initializer has no name");
    *what = nbx_arena_format(importer->scratch, "initializer '%s'", name);
    if (!*what) return nbx_raise_memory(importer->context);
    return nbx_import_define(importer, scope, name, value);
}

nbx_status nbx_import_initializers(nbx_importer *importer, const nbx_import_scope *scope)
{
    const Onnx__GraphProto *graph = importer->model->graph;
    const char *what;
    uint32_t value;
    for (size_t i = 0; i < graph->n_initializer; i++) {
        NBX_TRY(define_initializer(importer, scope, graph->initializer[i]->name, &what, &value));
        NBX_TRY(nbx_import_set_tensor(importer, value, graph->initializer[i], what));
    }
    for (size_t i = 0; i < graph->n_sparse_initializer; i++) {
        const Onnx__SparseTensorProto *sparse = graph->sparse_initializer[i];
        nbx_tensor dense;
        NBX_TRY(define_initializer(importer, scope, sparse->values ? sparse->values->name : NULL, &what, &value));
        NBX_TRY(nbx_onnx_read_sparse(importer->file, sparse, what, &dense));
        NBX_TRY(nbx_graph_set_constant(importer->graph, value, &dense));
    }
    return NBX_OK;
}
