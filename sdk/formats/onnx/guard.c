/* SPDX-License-Identifier: Apache-2.0 */
/* Walks a model's bytes by protobuf-c's descriptors, refuses what would hurt protobuf-c, writes the skeleton; meaning is the import's. */
#include "formats/onnx/guard.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "formats/onnx/onnx.h"
#include "formats/onnx/wire.h"

NBX_STATIC_ASSERT(sizeof(nbx_onnx_place) == NBX_ONNX_PLACE_BYTES, "a place has no holes");

/* Nested lengths are written as five-byte numbers and patched when the message is complete. */
#define LENGTH_BYTES 5u
/* One touched byte may make two megabytes of a file resident (large folios); this much is let stand. */
#define RESIDENT_BYTES (4u << 20)
#define LARGEST_PAGE   65536u

typedef struct guard {
    nbx_context *context;
    const nbx_place *place;
    const uint8_t *base;
    bool is_mapping;
    size_t given_back; /* bytes from the start */
    uint32_t messages;
    uint8_t *out;
    size_t used, capacity;
} guard;

/* One message being walked. */
typedef struct frame {
    const ProtobufCMessageDescriptor *type;
    nbx_wire in;
    uint32_t depth, pieces;
    uint64_t seen;
} frame;

static nbx_status malformed(guard *g, const frame *f, const uint8_t *at, const char *what)
{
    return nbx_raise(g->context, NBX_E_ONNX_WIRE, g->place, "is the file truncated, or not ONNX?", "%s at byte %zu is malformed: %s",
                     f->type->short_name, (size_t)(at - g->base), what);
}

static nbx_status reserve(guard *g, size_t bytes)
{
    if (bytes <= g->capacity - g->used) return NBX_OK;
    size_t larger = g->capacity + g->capacity / 2 + bytes + 4096;
    uint8_t *fresh = realloc(g->out, larger);
    if (!fresh) return nbx_raise_memory(g->context);
    g->out = fresh;
    g->capacity = larger;
    return NBX_OK;
}

static nbx_status emit(guard *g, const void *data, size_t bytes)
{
    NBX_TRY(reserve(g, bytes));
    if (bytes) memcpy(g->out + g->used, data, bytes);
    g->used += bytes;
    return NBX_OK;
}

static nbx_status emit_varint(guard *g, uint64_t value)
{
    uint8_t text[10];
    size_t count = 0;
    do {
        text[count] = (uint8_t)((value & 0x7f) | (value > 0x7f ? 0x80 : 0));
        count++;
        value >>= 7;
    } while (value);
    return emit(g, text, count);
}

static void patch_length(uint8_t *at, size_t length)
{
    for (unsigned i = 0; i < LENGTH_BYTES; i++)
        at[i] = (uint8_t)(((length >> (7 * i)) & 0x7f) | (i + 1 < LENGTH_BYTES ? 0x80 : 0));
}

/* UTF-8 without zero bytes, shortest forms, no surrogates. */
static bool is_text(nbx_wire in)
{
    while (in.at < in.end) {
        uint8_t first = *in.at++;
        if (first == 0) return false;
        if (first < 0x80) continue;
        unsigned more = first >= 0xf0 ? 3 : first >= 0xe0 ? 2 : 1;
        if (first < 0xc2 || first > 0xf4 || (size_t)(in.end - in.at) < more) return false;
        uint32_t point = first & (0x3fu >> more);
        for (unsigned i = 0; i < more; i++) {
            if ((in.at[i] & 0xc0) != 0x80) return false;
            point = point << 6 | (in.at[i] & 0x3fu);
        }
        if (more == 2 && (point < 0x800 || (point >= 0xd800 && point < 0xe000))) return false;
        if (more == 3 && (point < 0x10000 || point > 0x10ffff)) return false;
        in.at += more;
    }
    return true;
}

/* Data that stays in the file: raw_data always, packed lists when they are large. */
static bool stays(const frame *f, uint32_t field, const nbx_wire *body)
{
    if (f->type != &onnx__tensor_proto__descriptor) return false;
    switch (field) {
    case NBX_TENSOR_RAW_DATA:
        return true;
    case NBX_TENSOR_FLOAT_DATA:
    case NBX_TENSOR_INT32_DATA:
    case NBX_TENSOR_INT64_DATA:
    case NBX_TENSOR_DOUBLE_DATA:
    case NBX_TENSOR_UINT64_DATA:
        return body->end - body->at > NBX_ONNX_LARGE;
    default:
        return false;
    }
}

/* Data before `end` has been passed; who needs it later faults it in again. */
static void give_back(guard *g, const uint8_t *end)
{
    size_t passed = (size_t)(end - g->base) / LARGEST_PAGE * LARGEST_PAGE;
    if (!g->is_mapping || passed < g->given_back + RESIDENT_BYTES) return;
    (void)madvise((void *)(uintptr_t)(g->base + g->given_back), passed - g->given_back, MADV_DONTNEED);
    g->given_back = passed;
}

