/* SPDX-License-Identifier: Apache-2.0 */
/** The metric table: scores of one output over samples. */
#ifndef NBX_STUDIES_METRICS_H
#define NBX_STUDIES_METRICS_H

#include <nbx/plugin/graph.h>
#include <stdbool.h>

/** One output over samples, and its labels. */
typedef struct nbx_metric_call {
    const float *values;    /* samples * elements */
    const float *reference; /* float results, for metrics without labels; same shape */
    const float *labels;    /* samples * label_elements, or NULL */
    uint64_t samples, elements, label_elements;
    uint32_t k;
} nbx_metric_call;

typedef struct nbx_metric {
    const char *name;
    bool needs_labels;
    double (*score)(const nbx_metric_call *call);                    /* higher is better */
    uint64_t (*label_elements)(uint64_t elements);                   /* labels per sample that fit an output; NULL: none */
    uint64_t (*classes)(uint64_t elements, uint64_t label_elements); /* labels are numbers below it; NULL: any number */
    const char *text;
} nbx_metric;

/** By name, or NULL; by position, or NULL past the end. */
const nbx_metric *nbx_metric_find(const char *name);
const nbx_metric *nbx_metric_at(uint32_t index);

/** A label as a class; UINT64_MAX for one that is none (negative, not a number). */
uint64_t nbx_label_index(float label);
/** Index of the largest of `count` values; the first wins a tie. */
uint64_t nbx_argmax(const float *values, uint64_t count);

#endif
