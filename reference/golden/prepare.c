/* SPDX-License-Identifier: Apache-2.0 */
/* Reads a graph view into a program: values, constants, nodes, groups, buffers; what a node computes is its kernel's. */
#include <math.h>
#include <string.h>

#include "dispatch.h"
#include "groups.h"
#include "tensor.h"

/** Copies as much of a row as both sides know; the rest stays zero. */
static void copy_row(void *to, size_t size, const void *row)
{
    uint32_t given;
    memset(to, 0, size);
    memcpy(&given, row, sizeof given);
    memcpy(to, row, given < size ? given : size);
}

static int32_t bad_value(golden *p, const nbx_value *value, const char *what)
{
    return golden_refuse(p, NULL, E_GOLDEN_VIEW, "value '%s': %s", value->name ? value->name : "", what);
}

static int32_t read_shape(golden *p, golden_tensor *tensor, const nbx_value *value)
{
    uint32_t i;
    if (value->rank > NBX_MAX_RANK) return bad_value(p, value, "the rank is too large");
    tensor->rank = value->rank;
    tensor->count = 1;
    for (i = 0; i < value->rank; i++) {
        if (value->dims[i] <= 0) return bad_value(p, value, "an extent is not positive");
        if ((uint64_t)value->dims[i] > ((uint64_t)1 << 40) / tensor->count) return bad_value(p, value, "the tensor is too large");
        tensor->dims[i] = value->dims[i];
        tensor->count *= (uint64_t)value->dims[i];
    }
    return NBX_OK;
}

static bool encoding_is_sound(const nbx_encoding *e)
{
    if (e->code_bits < 1 || e->code_bits > 32 || e->lo > e->hi) return false;
    if (e->granularity == NBX_PER_BLOCK && e->block == 0) return false;
    if (e->kind != NBX_ENC_LOG) return true;
    return e->code_bits >= 2 && e->code_bits <= 16 && e->steps > 0 && e->steps <= 4096 && e->top < (1u << (e->code_bits - 1));
}

static bool param_is_sound(const nbx_encoding *e, const nbx_qparam *param)
{
    if (e->kind == NBX_ENC_AFFINE || e->kind == NBX_ENC_BINARY) return isfinite(param->scale) && param->scale > 0;
    if (e->kind == NBX_ENC_POW2) return param->exponent >= -512 && param->exponent <= 512;
    return param->exponent >= -(1 << 20) && param->exponent <= (1 << 20);
}

static int32_t read_encoding(golden *p, golden_tensor *tensor, const nbx_value *value)
{
    nbx_encoding *encoding;
    nbx_qparam *params;
    uint32_t i;
    if (!value->encoding) return NBX_OK;
    encoding = golden_alloc(p, 1, sizeof *encoding);
    if (!encoding) return golden_refuse(p, NULL, E_GOLDEN_MEMORY, "no memory for value '%s'", value->name);
    copy_row(encoding, sizeof *encoding, value->encoding);
    tensor->encoding = encoding;
    if (!encoding_is_sound(encoding)) return bad_value(p, value, "its encoding contradicts itself");
    if (encoding->kind == NBX_ENC_FLOAT || encoding->kind == NBX_ENC_INDEX) return NBX_OK;
    if (!golden_params_fit(encoding, tensor->rank, tensor->dims, value->params.count))
        return bad_value(p, value, "the number of parameter sets does not fit encoding and shape");
    params = golden_alloc(p, value->params.count, sizeof *params);
    if (!params) return golden_refuse(p, NULL, E_GOLDEN_MEMORY, "no memory for value '%s'", value->name);
    for (i = 0; i < value->params.count; i++) {
        params[i] = *NBX_ROW(nbx_qparam, value->params, i);
        if (!param_is_sound(encoding, &params[i])) return bad_value(p, value, "a scale or exponent is out of range");
    }
    tensor->params = params;
    tensor->param_count = value->params.count;
    return NBX_OK;
}

