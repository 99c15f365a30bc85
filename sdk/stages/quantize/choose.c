/* SPDX-License-Identifier: Apache-2.0 */
/* Chooses how each chip stores each value, from the combos of producer and consumers; parameters come later. */
#include <string.h>

#include "schema/encodings.h"
#include "stages/quantize/quantize.h"

const nbx_encoding *nbx_plain_encoding(const nbx_encoding *encoding)
{
    return encoding && encoding->kind == NBX_ENC_FLOAT && encoding->storage == NBX_DTYPE_FLOAT32 ? NULL : encoding;
}

static bool is_real(const nbx_plan *plan, uint32_t value)
{
    return value != NBX_NONE && plan->graph->values[value].v.dtype == NBX_DTYPE_FLOAT32;
}

/* A bias has codes where they can follow the weights': a constant with one number an output channel. Others are added as reals. */
static bool is_vector(const nbx_plan *plan, uint32_t value)
{
    const nbx_tensor *tensor = plan->graph->values[value].data;
    return tensor && tensor->rank == 1;
}

const nbx_encoding *nbx_wanted_input(const nbx_plan *plan, uint32_t node, const nbx_combo *combo, uint32_t i)
{
    const nbx_g_node *row = &plan->graph->nodes[node];
    uint32_t value = nbx_node_input(row, i);
    if (!combo || !is_real(plan, value)) return NULL;
    bool constant = plan->graph->values[value].data != NULL;
    if (row->schema->quant == NBX_QUANT_weighted && i == 1 && constant) return nbx_plain_encoding(combo->weight);
    if (row->schema->quant == NBX_QUANT_weighted && i == 2) return is_vector(plan, value) ? nbx_plain_encoding(combo->bias) : NULL;
    /* parameters of an activation or a normalization are numbers of the op, not operands */
    bool parameter = row->schema->op == NBX_OP_batch_normalization || row->schema->op == NBX_OP_prelu || row->schema->op == NBX_OP_pow;
    if (i > 0 && constant && parameter) return NULL;
    return nbx_plain_encoding(combo->in);
}

static bool same(const nbx_encoding *a, const nbx_encoding *b)
{
    return a == b || (a && b && nbx_encoding_same(a, b));
}

static bool same_side(const nbx_combo *a, const nbx_combo *b)
{
    return !strcmp(a->scheme, b->scheme) && a->in == b->in && a->weight == b->weight;
}

/* A combo like `combo` whose result is `out`; OUTPUT_ONLY rows take part when the value leaves the chip. */
static const nbx_combo *with_output(quantizer *q, uint32_t node, const nbx_combo *combo, const nbx_encoding *out, bool leaves)
{
    const nbx_plan *plan = q->plan;
    uint32_t chip = plan->placements[node].chip;
    const nbx_chip *row = plan->chips[chip].chip;
    nbx_rule_call call = nbx_checker_call(&q->checker, chip, node);
    for (uint32_t i = 0; i < row->combos.count; i++) {
        const nbx_combo *other = NBX_ROW(nbx_combo, row->combos, i);
        bool output_only = (other->flags & NBX_COMBO_OUTPUT_ONLY) != 0;
        if (output_only != leaves || other->flags & NBX_COMBO_BOUNDARY_INPUT || !same_side(combo, other)) continue;
        if (!nbx_list_has(other->ops, plan->graph->nodes[node].n.op)) continue;
        if (!leaves && !same(nbx_plain_encoding(other->out), out)) continue;
        if (nbx_clauses_hold(&other->when, &call, NBX_PHASE_structure, NULL) == NBX_TRUE) return other;
    }
    return NULL;
}

