/* SPDX-License-Identifier: Apache-2.0 */
/* Turns rule rows into reasons on a plan; evaluation of clauses is schema's, deciding what follows is the stages'. */
#include "core/check.h"

#include <string.h>

void nbx_checker_init(nbx_plan *plan, nbx_checker *out)
{
    out->plan = plan;
    nbx_graph_view_of(plan->graph, &out->view);
}

nbx_rule_call nbx_checker_call(const nbx_checker *checker, uint32_t chip, uint32_t node)
{
    const nbx_plan *plan = checker->plan;
    return (nbx_rule_call){.graph = &checker->view,
                           .node = node,
                           .chip = plan->chips[chip].chip,
                           .options = plan->chips[chip].options,
                           .option_count = plan->chips[chip].option_count,
                           .scheme = node == NBX_NONE ? NULL : plan->placements[node].scheme,
                           .producer = plan->uses.producer,
                           .fan_out = plan->fan_out,
                           .consumer = plan->consumer,
                           .segment = checker->segment,
                           .has_data = plan->has_data};
}

static nbx_reason *append(nbx_plan *plan, nbx_reason **first, nbx_reason **last, uint32_t chip)
{
    nbx_reason *reason = nbx_arena_alloc(plan->arena, sizeof(*reason));
    if (!reason) return NULL;
    reason->chip = chip;
    reason->text = reason->remedy = reason->source = "";
    reason->id = reason->variant = "";
    if (*last)
        (*last)->next = reason;
    else
        *first = reason;
    *last = reason;
    return reason;
}

nbx_reason *nbx_reason_add(nbx_plan *plan, uint32_t node, uint32_t chip)
{
    nbx_placement *row = &plan->placements[node];
    return append(plan, &row->reasons, &row->last_reason, chip);
}

/* A rule speaks once about a node, however many rounds ask it; what waited for data gives way to the answer. */
static nbx_reason *reason_of_rule(nbx_plan *plan, uint32_t node, uint32_t chip, const nbx_rule *rule)
{
    const char *variant = rule->variant ? rule->variant : "";
    for (nbx_reason *row = plan->placements[node].reasons; row; row = row->next)
        if (row->chip == chip && !strcmp(row->id, rule->id) && !strcmp(row->variant, variant)) return row;
    return nbx_reason_add(plan, node, chip);
}

static const char *subject_text(nbx_arena *arena, const nbx_subject *subject)
{
    const nbx_subject_info *info = nbx_subject_find(subject->kind);
    const char *name = info ? info->name : "?";
    const char *detail = subject->name ? subject->name : subject->axes;
    return detail ? nbx_arena_format(arena, "%s %s", name, detail) : name;
}

static void fill_limit(nbx_plan *plan, nbx_reason *reason, const nbx_failure *failure)
{
    const nbx_clause *clause = failure->row;
    char limit[200];
    reason->subject = subject_text(plan->arena, &clause->of);
    nbx_clause_limit_text(clause, failure->limit, limit, sizeof(limit));
    reason->limit_text = nbx_arena_string(plan->arena, limit);
    reason->has_limit = true;
    reason->lo = clause->lo;
    reason->hi = clause->hi;
    if (clause->check == NBX_CHECK_ONE_OF && clause->set) {
        reason->set = clause->set;
        reason->set_count = clause->set_count;
    }
    if (clause->check == NBX_CHECK_LE || clause->check == NBX_CHECK_EQ || clause->check == NBX_CHECK_MULTIPLE_OF)
        reason->lo = reason->hi = failure->limit;
    reason->has_actual = failure->actual.known;
    reason->actual = failure->actual.number;
    reason->actual_text = failure->actual.text ? nbx_arena_string(plan->arena, failure->actual.text) : NULL;
}

static nbx_status fill_reason(nbx_plan *plan, nbx_reason *reason, const nbx_rule *rule, const nbx_rule_call *call,
                              const nbx_failure *failure)
{
    char text[512];
    reason->id = rule->id;
    reason->variant = rule->variant ? rule->variant : "";
    reason->reason = rule->reason;
    reason->effect = rule->effect;
    reason->phase = nbx_rule_phase(rule);
    reason->grade = rule->grade;
    reason->source = rule->source ? rule->source : "";
    reason->remedy = rule->remedy_text ? rule->remedy_text : "";
    if (failure) {
        nbx_rule_message(rule, call, failure, text, sizeof(text));
        reason->text = nbx_arena_string(plan->arena, text);
        if (failure->row && !(rule->flags & NBX_RULE_LIMIT_PRIVATE)) fill_limit(plan, reason, failure);
    } else {
        reason->not_evaluated = true;
        reason->text = "not evaluated: needs data";
    }
    return reason->text ? NBX_OK : nbx_raise_memory(plan->context);
}

static bool concerns(const nbx_rule *rule, const nbx_chip *chip, uint16_t scope, const char *op)
{
    if (rule->scope != scope || (rule->flags & NBX_RULE_OFF)) return false;
    if (rule->chips && !nbx_list_has(rule->chips, chip->name)) return false;
    return !op || nbx_list_has(rule->ops, op);
}

