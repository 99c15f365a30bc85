/* SPDX-License-Identifier: Apache-2.0 */
/** What the tests of ONNX files share: a context, a graph, a folder per test. */
#ifndef NBX_TESTS_ONNX_FIXTURE_H
#define NBX_TESTS_ONNX_FIXTURE_H

#include <stdio.h>
#include <unistd.h>

#include "formats/onnx/onnx.h"
#include "onnx_writer.h"

static nbx_context *context;
static nbx_graph *graph;
static char folder[64];

static inline void setup(void)
{
    ck_assert_int_eq(nbx_context_create(&context), NBX_OK);
    ck_assert_int_eq(nbx_graph_create(context, &graph), NBX_OK);
    strcpy(folder, "/tmp/nbx-onnx-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
}

static inline void teardown(void)
{
    char command[128];
    nbx_graph_destroy(graph);
    nbx_context_destroy(context);
    snprintf(command, sizeof(command), "rm -rf '%s'", folder);
    ck_assert_int_eq(system(command), 0);
}

static inline const char *last_code(void)
{
    nbx_message message = {0};
    uint32_t count = nbx_message_count(context);
    return count && nbx_message_get(context, count - 1, &message) ? message.code : "";
}

static inline const char *path_in(const char *name)
{
    static char path[256];
    snprintf(path, sizeof(path), "%s/%s", folder, name);
    return path;
}

static inline void write_file(const char *name, const void *data, size_t bytes)
{
    FILE *file = fopen(path_in(name), "wb");
    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(data, 1, bytes, file), bytes);
    ck_assert_int_eq(fclose(file), 0);
}

/* A model with one initializer, which is freed. */
static inline pb model_of(pb *tensor)
{
    pb g = {0};
    pb_message(&g, 5, tensor);
    return onnx_model(&g, 13);
}

#define COUNT(rows) (int)(sizeof(rows) / sizeof((rows)[0]))

#endif
