/* SPDX-License-Identifier: Apache-2.0 */
/* From a segment to a blob: what the tables cannot say is checked here, then the vendor's compiler would take over. */
#include <stdlib.h>
#include <string.h>

#include "example.h"

int32_t example_open(const nbx_host *host, const char *chip, const nbx_span *options, uint32_t flags, nbx_device **out)
{
    /* A driver is opened here, if flags & NBX_OPEN_RUN; NBX_UNAVAILABLE without one. Compiling must work without. */
    return nbx_emulator_open(&example_plugin, host, chip, options, flags, out);
}

/* Bytes of the constants that a node reads, as stored. */
static uint64_t weight_bytes(const nbx_graph_view *graph, const nbx_node *node)
{
    uint64_t total = 0;
    for (uint32_t i = 0; i < node->inputs.count; i++) {
        const uint32_t index = *NBX_ROW(uint32_t, node->inputs, i);
        const nbx_value *value = index == NBX_NONE ? NULL : NBX_ROW(nbx_value, graph->values, index);
        uint64_t bits = value && value->encoding ? value->encoding->code_bits : 32;
        if (!value || !(value->flags & NBX_VALUE_CONST)) continue;
        for (uint32_t a = 0; a < value->rank; a++)
            bits *= (uint64_t)value->dims[a];
        total += (bits + 7) / 8;
    }
    return total;
}

/* The weights of a segment lie on the chip. If they do not fit, the host cuts at the point named here and tries again. */
static int32_t check_weights(const nbx_graph_view *graph, uint64_t limit, const nbx_compile_sink *sink)
{
    uint64_t demand = 0, before = 0;
    uint32_t cut = 0;
    nbx_shortfall shortfall = {.struct_size = sizeof shortfall, .resource = "weight memory", .unit = "bytes", .limit = limit};
    for (uint32_t n = 0; n < graph->nodes.count; n++) {
        demand += weight_bytes(graph, NBX_ROW(nbx_node, graph->nodes, n));
        if (demand > limit) continue;
        cut = n; /* the last node up to which everything fits */
        before = demand;
    }
    if (demand <= limit) return NBX_OK;
    shortfall.demand = demand;
    if (before) shortfall.cut_nodes = (nbx_span){&cut, 1, sizeof cut};
    if (sink->shortfall) sink->shortfall(sink->self, &shortfall);
    return NBX_SHORTFALL;
}

int32_t example_compile(nbx_device *device, const nbx_graph_view *graph, const nbx_compile_sink *sink)
{
    int32_t status;
    if (!device || !graph || !sink) return NBX_INVALID;
    status = check_weights(graph, strtoull(nbx_emulator_option(device, "weight_kib"), NULL, 10) * 1024, sink);
    if (status) return status;
    /* Your compiler goes here: walk graph->nodes and graph->groups, fetch constants with graph->const_map (floats with ranges, or
     * codes), hand the result to sink->write. The model packs the graph, and its run computes with NBX's kernels. */
    return nbx_emulator_compile(device, graph, sink);
}
