/* SPDX-License-Identifier: Apache-2.0 */
/** A metric that a command of the user computes. */
#ifndef NBX_STUDIES_COMMAND_H
#define NBX_STUDIES_COMMAND_H

#include "studies/eval/eval.h"

/**
 * Writes every output as OUTPUT.npy ([samples, elements], float32) into a fresh folder, runs `argv` with that folder as an
 * additional last argument, and reads the number on the last line of what it prints. The folder is removed afterwards.
 */
nbx_status nbx_metric_command(nbx_context *context, const char *const *argv, const nbx_eval_outputs *outputs, double *score);

#endif
