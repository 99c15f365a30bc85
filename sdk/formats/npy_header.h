/* SPDX-License-Identifier: Apache-2.0 */
/** The header of .npy files, inside formats/ only. */
#ifndef NBX_FORMATS_NPY_HEADER_H
#define NBX_FORMATS_NPY_HEADER_H

#include <stdbool.h>

#include "formats/npy.h"

typedef struct nbx_npy_type {
    const char *letters; /* "f4" */
    uint32_t dtype, bytes;
} nbx_npy_type;

/** NULL if .npy has no name for it. */
const nbx_npy_type *nbx_npy_type_of(uint32_t dtype);

typedef struct nbx_npy_header {
    const nbx_npy_type *type;
    bool fortran;
    uint32_t rank;
    int64_t dims[NBX_MAX_RANK];
    size_t bytes; /* from the start of the file to the data */
} nbx_npy_header;

/** Reads mark, version and dict. */
nbx_status nbx_npy_header_read(nbx_context *context, const char *name, const void *bytes, size_t count, nbx_npy_header *out);
/** "2x3x4", "scalar" for rank 0. `text` has room for NBX_MAX_RANK * 21 + 8 bytes. */
void nbx_npy_shape_text(uint32_t rank, const int64_t *dims, char *text);

#endif
