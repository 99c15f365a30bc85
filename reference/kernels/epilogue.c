/* SPDX-License-Identifier: Apache-2.0 */
/* From sums to output cells: bias, accumulator width, requantization, or the real path; sums themselves come from products.c. */
#include <math.h>

#include "weighted.h"

static bool float_sums(const kernel_step *step)
{
    return step->arith->product == NBX_PRODUCT_FLOAT || step->arith->product == NBX_PRODUCT_LOG_FLOAT;
}

/* What one unit of the sum is worth (docs/numerics.md, section 3). */
static double unit_of(const kernel_step *step, const nbx_qparam *w)
{
    const kernel_tensor *x = kernel_input(step, 0), *weights = kernel_input(step, 1);
    double sx, sw, zx, zw;
    switch (step->arith->product) {
    case NBX_PRODUCT_INTEGER:
    case NBX_PRODUCT_XNOR:
        return kernel_scale(x, x->params) * kernel_scale(weights, w);
    case NBX_PRODUCT_LOG_EXPADD:
        sx = x->encoding->steps;
        sw = weights->encoding->steps;
        return ldexp(exp2((double)x->params->exponent / sx + (double)w->exponent / sw), -16);
    case NBX_PRODUCT_LOG_TABLE:
        sx = x->encoding->steps;
        sw = weights->encoding->steps;
        zx = (double)x->params->exponent + (double)x->encoding->top;
        zw = (double)w->exponent + (double)weights->encoding->top;
        return exp2(zx / sx) * exp2(zw / sw) / (32767.0 * 32767.0);
    default:
        return 1.0;
    }
}

static bool scaled(const kernel_tensor *tensor)
{
    return tensor->encoding && (tensor->encoding->kind == NBX_ENC_AFFINE || tensor->encoding->kind == NBX_ENC_POW2);
}

static int32_t find_bias(nbx_kernels *program, const kernel_step *step, weighted *out)
{
    const kernel_tensor *bias = kernel_input(step, 2);
    out->bias_value = NBX_NONE;
    if (!bias) return NBX_OK;
    out->bias_value = step->node->inputs[2];
    out->bias_codes = step->arith->bias_at == NBX_BIAS_ACCUMULATOR && scaled(bias) && !float_sums(step) && !out->blocked;
    out->bias_channel = 1;
    if (step->node->schema->op != NBX_OP_gemm)
        return bias->count == out->outputs ? NBX_OK : kernel_refuse(program, step, "its bias has the wrong size");
    if (bias->rank > 2) return kernel_refuse(program, step, "its bias has the wrong rank");
    if (bias->rank == 2 && bias->dims[0] != 1) out->bias_position = (uint64_t)bias->dims[1];
    if (!bias->rank || bias->dims[bias->rank - 1] == 1) out->bias_channel = 0;
    if (bias->count != (out->bias_channel ? out->outputs : 1) * (out->bias_position ? out->positions : 1))
        return kernel_refuse(program, step, "its bias does not broadcast");
    return NBX_OK;
}

/* No follow-up but clamps, integers all the way: the accumulator is requantized without becoming real. */
static bool takes_rescale(const kernel_step *step, const weighted *out)
{
    double lo, hi;
    if (step->arith->product != NBX_PRODUCT_INTEGER || step->arith->bias_at != NBX_BIAS_ACCUMULATOR || !step->arith->requant) return false;
    if (out->blocked || out->alpha != 1 || (out->bias_value != NBX_NONE && (!out->bias_codes || out->beta != 1))) return false;
    return scaled(kernel_output(step, 0)) && kernel_follow_is_clamp(step, &lo, &hi);
}

static int32_t prepare_channel(nbx_kernels *program, const kernel_step *step, weighted *out, uint32_t c)
{
    const kernel_tensor *weights = kernel_input(step, 1), *y = kernel_output(step, 0);
    weighted_channel *channel = &out->per_channel[c];
    const nbx_qparam *first = NULL, *own;
    double lo, hi;
    channel->factor = 1;
    if (float_sums(step) || out->blocked) return NBX_OK;
    first = kernel_param(weights, weighted_element(out, c, 0, 0));
    if (weights->param_count > 1 && kernel_param(weights, weighted_element(out, c, out->group_in - 1, out->taps - 1)) != first)
        return kernel_refuse(program, step, "its weights change scale inside an output channel");
    channel->factor = unit_of(step, first);
    if (!out->rescaled) return NBX_OK;
    own = kernel_param(y, (uint64_t)c * out->y_channel);
    kernel_follow_is_clamp(step, &lo, &hi);
    channel->zero_point = y->encoding->kind == NBX_ENC_AFFINE ? own->zero_point : 0;
    channel->lo = nbx_encode(y->encoding, own, lo);
    channel->hi = nbx_encode(y->encoding, own, hi);
    if (!kernel_rescale_make(step->arith->requant, channel->factor / kernel_scale(y, own), &channel->rescale))
        return kernel_refuse(program, step, "its scales do not fit its requantization");
    return NBX_OK;
}

