/* SPDX-License-Identifier: Apache-2.0 */
/* Observes the range of every value of the float graph on the calibration samples; choosing parameters is params.c's work. */
#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "stages/quantize/quantize.h"

#define BINS 2048u

/* What one thread sees; merged when all are done. */
typedef struct watcher {
    nbx_runner *runner;
    void **inputs, **outputs;
    double *lo, *hi; /* per tap */
    uint32_t *bins;  /* taps * BINS, percentile only */
    nbx_status status;
    uint32_t bad_tap; /* non-finite */
} watcher;

typedef struct calibration {
    quantizer *q;
    nbx_arena *arena;
    uint32_t *taps, tap_count;
    uint64_t *elements;
    double **sums; /* blocks * taps: per channel, for weighted outputs; else NULL */
    watcher *watchers;
    uint32_t watcher_count;
    nbx_executable *executable;
    bool histogram;
} calibration;

static nbx_status find_taps(calibration *c)
{
    const nbx_graph *graph = c->q->plan->graph;
    c->taps = nbx_arena_array(c->arena, (size_t)graph->value_count + 1, sizeof(uint32_t));
    c->elements = nbx_arena_array(c->arena, (size_t)graph->value_count + 1, sizeof(uint64_t));
    if (!c->taps || !c->elements) return nbx_raise_memory(graph->context);
    for (uint32_t n = 0; n < graph->node_count; n++)
        for (uint32_t i = 0; i < graph->nodes[n].n.outputs.count; i++) {
            uint32_t value = nbx_node_output(&graph->nodes[n], i);
            if (value == NBX_NONE || graph->values[value].v.dtype != NBX_DTYPE_FLOAT32) continue;
            if (!nbx_shape_elements(graph->values[value].v.rank, graph->values[value].v.dims, &c->elements[c->tap_count])) continue;
            c->taps[c->tap_count++] = value;
        }
    return NBX_OK;
}

static bool is_weighted_output(const nbx_plan *plan, uint32_t value)
{
    uint32_t node = plan->uses.producer[value];
    const nbx_op_schema *schema = node == NBX_NONE ? NULL : plan->graph->nodes[node].schema;
    return schema && schema->quant == NBX_QUANT_weighted && plan->graph->values[value].v.rank >= 2;
}

static nbx_status make_buffers(calibration *c, watcher *w)
{
    const nbx_plan *plan = c->q->plan;
    uint32_t inputs = plan->graph->input_count;
    w->inputs = nbx_arena_array(c->arena, (size_t)inputs + 1, sizeof(void *));
    w->outputs = nbx_arena_array(c->arena, (size_t)c->tap_count + 1, sizeof(void *));
    w->lo = nbx_arena_array(c->arena, (size_t)c->tap_count + 1, sizeof(double));
    w->hi = nbx_arena_array(c->arena, (size_t)c->tap_count + 1, sizeof(double));
    if (!w->inputs || !w->outputs || !w->lo || !w->hi) return nbx_raise_memory(plan->context);
    for (uint32_t i = 0; i < inputs; i++) {
        w->inputs[i] = nbx_arena_alloc_aligned(c->arena, (size_t)nbx_executable_port_bytes(c->executable, false, i), 64);
        if (!w->inputs[i]) return nbx_raise_memory(plan->context);
    }
    for (uint32_t t = 0; t < c->tap_count; t++) {
        w->outputs[t] = nbx_arena_alloc_aligned(c->arena, (size_t)nbx_executable_port_bytes(c->executable, true, t), 64);
        w->lo[t] = INFINITY;
        w->hi[t] = -INFINITY;
        if (!w->outputs[t]) return nbx_raise_memory(plan->context);
    }
    w->bad_tap = NBX_NONE;
    return nbx_runner_create(c->executable, &w->runner);
}

