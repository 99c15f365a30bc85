/* SPDX-License-Identifier: Apache-2.0 */
/* Moves elements between tensors; which element goes where is the callers'. */
#include "transfer.h"

#include <string.h>

int32_t kernel_transfer_make(nbx_kernels *program, const kernel_step *step, uint32_t input, uint32_t output, double fill,
                             kernel_transfer *out)
{
    const kernel_tensor *to = kernel_output(step, output);
    *out = (kernel_transfer){.input = input, .output = output, .fill = fill};
    out->same = kernel_same_codes(kernel_input(step, input), to) && !step->follow_count;
    out->fill_one = kernel_alloc(program, 1, 8);
    if (!out->fill_one) return NBX_NO_MEMORY;
    if (!to->encoding || to->param_count == 1) kernel_encode(to, KERNEL_EVEN, &fill, &(kernel_range){0, 1, 1}, out->fill_one);
    return NBX_OK;
}

static void write_values(const kernel_step *step, const kernel_run *run, const kernel_transfer *transfer, const kernel_range *range,
                         double *values)
{
    if (transfer->output == 0)
        kernel_finish(step, run, range, values);
    else
        kernel_encode(kernel_output(step, transfer->output), KERNEL_EVEN, values, range, kernel_output_cells(step, run, transfer->output));
}

#define MOVE(type)                                                                                                                         \
    for (uint32_t i = 0; i < count; i++)                                                                                                   \
    ((type *)out)[start + i] = sources[i] < 0 ? *(const type *)transfer->fill_one : ((const type *)cells)[sources[i]]

void kernel_transfer_gather(const kernel_step *step, const kernel_run *run, const kernel_transfer *transfer, const int64_t *sources,
                            uint64_t start, uint32_t count)
{
    const kernel_tensor *from = kernel_input(step, transfer->input);
    const void *cells = kernel_input_cells(step, run, transfer->input);
    void *out = kernel_output_cells(step, run, transfer->output);
    double values[KERNEL_CHUNK];
    if (transfer->same) {
        switch (from->cell_bytes) {
        case 1:
            MOVE(uint8_t);
            return;
        case 2:
            MOVE(uint16_t);
            return;
        case 4:
            MOVE(uint32_t);
            return;
        default:
            MOVE(uint64_t);
            return;
        }
    }
    for (uint32_t i = 0; i < count; i++)
        values[i] = sources[i] < 0 ? transfer->fill : kernel_decode_one(from, cells, (uint64_t)sources[i]);
    write_values(step, run, transfer, &(kernel_range){start, 1, count}, values);
}

void kernel_transfer_block(const kernel_step *step, const kernel_run *run, const kernel_transfer *transfer, uint64_t source, uint64_t start,
                           uint64_t count)
{
    const kernel_tensor *from = kernel_input(step, transfer->input);
    const uint8_t *cells = kernel_input_cells(step, run, transfer->input);
    uint8_t *out = kernel_output_cells(step, run, transfer->output);
    double values[KERNEL_CHUNK];
    if (transfer->same) {
        memmove(out + start * from->cell_bytes, cells + source * from->cell_bytes, count * from->cell_bytes);
        return;
    }
    for (uint64_t at = 0; at < count; at += KERNEL_CHUNK) {
        const uint32_t part = count - at < KERNEL_CHUNK ? (uint32_t)(count - at) : KERNEL_CHUNK;
        kernel_decode(from, cells, &(kernel_range){source + at, 1, part}, values);
        write_values(step, run, transfer, &(kernel_range){start + at, 1, part}, values);
    }
}
