/* SPDX-License-Identifier: Apache-2.0 */
/* Decides which nodes are folded and keeps folding within bounds; the evaluation of each op is in fold_*.c. */
#include "stages/optimize/fold.h"

#include <string.h>

#include "schema/encodings.h"

typedef struct fold_row {
    nbx_op op;
    nbx_fold_function evaluate;
} fold_row;

/* QuantizeLinear and DequantizeLinear are not here: the quantizer reads their parameters. */
static const fold_row rows[] = {
    {NBX_OP_identity, nbx_fold_view},
    {NBX_OP_dropout, nbx_fold_view},
    {NBX_OP_reshape, nbx_fold_view},
    {NBX_OP_flatten, nbx_fold_view},
    {NBX_OP_squeeze, nbx_fold_view},
    {NBX_OP_unsqueeze, nbx_fold_view},
    {NBX_OP_transpose, nbx_fold_transpose},
    {NBX_OP_slice, nbx_fold_slice},
    {NBX_OP_split, nbx_fold_split},
    {NBX_OP_expand, nbx_fold_expand},
    {NBX_OP_tile, nbx_fold_tile},
    {NBX_OP_concat, nbx_fold_concat},
    {NBX_OP_gather, nbx_fold_gather},
    {NBX_OP_where, nbx_fold_where},
    {NBX_OP_cast, nbx_fold_cast},
    {NBX_OP_reduce_sum, nbx_fold_reduce},
    {NBX_OP_reduce_prod, nbx_fold_reduce},
    {NBX_OP_reduce_max, nbx_fold_reduce},
    {NBX_OP_reduce_min, nbx_fold_reduce},
    {NBX_OP_reduce_mean, nbx_fold_reduce},
    {NBX_OP_range, nbx_fold_range},
    {NBX_OP_constant_of_shape, nbx_fold_constant_of_shape},
    {NBX_OP_add, nbx_fold_elementwise},
    {NBX_OP_sub, nbx_fold_elementwise},
    {NBX_OP_mul, nbx_fold_elementwise},
    {NBX_OP_div, nbx_fold_elementwise},
    {NBX_OP_pow, nbx_fold_elementwise},
    {NBX_OP_min, nbx_fold_elementwise},
    {NBX_OP_max, nbx_fold_elementwise},
    {NBX_OP_equal, nbx_fold_elementwise},
    {NBX_OP_less, nbx_fold_elementwise},
    {NBX_OP_greater, nbx_fold_elementwise},
    {NBX_OP_relu, nbx_fold_elementwise},
    {NBX_OP_sigmoid, nbx_fold_elementwise},
    {NBX_OP_tanh, nbx_fold_elementwise},
    {NBX_OP_exp, nbx_fold_elementwise},
    {NBX_OP_log, nbx_fold_elementwise},
    {NBX_OP_sqrt, nbx_fold_elementwise},
    {NBX_OP_reciprocal, nbx_fold_elementwise},
    {NBX_OP_abs, nbx_fold_elementwise},
    {NBX_OP_neg, nbx_fold_elementwise},
    {NBX_OP_floor, nbx_fold_elementwise},
    {NBX_OP_ceil, nbx_fold_elementwise},
    {NBX_OP_round, nbx_fold_elementwise},
    {NBX_OP_sign, nbx_fold_elementwise},
    {NBX_OP_erf, nbx_fold_elementwise},
    {NBX_OP_clip, nbx_fold_elementwise},
};

static nbx_fold_function find_evaluation(nbx_op op)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (rows[i].op == op) return rows[i].evaluate;
    return NULL;
}

/* Whole bytes, and numbers: text, complex, 8-bit floats and packed types stay. */
static bool foldable_dtype(uint32_t dtype)
{
    char kind = nbx_dtype_kind(dtype);
    uint32_t bits = nbx_dtype_bits(dtype);
    return (kind == 'f' && bits >= 16) || (bits >= 8 && (kind == 'i' || kind == 'u' || kind == 'b'));
}

bool nbx_tensor_uniform(const nbx_tensor *tensor, double *out)
{
    uint64_t count;
    if (!tensor || !foldable_dtype(tensor->dtype)) return false;
    if (!tensor->is_splat && (!nbx_shape_elements(tensor->rank, tensor->dims, &count) || count != 1)) return false;
    *out = nbx_tensor_float(tensor, 0);
    return true;
}

nbx_status nbx_fold_allocate(nbx_fold *fold, void **out)
{
    uint64_t bytes;
    nbx_tensor *result = fold->result;
    *out = NULL;
    if (!nbx_tensor_bytes(result->dtype, result->rank, result->dims, &bytes)) return NBX_OK;
    if (fold->elements > fold->rewrite->fold_elements) return NBX_OK;
    NBX_TRY(nbx_rewrite_allocate(fold->rewrite, bytes, out));
    result->data = *out;
    result->bytes = bytes;
    fold->done = *out != NULL;
    return NBX_OK;
}

void nbx_element_set_int(uint32_t dtype, void *data, uint64_t i, int64_t value)
{
    uint32_t size = nbx_dtype_bits(dtype) / 8;
    if (nbx_dtype_kind(dtype) == 'b') value = value != 0;
    memcpy((char *)data + i * size, &value, size); /* little-endian: the low bytes come first */
}

