/* SPDX-License-Identifier: Apache-2.0 */
/* Small graphs, written as text, and what optimize must make of them: ops, attributes, shapes, origins, constants, fates. */
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "stages/optimize/optimize.h"

/*
 * graph   statements between ";": "in NAME DIMS", "out NAME", "f NAME DIMS NUMBERS" (float32 constant), "h" (float16),
 *         "i NAME DIMS NUMBERS" (int64), "splat NAME DIMS NUMBER", or a node "Op a b -> c d name=1,2 name=WORD"; the node is
 *         named after its first output, in upper case; "-" is an absent input; DIMS "()" a scalar. One number fills a constant.
 * wanted  the ops in order, then checks after "|": "N.attr=..." of node N, "N<A,B" its origins, "N#k=numbers" constant
 *         input k, "value:dims" a shape, "A=CONSTANT" or "A=DEAD" a fate
 */
typedef struct graph_case {
    const char *name, *graph, *wanted;
} graph_case;

static const graph_case cases[] = {
#include "optimize_rows.inc"
};

#define MAX_NAMES 64

typedef struct text_graph {
    nbx_context *context;
    nbx_graph *graph;
    char names[MAX_NAMES][24];
    uint32_t values[MAX_NAMES], count;
} text_graph;

static uint32_t value_of(text_graph *t, const char *name)
{
    if (!strcmp(name, "-")) return NBX_NONE;
    for (uint32_t i = 0; i < t->count; i++)
        if (!strcmp(t->names[i], name)) return t->values[i];
    ck_assert_uint_lt(t->count, MAX_NAMES);
    snprintf(t->names[t->count], sizeof(t->names[0]), "%s", name);
    t->values[t->count] = nbx_graph_add_value(t->graph, name, NBX_DTYPE_NONE);
    return t->values[t->count++];
}

static uint32_t parse_list(const char *text, double *out, uint32_t capacity)
{
    uint32_t count = 0;
    if (!text || !strcmp(text, "()") || !strcmp(text, "[]")) return 0;
    for (char *end; *text; text = *end ? end + 1 : end) {
        ck_assert_uint_lt(count, capacity);
        out[count++] = strtod(text, &end);
        ck_assert_ptr_ne(end, text);
    }
    return count;
}

static uint32_t parse_dims(const char *text, int64_t *dims)
{
    double list[NBX_MAX_RANK];
    uint32_t rank = parse_list(text, list, NBX_MAX_RANK);
    for (uint32_t i = 0; i < rank; i++)
        dims[i] = (int64_t)list[i];
    return rank;
}

static void add_constant(text_graph *t, char kind, char **words)
{
    int64_t dims[NBX_MAX_RANK];
    double numbers[256];
    uint32_t rank = parse_dims(words[2], dims), count = parse_list(words[3], numbers, 256), value = value_of(t, words[1]);
    uint64_t elements;
    ck_assert(nbx_shape_elements(rank, dims, &elements));
    nbx_tensor tensor = {.dtype = kind == 'i' ? NBX_DTYPE_INT64 : kind == 'h' ? NBX_DTYPE_FLOAT16 : NBX_DTYPE_FLOAT32, .rank = rank};
    memcpy(tensor.dims, dims, rank * sizeof(int64_t));
    ck_assert(nbx_tensor_bytes(tensor.dtype, rank, dims, &tensor.bytes));
    tensor.is_splat = kind == 's';
    tensor.splat_f = numbers[0];
    char *data = nbx_arena_alloc(t->graph->arena, (size_t)tensor.bytes);
    for (uint64_t i = 0; i < elements && kind != 's'; i++) {
        double number = numbers[count == 1 ? 0 : i];
        int64_t integer = kind == 'i' ? (int64_t)number : 0;
        float single = (float)number;
        /* the few half values that the rows use: 3 and 6 */
        uint16_t half = number == 3 ? 0x4200 : number == 6 ? 0x4600 : 0;
        memcpy(data + i * (tensor.bytes / elements),
               kind == 'i'   ? (void *)&integer
               : kind == 'h' ? (void *)&half
                             : (void *)&single,
               (size_t)(tensor.bytes / elements));
    }
    ck_assert(kind == 's' || count == 1 || count == elements || elements == 0);
    tensor.data = tensor.is_splat ? NULL : data;
    ck_assert_int_eq(nbx_graph_set_constant(t->graph, value, &tensor), NBX_OK);
}