static nbx_status emit_place(guard *g, frame *f, uint32_t field, const nbx_wire *body)
{
    if (f->pieces++)
        return nbx_raise(g->context, NBX_E_ONNX_DATA, g->place, "a tensor stores its data once",
                         "the tensor ending at byte %zu has data in several pieces", (size_t)(body->end - g->base));
    give_back(g, body->end);
    nbx_onnx_place place = {field, (uint64_t)(body->at - g->base), (uint64_t)(body->end - body->at)};
    NBX_TRY(emit_varint(g, (uint64_t)NBX_TENSOR_RAW_DATA << 3 | NBX_WIRE_LENGTH));
    NBX_TRY(emit_varint(g, sizeof(place)));
    return emit(g, &place, sizeof(place));
}

static nbx_status walk(guard *g, frame *f);

static nbx_status walk_nested(guard *g, frame *f, const ProtobufCFieldDescriptor *field, const nbx_wire *body)
{
    uint64_t index = (uint64_t)(field - f->type->fields);
    if (field->label != PROTOBUF_C_LABEL_REPEATED) {
        if (index >= 64 || (f->seen >> index & 1))
            return nbx_raise(g->context, NBX_E_ONNX_REPEATED, g->place, NULL, "field '%s' of %s appears again at byte %zu", field->name,
                             f->type->short_name, (size_t)(body->at - g->base));
        f->seen |= UINT64_C(1) << index;
    }
    if (f->depth + 1 > NBX_ONNX_MAX_DEPTH)
        return nbx_raise(g->context, NBX_E_ONNX_DEPTH, g->place, NULL, "more than %d levels of messages at byte %zu", NBX_ONNX_MAX_DEPTH,
                         (size_t)(body->at - g->base));
    if (++g->messages > NBX_ONNX_MAX_MESSAGES)
        return nbx_raise(g->context, NBX_E_ONNX_MESSAGES, g->place, NULL, "more than %d messages", NBX_ONNX_MAX_MESSAGES);
    NBX_TRY(emit_varint(g, (uint64_t)field->id << 3 | NBX_WIRE_LENGTH));
    size_t length_at = g->used;
    NBX_TRY(reserve(g, LENGTH_BYTES));
    g->used += LENGTH_BYTES;
    frame inner = {.type = field->descriptor, .in = *body, .depth = f->depth + 1};
    NBX_TRY(walk(g, &inner));
    patch_length(g->out + length_at, g->used - length_at - LENGTH_BYTES);
    return NBX_OK;
}

static nbx_status walk_length(guard *g, frame *f, uint32_t number, const ProtobufCFieldDescriptor *field, const uint8_t *start)
{
    nbx_wire body;
    if (!nbx_wire_body(&f->in, &body)) return malformed(g, f, start, "a length runs past the end");
    if (!field || !strcmp(field->name, "doc_string")) return NBX_OK;
    if (field->type == PROTOBUF_C_TYPE_MESSAGE) return walk_nested(g, f, field, &body);
    if (field->type == PROTOBUF_C_TYPE_STRING && !is_text(body))
        return nbx_raise(g->context, NBX_E_ONNX_TEXT, g->place, NULL, "field '%s' of %s at byte %zu is not UTF-8 text", field->name,
                         f->type->short_name, (size_t)(body.at - g->base));
    if (stays(f, number, &body)) return emit_place(g, f, number, &body);
    return emit(g, start, (size_t)(f->in.at - start));
}

static nbx_status walk(guard *g, frame *f)
{
    while (f->in.at < f->in.end) {
        const uint8_t *start = f->in.at;
        uint32_t number, wire_type;
        if (!nbx_wire_tag(&f->in, &number, &wire_type)) return malformed(g, f, start, "a field tag is cut off or out of range");
        const ProtobufCFieldDescriptor *field = protobuf_c_message_descriptor_get_field(f->type, number);
        if (wire_type == NBX_WIRE_LENGTH) {
            NBX_TRY(walk_length(g, f, number, field, start));
            continue;
        }
        if (!nbx_wire_skip(&f->in, wire_type)) return malformed(g, f, start, "a value is cut off or of an unknown wire type");
        if (field) NBX_TRY(emit(g, start, (size_t)(f->in.at - start)));
    }
    return NBX_OK;
}

nbx_status nbx_onnx_guard(nbx_context *context, const nbx_place *place, const nbx_onnx_bytes *in, uint8_t **skeleton,
                          size_t *skeleton_bytes)
{
    guard g = {.context = context, .place = place, .base = in->data, .is_mapping = in->is_mapping};
    frame top = {.type = &onnx__model_proto__descriptor, .in = {in->data, in->data + in->bytes}};
    *skeleton = NULL;
    *skeleton_bytes = 0;
    nbx_status status = reserve(&g, 1);
    if (status == NBX_OK) status = walk(&g, &top);
    if (status != NBX_OK) {
        free(g.out);
        return status;
    }
    *skeleton = g.out;
    *skeleton_bytes = g.used;
    return NBX_OK;
}
