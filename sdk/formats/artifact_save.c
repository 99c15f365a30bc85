/* SPDX-License-Identifier: Apache-2.0 */
/* Writes an artifact: rows into growing sections, sections into a file, the digest last; reading is libnbx-rt's. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "core/arena.h"
#include "core/whole_file.h"
#include "formats/artifact.h"
#include "formats/artifact_fault.h"
#include "formats/artifact_log.h"
#include "rt/artifact_file.h"
#include "rt/artifact_log.h"

/* A section being filled. */
typedef struct section {
    unsigned char *data;
    size_t bytes, room;
    uint32_t row_bytes;
} section;

typedef struct writing {
    section sections[NBX_ART_SECTION_COUNT];
    bool out_of_memory;
} writing;

static const uint32_t row_bytes[] = {
#define SECTION(kind, name, type) sizeof(type),
    NBX_ART_SECTIONS
#undef SECTION
};

/* Appends bytes and answers the index of the first row among them; failures are remembered, not returned. */
static uint32_t append(writing *w, uint32_t index, const void *data, size_t bytes)
{
    section *s = &w->sections[index];
    if (bytes > s->room - s->bytes) {
        size_t room = s->room ? s->room : 256;
        while (room < s->bytes + bytes && room <= SIZE_MAX / 4)
            room *= 2;
        unsigned char *grown = room >= s->bytes + bytes ? realloc(s->data, room) : NULL;
        if (!grown) {
            w->out_of_memory = true;
            return 0;
        }
        s->data = grown;
        s->room = room;
    }
    uint32_t first = (uint32_t)(s->bytes / row_bytes[index]);
    if (bytes) memcpy(s->data + s->bytes, data, bytes);
    s->bytes += bytes;
    return first;
}

/* The offset of a text; equal texts are stored once. */
static uint32_t put_text(writing *w, const char *text)
{
    const section *s = &w->sections[NBX_ART_texts];
    if (!text) return NBX_NONE;
    for (size_t at = 0; at < s->bytes; at += strlen((const char *)s->data + at) + 1)
        if (!strcmp((const char *)s->data + at, text)) return (uint32_t)at;
    return append(w, NBX_ART_texts, text, strlen(text) + 1);
}

static void put_keys(writing *w, uint32_t index, const nbx_artifact_key *keys, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        nbx_art_key row = {put_text(w, keys[i].key), put_text(w, keys[i].value)};
        append(w, index, &row, sizeof(row));
    }
}

static void put_chip(writing *w, const nbx_artifact_chip *c)
{
    nbx_art_chip row = {.spec = put_text(w, c->spec),
                        .plugin = put_text(w, c->plugin),
                        .plugin_version = put_text(w, c->plugin_version),
                        .plugin_digest = put_text(w, c->plugin_digest),
                        .blob_format = put_text(w, c->blob_format),
                        .blob_version = c->blob_version,
                        .options_first = (uint32_t)(w->sections[NBX_ART_options].bytes / sizeof(nbx_art_key)),
                        .options_count = c->option_count};
    put_keys(w, NBX_ART_options, c->options, c->option_count);
    append(w, NBX_ART_chips, &row, sizeof(row));
}

static uint32_t put_encoding(writing *w, const nbx_encoding *e)
{
    if (!e) return NBX_NONE;
    nbx_art_encoding row = {.name = put_text(w, e->name)};
#define COPY(member) row.member = e->member;
    NBX_ART_ENCODING_MEMBERS
#undef COPY
    const section *s = &w->sections[NBX_ART_encodings];
    for (size_t at = 0; at < s->bytes; at += sizeof(row))
        if (!memcmp(s->data + at, &row, sizeof(row))) return (uint32_t)(at / sizeof(row));
    return append(w, NBX_ART_encodings, &row, sizeof(row));
}

