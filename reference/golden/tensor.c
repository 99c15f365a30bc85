/* SPDX-License-Identifier: Apache-2.0 */
/* Reads, writes and moves elements of tensors in any carrier; packing of stored forms is in pack.c. */
#include "tensor.h"

#include <math.h>
#include <string.h>

#include "encode.h"

bool golden_dtype_is_float(uint32_t dtype)
{
    return dtype == NBX_DTYPE_FLOAT32 || dtype == NBX_DTYPE_FLOAT64 || dtype == NBX_DTYPE_FLOAT16 || dtype == NBX_DTYPE_BFLOAT16;
}

uint32_t golden_dtype_bits(uint32_t dtype)
{
    switch (dtype) {
#define DTYPE(number, name, onnx, bits, onnx_number, kind)                                                                                 \
    case NBX_DTYPE_##name:                                                                                                                 \
        return (kind) == 'f' && !golden_dtype_is_float(number) ? 0 : (kind) == 'c' ? 0 : (bits);
#include <nbx/tables/dtypes.def>
#undef DTYPE
    default:
        return 0;
    }
}

static bool dtype_is_signed(uint32_t dtype)
{
    switch (dtype) {
#define DTYPE(number, name, onnx, bits, onnx_number, kind)                                                                                 \
    case NBX_DTYPE_##name:                                                                                                                 \
        return (kind) == 'i';
#include <nbx/tables/dtypes.def>
#undef DTYPE
    default:
        return false;
    }
}

int64_t golden_wrap(uint32_t dtype, int64_t value)
{
    const uint32_t bits = golden_dtype_bits(dtype);
    uint64_t low;
    if (dtype == NBX_DTYPE_BOOL) return value != 0;
    if (bits >= 64 || bits == 0) return value;
    low = (uint64_t)value & (((uint64_t)1 << bits) - 1);
    if (dtype_is_signed(dtype) && (low >> (bits - 1))) return (int64_t)low - ((int64_t)1 << bits);
    return (int64_t)low;
}

bool golden_carrier_of(const nbx_encoding *encoding, uint32_t dtype, golden_carrier *out)
{
    const uint32_t storage = encoding ? encoding->storage : dtype;
    if (golden_dtype_bits(storage) == 0) return false;
    if (encoding && encoding->kind != NBX_ENC_FLOAT && encoding->kind != NBX_ENC_INDEX) {
        *out = GOLDEN_CODES;
        return encoding->kind <= NBX_ENC_INDEX && !golden_dtype_is_float(storage) && golden_dtype_bits(storage) <= 32;
    }
    if (storage == NBX_DTYPE_FLOAT64)
        *out = GOLDEN_F64;
    else
        *out = golden_dtype_is_float(storage) ? GOLDEN_F32 : GOLDEN_INT;
    return !encoding || (encoding->kind == NBX_ENC_FLOAT) == golden_dtype_is_float(storage);
}

uint32_t golden_carrier_bytes(golden_carrier carrier)
{
    return carrier == GOLDEN_F32 || carrier == GOLDEN_CODES ? 4 : 8;
}

static uint32_t param_total(const nbx_encoding *encoding, uint32_t rank, const int64_t *dims)
{
    const int64_t extent = encoding->axis < rank ? dims[encoding->axis] : 1;
    if (encoding->granularity == NBX_PER_CHANNEL) return (uint32_t)extent;
    if (encoding->granularity == NBX_PER_BLOCK && encoding->block) return (uint32_t)((extent + encoding->block - 1) / encoding->block);
    return 1;
}

bool golden_params_fit(const nbx_encoding *encoding, uint32_t rank, const int64_t *dims, uint32_t count)
{
    if (count == 1) return true;
    if (encoding->axis >= rank) return false;
    if (encoding->granularity == NBX_PER_CONV_GROUP) return count && dims[encoding->axis] % count == 0;
    return count == param_total(encoding, rank, dims);
}

const nbx_qparam *golden_param(const golden_tensor *tensor, uint64_t i)
{
    uint64_t inner = 1;
    int64_t extent, at;
    uint32_t a;
    if (tensor->param_count <= 1) return tensor->params;
    for (a = tensor->encoding->axis + 1u; a < tensor->rank; a++)
        inner *= (uint64_t)tensor->dims[a];
    extent = tensor->dims[tensor->encoding->axis];
    at = (int64_t)(i / inner % (uint64_t)extent);
    if (tensor->encoding->granularity == NBX_PER_BLOCK) at /= tensor->encoding->block;
    if (tensor->encoding->granularity == NBX_PER_CONV_GROUP) at /= extent / tensor->param_count;
    return &tensor->params[at];
}

double golden_get(const golden_tensor *tensor, uint64_t i)
{
    switch (tensor->carrier) {
    case GOLDEN_F32:
        return (double)((const float *)tensor->data)[i];
    case GOLDEN_F64:
        return ((const double *)tensor->data)[i];
    case GOLDEN_INT:
        return (double)((const int64_t *)tensor->data)[i];
    default:
        return golden_decode(tensor->encoding, golden_param(tensor, i), ((const int32_t *)tensor->data)[i]);
    }
}

int64_t golden_get_int(const golden_tensor *tensor, uint64_t i)
{
    if (tensor->carrier == GOLDEN_INT) return ((const int64_t *)tensor->data)[i];
    if (tensor->carrier == GOLDEN_CODES) return ((const int32_t *)tensor->data)[i];
    return (int64_t)golden_get(tensor, i);
}

