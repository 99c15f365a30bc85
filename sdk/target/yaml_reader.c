/* SPDX-License-Identifier: Apache-2.0 */
/* Turns libyaml's events into a tree within limits and refuses what target files do not use; it knows no key by name. */
#include "target/yaml.h"

#include <string.h>
#include <yaml.h>

typedef struct reader {
    nbx_faults *faults;
    nbx_arena *arena;
    yaml_parser_t parser;
    const char *name;
    const char *bytes;
    size_t count;
    uint32_t events;
    bool flat, stop;
} reader;

static nbx_place place_at(const reader *r, const yaml_mark_t *mark)
{
    nbx_place place = {r->name, 0, 0};
    if (!r->flat) {
        place.line = (uint32_t)mark->line + 1;
        place.column = (uint32_t)mark->column + 1;
    }
    return place;
}

static void limit(reader *r, const nbx_place *place, const char *what)
{
    nbx_fault(r->faults, NBX_E_TARGET_LIMIT, place, NULL, "%s", what);
    r->stop = true;
}

/* True if the indentation of the line around byte `at` has a tab, the usual cause of libyaml's less helpful words. */
static bool tab_indented(const reader *r, uint32_t line)
{
    const char *at = r->bytes, *end = r->bytes + r->count;
    while (line-- > 1 && at)
        at = memchr(at, '\n', (size_t)(end - at)) ? (const char *)memchr(at, '\n', (size_t)(end - at)) + 1 : NULL;
    for (; at && at < end && (*at == ' ' || *at == '\t'); at++)
        if (*at == '\t') return true;
    return false;
}

/* libyaml gives no mark for bytes that are not UTF-8, only their offset. */
static yaml_mark_t mark_of_offset(const reader *r, size_t offset)
{
    yaml_mark_t mark = {offset, 0, 0};
    for (size_t i = 0; i < offset && i < r->count; i++) {
        mark.column = r->bytes[i] == '\n' ? 0 : mark.column + 1;
        mark.line += r->bytes[i] == '\n';
    }
    return mark;
}

static void syntax_error(reader *r)
{
    const yaml_parser_t *parser = &r->parser;
    r->stop = true;
    if (parser->error == YAML_MEMORY_ERROR) {
        nbx_fault_memory(r->faults);
        return;
    }
    yaml_mark_t mark = parser->error == YAML_READER_ERROR ? mark_of_offset(r, parser->problem_offset) : parser->problem_mark;
    nbx_place place = place_at(r, &mark);
    const char *hint = NULL;
    if (!r->flat && tab_indented(r, place.line)) hint = "indent with spaces; this line has a tab";
    nbx_fault(r->faults, NBX_E_TARGET_SYNTAX, &place, hint, "not YAML: %s%s%s", parser->problem ? parser->problem : "unknown problem",
              parser->context ? " " : "", parser->context ? parser->context : "");
}

/* The next event, counted. False at an error; then there is none to delete. */
static bool next_event(reader *r, yaml_event_t *event)
{
    if (r->stop || nbx_faults_full(r->faults)) return false;
    if (!yaml_parser_parse(&r->parser, event)) {
        syntax_error(r);
        return false;
    }
    if (++r->events <= NBX_YAML_MAX_EVENTS) return true;
    nbx_place place = place_at(r, &event->start_mark);
    yaml_event_delete(event);
    limit(r, &place, "more than 100000 values in one file");
    return false;
}

static void refuse(reader *r, const nbx_place *place, const char *hint, const char *what)
{
    nbx_fault(r->faults, NBX_E_TARGET_FEATURE, place, hint, "%s", what);
}

/* Anchors and tags of any event that starts a node. */
static void refuse_properties(reader *r, const yaml_event_t *event, const nbx_place *place)
{
    static const char hint[] = "write the value out; a text that begins with & or ! needs quotes";
    const yaml_char_t *anchor = NULL, *tag = NULL;
    switch (event->type) {
    case YAML_SCALAR_EVENT:
        anchor = event->data.scalar.anchor, tag = event->data.scalar.tag;
        break;
    case YAML_SEQUENCE_START_EVENT:
        anchor = event->data.sequence_start.anchor, tag = event->data.sequence_start.tag;
        break;
    case YAML_MAPPING_START_EVENT:
        anchor = event->data.mapping_start.anchor, tag = event->data.mapping_start.tag;
        break;
    default:
        break;
    }
    if (anchor) refuse(r, place, hint, "anchors are not used in target files");
    if (tag) refuse(r, place, hint, "tags are not used in target files");
}

static nbx_yaml *new_node(reader *r, nbx_yaml_kind kind, const nbx_place *place)
{
    nbx_yaml *node = nbx_yaml_new(r->arena, kind, place);
    if (!node) {
        nbx_fault_memory(r->faults);
        r->stop = true;
    }
    return node;
}

static nbx_yaml *read_scalar(reader *r, const yaml_event_t *event, const nbx_place *place)
{
    const char *value = (const char *)event->data.scalar.value;
    size_t length = event->data.scalar.length;
    if (memchr(value, 0, length)) {
        nbx_fault(r->faults, NBX_E_TARGET_TYPE, place, NULL, "a text with a zero byte");
        return new_node(r, NBX_YAML_BROKEN, place);
    }
    nbx_yaml *node = new_node(r, NBX_YAML_SCALAR, place);
    if (!node) return NULL;
    node->text = nbx_arena_string_n(r->arena, value, length);
    node->quoted = event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
    if (!node->text) {
        nbx_fault_memory(r->faults);
        r->stop = true;
        return NULL;
    }
    return node;
}

