/* SPDX-License-Identifier: Apache-2.0 */
/* Functions of one real number, element by element in double; ops of several operands are in elementwise.c. */
#include <math.h>
#include <string.h>

#include "attrs.h"
#include "dispatch.h"
#include "tensor.h"

/** Attribute values in the order of the row's names. */
typedef struct unary_plan {
    double attr[2];
} unary_plan;

/** A function with up to two float attributes. */
typedef struct unary_row {
    double (*of)(double x, const double *attr);
    const char *attrs[2];
} unary_row;

/* One definition per line: stem, its attributes, value. */
#define UNARY(stem, first, second, value)                                                                                                  \
    static double of_##stem(double x, const double *a)                                                                                     \
    {                                                                                                                                      \
        (void)a;                                                                                                                           \
        return (value);                                                                                                                    \
    }                                                                                                                                      \
    static const unary_row row_##stem = {of_##stem, {first, second}};                                                                      \
    const golden_kernel golden_op_##stem = {prepare, run, &row_##stem};

static int32_t prepare(golden *p, golden_node *node)
{
    const unary_row *row = node->kernel->detail;
    const golden_tensor *x = golden_in(p, node, 0);
    unary_plan *plan = golden_alloc(p, 1, sizeof *plan);
    uint32_t i;
    if (!plan) return golden_refuse(p, node, E_GOLDEN_MEMORY, "no memory for a node");
    for (i = 0; i < 2 && row->attrs[i]; i++)
        GOLDEN_TRY(golden_attr_float(p, node, row->attrs[i], &plan->attr[i]));
    node->plan = plan;
    return golden_expect(p, node, 0, x->rank, x->dims);
}

static int32_t run(const golden_call *call)
{
    const unary_row *row = call->node->kernel->detail;
    const unary_plan *plan = call->node->plan;
    const golden_tensor *x = golden_call_in(call, 0);
    double values[GOLDEN_BLOCK];
    uint64_t start, count, i;
    for (start = 0; start < x->count; start += count) {
        count = x->count - start < GOLDEN_BLOCK ? x->count - start : GOLDEN_BLOCK;
        golden_read(x, start, count, values);
        for (i = 0; i < count; i++)
            values[i] = row->of(values[i], plan->attr);
        golden_write(golden_call_out(call, 0), start, count, values, call->node->rounding);
    }
    return NBX_OK;
}

static double limit(double x, double lo, double hi)
{
    x = x < lo ? lo : x;
    return x > hi ? hi : x;
}

static double logistic(double x)
{
    return x >= 0 ? 1.0 / (1.0 + exp(-x)) : exp(x) / (1.0 + exp(x));
}

/** log(1 + e^x) without overflow. */
static double soft_plus(double x)
{
    return x > 0 ? x + log1p(exp(-x)) : log1p(exp(x));
}

UNARY(relu, NULL, NULL, x < 0 ? 0.0 : x)
UNARY(leaky_relu, "alpha", NULL, x < 0 ? a[0] * x : x)
UNARY(elu, "alpha", NULL, x < 0 ? a[0] * expm1(x) : x)
UNARY(selu, "alpha", "gamma", a[1] * (x > 0 ? x : a[0] * expm1(x)))
UNARY(sigmoid, NULL, NULL, logistic(x))
UNARY(tanh, NULL, NULL, tanh(x))
UNARY(hard_sigmoid, "alpha", "beta", limit(a[0] * x + a[1], 0.0, 1.0))
UNARY(hard_swish, NULL, NULL, x *limit(x / 6.0 + 0.5, 0.0, 1.0))
UNARY(swish, "alpha", NULL, x *logistic(a[0] * x))
UNARY(mish, NULL, NULL, x *tanh(soft_plus(x)))
UNARY(clip, "min", "max", limit(x, a[0], a[1]))
UNARY(softplus, NULL, NULL, soft_plus(x))
UNARY(erf, NULL, NULL, erf(x))
UNARY(exp, NULL, NULL, exp(x))
UNARY(log, NULL, NULL, log(x))
UNARY(sqrt, NULL, NULL, sqrt(x))
UNARY(reciprocal, NULL, NULL, 1.0 / x)
UNARY(abs, NULL, NULL, fabs(x))
UNARY(neg, NULL, NULL, -x)
UNARY(floor, NULL, NULL, floor(x))
UNARY(ceil, NULL, NULL, ceil(x))
UNARY(round, NULL, NULL, nearbyint(x))
UNARY(sign, NULL, NULL, x > 0 ? 1.0 : x < 0 ? -1.0 : x)

/* Gelu chooses between two functions by a text attribute. */
static double gelu_erf(double x, const double *a)
{
    (void)a;
    return 0.5 * x * (1.0 + erf(x * 0.70710678118654752440));
}

static double gelu_tanh(double x, const double *a)
{
    (void)a;
    return 0.5 * x * (1.0 + tanh(0.79788456080286535588 * (x + 0.044715 * x * x * x)));
}

static const unary_row row_gelu_erf = {gelu_erf, {NULL, NULL}};
static const unary_row row_gelu_tanh = {gelu_tanh, {NULL, NULL}};
static const golden_kernel gelu_kernels[] = {{prepare, run, &row_gelu_erf}, {prepare, run, &row_gelu_tanh}};

static int32_t prepare_gelu(golden *p, golden_node *node)
{
    const char *approximate;
    GOLDEN_TRY(golden_attr_text(p, node, "approximate", &approximate));
    if (strcmp(approximate, "none") != 0 && strcmp(approximate, "tanh") != 0)
        return golden_refuse(p, node, E_GOLDEN_ATTRIBUTE, "node '%s': approximate '%s' is neither none nor tanh", node->view->name,
                             approximate);
    node->kernel = &gelu_kernels[approximate[0] == 't'];
    return prepare(p, node);
}

const golden_kernel golden_op_gelu = {prepare_gelu, run, NULL};
