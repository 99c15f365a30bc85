/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bias correction: runs the plan unit by unit on the samples and adds, per channel, the mean of (float output - quantized
 * output) to the bias. The contract is computed by the calibration engine, so no chip is needed; ranges are not touched.
 */
#include <stdlib.h>
#include <string.h>

#include "core/stored.h"
#include "schema/encodings.h"
#include "stages/quantize/quantize.h"

/* A value's samples, as its producer's chip stores them (floats for model inputs). */
typedef struct kept {
    char *data;
    uint64_t bytes; /* of one sample */
    uint32_t chip;  /* NBX_NONE: plain */
    uint32_t users; /* units still to read it */
} kept;

typedef struct corrector {
    quantizer *q;
    nbx_plan *plan;
    kept *values;
    uint32_t corrected;
} corrector;

/* One unit on its way over the samples. */
typedef struct pass {
    corrector *c;
    uint32_t chip;
    uint32_t *inputs, input_count; /* external values */
    uint32_t *outputs, output_count;
    nbx_executable *executable;
    struct lane {
        nbx_runner *runner;
        void **in, **out;
        float *scratch;
        nbx_status status;
    } * lanes;
    uint32_t lane_count;
    bool measure;
    uint32_t channels; /* measuring only: of the output */
    double *sums;      /* blocks * channels */
} pass;

static const nbx_quantized plain = {.tie = NBX_NONE};

static const nbx_quantized *stored_as(const corrector *c, uint32_t chip, uint32_t value)
{
    return chip == NBX_NONE ? &plain : &c->plan->chips[chip].values[value];
}

static void add_channels(const pass *p, const float *data, double *sums)
{
    const nbx_value *out = &p->c->plan->graph->values[p->outputs[0]].v;
    uint64_t inner = 1, at = 0;
    for (uint32_t i = 2; i < out->rank; i++)
        inner *= (uint64_t)out->dims[i];
    for (int64_t n = 0; n < out->dims[0]; n++)
        for (uint32_t ch = 0; ch < p->channels; ch++)
            for (uint64_t i = 0; i < inner; i++)
                sums[ch] += (double)data[at++];
}

static void run_sample(pass *p, struct lane *lane, uint32_t sample)
{
    corrector *c = p->c;
    for (uint32_t i = 0; i < p->input_count; i++) {
        uint32_t value = p->inputs[i];
        const kept *source = &c->values[value];
        nbx_stored_convert(&c->plan->graph->values[value], stored_as(c, source->chip, value), source->data + sample * source->bytes,
                           stored_as(c, p->chip, value), lane->in[i], lane->scratch);
    }
    lane->status = nbx_runner_run(lane->runner, (const void *const *)lane->in, lane->out);
    if (lane->status != NBX_OK || p->measure) return;
    for (uint32_t i = 0; i < p->output_count; i++) {
        kept *target = &c->values[p->outputs[i]];
        memcpy(target->data + sample * target->bytes, lane->out[i], (size_t)target->bytes);
    }
}

static void run_block(void *arg, uint32_t worker, uint32_t block)
{
    pass *p = arg;
    struct lane *lane = &p->lanes[worker];
    uint32_t sample, end;
    nbx_block_range(p->c->q->feed->sample_count, block, &sample, &end);
    for (; sample < end && lane->status == NBX_OK; sample++) {
        run_sample(p, lane, sample);
        if (p->measure && lane->status == NBX_OK) add_channels(p, lane->out[0], p->sums + (size_t)block * p->channels);
    }
}

static void free_pass(pass *p)
{
    for (uint32_t l = 0; p->lanes && l < p->lane_count; l++) {
        struct lane *lane = &p->lanes[l];
        for (uint32_t i = 0; lane->in && i < p->input_count; i++)
            free(lane->in[i]);
        for (uint32_t i = 0; lane->out && i < p->output_count; i++)
            free(lane->out[i]);
        nbx_runner_destroy(lane->runner);
        free(lane->in);
        free(lane->out);
        free(lane->scratch);
    }
    free(p->lanes);
    free(p->sums);
    nbx_executable_destroy(p->executable);
}

