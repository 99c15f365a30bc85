/* SPDX-License-Identifier: Apache-2.0 */
/** Running artifacts from the command: the board's own runtime over plugins that the registry trusts. */
#ifndef NBX_TOOLS_ARTIFACT_RUN_H
#define NBX_TOOLS_ARTIFACT_RUN_H

#include "studies/eval/eval.h"
#include "tools/cli.h"

/** Does the file begin like an artifact? False also if it cannot be read. */
bool nbx_is_artifact(const char *path);
/** Runs every sample of --data through the artifact; outputs become float32. */
nbx_status nbx_artifact_run(nbx_cli *cli, nbx_eval_outputs *out);

#endif