/** Constants without an encoding come as float32 whatever their float type is. */
static int32_t read_constant(golden *p, golden_tensor *tensor, const nbx_value *value, const nbx_graph_view *view)
{
    const uint32_t form = tensor->encoding ? NBX_CONST_CODES : NBX_CONST_FLOAT;
    const bool from_f32 = !tensor->encoding && golden_dtype_is_float(tensor->dtype);
    const void *data = NULL;
    uint64_t bytes = 0;
    int32_t status;
    tensor->constant = tensor->written = true;
    tensor->data = golden_alloc(p, tensor->count, golden_carrier_bytes(tensor->carrier));
    if (!tensor->data) return golden_refuse(p, NULL, E_GOLDEN_MEMORY, "no memory for constant '%s'", value->name);
    status = view->const_map(view->self, value->const_id, form, &data, &bytes);
    if (status != NBX_OK) return golden_refuse(p, NULL, E_GOLDEN_VIEW, "constant '%s' cannot be mapped", value->name);
    if (from_f32 && bytes >= tensor->count * 4) {
        const float *from = data;
        uint64_t i;
        for (i = 0; i < tensor->count; i++)
            golden_set(tensor, i, (double)from[i], NBX_REQUANT_NONE);
    } else if (!from_f32 && bytes >= golden_stored_bytes(tensor)) {
        golden_unpack(tensor, data);
    } else {
        status = bad_value(p, value, "its constant has too few bytes");
    }
    view->const_unmap(view->self, value->const_id, form);
    return status;
}

static int32_t read_value(golden *p, uint32_t index, const nbx_graph_view *view)
{
    golden_tensor *tensor = &p->tensors[index];
    nbx_value value;
    copy_row(&value, sizeof value, NBX_ROW(nbx_value, view->values, index));
    tensor->dtype = value.dtype;
    GOLDEN_TRY(read_shape(p, tensor, &value));
    GOLDEN_TRY(read_encoding(p, tensor, &value));
    tensor->storage = tensor->encoding ? tensor->encoding->storage : value.dtype;
    if (!golden_carrier_of(tensor->encoding, value.dtype, &tensor->carrier))
        return golden_refuse(p, NULL, E_GOLDEN_DTYPE, "value '%s' has element type %u", value.name, value.dtype);
    if (value.flags & NBX_VALUE_CONST) return read_constant(p, tensor, &value, view);
    if (value.flags & NBX_VALUE_INPUT) tensor->written = true;
    return NBX_OK;
}

static int32_t read_indices(golden *p, const nbx_span *span, uint32_t limit, bool absent, uint32_t **out)
{
    uint32_t i;
    *out = golden_alloc(p, span->count, sizeof **out);
    if (!*out) return golden_refuse(p, NULL, E_GOLDEN_MEMORY, "no memory for the graph");
    for (i = 0; i < span->count; i++) {
        (*out)[i] = *NBX_ROW(uint32_t, *span, i);
        if ((*out)[i] >= limit && !(absent && (*out)[i] == NBX_NONE))
            return golden_refuse(p, NULL, E_GOLDEN_VIEW, "an index %u is outside of its table of %u", (*out)[i], limit);
    }
    return NBX_OK;
}

static int32_t check_arity(const golden *p, const golden_node *node, const golden_op *op)
{
    uint32_t i;
    bool fits = node->input_count >= op->in_min && node->input_count <= op->in_max;
    fits = fits && node->output_count >= 1 && node->output_count <= op->out_max && node->outputs[0] != NBX_NONE;
    for (i = 0; fits && i < op->in_min; i++)
        fits = node->inputs[i] != NBX_NONE;
    if (fits) return NBX_OK;
    return golden_refuse(p, node, E_GOLDEN_VIEW, "node '%s' (%s) has a wrong number of inputs or outputs", node->view->name,
                         node->view->op);
}

/** Inputs must have been written, outputs not yet. */
static int32_t check_order(golden *p, const golden_node *node)
{
    uint32_t i;
    for (i = 0; i < node->input_count; i++)
        if (node->inputs[i] != NBX_NONE && !p->tensors[node->inputs[i]].written)
            return golden_refuse(p, node, E_GOLDEN_VIEW, "node '%s' reads a value that nothing has written", node->view->name);
    for (i = 0; i < node->output_count; i++) {
        if (node->outputs[i] == NBX_NONE) continue;
        if (p->tensors[node->outputs[i]].written)
            return golden_refuse(p, node, E_GOLDEN_VIEW, "node '%s' writes a value a second time", node->view->name);
        p->tensors[node->outputs[i]].written = true;
    }
    return NBX_OK;
}

