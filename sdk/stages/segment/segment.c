/* SPDX-License-Identifier: Apache-2.0 */
/* Cuts a placed graph into convex segments in execution order and asks the chips' segment and model rules; layouts come next. */
#include <string.h>

#include "schema/macs.h"
#include "stages/stages.h"

/*
 * The level of a node is the largest number of changes of chip on any path to it. Nodes of one chip and one level form one
 * segment: a path between two of them that leaves the chip would have raised the level, so every segment is convex.
 */
typedef struct cutter {
    nbx_plan *plan;
    nbx_arena *scratch;
    uint32_t *level;   /* per node */
    uint32_t *order;   /* node indices by (level, chip, index) */
    nbx_reason *notes; /* what rules on segments and the model say about this cut */
} cutter;

static bool joined(const nbx_plan *plan, uint32_t a, uint32_t b)
{
    return plan->placements[a].chip == plan->placements[b].chip;
}

static uint32_t raised(const cutter *c, uint32_t from, uint32_t to, uint32_t level)
{
    uint32_t need = c->level[from] + (joined(c->plan, from, to) ? 0 : 1);
    return need > level ? need : level;
}

/* A group is one unit: its members share the highest level among them. Later members only depend on earlier nodes. */
static bool level_pass(const cutter *c)
{
    const nbx_plan *plan = c->plan;
    bool changed = false;
    for (uint32_t n = 0; n < plan->graph->node_count; n++) {
        uint32_t level = c->level[n];
        const nbx_g_node *node = &plan->graph->nodes[n];
        for (uint32_t i = 0; i < node->n.inputs.count; i++) {
            uint32_t value = nbx_node_input(node, i);
            uint32_t from = value == NBX_NONE ? NBX_NONE : plan->uses.producer[value];
            if (from != NBX_NONE) level = raised(c, from, n, level);
        }
        uint32_t group = plan->placements[n].group;
        for (uint32_t i = 0; group != NBX_NONE && i < plan->groups[group].node_count; i++)
            if (c->level[plan->groups[group].nodes[i]] > level) level = c->level[plan->groups[group].nodes[i]];
        changed |= level != c->level[n];
        c->level[n] = level;
    }
    return changed;
}

/* Whether nothing but views lies between the node and the caller. */
static bool is_entry_view(const nbx_plan *plan, uint32_t node)
{
    while (node != NBX_NONE && plan->placements[node].verdict == NBX_VERDICT_VIEW)
        node = plan->uses.producer[nbx_node_input(&plan->graph->nodes[node], 0)];
    return node == NBX_NONE;
}

/* Views of model inputs wait for those that read them: alone on the first level they would be segments without work. */
static void sink_views(const cutter *c)
{
    const nbx_plan *plan = c->plan;
    for (uint32_t n = plan->graph->node_count; n-- > 0;) {
        if (plan->placements[n].verdict != NBX_VERDICT_VIEW || !is_entry_view(plan, n)) continue;
        uint32_t value = nbx_node_output(&plan->graph->nodes[n], 0), least = UINT32_MAX;
        for (uint32_t u = plan->uses.first[value]; u < plan->uses.first[value + 1]; u++) {
            uint32_t reader = plan->uses.consumers[u], most = c->level[reader] - (joined(plan, n, reader) ? 0 : 1);
            if (most < least) least = most;
        }
        if (least != UINT32_MAX && least > c->level[n]) c->level[n] = least;
    }
}

/* Stable counting sort by (level, chip). */
static nbx_status sort_nodes(cutter *c)
{
    const nbx_plan *plan = c->plan;
    uint32_t count = plan->graph->node_count, top = 0;
    for (uint32_t n = 0; n < count; n++)
        if (c->level[n] > top) top = c->level[n];
    size_t keys = ((size_t)top + 1) * plan->chip_count + 1;
    uint32_t *start = nbx_arena_array(c->scratch, keys + 1, sizeof(uint32_t));
    c->order = nbx_arena_array(c->scratch, (size_t)count + 1, sizeof(uint32_t));
    if (!start || !c->order) return nbx_raise_memory(plan->context);
    for (uint32_t n = 0; n < count; n++)
        start[(size_t)c->level[n] * plan->chip_count + plan->placements[n].chip + 1]++;
    for (size_t k = 1; k <= keys; k++)
        start[k] += start[k - 1];
    for (uint32_t n = 0; n < count; n++)
        c->order[start[(size_t)c->level[n] * plan->chip_count + plan->placements[n].chip]++] = n;
    return NBX_OK;
}

