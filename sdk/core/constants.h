/* SPDX-License-Identifier: Apache-2.0 */
/** Serves constants to plugins: const_map and const_unmap of a graph view, as floats or as codes. Thread-safe. */
#ifndef NBX_CORE_CONSTANTS_H
#define NBX_CORE_CONSTANTS_H

#include "core/plan.h"

typedef struct nbx_constants nbx_constants;

/** `values`: one row per value of the graph, or NULL for floats only; borrowed. NULL if out of memory. */
nbx_constants *nbx_constants_create(const nbx_graph *graph, const nbx_quantized *values);
/** Whether values that the graph got since then are served, too. */
bool nbx_constants_cover(const nbx_constants *constants, const nbx_graph *graph);
/** Frees what is still mapped. Accepts NULL. */
void nbx_constants_destroy(nbx_constants *constants);

/** The calls of nbx_graph_view; `self` is an nbx_constants. Ids are value index + 1. */
int32_t nbx_constants_map(void *self, uint64_t id, uint32_t form, const void **data, uint64_t *bytes);
void nbx_constants_unmap(void *self, uint64_t id, uint32_t form);

#endif