static nbx_status make_lane(pass *p, struct lane *lane)
{
    const nbx_graph *graph = p->c->plan->graph;
    uint64_t most = 1, count;
    lane->in = calloc((size_t)p->input_count + 1, sizeof(void *));
    lane->out = calloc((size_t)p->output_count + 1, sizeof(void *));
    if (!lane->in || !lane->out) return nbx_raise_memory(graph->context);
    for (uint32_t i = 0; i < p->input_count; i++) {
        lane->in[i] = nbx_block_create(nbx_executable_port_bytes(p->executable, false, i));
        if (!lane->in[i]) return nbx_raise_memory(graph->context);
        const nbx_value *v = &graph->values[p->inputs[i]].v;
        if (nbx_shape_elements(v->rank, v->dims, &count) && count > most) most = count;
    }
    for (uint32_t i = 0; i < p->output_count; i++) {
        lane->out[i] = nbx_block_create(nbx_executable_port_bytes(p->executable, true, i));
        if (!lane->out[i]) return nbx_raise_memory(graph->context);
    }
    lane->scratch = calloc((size_t)most, sizeof(float));
    if (!lane->scratch) return nbx_raise_memory(graph->context);
    return nbx_runner_create(p->executable, &lane->runner);
}

static nbx_status run_pass(pass *p, const uint32_t *nodes, uint32_t node_count)
{
    nbx_plan *plan = p->c->plan;
    nbx_arena *arena = nbx_arena_create();
    nbx_constants *constants = nbx_constants_create(plan->graph, plan->chips[p->chip].values);
    nbx_status status = arena && constants ? NBX_OK : nbx_raise_memory(plan->context);
    nbx_view_request request = {.graph = plan->graph,
                                .nodes = nodes,
                                .node_count = node_count,
                                .inputs = p->inputs,
                                .input_count = p->input_count,
                                .outputs = p->outputs,
                                .output_count = p->output_count,
                                .values = plan->chips[p->chip].values,
                                .plan = plan,
                                .ungrouped = p->measure,
                                .constants = constants,
                                .name = "bias correction"};
    nbx_graph_view view;
    if (status == NBX_OK) status = nbx_view_build(plan->context, arena, &request, &view);
    if (status == NBX_OK) status = nbx_executable_compile(plan->context, &plan->engine, &view, &p->executable);
    nbx_constants_destroy(constants);
    nbx_arena_destroy(arena);
    if (status != NBX_OK) return status;
    p->lane_count = nbx_worker_count();
    uint32_t blocks = nbx_block_count(p->c->q->feed->sample_count);
    p->lanes = calloc(p->lane_count, sizeof(*p->lanes));
    p->sums = calloc((size_t)blocks * p->channels + 1, sizeof(double));
    if (!p->lanes || !p->sums) return nbx_raise_memory(plan->context);
    for (uint32_t l = 0; l < p->lane_count; l++)
        NBX_TRY(make_lane(p, &p->lanes[l]));
    nbx_parallel(blocks, p->lane_count, p, run_block);
    for (uint32_t l = 0; l < p->lane_count; l++)
        NBX_TRY(p->lanes[l].status);
    return NBX_OK;
}

static bool in_unit(const uint32_t *nodes, uint32_t count, uint32_t node)
{
    for (uint32_t i = 0; i < count; i++)
        if (nodes[i] == node) return true;
    return false;
}

/* External inputs of some nodes, each once. */
static nbx_status find_inputs(pass *p, const uint32_t *nodes, uint32_t count)
{
    nbx_plan *plan = p->c->plan;
    uint32_t capacity = 0;
    for (uint32_t k = 0; k < count; k++)
        for (uint32_t i = 0; i < plan->graph->nodes[nodes[k]].n.inputs.count; i++) {
            uint32_t value = nbx_node_input(&plan->graph->nodes[nodes[k]], i);
            if (value == NBX_NONE || plan->graph->values[value].data) continue;
            if (plan->uses.producer[value] != NBX_NONE && in_unit(nodes, count, plan->uses.producer[value])) continue;
            if (in_unit(p->inputs, p->input_count, value)) continue;
            if (!nbx_arena_grow(plan->arena, &p->inputs, p->input_count, &capacity, sizeof(uint32_t)))
                return nbx_raise_memory(plan->context);
            p->inputs[p->input_count++] = value;
        }
    return NBX_OK;
}

