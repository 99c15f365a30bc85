/* SPDX-License-Identifier: Apache-2.0 */
/* Folds element-wise ops: integers in int64, floats in double rounded once; it leaves moving elements to fold_move.c. */
#include <math.h>
#include <string.h>

#include "stages/optimize/fold.h"

/* Index of the operand's element for the result's element that `at` counts. */
typedef struct operand {
    const nbx_tensor *tensor;
    int64_t strides[NBX_MAX_RANK]; /* per axis of the result; 0 repeats */
    int64_t offset;
} operand;

static operand operand_of(const nbx_tensor *tensor, uint32_t rank)
{
    operand o = {.tensor = tensor};
    int64_t step = 1;
    for (uint32_t i = 0; i < tensor->rank; i++) {
        uint32_t axis = tensor->rank - 1 - i;
        if (tensor->dims[axis] != 1) o.strides[rank - 1 - i] = step;
        step *= tensor->dims[axis];
    }
    return o;
}

/* Steps all operands to the next element of the result. */
static void advance(operand *operands, uint32_t count, uint32_t rank, const int64_t *dims, int64_t *at)
{
    for (uint32_t axis = rank; axis-- > 0;) {
        bool carry = ++at[axis] == dims[axis];
        for (uint32_t k = 0; k < count; k++)
            operands[k].offset += operands[k].strides[axis] * (carry ? 1 - dims[axis] : 1);
        if (!carry) return;
        at[axis] = 0;
    }
}

/* False: the result is not defined here (division by zero, a negative power). */
static bool compute_ints(const nbx_g_node *node, int64_t a, int64_t b, int64_t *out)
{
    switch (node->schema->op) {
    case NBX_OP_add:
        *out = (int64_t)((uint64_t)a + (uint64_t)b);
        return true;
    case NBX_OP_sub:
        *out = (int64_t)((uint64_t)a - (uint64_t)b);
        return true;
    case NBX_OP_mul:
        *out = (int64_t)((uint64_t)a * (uint64_t)b);
        return true;
    case NBX_OP_div:
        if (b == 0 || (a == INT64_MIN && b == -1)) return false;
        *out = a / b;
        return true;
    case NBX_OP_min:
        *out = a < b ? a : b;
        return true;
    case NBX_OP_max:
        *out = a > b ? a : b;
        return true;
    case NBX_OP_equal:
        *out = a == b;
        return true;
    case NBX_OP_less:
        *out = a < b;
        return true;
    case NBX_OP_greater:
        *out = a > b;
        return true;
    case NBX_OP_pow:
        if (b < 0 || b > 63) return false;
        for (*out = 1; b > 0; b--)
            *out = (int64_t)((uint64_t)*out * (uint64_t)a);
        return true;
    default:
        return false;
    }
}

static bool compute_int(const nbx_g_node *node, int64_t a, int64_t *out)
{
    double lo, hi;
    switch (node->schema->op) {
    case NBX_OP_relu:
        *out = a > 0 ? a : 0;
        return true;
    case NBX_OP_abs:
        *out = a < 0 ? (int64_t)(0 - (uint64_t)a) : a;
        return true;
    case NBX_OP_neg:
        *out = (int64_t)(0 - (uint64_t)a);
        return true;
    case NBX_OP_sign:
        *out = (a > 0) - (a < 0);
        return true;
    case NBX_OP_clip:
        lo = nbx_node_attr_float(&node->n, "min", -HUGE_VAL);
        hi = nbx_node_attr_float(&node->n, "max", HUGE_VAL);
        *out = (double)a < lo && fabs(lo) < 9e15 ? (int64_t)lo : a;
        if ((double)*out > hi && fabs(hi) < 9e15) *out = (int64_t)hi;
        return true;
    default:
        return false;
    }
}

