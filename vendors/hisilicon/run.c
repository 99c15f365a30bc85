/* SPDX-License-Identifier: Apache-2.0 */
/* Runs an emulation artifact after looking at the strides of the caller's buffers (HISI-MEM-001); the kernels do the rest. */
#include <inttypes.h>
#include <stdio.h>

#include <nbx/kernels.h>

#include "hisilicon.h"

enum { ROW_ALIGNMENT = 16 }; /* bytes; MindSpore Lite NNIE runtime */

const nbx_host *hisi_host;

static int32_t refuse_stride(const char *side, uint32_t port, uint64_t stride)
{
    char text[160];
    nbx_diag diag = {.struct_size = sizeof diag,
                     .status = NBX_INVALID,
                     .severity = NBX_LOG_ERROR,
                     .node = NBX_NONE,
                     .code = "E-HISI-001",
                     .text = text,
                     .hint = "round the stride of a row up to 16 bytes (HISI-MEM-001)"};
    snprintf(text, sizeof text, "%s %u: a row stride of %" PRIu64 " bytes is not a multiple of %d", side, port, stride, ROW_ALIGNMENT);
    if (hisi_host && hisi_host->diag) hisi_host->diag(hisi_host->self, &diag);
    return NBX_INVALID;
}

/* Only strides that the caller chose are looked at; that they are long enough is checked with the layout. */
static int32_t check_strides(const nbx_span *buffers, const char *side)
{
    for (uint32_t i = 0; i < buffers->count; i++) {
        const nbx_buffer *buffer = NBX_ROW(nbx_buffer, *buffers, i);
        uint32_t rows = buffer->stride_count;
        if (rows < 2 || rows > sizeof buffer->stride_bytes / sizeof buffer->stride_bytes[0]) continue;
        if (buffer->stride_bytes[rows - 2] % ROW_ALIGNMENT != 0) return refuse_stride(side, i, buffer->stride_bytes[rows - 2]);
    }
    return NBX_OK;
}

int32_t hisi_run(nbx_run_context *context, const nbx_run_args *args)
{
    int32_t status;
    if (!context || !args) return NBX_INVALID;
    status = check_strides(&args->inputs, "input");
    if (status == NBX_OK) status = check_strides(&args->outputs, "output");
    return status == NBX_OK ? nbx_emulator_run(context, args) : status;
}
