/* SPDX-License-Identifier: Apache-2.0 */
/* Checks and restores the values of a packed graph with their parameters and constants. */
#include <math.h>

#include "schema/encodings.h"
#include "schema/layouts.h"
#include "schema/ops.h"
#include "schema/pack_read.h"
#include "schema/sizes.h"

/* Stops a message at a sensible length when a hostile blob names things with megabytes. */
#define NAMED       "value %u ('%.80s'): "
#define NAME(value) (unsigned)((value)-r->packed->values), (value)->name

static bool param_is_usable(const nbx_encoding *e, const nbx_qparam *param)
{
    switch (e->kind) {
    case NBX_ENC_AFFINE:
        return isfinite(param->scale) && param->scale > 0 && param->zero_point >= e->lo && param->zero_point <= e->hi;
    case NBX_ENC_BINARY:
        return isfinite(param->scale) && param->scale >= 0;
    case NBX_ENC_LOG:
    case NBX_ENC_POW2:
        return param->exponent >= e->exp_lo && param->exponent <= e->exp_hi;
    default:
        return true;
    }
}

/* A set per channel, block or convolution group, so that whoever decodes never asks for one that is not there. */
static bool param_count_fits(const nbx_value *v, uint32_t count)
{
    const nbx_encoding *e = v->encoding;
    bool may_lack = e->kind == NBX_ENC_FLOAT || e->kind == NBX_ENC_INDEX || (v->flags & NBX_VALUE_INTERIOR);
    if (count == 0) return may_lack;
    if (e->granularity != NBX_PER_CONV_GROUP) return count == nbx_param_count(e, v->rank, v->dims, 1);
    return v->rank == 0 ? count == 1 : v->dims[0] % count == 0;
}

static int32_t read_params(pack_reader *r, nbx_value *v, uint32_t count)
{
    const nbx_qparam *params = pack_take(r, PACK_params, count);
    if (!params) return NBX_BAD_INPUT;
    v->params = (nbx_span){params, count, sizeof *params};
    if (!v->encoding) return count == 0 ? NBX_OK : pack_fail(r, NAMED "parameters without an encoding", NAME(v));
    if (!param_count_fits(v, count))
        return pack_fail(r, NAMED "%u parameter sets do not fit encoding %.40s", NAME(v), (unsigned)count, v->encoding->name);
    for (uint32_t i = 0; i < count; i++)
        if (!param_is_usable(v->encoding, &params[i])) return pack_fail(r, NAMED "parameter set %u is out of range", NAME(v), (unsigned)i);
    return NBX_OK;
}

static int32_t read_layout(pack_reader *r, nbx_value *v, uint32_t index)
{
    nbx_layout_plan plan;
    if (index == NBX_NONE) return NBX_OK;
    if (index >= r->header.counts[PACK_layouts]) return pack_fail(r, NAMED "there is no layout %u", NAME(v), (unsigned)index);
    v->layout = &r->packed->layouts[index];
    uint32_t bits = nbx_dtype_bits(v->encoding ? v->encoding->storage : v->dtype);
    if (!nbx_layout_plan_make(v->layout, v->rank, v->dims, bits, &plan))
        return pack_fail(r, NAMED "layout %.40s does not fit its shape", NAME(v), v->layout->text);
    return NBX_OK;
}

static int32_t read_constant(pack_reader *r, nbx_value *v, uint64_t bytes)
{
    if (!(v->flags & NBX_VALUE_CONST)) return NBX_OK;
    const pack_constant *record = pack_take(r, PACK_constants, 1);
    if (!record) return NBX_BAD_INPUT;
    if (record->bytes != bytes) return pack_fail(r, NAMED "its constant does not have the size of its shape", NAME(v));
    uint64_t at;
    if (!nbx_size_round_up(r->constants_at, PACK_CONSTANT_ALIGN, &at) || at > r->bytes || bytes > r->bytes - at)
        return pack_fail(r, NAMED "its constant reaches beyond the end", NAME(v));
    uint32_t index = r->cursors[PACK_constants] - 1;
    r->packed->constants[index] = (pack_stored){r->blob + at, bytes, v->encoding != NULL};
    r->constants_at = at + bytes;
    v->const_id = (uint64_t)index + 1;
    return NBX_OK;
}

static int32_t read_value(pack_reader *r, const pack_value *record, nbx_value *v)
{
    const char *name = pack_text(r, record->name);
    if (!name) return NBX_BAD_INPUT;
    *v = (nbx_value){.struct_size = sizeof *v, .flags = record->flags, .name = name, .dtype = record->dtype, .rank = record->rank};
    if (record->flags & ~(uint32_t)PACK_VALUE_FLAGS) return pack_fail(r, NAMED "unknown flags", NAME(v));
    if (nbx_dtype_bits(record->dtype) == 0) return pack_fail(r, NAMED "unknown element type", NAME(v));
    if (record->rank > NBX_MAX_RANK) return pack_fail(r, NAMED "rank %u", NAME(v), (unsigned)record->rank);
    for (uint32_t a = 0; a < record->rank; a++) {
        if (record->dims[a] <= 0) return pack_fail(r, NAMED "extent %u is not positive", NAME(v), (unsigned)a);
        v->dims[a] = record->dims[a];
    }
    if (record->encoding != NBX_NONE) {
        if (record->encoding >= r->header.counts[PACK_encodings])
            return pack_fail(r, NAMED "there is no encoding %u", NAME(v), (unsigned)record->encoding);
        v->encoding = &r->packed->encodings[record->encoding];
    }
    uint64_t bytes;
    if (!pack_constant_bytes(v, &bytes) || bytes > INT64_MAX) return pack_fail(r, NAMED "too large", NAME(v));
    if (record->flags & NBX_VALUE_RANGE) {
        if (!(record->range_lo <= record->range_hi)) return pack_fail(r, NAMED "its range is none", NAME(v));
        v->range_lo = record->range_lo;
        v->range_hi = record->range_hi;
    }
    int32_t status = read_params(r, v, record->param_count);
    if (status == NBX_OK) status = read_layout(r, v, record->layout);
    if (status == NBX_OK) status = read_constant(r, v, bytes);
    return status;
}

int32_t pack_read_values(pack_reader *r)
{
    const pack_value *records = r->sections[PACK_values];
    int32_t status = NBX_OK;
    for (uint32_t i = 0; i < r->header.counts[PACK_values] && status == NBX_OK; i++)
        status = read_value(r, &records[i], &r->packed->values[i]);
    return status;
}
