/* SPDX-License-Identifier: Apache-2.0 */
/* Log codes by table: the thresholds are found once by asking the schema's encoder, so that both agree on every float. */
#include "log_grid.h"

#include <math.h>

/* The smallest positive float for which `code(x) >= index` holds, near `guess`. code() is monotonic. */
static float first_float(const nbx_encoding *encoding, const nbx_qparam *param, double guess, int32_t index)
{
    float x = guess < 1.2e-38 ? 1.2e-38f : guess > 3e38 ? 3e38f : (float)guess;
    const int32_t zero = encoding->zero_code;
    int32_t code = nbx_encode(encoding, param, (double)x);
    while (code != zero && code >= index && x > 0) {
        x = nextafterf(x, 0.0f);
        code = nbx_encode(encoding, param, (double)x);
    }
    while ((code == zero || code < index) && x < 3.4e38f) {
        x = nextafterf(x, INFINITY);
        code = nbx_encode(encoding, param, (double)x);
    }
    return x;
}

/* The smallest |x| for which -|x| is not zero. */
static float first_negative(const nbx_encoding *encoding, const nbx_qparam *param, double guess)
{
    float x = guess < 1.2e-38 ? 1.2e-38f : (float)guess;
    while (nbx_encode(encoding, param, -(double)x) != encoding->zero_code && x > 0)
        x = nextafterf(x, 0.0f);
    while (nbx_encode(encoding, param, -(double)x) == encoding->zero_code && x < 3.4e38f)
        x = nextafterf(x, INFINITY);
    return x;
}

const kernel_log_grid *kernel_log_grid_make(nbx_kernels *program, const nbx_encoding *encoding, const nbx_qparam *param)
{
    const double steps = encoding->steps, z = param->exponent;
    kernel_log_grid *grid = kernel_alloc(program, 1, sizeof *grid);
    if (!grid) return NULL;
    grid->steps = encoding->steps;
    grid->top = encoding->top;
    grid->exponent = param->exponent;
    grid->sign_bit = 1u << (encoding->code_bits - 1);
    grid->values = kernel_alloc(program, grid->top + 1, sizeof *grid->values);
    grid->positive = kernel_alloc(program, grid->top + 1, sizeof *grid->positive);
    if (!grid->values || !grid->positive) return NULL;
    for (uint32_t i = 0; i <= grid->top; i++) {
        const double edge = i ? (double)i - 0.5 : -steps; /* index 0 reaches down to M8's threshold */
        grid->values[i] = (double)nbx_decode_f32(encoding, param, (int32_t)i);
        grid->positive[i] = first_float(encoding, param, exp2((edge + z) / steps), (int32_t)i);
    }
    grid->negative1 = first_negative(encoding, param, exp2((z + 1 - steps) / steps));
    for (uint32_t i = 0; i < 256; i++)
        grid->fraction[i] = (uint16_t)(steps * log2(1.0 + i / 256.0) + 0.5);
    return grid;
}

double kernel_log_decode(const kernel_log_grid *grid, int64_t code)
{
    uint32_t index = (uint32_t)code & (grid->sign_bit - 1);
    const bool negative = ((uint32_t)code & grid->sign_bit) != 0;
    if (index > grid->top) index = grid->top;
    if (!negative) return grid->values[index];
    return index ? -grid->values[index] : 0.0;
}
