/* SPDX-License-Identifier: Apache-2.0 */
/* Resize: nearest moves elements, linear and cubic weigh neighbours, axis by axis from the outermost inwards. */
#include <math.h>
#include <string.h>

#include "transfer.h"

/* Neighbours of each output position of one axis: `taps` indices and weights each. */
typedef struct resize_axis {
    uint32_t taps;
    int64_t in, out, stride;
    int64_t *index;
    double *weight;
} resize_axis;

typedef struct resize {
    kernel_transfer transfer;
    uint32_t rank;
    bool nearest;
    resize_axis axes[NBX_MAX_RANK];
} resize;

/* How the node samples, read once. */
typedef struct sampling {
    const char *coordinates, *nearest;
    bool cubic, linear, antialias, exclude_outside;
    double cubic_a;
} sampling;

/* Coordinates are float32, as every runtime has them: ties between neighbours fall the same way. */
static float source_coordinate(const char *mode, int64_t at, float scale, const resize_axis *axis)
{
    const float in = (float)axis->in, out = (float)axis->out, i = (float)at;
    if (!strcmp(mode, "align_corners")) return axis->out == 1 ? 0 : i * (in - 1.0f) / (out - 1.0f);
    if (!strcmp(mode, "asymmetric")) return i / scale;
    if (!strcmp(mode, "tf_half_pixel_for_nn")) return (i + 0.5f) / scale;
    if (!strcmp(mode, "pytorch_half_pixel")) return axis->out > 1 ? (i + 0.5f) / scale - 0.5f : 0;
    if (!strcmp(mode, "half_pixel_symmetric")) return in / 2.0f * (1.0f - out / (scale * in)) + (i + 0.5f) / scale - 0.5f;
    return (i + 0.5f) / scale - 0.5f;
}

static int64_t nearest_index(const char *mode, double x, int64_t extent)
{
    double at;
    if (!strcmp(mode, "floor"))
        at = floor(x);
    else if (!strcmp(mode, "ceil"))
        at = ceil(x);
    else if (!strcmp(mode, "round_prefer_ceil"))
        at = floor(x + 0.5);
    else
        at = ceil(x - 0.5);
    return at < 0 ? 0 : at > (double)(extent - 1) ? extent - 1 : (int64_t)at;
}

