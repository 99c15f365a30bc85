/* SPDX-License-Identifier: Apache-2.0 */
/* Spreads independent samples over a few threads; pools for kernels belong to the plugin host. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/executor.h"

#define MOST_WORKERS 16u

typedef struct shared_work {
    atomic_uint next;
    uint32_t count;
    void *arg;
    void (*body)(void *arg, uint32_t worker, uint32_t index);
} shared_work;

typedef struct worker {
    shared_work *work;
    uint32_t number;
    pthread_t thread;
    bool started;
} worker;

static void *drain(void *self)
{
    worker *w = self;
    for (;;) {
        uint32_t index = atomic_fetch_add(&w->work->next, 1);
        if (index >= w->work->count) return NULL;
        w->work->body(w->work->arg, w->number, index);
    }
}

void nbx_parallel(uint32_t count, uint32_t workers, void *arg, void (*body)(void *arg, uint32_t worker, uint32_t index))
{
    shared_work work = {.count = count, .arg = arg, .body = body};
    worker rows[MOST_WORKERS] = {0};
    if (workers > MOST_WORKERS) workers = MOST_WORKERS;
    if (workers > count) workers = count;
    for (uint32_t i = 0; i < workers || i == 0; i++)
        rows[i] = (worker){.work = &work, .number = i};
    /* A thread that cannot be started is no error: the others drain the work. */
    for (uint32_t i = 1; i < workers; i++)
        rows[i].started = pthread_create(&rows[i].thread, NULL, drain, &rows[i]) == 0;
    drain(&rows[0]);
    for (uint32_t i = 1; i < workers; i++)
        if (rows[i].started) pthread_join(rows[i].thread, NULL);
}

uint32_t nbx_block_count(uint32_t samples)
{
    return samples < NBX_MOST_BLOCKS ? samples : NBX_MOST_BLOCKS;
}

void nbx_block_range(uint32_t samples, uint32_t block, uint32_t *first, uint32_t *end)
{
    uint64_t blocks = nbx_block_count(samples);
    *first = (uint32_t)((uint64_t)samples * block / blocks);
    *end = (uint32_t)((uint64_t)samples * (block + 1) / blocks);
}

uint32_t nbx_worker_count(void)
{
    long online = sysconf(_SC_NPROCESSORS_ONLN);
    const char *asked = getenv("NBX_THREADS");
    long wanted = asked ? strtol(asked, NULL, 10) : online;
    if (wanted < 1) wanted = 1;
    if (online >= 1 && wanted > online) wanted = online;
    return wanted > (long)MOST_WORKERS ? MOST_WORKERS : (uint32_t)wanted;
}
