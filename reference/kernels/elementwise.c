/* SPDX-License-Identifier: Apache-2.0 */
/* Element-wise ops: by a table of all byte codes, in int64 for integer tensors, TFLite's integer Add, else in double. */
#include <math.h>
#include <string.h>

#include "executors.h"

typedef struct elementwise {
    kernel_follow_op first;
    uint32_t input_count;
    kernel_operand *inputs;
    kernel_binary_fn binary;
    kernel_integer_fn integer;
    const void *table;
    kernel_rescale in[2], out; /* fixed20 */
    int64_t lo, hi;
} elementwise;

static kernel_range chunk_at(uint64_t at, uint64_t count)
{
    return (kernel_range){at, 1, count - at < KERNEL_CHUNK ? (uint32_t)(count - at) : KERNEL_CHUNK};
}

static void run_unary(const kernel_step *step, const kernel_run *run)
{
    const elementwise *prepared = step->prepared;
    const uint64_t count = kernel_output(step, 0)->count;
    double values[KERNEL_CHUNK];
    for (uint64_t at = 0; at < count; at += KERNEL_CHUNK) {
        const kernel_range range = chunk_at(at, count);
        kernel_operand_fetch(&prepared->inputs[0], run, &range, values);
        kernel_follow_apply(&prepared->first, run, &range, values);
        kernel_finish(step, run, &range, values);
    }
}

static void run_variadic(const kernel_step *step, const kernel_run *run)
{
    const elementwise *prepared = step->prepared;
    const uint64_t count = kernel_output(step, 0)->count;
    double values[KERNEL_CHUNK], other[KERNEL_CHUNK];
    for (uint64_t at = 0; at < count; at += KERNEL_CHUNK) {
        const kernel_range range = chunk_at(at, count);
        kernel_operand_fetch(&prepared->inputs[0], run, &range, values);
        for (uint32_t k = 1; k < prepared->input_count; k++) {
            kernel_operand_fetch(&prepared->inputs[k], run, &range, other);
            for (uint32_t i = 0; i < range.count; i++)
                values[i] = prepared->binary(values[i], other[i]);
        }
        kernel_finish(step, run, &range, values);
    }
}

static void run_integer(const kernel_step *step, const kernel_run *run)
{
    const elementwise *prepared = step->prepared;
    const kernel_tensor *out = kernel_output(step, 0);
    void *cells = kernel_output_cells(step, run, 0);
    for (uint64_t i = 0; i < out->count; i++) {
        const kernel_operand *input = &prepared->inputs[0];
        int64_t value = kernel_cell_get(input->tensor, run->bases[input->value], kernel_operand_index(input, i));
        for (uint32_t k = 1; k < prepared->input_count; k++) {
            input = &prepared->inputs[k];
            value = prepared->integer(value, kernel_cell_get(input->tensor, run->bases[input->value], kernel_operand_index(input, i)));
        }
        kernel_cell_set(out, cells, i, value);
    }
}

static void run_table(const kernel_step *step, const kernel_run *run)
{
    const elementwise *prepared = step->prepared;
    const kernel_tensor *out = kernel_output(step, 0);
    const uint8_t *codes = kernel_input_cells(step, run, 0);
    void *cells = kernel_output_cells(step, run, 0);
    switch (out->cell_bytes) {
    case 1:
        for (uint64_t i = 0; i < out->count; i++)
            ((uint8_t *)cells)[i] = ((const uint8_t *)prepared->table)[codes[i]];
        return;
    case 2:
        for (uint64_t i = 0; i < out->count; i++)
            ((uint16_t *)cells)[i] = ((const uint16_t *)prepared->table)[codes[i]];
        return;
    case 4:
        for (uint64_t i = 0; i < out->count; i++)
            ((uint32_t *)cells)[i] = ((const uint32_t *)prepared->table)[codes[i]];
        return;
    default:
        for (uint64_t i = 0; i < out->count; i++)
            ((uint64_t *)cells)[i] = ((const uint64_t *)prepared->table)[codes[i]];
    }
}

static void run_fixed20(const kernel_step *step, const kernel_run *run)
{
    const elementwise *prepared = step->prepared;
    const kernel_tensor *out = kernel_output(step, 0);
    const bool subtract = step->node->schema->op == NBX_OP_sub;
    void *cells = kernel_output_cells(step, run, 0);
    for (uint64_t i = 0; i < out->count; i++) {
        int64_t part[2], code;
        for (uint32_t k = 0; k < 2; k++) {
            const kernel_operand *input = &prepared->inputs[k];
            code = kernel_cell_get(input->tensor, run->bases[input->value], kernel_operand_index(input, i));
            part[k] = kernel_rescale_apply(&prepared->in[k], (code - input->tensor->params->zero_point) * (INT64_C(1) << 20));
        }
        code = kernel_rescale_apply(&prepared->out, subtract ? part[0] - part[1] : part[0] + part[1]) + out->params->zero_point;
        kernel_cell_set(out, cells, i, code < prepared->lo ? prepared->lo : code > prepared->hi ? prepared->hi : code);
    }
}

static bool all_unary(const kernel_step *step)
{
    for (uint32_t i = 0; i < step->follow_count; i++)
        if (step->follow_ops[i].kind != KERNEL_FOLLOW_UNARY) return false;
    return true;
}

