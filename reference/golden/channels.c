/* SPDX-License-Identifier: Apache-2.0 */
/* DepthToSpace, SpaceToDepth and ChannelShuffle as strided copies over split axes. */
#include <string.h>

#include "attrs.h"
#include "copy.h"
#include "dispatch.h"

/** Axis sizes of a 4-D mover: b is the block size. */
typedef struct block_shape {
    int64_t n, c, h, w, b;
} block_shape;

static int32_t read_block(golden *p, golden_node *node, golden_copy **copy, block_shape *s)
{
    const golden_tensor *x = golden_in(p, node, 0);
    golden_copies *copies = golden_copies_make(p, node, 1);
    if (!copies) return golden_refuse(p, node, E_GOLDEN_MEMORY, "no memory for a node");
    *copy = copies->rows;
    GOLDEN_TRY(golden_attr_int(p, node, "blocksize", &s->b));
    if (x->rank != 4 || s->b < 1 || s->b > 65536)
        return golden_refuse(p, node, E_GOLDEN_ATTRIBUTE, "node '%s': the rank is not 4 or blocksize is out of range", node->view->name);
    s->n = x->dims[0];
    s->c = x->dims[1];
    s->h = x->dims[2];
    s->w = x->dims[3];
    return NBX_OK;
}

/** Gives the copy the dense writing side of the axes in their order. */
static void plan_axes(golden_copy *copy, const int64_t *dims, const int64_t *from, uint32_t rank)
{
    int64_t to[GOLDEN_COPY_RANK];
    uint32_t i;
    golden_dense_steps(rank, dims, to);
    for (i = 0; i < rank; i++)
        golden_copy_axis(copy, dims[i], to[i], from[i]);
}

static int32_t prepare_depth_to_space(golden *p, golden_node *node)
{
    golden_copy *copy;
    block_shape s;
    const char *mode;
    GOLDEN_TRY(read_block(p, node, &copy, &s));
    GOLDEN_TRY(golden_attr_text(p, node, "mode", &mode));
    if (s.c % (s.b * s.b) || (strcmp(mode, "DCR") != 0 && strcmp(mode, "CRD") != 0))
        return golden_refuse(p, node, E_GOLDEN_ATTRIBUTE, "node '%s': mode or blocksize do not fit", node->view->name);
    {
        const bool depth_first = mode[0] == 'D';
        const int64_t channels = s.c / (s.b * s.b), plane = s.h * s.w;
        const int64_t out[4] = {s.n, channels, s.h * s.b, s.w * s.b};
        const int64_t dims[6] = {s.n, channels, s.h, s.b, s.w, s.b};
        const int64_t from[6] = {s.c * plane, (depth_first ? 1 : s.b * s.b) * plane, s.w, (depth_first ? s.b * channels : s.b) * plane,
                                 1,           (depth_first ? channels : 1) * plane};
        GOLDEN_TRY(golden_expect(p, node, 0, 4, out));
        plan_axes(copy, dims, from, 6);
    }
    return NBX_OK;
}

static int32_t prepare_space_to_depth(golden *p, golden_node *node)
{
    golden_copy *copy;
    block_shape s;
    GOLDEN_TRY(read_block(p, node, &copy, &s));
    if (s.h % s.b || s.w % s.b)
        return golden_refuse(p, node, E_GOLDEN_ATTRIBUTE, "node '%s': blocksize does not divide the plane", node->view->name);
    {
        const int64_t out[4] = {s.n, s.c * s.b * s.b, s.h / s.b, s.w / s.b};
        const int64_t dims[6] = {s.n, s.b, s.b, s.c, s.h / s.b, s.w / s.b};
        const int64_t from[6] = {s.c * s.h * s.w, s.w, 1, s.h * s.w, s.b * s.w, s.b};
        GOLDEN_TRY(golden_expect(p, node, 0, 4, out));
        plan_axes(copy, dims, from, 6);
    }
    return NBX_OK;
}

static int32_t prepare_channel_shuffle(golden *p, golden_node *node)
{
    const golden_tensor *x = golden_in(p, node, 0);
    golden_copies *copies = golden_copies_make(p, node, 1);
    int64_t group;
    if (!copies) return golden_refuse(p, node, E_GOLDEN_MEMORY, "no memory for a node");
    GOLDEN_TRY(golden_attr_int(p, node, "group", &group));
    GOLDEN_TRY(golden_expect(p, node, 0, x->rank, x->dims));
    if (x->rank < 2 || group < 1 || x->dims[1] % group)
        return golden_refuse(p, node, E_GOLDEN_ATTRIBUTE, "node '%s': group does not divide the channels", node->view->name);
    {
        const int64_t channels = x->dims[1], inner = (int64_t)(x->count / (uint64_t)(x->dims[0] * channels));
        const int64_t dims[4] = {x->dims[0], channels / group, group, inner};
        const int64_t from[4] = {channels * inner, inner, channels / group * inner, 1};
        plan_axes(copies->rows, dims, from, 4);
    }
    return NBX_OK;
}

const golden_kernel golden_op_depth_to_space = {prepare_depth_to_space, golden_copies_run, NULL};
const golden_kernel golden_op_space_to_depth = {prepare_space_to_depth, golden_copies_run, NULL};
const golden_kernel golden_op_channel_shuffle = {prepare_channel_shuffle, golden_copies_run, NULL};
