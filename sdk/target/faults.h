/* SPDX-License-Identifier: Apache-2.0 */
/** Errors of one load, collected: all of them, up to NBX_FAULT_LIMIT, are reported before the load gives up. */
#ifndef NBX_TARGET_FAULTS_H
#define NBX_TARGET_FAULTS_H

#include <stdbool.h>

#include "core/arena.h"
#include "core/context.h"

enum { NBX_FAULT_LIMIT = 20 };

typedef struct nbx_faults {
    nbx_context *context;
    nbx_arena *arena; /* for texts that live as long as the load */
    uint32_t count;
    nbx_status status; /* of the first error, or NBX_OK */
} nbx_faults;

/** Records one error. Past the limit only a last line that says so. `hint` may be NULL. */
void nbx_fault(nbx_faults *faults, nbx_code code, const nbx_place *place, const char *hint, const char *format, ...)
    __attribute__((format(printf, 5, 6)));
/** Records that memory ran out. */
void nbx_fault_memory(nbx_faults *faults);
/** True once no further error would be shown: work may stop. */
bool nbx_faults_full(const nbx_faults *faults);

/**
 * `text` as a message may show it: in single quotes, at most 48 bytes (then "..."), control characters and broken UTF-8
 * as '?'. Lives in the arena; "" if out of memory.
 */
const char *nbx_excerpt(nbx_arena *arena, const char *text);

#endif
