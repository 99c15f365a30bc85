/* SPDX-License-Identifier: Apache-2.0 */
/* From untrusted bytes to an artifact in memory: digest, section table, rows; what they mean together is artifact_check.c. */
#include <stdlib.h>
#include <string.h>

#include "rt/artifact.h"
#include "rt/artifact_file.h"
#include "rt/artifact_log.h"
#include "rt/sha256.h"

typedef struct table {
    const unsigned char *rows;
    uint64_t bytes;
    uint32_t count, row_bytes;
} table;

typedef struct reading {
    const unsigned char *data;
    uint64_t bytes;
    nbx_fault *fault;
    table tables[NBX_ART_SECTION_COUNT];
    unsigned char *memory; /* what is left of the one block that holds all rows */
    nbx_artifact *out;
    nbx_encoding *encodings;
    nbx_artifact_key *options;
} reading;

static const struct {
    const char *name;
    uint32_t row_bytes;
} section_rows[] = {
#define SECTION(kind, name, type) {#name, sizeof(type)},
    NBX_ART_SECTIONS
#undef SECTION
};

static bool fail(reading *r, nbx_fault_code code, const char *what, uint32_t section, uint32_t row)
{
    if (row == NBX_NONE)
        nbx_fault_set(r->fault, code, "section `%s`: %s", section_rows[section].name, what);
    else
        nbx_fault_set(r->fault, code, "%s[%u]: %s", section_rows[section].name, (unsigned)row, what);
    return false;
}

static bool all_zero(const unsigned char *bytes, uint64_t count)
{
    for (uint64_t i = 0; i < count; i++)
        if (bytes[i]) return false;
    return true;
}

/* SHA-256 of the file with the digest field as zeros, and its hex form. */
static bool check_digest(reading *r, const nbx_art_header *header)
{
    static const uint8_t zeros[32];
    uint8_t sum[32];
    nbx_sha256 sha;
    nbx_sha256_start(&sha);
    nbx_sha256_add(&sha, r->data, NBX_ART_DIGEST_OFFSET);
    nbx_sha256_add(&sha, zeros, sizeof(zeros));
    nbx_sha256_add(&sha, r->data + NBX_ART_DIGEST_OFFSET + 32, (size_t)(r->bytes - NBX_ART_DIGEST_OFFSET - 32));
    nbx_sha256_end(&sha, sum);
    for (int i = 0; i < 32; i++) {
        r->out->digest[2 * i] = "0123456789abcdef"[sum[i] >> 4];
        r->out->digest[2 * i + 1] = "0123456789abcdef"[sum[i] & 15];
    }
    if (!memcmp(sum, header->digest, sizeof(sum))) return true;
    nbx_fault_set(r->fault, NBX_FAULT_ART_DIGEST, "the content does not fit the SHA-256 in the header");
    return false;
}

static bool read_header(reading *r, nbx_art_header *header)
{
    if (r->bytes < sizeof(*header) || memcmp(r->data, NBX_ART_MAGIC, 8)) {
        nbx_fault_set(r->fault, NBX_FAULT_ART_MAGIC, "the file does not begin like an artifact");
        return false;
    }
    memcpy(header, r->data, sizeof(*header));
    if (header->file_bytes != r->bytes) {
        nbx_fault_set(r->fault, NBX_FAULT_ART_SIZE, "the file has %llu bytes, its header says %llu", (unsigned long long)r->bytes,
                      (unsigned long long)header->file_bytes);
        return false;
    }
    if (!check_digest(r, header)) return false;
    if (header->format != NBX_ART_FORMAT || !all_zero(header->reserved, sizeof(header->reserved))) {
        nbx_fault_set(r->fault, NBX_FAULT_ART_FORMAT, "the artifact has format %u, this version reads %u", (unsigned)header->format,
                      NBX_ART_FORMAT);
        return false;
    }
    return true;
}

