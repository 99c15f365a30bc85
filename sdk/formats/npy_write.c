/* SPDX-License-Identifier: Apache-2.0 */
/* Writes .npy files: beside the final name first, so that a reader sees the old file or the whole new one. */
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/arena.h"
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

static int write_all(int file, const char *data, uint64_t bytes)
{
    while (bytes) {
        size_t piece = bytes > (1u << 30) ? 1u << 30 : (size_t)bytes;
        ssize_t done = write(file, data, piece);
        if (done < 0 && errno == EINTR) continue;
        if (done < 0) return -1;
        data += done;
        bytes -= (uint64_t)done;
    }
    return 0;
}

static nbx_status cannot(nbx_context *context, const char *path, int error)
{
    nbx_place place = {path, 0, 0};
    return nbx_raise(context, NBX_E_NPY_FILE, &place, NULL, "cannot write the file: %s", strerror(error));
}

/* A new file beside `path` for which no other writer has the name; -1 with errno. */
static int create_beside(const char *path, char *name, size_t room)
{
    static atomic_uint serial;
    for (int attempt = 0; attempt < 100; attempt++) {
        snprintf(name, room, "%s.%ld-%u.part", path, (long)getpid(), atomic_fetch_add(&serial, 1));
        int file = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0666);
        if (file >= 0 || errno != EEXIST) return file;
    }
    return -1;
}

typedef struct content {
    const char *header;
    size_t header_bytes;
    const void *data;
    uint64_t bytes;
} content;

/* Writes both parts and gives the file its name; `beside` is room for the other name. 0, or an errno with nothing left behind. */
static int write_file(const char *path, const content *parts, char *beside, size_t room)
{
    struct stat about;
    if (stat(path, &about) == 0 && !S_ISREG(about.st_mode)) return S_ISDIR(about.st_mode) ? EISDIR : EEXIST; /* never replace a device */
    int file = create_beside(path, beside, room);
    if (file < 0) return errno;
    int error = write_all(file, parts->header, parts->header_bytes) != 0 || write_all(file, parts->data, parts->bytes) != 0 ? errno : 0;
    if (close(file) != 0 && !error) error = errno;
    if (!error && rename(beside, path) != 0) error = errno;
    if (error) unlink(beside);
    return error;
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
    size_t room = strlen(path) + 64;
    char *beside = malloc(room);
    if (!beside) return nbx_raise_memory(context);
    content parts = {header, build_header(type, rank, dims, header), data, bytes};
    int error = write_file(path, &parts, beside, room);
    free(beside);
    return error ? cannot(context, path, error) : NBX_OK;
}
