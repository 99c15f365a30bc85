/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Graphs in a few words, for tables of tests. Statements end with ';':
 *   in x 1,3,8,8            a float32 input (a fourth word names another dtype: in i 1,4 INT64)
 *   const w 8,3,3,3 #7      seeded values in -1..1;  =0.5 all the same;  [1,2,3] as listed; a fifth word INT8 or UINT8
 *   Conv c x,w,b -> y kernel_shape=3,3 alpha=0.5 axes=1,    a node; '_' is an absent input; a list has a comma
 *   out y
 */
#ifndef NBX_TESTS_TOY_GRAPH_H
#define NBX_TESTS_TOY_GRAPH_H

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "core/graph.h"
#include "stages/optimize/optimize.h"

static inline uint32_t toy_random(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state >> 8;
}

static inline uint32_t toy_value(const nbx_graph *graph, const char *name)
{
    for (uint32_t v = 0; v < graph->value_count; v++)
        if (!strcmp(graph->values[v].v.name, name)) return v;
    return NBX_NONE;
}

static inline uint32_t toy_node(const nbx_graph *graph, const char *name)
{
    for (uint32_t n = 0; n < graph->node_count; n++)
        if (!strcmp(graph->nodes[n].n.name, name)) return n;
    return NBX_NONE;
}

static inline uint32_t toy_dims(const char *text, int64_t *dims)
{
    uint32_t rank = 0;
    for (char *end; *text; text = *end == ',' ? end + 1 : end) {
        dims[rank++] = strtoll(text, &end, 10);
        if (end == text) break;
    }
    return rank;
}

static inline void toy_const(nbx_graph *graph, const char *name, const char *shape, const char *how, const char *type)
{
    int64_t dims[NBX_MAX_RANK];
    uint32_t rank = toy_dims(shape, dims), seed = (uint32_t)atoi(how + 1) * 7919u + 1;
    uint64_t count = 1;
    for (uint32_t i = 0; i < rank; i++)
        count *= (uint64_t)dims[i];
    float *data = malloc((count + 1) * sizeof(float));
    ck_assert_ptr_nonnull(data);
    const char *list = how + 1;
    for (uint64_t i = 0; i < count; i++) {
        if (*how == '#') data[i] = (float)toy_random(&seed) / 8388608.0f - 1.0f;
        if (*how == '=') data[i] = strtof(how + 1, NULL);
        if (*how == '[') {
            char *end;
            data[i] = strtof(list, &end);
            list = end + (*end == ',');
        }
    }
    uint32_t dtype = !type ? NBX_DTYPE_FLOAT32 : !strcmp(type, "INT8") ? NBX_DTYPE_INT8 : NBX_DTYPE_UINT8;
    for (uint64_t i = 0; i < count && type; i++)
        ((unsigned char *)data)[i] = (unsigned char)(int)data[i]; /* in place: bytes are behind what was read */
    ck_assert_uint_ne(nbx_graph_add_constant(graph, name, dtype, rank, dims, data), NBX_NONE);
    free(data);
}

static inline uint32_t toy_list(nbx_graph *graph, char *text, uint32_t *out)
{
    uint32_t count = 0;
    for (char *next, *word = text; word && *word; word = next) {
        next = strchr(word, ',');
        if (next) *next++ = 0;
        out[count] = strcmp(word, "_") != 0 ? toy_value(graph, word) : NBX_NONE;
        if (out[count] == NBX_NONE && strcmp(word, "_") != 0) out[count] = nbx_graph_add_value(graph, word, NBX_DTYPE_NONE);
        count++;
    }
    return count;
}

static inline void toy_attr(nbx_graph *graph, nbx_g_node *node, char *text)
{
    char *value = strchr(text, '=');
    ck_assert_msg(value, "attribute '%s'", text);
    *value++ = 0;
    int64_t list[8];
    if (strchr(value, ','))
        ck_assert_int_eq(nbx_node_set_ints(graph, node, text, list, toy_dims(value, list)), NBX_OK);
    else if (strchr(value, '.'))
        ck_assert_int_eq(nbx_node_set_float(graph, node, text, strtod(value, NULL)), NBX_OK);
    else if ((*value >= '0' && *value <= '9') || *value == '-')
        ck_assert_int_eq(nbx_node_set_int(graph, node, text, strtoll(value, NULL, 10)), NBX_OK);
    else
        ck_assert_int_eq(nbx_node_set_string(graph, node, text, value), NBX_OK);
}

static inline void toy_source(nbx_graph *graph, const char *name, const char *op)
{
    ck_assert(nbx_arena_grow(graph->arena, &graph->sources, graph->source_count, &graph->source_capacity, sizeof(nbx_source)));
    graph->sources[graph->source_count++] =
        (nbx_source){.name = nbx_arena_string(graph->arena, name), .op = nbx_arena_string(graph->arena, op), .domain = ""};
}

static inline void toy_statement(nbx_graph *graph, char **words, uint32_t count)
{
    int64_t dims[NBX_MAX_RANK];
    uint32_t in[40], out[40];
    if (!strcmp(words[0], "in")) {
        uint32_t dtype = count > 3 && !strcmp(words[3], "INT64") ? NBX_DTYPE_INT64 : NBX_DTYPE_FLOAT32;
        uint32_t value = nbx_graph_add_value(graph, words[1], dtype), rank = toy_dims(words[2], dims);
        nbx_graph_set_shape(graph, value, rank, dims);
        nbx_graph_add_input(graph, value);
    } else if (!strcmp(words[0], "const")) {
        toy_const(graph, words[1], words[2], words[3], count > 4 ? words[4] : NULL);
    } else if (!strcmp(words[0], "out")) {
        nbx_graph_add_output(graph, toy_value(graph, words[1]));
    } else {
        ck_assert_msg(count >= 5 && !strcmp(words[3], "->"), "statement '%s'", words[0]);
        uint32_t inputs = toy_list(graph, words[2], in), outputs = toy_list(graph, words[4], out);
        uint32_t node = nbx_graph_add_node(graph, words[1], words[0], "", inputs, in, outputs, out);
        ck_assert_uint_ne(node, NBX_NONE);
        for (uint32_t i = 5; i < count; i++)
            toy_attr(graph, &graph->nodes[node], words[i]);
        toy_source(graph, words[1], words[0]);
        ck_assert_int_eq(nbx_graph_add_origin(graph, node, words[1]), NBX_OK);
    }
}

/** The graph as written, without shapes. */
static inline nbx_graph *toy_raw_graph(nbx_context *context, const char *text)
{
    nbx_graph *graph;
    ck_assert_int_eq(nbx_graph_create(context, &graph), NBX_OK);
    char *copy = strdup(text), *rest = copy;
    for (char *statement; (statement = strsep(&rest, ";")) != NULL;) {
        char *words[64];
        uint32_t count = 0;
        for (char *word; (word = strsep(&statement, " \n")) != NULL && count < 64;)
            if (*word) words[count++] = word;
        if (count) toy_statement(graph, words, count);
    }
    free(copy);
    return graph;
}

/** Canonical, with shapes, as the stages get it. */
static inline nbx_graph *toy_graph(nbx_context *context, const char *text)
{
    nbx_graph *graph = toy_raw_graph(context, text);
    nbx_message message = {0};
    nbx_status status = nbx_optimize(context, graph);
    for (uint32_t i = 0; status != NBX_OK && nbx_message_get(context, i, &message); i++)
        continue;
    ck_assert_msg(status == NBX_OK, "%s: %s", text, message.text ? message.text : "?");
    return graph;
}

#endif
