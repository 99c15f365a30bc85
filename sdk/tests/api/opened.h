/* SPDX-License-Identifier: Apache-2.0 */
/** What the tests of the API share: a context per test, a folder of its own, the model and pictures of the examples. */
#ifndef NBX_TESTS_OPENED_H
#define NBX_TESTS_OPENED_H

#include <check.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <nbx/pipeline.h>

#define DATA    NBX_SOURCE "/sdk/examples/data/"
#define MODEL   DATA "mobilenetv2.onnx"
#define SAMPLES DATA "fashion_test_200.npy"
#define LABELS  DATA "fashion_test_200.labels.npy"

enum { PIXELS = 32 * 32, CLASSES = 10, NPY_HEAD = 128 };

static nbx_context *context;
static char folder[64];
static const char prepare[] = "inputs=[{name: input, source: {type: uint8}, mean: 72.93, scale: 0.0111092596}]";

static inline void set_up(void)
{
    ck_assert_int_eq(nbx_context_create(&context), NBX_OK);
    strcpy(folder, "/tmp/nbx-api-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
}

static inline void tear_down(void)
{
    char command[96];
    nbx_context_destroy(context);
    snprintf(command, sizeof(command), "rm -rf '%s'", folder);
    ck_assert_int_eq(system(command), 0);
}

static inline const char *in_folder(const char *name)
{
    static char path[128];
    snprintf(path, sizeof(path), "%s/%s", folder, name);
    return path;
}

/** Code and text of the last diagnostic, "" for none. */
static inline nbx_message last(void)
{
    nbx_message message = {.code = "", .text = ""};
    uint32_t count = nbx_message_count(context);
    if (count) nbx_message_get(context, count - 1, &message);
    return message;
}

static inline nbx_pipeline_options plugins_here(void)
{
    return (nbx_pipeline_options){.struct_size = sizeof(nbx_pipeline_options), .plugin_directory = NBX_BUILD "/plugins"};
}

/** The model of the examples on reference/any in float, fed with bytes. */
static inline nbx_pipeline *open_bytes(void)
{
    const char *overrides[] = {prepare};
    nbx_pipeline *pipeline;
    nbx_pipeline_options options = plugins_here();
    options.overrides = overrides;
    options.override_count = 1;
    nbx_status status = nbx_pipeline_create(context, "reference/any", MODEL, &options, &pipeline);
    ck_assert_msg(status == NBX_OK, "%s", last().text);
    return pipeline;
}

/** Picture `index` of the examples, and its class. */
static inline int read_picture(long index, unsigned char *pixels)
{
    FILE *file = fopen(SAMPLES, "rb");
    ck_assert(file && fseek(file, NPY_HEAD + index * PIXELS, SEEK_SET) == 0 && fread(pixels, 1, PIXELS, file) == PIXELS);
    fclose(file);
    file = fopen(LABELS, "rb");
    ck_assert(file && fseek(file, NPY_HEAD + index, SEEK_SET) == 0);
    int label = fgetc(file);
    fclose(file);
    return label;
}

#endif
