/* SPDX-License-Identifier: Apache-2.0 */
/** Arrays as .npy files, versions 1 to 3: read by mmap and strictly, written whole or not at all. */
#ifndef NBX_FORMATS_NPY_H
#define NBX_FORMATS_NPY_H

#include <nbx/plugin/tensor.h>

#include "core/context.h"

/**
 * An open array. Row-major whatever the file has: Fortran order is converted on opening.
 *
 * dtype  NBX_DTYPE_ one of FLOAT16/32/64, INT8/16/32/64, UINT8/16/32/64, BOOL
 * data   aligned to the element; never NULL, also for no elements. Bytes of BOOL are as in the file, not only 0 and 1
 * bytes  elements times size of one
 */
typedef struct nbx_npy {
    uint32_t dtype, rank;
    int64_t dims[NBX_MAX_RANK];
    const void *data;
    uint64_t elements, bytes;
    void *mapping, *owned; /* for nbx_npy_close */
    size_t mapping_bytes;
} nbx_npy;

/**
 * Opens the file at `path`; nbx_npy_close when done. The file must not shrink while it is open.
 * NBX_BAD_INPUT (E-NPY-...), NBX_IO, NBX_NO_MEMORY; *out is zeroed then.
 */
nbx_status nbx_npy_open(nbx_context *context, const char *path, nbx_npy *out);
/** The same for a file in memory, which must outlive `out`. `name` is what messages call it. */
nbx_status nbx_npy_parse(nbx_context *context, const void *bytes, size_t count, const char *name, nbx_npy *out);
/** Frees and zeroes; a zeroed struct is fine. */
void nbx_npy_close(nbx_npy *npy);

/**
 * Writes a row-major array to `path`: into a file beside it, which takes its name once it is complete.
 * NBX_UNSUPPORTED for a dtype that .npy has no name for; NBX_IO; NBX_INVALID for a shape that overflows.
 */
nbx_status nbx_npy_write(nbx_context *context, const char *path, uint32_t dtype, uint32_t rank, const int64_t *dims, const void *data);

#endif