static uint32_t put_log_tables(writing *w, const nbx_artifact_buffer *b)
{
    uint64_t floats = nbx_log_table_floats(b);
    if (floats == 0) return NBX_NONE;
    uint32_t first = (uint32_t)(w->sections[NBX_ART_tables].bytes / sizeof(float));
    size_t bytes = 3 * ((size_t)b->encoding->top + 1) * sizeof(float);
    float *tables = malloc(bytes);
    if (!tables) w->out_of_memory = true;
    for (uint32_t i = 0; tables && i < b->param_count; i++) {
        nbx_artifact_log_tables(b->encoding, &b->params[i], tables);
        append(w, NBX_ART_tables, tables, bytes);
    }
    free(tables);
    return first;
}

static void put_buffer(writing *w, const nbx_artifact_buffer *b)
{
    nbx_art_buffer row = {.name = put_text(w, b->name),
                          .role = (uint32_t)b->role,
                          .value = b->value,
                          .dtype = b->dtype,
                          .rank = b->rank,
                          .encoding = put_encoding(w, b->encoding),
                          .layout = put_text(w, b->layout),
                          .params_first = append(w, NBX_ART_params, b->params, b->param_count * sizeof(nbx_qparam)),
                          .params_count = b->param_count,
                          .pad_in = b->pad_in,
                          .pad_out = b->pad_out,
                          .tables_first = put_log_tables(w, b),
                          .bytes = b->bytes};
    memcpy(row.dims, b->dims, sizeof(row.dims));
    append(w, NBX_ART_buffers, &row, sizeof(row));
}

static void put_step(writing *w, const nbx_artifact_step *s)
{
    nbx_art_step row = {.kind = (uint32_t)s->kind,
                        .from = s->from,
                        .to = s->to,
                        .segment = s->segment,
                        .mean_first = append(w, NBX_ART_numbers, s->mean, s->mean_count * sizeof(double)),
                        .mean_count = s->mean_count,
                        .scale_first = append(w, NBX_ART_numbers, s->scale, s->scale_count * sizeof(double)),
                        .scale_count = s->scale_count};
    append(w, NBX_ART_steps, &row, sizeof(row));
}

static void put_segment(writing *w, const nbx_artifact_segment *s)
{
    static const char zeros[NBX_ART_ALIGN];
    size_t over = w->sections[NBX_ART_blobs].bytes % NBX_ART_ALIGN;
    if (over) append(w, NBX_ART_blobs, zeros, NBX_ART_ALIGN - over);
    nbx_art_segment row = {.chip = s->chip,
                           .inputs_first = append(w, NBX_ART_indices, s->inputs, s->input_count * sizeof(uint32_t)),
                           .inputs_count = s->input_count,
                           .outputs_first = append(w, NBX_ART_indices, s->outputs, s->output_count * sizeof(uint32_t)),
                           .outputs_count = s->output_count,
                           .blob_offset = w->sections[NBX_ART_blobs].bytes,
                           .blob_bytes = s->blob_bytes};
    append(w, NBX_ART_blobs, s->blob, (size_t)s->blob_bytes);
    append(w, NBX_ART_segments, &row, sizeof(row));
}

static int by_key(const void *a, const void *b)
{
    return strcmp(((const nbx_artifact_key *)a)->key, ((const nbx_artifact_key *)b)->key);
}

static void put_all(writing *w, const nbx_artifact *form)
{
    put_text(w, "");
    put_keys(w, NBX_ART_keys, form->keys, form->key_count);
    for (uint32_t i = 0; i < form->chip_count; i++)
        put_chip(w, &form->chips[i]);
    for (uint32_t i = 0; i < form->buffer_count; i++)
        put_buffer(w, &form->buffers[i]);
    for (uint32_t i = 0; i < form->step_count; i++)
        put_step(w, &form->steps[i]);
    for (uint32_t i = 0; i < form->segment_count; i++)
        put_segment(w, &form->segments[i]);
}

static uint64_t aligned(uint64_t at)
{
    return (at + NBX_ART_ALIGN - 1) / NBX_ART_ALIGN * NBX_ART_ALIGN;
}

