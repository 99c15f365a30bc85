/* SPDX-License-Identifier: Apache-2.0 */
/** Scaling and shifting constant weights: in double, rounded once to their own type. */
#ifndef NBX_STAGES_OPTIMIZE_WEIGHTS_H
#define NBX_STAGES_OPTIMIZE_WEIGHTS_H

#include "stages/optimize/passes.h"

/** Weights as [groups][outer][channels][inner]; the output channel of an element is group * channels + channel. */
typedef struct nbx_weight_layout {
    uint64_t groups, outer, channels, inner;
} nbx_weight_layout;

/** y = scale[c] * x + shift[c] per channel c; with `uniform` only element 0 counts. */
typedef struct nbx_affine {
    uint64_t channels;
    bool uniform;
    double *scale, *shift;
} nbx_affine;

/** Fills the arrays' memory. */
nbx_status nbx_affine_create(nbx_rewrite *rewrite, uint64_t channels, nbx_affine *out);
static inline double nbx_affine_scale(const nbx_affine *affine, uint64_t channel)
{
    return affine->scale[affine->uniform ? 0 : channel];
}
static inline double nbx_affine_shift(const nbx_affine *affine, uint64_t channel)
{
    return affine->shift[affine->uniform ? 0 : channel];
}
/** All factors are finite; all scales are 1 (unit); all shifts are 0 (still). */
bool nbx_affine_finite(const nbx_affine *affine);
bool nbx_affine_is_unit(const nbx_affine *affine);
bool nbx_affine_is_still(const nbx_affine *affine);

/** A new constant: every element times the scale of its channel. NBX_NONE in *out if it may not be made. */
nbx_status nbx_weights_scale(nbx_rewrite *rewrite, const char *name, const nbx_tensor *weights, const nbx_weight_layout *layout,
                             const nbx_affine *affine, uint32_t *out);
/** A new constant [channels] of `dtype`: bias * scale + shift, for a bias of one element or of [channels], or NULL. */
nbx_status nbx_weights_shift(nbx_rewrite *rewrite, const char *name, const nbx_tensor *bias, uint32_t dtype, const nbx_affine *affine,
                             uint32_t *out);
/** A new constant [channels, 1, 1, ...] with `ones` extents of 1: the scales. */
nbx_status nbx_weights_from_scale(nbx_rewrite *rewrite, const char *name, uint32_t dtype, uint32_t ones, const nbx_affine *affine,
                                  uint32_t *out);

#endif
