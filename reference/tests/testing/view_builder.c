/* SPDX-License-Identifier: Apache-2.0 */
/* Builds small graph views for tests; running and comparing them is compare.c's. */
#include "testing/view_builder.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "schema/ops.h"

static void full(const char *what)
{
    fprintf(stderr, "view builder: too many %s\n", what);
    abort();
}

static void *copy_of(const void *data, uint64_t bytes)
{
    void *copy = aligned_alloc(64, (size_t)((bytes + 64) / 64 * 64));
    if (!copy) full("bytes");
    if (bytes) memcpy(copy, data, (size_t)bytes);
    return copy;
}

static int32_t map(void *self, uint64_t id, uint32_t form, const void **data, uint64_t *bytes)
{
    view_builder *builder = self;
    if (!id || id > builder->view.values.count || !builder->constants[id - 1]) return NBX_INVALID;
    if (form == NBX_CONST_CODES && !builder->values[id - 1].encoding) return NBX_UNSUPPORTED;
    *data = builder->constants[id - 1];
    *bytes = builder->constant_bytes[id - 1];
    return NBX_OK;
}

static void unmap(void *self, uint64_t id, uint32_t form)
{
    (void)self;
    (void)id;
    (void)form;
}

void view_init(view_builder *builder)
{
    memset(builder, 0, sizeof *builder);
    builder->view = (nbx_graph_view){
        .struct_size = sizeof builder->view,
        .name = "test",
        .values = {builder->values, 0, sizeof builder->values[0]},
        .nodes = {builder->nodes, 0, sizeof builder->nodes[0]},
        .groups = {builder->groups, 0, sizeof builder->groups[0]},
        .inputs = {builder->inputs, 0, sizeof builder->inputs[0]},
        .outputs = {builder->outputs, 0, sizeof builder->outputs[0]},
        .self = builder,
        .const_map = map,
        .const_unmap = unmap,
    };
}

void view_free(view_builder *builder)
{
    for (uint32_t i = 0; i < VIEW_VALUES; i++) {
        free(builder->constants[i]);
        free(builder->params[i]);
    }
    for (uint32_t n = 0; n < VIEW_NODES; n++)
        for (uint32_t a = 0; a < VIEW_ATTRS; a++)
            free(builder->lists[n][a]);
}

uint32_t view_value(view_builder *builder, uint32_t dtype, view_shape shape, const nbx_encoding *encoding, const nbx_qparam *params,
                    uint32_t param_count)
{
    const uint32_t index = builder->view.values.count++;
    nbx_value *value = &builder->values[index];
    if (index >= VIEW_VALUES) full("values");
    snprintf(builder->names[index], sizeof builder->names[index], "v%u", index);
    value->struct_size = sizeof *value;
    value->name = builder->names[index];
    value->dtype = dtype;
    while (value->rank < 6 && shape.dims[value->rank]) {
        value->dims[value->rank] = shape.dims[value->rank];
        value->rank++;
    }
    value->encoding = encoding;
    if (param_count) {
        builder->params[index] = copy_of(params, param_count * sizeof *params);
        value->params = (nbx_span){builder->params[index], param_count, sizeof *params};
    }
    return index;
}

void view_constant(view_builder *builder, uint32_t value, const void *data, uint64_t bytes)
{
    builder->constants[value] = copy_of(data, bytes);
    builder->constant_bytes[value] = bytes;
    builder->values[value].const_id = value + 1;
    builder->values[value].flags |= NBX_VALUE_CONST;
}

void view_layout(view_builder *builder, uint32_t value, const nbx_layout *layout)
{
    builder->layouts[value] = *layout;
    builder->values[value].layout = &builder->layouts[value];
}

void view_input(view_builder *builder, uint32_t value)
{
    builder->inputs[builder->view.inputs.count++] = value;
    builder->values[value].flags |= NBX_VALUE_INPUT;
}

void view_output(view_builder *builder, uint32_t value)
{
    builder->outputs[builder->view.outputs.count++] = value;
    builder->values[value].flags |= NBX_VALUE_OUTPUT;
}

static nbx_attr *attr_of(view_builder *builder, uint32_t node, const char *name, uint32_t kind)
{
    nbx_span *span = &builder->nodes[node].attrs;
    for (uint32_t i = 0; i < span->count; i++)
        if (!strcmp(builder->attrs[node][i].name, name)) {
            builder->attrs[node][i].kind = kind;
            return &builder->attrs[node][i];
        }
    if (span->count >= VIEW_ATTRS) full("attributes");
    builder->attrs[node][span->count] = (nbx_attr){.struct_size = sizeof(nbx_attr), .kind = kind, .name = name};
    return &builder->attrs[node][span->count++];
}

