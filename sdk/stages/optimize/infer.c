/* SPDX-License-Identifier: Apache-2.0 */
/* Calls the shape function of one node and writes what it derives into the graph; the shapes themselves are schema's knowledge. */
#include <stdio.h>
#include <string.h>

#include "stages/optimize/passes.h"

typedef struct setter {
    nbx_rewrite *rewrite;
    uint32_t node;
} setter;

static nbx_g_node *node_of(const setter *s)
{
    return &s->rewrite->graph->nodes[s->node];
}

/* Setters leave equal attributes alone: a settled graph must not grow. */
static int set_ints(void *self, const char *name, const int64_t *values, uint32_t count)
{
    const nbx_attr *old = nbx_node_attr(&node_of(self)->n, name);
    if (old && old->kind == NBX_ATTR_INTS && old->count == count && (count == 0 || !memcmp(old->ints, values, count * sizeof(*values))))
        return NBX_OK;
    return nbx_node_set_ints(((setter *)self)->rewrite->graph, node_of(self), name, values, count);
}

static int set_floats(void *self, const char *name, const float *values, uint32_t count)
{
    const nbx_attr *old = nbx_node_attr(&node_of(self)->n, name);
    if (old && old->kind == NBX_ATTR_FLOATS && old->count == count && (count == 0 || !memcmp(old->floats, values, count * sizeof(*values))))
        return NBX_OK;
    return nbx_node_set_floats(((setter *)self)->rewrite->graph, node_of(self), name, values, count);
}

static int set_int(void *self, const char *name, int64_t value)
{
    const nbx_attr *old = nbx_node_attr(&node_of(self)->n, name);
    if (old && old->kind == NBX_ATTR_INT && old->i == value) return NBX_OK;
    return nbx_node_set_int(((setter *)self)->rewrite->graph, node_of(self), name, value);
}

static void remove_attr(void *self, const char *name)
{
    nbx_node_remove_attr(node_of(self), name);
}

static nbx_status count_inputs(nbx_rewrite *rewrite, const nbx_g_node *node)
{
    uint32_t count = node->n.inputs.count;
    while (count > 0 && nbx_node_input(node, count - 1) == NBX_NONE)
        count--;
    if (count >= node->schema->in_min && count <= node->schema->in_max && node->n.outputs.count >= node->schema->out_min &&
        node->n.outputs.count <= node->schema->out_max)
        return NBX_OK;
    return nbx_raise(rewrite->context, NBX_E_OPT_ARITY, &(nbx_place){rewrite->graph->path, 0, 0}, NULL,
                     "node '%s' (%s) has %u inputs and %u outputs; it takes %u to %u inputs and %u to %u outputs", node->n.name, node->n.op,
                     count, node->n.outputs.count, node->schema->in_min, node->schema->in_max, node->schema->out_min,
                     node->schema->out_max);
}

/* False while the shape of an input is not known. */
static bool gather_inputs(const nbx_rewrite *rewrite, const nbx_g_node *node, const nbx_value **inputs)
{
    for (uint32_t i = 0; i < node->n.inputs.count; i++) {
        uint32_t value = nbx_node_input(node, i);
        inputs[i] = value == NBX_NONE ? NULL : &rewrite->graph->values[value].v;
        if (value != NBX_NONE && !rewrite->graph->values[value].known) return false;
    }
    return true;
}

static void shape_text(char *out, size_t size, uint32_t dtype, uint32_t rank, const int64_t *dims)
{
    const char *name = nbx_dtype_name(dtype);
    size_t used = (size_t)snprintf(out, size, "%s[", name ? name : "?");
    for (uint32_t i = 0; i < rank && used < size; i++)
        used += (size_t)snprintf(out + used, size - used, i ? ",%lld" : "%lld", (long long)dims[i]);
    if (used < size) snprintf(out + used, size - used, "]");
}

