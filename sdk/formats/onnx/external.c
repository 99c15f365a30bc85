/* SPDX-License-Identifier: Apache-2.0 */
/* External tensor data: files below one folder only, mapped once each, ranges checked; what the bytes mean is tensor.c's. */
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "formats/onnx/file.h"

/* What the key-value pairs of one tensor say. */
typedef struct place_of_data {
    const char *location;
    uint64_t offset, length;
    bool has_length;
} place_of_data;

static bool parse_number(const char *text, uint64_t *out)
{
    uint64_t value = 0;
    if (!*text) return false;
    for (; *text; text++) {
        if (*text < '0' || *text > '9') return false;
        if (!nbx_mul_size(value, 10, &value) || !nbx_add_size(value, (uint64_t)(*text - '0'), &value)) return false;
    }
    *out = value;
    return true;
}

static nbx_status read_keys(nbx_onnx_file *file, const Onnx__TensorProto *tensor, const char *what, place_of_data *out)
{
    *out = (place_of_data){0};
    for (size_t i = 0; i < tensor->n_external_data; i++) {
        const char *key = tensor->external_data[i]->key, *value = tensor->external_data[i]->value;
        bool fine = true;
        if (!key || !value) continue;
        if (!strcmp(key, "location"))
            out->location = value;
        else if (!strcmp(key, "offset"))
            fine = parse_number(value, &out->offset);
        else if (!strcmp(key, "length"))
            fine = out->has_length = parse_number(value, &out->length);
        if (!fine)
            return nbx_raise(file->graph->context, NBX_E_ONNX_EXTERNAL_RANGE, &file->place, NULL, "%s: external data has the %s '%s'", what,
                             key, value);
    }
    if (out->location && *out->location) return NBX_OK;
    return nbx_raise(file->graph->context, NBX_E_ONNX_EXTERNAL_PATH, &file->place, NULL, "%s: external data has no location", what);
}

/* A component that is "..", also between doubled slashes. */
static bool climbs(const char *path)
{
    for (const char *at = path; *at;) {
        size_t length = strcspn(at, "/");
        if (length == 2 && at[0] == '.' && at[1] == '.') return true;
        at += length + (at[length] == '/');
    }
    return false;
}

/* Kernels and sandboxes without openat2: folder by folder, following no symbolic link at all. */
static int open_stepwise(int root, const char *location)
{
    char name[256];
    int at = dup(root);
    while (at >= 0) {
        location += strspn(location, "/");
        size_t length = strcspn(location, "/");
        bool last = location[length] == '\0';
        int next = -1;
        errno = length ? ENAMETOOLONG : EISDIR;
        if (length > 0 && length < sizeof(name)) {
            memcpy(name, location, length);
            name[length] = '\0';
            next = openat(at, name, O_NOFOLLOW | O_CLOEXEC | (last ? O_RDONLY | O_NONBLOCK | O_NOCTTY : O_PATH | O_DIRECTORY));
        }
        int saved = errno;
        close(at);
        errno = saved;
        if (last) return next;
        at = next;
        location += length;
    }
    return -1;
}

static int open_below(int root, const char *location)
{
    struct open_how how = {.flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS};
    long fd = syscall(SYS_openat2, root, location, &how, sizeof(how));
    if (fd < 0 && (errno == ENOSYS || errno == EPERM || errno == EINVAL)) return open_stepwise(root, location);
    return (int)fd;
}

static nbx_status map_external(nbx_onnx_file *file, const char *what, const char *location, nbx_onnx_external_file *out)
{
    nbx_context *context = file->graph->context;
    int fd = open_below(file->root_fd, location);
    if (fd < 0 && (errno == EXDEV || errno == ELOOP))
        return nbx_raise(context, NBX_E_ONNX_EXTERNAL_PATH, &file->place, "name the folder as the external root to allow it",
                         "%s: external data '%s' leads out of %s", what, location, file->root);
    if (fd < 0)
        return nbx_raise(context, NBX_E_ONNX_EXTERNAL_FILE, &file->place, NULL, "%s: external data '%s' in %s: %s", what, location,
                         file->root, strerror(errno));
    struct stat facts;
    bool regular = fstat(fd, &facts) == 0 && S_ISREG(facts.st_mode) && facts.st_size >= 0;
    nbx_status status = regular ? nbx_onnx_map(file->graph, fd, (size_t)facts.st_size, &out->data) : NBX_IO;
    close(fd);
    if (status == NBX_IO)
        return nbx_raise(context, NBX_E_ONNX_EXTERNAL_FILE, &file->place, NULL, "%s: external data '%s' in %s is not a regular file", what,
                         location, file->root);
    if (status != NBX_OK) return status;
    out->bytes = (uint64_t)facts.st_size;
    out->location = nbx_arena_string(file->graph->arena, location);
    return out->location ? NBX_OK : nbx_raise_memory(context);
}

static nbx_status open_root(nbx_onnx_file *file, const char *what)
{
    if (file->root_fd >= 0) return NBX_OK;
    if (!file->root)
        return nbx_raise(file->graph->context, NBX_E_ONNX_EXTERNAL_PATH, &file->place, "name the folder as the external root",
                         "%s has external data, and a model in memory has no folder", what);
    file->root_fd = open(file->root, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (file->root_fd >= 0) return NBX_OK;
    return nbx_raise(file->graph->context, NBX_E_ONNX_EXTERNAL_FILE, &file->place, NULL, "folder %s of external data: %s", file->root,
                     strerror(errno));
}

/* The mapping of a location; each file is opened once. */
static nbx_status find_external(nbx_onnx_file *file, const char *what, const char *location, const nbx_onnx_external_file **out)
{
    for (uint32_t i = file->external_count; i-- > 0;) {
        *out = &file->externals[i];
        if (!strcmp(file->externals[i].location, location)) return NBX_OK;
    }
    if (location[0] == '/' || climbs(location))
        return nbx_raise(file->graph->context, NBX_E_ONNX_EXTERNAL_PATH, &file->place, "a location is relative to the model, without '..'",
                         "%s: external data '%s' leads out of the folder", what, location);
    NBX_TRY(open_root(file, what));
    if (!nbx_arena_grow(file->graph->arena, &file->externals, file->external_count, &file->external_capacity, sizeof(*file->externals)))
        return nbx_raise_memory(file->graph->context);
    NBX_TRY(map_external(file, what, location, &file->externals[file->external_count]));
    *out = &file->externals[file->external_count++];
    return NBX_OK;
}

nbx_status nbx_onnx_read_external(nbx_onnx_file *file, const Onnx__TensorProto *tensor, const char *what, uint64_t bytes, const void **out)
{
    place_of_data place;
    const nbx_onnx_external_file *external;
    uint64_t end;
    NBX_TRY(read_keys(file, tensor, what, &place));
    NBX_TRY(find_external(file, what, place.location, &external));
    if (place.has_length && place.length != bytes)
        return nbx_raise(file->graph->context, NBX_E_ONNX_EXTERNAL_RANGE, &file->place, NULL,
                         "%s needs %llu bytes, its external data has %llu", what, (unsigned long long)bytes,
                         (unsigned long long)place.length);
    if (!nbx_add_size(place.offset, bytes, &end) || end > external->bytes)
        return nbx_raise(file->graph->context, NBX_E_ONNX_EXTERNAL_RANGE, &file->place, "is the data file complete?",
                         "%s: bytes %llu to %llu of '%s', which has %llu", what, (unsigned long long)place.offset, (unsigned long long)end,
                         place.location, (unsigned long long)external->bytes);
    *out = bytes ? external->data + place.offset : NULL;
    return NBX_OK;
}
