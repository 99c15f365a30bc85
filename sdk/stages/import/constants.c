/* SPDX-License-Identifier: Apache-2.0 */
/* Constant and ConstantOfShape nodes become constants at import; what is constant only after folding is left to optimize. */
#include <string.h>

#include "stages/import/importer.h"

static nbx_status malformed(const nbx_importer *importer, const char *name, const char *why)
{
    return nbx_raise(importer->context, NBX_E_IMPORT_CONSTANT, &importer->place, NULL, "constant node '%s': %s", name, why);
}

/* A constant that copies numbers of an attribute. */
static nbx_status set_numbers(nbx_importer *importer, uint32_t value, uint32_t dtype, uint32_t rank, size_t count, const void *numbers)
{
    nbx_tensor tensor = {.dtype = dtype, .rank = rank, .dims = {(int64_t)count}};
    tensor.bytes = (uint64_t)count * (nbx_dtype_bits(dtype) / 8);
    void *copy = nbx_arena_alloc_aligned(importer->graph->arena, (size_t)tensor.bytes, 64);
    if (!copy) return nbx_raise_memory(importer->context);
    if (count) memcpy(copy, numbers, (size_t)tensor.bytes);
    tensor.data = copy;
    return nbx_graph_set_constant(importer->graph, value, &tensor);
}

static nbx_status set_sparse(nbx_importer *importer, uint32_t value, const Onnx__AttributeProto *a, const char *name)
{
    nbx_tensor dense;
    if (!a->sparse_tensor) return malformed(importer, name, "sparse_value is empty");
    NBX_TRY(nbx_onnx_read_sparse(importer->file, a->sparse_tensor, name, &dense));
    return nbx_graph_set_constant(importer->graph, value, &dense);
}

static nbx_status set_from_attribute(nbx_importer *importer, uint32_t value, const Onnx__AttributeProto *a, const char *form,
                                     const char *name)
{
    uint32_t type = nbx_import_attribute_type(a);
    if (!strcmp(form, "value") && type == ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__TENSOR && a->t)
        return nbx_import_set_tensor(importer, value, a->t, name);
    if (!strcmp(form, "sparse_value") && type == ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__SPARSE_TENSOR)
        return set_sparse(importer, value, a, name);
    if (!strcmp(form, "value_float") && type == ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__FLOAT)
        return set_numbers(importer, value, NBX_DTYPE_FLOAT32, 0, 1, &a->f);
    if (!strcmp(form, "value_floats") && type == ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__FLOATS)
        return set_numbers(importer, value, NBX_DTYPE_FLOAT32, 1, a->n_floats, a->floats);
    if (!strcmp(form, "value_int") && type == ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INT)
        return set_numbers(importer, value, NBX_DTYPE_INT64, 0, 1, &a->i);
    if (!strcmp(form, "value_ints") && type == ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INTS)
        return set_numbers(importer, value, NBX_DTYPE_INT64, 1, a->n_ints, a->ints);
    if (!strcmp(form, "value_string") || !strcmp(form, "value_strings")) {
        importer->facts[value].unreadable = "made of strings";
        importer->graph->values[value].v.dtype = NBX_DTYPE_STRING;
        return NBX_OK;
    }
    return nbx_raise(importer->context, NBX_E_IMPORT_ATTRIBUTE, &importer->place, NULL,
                     "attribute '%s' of node '%s' (Constant) is not a value or has the wrong type", form, name);
}

static nbx_status constant(nbx_importer *importer, const nbx_import_scope *scope, const Onnx__NodeProto *node, const char *name)
{
    uint32_t value;
    if (node->n_attribute != 1 || node->n_output != 1) return malformed(importer, name, "it needs one attribute and one output");
    const Onnx__AttributeProto *attribute = nbx_import_attribute(scope, node->attribute[0]);
    const char *form = node->attribute[0]->name;
    if (!attribute || !form) return malformed(importer, name, "its attribute has no value");
    if (!nbx_names_find(scope->values, node->output[0], &value)) return NBX_OK; /* an output without a name: nobody can read it */
    return set_from_attribute(importer, value, attribute, form, name);
}

