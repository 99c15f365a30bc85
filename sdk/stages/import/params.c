/* SPDX-License-Identifier: Apache-2.0 */
/* Counts the parameters of a network: constants that nodes compute with, not those that steer them; it changes nothing. */
#include <string.h>

#include "stages/import/import.h"

static bool is_parameter_input(const char *op, uint32_t input)
{
    const nbx_parameter *row;
    for (uint32_t i = 0; (row = nbx_parameter_at(i)); i++)
        if (row->input == input && !strcmp(row->op, op)) return true;
    return false;
}

/* Does a constant at this input count? Quantized weights are integers in front of DequantizeLinear; scales steer. */
static bool counts(const nbx_g_node *node, uint32_t input, const nbx_tensor *tensor, bool with_statistics)
{
    const char *op = node->n.op;
    if (!strcmp(op, "QuantizeLinear") || !strcmp(op, "DequantizeLinear")) return input == 0;
    if (!with_statistics && input >= 3 && !strcmp(op, "BatchNormalization")) return false;
    return nbx_dtype_kind(tensor->dtype) == 'f' && !is_parameter_input(op, input);
}

uint64_t nbx_import_count_params(const nbx_graph *graph, bool with_statistics)
{
    uint64_t total = 0, elements;
    nbx_arena *scratch = nbx_arena_create();
    bool *counted = scratch ? nbx_arena_array(scratch, (size_t)graph->value_count + 1, sizeof(bool)) : NULL;
    for (uint32_t n = 0; counted && n < graph->node_count; n++) {
        const nbx_g_node *node = &graph->nodes[n];
        for (uint32_t i = 0; i < node->n.inputs.count; i++) {
            uint32_t value = nbx_node_input(node, i);
            const nbx_tensor *tensor = value == NBX_NONE ? NULL : graph->values[value].data;
            if (!tensor || counted[value] || !counts(node, i, tensor, with_statistics)) continue;
            counted[value] = true;
            if (nbx_shape_elements(tensor->rank, tensor->dims, &elements)) (void)nbx_add_size(total, elements, &total);
        }
    }
    nbx_arena_destroy(scratch);
    return total;
}
