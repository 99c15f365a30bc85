/* SPDX-License-Identifier: Apache-2.0 */
/* Model inputs with their shapes, model outputs, and shapes the file declares; it leaves initializers to values.c. */
#include <string.h>

#include "stages/import/importer.h"

/* The declared type of a value, or NULL if it is not a tensor. */
static const Onnx__TypeProto__Tensor *tensor_type(const Onnx__ValueInfoProto *info)
{
    if (!info->type || info->type->value_case != ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE) return NULL;
    return info->type->tensor_type;
}

static uint32_t dtype_of(const Onnx__TypeProto__Tensor *type)
{
    uint32_t dtype = (uint32_t)type->elem_type;
    return dtype < 1000 && nbx_dtype_name(dtype) ? dtype : NBX_DTYPE_NONE;
}

static const char *symbol_of(const Onnx__TypeProto__Tensor *type, uint32_t axis)
{
    const Onnx__TensorShapeProto__Dimension *dim = type->shape->dim[axis];
    bool named = dim->value_case == ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_PARAM && dim->dim_param && *dim->dim_param;
    return named ? dim->dim_param : NULL;
}

/* The extent a file fixes, or the symbol's when it is bound, or -1. Exporters write open extents as 0 or -1, too. */
static int64_t extent_of(const nbx_importer *importer, const Onnx__TypeProto__Tensor *type, uint32_t axis)
{
    const Onnx__TensorShapeProto__Dimension *dim = type->shape->dim[axis];
    const char *symbol = symbol_of(type, axis);
    uint32_t at;
    if (symbol) return nbx_names_find(importer->symbols, symbol, &at) ? importer->extents[at] : -1;
    if (dim->value_case != ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_VALUE) return -1;
    return dim->dim_value > 0 ? dim->dim_value : -1;
}

static nbx_status bind_symbol(nbx_importer *importer, const char *symbol, int64_t extent)
{
    uint32_t at;
    if (nbx_names_find(importer->symbols, symbol, &at)) {
        if (importer->extents[at] == extent) return NBX_OK;
        return nbx_raise(importer->context, NBX_E_IMPORT_SHAPE, &importer->place, NULL, "extent '%s' would be both %lld and %lld", symbol,
                         (long long)importer->extents[at], (long long)extent);
    }
    if (!nbx_arena_grow(importer->scratch, &importer->extents, importer->extent_count, &importer->extent_capacity, sizeof(int64_t)) ||
        !nbx_names_add(importer->symbols, symbol, importer->extent_count))
        return nbx_raise_memory(importer->context);
    importer->extents[importer->extent_count++] = extent;
    return NBX_OK;
}

static const nbx_import_shape *given_shape(const nbx_importer *importer, const char *name)
{
    for (uint32_t i = 0; i < importer->options->shape_count; i++)
        if (!strcmp(importer->options->shapes[i].name, name)) return &importer->options->shapes[i];
    return NULL;
}

/* Does a given shape fit the declared one? Symbols take the given extents. */
static nbx_status bind_given(nbx_importer *importer, const nbx_import_shape *given, const Onnx__TypeProto__Tensor *type)
{
    if (given->rank > NBX_MAX_RANK)
        return nbx_raise(importer->context, NBX_E_IMPORT_SHAPE, &importer->place, NULL, "input '%s': a rank of at most 8", given->name);
    if (!type || !type->shape) return NBX_OK;
    if (type->shape->n_dim != given->rank)
        return nbx_raise(importer->context, NBX_E_IMPORT_SHAPE, &importer->place, NULL, "input '%s' has rank %zu, the shape given has %u",
                         given->name, type->shape->n_dim, given->rank);
    for (uint32_t i = 0; i < given->rank; i++) {
        if (given->dims[i] < 0) continue;
        const char *symbol = symbol_of(type, i);
        int64_t fixed = symbol ? -1 : extent_of(importer, type, i);
        if (symbol) NBX_TRY(bind_symbol(importer, symbol, given->dims[i]));
        if (fixed >= 0 && fixed != given->dims[i])
            return nbx_raise(importer->context, NBX_E_IMPORT_SHAPE, &importer->place, NULL,
                             "axis %u of input '%s' is %lld in the file, the shape given has %lld", i, given->name, (long long)fixed,
                             (long long)given->dims[i]);
    }
    return NBX_OK;
}

