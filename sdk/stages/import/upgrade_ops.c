/* SPDX-License-Identifier: Apache-2.0 */
/* The actions of upgrades.def that know an operator: they rewire nodes or read constant inputs; the generic ones are in upgrade.c. */
#include "stages/import/upgrade.h"

#include <stdlib.h>
#include <string.h>

/* The constant behind an input, or NULL. */
static const nbx_tensor *constant_input(const nbx_importer *importer, uint32_t index, uint32_t input)
{
    uint32_t value = nbx_node_input(&importer->graph->nodes[index], input);
    return value == NBX_NONE ? NULL : importer->graph->values[value].data;
}

nbx_status nbx_upgrade_one_output(nbx_importer *importer, uint32_t index, const nbx_upgrade *row)
{
    nbx_g_node *node = &importer->graph->nodes[index];
    uint32_t first = nbx_node_output(node, 0);
    for (uint32_t i = 1; i < node->n.outputs.count; i++)
        if (nbx_node_output(node, i) != NBX_NONE) return nbx_upgrade_opaque(importer, index, row);
    return node->n.outputs.count > 1 ? nbx_node_set_outputs(importer->graph, node, 1, &first) : NBX_OK;
}

nbx_status nbx_upgrade_inference(nbx_importer *importer, uint32_t index, const nbx_upgrade *row)
{
    uint32_t input = (uint32_t)strtoul(row->argument, NULL, 10);
    nbx_g_node *node = &importer->graph->nodes[index];
    const nbx_tensor *training = constant_input(importer, index, input);
    uint64_t elements = 0;
    if (nbx_node_input(node, input) == NBX_NONE) return nbx_node_resize_inputs(importer->graph, node, 1);
    if (!training) return NBX_OK; /* still an input: optimize sees it after folding */
    if (!nbx_shape_elements(training->rank, training->dims, &elements) || elements != 1 || nbx_tensor_int(training, 0) != 0)
        return nbx_upgrade_opaque(importer, index, row);
    return nbx_node_resize_inputs(importer->graph, node, 1);
}

/* Rank and whether all axes after `axis` have extent 1, as far as import can see. */
static bool is_last_axis(const nbx_importer *importer, uint32_t value, int64_t axis)
{
    const nbx_g_value *row = &importer->graph->values[value];
    uint32_t producer = importer->facts[value].producer;
    const char *op = producer ? importer->graph->nodes[producer - 1].n.op : "";
    bool matrix = !strcmp(op, "Gemm") || !strcmp(op, "Flatten");
    if (axis == -1 || (matrix && axis == 1)) return true;
    return row->known_rank && (uint64_t)axis + 1 == row->v.rank;
}

typedef struct extra {
    uint32_t flat, result, shape;
} extra;

static nbx_status add_step(nbx_importer *importer, const char *op, const char *name, const uint32_t *inputs, uint32_t input_count,
                           uint32_t output)
{
    const char *unique = nbx_import_unique_name(importer, importer->node_names, name);
    if (!unique || !nbx_names_add(importer->node_names, unique, NBX_NONE)) return nbx_raise_memory(importer->context);
    nbx_import_row row = {unique, op, "", inputs, &output, input_count, 1, NBX_NONE};
    return nbx_import_add_node(importer, &row, NULL);
}

/* x -> Flatten(axis) -> the node along axis 1 -> Reshape to Shape(x): exact whatever the rank, and views once shapes are known. */
nbx_status nbx_upgrade_two_dimensions(nbx_importer *importer, uint32_t index, const nbx_upgrade *row)
{
    nbx_graph *graph = importer->graph;
    uint32_t x = nbx_node_input(&graph->nodes[index], 0), y = nbx_node_output(&graph->nodes[index], 0);
    const nbx_attr *attr = nbx_node_attr(&graph->nodes[index].n, row->attribute);
    if (!attr || attr->kind != NBX_ATTR_INT || y == NBX_NONE) return NBX_OK; /* the check of attributes speaks up */
    int64_t axis = attr->i;
    if (is_last_axis(importer, x, axis)) return NBX_OK;
    const char *name = graph->nodes[index].n.name;
    const char *flatten = nbx_arena_format(importer->scratch, "%s/flatten", name);
    const char *shape_of = nbx_arena_format(importer->scratch, "%s/shape", name);
    const char *reshape = nbx_arena_format(importer->scratch, "%s/reshape", name);
    extra e;
    if (!flatten || !shape_of || !reshape) return nbx_raise_memory(importer->context);
    NBX_TRY(nbx_import_add_value(importer, flatten, NBX_DTYPE_NONE, &e.flat));
    NBX_TRY(nbx_import_add_value(importer, shape_of, NBX_DTYPE_NONE, &e.shape));
    NBX_TRY(nbx_import_add_value(importer, reshape, NBX_DTYPE_NONE, &e.result));
    nbx_node_set_input(&graph->nodes[index], 0, e.flat);
    NBX_TRY(nbx_node_set_outputs(graph, &graph->nodes[index], 1, &e.result));
    NBX_TRY(nbx_node_set_int(graph, &graph->nodes[index], row->attribute, 1));
    importer->facts[e.result].producer = index + 1;
    NBX_TRY(add_step(importer, "Flatten", flatten, &x, 1, e.flat));
    NBX_TRY(nbx_node_set_int(graph, &graph->nodes[graph->node_count - 1], "axis", axis));
    NBX_TRY(add_step(importer, "Shape", shape_of, &x, 1, e.shape));
    return add_step(importer, "Reshape", reshape, (uint32_t[]){e.result, e.shape}, 2, y);
}

