/* SPDX-License-Identifier: Apache-2.0 */
/** A job: what the YAML file or the command line asks for. One struct per target. Texts live in the job's arena. */
#ifndef NBX_TARGET_JOB_H
#define NBX_TARGET_JOB_H

#include <stdbool.h>

#include "core/arena.h"
#include "core/context.h"

typedef struct nbx_job_input {
    const char *name;
    const int64_t *shape; /* NULL: the model's */
    uint32_t shape_count;
    const char *source_layout, *source_type; /* "NCHW", "uint8"; NULL: float32 in the model's layout */
    const double *mean, *scale;              /* value = (x - mean) * scale, one or one per channel; counts 0: none */
    uint32_t mean_count, scale_count;
    nbx_place place;
} nbx_job_input;

typedef struct nbx_job_output {
    const char *name;
    bool dequantize; /* default true */
    nbx_place place;
} nbx_job_output;

/** `match` is a glob over node names (*, ?). Later rows win. */
typedef struct nbx_job_node {
    const char *match;
    const char *scheme; /* or NULL */
    const char *at;     /* place: "chip", "fallback" or a chip spec; or NULL */
    nbx_place place;
} nbx_job_node;

typedef struct nbx_job_option {
    const char *name, *value;
    nbx_place place;
} nbx_job_option;

typedef struct nbx_job {
    nbx_context *context;
    nbx_arena *arena;
    const char *path;   /* of the YAML file, NULL when built from flags */
    const char *folder; /* of that file, "" for the current one; `calibration` already begins with it */
    const char *target; /* "vendor/chip" */
    nbx_place target_place;
    nbx_job_option *options;
    uint32_t option_count;
    const char **fallback; /* specs in order; "reference" reads as "reference/any" */
    uint32_t fallback_count;
    nbx_job_input *inputs;
    uint32_t input_count;
    nbx_job_output *outputs;
    uint32_t output_count;
    const char *metric; /* "top1", "topk", "cells", "iou", "cosine" or NULL */
    uint32_t metric_k;
    const char *const *metric_command; /* argv, NULL-terminated, or NULL */
    bool has_latency_ms, has_drop, has_memory_mb;
    double latency_ms, drop, memory_mb;
    const char *scheme;      /* quantization.scheme: for every node without its own; NULL: the chip's default */
    const char *method;      /* "minmax" (default), "percentile", "none" */
    double percentile;       /* default 99.99 */
    const char *calibration; /* path of a .npy, as the operating system needs it (joined with the folder); NULL: no data */
    uint32_t samples;        /* 0: all */
    bool bias_correction;    /* default true */
    nbx_job_node *nodes;
    uint32_t node_count;
    const struct nbx_yaml *tree; /* the merged YAML it was bound from, for nbx_job_explain */
} nbx_job;

/** The job's description of model input `name`, which is the model's input number `index`: by name, else the nameless row that
 * flags make for the first input. NULL if there is none. */
const nbx_job_input *nbx_job_find_input(const nbx_job *job, const char *name, uint32_t index);

/** All jobs of one file: one, or one per entry of `targets:`. */
typedef struct nbx_job_set {
    nbx_job *jobs;
    uint32_t count;
    nbx_arena *arena;
} nbx_job_set;

#endif