int32_t weighted_epilogue_prepare(nbx_kernels *program, const kernel_step *step, weighted *out)
{
    int32_t status = find_bias(program, step, out);
    if (status) return status;
    out->rescaled = takes_rescale(step, out);
    out->per_channel = kernel_alloc(program, out->outputs, sizeof *out->per_channel);
    if (!out->per_channel) return NBX_NO_MEMORY;
    for (uint32_t c = 0; c < out->outputs && !status; c++) {
        status = prepare_channel(program, step, out, c);
        out->per_channel[c].factor *= out->alpha;
    }
    return status;
}

static uint64_t bias_element(const weighted *plan, const weighted_target *target, uint32_t i)
{
    return target->channel * plan->bias_channel + (target->position + i) * plan->bias_position;
}

/* The accumulators after bias and their declared width. A bias that is the same for all positions is read once. */
static void accumulate(const kernel_step *step, const kernel_run *run, const weighted_target *target, const weighted_sum *sums,
                       int64_t *out)
{
    const weighted *plan = step->prepared;
    const nbx_arith *arith = step->arith;
    const uint32_t bits = arith->acc_overflow == NBX_OVERFLOW_NEVER ? 0 : arith->acc_bits;
    const bool real = plan->real_sums && !plan->ordered;
    uint64_t bias = 0;
    for (uint32_t i = 0; i < target->count; i++) {
        if (plan->bias_codes && (!i || plan->bias_position))
            bias = (uint64_t)kernel_cell_get(kernel_input(step, 2), run->bases[plan->bias_value], bias_element(plan, target, i));
        out[i] = (int64_t)((uint64_t)(real ? (int64_t)sums[i].r : sums[i].i) + bias);
    }
    for (uint32_t i = 0; i < target->count && bits; i++)
        out[i] = arith->acc_overflow == NBX_OVERFLOW_WRAP ? weighted_wrap(out[i], bits) : weighted_saturate(out[i], bits);
}

static void write_rescaled(const kernel_step *step, const kernel_run *run, const weighted_target *target, const weighted_sum *sums)
{
    const weighted *plan = step->prepared;
    const weighted_channel *channel = &plan->per_channel[target->channel];
    const kernel_tensor *y = kernel_output(step, 0);
    const int64_t least = (int64_t)channel->lo - channel->zero_point, most = (int64_t)channel->hi - channel->zero_point;
    void *cells = kernel_output_cells(step, run, 0);
    int64_t acc[WEIGHTED_TILE];
    uint64_t at = target->batch * plan->y_batch + target->channel * plan->y_channel + target->position * plan->y_position;
    accumulate(step, run, target, sums, acc);
    for (uint32_t i = 0; i < target->count; i++, at += plan->y_position) {
        const int64_t q = kernel_rescale_apply(&channel->rescale, acc[i]);
        kernel_cell_set(y, cells, at, (q < least ? least : q > most ? most : q) + channel->zero_point);
    }
}

void weighted_epilogue(const kernel_step *step, const kernel_run *run, const weighted_target *target, const weighted_sum *sums)
{
    const weighted *plan = step->prepared;
    const double factor = plan->per_channel[target->channel].factor;
    const bool real = float_sums(step) || plan->blocked;
    const uint64_t first = target->batch * plan->y_batch + target->channel * plan->y_channel + target->position * plan->y_position;
    const kernel_range range = {first, plan->y_position, target->count};
    double values[WEIGHTED_TILE];
    int64_t acc[WEIGHTED_TILE];
    if (plan->rescaled) {
        write_rescaled(step, run, target, sums);
        return;
    }
    if (!real) accumulate(step, run, target, sums, acc);
    for (uint32_t i = 0; i < target->count; i++)
        values[i] = (real ? sums[i].r : (double)acc[i]) * factor;
    if (plan->bias_value != NBX_NONE && !plan->bias_codes) {
        const kernel_tensor *bias = kernel_input(step, 2);
        double add = 0;
        for (uint32_t i = 0; i < target->count; i++) {
            if (!i || plan->bias_position)
                add = kernel_decode_one(bias, run->bases[plan->bias_value], bias_element(plan, target, i)) * plan->beta;
            values[i] += add;
        }
    }
    kernel_finish(step, run, &range, values);
}
