/* SPDX-License-Identifier: Apache-2.0 */
/* Copies a view into the program: tensors with their constants as cells, nodes with their attributes; steps come later. */
#include <string.h>

#include "cells.h"
#include "program.h"
#include "rows.h"

static bool cell_of(uint32_t dtype, kernel_tensor *out)
{
    static const struct {
        uint32_t dtype;
        kernel_cell cell;
        uint8_t bytes, port_bits;
    } rows[] = {
        {NBX_DTYPE_FLOAT32, KERNEL_F32, 4, 32}, {NBX_DTYPE_UINT8, KERNEL_U8, 1, 8},    {NBX_DTYPE_INT8, KERNEL_I8, 1, 8},
        {NBX_DTYPE_UINT16, KERNEL_U16, 2, 16},  {NBX_DTYPE_INT16, KERNEL_I16, 2, 16},  {NBX_DTYPE_INT32, KERNEL_I32, 4, 32},
        {NBX_DTYPE_INT64, KERNEL_I64, 8, 64},   {NBX_DTYPE_BOOL, KERNEL_BOOL, 1, 8},   {NBX_DTYPE_FLOAT16, KERNEL_F16, 2, 16},
        {NBX_DTYPE_FLOAT64, KERNEL_F64, 8, 64}, {NBX_DTYPE_UINT32, KERNEL_U32, 4, 32}, {NBX_DTYPE_UINT64, KERNEL_U64, 8, 64},
        {NBX_DTYPE_UINT4, KERNEL_U8, 1, 4},     {NBX_DTYPE_INT4, KERNEL_I8, 1, 4},     {NBX_DTYPE_BFLOAT16, KERNEL_BF16, 2, 16},
        {NBX_DTYPE_BINARY1, KERNEL_U8, 1, 1},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (rows[i].dtype == dtype) {
            out->cell = rows[i].cell;
            out->cell_bytes = rows[i].bytes;
            out->port_bits = rows[i].port_bits;
            return true;
        }
    return false;
}

static int32_t read_encoding(nbx_kernels *program, const nbx_value *value, kernel_tensor *tensor)
{
    nbx_encoding *encoding;
    nbx_qparam *params;
    uint32_t wanted;
    if (!value->encoding) return NBX_OK;
    encoding = kernel_alloc(program, 1, sizeof *encoding);
    if (!encoding) return NBX_NO_MEMORY;
    if (!kernel_read_row(encoding, sizeof *encoding, value->encoding)) return NBX_TOO_NEW;
    if (!cell_of(encoding->storage, tensor))
        return kernel_fail(program, NULL, NBX_UNSUPPORTED, "E-KERNEL-003", "value %s: no kernel stores encoding %s", value->name,
                           encoding->name ? encoding->name : "?");
    if (encoding->kind == NBX_ENC_FLOAT || encoding->kind == NBX_ENC_INDEX) return NBX_OK;
    wanted = nbx_param_count(encoding, tensor->rank, tensor->dims, tensor->conv_groups);
    if (!wanted || value->params.count < wanted)
        return kernel_fail(program, NULL, NBX_INVALID, "E-KERNEL-004", "value %s: encoding %s needs %u parameter sets, %u given",
                           value->name, encoding->name ? encoding->name : "?", wanted, value->params.count);
    params = kernel_alloc(program, wanted, sizeof *params);
    if (!params) return NBX_NO_MEMORY;
    for (uint32_t i = 0; i < wanted; i++)
        params[i] = *NBX_ROW(nbx_qparam, value->params, i);
    tensor->encoding = encoding;
    tensor->params = params;
    tensor->param_count = wanted;
    return NBX_OK;
}

static int32_t read_constant(nbx_kernels *program, const nbx_graph_view *view, const nbx_value *value, kernel_tensor *tensor)
{
    const uint32_t form = value->encoding ? NBX_CONST_CODES : NBX_CONST_FLOAT;
    const void *data = NULL;
    uint64_t bytes = 0;
    void *cells;
    int32_t status;
    if (!value->encoding && nbx_dtype_kind(value->dtype) == 'f') cell_of(NBX_DTYPE_FLOAT32, tensor);
    cells = kernel_alloc(program, tensor->count, tensor->cell_bytes);
    if (!cells) return NBX_NO_MEMORY;
    status = view->const_map(view->self, value->const_id, form, &data, &bytes);
    if (status) return status;
    if (bytes < (tensor->count * tensor->port_bits + 7) / 8)
        status = kernel_fail(program, NULL, NBX_INVALID, "E-KERNEL-005", "constant %s: %llu bytes are too few", value->name,
                             (unsigned long long)bytes);
    else
        kernel_unpack_port(tensor, data, cells);
    view->const_unmap(view->self, value->const_id, form);
    tensor->constant = cells;
    return status;
}

static int32_t read_tensor(nbx_kernels *program, const nbx_value *value, kernel_tensor *tensor)
{
    tensor->dtype = value->dtype;
    tensor->rank = value->rank;
    tensor->count = 1;
    tensor->input_port = tensor->output_port = KERNEL_NO_PORT;
    tensor->offset = KERNEL_NO_OFFSET;
    tensor->interior = (value->flags & NBX_VALUE_INTERIOR) != 0;
    if (!tensor->conv_groups) tensor->conv_groups = 1;
    if (value->rank > NBX_MAX_RANK) return NBX_INVALID;
    for (uint32_t a = 0; a < value->rank; a++) {
        if (value->dims[a] < 0 || (value->dims[a] && tensor->count > (UINT64_MAX >> 8) / (uint64_t)value->dims[a])) return NBX_INVALID;
        tensor->dims[a] = value->dims[a];
        tensor->count *= (uint64_t)value->dims[a];
    }
    if (!cell_of(value->dtype, tensor) && !value->encoding)
        return kernel_fail(program, NULL, NBX_UNSUPPORTED, "E-KERNEL-003", "value %s: no kernel stores dtype %u", value->name,
                           value->dtype);
    return read_encoding(program, value, tensor);
}

static int32_t read_attrs(nbx_kernels *program, const nbx_node *source, kernel_node *node)
{
    node->attr_count = source->attrs.count;
    node->attrs = kernel_alloc(program, node->attr_count, sizeof(nbx_attr));
    if (!node->attrs) return NBX_NO_MEMORY;
    for (uint32_t i = 0; i < node->attr_count; i++) {
        nbx_attr *attr = &node->attrs[i];
        const uint64_t text_bytes = 1 + strlen(NBX_ROW(nbx_attr, source->attrs, i)->name);
        char *name = kernel_alloc(program, text_bytes, 1);
        if (!name) return NBX_NO_MEMORY;
        if (!kernel_read_row(attr, sizeof *attr, NBX_ROW(nbx_attr, source->attrs, i))) return NBX_TOO_NEW;
        attr->name = memcpy(name, attr->name, text_bytes);
        if (attr->s) {
            char *s = kernel_alloc(program, strlen(attr->s) + 1, 1);
            if (!s) return NBX_NO_MEMORY;
            attr->s = memcpy(s, attr->s, strlen(attr->s) + 1);
        }
        if (attr->ints || attr->floats) {
            const size_t size = attr->ints ? sizeof(int64_t) : sizeof(float);
            void *list = kernel_alloc(program, attr->count, size);
            if (!list) return NBX_NO_MEMORY;
            if (attr->count) memcpy(list, attr->ints ? (const void *)attr->ints : (const void *)attr->floats, attr->count * size);
            if (attr->ints)
                attr->ints = list;
            else
                attr->floats = list;
        }
    }
    return NBX_OK;
}

static int32_t read_indices(nbx_kernels *program, const nbx_span *span, uint32_t **out, uint32_t *count)
{
    *count = span->count;
    *out = kernel_alloc(program, span->count, sizeof(uint32_t));
    if (!*out) return NBX_NO_MEMORY;
    for (uint32_t i = 0; i < span->count; i++) {
        (*out)[i] = *NBX_ROW(uint32_t, *span, i);
        if ((*out)[i] != NBX_NONE && (*out)[i] >= program->tensor_count) return NBX_INVALID;
    }
    return NBX_OK;
}

static int32_t read_arith(nbx_kernels *program, const nbx_arith *source, const nbx_arith **out)
{
    nbx_arith *arith = kernel_alloc(program, 1, sizeof *arith);
    if (!arith) return NBX_NO_MEMORY;
    if (!kernel_read_row(arith, sizeof *arith, source)) return NBX_TOO_NEW;
    if (!arith->product) arith->product = NBX_PRODUCT_FLOAT;
    *out = arith;
    return NBX_OK;
}

static int32_t read_node(nbx_kernels *program, const nbx_graph_view *view, uint32_t index)
{
    kernel_node *node = &program->nodes[index];
    nbx_node source;
    int32_t status;
    char *name;
    if (!kernel_read_row(&source, sizeof source, NBX_ROW(nbx_node, view->nodes, index))) return NBX_TOO_NEW;
    node->index = index;
    node->group = source.group;
    name = kernel_alloc(program, strlen(source.name ? source.name : "") + 1, 1);
    if (!name) return NBX_NO_MEMORY;
    node->name = strcpy(name, source.name ? source.name : "");
    node->schema = (source.flags & NBX_NODE_OPAQUE) ? NULL : nbx_op_find(source.op);
    if (!node->schema || (source.domain && source.domain[0]))
        return kernel_fail(program, node, NBX_UNSUPPORTED, "E-KERNEL-001", "no kernel computes op %s", source.op);
    status = read_attrs(program, &source, node);
    if (!status) status = read_indices(program, &source.inputs, &node->inputs, &node->input_count);
    if (!status) status = read_indices(program, &source.outputs, &node->outputs, &node->output_count);
    if (!status) status = read_arith(program, source.arith, &node->arith);
    node->conv_groups = (uint32_t)kernel_attr_int(node, "group", 1);
    return status;
}

/* A weight's conv groups are those of the convolution that reads it: nodes are read before tensors. */
static void note_conv_groups(nbx_kernels *program)
{
    for (uint32_t i = 0; i < program->node_count; i++) {
        const kernel_node *node = &program->nodes[i];
        if (node->input_count > 1 && node->inputs[1] != NBX_NONE && node->conv_groups > 1)
            program->tensors[node->inputs[1]].conv_groups = node->conv_groups;
    }
}

static int32_t read_tensors(nbx_kernels *program, const nbx_graph_view *view)
{
    for (uint32_t i = 0; i < program->tensor_count; i++) {
        kernel_tensor *tensor = &program->tensors[i];
        nbx_value value;
        int32_t status;
        if (!kernel_read_row(&value, sizeof value, NBX_ROW(nbx_value, view->values, i))) return NBX_TOO_NEW;
        if (!value.name) value.name = "";
        status = read_tensor(program, &value, tensor);
        if (!status && (value.flags & NBX_VALUE_CONST)) status = read_constant(program, view, &value, tensor);
        if (!status) status = kernel_make_tables(program, tensor);
        if (status) return status;
    }
    return NBX_OK;
}

static bool all_named(const uint32_t *ports, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        if (ports[i] == NBX_NONE) return false;
    return true;
}

int32_t kernel_read_view(nbx_kernels *program, const nbx_graph_view *view)
{
    int32_t status = NBX_OK;
    program->tensor_count = view->values.count;
    program->node_count = view->nodes.count;
    program->tensors = kernel_alloc(program, program->tensor_count, sizeof(kernel_tensor));
    program->nodes = kernel_alloc(program, program->node_count, sizeof(kernel_node));
    if (!program->tensors || !program->nodes) return NBX_NO_MEMORY;
    for (uint32_t i = 0; i < program->node_count && !status; i++)
        status = read_node(program, view, i);
    if (status) return status;
    note_conv_groups(program);
    status = read_tensors(program, view);
    if (!status) status = read_indices(program, &view->inputs, &program->inputs, &program->input_count);
    if (!status) status = read_indices(program, &view->outputs, &program->outputs, &program->output_count);
    if (!status && !(all_named(program->inputs, program->input_count) && all_named(program->outputs, program->output_count)))
        status = NBX_INVALID;
    if (status) return status;
    for (uint32_t i = 0; i < program->input_count; i++)
        if (program->tensors[program->inputs[i]].input_port == KERNEL_NO_PORT) program->tensors[program->inputs[i]].input_port = i;
    for (uint32_t i = 0; i < program->output_count; i++)
        if (program->tensors[program->outputs[i]].output_port == KERNEL_NO_PORT) program->tensors[program->outputs[i]].output_port = i;
    return NBX_OK;
}
