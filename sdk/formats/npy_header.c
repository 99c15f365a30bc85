/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the header of a .npy file, a Python dict, as strictly as NumPy writes it; sizes are checked by npy.c. */
#include "formats/npy_header.h"

#include <stdio.h>
#include <string.h>

static const nbx_npy_type types[] = {
    {"f4", NBX_DTYPE_FLOAT32, 4}, {"u1", NBX_DTYPE_UINT8, 1},   {"i1", NBX_DTYPE_INT8, 1},    {"i4", NBX_DTYPE_INT32, 4},
    {"i8", NBX_DTYPE_INT64, 8},   {"f8", NBX_DTYPE_FLOAT64, 8}, {"f2", NBX_DTYPE_FLOAT16, 2}, {"b1", NBX_DTYPE_BOOL, 1},
    {"i2", NBX_DTYPE_INT16, 2},   {"u2", NBX_DTYPE_UINT16, 2},  {"u4", NBX_DTYPE_UINT32, 4},  {"u8", NBX_DTYPE_UINT64, 8},
};

enum { TYPE_COUNT = sizeof(types) / sizeof(types[0]), LONGEST_HEADER = 1 << 16 };

const nbx_npy_type *nbx_npy_type_of(uint32_t dtype)
{
    for (uint32_t i = 0; i < TYPE_COUNT; i++)
        if (types[i].dtype == dtype) return &types[i];
    return NULL;
}

void nbx_npy_shape_text(uint32_t rank, const int64_t *dims, char *text)
{
    size_t used = 0;
    strcpy(text, "scalar");
    for (uint32_t i = 0; i < rank; i++)
        used += (size_t)sprintf(text + used, "%s%lld", i ? "x" : "", (long long)dims[i]);
}

/* The text of the dict, read from the left. */
typedef struct cursor {
    nbx_context *context;
    nbx_place place;
    const char *start, *at, *end;
} cursor;

static nbx_status malformed(const cursor *c, const char *expected)
{
    return nbx_raise(c->context, NBX_E_NPY_HEADER, &c->place, NULL, "byte %zu of the header: expected %s", (size_t)(c->at - c->start),
                     expected);
}

static void skip_blanks(cursor *c)
{
    while (c->at < c->end && (*c->at == ' ' || *c->at == '\t' || *c->at == '\n' || *c->at == '\r'))
        c->at++;
}

/* Takes `text` if it comes next, after blanks. */
static bool take(cursor *c, const char *text)
{
    size_t bytes = strlen(text);
    skip_blanks(c);
    if ((size_t)(c->end - c->at) < bytes || memcmp(c->at, text, bytes) != 0) return false;
    c->at += bytes;
    return true;
}

/* A text in quotes, without escapes. */
static nbx_status read_text(cursor *c, char *text, size_t room)
{
    skip_blanks(c);
    char quote = c->at < c->end ? *c->at : '\0';
    if (quote != '\'' && quote != '"') return malformed(c, "a text in quotes");
    const char *from = c->at + 1, *to = memchr(from, quote, (size_t)(c->end - from));
    if (!to) return malformed(c, "a closing quote");
    size_t bytes = (size_t)(to - from);
    if (bytes >= room) return malformed(c, "a shorter text");
    for (size_t i = 0; i < bytes; i++)
        if (from[i] < 0x20 || from[i] > 0x7e || from[i] == '\\') return malformed(c, "a text of letters");
    memcpy(text, from, bytes);
    text[bytes] = '\0';
    c->at = to + 1;
    return NBX_OK;
}

static nbx_status read_type(cursor *c, nbx_npy_header *header)
{
    char text[32];
    skip_blanks(c);
    if (c->at < c->end && *c->at == '[')
        return nbx_raise(c->context, NBX_E_NPY_TYPE, &c->place, "write each field to a file of its own", "a structured element type");
    NBX_TRY(read_text(c, text, sizeof(text)));
    if (text[0] == '>')
        return nbx_raise(c->context, NBX_E_NPY_TYPE, &c->place, "in NumPy: x.astype(x.dtype.newbyteorder('<'))",
                         "elements '%s' are big-endian; only little-endian files are read", text);
    for (uint32_t i = 0; i < TYPE_COUNT; i++) {
        bool order = text[0] == '<' || (text[0] == '|' && types[i].bytes == 1); /* a single byte has no order */
        if (order && strcmp(text + 1, types[i].letters) == 0) header->type = &types[i];
    }
    if (header->type) return NBX_OK;
    return nbx_raise(c->context, NBX_E_NPY_TYPE, &c->place, "in NumPy, for example: x.astype('<f4')", "elements '%s' are not read", text);
}

