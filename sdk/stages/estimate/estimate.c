/* SPDX-License-Identifier: Apache-2.0 */
/* Writes the predicted cost of every unit into the plan, from the chips' cost rows or the plugin's own estimate. */
#include <math.h>

#include "core/executor.h"
#include "schema/costs.h"
#include "schema/macs.h"
#include "stages/stages.h"

/* The plugin's own number for a unit, where it has one; the cost rows keep what it does not say. */
static void ask_plugin(const nbx_checker *checker, uint32_t node)
{
    nbx_plan *plan = checker->plan;
    nbx_placement *row = &plan->placements[node];
    nbx_plan_chip *chip = &plan->chips[row->chip];
    nbx_estimate own = {.struct_size = sizeof(own)};
    if (!chip->device || !nbx_plugin_estimates(&chip->plugin->api)) return;
    if (chip->plugin->api.estimate(chip->device, &checker->view, node, &own) != NBX_OK) return;
    if (!isfinite(own.latency_ns) || own.latency_ns < 0) return;
    row->latency_ns = own.latency_ns;
    row->confidence = own.confidence ? own.confidence : NBX_CONFIDENCE_ILLUSTRATIVE;
    row->excluded = NULL;
    if (own.macs) row->macs = own.macs;
    if (own.bytes) row->traffic_bytes = own.bytes;
}

static nbx_status estimate_unit(const nbx_checker *checker, const uint32_t *nodes, uint32_t count)
{
    nbx_plan *plan = checker->plan;
    nbx_placement *row = &plan->placements[nodes[0]];
    nbx_rule_call call = nbx_checker_call(checker, row->chip, nodes[0]);
    nbx_cost_result cost;
    row->latency_ns = 0;
    row->confidence = 0;
    row->bound = NULL;
    row->excluded = NULL;
    if (!nbx_cost_of(&call, nodes, count, &cost)) {
        row->macs = nbx_node_macs(&checker->view, nodes[0]);
        ask_plugin(checker, nodes[0]);
        return NBX_OK;
    }
    row->latency_ns = cost.latency_ns;
    row->bound = cost.bound;
    row->confidence = cost.excluded ? 0 : cost.confidence;
    row->excluded = cost.excluded;
    row->macs = cost.macs;
    row->weight_bytes = cost.bytes_weights;
    row->traffic_bytes = cost.bytes_in + cost.bytes_out + cost.bytes_weights;
    ask_plugin(checker, nodes[0]);
    return NBX_OK;
}

nbx_status nbx_estimate_costs(nbx_plan *plan)
{
    nbx_checker checker;
    nbx_checker_init(plan, &checker);
    for (uint32_t c = 0; c < plan->chip_count; c++) {
        nbx_plan_publish(plan, c);
        if (nbx_plugin_estimates(&plan->chips[c].plugin->api)) NBX_TRY(nbx_plan_chip_open(plan->context, &plan->chips[c]));
        for (uint32_t n = 0; n < plan->graph->node_count; n++) {
            const nbx_placement *row = &plan->placements[n];
            if (row->chip != c || row->verdict == NBX_VERDICT_VIEW) continue;
            if (row->group == NBX_NONE)
                NBX_TRY(estimate_unit(&checker, &n, 1));
            else if (plan->groups[row->group].nodes[0] == n)
                NBX_TRY(estimate_unit(&checker, plan->groups[row->group].nodes, plan->groups[row->group].node_count));
        }
    }
    return NBX_OK;
}
