/* SPDX-License-Identifier: Apache-2.0 */
/* Element-wise functions of reals and integers as tables; decoding, broadcasting and rounding are the callers'. */
#include "scalar.h"

#include <math.h>
#include <string.h>

#define UNARY(stem, expression)                                                                                                            \
    static double stem(double x, const double *p)                                                                                          \
    {                                                                                                                                      \
        (void)p;                                                                                                                           \
        return expression;                                                                                                                 \
    }

static double sigmoid_of(double x)
{
    return 1.0 / (1.0 + exp(-x));
}

static double clamp_unit(double x)
{
    return x < 0 ? 0 : x > 1 ? 1 : x;
}

static double softplus_of(double x)
{
    return x > 0 ? x + log1p(exp(-x)) : log1p(exp(x));
}

static double gelu_tanh(double x)
{
    return 0.5 * x * (1.0 + tanh(sqrt(2.0 / 3.14159265358979323846) * (x + 0.044715 * x * x * x)));
}

UNARY(identity, x)
UNARY(relu, x < 0 ? 0 : x)
UNARY(leaky_relu, x < 0 ? p[0] * x : x)
UNARY(elu, x < 0 ? p[0] * (exp(x) - 1.0) : x)
UNARY(selu, p[1] * (x > 0 ? x : p[0] * (exp(x) - 1.0)))
UNARY(sigmoid, sigmoid_of(x))
UNARY(hyperbolic_tangent, tanh(x))
UNARY(hard_sigmoid, clamp_unit(p[0] * x + p[1]))
UNARY(hard_swish, x *clamp_unit(x / 6.0 + 0.5))
UNARY(swish, x *sigmoid_of(p[0] * x))
UNARY(gelu, 0.5 * x * (1.0 + erf(x / 1.41421356237309504880)))
UNARY(gelu_approximate, gelu_tanh(x))
UNARY(mish, x *tanh(softplus_of(x)))
UNARY(clip, fmin(x < p[0] ? p[0] : x, x != x ? x : p[1]))
UNARY(softplus, softplus_of(x))
UNARY(error_function, erf(x))
UNARY(exponential, exp(x))
UNARY(natural_log, log(x))
UNARY(square_root, sqrt(x))
UNARY(reciprocal, 1.0 / x)
UNARY(absolute, fabs(x))
UNARY(negate, -x)
UNARY(round_down, floor(x))
UNARY(round_up, ceil(x))
UNARY(round_even, nearbyint(x))
UNARY(sign, x > 0 ? 1.0 : x < 0 ? -1.0 : x)

static const kernel_unary unaries[NBX_OP_COUNT_] = {
    [NBX_OP_relu] = {relu, {NULL, NULL}, {0, 0}},
    [NBX_OP_leaky_relu] = {leaky_relu, {"alpha", NULL}, {0.01, 0}},
    [NBX_OP_elu] = {elu, {"alpha", NULL}, {1, 0}},
    [NBX_OP_selu] = {selu, {"alpha", "gamma"}, {1.67326319217681884765625, 1.05070102214813232421875}},
    [NBX_OP_sigmoid] = {sigmoid, {NULL, NULL}, {0, 0}},
    [NBX_OP_tanh] = {hyperbolic_tangent, {NULL, NULL}, {0, 0}},
    [NBX_OP_hard_sigmoid] = {hard_sigmoid, {"alpha", "beta"}, {0.2, 0.5}},
    [NBX_OP_hard_swish] = {hard_swish, {NULL, NULL}, {0, 0}},
    [NBX_OP_swish] = {swish, {"alpha", NULL}, {1, 0}},
    [NBX_OP_gelu] = {gelu, {NULL, NULL}, {0, 0}},
    [NBX_OP_mish] = {mish, {NULL, NULL}, {0, 0}},
    [NBX_OP_clip] = {clip, {"min", "max"}, {-INFINITY, INFINITY}},
    [NBX_OP_softplus] = {softplus, {NULL, NULL}, {0, 0}},
    [NBX_OP_erf] = {error_function, {NULL, NULL}, {0, 0}},
    [NBX_OP_exp] = {exponential, {NULL, NULL}, {0, 0}},
    [NBX_OP_log] = {natural_log, {NULL, NULL}, {0, 0}},
    [NBX_OP_sqrt] = {square_root, {NULL, NULL}, {0, 0}},
    [NBX_OP_reciprocal] = {reciprocal, {NULL, NULL}, {0, 0}},
    [NBX_OP_abs] = {absolute, {NULL, NULL}, {0, 0}},
    [NBX_OP_neg] = {negate, {NULL, NULL}, {0, 0}},
    [NBX_OP_floor] = {round_down, {NULL, NULL}, {0, 0}},
    [NBX_OP_ceil] = {round_up, {NULL, NULL}, {0, 0}},
    [NBX_OP_round] = {round_even, {NULL, NULL}, {0, 0}},
    [NBX_OP_sign] = {sign, {NULL, NULL}, {0, 0}},
    [NBX_OP_cast] = {identity, {NULL, NULL}, {0, 0}},
    [NBX_OP_requantize] = {identity, {NULL, NULL}, {0, 0}},
};

