/* SPDX-License-Identifier: Apache-2.0 */
/* Shape, Size and Range: integers made of extents and scalars. */
#include "executors.h"

static void run_shape(const kernel_step *step, const kernel_run *run)
{
    const kernel_tensor *x = kernel_input(step, 0), *y = kernel_output(step, 0);
    const int64_t start = kernel_attr_int(step->node, "start", 0);
    for (uint64_t i = 0; i < y->count; i++)
        kernel_cell_set(y, kernel_output_cells(step, run, 0), i, x->dims[start + (int64_t)i]);
}

static void run_size(const kernel_step *step, const kernel_run *run)
{
    kernel_cell_set(kernel_output(step, 0), kernel_output_cells(step, run, 0), 0, (int64_t)kernel_input(step, 0)->count);
}

static void run_range(const kernel_step *step, const kernel_run *run)
{
    const kernel_tensor *y = kernel_output(step, 0);
    const double start = kernel_decode_one(kernel_input(step, 0), kernel_input_cells(step, run, 0), 0);
    const double delta = kernel_decode_one(kernel_input(step, 2), kernel_input_cells(step, run, 2), 0);
    double values[KERNEL_CHUNK];
    for (uint64_t at = 0; at < y->count; at += KERNEL_CHUNK) {
        const kernel_range range = {at, 1, y->count - at < KERNEL_CHUNK ? (uint32_t)(y->count - at) : KERNEL_CHUNK};
        for (uint32_t i = 0; i < range.count; i++)
            values[i] = start + (double)(at + i) * delta;
        kernel_finish(step, run, &range, values);
    }
}

int32_t kernel_prepare_extent(nbx_kernels *program, kernel_step *step)
{
    const kernel_tensor *x = kernel_input(step, 0), *y = kernel_output(step, 0);
    const int64_t start = kernel_attr_int(step->node, "start", 0);
    switch (step->node->schema->op) {
    case NBX_OP_shape:
        step->execute = run_shape;
        if (start < 0 || start + (int64_t)y->count > (int64_t)x->rank || y->cell != KERNEL_I64)
            return kernel_refuse(program, step, "its range of axes does not fit");
        return NBX_OK;
    case NBX_OP_size:
        step->execute = run_size;
        return y->count == 1 && y->cell == KERNEL_I64 ? NBX_OK : kernel_refuse(program, step, "its output is no scalar");
    default:
        step->execute = run_range;
        return NBX_OK;
    }
}
