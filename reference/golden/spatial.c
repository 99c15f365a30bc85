/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the geometry of windows and checks its ranges; convolutions and pools walk them. */
#include "spatial.h"

#include "attrs.h"

static int32_t refuse(const golden *p, const golden_node *node, const char *what)
{
    return golden_refuse(p, node, E_GOLDEN_ATTRIBUTE, "node '%s' (%s): %s", node->view->name, node->view->op, what);
}

/** Keeps every later product of extents far from overflow. */
static bool in_range(int64_t value, int64_t lo)
{
    return value >= lo && value <= (int64_t)1 << 31;
}

static int32_t read_axes(const golden *p, const golden_node *node, const int64_t *kernel, golden_window *out)
{
    const uint32_t n = out->axes, first = 3 - n;
    int64_t pads[6];
    uint32_t i;
    if (kernel)
        for (i = 0; i < n; i++)
            out->kernel[first + i] = kernel[i];
    else
        GOLDEN_TRY(golden_attr_list(p, node, "kernel_shape", n, 0, out->kernel + first));
    GOLDEN_TRY(golden_attr_list(p, node, "strides", n, 1, out->stride + first));
    GOLDEN_TRY(golden_attr_list(p, node, "dilations", n, 1, out->dilation + first));
    GOLDEN_TRY(golden_attr_list(p, node, "pads", 2 * n, 0, pads));
    for (i = 0; i < n; i++) {
        out->begin[first + i] = pads[i];
        out->end[first + i] = pads[n + i];
    }
    return NBX_OK;
}

int32_t golden_window_read(const golden *program, const golden_node *node, const int64_t *kernel, golden_window *out)
{
    const golden_tensor *x = golden_in(program, node, 0), *y = golden_out(program, node, 0);
    uint32_t i;
    if (x->rank < 3 || x->rank > 5 || y->rank != x->rank) return refuse(program, node, "one to three spatial axes are possible");
    out->axes = x->rank - 2;
    out->in_volume = out->out_volume = out->kernel_volume = 1;
    for (i = 0; i < 3; i++) {
        out->in[i] = out->out[i] = out->kernel[i] = out->stride[i] = out->dilation[i] = 1;
        out->begin[i] = out->end[i] = 0;
    }
    for (i = 0; i < out->axes; i++) {
        out->in[3 - out->axes + i] = x->dims[2 + i];
        out->out[3 - out->axes + i] = y->dims[2 + i];
    }
    GOLDEN_TRY(read_axes(program, node, kernel, out));
    for (i = 0; i < 3; i++) {
        if (!in_range(out->kernel[i], 1) || !in_range(out->stride[i], 1) || !in_range(out->dilation[i], 1))
            return refuse(program, node, "kernel_shape, strides and dilations must be positive");
        if (!in_range(out->begin[i], -((int64_t)1 << 31)) || !in_range(out->end[i], -((int64_t)1 << 31)))
            return refuse(program, node, "a pad is out of range");
        out->in_volume *= out->in[i];
        out->out_volume *= out->out[i];
        if (out->kernel[i] > ((int64_t)1 << 31) / out->kernel_volume) return refuse(program, node, "the kernel is too large");
        out->kernel_volume *= out->kernel[i];
    }
    return NBX_OK;
}

int64_t golden_window_extent(const golden_window *window, uint32_t i, bool ceil_mode)
{
    const int64_t room = window->in[i] + window->begin[i] + window->end[i] - (window->kernel[i] - 1) * window->dilation[i] - 1;
    int64_t out;
    if (room < 0) return 0;
    out = room / window->stride[i] + 1;
    if (ceil_mode && room % window->stride[i]) {
        /* A window that would start in the end padding is dropped. */
        if (out * window->stride[i] < window->in[i] + window->begin[i]) out += 1;
    }
    return out;
}