/* Before the first node only initializers and inputs are defined. */
static bool is_initializer(const nbx_importer *importer, const nbx_import_scope *scope, const Onnx__ValueInfoProto *info)
{
    uint32_t value;
    return info->name && nbx_names_find(scope->values, info->name, &value) && !(importer->graph->values[value].v.flags & NBX_VALUE_INPUT);
}

/* Given shapes name real inputs and bind their symbols, before any input is made. */
static nbx_status bind_all(nbx_importer *importer)
{
    const Onnx__GraphProto *graph = importer->model->graph;
    for (uint32_t s = 0; s < importer->options->shape_count; s++) {
        const nbx_import_shape *given = &importer->options->shapes[s];
        const Onnx__ValueInfoProto *info = NULL;
        for (size_t i = 0; i < graph->n_input && !info; i++)
            if (graph->input[i]->name && !strcmp(graph->input[i]->name, given->name)) info = graph->input[i];
        if (!info)
            return nbx_raise(importer->context, NBX_E_IMPORT_SHAPE, &importer->place, "the first input is called as in `nbx model`",
                             "a shape is given for '%s', which is not an input of the model", given->name);
        NBX_TRY(bind_given(importer, given, tensor_type(info)));
    }
    return NBX_OK;
}

/* Sets a shape unless it has more elements than can be. */
static bool set_possible_shape(nbx_importer *importer, uint32_t value, uint32_t rank, const int64_t *dims)
{
    uint64_t elements;
    bool open = false;
    for (uint32_t i = 0; i < rank; i++)
        open |= dims[i] < 0;
    if (!open && !nbx_shape_elements(rank, dims, &elements)) return false;
    nbx_graph_set_shape(importer->graph, value, rank, dims);
    return true;
}

static nbx_status set_input_shape(nbx_importer *importer, uint32_t value, const Onnx__ValueInfoProto *info,
                                  const Onnx__TypeProto__Tensor *type)
{
    const nbx_import_shape *given = given_shape(importer, info->name);
    bool declared = type && type->shape;
    size_t rank = declared ? type->shape->n_dim : given ? given->rank : 0;
    int64_t dims[NBX_MAX_RANK];
    if (!declared && !given) return NBX_OK;
    if (rank > NBX_MAX_RANK) {
        importer->facts[value].unreadable = "of a rank above 8";
        return NBX_OK;
    }
    const char **symbols = nbx_arena_array(importer->graph->arena, NBX_MAX_RANK, sizeof(*symbols));
    if (!symbols) return nbx_raise_memory(importer->context);
    for (uint32_t i = 0; i < rank; i++) {
        const char *symbol = declared ? symbol_of(type, i) : NULL;
        dims[i] = given && given->dims[i] >= 0 ? given->dims[i] : declared ? extent_of(importer, type, i) : -1;
        if (symbol) {
            importer->graph->values[value].dim_names = symbols;
            symbols[i] = nbx_arena_string(importer->graph->arena, symbol);
            if (!symbols[i]) return nbx_raise_memory(importer->context);
        }
        if (dims[i] >= 0 || i != 0) continue;
        dims[i] = 1;
        if (symbol) NBX_TRY(bind_symbol(importer, symbol, 1));
        nbx_note(importer->context, NBX_LOG_INFO, NBX_E_IMPORT_BATCH, &importer->place, "give the input a shape to choose another",
                 "axis 0 of input '%s' is open (%s); it becomes 1", info->name, symbol ? symbol : "no name");
    }
    if (set_possible_shape(importer, value, (uint32_t)rank, dims)) return NBX_OK;
    return nbx_raise(importer->context, NBX_E_IMPORT_SHAPE, &importer->place, NULL, "input '%s' has too many elements", info->name);
}

