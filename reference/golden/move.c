/* SPDX-License-Identifier: Apache-2.0 */
/* Ops that only move elements, planned as strided copies; moves that depend on data or repeat edges are in select.c and pad.c. */
#include <string.h>

#include "attrs.h"
#include "copy.h"
#include "dispatch.h"
#include "tensor.h"

static int32_t no_memory(const golden *p, const golden_node *node)
{
    return golden_refuse(p, node, E_GOLDEN_MEMORY, "no memory for a node");
}

static int32_t bad_attr(const golden *p, const golden_node *node, const char *what)
{
    return golden_refuse(p, node, E_GOLDEN_ATTRIBUTE, "node '%s' (%s): %s", node->view->name, node->view->op, what);
}

/* Reshape, Flatten, Squeeze, Unsqueeze, Identity: the elements in their order. */
static int32_t prepare_flat(golden *p, golden_node *node)
{
    const golden_tensor *x = golden_in(p, node, 0), *y = golden_out(p, node, 0);
    golden_copies *copies = golden_copies_make(p, node, 1);
    if (!copies) return no_memory(p, node);
    if (x->count != y->count)
        return golden_refuse(p, node, E_GOLDEN_SHAPE, "node '%s' (%s): input and output differ in size", node->view->name, node->view->op);
    golden_copy_axis(copies->rows, (int64_t)x->count, 1, 1);
    return NBX_OK;
}

/** Dropout at inference: nothing is dropped, the mask says so. */
static int32_t run_dropout(const golden_call *call)
{
    golden_tensor *mask = golden_call_out(call, 1);
    uint64_t i;
    for (i = 0; mask && i < mask->count; i++)
        golden_set_int(mask, i, 1);
    return golden_copies_run(call);
}

/** One side is the whole tensor, the other a run of `extent` indices of `axis` from `first`. */
static void plan_section(golden_copy *copy, const golden_tensor *whole, const golden_tensor *part, uint32_t axis, int64_t first, bool into)
{
    int64_t outer = 1, inner = 1;
    uint32_t i;
    for (i = 0; i < axis; i++)
        outer *= whole->dims[i];
    for (i = axis + 1; i < whole->rank; i++)
        inner *= whole->dims[i];
    golden_copy_axis(copy, outer, (into ? whole : part)->dims[axis] * inner, (into ? part : whole)->dims[axis] * inner);
    golden_copy_axis(copy, part->dims[axis] * inner, 1, 1);
    *(into ? &copy->to_base : &copy->from_base) = first * inner;
}

/** Parts along an axis fill the whole. */
static int32_t plan_parts(golden *p, golden_node *node, bool concat)
{
    const golden_tensor *whole = concat ? golden_out(p, node, 0) : golden_in(p, node, 0);
    const uint32_t count = concat ? node->input_count : node->output_count;
    golden_copies *copies = golden_copies_make(p, node, count);
    int64_t at = 0;
    uint32_t axis, i, a;
    if (!copies) return no_memory(p, node);
    GOLDEN_TRY(golden_attr_axis(p, node, "axis", whole->rank, &axis));
    for (i = 0; i < count; i++) {
        const golden_tensor *part = concat ? golden_in(p, node, i) : golden_out(p, node, i);
        bool fits = part && part->rank == whole->rank;
        for (a = 0; fits && a < whole->rank; a++)
            fits = a == axis ? part->dims[a] <= whole->dims[a] - at : part->dims[a] == whole->dims[a];
        if (!fits) return golden_refuse(p, node, E_GOLDEN_SHAPE, "node '%s': part %u does not fit", node->view->name, i);
        *(concat ? &copies->rows[i].input : &copies->rows[i].output) = i;
        plan_section(&copies->rows[i], whole, part, axis, at, concat);
        at += part->dims[axis];
    }
    if (at != whole->dims[axis])
        return golden_refuse(p, node, E_GOLDEN_SHAPE, "node '%s': the parts do not fill the axis", node->view->name);
    return NBX_OK;
}

