/* SPDX-License-Identifier: Apache-2.0 */
/* Shapes of Gemm and MatMul. */
#include <string.h>

#include "schema/shapes.h"

/* [M, K] of A; with flatten, axes 1.. are read as K. */
static int rows_and_depth(nbx_shape_call *call, const nbx_value *a, int64_t *m, int64_t *k)
{
    bool transposed = nbx_shape_attr_int(call, "transA", 0) != 0, flatten = nbx_shape_attr_int(call, "flatten", 0) != 0;
    if (flatten && transposed) return nbx_shape_fail(call, "transA cannot be combined with flatten");
    if (flatten ? a->rank < 2 : a->rank != 2)
        return nbx_shape_fail(call, "A has rank %u; %s is needed", a->rank, flatten ? "at least 2" : "2");
    *m = a->dims[transposed ? 1 : 0];
    *k = a->dims[transposed ? 0 : 1];
    for (uint32_t i = 2; i < a->rank; i++) {
        if (a->dims[i] > 0 && *k > NBX_SHAPE_MAX_EXTENT / a->dims[i])
            return nbx_shape_fail(call, "axes 1 and up of A have too many elements");
        *k *= a->dims[i];
    }
    return NBX_OK;
}

int nbx_shape_gemm(nbx_shape_call *call)
{
    int64_t m = 0, k = 0;
    NBX_SHAPE_TRY(nbx_shape_need(call, 2));
    const nbx_value *a = call->inputs[0], *b = call->inputs[1], *c = nbx_shape_input(call, 2);
    NBX_SHAPE_TRY(rows_and_depth(call, a, &m, &k));
    NBX_SHAPE_TRY(nbx_shape_same_dtype(call, 0, 1));
    if (b->rank != 2) return nbx_shape_fail(call, "B has rank %u; 2 is needed", b->rank);
    bool transposed = nbx_shape_attr_int(call, "transB", 0) != 0;
    if (b->dims[transposed ? 1 : 0] != k)
        return nbx_shape_fail(call, "A is %lld deep but B, [%lld,%lld]%s, is %lld deep", (long long)k, (long long)b->dims[0],
                              (long long)b->dims[1], transposed ? " transposed" : "", (long long)b->dims[transposed ? 1 : 0]);
    int64_t dims[2] = {m, b->dims[transposed ? 0 : 1]};
    if (c) {
        NBX_SHAPE_TRY(nbx_shape_same_dtype(call, 0, 2));
        bool fits = c->rank <= 2;
        for (uint32_t i = 0; fits && i < c->rank; i++)
            fits = c->dims[c->rank - 1 - i] == 1 || c->dims[c->rank - 1 - i] == dims[1 - i];
        if (!fits)
            return nbx_shape_fail(call, "C (rank %u) cannot be broadcast to [%lld,%lld]", c->rank, (long long)dims[0], (long long)dims[1]);
    }
    return nbx_shape_set(call, 0, a->dtype, 2, dims);
}

/* numpy's rule: a vector on the left is a row, on the right a column, and the axis of 1 is dropped again. */
int nbx_shape_matmul(nbx_shape_call *call)
{
    NBX_SHAPE_TRY(nbx_shape_need(call, 2));
    NBX_SHAPE_TRY(nbx_shape_same_dtype(call, 0, 1));
    const nbx_value *a = call->inputs[0], *b = call->inputs[1];
    if (a->rank == 0 || b->rank == 0) return nbx_shape_fail(call, "a scalar has no rows and columns");
    int64_t depth = a->dims[a->rank - 1], other = b->rank == 1 ? b->dims[0] : b->dims[b->rank - 2];
    if (depth != other) return nbx_shape_fail(call, "A is %lld deep but B is %lld deep", (long long)depth, (long long)other);
    uint32_t batch = a->rank > 2 ? a->rank - 2 : 0, other_batch = b->rank > 2 ? b->rank - 2 : 0;
    int64_t dims[NBX_MAX_RANK + 2];
    memcpy(dims, a->dims, batch * sizeof(int64_t));
    NBX_SHAPE_TRY(nbx_shape_broadcast_dims(call, &batch, dims, other_batch, b->dims));
    if (a->rank > 1) dims[batch++] = a->dims[a->rank - 2];
    if (b->rank > 1) dims[batch++] = b->dims[b->rank - 1];
    return nbx_shape_set(call, 0, a->dtype, batch, dims);
}