/* The one element that a ConstantOfShape repeats, as a splat; float 0 if none is given. */
static nbx_status read_filling(nbx_importer *importer, const nbx_import_scope *scope, const Onnx__NodeProto *node, const char *name,
                               nbx_tensor *splat)
{
    nbx_tensor one;
    *splat = (nbx_tensor){.dtype = NBX_DTYPE_FLOAT32, .is_splat = true};
    for (size_t i = 0; i < node->n_attribute; i++) {
        const Onnx__AttributeProto *a = nbx_import_attribute(scope, node->attribute[i]);
        if (!a || !node->attribute[i]->name || strcmp(node->attribute[i]->name, "value") != 0) continue;
        if (nbx_import_attribute_type(a) != ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__TENSOR || !a->t)
            return nbx_raise(importer->context, NBX_E_IMPORT_ATTRIBUTE, &importer->place, NULL,
                             "attribute 'value' of node '%s' (ConstantOfShape) is not a tensor", name);
        if (nbx_onnx_unreadable(a->t)) return malformed(importer, name, "its value has an element type that NBX does not read");
        NBX_TRY(nbx_onnx_read_tensor(importer->file, a->t, name, &one));
        uint64_t elements;
        if (!nbx_shape_elements(one.rank, one.dims, &elements) || elements != 1)
            return malformed(importer, name, "its value is not one element");
        splat->dtype = one.dtype;
        if (nbx_dtype_kind(one.dtype) == 'f')
            splat->splat_f = nbx_tensor_float(&one, 0);
        else
            splat->splat_i = nbx_tensor_int(&one, 0);
    }
    splat->bytes = nbx_dtype_bits(splat->dtype) / 8;
    return NBX_OK;
}

static nbx_status set_splat(nbx_importer *importer, uint32_t value, const nbx_tensor *shape, const char *name, nbx_tensor *splat)
{
    if (shape->dtype != NBX_DTYPE_INT64 || shape->rank != 1) return malformed(importer, name, "its shape is not a list of int64");
    if (shape->dims[0] > NBX_MAX_RANK) {
        importer->facts[value].unreadable = "of a rank above 8";
        return NBX_OK;
    }
    splat->rank = (uint32_t)shape->dims[0];
    for (uint32_t i = 0; i < splat->rank; i++)
        splat->dims[i] = nbx_tensor_int(shape, i);
    if (!nbx_tensor_bytes(splat->dtype, splat->rank, splat->dims, &splat->bytes))
        return malformed(importer, name, "its shape has a negative extent or too many elements");
    return nbx_graph_set_constant(importer->graph, value, splat);
}

/* A shape that is not constant yet: Expand of one element says the same, and its shape becomes an attribute after folding. */
static nbx_status expand_one(nbx_importer *importer, uint32_t value, uint32_t shape, const nbx_tensor *splat, const nbx_import_row *like)
{
    uint32_t inputs[2] = {NBX_NONE, shape};
    const char *name = nbx_arena_format(importer->scratch, "%s/value", like->name);
    if (!name) return nbx_raise_memory(importer->context);
    NBX_TRY(nbx_import_add_value(importer, name, splat->dtype, &inputs[0]));
    NBX_TRY(nbx_graph_set_constant(importer->graph, inputs[0], splat));
    nbx_import_row row = *like;
    row.op = "Expand";
    row.inputs = inputs;
    row.input_count = 2;
    row.outputs = &value;
    row.output_count = 1;
    return nbx_import_add_node(importer, &row, NULL);
}

static nbx_status constant_of_shape(nbx_importer *importer, const nbx_import_scope *scope, const Onnx__NodeProto *node,
                                    const nbx_import_row *row, bool *constant_now)
{
    nbx_tensor splat;
    uint32_t shape, value;
    if (node->n_input != 1 || node->n_output != 1) return malformed(importer, row->name, "it needs one input and one output");
    NBX_TRY(nbx_import_resolve(importer, scope, row->name, node->input[0], &shape));
    if (!nbx_names_find(scope->values, node->output[0], &value)) return NBX_OK;
    if (shape == NBX_NONE) return malformed(importer, row->name, "its shape is left out");
    NBX_TRY(read_filling(importer, scope, node, row->name, &splat));
    const nbx_tensor *known = importer->graph->values[shape].data;
    if (known) return set_splat(importer, value, known, row->name, &splat);
    *constant_now = false;
    return expand_one(importer, value, shape, &splat, row);
}

nbx_status nbx_import_constant_node(nbx_importer *importer, const nbx_import_scope *scope, const Onnx__NodeProto *node, uint32_t source,
                                    bool *handled)
{
    nbx_source *entry = &importer->graph->sources[source];
    nbx_import_row row = {.name = entry->name, .domain = "", .source = source};
    bool constant_now = true;
    *handled = !strcmp(node->op_type, "Constant") || !strcmp(node->op_type, "ConstantOfShape");
    if (!*handled) return NBX_OK;
    if (!strcmp(node->op_type, "Constant"))
        NBX_TRY(constant(importer, scope, node, row.name));
    else
        NBX_TRY(constant_of_shape(importer, scope, node, &row, &constant_now));
    if (constant_now) importer->graph->sources[source].fate = NBX_FATE_CONSTANT;
    return NBX_OK;
}
