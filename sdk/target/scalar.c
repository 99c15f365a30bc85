/* SPDX-License-Identifier: Apache-2.0 */
/* Reads and stores single values by kind, with a message for each way to be wrong; maps and lists belong to the binder. */
#include "target/scalar.h"

#include <errno.h>
#include <locale.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "target/suggest.h"

/* What the readers of the kinds share. */
typedef struct reading {
    nbx_binder *binder;
    const nbx_field *field;
    const nbx_yaml *node;
    const char *path, *shown;
} reading;

static const char *text_of(const reading *r, const char *format, const char *a, size_t a_bytes)
{
    const char *text = nbx_arena_format(r->binder->faults->arena, format, (int)a_bytes, a);
    return text;
}

static const char *bounds(const reading *r)
{
    return nbx_arena_format(r->binder->faults->arena, "%.15g to %.15g", r->field->lo, r->field->hi);
}

static bool wrong_type(const reading *r, const char *hint)
{
    nbx_fault(r->binder->faults, NBX_E_TARGET_TYPE, &r->node->place, hint, "%s: %s is not %s", r->path, r->shown,
              nbx_kind_words(r->field->kind));
    return false;
}

static bool in_bounds(const reading *r, double value)
{
    if (value >= r->field->lo && value <= r->field->hi) return true;
    nbx_fault(r->binder->faults, NBX_E_TARGET_RANGE, &r->node->place, bounds(r), "%s: %s is out of range", r->path, r->shown);
    return false;
}

static bool read_text(const reading *r, nbx_scalar *out)
{
    out->text = r->node->text;
    return true;
}

static bool read_path(const reading *r, nbx_scalar *out)
{
    const char *folder = r->binder->folder;
    out->text = r->node->text;
    if (out->text[0] == '/' || r->node->place.file != r->binder->file || !folder || !folder[0]) return true;
    out->text = nbx_arena_format(r->binder->faults->arena, "%s%s%s", folder, folder[strlen(folder) - 1] == '/' ? "" : "/", r->node->text);
    if (!out->text) nbx_fault_memory(r->binder->faults);
    return out->text != NULL;
}

static size_t name_bytes(const char *text)
{
    return strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-");
}

bool nbx_is_identifier(const char *text)
{
    return text[0] && !text[name_bytes(text)];
}

static bool is_spec(const char *text)
{
    size_t vendor = name_bytes(text);
    return vendor && text[vendor] == '/' && nbx_is_identifier(text + vendor + 1);
}

static bool read_spec(const reading *r, nbx_scalar *out)
{
    out->text = r->node->text;
    return is_spec(out->text) || wrong_type(r, "for example hisilicon/hi3559av100; `nbx targets` lists what is installed");
}

static bool read_fallback(const reading *r, nbx_scalar *out)
{
    out->text = r->node->text;
    if (is_spec(out->text) || strcmp(out->text, "none") == 0) return true;
    if (!nbx_is_identifier(out->text)) return wrong_type(r, "for example reference");
    out->text = nbx_arena_format(r->binder->faults->arena, "%s/any", r->node->text);
    if (!out->text) nbx_fault_memory(r->binder->faults);
    return out->text != NULL;
}

static bool read_site(const reading *r, nbx_scalar *out)
{
    static const char *const names[] = {"chip", "fallback"};
    out->text = r->node->text;
    if (is_spec(out->text) || strcmp(out->text, names[0]) == 0 || strcmp(out->text, names[1]) == 0) return true;
    const char *near = nbx_suggest(out->text, names, 2);
    return wrong_type(r, near ? text_of(r, "did you mean '%.*s'?", near, strlen(near)) : NULL);
}

/* "a|b|c" as "a, b, c". */
static const char *listed(const reading *r, const char *choices)
{
    size_t bytes = strlen(choices), used = 0;
    char *text = nbx_arena_alloc(r->binder->faults->arena, 2 * bytes + 1);
    if (!text) return "";
    for (size_t i = 0; i < bytes; i++) {
        text[used++] = choices[i] == '|' ? ',' : choices[i];
        if (choices[i] == '|') text[used++] = ' ';
    }
    return text;
}

