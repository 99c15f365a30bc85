/* SPDX-License-Identifier: Apache-2.0 */
/* Compiles every segment on its plugin and bargains over shortfalls by cutting segments; writing files is the artifact's work. */
#include <stdlib.h>
#include <string.h>

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

static nbx_status build_view(nbx_plan *plan, uint32_t s, nbx_arena *arena, nbx_graph_view *view)
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
                                .name = name};
    return nbx_view_build(plan->context, arena, &request, view);
}

/* The view's node order differs from the segment's when groups were made contiguous; names tell which is which. */
static uint32_t node_of(const nbx_plan *plan, const nbx_plan_segment *segment, const nbx_graph_view *view, uint32_t view_node)
{
    if (view_node >= view->nodes.count) return NBX_NONE;
    const char *name = NBX_ROW(nbx_node, view->nodes, view_node)->name;
    for (uint32_t i = 0; i < segment->node_count; i++)
        if (!strcmp(plan->graph->nodes[segment->nodes[i]].n.name, name)) return segment->nodes[i];
    return NBX_NONE;
}

/* Nodes after the best cut point move to a later level; without one the segment is halved. */
static nbx_status cut_after(nbx_plan *plan, uint32_t s, const nbx_graph_view *view, const nbx_shortfall *shortfall, uint32_t try_number)
{
    const nbx_plan_segment *segment = &plan->segments[s];
    uint32_t cut = NBX_NONE;
    if (shortfall->cut_nodes.count) cut = node_of(plan, segment, view, *NBX_ROW(uint32_t, shortfall->cut_nodes, 0));
    if (segment->node_count < 2 || try_number >= MOST_TRIES)
        return nbx_raise(plan->context, NBX_E_COMPILE_SHORTFALL, NULL, "place the largest nodes on a fallback, or shrink the model",
                         "%s: segment %u needs %llu %s of %s, %llu are there; cutting did not help", plan->chips[segment->chip].spec, s,
                         (unsigned long long)shortfall->demand, shortfall->unit, shortfall->resource, (unsigned long long)shortfall->limit);
    uint32_t after = 0;
    for (uint32_t i = 0; i < segment->node_count; i++)
        if (segment->nodes[i] == cut) after = i + 1;
    if (after == 0 || after >= segment->node_count) after = segment->node_count / 2;
    for (uint32_t i = after; i < segment->node_count; i++)
        plan->placements[segment->nodes[i]].min_level = segment->level + 1;
    nbx_note(plan->context, NBX_LOG_INFO, NBX_E_COMPILE_SHORTFALL, NULL, NULL,
             "try %u: segment %u needs %llu %s of %s, %llu are there; cut after '%s'", try_number, s, (unsigned long long)shortfall->demand,
             shortfall->unit, shortfall->resource, (unsigned long long)shortfall->limit,
             plan->graph->nodes[segment->nodes[after - 1]].n.name);
    return NBX_OK;
}

static nbx_status compile_segment(nbx_plan *plan, uint32_t s, uint32_t try_number, bool *again)
{
    nbx_arena *arena = nbx_arena_create();
    nbx_graph_view view;
    nbx_status status = arena ? build_view(plan, s, arena, &view) : nbx_raise_memory(plan->context);
    if (status == NBX_OK) {
        nbx_plan_segment *segment = &plan->segments[s];
        nbx_shortfall shortfall = {0};
        void *blob = NULL;
        status = nbx_blob_compile(plan->context, &plan->chips[segment->chip], &view, arena, &blob, &segment->blob_bytes, &shortfall);
        segment->blob = blob;
        *again = status == NBX_SHORTFALL;
        if (*again) status = cut_after(plan, s, &view, &shortfall, try_number);
    }
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

nbx_status nbx_compile_segments(nbx_plan *plan)
{
    NBX_TRY(need_data(plan));
    for (uint32_t try_number = 1;; try_number++) {
        bool again = false;
        for (uint32_t s = 0; s < plan->segment_count && !again; s++)
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