static void add_attr(text_graph *t, uint32_t node, char *word)
{
    char *text = strchr(word, '=') + 1;
    nbx_g_node *row = &t->graph->nodes[node];
    double list[32];
    text[-1] = '\0';
    const nbx_attr_schema *schema = row->schema ? nbx_attr_schema_find(row->schema->attr_set, word) : NULL;
    bool is_text = (*text >= 'A' && *text <= 'Z') || (*text >= 'a' && *text <= 'z');
    if (is_text) {
        nbx_node_set_string(t->graph, row, word, text);
        return;
    }
    uint32_t count = parse_list(text, list, 32), kind = schema ? schema->kind : count == 1 ? NBX_ATTR_INT : NBX_ATTR_INTS;
    int64_t ints[32];
    float floats[32];
    for (uint32_t i = 0; i < count; i++) {
        ints[i] = (int64_t)list[i];
        floats[i] = (float)list[i];
    }
    if (kind == NBX_ATTR_INT) nbx_node_set_int(t->graph, row, word, ints[0]);
    if (kind == NBX_ATTR_FLOAT) nbx_node_set_float(t->graph, row, word, (double)floats[0]);
    if (kind == NBX_ATTR_INTS) nbx_node_set_ints(t->graph, row, word, ints, count);
    if (kind == NBX_ATTR_FLOATS) nbx_node_set_floats(t->graph, row, word, floats, count);
}

static void add_source(nbx_graph *graph, const char *name, const char *op)
{
    ck_assert(nbx_arena_grow(graph->arena, &graph->sources, graph->source_count, &graph->source_capacity, sizeof(nbx_source)));
    graph->sources[graph->source_count++] = (nbx_source){nbx_arena_string(graph->arena, name), op, "", NBX_FATE_NODE};
}

static void add_node(text_graph *t, char **words, uint32_t count)
{
    uint32_t inputs[16], outputs[16], in = 0, out = 0, i = 1;
    char name[24];
    for (; i < count && strcmp(words[i], "->") != 0; i++)
        inputs[in++] = value_of(t, words[i]);
    for (i++; i < count && !strchr(words[i], '='); i++)
        outputs[out++] = value_of(t, words[i]);
    snprintf(name, sizeof(name), "%s", t->graph->values[outputs[0]].v.name);
    for (char *p = name; *p; p++)
        if (*p >= 'a' && *p <= 'z') *p = (char)(*p - 'a' + 'A');
    uint32_t node = nbx_graph_add_node(t->graph, name, words[0], "", in, inputs, out, outputs);
    ck_assert_uint_ne(node, NBX_NONE);
    ck_assert_int_eq(nbx_graph_add_origin(t->graph, node, name), NBX_OK);
    add_source(t->graph, name, t->graph->nodes[node].n.op);
    for (; i < count; i++)
        add_attr(t, node, words[i]);
}