/* A function of one byte code is its 256 results. */
static int32_t make_table(nbx_kernels *program, kernel_step *step, elementwise *prepared)
{
    const kernel_tensor *in = prepared->inputs[0].tensor, *out = kernel_output(step, 0);
    const kernel_range all = {0, 1, 256};
    double values[256];
    void *table = kernel_alloc(program, 256, out->cell_bytes);
    if (!table) return NBX_NO_MEMORY;
    memcpy(values, in->real_table, sizeof values);
    kernel_follow_apply(&prepared->first, NULL, &all, values);
    for (uint32_t i = 0; i < step->follow_count; i++)
        kernel_follow_apply(&step->follow_ops[i], NULL, &all, values);
    kernel_encode(out, (kernel_rounding)step->rounding, values, &all, table);
    prepared->table = table;
    step->execute = run_table;
    return NBX_OK;
}

static bool plain_integer(const kernel_tensor *tensor)
{
    const char kind = nbx_dtype_kind(tensor->dtype);
    return !tensor->encoding && tensor->cell != KERNEL_F32 && (kind == 'i' || kind == 'u' || kind == 'b');
}

static bool all_integers(const kernel_step *step, const elementwise *prepared)
{
    for (uint32_t i = 0; i < prepared->input_count; i++)
        if (!plain_integer(prepared->inputs[i].tensor)) return false;
    return plain_integer(kernel_output(step, 0)) && !step->follow_count;
}

static bool wants_fixed20(const kernel_step *step)
{
    const nbx_op op = step->node->schema->op;
    double lo, hi;
    if (step->arith->add_arith != NBX_ADD_FIXED20 || (op != NBX_OP_add && op != NBX_OP_sub)) return false;
    for (uint32_t i = 0; i < 3; i++) {
        const kernel_tensor *tensor = i < 2 ? kernel_input(step, i) : kernel_output(step, 0);
        if (!tensor->encoding || tensor->encoding->kind != NBX_ENC_AFFINE || tensor->param_count != 1) return false;
    }
    return kernel_follow_is_clamp(step, &lo, &hi);
}

static int32_t prepare_fixed20(kernel_step *step, elementwise *prepared)
{
    const kernel_tensor *out = kernel_output(step, 0);
    const double a = kernel_input(step, 0)->params->scale, b = kernel_input(step, 1)->params->scale, twice = 2 * (a > b ? a : b);
    double lo, hi;
    bool fine = kernel_rescale_make(NBX_REQUANT_double, a / twice, &prepared->in[0]);
    fine = kernel_rescale_make(NBX_REQUANT_double, b / twice, &prepared->in[1]) && fine;
    fine = kernel_rescale_make(NBX_REQUANT_double, twice / (1048576.0 * out->params->scale), &prepared->out) && fine;
    kernel_follow_is_clamp(step, &lo, &hi);
    prepared->lo = nbx_encode(out->encoding, out->params, lo);
    prepared->hi = nbx_encode(out->encoding, out->params, hi);
    step->execute = run_fixed20;
    return fine ? NBX_OK : kernel_refuse(step->program, step, "its scales are not positive");
}

static int32_t prepare_unary(nbx_kernels *program, kernel_step *step, elementwise *prepared)
{
    const kernel_tensor *out = kernel_output(step, 0);
    const int32_t status = kernel_follow_make(program, step->node, 0, out, &prepared->first);
    if (status) return status;
    step->execute = run_unary;
    if (prepared->first.kind == KERNEL_FOLLOW_UNARY && prepared->inputs[0].tensor->real_table && out->count >= 64 && all_unary(step) &&
        out->param_count <= 1)
        return make_table(program, step, prepared);
    return NBX_OK;
}

int32_t kernel_prepare_elementwise(nbx_kernels *program, kernel_step *step)
{
    const nbx_op op = step->node->schema->op;
    const bool unary = step->node->input_count == 1 || op == NBX_OP_batch_normalization;
    elementwise *prepared = kernel_alloc(program, 1, sizeof *prepared);
    if (!prepared) return NBX_NO_MEMORY;
    step->prepared = prepared;
    prepared->input_count = unary ? 1 : step->node->input_count;
    prepared->inputs = kernel_alloc(program, prepared->input_count, sizeof *prepared->inputs);
    if (!prepared->inputs) return NBX_NO_MEMORY;
    for (uint32_t i = 0; i < prepared->input_count; i++)
        if (!kernel_operand_make(program, step->node->inputs[i], kernel_output(step, 0), &prepared->inputs[i]))
            return kernel_refuse(program, step, "an input does not broadcast to the output");
    prepared->binary = kernel_binary_find(op);
    prepared->integer = kernel_integer_find(op);
    if (wants_fixed20(step)) return prepare_fixed20(step, prepared);
    if ((prepared->integer || op == NBX_OP_cast) && all_integers(step, prepared) && kernel_output(step, 0)->cell != KERNEL_BOOL) {
        step->execute = run_integer;
        return NBX_OK;
    }
    if (prepared->binary && (prepared->input_count > 1 || op == NBX_OP_min || op == NBX_OP_max)) {
        step->execute = prepared->integer && all_integers(step, prepared) ? run_integer : run_variadic;
        return NBX_OK;
    }
    return prepare_unary(program, step, prepared);
}
