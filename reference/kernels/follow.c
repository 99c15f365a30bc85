/* SPDX-License-Identifier: Apache-2.0 */
/* Follow-ups on real values and the one rounding at the end of a step; the integer path that needs neither is epilogue.c's. */
#include "follow.h"

#include <math.h>
#include <string.h>

/* Channel parameters of BatchNormalization as operands: one step along axis 1, none elsewhere. */
static bool channel_operand(const nbx_kernels *program, uint32_t value, const kernel_tensor *like, kernel_operand *out)
{
    const kernel_tensor *tensor;
    if (value == NBX_NONE || like->rank < 2) return false;
    tensor = &program->tensors[value];
    *out = (kernel_operand){.value = value, .tensor = tensor, .rank = like->rank};
    for (uint32_t a = 0; a < like->rank; a++)
        out->dims[a] = like->dims[a];
    out->strides[1] = 1;
    return tensor->count == (uint64_t)like->dims[1];
}

int32_t kernel_follow_make(nbx_kernels *program, const kernel_node *node, uint32_t chained, const kernel_tensor *like,
                           kernel_follow_op *out)
{
    bool fine = true;
    memset(out, 0, sizeof *out);
    if (kernel_unary_find(node, &out->unary, out->params)) {
        out->kind = KERNEL_FOLLOW_UNARY;
    } else if (node->schema->op == NBX_OP_batch_normalization && chained == 0 && node->input_count == 5) {
        out->kind = KERNEL_FOLLOW_NORMALIZE;
        out->params[0] = kernel_attr_float(node, "epsilon", 1e-5);
        out->operand_count = 4;
        for (uint32_t i = 0; i < 4; i++)
            fine = fine && channel_operand(program, node->inputs[i + 1], like, &out->operands[i]);
    } else {
        out->kind = KERNEL_FOLLOW_BINARY;
        out->binary = kernel_binary_find(node->schema->op);
        out->swapped = chained == 1;
        out->operand_count = 1;
        fine = out->binary && node->input_count == 2 && kernel_operand_make(program, node->inputs[!chained], like, &out->operands[0]);
    }
    if (!fine)
        return kernel_fail(program, node, NBX_UNSUPPORTED, "E-KERNEL-007", "%s cannot follow in a group with these inputs",
                           node->schema->name);
    return NBX_OK;
}

int32_t kernel_follow_prepare(nbx_kernels *program, kernel_step *step)
{
    const kernel_tensor *like = kernel_output(step, 0);
    kernel_follow_op *ops = kernel_alloc(program, step->follow_count, sizeof *ops);
    if (!ops) return NBX_NO_MEMORY;
    step->follow_ops = ops;
    for (uint32_t i = 0; i < step->follow_count; i++) {
        const kernel_node *node = step->follows[i].node;
        const kernel_tensor *made = &program->tensors[node->outputs[0]];
        const int32_t status = kernel_follow_make(program, node, step->follows[i].chained, like, &ops[i]);
        if (status) return status;
        if (made->count != like->count)
            return kernel_fail(program, node, NBX_UNSUPPORTED, "E-KERNEL-007", "%s changes the shape inside a group", node->schema->name);
    }
    if (step->follow_count && program->tensors[step->node->outputs[0]].count != like->count)
        return kernel_fail(program, step->node, NBX_UNSUPPORTED, "E-KERNEL-007", "its group changes the shape");
    return NBX_OK;
}

static void normalize(const kernel_follow_op *op, const kernel_run *run, const kernel_range *range, double *values)
{
    double scale[KERNEL_CHUNK], bias[KERNEL_CHUNK], mean[KERNEL_CHUNK], variance[KERNEL_CHUNK];
    kernel_operand_fetch(&op->operands[0], run, range, scale);
    kernel_operand_fetch(&op->operands[1], run, range, bias);
    kernel_operand_fetch(&op->operands[2], run, range, mean);
    kernel_operand_fetch(&op->operands[3], run, range, variance);
    for (uint32_t i = 0; i < range->count; i++)
        values[i] = (values[i] - mean[i]) / sqrt(variance[i] + op->params[0]) * scale[i] + bias[i];
}

void kernel_follow_apply(const kernel_follow_op *op, const kernel_run *run, const kernel_range *range, double *values)
{
    double other[KERNEL_CHUNK];
    switch (op->kind) {
    case KERNEL_FOLLOW_UNARY:
        for (uint32_t i = 0; i < range->count; i++)
            values[i] = op->unary(values[i], op->params);
        return;
    case KERNEL_FOLLOW_NORMALIZE:
        normalize(op, run, range, values);
        return;
    case KERNEL_FOLLOW_BINARY:
        break;
    }
    kernel_operand_fetch(&op->operands[0], run, range, other);
    for (uint32_t i = 0; i < range->count; i++)
        values[i] = op->swapped ? op->binary(other[i], values[i]) : op->binary(values[i], other[i]);
}

void kernel_finish(const kernel_step *step, const kernel_run *run, const kernel_range *range, double *values)
{
    for (uint32_t i = 0; i < step->follow_count; i++)
        kernel_follow_apply(&step->follow_ops[i], run, range, values);
    kernel_encode(kernel_output(step, 0), (kernel_rounding)step->rounding, values, range, kernel_output_cells(step, run, 0));
}

void kernel_finish_all(const kernel_step *step, const kernel_run *run, double *values)
{
    const uint64_t count = kernel_output(step, 0)->count;
    for (uint64_t at = 0; at < count; at += KERNEL_CHUNK) {
        const uint64_t left = count - at;
        kernel_finish(step, run, &(kernel_range){at, 1, left < KERNEL_CHUNK ? (uint32_t)left : KERNEL_CHUNK}, values + at);
    }
}

bool kernel_follow_is_clamp(const kernel_step *step, double *lo, double *hi)
{
    *lo = -INFINITY;
    *hi = INFINITY;
    for (uint32_t i = 0; i < step->follow_count; i++) {
        const kernel_node *node = step->follows[i].node;
        double low = 0, high = INFINITY;
        if (node->schema->op == NBX_OP_clip) {
            low = kernel_attr_float(node, "min", -INFINITY);
            high = kernel_attr_float(node, "max", INFINITY);
        } else if (node->schema->op != NBX_OP_relu) {
            return false;
        }
        /* min(max(x, low), high) after an earlier clamp: both ends move */
        *lo = fmin(fmax(*lo, low), high);
        *hi = fmin(fmax(*hi, low), high);
    }
    return true;
}
