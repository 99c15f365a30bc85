/* SPDX-License-Identifier: Apache-2.0 */
/* Resize over any axes: nearest, linear, cubic, as one short list of taps per output coordinate and axis. */
#include <math.h>
#include <string.h>

#include "attrs.h"
#include "copy.h"
#include "dispatch.h"
#include "tensor.h"

enum { TAPS = 4 };

typedef struct resize_tap {
    uint32_t count;
    int64_t at[TAPS]; /* element offsets */
    double weight[TAPS];
} resize_tap;

typedef struct resize_plan {
    uint32_t rank;
    bool nearest;
    int64_t out[NBX_MAX_RANK];
    const resize_tap *taps[NBX_MAX_RANK]; /* one per output coordinate */
} resize_plan;

typedef struct resize_axis {
    int64_t in, out;
    float scale;
} resize_axis;

/* Coordinates are computed in float32 with one rounding per operation, from the float32 scales: in double a scale such as
 * 0.6 would put coordinates that are meant to be whole just below the whole number. */
typedef float (*coordinate_fn)(const resize_axis *axis, float x);
typedef float (*nearest_fn)(float x);

static float half_pixel(const resize_axis *a, float x)
{
    return (x + 0.5f) / a->scale - 0.5f;
}

static float half_pixel_symmetric(const resize_axis *a, float x)
{
    const float adjustment = (float)a->out / (a->scale * (float)a->in);
    const float offset = (float)a->in / 2.0f * (1.0f - adjustment);
    return offset + (x + 0.5f) / a->scale - 0.5f;
}

static float pytorch_half_pixel(const resize_axis *a, float x)
{
    return a->out > 1 ? half_pixel(a, x) : 0.0f;
}

static float align_corners(const resize_axis *a, float x)
{
    return a->out > 1 ? x * (float)(a->in - 1) / (float)(a->out - 1) : 0.0f;
}

static float asymmetric(const resize_axis *a, float x)
{
    return x / a->scale;
}

static float tf_half_pixel_for_nn(const resize_axis *a, float x)
{
    return (x + 0.5f) / a->scale;
}

static float prefer_floor(float x)
{
    return ceilf(x - 0.5f);
}

static float prefer_ceil(float x)
{
    return floorf(x + 0.5f);
}

typedef struct coordinate_row {
    const char *name;
    coordinate_fn of;
} coordinate_row;

typedef struct nearest_row {
    const char *name;
    nearest_fn of;
} nearest_row;

static const coordinate_row COORDINATES[] = {
    {"half_pixel", half_pixel},       {"half_pixel_symmetric", half_pixel_symmetric},
    {"align_corners", align_corners}, {"pytorch_half_pixel", pytorch_half_pixel},
    {"asymmetric", asymmetric},       {"tf_half_pixel_for_nn", tf_half_pixel_for_nn},
};

static const nearest_row NEAREST[] = {
    {"round_prefer_floor", prefer_floor}, {"round_prefer_ceil", prefer_ceil}, {"floor", floorf}, {"ceil", ceilf}};

/** Attributes that say where an output coordinate reads. */
typedef struct resize_form {
    char mode; /* n, l, c */
    coordinate_fn coordinate;
    nearest_fn nearest;
    double cubic_a;
    bool exclude_outside;
} resize_form;

static int32_t bad_attr(const golden *p, const golden_node *node, const char *name, const char *text)
{
    return golden_refuse(p, node, E_GOLDEN_ATTRIBUTE, "node '%s' (Resize): %s '%s' is not computed here", node->view->name, name, text);
}

static int32_t read_form(const golden *p, const golden_node *node, resize_form *out)
{
    const char *mode, *coordinate, *nearest;
    int64_t antialias, exclude;
    size_t i;
    GOLDEN_TRY(golden_attr_text(p, node, "mode", &mode));
    GOLDEN_TRY(golden_attr_text(p, node, "coordinate_transformation_mode", &coordinate));
    GOLDEN_TRY(golden_attr_text(p, node, "nearest_mode", &nearest));
    GOLDEN_TRY(golden_attr_float(p, node, "cubic_coeff_a", &out->cubic_a));
    GOLDEN_TRY(golden_attr_int(p, node, "exclude_outside", &exclude));
    GOLDEN_TRY(golden_attr_int(p, node, "antialias", &antialias));
    if (antialias) return bad_attr(p, node, "antialias", "1");
    if (strcmp(mode, "nearest") != 0 && strcmp(mode, "linear") != 0 && strcmp(mode, "cubic") != 0) return bad_attr(p, node, "mode", mode);
    out->mode = mode[0];
    out->exclude_outside = exclude != 0;
    out->coordinate = NULL;
    out->nearest = NULL;
    for (i = 0; i < sizeof COORDINATES / sizeof COORDINATES[0]; i++)
        if (strcmp(COORDINATES[i].name, coordinate) == 0) out->coordinate = COORDINATES[i].of;
    if (!out->coordinate) return bad_attr(p, node, "coordinate_transformation_mode", coordinate);
    for (i = 0; i < sizeof NEAREST / sizeof NEAREST[0]; i++)
        if (strcmp(NEAREST[i].name, nearest) == 0) out->nearest = NEAREST[i].of;
    return out->nearest ? NBX_OK : bad_attr(p, node, "nearest_mode", nearest);
}

