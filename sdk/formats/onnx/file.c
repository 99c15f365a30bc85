/* SPDX-License-Identifier: Apache-2.0 */
/* Opens ONNX files: maps, guards, unpacks under a memory cap; it leaves tensors to tensor.c and meaning to the import. */
#include "formats/onnx/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "formats/onnx/guard.h"

#define FILE_LIMIT   (UINT64_C(1) << 31)
#define UNPACKED_CAP (UINT64_C(1) << 29)
/* Room in front of each block for its size, which keeps the alignment malloc gives. */
#define BLOCK_HEAD 16u
/* What malloc itself spends on a block, so that many tiny blocks count for what they cost. */
#define BLOCK_COST 16u

static void *capped_alloc(void *self, size_t size)
{
    nbx_onnx_file *file = self;
    uint64_t total = (uint64_t)size + BLOCK_HEAD + BLOCK_COST;
    if (size > UNPACKED_CAP || total > UNPACKED_CAP - file->allocated) {
        file->over_cap = true;
        return NULL;
    }
    char *block = malloc(size + BLOCK_HEAD);
    if (!block) return NULL;
    memcpy(block, &total, sizeof(total));
    file->allocated += total;
    return block + BLOCK_HEAD;
}

static void capped_free(void *self, void *pointer)
{
    nbx_onnx_file *file = self;
    uint64_t total;
    if (!pointer) return;
    char *block = (char *)pointer - BLOCK_HEAD;
    memcpy(&total, block, sizeof(total));
    file->allocated -= total;
    free(block);
}

static nbx_status unpack(nbx_onnx_file *file)
{
    nbx_context *context = file->graph->context;
    uint8_t *skeleton;
    size_t bytes;
    nbx_onnx_bytes in = {file->data, file->bytes, file->is_mapping};
    NBX_TRY(nbx_onnx_guard(context, &file->place, &in, &skeleton, &bytes));
    file->model = onnx__model_proto__unpack(&file->allocator, bytes, skeleton);
    free(skeleton);
    if (!file->model && file->over_cap)
        return nbx_raise(context, NBX_E_ONNX_MEMORY, &file->place, NULL, "the structure of the file needs more than %u MiB",
                         (unsigned)(UNPACKED_CAP >> 20));
    if (!file->model)
        return nbx_raise(context, NBX_E_ONNX_WIRE, &file->place, "is it an ONNX model?", "a field does not have the type it should have");
    if (!file->model->graph)
        return nbx_raise(context, NBX_E_ONNX_NO_GRAPH, &file->place, "is it an ONNX model?", "there is no graph in this file");
    if (file->model->ir_version > 10)
        nbx_note(context, NBX_LOG_INFO, NBX_E_ONNX_NEWER, &file->place, NULL,
                 "IR version %lld is newer than 10; unknown fields are ignored", (long long)file->model->ir_version);
    return NBX_OK;
}

nbx_status nbx_onnx_map(nbx_graph *graph, int fd, size_t bytes, const uint8_t **out)
{
    *out = NULL;
    if (bytes == 0) return NBX_OK;
    if (!nbx_arena_grow(graph->arena, &graph->mappings, graph->mapping_count, &graph->mapping_capacity, sizeof(*graph->mappings)))
        return nbx_raise_memory(graph->context);
    void *address = mmap(NULL, bytes, PROT_READ, MAP_PRIVATE, fd, 0);
    if (address == MAP_FAILED) return NBX_IO;
    graph->mappings[graph->mapping_count].address = address;
    graph->mappings[graph->mapping_count++].bytes = bytes;
    *out = address;
    return NBX_OK;
}

static nbx_status map_model(nbx_onnx_file *file, int fd)
{
    nbx_context *context = file->graph->context;
    struct stat facts;
    if (fstat(fd, &facts) != 0) return nbx_raise(context, NBX_E_CORE_FILE, &file->place, NULL, "cannot be read: %s", strerror(errno));
    if (!S_ISREG(facts.st_mode)) return nbx_raise(context, NBX_E_ONNX_FILE, &file->place, NULL, "this is not a regular file");
    if (facts.st_size <= 0) return nbx_raise(context, NBX_E_ONNX_FILE, &file->place, NULL, "the file is empty");
    if ((uint64_t)facts.st_size >= FILE_LIMIT)
        return nbx_raise(context, NBX_E_ONNX_TOO_LARGE, &file->place, "save the weights as external data",
                         "the file has %lld bytes; ONNX files end at 2 GiB", (long long)facts.st_size);
    file->bytes = (size_t)facts.st_size;
    file->is_mapping = true;
    nbx_status status = nbx_onnx_map(file->graph, fd, file->bytes, &file->data);
    if (status == NBX_IO) return nbx_raise(context, NBX_E_CORE_FILE, &file->place, NULL, "cannot be mapped: %s", strerror(errno));
    return status;
}

static nbx_onnx_file *create(nbx_graph *graph, const char *external_root)
{
    nbx_onnx_file *file = calloc(1, sizeof(*file));
    if (!file) return NULL;
    file->graph = graph;
    file->place.file = graph->path;
    file->root = external_root;
    file->root_fd = -1;
    file->allocator = (ProtobufCAllocator){capped_alloc, capped_free, file};
    return file;
}

/* The folder of a path: up to the last slash, or the current one. */
static const char *folder_of(nbx_arena *arena, const char *path)
{
    const char *slash = strrchr(path, '/');
    if (!slash) return ".";
    return nbx_arena_string_n(arena, path, slash == path ? 1 : (size_t)(slash - path));
}

nbx_status nbx_onnx_open(nbx_graph *graph, const char *path, const char *external_root, nbx_onnx_file **out)
{
    *out = NULL;
    if (!external_root) external_root = folder_of(graph->arena, path);
    nbx_onnx_file *file = external_root ? create(graph, external_root) : NULL;
    if (!file) return nbx_raise_memory(graph->context);
    file->place.file = path;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    nbx_status status = fd < 0 ? nbx_raise(graph->context, NBX_E_CORE_FILE, &file->place, NULL, "cannot be opened: %s", strerror(errno))
                               : map_model(file, fd);
    if (fd >= 0) close(fd);
    if (status == NBX_OK) status = unpack(file);
    if (status != NBX_OK) {
        nbx_onnx_close(file);
        return status;
    }
    *out = file;
    return NBX_OK;
}

nbx_status nbx_onnx_open_bytes(nbx_graph *graph, const void *data, size_t bytes, const char *external_root, nbx_onnx_file **out)
{
    *out = NULL;
    nbx_onnx_file *file = create(graph, external_root);
    if (!file) return nbx_raise_memory(graph->context);
    file->data = data;
    file->bytes = bytes;
    nbx_status status = bytes ? NBX_OK : nbx_raise(graph->context, NBX_E_ONNX_FILE, &file->place, NULL, "the file is empty");
    if (status == NBX_OK && bytes >= FILE_LIMIT)
        status = nbx_raise(graph->context, NBX_E_ONNX_TOO_LARGE, &file->place, NULL, "ONNX files end at 2 GiB");
    if (status == NBX_OK) status = unpack(file);
    if (status != NBX_OK) {
        nbx_onnx_close(file);
        return status;
    }
    *out = file;
    return NBX_OK;
}

void nbx_onnx_close(nbx_onnx_file *file)
{
    if (!file) return;
    if (file->model) onnx__model_proto__free_unpacked(file->model, &file->allocator);
    if (file->root_fd >= 0) close(file->root_fd);
    free(file);
}

const Onnx__ModelProto *nbx_onnx_model(const nbx_onnx_file *file)
{
    return file->model;
}
