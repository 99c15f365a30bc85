/* SPDX-License-Identifier: Apache-2.0 */
/** "Did you mean": the nearest of some names. Used for keys, choices, and by the command for verbs, flags and targets. */
#ifndef NBX_TARGET_SUGGEST_H
#define NBX_TARGET_SUGGEST_H

#include <stddef.h>
#include <stdint.h>

/**
 * Edit distance that counts a swap of neighbours as one step (optimal string alignment) and ignores the case of ASCII
 * letters, so that NHCW is nearer to NHWC than to NCHW. Texts over 64 bytes: UINT32_MAX.
 */
uint32_t nbx_edit_distance(const char *a, size_t a_bytes, const char *b, size_t b_bytes);

/** The nearest of `count` names if it is near enough to be meant (a third of the longer text, at least 1), else NULL. First wins. */
const char *nbx_suggest(const char *wrong, const char *const *names, uint32_t count);

/** The same over "a|b|c": the piece starts at the result and has *bytes bytes. NULL if none is near. */
const char *nbx_suggest_choice(const char *wrong, const char *choices, size_t *bytes);

#endif
