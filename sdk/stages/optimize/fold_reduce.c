/* SPDX-License-Identifier: Apache-2.0 */
/* Folds reductions over named axes: integers in int64, floats in double rounded once. */
#include <math.h>

#include "stages/optimize/fold.h"

/* Strides of the result per axis of the source; 0 for the axes that vanish. */
static void result_strides(const nbx_tensor *source, const nbx_attr *axes, int64_t *strides)
{
    uint32_t reduced = 0;
    int64_t step = 1;
    for (uint32_t i = 0; i < axes->count; i++)
        reduced |= 1u << axes->ints[i];
    for (uint32_t i = source->rank; i-- > 0;) {
        bool gone = reduced & (1u << i);
        strides[i] = gone ? 0 : step;
        if (!gone) step *= source->dims[i];
    }
}

static double first_float(nbx_op op)
{
    if (op == NBX_OP_reduce_max) return -HUGE_VAL;
    if (op == NBX_OP_reduce_min) return HUGE_VAL;
    return op == NBX_OP_reduce_prod ? 1 : 0;
}

static int64_t first_int(nbx_op op)
{
    if (op == NBX_OP_reduce_max) return INT64_MIN;
    if (op == NBX_OP_reduce_min) return INT64_MAX;
    return op == NBX_OP_reduce_prod ? 1 : 0;
}

static double join_floats(nbx_op op, double a, double b)
{
    if (op == NBX_OP_reduce_max) return b > a || isnan(b) ? b : a;
    if (op == NBX_OP_reduce_min) return b < a || isnan(b) ? b : a;
    return op == NBX_OP_reduce_prod ? a * b : a + b;
}

static int64_t join_ints(nbx_op op, int64_t a, int64_t b)
{
    if (op == NBX_OP_reduce_max) return b > a ? b : a;
    if (op == NBX_OP_reduce_min) return b < a ? b : a;
    return (int64_t)(op == NBX_OP_reduce_prod ? (uint64_t)a * (uint64_t)b : (uint64_t)a + (uint64_t)b);
}

typedef struct totals {
    double *floats;
    int64_t *ints;
} totals;

static void accumulate(const nbx_fold *fold, const int64_t *strides, uint64_t count, totals *t)
{
    const nbx_tensor *source = fold->inputs[0];
    int64_t at[NBX_MAX_RANK] = {0}, to = 0;
    for (uint64_t i = 0; i < count; i++) {
        if (t->floats)
            t->floats[to] = join_floats(fold->node->schema->op, t->floats[to], nbx_tensor_float(source, i));
        else
            t->ints[to] = join_ints(fold->node->schema->op, t->ints[to], nbx_tensor_int(source, i));
        for (uint32_t axis = source->rank; axis-- > 0;) {
            to += strides[axis];
            if (++at[axis] < source->dims[axis]) break;
            to -= strides[axis] * source->dims[axis];
            at[axis] = 0;
        }
    }
}

nbx_status nbx_fold_reduce(nbx_fold *fold)
{
    const nbx_tensor *source = fold->inputs[0];
    const nbx_op op = fold->node->schema->op;
    bool is_float = nbx_dtype_kind(source->dtype) == 'f';
    int64_t strides[NBX_MAX_RANK];
    uint64_t count;
    void *out;
    if ((op == NBX_OP_reduce_mean && !is_float) || !nbx_shape_elements(source->rank, source->dims, &count)) return NBX_OK;
    bool has_neutral = op == NBX_OP_reduce_sum || op == NBX_OP_reduce_prod; /* of nothing: 0 and 1 */
    if ((count == 0 && !has_neutral) || fold->elements == 0 || count > fold->rewrite->fold_elements) return NBX_OK;
    result_strides(source, nbx_node_attr(&fold->node->n, "axes"), strides);
    NBX_TRY(nbx_fold_allocate(fold, &out));
    if (!out) return NBX_OK;
    totals t = {is_float ? nbx_arena_array(fold->rewrite->scratch, fold->elements, sizeof(double)) : NULL,
                is_float ? NULL : nbx_arena_array(fold->rewrite->scratch, fold->elements, sizeof(int64_t))};
    if (!t.floats && !t.ints) return nbx_raise_memory(fold->rewrite->context);
    for (uint64_t i = 0; i < fold->elements; i++) {
        if (is_float)
            t.floats[i] = first_float(op);
        else
            t.ints[i] = first_int(op);
    }
    accumulate(fold, strides, count, &t);
    double divisor = op == NBX_OP_reduce_mean ? (double)(count / fold->elements) : 1;
    for (uint64_t i = 0; i < fold->elements; i++) {
        if (is_float)
            nbx_element_set_float(fold->result->dtype, out, i, t.floats[i] / divisor);
        else
            nbx_element_set_int(fold->result->dtype, out, i, t.ints[i]);
    }
    return NBX_OK;
}
