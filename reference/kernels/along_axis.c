/* SPDX-License-Identifier: Apache-2.0 */
/* Softmax and LogSoftmax along an axis, LRN across channels: whole lines of decoded values. */
#include <math.h>

#include "executors.h"

typedef struct along {
    uint64_t outer, extent, inner;
} along;

static void softmax_line(const double *x, double *y, const along *plan, bool logarithm)
{
    double most = x[0], sum = 0;
    for (uint64_t i = 1; i < plan->extent; i++)
        if (x[i * plan->inner] > most) most = x[i * plan->inner];
    for (uint64_t i = 0; i < plan->extent; i++)
        sum += exp(x[i * plan->inner] - most);
    for (uint64_t i = 0; i < plan->extent; i++) {
        const double z = x[i * plan->inner] - most;
        y[i * plan->inner] = logarithm ? z - log(sum) : exp(z) / sum;
    }
}

static void lrn_line(const double *x, double *y, const along *plan, const kernel_node *node)
{
    const int64_t size = kernel_attr_int(node, "size", 1), before = (size - 1) / 2, after = size - 1 - before;
    const double alpha = kernel_attr_float(node, "alpha", 1e-4), beta = kernel_attr_float(node, "beta", 0.75);
    const double bias = kernel_attr_float(node, "bias", 1);
    for (int64_t c = 0; c < (int64_t)plan->extent; c++) {
        const int64_t from = c - before < 0 ? 0 : c - before;
        const int64_t to = c + after >= (int64_t)plan->extent ? (int64_t)plan->extent - 1 : c + after;
        double sum = 0;
        for (int64_t k = from; k <= to; k++)
            sum += x[(uint64_t)k * plan->inner] * x[(uint64_t)k * plan->inner];
        y[(uint64_t)c * plan->inner] = x[(uint64_t)c * plan->inner] / pow(bias + alpha / (double)size * sum, beta);
    }
}

static void run_along(const kernel_step *step, const kernel_run *run)
{
    const along *plan = step->prepared;
    const nbx_op op = step->node->schema->op;
    double *x = kernel_temp(step, run), *y = x + kernel_input(step, 0)->count;
    kernel_decode_all(kernel_input(step, 0), kernel_input_cells(step, run, 0), x);
    for (uint64_t o = 0; o < plan->outer; o++)
        for (uint64_t i = 0; i < plan->inner; i++) {
            const uint64_t at = o * plan->extent * plan->inner + i;
            if (op == NBX_OP_lrn)
                lrn_line(x + at, y + at, plan, step->node);
            else
                softmax_line(x + at, y + at, plan, op == NBX_OP_log_softmax);
        }
    kernel_finish_all(step, run, y);
}

int32_t kernel_prepare_along_axis(nbx_kernels *program, kernel_step *step)
{
    const kernel_tensor *x = kernel_input(step, 0);
    const bool lrn = step->node->schema->op == NBX_OP_lrn;
    int64_t axis = lrn ? 1 : kernel_attr_int(step->node, "axis", -1);
    along *plan = kernel_alloc(program, 1, sizeof *plan);
    if (!plan) return NBX_NO_MEMORY;
    step->prepared = plan;
    step->execute = run_along;
    step->temp_bytes = 2 * x->count * sizeof(double);
    if (axis < 0) axis += x->rank;
    if (axis < 0 || axis >= (int64_t)x->rank || !x->dims[axis] || kernel_output(step, 0)->count != x->count)
        return kernel_refuse(program, step, "its axis is out of range");
    if (lrn && kernel_attr_int(step->node, "size", 1) < 1) return kernel_refuse(program, step, "its window is empty");
    plan->outer = plan->inner = 1;
    plan->extent = (uint64_t)x->dims[axis];
    for (uint32_t a = 0; a < x->rank; a++) {
        if (a < axis) plan->outer *= (uint64_t)x->dims[a];
        if (a > axis) plan->inner *= (uint64_t)x->dims[a];
    }
    return NBX_OK;
}
