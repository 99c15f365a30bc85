/* SPDX-License-Identifier: Apache-2.0 */
/* Numpy broadcasting of operands to an output shape; what is done with the operands is the kernels'. */
#include "broadcast.h"

#include "tensor.h"

int32_t golden_broadcast_check(const golden *program, const golden_node *node, uint32_t count)
{
    int64_t dims[NBX_MAX_RANK];
    uint32_t rank = 0, i, a;
    for (i = 0; i < count; i++) {
        const golden_tensor *in = golden_in(program, node, i);
        if (in && in->rank > rank) rank = in->rank;
    }
    for (a = 0; a < rank; a++)
        dims[a] = 1;
    for (i = 0; i < count; i++) {
        const golden_tensor *in = golden_in(program, node, i);
        if (!in) continue;
        for (a = 0; a < in->rank; a++) {
            int64_t *d = &dims[rank - in->rank + a];
            if (*d != in->dims[a] && *d != 1 && in->dims[a] != 1)
                return golden_refuse(program, node, E_GOLDEN_SHAPE, "node '%s' (%s): the inputs do not broadcast", node->view->name,
                                     node->view->op);
            if (in->dims[a] != 1) *d = in->dims[a];
        }
    }
    return golden_expect(program, node, 0, rank, dims);
}

uint64_t golden_broadcast_index(const golden_tensor *tensor, const golden_tensor *out, uint64_t i)
{
    uint64_t index = 0, step = 1;
    uint32_t a;
    if (tensor->count == 1) return 0;
    if (tensor->count == out->count) return i;
    for (a = 0; a < tensor->rank; a++) {
        const int64_t own = tensor->dims[tensor->rank - 1 - a];
        const uint64_t extent = (uint64_t)out->dims[out->rank - 1 - a];
        if (own != 1) index += i % extent * step;
        step *= (uint64_t)own;
        i /= extent;
    }
    return index;
}

void golden_broadcast_read(const golden_tensor *tensor, const golden_tensor *out, uint64_t start, uint64_t count, double *values)
{
    uint64_t i;
    if (tensor->count == out->count) {
        golden_read(tensor, start, count, values);
        return;
    }
    for (i = 0; i < count; i++)
        values[i] = golden_get(tensor, golden_broadcast_index(tensor, out, start + i));
}
