/* SPDX-License-Identifier: Apache-2.0 */
/* Runs a plan over all samples and keeps every output; judging them is left to eval.c. */
#include <stdlib.h>
#include <string.h>

#include "studies/eval/eval.h"

typedef struct lane_state {
    nbx_lane *lane;
    void **inputs, **outputs;
    nbx_status status;
} lane_state;

typedef struct run_state {
    nbx_plan *plan;
    const nbx_feed *feed;
    nbx_eval_outputs *out;
    lane_state *lanes;
} run_state;

void nbx_eval_outputs_destroy(nbx_eval_outputs *outputs)
{
    nbx_arena_destroy(outputs->arena);
    *outputs = (nbx_eval_outputs){0};
}

/* Outputs of other types than float32 (indices) become floats, so that every study reads one kind. */
static void keep_output(const run_state *r, uint32_t o, uint32_t sample, const void *data)
{
    const nbx_value *v = &r->plan->graph->values[r->plan->graph->outputs[o]].v;
    float *target = r->out->data[o] + (uint64_t)sample * r->out->elements[o];
    if (v->dtype == NBX_DTYPE_FLOAT32) {
        memcpy(target, data, (size_t)r->out->elements[o] * sizeof(float));
        return;
    }
    nbx_tensor tensor = {.dtype = v->dtype, .rank = v->rank, .data = data};
    memcpy(tensor.dims, v->dims, sizeof(tensor.dims));
    nbx_tensor_to_float(&tensor, target);
}

static void run_sample(void *arg, uint32_t worker, uint32_t sample)
{
    run_state *r = arg;
    lane_state *state = &r->lanes[worker];
    if (state->status != NBX_OK) return;
    for (uint32_t i = 0; i < r->feed->input_count; i++)
        nbx_feed_sample(r->feed, i, sample, state->inputs[i]);
    state->status = nbx_lane_run(state->lane, (const void *const *)state->inputs, state->outputs);
    for (uint32_t o = 0; o < r->out->output_count && state->status == NBX_OK; o++)
        keep_output(r, o, sample, state->outputs[o]);
}

static nbx_status make_outputs(run_state *r)
{
    nbx_eval_outputs *out = r->out;
    const nbx_graph *graph = r->plan->graph;
    out->arena = nbx_arena_create();
    out->output_count = graph->output_count;
    out->sample_count = r->feed->sample_count;
    if (!out->arena) return nbx_raise_memory(graph->context);
    out->names = nbx_arena_array(out->arena, (size_t)out->output_count + 1, sizeof(char *));
    out->elements = nbx_arena_array(out->arena, (size_t)out->output_count + 1, sizeof(uint64_t));
    out->data = nbx_arena_array(out->arena, (size_t)out->output_count + 1, sizeof(float *));
    if (!out->names || !out->elements || !out->data) return nbx_raise_memory(graph->context);
    for (uint32_t o = 0; o < out->output_count; o++) {
        const nbx_value *v = &graph->values[graph->outputs[o]].v;
        uint64_t total;
        out->names[o] = nbx_arena_string(out->arena, v->name);
        if (!nbx_shape_elements(v->rank, v->dims, &out->elements[o]) || !nbx_mul_size(out->elements[o], out->sample_count, &total))
            return nbx_raise_memory(graph->context);
        out->data[o] = nbx_arena_array(out->arena, (size_t)total + 1, sizeof(float));
        if (!out->names[o] || !out->data[o]) return nbx_raise_memory(graph->context);
    }
    return NBX_OK;
}

static nbx_status make_lane(run_state *r, nbx_session *session, nbx_arena *arena, lane_state *state)
{
    const nbx_graph *graph = r->plan->graph;
    state->inputs = nbx_arena_array(arena, (size_t)graph->input_count + 1, sizeof(void *));
    state->outputs = nbx_arena_array(arena, (size_t)graph->output_count + 1, sizeof(void *));
    if (!state->inputs || !state->outputs) return nbx_raise_memory(graph->context);
    for (uint32_t i = 0; i < graph->input_count; i++) {
        state->inputs[i] = nbx_arena_alloc_aligned(arena, (size_t)r->feed->inputs[i].elements * 8 + 64, 64);
        if (!state->inputs[i]) return nbx_raise_memory(graph->context);
    }
    for (uint32_t o = 0; o < graph->output_count; o++) {
        state->outputs[o] = nbx_arena_alloc_aligned(arena, (size_t)r->out->elements[o] * 8 + 64, 64);
        if (!state->outputs[o]) return nbx_raise_memory(graph->context);
    }
    return nbx_lane_create(session, &state->lane);
}

static nbx_status run_lanes(run_state *r, nbx_session *session, nbx_arena *arena)
{
    uint32_t count = nbx_session_lanes(session);
    r->lanes = nbx_arena_array(arena, count, sizeof(lane_state));
    if (!r->lanes) return nbx_raise_memory(r->plan->context);
    nbx_status status = NBX_OK;
    for (uint32_t i = 0; i < count && status == NBX_OK; i++)
        status = make_lane(r, session, arena, &r->lanes[i]);
    if (status == NBX_OK) nbx_parallel(r->feed->sample_count, count, r, run_sample);
    for (uint32_t i = 0; i < count; i++) {
        if (status == NBX_OK) status = r->lanes[i].status;
        nbx_lane_destroy(r->lanes[i].lane);
    }
    return status;
}

nbx_status nbx_eval_run(nbx_plan *plan, const nbx_feed *feed, nbx_eval_outputs *out)
{
    run_state r = {.plan = plan, .feed = feed, .out = out};
    nbx_session *session = NULL;
    nbx_arena *arena = nbx_arena_create();
    *out = (nbx_eval_outputs){0};
    nbx_status status = arena ? nbx_compile_segments(plan) : nbx_raise_memory(plan->context);
    if (status == NBX_OK) status = nbx_session_create(plan, &session);
    if (status == NBX_OK) status = make_outputs(&r);
    if (status == NBX_OK) status = run_lanes(&r, session, arena);
    nbx_session_destroy(session);
    nbx_arena_destroy(arena);
    if (status != NBX_OK) nbx_eval_outputs_destroy(out);
    return status;
}

nbx_status nbx_eval_float(nbx_context *context, const nbx_eval_request *request, nbx_eval_outputs *out)
{
    nbx_job job = *request->job; /* the same inputs and outputs, nothing of the chip */
    nbx_graph *graph = NULL;
    nbx_plan *plan = NULL;
    nbx_feed_files *files = NULL;
    job.target = "reference/any";
    job.option_count = job.fallback_count = job.node_count = 0;
    job.scheme = NULL;
    job.calibration = NULL;
    nbx_status status = nbx_model_open(context, request->model, &job, &graph);
    if (status == NBX_OK) status = nbx_feed_open(context, &job, graph, request->data, request->data_count, 0, &files);
    if (status == NBX_OK) status = nbx_plan_make(context, request->registry, &job, graph, NULL, &plan);
    if (status == NBX_OK) status = nbx_plan_check(plan);
    if (status == NBX_OK) status = nbx_eval_run(plan, nbx_feed_of(files), out);
    nbx_plan_destroy(plan);
    nbx_feed_close(files);
    nbx_graph_destroy(graph);
    return status;
}