/* Adds `change` per channel to the bias of a node, giving it one first if it has none. */
static nbx_status change_bias(corrector *c, uint32_t chip, uint32_t node, const double *change, uint32_t channels)
{
    nbx_plan *plan = c->plan;
    uint32_t bias = nbx_node_input(&plan->graph->nodes[node], 2);
    nbx_quantized *row = &plan->chips[chip].values[bias];
    float *data = nbx_arena_alloc_aligned(plan->arena, (size_t)channels * sizeof(float), 64);
    if (!data) return nbx_raise_memory(plan->context);
    if (row->override_data)
        memcpy(data, row->override_data, channels * sizeof(float));
    else
        NBX_TRY(nbx_tensor_to_float(plan->graph->values[bias].data, data));
    for (uint32_t i = 0; i < channels; i++)
        data[i] = (float)((double)data[i] + change[i]);
    row->override_data = data;
    c->corrected++;
    return nbx_set_bias_params(plan, chip, node);
}

/* The node alone, its result left real: what the products and the bias give before any activation or output rounding. */
static nbx_status correct_node(corrector *c, uint32_t node)
{
    nbx_plan *plan = c->plan;
    uint32_t chip = plan->placements[node].chip, value = nbx_node_output(&plan->graph->nodes[node], 0);
    pass p = {.c = c, .chip = chip, .outputs = &value, .output_count = 1, .measure = true};
    p.channels = (uint32_t)plan->graph->values[value].v.dims[1];
    NBX_TRY(find_inputs(&p, &node, 1));
    nbx_quantized kept_row = plan->chips[chip].values[value];
    plan->chips[chip].values[value].encoding = NULL;
    nbx_status status = run_pass(&p, &node, 1);
    plan->chips[chip].values[value] = kept_row;
    const nbx_value *out = &plan->graph->values[value].v;
    uint32_t channels = p.channels;
    uint64_t elements = 0;
    double *change = nbx_arena_array(plan->arena, (size_t)channels + 1, sizeof(double));
    if (status == NBX_OK && (!change || !nbx_shape_elements(out->rank, out->dims, &elements))) status = nbx_raise_memory(plan->context);
    if (status == NBX_OK) {
        double each = (double)channels / ((double)elements * c->q->feed->sample_count);
        for (uint32_t ch = 0; ch < channels; ch++) {
            double sum = 0;
            for (uint32_t b = 0; b < nbx_block_count(c->q->feed->sample_count); b++)
                sum += p.sums[(size_t)b * channels + ch];
            change[ch] = plan->ranges[value].channel_mean[ch] - sum * each;
        }
        status = change_bias(c, chip, node, change, channels);
    }
    free_pass(&p);
    return status;
}

static bool wants_correction(const corrector *c, uint32_t node)
{
    const nbx_plan *plan = c->plan;
    const nbx_g_node *row = &plan->graph->nodes[node];
    uint32_t out = nbx_node_output(row, 0), bias = nbx_node_input(row, 2), in = nbx_node_input(row, 0);
    if (row->schema->quant != NBX_QUANT_weighted || bias == NBX_NONE || !plan->graph->values[bias].data) return false;
    if (!plan->chips[plan->placements[node].chip].values[in].encoding || !plan->ranges[out].channel_mean) return false;
    uint64_t count;
    const nbx_tensor *tensor = plan->graph->values[bias].data;
    if (tensor->rank != 1 || !nbx_shape_elements(tensor->rank, tensor->dims, &count)) return false;
    return count == (uint64_t)plan->graph->values[out].v.dims[1];
}

static void release(corrector *c, const pass *p)
{
    for (uint32_t i = 0; i < p->input_count; i++) {
        kept *row = &c->values[p->inputs[i]];
        if (row->users && --row->users) continue;
        free(row->data);
        row->data = NULL;
    }
}

