/* SPDX-License-Identifier: Apache-2.0 */
/* SparseTensorProto to a dense nbx_tensor; the parts are read by tensor.c. */
#include <string.h>

#include "formats/onnx/file.h"
#include "schema/ops.h"

/* A few bytes of file may stand for any shape, so the dense forms of one file have a limit. */
#define DENSE_LIMIT (UINT64_C(1) << 28)

static nbx_status refuse(const nbx_onnx_file *file, const char *what, const char *why)
{
    return nbx_raise(file->graph->context, NBX_E_ONNX_SPARSE, &file->place, NULL, "%s: %s", what, why);
}

/* Position of value `i` in the dense tensor: indices are linear [n], or coordinates [n, rank]. */
static bool position(const nbx_tensor *indices, const nbx_tensor *dense, uint64_t i, uint64_t elements, uint64_t *out)
{
    if (indices->rank == 1) {
        int64_t at = nbx_tensor_int(indices, i);
        *out = (uint64_t)at;
        return at >= 0 && (uint64_t)at < elements;
    }
    *out = 0;
    for (uint32_t a = 0; a < dense->rank; a++) {
        int64_t at = nbx_tensor_int(indices, i * dense->rank + a);
        if (at < 0 || at >= dense->dims[a]) return false;
        *out = *out * (uint64_t)dense->dims[a] + (uint64_t)at;
    }
    return true;
}

static nbx_status scatter(nbx_onnx_file *file, const char *what, const nbx_tensor *values, const nbx_tensor *indices, nbx_tensor *out)
{
    uint64_t count, elements, at;
    uint32_t bytes = nbx_dtype_bits(values->dtype) / 8;
    if (values->rank != 1 || indices->dtype != NBX_DTYPE_INT64 || bytes == 0) return refuse(file, what, "values or indices are not lists");
    count = (uint64_t)values->dims[0];
    bool linear = indices->rank == 1 && indices->dims[0] == values->dims[0];
    bool rows = indices->rank == 2 && indices->dims[0] == values->dims[0] && (uint64_t)indices->dims[1] == out->rank;
    if (!linear && !rows) return refuse(file, what, "the indices do not match the values");
    if (!nbx_tensor_bytes(out->dtype, out->rank, out->dims, &out->bytes) || !nbx_shape_elements(out->rank, out->dims, &elements))
        return refuse(file, what, "the shape has a negative extent or too many elements");
    if (out->bytes > DENSE_LIMIT - file->dense_bytes) return refuse(file, what, "dense forms take more than 256 MiB");
    file->dense_bytes += out->bytes;
    uint8_t *block = nbx_arena_alloc_aligned(file->graph->arena, (size_t)out->bytes, 64);
    if (!block) return nbx_raise_memory(file->graph->context);
    for (uint64_t i = 0; i < count; i++) {
        if (!position(indices, out, i, elements, &at)) return refuse(file, what, "an index lies outside the shape");
        memcpy(block + at * bytes, (const uint8_t *)values->data + i * bytes, bytes);
    }
    out->data = block;
    return NBX_OK;
}

nbx_status nbx_onnx_read_sparse(nbx_onnx_file *file, const Onnx__SparseTensorProto *tensor, const char *what, nbx_tensor *out)
{
    nbx_tensor values, indices;
    *out = (nbx_tensor){0};
    if (!tensor->values || !tensor->indices) return refuse(file, what, "values or indices are missing");
    if (tensor->n_dims > NBX_MAX_RANK) return refuse(file, what, "the rank is above 8");
    if (nbx_onnx_unreadable(tensor->values) || nbx_onnx_unreadable(tensor->indices))
        return refuse(file, what, "values or indices have an element type that NBX does not read");
    NBX_TRY(nbx_onnx_read_tensor(file, tensor->values, what, &values));
    NBX_TRY(nbx_onnx_read_tensor(file, tensor->indices, what, &indices));
    out->dtype = values.dtype;
    out->rank = (uint32_t)tensor->n_dims;
    for (uint32_t i = 0; i < out->rank; i++)
        out->dims[i] = tensor->dims[i];
    return scatter(file, what, &values, &indices, out);
}
