/* SPDX-License-Identifier: Apache-2.0 */
/**
 * An artifact in memory: a whole compiled model with everything a board needs to run it, and no more. `nbx compile` fills
 * one and writes it (formats/artifact.h); libnbx-rt and `nbx run` read it.
 *
 * The model is a list of buffers and a list of steps. A step runs a segment (a plugin's blob over some of the buffers) or
 * converts one buffer into another; what a conversion has to do follows from the two buffers alone. The first buffers in
 * use are those of the caller.
 *
 *     source uint8 NHWC --PREPROCESS--> log8 NCHW:stride_h=16 --RUN 0--> log8 --CONVERT--> float32 (the caller's output)
 */
#ifndef NBX_RT_ARTIFACT_H
#define NBX_RT_ARTIFACT_H

#include <stdbool.h>

#include <nbx/plugin/tensor.h>

#include "rt/fault.h"

/** A header entry. Sorted by key, keys unique. Required: chip, emulation ("yes", "no"), model_digest, nbx_version, options_digest. */
typedef struct nbx_artifact_key {
    const char *key, *value;
} nbx_artifact_key;

/** A chip that takes part: segments refer to it. */
typedef struct nbx_artifact_chip {
    const char *spec;   /* "hisilicon/hi3559av100" */
    const char *plugin; /* its plugin's name, and the version and SHA-256 of the library that compiled */
    const char *plugin_version, *plugin_digest;
    const char *blob_format;
    uint32_t blob_version;
    const nbx_artifact_key *options; /* as given to nbx_plugin.open */
    uint32_t option_count;
} nbx_artifact_chip;

/** Who owns a buffer. Caller's inputs and outputs are the ports, in the order of the buffers. */
typedef enum nbx_artifact_role { NBX_BUFFER_INNER = 0, NBX_BUFFER_INPUT = 1, NBX_BUFFER_OUTPUT = 2 } nbx_artifact_role;

/**
 * One buffer: a value as one side stores it.
 *
 * value     number of the value in the compiled graph, for messages and for matching buffers of one value
 * dtype     of the elements when `encoding` is NULL, else of the logical value
 * encoding  how codes stand for reals; NULL: plain `dtype`
 * params    nbx_param_count rows: one per tensor, per channel or per block of `encoding->axis`
 * layout    text of the grammar; NULL: dense in axis order. pad_in, pad_out: NBX_PAD_
 * bytes     at least what dims, element size and layout need
 */
typedef struct nbx_artifact_buffer {
    const char *name;
    nbx_artifact_role role;
    uint32_t value;
    uint32_t dtype, rank;
    int64_t dims[NBX_MAX_RANK];
    const nbx_encoding *encoding;
    const nbx_qparam *params;
    uint32_t param_count;
    const char *layout;
    uint32_t pad_in, pad_out;
    uint64_t bytes;
    /**
     * Log encodings only, filled by the reader (the writer computes them): per parameter set 3 * (top + 1) float32:
     * decode[i], then positive[i] and negative[i], the least |x| that encodes to index i or more. So the board needs no
     * logarithm, and gets the bytes that the SDK gets.
     */
    const float *log_tables;
} nbx_artifact_buffer;

/**
 * CONVERT     `from` to `to`: equal encodings move codes between layouts, others go through float32
 * PREPROCESS  the same, with real = (x - mean) * scale in double, rounded once to float32; counts 0, 1 or the extent of axis c
 * RUN         `segment`
 */
typedef enum nbx_artifact_step_kind { NBX_STEP_CONVERT = 1, NBX_STEP_PREPROCESS = 2, NBX_STEP_RUN = 3 } nbx_artifact_step_kind;

typedef struct nbx_artifact_step {
    nbx_artifact_step_kind kind;
    uint32_t from, to; /* buffers */
    uint32_t segment;
    const double *mean, *scale;
    uint32_t mean_count, scale_count;
} nbx_artifact_step;

/** A blob with its ports as buffer indices, in the order in which the plugin describes them. */
typedef struct nbx_artifact_segment {
    uint32_t chip;
    const void *blob; /* 64-byte aligned when read */
    uint64_t blob_bytes;
    const uint32_t *inputs, *outputs;
    uint32_t input_count, output_count;
} nbx_artifact_segment;

typedef struct nbx_artifact {
    const nbx_artifact_key *keys;
    uint32_t key_count;
    const nbx_artifact_chip *chips;
    uint32_t chip_count;
    const nbx_artifact_buffer *buffers;
    uint32_t buffer_count;
    const nbx_artifact_step *steps; /* in order of execution */
    uint32_t step_count;
    const nbx_artifact_segment *segments;
    uint32_t segment_count;
    char digest[65]; /* SHA-256 of the file in hex; set by reading and writing */
    void *memory;    /* the reader's; NULL in a form that was filled by hand */
} nbx_artifact;

/**
 * Reads an artifact from bytes that stay as they are, 64-byte aligned, until nbx_artifact_close: texts, numbers and blobs
 * are borrowed from them. Never trusts an offset; any flipped bit is E-ART-004. Free with nbx_artifact_close.
 */
nbx_status nbx_artifact_open(const void *data, uint64_t bytes, nbx_artifact *out, nbx_fault *fault);
void nbx_artifact_close(nbx_artifact *artifact);

/** Value of a key, or NULL. */
const char *nbx_artifact_find(const nbx_artifact *artifact, const char *key);

/** Checks a form on its own: indices, shapes, encodings, sizes, execution order. The reader and the writer both call it. */
nbx_status nbx_artifact_check(const nbx_artifact *artifact, nbx_fault *fault);

/** Bits of one element of a buffer: of the container of its codes, or of its dtype. 0 if unknown. */
uint32_t nbx_artifact_element_bits(const nbx_artifact_buffer *buffer);
/** Number of parameter sets that the encoding needs for these dims; 0 for granularities that buffers cannot have. */
uint32_t nbx_artifact_param_count(const nbx_encoding *encoding, uint32_t rank, const int64_t *dims);

#endif
