/* SPDX-License-Identifier: Apache-2.0 */
/* Compiles every segment on its plugin and bargains over shortfalls by cutting segments; writing files is the artifact's work. */
#include <stdlib.h>

#include "core/executor.h"
#include "stages/stages.h"

#define MOST_TRIES 8u

/* A value that a chip stores as codes without knowing the parameters; interior values have no encoding. */
static bool lacks_params(const nbx_plan *plan, uint32_t chip, uint32_t value)
{
    if (value == NBX_NONE || plan->graph->values[value].data) return false;
    const nbx_quantized *row = &plan->chips[chip].values[value];
    return row->encoding && !row->param_count && row->encoding->kind != NBX_ENC_FLOAT;
}

static nbx_status raise_data(nbx_plan *plan, uint32_t chip, uint32_t value)
{
    return nbx_raise(plan->context, NBX_E_COMPILE_DATA, NULL,
                     "give calibration data: `quantization: {calibration: {data: x.npy}}` or --calib x.npy",
                     "%s stores '%s' as %s, whose parameters need calibration data", plan->chips[chip].spec,
                     plan->graph->values[value].v.name, plan->chips[chip].values[value].encoding->name);
}

static nbx_status need_data(nbx_plan *plan)
{
    for (uint32_t n = 0; n < plan->graph->node_count; n++) {
        const nbx_g_node *node = &plan->graph->nodes[n];
        uint32_t chip = plan->placements[n].chip;
        for (uint32_t i = 0; i < node->n.inputs.count; i++)
            if (lacks_params(plan, chip, nbx_node_input(node, i))) return raise_data(plan, chip, nbx_node_input(node, i));
        for (uint32_t i = 0; i < node->n.outputs.count; i++)
            if (lacks_params(plan, chip, nbx_node_output(node, i))) return raise_data(plan, chip, nbx_node_output(node, i));
    }
    return NBX_OK;
}

static nbx_status build_view(nbx_plan *plan, uint32_t s, nbx_arena *arena, uint32_t *origin, nbx_graph_view *view)
{
    nbx_plan_segment *segment = &plan->segments[s];
    nbx_plan_chip *chip = &plan->chips[segment->chip];
    if (!chip->constants) chip->constants = nbx_constants_create(plan->graph, chip->values);
    uint32_t *inputs = nbx_arena_array(arena, (size_t)segment->input_count + 1, sizeof(uint32_t));
    uint32_t *outputs = nbx_arena_array(arena, (size_t)segment->output_count + 1, sizeof(uint32_t));
    char *name = nbx_arena_format(arena, "%s.%u", plan->graph->name, s);
    if (!chip->constants || !inputs || !outputs || !name) return nbx_raise_memory(plan->context);
    for (uint32_t i = 0; i < segment->input_count; i++)
        inputs[i] = segment->inputs[i].value;
    for (uint32_t i = 0; i < segment->output_count; i++)
        outputs[i] = segment->outputs[i].value;
    nbx_view_request request = {.graph = plan->graph,
                                .nodes = segment->nodes,
                                .node_count = segment->node_count,
                                .inputs = inputs,
                                .input_count = segment->input_count,
                                .outputs = outputs,
                                .output_count = segment->output_count,
                                .values = chip->values,
                                .plan = plan,
                                .input_ports = segment->inputs,
                                .output_ports = segment->outputs,
                                .constants = chip->constants,
                                .name = name,
                                .origin = origin};
    return nbx_view_build(plan->context, arena, &request, view);
}

/* Position in the segment behind the plugin's best cut point; half of the segment where it has none or far too little room. */
static uint32_t cut_position(const nbx_plan_segment *segment, const uint32_t *origin, const nbx_shortfall *shortfall)
{
    uint32_t cut = shortfall->cut_nodes.count ? *NBX_ROW(uint32_t, shortfall->cut_nodes, 0) : NBX_NONE;
    if (cut >= segment->node_count || shortfall->demand / 2 > shortfall->limit) return segment->node_count / 2;
    for (uint32_t i = 0; i < segment->node_count; i++)
        if (segment->nodes[i] == origin[cut]) return i + 1;
    return segment->node_count / 2;
}

