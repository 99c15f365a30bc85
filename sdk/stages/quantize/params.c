/* SPDX-License-Identifier: Apache-2.0 */
/* Turns ranges into quantization parameters: activations by tie class, constants from their data, biases from their products. */
#include <math.h>
#include <stdlib.h>

#include "schema/encodings.h"
#include "stages/quantize/quantize.h"

static nbx_qparam *new_params(nbx_plan *plan, nbx_quantized *row, uint32_t count)
{
    row->params = nbx_arena_array(plan->arena, (size_t)count + 1, sizeof(nbx_qparam));
    row->param_count = row->params ? count : 0;
    return row->params;
}

static nbx_status beyond(nbx_plan *plan, uint32_t value, const nbx_encoding *encoding)
{
    return nbx_raise(plan->context, NBX_E_QUANT_RANGE, NULL, "look at the values of this tensor; they may be broken or need rescaling",
                     "tensor '%s': its range has no parameters in encoding %s", plan->graph->values[value].v.name, encoding->name);
}

/* Union of the ranges of a class, over members that are activations. */
static void widen(nbx_range *total, const nbx_range *one)
{
    if (!one->known) return;
    if (!total->known) {
        *total = *one;
        return;
    }
    total->lo = one->lo < total->lo ? one->lo : total->lo;
    total->hi = one->hi > total->hi ? one->hi : total->hi;
}

/* The same codes, and no zero point on a symmetric encoding. */
bool nbx_given_fits(const nbx_plan *plan, uint32_t chip, uint32_t value, uint32_t count)
{
    const nbx_range *range = &plan->ranges[value];
    const nbx_encoding *e = plan->chips[chip].values[value].encoding;
    if (!range->given || !e || e->kind != NBX_ENC_AFFINE || e->code_bits != 8) return false;
    if (range->given_count != 1 && (range->given_count != count || range->given_axis != e->axis)) return false;
    bool fits = e->is_signed == (range->given_lo < 0);
    for (uint32_t i = 0; i < range->given_count; i++)
        fits &= !e->symmetric || range->given[i].zero_point == 0;
    return fits;
}

/* Takes what a QDQ model states about `from` as the parameters of `row`. */
static nbx_status take_given(nbx_plan *plan, nbx_quantized *row, uint32_t from, uint32_t count)
{
    const nbx_range *range = &plan->ranges[from];
    nbx_qparam *params = new_params(plan, row, count);
    if (!params) return nbx_raise_memory(plan->context);
    for (uint32_t i = 0; i < count; i++)
        params[i] = range->given[range->given_count == 1 ? 0 : i];
    return NBX_OK;
}

static nbx_status set_activation(quantizer *q, uint32_t chip, uint32_t value, const nbx_range *range)
{
    nbx_plan *plan = q->plan;
    nbx_quantized *row = &plan->chips[chip].values[value];
    if (row->fixed) return NBX_OK;
    bool constant = row->encoding->param_rule == NBX_PARAM_FIXED;
    uint32_t given = q->tie_given[nbx_tie_root(q, chip, value)];
    if (given != NBX_NONE) return take_given(plan, row, given, 1);
    if (!constant && !range->known) return NBX_OK; /* no data: the plan says so */
    nbx_qparam *param = new_params(plan, row, 1);
    if (!param) return nbx_raise_memory(plan->context);
    if (constant)
        *param = (nbx_qparam){.scale = ldexp(1.0, -row->encoding->param_value), .exponent = row->encoding->param_value};
    else if (!nbx_param_from_range(row->encoding, range->lo, range->hi, param))
        return beyond(plan, value, row->encoding);
    return NBX_OK;
}

static nbx_status set_activations(quantizer *q)
{
    nbx_plan *plan = q->plan;
    uint32_t total = plan->chip_count * plan->value_count;
    nbx_range *classes = nbx_arena_array(plan->arena, (size_t)total + 1, sizeof(nbx_range));
    if (!classes) return nbx_raise_memory(plan->context);
    for (uint32_t c = 0; c < plan->chip_count; c++)
        for (uint32_t v = 0; v < plan->value_count; v++)
            if (plan->chips[c].values[v].encoding && !plan->graph->values[v].data) widen(&classes[nbx_tie_root(q, c, v)], &plan->ranges[v]);
    for (uint32_t c = 0; c < plan->chip_count; c++)
        for (uint32_t v = 0; v < plan->value_count; v++)
            if (plan->chips[c].values[v].encoding && !plan->graph->values[v].data)
                NBX_TRY(set_activation(q, c, v, &classes[nbx_tie_root(q, c, v)]));
    return NBX_OK;
}

/* The constant as this chip sees it: float data, after bias correction if that happened. Caller frees. */
static float *constant_data(const nbx_plan *plan, uint32_t chip, uint32_t value, uint64_t *count)
{
    const nbx_tensor *tensor = plan->graph->values[value].data;
    if (!nbx_shape_elements(tensor->rank, tensor->dims, count)) return NULL;
    float *data = malloc(*count ? *count * sizeof(float) : sizeof(float));
    const float *changed = plan->chips[chip].values[value].override_data;
    if (!data) return NULL;
    if (!changed && nbx_tensor_to_float(tensor, data) != NBX_OK) {
        free(data);
        return NULL;
    }
    for (uint64_t i = 0; changed && i < *count; i++)
        data[i] = changed[i];
    return data;
}

