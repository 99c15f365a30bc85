/* SPDX-License-Identifier: Apache-2.0 */
/** Running a compiled plan: segments in order, the host converting at borders. */
#ifndef NBX_STAGES_RUN_H
#define NBX_STAGES_RUN_H

#include "core/executor.h"
#include "stages/stages.h"

typedef struct nbx_session nbx_session;
/** Loads the blobs of a compiled plan; the plan must outlive the session. */
nbx_status nbx_session_create(nbx_plan *plan, nbx_session **out);
void nbx_session_destroy(nbx_session *session);

/** Buffers and run contexts of one thread. Plugins limit how many may run at once: nbx_session_lanes. */
typedef struct nbx_lane nbx_lane;
uint32_t nbx_session_lanes(const nbx_session *session);
nbx_status nbx_lane_create(nbx_session *session, nbx_lane **out);
void nbx_lane_destroy(nbx_lane *lane);
/**
 * inputs: float32 (or the input's own integer dtype), dense, in the order of the model's inputs.
 * outputs: likewise for the model's outputs; quantized results are decoded.
 */
nbx_status nbx_lane_run(nbx_lane *lane, const void *const *inputs, void *const *outputs);

#endif