static nbx_status cut_segment(nbx_plan *plan, uint32_t s, const uint32_t *origin, const nbx_shortfall *shortfall, uint32_t try_number)
{
    const nbx_plan_segment *segment = &plan->segments[s];
    uint32_t after = cut_position(segment, origin, shortfall);
    const char *unit = shortfall->unit ? shortfall->unit : "", *resource = shortfall->resource ? shortfall->resource : "a resource";
    if (try_number >= MOST_TRIES || !nbx_plan_split(plan, s, &after))
        return nbx_raise(plan->context, NBX_E_COMPILE_SHORTFALL, NULL, "place the largest nodes on a fallback, or shrink the model",
                         "%s: segment %u needs %llu %s of %s, %llu are there; cutting did not help", plan->chips[segment->chip].spec, s,
                         (unsigned long long)shortfall->demand, unit, resource, (unsigned long long)shortfall->limit);
    nbx_note(plan->context, NBX_LOG_INFO, NBX_E_COMPILE_SHORTFALL, NULL, NULL,
             "try %u: segment %u needs %llu %s of %s, %llu are there; cut after '%s'", try_number, s, (unsigned long long)shortfall->demand,
             unit, resource, (unsigned long long)shortfall->limit, plan->graph->nodes[segment->nodes[after - 1]].n.name);
    return NBX_OK;
}

static nbx_status compile_in(nbx_plan *plan, uint32_t s, uint32_t try_number, nbx_arena *arena, bool *again)
{
    nbx_plan_segment *segment = &plan->segments[s];
    nbx_graph_view view;
    nbx_shortfall shortfall = {0};
    void *blob = NULL;
    uint32_t *origin = nbx_arena_array(arena, (size_t)segment->node_count + 1, sizeof(uint32_t));
    if (!origin) return nbx_raise_memory(plan->context);
    NBX_TRY(build_view(plan, s, arena, origin, &view));
    nbx_status status = nbx_blob_compile(plan->context, &plan->chips[segment->chip], &view, arena, &blob, &segment->blob_bytes, &shortfall);
    segment->blob = blob;
    if (status != NBX_SHORTFALL) return status;
    *again = true;
    return cut_segment(plan, s, origin, &shortfall, try_number);
}

static nbx_status compile_segment(nbx_plan *plan, uint32_t s, uint32_t try_number, bool *again)
{
    nbx_arena *arena = nbx_arena_create();
    nbx_status status = arena ? compile_in(plan, s, try_number, arena, again) : nbx_raise_memory(plan->context);
    nbx_arena_destroy(arena);
    return status;
}

static void drop_blobs(nbx_plan *plan)
{
    for (uint32_t s = 0; s < plan->segment_count; s++) {
        free((void *)(uintptr_t)plan->segments[s].blob);
        plan->segments[s].blob = NULL;
    }
}

/* Each try asks every segment, so that those that need a cut are cut together. */
nbx_status nbx_compile_segments(nbx_plan *plan)
{
    NBX_TRY(need_data(plan));
    drop_blobs(plan);
    for (uint32_t try_number = 1;; try_number++) {
        bool again = false;
        for (uint32_t s = 0; s < plan->segment_count; s++)
            NBX_TRY(compile_segment(plan, s, try_number, &again));
        if (!again) return NBX_OK;
        drop_blobs(plan);
        uint32_t demoted;
        NBX_TRY(nbx_cut_segments(plan, &demoted));
        if (demoted)
            return nbx_raise(plan->context, NBX_E_COMPILE_SHORTFALL, NULL, "place some nodes on a fallback",
                             "cutting for a shortfall broke a limit on segments of %s", plan->chips[0].spec);
        NBX_TRY(nbx_assign_layouts(plan));
    }
}
