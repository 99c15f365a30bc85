/* SPDX-License-Identifier: Apache-2.0 */
/* Gemm (with an absorbed Flatten) and MatMul with numpy's batch rules as matrix products; sums are in accumulate.c. */
#include <string.h>

#include "attrs.h"
#include "dispatch.h"
#include "matrix.h"
#include "tensor.h"

enum { LANE = 8 };

/** Batch strides are in whole matrices; 0 where an operand is broadcast. */
typedef struct gemm_plan {
    golden_sum sum;
    golden_finish finish;
    uint64_t rows, columns, terms, chunk;
    bool left_transposed, right_transposed;
    uint64_t bias_row, bias_column;
    uint32_t batch_rank;
    uint64_t batches;
    int64_t batch[NBX_MAX_RANK];
    uint64_t left_step[NBX_MAX_RANK], right_step[NBX_MAX_RANK];
} gemm_plan;

typedef struct gemm_job {
    const gemm_plan *plan;
    const golden_tensor *left, *right;
    uint64_t left_base, right_base, out_base;
    const void *zero;
} gemm_job;

static int32_t bad_shape(const golden *p, const golden_node *node, const char *what)
{
    return golden_refuse(p, node, E_GOLDEN_SHAPE, "node '%s' (%s): %s", node->view->name, node->view->op, what);
}

static uint64_t right_element(const gemm_plan *plan, uint64_t k, uint64_t n)
{
    return plan->right_transposed ? n * plan->terms + k : k * plan->columns + n;
}

static uint64_t weight_of_chunk(const void *self, uint64_t channel, uint64_t chunk)
{
    const gemm_plan *plan = self;
    return right_element(plan, chunk * plan->chunk, channel);
}

static int32_t find_chunk(const golden *p, const golden_node *node, const golden_tensor *w, gemm_plan *plan)
{
    const uint32_t last = w->rank - 1, terms_axis = plan->right_transposed || w->rank == 1 ? last : last - 1;
    plan->chunk = plan->terms;
    if (w->param_count <= 1) return NBX_OK;
    if (w->encoding->granularity == NBX_PER_CONV_GROUP || w->encoding->axis + 1u < last)
        return golden_refuse(p, node, E_GOLDEN_ARITH, "node '%s': weight parameters vary along an axis that is not one of the product",
                             node->view->name);
    if (w->encoding->axis == terms_axis) plan->chunk = w->encoding->granularity == NBX_PER_BLOCK ? w->encoding->block : 1;
    if (plan->chunk > plan->terms) plan->chunk = plan->terms;
    return NBX_OK;
}

static int32_t finish_prepare(golden *p, golden_node *node, gemm_plan *plan, double alpha, double beta)
{
    golden_weights weights = {
        {golden_in(p, node, 0), golden_in(p, node, 1), false, plan->terms}, plan->columns, 1, plan, weight_of_chunk, alpha, beta};
    GOLDEN_TRY(find_chunk(p, node, weights.operands.w, plan));
    weights.chunks = (plan->terms + plan->chunk - 1) / plan->chunk;
    GOLDEN_TRY(golden_sum_prepare(p, node, &weights.operands, &plan->sum));
    GOLDEN_TRY(golden_finish_prepare(p, node, &weights, &plan->sum, &plan->finish));
    node->work_bytes = golden_matrix_work(plan->rows, plan->terms);
    return NBX_OK;
}

/** C broadcasts to [rows, columns]. */
static int32_t read_bias(const golden *p, const golden_node *node, gemm_plan *plan)
{
    const golden_tensor *c = golden_in(p, node, 2);
    uint64_t rows, columns;
    if (!c) return NBX_OK;
    if (c->rank > 2) return bad_shape(p, node, "C has more than two axes");
    columns = c->rank ? (uint64_t)c->dims[c->rank - 1] : 1;
    rows = c->rank == 2 ? (uint64_t)c->dims[0] : 1;
    if ((rows != 1 && rows != plan->rows) || (columns != 1 && columns != plan->columns)) return bad_shape(p, node, "C does not broadcast");
    plan->bias_row = rows == 1 ? 0 : columns;
    plan->bias_column = columns == 1 ? 0 : 1;
    return NBX_OK;
}

