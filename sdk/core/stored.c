/* SPDX-License-Identifier: Apache-2.0 */
/* Sizes and conversions of stored values at borders between chips; which conversions happen is the stages' decision. */
#include "core/stored.h"

#include <string.h>

#include "schema/encodings.h"
#include "schema/layouts.h"

bool nbx_stored_bytes(const nbx_g_value *value, const nbx_quantized *row, uint64_t *out)
{
    uint64_t count;
    if (!value->known || !nbx_shape_elements(value->v.rank, value->v.dims, &count)) return false;
    if (row && row->encoding) return nbx_codes_bytes(row->encoding, count, out);
    return nbx_tensor_bytes(value->v.dtype, value->v.rank, value->v.dims, out);
}

bool nbx_stored_same(const nbx_quantized *a, const nbx_quantized *b)
{
    if (!a->encoding || !b->encoding) return a->encoding == b->encoding;
    if (!nbx_encoding_same(a->encoding, b->encoding) || a->param_count != b->param_count) return false;
    for (uint32_t i = 0; i < a->param_count; i++) {
        const nbx_qparam *x = &a->params[i], *y = &b->params[i];
        if (x->scale != y->scale || x->zero_point != y->zero_point || x->exponent != y->exponent) return false;
    }
    return true;
}

bool nbx_stored_laid_same(const nbx_layout *a, const nbx_layout *b)
{
    nbx_layout x = *a, y = *b;
    x.pad_in = x.pad_out = y.pad_in = y.pad_out = NBX_PAD_ANY;
    return nbx_layout_equal(&x, &y);
}

void nbx_stored_convert(const nbx_g_value *value, const nbx_quantized *from, const void *source, const nbx_quantized *to, void *target,
                        float *scratch)
{
    uint64_t bytes = 0, count = 0;
    const nbx_value *v = &value->v;
    if (v->dtype != NBX_DTYPE_FLOAT32 || nbx_stored_same(from, to)) {
        if (nbx_stored_bytes(value, from, &bytes)) memcpy(target, source, (size_t)bytes);
        return;
    }
    if (!nbx_shape_elements(v->rank, v->dims, &count)) return;
    const float *real = source;
    if (from->encoding) {
        float *decoded = to->encoding ? scratch : target;
        nbx_decode_tensor(from->encoding, from->params, v->rank, v->dims, from->param_count, source, decoded);
        real = decoded;
    }
    if (to->encoding) nbx_encode_tensor(to->encoding, to->params, v->rank, v->dims, to->param_count, real, target);
}
