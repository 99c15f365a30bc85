/* SPDX-License-Identifier: Apache-2.0 */
/** Size arithmetic that cannot wrap around. Private to schema: core has its own, and schema may not include it. */
#ifndef NBX_SCHEMA_SIZES_H
#define NBX_SCHEMA_SIZES_H

#include <stdbool.h>
#include <stdint.h>

/** False on overflow; *out is then untouched. */
static inline bool nbx_size_multiply(uint64_t a, uint64_t b, uint64_t *out)
{
    if (b != 0 && a > UINT64_MAX / b) return false;
    *out = a * b;
    return true;
}

static inline bool nbx_size_add(uint64_t a, uint64_t b, uint64_t *out)
{
    if (a > UINT64_MAX - b) return false;
    *out = a + b;
    return true;
}

/** Rounds up to a multiple of `step`, which is not 0. */
static inline bool nbx_size_round_up(uint64_t value, uint64_t step, uint64_t *out)
{
    uint64_t rest = value % step;
    return nbx_size_add(value, rest ? step - rest : 0, out);
}

#endif
