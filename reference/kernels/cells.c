/* SPDX-License-Identifier: Apache-2.0 */
/* Cells to real values and back by runs; how log codes are searched is in log_grid.c. */
#include "cells.h"

#include <math.h>
#include <string.h>

#include "log_grid.h"

int64_t kernel_cell_get(const kernel_tensor *tensor, const void *cells, uint64_t i)
{
    switch (tensor->cell) {
    case KERNEL_I8:
        return ((const int8_t *)cells)[i];
    case KERNEL_U8:
    case KERNEL_BOOL:
        return ((const uint8_t *)cells)[i];
    case KERNEL_I16:
        return ((const int16_t *)cells)[i];
    case KERNEL_U16:
    case KERNEL_F16:
    case KERNEL_BF16:
        return ((const uint16_t *)cells)[i];
    case KERNEL_I32:
        return ((const int32_t *)cells)[i];
    case KERNEL_U32:
        return ((const uint32_t *)cells)[i];
    case KERNEL_F32:
        return (int64_t)((const float *)cells)[i];
    case KERNEL_F64:
        return (int64_t)((const double *)cells)[i];
    case KERNEL_I64:
    case KERNEL_U64:
        break;
    }
    return ((const int64_t *)cells)[i];
}

void kernel_cell_set(const kernel_tensor *tensor, void *cells, uint64_t i, int64_t value)
{
    switch (tensor->cell_bytes) {
    case 1:
        ((uint8_t *)cells)[i] = (uint8_t)value;
        return;
    case 2:
        ((uint16_t *)cells)[i] = (uint16_t)value;
        return;
    case 4:
        ((uint32_t *)cells)[i] = (uint32_t)value;
        return;
    default:
        ((int64_t *)cells)[i] = value;
    }
}

const nbx_qparam *kernel_param(const kernel_tensor *tensor, uint64_t i)
{
    if (tensor->param_count == 1) return tensor->params;
    return &tensor->params[nbx_param_index(tensor->encoding, tensor->rank, tensor->dims, tensor->conv_groups, i)];
}

double kernel_scale(const kernel_tensor *tensor, const nbx_qparam *param)
{
    return tensor->encoding->kind == NBX_ENC_POW2 ? ldexp(1.0, -param->exponent) : param->scale;
}

bool kernel_same_codes(const kernel_tensor *a, const kernel_tensor *b)
{
    if (a->cell != b->cell || !a->encoding != !b->encoding) return false;
    if (!a->encoding) return true;
    if (!nbx_encoding_same(a->encoding, b->encoding) || a->param_count != 1 || b->param_count != 1) return false;
    switch (a->encoding->kind) {
    case NBX_ENC_AFFINE:
        return a->params->scale == b->params->scale && a->params->zero_point == b->params->zero_point;
    case NBX_ENC_BINARY:
        return a->params->scale == b->params->scale;
    default:
        return a->params->exponent == b->params->exponent;
    }
}

static double decode_code(const kernel_tensor *tensor, const nbx_qparam *param, int64_t code)
{
    switch (tensor->encoding->kind) {
    case NBX_ENC_AFFINE:
        return (double)(code - param->zero_point) * param->scale;
    case NBX_ENC_POW2:
        return ldexp((double)code, -param->exponent);
    case NBX_ENC_LOG:
        return tensor->grid ? kernel_log_decode(tensor->grid, code) : (double)nbx_decode_f32(tensor->encoding, param, (int32_t)code);
    default:
        return nbx_decode(tensor->encoding, param, (int32_t)code);
    }
}

static double plain_value(const kernel_tensor *tensor, const void *cells, uint64_t i)
{
    switch (tensor->cell) {
    case KERNEL_F32:
        return (double)((const float *)cells)[i];
    case KERNEL_F64:
        return ((const double *)cells)[i];
    case KERNEL_F16:
        return (double)nbx_half_to_float(((const uint16_t *)cells)[i]);
    case KERNEL_BF16:
        return (double)nbx_bf16_to_float(((const uint16_t *)cells)[i]);
    case KERNEL_U64:
        return (double)((const uint64_t *)cells)[i];
    default:
        return (double)kernel_cell_get(tensor, cells, i);
    }
}

