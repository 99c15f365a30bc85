/* SPDX-License-Identifier: Apache-2.0 */
/** The passes of optimize and what they share. A pass sweeps the nodes once; optimize repeats them until nothing changes. */
#ifndef NBX_STAGES_OPTIMIZE_PASSES_H
#define NBX_STAGES_OPTIMIZE_PASSES_H

#include "stages/optimize/rewrite.h"

/* propagate.c: parameters, attributes, shapes and constants, in one sweep */
nbx_status nbx_pass_propagate(nbx_rewrite *rewrite);
/* empty.c: tensors without elements */
nbx_status nbx_pass_empty(nbx_rewrite *rewrite);
/* identities.c: nodes that return their input */
nbx_status nbx_pass_identities(nbx_rewrite *rewrite);
/* slices.c: slices that partition a value become one Split */
nbx_status nbx_pass_slices(nbx_rewrite *rewrite);
/* pads.c: Pad before Conv and AveragePool */
nbx_status nbx_pass_pads(nbx_rewrite *rewrite);
/* gemm.c: MatMul, alpha and beta, Flatten before Gemm */
nbx_status nbx_pass_gemm(nbx_rewrite *rewrite);
/* affine.c: BatchNormalization and constant scales and shifts per channel */
nbx_status nbx_pass_affine(nbx_rewrite *rewrite);
/* composites.c: activations written as several nodes */
nbx_status nbx_pass_composites(nbx_rewrite *rewrite);
/* shuffle.c: Reshape, Transpose, Reshape that shuffle channels */
nbx_status nbx_pass_shuffle(nbx_rewrite *rewrite);
/* views.c: chains of views, and the flag of those that remain */
nbx_status nbx_pass_views(nbx_rewrite *rewrite);
/* dead.c: nodes nobody reads */
nbx_status nbx_pass_dead(nbx_rewrite *rewrite);

/* canonical.c */

/** Turns constant parameter inputs into attributes. *ready is false while one of them is not constant. */
nbx_status nbx_canonical_parameters(nbx_rewrite *rewrite, uint32_t node, bool *ready);
/** Checks the kinds of the attributes and fills in defaults. */
nbx_status nbx_canonical_defaults(nbx_rewrite *rewrite, uint32_t node);
/** Drops the attributes that the op table does not know. */
void nbx_canonical_strip(nbx_rewrite *rewrite, uint32_t node);

/* infer.c */

/** Shapes of the node's outputs. *known tells whether they are known now. */
nbx_status nbx_infer_node(nbx_rewrite *rewrite, uint32_t node, bool *known);

/* fold.c */

/** Makes the outputs constants if they can be. The node is gone when *folded. */
nbx_status nbx_fold_node(nbx_rewrite *rewrite, uint32_t node, bool *folded);

/** The one value of all elements of a constant (a splat, or one element). */
bool nbx_tensor_uniform(const nbx_tensor *tensor, double *out);

#endif
