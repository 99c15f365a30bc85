/* SPDX-License-Identifier: Apache-2.0 */
/** Opens .npy files as samples for a model, with the preprocessing of a job. */
#ifndef NBX_STAGES_FEED_H
#define NBX_STAGES_FEED_H

#include "core/feed.h"
#include "target/job.h"

typedef struct nbx_feed_files nbx_feed_files;

/** What samples are for, and the file they come from for messages (NULL: memory of a caller). */
typedef struct nbx_feed_source {
    const nbx_job *job;
    const nbx_graph *graph;
    const char *path;
} nbx_feed_source;

/** Model input `i` fed with elements of `dtype`, with the preprocessing of the job; out->data stays NULL. NBX_BAD_INPUT. */
nbx_status nbx_feed_describe(nbx_context *context, const nbx_feed_source *source, uint32_t i, uint32_t dtype, nbx_feed_input *out);

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
