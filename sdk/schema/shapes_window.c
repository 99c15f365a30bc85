/* SPDX-License-Identifier: Apache-2.0 */
/* Shapes of the sliding-window ops: Conv, ConvTranspose and the pools, in one to three spatial axes. */
#include <string.h>

#include "schema/shapes.h"

#define MAX_SPATIAL 3

typedef struct window {
    uint32_t spatial;
    int64_t kernel[MAX_SPATIAL], strides[MAX_SPATIAL], dilations[MAX_SPATIAL];
    int64_t pads[2 * MAX_SPATIAL]; /* begins, then ends */
} window;

typedef enum auto_pad { PAD_EXPLICIT, PAD_SAME_UPPER, PAD_SAME_LOWER, PAD_VALID } auto_pad;

static int read_auto_pad(nbx_shape_call *call, auto_pad *out)
{
    static const char *const names[] = {"NOTSET", "SAME_UPPER", "SAME_LOWER", "VALID"};
    const char *text = nbx_shape_attr_string(call, "auto_pad", "NOTSET");
    for (uint32_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (!strcmp(text, names[i])) {
            *out = (auto_pad)i;
            return NBX_OK;
        }
    return nbx_shape_fail(call, "auto_pad '%.40s' is none of NOTSET, SAME_UPPER, SAME_LOWER, VALID", text);
}

static int spatial_rank(nbx_shape_call *call, const nbx_value *x, uint32_t *out)
{
    if (x->rank < 3 || x->rank > 2 + MAX_SPATIAL)
        return nbx_shape_fail(call, "the input has rank %u; 3, 4 or 5 is needed (one to three spatial axes)", x->rank);
    *out = x->rank - 2;
    return NBX_OK;
}

static int read_window(nbx_shape_call *call, window *w)
{
    uint32_t n = w->spatial;
    NBX_SHAPE_TRY(nbx_shape_ints(call, &(nbx_shape_list){"strides", n, 1, 1, NBX_SHAPE_MAX_WINDOW}, w->strides));
    NBX_SHAPE_TRY(nbx_shape_ints(call, &(nbx_shape_list){"dilations", n, 1, 1, NBX_SHAPE_MAX_WINDOW}, w->dilations));
    return nbx_shape_ints(call, &(nbx_shape_list){"pads", 2 * n, 0, 0, NBX_SHAPE_MAX_WINDOW}, w->pads);
}

/* Kernel extents from the weights; kernel_shape, if given, must agree. */
static int kernel_from_weights(nbx_shape_call *call, const nbx_value *weights, window *w)
{
    if (weights->rank != w->spatial + 2)
        return nbx_shape_fail(call, "the weights have rank %u but the input has rank %u", weights->rank, w->spatial + 2);
    NBX_SHAPE_TRY(nbx_shape_ints(call, &(nbx_shape_list){"kernel_shape", w->spatial, 1, 1, NBX_SHAPE_MAX_WINDOW}, w->kernel));
    const nbx_attr *given = nbx_shape_attr(call, "kernel_shape");
    for (uint32_t i = 0; i < w->spatial; i++) {
        int64_t extent = weights->dims[2 + i];
        if (given && given->count && w->kernel[i] != extent)
            return nbx_shape_fail(call, "kernel_shape says %lld on spatial axis %u but the weights have %lld", (long long)w->kernel[i], i,
                                  (long long)extent);
        if (extent < 1 || extent > NBX_SHAPE_MAX_WINDOW)
            return nbx_shape_fail(call, "kernel extent %lld of spatial axis %u is outside 1..%lld", (long long)extent, i,
                                  (long long)NBX_SHAPE_MAX_WINDOW);
        w->kernel[i] = extent;
    }
    return NBX_OK;
}

static int set_window(nbx_shape_call *call, const window *w)
{
    call->remove(call->self, "auto_pad");
    NBX_SHAPE_TRY(call->set_ints(call->self, "kernel_shape", w->kernel, w->spatial));
    NBX_SHAPE_TRY(call->set_ints(call->self, "strides", w->strides, w->spatial));
    NBX_SHAPE_TRY(call->set_ints(call->self, "dilations", w->dilations, w->spatial));
    return call->set_ints(call->self, "pads", w->pads, 2 * w->spatial);
}

static int64_t kernel_extent(const window *w, uint32_t i)
{
    return (w->kernel[i] - 1) * w->dilations[i] + 1;
}

/* Splits `total` over both ends; the odd one goes to the end for SAME_UPPER, to the begin otherwise. */
static void split_padding(window *w, uint32_t i, int64_t total, bool upper)
{
    w->pads[i] = upper ? total / 2 : total - total / 2;
    w->pads[w->spatial + i] = total - w->pads[i];
}

/* Replaces auto_pad by explicit pads. SAME: out = ceil(in / stride), the padding is what that needs. */
static void resolve_auto_pad(const nbx_value *x, auto_pad mode, window *w)
{
    if (mode == PAD_EXPLICIT) return;
    for (uint32_t i = 0; i < w->spatial; i++) {
        int64_t in = x->dims[2 + i], total = 0;
        if (mode != PAD_VALID) {
            int64_t out = in / w->strides[i] + (in % w->strides[i] != 0);
            total = (out - 1) * w->strides[i] + kernel_extent(w, i) - in;
        }
        split_padding(w, i, total > 0 ? total : 0, mode == PAD_SAME_UPPER);
    }
}

static int window_count(nbx_shape_call *call, const nbx_value *x, const window *w, uint32_t i, int64_t *out)
{
    int64_t in = x->dims[2 + i], extent = kernel_extent(w, i);
    int64_t padded = in + w->pads[i] + w->pads[w->spatial + i];
    if (in < 1 || padded < extent)
        return nbx_shape_fail(call, "a kernel extent of %lld does not fit spatial axis %u: %lld elements with pads %lld and %lld",
                              (long long)extent, i, (long long)in, (long long)w->pads[i], (long long)w->pads[w->spatial + i]);
    *out = (padded - extent) / w->strides[i] + 1;
    return NBX_OK;
}

static int check_bias(nbx_shape_call *call, int64_t channels)
{
    const nbx_value *bias = nbx_shape_input(call, 2);
    if (!bias) return NBX_OK;
    if (bias->rank != 1 || bias->dims[0] != channels)
        return nbx_shape_fail(call, "the bias must be [%lld]; it has rank %u and first extent %lld", (long long)channels, bias->rank,
                              (long long)(bias->rank ? bias->dims[0] : 1));
    return nbx_shape_same_dtype(call, 0, 2);
}

int nbx_shape_conv(nbx_shape_call *call)
{
    window w = {0};
    auto_pad mode = PAD_EXPLICIT;
    NBX_SHAPE_TRY(nbx_shape_need(call, 2));
    const nbx_value *x = call->inputs[0], *weights = call->inputs[1];
    NBX_SHAPE_TRY(spatial_rank(call, x, &w.spatial));
    NBX_SHAPE_TRY(nbx_shape_same_dtype(call, 0, 1));
    NBX_SHAPE_TRY(kernel_from_weights(call, weights, &w));
    NBX_SHAPE_TRY(read_auto_pad(call, &mode));
    NBX_SHAPE_TRY(read_window(call, &w));
    int64_t group = nbx_shape_attr_int(call, "group", 1), channels = x->dims[1], filters = weights->dims[0];
    if (group < 1 || channels < 1 || channels % group != 0 || weights->dims[1] != channels / group)
        return nbx_shape_fail(call, "%lld input channels in %lld groups do not match weights with %lld channels a group",
                              (long long)channels, (long long)group, (long long)weights->dims[1]);
    if (filters < 1 || filters % group != 0)
        return nbx_shape_fail(call, "%lld filters cannot be divided into %lld groups", (long long)filters, (long long)group);
    NBX_SHAPE_TRY(check_bias(call, filters));
    resolve_auto_pad(x, mode, &w);
    int64_t dims[2 + MAX_SPATIAL] = {x->dims[0], filters};
    for (uint32_t i = 0; i < w.spatial; i++)
        NBX_SHAPE_TRY(window_count(call, x, &w, i, &dims[2 + i]));
    NBX_SHAPE_TRY(set_window(call, &w));
    return nbx_shape_set(call, 0, x->dtype, x->rank, dims);
}

/* output_shape (or SAME: in * stride) fixes the extent; pads absorb what is too much, output_padding what is too little. */
static int resolve_output_shape(nbx_shape_call *call, const nbx_value *x, auto_pad mode, window *w, int64_t *extra)
{
    const nbx_attr *given = nbx_shape_attr(call, "output_shape");
    if (given && (given->kind != NBX_ATTR_INTS || (given->count && given->count != w->spatial && given->count != w->spatial + 2)))
        return nbx_shape_fail(call, "output_shape has %u entries; %u are needed", given->count, w->spatial);
    if (given && given->count == 0) given = NULL;
    if (!given && (mode == PAD_EXPLICIT || mode == PAD_VALID)) {
        for (uint32_t i = 0; mode == PAD_VALID && i < 2 * w->spatial; i++)
            w->pads[i] = 0;
        return NBX_OK;
    }
    for (uint32_t i = 0; i < w->spatial; i++) {
        int64_t in = x->dims[2 + i], full = w->strides[i] * (in - 1) + kernel_extent(w, i) + extra[i];
        int64_t want = given ? given->ints[given->count - w->spatial + i] : in * w->strides[i];
        if (want < 1 || want > NBX_SHAPE_MAX_EXTENT)
            return nbx_shape_fail(call, "output extent %lld of spatial axis %u is outside 1..%lld", (long long)want, i,
                                  (long long)NBX_SHAPE_MAX_EXTENT);
        if (want > full) extra[i] += want - full;
        split_padding(w, i, full > want ? full - want : 0, mode == PAD_SAME_UPPER);
    }
    return NBX_OK;
}

int nbx_shape_conv_transpose(nbx_shape_call *call)
{
    window w = {0};
    auto_pad mode = PAD_EXPLICIT;
    int64_t extra[MAX_SPATIAL];
    NBX_SHAPE_TRY(nbx_shape_need(call, 2));
    const nbx_value *x = call->inputs[0], *weights = call->inputs[1];
    NBX_SHAPE_TRY(spatial_rank(call, x, &w.spatial));
    NBX_SHAPE_TRY(nbx_shape_same_dtype(call, 0, 1));
    NBX_SHAPE_TRY(kernel_from_weights(call, weights, &w));
    NBX_SHAPE_TRY(read_auto_pad(call, &mode));
    NBX_SHAPE_TRY(read_window(call, &w));
    NBX_SHAPE_TRY(nbx_shape_ints(call, &(nbx_shape_list){"output_padding", w.spatial, 0, 0, NBX_SHAPE_MAX_WINDOW}, extra));
    int64_t group = nbx_shape_attr_int(call, "group", 1), channels = x->dims[1];
    if (group < 1 || channels < 1 || channels % group != 0 || weights->dims[0] != channels)
        return nbx_shape_fail(call, "%lld input channels in %lld groups do not match weights with %lld input channels", (long long)channels,
                              (long long)group, (long long)weights->dims[0]);
    if (weights->dims[1] < 1 || weights->dims[1] > NBX_SHAPE_MAX_EXTENT / group)
        return nbx_shape_fail(call, "%lld filters in each of %lld groups are too many or none", (long long)weights->dims[1],
                              (long long)group);
    NBX_SHAPE_TRY(check_bias(call, weights->dims[1] * group));
    NBX_SHAPE_TRY(resolve_output_shape(call, x, mode, &w, extra));
    int64_t dims[2 + MAX_SPATIAL] = {x->dims[0], weights->dims[1] * group};
    for (uint32_t i = 0; i < w.spatial; i++) {
        dims[2 + i] = w.strides[i] * (x->dims[2 + i] - 1) + kernel_extent(&w, i) + extra[i] - w.pads[i] - w.pads[w.spatial + i];
        if (x->dims[2 + i] < 1 || dims[2 + i] < 1)
            return nbx_shape_fail(call, "pads %lld and %lld leave nothing of spatial axis %u", (long long)w.pads[i],
                                  (long long)w.pads[w.spatial + i], i);
    }
    call->remove(call->self, "output_shape");
    NBX_SHAPE_TRY(set_window(call, &w));
    NBX_SHAPE_TRY(call->set_ints(call->self, "output_padding", extra, w.spatial));
    return nbx_shape_set(call, 0, x->dtype, x->rank, dims);
}

/*
 * ceil_mode counts a last, partial window, but not one that would start in the end padding (ONNX's note on ceil_mode):
 * it would see no element of the image.
 */
static void add_partial_window(const nbx_value *x, const window *w, uint32_t i, int64_t *count)
{
    int64_t in = x->dims[2 + i], padded = in + w->pads[i] + w->pads[w->spatial + i];
    bool partial = (padded - kernel_extent(w, i)) % w->strides[i] != 0;
    if (partial && *count * w->strides[i] < in + w->pads[i]) (*count)++;
}

int nbx_shape_pool(nbx_shape_call *call)
{
    window w = {0};
    auto_pad mode = PAD_EXPLICIT;
    NBX_SHAPE_TRY(nbx_shape_need(call, 1));
    const nbx_value *x = call->inputs[0];
    NBX_SHAPE_TRY(spatial_rank(call, x, &w.spatial));
    const nbx_attr *kernel = nbx_shape_attr(call, "kernel_shape");
    if (!kernel || kernel->count == 0) return nbx_shape_fail(call, "attribute kernel_shape is missing");
    NBX_SHAPE_TRY(nbx_shape_ints(call, &(nbx_shape_list){"kernel_shape", w.spatial, 1, 1, NBX_SHAPE_MAX_WINDOW}, w.kernel));
    NBX_SHAPE_TRY(read_auto_pad(call, &mode));
    NBX_SHAPE_TRY(read_window(call, &w));
    bool ceil_mode = nbx_shape_attr_int(call, "ceil_mode", 0) != 0 && mode == PAD_EXPLICIT;
    resolve_auto_pad(x, mode, &w);
    int64_t dims[2 + MAX_SPATIAL] = {x->dims[0], x->dims[1]};
    for (uint32_t i = 0; i < w.spatial; i++) {
        if (w.pads[i] >= kernel_extent(&w, i) || w.pads[w.spatial + i] >= kernel_extent(&w, i))
            return nbx_shape_fail(call, "pads %lld and %lld of spatial axis %u are not smaller than the kernel extent %lld",
                                  (long long)w.pads[i], (long long)w.pads[w.spatial + i], i, (long long)kernel_extent(&w, i));
        NBX_SHAPE_TRY(window_count(call, x, &w, i, &dims[2 + i]));
        if (ceil_mode) add_partial_window(x, &w, i, &dims[2 + i]);
    }
    NBX_SHAPE_TRY(set_window(call, &w));
    NBX_SHAPE_TRY(call->set_int(call->self, "ceil_mode", ceil_mode));
    if (call->output_count > 1) NBX_SHAPE_TRY(nbx_shape_set(call, 1, NBX_DTYPE_INT64, x->rank, dims));
    return nbx_shape_set(call, 0, x->dtype, x->rank, dims);
}

int nbx_shape_global_pool(nbx_shape_call *call)
{
    NBX_SHAPE_TRY(nbx_shape_need(call, 1));
    const nbx_value *x = call->inputs[0];
    if (x->rank < 2) return nbx_shape_fail(call, "the input has rank %u; at least 2 is needed", x->rank);
    int64_t dims[NBX_MAX_RANK] = {x->dims[0], x->dims[1]};
    for (uint32_t i = 2; i < x->rank; i++) {
        if (x->dims[i] < 1) return nbx_shape_fail(call, "axis %u of the input is empty", i);
        dims[i] = 1;
    }
    return nbx_shape_set(call, 0, x->dtype, x->rank, dims);
}
