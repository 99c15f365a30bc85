/* SPDX-License-Identifier: Apache-2.0 */
/* Sums in the declared order, one product at a time: overflow at each step, weights in blocks, operands too wide to be fast. */
#include "weighted.h"

int64_t weighted_saturate(int64_t acc, uint32_t bits)
{
    const int64_t most = bits >= 64 ? INT64_MAX : (INT64_C(1) << (bits - 1)) - 1;
    return acc > most ? most : acc < -most - 1 ? -most - 1 : acc;
}

int64_t weighted_wrap(int64_t acc, uint32_t bits)
{
    const uint64_t sign = UINT64_C(1) << (bits - 1), mask = (sign << 1) - 1;
    const uint64_t low = (uint64_t)acc & mask;
    if (bits >= 64) return acc;
    return (int64_t)(low ^ sign) - (int64_t)sign;
}

static int64_t product_at(const weighted *plan, const weighted_tile *tile, uint64_t x, uint64_t w)
{
    switch (plan->cell) {
    case WEIGHTED_F32:
        return (int64_t)((const float *)tile->x)[x] * (int64_t)((const float *)tile->weights)[w];
    case WEIGHTED_F64:
        return (int64_t)((uint64_t)(int64_t)((const double *)tile->x)[x] * (uint64_t)(int64_t)((const double *)tile->weights)[w]);
    case WEIGHTED_INDEX:
        break;
    }
    return tile->antilog[((const uint16_t *)tile->x)[x] + ((const uint16_t *)tile->weights)[w]];
}

/* Order: input channel, then kernel positions as the op counts them. */
static int64_t sum_in_order(const kernel_step *step, const weighted_tile *tile, uint64_t first, uint32_t lane)
{
    const weighted *plan = step->prepared;
    uint64_t acc = 0;
    for (uint64_t input = 0; input < plan->group_in; input++)
        for (uint64_t t = 0; t < plan->taps; t++) {
            const uint64_t tap = plan->index.flip ? plan->taps - 1 - t : t;
            const uint64_t w = (tap * plan->group_in + input) * WEIGHTED_LANES + lane;
            acc += (uint64_t)product_at(plan, tile, first + plan->tap_offsets[tap] + input, w);
            if (plan->per_step) acc = (uint64_t)weighted_saturate((int64_t)acc, step->arith->acc_bits);
        }
    return (int64_t)acc;
}

/* One accumulator per run of input channels with the same scale; the real values are added in order. */
static double sum_in_blocks(const kernel_step *step, const weighted_tile *tile, uint64_t first, uint32_t lane, uint32_t channel)
{
    const weighted *plan = step->prepared;
    const kernel_tensor *x = kernel_input(step, 0), *weights = kernel_input(step, 1);
    const double sx = kernel_scale(x, x->params);
    const nbx_qparam *param = kernel_param(weights, weighted_element(plan, channel, 0, 0));
    double total = 0;
    int64_t acc = 0;
    for (uint64_t input = 0; input < plan->group_in; input++) {
        const nbx_qparam *next = kernel_param(weights, weighted_element(plan, channel, input, 0));
        if (next != param) {
            total += (double)acc * (sx * kernel_scale(weights, param));
            param = next;
            acc = 0;
        }
        for (uint64_t tap = 0; tap < plan->taps; tap++)
            acc += product_at(plan, tile, first + plan->tap_offsets[tap] + input, (tap * plan->group_in + input) * WEIGHTED_LANES + lane);
    }
    return total + (double)acc * (sx * kernel_scale(weights, param));
}

void weighted_ordered(const kernel_step *step, const weighted_tile *tile, uint32_t channel, uint32_t lanes)
{
    const weighted *plan = step->prepared;
    for (uint32_t lane = 0; lane < lanes; lane++)
        for (uint32_t p = 0; p < tile->positions; p++) {
            weighted_sum *sum = &tile->sums[lane * WEIGHTED_TILE + p];
            if (plan->blocked)
                sum->r = sum_in_blocks(step, tile, tile->offsets[p], lane, channel + lane);
            else
                sum->i = sum_in_order(step, tile, tile->offsets[p], lane);
        }
}
