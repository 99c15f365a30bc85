/* SPDX-License-Identifier: Apache-2.0 */
/** `--set key=value` on a tree. */
#ifndef NBX_TARGET_OVERRIDE_H
#define NBX_TARGET_OVERRIDE_H

#include "target/yaml.h"

/** The name that overridden values have as their place. */
extern const char nbx_override_place[];

/**
 * The tree with one value set; what is on the way is created, and the argument is not changed. `text` is KEY=VALUE; KEY has dots between
 * names and [n] for list entries, n up to the length (which appends). NULL after an error.
 */
nbx_yaml *nbx_override(nbx_faults *faults, const nbx_yaml *tree, const char *text);

/** Puts `value` at KEY. `text` begins with KEY, `key_bytes` long. NULL after an error. */
nbx_yaml *nbx_yaml_set(nbx_faults *faults, const nbx_yaml *tree, const char *text, size_t key_bytes, const nbx_yaml *value);

#endif
