/* SPDX-License-Identifier: Apache-2.0 */
/* Opens .npy files: maps them, checks sizes, puts elements into row-major order where they are not; headers are npy_header.c's. */
#include "formats/npy.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/arena.h"
#include "formats/npy_header.h"

void nbx_npy_close(nbx_npy *npy)
{
    if (npy->mapping) munmap(npy->mapping, npy->mapping_bytes);
    free(npy->owned);
    memset(npy, 0, sizeof(*npy));
}

/* Bytes of the array; E-NPY-004 if they do not fit. */
static nbx_status check_sizes(nbx_context *context, const char *name, const nbx_npy_header *header, size_t after, nbx_npy *out)
{
    nbx_place place = {name, 0, 0};
    char shape[NBX_MAX_RANK * 21 + 8];
    uint64_t elements = 1, bytes;
    bool fits = true, empty = false;
    for (uint32_t i = 0; i < header->rank; i++) {
        empty = empty || header->dims[i] == 0;
        fits = fits && nbx_mul_size(elements, (uint64_t)header->dims[i], &elements);
    }
    if (empty) elements = 0;
    nbx_npy_shape_text(header->rank, header->dims, shape);
    if ((!fits && !empty) || !nbx_mul_size(elements, header->type->bytes, &bytes) || bytes > INT64_MAX)
        return nbx_raise(context, NBX_E_NPY_SHAPE, &place, NULL, "the shape %s has more bytes than can be counted", shape);
    if (bytes != after)
        return nbx_raise(context, NBX_E_NPY_SIZE, &place, "it was cut or extended; write it again",
                         "%s elements '%s' have %llu bytes, but %zu follow the header", shape, header->type->letters,
                         (unsigned long long)bytes, after);
    out->dtype = header->type->dtype;
    out->rank = header->rank;
    memcpy(out->dims, header->dims, sizeof(out->dims));
    out->elements = elements;
    out->bytes = bytes;
    return NBX_OK;
}

/* Copies from Fortran order (first axis fastest) to row-major, element by element in the order they are written. */
static void reorder(const nbx_npy *npy, size_t size, const char *from, char *to)
{
    uint64_t step[NBX_MAX_RANK], index[NBX_MAX_RANK] = {0}, at = 0;
    step[0] = size;
    for (uint32_t i = 1; i < npy->rank; i++)
        step[i] = step[i - 1] * (uint64_t)npy->dims[i - 1];
    for (uint64_t n = 0; n < npy->elements; n++, to += size) {
        memcpy(to, from + at, size);
        for (uint32_t i = npy->rank; i-- > 0;) {
            at += step[i];
            if (++index[i] < (uint64_t)npy->dims[i]) break;
            at -= step[i] * index[i];
            index[i] = 0;
        }
    }
}

nbx_status nbx_npy_parse(nbx_context *context, const void *bytes, size_t count, const char *name, nbx_npy *out)
{
    nbx_npy_header header;
    memset(out, 0, sizeof(*out));
    NBX_TRY(nbx_npy_header_read(context, name, bytes, count, &header));
    nbx_status status = check_sizes(context, name, &header, count - header.bytes, out);
    if (status != NBX_OK) return status;
    const char *data = (const char *)bytes + header.bytes;
    out->data = data;
    bool turned = header.fortran && header.rank > 1, aligned = (uintptr_t)data % header.type->bytes == 0;
    if (!turned && aligned) return NBX_OK;
    out->owned = malloc(out->bytes ? out->bytes : 1);
    if (!out->owned) {
        memset(out, 0, sizeof(*out));
        return nbx_raise_memory(context);
    }
    out->data = out->owned;
    if (turned)
        reorder(out, header.type->bytes, data, out->owned);
    else
        memcpy(out->owned, data, out->bytes);
    return NBX_OK;
}

static nbx_status cannot(nbx_context *context, const char *path, const char *what)
{
    nbx_place place = {path, 0, 0};
    return nbx_raise(context, NBX_E_NPY_FILE, &place, NULL, "%s", what);
}

/* Maps a regular file. The size is that of the open file, so it cannot differ from what is mapped. */
static nbx_status map_file(nbx_context *context, const char *path, int file, nbx_npy *out)
{
    struct stat about;
    if (fstat(file, &about) != 0) return cannot(context, path, strerror(errno));
    if (!S_ISREG(about.st_mode)) return cannot(context, path, "not a regular file");
    if (about.st_size == 0) {
        nbx_place place = {path, 0, 0};
        return nbx_raise(context, NBX_E_NPY_MAGIC, &place, "write it with numpy.save", "the file is empty");
    }
    if ((uint64_t)about.st_size > SIZE_MAX) return cannot(context, path, "the file is larger than the address space");
    void *mapping = mmap(NULL, (size_t)about.st_size, PROT_READ, MAP_PRIVATE, file, 0);
    if (mapping == MAP_FAILED) return cannot(context, path, strerror(errno));
    nbx_status status = nbx_npy_parse(context, mapping, (size_t)about.st_size, path, out);
    if (status != NBX_OK || out->owned) { /* a copy was made: the file is no longer needed */
        munmap(mapping, (size_t)about.st_size);
        return status;
    }
    out->mapping = mapping;
    out->mapping_bytes = (size_t)about.st_size;
    return NBX_OK;
}

nbx_status nbx_npy_open(nbx_context *context, const char *path, nbx_npy *out)
{
    memset(out, 0, sizeof(*out));
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* a pipe must not make us wait */
    if (file < 0) return cannot(context, path, strerror(errno));
    nbx_status status = map_file(context, path, file, out);
    close(file);
    return status;
}
