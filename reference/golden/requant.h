/* SPDX-License-Identifier: Apache-2.0 */
/** Requantization modes as data: families, and the pieces that fixed20 additions use too. */
#ifndef GOLDEN_REQUANT_H
#define GOLDEN_REQUANT_H

#include <stdbool.h>
#include <stdint.h>

/** 'm', 'r', 's', 'a' by requants.def; 0 for an unknown mode. */
char golden_requant_family(uint32_t mode);
/** True, and the shift n, where m is 2^-n exactly. */
bool golden_is_power(double m, int32_t *shift);

#endif
