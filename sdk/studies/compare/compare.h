/* SPDX-License-Identifier: Apache-2.0 */
/** The same models on many targets, side by side. */
#ifndef NBX_STUDIES_COMPARE_H
#define NBX_STUDIES_COMPARE_H

#include "studies/eval/eval.h"

/** An empty comparison. NULL if out of memory. */
json_t *nbx_compare_begin(void);
/** Adds a row: plan figures, and accuracy when the request has data. A model that a target refuses makes a row and NBX_FOUND. */
nbx_status nbx_compare_add(nbx_context *context, const nbx_eval_request *request, json_t *report);
void nbx_compare_text(const json_t *report, bool verbose, const nbx_text_sink *sink);

#endif