static bool compute_floats(const nbx_g_node *node, double a, double b, double *out)
{
    switch (node->schema->op) {
    case NBX_OP_add:
        *out = a + b;
        return true;
    case NBX_OP_sub:
        *out = a - b;
        return true;
    case NBX_OP_mul:
        *out = a * b;
        return true;
    case NBX_OP_div:
        *out = a / b;
        return true;
    case NBX_OP_min:
        *out = isnan(a) || isnan(b) ? NAN : a < b ? a : b;
        return true;
    case NBX_OP_max:
        *out = isnan(a) || isnan(b) ? NAN : a > b ? a : b;
        return true;
    case NBX_OP_pow:
        *out = pow(a, b);
        return true;
    default:
        return false;
    }
}

static double round_half_even(double x)
{
    double down = floor(x), rest = x - down;
    if (rest < 0.5 || (rest == 0.5 && fmod(down, 2) == 0)) return down;
    return down + 1;
}

static double clip(const nbx_g_node *node, double x)
{
    double lo = nbx_node_attr_float(&node->n, "min", -HUGE_VAL), hi = nbx_node_attr_float(&node->n, "max", HUGE_VAL);
    return x < lo ? (lo > hi ? hi : lo) : x > hi ? hi : x;
}

static bool compute_float(const nbx_g_node *node, double x, double *out)
{
    static const struct {
        nbx_op op;
        double (*function)(double);
    } functions[] = {{NBX_OP_tanh, tanh}, {NBX_OP_exp, exp},     {NBX_OP_log, log},   {NBX_OP_sqrt, sqrt},
                     {NBX_OP_abs, fabs},  {NBX_OP_floor, floor}, {NBX_OP_ceil, ceil}, {NBX_OP_round, round_half_even},
                     {NBX_OP_erf, erf}};
    for (size_t i = 0; i < sizeof(functions) / sizeof(functions[0]); i++)
        if (functions[i].op == node->schema->op) {
            *out = functions[i].function(x);
            return true;
        }
    switch (node->schema->op) {
    case NBX_OP_relu:
        *out = x < 0 ? 0 : x;
        return true;
    case NBX_OP_sigmoid:
        *out = 1 / (1 + exp(-x));
        return true;
    case NBX_OP_reciprocal:
        *out = 1 / x;
        return true;
    case NBX_OP_neg:
        *out = -x;
        return true;
    case NBX_OP_sign:
        *out = isnan(x) ? x : (double)((x > 0) - (x < 0));
        return true;
    case NBX_OP_clip:
        *out = clip(node, x);
        return true;
    default:
        return false;
    }
}

/* One element of the result from the operands' current elements. */
static bool compute_element(const nbx_fold *fold, const operand *operands, double *real, int64_t *integer)
{
    const nbx_g_node *node = fold->node;
    bool is_float = nbx_dtype_kind(fold->inputs[0]->dtype) == 'f';
    nbx_op op = node->schema->op;
    *real = nbx_tensor_float(operands[0].tensor, (uint64_t)operands[0].offset);
    *integer = nbx_tensor_int(operands[0].tensor, (uint64_t)operands[0].offset);
    if (node->schema->in_max == 1) return is_float ? compute_float(node, *real, real) : compute_int(node, *integer, integer);
    for (uint32_t k = 1; k < fold->input_count; k++) {
        double b = nbx_tensor_float(operands[k].tensor, (uint64_t)operands[k].offset);
        if (is_float && (op == NBX_OP_equal || op == NBX_OP_less || op == NBX_OP_greater))
            *integer = op == NBX_OP_equal ? *real == b : op == NBX_OP_less ? *real < b : *real > b;
        else if (is_float ? !compute_floats(node, *real, b, real)
                          : !compute_ints(node, *integer, nbx_tensor_int(operands[k].tensor, (uint64_t)operands[k].offset), integer))
            return false;
    }
    return true;
}

static bool all_uniform(const nbx_fold *fold)
{
    double ignored;
    for (uint32_t i = 0; i < fold->input_count; i++)
        if (!nbx_tensor_uniform(fold->inputs[i], &ignored)) return false;
    return true;
}

