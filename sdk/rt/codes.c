/* SPDX-License-Identifier: Apache-2.0 */
/* Encodings at run time: exact arithmetic for affine and power of two, tables for log; choosing parameters is the SDK's. */
#include "rt/codes.h"

#include <string.h>

#include "rt/artifact_log.h"
#include "schema/encodings.h"

/* Half to even for |x| < 2^51: the sum has no bits left for a fraction. Callers clamp to 32 bits first. */
static double round_even(double x)
{
    return (x + 0x1.8p52) - 0x1.8p52;
}

static double clamp(double x, double lo, double hi)
{
    return x < lo ? lo : x > hi ? hi : x;
}

/* 2^exponent for the exponents that artifact_check.c lets through: all normal. */
static double power_of_two(int32_t exponent)
{
    uint64_t bits = (uint64_t)(1023 + exponent) << 52;
    double x;
    memcpy(&x, &bits, sizeof(x));
    return x;
}

static int32_t encode_linear(const nbx_encoding *e, double scaled, int32_t zero)
{
    if (scaled != scaled) return (int32_t)clamp(zero, e->lo, e->hi);
    return (int32_t)(round_even(clamp(scaled, (double)e->lo - zero, (double)e->hi - zero)) + zero);
}

/* The index is the number of bounds (from index 1 up) that |x| reaches; below the first bound x is zero. */
static int32_t encode_log(const nbx_artifact_buffer *b, uint32_t set, float x)
{
    const nbx_encoding *e = b->encoding;
    bool negative = x < 0;
    float magnitude = negative ? -x : x;
    const float *bounds = nbx_log_table(b, set, negative ? 2 : 1);
    if (x != x || magnitude < bounds[0] || x == 0) return e->zero_code;
    uint32_t low = 0, high = e->top; /* bounds[low] <= magnitude */
    while (low < high) {
        uint32_t middle = low + (high - low + 1) / 2;
        if (magnitude >= bounds[middle])
            low = middle;
        else
            high = middle - 1;
    }
    return (int32_t)((negative ? 1u << (e->code_bits - 1) : 0) | low);
}

static float decode_log(const nbx_artifact_buffer *b, uint32_t set, int32_t code)
{
    uint32_t sign = 1u << (b->encoding->code_bits - 1), index = (uint32_t)code & (sign - 1);
    bool negative = ((uint32_t)code & sign) != 0;
    if (negative && index == 0) return 0;
    if (index > b->encoding->top) index = b->encoding->top;
    float x = nbx_log_table(b, set, 0)[index];
    return negative ? -x : x;
}

static int32_t encode_one(const nbx_artifact_buffer *b, uint32_t set, float x)
{
    const nbx_encoding *e = b->encoding;
    int32_t bits;
    switch (e->kind) {
    case NBX_ENC_AFFINE:
        return encode_linear(e, x / b->params[set].scale, b->params[set].zero_point);
    case NBX_ENC_POW2:
        return encode_linear(e, x * power_of_two(b->params[set].exponent), 0);
    case NBX_ENC_LOG:
        return encode_log(b, set, x);
    case NBX_ENC_BINARY:
        return x >= 0;
    case NBX_ENC_FLOAT:
        if (e->storage == NBX_DTYPE_FLOAT16) return nbx_half_from_float(x);
        if (e->storage == NBX_DTYPE_BFLOAT16) return nbx_bf16_from_float(x);
        memcpy(&bits, &x, sizeof(bits));
        return bits;
    default:
        return encode_linear(e, x, 0);
    }
}

static float decode_one(const nbx_artifact_buffer *b, uint32_t set, int32_t code)
{
    const nbx_encoding *e = b->encoding;
    float x;
    switch (e->kind) {
    case NBX_ENC_AFFINE:
        return (float)(((double)code - b->params[set].zero_point) * b->params[set].scale);
    case NBX_ENC_POW2:
        return (float)(code * power_of_two(-b->params[set].exponent));
    case NBX_ENC_LOG:
        return decode_log(b, set, code);
    case NBX_ENC_BINARY:
        return (float)((code & 1) ? b->params[set].scale : -b->params[set].scale);
    case NBX_ENC_FLOAT:
        if (e->storage == NBX_DTYPE_FLOAT16) return nbx_half_to_float((uint16_t)code);
        if (e->storage == NBX_DTYPE_BFLOAT16) return nbx_bf16_to_float((uint16_t)code);
        memcpy(&x, &code, sizeof(x));
        return x;
    default:
        return (float)code;
    }
}

/* The parameter set of element `i`. */
static uint32_t set_of(const nbx_artifact_buffer *b, uint64_t i)
{
    const nbx_encoding *e = b->encoding;
    if (b->param_count <= 1) return 0;
    for (uint32_t axis = b->rank; --axis > e->axis;)
        i /= (uint64_t)b->dims[axis];
    i %= (uint64_t)b->dims[e->axis];
    return (uint32_t)(e->granularity == NBX_PER_BLOCK ? i / e->block : i);
}

