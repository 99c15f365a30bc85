/* SPDX-License-Identifier: Apache-2.0 */
/** A small thread pool behind nbx_host.parallel_for. Calls may come from several threads, and from inside a body. */
#ifndef NBX_LOADER_POOL_H
#define NBX_LOADER_POOL_H

#include <stdint.h>

typedef struct nbx_pool nbx_pool;

/** Threads start with the first parallel call. NULL if out of memory. `threads` 0: one per processor, at most 16. */
nbx_pool *nbx_pool_create(uint32_t threads);
/** Joins all threads. No call may be in progress. */
void nbx_pool_destroy(nbx_pool *pool);
/** Calls body(arg, i) for every i below count, and returns when all are done. The caller works too, so nesting cannot deadlock. */
void nbx_pool_for(nbx_pool *pool, uint32_t count, void *arg, void (*body)(void *arg, uint32_t i));

#endif
