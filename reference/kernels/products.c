/* SPDX-License-Identifier: Apache-2.0 */
/* The inner loops: multiply and add for float and double cells, look up and add for log codes; rounding is epilogue.c's. */
#include "weighted.h"

#define CELL      float
#define NAME(x)   f32_##x
#define POSITIONS 4
#include "product_template.h"
#undef NAME
#undef POSITIONS
#define NAME(x)   f32_single_##x
#define POSITIONS 1
#include "product_template.h"
#undef CELL
#undef NAME
#undef POSITIONS

#define CELL      double
#define NAME(x)   f64_##x
#define POSITIONS 2
#include "product_template.h"
#undef NAME
#undef POSITIONS
#define NAME(x)   f64_single_##x
#define POSITIONS 1
#include "product_template.h"

/* One product is one load: the antilog table, entered at the activation's position, read at the weight's. */
static void index_dense(const weighted_tile *tile)
{
    const uint16_t *x = tile->x;
    for (uint32_t p = 0; p < tile->positions; p++) {
        int64_t s0 = 0, s1 = 0, s2 = 0, s3 = 0, s4 = 0, s5 = 0, s6 = 0, s7 = 0;
        const uint16_t *w = tile->weights;
        for (uint32_t r = 0; r < tile->run_count; r++) {
            const uint16_t *at = x + tile->offsets[p] + tile->runs[r].offset;
            for (uint32_t i = 0; i < tile->runs[r].length; i++, w += WEIGHTED_LANES) {
                const int64_t *t = tile->antilog + at[i];
                s0 += t[w[0]];
                s1 += t[w[1]];
                s2 += t[w[2]];
                s3 += t[w[3]];
                s4 += t[w[4]];
                s5 += t[w[5]];
                s6 += t[w[6]];
                s7 += t[w[7]];
            }
        }
        tile->sums[0 * WEIGHTED_TILE + p].i = s0;
        tile->sums[1 * WEIGHTED_TILE + p].i = s1;
        tile->sums[2 * WEIGHTED_TILE + p].i = s2;
        tile->sums[3 * WEIGHTED_TILE + p].i = s3;
        tile->sums[4 * WEIGHTED_TILE + p].i = s4;
        tile->sums[5 * WEIGHTED_TILE + p].i = s5;
        tile->sums[6 * WEIGHTED_TILE + p].i = s6;
        tile->sums[7 * WEIGHTED_TILE + p].i = s7;
    }
}

static void index_depthwise(const weighted_tile *tile)
{
    const uint16_t *x = tile->x;
    for (uint32_t p = 0; p < tile->positions; p++) {
        int64_t sum[WEIGHTED_LANES] = {0};
        const uint16_t *w = tile->weights;
        for (uint32_t r = 0; r < tile->run_count; r++, w += WEIGHTED_LANES) {
            const uint16_t *at = x + tile->offsets[p] + tile->runs[r].offset;
            for (uint32_t l = 0; l < WEIGHTED_LANES; l++)
                sum[l] += tile->antilog[at[l] + w[l]];
        }
        for (uint32_t l = 0; l < WEIGHTED_LANES; l++)
            tile->sums[l * WEIGHTED_TILE + p].i = sum[l];
    }
}

weighted_product weighted_product_for(weighted_cell cell, bool depthwise, bool single)
{
    static const weighted_product rows[3][3] = {
        [WEIGHTED_F32] = {f32_dense, f32_single_dense, f32_depthwise},
        [WEIGHTED_F64] = {f64_dense, f64_single_dense, f64_depthwise},
        [WEIGHTED_INDEX] = {index_dense, index_dense, index_depthwise},
    };
    return rows[cell][depthwise ? 2 : single];
}