static bool read_section(reading *r, uint32_t index, const unsigned char *row, uint64_t *end)
{
    nbx_art_section s;
    table *t = &r->tables[index];
    memcpy(&s, row, sizeof(s));
    if (s.kind != index + 1) return fail(r, NBX_FAULT_ART_SECTION, "is missing or out of order", index, NBX_NONE);
    if (s.offset % NBX_ART_ALIGN || s.offset < *end || s.offset > r->bytes || s.bytes > r->bytes - s.offset)
        return fail(r, NBX_FAULT_ART_SECTION, "lies outside the file or over another", index, NBX_NONE);
    if (s.row_bytes < section_rows[index].row_bytes || s.bytes % s.row_bytes || s.bytes / s.row_bytes >= NBX_NONE)
        return fail(r, NBX_FAULT_ART_SECTION, "has rows of another size", index, NBX_NONE);
    *end = s.offset + s.bytes;
    t->rows = r->data + s.offset;
    t->bytes = s.bytes;
    t->row_bytes = s.row_bytes;
    t->count = (uint32_t)(s.bytes / s.row_bytes);
    if (s.row_bytes == section_rows[index].row_bytes) return true;
    for (uint32_t i = 0; i < t->count; i++)
        if (!all_zero(t->rows + (uint64_t)s.row_bytes * i + section_rows[index].row_bytes, s.row_bytes - section_rows[index].row_bytes))
            return fail(r, NBX_FAULT_ART_TAIL, "is longer than this version knows, and the rest is not zero", index, i);
    return true;
}

/* Rows that are used where they lie must have the size that we index by. */
static bool is_borrowed(uint32_t index)
{
    return index == NBX_ART_texts || index == NBX_ART_params || index == NBX_ART_indices || index == NBX_ART_numbers ||
           index == NBX_ART_tables || index == NBX_ART_blobs;
}

static bool read_sections(reading *r, const nbx_art_header *header)
{
    uint64_t end = sizeof(*header) + (uint64_t)NBX_ART_SECTION_COUNT * sizeof(nbx_art_section);
    if (header->header_bytes != sizeof(*header) || header->sections_offset != sizeof(*header) ||
        header->section_row_bytes != sizeof(nbx_art_section) || header->section_count != NBX_ART_SECTION_COUNT || end > r->bytes)
        return fail(r, NBX_FAULT_ART_SECTION, "the section table has another form", 0, NBX_NONE);
    for (uint32_t i = 0; i < NBX_ART_SECTION_COUNT; i++) {
        if (!read_section(r, i, r->data + sizeof(*header) + (uint64_t)i * sizeof(nbx_art_section), &end)) return false;
        if (is_borrowed(i) && r->tables[i].row_bytes != section_rows[i].row_bytes)
            return fail(r, NBX_FAULT_ART_SECTION, "has rows of another size", i, NBX_NONE);
    }
    const table *texts = &r->tables[NBX_ART_texts];
    if (texts->count && texts->rows[texts->count - 1]) return fail(r, NBX_FAULT_ART_SECTION, "does not end", NBX_ART_texts, NBX_NONE);
    return true;
}

/* A text by offset; the section ends with a zero, so every offset inside it is a text. NBX_NONE gives NULL where allowed. */
static bool text(reading *r, uint32_t offset, bool may_be_absent, const char **out)
{
    const table *t = &r->tables[NBX_ART_texts];
    *out = NULL;
    if (offset == NBX_NONE) return may_be_absent;
    if (offset >= t->count) return false;
    *out = (const char *)t->rows + offset;
    return true;
}

static bool in_table(const reading *r, uint32_t section, uint32_t first, uint32_t count)
{
    uint32_t rows = r->tables[section].count;
    return count == 0 || (first < rows && count <= rows - first);
}

static const void *row_of(const reading *r, uint32_t section, uint32_t index)
{
    return r->tables[section].rows + (uint64_t)r->tables[section].row_bytes * index;
}

static void *take(reading *r, uint32_t count, size_t size)
{
    void *memory = r->memory;
    r->memory += ((size_t)count * size + 15) & ~(size_t)15;
    return memory;
}

static bool read_keys(reading *r, uint32_t section, nbx_artifact_key *out)
{
    for (uint32_t i = 0; i < r->tables[section].count; i++) {
        nbx_art_key row;
        memcpy(&row, row_of(r, section, i), sizeof(row));
        if (!text(r, row.key, false, &out[i].key) || !text(r, row.value, false, &out[i].value))
            return fail(r, NBX_FAULT_ART_ROW, "a text lies outside its section", section, i);
    }
    return true;
}