static int32_t prepare_gemm(golden *p, golden_node *node)
{
    const golden_tensor *a = golden_in(p, node, 0), *b = golden_in(p, node, 1);
    gemm_plan *plan = golden_alloc(p, 1, sizeof *plan);
    int64_t trans_a, trans_b, flatten, dims[2];
    double alpha, beta;
    if (!plan) return golden_refuse(p, node, E_GOLDEN_MEMORY, "no memory for a matrix product");
    node->plan = plan;
    GOLDEN_TRY(golden_attr_int(p, node, "transA", &trans_a));
    GOLDEN_TRY(golden_attr_int(p, node, "transB", &trans_b));
    GOLDEN_TRY(golden_attr_int(p, node, "flatten", &flatten));
    GOLDEN_TRY(golden_attr_float(p, node, "alpha", &alpha));
    GOLDEN_TRY(golden_attr_float(p, node, "beta", &beta));
    if (a->rank < 2 || (a->rank != 2 && !flatten) || b->rank != 2 || (flatten && trans_a))
        return bad_shape(p, node, "A or B has a wrong rank");
    plan->left_transposed = trans_a != 0;
    plan->right_transposed = trans_b != 0;
    plan->rows = (uint64_t)a->dims[trans_a ? 1 : 0];
    plan->terms = a->count / plan->rows;
    plan->columns = (uint64_t)b->dims[trans_b ? 0 : 1];
    plan->batches = 1;
    if ((uint64_t)b->dims[trans_b ? 1 : 0] != plan->terms) return bad_shape(p, node, "A and B do not agree");
    GOLDEN_TRY(read_bias(p, node, plan));
    dims[0] = (int64_t)plan->rows;
    dims[1] = (int64_t)plan->columns;
    GOLDEN_TRY(golden_expect(p, node, 0, 2, dims));
    return finish_prepare(p, node, plan, alpha, beta);
}

/** Extent of batch axis `i` of `rank`, counted from the end of the batch axes; 1 where there is none. */
static int64_t batch_extent(const golden_tensor *t, uint32_t from_end)
{
    const uint32_t axes = t->rank > 2 ? t->rank - 2 : 0;
    return from_end < axes ? t->dims[axes - 1 - from_end] : 1;
}

static int32_t read_batches(const golden *p, const golden_node *node, gemm_plan *plan)
{
    const golden_tensor *a = golden_in(p, node, 0), *b = golden_in(p, node, 1);
    const uint32_t rank = a->rank > b->rank ? a->rank : b->rank;
    uint64_t left = 1, right = 1;
    uint32_t i;
    plan->batch_rank = rank > 2 ? rank - 2 : 0;
    plan->batches = 1;
    for (i = 0; i < plan->batch_rank; i++) {
        const int64_t x = batch_extent(a, i), y = batch_extent(b, i);
        const uint32_t at = plan->batch_rank - 1 - i;
        if (x != y && x != 1 && y != 1) return bad_shape(p, node, "the batch axes do not broadcast");
        plan->batch[at] = x > y ? x : y;
        plan->left_step[at] = x == 1 ? 0 : left;
        plan->right_step[at] = y == 1 ? 0 : right;
        left *= (uint64_t)x;
        right *= (uint64_t)y;
        plan->batches *= (uint64_t)plan->batch[at];
    }
    return NBX_OK;
}

