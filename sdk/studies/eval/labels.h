/* SPDX-License-Identifier: Apache-2.0 */
/** Labels of an evaluation: which file belongs to which output under which metric. */
#ifndef NBX_STUDIES_LABELS_H
#define NBX_STUDIES_LABELS_H

#include "studies/eval/eval.h"
#include "studies/eval/metrics.h"

/** One scored output. `labels`: sample_count * label_elements floats in the arena, or NULL. */
typedef struct nbx_scored {
    const nbx_metric *metric;
    uint32_t k, output;
    const float *labels;
    uint64_t label_elements;
} nbx_scored;

/** Reads metric texts and label files of a request against the outputs that were computed. */
nbx_status nbx_labels_read(nbx_context *context, const nbx_eval_request *request, const nbx_eval_outputs *outputs, nbx_arena *arena,
                           nbx_scored **out, uint32_t *count);

#endif
