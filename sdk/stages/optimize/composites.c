/* SPDX-License-Identifier: Apache-2.0 */
/* Activations that exporters write as several nodes become one; every inner value must have no other reader. */
#include <math.h>

#include "stages/optimize/passes.h"

#define MAX_FACTORS 4
#define MAX_PARTS   12

/* The nodes of a candidate besides its last one. */
typedef struct parts {
    uint32_t nodes[MAX_PARTS];
    uint32_t count;
} parts;

/* A product: constant * factor 0 * factor 1 ... */
typedef struct product {
    uint32_t factors[MAX_FACTORS];
    uint32_t count;
    double constant;
} product;

static bool near(double a, double b)
{
    return fabs(a - b) <= 1e-5 * fabs(b);
}

static bool add_part(parts *p, uint32_t node)
{
    if (p->count == MAX_PARTS) return false;
    p->nodes[p->count++] = node;
    return true;
}

/* The producer of `value` if it is a settled `op` with no other reader; it becomes a part. NBX_NONE otherwise. */
static uint32_t inner_node(const nbx_rewrite *rewrite, uint32_t value, nbx_op op, parts *p)
{
    uint32_t node = nbx_rewrite_producer(rewrite, value);
    if (!nbx_rewrite_is(rewrite, node, op) || !rewrite->nodes[node].settled || !nbx_rewrite_single_use(rewrite, value)) return NBX_NONE;
    return add_part(p, node) ? node : NBX_NONE;
}

static uint32_t input_of(const nbx_rewrite *rewrite, uint32_t node, uint32_t i)
{
    return nbx_node_input(&rewrite->graph->nodes[node], i);
}

/* value = input + constant (or constant + input) with a uniform constant near `wanted`; NBX_NONE otherwise. */
static uint32_t added_to(const nbx_rewrite *rewrite, uint32_t value, double wanted, parts *p)
{
    uint32_t node = inner_node(rewrite, value, NBX_OP_add, p);
    for (uint32_t k = 0; node != NBX_NONE && k < 2; k++) {
        double constant;
        if (nbx_tensor_uniform(nbx_rewrite_constant(rewrite, input_of(rewrite, node, k)), &constant) && near(constant, wanted))
            return input_of(rewrite, node, 1 - k);
    }
    return NBX_NONE;
}

static bool collect(const nbx_rewrite *rewrite, uint32_t value, uint32_t depth, product *out, parts *p);

/* The operands of a Mul, or of a Div by a constant. */
static bool collect_operands(const nbx_rewrite *rewrite, uint32_t node, uint32_t depth, product *out, parts *p)
{
    bool divides = nbx_rewrite_is(rewrite, node, NBX_OP_div);
    for (uint32_t k = 0; k < 2; k++) {
        uint32_t operand = input_of(rewrite, node, k);
        double constant;
        if (nbx_tensor_uniform(nbx_rewrite_constant(rewrite, operand), &constant))
            out->constant = divides && k == 1 ? out->constant / constant : out->constant * constant;
        else if (divides && k == 1)
            return false;
        else if (!collect(rewrite, operand, depth + 1, out, p))
            return false;
    }
    return !divides || !nbx_rewrite_constant(rewrite, input_of(rewrite, node, 0));
}

static bool divides_by_constant(const nbx_rewrite *rewrite, uint32_t node)
{
    double ignored;
    return nbx_rewrite_is(rewrite, node, NBX_OP_div) &&
           nbx_tensor_uniform(nbx_rewrite_constant(rewrite, input_of(rewrite, node, 1)), &ignored);
}

/* Takes a product apart as far as its inner values have no other reader. */
static bool collect(const nbx_rewrite *rewrite, uint32_t value, uint32_t depth, product *out, parts *p)
{
    uint32_t node = nbx_rewrite_producer(rewrite, value);
    bool product_node = nbx_rewrite_is(rewrite, node, NBX_OP_mul) || divides_by_constant(rewrite, node);
    if (product_node && depth < 4 && rewrite->nodes[node].settled && nbx_rewrite_single_use(rewrite, value))
        return add_part(p, node) && collect_operands(rewrite, node, depth, out, p);
    if (out->count == MAX_FACTORS) return false;
    out->factors[out->count++] = value;
    return true;
}

/* value = *scale * x: a product of one factor, which may be `value` itself. */
static bool scaled_from(const nbx_rewrite *rewrite, uint32_t value, uint32_t x, double *scale, parts *p)
{
    product inner = {.constant = 1};
    if (value != x && (!collect(rewrite, value, 0, &inner, p) || inner.count != 1 || inner.factors[0] != x)) return false;
    *scale = inner.constant;
    return true;
}

