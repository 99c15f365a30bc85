/* SPDX-License-Identifier: Apache-2.0 */
/* Makes and ends pipelines: options, plugins, jobs, the plan; running is left to plan_run.c and artifact_run.c. */
#include <dlfcn.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "api/object.h"
#include "stages/pipeline/pipeline.h"

nbx_pipeline_options nbx_pipeline_options_read(const nbx_pipeline_options *options)
{
    nbx_pipeline_options ours = {0};
    if (options) memcpy(&ours, options, options->struct_size < sizeof(ours) ? options->struct_size : sizeof(ours));
    return ours;
}

/* The plugin directory of the installation that this library is part of, wherever it was moved; NULL if there is none. */
static const char *beside_library(nbx_arena *arena)
{
    Dl_info info;
    char full[PATH_MAX];
    if (!dladdr((const void *)&nbx_pipeline_options_read, &info) || !info.dli_fname || !realpath(info.dli_fname, full)) return NULL;
    char *slash = strrchr(full, '/');
    if (!slash) return NULL;
    *slash = 0;
    const char *joined = nbx_arena_format(arena, "%s/" NBX_PLUGIN_SUBDIR, full);
    return joined && realpath(joined, full) ? nbx_arena_string(arena, full) : NULL;
}

nbx_status nbx_pipeline_begin(nbx_context *context, const char *file, const nbx_pipeline_options *options, nbx_pipeline **out)
{
    *out = calloc(1, sizeof(**out));
    if (!*out) return nbx_raise_memory(context);
    nbx_pipeline *pipeline = *out;
    pipeline->context = context;
    pipeline->arena = nbx_arena_create();
    pipeline->file = pipeline->arena ? nbx_arena_string(pipeline->arena, file) : NULL;
    if (!pipeline->file) return nbx_raise_memory(context);
    nbx_registry_options search = {.paths = options->plugins, .path_count = options->plugin_count};
    search.system_directory = options->plugin_directory ? options->plugin_directory : beside_library(pipeline->arena);
    return nbx_registry_create(context, &search, &pipeline->registry);
}

static nbx_status open_job(nbx_pipeline *pipeline, const char *job, const nbx_pipeline_options *options)
{
    nbx_overrides overrides = {options->overrides, options->override_count};
    NBX_TRY(nbx_job_set_open(pipeline->context, job, &overrides, &pipeline->jobs));
    if (options->target >= pipeline->jobs->count)
        return nbx_raise(pipeline->context, NBX_E_API_TARGET, &(nbx_place){job, 0, 0}, "they count from 0", "target %u of %u",
                         options->target, pipeline->jobs->count);
    pipeline->job = &pipeline->jobs->jobs[options->target];
    return NBX_OK;
}

static nbx_status make_plan(nbx_pipeline *pipeline)
{
    const nbx_job *job = pipeline->job;
    NBX_TRY(nbx_model_open(pipeline->context, pipeline->file, job, &pipeline->graph));
    if (job->calibration) NBX_TRY(nbx_feed_calibration(pipeline->context, job, pipeline->graph, &pipeline->calibration));
    const nbx_feed *feed = pipeline->calibration ? nbx_feed_of(pipeline->calibration) : NULL;
    NBX_TRY(nbx_plan_make(pipeline->context, pipeline->registry, job, pipeline->graph, feed, &pipeline->plan));
    return nbx_plan_ports_make(pipeline);
}

static bool fit(const nbx_pipeline_options *ours)
{
    return (!ours->plugin_count || ours->plugins) && (!ours->override_count || ours->overrides);
}

static nbx_status give(nbx_status status, nbx_pipeline *pipeline, nbx_pipeline **out)
{
    if (status == NBX_OK)
        *out = pipeline;
    else
        nbx_pipeline_destroy(pipeline);
    return status;
}

nbx_status nbx_pipeline_create(nbx_context *context, const char *job, const char *model, const nbx_pipeline_options *options,
                               nbx_pipeline **out)
{
    nbx_pipeline *pipeline = NULL;
    nbx_pipeline_options ours = nbx_pipeline_options_read(options);
    if (out) *out = NULL;
    if (!context || !out) return NBX_INVALID;
    if (!job || !model || !fit(&ours))
        return nbx_raise(context, NBX_E_API_ARGUMENT, NULL, NULL, "nbx_pipeline_create: no job, no model, or a count without its list");
    nbx_status status = nbx_pipeline_begin(context, model, &ours, &pipeline);
    if (status == NBX_OK) status = open_job(pipeline, job, &ours);
    if (status == NBX_OK) status = make_plan(pipeline);
    return give(status, pipeline, out);
}

nbx_status nbx_pipeline_load(nbx_context *context, const char *artifact, const nbx_pipeline_options *options, nbx_pipeline **out)
{
    nbx_pipeline *pipeline = NULL;
    nbx_pipeline_options ours = nbx_pipeline_options_read(options);
    if (out) *out = NULL;
    if (!context || !out) return NBX_INVALID;
    if (!artifact || !fit(&ours))
        return nbx_raise(context, NBX_E_API_ARGUMENT, NULL, NULL, "nbx_pipeline_load: no artifact, or a count without its list");
    nbx_status status = nbx_pipeline_begin(context, artifact, &ours, &pipeline);
    if (status == NBX_OK) status = nbx_artifact_ports_make(pipeline);
    return give(status, pipeline, out);
}

void nbx_pipeline_destroy(nbx_pipeline *pipeline)
{
    if (!pipeline) return;
    nbx_lane_destroy(pipeline->lane);
    nbx_session_destroy(pipeline->session);
    nbx_plan_destroy(pipeline->plan);
    nbx_feed_close(pipeline->calibration);
    nbx_graph_destroy(pipeline->graph);
    nbx_job_set_destroy(pipeline->jobs);
    nbx_rt_close(pipeline->rt);
    nbx_registry_destroy(pipeline->registry);
    nbx_arena_destroy(pipeline->arena);
    free(pipeline->text);
    free(pipeline);
}
