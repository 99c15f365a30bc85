/* SPDX-License-Identifier: Apache-2.0 */
/* Loads one library and negotiates with it; descriptor checks are in descriptor.c, trust and search in others. */
#include "loader/open.h"

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

#include "loader/descriptor.h"
#include "loader/process.h"
#include "rt/uses.h"

static bool load_library(const nbx_open_request *r, nbx_opened *o, nbx_plugin_query_fn *query, nbx_refusal *refusal)
{
    nbx_process_state before;
    nbx_process_save(&before);
    dlerror();
    o->plugin.handle = dlopen(r->path, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    const char *words = o->plugin.handle ? NULL : dlerror();
    const char *changed = nbx_process_restore(&before);
    if (!o->plugin.handle)
        return nbx_refuse(r->arena, refusal, NBX_E_LOAD_DLOPEN, r->path, NULL, "%s", words ? words : "dlopen failed without words");
    if (changed)
        return nbx_refuse(r->arena, refusal, NBX_E_LOAD_SIDE_EFFECT, r->path, "do not link with -ffast-math; no work in constructors",
                          "a constructor changed %s; it was put back", changed);
    void *symbol = dlsym(o->plugin.handle, NBX_PLUGIN_QUERY_SYMBOL);
    if (!symbol)
        return nbx_refuse(r->arena, refusal, NBX_E_LOAD_NO_SYMBOL, r->path, "not an NBX plugin, or the symbol is hidden",
                          "does not export " NBX_PLUGIN_QUERY_SYMBOL);
    memcpy(query, &symbol, sizeof(*query)); /* POSIX: the pointer kinds share a representation */
    return true;
}

static bool refuse_ranges(const nbx_open_request *r, uint32_t low, uint32_t high, nbx_refusal *refusal)
{
    char host_low[24], host_high[24], plugin_low[24], plugin_high[24];
    return nbx_refuse(r->arena, refusal, NBX_E_LOAD_REVISION, r->path, low > r->host_max ? "update NBX" : "update the plugin",
                      "this host speaks interface revisions %s to %s, the plugin %s to %s", nbx_revision_text(r->host_min, host_low),
                      nbx_revision_text(r->host_max, host_high), nbx_revision_text(low, plugin_low), nbx_revision_text(high, plugin_high));
}

static bool negotiate(const nbx_open_request *r, nbx_opened *o, nbx_plugin_query_fn query, nbx_offer *offer, nbx_refusal *refusal)
{
    char low[24], high[24], chosen[24];
    *offer = (nbx_offer){.struct_size = sizeof(nbx_offer), .host_min = r->host_min, .host_max = r->host_max, .host = &o->side.table};
    int32_t status = query(offer);
    o->plugin_min = offer->plugin_min;
    o->plugin_max = offer->plugin_max;
    if (status == NBX_MISMATCH) return refuse_ranges(r, offer->plugin_min, offer->plugin_max, refusal);
    if (status != NBX_OK)
        return nbx_refuse(r->arena, refusal, NBX_E_LOAD_OFFER, r->path, NULL, "the negotiation answered %s", nbx_status_name(status));
    if (!offer->plugin) return nbx_refuse(r->arena, refusal, NBX_E_LOAD_OFFER, r->path, NULL, "the negotiation gave no descriptor");
    if (offer->chosen < r->host_min || offer->chosen > r->host_max || offer->chosen < offer->plugin_min ||
        offer->chosen > offer->plugin_max)
        return nbx_refuse(r->arena, refusal, NBX_E_LOAD_OFFER, r->path, NULL, "the plugin chose revision %s, and said it speaks %s to %s",
                          nbx_revision_text(offer->chosen, chosen), nbx_revision_text(offer->plugin_min, low),
                          nbx_revision_text(offer->plugin_max, high));
    o->plugin.revision = offer->chosen;
    o->side.table.revision = offer->chosen;
    return true;
}

bool nbx_open_plugin(const nbx_open_request *r, nbx_opened **out, nbx_refusal *refusal)
{
    nbx_plugin_query_fn query = NULL;
    nbx_offer offer;
    *out = NULL;
    if (r->manifest && (r->manifest->abi_min > r->host_max || r->manifest->abi_max < r->host_min))
        return refuse_ranges(r, r->manifest->abi_min, r->manifest->abi_max, refusal);
    nbx_opened *o = nbx_arena_alloc(r->arena, sizeof(*o));
    if (!o) return nbx_refuse(r->arena, refusal, NBX_E_CORE_MEMORY, r->path, NULL, "out of memory");
    nbx_host_side_init(&o->side, r->context, r->pool, r->manifest ? r->manifest->name : r->path, r->host_max);
    o->plugin.path = r->path;
    o->plugin.digest = r->digest;
    o->plugin.host = &o->side.table;
    o->plugin.context = r->context;
    uint32_t live;
    bool used = false, fine = load_library(r, o, &query, refusal);
    if (fine) used = nbx_library_use(o->plugin.handle);
    if (fine && !used) fine = nbx_refuse(r->arena, refusal, NBX_E_CORE_MEMORY, r->path, NULL, "out of memory");
    if (fine && negotiate(r, o, query, &offer, refusal) && nbx_descriptor_take(r, o, offer.plugin, refusal)) {
        *out = o;
        return true;
    }
    if (used) nbx_library_leave(o->plugin.handle, NULL, &live);
    if (o->plugin.handle) dlclose(o->plugin.handle);
    return false;
}

void nbx_close_plugin(nbx_opened *o)
{
    uint32_t live = 0;
    nbx_context *context = o->plugin.context;
    nbx_place place = {o->plugin.path, 0, 0};
    int32_t status = nbx_library_leave(o->plugin.handle, o->plugin.api.shutdown, &live);
    uint64_t blocks = atomic_load(&o->side.live_blocks);
    if (status != NBX_OK)
        nbx_note(context, NBX_LOG_WARNING, NBX_E_LOAD_LIVE, &place, NULL, "%s: shutdown answered %s", o->plugin.name,
                 nbx_status_name(status));
    if (live)
        nbx_note(context, NBX_LOG_WARNING, NBX_E_LOAD_LIVE, &place, NULL, "%s: %u objects are still alive", o->plugin.name, (unsigned)live);
    if (blocks)
        nbx_note(context, NBX_LOG_WARNING, NBX_E_LOAD_LIVE, &place, NULL, "%s: %llu bytes in %llu blocks were not given back",
                 o->plugin.name, (unsigned long long)atomic_load(&o->side.live_bytes), (unsigned long long)blocks);
    dlclose(o->plugin.handle);
}
