/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the primitives of the protocol buffer wire format; it leaves messages and fields to the guard. */
#include "formats/onnx/wire.h"

#include <stddef.h>

bool nbx_wire_varint(nbx_wire *in, uint64_t *out)
{
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 70; shift += 7) {
        if (in->at == in->end) return false;
        uint8_t byte = *in->at++;
        if (shift < 64) value |= (uint64_t)(byte & 0x7f) << shift;
        if (!(byte & 0x80)) {
            *out = value;
            return true;
        }
    }
    return false;
}

bool nbx_wire_tag(nbx_wire *in, uint32_t *field, uint32_t *type)
{
    uint64_t tag;
    const uint8_t *start = in->at;
    /* protobuf-c reads tags of at most five bytes */
    if (!nbx_wire_varint(in, &tag) || in->at - start > 5 || tag > UINT32_MAX) return false;
    *field = (uint32_t)(tag >> 3);
    *type = (uint32_t)(tag & 7);
    return *field != 0;
}

bool nbx_wire_body(nbx_wire *in, nbx_wire *body)
{
    uint64_t length;
    if (!nbx_wire_varint(in, &length) || length > (uint64_t)(in->end - in->at)) return false;
    *body = (nbx_wire){in->at, in->at + length};
    in->at = body->end;
    return true;
}

bool nbx_wire_skip(nbx_wire *in, uint32_t type)
{
    uint64_t ignored;
    size_t bytes = type == NBX_WIRE_64 ? 8 : 4;
    if (type == NBX_WIRE_VARINT) return nbx_wire_varint(in, &ignored);
    if (type != NBX_WIRE_64 && type != NBX_WIRE_32) return false;
    if ((size_t)(in->end - in->at) < bytes) return false;
    in->at += bytes;
    return true;
}