static bool read_chips(reading *r, nbx_artifact_chip *out)
{
    for (uint32_t i = 0; i < r->tables[NBX_ART_chips].count; i++) {
        nbx_art_chip row;
        memcpy(&row, row_of(r, NBX_ART_chips, i), sizeof(row));
        nbx_artifact_chip *c = &out[i];
        if (!text(r, row.spec, false, &c->spec) || !text(r, row.plugin, false, &c->plugin) ||
            !text(r, row.plugin_version, false, &c->plugin_version) || !text(r, row.plugin_digest, false, &c->plugin_digest) ||
            !text(r, row.blob_format, false, &c->blob_format))
            return fail(r, NBX_FAULT_ART_ROW, "a text lies outside its section", NBX_ART_chips, i);
        if (!in_table(r, NBX_ART_options, row.options_first, row.options_count))
            return fail(r, NBX_FAULT_ART_ROW, "its options lie outside their section", NBX_ART_chips, i);
        c->blob_version = row.blob_version;
        c->options = r->options + (row.options_count ? row.options_first : 0);
        c->option_count = row.options_count;
    }
    return true;
}

static bool read_encodings(reading *r)
{
    for (uint32_t i = 0; i < r->tables[NBX_ART_encodings].count; i++) {
        nbx_art_encoding row;
        nbx_encoding *e = &r->encodings[i];
        memcpy(&row, row_of(r, NBX_ART_encodings, i), sizeof(row));
        if (!text(r, row.name, false, &e->name)) return fail(r, NBX_FAULT_ART_ROW, "its name lies outside", NBX_ART_encodings, i);
        e->struct_size = sizeof(*e);
#define COPY(member) e->member = row.member;
        NBX_ART_ENCODING_MEMBERS
#undef COPY
    }
    return true;
}

static bool read_buffer(reading *r, const nbx_art_buffer *row, nbx_artifact_buffer *b)
{
    if (!text(r, row->name, false, &b->name) || !text(r, row->layout, true, &b->layout)) return false;
    if (row->encoding != NBX_NONE && row->encoding >= r->tables[NBX_ART_encodings].count) return false;
    if (!in_table(r, NBX_ART_params, row->params_first, row->params_count)) return false;
    b->role = (nbx_artifact_role)row->role;
    b->value = row->value;
    b->dtype = row->dtype;
    b->rank = row->rank;
    memcpy(b->dims, row->dims, sizeof(b->dims));
    b->encoding = row->encoding == NBX_NONE ? NULL : &r->encodings[row->encoding];
    b->params = row->params_count ? row_of(r, NBX_ART_params, row->params_first) : NULL;
    b->param_count = row->params_count;
    b->pad_in = row->pad_in;
    b->pad_out = row->pad_out;
    b->bytes = row->bytes;
    uint64_t wanted = nbx_log_table_floats(b);
    if (wanted > UINT32_MAX || (row->tables_first == NBX_NONE) != (wanted == 0)) return false;
    if (!in_table(r, NBX_ART_tables, row->tables_first, (uint32_t)wanted)) return false;
    b->log_tables = wanted ? row_of(r, NBX_ART_tables, row->tables_first) : NULL;
    return true;
}

static bool read_buffers(reading *r, nbx_artifact_buffer *out)
{
    for (uint32_t i = 0; i < r->tables[NBX_ART_buffers].count; i++) {
        nbx_art_buffer row;
        memcpy(&row, row_of(r, NBX_ART_buffers, i), sizeof(row));
        if (!read_buffer(r, &row, &out[i]))
            return fail(r, NBX_FAULT_ART_ROW, "a text, encoding, parameter or table lies outside its section", NBX_ART_buffers, i);
    }
    return true;
}

static bool read_steps(reading *r, nbx_artifact_step *out)
{
    for (uint32_t i = 0; i < r->tables[NBX_ART_steps].count; i++) {
        nbx_art_step row;
        memcpy(&row, row_of(r, NBX_ART_steps, i), sizeof(row));
        if (!in_table(r, NBX_ART_numbers, row.mean_first, row.mean_count) ||
            !in_table(r, NBX_ART_numbers, row.scale_first, row.scale_count))
            return fail(r, NBX_FAULT_ART_ROW, "its numbers lie outside their section", NBX_ART_steps, i);
        out[i] = (nbx_artifact_step){
            .kind = (nbx_artifact_step_kind)row.kind,
            .from = row.from,
            .to = row.to,
            .segment = row.segment,
            .mean = row.mean_count ? row_of(r, NBX_ART_numbers, row.mean_first) : NULL,
            .scale = row.scale_count ? row_of(r, NBX_ART_numbers, row.scale_first) : NULL,
            .mean_count = row.mean_count,
            .scale_count = row.scale_count,
        };
    }
    return true;
}

