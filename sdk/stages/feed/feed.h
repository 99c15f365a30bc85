/* SPDX-License-Identifier: Apache-2.0 */
/** Opens .npy files as samples for a model, with the preprocessing of a job. */
#ifndef NBX_STAGES_FEED_H
#define NBX_STAGES_FEED_H

#include "core/feed.h"
#include "target/job.h"

typedef struct nbx_feed_files nbx_feed_files;

/**
 * `paths`: one per model input: "FILE" for a model with one input, else "NAME=FILE". The first axis of each file counts
 * samples and may be missing for a single one. Shapes, types and preprocessing are checked against model and job.
 * most_samples 0: all.
 */
nbx_status nbx_feed_open(nbx_context *context, const nbx_job *job, const nbx_graph *graph, const char *const *paths, uint32_t count,
                         uint32_t most_samples, nbx_feed_files **out);
/** The calibration samples of the job. */
nbx_status nbx_feed_calibration(nbx_context *context, const nbx_job *job, const nbx_graph *graph, nbx_feed_files **out);
const nbx_feed *nbx_feed_of(const nbx_feed_files *files);
void nbx_feed_close(nbx_feed_files *files);

#endif
