/* SPDX-License-Identifier: Apache-2.0 */
/** From sums to outputs: bias, factor or requantization, clamps. */
#ifndef GOLDEN_FINISH_H
#define GOLDEN_FINISH_H

#include "product.h"

/**
 * Per output channel (one where weights have one parameter set), per chunk: a run of terms with its own weight scale.
 *
 * direct   accumulator to code by the requant mode; otherwise the real path
 */
typedef struct golden_finish {
    const golden_sum *sum;
    const double *factors; /* [channels][chunks] */
    const double *multipliers;
    const int32_t *shifts;
    uint64_t channels, chunks;
    bool direct;
    bool bias_codes; /* the bias is added to the accumulator */
    double alpha, beta;
    uint32_t bias_input;
} golden_finish;

/**
 * What a family tells about its weights.
 *
 * channels, chunks   how many parameter sets matter; element(i, channel, chunk) is a weight that belongs there
 */
typedef struct golden_weights {
    golden_operands operands;
    uint64_t channels, chunks;
    const void *self;
    uint64_t (*element)(const void *self, uint64_t channel, uint64_t chunk);
    double alpha, beta;
} golden_weights;

int32_t golden_finish_prepare(golden *program, golden_node *node, const golden_weights *weights, const golden_sum *sum, golden_finish *out);

/** One run of outputs: indices of the first one, and how they advance. */
typedef struct golden_run_out {
    uint64_t channel, channel_step;
    uint64_t out;
    uint64_t bias, bias_step;
    uint32_t count;
} golden_run_out;

/** acc: int64 accumulators (direct) or the real values of the sums. */
void golden_finish_run(const golden_call *call, const golden_finish *finish, const golden_run_out *run, const void *acc);
/** Adds one chunk's accumulators to the real values. */
void golden_finish_chunk(const golden_call *call, const golden_finish *finish, const golden_run_out *run, uint64_t chunk, const void *acc,
                         double *values);

#endif
