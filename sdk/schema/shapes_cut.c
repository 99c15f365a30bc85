/* SPDX-License-Identifier: Apache-2.0 */
/* Shapes of the ops that cut or widen axes: Slice and Pad. */
#include <string.h>

#include "schema/shapes.h"

typedef struct slice {
    int64_t start, end, step, extent;
} slice;

static int64_t clamp(int64_t value, int64_t lo, int64_t hi)
{
    return value < lo ? lo : value > hi ? hi : value;
}

/*
 * numpy's rule. With a negative step the end may lie before element 0; that is written as -(extent + 1), which still
 * means "before element 0" when it is read again.
 */
static void resolve_slice(int64_t extent, slice *s)
{
    if (s->start < 0) s->start = s->start < -extent ? -1 : s->start + extent;
    if (s->end < 0) s->end = s->end < -extent ? -1 : s->end + extent;
    if (s->step > 0) {
        s->start = clamp(s->start, 0, extent);
        s->end = clamp(s->end, s->start, extent);
        int64_t span = s->end - s->start;
        s->extent = span / s->step + (span % s->step != 0);
        return;
    }
    s->start = clamp(s->start, extent ? 0 : -1, extent - 1);
    s->end = clamp(s->end, -1, extent - 1);
    int64_t span = s->start - s->end;
    s->extent = span <= 0 ? 0 : s->step == INT64_MIN ? 1 : span / -s->step + (span % -s->step != 0);
    if (s->end < 0) s->end = -extent - 1;
    if (s->start < 0) s->start = 0;
}

static int read_slice_axes(nbx_shape_call *call, uint32_t rank, uint32_t count, uint32_t *axes)
{
    uint32_t given;
    bool present;
    NBX_SHAPE_TRY(nbx_shape_axes(call, rank, axes, &given, &present));
    if (present && given != count) return nbx_shape_fail(call, "%u starts are given for %u axes", count, given);
    if (!present && count > rank) return nbx_shape_fail(call, "%u starts are given for a tensor of rank %u", count, rank);
    for (uint32_t i = 0; !present && i < count; i++)
        axes[i] = i;
    return NBX_OK;
}

int nbx_shape_slice(nbx_shape_call *call)
{
    int64_t starts[NBX_MAX_RANK], ends[NBX_MAX_RANK], steps[NBX_MAX_RANK], dims[NBX_MAX_RANK];
    uint32_t axes[NBX_MAX_RANK];
    NBX_SHAPE_TRY(nbx_shape_need(call, 1));
    const nbx_value *x = call->inputs[0];
    const nbx_attr *first = nbx_shape_attr(call, "starts"), *last = nbx_shape_attr(call, "ends");
    if (!first || !last || first->kind != NBX_ATTR_INTS || last->kind != NBX_ATTR_INTS)
        return nbx_shape_fail(call, "starts and ends are missing");
    uint32_t count = first->count;
    if (count > NBX_MAX_RANK || last->count != count) return nbx_shape_fail(call, "%u starts and %u ends are given", count, last->count);
    NBX_SHAPE_TRY(read_slice_axes(call, x->rank, count, axes));
    NBX_SHAPE_TRY(nbx_shape_ints(call, &(nbx_shape_list){"steps", count, 1, INT64_MIN, INT64_MAX}, steps));
    memcpy(dims, x->dims, x->rank * sizeof(int64_t));
    for (uint32_t i = 0; i < count; i++) {
        slice s = {first->ints[i], last->ints[i], steps[i], 0};
        if (s.step == 0) return nbx_shape_fail(call, "the step of axis %u is 0", axes[i]);
        resolve_slice(x->dims[axes[i]], &s);
        starts[i] = s.start;
        ends[i] = s.end;
        dims[axes[i]] = s.extent;
    }
    NBX_SHAPE_TRY(call->set_ints(call->self, "starts", starts, count));
    NBX_SHAPE_TRY(call->set_ints(call->self, "ends", ends, count));
    NBX_SHAPE_TRY(call->set_ints(call->self, "steps", steps, count));
    NBX_SHAPE_TRY(nbx_shape_set_axes(call, "axes", axes, count));
    return nbx_shape_set(call, 0, x->dtype, x->rank, dims);
}

/* Pads of all axes: as given, or spread from the axes that are named. */
static int read_pads(nbx_shape_call *call, uint32_t rank, int64_t *out)
{
    int64_t given[2 * NBX_MAX_RANK];
    uint32_t axes[NBX_MAX_RANK], count;
    bool present;
    const nbx_attr *pads = nbx_shape_attr(call, "pads");
    if (!pads || (pads->count == 0 && rank)) return nbx_shape_fail(call, "the pads are missing");
    NBX_SHAPE_TRY(nbx_shape_axes(call, rank, axes, &count, &present));
    for (uint32_t i = 0; !present && i < rank; i++)
        axes[count++] = i;
    NBX_SHAPE_TRY(nbx_shape_ints(call, &(nbx_shape_list){"pads", 2 * count, 0, -NBX_SHAPE_MAX_WINDOW, NBX_SHAPE_MAX_WINDOW}, given));
    memset(out, 0, 2 * rank * sizeof(int64_t));
    for (uint32_t i = 0; i < count; i++) {
        out[axes[i]] = given[i];
        out[rank + axes[i]] = given[count + i];
    }
    return NBX_OK;
}

/* How far one end may be padded from an axis of `extent` elements; constant mode has no limit. */
static int64_t pad_limit(const char *mode, int64_t extent)
{
    if (!strcmp(mode, "reflect")) return extent - 1;
    if (!strcmp(mode, "wrap")) return extent;
    return extent > 0 || !strcmp(mode, "constant") ? NBX_SHAPE_MAX_WINDOW : 0;
}

int nbx_shape_pad(nbx_shape_call *call)
{
    static const char *const modes[] = {"constant", "reflect", "edge", "wrap"};
    int64_t pads[2 * NBX_MAX_RANK], dims[NBX_MAX_RANK];
    NBX_SHAPE_TRY(nbx_shape_need(call, 1));
    const nbx_value *x = call->inputs[0];
    const char *mode = nbx_shape_attr_string(call, "mode", "constant");
    bool known = false;
    for (uint32_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++)
        known = known || !strcmp(mode, modes[i]);
    if (!known) return nbx_shape_fail(call, "mode '%.40s' is none of constant, reflect, edge, wrap", mode);
    NBX_SHAPE_TRY(read_pads(call, x->rank, pads));
    for (uint32_t i = 0; i < x->rank; i++) {
        int64_t limit = pad_limit(mode, x->dims[i]);
        if (pads[i] > limit || pads[x->rank + i] > limit)
            return nbx_shape_fail(call, "pads %lld and %lld of axis %u are more than mode %s can take from %lld elements",
                                  (long long)pads[i], (long long)pads[x->rank + i], i, mode, (long long)x->dims[i]);
        dims[i] = x->dims[i] + pads[i] + pads[x->rank + i];
        if (dims[i] < 0)
            return nbx_shape_fail(call, "pads %lld and %lld crop more than the %lld elements of axis %u", (long long)pads[i],
                                  (long long)pads[x->rank + i], (long long)x->dims[i], i);
    }
    call->remove(call->self, "axes");
    NBX_SHAPE_TRY(call->set_ints(call->self, "pads", pads, 2 * x->rank));
    return nbx_shape_set(call, 0, x->dtype, x->rank, dims);
}