static nbx_status make_sums(calibration *c)
{
    const nbx_plan *plan = c->q->plan;
    uint32_t blocks = nbx_block_count(c->q->feed->sample_count);
    c->sums = nbx_arena_array(c->arena, (size_t)blocks * c->tap_count + 1, sizeof(double *));
    if (!c->sums) return nbx_raise_memory(plan->context);
    for (uint32_t t = 0; t < c->tap_count; t++) {
        if (!is_weighted_output(plan, c->taps[t])) continue;
        size_t channels = (size_t)plan->graph->values[c->taps[t]].v.dims[1];
        for (uint32_t b = 0; b < blocks; b++) {
            double *sums = nbx_arena_array(c->arena, channels + 1, sizeof(double));
            if (!sums) return nbx_raise_memory(plan->context);
            c->sums[(size_t)b * c->tap_count + t] = sums;
        }
    }
    return NBX_OK;
}

static void add_channels(const nbx_value *value, const float *data, double *sums)
{
    uint64_t channels = (uint64_t)value->dims[1], inner = 1, at = 0;
    for (uint32_t i = 2; i < value->rank; i++)
        inner *= (uint64_t)value->dims[i];
    for (int64_t n = 0; n < value->dims[0]; n++)
        for (uint64_t ch = 0; ch < channels; ch++) {
            double sum = 0;
            for (uint64_t i = 0; i < inner; i++)
                sum += (double)data[at++];
            sums[ch] += sum;
        }
}

static void observe(calibration *c, watcher *w, uint32_t t, double *sums)
{
    const float *data = w->outputs[t];
    float lo = data[0], hi = data[0];
    bool finite = true;
    for (uint64_t i = 0; i < c->elements[t]; i++) {
        lo = data[i] < lo ? data[i] : lo;
        hi = data[i] > hi ? data[i] : hi;
        finite &= isfinite(data[i]) != 0;
    }
    if (!finite && w->bad_tap == NBX_NONE) w->bad_tap = t;
    w->lo[t] = (double)lo < w->lo[t] ? (double)lo : w->lo[t];
    w->hi[t] = (double)hi > w->hi[t] ? (double)hi : w->hi[t];
    if (sums) add_channels(&c->q->plan->graph->values[c->taps[t]].v, data, sums);
}

static void count_bins(calibration *c, watcher *w, uint32_t t)
{
    const nbx_range *range = &c->q->plan->ranges[c->taps[t]];
    double width = (range->hi - range->lo) / BINS;
    uint32_t *bins = w->bins + (size_t)t * BINS;
    const float *data = w->outputs[t];
    for (uint64_t i = 0; i < c->elements[t]; i++) {
        double at = width > 0 ? ((double)data[i] - range->lo) / width : 0;
        uint32_t bin = at <= 0 ? 0 : at >= BINS - 1 ? BINS - 1 : (uint32_t)at;
        bins[bin]++;
    }
}

static void run_sample(calibration *c, watcher *w, uint32_t sample, double *const *sums)
{
    for (uint32_t i = 0; i < c->q->feed->input_count; i++)
        nbx_feed_sample(c->q->feed, i, sample, w->inputs[i]);
    w->status = nbx_runner_run(w->runner, (const void *const *)w->inputs, w->outputs);
    for (uint32_t t = 0; t < c->tap_count && w->status == NBX_OK; t++) {
        if (!c->elements[t]) continue;
        if (c->histogram)
            count_bins(c, w, t);
        else
            observe(c, w, t, sums[t]);
    }
}

static void run_block(void *arg, uint32_t worker, uint32_t block)
{
    calibration *c = arg;
    watcher *w = &c->watchers[worker];
    uint32_t sample, end;
    nbx_block_range(c->q->feed->sample_count, block, &sample, &end);
    for (; sample < end && w->status == NBX_OK; sample++)
        run_sample(c, w, sample, c->sums + (size_t)block * c->tap_count);
}

static void run_samples(calibration *c)
{
    nbx_parallel(nbx_block_count(c->q->feed->sample_count), c->watcher_count, c, run_block);
}

