/* SPDX-License-Identifier: Apache-2.0 */
/* Shows a plugin the nodes that its tables took and keeps what it refuses; what follows from a refusal is place.c's work. */
#include <string.h>

#include "core/executor.h"
#include "stages/place/place.h"

typedef struct asker {
    nbx_plan *plan;
    uint32_t chip;
    bool *refused;
    uint32_t *origin; /* graph node of every node of the view */
    uint32_t count;
    nbx_status status;
} asker;

static void keep_refusal(void *self, uint32_t node, uint32_t reason, const char *id, const char *text)
{
    asker *a = self;
    if (node >= a->count) return;
    nbx_plan *plan = a->plan;
    uint32_t n = a->origin[node];
    nbx_reason *row = nbx_reason_add(plan, n, a->chip);
    if (!row) {
        a->status = nbx_raise_memory(plan->context);
        return;
    }
    const char *name = plan->graph->nodes[n].n.name, *who = plan->chips[a->chip].plugin->name;
    row->effect = NBX_EFFECT_REFUSE;
    row->reason = reason ? (uint16_t)reason : NBX_REASON_POLICY;
    row->phase = NBX_PHASE_values;
    row->id = id ? nbx_arena_string(plan->arena, id) : "NBX-CHECK-001";
    row->text = nbx_arena_format(plan->arena, "%s: %s", name, text ? text : "the plugin's own check refuses it");
    row->subject = "CHECK";
    row->has_limit = row->has_actual = true;
    row->limit_text = nbx_arena_format(plan->arena, "accepted by the check of plugin %s", who);
    row->actual_text = "refused";
    row->remedy = "place it elsewhere with `fallback:`";
    a->refused[n] = true;
    if (!row->id || !row->text || !row->limit_text) a->status = nbx_raise_memory(plan->context);
}

static bool leaves(const nbx_plan *plan, uint32_t chip, uint32_t value)
{
    if (plan->uses.is_output[value]) return true;
    for (uint32_t u = plan->uses.first[value]; u < plan->uses.first[value + 1]; u++)
        if (plan->placements[plan->uses.consumers[u]].chip != chip) return true;
    return false;
}

/* Values that enter and leave the nodes of the chip, as the view's ports. */
static nbx_status find_ports(const nbx_plan *plan, uint32_t chip, nbx_arena *arena, nbx_view_request *request)
{
    uint32_t values = plan->graph->value_count, inputs = 0, outputs = 0;
    uint32_t *in = nbx_arena_array(arena, (size_t)values + 1, sizeof(uint32_t));
    uint32_t *out = nbx_arena_array(arena, (size_t)values + 1, sizeof(uint32_t));
    if (!in || !out) return nbx_raise_memory(plan->context);
    for (uint32_t v = 0; v < values; v++) {
        uint32_t from = plan->uses.producer[v];
        bool read = false;
        for (uint32_t u = plan->uses.first[v]; u < plan->uses.first[v + 1]; u++)
            read |= plan->placements[plan->uses.consumers[u]].chip == chip;
        if (from != NBX_NONE && plan->placements[from].chip == chip) {
            if (leaves(plan, chip, v)) out[outputs++] = v;
        } else if (read && !plan->graph->values[v].data) {
            in[inputs++] = v;
        }
    }
    request->inputs = in;
    request->input_count = inputs;
    request->outputs = out;
    request->output_count = outputs;
    return NBX_OK;
}

static nbx_status ask(asker *a, nbx_arena *arena)
{
    nbx_plan *plan = a->plan;
    nbx_plan_chip *chip = &plan->chips[a->chip];
    uint32_t *nodes = nbx_arena_array(arena, (size_t)plan->graph->node_count + 1, sizeof(uint32_t));
    a->origin = nbx_arena_array(arena, (size_t)plan->graph->node_count + 1, sizeof(uint32_t));
    if (!nodes || !a->origin) return nbx_raise_memory(plan->context);
    for (uint32_t n = 0; n < plan->graph->node_count; n++)
        if (plan->placements[n].chip == a->chip) nodes[a->count++] = n;
    if (!a->count) return NBX_OK;
    nbx_view_request request = {.graph = plan->graph,
                                .nodes = nodes,
                                .node_count = a->count,
                                .values = chip->values,
                                .plan = plan,
                                .constants = nbx_constants_create(plan->graph, chip->values),
                                .name = plan->graph->name,
                                .origin = a->origin};
    nbx_graph_view view;
    nbx_status status = request.constants ? find_ports(plan, a->chip, arena, &request) : nbx_raise_memory(plan->context);
    if (status == NBX_OK) status = nbx_view_build(plan->context, arena, &request, &view);
    if (status == NBX_OK) status = nbx_plan_chip_open(plan->context, chip);
    if (status == NBX_OK) {
        nbx_check_sink sink = {.struct_size = sizeof(sink), .self = a, .refuse = keep_refusal};
        status = chip->plugin->api.check(chip->device, &view, &sink);
        if (status == NBX_OK)
            status = a->status;
        else
            status = nbx_raise(plan->context, NBX_E_CORE_PLUGIN_CALL, NULL, NULL, "plugin '%s': check failed with %s", chip->plugin->name,
                               nbx_status_name(status));
    }
    nbx_constants_destroy(request.constants);
    return status;
}

nbx_status nbx_ask_plugin(nbx_plan *plan, uint32_t chip, bool *refused)
{
    if (!nbx_plugin_checks(&plan->chips[chip].plugin->api)) return NBX_OK;
    asker a = {.plan = plan, .chip = chip, .refused = refused};
    nbx_arena *arena = nbx_arena_create();
    nbx_status status = arena ? ask(&a, arena) : nbx_raise_memory(plan->context);
    nbx_arena_destroy(arena);
    return status;
}
