/* SPDX-License-Identifier: Apache-2.0 */
/* Conv and ConvTranspose in one to three spatial axes, as matrix products over gathered taps; sums are in accumulate.c. */
#include <string.h>

#include "attrs.h"
#include "dispatch.h"
#include "matrix.h"
#include "spatial.h"
#include "tensor.h"

/* A lane is a double or an int64; lanes are moved as bytes. */
enum { LANE = 8 };

/** Channels are per convolution group where it says so. */
typedef struct conv_plan {
    golden_sum sum;
    golden_finish finish;
    golden_window window;
    bool transposed;
    int64_t images, groups, in_channels, out_channels; /* of one group */
    uint64_t terms, chunk;
    uint64_t matrix_bytes;
} conv_plan;

/** The image and group that one matrix product is about. */
typedef struct conv_job {
    const conv_plan *plan;
    const golden_tensor *weights;
    const char *lanes; /* the whole input as lanes */
    const void *zero;  /* the lane of a tap outside of the image */
    int64_t image, group;
} conv_job;

/** First weight of output channel `channel` (of all) and input channel `input` (of its group). */
static uint64_t weight_at(const conv_plan *plan, uint64_t channel, uint64_t input)
{
    const uint64_t volume = (uint64_t)plan->window.kernel_volume;
    const uint64_t group = channel / (uint64_t)plan->out_channels, m = channel % (uint64_t)plan->out_channels;
    if (!plan->transposed) return (channel * (uint64_t)plan->in_channels + input) * volume;
    return ((group * (uint64_t)plan->in_channels + input) * (uint64_t)plan->out_channels + m) * volume;
}

static uint64_t weight_of_chunk(const void *self, uint64_t channel, uint64_t chunk)
{
    const conv_plan *plan = self;
    return weight_at(plan, channel, chunk * plan->chunk / (uint64_t)plan->window.kernel_volume);
}

/** Taps that share a weight parameter set: whole input channels, since no encoding varies inside a kernel. */
static int32_t find_chunk(const golden *p, const golden_node *node, conv_plan *plan)
{
    const golden_tensor *w = golden_in(p, node, 1);
    const uint32_t input_axis = plan->transposed ? 0 : 1;
    uint64_t channels = 1;
    plan->chunk = plan->terms;
    if (w->param_count <= 1 || w->encoding->granularity == NBX_PER_CONV_GROUP) return NBX_OK;
    if (w->encoding->axis > 1)
        return golden_refuse(p, node, E_GOLDEN_ARITH, "node '%s': weight parameters vary along a kernel axis", node->view->name);
    if (w->encoding->axis != input_axis) return NBX_OK;
    if (w->encoding->granularity == NBX_PER_BLOCK) channels = w->encoding->block;
    if (plan->transposed && plan->groups > 1 && (uint64_t)plan->in_channels % channels)
        return golden_refuse(p, node, E_GOLDEN_ARITH, "node '%s': a weight block spans two convolution groups", node->view->name);
    if (channels < (uint64_t)plan->in_channels) plan->chunk = channels * (uint64_t)plan->window.kernel_volume;
    return NBX_OK;
}

static int32_t check_output(const golden *p, const golden_node *node, const conv_plan *plan)
{
    const golden_window *window = &plan->window;
    int64_t dims[NBX_MAX_RANK] = {plan->images, plan->groups * plan->out_channels};
    int64_t extra[3] = {0, 0, 0};
    uint32_t i;
    if (plan->transposed) GOLDEN_TRY(golden_attr_list(p, node, "output_padding", window->axes, 0, extra + 3 - window->axes));
    for (i = 0; i < window->axes; i++) {
        const uint32_t a = 3 - window->axes + i;
        const int64_t extent = (window->kernel[a] - 1) * window->dilation[a] + 1;
        if (plan->transposed)
            dims[2 + i] = (window->in[a] - 1) * window->stride[a] + extra[a] + extent - window->begin[a] - window->end[a];
        else
            dims[2 + i] = golden_window_extent(window, a, false);
    }
    return golden_expect(p, node, 0, window->axes + 2, dims);
}