bool kernel_unary_find(const kernel_node *node, kernel_unary_fn *out, double params[2])
{
    const kernel_unary *row = &unaries[node->schema->op];
    if (!row->compute) return false;
    *out = row->compute;
    if (row->compute == gelu && !strcmp(kernel_attr_text(node, "approximate", "none"), "tanh")) *out = gelu_approximate;
    for (uint32_t i = 0; i < 2; i++)
        params[i] = row->attrs[i] ? kernel_attr_float(node, row->attrs[i], row->defaults[i]) : 0.0;
    return true;
}

static double add(double a, double b)
{
    return a + b;
}

static double subtract(double a, double b)
{
    return a - b;
}

static double multiply(double a, double b)
{
    return a * b;
}

static double divide(double a, double b)
{
    return a / b;
}

static double smaller(double a, double b)
{
    return a < b || a != a ? a : b;
}

static double larger(double a, double b)
{
    return a > b || a != a ? a : b;
}

static double slope(double a, double b)
{
    return a < 0 ? b * a : a;
}

static double equal(double a, double b)
{
    return a == b;
}

static double less(double a, double b)
{
    return a < b;
}

static double greater(double a, double b)
{
    return a > b;
}

kernel_binary_fn kernel_binary_find(nbx_op op)
{
    static const kernel_binary_fn rows[NBX_OP_COUNT_] = {
        [NBX_OP_add] = add,     [NBX_OP_sub] = subtract, [NBX_OP_mul] = multiply,    [NBX_OP_div] = divide,
        [NBX_OP_pow] = pow,     [NBX_OP_min] = smaller,  [NBX_OP_max] = larger,      [NBX_OP_prelu] = slope,
        [NBX_OP_equal] = equal, [NBX_OP_less] = less,    [NBX_OP_greater] = greater,
    };
    return rows[op];
}

static int64_t integer_add(int64_t a, int64_t b)
{
    return (int64_t)((uint64_t)a + (uint64_t)b);
}

static int64_t integer_subtract(int64_t a, int64_t b)
{
    return (int64_t)((uint64_t)a - (uint64_t)b);
}

static int64_t integer_multiply(int64_t a, int64_t b)
{
    return (int64_t)((uint64_t)a * (uint64_t)b);
}

static int64_t integer_divide(int64_t a, int64_t b)
{
    if (b == 0) return 0;
    return b == -1 ? (int64_t)(0 - (uint64_t)a) : a / b;
}

static int64_t integer_smaller(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t integer_larger(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static int64_t integer_equal(int64_t a, int64_t b)
{
    return a == b;
}

static int64_t integer_less(int64_t a, int64_t b)
{
    return a < b;
}

static int64_t integer_greater(int64_t a, int64_t b)
{
    return a > b;
}

kernel_integer_fn kernel_integer_find(nbx_op op)
{
    static const kernel_integer_fn rows[NBX_OP_COUNT_] = {
        [NBX_OP_add] = integer_add,     [NBX_OP_sub] = integer_subtract, [NBX_OP_mul] = integer_multiply,
        [NBX_OP_div] = integer_divide,  [NBX_OP_min] = integer_smaller,  [NBX_OP_max] = integer_larger,
        [NBX_OP_equal] = integer_equal, [NBX_OP_less] = integer_less,    [NBX_OP_greater] = integer_greater,
    };
    return rows[op];
}