static nbx_status make_segments(cutter *c)
{
    nbx_plan *plan = c->plan;
    uint32_t count = plan->graph->node_count;
    plan->segments = nbx_arena_array(plan->arena, (size_t)count + 1, sizeof(nbx_plan_segment));
    uint32_t *nodes = nbx_arena_copy(plan->arena, c->order, (size_t)count * sizeof(uint32_t));
    if (!plan->segments || !nodes) return nbx_raise_memory(plan->context);
    plan->segment_count = 0;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t n = nodes[i];
        nbx_plan_segment *last = plan->segment_count ? &plan->segments[plan->segment_count - 1] : NULL;
        if (!last || last->chip != plan->placements[n].chip || last->level != c->level[n]) {
            last = &plan->segments[plan->segment_count++];
            *last = (nbx_plan_segment){.chip = plan->placements[n].chip, .level = c->level[n], .nodes = nodes + i};
        }
        last->node_count++;
        plan->placements[n].segment = plan->segment_count - 1;
    }
    return NBX_OK;
}

static bool leaves(const nbx_plan *plan, uint32_t value, uint32_t segment)
{
    if (plan->uses.is_output[value]) return true;
    for (uint32_t u = plan->uses.first[value]; u < plan->uses.first[value + 1]; u++)
        if (plan->placements[plan->uses.consumers[u]].segment != segment) return true;
    return false;
}

typedef struct port_list {
    nbx_plan_port *rows;
    uint32_t count;
} port_list;

static bool add_port(nbx_plan *plan, port_list *list, uint32_t *capacity, uint32_t value)
{
    if (!nbx_arena_grow(plan->arena, &list->rows, list->count, capacity, sizeof(nbx_plan_port))) return false;
    list->rows[list->count++] = (nbx_plan_port){.value = value};
    return true;
}

/* `seen` holds, per value, the last segment that listed it as an input. */
static nbx_status find_ports(cutter *c, uint32_t segment, uint32_t *seen)
{
    nbx_plan *plan = c->plan;
    nbx_plan_segment *row = &plan->segments[segment];
    port_list inputs = {0}, outputs = {0};
    uint32_t input_capacity = 0, output_capacity = 0;
    bool room = true;
    for (uint32_t i = 0; i < row->node_count; i++) {
        const nbx_g_node *node = &plan->graph->nodes[row->nodes[i]];
        for (uint32_t k = 0; k < node->n.inputs.count; k++) {
            uint32_t value = nbx_node_input(node, k);
            if (value == NBX_NONE || plan->graph->values[value].data || seen[value] == segment + 1) continue;
            uint32_t from = plan->uses.producer[value];
            if (from != NBX_NONE && plan->placements[from].segment == segment) continue;
            seen[value] = segment + 1;
            room &= add_port(plan, &inputs, &input_capacity, value);
        }
        for (uint32_t k = 0; k < node->n.outputs.count; k++) {
            uint32_t value = nbx_node_output(node, k);
            if (value != NBX_NONE && leaves(plan, value, segment)) room &= add_port(plan, &outputs, &output_capacity, value);
        }
    }
    if (!room) return nbx_raise_memory(plan->context);
    row->inputs = inputs.rows;
    row->input_count = inputs.count;
    row->outputs = outputs.rows;
    row->output_count = outputs.count;
    return NBX_OK;
}

static nbx_status fill_info(cutter *c, const nbx_plan_segment *row, nbx_segment_info *out)
{
    uint32_t *inputs = nbx_arena_array(c->scratch, (size_t)row->input_count + 1, sizeof(uint32_t));
    uint32_t *outputs = nbx_arena_array(c->scratch, (size_t)row->output_count + 1, sizeof(uint32_t));
    if (!inputs || !outputs) return nbx_raise_memory(c->plan->context);
    for (uint32_t i = 0; i < row->input_count; i++)
        inputs[i] = row->inputs[i].value;
    for (uint32_t i = 0; i < row->output_count; i++)
        outputs[i] = row->outputs[i].value;
    *out = (nbx_segment_info){.nodes = row->nodes,
                              .node_count = row->node_count,
                              .inputs = inputs,
                              .input_count = row->input_count,
                              .outputs = outputs,
                              .output_count = row->output_count};
    return NBX_OK;
}

