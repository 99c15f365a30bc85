/* SPDX-License-Identifier: Apache-2.0 */
/* Cases of one op as plain data: their attributes, their outputs by shape function, their view; changing them is subjects_set*.c's. */
#include <stdio.h>
#include <string.h>

#include "schema/ops.h"
#include "schema/subjects.h"

nbx_edit_attr *nbx_edit_attr_find(nbx_edit *edit, const char *name)
{
    for (uint32_t i = 0; name && i < edit->attr_count; i++)
        if (strcmp(edit->attrs[i].name, name) == 0) return &edit->attrs[i];
    return NULL;
}

nbx_edit_attr *nbx_edit_attr_add(nbx_edit *edit, const char *name, uint32_t kind)
{
    nbx_edit_attr *attr = nbx_edit_attr_find(edit, name);
    if (!attr && edit->attr_count == NBX_EDIT_ATTRS) return NULL;
    if (!attr) attr = &edit->attrs[edit->attr_count++];
    memset(attr, 0, sizeof *attr);
    attr->name = name;
    attr->kind = kind;
    return attr;
}

static void remove_attr(nbx_edit *edit, const char *name)
{
    nbx_edit_attr *attr = nbx_edit_attr_find(edit, name);
    if (attr) *attr = edit->attrs[--edit->attr_count];
}

/** What a shape function writes through: the case, and its view so that the function reads what it has set. */
typedef struct inference {
    nbx_edit *edit;
    nbx_edit_view view;
} inference;

static void show_attrs(const nbx_edit *edit, nbx_edit_view *out)
{
    for (uint32_t i = 0; i < edit->attr_count; i++) {
        const nbx_edit_attr *a = &edit->attrs[i];
        out->attrs[i] = (nbx_attr){.struct_size = sizeof(nbx_attr),
                                   .kind = a->kind,
                                   .name = a->name,
                                   .s = a->s,
                                   .ints = a->ints,
                                   .floats = a->floats,
                                   .count = a->count,
                                   .i = a->i,
                                   .f = a->f};
    }
    out->node.attrs = (nbx_span){out->attrs, edit->attr_count, sizeof(nbx_attr)};
}

static int set_ints(void *self, const char *name, const int64_t *values, uint32_t count)
{
    inference *in = self;
    int64_t copy[NBX_EDIT_LIST];
    if (count > NBX_EDIT_LIST) return NBX_UNSUPPORTED;
    memcpy(copy, values, count * sizeof *values); /* the values may be those of the attribute itself */
    nbx_edit_attr *attr = nbx_edit_attr_add(in->edit, name, NBX_ATTR_INTS);
    if (!attr) return NBX_UNSUPPORTED;
    memcpy(attr->ints, copy, count * sizeof *copy);
    attr->count = count;
    show_attrs(in->edit, &in->view);
    return NBX_OK;
}

static int set_floats(void *self, const char *name, const float *values, uint32_t count)
{
    inference *in = self;
    float copy[NBX_EDIT_LIST];
    if (count > NBX_EDIT_LIST) return NBX_UNSUPPORTED;
    memcpy(copy, values, count * sizeof *values);
    nbx_edit_attr *attr = nbx_edit_attr_add(in->edit, name, NBX_ATTR_FLOATS);
    if (!attr) return NBX_UNSUPPORTED;
    memcpy(attr->floats, copy, count * sizeof *copy);
    attr->count = count;
    show_attrs(in->edit, &in->view);
    return NBX_OK;
}

static int set_int(void *self, const char *name, int64_t value)
{
    inference *in = self;
    nbx_edit_attr *attr = nbx_edit_attr_add(in->edit, name, NBX_ATTR_INT);
    if (!attr) return NBX_UNSUPPORTED;
    attr->i = value;
    show_attrs(in->edit, &in->view);
    return NBX_OK;
}

static void remove_named(void *self, const char *name)
{
    inference *in = self;
    remove_attr(in->edit, name);
    show_attrs(in->edit, &in->view);
}

bool nbx_edit_infer(nbx_edit *edit, char *error, uint32_t error_bytes)
{
    const nbx_op_schema *schema = nbx_op_find(edit->op);
    inference in = {.edit = edit};
    const nbx_value *inputs[NBX_EDIT_TENSORS];
    nbx_shape_call call = {.self = &in, .set_ints = set_ints, .set_floats = set_floats, .set_int = set_int, .remove = remove_named};
    nbx_edit_show(edit, NULL, &in.view);
    for (uint32_t i = 0; i < edit->input_count; i++)
        inputs[i] = in.view.input_ids[i] == NBX_NONE ? NULL : &in.view.values[in.view.input_ids[i]];
    call.node = &in.view.node;
    call.input_count = edit->input_count;
    call.inputs = inputs;
    call.output_count = edit->output_count;
    if (!schema || schema->shape(&call) != NBX_OK) {
        if (error_bytes) snprintf(error, error_bytes, "%s: %s", edit->op, schema ? call.error : "unknown op");
        return false;
    }
    for (uint32_t i = 0; i < edit->output_count; i++) {
        edit->outputs[i].dtype = call.outputs[i].dtype;
        edit->outputs[i].rank = call.outputs[i].rank;
        memcpy(edit->outputs[i].dims, call.outputs[i].dims, sizeof edit->outputs[i].dims);
    }
    return true;
}