double kernel_decode_one(const kernel_tensor *tensor, const void *cells, uint64_t i)
{
    if (tensor->real_table) return tensor->real_table[((const uint8_t *)cells)[i]];
    if (!tensor->encoding) return plain_value(tensor, cells, i);
    return decode_code(tensor, kernel_param(tensor, i), kernel_cell_get(tensor, cells, i));
}

void kernel_decode(const kernel_tensor *tensor, const void *cells, const kernel_range *range, double *out)
{
    uint64_t at = range->start;
    if (tensor->real_table) {
        const uint8_t *codes = cells;
        for (uint32_t i = 0; i < range->count; i++, at += range->stride)
            out[i] = tensor->real_table[codes[at]];
        return;
    }
    if (!tensor->encoding && tensor->cell == KERNEL_F32) {
        const float *values = cells;
        for (uint32_t i = 0; i < range->count; i++, at += range->stride)
            out[i] = (double)values[at];
        return;
    }
    for (uint32_t i = 0; i < range->count; i++, at += range->stride)
        out[i] = kernel_decode_one(tensor, cells, at);
}

double kernel_decode_units(const kernel_tensor *tensor, const void *cells, const kernel_range *range, double *out)
{
    const bool affine = tensor->encoding && tensor->encoding->kind == NBX_ENC_AFFINE;
    const int32_t zero_point = affine ? tensor->params->zero_point : 0;
    uint64_t at = range->start;
    if (!tensor->encoding || tensor->param_count != 1 || (!affine && tensor->encoding->kind != NBX_ENC_POW2)) {
        kernel_decode(tensor, cells, range, out);
        return 1;
    }
    for (uint32_t i = 0; i < range->count; i++, at += range->stride)
        out[i] = (double)(kernel_cell_get(tensor, cells, at) - zero_point);
    return kernel_scale(tensor, tensor->params);
}

void kernel_decode_all(const kernel_tensor *tensor, const void *cells, double *out)
{
    const uint64_t part = UINT64_C(1) << 30;
    for (uint64_t at = 0; at < tensor->count; at += part) {
        const uint64_t left = tensor->count - at;
        kernel_decode(tensor, cells, &(kernel_range){at, 1, (uint32_t)(left < part ? left : part)}, out + at);
    }
}

static int64_t encode_scaled(const kernel_tensor *tensor, const nbx_qparam *param, kernel_rounding rounding, double value)
{
    const nbx_encoding *encoding = tensor->encoding;
    const bool affine = encoding->kind == NBX_ENC_AFFINE;
    const int32_t zero_point = affine ? param->zero_point : 0;
    double code;
    if (value != value) return zero_point;
    code = affine ? value / param->scale : ldexp(value, param->exponent);
    code = kernel_round(rounding, code) + zero_point;
    if (code != code) return zero_point;
    if (code < encoding->lo) return encoding->lo;
    if (code > encoding->hi) return encoding->hi;
    return (int64_t)code;
}

static void encode_affine(const kernel_tensor *tensor, const double *values, const kernel_range *range, void *cells)
{
    const nbx_encoding *encoding = tensor->encoding;
    const double scale = kernel_scale(tensor, tensor->params), lo = encoding->lo, hi = encoding->hi;
    const double zero_point = encoding->kind == NBX_ENC_AFFINE ? tensor->params->zero_point : 0;
    uint64_t at = range->start;
    uint8_t *bytes = cells;
    for (uint32_t i = 0; i < range->count; i++, at += range->stride) {
        double code = kernel_round_even(values[i] / scale) + zero_point;
        if (!(code >= lo)) code = code != code ? zero_point : lo;
        if (code > hi) code = hi;
        bytes[at] = (uint8_t)(int64_t)code;
    }
}

static int64_t plain_integer(double value)
{
    if (value != value) return 0;
    if (value >= 9223372036854775807.0) return INT64_MAX;
    if (value <= -9223372036854775808.0) return INT64_MIN;
    return (int64_t)value;
}

