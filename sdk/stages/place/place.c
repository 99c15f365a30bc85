/* SPDX-License-Identifier: Apache-2.0 */
/* Gives each node to the first chip whose tables take it, and keeps every reason of those that do not; numbers come later. */
#include <string.h>

#include "stages/place/place.h"

static nbx_status refuse(nbx_plan *plan, uint32_t node, uint32_t chip, uint16_t code, const char *id, const char *text)
{
    nbx_reason *reason = nbx_reason_add(plan, node, chip);
    if (!reason || !text) return nbx_raise_memory(plan->context);
    reason->reason = code;
    reason->effect = NBX_EFFECT_REFUSE;
    reason->id = id;
    reason->text = text;
    reason->remedy = "place it elsewhere with `fallback:`, or replace the op";
    return NBX_OK;
}

/* What a refusal that no rule row stands behind says instead of a clause. */
static void state_limit(nbx_plan *plan, uint32_t node, const char *subject, const char *limit, const char *actual)
{
    nbx_reason *reason = plan->placements[node].last_reason;
    reason->subject = subject;
    reason->has_limit = reason->has_actual = true;
    reason->limit_text = limit;
    reason->actual_text = actual;
}

static nbx_status check_form(nbx_plan *plan, uint32_t node, uint32_t chip, bool *refused)
{
    nbx_form_fault fault;
    *refused = nbx_find_form_fault(plan, node, &fault);
    if (!*refused) return NBX_OK;
    NBX_TRY(refuse(plan, node, chip, fault.reason, fault.id, fault.text));
    state_limit(plan, node, fault.subject, fault.limit, fault.actual);
    return NBX_OK;
}

static nbx_status refuse_by_row(nbx_plan *plan, uint32_t node, uint32_t chip, const nbx_op_row *row)
{
    const nbx_chip *model = plan->chips[chip].chip;
    const char *op = plan->graph->nodes[node].n.op, *name = plan->graph->nodes[node].n.name;
    const char *id = row && row->id ? row->id : "NBX-OP-003";
    const char *note = row && row->note ? row->note : "not in the chip's table of ops";
    NBX_TRY(refuse(plan, node, chip, NBX_REASON_OP_UNKNOWN, id,
                   nbx_arena_format(plan->arena, "%s: %s is not available on %s (%s)", name, op, model->name, note)));
    nbx_reason *reason = plan->placements[node].last_reason;
    state_limit(plan, node, "OP", "an op of the chip's table", op);
    if (row) {
        reason->grade = row->grade;
        if (row->source) reason->source = row->source;
        if (row->remedy_text) reason->remedy = row->remedy_text;
    }
    return NBX_OK;
}

static nbx_status choose_combo(const nbx_checker *checker, uint32_t node, uint32_t chip, bool *refused)
{
    nbx_plan *plan = checker->plan;
    nbx_placement *row = &plan->placements[node];
    const nbx_op_schema *schema = plan->graph->nodes[node].schema;
    row->combo = NULL;
    row->scheme = NULL;
    if (schema->quant == NBX_QUANT_index) return NBX_OK;
    const char *scheme = nbx_plan_scheme(plan, chip, node);
    uint32_t special = NBX_COMBO_OUTPUT_ONLY | NBX_COMBO_BOUNDARY_INPUT;
    row->combo = nbx_find_combo(checker, chip, node, scheme, special);
    if (row->combo) {
        row->scheme = row->combo->scheme;
        return NBX_OK;
    }
    *refused = true;
    NBX_TRY(refuse(plan, node, chip, NBX_REASON_QUANT_SCHEME, "NBX-SCHEME-001",
                   nbx_arena_format(plan->arena, "%s: %s has no combination of encodings for %s%s%s", plan->graph->nodes[node].n.name,
                                    plan->chips[chip].chip->name, schema->name, scheme ? " in scheme " : "", scheme ? scheme : "")));
    state_limit(plan, node, "SCHEME", "a scheme that the chip's combinations have for this op", scheme ? scheme : "default");
    row->last_reason->remedy = "choose another scheme for this node with `nodes:`, or another place";
    return NBX_OK;
}

static nbx_status try_chip(const nbx_checker *checker, uint32_t node, uint32_t chip, bool *refused)
{
    nbx_plan *plan = checker->plan;
    nbx_placement *row = &plan->placements[node];
    *refused = false;
    NBX_TRY(check_form(plan, node, chip, refused));
    if (*refused) return NBX_OK;
    const nbx_op_row *op = nbx_chip_op(plan->chips[chip].chip, plan->graph->nodes[node].n.op);
    if (!op || !op->listed) {
        *refused = true;
        return refuse_by_row(plan, node, chip, op);
    }
    NBX_TRY(choose_combo(checker, node, chip, refused));
    NBX_TRY(nbx_check_node(checker, chip, node, NBX_PHASE_structure, NBX_PHASE_structure, refused));
    if (*refused) return NBX_OK;
    row->chip = chip;
    row->verdict = op->emulated ? NBX_VERDICT_EMULATED : NBX_VERDICT_NATIVE;
    row->note = op->note;
    return NBX_OK;
}

static nbx_status place_node(const nbx_checker *checker, uint32_t node)
{
    nbx_plan *plan = checker->plan;
    nbx_placement *row = &plan->placements[node];
    row->chip = NBX_NONE;
    row->verdict = NBX_VERDICT_REFUSED;
    row->combo = NULL;
    row->scheme = NULL;
    for (uint32_t chip = row->first_chip; chip < plan->chip_count; chip++) {
        if (row->forced != NBX_NONE && row->forced != chip) continue;
        bool refused;
        NBX_TRY(try_chip(checker, node, chip, &refused));
        if (!refused) return NBX_OK;
    }
    return NBX_OK;
}

