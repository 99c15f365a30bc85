/* SPDX-License-Identifier: Apache-2.0 */
/* What writer and reader of packed graphs must agree on beyond the records: record sizes, checksum, sizes of constants. */
#include <string.h>

#include "schema/encodings.h"
#include "schema/ops.h"
#include "schema/pack_format.h"
#include "schema/sizes.h"

const uint32_t pack_record_bytes[PACK_SECTION_COUNT] = {
#define SECTION(name, type) sizeof(type),
    PACK_SECTIONS(SECTION)
#undef SECTION
};

/* Odd, so that multiplying loses nothing; the digits are those of the golden ratio and of the square roots of 3, 5 and 7. */
static const uint64_t multipliers[4] = {UINT64_C(0x9e3779b97f4a7c15), UINT64_C(0xbb67ae8584caa73b), UINT64_C(0x3c6ef372fe94f82b),
                                        UINT64_C(0xa54ff53a5f1d36f1)};

static uint64_t mix(uint64_t lane, uint64_t word, uint64_t multiplier)
{
    uint64_t product = (lane ^ word) * multiplier;
    return (product << 29) | (product >> 35);
}

static void take_block(pack_checksum *sum, const uint8_t *block)
{
    uint64_t words[4];
    memcpy(words, block, sizeof words);
    for (int i = 0; i < 4; i++)
        sum->lanes[i] = mix(sum->lanes[i], words[i], multipliers[i]);
}

void pack_checksum_begin(pack_checksum *sum)
{
    memset(sum, 0, sizeof *sum);
    memcpy(sum->lanes, multipliers, sizeof multipliers);
}

void pack_checksum_add(pack_checksum *sum, const void *data, uint64_t bytes)
{
    const uint8_t *from = data;
    uint64_t waiting = sum->bytes % 32;
    sum->bytes += bytes;
    if (waiting) {
        uint64_t room = 32 - waiting, taken = bytes < room ? bytes : room;
        memcpy(sum->pending + waiting, from, taken);
        if (taken < room) return;
        take_block(sum, sum->pending);
        from += taken;
        bytes -= taken;
    }
    for (; bytes >= 32; bytes -= 32, from += 32)
        take_block(sum, from);
    if (bytes) memcpy(sum->pending, from, bytes);
}

uint64_t pack_checksum_end(pack_checksum *sum)
{
    uint64_t waiting = sum->bytes % 32, total = sum->bytes;
    if (waiting) {
        memset(sum->pending + waiting, 0, 32 - waiting);
        take_block(sum, sum->pending);
    }
    for (int i = 0; i < 4; i++)
        total = mix(total, sum->lanes[i], multipliers[0]);
    total ^= total >> 32;
    total *= multipliers[1];
    return total ^ (total >> 29);
}

bool pack_constant_bytes(const nbx_value *value, uint64_t *out)
{
    uint64_t count = 1, bits;
    for (uint32_t a = 0; a < value->rank; a++)
        if (value->dims[a] <= 0 || !nbx_size_multiply(count, (uint64_t)value->dims[a], &count)) return false;
    if (value->encoding) return nbx_codes_bytes(value->encoding, count, out);
    uint32_t element = nbx_dtype_kind(value->dtype) == 'f' ? 32 : nbx_dtype_bits(value->dtype);
    if (element == 0 || !nbx_size_multiply(count, element, &bits)) return false;
    *out = bits / 8 + (bits % 8 != 0);
    return true;
}
