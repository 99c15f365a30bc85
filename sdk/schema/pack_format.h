/* SPDX-License-Identifier: Apache-2.0 */
/**
 * The container of packed graph views, version 1. Private to pack*.c, their tests and their fuzz target.
 *
 * header | sections in the order of PACK_SECTIONS, each at a multiple of 8 | constants, each at a multiple of 64 | checksum
 *
 * There are no offsets but those into `strings`: what a record has several of (a node's inputs, its attributes, their
 * lists) lies in its section in the order of the records, so a reader walks each section once and no two records can
 * share rows. Order of `indices`: view inputs, view outputs, then per node inputs, outputs, origins (strings), then per
 * group its nodes. `attrs` by node, `ints` and `floats` by attribute, `params` and `constants` by value.
 * String 0 is empty. Little-endian, no holes.
 */
#ifndef NBX_SCHEMA_PACK_FORMAT_H
#define NBX_SCHEMA_PACK_FORMAT_H

#include <stdbool.h>

#include <nbx/plugin/graph.h>

#define PACK_MAGIC "NBXGRAPH"
enum { PACK_VERSION = 1, PACK_SECTION_ALIGN = 8, PACK_CONSTANT_ALIGN = 64, PACK_CHECKSUM_BYTES = 8 };

/* What a reader of version 1 knows; the writer drops the rest. */
enum {
    PACK_VALUE_FLAGS = NBX_VALUE_INPUT | NBX_VALUE_OUTPUT | NBX_VALUE_CONST | NBX_VALUE_RANGE | NBX_VALUE_INTERIOR,
    PACK_NODE_FLAGS = NBX_NODE_OPAQUE | NBX_NODE_VIEW | NBX_NODE_REQUANTIZE | NBX_NODE_FORCED
};

typedef struct pack_encoding {
    uint32_t name;
    uint16_t kind, storage;
    uint8_t code_bits, is_signed, granularity, axis, param_rule, symmetric;
    uint16_t reserved0;
    int32_t param_value;
    uint32_t block;
    int32_t lo, hi, zero_code, fill_code;
    uint32_t steps, top;
    int32_t exp_lo, exp_hi;
} pack_encoding;

typedef struct pack_arith {
    uint32_t name;
    uint16_t product, acc_bits;
    uint8_t acc_overflow, bias_at;
    uint16_t requant, requant2, pool_round, add_arith, exactness, err_steps, table_bits;
} pack_arith;

typedef struct pack_layout {
    uint32_t text, rank;
} pack_layout;

typedef struct pack_value {
    uint32_t flags, name, dtype, rank;
    int64_t dims[NBX_MAX_RANK];
    uint32_t layout, encoding, param_count; /* the first two: index or NBX_NONE */
    uint32_t reserved0;
    double range_lo, range_hi;
} pack_value;

typedef struct pack_attr {
    uint32_t kind, name;
    uint32_t string, count;
    int64_t i;
    double f;
} pack_attr;

typedef struct pack_node {
    uint32_t op_revision, name, op, domain;
    uint32_t input_count, output_count, attr_count, origin_count;
    uint32_t arith, group; /* index or NBX_NONE */
    uint32_t flags, reserved0;
} pack_node;

typedef struct pack_group {
    uint32_t at, fusion, arith, node_count;
} pack_group;

typedef struct pack_constant {
    uint64_t bytes;
} pack_constant;

#define PACK_SECTIONS(SECTION)                                                                                                             \
    SECTION(strings, char)                                                                                                                 \
    SECTION(indices, uint32_t)                                                                                                             \
    SECTION(ints, int64_t)                                                                                                                 \
    SECTION(floats, float)                                                                                                                 \
    SECTION(params, nbx_qparam)                                                                                                            \
    SECTION(encodings, pack_encoding)                                                                                                      \
    SECTION(ariths, pack_arith)                                                                                                            \
    SECTION(layouts, pack_layout)                                                                                                          \
    SECTION(values, pack_value)                                                                                                            \
    SECTION(attrs, pack_attr)                                                                                                              \
    SECTION(nodes, pack_node)                                                                                                              \
    SECTION(groups, pack_group)                                                                                                            \
    SECTION(constants, pack_constant)

enum {
#define SECTION(name, type) PACK_##name,
    PACK_SECTIONS(SECTION)
#undef SECTION
        PACK_SECTION_COUNT
};

typedef struct pack_header {
    char magic[8];
    uint32_t version, header_bytes;
    uint64_t total_bytes; /* with the checksum */
    uint32_t graph_flags, name, chip, tag;
    uint32_t input_count, output_count;
    uint32_t counts[PACK_SECTION_COUNT];
    uint32_t reserved0;
} pack_header;

NBX_STATIC_ASSERT(sizeof(pack_encoding) == 56 && sizeof(pack_arith) == 24 && sizeof(pack_layout) == 8, "packed records have no holes");
NBX_STATIC_ASSERT(sizeof(pack_value) == 112 && sizeof(pack_attr) == 32 && sizeof(pack_node) == 48, "packed records have no holes");
NBX_STATIC_ASSERT(sizeof(pack_group) == 16 && sizeof(pack_constant) == 8 && sizeof(nbx_qparam) == 16, "packed records have no holes");
NBX_STATIC_ASSERT(sizeof(pack_header) == 104, "the packed header has no holes");

extern const uint32_t pack_record_bytes[PACK_SECTION_COUNT];

/**
 * The checksum finds accidents, not attacks: four lanes of xor, multiply and rotate. Each step is a bijection of the
 * word it takes in, so a change within one 8-byte word is always found.
 */
typedef struct pack_checksum {
    uint64_t lanes[4];
    uint64_t bytes;
    uint8_t pending[32];
} pack_checksum;

void pack_checksum_begin(pack_checksum *sum);
void pack_checksum_add(pack_checksum *sum, const void *data, uint64_t bytes);
uint64_t pack_checksum_end(pack_checksum *sum);

/** Bytes of a constant as it is stored: codes if it has an encoding, else float32 or its integer dtype. False: not storable. */
bool pack_constant_bytes(const nbx_value *value, uint64_t *out);

#endif
