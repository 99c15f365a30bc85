/* SPDX-License-Identifier: Apache-2.0 */
/** Reading structs that crossed the plugin border: shorter ones are completed with zeros, unknown tails must be zero. */
#ifndef KERNELS_ROWS_H
#define KERNELS_ROWS_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/** Copies a sized struct into `out` of `bytes`; false if it is longer than known and its tail is not zero. */
static inline bool kernel_read_row(void *out, uint32_t bytes, const void *row)
{
    uint32_t given;
    memset(out, 0, bytes);
    if (!row) return true;
    memcpy(&given, row, sizeof given);
    memcpy(out, row, given < bytes ? given : bytes);
    for (uint32_t i = bytes; i < given; i++)
        if (((const uint8_t *)row)[i]) return false;
    return true;
}

#endif
