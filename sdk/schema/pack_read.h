/* SPDX-License-Identifier: Apache-2.0 */
/** A packed graph while it is being opened. Private to pack*.c. */
#ifndef NBX_SCHEMA_PACK_READ_H
#define NBX_SCHEMA_PACK_READ_H

#include "schema/pack.h"
#include "schema/pack_format.h"

/** Where a constant lies in the blob. */
typedef struct pack_stored {
    const void *data;
    uint64_t bytes;
    bool encoded;
} pack_stored;

/** Arrays are carved from the one block that begins with this struct. */
struct nbx_packed {
    const nbx_host *host;
    const char *chip, *tag;
    nbx_graph_view view;
    nbx_value *values;
    nbx_node *nodes;
    nbx_attr *attrs;
    nbx_group *groups;
    nbx_encoding *encodings;
    nbx_arith *ariths;
    nbx_layout *layouts;
    const char **origins;
    pack_stored *constants; /* by const_id - 1 */
    uint32_t constant_count;
    unsigned char *defined; /* per value: 1 once something gives it a content; used while opening only */
};

/** Sections that records consume in order have a cursor: the next unread row. */
typedef struct pack_reader {
    const unsigned char *blob;
    uint64_t bytes;
    pack_header header;
    const void *sections[PACK_SECTION_COUNT];
    uint64_t constants_at; /* offset behind the sections, then behind each constant that was read */
    uint32_t cursors[PACK_SECTION_COUNT];
    uint32_t origin_count;
    struct nbx_packed *packed;
    char *error;
    uint32_t error_bytes;
} pack_reader;

/** Says what is wrong; NBX_BAD_INPUT. */
int32_t pack_fail(pack_reader *reader, const char *format, ...) __attribute__((format(printf, 2, 3)));
/** The next `count` rows of a section, or NULL with a message. With 0 rows a valid pointer. */
const void *pack_take(pack_reader *reader, uint32_t section, uint32_t count);
/** A string by offset, or NULL with a message. */
const char *pack_text(pack_reader *reader, uint32_t offset);

int32_t pack_read_types(pack_reader *reader);  /* encodings, ariths, layouts */
int32_t pack_read_values(pack_reader *reader); /* with parameters and constants */
int32_t pack_read_nodes(pack_reader *reader);  /* ports, nodes, attributes, groups */

#endif
