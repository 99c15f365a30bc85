/* SPDX-License-Identifier: Apache-2.0 */
/** Host conversions between two buffers of an artifact, prepared once and run without allocating. */
#ifndef NBX_RT_CONVERT_H
#define NBX_RT_CONVERT_H

#include "rt/artifact.h"
#include "schema/layouts.h"

typedef struct nbx_converter {
    const nbx_artifact_step *step;
    const nbx_artifact_buffer *from, *to;
    nbx_layout_plan from_plan, to_plan;
    uint64_t elements, channels, inner; /* channel of element i: i / inner % channels */
    bool same_codes;                    /* codes move, no float32 in between */
    bool same_bytes;                    /* and layouts are equal too */
    uint64_t dense_bytes;               /* scratch: one dense copy in either element size */
} nbx_converter;

/** The step was checked by nbx_artifact_check. E-RT-009 if element types have no conversion. */
nbx_status nbx_converter_prepare(const nbx_artifact *artifact, const nbx_artifact_step *step, nbx_converter *out, nbx_fault *fault);
/** Scratch is of at least `dense_bytes`, 64-byte aligned; buffers of at least their `bytes`. */
void nbx_converter_run(const nbx_converter *converter, const void *from, void *to, void *scratch);

#endif