void nbx_element_set_float(uint32_t dtype, void *data, uint64_t i, double value)
{
    float single = (float)value;
    uint16_t half = dtype == NBX_DTYPE_FLOAT16 ? nbx_half_from_float(single) : nbx_bf16_from_float(single);
    if (dtype == NBX_DTYPE_FLOAT64)
        memcpy((char *)data + i * 8, &value, 8);
    else if (dtype == NBX_DTYPE_FLOAT32)
        memcpy((char *)data + i * 4, &single, 4);
    else
        memcpy((char *)data + i * 2, &half, 2);
}

double nbx_round_to(uint32_t dtype, double value)
{
    if (dtype == NBX_DTYPE_FLOAT64) return value;
    if (dtype == NBX_DTYPE_FLOAT16) return (double)nbx_half_to_float(nbx_half_from_float((float)value));
    if (dtype == NBX_DTYPE_BFLOAT16) return (double)nbx_bf16_to_float(nbx_bf16_from_float((float)value));
    return (double)(float)value;
}

/* What the splat would take if it were dense. */
static void set_bytes(nbx_tensor *tensor)
{
    if (!nbx_tensor_bytes(tensor->dtype, tensor->rank, tensor->dims, &tensor->bytes)) tensor->bytes = 0;
}

void nbx_fold_splat_int(nbx_fold *fold, int64_t value)
{
    int64_t narrow = 0;
    uint32_t bits = nbx_dtype_bits(fold->result->dtype);
    nbx_element_set_int(fold->result->dtype, &narrow, 0, value);
    if (nbx_dtype_kind(fold->result->dtype) == 'i' && bits < 64) { /* sign-extend what was cut off */
        int64_t sign = INT64_C(1) << (bits - 1);
        narrow = (narrow ^ sign) - sign;
    }
    set_bytes(fold->result);
    fold->result->is_splat = true;
    fold->result->splat_i = narrow;
    fold->done = true;
}

void nbx_fold_splat_float(nbx_fold *fold, double value)
{
    set_bytes(fold->result);
    fold->result->is_splat = true;
    fold->result->splat_f = nbx_round_to(fold->result->dtype, value);
    fold->done = true;
}

/* The constants behind the inputs; false while one is missing or cannot be read. */
static bool gather_constants(const nbx_rewrite *rewrite, const nbx_g_node *node, const nbx_tensor **inputs)
{
    for (uint32_t i = 0; i < node->n.inputs.count; i++) {
        inputs[i] = nbx_rewrite_constant(rewrite, nbx_node_input(node, i));
        if (!inputs[i] || !foldable_dtype(inputs[i]->dtype)) return false;
    }
    return true;
}

static bool outputs_are_inner(const nbx_rewrite *rewrite, const nbx_g_node *node)
{
    for (uint32_t i = 0; i < node->n.outputs.count; i++) {
        uint32_t value = nbx_node_output(node, i);
        if (value != NBX_NONE && nbx_rewrite_is_output(rewrite, value)) return false; /* a model output needs a node */
        if (i > 0 && value != NBX_NONE && node->schema->op != NBX_OP_split) return false;
    }
    return nbx_node_output(node, 0) != NBX_NONE || node->schema->op == NBX_OP_split;
}

static nbx_status evaluate(nbx_fold *fold, nbx_fold_function function, const nbx_g_value *of)
{
    const nbx_op op = fold->node->schema->op;
    const nbx_g_value *value = &fold->rewrite->graph->values[nbx_node_output(fold->node, fold->output)];
    if (op == NBX_OP_range) return function(fold); /* its extent comes from the constants */
    if (!value->known || !foldable_dtype(value->v.dtype)) return NBX_OK;
    fold->result->dtype = value->v.dtype;
    fold->result->rank = value->v.rank;
    memcpy(fold->result->dims, value->v.dims, sizeof(fold->result->dims));
    if (!nbx_shape_elements(value->v.rank, value->v.dims, &fold->elements)) return NBX_OK;
    return of ? nbx_fold_shape(fold, &of->v) : function(fold);
}

nbx_status nbx_fold_node(nbx_rewrite *rewrite, uint32_t node, bool *folded)
{
    const nbx_g_node *row = &rewrite->graph->nodes[node];
    bool shape = row->schema->op == NBX_OP_shape || row->schema->op == NBX_OP_size;
    nbx_fold_function function = find_evaluation(row->schema->op);
    *folded = false;
    if ((!function && !shape) || row->n.outputs.count > 64 || !outputs_are_inner(rewrite, row)) return NBX_OK;
    const nbx_tensor *few[8], **inputs = few;
    if (row->n.inputs.count > 8) inputs = nbx_arena_array(rewrite->scratch, row->n.inputs.count, sizeof(nbx_tensor *));
    if (!inputs) return nbx_raise_memory(rewrite->context);
    const nbx_g_value *of = shape ? &rewrite->graph->values[nbx_node_input(row, 0)] : NULL;
    if (shape ? !of->known : !gather_constants(rewrite, row, inputs)) return NBX_OK;
    nbx_tensor results[64] = {{0}};
    for (uint32_t i = 0; i < row->n.outputs.count; i++) {
        if (nbx_node_output(row, i) == NBX_NONE) continue;
        nbx_fold fold = {rewrite, row, row->n.inputs.count, inputs, i, &results[i], 0, false};
        NBX_TRY(evaluate(&fold, function, of));
        if (!fold.done) return NBX_OK;
    }
    for (uint32_t i = 0; i < row->n.outputs.count; i++)
        if (nbx_node_output(row, i) != NBX_NONE) NBX_TRY(nbx_rewrite_make_constant(rewrite, nbx_node_output(row, i), &results[i]));
    nbx_rewrite_kill(rewrite, node, NBX_FATE_CONSTANT);
    *folded = true;
    return NBX_OK;
}
