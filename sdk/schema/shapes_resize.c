/* SPDX-License-Identifier: Apache-2.0 */
/* The shape of Resize: sizes, scales, axes and the aspect ratio policy become one size and one scale per axis. */
#include <math.h>
#include <string.h>

#include "schema/shapes.h"

typedef struct resize {
    uint32_t axes[NBX_MAX_RANK], axis_count;
    const nbx_attr *scales, *sizes; /* one entry per entry of `axes`, or NULL */
    float scale[NBX_MAX_RANK];      /* per axis of the input */
    int64_t size[NBX_MAX_RANK];
} resize;

static int check_word(nbx_shape_call *call, const char *attr, const char *absent, const char *const *words)
{
    const char *text = nbx_shape_attr_string(call, attr, absent);
    for (uint32_t i = 0; words[i]; i++)
        if (!strcmp(text, words[i])) return NBX_OK;
    return nbx_shape_unsupported(call, "%s '%.40s' is not known here", attr, text);
}

static int check_modes(nbx_shape_call *call)
{
    static const char *const modes[] = {"nearest", "linear", "cubic", NULL};
    static const char *const coordinates[] = {
        "half_pixel", "half_pixel_symmetric", "pytorch_half_pixel", "align_corners", "asymmetric", "tf_half_pixel_for_nn", NULL};
    static const char *const roundings[] = {"round_prefer_floor", "round_prefer_ceil", "floor", "ceil", NULL};
    NBX_SHAPE_TRY(check_word(call, "mode", "nearest", modes));
    NBX_SHAPE_TRY(check_word(call, "coordinate_transformation_mode", "half_pixel", coordinates));
    return check_word(call, "nearest_mode", "round_prefer_floor", roundings);
}

static int read_resize(nbx_shape_call *call, uint32_t rank, resize *r)
{
    bool present;
    NBX_SHAPE_TRY(nbx_shape_axes(call, rank, r->axes, &r->axis_count, &present));
    for (uint32_t i = 0; !present && i < rank; i++)
        r->axes[r->axis_count++] = i;
    r->scales = nbx_shape_attr(call, "scales");
    r->sizes = nbx_shape_attr(call, "sizes");
    if (r->scales && r->scales->count == 0) r->scales = NULL;
    if (r->sizes && r->sizes->count == 0) r->sizes = NULL;
    if (r->scales && (r->scales->kind != NBX_ATTR_FLOATS || r->scales->count != r->axis_count))
        return nbx_shape_fail(call, "%u scales are given for %u axes", r->scales->count, r->axis_count);
    if (r->sizes && (r->sizes->kind != NBX_ATTR_INTS || r->sizes->count != r->axis_count))
        return nbx_shape_fail(call, "%u sizes are given for %u axes", r->sizes->count, r->axis_count);
    return r->scales || r->sizes ? NBX_OK : nbx_shape_fail(call, "neither scales nor sizes are given");
}

static int set_axis(nbx_shape_call *call, resize *r, uint32_t axis, double scale, double size)
{
    if (!(scale > 0) || !isfinite(scale)) return nbx_shape_fail(call, "the scale of axis %u is %g; it must be positive", axis, scale);
    if (!(size >= 1) || size > (double)NBX_SHAPE_MAX_EXTENT)
        return nbx_shape_fail(call, "the size of axis %u would be %.0f; it must be in 1..%lld", axis, size,
                              (long long)NBX_SHAPE_MAX_EXTENT);
    r->scale[axis] = (float)scale;
    r->size[axis] = (int64_t)size;
    return NBX_OK;
}

/* One scale for all named axes: the smallest or the largest of size / extent; sizes are rounded half up from it. */
static int from_aspect_ratio(nbx_shape_call *call, const nbx_value *x, bool larger, resize *r)
{
    double scale = 0;
    for (uint32_t i = 0; i < r->axis_count; i++) {
        double ratio = (double)r->sizes->ints[i] / (double)x->dims[r->axes[i]];
        if (i == 0 || (larger ? ratio > scale : ratio < scale)) scale = ratio;
    }
    for (uint32_t i = 0; i < r->axis_count; i++)
        NBX_SHAPE_TRY(set_axis(call, r, r->axes[i], scale, floor(scale * (double)x->dims[r->axes[i]] + 0.5)));
    return NBX_OK;
}

/* The size of a scale is floor(extent * scale) in float32, as ONNX's own inference computes it. */
static int from_scales_or_sizes(nbx_shape_call *call, const nbx_value *x, resize *r)
{
    for (uint32_t i = 0; i < r->axis_count; i++) {
        uint32_t axis = r->axes[i];
        float product = r->scales ? (float)x->dims[axis] * r->scales->floats[i] : 0;
        double scale = r->scales ? (double)r->scales->floats[i] : (double)r->sizes->ints[i] / (double)x->dims[axis];
        double size = r->sizes ? (double)r->sizes->ints[i] : floor((double)product);
        if (r->scales && r->sizes && fabs((double)product - size) > 1)
            return nbx_shape_fail(call, "axis %u: scale %g of %lld elements does not give size %.0f", axis, scale, (long long)x->dims[axis],
                                  size);
        NBX_SHAPE_TRY(set_axis(call, r, axis, scale, size));
    }
    return NBX_OK;
}

int nbx_shape_resize(nbx_shape_call *call)
{
    static const char *const policies[] = {"stretch", "not_larger", "not_smaller", NULL};
    resize r = {.axis_count = 0};
    NBX_SHAPE_TRY(nbx_shape_need(call, 1));
    const nbx_value *x = call->inputs[0];
    NBX_SHAPE_TRY(check_modes(call));
    NBX_SHAPE_TRY(check_word(call, "keep_aspect_ratio_policy", "stretch", policies));
    NBX_SHAPE_TRY(read_resize(call, x->rank, &r));
    for (uint32_t i = 0; i < x->rank; i++) {
        if (x->dims[i] < 1) return nbx_shape_fail(call, "axis %u of the input is empty", i);
        r.scale[i] = 1;
        r.size[i] = x->dims[i];
    }
    const char *policy = nbx_shape_attr_string(call, "keep_aspect_ratio_policy", "stretch");
    bool ratio = r.sizes && !r.scales && strcmp(policy, "stretch") != 0;
    NBX_SHAPE_TRY(ratio ? from_aspect_ratio(call, x, !strcmp(policy, "not_smaller"), &r) : from_scales_or_sizes(call, x, &r));
    uint32_t all[NBX_MAX_RANK];
    for (uint32_t i = 0; i < x->rank; i++)
        all[i] = i;
    NBX_SHAPE_TRY(nbx_shape_set_axes(call, "axes", all, x->rank));
    NBX_SHAPE_TRY(call->set_floats(call->self, "scales", r.scale, x->rank));
    NBX_SHAPE_TRY(call->set_ints(call->self, "sizes", r.size, x->rank));
    return nbx_shape_set(call, 0, x->dtype, x->rank, r.size);
}
