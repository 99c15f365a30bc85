/* SPDX-License-Identifier: Apache-2.0 */
/** A compiled plan as an artifact form, ready to be written. */
#ifndef NBX_STAGES_PACKAGE_H
#define NBX_STAGES_PACKAGE_H

#include "rt/artifact.h"
#include "stages/stages.h"

/** Fills `out` from a compiled plan; everything lives in the plan's arena. NBX_UNSUPPORTED if an output is a constant. */
nbx_status nbx_package_plan(nbx_plan *plan, const char *model_digest, nbx_artifact *out);
/** SHA-256 of a model file in hex, as the header of its artifact has it. NBX_IO. */
nbx_status nbx_model_digest(nbx_context *context, const char *path, char out[65]);

#endif