/* value = Clip(x + 3, 0, 6) */
static bool is_relu6_of_shifted(const nbx_rewrite *rewrite, uint32_t value, uint32_t *x, parts *p)
{
    uint32_t clip = inner_node(rewrite, value, NBX_OP_clip, p);
    if (clip == NBX_NONE) return false;
    const nbx_node *n = &rewrite->graph->nodes[clip].n;
    if (nbx_node_attr_float(n, "min", 1) != 0 || nbx_node_attr_float(n, "max", 0) != 6) return false;
    *x = added_to(rewrite, input_of(rewrite, clip, 0), 3, p);
    return *x != NBX_NONE;
}

static bool is_cube_term(const nbx_rewrite *rewrite, uint32_t value, uint32_t x, uint32_t power, parts *p)
{
    product inner = {.constant = 1};
    double exponent;
    if (!collect(rewrite, value, 0, &inner, p) || !near(inner.constant, 0.044715)) return false;
    if (inner.count == 1 && inner.factors[0] != x) { /* Pow(x, power) */
        uint32_t node = inner_node(rewrite, inner.factors[0], NBX_OP_pow, p);
        return node != NBX_NONE && input_of(rewrite, node, 0) == x &&
               nbx_tensor_uniform(nbx_rewrite_constant(rewrite, input_of(rewrite, node, 1)), &exponent) && exponent == power;
    }
    for (uint32_t i = 0; i < inner.count; i++)
        if (inner.factors[i] != x) return false;
    return inner.count == power;
}

/* value = sqrt(2 / pi) * (x + 0.044715 x^3), or the same with x taken out of the sum */
static bool is_tanh_argument(const nbx_rewrite *rewrite, uint32_t value, uint32_t x, parts *p)
{
    product outer = {.constant = 1};
    if (!collect(rewrite, value, 0, &outer, p) || !near(outer.constant, 0.7978845608028654)) return false;
    if (outer.count == 2) {
        uint32_t sum = outer.factors[0] == x ? outer.factors[1] : outer.factors[0];
        uint32_t term = outer.factors[0] == x || outer.factors[1] == x ? added_to(rewrite, sum, 1, p) : NBX_NONE;
        return term != NBX_NONE && is_cube_term(rewrite, term, x, 2, p);
    }
    uint32_t sum = outer.count == 1 ? inner_node(rewrite, outer.factors[0], NBX_OP_add, p) : NBX_NONE;
    for (uint32_t k = 0; sum != NBX_NONE && k < 2; k++) {
        parts tried = *p;
        if (input_of(rewrite, sum, k) != x || !is_cube_term(rewrite, input_of(rewrite, sum, 1 - k), x, 3, &tried)) continue;
        *p = tried;
        return true;
    }
    return false;
}

/* What a candidate becomes. */
typedef struct activation {
    nbx_op op;
    uint32_t x;
    const char *attr; /* NULL for none */
    double number;
    const char *text; /* of `attr`, or NULL */
} activation;

static bool match_swish(const nbx_rewrite *rewrite, uint32_t x, uint32_t g, double constant, parts *p, activation *out)
{
    double alpha;
    uint32_t sigmoid = inner_node(rewrite, g, NBX_OP_sigmoid, p);
    if (sigmoid == NBX_NONE || constant != 1 || !scaled_from(rewrite, input_of(rewrite, sigmoid, 0), x, &alpha, p)) return false;
    *out = (activation){NBX_OP_swish, x, "alpha", alpha, NULL};
    return true;
}

static bool match_hard_swish(const nbx_rewrite *rewrite, uint32_t x, uint32_t g, double constant, parts *p, activation *out)
{
    uint32_t source;
    *out = (activation){NBX_OP_hard_swish, x, NULL, 0, NULL};
    if (near(constant, 1.0 / 6)) return is_relu6_of_shifted(rewrite, g, &source, p) && source == x;
    uint32_t node = inner_node(rewrite, g, NBX_OP_hard_sigmoid, p);
    if (node == NBX_NONE || constant != 1) return false;
    const nbx_node *n = &rewrite->graph->nodes[node].n;
    return near(nbx_node_attr_float(n, "alpha", 0), 1.0 / 6) && near(nbx_node_attr_float(n, "beta", 0), 0.5) &&
           input_of(rewrite, node, 0) == x;
}

