/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Artifacts for the SDK: writing, and reading into a context. The form in memory, which `nbx compile` fills, is documented in
 * rt/artifact.h; running one is libnbx-rt's, which `nbx run` and `nbx eval` use too.
 */
#ifndef NBX_FORMATS_ARTIFACT_H
#define NBX_FORMATS_ARTIFACT_H

#include "core/context.h"
#include "rt/artifact.h"

/**
 * Writes `form` to `path`, whole or not at all, through a temporary file beside it. Keys need not be sorted; log tables
 * are computed here; form->digest is set. Equal forms give equal files. E-ART-010 if the form is inconsistent.
 */
nbx_status nbx_artifact_save(nbx_context *context, const char *path, nbx_artifact *form);

/** An artifact with the memory it lives in. */
typedef struct nbx_artifact_file {
    nbx_artifact artifact;
    void *mapping;
    size_t mapping_bytes;
} nbx_artifact_file;

/** Maps and reads a file; damaged or malformed ones are E-ART-NNN with the path as place. Free with nbx_artifact_unload. */
nbx_status nbx_artifact_load(nbx_context *context, const char *path, nbx_artifact_file *out);
void nbx_artifact_unload(nbx_artifact_file *file);

/** True if the file begins like an artifact, so that `run` and `eval` can tell it from a model. */
bool nbx_artifact_is(const char *path);

#endif
