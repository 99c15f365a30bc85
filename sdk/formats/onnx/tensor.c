/* SPDX-License-Identifier: Apache-2.0 */
/* TensorProto to nbx_tensor: sizes checked, data left in the file where its bytes are the tensor's bytes; sparse.c does sparse ones. */
#include <string.h>

#include "formats/onnx/file.h"
#include "formats/onnx/guard.h"
#include "formats/onnx/wire.h"
#include "schema/ops.h"

/* A tensor being read: what it is, how large it must be, where its data lies. */
typedef struct reading {
    nbx_onnx_file *file;
    const Onnx__TensorProto *proto;
    const char *what;
    nbx_tensor *out;
    uint64_t stored; /* elements of a list: bytes for types below 8 bits, which are stored in pairs */
    uint32_t element_bytes;
    nbx_onnx_place place; /* field 0: none */
} reading;

const char *nbx_onnx_unreadable(const Onnx__TensorProto *tensor)
{
    uint32_t dtype = (uint32_t)tensor->data_type;
    char kind = dtype < 1000 ? nbx_dtype_kind(dtype) : 0; /* our own types are above ONNX's range */
    if (tensor->n_dims > NBX_MAX_RANK) return "of a rank above 8";
    if (!kind) return "of an element type that NBX does not know";
    if (kind == 's') return "made of strings";
    if (kind == 'c') return "made of complex numbers";
    if (kind == 'f' && nbx_dtype_bits(dtype) < 16) return "made of 8-bit or 4-bit floats";
    if (tensor->segment) return "stored in segments";
    return NULL;
}

static nbx_status mismatch(const reading *r, const char *unit, uint64_t need, uint64_t have)
{
    return nbx_raise(r->file->graph->context, NBX_E_ONNX_DATA, &r->file->place, NULL, "%s needs %llu %s, the file has %llu", r->what,
                     (unsigned long long)need, unit, (unsigned long long)have);
}

/* Each list field may serve some element types only. */
static bool field_serves(uint64_t field, uint32_t dtype)
{
    switch (field) {
    case NBX_TENSOR_FLOAT_DATA:
        return dtype == NBX_DTYPE_FLOAT32;
    case NBX_TENSOR_DOUBLE_DATA:
        return dtype == NBX_DTYPE_FLOAT64;
    case NBX_TENSOR_INT64_DATA:
        return dtype == NBX_DTYPE_INT64;
    case NBX_TENSOR_UINT64_DATA:
        return dtype == NBX_DTYPE_UINT64 || dtype == NBX_DTYPE_UINT32;
    case NBX_TENSOR_INT32_DATA:
        return dtype == NBX_DTYPE_INT32 || nbx_dtype_bits(dtype) <= 16;
    default:
        return true;
    }
}

static nbx_status check_field(const reading *r, uint64_t field)
{
    if (field_serves(field, r->out->dtype)) return NBX_OK;
    return nbx_raise(r->file->graph->context, NBX_E_ONNX_DATA, &r->file->place, NULL,
                     "%s is %s, but its data is in field %llu of the tensor", r->what, nbx_dtype_name(r->out->dtype),
                     (unsigned long long)field);
}

static nbx_status new_block(const reading *r, uint8_t **out)
{
    uint8_t *block = nbx_arena_alloc_aligned(r->file->graph->arena, (size_t)r->out->bytes, 64);
    if (!block) return nbx_raise_memory(r->file->graph->context);
    r->out->data = block;
    *out = block;
    return NBX_OK;
}

/* Numbers of variable length, decoded from the file. Every element takes a byte at least, so the count bounds the block. */
static nbx_status read_varints(const reading *r)
{
    nbx_wire in = {r->file->data + r->place.offset, r->file->data + r->place.offset + r->place.bytes};
    uint8_t *block;
    uint64_t value, count = 0;
    if (r->stored > r->place.bytes) return mismatch(r, "numbers", r->stored, r->place.bytes);
    NBX_TRY(new_block(r, &block));
    for (; in.at < in.end; count++) {
        if (count == r->stored || !nbx_wire_varint(&in, &value)) return mismatch(r, "numbers", r->stored, count + 1);
        memcpy(block + count * r->element_bytes, &value, r->element_bytes);
    }
    return count == r->stored ? NBX_OK : mismatch(r, "numbers", r->stored, count);
}

