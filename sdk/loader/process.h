/* SPDX-License-Identifier: Apache-2.0 */
/** State of the process that a library's constructors must leave alone. */
#ifndef NBX_LOADER_PROCESS_H
#define NBX_LOADER_PROCESS_H

#include <fenv.h>

typedef struct nbx_process_state {
    fenv_t floats;
    char locale[256];
} nbx_process_state;

void nbx_process_save(nbx_process_state *out);
/** Puts changes back and names the first one; NULL if there was none. */
const char *nbx_process_restore(const nbx_process_state *before);

#endif