void golden_read(const golden_tensor *tensor, uint64_t start, uint64_t count, double *restrict out)
{
    uint64_t i;
    if (tensor->carrier == GOLDEN_F32) {
        const float *restrict from = (const float *)tensor->data + start;
        for (i = 0; i < count; i++)
            out[i] = (double)from[i];
    } else if (tensor->carrier == GOLDEN_F64) {
        memcpy(out, (const double *)tensor->data + start, (size_t)count * sizeof *out);
    } else {
        for (i = 0; i < count; i++)
            out[i] = golden_get(tensor, start + i);
    }
}

/** Real numbers that land in integers truncate toward zero, as Cast does, and saturate at int64. */
static int64_t truncate_to_int(double x)
{
    if (x != x) return 0;
    if (x >= 9223372036854775807.0) return INT64_MAX;
    return x <= -9223372036854775808.0 ? INT64_MIN : (int64_t)x;
}

static float to_storage(uint32_t storage, double value)
{
    const float x = (float)value;
    if (storage == NBX_DTYPE_FLOAT16) return golden_half_value(golden_half_bits(x));
    return storage == NBX_DTYPE_BFLOAT16 ? golden_bf16_value(golden_bf16_bits(x)) : x;
}

void golden_set(golden_tensor *tensor, uint64_t i, double value, uint32_t rounding)
{
    switch (tensor->carrier) {
    case GOLDEN_F32:
        ((float *)tensor->data)[i] = to_storage(tensor->storage, value);
        break;
    case GOLDEN_F64:
        ((double *)tensor->data)[i] = value;
        break;
    case GOLDEN_INT:
        golden_set_int(tensor, i, tensor->storage == NBX_DTYPE_BOOL ? value != 0 : truncate_to_int(value));
        break;
    default:
        ((int32_t *)tensor->data)[i] = golden_encode_rounded(tensor->encoding, golden_param(tensor, i), value, rounding);
        break;
    }
}

void golden_write(golden_tensor *tensor, uint64_t start, uint64_t count, const double *restrict values, uint32_t rounding)
{
    uint64_t i;
    if (tensor->carrier == GOLDEN_F32 && tensor->storage == NBX_DTYPE_FLOAT32) {
        float *restrict to = (float *)tensor->data + start;
        for (i = 0; i < count; i++)
            to[i] = (float)values[i];
    } else {
        for (i = 0; i < count; i++)
            golden_set(tensor, start + i, values[i], rounding);
    }
}

void golden_set_int(golden_tensor *tensor, uint64_t i, int64_t value)
{
    if (tensor->carrier == GOLDEN_INT)
        ((int64_t *)tensor->data)[i] = golden_wrap(tensor->storage, value);
    else
        golden_set(tensor, i, (double)value, NBX_REQUANT_NONE);
}

/** True where codes count whole steps of one scale. */
static bool counts_steps(const golden_tensor *tensor)
{
    return tensor->carrier == GOLDEN_CODES && tensor->param_count == 1 &&
           (tensor->encoding->kind == NBX_ENC_AFFINE || tensor->encoding->kind == NBX_ENC_POW2);
}

void golden_read_units(const golden_tensor *tensor, uint64_t start, uint64_t count, double *out)
{
    uint64_t i;
    int32_t zero;
    const int32_t *codes;
    if (!counts_steps(tensor)) {
        golden_read(tensor, start, count, out);
        return;
    }
    codes = (const int32_t *)tensor->data + start;
    zero = tensor->encoding->kind == NBX_ENC_AFFINE ? tensor->params->zero_point : 0;
    for (i = 0; i < count; i++)
        out[i] = (double)codes[i] - (double)zero;
}

double golden_unit(const golden_tensor *tensor)
{
    if (!counts_steps(tensor)) return 1.0;
    return tensor->encoding->kind == NBX_ENC_AFFINE ? tensor->params->scale : ldexp(1.0, -tensor->params->exponent);
}

static bool same_encoding(const golden_tensor *a, const golden_tensor *b)
{
    const nbx_encoding *x = a->encoding, *y = b->encoding;
    if (a->param_count > 1 || b->param_count > 1) return false;
    if (x->kind != y->kind || x->storage != y->storage || x->code_bits != y->code_bits || x->lo != y->lo || x->hi != y->hi) return false;
    if (x->steps != y->steps || x->top != y->top || x->zero_code != y->zero_code) return false;
    switch (x->kind) {
    case NBX_ENC_AFFINE:
        return a->params->scale == b->params->scale && a->params->zero_point == b->params->zero_point;
    case NBX_ENC_BINARY:
        return a->params->scale == b->params->scale;
    default:
        return a->params->exponent == b->params->exponent;
    }
}

bool golden_same_form(const golden_tensor *a, const golden_tensor *b)
{
    if (a->carrier != b->carrier) return false;
    return a->carrier == GOLDEN_CODES ? same_encoding(a, b) : a->storage == b->storage || a->carrier == GOLDEN_F64;
}

void golden_move(golden_tensor *to, uint64_t to_i, const golden_tensor *from, uint64_t from_i, uint32_t rounding)
{
    golden_move_run(to, to_i, from, from_i, 1, rounding);
}

void golden_move_run(golden_tensor *to, uint64_t to_i, const golden_tensor *from, uint64_t from_i, uint64_t count, uint32_t rounding)
{
    uint64_t i;
    if (golden_same_form(to, from)) {
        const uint32_t size = golden_carrier_bytes(to->carrier);
        memcpy((char *)to->data + to_i * size, (const char *)from->data + from_i * size, (size_t)(count * size));
        return;
    }
    for (i = 0; i < count; i++) {
        if (to->carrier == GOLDEN_INT && from->carrier == GOLDEN_INT)
            golden_set_int(to, to_i + i, golden_get_int(from, from_i + i));
        else
            golden_set(to, to_i + i, golden_get(from, from_i + i), rounding);
    }
}
