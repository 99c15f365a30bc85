/* SPDX-License-Identifier: Apache-2.0 */
/* Shapes of the ops that work element by element, or along one axis without changing the shape. */
#include <string.h>

#include "schema/shapes.h"

int nbx_shape_same(nbx_shape_call *call)
{
    NBX_SHAPE_TRY(nbx_shape_need(call, 1));
    return nbx_shape_set(call, 0, call->inputs[0]->dtype, call->inputs[0]->rank, call->inputs[0]->dims);
}

int nbx_shape_dropout(nbx_shape_call *call)
{
    NBX_SHAPE_TRY(nbx_shape_same(call));
    if (call->output_count < 2) return NBX_OK;
    return nbx_shape_set(call, 1, NBX_DTYPE_BOOL, call->inputs[0]->rank, call->inputs[0]->dims);
}

/* Channels of a [N, C, ...] input; a plain vector counts as one channel, as ONNX has it for BatchNormalization. */
static int64_t channels_of(const nbx_value *x)
{
    return x->rank > 1 ? x->dims[1] : 1;
}

int nbx_shape_batch_normalization(nbx_shape_call *call)
{
    NBX_SHAPE_TRY(nbx_shape_need(call, 5));
    const nbx_value *x = call->inputs[0];
    if (x->rank < 1) return nbx_shape_fail(call, "the input is a scalar; at least [N] is needed");
    for (uint32_t i = 1; i < 5; i++)
        if (call->inputs[i]->rank != 1 || call->inputs[i]->dims[0] != channels_of(x))
            return nbx_shape_fail(call, "input %u must be [%lld], one element per channel; it has rank %u and first extent %lld", i,
                                  (long long)channels_of(x), call->inputs[i]->rank,
                                  (long long)(call->inputs[i]->rank ? call->inputs[i]->dims[0] : 1));
    for (uint32_t i = 1; i < call->output_count && i < 5; i++)
        NBX_SHAPE_TRY(nbx_shape_set(call, i, call->inputs[3]->dtype, 1, call->inputs[3]->dims));
    return nbx_shape_set(call, 0, x->dtype, x->rank, x->dims);
}

int nbx_shape_lrn(nbx_shape_call *call)
{
    NBX_SHAPE_TRY(nbx_shape_same(call));
    if (call->inputs[0]->rank < 2) return nbx_shape_fail(call, "the input has rank %u; at least 2 is needed", call->inputs[0]->rank);
    int64_t size = nbx_shape_attr_int(call, "size", 0);
    if (size < 1) return nbx_shape_fail(call, "attribute size is %lld; at least 1 is needed", (long long)size);
    return NBX_OK;
}

int nbx_shape_softmax(nbx_shape_call *call)
{
    uint32_t axis;
    NBX_SHAPE_TRY(nbx_shape_same(call));
    if (call->inputs[0]->rank == 0) return call->set_int(call->self, "axis", 0);
    NBX_SHAPE_TRY(nbx_shape_axis(call, nbx_shape_attr_int(call, "axis", -1), call->inputs[0]->rank, false, &axis));
    return call->set_int(call->self, "axis", axis);
}

int nbx_shape_channel_shuffle(nbx_shape_call *call)
{
    NBX_SHAPE_TRY(nbx_shape_same(call));
    const nbx_value *x = call->inputs[0];
    int64_t group = nbx_shape_attr_int(call, "group", 0);
    if (x->rank < 2 || group < 1 || x->dims[1] % group != 0)
        return nbx_shape_fail(call, "%lld channels cannot be shuffled in %lld groups", (long long)(x->rank < 2 ? 0 : x->dims[1]),
                              (long long)group);
    return NBX_OK;
}

