/* SPDX-License-Identifier: Apache-2.0 */
/** The insides of an open ONNX file, for the files of this folder. */
#ifndef NBX_FORMATS_ONNX_FILE_H
#define NBX_FORMATS_ONNX_FILE_H

#include "formats/onnx/onnx.h"

/** An external data file that is mapped already. */
typedef struct nbx_onnx_external_file {
    const char *location;
    const uint8_t *data;
    uint64_t bytes;
} nbx_onnx_external_file;

struct nbx_onnx_file {
    nbx_graph *graph;
    nbx_place place;
    const uint8_t *data; /* the whole file */
    size_t bytes;
    bool is_mapping; /* of ours, not borrowed memory */
    Onnx__ModelProto *model;
    ProtobufCAllocator allocator; /* counts, with a cap */
    uint64_t allocated;
    bool over_cap;
    uint64_t dense_bytes; /* of sparse tensors made dense */
    const char *root;     /* folder of external data, or NULL */
    int root_fd;          /* -1 until the first external tensor */
    nbx_onnx_external_file *externals;
    uint32_t external_count, external_capacity;
};

/** Maps a regular file read-only and hands the mapping to the graph. `fd` stays the caller's. Empty files give NULL and 0. */
nbx_status nbx_onnx_map(nbx_graph *graph, int fd, size_t bytes, const uint8_t **out);
/** The bytes of a tensor whose data is external; exactly `bytes` long. */
nbx_status nbx_onnx_read_external(nbx_onnx_file *file, const Onnx__TensorProto *tensor, const char *what, uint64_t bytes, const void **out);

#endif
