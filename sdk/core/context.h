/* SPDX-License-Identifier: Apache-2.0 */
/** Raising diagnostics from inside the SDK. The public face is nbx/nbx.h. */
#ifndef NBX_CORE_CONTEXT_H
#define NBX_CORE_CONTEXT_H

#include <nbx/nbx.h>

/** Names of codes.def, as indices; nbx_raise takes them so that a misspelt code does not compile. */
typedef enum nbx_code {
#define CODE(name, text, status, line, explanation) NBX_E_##name,
#include <nbx/tables/codes.def>
#undef CODE
    NBX_E_COUNT_
} nbx_code;

/** Where something is wrong. line and column count from 1; 0 for none. file NULL for none. */
typedef struct nbx_place {
    const char *file;
    uint32_t line, column;
} nbx_place;

/** Records an error and returns the code's status, so that `return nbx_raise(...)` reads well. hint may be NULL. */
nbx_status nbx_raise(nbx_context *context, nbx_code code, const nbx_place *place, const char *hint, const char *format, ...)
    __attribute__((format(printf, 5, 6)));
/** Records a warning or a note (NBX_LOG_WARNING, NBX_LOG_INFO). */
void nbx_note(nbx_context *context, uint32_t severity, nbx_code code, const nbx_place *place, const char *hint, const char *format, ...)
    __attribute__((format(printf, 6, 7)));
/** Records a diagnostic that came from a plugin, with the plugin's own code. */
nbx_status nbx_raise_foreign(nbx_context *context, const char *plugin, const nbx_diag *diag);
/** Records NBX_E_CORE_MEMORY. */
nbx_status nbx_raise_memory(nbx_context *context);

#define NBX_TRY(expression)                                                                                                                \
    do {                                                                                                                                   \
        nbx_status try_status_ = (expression);                                                                                             \
        if (try_status_ != NBX_OK) return try_status_;                                                                                     \
    } while (0)

#endif
