/* SPDX-License-Identifier: Apache-2.0 */
/** Writing files so that a reader sees the old one or the whole new one. */
#ifndef NBX_CORE_WHOLE_FILE_H
#define NBX_CORE_WHOLE_FILE_H

#include <stddef.h>
#include <stdint.h>

/** One piece of the content, in order. */
typedef struct nbx_piece {
    const void *data;
    uint64_t bytes;
} nbx_piece;

/**
 * Writes the pieces into a new file beside `path`, which takes its name once it is complete. A device or a pipe is written
 * through instead of being replaced. 0, or an errno with nothing left behind (EISDIR for a folder).
 */
int nbx_write_whole_file(const char *path, const nbx_piece *pieces, uint32_t count);

#endif
