/* SPDX-License-Identifier: Apache-2.0 */
/** SHA-256 (FIPS 180-4) for the board, where there is no other library. */
#ifndef NBX_RT_SHA256_H
#define NBX_RT_SHA256_H

#include <stddef.h>
#include <stdint.h>

typedef struct nbx_sha256 {
    uint32_t state[8];
    uint64_t bytes;
    uint8_t block[64];
} nbx_sha256;

void nbx_sha256_start(nbx_sha256 *sha);
void nbx_sha256_add(nbx_sha256 *sha, const void *data, size_t bytes);
void nbx_sha256_end(nbx_sha256 *sha, uint8_t out[32]);

#endif
