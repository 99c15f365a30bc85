/* SPDX-License-Identifier: Apache-2.0 */
/* The context: keeps diagnostics in order and hands them to a listener; it leaves printing to the command. */
#include "core/context.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/arena.h"

struct nbx_context {
    pthread_mutex_t lock; /* plugins may report from any thread */
    nbx_arena *arena;
    nbx_message *messages;
    uint32_t count, capacity;
    void (*call)(void *self, const nbx_message *message);
    void *self;
};

/* Recorded when even the message cannot be stored. */
static const nbx_message out_of_memory = {NBX_NO_MEMORY, NBX_LOG_ERROR, "E-CORE-001", "", "out of memory", ""};

nbx_status nbx_context_create(nbx_context **out)
{
    *out = NULL;
    nbx_context *context = calloc(1, sizeof(*context));
    if (!context) return NBX_NO_MEMORY;
    context->arena = nbx_arena_create();
    if (!context->arena) {
        free(context);
        return NBX_NO_MEMORY;
    }
    pthread_mutex_init(&context->lock, NULL);
    *out = context;
    return NBX_OK;
}

void nbx_context_destroy(nbx_context *context)
{
    if (!context) return;
    nbx_arena_destroy(context->arena);
    pthread_mutex_destroy(&context->lock);
    free(context);
}

uint32_t nbx_message_count(const nbx_context *context)
{
    return context->count;
}

int nbx_message_get(const nbx_context *context, uint32_t index, nbx_message *out)
{
    if (index >= context->count) return 0;
    *out = context->messages[index];
    return 1;
}

void nbx_messages_clear(nbx_context *context)
{
    nbx_arena *fresh = nbx_arena_create();
    if (!fresh) return; /* keeping the old ones is the safe side */
    nbx_arena_destroy(context->arena);
    context->arena = fresh;
    context->messages = NULL;
    context->count = context->capacity = 0;
}

void nbx_context_on_message(nbx_context *context, void (*call)(void *self, const nbx_message *message), void *self)
{
    context->call = call;
    context->self = self;
}

static const char *place_text(nbx_arena *arena, const nbx_place *place)
{
    if (!place || !place->file) return "";
    if (!place->line) return nbx_arena_string(arena, place->file);
    return nbx_arena_format(arena, "%s:%u:%u", place->file, place->line, place->column);
}

static const char *or_empty(const char *text)
{
    return text ? text : "";
}

/* Stores a copy; the texts of `message` are copied, NULL reads as "". */
static void record(nbx_context *context, nbx_message message, const nbx_place *place)
{
    pthread_mutex_lock(&context->lock);
    message.code = nbx_arena_string(context->arena, or_empty(message.code));
    message.text = nbx_arena_string(context->arena, or_empty(message.text));
    message.hint = nbx_arena_string(context->arena, or_empty(message.hint));
    message.place = message.place ? nbx_arena_string(context->arena, message.place) : place_text(context->arena, place);
    if (!message.code || !message.text || !message.hint || !message.place) message = out_of_memory;
    if (nbx_arena_grow(context->arena, &context->messages, context->count, &context->capacity, sizeof(message)))
        context->messages[context->count++] = message;
    if (context->call) context->call(context->self, &message);
    pthread_mutex_unlock(&context->lock);
}

typedef struct code_row {
    const char *text;
    nbx_status status;
    const char *line, *explanation;
} code_row;

static const code_row codes[] = {
#define CODE(name, text, status, line, explanation) {text, NBX_##status, line, explanation},
#include <nbx/tables/codes.def>
#undef CODE
};

static void record_format(nbx_context *context, uint32_t severity, nbx_code code, const nbx_place *place, const char *hint,
                          const char *format, va_list list)
{
    char text[1024];
    vsnprintf(text, sizeof(text), format, list);
    nbx_message message = {codes[code].status, severity, codes[code].text, NULL, text, hint};
    record(context, message, place);
}

nbx_status nbx_raise(nbx_context *context, nbx_code code, const nbx_place *place, const char *hint, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    record_format(context, NBX_LOG_ERROR, code, place, hint, format, list);
    va_end(list);
    return codes[code].status;
}

void nbx_note(nbx_context *context, uint32_t severity, nbx_code code, const nbx_place *place, const char *hint, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    record_format(context, severity, code, place, hint, format, list);
    va_end(list);
}

nbx_status nbx_raise_foreign(nbx_context *context, const char *plugin, const nbx_diag *diag)
{
    char text[1024];
    snprintf(text, sizeof(text), "%s: %s", or_empty(plugin), or_empty(diag->text));
    nbx_message message = {diag->status, diag->severity ? diag->severity : NBX_LOG_ERROR, diag->code, or_empty(diag->place), text,
                           diag->hint};
    record(context, message, NULL);
    return diag->status;
}

nbx_status nbx_raise_memory(nbx_context *context)
{
    record(context, out_of_memory, NULL);
    return NBX_NO_MEMORY;
}

typedef struct status_row {
    nbx_status number;
    const char *name;
    int exit_code;
} status_row;

static const status_row statuses[] = {
#define STATUS(number, name, exit_code, meaning) {number, #name, exit_code},
#include <nbx/tables/statuses.def>
#undef STATUS
};

static const status_row *find_status(nbx_status status)
{
    for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++)
        if (statuses[i].number == status) return &statuses[i];
    return NULL;
}

const char *nbx_status_name(nbx_status status)
{
    const status_row *row = find_status(status);
    return row ? row->name : "UNKNOWN";
}

int nbx_status_exit_code(nbx_status status)
{
    const status_row *row = find_status(status);
    return row ? row->exit_code : 70;
}

const char *nbx_code_explain(const char *code)
{
    for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
        if (!strcmp(codes[i].text, code)) return codes[i].explanation;
    return NULL;
}

const char *nbx_version(void)
{
    return NBX_VERSION;
}