static bool is_view(const nbx_plan *plan, uint32_t node)
{
    return (plan->graph->nodes[node].n.flags & NBX_NODE_VIEW) != 0;
}

/* The chip on the other side of a view: its producer's, else its first consumer's. */
static uint32_t neighbour(const nbx_plan *plan, uint32_t node, bool forwards)
{
    const nbx_g_node *row = &plan->graph->nodes[node];
    uint32_t value = forwards ? nbx_node_input(row, 0) : nbx_node_output(row, 0);
    if (value == NBX_NONE) return NBX_NONE;
    if (forwards) return plan->uses.producer[value];
    return plan->uses.first[value] < plan->uses.first[value + 1] ? plan->uses.consumers[plan->uses.first[value]] : NBX_NONE;
}

/* Views keep the bytes, so they are free wherever their neighbour is. */
static void place_views(nbx_plan *plan)
{
    uint32_t count = plan->graph->node_count;
    for (uint32_t n = 0; n < count; n++) {
        if (!is_view(plan, n)) continue;
        uint32_t other = neighbour(plan, n, true);
        plan->placements[n].verdict = NBX_VERDICT_VIEW;
        plan->placements[n].chip = other == NBX_NONE ? NBX_NONE : plan->placements[other].chip;
    }
    for (uint32_t n = count; n-- > 0;) {
        if (!is_view(plan, n) || plan->placements[n].chip != NBX_NONE) continue;
        uint32_t other = neighbour(plan, n, false);
        plan->placements[n].chip = other == NBX_NONE ? NBX_NONE : plan->placements[other].chip;
        if (plan->placements[n].chip == NBX_NONE) plan->placements[n].chip = plan->chip_count - 1;
    }
}

static uint32_t count_refused(const nbx_plan *plan)
{
    uint32_t refused = 0;
    for (uint32_t n = 0; n < plan->graph->node_count; n++)
        refused += plan->placements[n].verdict == NBX_VERDICT_REFUSED;
    return refused;
}

nbx_status nbx_place_nodes(nbx_plan *plan)
{
    nbx_checker checker;
    nbx_checker_init(plan, &checker);
    for (uint32_t n = 0; n < plan->graph->node_count; n++)
        if (!is_view(plan, n)) NBX_TRY(place_node(&checker, n));
    place_views(plan);
    plan->refused = count_refused(plan);
    return NBX_OK;
}

/* Cuts that were made for another placement are void. */
static void forget_cuts(nbx_plan *plan)
{
    for (uint32_t n = 0; n < plan->graph->node_count; n++)
        plan->placements[n].min_level = 0;
}

/* Takes a node off its chip and gives it to the next one that has it. */
static nbx_status demote(const nbx_checker *checker, uint32_t node)
{
    nbx_placement *row = &checker->plan->placements[node];
    row->first_chip = row->chip + 1;
    row->group = NBX_NONE;
    return place_node(checker, node);
}

/* Marks the nodes of a chip that its rules on types and values refuse. */
static nbx_status check_chip(const nbx_checker *checker, uint32_t chip, bool *refused)
{
    nbx_plan *plan = checker->plan;
    nbx_plan_publish(plan, chip);
    for (uint32_t n = 0; n < plan->graph->node_count; n++)
        if (!is_view(plan, n) && plan->placements[n].chip == chip)
            NBX_TRY(nbx_check_node(checker, chip, n, NBX_PHASE_types, NBX_PHASE_values, &refused[n]));
    return nbx_ask_plugin(plan, chip, refused);
}

nbx_status nbx_recheck(nbx_plan *plan, uint32_t *demoted)
{
    nbx_checker checker;
    uint32_t count = plan->graph->node_count;
    bool *refused = nbx_arena_array(plan->arena, (size_t)count + 1, sizeof(bool));
    *demoted = 0;
    if (!refused) return nbx_raise_memory(plan->context);
    nbx_checker_init(plan, &checker);
    for (uint32_t chip = 0; chip < plan->chip_count; chip++)
        NBX_TRY(check_chip(&checker, chip, refused));
    for (uint32_t n = 0; n < count; n++) { /* after all were asked: a new chip has not chosen encodings for them yet */
        if (!refused[n]) continue;
        NBX_TRY(demote(&checker, n));
        ++*demoted;
    }
    if (*demoted) forget_cuts(plan);
    place_views(plan);
    plan->refused = count_refused(plan);
    return NBX_OK;
}

nbx_status nbx_demote_nodes(nbx_plan *plan, const uint32_t *nodes, uint32_t count, const nbx_reason *why)
{
    nbx_checker checker;
    nbx_checker_init(plan, &checker);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t n = nodes[i];
        if (is_view(plan, n) || plan->placements[n].chip == NBX_NONE) continue;
        nbx_reason *reason = why ? nbx_reason_add(plan, n, plan->placements[n].chip) : NULL;
        if (why && !reason) return nbx_raise_memory(plan->context);
        if (why) {
            *reason = *why;
            reason->next = NULL;
            reason->reason = NBX_REASON_NOT_PROFITABLE;
        }
        NBX_TRY(demote(&checker, n));
    }
    forget_cuts(plan);
    place_views(plan);
    plan->refused = count_refused(plan);
    return NBX_OK;
}
