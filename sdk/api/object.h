/* SPDX-License-Identifier: Apache-2.0 */
/** The object behind nbx/pipeline.h: a plan with what it was made from, or an artifact in the board's own runtime. */
#ifndef NBX_API_OBJECT_H
#define NBX_API_OBJECT_H

#include <nbx/pipeline.h>
#include <nbx/rt.h>

#include "stages/feed/feed.h"
#include "stages/run/run.h"
#include "target/target.h"

struct nbx_pipeline {
    nbx_context *context;
    nbx_arena *arena;
    nbx_registry *registry;
    const char *file;         /* of the model or the artifact */
    nbx_pipeline_port *ports; /* inputs, then outputs */
    uint32_t input_count, output_count;
    char *text; /* the last report */
    /* a plan */
    nbx_job_set *jobs;
    const nbx_job *job;
    nbx_graph *graph;
    nbx_feed_files *calibration;
    nbx_plan *plan; /* NULL: it is an artifact */
    bool compiled;
    nbx_session *session; /* with its lane: from the first run on */
    nbx_lane *lane;
    nbx_feed feed;    /* one sample, in the caller's buffers */
    void **prepared;  /* per input: preprocessed */
    const void **fed; /* per input: what the lane gets */
    void **results;   /* per output: the caller's */
    /* an artifact */
    nbx_rt *rt;
    nbx_rt_buffer *bound;
};

/** A copy of what the caller's struct has; zero where it ends. */
nbx_pipeline_options nbx_pipeline_options_read(const nbx_pipeline_options *options);
/** An empty object that knows its file and the plugins. NULL only without memory. */
nbx_status nbx_pipeline_begin(nbx_context *context, const char *file, const nbx_pipeline_options *options, nbx_pipeline **out);

/** Fills ports and what a run of the plan needs. */
nbx_status nbx_plan_ports_make(nbx_pipeline *pipeline);
nbx_status nbx_plan_run(nbx_pipeline *pipeline, const nbx_pipeline_buffer *inputs, const nbx_pipeline_buffer *outputs);

/** Opens pipeline->file as an artifact with plugins of the registry, and fills ports. */
nbx_status nbx_artifact_ports_make(nbx_pipeline *pipeline);
nbx_status nbx_artifact_execute(nbx_pipeline *pipeline, const nbx_pipeline_buffer *inputs, const nbx_pipeline_buffer *outputs);

#endif
