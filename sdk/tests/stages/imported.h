/* SPDX-License-Identifier: Apache-2.0 */
/** What the import tests share: a context per test, importing a written model, looking things up. */
#ifndef NBX_TESTS_IMPORTED_H
#define NBX_TESTS_IMPORTED_H

#include "../formats/onnx_writer.h"
#include "stages/import/import.h"

static nbx_context *context;

static inline void open_context(void)
{
    ck_assert_int_eq(nbx_context_create(&context), NBX_OK);
}

static inline void close_context(void)
{
    nbx_context_destroy(context);
}

static inline const char *last_code(void)
{
    nbx_message message = {0};
    uint32_t count = nbx_message_count(context);
    return count && nbx_message_get(context, count - 1, &message) ? message.code : "";
}

static inline const char *last_text(void)
{
    nbx_message message = {0};
    uint32_t count = nbx_message_count(context);
    return count && nbx_message_get(context, count - 1, &message) ? message.text : "";
}

/** A model that stays valid until the test ends. */
typedef struct imported {
    pb model;
    nbx_graph *graph;
    nbx_status status;
} imported;

/** Imports a model made of `graph`, which is freed. */
static inline imported import_graph(pb *graph, int64_t opset, const nbx_import_options *options)
{
    imported out = {.model = onnx_model(graph, opset)};
    out.status = nbx_import_onnx_bytes(context, out.model.data, out.model.used, "test.onnx", options, &out.graph);
    return out;
}

static inline void release(imported *it)
{
    nbx_graph_destroy(it->graph);
    pb_free(&it->model);
}

static inline const nbx_g_node *node_called(const nbx_graph *graph, const char *name)
{
    for (uint32_t i = 0; i < graph->node_count; i++)
        if (!strcmp(graph->nodes[i].n.name, name)) return &graph->nodes[i];
    ck_abort_msg("no node '%s'", name);
    return NULL;
}

static inline const nbx_g_value *value_called(const nbx_graph *graph, const char *name)
{
    for (uint32_t i = 0; i < graph->value_count; i++)
        if (!strcmp(graph->values[i].v.name, name)) return &graph->values[i];
    ck_abort_msg("no value '%s'", name);
    return NULL;
}

static inline const nbx_source *source_called(const nbx_graph *graph, const char *name)
{
    for (uint32_t i = 0; i < graph->source_count; i++)
        if (!strcmp(graph->sources[i].name, name)) return &graph->sources[i];
    ck_abort_msg("no source '%s'", name);
    return NULL;
}

static inline const char *input_name(const nbx_graph *graph, const nbx_g_node *node, uint32_t i)
{
    uint32_t value = nbx_node_input(node, i);
    return value == NBX_NONE ? "" : graph->values[value].v.name;
}

/** Each source that has run-time work is the origin of exactly one node, each other of none. */
static inline void check_origins(const nbx_graph *graph)
{
    for (uint32_t s = 0; s < graph->source_count; s++) {
        uint32_t found = 0;
        for (uint32_t n = 0; n < graph->node_count; n++)
            for (uint32_t i = 0; i < graph->nodes[n].n.origins.count; i++)
                found += !strcmp(*NBX_ROW(const char *, graph->nodes[n].n.origins, i), graph->sources[s].name);
        ck_assert_msg(found == (graph->sources[s].fate == NBX_FATE_NODE), "source '%s' is in %u nodes", graph->sources[s].name, found);
    }
}

#define COUNT(rows) (int)(sizeof(rows) / sizeof((rows)[0]))

#endif