static int32_t map_scalar(void *self, uint64_t id, uint32_t form, const void **data, uint64_t *bytes)
{
    const nbx_edit_view *view = self;
    for (uint32_t i = 0; i < view->edit->input_count; i++) {
        const nbx_edit_tensor *tensor = &view->edit->inputs[i];
        uint64_t elements = 1;
        for (uint32_t d = 0; d < tensor->rank; d++)
            elements *= (uint64_t)tensor->dims[d];
        if (!tensor->is_const || view->values[view->input_ids[i]].const_id != id) continue;
        if (form != NBX_CONST_FLOAT || elements != 1) return NBX_UNSUPPORTED;
        *data = &tensor->scalar;
        *bytes = sizeof tensor->scalar;
        return NBX_OK;
    }
    return NBX_INVALID;
}

static void unmap_scalar(void *self, uint64_t id, uint32_t form)
{
    (void)self, (void)id, (void)form;
}

static uint32_t show_tensor(const nbx_edit_tensor *tensor, uint32_t flags, nbx_edit_view *out)
{
    uint32_t index = out->value_count;
    nbx_value *value = &out->values[index];
    if (!tensor->dtype) return NBX_NONE;
    out->value_count++;
    snprintf(out->value_names[index], sizeof out->value_names[index], "value%u", index);
    *value = (nbx_value){.struct_size = sizeof *value,
                         .flags = tensor->is_const ? NBX_VALUE_CONST : flags,
                         .dtype = tensor->dtype,
                         .rank = tensor->rank,
                         .name = out->value_names[index],
                         .const_id = tensor->is_const ? index + 1 : 0};
    memcpy(value->dims, tensor->dims, sizeof value->dims);
    out->producer[index] = flags & NBX_VALUE_OUTPUT ? 0 : NBX_NONE;
    out->fan_out[index] = flags & NBX_VALUE_OUTPUT ? tensor->fan_out : 1;
    out->consumer[index] = flags & NBX_VALUE_OUTPUT ? NBX_NONE : 0;
    return index;
}

void nbx_edit_show(const nbx_edit *edit, const nbx_chip *chip, nbx_edit_view *out)
{
    const nbx_op_schema *schema = nbx_op_find(edit->op);
    uint32_t graph_inputs = 0;
    memset(out, 0, sizeof *out);
    out->edit = edit;
    for (uint32_t i = 0; i < edit->input_count; i++) {
        out->input_ids[i] = show_tensor(&edit->inputs[i], NBX_VALUE_INPUT, out);
        if (out->input_ids[i] != NBX_NONE && !edit->inputs[i].is_const) out->graph_inputs[graph_inputs++] = out->input_ids[i];
    }
    for (uint32_t i = 0; i < edit->output_count; i++)
        out->output_ids[i] = show_tensor(&edit->outputs[i], NBX_VALUE_OUTPUT, out);
    out->node = (nbx_node){.struct_size = sizeof(nbx_node),
                           .op_revision = schema ? schema->revision : 0,
                           .name = edit->name,
                           .op = edit->op,
                           .domain = "",
                           .group = NBX_NONE,
                           .flags = edit->flags};
    out->node.inputs = (nbx_span){out->input_ids, edit->input_count, sizeof(uint32_t)};
    out->node.outputs = (nbx_span){out->output_ids, edit->output_count, sizeof(uint32_t)};
    show_attrs(edit, out);
    out->graph = (nbx_graph_view){
        .struct_size = sizeof(nbx_graph_view), .name = "case", .self = out, .const_map = map_scalar, .const_unmap = unmap_scalar};
    out->graph.values = (nbx_span){out->values, out->value_count, sizeof(nbx_value)};
    out->graph.nodes = (nbx_span){&out->node, 1, sizeof(nbx_node)};
    out->graph.inputs = (nbx_span){out->graph_inputs, graph_inputs, sizeof(uint32_t)};
    out->graph.outputs = (nbx_span){out->output_ids, edit->output_count, sizeof(uint32_t)};
    out->call = (nbx_rule_call){.graph = &out->graph,
                                .chip = chip,
                                .options = edit->options,
                                .option_count = edit->option_count,
                                .scheme = edit->scheme,
                                .producer = out->producer,
                                .fan_out = out->fan_out,
                                .consumer = out->consumer};
}
