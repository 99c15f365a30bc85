/* SPDX-License-Identifier: Apache-2.0 */
/** Accuracy on data: a target against float and against labels. */
#ifndef NBX_STUDIES_EVAL_H
#define NBX_STUDIES_EVAL_H

#include "stages/feed/feed.h"
#include "stages/pipeline/pipeline.h"
#include "stages/report/report.h"
#include "stages/run/run.h"

typedef struct nbx_eval_request {
    nbx_registry *registry;
    const nbx_job *job;
    const char *model;
    const char *const *data; /* as nbx_feed_open wants them */
    uint32_t data_count;
    const char *const *labels; /* "FILE" or "OUTPUT=FILE"; may be empty */
    uint32_t label_count;
    const char *metric; /* "top1", "topk:5", "OUTPUT=cells,OUTPUT=iou"; NULL: the job's, else top1 with labels, cosine without */
} nbx_eval_request;

/** All outputs of a model over samples, as float32: output o of sample s starts at data[o] + s * elements[o]. */
typedef struct nbx_eval_outputs {
    uint32_t output_count, sample_count;
    const char **names;
    uint64_t *elements;
    float **data;
    nbx_arena *arena;
} nbx_eval_outputs;
void nbx_eval_outputs_destroy(nbx_eval_outputs *outputs);

/** Compiles the plan and runs every sample of `feed` on as many lanes as its chips allow. */
nbx_status nbx_eval_run(nbx_plan *plan, const nbx_feed *feed, nbx_eval_outputs *out);
/** The same model in float on reference/any. */
nbx_status nbx_eval_float(nbx_context *context, const nbx_eval_request *request, nbx_eval_outputs *out);

/** The whole study; *report is NULL on error. NBX_FOUND with the plan's table in *report if a node is refused. */
nbx_status nbx_eval(nbx_context *context, const nbx_eval_request *request, json_t **report);
/** Scores of outputs against labels alone: for artifacts, which hold no float model. */
nbx_status nbx_eval_labels(nbx_context *context, const nbx_eval_request *request, const nbx_eval_outputs *got, json_t **report);
void nbx_eval_text(const json_t *report, bool verbose, const nbx_text_sink *sink);

#endif
