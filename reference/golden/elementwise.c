/* SPDX-License-Identifier: Apache-2.0 */
/* Ops of two or more broadcast operands, in double or, where all are integers, in int64; fixed20 sums are in fixed20.c. */
#include <math.h>
#include <string.h>

#include "broadcast.h"
#include "dispatch.h"
#include "fixed20.h"
#include "tensor.h"

/** Both forms of an op. `integer` answers false where it is undefined. */
typedef struct binary_row {
    double (*real)(double a, double b);
    bool (*integer)(int64_t a, int64_t b, int64_t *out);
    int32_t fixed_sign; /* of the second operand in the fixed20 form; 0 where there is none */
} binary_row;

typedef struct binary_plan {
    bool integers;
    golden_fixed20 *fixed;
} binary_plan;

static int32_t prepare(golden *p, golden_node *node)
{
    const binary_row *row = node->kernel->detail;
    binary_plan *plan = golden_alloc(p, 1, sizeof *plan);
    uint32_t i;
    if (!plan) return golden_refuse(p, node, E_GOLDEN_MEMORY, "no memory for a node");
    node->plan = plan;
    plan->integers = true;
    for (i = 0; i < node->input_count; i++) {
        const golden_tensor *in = golden_in(p, node, i);
        if (!in) return golden_refuse(p, node, E_GOLDEN_VIEW, "node '%s': input %u is absent", node->view->name, i);
        if (in->carrier != GOLDEN_INT) plan->integers = false;
    }
    GOLDEN_TRY(golden_broadcast_check(p, node, node->input_count));
    if (row->fixed_sign && node->arith.add_arith == NBX_ADD_FIXED20) return golden_fixed20_prepare(p, node, row->fixed_sign, &plan->fixed);
    return NBX_OK;
}

static int32_t run_integers(const golden_call *call, const binary_row *row)
{
    golden_tensor *out = golden_call_out(call, 0);
    uint64_t i;
    uint32_t n;
    for (i = 0; i < out->count; i++) {
        const golden_tensor *in = golden_call_in(call, 0);
        int64_t value = golden_get_int(in, golden_broadcast_index(in, out, i));
        for (n = 1; n < call->node->input_count; n++) {
            in = golden_call_in(call, n);
            if (!row->integer(value, golden_get_int(in, golden_broadcast_index(in, out, i)), &value))
                return golden_refuse(call->program, call->node, E_GOLDEN_DATA, "node %u divides an integer by zero", call->node->index);
        }
        golden_set_int(out, i, value);
    }
    return NBX_OK;
}

static int32_t run(const golden_call *call)
{
    const binary_row *row = call->node->kernel->detail;
    const binary_plan *plan = call->node->plan;
    golden_tensor *out = golden_call_out(call, 0);
    double values[GOLDEN_BLOCK], others[GOLDEN_BLOCK];
    uint64_t start, count, i;
    uint32_t n;
    if (plan->integers) return run_integers(call, row);
    if (plan->fixed) return golden_fixed20_run(call, plan->fixed);
    for (start = 0; start < out->count; start += count) {
        count = out->count - start < GOLDEN_BLOCK ? out->count - start : GOLDEN_BLOCK;
        golden_broadcast_read(golden_call_in(call, 0), out, start, count, values);
        for (n = 1; n < call->node->input_count; n++) {
            golden_broadcast_read(golden_call_in(call, n), out, start, count, others);
            for (i = 0; i < count; i++)
                values[i] = row->real(values[i], others[i]);
        }
        golden_write(out, start, count, values, call->node->rounding);
    }
    return NBX_OK;
}

/* Integers wrap like their two's complement; unsigned arithmetic keeps that defined. */
#define WRAP(a, op, b) ((int64_t)((uint64_t)(a)op(uint64_t)(b)))

#define BINARY(stem, sign, real_value, defined, int_value)                                                                                 \
    static double real_##stem(double a, double b)                                                                                          \
    {                                                                                                                                      \
        return (real_value);                                                                                                               \
    }                                                                                                                                      \
    static bool integer_##stem(int64_t a, int64_t b, int64_t *out)                                                                         \
    {                                                                                                                                      \
        if (!(defined)) return false;                                                                                                      \
        *out = (int_value);                                                                                                                \
        return true;                                                                                                                       \
    }                                                                                                                                      \
    static const binary_row row_##stem = {real_##stem, integer_##stem, sign};                                                              \
    const golden_kernel golden_op_##stem = {prepare, run, &row_##stem};

static int64_t power(int64_t base, int64_t exponent)
{
    int64_t out = 1;
    if (exponent < 0) return base == 1 ? 1 : base == -1 ? (exponent % 2 ? -1 : 1) : 0;
    for (; exponent; exponent >>= 1) {
        if (exponent & 1) out = WRAP(out, *, base);
        base = WRAP(base, *, base);
    }
    return out;
}

/* -1 is apart: INT64_MIN / -1 overflows. */
BINARY(add, 1, a + b, true, WRAP(a, +, b))
BINARY(sub, -1, a - b, true, WRAP(a, -, b))
BINARY(mul, 0, a *b, true, WRAP(a, *, b))
BINARY(div, 0, a / b, b != 0, b == -1 ? WRAP(0, -, a) : a / b)
BINARY(pow, 0, pow(a, b), true, power(a, b))
BINARY(min, 0, (a < b || a != a) ? a : b, true, a < b ? a : b)
BINARY(max, 0, (a > b || a != a) ? a : b, true, a > b ? a : b)
BINARY(prelu, 0, a < 0 ? b * a : a, true, a < 0 ? WRAP(b, *, a) : a)
BINARY(equal, 0, a == b ? 1.0 : 0.0, true, a == b)
BINARY(less, 0, a < b ? 1.0 : 0.0, true, a < b)
BINARY(greater, 0, a > b ? 1.0 : 0.0, true, a > b)
