/* SPDX-License-Identifier: Apache-2.0 */
/* Puts the stages in order and repeats them after demotions; it decides nothing itself. */
#include "stages/pipeline/pipeline.h"

#include <stdlib.h>
#include <string.h>

#include "stages/import/import.h"
#include "stages/optimize/optimize.h"
#include "stages/report/report.h"

static nbx_status import_options(const nbx_job *job, nbx_arena *arena, nbx_import_options *out)
{
    *out = (nbx_import_options){0};
    if (!job) return NBX_OK;
    nbx_import_shape *shapes = nbx_arena_array(arena, (size_t)job->input_count + 1, sizeof(*shapes));
    const char **outputs = nbx_arena_array(arena, (size_t)job->output_count + 1, sizeof(char *));
    if (!shapes || !outputs) return NBX_NO_MEMORY;
    for (uint32_t i = 0; i < job->input_count; i++)
        if (job->inputs[i].shape)
            shapes[out->shape_count++] = (nbx_import_shape){job->inputs[i].name, job->inputs[i].shape_count, job->inputs[i].shape};
    for (uint32_t i = 0; i < job->output_count; i++)
        outputs[i] = job->outputs[i].name;
    out->shapes = shapes;
    out->outputs = outputs;
    out->output_count = job->output_count;
    return NBX_OK;
}

nbx_status nbx_model_open(nbx_context *context, const char *path, const nbx_job *job, nbx_graph **out)
{
    nbx_import_options options;
    nbx_arena *arena = nbx_arena_create();
    *out = NULL;
    nbx_status status = arena ? import_options(job, arena, &options) : NBX_NO_MEMORY;
    if (status != NBX_OK)
        nbx_raise_memory(context);
    else
        status = nbx_import_onnx(context, path, &options, out);
    nbx_arena_destroy(arena);
    if (status == NBX_OK) status = nbx_optimize(context, *out);
    if (status == NBX_OK) return NBX_OK;
    nbx_graph_destroy(*out);
    *out = NULL;
    return status;
}

static nbx_status record_round(nbx_plan *plan, uint32_t demoted, const char *why)
{
    if (!nbx_arena_grow(plan->arena, &plan->rounds, plan->round_count, &plan->round_capacity, sizeof(nbx_round)))
        return nbx_raise_memory(plan->context);
    plan->rounds[plan->round_count] = (nbx_round){plan->round_count + 1, demoted, why};
    plan->round_count++;
    return NBX_OK;
}

/* Every demotion moves a node to a later chip, so nodes * chips bounds the rounds. */
static nbx_status settle(nbx_plan *plan, const nbx_feed *feed)
{
    for (;;) {
        uint32_t demoted = 0;
        NBX_TRY(nbx_form_groups(plan));
        NBX_TRY(nbx_quantize(plan, plan->refused ? NULL : feed));
        NBX_TRY(nbx_recheck(plan, &demoted));
        if (demoted) {
            NBX_TRY(record_round(plan, demoted, "rules on types and values"));
            continue;
        }
        if (plan->refused) return NBX_OK;
        NBX_TRY(nbx_cut_segments(plan, &demoted));
        if (!demoted) return NBX_OK;
        NBX_TRY(record_round(plan, demoted, "limits on segments"));
    }
}

static nbx_status finish(nbx_plan *plan, const nbx_feed *feed)
{
    if (plan->job->method && !strcmp(plan->job->method, "none")) feed = NULL; /* the job asks for no calibration */
    NBX_TRY(nbx_adopt_qdq(plan));
    NBX_TRY(nbx_place_nodes(plan));
    NBX_TRY(settle(plan, feed));
    if (!plan->refused) {
        NBX_TRY(nbx_finish_quantize(plan, feed));
        NBX_TRY(nbx_assign_layouts(plan));
    }
    return nbx_estimate_costs(plan);
}

nbx_status nbx_plan_make(nbx_context *context, nbx_registry *registry, const nbx_job *job, nbx_graph *graph, const nbx_feed *feed,
                         nbx_plan **out)
{
    NBX_TRY(nbx_plan_begin(context, registry, job, graph, out));
    nbx_status status = finish(*out, feed);
    if (status == NBX_OK) return NBX_OK;
    nbx_plan_destroy(*out);
    *out = NULL;
    return status;
}

nbx_status nbx_plan_check(const nbx_plan *plan)
{
    if (plan->rejected)
        return nbx_raise(plan->context, NBX_E_PLAN_REJECTED, NULL, plan->model_reasons ? plan->model_reasons->remedy : NULL, "%s: %s",
                         plan->chips[0].spec, plan->model_reasons ? plan->model_reasons->text : "the model is rejected");
    if (!plan->refused) return NBX_OK;
    uint32_t first = 0;
    while (plan->placements[first].verdict != NBX_VERDICT_REFUSED)
        first++;
    const nbx_reason *reason = plan->placements[first].reasons;
    while (reason && reason->effect != NBX_EFFECT_REFUSE && reason->effect != NBX_EFFECT_REJECT)
        reason = reason->next;
    return nbx_raise(plan->context, NBX_E_PLAN_REFUSED, NULL,
                     "the table says why; `fallback: reference` (or --fallback reference) lets another plugin run them",
                     "%u of %u nodes run nowhere, first: %s", plan->refused, plan->graph->node_count,
                     reason ? reason->text : plan->graph->nodes[first].n.name);
}

nbx_status nbx_plan_check_budget(const nbx_plan *plan)
{
    const nbx_job *job = plan->job;
    nbx_plan_summary s;
    nbx_status status = NBX_OK;
    if (!job->has_latency_ms && !job->has_memory_mb) return NBX_OK;
    NBX_TRY(nbx_plan_summarize(plan, &s));
    double memory_mb = (double)(s.activation_peak_bytes + s.weight_bytes) / 1e6;
    if (job->has_latency_ms && s.confidence && s.latency_us > job->latency_ms * 1000.0)
        status = nbx_raise(plan->context, NBX_E_PLAN_BUDGET, NULL, "the report shows the most expensive nodes",
                           "predicted latency is %.3f ms, the budget allows %.3f", s.latency_us / 1000.0, job->latency_ms);
    if (job->has_latency_ms && !s.confidence)
        status = nbx_raise(plan->context, NBX_E_PLAN_BUDGET, NULL, "choose a chip with cost rows",
                           "%s has no latency prediction, so its budget cannot be kept", plan->chips[0].spec);
    if (job->has_memory_mb && memory_mb > job->memory_mb)
        status = nbx_raise(plan->context, NBX_E_PLAN_BUDGET, NULL, NULL, "weights and activations need %.3f MB, the budget allows %.3f",
                           memory_mb, job->memory_mb);
    return status;
}