static void add_statement(text_graph *t, char *statement)
{
    char *words[32], *save = NULL;
    uint32_t count = 0;
    int64_t dims[NBX_MAX_RANK];
    for (char *word = strtok_r(statement, " ", &save); word; word = strtok_r(NULL, " ", &save))
        words[count++] = word;
    if (count == 0) return;
    if (!strcmp(words[0], "in")) {
        uint32_t value = value_of(t, words[1]), rank = parse_dims(words[2], dims);
        t->graph->values[value].v.dtype = NBX_DTYPE_FLOAT32;
        nbx_graph_set_shape(t->graph, value, rank, dims);
        nbx_graph_add_input(t->graph, value);
    } else if (!strcmp(words[0], "out")) {
        nbx_graph_add_output(t->graph, value_of(t, words[1]));
        if (count > 2) {
            t->graph->values[value_of(t, words[1])].v.dtype = NBX_DTYPE_FLOAT32;
            nbx_graph_set_shape(t->graph, value_of(t, words[1]), parse_dims(words[2], dims), dims);
        }
    } else if (!strcmp(words[0], "f") || !strcmp(words[0], "i") || !strcmp(words[0], "h") || !strcmp(words[0], "splat")) {
        add_constant(t, words[0][0], words);
    } else {
        add_node(t, words, count);
    }
}

static void build(text_graph *t, const char *text)
{
    memset(t, 0, sizeof(*t));
    ck_assert_int_eq(nbx_context_create(&t->context), NBX_OK);
    ck_assert_int_eq(nbx_graph_create(t->context, &t->graph), NBX_OK);
    char *copy = strdup(text), *save = NULL;
    for (char *s = strtok_r(copy, ";", &save); s; s = strtok_r(NULL, ";", &save))
        add_statement(t, s);
    free(copy);
}

static void destroy(text_graph *t)
{
    nbx_graph_destroy(t->graph);
    nbx_context_destroy(t->context);
}

static void check_attr(const graph_case *c, const nbx_g_node *node, char *word)
{
    char *text = strchr(word, '=') + 1, *name = strchr(word, '.') + 1;
    double list[32];
    text[-1] = '\0';
    const nbx_attr *attr = nbx_node_attr(&node->n, name);
    if (!strcmp(text, "absent")) {
        ck_assert_msg(!attr, "%s: %s has %s", c->name, node->n.op, name);
        return;
    }
    ck_assert_msg(attr != NULL, "%s: %s has no %s", c->name, node->n.op, name);
    if (attr->kind == NBX_ATTR_STRING) {
        ck_assert_msg(!strcmp(attr->s, text), "%s: %s %s is %s", c->name, node->n.op, name, attr->s);
        return;
    }
    uint32_t count = parse_list(text, list, 32);
    bool single = attr->kind == NBX_ATTR_INT || attr->kind == NBX_ATTR_FLOAT;
    ck_assert_msg(single ? count == 1 : count == attr->count, "%s: %s has %u entries", c->name, name, attr->count);
    for (uint32_t i = 0; i < count; i++) {
        double got = attr->kind == NBX_ATTR_INT     ? (double)attr->i
                     : attr->kind == NBX_ATTR_FLOAT ? attr->f
                     : attr->kind == NBX_ATTR_INTS  ? (double)attr->ints[i]
                                                    : (double)attr->floats[i];
        ck_assert_msg(got == list[i] || fabs(got - list[i]) < 1e-6, "%s: %s[%u] is %g", c->name, name, i, got);
    }
}

static void check_origins(const graph_case *c, const nbx_g_node *node, const char *wanted)
{
    char got[300] = "";
    for (uint32_t i = 0; i < node->n.origins.count; i++)
        snprintf(got + strlen(got), sizeof(got) - strlen(got), "%s%s", i ? "," : "", *NBX_ROW(char *, node->n.origins, i));
    ck_assert_msg(!strcmp(got, wanted), "%s: origins of %s are %s", c->name, node->n.op, got);
}

static void check_constant(const graph_case *c, const text_graph *t, const nbx_g_node *node, const char *word)
{
    double list[64];
    uint32_t slot = (uint32_t)strtoul(strchr(word, '#') + 1, NULL, 10), count = parse_list(strchr(word, '=') + 1, list, 64);
    uint32_t value = nbx_node_input(node, slot);
    ck_assert_msg(value != NBX_NONE && t->graph->values[value].data, "%s: input %u of %s is no constant", c->name, slot, node->n.op);
    for (uint32_t i = 0; i < count; i++) {
        double got = nbx_tensor_float(t->graph->values[value].data, i);
        ck_assert_msg(fabs(got - list[i]) <= 1e-6 * fabs(list[i]), "%s: element %u of input %u is %.9g", c->name, i, slot, got);
    }
}