static void encode_plain(const kernel_tensor *tensor, double value, void *cells, uint64_t i)
{
    switch (tensor->cell) {
    case KERNEL_F32:
        ((float *)cells)[i] = (float)value;
        return;
    case KERNEL_F64:
        ((double *)cells)[i] = value;
        return;
    case KERNEL_F16:
        ((uint16_t *)cells)[i] = nbx_half_from_float((float)value);
        return;
    case KERNEL_BF16:
        ((uint16_t *)cells)[i] = nbx_bf16_from_float((float)value);
        return;
    case KERNEL_BOOL:
        ((uint8_t *)cells)[i] = value != 0;
        return;
    case KERNEL_U64:
        ((uint64_t *)cells)[i] = value <= 0 || value != value ? 0 : value >= 18446744073709551615.0 ? UINT64_MAX : (uint64_t)value;
        return;
    default:
        kernel_cell_set(tensor, cells, i, plain_integer(value));
    }
}

void kernel_encode(const kernel_tensor *tensor, kernel_rounding rounding, const double *values, const kernel_range *range, void *cells)
{
    const nbx_encoding *encoding = tensor->encoding;
    uint64_t at = range->start;
    if (!encoding) {
        for (uint32_t i = 0; i < range->count; i++, at += range->stride)
            encode_plain(tensor, values[i], cells, at);
        return;
    }
    if (tensor->grid) {
        for (uint32_t i = 0; i < range->count; i++, at += range->stride)
            kernel_cell_set(tensor, cells, at, kernel_log_encode(tensor->grid, (float)values[i]));
        return;
    }
    if (rounding == KERNEL_EVEN && tensor->real_table && (encoding->kind == NBX_ENC_AFFINE || encoding->kind == NBX_ENC_POW2)) {
        encode_affine(tensor, values, range, cells);
        return;
    }
    for (uint32_t i = 0; i < range->count; i++, at += range->stride) {
        const nbx_qparam *param = kernel_param(tensor, at);
        const bool scaled = encoding->kind == NBX_ENC_AFFINE || encoding->kind == NBX_ENC_POW2;
        kernel_cell_set(tensor, cells, at,
                        scaled ? encode_scaled(tensor, param, rounding, values[i]) : nbx_encode(encoding, param, values[i]));
    }
}

int32_t kernel_make_tables(nbx_kernels *program, kernel_tensor *tensor)
{
    double *table;
    if (!tensor->encoding || tensor->param_count != 1) return NBX_OK;
    if (tensor->encoding->kind == NBX_ENC_LOG) {
        tensor->grid = kernel_log_grid_make(program, tensor->encoding, tensor->params);
        if (!tensor->grid) return NBX_NO_MEMORY;
    }
    if (tensor->cell_bytes != 1) return NBX_OK;
    table = kernel_alloc(program, 256, sizeof *table);
    if (!table) return NBX_NO_MEMORY;
    for (uint32_t i = 0; i < 256; i++) {
        const uint64_t cell = i; /* the low byte comes first */
        table[i] = decode_code(tensor, tensor->params, kernel_cell_get(tensor, &cell, 0));
    }
    tensor->real_table = table;
    return NBX_OK;
}

void kernel_unpack_port(const kernel_tensor *tensor, const void *port, void *cells)
{
    const uint8_t *bytes = port;
    uint8_t *out = cells;
    const uint32_t bits = tensor->port_bits;
    if (bits >= 8) {
        memcpy(cells, port, tensor->count * tensor->cell_bytes);
        return;
    }
    for (uint64_t i = 0; i < tensor->count; i++) {
        uint8_t code = (uint8_t)(bytes[i * bits / 8] >> (i * bits % 8) & ((1u << bits) - 1));
        if (tensor->cell == KERNEL_I8 && code & 1u << (bits - 1)) code = (uint8_t)(code | (0xffu << bits));
        out[i] = code;
    }
}

void kernel_pack_port(const kernel_tensor *tensor, const void *cells, void *port)
{
    const uint8_t *codes = cells;
    uint8_t *bytes = port;
    const uint32_t bits = tensor->port_bits, mask = bits >= 8 ? 0xff : (1u << bits) - 1;
    if (bits >= 8) {
        memcpy(port, cells, tensor->count * tensor->cell_bytes);
        return;
    }
    memset(port, 0, (tensor->count * bits + 7) / 8);
    for (uint64_t i = 0; i < tensor->count; i++)
        bytes[i * bits / 8] = (uint8_t)(bytes[i * bits / 8] | (codes[i] & mask) << (i * bits % 8));
}