nbx_status nbx_fold_elementwise(nbx_fold *fold)
{
    operand *operands = nbx_arena_array(fold->rewrite->scratch, fold->input_count, sizeof(operand));
    if (!operands) return nbx_raise_memory(fold->rewrite->context);
    int64_t at[NBX_MAX_RANK] = {0}, integer;
    double real;
    nbx_tensor *result = fold->result;
    bool to_float = nbx_dtype_kind(result->dtype) == 'f';
    void *out;
    for (uint32_t k = 0; k < fold->input_count; k++)
        operands[k] = operand_of(fold->inputs[k], result->rank);
    if (fold->elements && all_uniform(fold)) {
        if (!compute_element(fold, operands, &real, &integer)) return NBX_OK;
        to_float ? nbx_fold_splat_float(fold, real) : nbx_fold_splat_int(fold, integer);
        return NBX_OK;
    }
    NBX_TRY(nbx_fold_allocate(fold, &out));
    for (uint64_t i = 0; out && i < fold->elements; i++) {
        if (!compute_element(fold, operands, &real, &integer)) {
            fold->done = false;
            return NBX_OK;
        }
        to_float ? nbx_element_set_float(result->dtype, out, i, real) : nbx_element_set_int(result->dtype, out, i, integer);
        advance(operands, fold->input_count, result->rank, result->dims, at);
    }
    return NBX_OK;
}

nbx_status nbx_fold_where(nbx_fold *fold)
{
    int64_t at[NBX_MAX_RANK] = {0};
    nbx_tensor *result = fold->result;
    bool to_float = nbx_dtype_kind(result->dtype) == 'f';
    operand operands[3];
    void *out;
    for (uint32_t k = 0; k < 3; k++)
        operands[k] = operand_of(fold->inputs[k], result->rank);
    NBX_TRY(nbx_fold_allocate(fold, &out));
    for (uint64_t i = 0; out && i < fold->elements; i++) {
        const operand *from = &operands[nbx_tensor_int(operands[0].tensor, (uint64_t)operands[0].offset) ? 1 : 2];
        if (to_float)
            nbx_element_set_float(result->dtype, out, i, nbx_tensor_float(from->tensor, (uint64_t)from->offset));
        else
            nbx_element_set_int(result->dtype, out, i, nbx_tensor_int(from->tensor, (uint64_t)from->offset));
        advance(operands, 3, result->rank, result->dims, at);
    }
    return NBX_OK;
}

/* False where the result of the conversion is not defined: a float that no integer holds. */
static bool cast_to_int(const nbx_tensor *from, uint64_t i, uint32_t dtype, int64_t *out)
{
    if (nbx_dtype_kind(from->dtype) != 'f') {
        *out = nbx_tensor_int(from, i);
        return true;
    }
    double value = nbx_tensor_float(from, i);
    if (nbx_dtype_kind(dtype) == 'b') {
        *out = value != 0;
        return true;
    }
    if (!(value > -9.2e18 && value < 9.2e18)) return false;
    *out = (int64_t)value;
    return true;
}

nbx_status nbx_fold_cast(nbx_fold *fold)
{
    const nbx_tensor *from = fold->inputs[0];
    uint32_t dtype = fold->result->dtype;
    bool to_float = nbx_dtype_kind(dtype) == 'f';
    int64_t integer = 0;
    void *out;
    if (from->is_splat) {
        if (!to_float && !cast_to_int(from, 0, dtype, &integer)) return NBX_OK;
        to_float ? nbx_fold_splat_float(fold, nbx_tensor_float(from, 0)) : nbx_fold_splat_int(fold, integer);
        return NBX_OK;
    }
    NBX_TRY(nbx_fold_allocate(fold, &out));
    for (uint64_t i = 0; out && i < fold->elements; i++) {
        if (!to_float && !cast_to_int(from, i, dtype, &integer)) {
            fold->done = false;
            return NBX_OK;
        }
        to_float ? nbx_element_set_float(dtype, out, i, nbx_tensor_float(from, i)) : nbx_element_set_int(dtype, out, i, integer);
    }
    return NBX_OK;
}
