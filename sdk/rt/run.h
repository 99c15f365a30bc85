/* SPDX-License-Identifier: Apache-2.0 */
/** The object behind nbx/rt.h. */
#ifndef NBX_RT_RUN_H
#define NBX_RT_RUN_H

#include "rt/convert.h"
#include "rt/segment.h"

typedef struct nbx_rt_chip {
    nbx_rt_plugin plugin;
    nbx_device *device;
} nbx_rt_chip;

struct nbx_rt {
    nbx_fault fault;
    char error[600];
    void *mapping;
    size_t mapping_bytes;
    nbx_artifact artifact;
    nbx_rt_chip *chips;
    nbx_rt_segment *segments;
    nbx_converter *converters; /* one per step; empty for runs */
    void **pointers;           /* one per buffer: ours, or the caller's of this run */
    void *owned;               /* all inner buffers and the scratch, one block */
    void *scratch;
    uint64_t *aligns; /* one per buffer */
    uint32_t *ports;  /* buffer indices: inputs, then outputs */
    uint32_t input_count, output_count;
};

/** Opens chips, loads segments, prepares conversions, allocates buffers. rt->artifact is open. */
nbx_status nbx_rt_prepare(nbx_rt *rt, const nbx_rt_options *options);
/** Undoes it, also when it stopped half-way. */
void nbx_rt_release(nbx_rt *rt);
/** All steps in order; the pointers of the ports are set. */
nbx_status nbx_rt_execute(nbx_rt *rt);

#endif
