/* SPDX-License-Identifier: Apache-2.0 */
/** Diagnostics as the lines a user sees, and a sink that keeps what is written. */
#ifndef NBX_TESTS_TARGET_MESSAGES_H
#define NBX_TESTS_TARGET_MESSAGES_H

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "target/target.h"

typedef struct text_buffer {
    char *text;
    size_t bytes, capacity;
} text_buffer;

static inline nbx_status text_write(void *self, const char *text, size_t bytes)
{
    text_buffer *buffer = self;
    if (buffer->bytes + bytes + 1 > buffer->capacity) {
        size_t capacity = 2 * (buffer->bytes + bytes) + 64;
        char *grown = realloc(buffer->text, capacity);
        if (!grown) return NBX_NO_MEMORY;
        buffer->text = grown;
        buffer->capacity = capacity;
    }
    memcpy(buffer->text + buffer->bytes, text, bytes);
    buffer->bytes += bytes;
    buffer->text[buffer->bytes] = '\0';
    return NBX_OK;
}

/* All messages, one "place: error: text; hint [code]" a line. malloc'ed. */
static inline char *message_lines(const nbx_context *context)
{
    text_buffer all = {NULL, 0, 0};
    nbx_message m;
    text_write(&all, "", 0);
    for (uint32_t i = 0; nbx_message_get(context, i, &m); i++) {
        char line[2048];
        snprintf(line, sizeof(line), "%s%s%s: %s%s%s [%s]\n", m.place, m.place[0] ? ": " : "",
                 m.severity == NBX_LOG_ERROR ? "error" : "warning", m.text, m.hint[0] ? "; " : "", m.hint, m.code);
        text_write(&all, line, strlen(line));
    }
    return all.text;
}

static inline nbx_status parse_text(nbx_context *context, const char *yaml, const nbx_overrides *overrides, nbx_job_set **out)
{
    nbx_job_text text = {"t.yaml", yaml, strlen(yaml)};
    return nbx_job_set_parse(context, &text, overrides, out);
}

#endif
