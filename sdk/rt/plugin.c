/* SPDX-License-Identifier: Apache-2.0 */
/* Opens a plugin library by path, negotiates, and checks the calls that running needs; tables of the descriptor are not read. */
#include "rt/plugin.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "rt/uses.h"

static void *host_alloc(void *self, uint64_t bytes, uint64_t align)
{
    void *block = NULL;
    (void)self;
    if (align < sizeof(void *)) align = sizeof(void *);
    if (bytes > SIZE_MAX / 2 || align > SIZE_MAX / 2) return NULL;
    return posix_memalign(&block, (size_t)align, bytes ? (size_t)bytes : 1) == 0 ? block : NULL;
}

static void host_free(void *self, void *ptr)
{
    (void)self;
    free(ptr);
}

static void host_log(void *self, uint32_t severity, const char *text)
{
    nbx_rt_plugin *p = self;
    if (p->log && text) p->log(p->log_self, severity, text);
}

static void host_diag(void *self, const nbx_diag *diag)
{
    nbx_rt_plugin *p = self;
    if (!diag || diag->struct_size < offsetof(nbx_diag, hint) || !diag->text) return;
    snprintf(p->last_diag, sizeof(p->last_diag), "%s%s%s", diag->code ? diag->code : "", diag->code ? " " : "", diag->text);
    host_log(self, diag->severity, p->last_diag);
}

