/* SPDX-License-Identifier: Apache-2.0 */
/* Walks libyaml events of a flat document and hands texts to the key table; it does not know what the keys mean. */
#include "loader/manifest_events.h"

#include <stdio.h>
#include <string.h>

#include <yaml.h>

enum { LIST_LIMIT = 256 };

typedef struct walk {
    const nbx_manifest_reader *reader;
    yaml_parser_t parser;
    yaml_event_t event;
    uint32_t seen; /* bit per key */
} walk;

static bool refuse_at(walk *w, nbx_code code, const yaml_mark_t *mark, const char *hint, const char *text)
{
    const nbx_manifest_reader *r = w->reader;
    nbx_refuse(r->arena, r->refusal, code, r->path, hint, "%s", text);
    r->refusal->place.line = (uint32_t)mark->line + 1;
    r->refusal->place.column = (uint32_t)mark->column + 1;
    return false;
}

/* Takes the next event; false (with the refusal) when the text is not YAML. The previous event is freed. */
static bool next(walk *w)
{
    yaml_event_delete(&w->event);
    memset(&w->event, 0, sizeof(w->event));
    if (yaml_parser_parse(&w->parser, &w->event)) return true;
    const char *problem = w->parser.problem ? w->parser.problem : "not UTF-8 text";
    return refuse_at(w, NBX_E_LOAD_MANIFEST_SYNTAX, &w->parser.problem_mark, NULL, problem);
}

static bool expect(walk *w, yaml_event_type_t type, const char *otherwise)
{
    if (!next(w)) return false;
    if (w->event.type == type) return true;
    return refuse_at(w, NBX_E_LOAD_MANIFEST_SYNTAX, &w->event.start_mark, NULL, otherwise);
}

/* The text of a plain or quoted scalar without anchor, tag or embedded zero byte; NULL with the refusal. */
static const char *scalar(walk *w)
{
    const yaml_event_t *e = &w->event;
    if (e->type != YAML_SCALAR_EVENT || e->data.scalar.anchor || e->data.scalar.tag ||
        memchr(e->data.scalar.value, 0, e->data.scalar.length)) {
        refuse_at(w, NBX_E_LOAD_MANIFEST_SYNTAX, &e->start_mark, NULL, "expected a plain text here (no nesting, alias, anchor or tag)");
        return NULL;
    }
    const char *text = nbx_arena_string_n(w->reader->arena, (const char *)e->data.scalar.value, e->data.scalar.length);
    if (!text) refuse_at(w, NBX_E_CORE_MEMORY, &e->start_mark, NULL, "out of memory");
    return text;
}

static bool bad_value(walk *w, const nbx_manifest_key *key, const yaml_mark_t *mark)
{
    char text[160];
    snprintf(text, sizeof(text), "'%s' must be %s", key->name, key->wants);
    return refuse_at(w, NBX_E_LOAD_MANIFEST_KEY, mark, NULL, text);
}

static bool read_list(walk *w, const nbx_manifest_key *key)
{
    const char *items[LIST_LIMIT];
    uint32_t count = 0;
    char *base = (char *)w->reader->out + key->offset;
    if (w->event.type != YAML_SEQUENCE_START_EVENT || w->event.data.sequence_start.anchor || w->event.data.sequence_start.tag)
        return bad_value(w, key, &w->event.start_mark);
    for (;;) {
        if (!next(w)) return false;
        if (w->event.type == YAML_SEQUENCE_END_EVENT) break;
        const char *text = scalar(w), *stored = NULL;
        if (!text) return false;
        void *out = key->kind == NBX_KEY_FLAGS ? (void *)base : (void *)&stored;
        if (count == LIST_LIMIT || !key->read(text, out)) return bad_value(w, key, &w->event.start_mark);
        items[count++] = text;
    }
    if (key->kind == NBX_KEY_FLAGS) return true;
    nbx_text_list *list = (nbx_text_list *)(void *)base;
    list->texts = nbx_arena_copy(w->reader->arena, items, count * sizeof(items[0]));
    list->count = count;
    return list->texts || refuse_at(w, NBX_E_CORE_MEMORY, &w->event.start_mark, NULL, "out of memory");
}

static bool read_value(walk *w, const nbx_manifest_key *key)
{
    const char *ignored;
    if (key->kind == NBX_KEY_LIST || key->kind == NBX_KEY_FLAGS) return read_list(w, key);
    const char *text = scalar(w);
    if (!text) return false;
    void *out = key->offset == NBX_KEY_IGNORED ? (void *)&ignored : (void *)((char *)w->reader->out + key->offset);
    return key->read(text, out) || bad_value(w, key, &w->event.start_mark);
}

static bool read_pair(walk *w)
{
    char text[160];
    yaml_mark_t mark = w->event.start_mark;
    const char *name = scalar(w);
    if (!name) return false;
    for (uint32_t i = 0; i < w->reader->key_count; i++) {
        const nbx_manifest_key *key = &w->reader->keys[i];
        if (strcmp(key->name, name)) continue;
        snprintf(text, sizeof(text), "'%s' is given twice", key->name);
        if (w->seen & (1u << i)) return refuse_at(w, NBX_E_LOAD_MANIFEST_KEY, &mark, NULL, text);
        w->seen |= 1u << i;
        return next(w) && read_value(w, key);
    }
    snprintf(text, sizeof(text), "unknown key '%.60s'", name);
    return refuse_at(w, NBX_E_LOAD_MANIFEST_KEY, &mark, "`nbx-manifest` writes the keys of this version", text);
}

static bool read_document(walk *w)
{
    char text[80];
    if (!expect(w, YAML_STREAM_START_EVENT, "not YAML")) return false;
    if (!expect(w, YAML_DOCUMENT_START_EVENT, "the manifest is empty")) return false;
    if (!expect(w, YAML_MAPPING_START_EVENT, "expected `key: value` lines")) return false;
    if (w->event.data.mapping_start.anchor || w->event.data.mapping_start.tag)
        return refuse_at(w, NBX_E_LOAD_MANIFEST_SYNTAX, &w->event.start_mark, NULL, "anchors and tags are not allowed");
    for (;;) {
        if (!next(w)) return false;
        if (w->event.type == YAML_MAPPING_END_EVENT) break;
        if (!read_pair(w)) return false;
    }
    for (uint32_t i = 0; i < w->reader->key_count; i++) {
        if ((w->seen & (1u << i)) || w->reader->keys[i].kind == NBX_KEY_OPTIONAL) continue;
        snprintf(text, sizeof(text), "'%s' is missing", w->reader->keys[i].name);
        return refuse_at(w, NBX_E_LOAD_MANIFEST_KEY, &w->event.start_mark, NULL, text);
    }
    return expect(w, YAML_DOCUMENT_END_EVENT, "unexpected content") && expect(w, YAML_STREAM_END_EVENT, "a second document");
}

bool nbx_manifest_read(const nbx_manifest_reader *reader, const void *text, size_t bytes)
{
    walk w = {.reader = reader};
    if (!yaml_parser_initialize(&w.parser))
        return nbx_refuse(reader->arena, reader->refusal, NBX_E_CORE_MEMORY, reader->path, NULL, "out of memory");
    yaml_parser_set_input_string(&w.parser, text, bytes);
    bool ok = read_document(&w);
    yaml_event_delete(&w.event);
    yaml_parser_delete(&w.parser);
    return ok;
}
