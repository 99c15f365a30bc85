/* SPDX-License-Identifier: Apache-2.0 */
/* The quantize stage in its order; each part is a file of this folder. */
#include "stages/quantize/quantize.h"

/* A weighted node whose contract has a bias gets one of its own, of zeros if it had none: the place bias correction goes to. */
static nbx_status give_bias(nbx_plan *plan, uint32_t node)
{
    nbx_graph *graph = plan->graph;
    const nbx_placement *place = &plan->placements[node];
    nbx_g_node *row = &graph->nodes[node];
    if (!row->schema || row->schema->quant != NBX_QUANT_weighted || row->schema->in_max < 3) return NBX_OK;
    if (!place->combo || !place->combo->bias || place->combo->in->kind == NBX_ENC_FLOAT) return NBX_OK;
    uint32_t given = nbx_node_input(row, 2);
    if (given != NBX_NONE) return graph->values[given].data ? nbx_own_constant(plan, node, 2) : NBX_OK;
    const nbx_value *out = &graph->values[nbx_node_output(row, 0)].v;
    if (out->rank < 2) return NBX_OK;
    int64_t channels = out->dims[1];
    float *zeros = nbx_arena_array(graph->arena, (size_t)channels + 1, sizeof(float));
    char *name = nbx_arena_format(graph->arena, "%s_bias", row->n.name);
    uint32_t bias = zeros && name ? nbx_graph_add_constant(graph, name, NBX_DTYPE_FLOAT32, 1, &channels, zeros) : NBX_NONE;
    if (bias == NBX_NONE) return nbx_raise_memory(plan->context);
    NBX_TRY(nbx_node_resize_inputs(graph, row, 3));
    nbx_node_set_input(row, 2, bias);
    return NBX_OK;
}

static nbx_status give_biases(nbx_plan *plan)
{
    for (uint32_t n = 0; n < plan->graph->node_count; n++)
        NBX_TRY(give_bias(plan, n));
    return nbx_plan_index(plan);
}

/* A demotion changes what has to be converted; the nodes of the round before go first. */
static nbx_status remove_requantize(nbx_plan *plan)
{
    nbx_graph *graph = plan->graph;
    for (uint32_t n = 0; n < graph->node_count && plan->requantize_count; n++) {
        nbx_g_node *node = &graph->nodes[n];
        if (!(node->n.flags & NBX_NODE_REQUANTIZE) || node->dead) continue;
        nbx_graph_replace_uses(graph, nbx_node_output(node, 0), nbx_node_input(node, 0));
        plan->refused -= plan->placements[n].chip == NBX_NONE;
        node->dead = true;
    }
    if (!plan->requantize_count) return NBX_OK;
    plan->requantize_count = 0;
    return nbx_plan_sort(plan);
}

nbx_status nbx_quantize(nbx_plan *plan, const nbx_feed *feed)
{
    quantizer q = {.plan = plan, .feed = feed};
    NBX_TRY(remove_requantize(plan));
    if (feed && !plan->calibration_samples) NBX_TRY(nbx_calibrate(&q));
    if (plan->job->bias_correction) NBX_TRY(give_biases(plan));
    nbx_checker_init(plan, &q.checker);
    NBX_TRY(nbx_choose_encodings(&q));
    NBX_TRY(nbx_insert_requantize(&q));
    NBX_TRY(nbx_tie_values(&q));
    return nbx_choose_params(&q);
}

nbx_status nbx_finish_quantize(nbx_plan *plan, const nbx_feed *feed)
{
    quantizer q = {.plan = plan, .feed = feed};
    if (!feed || !plan->has_data || !plan->job->bias_correction || plan->refused) return NBX_OK;
    nbx_checker_init(plan, &q.checker);
    return nbx_correct_bias(&q);
}