nbx_status nbx_upgrade_type_number(nbx_importer *importer, uint32_t index, const nbx_upgrade *row)
{
    nbx_g_node *node = &importer->graph->nodes[index];
    const char *name = nbx_node_attr_string(&node->n, row->attribute, NULL);
    /* the spellings of TensorProto.DataType; others are ours in upper case */
    static const struct {
        const char *name;
        uint32_t dtype;
    } spellings[] = {
        {"FLOAT", NBX_DTYPE_FLOAT32},
        {"DOUBLE", NBX_DTYPE_FLOAT64},
#define DTYPE(number, upper, lower, bits, onnx, kind) {#upper, number},
#include <nbx/tables/dtypes.def>
#undef DTYPE
    };
    for (size_t i = 0; name && i < sizeof(spellings) / sizeof(spellings[0]); i++)
        if (!strcmp(spellings[i].name, name)) return nbx_node_set_int(importer->graph, node, row->attribute, spellings[i].dtype);
    int64_t number = nbx_node_attr_int(&node->n, row->attribute, -1);
    bool other_kind = nbx_node_attr(&node->n, row->attribute) && !name && number == -1;
    if (other_kind) return NBX_OK; /* the check of attributes speaks up */
    return number > 0 && number < 1000 && nbx_dtype_name((uint32_t)number) ? NBX_OK : nbx_upgrade_opaque(importer, index, row);
}

nbx_status nbx_upgrade_allow_zero(nbx_importer *importer, uint32_t index, const nbx_upgrade *row)
{
    nbx_g_node *node = &importer->graph->nodes[index];
    uint32_t input = (uint32_t)strtoul(row->argument, NULL, 10);
    if (nbx_node_attr_int(&node->n, row->attribute, 0) != 0) {
        const nbx_tensor *shape = constant_input(importer, index, input);
        uint64_t elements = 0;
        if (!shape || !nbx_shape_elements(shape->rank, shape->dims, &elements)) return nbx_upgrade_opaque(importer, index, row);
        for (uint64_t i = 0; i < elements; i++)
            if (nbx_tensor_int(shape, i) == 0) return nbx_upgrade_opaque(importer, index, row);
    }
    nbx_node_remove_attr(node, row->attribute);
    return NBX_OK;
}

nbx_status nbx_upgrade_output_count(nbx_importer *importer, uint32_t index, const nbx_upgrade *row)
{
    nbx_g_node *node = &importer->graph->nodes[index];
    int64_t count = nbx_node_attr_int(&node->n, row->attribute, (int64_t)node->n.outputs.count);
    if (count != (int64_t)node->n.outputs.count) return nbx_upgrade_opaque(importer, index, row);
    nbx_node_remove_attr(node, row->attribute);
    return NBX_OK;
}

nbx_status nbx_upgrade_old_resize(nbx_importer *importer, uint32_t index, const nbx_upgrade *row)
{
    nbx_graph *graph = importer->graph;
    nbx_g_node *node = &graph->nodes[index];
    uint32_t input = (uint32_t)strtoul(row->argument, NULL, 10);
    uint32_t scales = nbx_node_input(node, input);
    if (scales == NBX_NONE && !nbx_node_attr(&node->n, row->attribute)) return nbx_upgrade_opaque(importer, index, row);
    NBX_TRY(nbx_node_resize_inputs(graph, node, scales == NBX_NONE ? 1 : 3));
    if (scales != NBX_NONE) {
        nbx_node_set_input(node, 1, NBX_NONE); /* the region of interest came later */
        nbx_node_set_input(node, 2, scales);
    }
    NBX_TRY(nbx_node_set_string(graph, node, "coordinate_transformation_mode", "asymmetric"));
    return nbx_node_set_string(graph, node, "nearest_mode", "floor");
}