static bool read_choice(const reading *r, nbx_scalar *out)
{
    const char *choices = r->field->choices;
    size_t bytes = strlen(r->node->text);
    out->text = r->node->text;
    for (const char *at = choices; *at;) {
        size_t piece = strcspn(at, "|");
        if (piece == bytes && memcmp(at, out->text, bytes) == 0) return true;
        at += piece + (at[piece] == '|');
    }
    size_t near_bytes;
    const char *near = nbx_suggest_choice(out->text, choices, &near_bytes);
    nbx_fault(r->binder->faults, NBX_E_TARGET_CHOICE, &r->node->place, near ? text_of(r, "did you mean '%.*s'?", near, near_bytes) : NULL,
              "%s: %s is not one of %s", r->path, r->shown, listed(r, choices));
    return false;
}

/* Decimal without leading zeros, or 0x and hexadecimal digits; a sign before. */
static bool is_integer(const char *text)
{
    text += *text == '-' || *text == '+';
    if (text[0] == '0' && (text[1] == 'x' || text[1] == 'X')) return text[2] && !text[2 + strspn(text + 2, "0123456789abcdefABCDEF")];
    if (text[0] == '0' && text[1]) return false;
    return text[0] && !text[strspn(text, "0123456789")];
}

static bool read_integer(const reading *r, nbx_scalar *out)
{
    const char *text = r->node->text;
    if (!is_integer(text)) return wrong_type(r, text_of(r, "%.*s", bounds(r), 100));
    bool hexadecimal = strpbrk(text, "xX") != NULL;
    errno = 0;
    out->integer = strtoll(text, NULL, hexadecimal ? 16 : 10);
    if (errno == ERANGE) return in_bounds(r, INFINITY);
    return in_bounds(r, (double)out->integer);
}

/* Digits with a point and an exponent if wanted: no hexadecimal, infinity or NaN, and nothing after it. */
static bool is_number(const char *text)
{
    text += *text == '-' || *text == '+';
    size_t whole = strspn(text, "0123456789"), part = 0;
    text += whole;
    if (*text == '.') {
        part = strspn(text + 1, "0123456789");
        text += 1 + part;
    }
    if (!whole && !part) return false;
    if (*text == 'e' || *text == 'E') {
        text++;
        text += *text == '-' || *text == '+';
        size_t digits = strspn(text, "0123456789");
        if (!digits) return false;
        text += digits;
    }
    return !*text;
}

static bool read_number(const reading *r, nbx_scalar *out)
{
    if (!is_number(r->node->text)) return wrong_type(r, bounds(r));
    locale_t plain = newlocale(LC_ALL_MASK, "C", (locale_t)0); /* an application's locale may want a comma */
    if (!plain) {
        nbx_fault_memory(r->binder->faults);
        return false;
    }
    out->number = strtod_l(r->node->text, NULL, plain);
    freelocale(plain);
    return in_bounds(r, out->number);
}

static bool read_boolean(const reading *r, nbx_scalar *out)
{
    static const char *const yes[] = {"yes", "on", "y", "1"}, *const no[] = {"no", "off", "n", "0"};
    const char *text = r->node->text, *meant = NULL;
    out->boolean = strcmp(text, "true") == 0;
    if (out->boolean || strcmp(text, "false") == 0) return true;
    for (uint32_t i = 0; i < 4; i++) {
        if (strcasecmp(text, yes[i]) == 0) meant = "write true";
        if (strcasecmp(text, no[i]) == 0) meant = "write false";
    }
    if (strcasecmp(text, "true") == 0) meant = "write true";
    if (strcasecmp(text, "false") == 0) meant = "write false";
    return wrong_type(r, meant);
}