static int32_t read_geometry(golden *p, golden_node *node, conv_plan *plan)
{
    const golden_tensor *x = golden_in(p, node, 0), *w = golden_in(p, node, 1), *bias = golden_in(p, node, 2);
    int64_t group;
    bool fits;
    if (w->rank != x->rank || w->rank < 3)
        return golden_refuse(p, node, E_GOLDEN_SHAPE, "node '%s': X and W differ in rank", node->view->name);
    GOLDEN_TRY(golden_window_read(p, node, w->dims + 2, &plan->window));
    GOLDEN_TRY(golden_attr_int(p, node, "group", &group));
    fits = group >= 1 && x->dims[1] % group == 0 && w->dims[0] % group == 0;
    if (fits && !plan->transposed) fits = w->dims[1] == x->dims[1] / group;
    if (fits && plan->transposed) fits = w->dims[0] == x->dims[1];
    if (!fits) return golden_refuse(p, node, E_GOLDEN_SHAPE, "node '%s': channels of X and W and group disagree", node->view->name);
    plan->images = x->dims[0];
    plan->groups = group;
    plan->in_channels = x->dims[1] / group;
    plan->out_channels = plan->transposed ? w->dims[1] : w->dims[0] / group;
    plan->terms = (uint64_t)plan->in_channels * (uint64_t)plan->window.kernel_volume;
    if (bias && bias->count != (uint64_t)(plan->groups * plan->out_channels))
        return golden_refuse(p, node, E_GOLDEN_SHAPE, "node '%s': B has not one value per output channel", node->view->name);
    return check_output(p, node, plan);
}

static int32_t prepare(golden *p, golden_node *node)
{
    conv_plan *plan = golden_alloc(p, 1, sizeof *plan);
    golden_weights weights = {{golden_in(p, node, 0), golden_in(p, node, 1), true, 0}, 0, 1, plan, weight_of_chunk, 1.0, 1.0};
    if (!plan) return golden_refuse(p, node, E_GOLDEN_MEMORY, "no memory for a convolution");
    node->plan = plan;
    plan->transposed = node->kernel == &golden_op_conv_transpose;
    GOLDEN_TRY(read_geometry(p, node, plan));
    GOLDEN_TRY(find_chunk(p, node, plan));
    weights.operands.terms = plan->terms;
    GOLDEN_TRY(golden_sum_prepare(p, node, &weights.operands, &plan->sum));
    weights.channels = (uint64_t)(plan->groups * plan->out_channels);
    weights.chunks = (plan->terms + plan->chunk - 1) / plan->chunk;
    GOLDEN_TRY(golden_finish_prepare(p, node, &weights, &plan->sum, &plan->finish));
    plan->matrix_bytes = golden_matrix_work((uint64_t)plan->out_channels, plan->terms);
    node->work_bytes = plan->matrix_bytes + weights.operands.x->count * LANE;
    return NBX_OK;
}

static void left_row(const golden_matrix *m, uint64_t row, void *lanes)
{
    const conv_job *job = m->self;
    const conv_plan *plan = job->plan;
    const uint64_t channel = (uint64_t)(job->group * plan->out_channels) + row, volume = (uint64_t)plan->window.kernel_volume;
    int64_t c;
    if (!plan->transposed) {
        golden_lanes_fill(m->sum, &m->sum->left, job->weights, weight_at(plan, channel, 0), 1, m->terms, lanes);
        return;
    }
    for (c = 0; c < plan->in_channels; c++)
        golden_lanes_fill(m->sum, &m->sum->left, job->weights, weight_at(plan, channel, (uint64_t)c), 1, volume,
                          (char *)lanes + (uint64_t)c * volume * LANE);
}

/** Positions of one output row that a tile holds. */
typedef struct tile_segment {
    int64_t z, y, x;
    uint32_t first, count;
} tile_segment;

static uint32_t cut_tile(const golden_window *window, int64_t position, uint32_t count, tile_segment *segments)
{
    uint32_t n = 0, done = 0;
    while (done < count) {
        const int64_t at = position + done, row = at / window->out[2];
        tile_segment *s = &segments[n++];
        s->x = at % window->out[2];
        s->y = row % window->out[1];
        s->z = row / window->out[1];
        s->first = done;
        s->count = (uint32_t)(window->out[2] - s->x < (int64_t)(count - done) ? window->out[2] - s->x : (int64_t)(count - done));
        done += s->count;
    }
    return n;
}

/** Input coordinate of an output coordinate and a tap, or -1 outside. */
static int64_t source(const golden_window *w, bool transposed, uint32_t axis, int64_t out, int64_t tap)
{
    int64_t in =
        transposed ? out + w->begin[axis] - tap * w->dilation[axis] : out * w->stride[axis] - w->begin[axis] + tap * w->dilation[axis];
    if (transposed) {
        if (in < 0 || in % w->stride[axis]) return -1;
        in /= w->stride[axis];
    }
    return in >= 0 && in < w->in[axis] ? in : -1;
}

/** The lanes of one tap along a segment of an output row; `row` is the input row, NULL where it is outside. */
static void gather_row(const conv_job *job, const tile_segment *s, int64_t tap, const char *row, char *out)
{
    const golden_window *w = &job->plan->window;
    int64_t i;
    for (i = 0; i < (int64_t)s->count; i++) {
        const int64_t at = row ? source(w, job->plan->transposed, 2, s->x + i, tap) : -1;
        memcpy(out + i * LANE, at < 0 ? job->zero : row + at * LANE, LANE);
    }
}

