/* SPDX-License-Identifier: Apache-2.0 */
/* Computes the decision tables of log encodings from nbx_encode and nbx_decode themselves, so that both sides agree by construction. */
#include "formats/artifact_log.h"

#include <string.h>

#include "schema/encodings.h"

static float float_of(uint32_t bits)
{
    float x;
    memcpy(&x, &bits, sizeof(x));
    return x;
}

/* Whether +-x encodes to index `index` or more of its sign; zero is below every index. */
static bool reaches(const nbx_encoding *e, const nbx_qparam *param, float x, uint32_t index)
{
    int32_t code = nbx_encode(e, param, (double)x);
    uint32_t sign = 1u << (e->code_bits - 1);
    return code != e->zero_code && ((uint32_t)code & (sign - 1)) >= index;
}

/* The least float32 magnitude that reaches an index: bisection over the bit patterns, which are ordered like the values. */
static float bound_of(const nbx_encoding *e, const nbx_qparam *param, bool negative, uint32_t index, uint32_t from)
{
    uint32_t low = from, high = 0x7f800000u; /* infinity: nothing finite reaches it */
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        float x = float_of(middle);
        if (reaches(e, param, negative ? -x : x, index))
            high = middle;
        else
            low = middle + 1;
    }
    return float_of(low);
}

void nbx_artifact_log_tables(const nbx_encoding *e, const nbx_qparam *param, float *out)
{
    uint32_t rows = e->top + 1;
    for (uint32_t i = 0; i < rows; i++)
        out[i] = nbx_decode_f32(e, param, (int32_t)i);
    for (uint32_t sign = 0; sign < 2; sign++) {
        uint32_t from = 1; /* bounds rise, so each search starts where the last one ended */
        for (uint32_t i = 0; i < rows; i++) {
            float bound = bound_of(e, param, sign == 1, i, from);
            out[(1 + sign) * (size_t)rows + i] = bound;
            memcpy(&from, &bound, sizeof(from));
        }
    }
}
