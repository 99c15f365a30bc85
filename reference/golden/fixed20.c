/* SPDX-License-Identifier: Apache-2.0 */
/* Add and Sub of affine codes in integers: both to a common scale with 20 bits of headroom, sum, one rescale. */
#include "fixed20.h"

#include "broadcast.h"
#include "golden.h"
#include "groups.h"
#include "tensor.h"

struct golden_fixed20 {
    double input[2];
    double output;
    int32_t sign;
};

static bool is_affine(const golden_tensor *tensor)
{
    return tensor->carrier == GOLDEN_CODES && tensor->encoding->kind == NBX_ENC_AFFINE && tensor->param_count == 1;
}

int32_t golden_fixed20_prepare(golden *program, golden_node *node, int32_t sign, golden_fixed20 **out)
{
    const golden_tensor *a = golden_in(program, node, 0), *b = golden_in(program, node, 1), *y;
    golden_fixed20 *fixed;
    double twice;
    *out = NULL;
    if (!is_affine(a) || !is_affine(b) || !golden_absorb(program, node)) return NBX_OK;
    y = golden_out(program, node, 0);
    if (!is_affine(y))
        return golden_refuse(program, node, E_GOLDEN_ARITH, "node '%s': fixed20 sums need an affine output", node->view->name);
    fixed = golden_alloc(program, 1, sizeof *fixed);
    if (!fixed) return golden_refuse(program, node, E_GOLDEN_MEMORY, "no memory for a node");
    twice = 2.0 * (a->params->scale > b->params->scale ? a->params->scale : b->params->scale);
    fixed->input[0] = a->params->scale / twice;
    fixed->input[1] = b->params->scale / twice;
    fixed->output = twice / (1048576.0 * y->params->scale);
    fixed->sign = sign;
    *out = fixed;
    return NBX_OK;
}

static int64_t scaled(const golden_tensor *tensor, uint64_t i, double multiplier)
{
    const int64_t steps = (int64_t)((const int32_t *)tensor->data)[i] - tensor->params->zero_point;
    return golden_requant(NBX_REQUANT_double, steps * 1048576, multiplier, 0);
}

int32_t golden_fixed20_run(const golden_call *call, const golden_fixed20 *fixed)
{
    const golden_tensor *a = golden_call_in(call, 0), *b = golden_call_in(call, 1);
    golden_tensor *y = golden_call_out(call, 0);
    int32_t *codes = y->data;
    uint64_t i;
    uint32_t n;
    for (i = 0; i < y->count; i++) {
        const int64_t left = scaled(a, golden_broadcast_index(a, y, i), fixed->input[0]);
        const int64_t right = scaled(b, golden_broadcast_index(b, y, i), fixed->input[1]);
        int64_t code = golden_requant(NBX_REQUANT_double, left + fixed->sign * right, fixed->output, 0) + y->params->zero_point;
        code = code < y->encoding->lo ? y->encoding->lo : code > y->encoding->hi ? y->encoding->hi : code;
        for (n = 0; n < call->node->clamp_count; n++) {
            const golden_clamp *clamp = &call->node->clamps[n];
            code = code < clamp->lo ? clamp->lo : code > clamp->hi ? clamp->hi : code;
        }
        codes[i] = (int32_t)code;
    }
    return NBX_OK;
}
