/* SPDX-License-Identifier: Apache-2.0 */
/** The protocol buffer wire format, read with bounds. */
#ifndef NBX_FORMATS_ONNX_WIRE_H
#define NBX_FORMATS_ONNX_WIRE_H

#include <stdbool.h>
#include <stdint.h>

/** Bytes still to be read. */
typedef struct nbx_wire {
    const uint8_t *at, *end;
} nbx_wire;

enum { NBX_WIRE_VARINT = 0, NBX_WIRE_64 = 1, NBX_WIRE_LENGTH = 2, NBX_WIRE_32 = 5 };

/** A number of at most 10 bytes; false past the end. */
bool nbx_wire_varint(nbx_wire *in, uint64_t *out);
/** Field number (1 to 2^29 - 1) and wire type; false for anything else. */
bool nbx_wire_tag(nbx_wire *in, uint32_t *field, uint32_t *type);
/** The body of a length-delimited field. */
bool nbx_wire_body(nbx_wire *in, nbx_wire *body);
/** Steps over a field of wire type VARINT, 64 or 32; false for others. */
bool nbx_wire_skip(nbx_wire *in, uint32_t type);

#endif
