/* SPDX-License-Identifier: Apache-2.0 */
/* Inner loops of one cell type (CELL), NAME(dense) for POSITIONS positions at once and NAME(depthwise). Included by products.c only. */

static void NAME(dense)(const weighted_tile *tile)
{
    const CELL *x = tile->x;
    for (uint32_t first = 0; first < tile->positions; first += POSITIONS) {
        CELL part[POSITIONS][WEIGHTED_LANES] = {{0}};
        double total[POSITIONS][WEIGHTED_LANES] = {{0}};
        const CELL *w = tile->weights;
        for (uint32_t r = 0; r < tile->run_count; r++) {
            const weighted_run *run = &tile->runs[r];
            const CELL *at[POSITIONS];
            for (uint32_t p = 0; p < POSITIONS; p++)
                at[p] = x + tile->offsets[first + p] + run->offset;
            for (uint32_t i = 0; i < run->length; i++, w += WEIGHTED_LANES)
                for (uint32_t p = 0; p < POSITIONS; p++)
                    for (uint32_t l = 0; l < WEIGHTED_LANES; l++)
                        part[p][l] += at[p][i] * w[l];
            if (!run->flush) continue;
            for (uint32_t p = 0; p < POSITIONS; p++)
                for (uint32_t l = 0; l < WEIGHTED_LANES; l++) {
                    total[p][l] += (double)part[p][l];
                    part[p][l] = 0;
                }
        }
        for (uint32_t l = 0; l < WEIGHTED_LANES; l++)
            for (uint32_t p = 0; p < POSITIONS; p++)
                tile->sums[l * WEIGHTED_TILE + first + p].r = total[p][l];
    }
}

#if POSITIONS > 1
static void NAME(depthwise)(const weighted_tile *tile)
{
    const CELL *x = tile->x;
    for (uint32_t first = 0; first < tile->positions; first++) {
        CELL part[WEIGHTED_LANES] = {0};
        double total[WEIGHTED_LANES] = {0};
        const CELL *w = tile->weights, *base = x + tile->offsets[first];
        for (uint32_t r = 0; r < tile->run_count; r++, w += WEIGHTED_LANES) {
            const CELL *at = base + tile->runs[r].offset;
            for (uint32_t l = 0; l < WEIGHTED_LANES; l++)
                part[l] += at[l] * w[l];
            if (!tile->runs[r].flush) continue;
            for (uint32_t l = 0; l < WEIGHTED_LANES; l++) {
                total[l] += (double)part[l];
                part[l] = 0;
            }
        }
        for (uint32_t l = 0; l < WEIGHTED_LANES; l++)
            tile->sums[l * WEIGHTED_TILE + first].r = total[l];
    }
}
#endif