static void check_shape(const graph_case *c, text_graph *t, char *word)
{
    int64_t dims[NBX_MAX_RANK];
    char *text = strchr(word, ':') + 1;
    uint32_t rank = parse_dims(text, dims);
    text[-1] = '\0';
    const nbx_g_value *value = &t->graph->values[value_of(t, word)];
    if (!strcmp(text, "unknown")) {
        ck_assert_msg(!value->known, "%s: %s is known", c->name, word);
        return;
    }
    ck_assert_msg(value->known && value->v.rank == rank && !memcmp(value->v.dims, dims, rank * sizeof(int64_t)), "%s: shape of %s", c->name,
                  word);
}

static void check_fate(const graph_case *c, const text_graph *t, const char *word)
{
    static const char *const fates[] = {"NODE", "CONSTANT", "DEAD", "CUT"};
    for (uint32_t i = 0; i < t->graph->source_count; i++) {
        size_t length = strlen(t->graph->sources[i].name);
        if (strncmp(t->graph->sources[i].name, word, length) != 0 || word[length] != '=') continue;
        ck_assert_msg(!strcmp(fates[t->graph->sources[i].fate], word + length + 1), "%s: %s is %s", c->name, word,
                      fates[t->graph->sources[i].fate]);
        return;
    }
    ck_abort_msg("%s: no source for %s", c->name, word);
}

static void check_word(const graph_case *c, text_graph *t, char *word)
{
    char *end;
    if (strchr(word, ':')) {
        if (strstr(word, ":unknown")) {
            *strchr(word, ':') = '\0';
            ck_assert_msg(!t->graph->values[value_of(t, word)].known, "%s: %s is known", c->name, word);
            return;
        }
        check_shape(c, t, word);
        return;
    }
    uint32_t index = (uint32_t)strtoul(word, &end, 10);
    if (end == word) {
        check_fate(c, t, word);
        return;
    }
    ck_assert_uint_lt(index, t->graph->node_count);
    const nbx_g_node *node = &t->graph->nodes[index];
    if (*end == '.') check_attr(c, node, word);
    if (*end == '<') check_origins(c, node, end + 1);
    if (*end == '#') check_constant(c, t, node, word);
    if (*end == '/') ck_assert_msg(((node->n.flags & NBX_NODE_VIEW) != 0) == (end[1] == 'v'), "%s: view flag of %s", c->name, node->n.op);
}

/* Every source is the origin of exactly one node, or has another fate. */
static void check_sources(const char *name, const nbx_graph *graph)
{
    for (uint32_t s = 0; s < graph->source_count; s++) {
        uint32_t seen = 0;
        for (uint32_t n = 0; n < graph->node_count; n++)
            for (uint32_t i = 0; i < graph->nodes[n].n.origins.count; i++)
                seen += !strcmp(*NBX_ROW(char *, graph->nodes[n].n.origins, i), graph->sources[s].name);
        ck_assert_msg(seen == (graph->sources[s].fate == NBX_FATE_NODE), "%s: source %s is in %u nodes", name, graph->sources[s].name,
                      seen);
    }
}

