/* SPDX-License-Identifier: Apache-2.0 */
/* Shapes of the ops that move whole elements along axes they keep: Concat, Split, Gather, Transpose, Expand, Tile, depth and space. */
#include <string.h>

#include "schema/shapes.h"

int nbx_shape_concat(nbx_shape_call *call)
{
    uint32_t axis;
    int64_t dims[NBX_MAX_RANK];
    NBX_SHAPE_TRY(nbx_shape_need(call, 1));
    const nbx_value *first = call->inputs[0];
    const nbx_attr *given = nbx_shape_attr(call, "axis");
    if (!given) return nbx_shape_fail(call, "attribute axis is missing");
    NBX_SHAPE_TRY(nbx_shape_axis(call, given->i, first->rank, false, &axis));
    memcpy(dims, first->dims, first->rank * sizeof(int64_t));
    for (uint32_t n = 1; n < call->input_count; n++) {
        const nbx_value *x = call->inputs[n];
        if (!x) return nbx_shape_fail(call, "input %u is missing", n);
        NBX_SHAPE_TRY(nbx_shape_same_dtype(call, 0, n));
        if (x->rank != first->rank) return nbx_shape_fail(call, "input 0 has rank %u but input %u has rank %u", first->rank, n, x->rank);
        for (uint32_t i = 0; i < x->rank; i++) {
            if (i != axis && x->dims[i] != first->dims[i])
                return nbx_shape_fail(call, "axis %u is %lld in input 0 but %lld in input %u", i, (long long)first->dims[i],
                                      (long long)x->dims[i], n);
        }
        dims[axis] += x->dims[axis];
    }
    NBX_SHAPE_TRY(call->set_int(call->self, "axis", axis));
    return nbx_shape_set(call, 0, first->dtype, first->rank, dims);
}

/* Extents of the parts: as given, else num_outputs (or one per output) equal parts of which the last may be smaller. */
static int split_extents(nbx_shape_call *call, int64_t extent, uint32_t parts, int64_t *out)
{
    const nbx_attr *given = nbx_shape_attr(call, "split");
    int64_t number = nbx_shape_attr_int(call, "num_outputs", parts), sum = 0;
    if (number != parts) return nbx_shape_fail(call, "num_outputs is %lld but there are %u outputs", (long long)number, parts);
    if (given && (given->kind != NBX_ATTR_INTS || given->count != parts))
        return nbx_shape_fail(call, "%u extents are given for %u outputs", given->count, parts);
    int64_t chunk = extent / parts + (extent % parts != 0);
    for (uint32_t i = 0; i < parts; i++) {
        out[i] = given ? given->ints[i] : (i + 1 < parts ? chunk : extent - chunk * (parts - 1));
        if (out[i] < 0 || out[i] > extent)
            return nbx_shape_fail(call, "part %u of %u would have extent %lld of %lld", i, parts, (long long)out[i], (long long)extent);
        sum += out[i];
    }
    if (sum != extent)
        return nbx_shape_fail(call, "the parts have %lld elements together, the axis has %lld", (long long)sum, (long long)extent);
    return NBX_OK;
}

int nbx_shape_split(nbx_shape_call *call)
{
    uint32_t axis;
    int64_t extents[64], dims[NBX_MAX_RANK];
    NBX_SHAPE_TRY(nbx_shape_need(call, 1));
    const nbx_value *x = call->inputs[0];
    if (call->output_count < 1 || call->output_count > 64)
        return nbx_shape_unsupported(call, "%u outputs; 1 to 64 are possible", call->output_count);
    NBX_SHAPE_TRY(nbx_shape_axis(call, nbx_shape_attr_int(call, "axis", 0), x->rank, false, &axis));
    NBX_SHAPE_TRY(split_extents(call, x->dims[axis], call->output_count, extents));
    memcpy(dims, x->dims, x->rank * sizeof(int64_t));
    for (uint32_t i = 0; i < call->output_count; i++) {
        dims[axis] = extents[i];
        NBX_SHAPE_TRY(nbx_shape_set(call, i, x->dtype, x->rank, dims));
    }
    call->remove(call->self, "num_outputs");
    NBX_SHAPE_TRY(call->set_int(call->self, "axis", axis));
    return call->set_ints(call->self, "split", extents, call->output_count);
}

int nbx_shape_gather(nbx_shape_call *call)
{
    uint32_t axis, rank = 0;
    int64_t dims[2 * NBX_MAX_RANK];
    NBX_SHAPE_TRY(nbx_shape_need(call, 2));
    const nbx_value *data = call->inputs[0], *indices = call->inputs[1];
    if (indices->dtype != NBX_DTYPE_INT64 && indices->dtype != NBX_DTYPE_INT32)
        return nbx_shape_fail(call, "the indices must be int32 or int64");
    NBX_SHAPE_TRY(nbx_shape_axis(call, nbx_shape_attr_int(call, "axis", 0), data->rank, false, &axis));
    for (uint32_t i = 0; i < axis; i++)
        dims[rank++] = data->dims[i];
    for (uint32_t i = 0; i < indices->rank; i++)
        dims[rank++] = indices->dims[i];
    for (uint32_t i = axis + 1; i < data->rank; i++)
        dims[rank++] = data->dims[i];
    NBX_SHAPE_TRY(call->set_int(call->self, "axis", axis));
    return nbx_shape_set(call, 0, data->dtype, rank, dims);
}

