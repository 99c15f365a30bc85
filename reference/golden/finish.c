/* SPDX-License-Identifier: Apache-2.0 */
/* Sums to outputs by section 4 of docs/numerics.md: direct requantization or the real path; the sums come from matrix.c. */
#include "finish.h"

#include <math.h>

#include "groups.h"
#include "logmath.h"
#include "requant.h"
#include "tensor.h"

static double step_of(const golden_tensor *tensor, const nbx_qparam *param)
{
    return tensor->encoding->kind == NBX_ENC_POW2 ? ldexp(1.0, -param->exponent) : param->scale;
}

static double factor_of(const golden_sum *sum, const golden_operands *operands, const nbx_qparam *w)
{
    const golden_tensor *x = operands->x;
    switch (sum->product) {
    case NBX_PRODUCT_LOG_EXPADD:
        return golden_expadd_factor(x->encoding, x->params->exponent, operands->w->encoding, w->exponent);
    case NBX_PRODUCT_LOG_TABLE:
        return golden_table_factor(x->encoding, x->params->exponent, operands->w->encoding, w->exponent);
    case NBX_PRODUCT_INTEGER:
    case NBX_PRODUCT_XNOR:
        return step_of(x, x->params) * step_of(operands->w, w);
    default:
        return 1.0;
    }
}

static const nbx_qparam *weight_param(const golden_weights *weights, uint64_t channel, uint64_t chunk)
{
    return golden_param(weights->operands.w, weights->element(weights->self, channel, chunk));
}

/** Multipliers and shifts of the direct path; false where a shift mode meets scales that are no powers of two. */
static bool make_multipliers(const golden_node *node, golden_finish *out, const golden_tensor *target, double *m, int32_t *shift)
{
    const bool shifts = golden_requant_family(node->arith.requant) == 's';
    uint64_t c;
    for (c = 0; c < out->channels; c++) {
        m[c] = out->factors[c] / step_of(target, target->params);
        if (!golden_is_power(m[c], &shift[c]) && shifts) return false;
    }
    return true;
}

static int32_t prepare_direct(golden *p, golden_node *node, const golden_weights *weights, golden_finish *out)
{
    const golden_tensor *bias = golden_in(p, node, 2);
    const bool codes = bias && (bias->carrier == GOLDEN_CODES || bias->carrier == GOLDEN_INT);
    double *m;
    int32_t *shift;
    const bool plain = weights->alpha == 1.0 && weights->beta == 1.0 && out->chunks == 1;
    out->bias_codes = codes && out->sum->product == NBX_PRODUCT_INTEGER && node->arith.bias_at == NBX_BIAS_ACCUMULATOR && plain;
    if (out->sum->product != NBX_PRODUCT_INTEGER || node->arith.bias_at != NBX_BIAS_ACCUMULATOR || !plain) return NBX_OK;
    if (golden_requant_family(node->arith.requant) == 0 || (bias && !codes)) return NBX_OK;
    if (!golden_absorb(p, node)) return NBX_OK;
    m = golden_alloc(p, out->channels, sizeof *m);
    shift = golden_alloc(p, out->channels, sizeof *shift);
    if (!m || !shift) return golden_refuse(p, node, E_GOLDEN_MEMORY, "no memory for multipliers");
    if (!make_multipliers(node, out, golden_out(p, node, 0), m, shift))
        return golden_refuse(p, node, E_GOLDEN_ARITH, "node '%s': a shift cannot requantize: a scale is no power of two", node->view->name);
    out->multipliers = m;
    out->shifts = shift;
    out->direct = true;
    return NBX_OK;
}

