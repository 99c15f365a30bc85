/* SPDX-License-Identifier: Apache-2.0 */
/** Rounding, and requantization of integer accumulators in every mode of requants.def (docs/numerics.md, section 4). */
#ifndef KERNELS_REQUANT_H
#define KERNELS_REQUANT_H

#include <stdbool.h>
#include <stdint.h>

typedef enum kernel_rounding { KERNEL_EVEN, KERNEL_UP, KERNEL_AWAY, KERNEL_FLOOR, KERNEL_ZERO } kernel_rounding;

/** Half to even by the adder's own rounding; exact for |x| below 2^51, larger doubles are returned as they are or nearly. */
static inline double kernel_round_even(double x)
{
    const double magic = 6755399441055744.0; /* 1.5 * 2^52 */
    if (!(x > -1e15 && x < 1e15)) return x;
    return (x + magic) - magic;
}

double kernel_round(kernel_rounding rounding, double x);
/** The rounding that the real path takes under a requant mode. */
kernel_rounding kernel_rounding_of(uint32_t requant);

/** One output channel's requantizer. t and shift may have any value; the results are as for unbounded integers. */
typedef struct kernel_rescale {
    uint32_t mode;
    int32_t m, t, e; /* m family: M = m * 2^-t, e = 31 - t (mul16: m and t of 16 bits) */
    int32_t shift;   /* s family */
    double real;     /* r family */
} kernel_rescale;

/** False for a shift mode whose multiplier is not a power of two, and for an unknown mode. */
bool kernel_rescale_make(uint32_t mode, double multiplier, kernel_rescale *out);
/** The rescaled accumulator, saturated to int64, before zero point and clamp. */
int64_t kernel_rescale_apply(const kernel_rescale *rescale, int64_t acc);

#endif
