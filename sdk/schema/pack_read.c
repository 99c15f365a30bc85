/* SPDX-License-Identifier: Apache-2.0 */
/* Opens packed graphs: frame, memory and the finished view; the records are checked in pack_read_types, _values and _nodes. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "schema/pack_read.h"
#include "schema/sizes.h"

int32_t pack_fail(pack_reader *reader, const char *format, ...)
{
    if (reader->error && reader->error_bytes) {
        va_list args;
        va_start(args, format);
        vsnprintf(reader->error, reader->error_bytes, format, args);
        va_end(args);
    }
    return NBX_BAD_INPUT;
}

static const char *section_name(uint32_t section)
{
    static const char *const names[PACK_SECTION_COUNT] = {
#define SECTION(name, type) #name,
        PACK_SECTIONS(SECTION)
#undef SECTION
    };
    return names[section];
}

const void *pack_take(pack_reader *reader, uint32_t section, uint32_t count)
{
    uint32_t at = reader->cursors[section];
    if (count > reader->header.counts[section] - at) {
        pack_fail(reader, "%u rows of '%s' are wanted where %u are left", (unsigned)count, section_name(section),
                  (unsigned)(reader->header.counts[section] - at));
        return NULL;
    }
    reader->cursors[section] = at + count;
    return (const unsigned char *)reader->sections[section] + (size_t)at * pack_record_bytes[section];
}

const char *pack_text(pack_reader *reader, uint32_t offset)
{
    if (offset >= reader->header.counts[PACK_strings]) {
        pack_fail(reader, "a string begins at %u, behind the end of the strings", (unsigned)offset);
        return NULL;
    }
    return (const char *)reader->sections[PACK_strings] + offset;
}

static int32_t check_frame(pack_reader *r)
{
    pack_checksum sum;
    uint64_t stored;
    if (r->bytes < sizeof r->header + PACK_CHECKSUM_BYTES) return pack_fail(r, "%llu bytes are too few", (unsigned long long)r->bytes);
    memcpy(&r->header, r->blob, sizeof r->header);
    if (memcmp(r->header.magic, PACK_MAGIC, sizeof r->header.magic) != 0) return pack_fail(r, "this is not a packed graph");
    if (r->header.version > PACK_VERSION) {
        pack_fail(r, "the container has version %u, this reader knows %d", (unsigned)r->header.version, PACK_VERSION);
        return NBX_TOO_NEW;
    }
    if (r->header.version != PACK_VERSION || r->header.header_bytes != sizeof r->header) return pack_fail(r, "the header is malformed");
    if (r->header.total_bytes != r->bytes)
        return pack_fail(r, "%llu bytes where the header says %llu", (unsigned long long)r->bytes,
                         (unsigned long long)r->header.total_bytes);
    pack_checksum_begin(&sum);
    pack_checksum_add(&sum, r->blob, r->bytes - PACK_CHECKSUM_BYTES);
    memcpy(&stored, r->blob + r->bytes - PACK_CHECKSUM_BYTES, sizeof stored);
    if (pack_checksum_end(&sum) != stored) return pack_fail(r, "the checksum does not fit: the data are damaged");
    r->bytes -= PACK_CHECKSUM_BYTES;
    return NBX_OK;
}

static int32_t find_sections(pack_reader *r)
{
    uint64_t at = sizeof r->header;
    for (uint32_t i = 0; i < PACK_SECTION_COUNT; i++) {
        uint64_t size = (uint64_t)r->header.counts[i] * pack_record_bytes[i];
        if (!nbx_size_round_up(at, PACK_SECTION_ALIGN, &at) || at > r->bytes || size > r->bytes - at)
            return pack_fail(r, "section '%s' reaches beyond the end", section_name(i));
        r->sections[i] = r->blob + at;
        at += size;
    }
    const char *strings = r->sections[PACK_strings];
    uint32_t count = r->header.counts[PACK_strings];
    if (count == 0 || strings[0] != 0 || strings[count - 1] != 0) return pack_fail(r, "the strings are not terminated");
    r->constants_at = at;
    return NBX_OK;
}

/* Adds up first, so that one allocation serves all arrays. */
static int32_t count_origins(pack_reader *r)
{
    const pack_node *nodes = r->sections[PACK_nodes];
    uint64_t total = 0;
    for (uint32_t i = 0; i < r->header.counts[PACK_nodes]; i++)
        total += nodes[i].origin_count;
    if (total > r->header.counts[PACK_indices]) return pack_fail(r, "more origins than indices");
    r->origin_count = (uint32_t)total;
    return NBX_OK;
}

/* Counts are bounded by the blob's size, so the sum stays far from overflow. */
static void *carve(unsigned char *block, uint64_t *at, uint32_t count, size_t size)
{
    void *place = block ? block + *at : NULL;
    *at += ((uint64_t)count * size + 15) / 16 * 16;
    return place;
}

