/* SPDX-License-Identifier: Apache-2.0 */
/* One-input moves as strides over the input, or as index tables where padding makes them irregular. */
#include <string.h>

#include "transfer.h"

#define MAX_AXES (2 * NBX_MAX_RANK)

/* Output element with coordinates i[a] comes from base + sum of i[a] * stride[a], or of table[a][i[a]] (-1: fill). */
typedef struct move {
    kernel_transfer transfer;
    uint32_t axes;
    bool copy;
    int64_t base;
    int64_t extent[MAX_AXES], stride[MAX_AXES];
    int64_t *table[MAX_AXES];
} move;

static void strides_of(const kernel_tensor *tensor, int64_t *out)
{
    int64_t stride = 1;
    for (uint32_t a = tensor->rank; a-- > 0;) {
        out[a] = stride;
        stride *= tensor->dims[a];
    }
}

static int64_t source_of(const move *plan, const int64_t *at)
{
    int64_t source = plan->base;
    for (uint32_t a = 0; a < plan->axes; a++) {
        const int64_t part = plan->table[a] ? plan->table[a][at[a]] : at[a] * plan->stride[a];
        if (plan->table[a] && part < 0) return -1;
        source += part;
    }
    return source;
}

static void run_move(const kernel_step *step, const kernel_run *run)
{
    const move *plan = step->prepared;
    const uint64_t count = kernel_output(step, 0)->count;
    int64_t at[MAX_AXES] = {0}, sources[KERNEL_CHUNK];
    if (plan->copy) {
        kernel_transfer_block(step, run, &plan->transfer, 0, 0, count);
        return;
    }
    for (uint64_t start = 0; start < count;) {
        uint32_t filled = 0;
        while (filled < KERNEL_CHUNK && start + filled < count) {
            const uint32_t last = plan->axes - 1;
            if (plan->table[last]) {
                sources[filled++] = source_of(plan, at);
                at[last]++;
            } else {
                int64_t source = source_of(plan, at);
                for (; at[last] < plan->extent[last] && filled < KERNEL_CHUNK; at[last]++, source += plan->stride[last])
                    sources[filled++] = source;
            }
            for (uint32_t a = last; a > 0 && at[a] == plan->extent[a]; a--) {
                at[a] = 0;
                at[a - 1]++;
            }
        }
        kernel_transfer_gather(step, run, &plan->transfer, sources, start, filled);
        start += filled;
    }
}

static void add_axis(move *plan, int64_t extent, int64_t stride)
{
    plan->extent[plan->axes] = extent;
    plan->stride[plan->axes++] = stride;
}

static bool transpose(const kernel_step *step, move *plan)
{
    const kernel_tensor *x = kernel_input(step, 0);
    int64_t stride[NBX_MAX_RANK];
    uint32_t count;
    const int64_t *perm = kernel_attr_ints(step->node, "perm", &count);
    strides_of(x, stride);
    for (uint32_t a = 0; a < x->rank; a++) {
        const int64_t from = count == x->rank ? perm[a] : x->rank - 1 - (int64_t)a;
        if (from < 0 || from >= (int64_t)x->rank) return false;
        add_axis(plan, x->dims[from], stride[from]);
    }
    return true;
}

static bool slice(const kernel_step *step, move *plan)
{
    const kernel_tensor *x = kernel_input(step, 0), *y = kernel_output(step, 0);
    int64_t stride[NBX_MAX_RANK];
    uint32_t count, axis_count, step_count;
    const int64_t *starts = kernel_attr_ints(step->node, "starts", &count), *axes = kernel_attr_ints(step->node, "axes", &axis_count);
    const int64_t *steps = kernel_attr_ints(step->node, "steps", &step_count);
    if (x->rank != y->rank) return false;
    strides_of(x, stride);
    for (uint32_t a = 0; a < x->rank; a++)
        add_axis(plan, y->dims[a], stride[a]);
    for (uint32_t i = 0; i < count; i++) {
        const int64_t axis = i < axis_count ? axes[i] : (int64_t)i, by = i < step_count ? steps[i] : 1;
        int64_t last;
        if (axis < 0 || axis >= (int64_t)x->rank) return false;
        last = starts[i] + (y->dims[axis] - 1) * by;
        if (y->dims[axis] && (starts[i] < 0 || starts[i] >= x->dims[axis] || last < 0 || last >= x->dims[axis])) return false;
        plan->base += starts[i] * stride[axis];
        plan->stride[axis] = stride[axis] * by;
    }
    return true;
}

static bool expand(const kernel_step *step, move *plan)
{
    kernel_operand operand;
    const kernel_tensor *y = kernel_output(step, 0);
    if (!kernel_operand_make(step->program, step->node->inputs[0], y, &operand)) return false;
    for (uint32_t a = 0; a < y->rank; a++)
        add_axis(plan, y->dims[a], operand.strides[a]);
    return true;
}

static bool tile(const kernel_step *step, move *plan)
{
    const kernel_tensor *x = kernel_input(step, 0), *y = kernel_output(step, 0);
    int64_t stride[NBX_MAX_RANK];
    if (x->rank != y->rank) return false;
    strides_of(x, stride);
    for (uint32_t a = 0; a < x->rank; a++) {
        if (!x->dims[a] || y->dims[a] % x->dims[a]) return false;
        add_axis(plan, y->dims[a] / x->dims[a], 0);
        add_axis(plan, x->dims[a], stride[a]);
    }
    return true;
}