static nbx_status check_watchers(calibration *c)
{
    nbx_plan *plan = c->q->plan;
    for (uint32_t i = 0; i < c->watcher_count; i++) {
        const watcher *w = &c->watchers[i];
        NBX_TRY(w->status);
        if (w->bad_tap == NBX_NONE) continue;
        uint32_t node = plan->uses.producer[c->taps[w->bad_tap]];
        return nbx_raise(plan->context, NBX_E_QUANT_FINITE, NULL, "check the model and the preprocessing (mean, scale) of the job",
                         "node '%s' gives a value that is not finite during calibration", plan->graph->nodes[node].n.name);
    }
    return NBX_OK;
}

static nbx_status merge(calibration *c)
{
    nbx_plan *plan = c->q->plan;
    NBX_TRY(check_watchers(c));
    for (uint32_t t = 0; t < c->tap_count; t++) {
        const nbx_value *value = &plan->graph->values[c->taps[t]].v;
        nbx_range *range = &plan->ranges[c->taps[t]];
        double *mean = c->sums[t] ? nbx_arena_array(plan->arena, (size_t)value->dims[1] + 1, sizeof(double)) : NULL;
        bool given = range->given != NULL; /* what a QDQ model states is not observed away */
        double lo = INFINITY, hi = -INFINITY;
        double each = mean && value->dims[1] ? (double)value->dims[1] / ((double)c->elements[t] * c->q->feed->sample_count) : 0;
        for (uint32_t i = 0; i < c->watcher_count; i++) {
            const watcher *w = &c->watchers[i];
            lo = w->lo[t] < lo ? w->lo[t] : lo;
            hi = w->hi[t] > hi ? w->hi[t] : hi;
        }
        for (int64_t ch = 0; mean && ch < value->dims[1]; ch++) {
            for (uint32_t b = 0; b < nbx_block_count(c->q->feed->sample_count); b++)
                mean[ch] += c->sums[(size_t)b * c->tap_count + t][ch];
            mean[ch] *= each;
        }
        range->channel_mean = mean;
        if (given || !c->elements[t]) continue;
        range->known = true;
        range->lo = lo;
        range->hi = hi;
    }
    return NBX_OK;
}

/* Cuts the share (100 - percentile) off each end, bin by bin; a tensor that is one spike keeps its range. */
static void apply_percentile(calibration *c, uint32_t t)
{
    nbx_range *range = &c->q->plan->ranges[c->taps[t]];
    uint64_t total = 0, counts[BINS];
    for (uint32_t b = 0; b < BINS; b++) {
        counts[b] = 0;
        for (uint32_t i = 0; i < c->watcher_count; i++)
            counts[b] += c->watchers[i].bins[(size_t)t * BINS + b];
        total += counts[b];
    }
    double cut = (double)total * (100.0 - c->q->plan->job->percentile) / 100.0, seen = 0;
    double width = (range->hi - range->lo) / BINS, lo = range->lo;
    uint32_t first = 0, last = BINS - 1;
    while (first < last && (seen += (double)counts[first]) <= cut)
        first++;
    seen = 0;
    while (last > first && (seen += (double)counts[last]) <= cut)
        last--;
    range->lo = lo + width * first;
    range->hi = lo + width * (last + 1);
}

static nbx_status percentile_pass(calibration *c)
{
    nbx_plan *plan = c->q->plan;
    for (uint32_t i = 0; i < c->watcher_count; i++) {
        c->watchers[i].bins = nbx_arena_array(c->arena, (size_t)c->tap_count * BINS, sizeof(uint32_t));
        if (!c->watchers[i].bins) return nbx_raise_memory(plan->context);
    }
    c->histogram = true;
    run_samples(c);
    NBX_TRY(check_watchers(c));
    for (uint32_t t = 0; t < c->tap_count; t++)
        if (c->elements[t] && !plan->ranges[c->taps[t]].given) apply_percentile(c, t);
    return NBX_OK;
}

