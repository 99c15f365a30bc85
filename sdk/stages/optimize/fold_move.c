/* SPDX-License-Identifier: Apache-2.0 */
/* Folds the ops that only move elements: a strided walk over the source, byte by byte the same. */
#include <string.h>

#include "stages/optimize/fold.h"

#define MAX_WALK_RANK (2 * NBX_MAX_RANK)

/* Where the elements of the result come from: element (i0, i1, ...) is at base + sum(i * stride) of the source. */
typedef struct walk {
    uint32_t rank;
    int64_t dims[MAX_WALK_RANK], strides[MAX_WALK_RANK], base;
} walk;

static void source_strides(const nbx_tensor *source, int64_t *strides)
{
    int64_t step = 1;
    for (uint32_t i = source->rank; i-- > 0;) {
        strides[i] = step;
        step *= source->dims[i];
    }
}

/* A splat moves without data. */
static bool moved_splat(nbx_fold *fold, const nbx_tensor *source)
{
    if (!source->is_splat) return false;
    fold->result->is_splat = true;
    fold->result->splat_f = source->splat_f;
    fold->result->splat_i = source->splat_i;
    return fold->done = true;
}

static void copy_rows(const walk *w, const char *source, char *out, uint32_t size, uint64_t elements)
{
    int64_t at[MAX_WALK_RANK] = {0}, row = w->rank ? w->dims[w->rank - 1] : 1, step = w->rank ? w->strides[w->rank - 1] : 1;
    int64_t offset = w->base;
    for (uint64_t done = 0; done < elements; done += (uint64_t)row) {
        if (step == 1)
            memcpy(out, source + offset * size, (size_t)row * size);
        else
            for (int64_t i = 0; i < row; i++)
                memcpy(out + i * size, source + (offset + i * step) * size, size);
        out += (size_t)row * size;
        for (uint32_t axis = w->rank > 1 ? w->rank - 1 : 0; axis-- > 0;) { /* the next row */
            offset += w->strides[axis];
            if (++at[axis] < w->dims[axis]) break;
            offset -= w->strides[axis] * w->dims[axis];
            at[axis] = 0;
        }
    }
}

static nbx_status run_walk(nbx_fold *fold, const nbx_tensor *source, const walk *w)
{
    void *out;
    if (moved_splat(fold, source)) return NBX_OK;
    NBX_TRY(nbx_fold_allocate(fold, &out));
    if (out && fold->elements) copy_rows(w, source->data, out, nbx_dtype_bits(source->dtype) / 8, fold->elements);
    return NBX_OK;
}

nbx_status nbx_fold_view(nbx_fold *fold)
{
    const nbx_tensor *source = fold->inputs[0];
    if (moved_splat(fold, source)) return NBX_OK;
    fold->result->data = source->data; /* the same bytes */
    fold->result->bytes = source->bytes;
    fold->done = true;
    return NBX_OK;
}

static walk walk_of(const nbx_fold *fold)
{
    walk w = {.rank = fold->result->rank};
    memcpy(w.dims, fold->result->dims, w.rank * sizeof(int64_t));
    return w;
}

nbx_status nbx_fold_transpose(nbx_fold *fold)
{
    int64_t strides[NBX_MAX_RANK];
    walk w = walk_of(fold);
    const nbx_attr *perm = nbx_node_attr(&fold->node->n, "perm");
    source_strides(fold->inputs[0], strides);
    for (uint32_t i = 0; i < w.rank; i++)
        w.strides[i] = strides[perm->ints[i]];
    return run_walk(fold, fold->inputs[0], &w);
}

nbx_status nbx_fold_slice(nbx_fold *fold)
{
    walk w = walk_of(fold);
    const nbx_node *n = &fold->node->n;
    const nbx_attr *axes = nbx_node_attr(n, "axes"), *starts = nbx_node_attr(n, "starts"), *steps = nbx_node_attr(n, "steps");
    source_strides(fold->inputs[0], w.strides);
    for (uint32_t i = 0; i < axes->count && fold->elements; i++) {
        w.base += starts->ints[i] * w.strides[axes->ints[i]];
        w.strides[axes->ints[i]] *= steps->ints[i];
    }
    return run_walk(fold, fold->inputs[0], &w);
}

nbx_status nbx_fold_split(nbx_fold *fold)
{
    walk w = walk_of(fold);
    const nbx_attr *parts = nbx_node_attr(&fold->node->n, "split");
    int64_t axis = nbx_node_attr_int(&fold->node->n, "axis", 0);
    source_strides(fold->inputs[0], w.strides);
    for (uint32_t i = 0; i < fold->output; i++)
        w.base += parts->ints[i] * w.strides[axis];
    return run_walk(fold, fold->inputs[0], &w);
}