/* Predicted gain of keeping a segment on its chip: the work it takes off the fallback. 0 for views alone. */
static double gain_of(const cutter *c, const nbx_graph_view *view, const nbx_plan_segment *row)
{
    double gain = 0;
    for (uint32_t i = 0; i < row->node_count; i++) {
        if (c->plan->placements[row->nodes[i]].verdict == NBX_VERDICT_VIEW) continue;
        gain += 1.0 + (double)nbx_node_macs(view, row->nodes[i]);
    }
    return gain;
}

static uint32_t count_work(const nbx_plan *plan, const nbx_plan_segment *row)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < row->node_count; i++)
        count += plan->placements[row->nodes[i]].verdict != NBX_VERDICT_VIEW;
    return count;
}

static nbx_status demote_segment(cutter *c, const nbx_plan_segment *row, const nbx_reason *why, uint32_t *demoted)
{
    *demoted += count_work(c->plan, row);
    return nbx_demote_nodes(c->plan, row->nodes, row->node_count, why);
}

static nbx_status demote_least(cutter *c, const nbx_graph_view *view, uint32_t chip, const nbx_reason *why, uint32_t *demoted)
{
    const nbx_plan_segment *least = NULL;
    double least_gain = 0;
    for (uint32_t s = 0; s < c->plan->segment_count; s++) {
        const nbx_plan_segment *row = &c->plan->segments[s];
        double gain = row->chip == chip ? gain_of(c, view, row) : 0;
        if (gain <= 0 || (least && gain >= least_gain)) continue;
        least = row;
        least_gain = gain;
    }
    return least ? demote_segment(c, least, why, demoted) : NBX_OK;
}

/* A segment that breaks a rule is cut in half; one that cannot be cut leaves the chip. Views alone have nowhere to go. */
static nbx_status split_or_demote(cutter *c, uint32_t s, const nbx_reason *why, uint32_t *demoted, bool *split)
{
    const nbx_plan_segment *row = &c->plan->segments[s];
    uint32_t after = row->node_count / 2;
    *split = nbx_plan_split(c->plan, s, &after);
    return *split || !count_work(c->plan, row) ? NBX_OK : demote_segment(c, row, why, demoted);
}

static nbx_status check_segment_rules(cutter *c, nbx_checker *checker, uint32_t chip, nbx_segment_info *infos, uint32_t *count,
                                      uint32_t *demoted, bool *split)
{
    nbx_plan *plan = c->plan;
    for (uint32_t s = 0; s < plan->segment_count && !*demoted && !*split; s++) {
        if (plan->segments[s].chip != chip) continue;
        NBX_TRY(fill_info(c, &plan->segments[s], &infos[*count]));
        nbx_rule_call call = nbx_checker_call(checker, chip, NBX_NONE);
        call.segment = &infos[(*count)++];
        const nbx_reason *broken;
        NBX_TRY(nbx_check_scope(plan, chip, NBX_SCOPE_SEGMENT, &call, &c->notes, &broken));
        if (broken && broken->effect == NBX_EFFECT_REJECT)
            plan->rejected = true;
        else if (broken)
            NBX_TRY(split_or_demote(c, s, broken, demoted, split));
    }
    return NBX_OK;
}

static nbx_status check_model_rules(cutter *c, nbx_checker *checker, uint32_t chip, const nbx_segment_info *infos, uint32_t count,
                                    uint32_t *demoted)
{
    nbx_rule_call call = nbx_checker_call(checker, chip, NBX_NONE);
    call.segments = infos;
    call.segment_count = count;
    const nbx_reason *broken;
    NBX_TRY(nbx_check_scope(c->plan, chip, NBX_SCOPE_MODEL, &call, &c->notes, &broken));
    if (broken && broken->effect == NBX_EFFECT_REJECT)
        c->plan->rejected = true;
    else if (broken && count)
        NBX_TRY(demote_least(c, &checker->view, chip, broken, demoted));
    return NBX_OK;
}

