/* SPDX-License-Identifier: Apache-2.0 */
/** One load of a target file, inside target/ only. */
#ifndef NBX_TARGET_LOAD_H
#define NBX_TARGET_LOAD_H

#include "target/binder.h"
#include "target/target.h"

typedef struct nbx_load {
    nbx_faults faults;
    const char *name, *folder; /* in the arena of the set */
    bool is_file;
    const nbx_overrides *overrides;
} nbx_load;

/** Fills the set from the tree (NULL: an empty file). False after errors, which are in load->faults. */
bool nbx_load_jobs(nbx_load *load, nbx_yaml *root, nbx_job_set *set);

/** The bytes of a target file, at most one more than NBX_YAML_MAX_BYTES, malloc'ed. Raises NBX_IO. */
nbx_status nbx_load_file(nbx_context *context, const char *path, char **bytes, size_t *count);

#endif