nbx_status nbx_fold_expand(nbx_fold *fold)
{
    int64_t strides[NBX_MAX_RANK];
    walk w = walk_of(fold);
    const nbx_tensor *source = fold->inputs[0];
    source_strides(source, strides);
    for (uint32_t i = 0; i < source->rank; i++) /* aligned at the last axis; extents of 1 repeat */
        if (source->dims[i] != 1) w.strides[w.rank - source->rank + i] = strides[i];
    return run_walk(fold, source, &w);
}

nbx_status nbx_fold_tile(nbx_fold *fold)
{
    int64_t strides[NBX_MAX_RANK];
    const nbx_tensor *source = fold->inputs[0];
    const nbx_attr *repeats = nbx_node_attr(&fold->node->n, "repeats");
    walk w = {.rank = 2 * source->rank};
    source_strides(source, strides);
    for (uint32_t i = 0; i < source->rank; i++) {
        w.dims[2 * i] = repeats->ints[i];
        w.dims[2 * i + 1] = source->dims[i];
        w.strides[2 * i + 1] = strides[i];
    }
    return run_walk(fold, source, &w);
}

static uint64_t span_of(uint32_t first, uint32_t last, const int64_t *dims)
{
    uint64_t product = 1;
    for (uint32_t i = first; i < last; i++)
        product *= (uint64_t)dims[i];
    return product;
}

static bool same_splats(const nbx_fold *fold)
{
    const nbx_tensor *first = fold->inputs[0];
    for (uint32_t i = 0; i < fold->input_count; i++)
        if (!fold->inputs[i]->is_splat || fold->inputs[i]->splat_f != first->splat_f || fold->inputs[i]->splat_i != first->splat_i)
            return false;
    return true;
}

static void copy_element(const nbx_tensor *source, uint64_t from, uint32_t dtype, void *out, uint64_t to)
{
    if (nbx_dtype_kind(dtype) == 'f')
        nbx_element_set_float(dtype, out, to, nbx_tensor_float(source, from));
    else
        nbx_element_set_int(dtype, out, to, nbx_tensor_int(source, from));
}

/* `count` neighbouring elements. */
static void copy_block(const nbx_tensor *source, uint64_t from, void *out, uint64_t to, uint64_t count)
{
    uint32_t size = nbx_dtype_bits(source->dtype) / 8;
    if (!source->is_splat) {
        if (count) memcpy((char *)out + to * size, (const char *)source->data + from * size, (size_t)count * size);
        return;
    }
    for (uint64_t i = 0; i < count; i++)
        copy_element(source, 0, source->dtype, out, to + i);
}

nbx_status nbx_fold_concat(nbx_fold *fold)
{
    void *out;
    uint32_t axis = (uint32_t)nbx_node_attr_int(&fold->node->n, "axis", 0), rank = fold->result->rank;
    if (same_splats(fold)) {
        (void)moved_splat(fold, fold->inputs[0]);
        return NBX_OK;
    }
    NBX_TRY(nbx_fold_allocate(fold, &out));
    if (!out) return NBX_OK;
    uint64_t outer = span_of(0, axis, fold->result->dims), to = 0;
    for (uint64_t row = 0; row < outer; row++)
        for (uint32_t i = 0; i < fold->input_count; i++) {
            uint64_t block = span_of(axis, rank, fold->inputs[i]->dims);
            copy_block(fold->inputs[i], row * block, out, to, block);
            to += block;
        }
    return NBX_OK;
}

nbx_status nbx_fold_gather(nbx_fold *fold)
{
    void *out;
    const nbx_tensor *source = fold->inputs[0], *indices = fold->inputs[1];
    uint32_t axis = (uint32_t)nbx_node_attr_int(&fold->node->n, "axis", 0);
    uint64_t outer = span_of(0, axis, source->dims), block = span_of(axis + 1, source->rank, source->dims);
    uint64_t count = span_of(0, indices->rank, indices->dims), to = 0;
    int64_t extent = source->dims[axis];
    for (uint64_t i = 0; i < count && i < fold->rewrite->fold_elements; i++) {
        int64_t index = nbx_tensor_int(indices, i);
        if (index < -extent || index >= extent) return NBX_OK; /* not for folding to judge */
    }
    if (moved_splat(fold, source)) return NBX_OK;
    NBX_TRY(nbx_fold_allocate(fold, &out));
    for (uint64_t row = 0; out && row < outer; row++)
        for (uint64_t i = 0; i < count; i++, to += block) {
            int64_t index = nbx_tensor_int(indices, i);
            copy_block(source, (row * (uint64_t)extent + (uint64_t)(index < 0 ? index + extent : index)) * block, out, to, block);
        }
    return NBX_OK;
}