int nbx_shape_transpose(nbx_shape_call *call)
{
    int64_t perm[NBX_MAX_RANK], dims[NBX_MAX_RANK];
    uint32_t seen = 0;
    NBX_SHAPE_TRY(nbx_shape_need(call, 1));
    const nbx_value *x = call->inputs[0];
    const nbx_attr *given = nbx_shape_attr(call, "perm");
    NBX_SHAPE_TRY(nbx_shape_ints(call, &(nbx_shape_list){"perm", x->rank, 0, 0, (int64_t)x->rank - 1}, perm));
    for (uint32_t i = 0; i < x->rank; i++) {
        if (!given || given->count == 0) perm[i] = x->rank - 1 - i;
        if (seen & (1u << perm[i])) return nbx_shape_fail(call, "axis %lld appears twice in perm", (long long)perm[i]);
        seen |= 1u << perm[i];
        dims[i] = x->dims[perm[i]];
    }
    NBX_SHAPE_TRY(call->set_ints(call->self, "perm", perm, x->rank));
    return nbx_shape_set(call, 0, x->dtype, x->rank, dims);
}

int nbx_shape_expand(nbx_shape_call *call)
{
    int64_t dims[NBX_MAX_RANK];
    NBX_SHAPE_TRY(nbx_shape_need(call, 1));
    const nbx_value *x = call->inputs[0];
    const nbx_attr *shape = nbx_shape_attr(call, "shape");
    if (!shape || shape->kind != NBX_ATTR_INTS) return nbx_shape_fail(call, "the shape is missing");
    if (shape->count > NBX_MAX_RANK)
        return nbx_shape_fail(call, "the shape has %u axes; at most %d are possible", shape->count, NBX_MAX_RANK);
    uint32_t rank = x->rank;
    memcpy(dims, x->dims, rank * sizeof(int64_t));
    for (uint32_t i = 0; i < shape->count; i++)
        if (shape->ints[i] < 0) return nbx_shape_fail(call, "entry %u of the shape is %lld", i, (long long)shape->ints[i]);
    NBX_SHAPE_TRY(nbx_shape_broadcast_dims(call, &rank, dims, shape->count, shape->ints));
    NBX_SHAPE_TRY(nbx_shape_set(call, 0, x->dtype, rank, dims));
    return call->set_ints(call->self, "shape", dims, rank);
}

int nbx_shape_tile(nbx_shape_call *call)
{
    int64_t repeats[NBX_MAX_RANK], dims[NBX_MAX_RANK];
    NBX_SHAPE_TRY(nbx_shape_need(call, 1));
    const nbx_value *x = call->inputs[0];
    const nbx_attr *given = nbx_shape_attr(call, "repeats");
    if (!given || (given->count == 0 && x->rank)) return nbx_shape_fail(call, "the repeats are missing");
    NBX_SHAPE_TRY(nbx_shape_ints(call, &(nbx_shape_list){"repeats", x->rank, 1, 0, NBX_SHAPE_MAX_EXTENT}, repeats));
    for (uint32_t i = 0; i < x->rank; i++)
        dims[i] = x->dims[i] * repeats[i];
    return nbx_shape_set(call, 0, x->dtype, x->rank, dims);
}

static int read_blocksize(nbx_shape_call *call, int64_t *out)
{
    NBX_SHAPE_TRY(nbx_shape_need(call, 1));
    if (call->inputs[0]->rank != 4) return nbx_shape_fail(call, "the input has rank %u; 4 is needed", call->inputs[0]->rank);
    *out = nbx_shape_attr_int(call, "blocksize", 0);
    if (*out < 1 || *out > 32767) return nbx_shape_fail(call, "attribute blocksize is %lld; it must be in 1..32767", (long long)*out);
    return NBX_OK;
}

int nbx_shape_depth_to_space(nbx_shape_call *call)
{
    int64_t block = 1;
    NBX_SHAPE_TRY(read_blocksize(call, &block));
    const nbx_value *x = call->inputs[0];
    const char *mode = nbx_shape_attr_string(call, "mode", "DCR");
    if (strcmp(mode, "DCR") != 0 && strcmp(mode, "CRD") != 0) return nbx_shape_fail(call, "mode '%.40s' is neither DCR nor CRD", mode);
    if (x->dims[1] % (block * block) != 0)
        return nbx_shape_fail(call, "%lld channels cannot be divided by blocks of %lld x %lld", (long long)x->dims[1], (long long)block,
                              (long long)block);
    const int64_t dims[4] = {x->dims[0], x->dims[1] / (block * block), x->dims[2] * block, x->dims[3] * block};
    return nbx_shape_set(call, 0, x->dtype, 4, dims);
}

int nbx_shape_space_to_depth(nbx_shape_call *call)
{
    int64_t block = 1;
    NBX_SHAPE_TRY(read_blocksize(call, &block));
    const nbx_value *x = call->inputs[0];
    if (x->dims[2] % block != 0 || x->dims[3] % block != 0)
        return nbx_shape_fail(call, "a map of %lld x %lld cannot be divided by blocks of %lld", (long long)x->dims[2],
                              (long long)x->dims[3], (long long)block);
    const int64_t dims[4] = {x->dims[0], x->dims[1] * block * block, x->dims[2] / block, x->dims[3] / block};
    return nbx_shape_set(call, 0, x->dtype, 4, dims);
}
