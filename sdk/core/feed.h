/* SPDX-License-Identifier: Apache-2.0 */
/** Samples for a model: source elements of every input, and the preprocessing that makes them float32. */
#ifndef NBX_CORE_FEED_H
#define NBX_CORE_FEED_H

#include "core/graph.h"

/** One model input. Sample i starts at data + i * sample_bytes; elements are `dtype` in the source's layout. */
typedef struct nbx_feed_input {
    uint32_t value;       /* of the graph */
    uint32_t model_dtype; /* what the model takes: FLOAT32, or an integer type for indices */
    uint32_t dtype;
    const void *data;
    uint64_t sample_bytes, elements;
    uint64_t channels, inner;   /* elements = batch * channels * inner, by the model's NCHW shape */
    bool nhwc;                  /* the source has channels last */
    const double *mean, *scale; /* real = (x - mean) * scale; one or `channels` of them, or none */
    uint32_t mean_count, scale_count;
} nbx_feed_input;

typedef struct nbx_feed {
    nbx_feed_input *inputs; /* in the order of graph->inputs */
    uint32_t input_count;
    uint32_t sample_count;
} nbx_feed;

/**
 * Sample `sample` of input `input`, dense in the model's layout and type (`elements` of them; 8 bytes each are enough).
 * Reals are rounded once from double; integer inputs are not preprocessed.
 */
void nbx_feed_sample(const nbx_feed *feed, uint32_t input, uint32_t sample, void *out);
/** The range that preprocessing can produce from an integer source; false for float sources. */
bool nbx_feed_range(const nbx_feed_input *input, double *lo, double *hi);

#endif