static void measure_sets(const nbx_encoding *encoding, const nbx_tensor *tensor, uint32_t groups, const float *data, uint64_t count,
                         nbx_range *sets)
{
    for (uint64_t i = 0; i < count; i++) {
        nbx_range *set = &sets[nbx_param_index(encoding, tensor->rank, tensor->dims, groups, i)];
        double x = (double)data[i];
        set->lo = !set->known || x < set->lo ? x : set->lo;
        set->hi = !set->known || x > set->hi ? x : set->hi;
        set->known = true;
    }
}

static double lost_share(const nbx_encoding *encoding, const nbx_quantized *row, const nbx_tensor *tensor, const float *data,
                         uint64_t count)
{
    uint64_t lost = 0, there = 0;
    for (uint64_t i = 0; i < count; i++) {
        if (data[i] == 0.0f) continue;
        const nbx_qparam *param = &row->params[nbx_param_index(encoding, tensor->rank, tensor->dims, row->param_count, i)];
        there++;
        lost += nbx_decode(encoding, param, nbx_encode(encoding, param, (double)data[i])) == 0.0;
    }
    return there ? (double)lost / (double)there : 0.0;
}

static nbx_status set_constant(nbx_plan *plan, uint32_t chip, uint32_t node, uint32_t value)
{
    nbx_quantized *row = &plan->chips[chip].values[value];
    const nbx_tensor *tensor = plan->graph->values[value].data;
    const nbx_encoding *encoding = row->encoding;
    int64_t groups = nbx_node_attr_int(&plan->graph->nodes[node].n, "group", 1);
    uint32_t sets = nbx_param_count(encoding, tensor->rank, tensor->dims, groups < 1 ? 1 : (uint32_t)groups);
    if (nbx_given_fits(plan, chip, value, sets)) return take_given(plan, row, value, sets);
    nbx_range *ranges = nbx_arena_array(plan->arena, (size_t)sets + 1, sizeof(nbx_range));
    uint64_t count;
    float *data = constant_data(plan, chip, value, &count);
    nbx_status status = data && ranges && new_params(plan, row, sets) ? NBX_OK : nbx_raise_memory(plan->context);
    if (status == NBX_OK) measure_sets(encoding, tensor, sets, data, count, ranges);
    for (uint32_t i = 0; i < sets && status == NBX_OK; i++)
        if (!nbx_param_from_range(encoding, ranges[i].lo, ranges[i].hi, &row->params[i])) status = beyond(plan, value, encoding);
    if (status == NBX_OK && encoding->kind == NBX_ENC_LOG) row->lost_share = lost_share(encoding, row, tensor, data, count);
    free(data);
    return status;
}

nbx_status nbx_set_bias_params(nbx_plan *plan, uint32_t chip, uint32_t node)
{
    const nbx_g_node *row = &plan->graph->nodes[node];
    nbx_quantized *values = plan->chips[chip].values;
    uint32_t bias = nbx_node_input(row, 2), in = nbx_node_input(row, 0), weight = nbx_node_input(row, 1);
    nbx_quantized *stored = &values[bias];
    if (!stored->encoding || stored->encoding->param_rule != NBX_PARAM_PRODUCT) return NBX_OK;
    const nbx_tensor *tensor = plan->graph->values[bias].data;
    uint64_t count;
    if (!values[in].param_count || !values[weight].param_count || !nbx_shape_elements(tensor->rank, tensor->dims, &count)) return NBX_OK;
    if (tensor->rank && stored->encoding->axis != tensor->rank - 1) {
        nbx_encoding *copy = nbx_arena_copy(plan->arena, stored->encoding, sizeof(*copy));
        if (!copy) return nbx_raise_memory(plan->context);
        copy->axis = (uint8_t)(tensor->rank - 1);
        stored->encoding = copy;
    }
    nbx_qparam *params = new_params(plan, stored, (uint32_t)count);
    if (!params) return nbx_raise_memory(plan->context);
    for (uint32_t c = 0; c < count; c++) {
        const nbx_qparam *w = &values[weight].params[values[weight].param_count == count ? c : 0];
        params[c].scale = values[in].params[0].scale * w->scale;
        params[c].exponent = values[in].params[0].exponent + w->exponent;
    }
    return NBX_OK;
}

static nbx_status set_constants(nbx_plan *plan, uint32_t node)
{
    const nbx_placement *row = &plan->placements[node];
    const nbx_g_node *graph_node = &plan->graph->nodes[node];
    for (uint32_t i = 0; i < graph_node->n.inputs.count; i++) {
        uint32_t value = nbx_node_input(graph_node, i);
        if (value == NBX_NONE || !plan->graph->values[value].data) continue;
        nbx_quantized *stored = &plan->chips[row->chip].values[value];
        if (!stored->encoding || stored->fixed) continue;
        if (stored->encoding->param_rule == NBX_PARAM_PRODUCT)
            NBX_TRY(nbx_set_bias_params(plan, row->chip, node));
        else
            NBX_TRY(set_constant(plan, row->chip, node, value));
    }
    return NBX_OK;
}

nbx_status nbx_choose_params(quantizer *q)
{
    nbx_plan *plan = q->plan;
    NBX_TRY(set_activations(q));
    for (uint32_t n = 0; n < plan->graph->node_count; n++)
        if (plan->placements[n].chip != NBX_NONE) NBX_TRY(set_constants(plan, n));
    return NBX_OK;
}
