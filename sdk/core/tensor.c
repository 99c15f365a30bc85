/* SPDX-License-Identifier: Apache-2.0 */
/* Constant tensors: sizes and reading elements of any dtype; it leaves encodings to schema and evaluation to plugins. */
#include <string.h>

#include "core/graph.h"
#include "schema/encodings.h"

bool nbx_shape_elements(uint32_t rank, const int64_t *dims, uint64_t *out)
{
    uint64_t count = 1;
    if (rank > NBX_MAX_RANK) return false;
    for (uint32_t i = 0; i < rank; i++)
        if (dims[i] < 0 || !nbx_mul_size(count, (uint64_t)dims[i], &count)) return false;
    *out = count;
    return true;
}

bool nbx_tensor_bytes(uint32_t dtype, uint32_t rank, const int64_t *dims, uint64_t *out)
{
    uint64_t count, bits;
    if (!nbx_dtype_bits(dtype) || !nbx_shape_elements(rank, dims, &count)) return false;
    if (!nbx_mul_size(count, nbx_dtype_bits(dtype), &bits)) return false;
    *out = bits / 8 + (bits % 8 != 0);
    return true;
}

/* Element i as raw bits, zero-extended. */
static uint64_t raw_bits(const nbx_tensor *tensor, uint64_t i)
{
    uint32_t bits = nbx_dtype_bits(tensor->dtype);
    const unsigned char *bytes = tensor->data;
    uint64_t raw = 0;
    if (bits >= 8) {
        memcpy(&raw, bytes + i * (bits / 8), bits / 8);
        return raw;
    }
    uint64_t first = i * bits;
    return (uint64_t)(bytes[first / 8] >> (first % 8)) & ((1u << bits) - 1);
}

static int64_t sign_extend(uint64_t raw, uint32_t bits)
{
    if (bits >= 64) return (int64_t)raw;
    uint64_t sign = UINT64_C(1) << (bits - 1);
    return (int64_t)((raw ^ sign) - sign);
}

static double float_of(uint32_t dtype, uint64_t raw)
{
    switch (dtype) {
    case NBX_DTYPE_FLOAT32: {
        float value;
        uint32_t low = (uint32_t)raw;
        memcpy(&value, &low, sizeof(value));
        return (double)value;
    }
    case NBX_DTYPE_FLOAT64: {
        double value;
        memcpy(&value, &raw, sizeof(value));
        return value;
    }
    case NBX_DTYPE_FLOAT16:
        return (double)nbx_half_to_float((uint16_t)raw);
    case NBX_DTYPE_BFLOAT16:
        return (double)nbx_bf16_to_float((uint16_t)raw);
    default:
        return 0; /* FP8 and FP4 constants are refused at import */
    }
}

int64_t nbx_tensor_int(const nbx_tensor *tensor, uint64_t i)
{
    if (tensor->is_splat) return nbx_dtype_kind(tensor->dtype) == 'f' ? (int64_t)tensor->splat_f : tensor->splat_i;
    uint64_t raw = raw_bits(tensor, i);
    switch (nbx_dtype_kind(tensor->dtype)) {
    case 'i':
        return sign_extend(raw, nbx_dtype_bits(tensor->dtype));
    case 'f': {
        double value = float_of(tensor->dtype, raw);
        return value >= -9.2e18 && value <= 9.2e18 ? (int64_t)value : 0;
    }
    default:
        return (int64_t)raw;
    }
}

double nbx_tensor_float(const nbx_tensor *tensor, uint64_t i)
{
    bool is_float = nbx_dtype_kind(tensor->dtype) == 'f';
    if (tensor->is_splat) return is_float ? tensor->splat_f : (double)tensor->splat_i;
    return is_float ? float_of(tensor->dtype, raw_bits(tensor, i)) : (double)nbx_tensor_int(tensor, i);
}

nbx_status nbx_tensor_to_float(const nbx_tensor *tensor, float *out)
{
    uint64_t count;
    if (!nbx_shape_elements(tensor->rank, tensor->dims, &count)) return NBX_INVALID;
    if (tensor->dtype == NBX_DTYPE_FLOAT32 && !tensor->is_splat) {
        if (count) memcpy(out, tensor->data, (size_t)count * sizeof(float));
        return NBX_OK;
    }
    if (nbx_dtype_kind(tensor->dtype) == 's' || nbx_dtype_kind(tensor->dtype) == 'c') return NBX_UNSUPPORTED;
    for (uint64_t i = 0; i < count; i++)
        out[i] = (float)nbx_tensor_float(tensor, i);
    return NBX_OK;
}
