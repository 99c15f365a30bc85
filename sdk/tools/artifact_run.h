/* SPDX-License-Identifier: Apache-2.0 */
/** Running artifacts from the command: the board's own runtime over plugins that the registry trusts. */
#ifndef NBX_TOOLS_ARTIFACT_RUN_H
#define NBX_TOOLS_ARTIFACT_RUN_H

#include "studies/eval/eval.h"
#include "tools/cli.h"

/** Runs every sample of --data through the artifact of the first argument; outputs become float32. */
nbx_status nbx_artifact_run(nbx_cli *cli, nbx_eval_outputs *out);

#endif