static double kernel_weight(const sampling *how, double distance)
{
    const double a = how->cubic_a, x = fabs(distance);
    if (how->linear) return x < 1 ? 1 - x : 0;
    if (x < 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
    if (x < 2) return ((a * x - 5 * a) * x + 8 * a) * x - 4 * a;
    return 0;
}

static void weigh(const sampling *how, float x, double scale, const resize_axis *axis, int64_t *index, double *weight)
{
    const double reach = how->linear ? 1 : 2, squeeze = how->antialias && scale < 1 ? scale : 1;
    const float base = floorf(x), ratio = x - base;
    const int64_t first = (int64_t)floor(-reach / squeeze) + 1;
    double sum = 0;
    for (uint32_t t = 0; t < axis->taps; t++) {
        const int64_t at = (int64_t)base + first + t;
        const double distance = (double)(first + t) - (double)ratio;
        const bool outside = at < 0 || at >= axis->in;
        weight[t] = how->linear && squeeze == 1 ? (double)(t ? ratio : 1.0f - ratio) : kernel_weight(how, distance * squeeze);
        if (how->exclude_outside && outside) weight[t] = 0;
        index[t] = at < 0 ? 0 : at >= axis->in ? axis->in - 1 : at;
        sum += weight[t];
    }
    if (how->exclude_outside || squeeze < 1)
        for (uint32_t t = 0; t < axis->taps; t++)
            weight[t] /= sum;
}

static int32_t prepare_axis(nbx_kernels *program, const sampling *how, double scale, resize_axis *axis)
{
    const bool keeps = axis->in == axis->out && scale == 1;
    const double reach = how->linear ? 1 : 2, squeeze = how->antialias && scale < 1 ? scale : 1;
    axis->taps = keeps || (!how->linear && !how->cubic) ? 1 : (uint32_t)(2 - 2 * ((int64_t)floor(-reach / squeeze) + 1));
    axis->index = kernel_alloc(program, (uint64_t)axis->out * axis->taps, sizeof(int64_t));
    axis->weight = kernel_alloc(program, (uint64_t)axis->out * axis->taps, sizeof(double));
    if (!axis->index || !axis->weight) return NBX_NO_MEMORY;
    for (int64_t i = 0; i < axis->out; i++) {
        const float x = source_coordinate(how->coordinates, i, (float)scale, axis);
        int64_t *index = axis->index + i * axis->taps;
        double *weight = axis->weight + i * axis->taps;
        *weight = 1;
        if (keeps)
            *index = i;
        else if (axis->taps == 1)
            *index = nearest_index(how->nearest, (double)x, axis->in);
        else
            weigh(how, x, scale, axis, index, weight);
    }
    return NBX_OK;
}

static double sample(const resize *plan, const double *values, const int64_t *at, uint32_t axis)
{
    const resize_axis *own;
    uint64_t first;
    double sum = 0;
    if (axis == plan->rank) return values[0];
    own = &plan->axes[axis];
    first = (uint64_t)at[axis] * own->taps;
    if (own->taps == 1) return sample(plan, values + own->index[first] * own->stride, at, axis + 1);
    for (uint32_t t = 0; t < own->taps; t++)
        sum += own->weight[first + t] * sample(plan, values + own->index[first + t] * own->stride, at, axis + 1);
    return sum;
}

static void run_resize(const kernel_step *step, const kernel_run *run)
{
    const resize *plan = step->prepared;
    const uint64_t count = kernel_output(step, 0)->count;
    double *values = kernel_temp(step, run), results[KERNEL_CHUNK];
    int64_t at[NBX_MAX_RANK + 1] = {0}, sources[KERNEL_CHUNK];
    if (!plan->nearest) kernel_decode_all(kernel_input(step, 0), kernel_input_cells(step, run, 0), values);
    for (uint64_t start = 0; start < count; start += KERNEL_CHUNK) {
        const kernel_range range = {start, 1, count - start < KERNEL_CHUNK ? (uint32_t)(count - start) : KERNEL_CHUNK};
        for (uint32_t i = 0; i < range.count; i++) {
            if (plan->nearest) {
                sources[i] = 0;
                for (uint32_t a = 0; a < plan->rank; a++)
                    sources[i] += plan->axes[a].index[at[a]] * plan->axes[a].stride;
            } else {
                results[i] = sample(plan, values, at, 0);
            }
            for (uint32_t a = plan->rank; a-- > 0 && ++at[a] == plan->axes[a].out;)
                at[a] = 0;
        }
        if (plan->nearest)
            kernel_transfer_gather(step, run, &plan->transfer, sources, start, range.count);
        else
            kernel_finish(step, run, &range, results);
    }
}

int32_t kernel_prepare_resize(nbx_kernels *program, kernel_step *step)
{
    const kernel_tensor *x = kernel_input(step, 0), *y = kernel_output(step, 0);
    const kernel_node *node = step->node;
    const char *mode = kernel_attr_text(node, "mode", "nearest");
    const sampling how = {
        .coordinates = kernel_attr_text(node, "coordinate_transformation_mode", "half_pixel"),
        .nearest = kernel_attr_text(node, "nearest_mode", "round_prefer_floor"),
        .cubic = !strcmp(mode, "cubic"),
        .linear = !strcmp(mode, "linear"),
        .antialias = kernel_attr_int(node, "antialias", 0) != 0,
        .exclude_outside = kernel_attr_int(node, "exclude_outside", 0) != 0,
        .cubic_a = kernel_attr_float(node, "cubic_coeff_a", -0.75),
    };
    uint32_t count;
    const float *scales = kernel_attr_floats(node, "scales", &count);
    resize *plan = kernel_alloc(program, 1, sizeof *plan);
    int64_t stride = (int64_t)x->count;
    int32_t status;
    if (!plan) return NBX_NO_MEMORY;
    step->prepared = plan;
    step->execute = run_resize;
    plan->rank = x->rank;
    plan->nearest = !how.cubic && !how.linear;
    if (x->rank != y->rank) return kernel_refuse(program, step, "its rank changes");
    if (!plan->nearest) step->temp_bytes = x->count * sizeof(double);
    status = kernel_transfer_make(program, step, 0, 0, 0, &plan->transfer);
    for (uint32_t a = 0; a < x->rank && !status; a++) {
        resize_axis *axis = &plan->axes[a];
        double scale;
        if (!x->dims[a] || !y->dims[a]) return kernel_refuse(program, step, "an extent is zero");
        stride /= x->dims[a];
        *axis = (resize_axis){.in = x->dims[a], .out = y->dims[a], .stride = stride};
        scale = count == x->rank ? (double)scales[a] : (double)axis->out / (double)axis->in;
        if (!(scale > 0) || scale < 1e-5) return kernel_refuse(program, step, "its scales are out of range");
        status = prepare_axis(program, &how, scale, axis);
    }
    return status;
}