/** The same where the input is read one after the other: the valid part is one copy. */
static void gather_run(const conv_job *job, const tile_segment *s, int64_t tap, const char *row, char *out)
{
    const golden_window *w = &job->plan->window;
    const int64_t first = s->x - w->begin[2] + tap * w->dilation[2], count = s->count;
    int64_t lo = row ? -first : count, hi = w->in[2] - first, i;
    lo = lo < 0 ? 0 : lo > count ? count : lo;
    hi = hi < lo ? lo : hi > count ? count : hi;
    for (i = 0; i < lo; i++)
        memcpy(out + i * LANE, job->zero, LANE);
    if (hi > lo) memcpy(out + lo * LANE, row + (first + lo) * LANE, (size_t)(hi - lo) * LANE);
    for (i = hi; i < count; i++)
        memcpy(out + i * LANE, job->zero, LANE);
}

static void gather_tap(const conv_job *job, const tile_segment *segments, uint32_t n, const char *plane, const int64_t *tap, char *out)
{
    const conv_plan *plan = job->plan;
    const golden_window *w = &plan->window;
    uint32_t i;
    for (i = 0; i < n; i++) {
        const int64_t z = source(w, plan->transposed, 0, segments[i].z, tap[0]);
        const int64_t y = source(w, plan->transposed, 1, segments[i].y, tap[1]);
        const char *row = z < 0 || y < 0 ? NULL : plane + (z * w->in[1] + y) * w->in[2] * LANE;
        if (plan->transposed || w->stride[2] != 1)
            gather_row(job, &segments[i], tap[2], row, out + segments[i].first * LANE);
        else
            gather_run(job, &segments[i], tap[2], row, out + segments[i].first * LANE);
    }
}

static void right_tile(const golden_matrix *m, uint64_t column, uint32_t count, void *lanes)
{
    const conv_job *job = m->self;
    const conv_plan *plan = job->plan;
    const golden_window *w = &plan->window;
    tile_segment segments[GOLDEN_TILE];
    const uint32_t n = cut_tile(w, (int64_t)column, count, segments);
    char *out = lanes;
    int64_t c, tap[3];
    uint32_t i;
    for (c = 0; c < plan->in_channels; c++) {
        const char *plane = job->lanes + ((job->image * plan->groups + job->group) * plan->in_channels + c) * w->in_volume * LANE;
        for (tap[0] = 0; tap[0] < w->kernel[0]; tap[0]++)
            for (tap[1] = 0; tap[1] < w->kernel[1]; tap[1]++)
                for (tap[2] = 0; tap[2] < w->kernel[2]; tap[2]++, out += GOLDEN_TILE * LANE) {
                    gather_tap(job, segments, n, plane, tap, out);
                    for (i = count; i < GOLDEN_TILE; i++)
                        memcpy(out + i * LANE, job->zero, LANE);
                }
    }
}

static void place(const golden_matrix *m, uint64_t row, uint64_t column, golden_run_out *out)
{
    const conv_job *job = m->self;
    const conv_plan *plan = job->plan;
    out->channel = out->bias = (uint64_t)(job->group * plan->out_channels) + row;
    out->channel_step = out->bias_step = 0;
    out->out = ((uint64_t)(job->image * plan->groups * plan->out_channels) + out->channel) * (uint64_t)plan->window.out_volume + column;
}

static int32_t run(const golden_call *call)
{
    const conv_plan *plan = call->node->plan;
    const golden_tensor *x = golden_call_in(call, 0);
    char *lanes = (char *)call->work + plan->matrix_bytes;
    const double real_zero = 0.0;
    const int64_t zero = golden_lane_zero(&plan->sum.right);
    conv_job job = {plan, golden_call_in(call, 1), lanes, &real_zero, 0, 0};
    const golden_matrix matrix = {call,
                                  &plan->sum,
                                  &plan->finish,
                                  (uint64_t)plan->out_channels,
                                  (uint64_t)plan->window.out_volume,
                                  plan->terms,
                                  plan->chunk,
                                  &job,
                                  left_row,
                                  right_tile,
                                  place};
    if (plan->sum.kind != GOLDEN_SUM_REAL) job.zero = &zero;
    golden_lanes_fill(&plan->sum, &plan->sum.right, x, 0, 1, x->count, lanes);
    for (job.image = 0; job.image < plan->images; job.image++)
        for (job.group = 0; job.group < plan->groups; job.group++)
            golden_matrix_run(&matrix, call->work);
    return NBX_OK;
}

const golden_kernel golden_op_conv = {prepare, run, NULL};
const golden_kernel golden_op_conv_transpose = {prepare, run, NULL};
