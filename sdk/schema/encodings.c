/* SPDX-License-Identifier: Apache-2.0 */
/* The rows of encodings.def as objects, and finding them; what a code means is left to encodings_codes.c. */
#include <string.h>

#include "schema/encodings.h"

#define ENCODING(stem, k, store, bits, sign, sym, gran, ax, blk, rule, pvalue, low, high, zero, fill, s, n, elo, ehi, text)                \
    const nbx_encoding nbx_encoding_##stem = {                                                                                             \
        .struct_size = sizeof(nbx_encoding),                                                                                               \
        .kind = NBX_ENC_##k,                                                                                                               \
        .storage = NBX_DTYPE_##store,                                                                                                      \
        .name = #stem,                                                                                                                     \
        .code_bits = bits,                                                                                                                 \
        .is_signed = sign,                                                                                                                 \
        .granularity = NBX_PER_##gran,                                                                                                     \
        .axis = ax,                                                                                                                        \
        .param_rule = NBX_PARAM_##rule,                                                                                                    \
        .symmetric = sym,                                                                                                                  \
        .param_value = pvalue,                                                                                                             \
        .block = blk,                                                                                                                      \
        .lo = low,                                                                                                                         \
        .hi = high,                                                                                                                        \
        .zero_code = zero,                                                                                                                 \
        .fill_code = fill,                                                                                                                 \
        .steps = s,                                                                                                                        \
        .top = n,                                                                                                                          \
        .exp_lo = elo,                                                                                                                     \
        .exp_hi = ehi,                                                                                                                     \
    };
#include <nbx/tables/encodings.def>
#undef ENCODING

static const nbx_encoding *const rows[] = {
#define ENCODING(stem, kind, storage, bits, is_signed, symmetric, gran, axis, block, rule, pvalue, lo, hi, zero, fill, steps, top, elo,    \
                 ehi, text)                                                                                                                \
    &nbx_encoding_##stem,
#include <nbx/tables/encodings.def>
#undef ENCODING
};

const nbx_encoding *nbx_encoding_at(uint32_t index)
{
    return index < sizeof rows / sizeof rows[0] ? rows[index] : NULL;
}

const nbx_encoding *nbx_encoding_find(const char *name)
{
    for (uint32_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (strcmp(rows[i]->name, name) == 0) return rows[i];
    return NULL;
}

bool nbx_encoding_same(const nbx_encoding *a, const nbx_encoding *b)
{
    if (a == b) return true;
    if (!a || !b) return false;
    return a->kind == b->kind && a->storage == b->storage && a->code_bits == b->code_bits && a->is_signed == b->is_signed &&
           a->lo == b->lo && a->hi == b->hi && a->zero_code == b->zero_code && a->steps == b->steps && a->top == b->top;
}