static nbx_status read_order(cursor *c, nbx_npy_header *header)
{
    header->fortran = take(c, "True");
    return header->fortran || take(c, "False") ? NBX_OK : malformed(c, "True or False");
}

static nbx_status read_extent(cursor *c, int64_t *out)
{
    skip_blanks(c);
    const char *from = c->at;
    *out = 0;
    for (; c->at < c->end && *c->at >= '0' && *c->at <= '9'; c->at++) {
        int digit = *c->at - '0';
        if (*out > (INT64_MAX - digit) / 10) return nbx_raise(c->context, NBX_E_NPY_SHAPE, &c->place, NULL, "an extent over 63 bits");
        *out = *out * 10 + digit;
    }
    return c->at > from ? NBX_OK : malformed(c, "an extent");
}

/* "()", "(3,)", "(3, 4)"; a comma behind the last is fine. */
static nbx_status read_shape(cursor *c, nbx_npy_header *header)
{
    if (!take(c, "(")) return malformed(c, "a tuple");
    bool comma = true;
    while (!take(c, ")")) {
        if (!comma) return malformed(c, "a comma or )");
        if (header->rank == NBX_MAX_RANK) return nbx_raise(c->context, NBX_E_NPY_SHAPE, &c->place, NULL, "more than %d axes", NBX_MAX_RANK);
        NBX_TRY(read_extent(c, &header->dims[header->rank++]));
        comma = take(c, ",");
    }
    return header->rank == 1 && !comma ? malformed(c, "a comma in a tuple of one") : NBX_OK;
}

static nbx_status read_dict(cursor *c, nbx_npy_header *header)
{
    static const struct {
        const char *name;
        nbx_status (*read)(cursor *c, nbx_npy_header *header);
    } keys[] = {{"descr", read_type}, {"fortran_order", read_order}, {"shape", read_shape}};
    bool seen[3] = {false, false, false}, comma = true;
    if (!take(c, "{")) return malformed(c, "{");
    while (!take(c, "}")) {
        char name[32];
        uint32_t key = 0;
        if (!comma) return malformed(c, "a comma or }");
        NBX_TRY(read_text(c, name, sizeof(name)));
        while (key < 3 && strcmp(name, keys[key].name) != 0)
            key++;
        if (key == 3 || seen[key]) return malformed(c, "descr, fortran_order and shape, each once");
        seen[key] = true;
        if (!take(c, ":")) return malformed(c, "a colon");
        NBX_TRY(keys[key].read(c, header));
        comma = take(c, ",");
    }
    if (!seen[0] || !seen[1] || !seen[2]) return malformed(c, "descr, fortran_order and shape, each once");
    skip_blanks(c);
    return c->at == c->end ? NBX_OK : malformed(c, "blanks up to the end");
}

nbx_status nbx_npy_header_read(nbx_context *context, const char *name, const void *bytes, size_t count, nbx_npy_header *out)
{
    static const unsigned char mark[6] = {0x93, 'N', 'U', 'M', 'P', 'Y'};
    const unsigned char *raw = bytes;
    nbx_place place = {name, 0, 0};
    memset(out, 0, sizeof(*out));
    if (count < 2 || memcmp(raw, mark, count < 6 ? count : 6) != 0) {
        const char *hint = count >= 2 && raw[0] == 'P' && raw[1] == 'K' ? "it looks like an .npz: unpack it" : "write it with numpy.save";
        return nbx_raise(context, NBX_E_NPY_MAGIC, &place, hint, "not a .npy file");
    }
    if (count < 10) return nbx_raise(context, NBX_E_NPY_SIZE, &place, NULL, "the file ends inside its header, after %zu bytes", count);
    if (raw[6] < 1 || raw[6] > 3 || raw[7] != 0)
        return nbx_raise(context, NBX_E_NPY_MAGIC, &place, NULL, "version %u.%u of the format; 1.0, 2.0 and 3.0 are read", raw[6], raw[7]);
    size_t start = raw[6] == 1 ? 10 : 12;
    if (count < start) return nbx_raise(context, NBX_E_NPY_SIZE, &place, NULL, "the file ends inside its header, after %zu bytes", count);
    size_t length = raw[8] | (size_t)raw[9] << 8;
    if (raw[6] > 1) length |= (size_t)raw[10] << 16 | (size_t)raw[11] << 24;
    if (length > LONGEST_HEADER) return nbx_raise(context, NBX_E_NPY_HEADER, &place, NULL, "a header of %zu bytes; 65536 at most", length);
    if (length > count - start)
        return nbx_raise(context, NBX_E_NPY_SIZE, &place, NULL, "the header has %zu bytes, but %zu follow", length, count - start);
    out->bytes = start + length;
    const char *text = (const char *)raw + start;
    cursor c = {context, place, text, text, text + length};
    return read_dict(&c, out);
}
