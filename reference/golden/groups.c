/* SPDX-License-Identifier: Apache-2.0 */
/* Resolves groups: whose contract holds, where values have no codes, which clamps a head takes over; kernels compute. */
#include "groups.h"

#include <string.h>

#include "attrs.h"
#include "dispatch.h"
#include "tensor.h"

typedef struct group_range {
    golden_node **nodes;
    uint32_t count;
    uint32_t at;
} group_range;

static int32_t bad_group(const golden *p, uint32_t index)
{
    return golden_refuse(p, NULL, E_GOLDEN_VIEW, "group %u is empty, out of order, or its nodes do not follow each other", index);
}

/** The value passes from each node to the next one. */
static bool feeds(const golden_node *from, const golden_node *to)
{
    uint32_t i;
    for (i = 0; i < to->input_count; i++)
        if (to->inputs[i] == from->outputs[0]) return true;
    return false;
}

static int32_t read_members(golden *p, const nbx_group *row, uint32_t index, group_range *out)
{
    uint32_t i;
    out->count = row->nodes.count;
    out->at = row->at;
    if (out->count == 0) return bad_group(p, index);
    out->nodes = golden_alloc(p, out->count, sizeof *out->nodes);
    if (!out->nodes) return golden_refuse(p, NULL, E_GOLDEN_MEMORY, "no memory for the groups");
    for (i = 0; i < out->count; i++) {
        const uint32_t node = *NBX_ROW(uint32_t, row->nodes, i);
        if (node >= p->node_count || (i && node <= out->nodes[i - 1]->index)) return bad_group(p, index);
        out->nodes[i] = &p->nodes[node];
        if (i && !feeds(out->nodes[i - 1], out->nodes[i])) return bad_group(p, index);
    }
    return NBX_OK;
}

/** Values inside are real numbers; where the group rounds first, they have the codes of its output. */
static void shape_interior(golden *p, const group_range *group)
{
    const golden_tensor *end = &p->tensors[group->nodes[group->count - 1]->outputs[0]];
    uint32_t i;
    for (i = 0; i + 1 < group->count; i++) {
        golden_tensor *inside = &p->tensors[group->nodes[i]->outputs[0]];
        if (inside->carrier == GOLDEN_INT) continue;
        if (group->at == NBX_AT_REQUANTIZED) {
            inside->encoding = end->encoding;
            inside->params = end->params;
            inside->param_count = end->param_count;
            inside->storage = end->storage;
            inside->carrier = end->carrier;
        } else {
            inside->encoding = NULL;
            inside->params = NULL;
            inside->param_count = 0;
            inside->storage = NBX_DTYPE_FLOAT64;
            inside->carrier = GOLDEN_F64;
        }
    }
}

int32_t golden_read_groups(golden *program, const nbx_graph_view *view)
{
    uint32_t g, i;
    for (g = 0; g < view->groups.count; g++) {
        const nbx_group *row = NBX_ROW(nbx_group, view->groups, g);
        group_range group = {NULL, 0, 0};
        golden_node *head;
        GOLDEN_TRY(read_members(program, row, g, &group));
        head = group.nodes[0];
        if (row->arith) {
            const uint32_t given = row->arith->struct_size;
            memset(&head->arith, 0, sizeof head->arith);
            memcpy(&head->arith, row->arith, given < sizeof head->arith ? given : sizeof head->arith);
        }
        head->rounding = golden_op_find(head->view->op)->rule == GOLDEN_RULE_average ? head->arith.pool_round : head->arith.requant;
        for (i = 1; i < group.count; i++) {
            group.nodes[i]->arith = head->arith;
            group.nodes[i]->rounding = head->rounding;
        }
        head->followers = group.nodes + 1;
        head->follower_count = group.at == NBX_AT_REQUANTIZED ? 0 : group.count - 1;
        shape_interior(program, &group);
    }
    return NBX_OK;
}

static bool has_plain_codes(const golden_tensor *tensor)
{
    return tensor->carrier == GOLDEN_CODES && tensor->param_count == 1 &&
           (tensor->encoding->kind == NBX_ENC_AFFINE || tensor->encoding->kind == NBX_ENC_POW2);
}

static bool read_clamp(const golden *p, const golden_node *node, const golden_tensor *end, golden_clamp *out)
{
    double lo = 0, hi = 0;
    if (strcmp(node->view->op, "Relu") == 0) {
        out->lo = golden_encode(end->encoding, end->params, 0.0);
        out->hi = end->encoding->hi;
        return true;
    }
    if (strcmp(node->view->op, "Clip") != 0) return false;
    if (golden_attr_float(p, node, "min", &lo) != NBX_OK || golden_attr_float(p, node, "max", &hi) != NBX_OK) return false;
    out->lo = golden_encode(end->encoding, end->params, lo);
    out->hi = golden_encode(end->encoding, end->params, hi);
    return true;
}

bool golden_absorb(golden *program, golden_node *head)
{
    const uint32_t count = head->follower_count;
    const uint32_t target = count ? head->followers[count - 1]->outputs[0] : head->outputs[0];
    uint32_t i;
    if (!has_plain_codes(&program->tensors[target])) return false;
    head->clamps = golden_alloc(program, count, sizeof *head->clamps);
    if (!head->clamps) return false;
    for (i = 0; i < count; i++)
        if (!read_clamp(program, head->followers[i], &program->tensors[target], &head->clamps[i])) return false;
    for (i = 0; i < count; i++)
        head->followers[i]->absorbed = true;
    head->clamp_count = count;
    head->target = target;
    return true;
}
