/* SPDX-License-Identifier: Apache-2.0 */
/* Shares the indices of parallel loops among a few threads; it leaves chunking to the loop bodies. */
#include "loader/pool.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

enum { THREAD_LIMIT = 16 };

/* One loop, on the stack of its caller. It is in the list while indices are left. */
typedef struct loop {
    struct loop *next;
    uint32_t count, taken, finished;
    void *arg;
    void (*body)(void *arg, uint32_t i);
} loop;

struct nbx_pool {
    pthread_mutex_t lock;
    pthread_cond_t work, done;
    loop *loops; /* with indices left, newest first: inner loops end before outer ones */
    pthread_t threads[THREAD_LIMIT];
    uint32_t wanted, running;
    bool started, stop;
};

static void unlink_loop(nbx_pool *pool, const loop *which)
{
    for (loop **at = &pool->loops; *at; at = &(*at)->next)
        if (*at == which) {
            *at = which->next;
            return;
        }
}

/* Takes one index of `l` and runs it. Called and returns with the lock held; false when no index was left. */
static bool step(nbx_pool *pool, loop *l)
{
    if (l->taken == l->count) return false;
    uint32_t i = l->taken++;
    if (l->taken == l->count) unlink_loop(pool, l);
    pthread_mutex_unlock(&pool->lock);
    l->body(l->arg, i);
    pthread_mutex_lock(&pool->lock);
    /* After the last one is counted the caller may return: `l` must not be touched again. */
    if (++l->finished == l->count) pthread_cond_broadcast(&pool->done);
    return true;
}

static void *worker(void *self)
{
    nbx_pool *pool = self;
    pthread_mutex_lock(&pool->lock);
    while (!pool->stop) {
        if (pool->loops)
            step(pool, pool->loops);
        else
            pthread_cond_wait(&pool->work, &pool->lock);
    }
    pthread_mutex_unlock(&pool->lock);
    return NULL;
}

/* Fewer threads than wanted only make it slower. */
static void start(nbx_pool *pool)
{
    pool->started = true;
    while (pool->running < pool->wanted && pthread_create(&pool->threads[pool->running], NULL, worker, pool) == 0)
        pool->running++;
}

nbx_pool *nbx_pool_create(uint32_t threads)
{
    nbx_pool *pool = calloc(1, sizeof(*pool));
    if (!pool) return NULL;
    long processors = threads ? (long)threads : sysconf(_SC_NPROCESSORS_ONLN);
    if (processors < 1) processors = 1;
    if (processors > THREAD_LIMIT) processors = THREAD_LIMIT;
    pool->wanted = (uint32_t)processors - 1; /* the caller is one */
    pthread_mutex_init(&pool->lock, NULL);
    pthread_cond_init(&pool->work, NULL);
    pthread_cond_init(&pool->done, NULL);
    return pool;
}

void nbx_pool_destroy(nbx_pool *pool)
{
    if (!pool) return;
    pthread_mutex_lock(&pool->lock);
    pool->stop = true;
    pthread_cond_broadcast(&pool->work);
    pthread_mutex_unlock(&pool->lock);
    for (uint32_t i = 0; i < pool->running; i++)
        pthread_join(pool->threads[i], NULL);
    pthread_cond_destroy(&pool->done);
    pthread_cond_destroy(&pool->work);
    pthread_mutex_destroy(&pool->lock);
    free(pool);
}

void nbx_pool_for(nbx_pool *pool, uint32_t count, void *arg, void (*body)(void *arg, uint32_t i))
{
    if (count <= 1 || pool->wanted == 0) {
        for (uint32_t i = 0; i < count; i++)
            body(arg, i);
        return;
    }
    loop l = {.count = count, .arg = arg, .body = body};
    pthread_mutex_lock(&pool->lock);
    if (!pool->started) start(pool);
    l.next = pool->loops;
    pool->loops = &l;
    pthread_cond_broadcast(&pool->work);
    while (step(pool, &l)) {
    }
    while (l.finished < l.count)
        pthread_cond_wait(&pool->done, &pool->lock);
    pthread_mutex_unlock(&pool->lock);
}