/* What the readers of `value` on `chip` want; *any is false if nobody on the chip reads it. Views pass the question on. */
static const nbx_encoding *wanted_by_readers(const nbx_plan *plan, uint32_t chip, uint32_t value, bool *any)
{
    for (uint32_t u = plan->uses.first[value]; u < plan->uses.first[value + 1]; u++) {
        uint32_t node = plan->uses.consumers[u];
        const nbx_placement *row = &plan->placements[node];
        if (row->chip != chip) continue;
        if (row->verdict == NBX_VERDICT_VIEW) {
            const nbx_encoding *behind = wanted_by_readers(plan, chip, nbx_node_output(&plan->graph->nodes[node], 0), any);
            if (*any) return behind;
            continue;
        }
        for (uint32_t i = 0; i < plan->graph->nodes[node].n.inputs.count; i++) {
            if (nbx_node_input(&plan->graph->nodes[node], i) != value || !row->combo) continue;
            *any = true;
            return nbx_wanted_input(plan, node, row->combo, i);
        }
    }
    return NULL;
}

static uint32_t last_of_unit(const nbx_plan *plan, uint32_t node)
{
    uint32_t group = plan->placements[node].group;
    return group == NBX_NONE ? node : plan->groups[group].nodes[plan->groups[group].node_count - 1];
}

static uint32_t first_of_unit(const nbx_plan *plan, uint32_t node)
{
    uint32_t group = plan->placements[node].group;
    return group == NBX_NONE ? node : plan->groups[group].nodes[0];
}

/* The unit's combo may have a variant whose result suits its readers better. */
static const nbx_combo *suit_readers(quantizer *q, uint32_t node)
{
    nbx_plan *plan = q->plan;
    const nbx_placement *row = &plan->placements[node];
    const nbx_combo *combo = row->combo;
    if (!combo || combo->tie == NBX_TIE_OUT_IN || combo->tie == NBX_TIE_ALL) return combo;
    bool any = false;
    uint32_t value = nbx_node_output(&plan->graph->nodes[last_of_unit(plan, node)], 0);
    const nbx_encoding *wanted = wanted_by_readers(plan, row->chip, value, &any);
    const nbx_combo *other = NULL;
    if (!any)
        other = with_output(q, node, combo, NULL, true);
    else if (!same(wanted, nbx_plain_encoding(combo->out)))
        other = with_output(q, node, combo, wanted, false);
    return other ? other : combo;
}

/* An own copy where the axis of a per-channel encoding is another one in this op's weights. */
static const nbx_encoding *fit_axis(nbx_plan *plan, uint32_t node, uint32_t input, const nbx_encoding *encoding)
{
    const nbx_g_node *row = &plan->graph->nodes[node];
    if (!encoding || input != 1 || row->schema->quant != NBX_QUANT_weighted) return encoding;
    bool swapped = row->schema->op == NBX_OP_conv_transpose || row->schema->op == NBX_OP_matmul ||
                   (row->schema->op == NBX_OP_gemm && !nbx_node_attr_int(&row->n, "transB", 0));
    if (!swapped || (encoding->granularity != NBX_PER_CHANNEL && encoding->granularity != NBX_PER_BLOCK)) return encoding;
    nbx_encoding *copy = nbx_arena_copy(plan->arena, encoding, sizeof(*copy));
    if (!copy) return encoding;
    uint32_t rank = plan->graph->values[nbx_node_input(row, 1)].v.rank;
    uint32_t output_axis = row->schema->op == NBX_OP_conv_transpose ? 1 : rank - 1;
    uint32_t input_axis = row->schema->op == NBX_OP_conv_transpose ? 0 : rank - 2;
    copy->axis = (uint8_t)(encoding->axis == 0 ? output_axis : input_axis);
    return copy;
}

nbx_status nbx_own_constant(nbx_plan *plan, uint32_t node, uint32_t input)
{
    nbx_graph *graph = plan->graph;
    uint32_t value = nbx_node_input(&graph->nodes[node], input);
    if (plan->uses.first[value + 1] - plan->uses.first[value] < 2) return NBX_OK;
    uint32_t copy = nbx_graph_add_value(graph, graph->values[value].v.name, graph->values[value].v.dtype);
    if (copy == NBX_NONE) return nbx_raise_memory(plan->context);
    NBX_TRY(nbx_graph_set_constant(graph, copy, graph->values[value].data));
    nbx_node_set_input(&graph->nodes[node], input, copy);
    NBX_TRY(nbx_plan_grow(plan));
    plan->ranges[copy] = plan->ranges[value];
    return NBX_OK;
}