/* Plain element types: PLAIN(dtype, C type). Half floats go through their bits. */
#define PLAIN_TYPES                                                                                                                        \
    PLAIN(FLOAT32, float)                                                                                                                  \
    PLAIN(FLOAT64, double)                                                                                                                 \
    PLAIN(UINT8, uint8_t)                                                                                                                  \
    PLAIN(INT8, int8_t)                                                                                                                    \
    PLAIN(UINT16, uint16_t)                                                                                                                \
    PLAIN(INT16, int16_t)                                                                                                                  \
    PLAIN(UINT32, uint32_t)                                                                                                                \
    PLAIN(INT32, int32_t)                                                                                                                  \
    PLAIN(UINT64, uint64_t)                                                                                                                \
    PLAIN(INT64, int64_t)                                                                                                                  \
    PLAIN(BOOL, uint8_t)

bool nbx_codes_supported(const nbx_artifact_buffer *b)
{
    if (b->encoding) return true;
    switch (b->dtype) {
#define PLAIN(dtype, type) case NBX_DTYPE_##dtype:
        PLAIN_TYPES
#undef PLAIN
    case NBX_DTYPE_FLOAT16:
    case NBX_DTYPE_BFLOAT16:
        return true;
    default:
        return false;
    }
}

int32_t nbx_codes_fill(const nbx_artifact_buffer *b)
{
    return b->encoding ? b->encoding->fill_code : 0;
}

static float plain_get(uint32_t dtype, const void *dense, uint64_t i)
{
    uint16_t half;
    switch (dtype) {
#define PLAIN(name, type)                                                                                                                  \
    case NBX_DTYPE_##name: {                                                                                                               \
        type x;                                                                                                                            \
        memcpy(&x, (const char *)dense + i * sizeof(x), sizeof(x));                                                                        \
        return (float)x;                                                                                                                   \
    }
        PLAIN_TYPES
#undef PLAIN
    default:
        memcpy(&half, (const char *)dense + i * 2, 2);
        return dtype == NBX_DTYPE_FLOAT16 ? nbx_half_to_float(half) : nbx_bf16_to_float(half);
    }
}

/* Integers round half to even and saturate; NaN becomes 0. Only floats are usual here. */
static double plain_limit(uint32_t dtype, float x)
{
    static const struct {
        uint32_t dtype;
        double lo, hi;
    } limits[] = {
        {NBX_DTYPE_UINT8, 0, 255},        {NBX_DTYPE_INT8, -128, 127},        {NBX_DTYPE_UINT16, 0, 65535},
        {NBX_DTYPE_INT16, -32768, 32767}, {NBX_DTYPE_UINT32, 0, 4294967295.}, {NBX_DTYPE_INT32, -2147483648., 2147483647.},
        {NBX_DTYPE_UINT64, 0, 0x1p50},    {NBX_DTYPE_INT64, -0x1p50, 0x1p50}, {NBX_DTYPE_BOOL, 0, 1},
    };
    for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++)
        if (limits[i].dtype == dtype) return x != x ? 0 : round_even(clamp(x, limits[i].lo, limits[i].hi));
    return x;
}

static void plain_set(uint32_t dtype, void *dense, uint64_t i, float value)
{
    uint16_t half;
    double limited = plain_limit(dtype, value);
    switch (dtype) {
#define PLAIN(name, type)                                                                                                                  \
    case NBX_DTYPE_##name: {                                                                                                               \
        type x = (type)limited;                                                                                                            \
        memcpy((char *)dense + i * sizeof(x), &x, sizeof(x));                                                                              \
        return;                                                                                                                            \
    }
        PLAIN_TYPES
#undef PLAIN
    default:
        half = dtype == NBX_DTYPE_FLOAT16 ? nbx_half_from_float(value) : nbx_bf16_from_float(value);
        memcpy((char *)dense + i * 2, &half, 2);
    }
}

void nbx_codes_decode(const nbx_artifact_buffer *b, const void *dense, uint64_t first, uint32_t count, float *out)
{
    for (uint32_t i = 0; i < count; i++)
        out[i] = b->encoding ? decode_one(b, set_of(b, first + i), nbx_code_get(b->encoding, dense, first + i))
                             : plain_get(b->dtype, dense, first + i);
}

void nbx_codes_encode(const nbx_artifact_buffer *b, const float *values, uint64_t first, uint32_t count, void *dense)
{
    for (uint32_t i = 0; i < count; i++) {
        if (b->encoding)
            nbx_code_set(b->encoding, dense, first + i, encode_one(b, set_of(b, first + i), values[i]));
        else
            plain_set(b->dtype, dense, first + i, values[i]);
    }
}
