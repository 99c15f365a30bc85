/* SPDX-License-Identifier: Apache-2.0 */
/** Trust in files and directories before any code of them runs. Threat model: accidents, other users, stale files. */
#ifndef NBX_LOADER_TRUST_H
#define NBX_LOADER_TRUST_H

#include "core/arena.h"
#include "core/context.h"

/** Why something was refused: a code and the words for it. Texts live in the arena that was handed in. */
typedef struct nbx_refusal {
    bool refused;
    nbx_code code;
    nbx_place place;
    const char *text, *hint;
} nbx_refusal;

/** Fills `refusal` and answers false, so that `return nbx_refuse(...)` reads well. hint may be NULL. */
bool nbx_refuse(nbx_arena *arena, nbx_refusal *refusal, nbx_code code, const char *file, const char *hint, const char *format, ...)
    __attribute__((format(printf, 6, 7)));
/** Raises a refusal in the context. */
nbx_status nbx_refusal_raise(nbx_context *context, const nbx_refusal *refusal);

/**
 * Opens an absolute directory without symbolic links (the caller resolved it) after checking it and every parent:
 * owned by root or the caller, not writable for group or others; parents may be so if sticky and owned by root.
 * -1 with the refusal. With `check` false only opens it.
 */
int nbx_trust_directory(nbx_arena *arena, const char *path, bool check, nbx_refusal *refusal);
/** Opens `name` in the directory: a regular file, no link, owner and permissions as above. -1 with the refusal. */
int nbx_trust_file(nbx_arena *arena, int directory, const char *path, const char *name, bool check, nbx_refusal *refusal);

/** SHA-256 of an open file as 64 hex digits and a terminator. False with the refusal. */
bool nbx_file_digest(nbx_arena *arena, int file, const char *path, char out[65], nbx_refusal *refusal);

#endif
