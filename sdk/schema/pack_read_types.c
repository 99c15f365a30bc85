/* SPDX-License-Identifier: Apache-2.0 */
/* Checks and restores the encodings, arithmetic contracts and layouts of a packed graph. */
#include "schema/layouts.h"
#include "schema/ops.h"
#include "schema/pack_read.h"

static bool is_requant(uint16_t number)
{
    switch (number) {
    case NBX_REQUANT_NONE:
#define REQUANT(n, name, family, text) case n:
#include <nbx/tables/requants.def>
#undef REQUANT
        return true;
    default:
        return false;
    }
}

/* What makes a row unusable, or NULL. Whoever decodes relies on this: shifts, divisions and table sizes come from here. */
static const char *encoding_fault(const pack_encoding *e)
{
    uint32_t bits = nbx_dtype_bits(e->storage);
    char kind = nbx_dtype_kind(e->storage);
    if (e->kind < NBX_ENC_FLOAT || e->kind > NBX_ENC_INDEX) return "unknown kind";
    if (bits == 0 || bits > 64 || (bits > 32 && e->kind != NBX_ENC_INDEX)) return "no such container";
    if (e->code_bits == 0 || e->code_bits > bits) return "more code bits than the container has";
    if (e->is_signed > 1 || e->symmetric > 1 || e->granularity > NBX_PER_CONV_GROUP || e->axis >= NBX_MAX_RANK)
        return "a field is out of range";
    if (e->granularity == NBX_PER_BLOCK && e->block == 0) return "blocks of nothing";
    if (e->param_rule < NBX_PARAM_FREE || e->param_rule > NBX_PARAM_NONE) return "unknown parameter rule";
    if (e->lo > e->hi || e->exp_lo > e->exp_hi) return "an empty range";
    switch (e->kind) {
    case NBX_ENC_FLOAT:
        return e->storage == NBX_DTYPE_FLOAT32 || e->storage == NBX_DTYPE_FLOAT16 || e->storage == NBX_DTYPE_BFLOAT16
                   ? NULL
                   : "not a float container";
    case NBX_ENC_LOG:
        if (kind != 'u' || e->code_bits < 2 || e->code_bits > 16) return "log codes need 2 to 16 unsigned bits";
        return e->steps > 0 && e->steps <= 1u << 16 && e->top > 0 && e->top < 1u << (e->code_bits - 1) ? NULL : "steps or top out of range";
    case NBX_ENC_BINARY:
        return bits == 1 ? NULL : "binary codes need one bit";
    case NBX_ENC_AFFINE:
    case NBX_ENC_POW2:
        return (kind == 'i' || kind == 'u') && e->hi > 0 ? NULL : "codes need an integer container and a positive top";
    default:
        return kind == 'i' || kind == 'u' || kind == 'b' ? NULL : "codes need an integer container";
    }
}

static int32_t read_encodings(pack_reader *r)
{
    const pack_encoding *records = r->sections[PACK_encodings];
    for (uint32_t i = 0; i < r->header.counts[PACK_encodings]; i++) {
        const pack_encoding *e = &records[i];
        const char *name = pack_text(r, e->name), *fault = encoding_fault(e);
        if (!name) return NBX_BAD_INPUT;
        if (fault) return pack_fail(r, "encoding %u ('%s'): %s", (unsigned)i, name, fault);
        r->packed->encodings[i] = (nbx_encoding){.struct_size = sizeof(nbx_encoding),
                                                 .kind = e->kind,
                                                 .storage = e->storage,
                                                 .name = name,
                                                 .code_bits = e->code_bits,
                                                 .is_signed = e->is_signed,
                                                 .granularity = e->granularity,
                                                 .axis = e->axis,
                                                 .param_rule = e->param_rule,
                                                 .symmetric = e->symmetric,
                                                 .param_value = e->param_value,
                                                 .block = e->block,
                                                 .lo = e->lo,
                                                 .hi = e->hi,
                                                 .zero_code = e->zero_code,
                                                 .fill_code = e->fill_code,
                                                 .steps = e->steps,
                                                 .top = e->top,
                                                 .exp_lo = e->exp_lo,
                                                 .exp_hi = e->exp_hi};
    }
    return NBX_OK;
}

static int32_t read_ariths(pack_reader *r)
{
    const pack_arith *records = r->sections[PACK_ariths];
    for (uint32_t i = 0; i < r->header.counts[PACK_ariths]; i++) {
        const pack_arith *a = &records[i];
        const char *name = pack_text(r, a->name);
        if (!name) return NBX_BAD_INPUT;
        /* 0 stands for "does not apply" in each of them */
        if (a->product > NBX_PRODUCT_XNOR || a->acc_bits > 64 || a->acc_overflow > NBX_OVERFLOW_SATURATE_STEP ||
            a->bias_at > NBX_BIAS_REAL || !is_requant(a->requant) || !is_requant(a->requant2) || !is_requant(a->pool_round) ||
            a->add_arith > NBX_ADD_FIXED20 || a->exactness > NBX_UNKNOWN || a->table_bits > 64)
            return pack_fail(r, "arith %u ('%s'): a field is out of range", (unsigned)i, name);
        r->packed->ariths[i] = (nbx_arith){.struct_size = sizeof(nbx_arith),
                                           .product = a->product,
                                           .acc_bits = a->acc_bits,
                                           .name = name,
                                           .acc_overflow = a->acc_overflow,
                                           .bias_at = a->bias_at,
                                           .requant = a->requant,
                                           .requant2 = a->requant2,
                                           .pool_round = a->pool_round,
                                           .add_arith = a->add_arith,
                                           .exactness = a->exactness,
                                           .err_steps = a->err_steps,
                                           .table_bits = a->table_bits};
    }
    return NBX_OK;
}

static int32_t read_layouts(pack_reader *r)
{
    const pack_layout *records = r->sections[PACK_layouts];
    for (uint32_t i = 0; i < r->header.counts[PACK_layouts]; i++) {
        const char *text = pack_text(r, records[i].text);
        char error[120];
        if (!text) return NBX_BAD_INPUT;
        if (!nbx_layout_parse(text, records[i].rank, &r->packed->layouts[i], error, sizeof error))
            return pack_fail(r, "layout %u: %s", (unsigned)i, error);
    }
    return NBX_OK;
}

int32_t pack_read_types(pack_reader *r)
{
    int32_t status = read_encodings(r);
    if (status == NBX_OK) status = read_ariths(r);
    if (status == NBX_OK) status = read_layouts(r);
    return status;
}
