/* SPDX-License-Identifier: Apache-2.0 */
/** The order of the stages: from a file to a graph, from a graph and a job to a finished plan. */
#ifndef NBX_STAGES_PIPELINE_H
#define NBX_STAGES_PIPELINE_H

#include "stages/stages.h"

/** Imports and optimizes a model as the job wants it: its input shapes and its outputs. `job` NULL: as the file has it. */
nbx_status nbx_model_open(nbx_context *context, const char *path, const nbx_job *job, nbx_graph **out);

/**
 * Runs begin, place, group, quantize, recheck, segment, layouts and estimate, again from group after every demotion.
 * `feed` NULL: no calibration data. A refused node is not an error: plan->refused counts them, and the plan stops before
 * segments. The graph is changed (requantize nodes, biases) and belongs to this plan from here on.
 */
nbx_status nbx_plan_make(nbx_context *context, nbx_registry *registry, const nbx_job *job, nbx_graph *graph, const nbx_feed *feed,
                         nbx_plan **out);

/** NBX_OK, or NBX_FOUND with an error that names how many nodes were refused and the first of them. */
nbx_status nbx_plan_check(const nbx_plan *plan);
/** NBX_OK, or NBX_FOUND with an error for each budget of the job (latency, memory) that the plan misses. */
nbx_status nbx_plan_check_budget(const nbx_plan *plan);

#endif