/* Rules of nodes that ask where in its segment a node is. */
static nbx_status check_positions(cutter *c, nbx_checker *checker, uint32_t chip, const nbx_segment_info *infos, uint32_t count,
                                  uint32_t *demoted)
{
    for (uint32_t s = 0; s < count; s++) {
        checker->segment = &infos[s];
        for (uint32_t i = 0; i < infos[s].node_count; i++) {
            uint32_t node = infos[s].nodes[i];
            bool refused = false;
            if (c->plan->placements[node].verdict == NBX_VERDICT_VIEW) continue;
            NBX_TRY(nbx_check_node(checker, chip, node, NBX_PHASE_plan, NBX_PHASE_plan, &refused));
            if (!refused) continue;
            ++*demoted;
            NBX_TRY(nbx_demote_nodes(c->plan, &node, 1, NULL));
        }
    }
    checker->segment = NULL;
    return NBX_OK;
}

static nbx_status check_limits(cutter *c, uint32_t *demoted, bool *split)
{
    nbx_plan *plan = c->plan;
    nbx_checker checker;
    nbx_checker_init(plan, &checker);
    for (uint32_t chip = 0; chip < plan->chip_count && !*demoted && !*split; chip++) {
        uint32_t count = 0;
        nbx_segment_info *infos = nbx_arena_array(c->scratch, (size_t)plan->segment_count + 1, sizeof(*infos));
        if (!infos) return nbx_raise_memory(plan->context);
        nbx_plan_publish(plan, chip);
        NBX_TRY(check_segment_rules(c, &checker, chip, infos, &count, demoted, split));
        if (!*demoted && !*split) NBX_TRY(check_model_rules(c, &checker, chip, infos, count, demoted));
        if (!*demoted && !*split) NBX_TRY(check_positions(c, &checker, chip, infos, count, demoted));
    }
    return NBX_OK;
}

/* What is left to say about the final cut joins what is said about the model; compile may cut again. */
static void keep_notes(cutter *c)
{
    nbx_reason **end = &c->plan->model_reasons;
    while (*end)
        end = &(*end)->next;
    while (c->notes) {
        nbx_reason *row = c->notes, *same = c->plan->model_reasons;
        c->notes = row->next;
        while (same && (same->chip != row->chip || strcmp(same->id, row->id) != 0 || strcmp(same->text, row->text) != 0))
            same = same->next;
        if (same) continue;
        row->next = NULL;
        *end = row;
        end = &row->next;
    }
}

static nbx_status cut(cutter *c, uint32_t *demoted, bool *split)
{
    nbx_plan *plan = c->plan;
    uint32_t count = plan->graph->node_count;
    c->level = nbx_arena_array(c->scratch, (size_t)count + 1, sizeof(uint32_t));
    uint32_t *seen = nbx_arena_array(c->scratch, (size_t)plan->graph->value_count + 1, sizeof(uint32_t));
    if (!c->level || !seen) return nbx_raise_memory(plan->context);
    c->notes = NULL;
    for (uint32_t n = 0; n < count; n++)
        c->level[n] = plan->placements[n].min_level;
    while (level_pass(c))
        continue;
    sink_views(c);
    NBX_TRY(sort_nodes(c));
    NBX_TRY(make_segments(c));
    for (uint32_t s = 0; s < plan->segment_count; s++)
        NBX_TRY(find_ports(c, s, seen));
    return check_limits(c, demoted, split);
}

nbx_status nbx_cut_segments(nbx_plan *plan, uint32_t *demoted)
{
    nbx_status status = NBX_OK;
    bool split = true;
    *demoted = 0;
    while (split && status == NBX_OK) { /* every split leaves a unit behind on its level, so it ends */
        split = false;
        cutter c = {.plan = plan, .scratch = nbx_arena_create()};
        status = c.scratch ? cut(&c, demoted, &split) : nbx_raise_memory(plan->context);
        if (status == NBX_OK && !split && !*demoted) keep_notes(&c);
        nbx_arena_destroy(c.scratch);
    }
    return status;
}