static bool channel_shuffle(const kernel_step *step, move *plan)
{
    const kernel_tensor *x = kernel_input(step, 0);
    const int64_t group = kernel_attr_int(step->node, "group", 1);
    int64_t inner = 1;
    if (x->rank < 2 || group < 1 || x->dims[1] % group) return false;
    for (uint32_t a = 2; a < x->rank; a++)
        inner *= x->dims[a];
    add_axis(plan, x->dims[0], x->dims[1] * inner);
    add_axis(plan, x->dims[1] / group, inner);
    add_axis(plan, group, x->dims[1] / group * inner);
    add_axis(plan, inner, 1);
    return true;
}

/* y[n, c, h, p, w, q] = x[n, (p, q, c) or (c, p, q), h, w] */
static bool depth_to_space(const kernel_step *step, move *plan)
{
    const kernel_tensor *x = kernel_input(step, 0);
    const int64_t size = kernel_attr_int(step->node, "blocksize", 1);
    const bool crd = !strcmp(kernel_attr_text(step->node, "mode", "DCR"), "CRD");
    int64_t h, w, c, image;
    if (x->rank != 4 || size < 1 || size > 4096 || x->dims[1] % (size * size)) return false;
    h = x->dims[2];
    w = x->dims[3];
    c = x->dims[1] / (size * size);
    image = h * w;
    add_axis(plan, x->dims[0], x->dims[1] * image);
    add_axis(plan, c, crd ? size * size * image : image);
    add_axis(plan, h, w);
    add_axis(plan, size, crd ? size * image : size * c * image);
    add_axis(plan, w, 1);
    add_axis(plan, size, crd ? image : c * image);
    return true;
}

/* y[n, p, q, c, h, w] = x[n, c, h * size + p, w * size + q] */
static bool space_to_depth(const kernel_step *step, move *plan)
{
    const kernel_tensor *x = kernel_input(step, 0);
    const int64_t size = kernel_attr_int(step->node, "blocksize", 1);
    if (x->rank != 4 || size < 1 || x->dims[2] % size || x->dims[3] % size) return false;
    add_axis(plan, x->dims[0], x->dims[1] * x->dims[2] * x->dims[3]);
    add_axis(plan, size, x->dims[3]);
    add_axis(plan, size, 1);
    add_axis(plan, x->dims[1], x->dims[2] * x->dims[3]);
    add_axis(plan, x->dims[2] / size, size * x->dims[3]);
    add_axis(plan, x->dims[3] / size, size);
    return true;
}

static int64_t pad_source(const char *mode, int64_t at, int64_t extent)
{
    const int64_t period = 2 * extent - 2;
    if (at >= 0 && at < extent) return at;
    if (!strcmp(mode, "edge")) return at < 0 ? 0 : extent - 1;
    if (!strcmp(mode, "wrap")) return (at % extent + extent) % extent;
    if (strcmp(mode, "reflect")) return -1;
    if (period <= 0) return 0;
    at = (at % period + period) % period;
    return at < extent ? at : period - at;
}

static int32_t pad(nbx_kernels *program, const kernel_step *step, move *plan)
{
    const kernel_tensor *x = kernel_input(step, 0), *y = kernel_output(step, 0);
    const char *mode = kernel_attr_text(step->node, "mode", "constant");
    int64_t stride[NBX_MAX_RANK];
    uint32_t count;
    const int64_t *pads = kernel_attr_ints(step->node, "pads", &count);
    if (x->rank != y->rank || count != 2 * x->rank) return kernel_refuse(program, step, "its pads do not fit its rank");
    strides_of(x, stride);
    for (uint32_t a = 0; a < x->rank; a++) {
        if (y->dims[a] != x->dims[a] + pads[a] + pads[a + x->rank] || (!x->dims[a] && strcmp(mode, "constant")))
            return kernel_refuse(program, step, "its pads do not fit its output");
        plan->table[a] = kernel_alloc(program, (uint64_t)y->dims[a], sizeof(int64_t));
        if (!plan->table[a]) return NBX_NO_MEMORY;
        for (int64_t i = 0; i < y->dims[a]; i++) {
            const int64_t source = pad_source(mode, i - pads[a], x->dims[a]);
            plan->table[a][i] = source < 0 ? -1 : source * stride[a];
        }
        add_axis(plan, y->dims[a], 0);
    }
    return NBX_OK;
}

int32_t kernel_prepare_move(nbx_kernels *program, kernel_step *step)
{
    const kernel_tensor *x = kernel_input(step, 0), *y = kernel_output(step, 0);
    move *plan = kernel_alloc(program, 1, sizeof *plan);
    bool fine = true;
    int32_t status;
    int64_t count = 1;
    if (!plan) return NBX_NO_MEMORY;
    step->prepared = plan;
    step->execute = run_move;
    status = kernel_transfer_make(program, step, 0, 0, kernel_attr_float(step->node, "value", 0), &plan->transfer);
    switch (step->node->schema->op) {
    case NBX_OP_transpose:
        fine = transpose(step, plan);
        break;
    case NBX_OP_slice:
        fine = slice(step, plan);
        break;
    case NBX_OP_expand:
        fine = expand(step, plan);
        break;
    case NBX_OP_tile:
        fine = tile(step, plan);
        break;
    case NBX_OP_channel_shuffle:
        fine = channel_shuffle(step, plan);
        break;
    case NBX_OP_depth_to_space:
        fine = depth_to_space(step, plan);
        break;
    case NBX_OP_space_to_depth:
        fine = space_to_depth(step, plan);
        break;
    case NBX_OP_pad:
        if (!status) status = pad(program, step, plan);
        break;
    default:
        plan->copy = true;
        fine = x->count == y->count;
    }
    if (!plan->axes) add_axis(plan, 1, 0);
    for (uint32_t a = 0; a < plan->axes; a++)
        count *= plan->extent[a];
    if (!status && (!fine || (!plan->copy && count != (int64_t)y->count)))
        return kernel_refuse(program, step, "its attributes do not fit its shapes");
    return status;
}
