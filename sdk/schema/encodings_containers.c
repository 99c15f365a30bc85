/* SPDX-License-Identifier: Apache-2.0 */
/* Reads and writes codes in their containers, sub-byte ones low bits first; it leaves their meaning to encodings_codes.c. */
#include <string.h>

#include "schema/encodings_containers.h"

nbx_container nbx_container_of(uint16_t storage)
{
    switch (storage) {
#define DTYPE(number, name, onnx, bits, onnx_number, kind)                                                                                 \
    case number:                                                                                                                           \
        return (nbx_container){(bits) <= 64 ? (bits) : 0, (kind) == 'i'};
#include <nbx/tables/dtypes.def>
#undef DTYPE
    default:
        return (nbx_container){0, false};
    }
}

static int32_t sub_byte_get(nbx_container container, const uint8_t *bytes, uint64_t i)
{
    uint32_t per_byte = 8 / container.bits, mask = (1u << container.bits) - 1;
    uint32_t code = ((uint32_t)bytes[i / per_byte] >> (i % per_byte * container.bits)) & mask;
    if (container.is_signed && (code >> (container.bits - 1))) return (int32_t)code - (int32_t)(mask + 1);
    return (int32_t)code;
}

static void sub_byte_set(nbx_container container, uint8_t *bytes, uint64_t i, int32_t code)
{
    uint32_t per_byte = 8 / container.bits, mask = (1u << container.bits) - 1, shift = (uint32_t)(i % per_byte) * container.bits;
    uint8_t *byte = bytes + i / per_byte;
    *byte = (uint8_t)((*byte & ~(mask << shift)) | (((uint32_t)code & mask) << shift));
}

/* One loop per element type: memcpy because packed arrays of plugins may lie at any address. */
#define LOAD(type)                                                                                                                         \
    for (uint32_t i = 0; i < count; i++) {                                                                                                 \
        type element;                                                                                                                      \
        memcpy(&element, bytes + (first + i) * sizeof element, sizeof element);                                                            \
        out[i] = (int32_t)element;                                                                                                         \
    }
#define STORE(type)                                                                                                                        \
    for (uint32_t i = 0; i < count; i++) {                                                                                                 \
        type element = (type)in[i];                                                                                                        \
        memcpy(bytes + (first + i) * sizeof element, &element, sizeof element);                                                            \
    }

void nbx_container_load(nbx_container container, const void *codes, uint64_t first, uint32_t count, int32_t *out)
{
    const uint8_t *bytes = codes;
    switch (container.bits) {
    case 8:
        if (container.is_signed)
            LOAD(int8_t)
        else
            LOAD(uint8_t)
        return;
    case 16:
        if (container.is_signed)
            LOAD(int16_t)
        else
            LOAD(uint16_t)
        return;
    case 32:
        LOAD(uint32_t)
        return;
    case 64:
        LOAD(uint64_t)
        return;
    case 1:
    case 2:
    case 4:
        for (uint32_t i = 0; i < count; i++)
            out[i] = sub_byte_get(container, bytes, first + i);
        return;
    default:
        memset(out, 0, (size_t)count * sizeof *out);
    }
}

void nbx_container_store(nbx_container container, void *codes, uint64_t first, uint32_t count, const int32_t *in)
{
    uint8_t *bytes = codes;
    switch (container.bits) {
    case 8:
        STORE(uint8_t)
        return;
    case 16:
        STORE(uint16_t)
        return;
    case 32:
        STORE(uint32_t)
        return;
    case 64:
        STORE(int64_t)
        return;
    case 1:
    case 2:
    case 4:
        for (uint32_t i = 0; i < count; i++)
            sub_byte_set(container, bytes, first + i, in[i]);
        return;
    default:
        return;
    }
}

bool nbx_codes_bytes(const nbx_encoding *encoding, uint64_t count, uint64_t *out)
{
    uint32_t bits = nbx_container_of(encoding->storage).bits;
    if (bits == 0) return false;
    if (bits >= 8) {
        if (count > UINT64_MAX / (bits / 8)) return false;
        *out = count * (bits / 8);
    } else {
        uint32_t per_byte = 8 / bits;
        *out = count / per_byte + (count % per_byte != 0);
    }
    return true;
}

int32_t nbx_code_get(const nbx_encoding *encoding, const void *codes, uint64_t i)
{
    int32_t code;
    nbx_container_load(nbx_container_of(encoding->storage), codes, i, 1, &code);
    return code;
}

void nbx_code_set(const nbx_encoding *encoding, void *codes, uint64_t i, int32_t code)
{
    nbx_container_store(nbx_container_of(encoding->storage), codes, i, 1, &code);
}