static bool is_hard(const nbx_rule *rule)
{
    return rule->effect == NBX_EFFECT_REFUSE || rule->effect == NBX_EFFECT_REJECT;
}

/* FALSE: broken; UNKNOWN_YET: needs data; TRUE: fine or not concerned. */
static nbx_truth rule_holds(const nbx_rule *rule, const nbx_rule_call *call, nbx_phase phase, nbx_failure *failure)
{
    nbx_truth when = nbx_clauses_hold(&rule->when, call, phase, NULL);
    if (when == NBX_FALSE) return NBX_TRUE;
    nbx_truth must = nbx_clauses_hold(&rule->must, call, phase, failure);
    return when == NBX_UNKNOWN_YET && must == NBX_FALSE ? NBX_UNKNOWN_YET : must;
}

nbx_status nbx_check_node(const nbx_checker *checker, uint32_t chip, uint32_t node, nbx_phase first, nbx_phase last, bool *refused)
{
    nbx_plan *plan = checker->plan;
    const nbx_chip *row = plan->chips[chip].chip;
    const char *op = plan->graph->nodes[node].n.op;
    nbx_rule_call call = nbx_checker_call(checker, chip, node);
    for (uint32_t i = 0; i < row->rules.count; i++) {
        const nbx_rule *rule = NBX_ROW(nbx_rule, row->rules, i);
        if (!concerns(rule, row, NBX_SCOPE_NODE, op)) continue;
        nbx_phase phase = nbx_rule_phase(rule);
        if (phase < first || phase > last) continue;
        nbx_failure failure = {0};
        nbx_truth truth = rule_holds(rule, &call, last, &failure);
        if (truth == NBX_TRUE) continue;
        if (truth == NBX_UNKNOWN_YET && plan->has_data) continue; /* the quantity does not exist here */
        nbx_reason *reason = reason_of_rule(plan, node, chip, rule);
        if (!reason) return nbx_raise_memory(plan->context);
        reason->not_evaluated = false;
        NBX_TRY(fill_reason(plan, reason, rule, &call, truth == NBX_FALSE ? &failure : NULL));
        if (truth == NBX_FALSE && is_hard(rule)) *refused = true;
    }
    return NBX_OK;
}

nbx_status nbx_check_scope(nbx_plan *plan, uint32_t chip, uint16_t scope, const nbx_rule_call *call, nbx_reason **list,
                           const nbx_reason **broken)
{
    const nbx_chip *row = plan->chips[chip].chip;
    nbx_reason *last = *list;
    while (last && last->next)
        last = last->next;
    *broken = NULL;
    for (uint32_t i = 0; i < row->rules.count; i++) {
        const nbx_rule *rule = NBX_ROW(nbx_rule, row->rules, i);
        if (!concerns(rule, row, scope, NULL)) continue;
        nbx_failure failure = {0};
        if (rule_holds(rule, call, NBX_PHASE_plan, &failure) != NBX_FALSE) continue;
        nbx_reason *reason = append(plan, list, &last, chip);
        if (!reason) return nbx_raise_memory(plan->context);
        NBX_TRY(fill_reason(plan, reason, rule, call, &failure));
        if (is_hard(rule) && !*broken) *broken = reason;
    }
    return NBX_OK;
}

const nbx_op_row *nbx_chip_op(const nbx_chip *chip, const char *op)
{
    for (uint32_t i = 0; i < chip->ops.count; i++) {
        const nbx_op_row *row = NBX_ROW(nbx_op_row, chip->ops, i);
        if (!strcmp(row->op, op)) return row;
    }
    return NULL;
}

const char *nbx_plan_scheme(const nbx_plan *plan, uint32_t chip, uint32_t node)
{
    const nbx_placement *row = &plan->placements[node];
    if (row->wanted && (chip == 0 || row->forced == chip || row->off_target)) return row->wanted;
    return chip == 0 ? plan->scheme : NULL;
}

const nbx_combo *nbx_find_combo(const nbx_checker *checker, uint32_t chip, uint32_t node, const char *scheme, uint32_t flags_refused)
{
    const nbx_chip *row = checker->plan->chips[chip].chip;
    const char *op = checker->plan->graph->nodes[node].n.op;
    nbx_rule_call call = nbx_checker_call(checker, chip, node);
    for (uint32_t i = 0; i < row->combos.count; i++) {
        const nbx_combo *combo = NBX_ROW(nbx_combo, row->combos, i);
        if (combo->flags & flags_refused || !nbx_list_has(combo->ops, op)) continue;
        if (scheme ? strcmp(combo->scheme, scheme) != 0 : (combo->flags & NBX_COMBO_OPT_IN) != 0) continue;
        if (nbx_clauses_hold(&combo->when, &call, NBX_PHASE_structure, NULL) == NBX_TRUE) return combo;
    }
    return NULL;
}