/* The whole file in memory, digest included; malloc'ed. NULL if out of memory. */
static unsigned char *lay_out(const writing *w, uint64_t *bytes, char digest[65])
{
    nbx_art_section rows[NBX_ART_SECTION_COUNT] = {0};
    unsigned length = 0;
    uint64_t at = sizeof(nbx_art_header) + sizeof(rows);
    for (uint32_t i = 0; i < NBX_ART_SECTION_COUNT; i++) {
        at = aligned(at);
        rows[i] = (nbx_art_section){i + 1, row_bytes[i], at, w->sections[i].bytes};
        at += w->sections[i].bytes;
    }
    nbx_art_header header = {.magic = NBX_ART_MAGIC,
                             .format = NBX_ART_FORMAT,
                             .header_bytes = sizeof(header),
                             .file_bytes = at,
                             .section_count = NBX_ART_SECTION_COUNT,
                             .section_row_bytes = sizeof(rows[0]),
                             .sections_offset = sizeof(header)};
    unsigned char *file = calloc(1, (size_t)at);
    if (!file) return NULL;
    memcpy(file, &header, sizeof(header));
    memcpy(file + sizeof(header), rows, sizeof(rows));
    for (uint32_t i = 0; i < NBX_ART_SECTION_COUNT; i++)
        if (w->sections[i].bytes) memcpy(file + rows[i].offset, w->sections[i].data, w->sections[i].bytes);
    if (EVP_Digest(file, (size_t)at, header.digest, &length, EVP_sha256(), NULL) != 1 || length != sizeof(header.digest)) {
        free(file);
        return NULL;
    }
    memcpy(file + NBX_ART_DIGEST_OFFSET, header.digest, sizeof(header.digest));
    for (int i = 0; i < 32; i++)
        snprintf(digest + 2 * i, 3, "%02x", header.digest[i]);
    *bytes = at;
    return file;
}

static nbx_status write_file(nbx_context *context, const char *path, const unsigned char *data, uint64_t bytes)
{
    nbx_piece piece = {data, bytes};
    int error = nbx_write_whole_file(path, &piece, 1);
    return error ? nbx_raise(context, NBX_E_CORE_FILE, &(nbx_place){path, 0, 0}, NULL, "cannot be written: %s", strerror(error)) : NBX_OK;
}

/* What was laid out must read back: the reader is the judge of what is consistent. */
static nbx_status read_back(nbx_context *context, const char *path, const unsigned char *data, uint64_t bytes)
{
    nbx_artifact again;
    nbx_fault fault = {0};
    void *copy = NULL;
    if (posix_memalign(&copy, NBX_ART_ALIGN, (size_t)bytes) != 0) return nbx_raise_memory(context);
    memcpy(copy, data, (size_t)bytes);
    nbx_status status = nbx_artifact_open(copy, bytes, &again, &fault);
    if (status == NBX_OK) nbx_artifact_close(&again);
    free(copy);
    if (status == NBX_OK) return NBX_OK;
    nbx_place place = {path, 0, 0};
    return nbx_raise(context, NBX_E_ART_FORM, &place, NULL, "%s", fault.text);
}

nbx_status nbx_artifact_save(nbx_context *context, const char *path, nbx_artifact *form)
{
    writing w = {0};
    nbx_fault fault = {0};
    uint64_t bytes = 0;
    nbx_place place = {path, 0, 0};
    nbx_artifact_key *keys = malloc(((size_t)form->key_count + 1) * sizeof(*keys));
    if (!keys) return nbx_raise_memory(context);
    nbx_artifact sorted = *form;
    if (form->key_count) memcpy(keys, form->keys, form->key_count * sizeof(*keys));
    qsort(keys, form->key_count, sizeof(*keys), by_key);
    sorted.keys = keys;
    nbx_status status = nbx_artifact_check(&sorted, &fault);
    if (status != NBX_OK) {
        status = nbx_raise(context, NBX_E_ART_FORM, &place, NULL, "%s", fault.text);
    } else {
        put_all(&w, &sorted);
        unsigned char *file = w.out_of_memory ? NULL : lay_out(&w, &bytes, form->digest);
        status = file ? read_back(context, path, file, bytes) : nbx_raise_memory(context);
        if (status == NBX_OK) status = write_file(context, path, file, bytes);
        free(file);
    }
    for (uint32_t i = 0; i < NBX_ART_SECTION_COUNT; i++)
        free(w.sections[i].data);
    free(keys);
    return status;
}
