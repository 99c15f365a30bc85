/* SPDX-License-Identifier: Apache-2.0 */
/** One segment of an artifact, loaded on its plugin and ready to run. */
#ifndef NBX_RT_SEGMENT_H
#define NBX_RT_SEGMENT_H

#include "rt/plugin.h"

typedef struct nbx_rt_segment {
    const nbx_artifact_segment *row;
    nbx_rt_plugin *plugin;
    nbx_device *device; /* borrowed from the chip */
    nbx_program *program;
    nbx_run_context *context;
    nbx_buffer *inputs, *outputs; /* bound once, the caller's pointers before each run */
} nbx_rt_segment;

/** Probes, loads and describes. `aligns` holds one entry per buffer of the artifact and is raised to what the ports want. */
nbx_status nbx_rt_segment_load(const nbx_artifact *artifact, const nbx_artifact_segment *row, nbx_rt_plugin *plugin, nbx_device *device,
                               uint64_t *aligns, nbx_rt_segment *out, nbx_fault *fault);
/** `pointers`: one per buffer of the artifact. */
nbx_status nbx_rt_segment_run(nbx_rt_segment *segment, void *const *pointers, nbx_fault *fault);
void nbx_rt_segment_unload(nbx_rt_segment *segment);

#endif
