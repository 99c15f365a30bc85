/* SPDX-License-Identifier: Apache-2.0 */
/* New weights and biases from constant ones; which node they belong to is affine.c's and gemm.c's business. */
#include "stages/optimize/weights.h"

#include <math.h>

#include "stages/optimize/fold.h"

nbx_status nbx_affine_create(nbx_rewrite *rewrite, uint64_t channels, nbx_affine *out)
{
    *out = (nbx_affine){.channels = channels};
    out->scale = nbx_arena_array(rewrite->scratch, channels, sizeof(double));
    out->shift = nbx_arena_array(rewrite->scratch, channels, sizeof(double));
    return out->scale && out->shift ? NBX_OK : nbx_raise_memory(rewrite->context);
}

static uint64_t distinct(const nbx_affine *affine)
{
    return affine->uniform ? 1 : affine->channels;
}

bool nbx_affine_finite(const nbx_affine *affine)
{
    for (uint64_t c = 0; c < distinct(affine); c++)
        if (!isfinite(affine->scale[c]) || !isfinite(affine->shift[c])) return false;
    return true;
}

bool nbx_affine_is_unit(const nbx_affine *affine)
{
    for (uint64_t c = 0; c < distinct(affine); c++)
        if (affine->scale[c] != 1) return false;
    return true;
}

bool nbx_affine_is_still(const nbx_affine *affine)
{
    for (uint64_t c = 0; c < distinct(affine); c++)
        if (affine->shift[c] != 0) return false;
    return true;
}

/* A splat of the tensor's type and extents, or dense data to fill; NULL data and no splat if it is too much. */
static nbx_status prepare(nbx_rewrite *rewrite, nbx_tensor *tensor, bool splat, void **data)
{
    *data = NULL;
    if (!nbx_tensor_bytes(tensor->dtype, tensor->rank, tensor->dims, &tensor->bytes)) return NBX_OK;
    tensor->is_splat = splat;
    if (!splat) NBX_TRY(nbx_rewrite_allocate(rewrite, tensor->bytes, data));
    tensor->data = *data;
    return NBX_OK;
}

nbx_status nbx_weights_scale(nbx_rewrite *rewrite, const char *name, const nbx_tensor *weights, const nbx_weight_layout *layout,
                             const nbx_affine *affine, uint32_t *out)
{
    nbx_tensor scaled = *weights;
    double *factors = affine->scale;
    void *data;
    *out = NBX_NONE;
    NBX_TRY(prepare(rewrite, &scaled, weights->is_splat && affine->uniform, &data));
    if (scaled.is_splat) {
        scaled.splat_f = nbx_round_to(scaled.dtype, weights->splat_f * factors[0]);
        return nbx_rewrite_add_constant(rewrite, name, "/weight", &scaled, out);
    }
    if (!data) return NBX_OK;
    uint64_t at = 0;
    for (uint64_t g = 0; g < layout->groups; g++)
        for (uint64_t o = 0; o < layout->outer; o++)
            for (uint64_t c = 0; c < layout->channels; c++) {
                double factor = nbx_affine_scale(affine, g * layout->channels + c);
                for (uint64_t i = 0; i < layout->inner; i++, at++)
                    nbx_element_set_float(scaled.dtype, data, at, nbx_tensor_float(weights, at) * factor);
            }
    return nbx_rewrite_add_constant(rewrite, name, "/weight", &scaled, out);
}

nbx_status nbx_weights_shift(nbx_rewrite *rewrite, const char *name, const nbx_tensor *bias, uint32_t dtype, const nbx_affine *affine,
                             uint32_t *out)
{
    nbx_tensor shifted = {.dtype = dtype, .rank = 1, .dims = {(int64_t)affine->channels}};
    double single = 0;
    bool same = !bias || nbx_tensor_uniform(bias, &single);
    void *data;
    *out = NBX_NONE;
    NBX_TRY(prepare(rewrite, &shifted, same && affine->uniform, &data));
    if (shifted.is_splat) {
        shifted.splat_f = nbx_round_to(dtype, single * affine->scale[0] + affine->shift[0]);
        return nbx_rewrite_add_constant(rewrite, name, "/bias", &shifted, out);
    }
    for (uint64_t c = 0; data && c < affine->channels; c++) {
        double old = same ? single : nbx_tensor_float(bias, c);
        nbx_element_set_float(dtype, data, c, old * nbx_affine_scale(affine, c) + nbx_affine_shift(affine, c));
    }
    return data ? nbx_rewrite_add_constant(rewrite, name, "/bias", &shifted, out) : NBX_OK;
}

nbx_status nbx_weights_from_scale(nbx_rewrite *rewrite, const char *name, uint32_t dtype, uint32_t ones, const nbx_affine *affine,
                                  uint32_t *out)
{
    nbx_tensor made = {.dtype = dtype, .rank = 1 + ones, .dims = {(int64_t)affine->channels}};
    void *data;
    for (uint32_t i = 0; i < ones; i++)
        made.dims[1 + i] = 1;
    *out = NBX_NONE;
    NBX_TRY(prepare(rewrite, &made, affine->uniform, &data));
    if (made.is_splat) {
        made.splat_f = nbx_round_to(dtype, affine->scale[0]);
        return nbx_rewrite_add_constant(rewrite, name, "/weight", &made, out);
    }
    for (uint64_t c = 0; data && c < affine->channels; c++)
        nbx_element_set_float(dtype, data, c, affine->scale[c]);
    return data ? nbx_rewrite_add_constant(rewrite, name, "/weight", &made, out) : NBX_OK;
}
