/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Plugins that are in use in this process. A library is mapped once however often it is opened, so its `shutdown` may only be
 * called when the last of its users is done. Any thread.
 */
#ifndef NBX_RT_USES_H
#define NBX_RT_USES_H

#include <stdbool.h>
#include <stdint.h>

/** Counts one more user of what dlopen gave. False without memory. */
bool nbx_library_use(void *handle);
/**
 * One user less; `shutdown` is called if it was the last, and nobody can begin to use the library meanwhile. NULL: not called.
 * Its answer; otherwise NBX_OK with *live 0.
 */
int32_t nbx_library_leave(void *handle, int32_t (*shutdown)(uint32_t *live), uint32_t *live);

#endif
