/* SPDX-License-Identifier: Apache-2.0 */
/** Faults of the runtime as diagnostics of a context. */
#ifndef NBX_FORMATS_ARTIFACT_FAULT_H
#define NBX_FORMATS_ARTIFACT_FAULT_H

#include "core/context.h"
#include "rt/fault.h"

/** Raises `fault` with `path` as its place; its code's status. */
nbx_status nbx_artifact_raise(nbx_context *context, const char *path, const nbx_fault *fault);

#endif
