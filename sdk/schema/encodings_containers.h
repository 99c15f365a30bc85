/* SPDX-License-Identifier: Apache-2.0 */
/** Containers of codes: how many bits hold one code and how a stretch of them is read and written. Private to encodings*.c. */
#ifndef NBX_SCHEMA_ENCODINGS_CONTAINERS_H
#define NBX_SCHEMA_ENCODINGS_CONTAINERS_H

#include "schema/encodings.h"

typedef struct nbx_container {
    uint32_t bits; /* 0: no container of codes */
    bool is_signed;
} nbx_container;

nbx_container nbx_container_of(uint16_t storage);
/** Codes first..first+count-1 of a packed array, into or out of int32. */
void nbx_container_load(nbx_container container, const void *codes, uint64_t first, uint32_t count, int32_t *out);
void nbx_container_store(nbx_container container, void *codes, uint64_t first, uint32_t count, const int32_t *in);

#endif