/* Units that read `value`: groups count once. */
static uint32_t count_users(const nbx_plan *plan, uint32_t value)
{
    uint32_t users = 0;
    for (uint32_t u = plan->uses.first[value]; u < plan->uses.first[value + 1]; u++) {
        uint32_t node = plan->uses.consumers[u], group = plan->placements[node].group;
        bool again = false;
        for (uint32_t k = plan->uses.first[value]; k < u && !again; k++) {
            uint32_t other = plan->uses.consumers[k];
            again = other == node || (group != NBX_NONE && plan->placements[other].group == group);
        }
        users += !again;
    }
    return users;
}

static nbx_status keep(corrector *c, uint32_t value, uint32_t chip)
{
    nbx_plan *plan = c->plan;
    kept *row = &c->values[value];
    uint64_t total;
    if (!nbx_stored_bytes(&plan->graph->values[value], stored_as(c, chip, value), &row->bytes) ||
        !nbx_mul_size(row->bytes, c->q->feed->sample_count, &total))
        return nbx_raise_memory(plan->context);
    row->data = malloc(total ? (size_t)total : 1);
    row->chip = chip;
    row->users = count_users(plan, value);
    return row->data ? NBX_OK : nbx_raise_memory(plan->context);
}

static nbx_status run_unit(corrector *c, const uint32_t *nodes, uint32_t count)
{
    nbx_plan *plan = c->plan;
    const nbx_g_node *last = &plan->graph->nodes[nodes[count - 1]];
    pass p = {.c = c, .chip = plan->placements[nodes[0]].chip};
    NBX_TRY(find_inputs(&p, nodes, count));
    p.outputs = nbx_arena_array(plan->arena, (size_t)last->n.outputs.count + 1, sizeof(uint32_t));
    if (!p.outputs) return nbx_raise_memory(plan->context);
    nbx_status status = NBX_OK;
    for (uint32_t i = 0; i < last->n.outputs.count && status == NBX_OK; i++) {
        if (nbx_node_output(last, i) == NBX_NONE) continue;
        p.outputs[p.output_count++] = nbx_node_output(last, i);
        status = keep(c, nbx_node_output(last, i), p.chip);
    }
    if (status == NBX_OK) status = run_pass(&p, nodes, count);
    free_pass(&p);
    release(c, &p);
    return status;
}

static nbx_status keep_inputs(corrector *c)
{
    const nbx_feed *feed = c->q->feed;
    for (uint32_t i = 0; i < feed->input_count; i++) {
        uint32_t value = feed->inputs[i].value;
        NBX_TRY(keep(c, value, NBX_NONE));
        for (uint32_t s = 0; s < feed->sample_count; s++)
            nbx_feed_sample(feed, i, s, c->values[value].data + s * c->values[value].bytes);
    }
    return NBX_OK;
}

static nbx_status correct_all(corrector *c)
{
    nbx_plan *plan = c->plan;
    uint32_t last = 0; /* nothing after the last weighted node needs to run */
    for (uint32_t n = 0; n < plan->graph->node_count; n++)
        if (wants_correction(c, n)) last = n + 1;
    if (!last) return NBX_OK;
    NBX_TRY(keep_inputs(c));
    for (uint32_t n = 0; n < last; n++) {
        if (wants_correction(c, n)) NBX_TRY(correct_node(c, n));
        uint32_t group = plan->placements[n].group;
        if (group == NBX_NONE)
            NBX_TRY(run_unit(c, &n, 1));
        else if (plan->groups[group].nodes[plan->groups[group].node_count - 1] == n)
            NBX_TRY(run_unit(c, plan->groups[group].nodes, plan->groups[group].node_count));
    }
    return NBX_OK;
}

nbx_status nbx_correct_bias(quantizer *q)
{
    nbx_plan *plan = q->plan;
    corrector c = {.q = q, .plan = plan};
    c.values = calloc((size_t)plan->graph->value_count + 1, sizeof(kept));
    if (!c.values) return nbx_raise_memory(plan->context);
    nbx_status status = correct_all(&c);
    for (uint32_t v = 0; v < plan->graph->value_count; v++)
        free(c.values[v].data);
    free(c.values);
    plan->bias_corrected = status == NBX_OK && c.corrected > 0;
    return status;
}