static int32_t read_node(golden *p, golden_node *node, const nbx_graph_view *view, nbx_node *row)
{
    const golden_op *op;
    copy_row(row, sizeof *row, NBX_ROW(nbx_node, view->nodes, node->index));
    node->view = row;
    if (!row->op || !row->name) return golden_refuse(p, node, E_GOLDEN_VIEW, "node %u has no name or no op", node->index);
    op = row->flags & NBX_NODE_OPAQUE ? NULL : golden_op_find(row->op);
    if (!op) return golden_refuse(p, node, E_GOLDEN_OP, "node '%s': op '%s' is not in the reference", row->name, row->op);
    node->kernel = op->kernel;
    node->attr_set = op->attr_set;
    GOLDEN_TRY(read_indices(p, &row->inputs, p->tensor_count, true, &node->inputs));
    GOLDEN_TRY(read_indices(p, &row->outputs, p->tensor_count, true, &node->outputs));
    node->input_count = row->inputs.count;
    node->output_count = row->outputs.count;
    GOLDEN_TRY(check_arity(p, node, op));
    GOLDEN_TRY(check_order(p, node));
    node->target = node->outputs[0];
    if (row->arith) copy_row(&node->arith, sizeof node->arith, row->arith);
    node->rounding = op->rule == GOLDEN_RULE_average ? node->arith.pool_round : node->arith.requant;
    return NBX_OK;
}

static uint64_t align64(uint64_t bytes)
{
    return (bytes + 63) & ~(uint64_t)63;
}

/** Every value has a buffer of its own: no liveness to get wrong. */
static void place_buffers(golden *p)
{
    uint64_t at = align64(p->tensor_count * (uint64_t)sizeof *p->tensors), work = 0;
    uint32_t i;
    for (i = 0; i < p->tensor_count; i++) {
        if (p->tensors[i].constant) continue;
        p->tensors[i].offset = at;
        at += align64(p->tensors[i].count * golden_carrier_bytes(p->tensors[i].carrier));
    }
    for (i = 0; i < p->node_count; i++)
        if (!p->nodes[i].absorbed && p->nodes[i].work_bytes > work) work = p->nodes[i].work_bytes;
    p->work_offset = at;
    p->scratch_bytes = at + align64(work);
}

static int32_t read_graph(golden *p, const nbx_graph_view *view)
{
    uint32_t i;
    for (i = 0; i < p->tensor_count; i++)
        GOLDEN_TRY(read_value(p, i, view));
    GOLDEN_TRY(read_indices(p, &view->inputs, p->tensor_count, false, &p->inputs));
    GOLDEN_TRY(read_indices(p, &view->outputs, p->tensor_count, false, &p->outputs));
    for (i = 0; i < p->input_count; i++)
        p->tensors[p->inputs[i]].written = true;
    return NBX_OK;
}

static int32_t prepare(golden *p, const nbx_graph_view *view)
{
    nbx_node *rows;
    uint32_t i;
    p->tensor_count = view->values.count;
    p->node_count = view->nodes.count;
    p->input_count = view->inputs.count;
    p->output_count = view->outputs.count;
    p->tensors = golden_alloc(p, p->tensor_count, sizeof *p->tensors);
    p->nodes = golden_alloc(p, p->node_count, sizeof *p->nodes);
    rows = golden_alloc(p, p->node_count, sizeof *rows);
    if (!p->tensors || !p->nodes || !rows) return golden_refuse(p, NULL, E_GOLDEN_MEMORY, "no memory for the graph");
    GOLDEN_TRY(read_graph(p, view));
    for (i = 0; i < p->node_count; i++) {
        p->nodes[i].index = i;
        GOLDEN_TRY(read_node(p, &p->nodes[i], view, &rows[i]));
    }
    GOLDEN_TRY(golden_read_groups(p, view));
    for (i = 0; i < p->node_count; i++)
        if (!p->nodes[i].absorbed) GOLDEN_TRY(p->nodes[i].kernel->prepare(p, &p->nodes[i]));
    for (i = 0; i < p->output_count; i++)
        if (!p->tensors[p->outputs[i]].written) return golden_refuse(p, NULL, E_GOLDEN_VIEW, "output %u is written by no node", i);
    for (i = 0; i < p->node_count; i++)
        p->nodes[i].view = NULL;
    place_buffers(p);
    return NBX_OK;
}

int32_t golden_create(const nbx_host *host, const nbx_graph_view *view, golden **out)
{
    golden *p;
    int32_t status;
    *out = NULL;
    p = host->alloc(host->self, sizeof *p, 64);
    if (!p) return NBX_NO_MEMORY;
    memset(p, 0, sizeof *p);
    copy_row(&p->host, sizeof p->host, host);
    status = prepare(p, view);
    if (status != NBX_OK) {
        golden_destroy(p);
        return status;
    }
    *out = p;
    return NBX_OK;
}
