/* SPDX-License-Identifier: Apache-2.0 */
/* The kernel library alone: an empty view, prepared and run. */
#include <stdlib.h>
#include <string.h>

#include <nbx/kernels.h>

static _Alignas(64) unsigned char scratch[4096];

static void *give(void *self, uint64_t bytes, uint64_t align)
{
    (void)self;
    return aligned_alloc((size_t)align, (size_t)((bytes + align - 1) / align * align));
}

static void take_back(void *self, void *block)
{
    (void)self;
    free(block);
}

static void in_turn(void *self, uint32_t count, void *arg, void (*body)(void *arg, uint32_t i))
{
    (void)self;
    for (uint32_t i = 0; i < count; i++)
        body(arg, i);
}

int main(void)
{
    nbx_graph_view view;
    nbx_host host;
    nbx_kernels *kernels = NULL;
    memset(&view, 0, sizeof(view));
    memset(&host, 0, sizeof(host));
    view.struct_size = (uint32_t)sizeof(view);
    host.struct_size = (uint32_t)sizeof(host);
    host.alloc = give;
    host.free = take_back;
    host.parallel_for = in_turn;
    int32_t status = nbx_kernels_create(&host, &view, &kernels);
    if (status == NBX_OK && nbx_kernels_scratch_bytes(kernels) <= sizeof(scratch)) status = nbx_kernels_run(kernels, scratch, NULL, NULL);
    nbx_kernels_destroy(kernels);
    return status == NBX_OK ? 0 : 1;
}
