/* SPDX-License-Identifier: Apache-2.0 */
/** The calls of a plugin: which are required for which role, and what stands in for those that are absent. */
#ifndef NBX_LOADER_SLOTS_H
#define NBX_LOADER_SLOTS_H

#include <nbx/plugin/plugin.h>

/** Name of the first required call that is absent, with the roles that require it in *roles (0: always); NULL if complete. */
const char *nbx_slots_missing(const nbx_plugin *plugin, uint32_t *roles);
/** Puts a stub that answers NBX_UNSUPPORTED (or does nothing) into every empty slot. */
void nbx_slots_fill(nbx_plugin *plugin);

#endif