/* All inputs broadcast together; all of one dtype. */
static int broadcast_all(nbx_shape_call *call, uint32_t first, uint32_t *rank, int64_t *dims)
{
    *rank = call->inputs[first]->rank;
    memcpy(dims, call->inputs[first]->dims, *rank * sizeof(int64_t));
    for (uint32_t i = first + 1; i < call->input_count; i++) {
        if (!call->inputs[i]) return nbx_shape_fail(call, "input %u is missing", i);
        NBX_SHAPE_TRY(nbx_shape_same_dtype(call, first, i));
        NBX_SHAPE_TRY(nbx_shape_broadcast_dims(call, rank, dims, call->inputs[i]->rank, call->inputs[i]->dims));
    }
    return NBX_OK;
}

int nbx_shape_broadcast(nbx_shape_call *call)
{
    uint32_t rank;
    int64_t dims[NBX_MAX_RANK];
    NBX_SHAPE_TRY(nbx_shape_need(call, 1));
    NBX_SHAPE_TRY(broadcast_all(call, 0, &rank, dims));
    return nbx_shape_set(call, 0, call->inputs[0]->dtype, rank, dims);
}

int nbx_shape_compare(nbx_shape_call *call)
{
    uint32_t rank;
    int64_t dims[NBX_MAX_RANK];
    NBX_SHAPE_TRY(nbx_shape_need(call, 2));
    NBX_SHAPE_TRY(broadcast_all(call, 0, &rank, dims));
    return nbx_shape_set(call, 0, NBX_DTYPE_BOOL, rank, dims);
}

/* The exponent may have a type of its own; the result has the base's. */
int nbx_shape_pow(nbx_shape_call *call)
{
    NBX_SHAPE_TRY(nbx_shape_need(call, 2));
    const nbx_value *base = call->inputs[0];
    uint32_t rank = base->rank;
    int64_t dims[NBX_MAX_RANK];
    memcpy(dims, base->dims, rank * sizeof(int64_t));
    NBX_SHAPE_TRY(nbx_shape_broadcast_dims(call, &rank, dims, call->inputs[1]->rank, call->inputs[1]->dims));
    return nbx_shape_set(call, 0, base->dtype, rank, dims);
}

/* The slope is broadcast to X, never the other way round. */
int nbx_shape_prelu(nbx_shape_call *call)
{
    uint32_t rank;
    int64_t dims[NBX_MAX_RANK];
    NBX_SHAPE_TRY(nbx_shape_need(call, 2));
    NBX_SHAPE_TRY(broadcast_all(call, 0, &rank, dims));
    const nbx_value *x = call->inputs[0];
    if (rank != x->rank || memcmp(dims, x->dims, rank * sizeof(int64_t)) != 0)
        return nbx_shape_fail(call, "the slope (rank %u) is larger than the input (rank %u) or than one of its axes", call->inputs[1]->rank,
                              x->rank);
    return nbx_shape_set(call, 0, x->dtype, x->rank, x->dims);
}

int nbx_shape_where(nbx_shape_call *call)
{
    uint32_t rank;
    int64_t dims[NBX_MAX_RANK];
    NBX_SHAPE_TRY(nbx_shape_need(call, 3));
    if (call->inputs[0]->dtype != NBX_DTYPE_BOOL) return nbx_shape_fail(call, "the condition must be bool");
    NBX_SHAPE_TRY(broadcast_all(call, 1, &rank, dims));
    NBX_SHAPE_TRY(nbx_shape_broadcast_dims(call, &rank, dims, call->inputs[0]->rank, call->inputs[0]->dims));
    return nbx_shape_set(call, 0, call->inputs[1]->dtype, rank, dims);
}

int nbx_shape_cast(nbx_shape_call *call)
{
    NBX_SHAPE_TRY(nbx_shape_need(call, 1));
    int64_t to = nbx_shape_attr_int(call, "to", 0);
    if (to < 1 || to > UINT32_MAX || !nbx_dtype_name((uint32_t)to))
        return nbx_shape_fail(call, "attribute to is %lld, which is no element type", (long long)to);
    return nbx_shape_set(call, 0, (uint32_t)to, call->inputs[0]->rank, call->inputs[0]->dims);
}
