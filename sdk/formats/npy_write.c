/* SPDX-License-Identifier: Apache-2.0 */
/* Writes .npy files: beside the final name first, so that a reader sees the old file or the whole new one. */
#include <stdio.h>
#include <string.h>

#include "core/arena.h"
#include "core/whole_file.h"
#include "formats/npy_header.h"

enum { HEADER_ROOM = 512, DATA_ALIGN = 64 };

/* Version 1 header, padded with blanks so that the data begins at a multiple of 64. Its length. */
static size_t build_header(const nbx_npy_type *type, uint32_t rank, const int64_t *dims, char *header)
{
    size_t used = 10;
    memcpy(header, "\x93NUMPY\x01\x00", 8);
    used +=
        (size_t)sprintf(header + used, "{'descr': '%c%s', 'fortran_order': False, 'shape': (", type->bytes == 1 ? '|' : '<', type->letters);
    for (uint32_t i = 0; i < rank; i++)
        used += (size_t)sprintf(header + used, "%s%lld%s", i ? ", " : "", (long long)dims[i], rank == 1 ? "," : "");
    used += (size_t)sprintf(header + used, "), }");
    while (used % DATA_ALIGN != DATA_ALIGN - 1)
        header[used++] = ' ';
    header[used++] = '\n';
    header[8] = (char)((used - 10) & 0xff);
    header[9] = (char)((used - 10) >> 8);
    return used;
}

static nbx_status cannot(nbx_context *context, const char *path, int error)
{
    nbx_place place = {path, 0, 0};
    return nbx_raise(context, NBX_E_NPY_FILE, &place, NULL, "cannot write the file: %s", strerror(error));
}

nbx_status nbx_npy_write(nbx_context *context, const char *path, uint32_t dtype, uint32_t rank, const int64_t *dims, const void *data)
{
    char header[HEADER_ROOM];
    nbx_place place = {path, 0, 0};
    const nbx_npy_type *type = nbx_npy_type_of(dtype);
    if (!type) {
        nbx_raise(context, NBX_E_NPY_TYPE, &place, "cast it to a type that NumPy has", "there is no .npy type for dtype %u", dtype);
        return NBX_UNSUPPORTED;
    }
    uint64_t bytes = type->bytes;
    for (uint32_t i = 0; i < rank; i++)
        if (rank > NBX_MAX_RANK || dims[i] < 0 || !nbx_mul_size(bytes, (uint64_t)dims[i], &bytes)) return NBX_INVALID;
    nbx_piece pieces[] = {{header, build_header(type, rank, dims, header)}, {data, bytes}};
    int error = nbx_write_whole_file(path, pieces, 2);
    return error ? cannot(context, path, error) : NBX_OK;
}