static int32_t prepare_concat(golden *p, golden_node *node)
{
    return plan_parts(p, node, true);
}

static int32_t prepare_split(golden *p, golden_node *node)
{
    return plan_parts(p, node, false);
}

static int64_t clamp_to(int64_t x, int64_t lo, int64_t hi)
{
    return x < lo ? lo : x > hi ? hi : x;
}

static int32_t prepare_slice(golden *p, golden_node *node)
{
    const golden_tensor *x = golden_in(p, node, 0);
    golden_copies *copies = golden_copies_make(p, node, 1);
    int64_t starts[NBX_MAX_RANK], ends[NBX_MAX_RANK], axes[NBX_MAX_RANK], steps[NBX_MAX_RANK];
    int64_t dims[NBX_MAX_RANK], from[NBX_MAX_RANK], to[NBX_MAX_RANK];
    uint32_t count, i, n;
    if (!copies) return no_memory(p, node);
    memcpy(dims, x->dims, sizeof dims);
    golden_dense_steps(x->rank, x->dims, from);
    GOLDEN_TRY(golden_attr_ints(p, node, "starts", NBX_MAX_RANK, starts, &count));
    GOLDEN_TRY(golden_attr_list(p, node, "ends", count, 0, ends));
    GOLDEN_TRY(golden_attr_ints(p, node, "axes", count, axes, &n));
    for (i = n; i < count; i++)
        axes[i] = i;
    GOLDEN_TRY(golden_attr_list(p, node, "steps", count, 1, steps));
    for (i = 0; i < count; i++) {
        const bool back = steps[i] < 0;
        int64_t extent, first, last;
        if (axes[i] < 0 || axes[i] >= (int64_t)x->rank || steps[i] == 0 || steps[i] < -((int64_t)1 << 40) || steps[i] > (int64_t)1 << 40)
            return bad_attr(p, node, "axes or steps are out of range");
        extent = x->dims[axes[i]];
        /* A backward slice ends at -1 - extent to include element 0. */
        first = clamp_to(starts[i] < 0 ? starts[i] + extent : starts[i], 0, back ? extent - 1 : extent);
        last = clamp_to(ends[i] < 0 ? ends[i] + extent : ends[i], back ? -1 : 0, extent);
        dims[axes[i]] = back ? (first - last - steps[i] - 1) / -steps[i] : (last - first + steps[i] - 1) / steps[i];
        copies->rows->from_base += first * from[axes[i]];
        from[axes[i]] *= steps[i];
    }
    GOLDEN_TRY(golden_expect(p, node, 0, x->rank, dims));
    golden_dense_steps(x->rank, dims, to);
    for (i = 0; i < x->rank; i++)
        golden_copy_axis(copies->rows, dims[i], to[i], from[i]);
    return NBX_OK;
}

static int32_t prepare_transpose(golden *p, golden_node *node)
{
    const golden_tensor *x = golden_in(p, node, 0);
    golden_copies *copies = golden_copies_make(p, node, 1);
    int64_t perm[NBX_MAX_RANK], dims[NBX_MAX_RANK], from[NBX_MAX_RANK], to[NBX_MAX_RANK];
    uint32_t given, i, seen = 0;
    if (!copies) return no_memory(p, node);
    GOLDEN_TRY(golden_attr_ints(p, node, "perm", NBX_MAX_RANK, perm, &given));
    for (i = 0; given == 0 && i < x->rank; i++)
        perm[i] = x->rank - 1 - i;
    if (given != 0 && given != x->rank) return bad_attr(p, node, "perm has not one entry per axis");
    golden_dense_steps(x->rank, x->dims, from);
    for (i = 0; i < x->rank; i++) {
        if (perm[i] < 0 || perm[i] >= (int64_t)x->rank || (seen >> perm[i] & 1)) return bad_attr(p, node, "perm is no permutation");
        seen |= 1u << perm[i];
        dims[i] = x->dims[perm[i]];
    }
    GOLDEN_TRY(golden_expect(p, node, 0, x->rank, dims));
    golden_dense_steps(x->rank, dims, to);
    for (i = 0; i < x->rank; i++)
        golden_copy_axis(copies->rows, dims[i], to[i], from[perm[i]]);
    return NBX_OK;
}

