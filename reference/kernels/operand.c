/* SPDX-License-Identifier: Apache-2.0 */
/* Reads inputs in the shape of an output; what is done with the values is the callers'. */
#include "operand.h"

bool kernel_operand_make(const nbx_kernels *program, uint32_t value, const kernel_tensor *like, kernel_operand *out)
{
    const kernel_tensor *tensor = &program->tensors[value];
    int64_t stride = 1;
    *out = (kernel_operand){.value = value, .tensor = tensor, .rank = like->rank, .same = true};
    if (tensor->rank > like->rank) return false;
    for (uint32_t a = like->rank; a-- > 0;) {
        const uint32_t missing = like->rank - tensor->rank;
        const int64_t extent = a >= missing ? tensor->dims[a - missing] : 1;
        out->dims[a] = like->dims[a];
        if (extent != 1 && extent != like->dims[a]) return false;
        out->strides[a] = extent == 1 ? 0 : stride;
        if (extent != like->dims[a]) out->same = false;
        stride *= extent;
    }
    return true;
}

uint64_t kernel_operand_index(const kernel_operand *operand, uint64_t element)
{
    uint64_t index = 0;
    if (operand->same) return element;
    for (uint32_t a = operand->rank; a-- > 0;) {
        index += (element % (uint64_t)operand->dims[a]) * (uint64_t)operand->strides[a];
        element /= (uint64_t)operand->dims[a];
    }
    return index;
}

/* Steps through consecutive output elements like an odometer. */
static void fetch_broadcast(const kernel_operand *operand, const void *cells, const kernel_range *range, double *out)
{
    int64_t at[NBX_MAX_RANK] = {0};
    uint64_t rest = range->start, index = kernel_operand_index(operand, range->start);
    for (uint32_t a = operand->rank; a-- > 0;) {
        at[a] = (int64_t)(rest % (uint64_t)operand->dims[a]);
        rest /= (uint64_t)operand->dims[a];
    }
    for (uint32_t i = 0; i < range->count; i++) {
        out[i] = kernel_decode_one(operand->tensor, cells, index);
        for (uint32_t a = operand->rank; a-- > 0;) {
            index += (uint64_t)operand->strides[a];
            if (++at[a] < operand->dims[a]) break;
            index -= (uint64_t)(operand->strides[a] * operand->dims[a]);
            at[a] = 0;
        }
    }
}

void kernel_operand_fetch(const kernel_operand *operand, const kernel_run *run, const kernel_range *range, double *out)
{
    const void *cells = run->bases[operand->value];
    if (operand->same) {
        kernel_decode(operand->tensor, cells, range, out);
    } else if (operand->tensor->count == 1) {
        const double value = kernel_decode_one(operand->tensor, cells, 0);
        for (uint32_t i = 0; i < range->count; i++)
            out[i] = value;
    } else if (range->stride == 1) {
        fetch_broadcast(operand, cells, range, out);
    } else {
        for (uint32_t i = 0; i < range->count; i++)
            out[i] = kernel_decode_one(operand->tensor, cells, kernel_operand_index(operand, range->start + i * range->stride));
    }
}
