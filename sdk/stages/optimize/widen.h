/* SPDX-License-Identifier: Apache-2.0 */
/** Models that compute in another float type than float32. */
#ifndef NBX_STAGES_OPTIMIZE_WIDEN_H
#define NBX_STAGES_OPTIMIZE_WIDEN_H

#include "core/graph.h"

/**
 * Makes float16, bfloat16 and float64 values float32, and Casts to them Casts to float32. Constants keep their tensors. Says so
 * in a note if there were any. Shapes have to be known by then: what was computed for them was computed in the file's types.
 */
nbx_status nbx_widen_reals(nbx_graph *graph, bool *changed);

#endif