static nbx_yaml *read_node(reader *r, yaml_event_t *event, uint32_t depth);

/* The key of the event, which is consumed; NULL after an error (the caller goes on with the value unless r->stop). */
static const char *read_key(reader *r, yaml_event_t *event, uint32_t depth)
{
    nbx_place place = place_at(r, &event->start_mark);
    bool text = event->type == YAML_SCALAR_EVENT && event->data.scalar.length > 0;
    bool alias = event->type == YAML_ALIAS_EVENT;
    nbx_yaml *key = read_node(r, event, depth);
    if (!r->stop && !text && !alias) refuse(r, &place, "keys are names", "a key that is not a text");
    return text && key && key->kind == NBX_YAML_SCALAR ? key->text : NULL;
}

static bool is_duplicate(reader *r, const nbx_yaml *map, const char *key, const nbx_place *place)
{
    const nbx_yaml *old = nbx_yaml_find(map, key);
    if (!old) return false;
    const char *first = old->key_place.line ? nbx_arena_format(r->arena, "first on line %u", old->key_place.line) : NULL;
    nbx_fault(r->faults, NBX_E_TARGET_DUPLICATE, place, first, "duplicate key %s", nbx_excerpt(r->arena, key));
    return true;
}

/* Reads the children of `node` up to its end event. */
static void read_children(reader *r, nbx_yaml *node, uint32_t depth)
{
    yaml_event_t event;
    while (next_event(r, &event)) {
        if (event.type == YAML_SEQUENCE_END_EVENT || event.type == YAML_MAPPING_END_EVENT) {
            yaml_event_delete(&event);
            return;
        }
        const char *key = NULL;
        nbx_place key_place = place_at(r, &event.start_mark);
        if (node->kind == NBX_YAML_MAP) {
            key = read_key(r, &event, depth);
            if (!next_event(r, &event)) return;
        }
        nbx_yaml *child = read_node(r, &event, depth);
        if (r->stop || !child) return;
        if (node->kind == NBX_YAML_MAP && (!key || is_duplicate(r, node, key, &key_place))) continue;
        if (node->kind == NBX_YAML_MAP && node->count == NBX_YAML_MAX_KEYS) {
            limit(r, &key_place, "more than 1000 keys in one map");
            return;
        }
        child->key = key;
        child->key_place = key_place;
        nbx_yaml_append(node, child);
    }
}

/*
 * One node from its first event, which is deleted here. NULL when reading must stop. libyaml gets slow on deep nesting,
 * but hands out events as it goes: stopping at the limit keeps what it has looked at under two thousand characters.
 */
static nbx_yaml *read_node(reader *r, yaml_event_t *event, uint32_t depth)
{
    nbx_place place = place_at(r, &event->start_mark);
    nbx_yaml *node = NULL;
    refuse_properties(r, event, &place);
    if (event->type == YAML_ALIAS_EVENT) {
        refuse(r, &place, "write the value out; a text that begins with * needs quotes", "aliases are not used in target files");
        node = new_node(r, NBX_YAML_BROKEN, &place);
    } else if (event->type == YAML_SCALAR_EVENT) {
        node = read_scalar(r, event, &place);
    } else if (depth == NBX_YAML_MAX_DEPTH) {
        limit(r, &place, "more than 32 levels of nesting");
    } else {
        node = new_node(r, event->type == YAML_MAPPING_START_EVENT ? NBX_YAML_MAP : NBX_YAML_LIST, &place);
        if (node) read_children(r, node, depth + 1);
    }
    yaml_event_delete(event);
    return r->stop ? NULL : node;
}

/* Start of stream, one document, end of stream. */
static nbx_yaml *read_stream(reader *r)
{
    nbx_yaml *root = NULL;
    yaml_event_t event;
    while (next_event(r, &event)) {
        yaml_event_type_t type = event.type;
        if (type == YAML_STREAM_START_EVENT || type == YAML_DOCUMENT_END_EVENT || (type == YAML_DOCUMENT_START_EVENT && !root)) {
            yaml_event_delete(&event);
        } else if (type == YAML_STREAM_END_EVENT) {
            yaml_event_delete(&event);
            break;
        } else if (type == YAML_DOCUMENT_START_EVENT) {
            nbx_place place = place_at(r, &event.start_mark);
            refuse(r, &place, "use one file per document, or the key 'targets'", "a second document");
            yaml_event_delete(&event);
            break;
        } else {
            root = read_node(r, &event, 0);
        }
    }
    return r->stop ? NULL : root;
}

nbx_yaml *nbx_yaml_read(nbx_faults *faults, const char *name, bool flat, const void *bytes, size_t count)
{
    reader r = {.faults = faults, .arena = faults->arena, .name = name, .bytes = bytes, .count = count, .flat = flat};
    if (count > NBX_YAML_MAX_BYTES) {
        nbx_place place = {name, 0, 0};
        limit(&r, &place, "the file is larger than 1 MiB");
        return NULL;
    }
    if (count >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0) { /* a byte order mark would count as a column */
        r.bytes += 3;
        r.count -= 3;
    }
    if (!yaml_parser_initialize(&r.parser)) {
        nbx_fault_memory(faults);
        return NULL;
    }
    yaml_parser_set_encoding(&r.parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&r.parser, (const unsigned char *)(bytes ? r.bytes : ""), r.count);
    nbx_yaml *root = read_stream(&r);
    yaml_parser_delete(&r.parser);
    return root;
}