static int32_t prepare_matmul(golden *p, golden_node *node)
{
    const golden_tensor *a = golden_in(p, node, 0), *b = golden_in(p, node, 1);
    gemm_plan *plan = golden_alloc(p, 1, sizeof *plan);
    int64_t dims[NBX_MAX_RANK + 2];
    uint32_t rank;
    if (!plan) return golden_refuse(p, node, E_GOLDEN_MEMORY, "no memory for a matrix product");
    node->plan = plan;
    if (a->rank == 0 || b->rank == 0) return bad_shape(p, node, "an operand is a scalar");
    plan->rows = a->rank == 1 ? 1 : (uint64_t)a->dims[a->rank - 2];
    plan->terms = (uint64_t)a->dims[a->rank - 1];
    plan->columns = b->rank == 1 ? 1 : (uint64_t)b->dims[b->rank - 1];
    if ((uint64_t)b->dims[b->rank == 1 ? 0 : b->rank - 2] != plan->terms) return bad_shape(p, node, "A and B do not agree");
    GOLDEN_TRY(read_batches(p, node, plan));
    rank = plan->batch_rank;
    memcpy(dims, plan->batch, rank * sizeof *dims);
    if (a->rank > 1) dims[rank++] = (int64_t)plan->rows;
    if (b->rank > 1) dims[rank++] = (int64_t)plan->columns;
    GOLDEN_TRY(golden_expect(p, node, 0, rank, dims));
    return finish_prepare(p, node, plan, 1.0, 1.0);
}

static void left_row(const golden_matrix *m, uint64_t row, void *lanes)
{
    const gemm_job *job = m->self;
    const gemm_plan *plan = job->plan;
    if (plan->left_transposed)
        golden_lanes_fill(m->sum, &m->sum->left, job->left, job->left_base + row, plan->rows, plan->terms, lanes);
    else
        golden_lanes_fill(m->sum, &m->sum->left, job->left, job->left_base + row * plan->terms, 1, plan->terms, lanes);
}

static void right_tile(const golden_matrix *m, uint64_t column, uint32_t count, void *lanes)
{
    const gemm_job *job = m->self;
    const gemm_plan *plan = job->plan;
    const uint64_t stride = plan->right_transposed ? plan->terms : 1;
    char *out = lanes;
    uint64_t k;
    uint32_t i;
    for (k = 0; k < plan->terms; k++, out += GOLDEN_TILE * LANE) {
        golden_lanes_fill(m->sum, &m->sum->right, job->right, job->right_base + right_element(plan, k, column), stride, count, out);
        for (i = count; i < GOLDEN_TILE; i++)
            memcpy(out + i * LANE, job->zero, LANE);
    }
}

static void place(const golden_matrix *m, uint64_t row, uint64_t column, golden_run_out *out)
{
    const gemm_job *job = m->self;
    const gemm_plan *plan = job->plan;
    out->channel = column;
    out->channel_step = 1;
    out->bias = row * plan->bias_row + column * plan->bias_column;
    out->bias_step = plan->bias_column;
    out->out = job->out_base + row * plan->columns + column;
}

static int32_t run(const golden_call *call)
{
    const gemm_plan *plan = call->node->plan;
    const double real_zero = 0.0;
    const int64_t zero = golden_lane_zero(&plan->sum.right);
    gemm_job job = {plan, golden_call_in(call, 0), golden_call_in(call, 1), 0, 0, 0, &real_zero};
    const golden_matrix matrix = {call,        &plan->sum, &plan->finish, plan->rows, plan->columns, plan->terms,
                                  plan->chunk, &job,       left_row,      right_tile, place};
    uint64_t b, rest;
    uint32_t i;
    if (plan->sum.kind != GOLDEN_SUM_REAL) job.zero = &zero;
    for (b = 0; b < plan->batches; b++) {
        job.left_base = job.right_base = 0;
        for (rest = b, i = plan->batch_rank; i-- > 0; rest /= (uint64_t)plan->batch[i]) {
            const uint64_t at = rest % (uint64_t)plan->batch[i];
            job.left_base += at * plan->left_step[i] * plan->rows * plan->terms;
            job.right_base += at * plan->right_step[i] * plan->terms * plan->columns;
        }
        job.out_base = b * plan->rows * plan->columns;
        golden_matrix_run(&matrix, call->work);
    }
    return NBX_OK;
}

const golden_kernel golden_op_gemm = {prepare_gemm, run, NULL};
const golden_kernel golden_op_matmul = {prepare_matmul, run, NULL};