/** Broadcasting in both directions: `shape` may have extents of 1 where the input has more. The output's shape says it all. */
static int32_t prepare_expand(golden *p, golden_node *node)
{
    const golden_tensor *x = golden_in(p, node, 0), *y = golden_out(p, node, 0);
    golden_copies *copies = golden_copies_make(p, node, 1);
    int64_t from[NBX_MAX_RANK], to[NBX_MAX_RANK];
    uint32_t i, skip;
    if (!copies) return no_memory(p, node);
    if (x->rank > y->rank) return golden_refuse(p, node, E_GOLDEN_SHAPE, "node '%s': the output has too few axes", node->view->name);
    skip = y->rank - x->rank;
    golden_dense_steps(x->rank, x->dims, from);
    golden_dense_steps(y->rank, y->dims, to);
    for (i = 0; i < y->rank; i++) {
        const int64_t extent = i < skip ? 1 : x->dims[i - skip];
        if (extent != 1 && extent != y->dims[i])
            return golden_refuse(p, node, E_GOLDEN_SHAPE, "node '%s': axis %u does not broadcast", node->view->name, i);
        golden_copy_axis(copies->rows, y->dims[i], to[i], extent == 1 ? 0 : from[i - skip]);
    }
    return NBX_OK;
}

static int32_t prepare_tile(golden *p, golden_node *node)
{
    const golden_tensor *x = golden_in(p, node, 0);
    golden_copies *copies = golden_copies_make(p, node, 1);
    int64_t repeats[NBX_MAX_RANK], dims[NBX_MAX_RANK], from[NBX_MAX_RANK], to[NBX_MAX_RANK];
    uint32_t i;
    if (!copies) return no_memory(p, node);
    GOLDEN_TRY(golden_attr_list(p, node, "repeats", x->rank, 1, repeats));
    for (i = 0; i < x->rank; i++) {
        if (repeats[i] < 1 || repeats[i] > (int64_t)1 << 40) return bad_attr(p, node, "repeats are out of range");
        dims[i] = x->dims[i] * repeats[i];
    }
    GOLDEN_TRY(golden_expect(p, node, 0, x->rank, dims));
    golden_dense_steps(x->rank, x->dims, from);
    golden_dense_steps(x->rank, dims, to);
    for (i = 0; i < x->rank; i++) {
        golden_copy_axis(copies->rows, repeats[i], to[i] * x->dims[i], 0);
        golden_copy_axis(copies->rows, x->dims[i], to[i], from[i]);
    }
    return NBX_OK;
}

const golden_kernel golden_op_reshape = {prepare_flat, golden_copies_run, NULL};
const golden_kernel golden_op_flatten = {prepare_flat, golden_copies_run, NULL};
const golden_kernel golden_op_squeeze = {prepare_flat, golden_copies_run, NULL};
const golden_kernel golden_op_unsqueeze = {prepare_flat, golden_copies_run, NULL};
const golden_kernel golden_op_identity = {prepare_flat, golden_copies_run, NULL};
const golden_kernel golden_op_requantize = {prepare_flat, golden_copies_run, NULL};
const golden_kernel golden_op_dropout = {prepare_flat, run_dropout, NULL};
const golden_kernel golden_op_concat = {prepare_concat, golden_copies_run, NULL};
const golden_kernel golden_op_split = {prepare_split, golden_copies_run, NULL};
const golden_kernel golden_op_slice = {prepare_slice, golden_copies_run, NULL};
const golden_kernel golden_op_transpose = {prepare_transpose, golden_copies_run, NULL};
const golden_kernel golden_op_expand = {prepare_expand, golden_copies_run, NULL};
const golden_kernel golden_op_tile = {prepare_tile, golden_copies_run, NULL};
