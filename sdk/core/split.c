/* SPDX-License-Identifier: Apache-2.0 */
/* Divides one segment in two by raising the levels of its later nodes; when to divide is the stages' decision. */
#include "core/plan.h"

static bool ends_unit(const nbx_plan *plan, uint32_t node)
{
    uint32_t group = plan->placements[node].group;
    return group == NBX_NONE || plan->groups[group].nodes[plan->groups[group].node_count - 1] == node;
}

/* The first position whose unit is whole and does work: it stays where it is, whatever later nodes do. Views may follow them. */
static uint32_t first_to_stay(const nbx_plan *plan, const nbx_plan_segment *segment)
{
    uint32_t at = 0;
    while (at < segment->node_count &&
           (!ends_unit(plan, segment->nodes[at]) || plan->placements[segment->nodes[at]].verdict == NBX_VERDICT_VIEW))
        at++;
    return at;
}

/* Makes room for a level: what came after it still does, and no two segments become one. */
static void open_level(nbx_plan *plan, uint32_t level)
{
    for (uint32_t s = 0; s < plan->segment_count; s++) {
        nbx_plan_segment *row = &plan->segments[s];
        if (row->level < level) continue;
        row->level++;
        for (uint32_t i = 0; i < row->node_count; i++)
            plan->placements[row->nodes[i]].min_level = row->level;
    }
}

bool nbx_plan_split(nbx_plan *plan, uint32_t segment, uint32_t *after)
{
    const nbx_plan_segment *row = &plan->segments[segment];
    uint32_t least = first_to_stay(plan, row) + 1;
    if (least >= row->node_count) return false;
    if (*after < least) *after = least;
    if (*after >= row->node_count) *after = row->node_count - 1;
    open_level(plan, row->level + 1);
    for (uint32_t i = *after; i < row->node_count; i++)
        plan->placements[row->nodes[i]].min_level = row->level + 1;
    return true;
}