/* A view that a value enters the chip through stores it as its readers want it. */
static void set_view_input(nbx_plan *plan, uint32_t node)
{
    uint32_t value = nbx_node_input(&plan->graph->nodes[node], 0), chip = plan->placements[node].chip;
    uint32_t from = plan->uses.producer[value];
    bool any = false, enters = from == NBX_NONE || plan->placements[from].chip != chip;
    nbx_quantized *stored = &plan->chips[chip].values[value];
    if (enters && !stored->encoding) stored->encoding = wanted_by_readers(plan, chip, nbx_node_output(&plan->graph->nodes[node], 0), &any);
}

static nbx_status set_inputs(quantizer *q, uint32_t node)
{
    nbx_plan *plan = q->plan;
    const nbx_placement *row = &plan->placements[node];
    if (row->verdict == NBX_VERDICT_VIEW) {
        set_view_input(plan, node);
        return NBX_OK;
    }
    for (uint32_t i = 0; i < plan->graph->nodes[node].n.inputs.count; i++) {
        uint32_t value = nbx_node_input(&plan->graph->nodes[node], i);
        const nbx_encoding *wanted = nbx_wanted_input(plan, node, row->combo, i);
        if (value == NBX_NONE || !wanted) continue;
        bool constant = plan->graph->values[value].data != NULL;
        if (constant) NBX_TRY(nbx_own_constant(plan, node, i));
        value = nbx_node_input(&plan->graph->nodes[node], i);
        uint32_t from = constant ? NBX_NONE : plan->uses.producer[value];
        bool enters = from == NBX_NONE || plan->placements[from].chip != row->chip;
        nbx_quantized *stored = &plan->chips[row->chip].values[value];
        if (enters && !stored->encoding) stored->encoding = fit_axis(plan, node, i, wanted);
    }
    return NBX_OK;
}

static void set_output(quantizer *q, uint32_t node)
{
    nbx_plan *plan = q->plan;
    const nbx_placement *row = &plan->placements[node];
    nbx_quantized *values = plan->chips[row->chip].values;
    const nbx_g_node *graph_node = &plan->graph->nodes[node];
    if (row->verdict == NBX_VERDICT_VIEW) {
        values[nbx_node_output(graph_node, 0)].encoding = values[nbx_node_input(graph_node, 0)].encoding;
        return;
    }
    const nbx_combo *combo = plan->placements[first_of_unit(plan, node)].combo;
    if (last_of_unit(plan, node) != node || !combo) return;
    bool tied = combo->tie == NBX_TIE_OUT_IN || combo->tie == NBX_TIE_ALL;
    const nbx_encoding *out = nbx_plain_encoding(combo->out);
    if (tied && is_real(plan, nbx_node_input(graph_node, 0))) out = values[nbx_node_input(graph_node, 0)].encoding;
    for (uint32_t i = 0; i < graph_node->n.outputs.count; i++)
        if (is_real(plan, nbx_node_output(graph_node, i))) values[nbx_node_output(graph_node, i)].encoding = out;
}

static void forget(nbx_plan *plan)
{
    for (uint32_t c = 0; c < plan->chip_count; c++) {
        nbx_constants_destroy(plan->chips[c].constants);
        plan->chips[c].constants = NULL;
        for (uint32_t v = 0; v < plan->value_count; v++) {
            nbx_quantized *row = &plan->chips[c].values[v];
            if (!row->fixed) *row = (nbx_quantized){.tie = NBX_NONE};
        }
    }
}

nbx_status nbx_choose_encodings(quantizer *q)
{
    nbx_plan *plan = q->plan;
    forget(plan);
    for (uint32_t n = 0; n < plan->graph->node_count; n++) {
        if (plan->placements[n].chip == NBX_NONE) continue;
        if (first_of_unit(plan, n) == n) {
            plan->placements[n].combo = suit_readers(q, n);
            uint32_t group = plan->placements[n].group;
            if (group != NBX_NONE && !plan->groups[group].fusion->arith && plan->placements[n].combo)
                plan->groups[group].arith = plan->placements[n].combo->arith;
        }
        NBX_TRY(set_inputs(q, n));
        set_output(q, n);
    }
    return nbx_plan_index(plan); /* constants were doubled */
}
