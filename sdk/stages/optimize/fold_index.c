/* SPDX-License-Identifier: Apache-2.0 */
/* Folds the ops that make index tensors: Shape, Size, Range, ConstantOfShape. */
#include <math.h>
#include <stdlib.h>

#include "stages/optimize/fold.h"

nbx_status nbx_fold_shape(nbx_fold *fold, const nbx_value *of)
{
    void *out;
    uint64_t elements;
    NBX_TRY(nbx_fold_allocate(fold, &out));
    if (!out) return NBX_OK;
    if (fold->node->schema->op == NBX_OP_size) {
        fold->done = nbx_shape_elements(of->rank, of->dims, &elements) && elements <= INT64_MAX;
        if (fold->done) nbx_element_set_int(NBX_DTYPE_INT64, out, 0, (int64_t)elements);
        return NBX_OK;
    }
    int64_t start = nbx_node_attr_int(&fold->node->n, "start", 0);
    for (uint64_t i = 0; i < fold->elements; i++)
        nbx_element_set_int(NBX_DTYPE_INT64, out, i, of->dims[(uint64_t)start + i]);
    return NBX_OK;
}

/* max(ceil((limit - start) / delta), 0) */
static bool range_count(const nbx_tensor *const *inputs, bool is_float, int64_t *out)
{
    double start = nbx_tensor_float(inputs[0], 0), limit = nbx_tensor_float(inputs[1], 0), delta = nbx_tensor_float(inputs[2], 0);
    if (!(delta != 0) || !isfinite(start) || !isfinite(limit) || !isfinite(delta)) return false;
    double count = ceil((limit - start) / delta);
    if (!is_float) {
        int64_t a = nbx_tensor_int(inputs[0], 0), b = nbx_tensor_int(inputs[1], 0), d = nbx_tensor_int(inputs[2], 0);
        if (llabs(a) > INT64_C(1) << 52 || llabs(b) > INT64_C(1) << 52 || llabs(d) > INT64_C(1) << 52) return false;
        int64_t span = b - a;
        count = (double)(span / d + (span % d != 0 && (span < 0) == (d < 0)));
    }
    if (!(count < 1e9)) return false;
    *out = count > 0 ? (int64_t)count : 0;
    return true;
}

nbx_status nbx_fold_range(nbx_fold *fold)
{
    int64_t count;
    uint64_t elements;
    void *out;
    const nbx_tensor *const *in = fold->inputs;
    bool is_float = nbx_dtype_kind(in[0]->dtype) == 'f';
    for (uint32_t i = 0; i < 3; i++)
        if (!in[i]->is_splat && (!nbx_shape_elements(in[i]->rank, in[i]->dims, &elements) || elements != 1)) return NBX_OK;
    if (!range_count(in, is_float, &count)) return NBX_OK;
    fold->result->dtype = in[0]->dtype;
    fold->result->rank = 1;
    fold->result->dims[0] = count;
    fold->elements = (uint64_t)count;
    NBX_TRY(nbx_fold_allocate(fold, &out));
    for (int64_t i = 0; out && i < count; i++) {
        if (is_float)
            nbx_element_set_float(in[0]->dtype, out, (uint64_t)i, nbx_tensor_float(in[0], 0) + (double)i * nbx_tensor_float(in[2], 0));
        else
            nbx_element_set_int(in[0]->dtype, out, (uint64_t)i, nbx_tensor_int(in[0], 0) + i * nbx_tensor_int(in[2], 0));
    }
    return NBX_OK;
}

/* The value is the attribute `value`, a number; zero if the file gives none. */
nbx_status nbx_fold_constant_of_shape(nbx_fold *fold)
{
    const nbx_attr *value = nbx_node_attr(&fold->node->n, "value");
    bool real = value && value->kind == NBX_ATTR_FLOAT;
    if (value && !real && value->kind != NBX_ATTR_INT) return NBX_OK;
    if (nbx_dtype_kind(fold->result->dtype) == 'f')
        nbx_fold_splat_float(fold, real ? value->f : value ? (double)value->i : 0);
    else
        nbx_fold_splat_int(fold, real ? (int64_t)value->f : value ? value->i : 0);
    return NBX_OK;
}
