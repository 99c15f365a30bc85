/* SPDX-License-Identifier: Apache-2.0 */
/* Dense stored forms of ports and constants to carriers and back, low bits first; layouts are handled by the plugin. */
#include "tensor.h"

#include <string.h>

#include "encode.h"

static uint32_t element_bits(const golden_tensor *tensor)
{
    return golden_dtype_bits(tensor->storage);
}

uint64_t golden_stored_bytes(const golden_tensor *tensor)
{
    return (tensor->count * element_bits(tensor) + 7) / 8;
}

static uint64_t load(const uint8_t *stored, uint64_t i, uint32_t bits)
{
    uint64_t raw = 0;
    if (bits >= 8) {
        memcpy(&raw, stored + i * (bits / 8), bits / 8);
        return raw;
    }
    return (uint64_t)(stored[i * bits / 8] >> (i * bits % 8)) & (((uint64_t)1 << bits) - 1);
}

static void save(uint8_t *stored, uint64_t i, uint32_t bits, uint64_t raw)
{
    const uint32_t shift = (uint32_t)(i * bits % 8);
    if (bits >= 8) {
        memcpy(stored + i * (bits / 8), &raw, bits / 8);
        return;
    }
    /* The first element of a byte clears it, so that bits after the last element are zero. */
    if (shift == 0) stored[i * bits / 8] = 0;
    stored[i * bits / 8] = (uint8_t)(stored[i * bits / 8] | raw << shift);
}

static float load_small(uint32_t storage, uint64_t raw)
{
    return storage == NBX_DTYPE_FLOAT16 ? golden_half_value((uint32_t)raw) : golden_bf16_value((uint32_t)raw);
}

void golden_unpack(golden_tensor *tensor, const void *stored)
{
    const uint32_t bits = element_bits(tensor);
    uint64_t i;
    if ((tensor->carrier == GOLDEN_F32 && bits == 32) || tensor->carrier == GOLDEN_F64) {
        memcpy(tensor->data, stored, (size_t)golden_stored_bytes(tensor));
        return;
    }
    for (i = 0; i < tensor->count; i++) {
        const uint64_t raw = load(stored, i, bits);
        if (tensor->carrier == GOLDEN_F32)
            ((float *)tensor->data)[i] = load_small(tensor->storage, raw);
        else if (tensor->carrier == GOLDEN_INT)
            ((int64_t *)tensor->data)[i] = golden_wrap(tensor->storage, (int64_t)raw);
        else
            ((int32_t *)tensor->data)[i] = (int32_t)golden_wrap(tensor->storage, (int64_t)raw);
    }
}

void golden_pack(const golden_tensor *tensor, void *stored)
{
    const uint32_t bits = element_bits(tensor);
    uint64_t i;
    if ((tensor->carrier == GOLDEN_F32 && bits == 32) || tensor->carrier == GOLDEN_F64) {
        memcpy(stored, tensor->data, (size_t)golden_stored_bytes(tensor));
        return;
    }
    for (i = 0; i < tensor->count; i++) {
        uint64_t raw;
        if (tensor->carrier == GOLDEN_F32) {
            const float x = ((const float *)tensor->data)[i];
            raw = tensor->storage == NBX_DTYPE_FLOAT16 ? golden_half_bits(x) : golden_bf16_bits(x);
        } else {
            raw = (uint64_t)golden_get_int(tensor, i);
            if (bits < 64) raw &= ((uint64_t)1 << bits) - 1;
        }
        save(stored, i, bits, raw);
    }
}