/* Symbols bound by a later input reach earlier ones here. */
static void set_late_extents(nbx_importer *importer, uint32_t value, const Onnx__TypeProto__Tensor *type)
{
    nbx_g_value *row = &importer->graph->values[value];
    if (row->known || !row->known_rank || !type || !type->shape) return;
    int64_t dims[NBX_MAX_RANK];
    for (uint32_t i = 0; i < row->v.rank; i++)
        dims[i] = row->v.dims[i] >= 0 ? row->v.dims[i] : extent_of(importer, type, i);
    (void)set_possible_shape(importer, value, row->v.rank, dims);
}

nbx_status nbx_import_inputs(nbx_importer *importer, const nbx_import_scope *scope)
{
    const Onnx__GraphProto *graph = importer->model->graph;
    NBX_TRY(bind_all(importer));
    for (size_t i = 0; i < graph->n_input; i++) {
        const Onnx__ValueInfoProto *info = graph->input[i];
        if (is_initializer(importer, scope, info)) continue;
        if (!info->name || !*info->name)
            return nbx_raise(importer->context, NBX_E_IMPORT_NAME, &importer->place, NULL, "input %zu of the model has no name", i);
        uint32_t value;
        const Onnx__TypeProto__Tensor *type = tensor_type(info);
        NBX_TRY(nbx_import_define(importer, scope, info->name, &value));
        importer->graph->values[value].v.dtype = type ? dtype_of(type) : NBX_DTYPE_NONE;
        if (!type && info->type) importer->facts[value].unreadable = "not a tensor";
        NBX_TRY(set_input_shape(importer, value, info, type));
        if (nbx_graph_add_input(importer->graph, value) == NBX_NONE) return nbx_raise_memory(importer->context);
    }
    for (size_t i = 0; i < graph->n_input; i++) {
        uint32_t value;
        const Onnx__ValueInfoProto *info = graph->input[i];
        if (nbx_names_find(scope->values, info->name, &value)) set_late_extents(importer, value, tensor_type(info));
    }
    return NBX_OK;
}

nbx_status nbx_import_outputs(nbx_importer *importer, const nbx_import_scope *scope)
{
    const Onnx__GraphProto *graph = importer->model->graph;
    const nbx_import_options *options = importer->options;
    bool chosen = options->output_count > 0;
    size_t count = chosen ? options->output_count : graph->n_output;
    if (count == 0) return nbx_raise(importer->context, NBX_E_IMPORT_OUTPUT, &importer->place, NULL, "the graph has no outputs");
    for (size_t i = 0; i < count; i++) {
        uint32_t value;
        const char *name = chosen ? options->outputs[i] : graph->output[i]->name;
        bool found = name && *name &&
                     (nbx_names_find(scope->values, name, &value) || (chosen && nbx_names_find(importer->value_names, name, &value)));
        if (!found)
            return nbx_raise(importer->context, NBX_E_IMPORT_OUTPUT, &importer->place, chosen ? "names are listed by `nbx model`" : NULL,
                             "output '%s' is not a value of the graph", name ? name : "");
        if (nbx_graph_add_output(importer->graph, value) == NBX_NONE) return nbx_raise_memory(importer->context);
    }
    return NBX_OK;
}

static void set_declared(nbx_importer *importer, const nbx_import_scope *scope, const Onnx__ValueInfoProto *info)
{
    const Onnx__TypeProto__Tensor *type = tensor_type(info);
    uint32_t value;
    int64_t dims[NBX_MAX_RANK];
    if (!type || !info->name || !nbx_names_find(scope->values, info->name, &value) || value == NBX_NONE) return;
    if (!importer->facts[value].opaque) return;
    importer->graph->values[value].v.dtype = dtype_of(type);
    if (!type->shape || type->shape->n_dim > NBX_MAX_RANK) return;
    for (uint32_t i = 0; i < type->shape->n_dim; i++)
        dims[i] = extent_of(importer, type, i);
    (void)set_possible_shape(importer, value, (uint32_t)type->shape->n_dim, dims);
}

void nbx_import_declared_shapes(nbx_importer *importer, const nbx_import_scope *scope)
{
    const Onnx__GraphProto *graph = importer->model->graph;
    for (size_t i = 0; i < graph->n_value_info; i++)
        set_declared(importer, scope, graph->value_info[i]);
    for (size_t i = 0; i < graph->n_output; i++)
        set_declared(importer, scope, graph->output[i]);
}