/* The file may state shapes. A wrong one of a model output is an error, elsewhere it is only worth a warning. */
static nbx_status compare_with_file(nbx_rewrite *rewrite, const nbx_g_node *node, uint32_t value, const nbx_value *inferred)
{
    const nbx_g_value *row = &rewrite->graph->values[value];
    bool same = row->v.dtype == NBX_DTYPE_NONE || row->v.dtype == inferred->dtype;
    if (row->known_rank) same = same && row->v.rank == inferred->rank;
    for (uint32_t i = 0; same && row->known_rank && i < inferred->rank; i++)
        same = row->v.dims[i] < 0 || row->v.dims[i] == inferred->dims[i];
    if (same) return NBX_OK;
    char stated[160], found[160];
    shape_text(stated, sizeof(stated), row->v.dtype, row->known_rank ? row->v.rank : 0, row->v.dims);
    shape_text(found, sizeof(found), inferred->dtype, inferred->rank, inferred->dims);
    nbx_place place = {rewrite->graph->path, 0, 0};
    if (nbx_rewrite_is_output(rewrite, value))
        return nbx_raise(rewrite->context, NBX_E_OPT_DECLARED, &place, "correct the shapes the file states, or its nodes",
                         "node '%s' (%s): output '%s' is stated as %s but computes to %s", node->n.name, node->n.op, row->v.name, stated,
                         found);
    nbx_note(rewrite->context, NBX_LOG_WARNING, NBX_E_OPT_DECLARED, &place, "the stated shape is ignored",
             "node '%s' (%s): '%s' is stated as %s but computes to %s", node->n.name, node->n.op, row->v.name, stated, found);
    return NBX_OK;
}

static nbx_status write_outputs(nbx_rewrite *rewrite, uint32_t node, const nbx_shape_call *call)
{
    const nbx_g_node *row = &rewrite->graph->nodes[node];
    for (uint32_t i = 0; i < row->n.outputs.count && i < 64; i++) {
        uint32_t value = nbx_node_output(row, i);
        if (value == NBX_NONE || call->outputs[i].dtype == NBX_DTYPE_NONE) continue;
        nbx_value inferred = {.dtype = call->outputs[i].dtype, .rank = call->outputs[i].rank};
        memcpy(inferred.dims, call->outputs[i].dims, sizeof(inferred.dims));
        NBX_TRY(compare_with_file(rewrite, row, value, &inferred));
        rewrite->graph->values[value].v.dtype = inferred.dtype;
        nbx_graph_set_shape(rewrite->graph, value, inferred.rank, inferred.dims);
    }
    return NBX_OK;
}

static nbx_status explain(nbx_rewrite *rewrite, nbx_g_node *row, const char *text)
{
    if (row->opaque_reason) return NBX_OK;
    row->opaque_reason = nbx_arena_string(rewrite->graph->arena, text);
    return row->opaque_reason ? NBX_OK : nbx_raise_memory(rewrite->context);
}

static nbx_shape_call *prepare(nbx_rewrite *rewrite, const nbx_g_node *row, const nbx_value **inputs, setter *self)
{
    nbx_shape_call *call = rewrite->shape_call;
    call->node = &row->n;
    call->input_count = row->n.inputs.count;
    call->inputs = inputs;
    call->output_count = row->n.outputs.count;
    call->self = self;
    call->set_ints = set_ints;
    call->set_floats = set_floats;
    call->set_int = set_int;
    call->remove = remove_attr;
    call->error[0] = '\0';
    for (uint32_t i = 0; i < row->n.outputs.count && i < 64; i++)
        call->outputs[i].dtype = NBX_DTYPE_NONE;
    return call;
}

nbx_status nbx_infer_node(nbx_rewrite *rewrite, uint32_t node, bool *known)
{
    nbx_g_node *row = &rewrite->graph->nodes[node];
    *known = false;
    NBX_TRY(count_inputs(rewrite, row));
    const nbx_value *few[8], **inputs = few;
    if (row->n.inputs.count > 8) inputs = nbx_arena_array(rewrite->scratch, row->n.inputs.count, sizeof(nbx_value *));
    if (!inputs) return nbx_raise_memory(rewrite->context);
    if (!gather_inputs(rewrite, row, inputs)) return NBX_OK;
    setter self = {rewrite, node};
    nbx_shape_call *call = prepare(rewrite, row, inputs, &self);
    nbx_status status = row->schema->shape(call);
    if (status == NBX_UNSUPPORTED) return explain(rewrite, row, call->error);
    if (status == NBX_BAD_INPUT)
        return nbx_raise(rewrite->context, NBX_E_OPT_SHAPE, &(nbx_place){rewrite->graph->path, 0, 0}, NULL, "node '%s' (%s): %s",
                         row->n.name, row->n.op, call->error);
    if (status != NBX_OK) return status;
    *known = true;
    return write_outputs(rewrite, node, call);
}