static const struct kind_row {
    const char *words, *json;
    bool bare; /* not a text, so not in quotes */
    size_t bytes;
    bool (*read)(const reading *r, nbx_scalar *out);
} kinds[] = {
    [NBX_FIELD_MAP] = {"a map", "object", false, 0, NULL},
    [NBX_FIELD_FREE_MAP] = {"a map", "object", false, 0, NULL},
    [NBX_FIELD_TEXT] = {"a text", "string", false, sizeof(const char *), read_text},
    [NBX_FIELD_PATH] = {"a path", "string", false, sizeof(const char *), read_path},
    [NBX_FIELD_SPEC] = {"vendor/chip", "string", false, sizeof(const char *), read_spec},
    [NBX_FIELD_FALLBACK] = {"vendor/chip, a plugin or none", "string", false, sizeof(const char *), read_fallback},
    [NBX_FIELD_SITE] = {"chip, fallback or vendor/chip", "string", false, sizeof(const char *), read_site},
    [NBX_FIELD_CHOICE] = {"a choice", "string", false, sizeof(const char *), read_choice},
    [NBX_FIELD_INTEGER] = {"a whole number", "integer", true, sizeof(int64_t), read_integer},
    [NBX_FIELD_NUMBER] = {"a number", "number", true, sizeof(double), read_number},
    [NBX_FIELD_BOOLEAN] = {"true or false", "boolean", true, sizeof(bool), read_boolean},
};

bool nbx_scalar_read(nbx_binder *binder, const nbx_field *field, const nbx_yaml *node, const char *path, nbx_scalar *out)
{
    const struct kind_row *kind = &kinds[field->kind];
    memset(out, 0, sizeof(*out));
    if (node->kind != NBX_YAML_SCALAR) {
        nbx_fault(binder->faults, NBX_E_TARGET_TYPE, &node->place, NULL, "%s: expected %s, found %s", path, kind->words,
                  nbx_yaml_words(node));
        return false;
    }
    if (!node->text[0]) {
        nbx_fault(binder->faults, NBX_E_TARGET_MISSING, &node->place, "remove the key or give it a value", "%s: no value", path);
        return false;
    }
    reading r = {binder, field, node, path, nbx_excerpt(binder->faults->arena, node->text)};
    if (kind->bare && node->quoted) {
        nbx_fault(binder->faults, NBX_E_TARGET_TYPE, &node->place, "remove the quotes", "%s: %s in quotes is a text, not %s", path, r.shown,
                  kind->words);
        return false;
    }
    return kind->read(&r, out);
}

void nbx_scalar_store(const nbx_field *field, const nbx_scalar *value, void *at)
{
    if (field->kind == NBX_FIELD_NUMBER)
        memcpy(at, &value->number, sizeof(double));
    else if (field->kind == NBX_FIELD_BOOLEAN)
        memcpy(at, &value->boolean, sizeof(bool));
    else if (field->kind == NBX_FIELD_INTEGER && field->flags & NBX_FIELD_LIST)
        memcpy(at, &value->integer, sizeof(int64_t));
    else if (field->kind == NBX_FIELD_INTEGER)
        memcpy(at, &(uint32_t){(uint32_t)value->integer}, sizeof(uint32_t));
    else
        memcpy(at, &value->text, sizeof(const char *));
}

size_t nbx_scalar_bytes(const nbx_field *field)
{
    return kinds[field->kind].bytes;
}

const char *nbx_kind_words(nbx_field_kind kind)
{
    return kinds[kind].words;
}

const char *nbx_kind_json(nbx_field_kind kind)
{
    return kinds[kind].json;
}

const char *nbx_yaml_words(const nbx_yaml *node)
{
    static const char *const words[] = {"a single value", "a list", "a map", "nothing"};
    return node->kind == NBX_YAML_SCALAR && !node->text[0] && !node->quoted ? "nothing" : words[node->kind];
}
