/* SPDX-License-Identifier: Apache-2.0 */
/**
 * NBX for integrators: the context, and the house rules that hold for every function of `nbx/nbx.h` and `nbx/pipeline.h`.
 *
 * Ownership  `_create` and `_load` give ownership, `_destroy` takes it back and accepts NULL. Everything else is
 *            borrowed for the life of the object it came from. Objects made with a context die before it.
 * Errors     Functions return nbx_status; results come through the last parameters, set to NULL or zero first.
 *            Detail is in the context as diagnostics, oldest first, all of them at once.
 * Threads    Distinct contexts are independent. One object, one thread at a time.
 * Text       UTF-8. Paths are passed to the operating system as they are.
 */
#ifndef NBX_NBX_H
#define NBX_NBX_H

#include <nbx/plugin/status.h>

NBX_BEGIN_C

typedef struct nbx_context nbx_context;

/** A diagnostic as text: "file:line:col: error: what; hint [CODE]". */
typedef struct nbx_message {
    nbx_status status;
    uint32_t severity; /* NBX_LOG_ERROR, NBX_LOG_WARNING or NBX_LOG_INFO */
    const char *code;  /* stable, for `nbx explain` */
    const char *place; /* "file:line:col", a file, or "" */
    const char *text;
    const char *hint; /* or "" */
} nbx_message;

/** NBX_NO_MEMORY. */
NBX_EXPORT nbx_status nbx_context_create(nbx_context **out);
NBX_EXPORT void nbx_context_destroy(nbx_context *context);

/** Number of diagnostics so far. */
NBX_EXPORT uint32_t nbx_message_count(const nbx_context *context);
/** Diagnostic `index`; false past the end. Borrowed until nbx_messages_clear or nbx_context_destroy. */
NBX_EXPORT int nbx_message_get(const nbx_context *context, uint32_t index, nbx_message *out);
NBX_EXPORT void nbx_messages_clear(nbx_context *context);

/** Called for each diagnostic and log line as it happens; NULL for none. `self` is handed back. */
NBX_EXPORT void nbx_context_on_message(nbx_context *context, void (*call)(void *self, const nbx_message *message), void *self);

/** Name of a status, for example "UNSUPPORTED"; "UNKNOWN" for a number we do not know. */
NBX_EXPORT const char *nbx_status_name(nbx_status status);
/** Exit code of the command for a status (design: 0 fine, 1 found, 2 usage, 3 bad input ...). */
NBX_EXPORT int nbx_status_exit_code(nbx_status status);
/** The long form of a diagnostic code or rule family, or NULL. */
NBX_EXPORT const char *nbx_code_explain(const char *code);

/** "0.1.0": major, minor, patch of this library. */
NBX_EXPORT const char *nbx_version(void);

NBX_END_C

#endif