static uint64_t host_now_ns(void *self)
{
    struct timespec now;
    (void)self;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* One after the other: the board's cores belong to the application, and the work to the accelerator. */
static void host_parallel_for(void *self, uint32_t count, void *arg, void (*body)(void *arg, uint32_t i))
{
    (void)self;
    for (uint32_t i = 0; i < count; i++)
        body(arg, i);
}

static const void *host_extension(void *self, const char *name, uint32_t min_revision)
{
    (void)self, (void)name, (void)min_revision;
    return NULL;
}

static void make_host(nbx_rt_plugin *p, const nbx_rt_options *options)
{
    p->log = options->log;
    p->log_self = options->self;
    p->host = (nbx_host){
        .struct_size = sizeof(nbx_host),
        .revision = NBX_REVISION_CURRENT,
        .self = p,
        .name = "nbx-rt",
        .version = NBX_VERSION,
        .alloc = host_alloc,
        .free = host_free,
        .log = host_log,
        .diag = host_diag,
        .now_ns = host_now_ns,
        .parallel_for = host_parallel_for,
        .extension = host_extension,
    };
}

/* The descriptor in our size. Its chips and rows are the SDK's business; compiling is over. */
static nbx_status take_descriptor(nbx_rt_plugin *p, const char *path, const nbx_plugin *theirs, nbx_fault *fault)
{
    uint32_t bytes = theirs->struct_size;
    const uint32_t least = offsetof(nbx_plugin, extension) + sizeof(theirs->extension);
    if (bytes < least) return nbx_fault_set(fault, NBX_FAULT_RT_DESCRIPTOR, "%s: nbx_plugin is shorter than revision 1.0", path);
    for (uint32_t i = sizeof(p->api); i < bytes; i++)
        if (((const unsigned char *)theirs)[i])
            return nbx_fault_set(fault, NBX_FAULT_RT_DESCRIPTOR, "%s: nbx_plugin is longer than this version knows", path);
    memcpy(&p->api, theirs, bytes < sizeof(p->api) ? bytes : sizeof(p->api));
    const nbx_plugin *a = &p->api;
    bool complete = a->name && a->blob_format && a->open && a->close && a->load && a->unload && a->describe && a->context_create &&
                    a->context_destroy && a->run && a->shutdown && (a->roles & (NBX_ROLE_EMULATE | NBX_ROLE_EXECUTE));
    if (!complete) return nbx_fault_set(fault, NBX_FAULT_RT_DESCRIPTOR, "%s: a call that running needs is missing", path);
    return NBX_OK;
}

static nbx_status negotiate(nbx_rt_plugin *p, const char *path, nbx_fault *fault)
{
    nbx_plugin_query_fn query;
    void *symbol = dlsym(p->handle, NBX_PLUGIN_QUERY_SYMBOL);
    nbx_offer offer = {.struct_size = sizeof(offer), .host_min = NBX_REVISION_1_0, .host_max = NBX_REVISION_CURRENT, .host = &p->host};
    if (!symbol) return nbx_fault_set(fault, NBX_FAULT_RT_PLUGIN, "%s: not a plugin: no " NBX_PLUGIN_QUERY_SYMBOL, path);
    memcpy(&query, &symbol, sizeof(query));
    int32_t status = query(&offer);
    if (status != NBX_OK || !offer.plugin || offer.chosen < offer.host_min || offer.chosen > offer.host_max)
        return nbx_fault_set(fault, NBX_FAULT_RT_REVISION,
                             "%s: the runtime speaks interface revisions %u.%u to %u.%u, the plugin %u.%u to %u.%u (status %d)", path,
                             (unsigned)(offer.host_min >> 16), (unsigned)(offer.host_min & 0xffff), (unsigned)(offer.host_max >> 16),
                             (unsigned)(offer.host_max & 0xffff), (unsigned)(offer.plugin_min >> 16), (unsigned)(offer.plugin_min & 0xffff),
                             (unsigned)(offer.plugin_max >> 16), (unsigned)(offer.plugin_max & 0xffff), (int)status);
    p->host.revision = offer.chosen;
    return take_descriptor(p, path, offer.plugin, fault);
}

/* One candidate. NBX_OK with a NULL handle: a sound plugin of another name. */
static nbx_status try_path(const nbx_artifact_chip *chip, const char *path, nbx_rt_plugin *p, nbx_fault *fault)
{
    p->handle = dlopen(path, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    if (!p->handle) {
        const char *words = dlerror();
        return nbx_fault_set(fault, NBX_FAULT_RT_PLUGIN, "%s", words ? words : path);
    }
    uint32_t live;
    bool used = nbx_library_use(p->handle);
    nbx_status status = used ? negotiate(p, path, fault) : nbx_fault_set(fault, NBX_FAULT_RT_MEMORY, "%s: out of memory", path);
    if (status == NBX_OK && !strcmp(p->api.name, chip->plugin)) return NBX_OK;
    if (used) nbx_library_leave(p->handle, NULL, &live);
    dlclose(p->handle);
    p->handle = NULL;
    return status;
}

nbx_status nbx_rt_plugin_open(const nbx_artifact_chip *chip, const nbx_rt_options *options, nbx_rt_plugin *p, nbx_fault *fault)
{
    char path[4096];
    nbx_fault first = {0};
    memset(p, 0, sizeof(*p));
    make_host(p, options);
    for (uint32_t i = 0; i < options->plugin_count && !p->handle; i++) {
        nbx_fault attempt = {0};
        /* A bare name would be searched for in the library path. */
        if (!strchr(options->plugins[i], '/'))
            snprintf(path, sizeof(path), "./%s", options->plugins[i]);
        else
            snprintf(path, sizeof(path), "%s", options->plugins[i]);
        if (try_path(chip, path, p, &attempt) != NBX_OK && first.status == NBX_OK) first = attempt;
    }
    if (!p->handle && options->plugin_dir && !strchr(chip->plugin, '/')) {
        nbx_fault attempt = {0};
        snprintf(path, sizeof(path), "%s/%s.so", options->plugin_dir, chip->plugin);
        if (try_path(chip, path, p, &attempt) != NBX_OK && first.status == NBX_OK) first = attempt;
    }
    if (p->handle) return NBX_OK;
    if (first.status == NBX_OK)
        return nbx_fault_set(fault, NBX_FAULT_RT_PLUGIN, "no plugin `%s` for chip %s among the given libraries", chip->plugin, chip->spec);
    return nbx_fault_set(fault, first.code, "plugin `%s` for chip %s: %s", chip->plugin, chip->spec, first.text);
}

void nbx_rt_plugin_close(nbx_rt_plugin *p)
{
    uint32_t live;
    if (!p->handle) return;
    nbx_library_leave(p->handle, p->api.shutdown, &live);
    dlclose(p->handle);
    p->handle = NULL;
}