void view_int(view_builder *builder, uint32_t node, const char *name, int64_t value)
{
    attr_of(builder, node, name, NBX_ATTR_INT)->i = value;
}

void view_float(view_builder *builder, uint32_t node, const char *name, double value)
{
    attr_of(builder, node, name, NBX_ATTR_FLOAT)->f = value;
}

void view_text(view_builder *builder, uint32_t node, const char *name, const char *value)
{
    attr_of(builder, node, name, NBX_ATTR_STRING)->s = value;
}

static void *list_of(view_builder *builder, uint32_t node, const nbx_attr *attr, const void *data, uint64_t bytes)
{
    void **slot = &builder->lists[node][attr - builder->attrs[node]];
    free(*slot);
    return *slot = copy_of(data, bytes);
}

void view_ints(view_builder *builder, uint32_t node, const char *name, const int64_t *values, uint32_t count)
{
    nbx_attr *attr = attr_of(builder, node, name, NBX_ATTR_INTS);
    attr->ints = list_of(builder, node, attr, values, count * sizeof *values);
    attr->count = count;
}

void view_floats(view_builder *builder, uint32_t node, const char *name, const float *values, uint32_t count)
{
    nbx_attr *attr = attr_of(builder, node, name, NBX_ATTR_FLOATS);
    attr->floats = list_of(builder, node, attr, values, count * sizeof *values);
    attr->count = count;
}

static void set_defaults(view_builder *builder, uint32_t node, const nbx_op_schema *schema)
{
    const nbx_attr_schema *row;
    for (uint32_t i = 0; (row = nbx_attr_schema_at(schema->attr_set, i)); i++) {
        if (!row->default_text[0]) continue;
        if (row->kind == NBX_ATTR_INT) view_int(builder, node, row->name, strtoll(row->default_text, NULL, 10));
        if (row->kind == NBX_ATTR_FLOAT) view_float(builder, node, row->name, (double)strtof(row->default_text, NULL));
        if (row->kind == NBX_ATTR_STRING) view_text(builder, node, row->name, row->default_text);
    }
}

uint32_t view_node(view_builder *builder, const char *op, const uint32_t *inputs, uint32_t input_count, uint32_t output)
{
    const uint32_t index = builder->view.nodes.count++;
    const nbx_op_schema *schema = nbx_op_find(op);
    nbx_node *node = &builder->nodes[index];
    if (index >= VIEW_NODES || input_count > VIEW_LINKS) full("nodes");
    *node = (nbx_node){.struct_size = sizeof *node, .name = op, .op = op, .domain = "", .group = NBX_NONE};
    node->op_revision = schema ? schema->revision : 0;
    memcpy(builder->links[index][0], inputs, input_count * sizeof *inputs);
    builder->links[index][1][0] = output;
    node->inputs = (nbx_span){builder->links[index][0], input_count, sizeof *inputs};
    node->outputs = (nbx_span){builder->links[index][1], 1, sizeof output};
    node->attrs = (nbx_span){builder->attrs[index], 0, sizeof(nbx_attr)};
    if (schema) set_defaults(builder, index, schema);
    return index;
}

void view_more_output(view_builder *builder, uint32_t node, uint32_t output)
{
    builder->links[node][1][builder->nodes[node].outputs.count++] = output;
}

void view_arith(view_builder *builder, uint32_t node, const nbx_arith *arith)
{
    builder->nodes[node].arith = arith;
}

void view_group(view_builder *builder, uint32_t first, uint32_t last, const nbx_arith *arith)
{
    const uint32_t index = builder->view.groups.count++;
    nbx_group *group = &builder->groups[index];
    if (index >= VIEW_GROUPS) full("groups");
    *group = (nbx_group){.struct_size = sizeof *group, .at = NBX_AT_ACCUMULATOR, .fusion = "test", .arith = arith};
    group->nodes = (nbx_span){builder->members[index], last - first + 1, sizeof(uint32_t)};
    for (uint32_t n = first; n <= last; n++) {
        builder->members[index][n - first] = n;
        builder->nodes[n].group = index;
        if (n < last) builder->values[builder->links[n][1][0]].flags |= NBX_VALUE_INTERIOR;
    }
}