static bool read_segments(reading *r, nbx_artifact_segment *out)
{
    const table *blobs = &r->tables[NBX_ART_blobs];
    for (uint32_t i = 0; i < r->tables[NBX_ART_segments].count; i++) {
        nbx_art_segment row;
        memcpy(&row, row_of(r, NBX_ART_segments, i), sizeof(row));
        if (row.blob_offset % NBX_ART_ALIGN || row.blob_offset > blobs->bytes || row.blob_bytes > blobs->bytes - row.blob_offset)
            return fail(r, NBX_FAULT_ART_ROW, "its blob lies outside the section", NBX_ART_segments, i);
        if (!in_table(r, NBX_ART_indices, row.inputs_first, row.inputs_count) ||
            !in_table(r, NBX_ART_indices, row.outputs_first, row.outputs_count))
            return fail(r, NBX_FAULT_ART_ROW, "its ports lie outside their section", NBX_ART_segments, i);
        out[i] = (nbx_artifact_segment){
            .chip = row.chip,
            .blob = blobs->rows + row.blob_offset,
            .blob_bytes = row.blob_bytes,
            .inputs = row_of(r, NBX_ART_indices, row.inputs_count ? row.inputs_first : 0),
            .outputs = row_of(r, NBX_ART_indices, row.outputs_count ? row.outputs_first : 0),
            .input_count = row.inputs_count,
            .output_count = row.outputs_count,
        };
    }
    return true;
}

/* One block for all rows: their number is bounded by the size of the file, and so is the block. */
static bool read_rows(reading *r)
{
    const table *t = r->tables;
    nbx_artifact *a = r->out;
    a->key_count = t[NBX_ART_keys].count;
    a->chip_count = t[NBX_ART_chips].count;
    a->buffer_count = t[NBX_ART_buffers].count;
    a->step_count = t[NBX_ART_steps].count;
    a->segment_count = t[NBX_ART_segments].count;
    uint64_t need = 16 * 8 + (uint64_t)a->key_count * sizeof(nbx_artifact_key) + (uint64_t)a->chip_count * sizeof(nbx_artifact_chip) +
                    (uint64_t)t[NBX_ART_options].count * sizeof(nbx_artifact_key) +
                    (uint64_t)t[NBX_ART_encodings].count * sizeof(nbx_encoding) + (uint64_t)a->buffer_count * sizeof(nbx_artifact_buffer) +
                    (uint64_t)a->step_count * sizeof(nbx_artifact_step) + (uint64_t)a->segment_count * sizeof(nbx_artifact_segment);
    a->memory = need <= SIZE_MAX / 2 ? calloc(1, (size_t)need) : NULL;
    if (!a->memory) {
        nbx_fault_set(r->fault, NBX_FAULT_ART_MEMORY, "%llu bytes for the rows of the artifact", (unsigned long long)need);
        return false;
    }
    r->memory = a->memory;
    nbx_artifact_key *keys = take(r, a->key_count, sizeof(*keys));
    nbx_artifact_chip *chips = take(r, a->chip_count, sizeof(*chips));
    r->options = take(r, t[NBX_ART_options].count, sizeof(*r->options));
    r->encodings = take(r, t[NBX_ART_encodings].count, sizeof(*r->encodings));
    nbx_artifact_buffer *buffers = take(r, a->buffer_count, sizeof(*buffers));
    nbx_artifact_step *steps = take(r, a->step_count, sizeof(*steps));
    nbx_artifact_segment *segments = take(r, a->segment_count, sizeof(*segments));
    a->keys = keys;
    a->chips = chips;
    a->buffers = buffers;
    a->steps = steps;
    a->segments = segments;
    return read_keys(r, NBX_ART_keys, keys) && read_keys(r, NBX_ART_options, r->options) && read_chips(r, chips) && read_encodings(r) &&
           read_buffers(r, buffers) && read_steps(r, steps) && read_segments(r, segments);
}

nbx_status nbx_artifact_open(const void *data, uint64_t bytes, nbx_artifact *out, nbx_fault *fault)
{
    nbx_art_header header;
    reading r = {.data = data, .bytes = bytes, .fault = fault, .out = out};
    memset(out, 0, sizeof(*out));
    if (read_header(&r, &header) && read_sections(&r, &header) && read_rows(&r) && nbx_artifact_check(out, fault) == NBX_OK) return NBX_OK;
    nbx_artifact_close(out);
    return fault->status;
}

void nbx_artifact_close(nbx_artifact *artifact)
{
    free(artifact->memory);
    memset(artifact, 0, sizeof(*artifact));
}
