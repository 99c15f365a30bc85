/* SPDX-License-Identifier: Apache-2.0 */
/** Decision tables of log encodings, for artifacts. */
#ifndef NBX_FORMATS_ARTIFACT_LOG_H
#define NBX_FORMATS_ARTIFACT_LOG_H

#include <nbx/plugin/tensor.h>

/** 3 * (top + 1) floats for one parameter set, as rt/artifact.h describes them. */
void nbx_artifact_log_tables(const nbx_encoding *encoding, const nbx_qparam *param, float *out);

#endif
