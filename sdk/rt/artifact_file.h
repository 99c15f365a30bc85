/* SPDX-License-Identifier: Apache-2.0 */
/**
 * The artifact on disk: little-endian, fixed-width rows, offsets instead of pointers, the same on 32-bit and 64-bit.
 * Header, section table, sections in the order of NBX_ART_SECTIONS, each starting on a multiple of 64. Rows only grow at the end.
 */
#ifndef NBX_RT_ARTIFACT_FILE_H
#define NBX_RT_ARTIFACT_FILE_H

#include <stdint.h>

#include <nbx/plugin/abi.h>

#define NBX_ART_MAGIC         "NBXART\r\n" /* a text-mode transfer damages it visibly */
#define NBX_ART_FORMAT        1u
#define NBX_ART_ALIGN         64u
#define NBX_ART_DIGEST_OFFSET 40u

typedef struct nbx_art_header {
    char magic[8];
    uint32_t format, header_bytes;
    uint64_t file_bytes;
    uint32_t section_count, section_row_bytes;
    uint64_t sections_offset;
    uint8_t digest[32]; /* SHA-256 of the whole file with these 32 bytes as zeros */
    uint8_t reserved[56];
} nbx_art_header;

typedef struct nbx_art_section {
    uint32_t kind, row_bytes;
    uint64_t offset, bytes;
} nbx_art_section;

/* Texts are offsets into `texts`, lists are first and count into the named section. Absent: NBX_NONE. */
typedef struct nbx_art_key {
    uint32_t key, value;
} nbx_art_key;

typedef struct nbx_art_chip {
    uint32_t spec, plugin, plugin_version, plugin_digest, blob_format, blob_version;
    uint32_t options_first, options_count; /* options */
} nbx_art_chip;

typedef struct nbx_art_encoding {
    uint32_t name;
    uint16_t kind, storage;
    uint8_t code_bits, is_signed, granularity, axis, param_rule, symmetric;
    uint16_t reserved0;
    int32_t param_value;
    uint32_t block;
    int32_t lo, hi, zero_code, fill_code;
    uint32_t steps, top;
    int32_t exp_lo, exp_hi;
} nbx_art_encoding;

/** COPY(member): what an encoding row and nbx_encoding share by name. */
#define NBX_ART_ENCODING_MEMBERS                                                                                                           \
    COPY(kind)                                                                                                                             \
    COPY(storage)                                                                                                                          \
    COPY(code_bits)                                                                                                                        \
    COPY(is_signed)                                                                                                                        \
    COPY(granularity)                                                                                                                      \
    COPY(axis)                                                                                                                             \
    COPY(param_rule)                                                                                                                       \
    COPY(symmetric)                                                                                                                        \
    COPY(param_value)                                                                                                                      \
    COPY(block)                                                                                                                            \
    COPY(lo)                                                                                                                               \
    COPY(hi)                                                                                                                               \
    COPY(zero_code)                                                                                                                        \
    COPY(fill_code)                                                                                                                        \
    COPY(steps)                                                                                                                            \
    COPY(top)                                                                                                                              \
    COPY(exp_lo)                                                                                                                           \
    COPY(exp_hi)

typedef struct nbx_art_buffer {
    uint32_t name, role, value, dtype, rank, encoding, layout;
    uint32_t params_first, params_count; /* params */
    uint32_t pad_in, pad_out;
    uint32_t tables_first; /* tables; NBX_NONE unless a log encoding */
    int64_t dims[NBX_MAX_RANK];
    uint64_t bytes;
} nbx_art_buffer;

typedef struct nbx_art_step {
    uint32_t kind, from, to, segment;
    uint32_t mean_first, mean_count, scale_first, scale_count; /* numbers */
} nbx_art_step;

typedef struct nbx_art_segment {
    uint32_t chip, reserved0;
    uint32_t inputs_first, inputs_count, outputs_first, outputs_count; /* indices */
    uint64_t blob_offset, blob_bytes;                                  /* blobs; the offset is a multiple of 64 */
} nbx_art_segment;

/** SECTION(kind, name, row type): the order in the file. Params rows are nbx_qparam. */
#define NBX_ART_SECTIONS                                                                                                                   \
    SECTION(1, texts, char)                                                                                                                \
    SECTION(2, keys, nbx_art_key)                                                                                                          \
    SECTION(3, chips, nbx_art_chip)                                                                                                        \
    SECTION(4, options, nbx_art_key)                                                                                                       \
    SECTION(5, encodings, nbx_art_encoding)                                                                                                \
    SECTION(6, params, nbx_qparam)                                                                                                         \
    SECTION(7, buffers, nbx_art_buffer)                                                                                                    \
    SECTION(8, steps, nbx_art_step)                                                                                                        \
    SECTION(9, segments, nbx_art_segment)                                                                                                  \
    SECTION(10, indices, uint32_t)                                                                                                         \
    SECTION(11, numbers, double)                                                                                                           \
    SECTION(12, tables, float)                                                                                                             \
    SECTION(13, blobs, char)

enum {
#define SECTION(kind, name, type) NBX_ART_##name = (kind)-1,
    NBX_ART_SECTIONS
#undef SECTION
        NBX_ART_SECTION_COUNT
};

#endif
