/* SPDX-License-Identifier: Apache-2.0 */
/**
 * ONNX files: bytes to checked protobuf-c messages, tensors left where they lie in the file.
 *
 * A file is walked by a guard before protobuf-c sees it (depth, counts, repeated fields, lengths). The walk writes a skeleton
 * without large data: in the messages that come out, every `raw_data` is a place of NBX_ONNX_PLACE_BYTES bytes that
 * nbx_onnx_read_tensor understands, `doc_string` is gone, and so are fields that the schema does not know.
 */
#ifndef NBX_FORMATS_ONNX_ONNX_H
#define NBX_FORMATS_ONNX_ONNX_H

#include <onnx.pb-c.h>

#include "core/graph.h"

/** Limits of the guard. */
enum { NBX_ONNX_MAX_DEPTH = 64, NBX_ONNX_MAX_MESSAGES = 1000000, NBX_ONNX_LARGE = 4096, NBX_ONNX_PLACE_BYTES = 24 };

typedef struct nbx_onnx_file nbx_onnx_file;

/**
 * Opens the file at `path`. Mappings (of the file and of external data) and small tensors belong to `graph`, messages to the
 * file. `external_root` is the folder of external data; NULL: the folder of `path`.
 * NBX_IO if it cannot be read, NBX_BAD_INPUT with E-ONNX-... if it is malformed.
 */
nbx_status nbx_onnx_open(nbx_graph *graph, const char *path, const char *external_root, nbx_onnx_file **out);
/** The same for bytes in memory, borrowed for the life of the graph. Without `external_root` external data is refused. */
nbx_status nbx_onnx_open_bytes(nbx_graph *graph, const void *data, size_t bytes, const char *external_root, nbx_onnx_file **out);
/** Frees the messages; what was read into the graph stays. Accepts NULL. */
void nbx_onnx_close(nbx_onnx_file *file);

/** The model; model->graph is never NULL. */
const Onnx__ModelProto *nbx_onnx_model(const nbx_onnx_file *file);

/** NULL if NBX reads tensors of this element type and rank, else what is wrong with it, to follow "is". */
const char *nbx_onnx_unreadable(const Onnx__TensorProto *tensor);
/**
 * A readable tensor; `data` points into the file, into external data or into the arena of the graph. `what` names it in
 * messages. NBX_BAD_INPUT if shape and data disagree.
 */
nbx_status nbx_onnx_read_tensor(nbx_onnx_file *file, const Onnx__TensorProto *tensor, const char *what, nbx_tensor *out);
/** A sparse tensor as a dense one in the arena of the graph. */
nbx_status nbx_onnx_read_sparse(nbx_onnx_file *file, const Onnx__SparseTensorProto *tensor, const char *what, nbx_tensor *out);

#endif
