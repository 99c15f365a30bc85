/* SPDX-License-Identifier: Apache-2.0 */
/** Decision tables of log encodings: decoding and encoding without a logarithm. */
#ifndef NBX_RT_ARTIFACT_LOG_H
#define NBX_RT_ARTIFACT_LOG_H

#include "rt/artifact.h"

/** Index bits of the widest container are 15. */
#define NBX_LOG_TOP_LIMIT 32767u

/** Floats of a buffer's log tables: param_count * 3 * (top + 1); 0 unless it has a log encoding. */
static inline uint64_t nbx_log_table_floats(const nbx_artifact_buffer *buffer)
{
    if (!buffer->encoding || buffer->encoding->kind != NBX_ENC_LOG) return 0;
    if (buffer->encoding->top > NBX_LOG_TOP_LIMIT) return UINT64_MAX; /* more than any table: refused by whoever compares */
    return (uint64_t)buffer->param_count * 3 * ((uint64_t)buffer->encoding->top + 1);
}

/** Table `which` (0 decode, 1 positive, 2 negative) of parameter set `set`: top + 1 floats. */
static inline const float *nbx_log_table(const nbx_artifact_buffer *buffer, uint32_t set, uint32_t which)
{
    return buffer->log_tables + ((size_t)set * 3 + which) * ((size_t)buffer->encoding->top + 1);
}

#endif
