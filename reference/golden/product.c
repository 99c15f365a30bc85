/* SPDX-License-Identifier: Apache-2.0 */
/* Resolves product contracts and turns operands into lanes; the sums are formed in accumulate.c, outputs in finish.c. */
#include "product.h"

#include "logmath.h"
#include "tensor.h"

static bool has_kind(const golden_tensor *tensor, uint16_t kind)
{
    return tensor->carrier == GOLDEN_CODES && tensor->encoding->kind == kind;
}

static bool is_linear(const golden_tensor *tensor)
{
    return has_kind(tensor, NBX_ENC_AFFINE) || has_kind(tensor, NBX_ENC_POW2);
}

static int32_t refuse_pair(const golden *p, const golden_node *node, const char *what)
{
    return golden_refuse(p, node, E_GOLDEN_ARITH, "node '%s' (%s): %s", node->view->name, node->view->op, what);
}

/** Largest |code - zero point| of an encoding over its parameter sets. */
static double largest_step(const golden_tensor *tensor)
{
    const nbx_encoding *e = tensor->encoding;
    double largest = 0;
    uint32_t i;
    for (i = 0; i < tensor->param_count; i++) {
        const double zero = e->kind == NBX_ENC_AFFINE ? (double)tensor->params[i].zero_point : 0;
        const double low = zero - (double)e->lo, high = (double)e->hi - zero;
        largest = low > largest ? low : largest;
        largest = high > largest ? high : largest;
    }
    return largest;
}

static int32_t prepare_integer(golden *p, const golden_node *node, const golden_operands *operands, golden_sum *out)
{
    if (!is_linear(operands->x) || !is_linear(operands->w)) return refuse_pair(p, node, "integer products need affine or pow2 operands");
    if (operands->x->param_count != 1) return refuse_pair(p, node, "integer products need one parameter set for input 0");
    if (largest_step(operands->x) * largest_step(operands->w) * (double)operands->terms > 4e18)
        return refuse_pair(p, node, "the sum of products does not fit into 64 bits");
    out->kind = GOLDEN_SUM_MULTIPLY;
    return NBX_OK;
}

static int32_t prepare_xnor(golden *p, const golden_node *node, const golden_operands *operands, golden_sum *out)
{
    if (!has_kind(operands->x, NBX_ENC_BINARY) || !has_kind(operands->w, NBX_ENC_BINARY) || operands->x->param_count != 1)
        return refuse_pair(p, node, "xnor needs binary operands, and one parameter set for input 0");
    out->kind = GOLDEN_SUM_MULTIPLY;
    return NBX_OK;
}

static int64_t *make_entries(golden *p, const nbx_encoding *encoding)
{
    int64_t *entries = golden_alloc(p, (uint64_t)encoding->top + 1, sizeof *entries);
    uint32_t i;
    for (i = 0; entries && i <= encoding->top; i++)
        entries[i] = golden_log_entry(encoding, (int32_t)i);
    return entries;
}

static int32_t prepare_table(golden *p, const golden_node *node, const golden_operands *operands, golden_sum *out)
{
    golden_lanes *x = operands->weights_left ? &out->right : &out->left;
    golden_lanes *w = operands->weights_left ? &out->left : &out->right;
    if (operands->terms > (uint64_t)1 << 31) return refuse_pair(p, node, "the sum of products does not fit into 64 bits");
    x->entries = make_entries(p, operands->x->encoding);
    w->entries = make_entries(p, operands->w->encoding);
    if (!x->entries || !w->entries) return golden_refuse(p, node, E_GOLDEN_MEMORY, "no memory for decode tables");
    out->kind = GOLDEN_SUM_MULTIPLY;
    return NBX_OK;
}

static int32_t prepare_expadd(golden *p, const golden_node *node, const golden_operands *operands, golden_sum *out)
{
    const nbx_encoding *x = operands->x->encoding, *w = operands->w->encoding;
    const uint32_t steps = x->steps > w->steps ? x->steps : w->steps;
    const int64_t x_scale = steps / x->steps, w_scale = steps / w->steps;
    const int64_t span = x->top * x_scale + w->top * w_scale + 1;
    int64_t *table;
    int64_t i;
    if (steps % x->steps || steps % w->steps) return refuse_pair(p, node, "the steps of the two log encodings do not divide each other");
    if ((span - 1) / steps > 40 || operands->terms > ((uint64_t)1 << (44 - (span - 1) / steps)))
        return refuse_pair(p, node, "the sum of products does not fit into 64 bits");
    table = golden_alloc(p, (uint64_t)span * 6, sizeof *table);
    if (!table) return golden_refuse(p, node, E_GOLDEN_MEMORY, "no memory for the antilog table");
    for (i = 0; i < span; i++) {
        table[i] = table[4 * span + i] = golden_antilog(steps, i);
        table[span + i] = table[3 * span + i] = -table[i];
    }
    out->kind = GOLDEN_SUM_LOOKUP;
    out->table = table;
    out->negated = table + 3 * span;
    out->left.span = out->right.span = span;
    out->left.index_scale = operands->weights_left ? w_scale : x_scale;
    out->right.index_scale = operands->weights_left ? x_scale : w_scale;
    return NBX_OK;
}

