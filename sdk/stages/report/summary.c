/* SPDX-License-Identifier: Apache-2.0 */
/* Sums a plan up: counts, predicted time, traffic, memory; it predicts nothing itself. */
#include <string.h>

#include "core/stored.h"
#include "schema/macs.h"
#include "stages/report/report.h"

static void count_node(const nbx_plan *plan, uint32_t n, nbx_plan_summary *out)
{
    const nbx_placement *row = &plan->placements[n];
    uint32_t *counters[] = {[NBX_VERDICT_NATIVE] = &out->native,
                            [NBX_VERDICT_FUSED] = &out->fused,
                            [NBX_VERDICT_VIEW] = &out->view,
                            [NBX_VERDICT_EMULATED] = &out->emulated,
                            [NBX_VERDICT_REFUSED] = &out->refused};
    if (row->verdict != NBX_VERDICT_NONE && row->verdict != NBX_VERDICT_FOLDED) ++*counters[row->verdict];
    out->fallback += row->chip != NBX_NONE && row->chip > 0 && row->verdict != NBX_VERDICT_VIEW;
    uint32_t origins = plan->graph->nodes[n].n.origins.count;
    out->folded += origins > 1 ? origins - 1 : 0;
    out->weight_bytes += row->weight_bytes;
    out->traffic_bytes += row->traffic_bytes;
    if (!row->confidence) return;
    out->latency_us += row->latency_ns / 1000.0;
    out->chip_macs += row->macs;
    if (row->confidence > out->confidence) out->confidence = row->confidence;
}

static const nbx_cost *first_cost(const nbx_chip *chip, uint32_t kind)
{
    for (uint32_t i = 0; i < chip->costs.count; i++)
        if (NBX_ROW(nbx_cost, chip->costs, i)->kind == kind) return NBX_ROW(nbx_cost, chip->costs, i);
    return NULL;
}

/* Borders between segments move through the same memory as the target chip's own traffic. */
static void add_borders(const nbx_plan *plan, nbx_plan_summary *out)
{
    const nbx_cost *array = first_cost(plan->chips[0].chip, NBX_COST_ARRAY);
    for (uint32_t i = 0; i < plan->conversion_count; i++) {
        const nbx_conversion *row = &plan->conversions[i];
        out->conversion_bytes += row->bytes;
        bool border = row->from_segment != NBX_NONE && row->to_segment != NBX_NONE;
        if (border && array && array->bytes_per_s > 0) out->latency_us += 1e6 * (double)row->bytes / array->bytes_per_s;
    }
    double peak = array ? (double)array->tile_ic * array->tile_oc * array->tile_px * array->clock_hz : 0;
    if (peak > 0 && out->latency_us > 0) out->mac_efficiency = (double)out->chip_macs / (peak * out->latency_us * 1e-6);
}

static uint64_t stored_bytes(const nbx_plan *plan, uint32_t value, uint32_t chip)
{
    uint64_t bytes;
    const nbx_quantized *row = chip == NBX_NONE ? NULL : &plan->chips[chip].values[value];
    return nbx_stored_bytes(&plan->graph->values[value], row, &bytes) ? bytes : 0;
}

static bool is_interior(const nbx_plan *plan, uint32_t value)
{
    uint32_t from = plan->uses.producer[value], reader = plan->consumer[value];
    uint32_t group = from == NBX_NONE ? NBX_NONE : plan->placements[from].group;
    return group != NBX_NONE && reader != NBX_NONE && plan->placements[reader].group == group;
}

/* Largest sum of live activations over the order of the nodes; views share their input's bytes. */
static nbx_status find_peak(const nbx_plan *plan, nbx_plan_summary *out)
{
    const nbx_graph *graph = plan->graph;
    nbx_arena *arena = nbx_arena_create();
    uint32_t *last = arena ? nbx_arena_array(arena, (size_t)graph->value_count + 1, sizeof(uint32_t)) : NULL;
    if (!last) {
        nbx_arena_destroy(arena);
        return nbx_raise_memory(plan->context);
    }
    uint64_t live = 0;
    for (uint32_t i = 0; i < graph->input_count; i++)
        live += stored_bytes(plan, graph->inputs[i], NBX_NONE);
    out->activation_peak_bytes = live;
    for (uint32_t n = 0; n < graph->node_count; n++)
        for (uint32_t i = 0; i < graph->nodes[n].n.inputs.count; i++)
            if (nbx_node_input(&graph->nodes[n], i) != NBX_NONE) last[nbx_node_input(&graph->nodes[n], i)] = n;
    for (uint32_t n = 0; n < graph->node_count; n++) {
        const nbx_g_node *node = &graph->nodes[n];
        if (plan->placements[n].verdict == NBX_VERDICT_VIEW) continue;
        for (uint32_t i = 0; i < node->n.outputs.count; i++) {
            uint32_t value = nbx_node_output(node, i);
            if (value != NBX_NONE && !is_interior(plan, value)) live += stored_bytes(plan, value, plan->placements[n].chip);
        }
        if (live > out->activation_peak_bytes) out->activation_peak_bytes = live;
        for (uint32_t i = 0; i < node->n.inputs.count; i++) {
            uint32_t value = nbx_node_input(node, i);
            if (value == NBX_NONE || graph->values[value].data || last[value] != n || is_interior(plan, value)) continue;
            uint32_t from = plan->uses.producer[value];
            uint64_t bytes = stored_bytes(plan, value, from == NBX_NONE ? NBX_NONE : plan->placements[from].chip);
            live -= bytes < live ? bytes : live;
            last[value] = NBX_NONE;
        }
    }
    nbx_arena_destroy(arena);
    return NBX_OK;
}

nbx_status nbx_plan_summarize(const nbx_plan *plan, nbx_plan_summary *out)
{
    memset(out, 0, sizeof(*out));
    nbx_graph_view view;
    nbx_graph_view_of(plan->graph, &view);
    for (uint32_t n = 0; n < plan->graph->node_count; n++) {
        uint64_t macs = nbx_node_macs(&view, n);
        out->macs += macs == UINT64_MAX ? 0 : macs;
        count_node(plan, n, out);
    }
    for (uint32_t i = 0; i < plan->graph->source_count; i++)
        out->folded += plan->graph->sources[i].fate != NBX_FATE_NODE;
    out->sources = plan->graph->source_count;
    for (uint32_t s = 0; s < plan->segment_count; s++) {
        out->segments += plan->segments[s].chip == 0;
        out->artifact_bytes += plan->segments[s].blob_bytes;
    }
    for (uint32_t i = 0; i < plan->graph->input_count; i++)
        out->io_bytes += stored_bytes(plan, plan->graph->inputs[i], NBX_NONE);
    for (uint32_t i = 0; i < plan->graph->output_count; i++)
        out->io_bytes += stored_bytes(plan, plan->graph->outputs[i], NBX_NONE);
    add_borders(plan, out);
    return plan->refused ? NBX_OK : find_peak(plan, out);
}
