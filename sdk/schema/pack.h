/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Graph views as bytes: what an emulating plugin writes as its blob, and reads back. The container is little-endian,
 * versioned, offsets only, and checked completely on reading: a hostile blob gives an error, never an access outside it.
 */
#ifndef NBX_SCHEMA_PACK_H
#define NBX_SCHEMA_PACK_H

#include <nbx/plugin/plugin.h>

/**
 * Writes `graph` with its constants through `write`. A constant with an encoding is stored as codes, others as floats (or
 * their integer dtype). `chip` and `tag` are stored and can be asked back. Status of a failing write or const_map is handed through.
 * Values that no port and no node refers to are left out, so indices of values may change; those of nodes and groups do not.
 * NBX_INVALID for a view that breaks the rules of graph.h or maps a constant of the wrong size; NBX_UNSUPPORTED for strings.
 */
int32_t nbx_pack_graph(const nbx_graph_view *graph, const char *chip, const char *tag, void *self,
                       int32_t (*write)(void *self, const void *data, uint64_t bytes));

typedef struct nbx_packed nbx_packed;

/**
 * Opens packed bytes. `blob` must be 8-byte aligned, read-only and outlive the result; constants stay in it.
 * NBX_BAD_INPUT for anything malformed (`error` says what), NBX_TOO_NEW for a later container version, NBX_NO_MEMORY.
 */
int32_t nbx_packed_open(const nbx_host *host, const void *blob, uint64_t bytes, nbx_packed **out, char *error, uint32_t error_bytes);
void nbx_packed_close(nbx_packed *packed);
/**
 * The view. const_map answers from the blob: CODES for encoded constants, FLOAT for others; const_id is renumbered from 1.
 * Constants are 64-byte aligned if the blob is.
 */
const nbx_graph_view *nbx_packed_view(const nbx_packed *packed);
const char *nbx_packed_chip(const nbx_packed *packed);
const char *nbx_packed_tag(const nbx_packed *packed);

#endif