static int32_t prepare_log(golden *p, const golden_node *node, const golden_operands *operands, golden_sum *out)
{
    if (!has_kind(operands->x, NBX_ENC_LOG) || !has_kind(operands->w, NBX_ENC_LOG) || operands->x->param_count != 1)
        return refuse_pair(p, node, "log products need log operands, and one parameter set for input 0");
    return out->product == NBX_PRODUCT_LOG_TABLE ? prepare_table(p, node, operands, out) : prepare_expadd(p, node, operands, out);
}

static void set_limits(const nbx_arith *arith, golden_sum *out)
{
    out->limited = out->kind != GOLDEN_SUM_REAL && arith->acc_bits > 1 && arith->acc_bits < 64 && arith->acc_overflow != NBX_OVERFLOW_NEVER;
    if (!out->limited) return;
    out->acc_bits = arith->acc_bits;
    out->overflow = arith->acc_overflow;
    out->acc_hi = ((int64_t)1 << (arith->acc_bits - 1)) - 1;
    out->acc_lo = -out->acc_hi - 1;
}

int32_t golden_sum_prepare(golden *program, const golden_node *node, const golden_operands *operands, golden_sum *out)
{
    int32_t status = NBX_OK;
    out->product = node->arith.product ? node->arith.product : NBX_PRODUCT_FLOAT;
    out->kind = GOLDEN_SUM_REAL;
    switch (out->product) {
    case NBX_PRODUCT_FLOAT:
    case NBX_PRODUCT_LOG_FLOAT:
        break;
    case NBX_PRODUCT_INTEGER:
        status = prepare_integer(program, node, operands, out);
        break;
    case NBX_PRODUCT_XNOR:
        status = prepare_xnor(program, node, operands, out);
        break;
    case NBX_PRODUCT_LOG_EXPADD:
    case NBX_PRODUCT_LOG_TABLE:
        status = prepare_log(program, node, operands, out);
        break;
    default:
        status = refuse_pair(program, node, "its product contract is unknown");
        break;
    }
    out->left.product = out->right.product = out->product;
    out->left.left = true;
    set_limits(&node->arith, out);
    return status;
}

int64_t golden_lane_zero(const golden_lanes *lanes)
{
    if (lanes->product != NBX_PRODUCT_LOG_EXPADD) return 0;
    return lanes->left ? -1 : 2 * lanes->span;
}

/** Left: 2 * p + sign, or -1 for zero. Right: p in the positive, negative or zero part of the table. */
static int64_t lookup_lane(const golden_lanes *lanes, const nbx_encoding *encoding, int32_t code)
{
    const golden_log_code parts = golden_log_split(encoding, code);
    const int64_t p = parts.index * lanes->index_scale;
    if (parts.sign == 0) return golden_lane_zero(lanes);
    if (lanes->left) return 2 * p + (parts.sign < 0 ? 1 : 0);
    return p + (parts.sign < 0 ? lanes->span : 0);
}

static int64_t code_lane(const golden_lanes *lanes, const golden_tensor *tensor, uint64_t i)
{
    const int32_t code = ((const int32_t *)tensor->data)[i];
    golden_log_code parts;
    switch (lanes->product) {
    case NBX_PRODUCT_XNOR:
        return code ? 1 : -1;
    case NBX_PRODUCT_LOG_EXPADD:
        return lookup_lane(lanes, tensor->encoding, code);
    case NBX_PRODUCT_LOG_TABLE:
        parts = golden_log_split(tensor->encoding, code);
        return parts.sign * lanes->entries[parts.index > (int32_t)tensor->encoding->top ? (int32_t)tensor->encoding->top : parts.index];
    default:
        return (int64_t)code - (tensor->encoding->kind == NBX_ENC_AFFINE ? golden_param(tensor, i)->zero_point : 0);
    }
}

void golden_lanes_fill(const golden_sum *sum, const golden_lanes *lanes, const golden_tensor *tensor, uint64_t start, uint64_t stride,
                       uint64_t count, void *out)
{
    uint64_t i;
    if (sum->kind != GOLDEN_SUM_REAL) {
        int64_t *restrict to = out;
        for (i = 0; i < count; i++)
            to[i] = code_lane(lanes, tensor, start + i * stride);
    } else if (tensor->carrier == GOLDEN_F32) {
        const float *restrict from = (const float *)tensor->data + start;
        double *restrict to = out;
        for (i = 0; i < count; i++)
            to[i] = (double)from[i * stride];
    } else {
        double *restrict to = out;
        for (i = 0; i < count; i++)
            to[i] = golden_get(tensor, start + i * stride);
    }
}