int32_t golden_finish_prepare(golden *program, golden_node *node, const golden_weights *weights, const golden_sum *sum, golden_finish *out)
{
    const bool scaled = sum->kind != GOLDEN_SUM_REAL && weights->operands.w->param_count > 1;
    double *factors;
    uint64_t c, k;
    out->sum = sum;
    out->channels = scaled ? weights->channels : 1;
    out->chunks = scaled ? weights->chunks : 1;
    out->alpha = weights->alpha;
    out->beta = weights->beta;
    factors = golden_alloc(program, out->channels * out->chunks, sizeof *factors);
    if (!factors) return golden_refuse(program, node, E_GOLDEN_MEMORY, "no memory for scale factors");
    for (c = 0; c < out->channels; c++)
        for (k = 0; k < out->chunks; k++) {
            const nbx_qparam *w = sum->kind == GOLDEN_SUM_REAL ? NULL : weight_param(weights, c, k);
            factors[c * out->chunks + k] = w ? factor_of(sum, &weights->operands, w) : 1.0;
        }
    out->factors = factors;
    return prepare_direct(program, node, weights, out);
}

void golden_finish_chunk(const golden_call *call, const golden_finish *finish, const golden_run_out *run, uint64_t chunk, const void *acc,
                         double *values)
{
    const golden_tensor *bias = finish->bias_codes ? golden_call_in(call, 2) : NULL;
    const uint64_t step = finish->channels > 1 ? run->channel_step : 0;
    uint64_t channel = finish->channels > 1 ? run->channel : 0;
    uint32_t i;
    if (finish->sum->kind == GOLDEN_SUM_REAL) {
        for (i = 0; i < run->count; i++)
            values[i] += ((const double *)acc)[i];
        return;
    }
    for (i = 0; i < run->count; i++, channel += step) {
        const int64_t biased = ((const int64_t *)acc)[i] + (bias ? golden_get_int(bias, run->bias + i * run->bias_step) : 0);
        const int64_t sum = golden_acc_final(finish->sum, biased);
        const double value = (double)sum * finish->factors[channel * finish->chunks + chunk];
        values[i] = finish->chunks == 1 ? value : values[i] + value;
    }
}

static int64_t clamp(int64_t x, int64_t lo, int64_t hi)
{
    return x < lo ? lo : x > hi ? hi : x;
}

static int32_t finish_code(const golden_node *node, const golden_tensor *target, int64_t requantized)
{
    const nbx_encoding *e = target->encoding;
    const int64_t zero = e->kind == NBX_ENC_AFFINE ? target->params->zero_point : 0;
    int64_t code = clamp(requantized, -((int64_t)1 << 40), (int64_t)1 << 40) + zero;
    uint32_t i;
    code = clamp(code, e->lo, e->hi);
    for (i = 0; i < node->clamp_count; i++)
        code = clamp(code, node->clamps[i].lo, node->clamps[i].hi);
    return (int32_t)code;
}

static void finish_direct(const golden_call *call, const golden_finish *finish, const golden_run_out *run, const int64_t *acc)
{
    const golden_tensor *bias = golden_call_in(call, 2);
    golden_tensor *target = golden_call_out(call, 0);
    int32_t *codes = (int32_t *)target->data + run->out;
    const uint64_t step = finish->channels > 1 ? run->channel_step : 0;
    uint64_t channel = finish->channels > 1 ? run->channel : 0;
    uint32_t i;
    for (i = 0; i < run->count; i++, channel += step) {
        int64_t sum = acc[i];
        if (bias) sum += golden_get_int(bias, run->bias + i * run->bias_step);
        sum = golden_acc_final(finish->sum, sum);
        sum = golden_requant(call->node->arith.requant, sum, finish->multipliers[channel], finish->shifts[channel]);
        codes[i] = finish_code(call->node, target, sum);
    }
}

void golden_finish_run(const golden_call *call, const golden_finish *finish, const golden_run_out *run, const void *acc)
{
    const golden_tensor *bias = finish->bias_codes ? NULL : golden_call_in(call, 2);
    double values[GOLDEN_TILE];
    uint32_t i;
    if (finish->direct) {
        finish_direct(call, finish, run, acc);
        return;
    }
    for (i = 0; i < run->count; i++) {
        values[i] = ((const double *)acc)[i] * finish->alpha;
        if (bias) values[i] += finish->beta * golden_get(bias, run->bias + i * run->bias_step);
    }
    golden_write(golden_call_out(call, 0), run->out, run->count, values, call->node->rounding);
}