static void check_all(const graph_case *c, text_graph *t)
{
    char ops[400] = "", wanted[600], *save = NULL;
    snprintf(wanted, sizeof(wanted), "%s", c->wanted);
    char *checks = strchr(wanted, '|');
    if (checks) *checks++ = '\0';
    for (char *end = wanted + strlen(wanted); end > wanted && end[-1] == ' ';)
        *--end = '\0';
    for (uint32_t n = 0; n < t->graph->node_count; n++)
        snprintf(ops + strlen(ops), sizeof(ops) - strlen(ops), "%s%s", n ? " " : "", t->graph->nodes[n].n.op);
    ck_assert_msg(!strcmp(ops, wanted), "%s: ops are %s", c->name, ops);
    for (char *word = checks ? strtok_r(checks, " ", &save) : NULL; word; word = strtok_r(NULL, " ", &save))
        check_word(c, t, word);
    check_sources(c->name, t->graph);
}

START_TEST(optimize_row)
{
    const graph_case *c = &cases[_i];
    text_graph t;
    nbx_message message = {.text = ""};
    build(&t, c->graph);
    nbx_status status = nbx_optimize(t.context, t.graph);
    nbx_message_get(t.context, 0, &message);
    if (*c->wanted == '!') {
        ck_assert_msg(status == NBX_BAD_INPUT, "%s: status %d", c->name, (int)status);
        char *code = strdup(c->wanted + 1), *text = strchr(code, ' ');
        *text++ = '\0';
        ck_assert_msg(!strcmp(message.code, code) && strstr(message.text, text), "%s: %s %s", c->name, message.code, message.text);
        free(code);
        destroy(&t);
        return;
    }
    ck_assert_msg(status == NBX_OK, "%s: %s", c->name, message.text);
    check_all(c, &t);
    uint32_t nodes = t.graph->node_count;
    ck_assert_int_eq(nbx_optimize(t.context, t.graph), NBX_OK); /* a fixed point */
    ck_assert_uint_eq(t.graph->node_count, nodes);
    check_all(c, &t);
    destroy(&t);
}
END_TEST

/* One attribute of each row of the set, and no other. */
START_TEST(attributes_are_complete)
{
    text_graph t;
    build(&t,
          "in x 1,8,8,8; f w 8,8,3,3 1; f g 10,64 1; Conv x w -> a auto_pad=SAME_UPPER; MaxPool a -> b kernel_shape=2,2 strides=4,4;"
          "LeakyRelu b -> c; Softmax c -> d axis=-1; Resize d - - z -> e; i z 4 1,8,4,4; Pad e p -> f; i p 8 0,0,0,0,0,0,1,1;"
          "ReduceMax f -> m; out m; Transpose f -> r; ArgMax r -> s; out s; Slice f i0 i1 -> u; i i0 1 1; i i1 1 -1; Elu u -> v; out v");
    ck_assert_int_eq(nbx_optimize(t.context, t.graph), NBX_OK);
    for (uint32_t n = 0; n < t.graph->node_count; n++) {
        const nbx_g_node *node = &t.graph->nodes[n];
        const nbx_attr_schema *schema;
        uint32_t count = 0;
        for (; (schema = nbx_attr_schema_at(node->schema->attr_set, count)) != NULL; count++) {
            const nbx_attr *attr = nbx_node_attr(&node->n, schema->name);
            ck_assert_msg(attr && attr->kind == schema->kind, "%s has no %s", node->n.op, schema->name);
        }
        ck_assert_msg(count == node->n.attrs.count, "%s has %u attributes", node->n.op, node->n.attrs.count);
    }
    destroy(&t);
}
END_TEST

