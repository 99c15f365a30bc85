/* SPDX-License-Identifier: Apache-2.0 */
/* Forms groups from the fusion rows of each node's chip, longest match first; what a group computes is the contract's matter. */
#include <string.h>

#include "stages/stages.h"

#define MOST_STEPS 8u

/* "Conv > Add > Relu|Clip" cut into its steps; texts point into the pattern. */
typedef struct pattern {
    const char *step[MOST_STEPS];
    uint32_t length[MOST_STEPS];
    uint32_t count;
} pattern;

static pattern cut_pattern(const char *text)
{
    pattern out = {0};
    while (*text && out.count < MOST_STEPS) {
        while (*text == ' ' || *text == '>')
            text++;
        size_t length = strcspn(text, " >");
        if (!length) break;
        out.step[out.count] = text;
        out.length[out.count++] = (uint32_t)length;
        text += length;
    }
    return out;
}

static bool step_has(const pattern *p, uint32_t step, const char *op)
{
    const char *text = p->step[step], *end = text + p->length[step];
    size_t wanted = strlen(op);
    while (text < end) {
        const char *bar = memchr(text, '|', (size_t)(end - text));
        const char *stop = bar ? bar : end;
        if ((size_t)(stop - text) == wanted && !strncmp(text, op, wanted)) return true;
        text = stop + 1;
    }
    return false;
}

/* The node that alone reads the first output of `node`, on the same chip and free; else NBX_NONE. */
static uint32_t next_in_chain(const nbx_plan *plan, uint32_t node)
{
    uint32_t value = nbx_node_output(&plan->graph->nodes[node], 0);
    uint32_t next = plan->consumer[value];
    if (next == NBX_NONE || plan->placements[next].group != NBX_NONE) return NBX_NONE;
    return plan->placements[next].chip == plan->placements[node].chip ? next : NBX_NONE;
}

static uint32_t match(const nbx_checker *checker, const nbx_fusion *fusion, uint32_t node, uint32_t *nodes)
{
    const nbx_plan *plan = checker->plan;
    pattern p = cut_pattern(fusion->pattern);
    uint32_t at = node;
    for (uint32_t i = 0; i < p.count; i++) {
        if (i) at = next_in_chain(plan, at);
        if (at == NBX_NONE || !step_has(&p, i, plan->graph->nodes[at].n.op)) return 0;
        if (i && plan->placements[at].scheme != plan->placements[node].scheme &&
            (!plan->placements[at].scheme || !plan->placements[node].scheme ||
             strcmp(plan->placements[at].scheme, plan->placements[node].scheme) != 0))
            return 0;
        nodes[i] = at;
    }
    nbx_rule_call call = nbx_checker_call(checker, plan->placements[node].chip, node);
    return nbx_clauses_hold(&fusion->when, &call, NBX_PHASE_structure, NULL) == NBX_TRUE ? p.count : 0;
}

static nbx_status add_group(nbx_plan *plan, const nbx_fusion *fusion, const uint32_t *nodes, uint32_t count)
{
    if (!nbx_arena_grow(plan->arena, &plan->groups, plan->group_count, &plan->group_capacity, sizeof(nbx_plan_group)))
        return nbx_raise_memory(plan->context);
    nbx_plan_group *group = &plan->groups[plan->group_count];
    const nbx_combo *combo = plan->placements[nodes[0]].combo;
    *group = (nbx_plan_group){.chip = plan->placements[nodes[0]].chip, .fusion = fusion, .node_count = count};
    group->nodes = nbx_arena_copy(plan->arena, nodes, count * sizeof(uint32_t));
    group->arith = fusion->arith ? fusion->arith : combo ? combo->arith : NULL;
    if (!group->nodes) return nbx_raise_memory(plan->context);
    for (uint32_t i = 0; i < count; i++) {
        nbx_placement *row = &plan->placements[nodes[i]];
        row->group = plan->group_count;
        if (i) row->verdict = NBX_VERDICT_FUSED;
    }
    plan->group_count++;
    return NBX_OK;
}

static nbx_status group_node(const nbx_checker *checker, uint32_t node)
{
    nbx_plan *plan = checker->plan;
    const nbx_chip *chip = plan->chips[plan->placements[node].chip].chip;
    uint32_t best[MOST_STEPS], best_count = 1;
    const nbx_fusion *fusion = NULL;
    for (uint32_t i = 0; i < chip->fusions.count; i++) {
        const nbx_fusion *row = NBX_ROW(nbx_fusion, chip->fusions, i);
        uint32_t nodes[MOST_STEPS], count = match(checker, row, node, nodes);
        if (count <= best_count) continue;
        best_count = count;
        fusion = row;
        memcpy(best, nodes, sizeof(best));
    }
    return fusion ? add_group(plan, fusion, best, best_count) : NBX_OK;
}

nbx_status nbx_form_groups(nbx_plan *plan)
{
    nbx_checker checker;
    nbx_checker_init(plan, &checker);
    plan->group_count = 0;
    for (uint32_t n = 0; n < plan->graph->node_count; n++) {
        nbx_placement *row = &plan->placements[n];
        row->group = NBX_NONE;
        if (row->verdict != NBX_VERDICT_FUSED || row->chip == NBX_NONE) continue;
        const nbx_op_row *op = nbx_chip_op(plan->chips[row->chip].chip, plan->graph->nodes[n].n.op);
        row->verdict = op && op->emulated ? NBX_VERDICT_EMULATED : NBX_VERDICT_NATIVE;
    }
    for (uint32_t n = 0; n < plan->graph->node_count; n++) {
        const nbx_placement *row = &plan->placements[n];
        if (row->chip != NBX_NONE && row->group == NBX_NONE && row->verdict != NBX_VERDICT_VIEW) NBX_TRY(group_node(&checker, n));
    }
    return NBX_OK;
}
