/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Conv, ConvTranspose, Gemm and MatMul as one thing: output positions, each with runs of consecutive operands.
 *
 * The input is rewritten once per image as cells of one type, channels last, with its padding as zeros, so that the inner
 * loops have no bounds to check. Weights lie in blocks of LANES output channels: [tap][input channel][lane].
 */
#ifndef KERNELS_WEIGHTED_H
#define KERNELS_WEIGHTED_H

#include "executors.h"

#define WEIGHTED_LANES 8
#define WEIGHTED_TILE  64

/** Cells of the rewritten operands. */
typedef enum weighted_cell {
    WEIGHTED_F32,  /* reals, or integers whose block sums stay below 2^24: exact either way */
    WEIGHTED_F64,  /* reals, or integers whose sums stay below 2^53 */
    WEIGHTED_INDEX /* log_expadd: uint16 positions in the antilog table */
} weighted_cell;

typedef union weighted_sum {
    int64_t i;
    double r;
} weighted_sum;

/** `length` cells from `offset`; after `flush` the partial sums go to the totals. */
typedef struct weighted_run {
    uint64_t offset;
    uint32_t length;
    bool flush;
} weighted_run;

/** What one inner loop needs. offsets: cell offset of each position's first operand. sums: [LANES][TILE]. */
typedef struct weighted_tile {
    const void *x;
    const uint64_t *offsets;
    uint32_t positions;
    const weighted_run *runs;
    uint32_t run_count;
    const void *weights;
    const int64_t *antilog;
    weighted_sum *sums;
} weighted_tile;

typedef void (*weighted_product)(const weighted_tile *tile);

/** Where element (channel, input, tap) of the weights lies in their tensor. */
typedef struct weighted_index {
    uint64_t channel, input, tap, group;
    bool flip; /* ConvTranspose runs its kernel backwards */
} weighted_index;

/** How codes of an operand become cells. */
typedef struct weighted_map {
    uint16_t product;
    const kernel_tensor *tensor;
    const double *magnitudes;       /* log_table: T[index] */
    uint32_t index_factor, section; /* log_expadd: S / S_x, and D of the antilog table */
    double table[256];              /* 8-bit cells with one parameter set */
    bool by_table;
} weighted_map;

/** Per output channel. */
typedef struct weighted_channel {
    double factor;
    kernel_rescale rescale;
    int32_t zero_point, lo, hi;
} weighted_channel;

/** Spatial axes are always three, slowest first. */
typedef struct weighted {
    weighted_cell cell;
    weighted_product product;
    bool depthwise, ordered, blocked, rescaled, real_sums, per_step;
    uint32_t batches, channels, groups, group_in, group_out, outputs;
    uint64_t in[3], out[3], kernel[3], stride[3], dilation[3], spread[3], padded[3];
    int64_t pad[3];
    uint64_t positions, taps;
    uint64_t x_channel, x_position, y_channel, y_position, y_batch;
    uint64_t *x_batch, *w_batch; /* element offset of each batch */
    weighted_run *runs;
    uint32_t run_count, block_count, blocks_per_group;
    uint64_t *tap_offsets;
    weighted_index index;
    weighted_map x, w;
    const void *weights; /* NULL: packed at every run, at weights_offset of the working memory */
    uint64_t weights_offset, x_cells;
    int64_t *antilog;
    uint32_t zero_index;
    weighted_channel *per_channel;
    double alpha, beta;
    uint32_t bias_value;
    uint64_t bias_channel, bias_position;
    bool bias_codes;
} weighted;

static inline uint32_t weighted_cell_bytes(weighted_cell cell)
{
    return cell == WEIGHTED_F32 ? 4 : cell == WEIGHTED_F64 ? 8 : 2;
}

/** Inner loop for one position at a time and for several (products.c). */
weighted_product weighted_product_for(weighted_cell cell, bool depthwise, bool single);

/** Geometry of the op (geometry.c): shapes, strides, taps; refuses what disagrees. */
int32_t weighted_geometry(nbx_kernels *program, const kernel_step *step, weighted *out);

/** Operand maps, antilog table, cell type and runs (operands.c). */
/** First output channel of a block, how many it has, and the cell offset of their first input channel. */
typedef struct weighted_lanes {
    uint32_t channel, count, input;
} weighted_lanes;
weighted_lanes weighted_lanes_of(const weighted *plan, uint32_t block);

int32_t weighted_choose(nbx_kernels *program, const kernel_step *step, weighted *out);
uint64_t weighted_element(const weighted *plan, uint32_t channel, uint64_t input, uint64_t tap);
void weighted_pack_weights(const weighted *plan, const void *cells, uint64_t batch, void *packed);
void weighted_fill(const weighted *plan, const void *cells, uint64_t batch, void *x);

/** Factors, requantizers and bias of the output channels (epilogue.c). */
int32_t weighted_epilogue_prepare(nbx_kernels *program, const kernel_step *step, weighted *out);

/** Where a run of sums of one channel goes. */
typedef struct weighted_target {
    uint32_t channel;
    uint64_t batch, position;
    uint32_t count;
} weighted_target;
void weighted_epilogue(const kernel_step *step, const kernel_run *run, const weighted_target *target, const weighted_sum *sums);

/** Exact int64 sums in the declared order, for overflow at each step, blocks of weights and wide operands (ordered.c). */
void weighted_ordered(const kernel_step *step, const weighted_tile *tile, uint32_t channel, uint32_t lanes);
int64_t weighted_wrap(int64_t acc, uint32_t bits);
int64_t weighted_saturate(int64_t acc, uint32_t bits);

#endif