/* A chain of `links` times: Conv, BatchNormalization, Identity, Relu. */
static double chain_seconds(uint32_t links)
{
    text_graph t;
    build(&t, "in x 1,2,4,4; f w 2,2,1,1 0.5; f s 2 1; f b 2 0.1; f v 2 1");
    uint32_t last = value_of(&t, "x");
    static const char *const ops[] = {"Conv", "BatchNormalization", "Identity", "Relu"};
    for (uint32_t i = 0; i < 4 * links; i++) {
        char name[24];
        snprintf(name, sizeof(name), "N%u", i);
        const uint32_t outputs[1] = {nbx_graph_add_value(t.graph, name, NBX_DTYPE_NONE)};
        const uint32_t conv[2] = {last, value_of(&t, "w")};
        const uint32_t norm[5] = {last, value_of(&t, "s"), value_of(&t, "b"), value_of(&t, "b"), value_of(&t, "v")};
        uint32_t node = nbx_graph_add_node(t.graph, name, ops[i % 4], "",
                                           i % 4 == 0   ? 2
                                           : i % 4 == 1 ? 5
                                                        : 1,
                                           i % 4 == 1 ? norm : conv, 1, outputs);
        nbx_graph_add_origin(t.graph, node, name);
        add_source(t.graph, name, ops[i % 4]);
        last = outputs[0];
    }
    nbx_graph_add_output(t.graph, last);
    struct timespec a, b;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &a);
    ck_assert_int_eq(nbx_optimize(t.context, t.graph), NBX_OK);
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &b);
    ck_assert_uint_eq(t.graph->node_count, 2 * links);
    destroy(&t);
    return (double)(b.tv_sec - a.tv_sec) + 1e-9 * (double)(b.tv_nsec - a.tv_nsec);
}

/* Ten times the nodes: quadratic work would take 100 times as long; the graph outgrowing the caches alone costs up to 1.7 times. */
START_TEST(time_grows_with_the_node_count)
{
    double small = 1e9, large = 1e9;
    for (int round = 0; round < 5; round++) {
        small = fmin(small, chain_seconds(250));
        large = fmin(large, chain_seconds(2500));
    }
    ck_assert_msg(large <= 25 * small, "1,000 nodes take %.6f s, 10,000 nodes %.6f s", small, large);
}
END_TEST

START_TEST(long_chains_of_one_kind)
{
    static const char *const ops[] = {"Identity", "Relu", "Flatten"};
    for (uint32_t kind = 0; kind < 3; kind++) {
        text_graph t;
        build(&t, "in x 1,2,4,4");
        uint32_t last = value_of(&t, "x");
        for (uint32_t i = 0; i < 10000; i++) {
            char name[24];
            snprintf(name, sizeof(name), "N%u", i);
            const uint32_t outputs[1] = {nbx_graph_add_value(t.graph, name, NBX_DTYPE_NONE)};
            nbx_graph_add_origin(t.graph, nbx_graph_add_node(t.graph, name, ops[kind], "", 1, &last, 1, outputs), name);
            last = outputs[0];
        }
        nbx_graph_add_output(t.graph, last);
        ck_assert_int_eq(nbx_optimize(t.context, t.graph), NBX_OK);
        ck_assert_uint_eq(t.graph->node_count, kind == 1 ? 10000 : 1);
        if (kind != 1) ck_assert_uint_eq(t.graph->nodes[0].n.origins.count, 10000);
        destroy(&t);
    }
}
END_TEST

START_TEST(shapes_only_keeps_the_nodes)
{
    text_graph t;
    build(
        &t,
        "in x 1,2,4,4; f w 2,2,1,1 0.5; f s 2 1; Conv x w -> a; BatchNormalization a s s s s -> b; Shape b -> c; Reshape b c -> d; out d");
    ck_assert_int_eq(nbx_infer_shapes(t.context, t.graph), NBX_OK);
    ck_assert_uint_eq(t.graph->node_count, 3);
    ck_assert_str_eq(t.graph->nodes[1].n.op, "BatchNormalization");
    ck_assert(t.graph->values[value_of(&t, "d")].known);
    destroy(&t);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("optimize");
    TCase *tests = tcase_create("rows");
    tcase_add_loop_test(tests, optimize_row, 0, (int)(sizeof(cases) / sizeof(cases[0])));
    tcase_add_test(tests, attributes_are_complete);
    tcase_add_test(tests, time_grows_with_the_node_count);
    tcase_add_test(tests, long_chains_of_one_kind);
    tcase_add_test(tests, shapes_only_keeps_the_nodes);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
