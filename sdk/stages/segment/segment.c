/* SPDX-License-Identifier: Apache-2.0 */
/* Cuts a placed graph into convex segments in execution order and asks the chips' segment and model rules; layouts come next. */
#include "schema/macs.h"
#include "stages/stages.h"

/*
 * The level of a node is the largest number of changes of chip on any path to it. Nodes of one chip and one level form one
 * segment: a path between two of them that leaves the chip would have raised the level, so every segment is convex.
 */
typedef struct cutter {
    nbx_plan *plan;
    nbx_arena *scratch;
    uint32_t *level; /* per node */
    uint32_t *order; /* node indices by (level, chip, index) */
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

/* Predicted gain of keeping a segment on its chip: the work it takes off the fallback. Views alone are worth nothing. */
static double gain_of(const cutter *c, const nbx_graph_view *view, const nbx_plan_segment *row)
{
    double gain = 0;
    for (uint32_t i = 0; i < row->node_count; i++)
        gain += (double)nbx_node_macs(view, row->nodes[i]) + (c->plan->placements[row->nodes[i]].verdict != NBX_VERDICT_VIEW);
    return gain;
}

static nbx_status demote_least(cutter *c, const nbx_graph_view *view, uint32_t chip, const nbx_reason *why, uint32_t *demoted)
{
    const nbx_plan_segment *least = NULL;
    double least_gain = 0;
    for (uint32_t s = 0; s < c->plan->segment_count; s++) {
        const nbx_plan_segment *row = &c->plan->segments[s];
        if (row->chip != chip) continue;
        double gain = gain_of(c, view, row);
        if (least && gain >= least_gain) continue;
        least = row;
        least_gain = gain;
    }
    if (!least) return NBX_OK;
    *demoted += least->node_count;
    return nbx_demote_nodes(c->plan, least->nodes, least->node_count, why);
}

/* Cuts a segment in two at half its nodes; a segment of one node can only be demoted. */
static nbx_status split_or_demote(cutter *c, const nbx_plan_segment *row, const nbx_reason *why, uint32_t *demoted)
{
    *demoted += row->node_count;
    if (row->node_count < 2) return nbx_demote_nodes(c->plan, row->nodes, row->node_count, why);
    for (uint32_t i = row->node_count / 2; i < row->node_count; i++)
        c->plan->placements[row->nodes[i]].min_level = row->level + 1;
    return NBX_OK;
}

static nbx_status check_segment_rules(cutter *c, nbx_checker *checker, uint32_t chip, nbx_segment_info *infos, uint32_t *count,
                                      uint32_t *demoted)
{
    nbx_plan *plan = c->plan;
    for (uint32_t s = 0; s < plan->segment_count && !*demoted; s++) {
        if (plan->segments[s].chip != chip) continue;
        NBX_TRY(fill_info(c, &plan->segments[s], &infos[*count]));
        nbx_rule_call call = nbx_checker_call(checker, chip, NBX_NONE);
        call.segment = &infos[(*count)++];
        const nbx_reason *broken;
        nbx_reason *list = NULL;
        NBX_TRY(nbx_check_scope(plan, chip, NBX_SCOPE_SEGMENT, &call, &list, &broken));
        if (broken) NBX_TRY(split_or_demote(c, &plan->segments[s], broken, demoted));
    }
    return NBX_OK;
}

static nbx_status check_limits(cutter *c, uint32_t *demoted)
{
    nbx_plan *plan = c->plan;
    nbx_checker checker;
    nbx_checker_init(plan, &checker);
    for (uint32_t chip = 0; chip < plan->chip_count && !*demoted; chip++) {
        uint32_t count = 0;
        nbx_segment_info *infos = nbx_arena_array(c->scratch, (size_t)plan->segment_count + 1, sizeof(*infos));
        if (!infos) return nbx_raise_memory(plan->context);
        NBX_TRY(check_segment_rules(c, &checker, chip, infos, &count, demoted));
        if (*demoted) return NBX_OK;
        nbx_rule_call call = nbx_checker_call(&checker, chip, NBX_NONE);
        call.segments = infos;
        call.segment_count = count;
        const nbx_reason *broken;
        nbx_reason *list = NULL;
        NBX_TRY(nbx_check_scope(plan, chip, NBX_SCOPE_MODEL, &call, &list, &broken));
        if (broken && count) NBX_TRY(demote_least(c, &checker.view, chip, broken, demoted));
    }
    return NBX_OK;
}

static nbx_status cut(cutter *c, uint32_t *demoted)
{
    nbx_plan *plan = c->plan;
    uint32_t count = plan->graph->node_count;
    c->level = nbx_arena_array(c->scratch, (size_t)count + 1, sizeof(uint32_t));
    uint32_t *seen = nbx_arena_array(c->scratch, (size_t)plan->graph->value_count + 1, sizeof(uint32_t));
    if (!c->level || !seen) return nbx_raise_memory(plan->context);
    for (uint32_t n = 0; n < count; n++)
        c->level[n] = plan->placements[n].min_level;
    while (level_pass(c))
        continue;
    NBX_TRY(sort_nodes(c));
    NBX_TRY(make_segments(c));
    for (uint32_t s = 0; s < plan->segment_count; s++)
        NBX_TRY(find_ports(c, s, seen));
    return check_limits(c, demoted);
}

nbx_status nbx_cut_segments(nbx_plan *plan, uint32_t *demoted)
{
    *demoted = 0;
    cutter c = {.plan = plan, .scratch = nbx_arena_create()};
    nbx_status status = c.scratch ? cut(&c, demoted) : nbx_raise_memory(plan->context);
    nbx_arena_destroy(c.scratch);
    return status;
}