static nbx_status read_place(const reading *r)
{
    NBX_TRY(check_field(r, r->place.field));
    if (r->place.field == NBX_TENSOR_INT32_DATA || r->place.field == NBX_TENSOR_INT64_DATA || r->place.field == NBX_TENSOR_UINT64_DATA)
        return read_varints(r);
    if (r->place.bytes != r->out->bytes) return mismatch(r, "bytes", r->out->bytes, r->place.bytes);
    r->out->data = r->file->data + r->place.offset;
    return NBX_OK;
}

/* A list that protobuf-c unpacked: `width` is the size of its elements, the low bytes are ours. */
static nbx_status read_list(const reading *r, uint64_t field, const void *list, size_t count, size_t width)
{
    uint8_t *block;
    NBX_TRY(check_field(r, field));
    if (count != r->stored) return mismatch(r, "numbers", r->stored, count);
    NBX_TRY(new_block(r, &block));
    for (size_t i = 0; i < count; i++)
        memcpy(block + i * r->element_bytes, (const uint8_t *)list + i * width, r->element_bytes);
    return NBX_OK;
}

static nbx_status read_data(reading *r)
{
    const Onnx__TensorProto *p = r->proto;
    struct {
        uint64_t field;
        const void *list;
        size_t count, width;
    } lists[] = {
        {NBX_TENSOR_FLOAT_DATA, p->float_data, p->n_float_data, 4},    {NBX_TENSOR_INT32_DATA, p->int32_data, p->n_int32_data, 4},
        {NBX_TENSOR_INT64_DATA, p->int64_data, p->n_int64_data, 8},    {NBX_TENSOR_DOUBLE_DATA, p->double_data, p->n_double_data, 8},
        {NBX_TENSOR_UINT64_DATA, p->uint64_data, p->n_uint64_data, 8},
    };
    size_t filled = r->place.field != 0, which = 0;
    for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
        if (lists[i].count) {
            filled++;
            which = i;
        }
    if (filled > 1)
        return nbx_raise(r->file->graph->context, NBX_E_ONNX_DATA, &r->file->place, NULL, "%s has data in more than one field", r->what);
    if (filled == 0) return r->out->bytes == 0 ? NBX_OK : mismatch(r, "bytes", r->out->bytes, 0);
    if (r->place.field) return read_place(r);
    return read_list(r, lists[which].field, lists[which].list, lists[which].count, lists[which].width);
}

nbx_status nbx_onnx_read_tensor(nbx_onnx_file *file, const Onnx__TensorProto *tensor, const char *what, nbx_tensor *out)
{
    reading r = {.file = file, .proto = tensor, .what = what, .out = out};
    *out = (nbx_tensor){.dtype = (uint32_t)tensor->data_type, .rank = (uint32_t)tensor->n_dims};
    if (nbx_onnx_unreadable(tensor)) return NBX_INVALID;
    for (uint32_t i = 0; i < out->rank; i++)
        out->dims[i] = tensor->dims[i];
    if (!nbx_tensor_bytes(out->dtype, out->rank, out->dims, &out->bytes))
        return nbx_raise(file->graph->context, NBX_E_ONNX_SHAPE, &file->place, NULL, "%s has a negative extent or too many elements", what);
    if (tensor->data_location == ONNX__TENSOR_PROTO__DATA_LOCATION__EXTERNAL)
        return nbx_onnx_read_external(file, tensor, what, out->bytes, &out->data);
    uint32_t bits = nbx_dtype_bits(out->dtype);
    r.element_bytes = bits < 8 ? 1 : bits / 8;
    r.stored = out->bytes / r.element_bytes;
    if (tensor->has_raw_data) memcpy(&r.place, tensor->raw_data.data, sizeof(r.place)); /* the guard wrote it */
    return read_data(&r);
}
