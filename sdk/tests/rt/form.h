/* SPDX-License-Identifier: Apache-2.0 */
/** A small artifact for the tests: a uint8 picture, preprocessed to log8, through the xor plugin, to float32 and to int8. */
#ifndef NBX_TESTS_RT_FORM_H
#define NBX_TESTS_RT_FORM_H

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "formats/artifact.h"
#include "schema/encodings.h"

typedef struct xor_blob {
    char magic[4];
    uint32_t key, flags, align;
    uint64_t bytes;
} xor_blob;

enum { C = 3, H = 4, W = 5, ELEMENTS = C * H * W, PACKED = C * H * 16 };

typedef struct small_form {
    nbx_artifact artifact;
    nbx_artifact_key keys[6], options[1];
    nbx_artifact_chip chips[1];
    nbx_artifact_buffer buffers[5];
    nbx_artifact_step steps[4];
    nbx_artifact_segment segments[1];
    nbx_qparam log_in, log_out, affine;
    double mean[3], scale[1];
    uint32_t inputs[1], outputs[1];
    xor_blob blob;
} small_form;

static inline nbx_artifact_buffer small_buffer(const char *name, nbx_artifact_role role, uint32_t dtype, const char *layout, uint64_t bytes)
{
    return (nbx_artifact_buffer){
        .name = name, .role = role, .dtype = dtype, .rank = 4, .dims = {1, C, H, W}, .layout = layout, .bytes = bytes};
}

static inline void small_encode(nbx_artifact_buffer *b, const nbx_encoding *encoding, const nbx_qparam *param)
{
    b->dtype = NBX_DTYPE_FLOAT32;
    b->encoding = encoding;
    b->params = param;
    b->param_count = 1;
}

/* Filled in place: the rows point at each other. */
static inline void small_form_make(small_form *f)
{
    memset(f, 0, sizeof(*f));
    f->log_in = (nbx_qparam){.exponent = -100};
    f->log_out = (nbx_qparam){.exponent = -90};
    f->affine = (nbx_qparam){.scale = 0.03, .zero_point = -7};
    f->mean[0] = 100;
    f->mean[1] = 110.5;
    f->mean[2] = 120.25;
    f->scale[0] = 0.017;
    f->blob = (xor_blob){"XOR1", 0x21, 0, 64, PACKED};
    const nbx_artifact_key keys[] = {{"options_digest", "none"}, {"chip", "xor/any"},  {"emulation", "no"},
                                     {"model_digest", "0123"},   {"nbx_version", "1"}, {"scheme", "log8"}};
    memcpy(f->keys, keys, sizeof(keys));
    f->options[0] = (nbx_artifact_key){"salt", "!"};
    f->chips[0] = (nbx_artifact_chip){"xor/any", "xor", "1.0.0", "", "xor", 1, f->options, 1};
    f->buffers[0] = small_buffer("image", NBX_BUFFER_INPUT, NBX_DTYPE_UINT8, "NHWC", ELEMENTS);
    f->buffers[1] = small_buffer("image", NBX_BUFFER_INNER, 0, "NCHW:stride_h=16", PACKED);
    f->buffers[2] = small_buffer("scores", NBX_BUFFER_INNER, 0, "NCHW:stride_h=16", PACKED);
    f->buffers[3] = small_buffer("scores", NBX_BUFFER_OUTPUT, NBX_DTYPE_FLOAT32, NULL, ELEMENTS * 4);
    f->buffers[4] = small_buffer("codes", NBX_BUFFER_OUTPUT, 0, "NCHW4c", (C + 1) * H * W);
    small_encode(&f->buffers[1], &nbx_encoding_log8, &f->log_in);
    small_encode(&f->buffers[2], &nbx_encoding_log8, &f->log_out);
    small_encode(&f->buffers[4], &nbx_encoding_int8_asym, &f->affine);
    f->buffers[1].pad_in = NBX_PAD_FILL;
    f->inputs[0] = 1;
    f->outputs[0] = 2;
    f->segments[0] = (nbx_artifact_segment){0, &f->blob, sizeof(f->blob), f->inputs, f->outputs, 1, 1};
    f->steps[0] = (nbx_artifact_step){NBX_STEP_PREPROCESS, 0, 1, 0, f->mean, f->scale, 3, 1};
    f->steps[1] = (nbx_artifact_step){.kind = NBX_STEP_RUN, .segment = 0};
    f->steps[2] = (nbx_artifact_step){.kind = NBX_STEP_CONVERT, .from = 2, .to = 3};
    f->steps[3] = (nbx_artifact_step){.kind = NBX_STEP_CONVERT, .from = 3, .to = 4};
    f->artifact = (nbx_artifact){.keys = f->keys,
                                 .key_count = 6,
                                 .chips = f->chips,
                                 .chip_count = 1,
                                 .buffers = f->buffers,
                                 .buffer_count = 5,
                                 .steps = f->steps,
                                 .step_count = 4,
                                 .segments = f->segments,
                                 .segment_count = 1};
}

/* A path of this process; the caller removes the file. */
static inline const char *small_path(void)
{
    static char path[128];
    snprintf(path, sizeof(path), "/tmp/nbx-rt-test-%ld.nbxa", (long)getpid());
    return path;
}

static inline nbx_status small_save(small_form *f, nbx_context *context)
{
    return nbx_artifact_save(context, small_path(), &f->artifact);
}

/* The file as bytes, 64-byte aligned. */
static inline unsigned char *small_read(size_t *bytes)
{
    void *data = NULL;
    FILE *file = fopen(small_path(), "rb");
    ck_assert_ptr_nonnull(file);
    fseek(file, 0, SEEK_END);
    *bytes = (size_t)ftell(file);
    rewind(file);
    ck_assert_int_eq(posix_memalign(&data, 64, *bytes), 0);
    ck_assert_uint_eq(fread(data, 1, *bytes, file), *bytes);
    fclose(file);
    return data;
}

#endif
