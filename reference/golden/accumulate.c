/* SPDX-License-Identifier: Apache-2.0 */
/* The inner loops: sums of products for one tile of output positions; terms in the order input channel, kernel row, column. */
#include "product.h"

static void add_real(uint64_t terms, const double *restrict left, const double *restrict right, double *restrict acc)
{
    uint64_t k = 0;
    uint32_t i;
    /* Four terms per pass over the accumulators; still added one after the other. */
    for (; k + 4 <= terms; k += 4) {
        const double a = left[k], b = left[k + 1], c = left[k + 2], d = left[k + 3];
        const double *restrict r = right + k * GOLDEN_TILE;
        for (i = 0; i < GOLDEN_TILE; i++)
            acc[i] = (((acc[i] + a * r[i]) + b * r[i + GOLDEN_TILE]) + c * r[i + 2 * GOLDEN_TILE]) + d * r[i + 3 * GOLDEN_TILE];
    }
    for (; k < terms; k++)
        for (i = 0; i < GOLDEN_TILE; i++)
            acc[i] += left[k] * right[k * GOLDEN_TILE + i];
}

static void add_products(uint64_t terms, const int64_t *restrict left, const int64_t *restrict right, int64_t *restrict acc)
{
    uint64_t k;
    uint32_t i;
    for (k = 0; k < terms; k++) {
        const int64_t w = left[k];
        const int64_t *restrict r = right + k * GOLDEN_TILE;
        if (w == 0) continue;
        for (i = 0; i < GOLDEN_TILE; i++)
            acc[i] += w * r[i];
    }
}

static void add_lookups(const golden_sum *sum, uint64_t terms, const int64_t *restrict left, const int64_t *restrict right,
                        int64_t *restrict acc)
{
    uint64_t k;
    uint32_t i;
    for (k = 0; k < terms; k++) {
        const int64_t *restrict table = (left[k] & 1 ? sum->negated : sum->table) + (left[k] >> 1);
        const int64_t *restrict r = right + k * GOLDEN_TILE;
        if (left[k] < 0) continue;
        for (i = 0; i < GOLDEN_TILE; i++)
            acc[i] += table[r[i]];
    }
}

static int64_t clamp_acc(const golden_sum *sum, int64_t acc)
{
    if (acc > sum->acc_hi) return sum->acc_hi;
    return acc < sum->acc_lo ? sum->acc_lo : acc;
}

static int64_t one_product(const golden_sum *sum, int64_t left, int64_t right)
{
    if (sum->kind == GOLDEN_SUM_MULTIPLY) return left * right;
    if (left < 0) return 0;
    return (left & 1 ? sum->negated : sum->table)[(left >> 1) + right];
}

/** An accumulator that saturates at each step. */
static void add_saturating(const golden_sum *sum, uint64_t terms, const int64_t *left, const int64_t *right, int64_t *acc)
{
    uint64_t k;
    uint32_t i;
    for (k = 0; k < terms; k++)
        for (i = 0; i < GOLDEN_TILE; i++)
            acc[i] = clamp_acc(sum, acc[i] + one_product(sum, left[k], right[k * GOLDEN_TILE + i]));
}

void golden_accumulate(const golden_sum *sum, uint64_t terms, const void *left, const void *right, void *acc)
{
    if (sum->kind == GOLDEN_SUM_REAL)
        add_real(terms, left, right, acc);
    else if (sum->limited && sum->overflow == NBX_OVERFLOW_SATURATE_STEP)
        add_saturating(sum, terms, left, right, acc);
    else if (sum->kind == GOLDEN_SUM_MULTIPLY)
        add_products(terms, left, right, acc);
    else
        add_lookups(sum, terms, left, right, acc);
}

int64_t golden_acc_final(const golden_sum *sum, int64_t acc)
{
    uint64_t low;
    if (!sum->limited) return acc;
    if (sum->overflow != NBX_OVERFLOW_WRAP) return clamp_acc(sum, acc);
    low = (uint64_t)acc & (((uint64_t)1 << sum->acc_bits) - 1);
    return low >> (sum->acc_bits - 1) ? (int64_t)low - ((int64_t)1 << sum->acc_bits) : (int64_t)low;
}
