/* SPDX-License-Identifier: Apache-2.0 */
/* Import: opens the file, checks the model, runs the parts of this folder in order; shape inference and folding are optimize's. */
#include "stages/import/importer.h"

#include <string.h>

static nbx_status prepare(nbx_importer *importer)
{
    importer->node_names = nbx_names_create(importer->scratch);
    importer->value_names = nbx_names_create(importer->scratch);
    importer->functions = nbx_names_create(importer->scratch);
    importer->symbols = nbx_names_create(importer->scratch);
    bool fine = importer->node_names && importer->value_names && importer->functions && importer->symbols;
    return fine ? NBX_OK : nbx_raise_memory(importer->context);
}

static nbx_status import_model(nbx_importer *importer)
{
    nbx_graph *graph = importer->graph;
    const Onnx__ModelProto *model = importer->model;
    nbx_import_scope top = {.prefix = "", .values = nbx_names_create(importer->scratch)};
    top.opset = nbx_import_opset(model->n_opset_import, model->opset_import);
    graph->opset = top.opset;
    graph->ir_version = model->ir_version;
    if (model->graph->name) graph->name = nbx_arena_string(graph->arena, model->graph->name);
    if (!graph->name || !top.values) return nbx_raise_memory(importer->context);
    NBX_TRY(nbx_import_check_opset(importer, "the model", top.opset));
    NBX_TRY(nbx_import_functions(importer));
    NBX_TRY(nbx_import_initializers(importer, &top));
    NBX_TRY(nbx_import_inputs(importer, &top));
    NBX_TRY(nbx_import_body(importer, &top, model->graph->node, model->graph->n_node));
    NBX_TRY(nbx_import_outputs(importer, &top));
    nbx_import_declared_shapes(importer, &top);
    graph->param_count = nbx_import_count_params(graph, true);
    return nbx_import_reach(importer);
}

/* Opens either a path or bytes, whichever is there. */
typedef struct origin {
    const char *path;
    const void *data;
    size_t bytes;
} origin;

static nbx_status import_into(nbx_graph *graph, const origin *from, const nbx_import_options *options)
{
    nbx_importer importer = {.context = graph->context, .graph = graph, .options = options, .place = {.file = graph->path}};
    importer.scratch = nbx_arena_create();
    nbx_status status = importer.scratch ? prepare(&importer) : nbx_raise_memory(graph->context);
    if (status == NBX_OK)
        status = from->data ? nbx_onnx_open_bytes(graph, from->data, from->bytes, options->external_root, &importer.file)
                            : nbx_onnx_open(graph, from->path, options->external_root, &importer.file);
    if (status == NBX_OK) {
        importer.model = nbx_onnx_model(importer.file);
        status = import_model(&importer);
    }
    nbx_onnx_close(importer.file);
    nbx_arena_destroy(importer.scratch);
    return status;
}

static nbx_status import_from(nbx_context *context, const origin *from, const nbx_import_options *options, nbx_graph **out)
{
    static const nbx_import_options defaults = {0};
    nbx_graph *graph;
    *out = NULL;
    NBX_TRY(nbx_graph_create(context, &graph));
    graph->path = nbx_arena_string(graph->arena, from->path);
    nbx_status status = graph->path ? import_into(graph, from, options ? options : &defaults) : nbx_raise_memory(context);
    if (status != NBX_OK) {
        nbx_graph_destroy(graph);
        return status;
    }
    *out = graph;
    return NBX_OK;
}

nbx_status nbx_import_onnx(nbx_context *context, const char *path, const nbx_import_options *options, nbx_graph **out)
{
    return import_from(context, &(origin){.path = path}, options, out);
}

nbx_status nbx_import_onnx_bytes(nbx_context *context, const void *data, size_t bytes, const char *name, const nbx_import_options *options,
                                 nbx_graph **out)
{
    static const char nothing[1] = "";
    return import_from(context, &(origin){name, data ? data : nothing, bytes}, options, out);
}