static uint64_t carve_all(const pack_reader *r, unsigned char *block)
{
    const uint32_t *counts = r->header.counts;
    uint64_t at = 0;
    nbx_packed sizes, *p = carve(block, &at, 1, sizeof *p);
    if (!p) p = &sizes;
    p->values = carve(block, &at, counts[PACK_values], sizeof *p->values);
    p->nodes = carve(block, &at, counts[PACK_nodes], sizeof *p->nodes);
    p->attrs = carve(block, &at, counts[PACK_attrs], sizeof *p->attrs);
    p->groups = carve(block, &at, counts[PACK_groups], sizeof *p->groups);
    p->encodings = carve(block, &at, counts[PACK_encodings], sizeof *p->encodings);
    p->ariths = carve(block, &at, counts[PACK_ariths], sizeof *p->ariths);
    p->layouts = carve(block, &at, counts[PACK_layouts], sizeof *p->layouts);
    p->constants = carve(block, &at, counts[PACK_constants], sizeof *p->constants);
    p->origins = carve(block, &at, r->origin_count, sizeof *p->origins);
    p->defined = carve(block, &at, counts[PACK_values], 1);
    return at;
}

static int32_t make_room(pack_reader *r, const nbx_host *host)
{
    uint64_t bytes = carve_all(r, NULL);
    void *block = bytes <= SIZE_MAX ? host->alloc(host->self, bytes, 64) : NULL;
    if (!block) return NBX_NO_MEMORY;
    memset(block, 0, (size_t)bytes);
    carve_all(r, block);
    r->packed = block;
    r->packed->host = host;
    r->packed->constant_count = r->header.counts[PACK_constants];
    return NBX_OK;
}

static int32_t packed_const_map(void *self, uint64_t id, uint32_t form, const void **data, uint64_t *bytes)
{
    const nbx_packed *packed = self;
    *data = NULL;
    *bytes = 0;
    if (id == 0 || id > packed->constant_count) return NBX_INVALID;
    const pack_stored *stored = &packed->constants[id - 1];
    if (form != (stored->encoded ? NBX_CONST_CODES : NBX_CONST_FLOAT)) return NBX_UNSUPPORTED;
    *data = stored->data;
    *bytes = stored->bytes;
    return NBX_OK;
}

static void packed_const_unmap(void *self, uint64_t id, uint32_t form)
{
    (void)self;
    (void)id;
    (void)form;
}

static int32_t finish(pack_reader *r)
{
    nbx_packed *p = r->packed;
    const uint32_t *counts = r->header.counts;
    for (uint32_t i = 0; i < PACK_SECTION_COUNT; i++) {
        bool consumed =
            i == PACK_indices || i == PACK_ints || i == PACK_floats || i == PACK_params || i == PACK_attrs || i == PACK_constants;
        if (consumed && r->cursors[i] != counts[i]) return pack_fail(r, "section '%s' has rows that nothing uses", section_name(i));
    }
    if (r->constants_at > r->bytes || r->bytes - r->constants_at >= PACK_SECTION_ALIGN) return pack_fail(r, "bytes behind the constants");
    const char *name = pack_text(r, r->header.name);
    p->chip = pack_text(r, r->header.chip);
    p->tag = pack_text(r, r->header.tag);
    if (!name || !p->chip || !p->tag) return NBX_BAD_INPUT;
    p->view.struct_size = sizeof p->view;
    p->view.flags = r->header.graph_flags;
    p->view.name = name;
    p->view.values = (nbx_span){p->values, counts[PACK_values], sizeof *p->values};
    p->view.nodes = (nbx_span){p->nodes, counts[PACK_nodes], sizeof *p->nodes};
    p->view.groups = (nbx_span){p->groups, counts[PACK_groups], sizeof *p->groups};
    p->view.self = p;
    p->view.const_map = packed_const_map;
    p->view.const_unmap = packed_const_unmap;
    return NBX_OK;
}

int32_t nbx_packed_open(const nbx_host *host, const void *blob, uint64_t bytes, nbx_packed **out, char *error, uint32_t error_bytes)
{
    pack_reader r = {.blob = blob, .bytes = bytes, .error = error, .error_bytes = error_bytes};
    *out = NULL;
    if (error && error_bytes) error[0] = 0;
    if (!blob || (uintptr_t)blob % 8) return NBX_INVALID;
    int32_t status = check_frame(&r);
    if (status == NBX_OK) status = find_sections(&r);
    if (status == NBX_OK) status = count_origins(&r);
    if (status == NBX_OK) status = make_room(&r, host);
    if (status == NBX_OK) status = pack_read_types(&r);
    if (status == NBX_OK) status = pack_read_values(&r);
    if (status == NBX_OK) status = pack_read_nodes(&r);
    if (status == NBX_OK) status = finish(&r);
    if (status == NBX_OK)
        *out = r.packed;
    else if (r.packed)
        host->free(host->self, r.packed);
    return status;
}

void nbx_packed_close(nbx_packed *packed)
{
    if (packed) packed->host->free(packed->host->self, packed);
}

const nbx_graph_view *nbx_packed_view(const nbx_packed *packed)
{
    return &packed->view;
}

const char *nbx_packed_chip(const nbx_packed *packed)
{
    return packed->chip;
}

const char *nbx_packed_tag(const nbx_packed *packed)
{
    return packed->tag;
}
