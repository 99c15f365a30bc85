/* SPDX-License-Identifier: Apache-2.0 */
/* The calls that a plugin may make back: memory with accounts, log, diagnostics, clock, parallel loops. */
#include "loader/host.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Stands right before each block: what `free` needs to know. */
typedef struct block_head {
    void *start;
    uint64_t bytes;
} block_head;

static void *host_alloc(void *self, uint64_t bytes, uint64_t align)
{
    nbx_host_side *side = self;
    if (align < 16) align = 16;
    if ((align & (align - 1)) || align > (1u << 26) || bytes > SIZE_MAX - align - sizeof(block_head)) return NULL;
    char *start = malloc((size_t)(bytes + align + sizeof(block_head)));
    if (!start) return NULL;
    uintptr_t at = ((uintptr_t)start + sizeof(block_head) + (uintptr_t)align - 1) & ~((uintptr_t)align - 1);
    char *block = start + (at - (uintptr_t)start);
    block_head head = {start, bytes};
    memcpy(block - sizeof(head), &head, sizeof(head));
    atomic_fetch_add(&side->live_bytes, bytes);
    atomic_fetch_add(&side->live_blocks, 1);
    return block;
}

static void host_free(void *self, void *ptr)
{
    nbx_host_side *side = self;
    block_head head;
    if (!ptr) return;
    memcpy(&head, (char *)ptr - sizeof(head), sizeof(head));
    atomic_fetch_sub(&side->live_bytes, head.bytes);
    atomic_fetch_sub(&side->live_blocks, 1);
    free(head.start);
}

static void host_diag(void *self, const nbx_diag *diag)
{
    nbx_host_side *side = self;
    nbx_diag ours = {0};
    if (!diag || diag->struct_size < sizeof(uint32_t)) return;
    memcpy(&ours, diag, diag->struct_size < sizeof(ours) ? diag->struct_size : sizeof(ours));
    nbx_raise_foreign(side->context, side->plugin, &ours);
}

static void host_log(void *self, uint32_t severity, const char *text)
{
    nbx_host_side *side = self;
    nbx_diag line = {.struct_size = sizeof(line), .severity = severity, .node = NBX_NONE, .code = "", .text = text};
    nbx_raise_foreign(side->context, side->plugin, &line);
}

static uint64_t host_now_ns(void *self)
{
    struct timespec now;
    (void)self;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static void host_parallel_for(void *self, uint32_t count, void *arg, void (*body)(void *arg, uint32_t i))
{
    nbx_pool_for(((nbx_host_side *)self)->pool, count, arg, body);
}

static const void *host_extension(void *self, const char *name, uint32_t min_revision)
{
    (void)self, (void)name, (void)min_revision;
    return NULL;
}

void nbx_host_side_init(nbx_host_side *side, nbx_context *context, nbx_pool *pool, const char *plugin, uint32_t revision)
{
    side->context = context;
    side->pool = pool;
    side->plugin = plugin;
    atomic_init(&side->live_bytes, 0);
    atomic_init(&side->live_blocks, 0);
    side->table = (nbx_host){
        .struct_size = sizeof(nbx_host),
        .revision = revision,
        .self = side,
        .name = "nbx",
        .version = nbx_version(),
        .alloc = host_alloc,
        .free = host_free,
        .log = host_log,
        .diag = host_diag,
        .now_ns = host_now_ns,
        .parallel_for = host_parallel_for,
        .extension = host_extension,
    };
}