static bool match_gelu(const nbx_rewrite *rewrite, uint32_t x, uint32_t g, double constant, parts *p, activation *out)
{
    double scale;
    uint32_t inner = near(constant, 0.5) ? added_to(rewrite, g, 1, p) : NBX_NONE;
    if (inner == NBX_NONE) return false;
    uint32_t node = inner_node(rewrite, inner, NBX_OP_erf, p);
    *out = (activation){NBX_OP_gelu, x, "approximate", 0, "none"};
    if (node != NBX_NONE) return scaled_from(rewrite, input_of(rewrite, node, 0), x, &scale, p) && near(scale, 0.7071067811865476);
    node = inner_node(rewrite, inner, NBX_OP_tanh, p);
    out->text = "tanh";
    return node != NBX_NONE && is_tanh_argument(rewrite, input_of(rewrite, node, 0), x, p);
}

static bool match_mish(const nbx_rewrite *rewrite, uint32_t x, uint32_t g, double constant, parts *p, activation *out)
{
    uint32_t node = constant == 1 ? inner_node(rewrite, g, NBX_OP_tanh, p) : NBX_NONE;
    node = node != NBX_NONE ? inner_node(rewrite, input_of(rewrite, node, 0), NBX_OP_softplus, p) : NBX_NONE;
    *out = (activation){NBX_OP_mish, x, NULL, 0, NULL};
    return node != NBX_NONE && input_of(rewrite, node, 0) == x;
}

typedef bool (*matcher)(const nbx_rewrite *rewrite, uint32_t x, uint32_t g, double constant, parts *p, activation *out);

/* Each matches constant * x * g(x). */
static const matcher matchers[] = {match_swish, match_hard_swish, match_gelu, match_mish};

static bool match_pair(const nbx_rewrite *rewrite, const product *root, parts *p, activation *out)
{
    for (uint32_t i = 0; i < sizeof(matchers) / sizeof(matchers[0]); i++)
        for (uint32_t k = 0; k < 2; k++) {
            parts tried = *p;
            if (!matchers[i](rewrite, root->factors[k], root->factors[1 - k], root->constant, &tried, out)) continue;
            *p = tried;
            return true;
        }
    return false;
}

/* Clip(x + 3, 0, 6) / 6 */
static bool match_hard_sigmoid(const nbx_rewrite *rewrite, const product *root, parts *p, activation *out)
{
    uint32_t x;
    if (!near(root->constant, 1.0 / 6) || !is_relu6_of_shifted(rewrite, root->factors[0], &x, p)) return false;
    *out = (activation){NBX_OP_hard_sigmoid, x, "alpha", (double)(1.0f / 6), NULL};
    return true;
}

static nbx_status become_activation(nbx_rewrite *rewrite, uint32_t node, const activation *a, const parts *p)
{
    nbx_rewrite_become(rewrite, node, a->op);
    nbx_g_node *row = &rewrite->graph->nodes[node];
    if (a->text) NBX_TRY(nbx_node_set_string(rewrite->graph, row, a->attr, a->text));
    if (a->attr && !a->text) NBX_TRY(nbx_node_set_float(rewrite->graph, row, a->attr, a->number));
    if (a->op == NBX_OP_hard_sigmoid) NBX_TRY(nbx_node_set_float(rewrite->graph, row, "beta", 0.5));
    NBX_TRY(nbx_rewrite_set_inputs(rewrite, node, 1, &a->x));
    for (uint32_t i = p->count; i-- > 0;)
        nbx_rewrite_absorb(rewrite, p->nodes[i], node);
    return NBX_OK;
}

static nbx_status recognise(nbx_rewrite *rewrite, uint32_t node)
{
    product root = {.constant = 1};
    parts p = {.count = 0};
    activation a;
    if (!collect_operands(rewrite, node, 0, &root, &p)) return NBX_OK;
    bool found = root.count == 2   ? match_pair(rewrite, &root, &p, &a)
                 : root.count == 1 ? match_hard_sigmoid(rewrite, &root, &p, &a)
                                   : false;
    if (!found || !nbx_rewrite_same_shape(rewrite, a.x, nbx_node_output(&rewrite->graph->nodes[node], 0))) return NBX_OK;
    return become_activation(rewrite, node, &a, &p);
}

nbx_status nbx_pass_composites(nbx_rewrite *rewrite)
{
    for (uint32_t n = 0; n < rewrite->graph->node_count; n++) {
        bool candidate = nbx_rewrite_is(rewrite, n, NBX_OP_mul) || divides_by_constant(rewrite, n);
        if (candidate && rewrite->nodes[n].settled) NBX_TRY(recognise(rewrite, n));
    }
    return NBX_OK;
}