/* Inputs: from the preprocessing where the source is integer, so that no clipping of calibration data moves them; else observed. */
static nbx_status input_ranges(calibration *c)
{
    nbx_plan *plan = c->q->plan;
    for (uint32_t i = 0; i < c->q->feed->input_count; i++) {
        const nbx_feed_input *input = &c->q->feed->inputs[i];
        nbx_range *range = &plan->ranges[input->value];
        if (range->given || input->model_dtype != NBX_DTYPE_FLOAT32) continue;
        range->known = nbx_feed_range(input, &range->lo, &range->hi);
        float *sample = range->known ? NULL : nbx_arena_array(c->arena, (size_t)input->elements + 1, sizeof(float));
        if (!range->known && !sample) return nbx_raise_memory(plan->context);
        for (uint32_t s = 0; sample && s < c->q->feed->sample_count; s++) {
            nbx_feed_sample(c->q->feed, i, s, sample);
            for (uint64_t k = 0; k < input->elements; k++) {
                double x = (double)sample[k];
                if (!isfinite(x))
                    return nbx_raise(plan->context, NBX_E_QUANT_FINITE, NULL, "look at sample and element in the file",
                                     "input '%s': sample %u holds a value that is not finite", plan->graph->values[input->value].v.name, s);
                range->lo = !range->known || x < range->lo ? x : range->lo;
                range->hi = !range->known || x > range->hi ? x : range->hi;
                range->known = true;
            }
        }
    }
    return NBX_OK;
}

static nbx_status run_all(calibration *c)
{
    nbx_plan *plan = c->q->plan;
    uint32_t *nodes = nbx_arena_array(c->arena, (size_t)plan->graph->node_count + 1, sizeof(uint32_t));
    nbx_constants *constants = nbx_constants_create(plan->graph, NULL);
    if (!nodes || !constants) {
        nbx_constants_destroy(constants);
        return nbx_raise_memory(plan->context);
    }
    for (uint32_t n = 0; n < plan->graph->node_count; n++)
        nodes[n] = n;
    nbx_view_request request = {.graph = plan->graph,
                                .nodes = nodes,
                                .node_count = plan->graph->node_count,
                                .inputs = plan->graph->inputs,
                                .input_count = plan->graph->input_count,
                                .outputs = c->taps,
                                .output_count = c->tap_count,
                                .constants = constants,
                                .name = "calibration"};
    nbx_graph_view view;
    nbx_status status = nbx_view_build(plan->context, c->arena, &request, &view);
    if (status == NBX_OK) status = nbx_executable_compile(plan->context, &plan->engine, &view, &c->executable);
    nbx_constants_destroy(constants);
    NBX_TRY(status);
    c->watcher_count = nbx_worker_count();
    c->watchers = nbx_arena_array(c->arena, c->watcher_count, sizeof(watcher));
    if (!c->watchers) return nbx_raise_memory(plan->context);
    NBX_TRY(make_sums(c));
    for (uint32_t i = 0; i < c->watcher_count; i++)
        NBX_TRY(make_buffers(c, &c->watchers[i]));
    run_samples(c);
    NBX_TRY(merge(c));
    return plan->job->method && !strcmp(plan->job->method, "percentile") ? percentile_pass(c) : NBX_OK;
}

static nbx_status calibrate(calibration *c)
{
    NBX_TRY(find_taps(c));
    NBX_TRY(input_ranges(c));
    return run_all(c);
}

nbx_status nbx_calibrate(quantizer *q)
{
    nbx_plan *plan = q->plan;
    if (!plan->engine.plugin)
        return nbx_raise(plan->context, NBX_E_QUANT_ENGINE, NULL, "install it, or plan without calibration data",
                         "calibration needs the plugin 'reference', which is not installed");
    calibration c = {.q = q, .arena = nbx_arena_create()};
    nbx_status status = c.arena ? calibrate(&c) : nbx_raise_memory(plan->context);
    for (uint32_t i = 0; c.watchers && i < c.watcher_count; i++)
        nbx_runner_destroy(c.watchers[i].runner);
    nbx_executable_destroy(c.executable);
    nbx_arena_destroy(c.arena);
    if (status != NBX_OK) return status;
    plan->has_data = true;
    plan->calibration_samples = q->feed->sample_count;
    plan->calibration_method = plan->job->method ? plan->job->method : "minmax";
    return NBX_OK;
}
