/* SPDX-License-Identifier: Apache-2.0 */
/* Renders the message template of a rule; what the placeholders may be is checked by nbx_chip_validate. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "schema/rules.h"
#include "schema/subjects.h"

/** Where text goes: never past the end, always terminated. */
typedef struct writer {
    char *out;
    uint32_t bytes, used;
} writer;

static void put(writer *w, const char *text, size_t length)
{
    size_t room = w->used < w->bytes ? w->bytes - 1 - w->used : 0;
    if (length > room) length = room;
    memcpy(w->out + w->used, text, length);
    w->used += (uint32_t)length;
    w->out[w->used] = 0;
}

static void put_text(writer *w, const char *text)
{
    put(w, text ? text : "?", text ? strlen(text) : 1);
}

static void put_number(writer *w, int64_t number)
{
    char text[32];
    snprintf(text, sizeof text, "%" PRId64, number);
    put_text(w, text);
}

static void put_reading(writer *w, const nbx_reading *reading)
{
    if (!reading->known)
        put_text(w, "unknown");
    else if (reading->text)
        put_text(w, *reading->text ? reading->text : "none");
    else
        put_number(w, reading->number);
}

static void put_list(writer *w, const nbx_attr *attr)
{
    put_text(w, "[");
    for (uint32_t i = 0; i < attr->count; i++) {
        char text[48];
        if (attr->kind == NBX_ATTR_INTS)
            snprintf(text, sizeof text, "%s%" PRId64, i ? ", " : "", attr->ints[i]);
        else
            snprintf(text, sizeof text, "%s%g", i ? ", " : "", (double)attr->floats[i]);
        put_text(w, text);
    }
    put_text(w, "]");
}

static void put_attr(writer *w, const nbx_rule_call *call, const char *name)
{
    const nbx_node *node = nbx_call_node(call);
    const nbx_attr *attr = node ? nbx_attr_of(node, name) : NULL;
    nbx_subject subject = {.kind = NBX_SUBJECT_ATTR, .name = name};
    nbx_reading reading = nbx_get_ATTR(call, &subject);
    char text[48];
    if (attr && (attr->kind == NBX_ATTR_INTS || attr->kind == NBX_ATTR_FLOATS)) {
        put_list(w, attr);
    } else if (attr && attr->kind == NBX_ATTR_STRING) {
        put_text(w, attr->s);
    } else if (attr && attr->kind == NBX_ATTR_FLOAT) {
        snprintf(text, sizeof text, "%g", attr->f);
        put_text(w, text);
    } else {
        put_reading(w, &reading);
    }
}

/* Channels and extents are padded upward by the chip, whatever is nearest. */
static int64_t padded_up(const nbx_failure *failure)
{
    int64_t unit = failure->row->check == NBX_CHECK_MULTIPLE_OF ? failure->limit : failure->row->lo, actual = failure->actual.number;
    bool multiple = failure->row->check == NBX_CHECK_MULTIPLE || failure->row->check == NBX_CHECK_MULTIPLE_OF;
    if (!multiple || unit <= 0 || actual % unit == 0) return actual;
    return nbx_saturating_add(actual - actual % unit, unit);
}

static const nbx_value *failed_value(const nbx_rule_call *call, const nbx_failure *failure)
{
    nbx_subject subject = failure->row->of;
    if (subject.tensor == NBX_T_EACH_INPUT || subject.tensor == NBX_T_EACH_OUTPUT) subject.index = (uint8_t)failure->tensor_index;
    return nbx_subject_value(call, &subject);
}

/* Placeholders that need the failed clause. False if `name` is none of them. */
static bool put_failure(writer *w, const nbx_rule_call *call, const nbx_failure *failure, const char *name)
{
    int64_t number = 0;
    char text[240];
    if (strcmp(name, "actual") == 0) {
        put_reading(w, &failure->actual);
    } else if (strcmp(name, "limit") == 0) {
        nbx_clause_limit_text(failure->row, failure->limit, text, sizeof text);
        put_text(w, text);
    } else if (strcmp(name, "nearest") == 0) {
        bool found = failure->actual.known && !failure->actual.text &&
                     nbx_clause_nearest(failure->row, failure->actual.number, failure->limit, &number);
        if (found)
            put_number(w, number);
        else
            put_text(w, "none");
    } else if (strcmp(name, "padded") == 0) {
        put_number(w, padded_up(failure));
    } else if (strcmp(name, "waste_pct") == 0) {
        int64_t padded = padded_up(failure);
        put_number(w, padded > 0 ? (100 * (padded - failure->actual.number) + padded / 2) / padded : 0);
    } else if (strcmp(name, "tensor") == 0) {
        const nbx_value *value = failed_value(call, failure);
        put_text(w, value ? value->name : NULL);
    } else if (strcmp(name, "subject") == 0) {
        put_text(w, failure->row->of.name ? failure->row->of.name : nbx_subject_find(failure->row->of.kind)->name);
    } else {
        return false;
    }
    return true;
}

static bool put_plain(writer *w, const nbx_rule_call *call, const char *name)
{
    const nbx_node *node = nbx_call_node(call);
    if (strcmp(name, "node") == 0) {
        put_text(w, node ? node->name : NULL);
    } else if (strcmp(name, "op") == 0) {
        put_text(w, node ? node->op : NULL);
    } else if (strcmp(name, "unit") == 0) {
        put_text(w, call->chip ? call->chip->unit : NULL);
    } else if (strcmp(name, "chip") == 0) {
        put_text(w, call->chip ? call->chip->name : NULL);
    } else if (strcmp(name, "port") == 0) {
        put_text(w, call->port ? call->port->name : NULL);
    } else if (strncmp(name, "option:", 7) == 0) {
        nbx_subject subject = {.name = name + 7};
        nbx_reading reading = nbx_get_OPTION(call, &subject);
        put_reading(w, &reading);
    } else if (strncmp(name, "attr:", 5) == 0) {
        put_attr(w, call, name + 5);
    } else {
        return false;
    }
    return true;
}

bool nbx_placeholder_known(const char *name)
{
    static const char *const known = "node|op|unit|chip|port|actual|limit|nearest|padded|waste_pct|tensor|subject";
    return *name &&
           (nbx_list_has(known, name) || (strncmp(name, "attr:", 5) == 0 && name[5]) || (strncmp(name, "option:", 7) == 0 && name[7]));
}

void nbx_rule_message(const nbx_rule *rule, const nbx_rule_call *call, const nbx_failure *failure, char *out, uint32_t bytes)
{
    writer w = {out, bytes, 0};
    const char *at = rule->message;
    if (!bytes) return;
    *out = 0;
    while (at && *at) {
        const char *open = strchr(at, '{'), *close = open ? strchr(open, '}') : NULL;
        char name[64];
        if (!close || (size_t)(close - open) > sizeof name) {
            put_text(&w, at);
            return;
        }
        put(&w, at, (size_t)(open - at));
        memcpy(name, open + 1, (size_t)(close - open - 1));
        name[close - open - 1] = 0;
        if (!put_plain(&w, call, name) && !(failure && failure->row && put_failure(&w, call, failure, name)))
            put(&w, open, (size_t)(close - open + 1));
        at = close + 1;
    }
}