static int32_t read_axes(const golden *p, const golden_node *node, resize_axis *axes)
{
    const golden_tensor *x = golden_in(p, node, 0), *y = golden_out(p, node, 0);
    uint32_t count, i;
    const float *scales = golden_attr_floats(node, "scales", &count);
    if (y->rank != x->rank || (scales && count != x->rank))
        return golden_refuse(p, node, E_GOLDEN_SHAPE, "node '%s' (Resize): ranks or scales disagree", node->view->name);
    for (i = 0; i < x->rank; i++) {
        axes[i].in = x->dims[i];
        axes[i].out = y->dims[i];
        axes[i].scale = scales ? scales[i] : (float)y->dims[i] / (float)x->dims[i];
        if (!(axes[i].scale > 0) || isinf(axes[i].scale))
            return golden_refuse(p, node, E_GOLDEN_ATTRIBUTE, "node '%s' (Resize): a scale is not positive", node->view->name);
    }
    return NBX_OK;
}

static double cubic_weight(double distance, double a)
{
    const double t = fabs(distance);
    if (t <= 1.0) return ((a + 2.0) * t - (a + 3.0)) * t * t + 1.0;
    return t < 2.0 ? (((t - 5.0) * t + 8.0) * t - 4.0) * a : 0.0;
}

static int64_t inside(int64_t at, int64_t extent)
{
    return at < 0 ? 0 : at >= extent ? extent - 1 : at;
}

/** Fills the taps of one output coordinate; `step` is the input's element step along the axis. */
static void make_tap(const resize_form *form, const resize_axis *axis, int64_t o, int64_t step, resize_tap *tap)
{
    const float at = form->coordinate(axis, (float)o);
    const float below = form->mode == 'n' ? form->nearest(at) : floorf(at);
    const int64_t first = (int64_t)(!(below >= -4.0f) ? -4.0f : below > (float)axis->in + 4.0f ? (float)axis->in + 4.0f : below);
    double total = 0;
    uint32_t i;
    tap->count = form->mode == 'n' ? 1 : form->mode == 'l' ? 2 : 4;
    for (i = 0; i < tap->count; i++) {
        const int64_t source = first + (form->mode == 'c' ? (int64_t)i - 1 : (int64_t)i);
        const double distance = (double)at - (double)below - (double)(source - first);
        double weight = form->mode == 'n' ? 1.0 : form->mode == 'l' ? 1.0 - fabs(distance) : cubic_weight(distance, form->cubic_a);
        if (form->exclude_outside && form->mode == 'c' && (source < 0 || source >= axis->in)) weight = 0;
        tap->at[i] = inside(source, axis->in) * step;
        tap->weight[i] = weight;
        total += weight;
    }
    for (i = 0; form->exclude_outside && form->mode == 'c' && total != 0 && i < tap->count; i++)
        tap->weight[i] /= total;
}

static int32_t prepare(golden *p, golden_node *node)
{
    const golden_tensor *x = golden_in(p, node, 0), *y = golden_out(p, node, 0);
    resize_plan *plan = golden_alloc(p, 1, sizeof *plan);
    resize_form form;
    resize_axis axes[NBX_MAX_RANK];
    int64_t steps[NBX_MAX_RANK], o;
    uint32_t i;
    if (!plan) return golden_refuse(p, node, E_GOLDEN_MEMORY, "no memory for a node");
    node->plan = plan;
    GOLDEN_TRY(read_form(p, node, &form));
    GOLDEN_TRY(read_axes(p, node, axes));
    golden_dense_steps(x->rank, x->dims, steps);
    plan->rank = x->rank;
    plan->nearest = form.mode == 'n';
    for (i = 0; i < x->rank; i++) {
        resize_tap *taps = golden_alloc(p, (uint64_t)y->dims[i], sizeof *taps);
        if (!taps) return golden_refuse(p, node, E_GOLDEN_MEMORY, "no memory for a node");
        for (o = 0; o < y->dims[i]; o++) {
            if (axes[i].in == axes[i].out && axes[i].scale == 1.0f) {
                taps[o].count = 1;
                taps[o].at[0] = o * steps[i];
                taps[o].weight[0] = 1.0;
            } else {
                make_tap(&form, &axes[i], o, steps[i], &taps[o]);
            }
        }
        plan->taps[i] = taps;
        plan->out[i] = y->dims[i];
    }
    return NBX_OK;
}

static double sample(const resize_plan *plan, const golden_tensor *x, uint32_t axis, const int64_t *at, int64_t from)
{
    const resize_tap *tap;
    double sum = 0;
    uint32_t i;
    if (axis == plan->rank) return golden_get(x, (uint64_t)from);
    tap = &plan->taps[axis][at[axis]];
    if (tap->count == 1) return sample(plan, x, axis + 1, at, from + tap->at[0]);
    for (i = 0; i < tap->count; i++)
        if (tap->weight[i] != 0.0) sum += tap->weight[i] * sample(plan, x, axis + 1, at, from + tap->at[i]);
    return sum;
}

static uint64_t nearest_source(const resize_plan *plan, const int64_t *at)
{
    int64_t from = 0;
    uint32_t i;
    for (i = 0; i < plan->rank; i++)
        from += plan->taps[i][at[i]].at[0];
    return (uint64_t)from;
}

static int32_t run(const golden_call *call)
{
    const resize_plan *plan = call->node->plan;
    const golden_tensor *x = golden_call_in(call, 0);
    golden_tensor *y = golden_call_out(call, 0);
    int64_t at[NBX_MAX_RANK] = {0};
    uint64_t i;
    uint32_t a;
    for (i = 0; i < y->count; i++) {
        if (plan->nearest)
            golden_move(y, i, x, nearest_source(plan, at), call->node->rounding);
        else
            golden_set(y, i, sample(plan, x, 0, at, 0), call->node->rounding);
        for (a = plan->rank; a-- > 0;) {
            if (++at[a] < plan->out[a]) break;
            at[a] = 0;
        }
    }
    return NBX_OK;
}

const golden_kernel golden_op_resize = {prepare, run, NULL};
