/* SPDX-License-Identifier: Apache-2.0 */
/* Predicts the time of a node or a group from the chip's cost rows; sums over segments and host work are left to the report. */
#include "schema/costs.h"

#include <string.h>

#include "schema/layouts.h"
#include "schema/macs.h"
#include "schema/ops.h"
#include "schema/rules_validate.h"
#include "schema/subjects.h"

static uint64_t add_held(uint64_t a, uint64_t b)
{
    return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

static uint64_t multiply_held(uint64_t a, uint64_t b)
{
    return b && a > UINT64_MAX / b ? UINT64_MAX : a * b;
}

static uint64_t tiles(uint64_t extent, uint32_t tile)
{
    return tile > 1 ? extent / tile + (extent % tile != 0) : extent;
}

static uint32_t element_bits(const nbx_value *value)
{
    uint32_t bits = nbx_dtype_bits(value->encoding ? value->encoding->storage : value->dtype);
    return bits ? bits : 8;
}

/* The chip's first layout for this rank whose `when` holds: the one a border gets when nothing speaks against it. */
static bool preferred_layout(const nbx_rule_call *call, uint32_t rank, nbx_layout *out)
{
    for (uint32_t i = 0; call->chip && i < call->chip->layouts.count; i++) {
        const nbx_layout_row *row = NBX_ROW(nbx_layout_row, call->chip->layouts, i);
        if (nbx_layout_text_rank(row->text) != rank) continue;
        if (nbx_clauses_hold(&row->when, call, NBX_PHASE_types, NULL) != NBX_TRUE) continue;
        return nbx_layout_parse(row->text, rank, out, NULL, 0);
    }
    return false;
}

uint64_t nbx_cost_value_bytes(const nbx_rule_call *call, const nbx_value *value)
{
    bool constant = (value->flags & NBX_VALUE_CONST) != 0;
    nbx_layout layout;
    nbx_layout_plan plan;
    uint64_t elements;
    if (!constant && preferred_layout(call, value->rank, &layout) &&
        nbx_layout_plan_make(&layout, value->rank, value->dims, element_bits(value), &plan))
        return plan.bytes;
    if (!nbx_value_elements(value, &elements)) return UINT64_MAX;
    return add_held(multiply_held(elements, element_bits(value)), 7) / 8;
}

/** What a product of one node means to a MAC array. */
typedef struct product {
    uint64_t batch, groups, taps, in, out, positions;
} product;

static uint64_t extents(const nbx_value *value, uint32_t first, uint32_t end)
{
    uint64_t total = 1;
    for (uint32_t i = first; i < end; i++)
        total = multiply_held(total, value->dims[i] > 0 ? (uint64_t)value->dims[i] : 0);
    return total;
}

static bool product_of(const nbx_rule_call *call, product *out)
{
    const nbx_node *node = nbx_call_node(call);
    const nbx_value *x = nbx_call_value(call, nbx_node_value(node, false, 0)), *y = nbx_call_value(call, nbx_node_value(node, true, 0));
    nbx_subject none = {0};
    nbx_reading in = nbx_get_CHANNELS_PER_GROUP_IN(call, &none), columns = nbx_get_CHANNELS_PER_GROUP_OUT(call, &none);
    nbx_reading taps = nbx_get_KERNEL_VOLUME(call, &none);
    if (!x || !y || !in.known || !columns.known || in.number < 0 || columns.number < 0) return false;
    *out = (product){1, 1, 1, (uint64_t)in.number, (uint64_t)columns.number, 1};
    if (strcmp(node->op, "Gemm") == 0) {
        out->positions = y->rank ? extents(y, 0, 1) : 1;
    } else if (strcmp(node->op, "MatMul") == 0) {
        out->positions = y->rank > 1 ? extents(y, y->rank - 2, y->rank - 1) : 1;
        out->batch = y->rank > 2 ? extents(y, 0, y->rank - 2) : 1;
    } else if (taps.known && y->rank > 2 && x->rank > 2) {
        const nbx_value *swept = strcmp(node->op, "ConvTranspose") == 0 ? x : y;
        out->taps = (uint64_t)taps.number;
        out->groups = (uint64_t)nbx_attr_int_of(node, "group", 1);
        out->batch = extents(swept, 0, 1);
        out->positions = extents(swept, 2, swept->rank);
    } else {
        return false;
    }
    return true;
}

static uint64_t array_cycles(const nbx_rule_call *call, const nbx_cost *row)
{
    product p;
    uint64_t cycles;
    if (!product_of(call, &p)) return 0;
    cycles = multiply_held(multiply_held(p.batch, p.groups), p.taps);
    cycles = multiply_held(cycles, multiply_held(tiles(p.in, row->tile_ic), tiles(p.out, row->tile_oc)));
    cycles = multiply_held(cycles, tiles(p.positions, row->tile_px));
    return multiply_held(cycles, row->cycles_mul ? row->cycles_mul : 1);
}

/* Share of coefficients of a node's weights that are 0, for arrays that skip them. */
static double zero_share(const nbx_rule_call *call)
{
    const nbx_value *weight = nbx_call_value(call, nbx_node_value(nbx_call_node(call), false, 1));
    const nbx_graph_view *graph = call->graph;
    const void *data = NULL;
    uint64_t bytes = 0, count, zeros = 0;
    bool readable = weight && (weight->flags & NBX_VALUE_CONST) && weight->dtype == NBX_DTYPE_FLOAT32 && graph->const_map;
    if (!readable || !nbx_value_elements(weight, &count) || !count) return 0;
    if (graph->const_map(graph->self, weight->const_id, NBX_CONST_FLOAT, &data, &bytes) != NBX_OK) return 0;
    if (bytes / sizeof(float) < count) count = bytes / sizeof(float);
    for (uint64_t i = 0; i < count; i++)
        zeros += ((const float *)data)[i] == 0;
    graph->const_unmap(graph->self, weight->const_id, NBX_CONST_FLOAT);
    return count ? (double)zeros / (double)count : 0;
}

/** The group under the walk: rule calls for its nodes, and what was counted. */
typedef struct walk {
    nbx_rule_call call;
    const uint32_t *nodes;
    uint32_t count;
    nbx_cost_result *out;
} walk;

static bool made_inside(const walk *w, uint32_t value)
{
    for (uint32_t n = 0; n < w->count; n++) {
        const nbx_node *node = NBX_ROW(nbx_node, w->call.graph->nodes, w->nodes[n]);
        for (uint32_t i = 0; i < node->outputs.count; i++)
            if (nbx_node_value(node, true, i) == value) return true;
    }
    return false;
}

/* A value that several inputs name is read once. */
static bool read_before(const walk *w, uint32_t n, uint32_t i, uint32_t value)
{
    for (uint32_t m = 0; m <= n; m++) {
        const nbx_node *node = NBX_ROW(nbx_node, w->call.graph->nodes, w->nodes[m]);
        for (uint32_t j = 0; j < (m == n ? i : node->inputs.count); j++)
            if (nbx_node_value(node, false, j) == value) return true;
    }
    return false;
}

static void count_inputs(walk *w, uint32_t n, bool skip_first)
{
    const nbx_node *node = NBX_ROW(nbx_node, w->call.graph->nodes, w->nodes[n]);
    w->call.node = w->nodes[n];
    for (uint32_t i = 0; i < node->inputs.count; i++) {
        uint32_t index = nbx_node_value(node, false, i);
        const nbx_value *value = nbx_call_value(&w->call, index);
        if (!value || made_inside(w, index) || read_before(w, n, i, index) || (skip_first && n == 0 && i == 0)) continue;
        uint64_t bytes = nbx_cost_value_bytes(&w->call, value);
        if (value->flags & NBX_VALUE_CONST)
            w->out->bytes_weights = add_held(w->out->bytes_weights, bytes);
        else
            w->out->bytes_in = add_held(w->out->bytes_in, bytes);
    }
}

static void count_outputs(walk *w)
{
    const nbx_node *last = NBX_ROW(nbx_node, w->call.graph->nodes, w->nodes[w->count - 1]);
    w->call.node = w->nodes[w->count - 1];
    for (uint32_t i = 0; i < last->outputs.count; i++) {
        const nbx_value *value = nbx_call_value(&w->call, nbx_node_value(last, true, i));
        if (value) w->out->bytes_out = add_held(w->out->bytes_out, nbx_cost_value_bytes(&w->call, value));
    }
}

static const nbx_cost *find_row(const nbx_rule_call *call, const char *op)
{
    for (uint32_t i = 0; call->chip && i < call->chip->costs.count; i++) {
        const nbx_cost *row = NBX_ROW(nbx_cost, call->chip->costs, i);
        if (nbx_list_has(row->ops, op) && nbx_clauses_hold(&row->when, call, NBX_PHASE_types, NULL) == NBX_TRUE) return row;
    }
    return NULL;
}

static void add_time(walk *w, const nbx_cost *row, double cycles)
{
    nbx_cost_result *out = w->out;
    double bytes = (double)out->bytes_in + (double)out->bytes_out + (double)out->bytes_weights;
    double compute = row->clock_hz > 0 ? cycles / row->clock_hz * 1e9 : 0;
    double memory = row->bytes_per_s > 0 ? bytes / row->bytes_per_s * 1e9 : 0;
    double larger = compute > memory ? compute : memory;
    double t0 = row->kind == NBX_COST_OPERAND ? 0 : row->t0_ns;
    out->latency_ns = larger + t0;
    out->bound = t0 > larger ? "overhead" : compute > memory ? "compute" : "memory";
}

bool nbx_cost_of(const nbx_rule_call *call, const uint32_t *group_nodes, uint32_t node_count, nbx_cost_result *out)
{
    walk w = {*call, group_nodes, node_count, out};
    const nbx_cost *row;
    double cycles = 0;
    memset(out, 0, sizeof *out);
    for (uint32_t n = 0; n < node_count; n++)
        if (group_nodes[n] >= call->graph->nodes.count) return false;
    if (!node_count) return false;
    w.call.node = group_nodes[0];
    row = find_row(&w.call, nbx_call_node(&w.call)->op);
    if (!row) return false;
    out->row = row;
    out->confidence = row->confidence;
    out->excluded = row->excluded;
    if (row->kind == NBX_COST_FREE) return true;
    for (uint32_t n = 0; n < node_count; n++) {
        count_inputs(&w, n, row->kind == NBX_COST_OPERAND);
        if (row->kind != NBX_COST_ARRAY) continue;
        uint64_t node_cycles = array_cycles(&w.call, row);
        out->cycles = add_held(out->cycles, node_cycles);
        out->macs = add_held(out->macs, nbx_node_macs(call->graph, group_nodes[n]));
        cycles += (double)node_cycles * (row->density > 0 ? 1.0 - row->density * zero_share(&w.call) : 1.0);
    }
    if (row->kind != NBX_COST_OPERAND) count_outputs(&w);
    add_time(&w, row, cycles);
    return true;
}
