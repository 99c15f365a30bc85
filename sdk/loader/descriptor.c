/* SPDX-License-Identifier: Apache-2.0 */
/* Checks what a descriptor says about itself: texts, roles, calls, rows, manifest; copying is adopt.c, rows are schema's. */
#include "loader/descriptor.h"

#include <stdio.h>
#include <string.h>

#include "loader/adopt.h"
#include "loader/slots.h"
#include "schema/rules.h"

static bool check_texts(const nbx_open_request *r, const nbx_plugin *api, nbx_refusal *refusal)
{
    const struct {
        const char *what, *text;
        bool ok;
    } texts[] = {
        {"name", api->name, nbx_is_name(api->name)},
        {"vendor", api->vendor, nbx_is_name(api->vendor)},
        {"version", api->version, nbx_is_version(api->version)},
        {"blob_format", api->blob_format, !api->roles || nbx_is_version(api->blob_format)},
    };
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        if (!texts[i].ok)
            return nbx_refuse(r->arena, refusal, NBX_E_LOAD_TEXT, r->path, NULL, "descriptor: %s is %s%.63s%s", texts[i].what,
                              texts[i].text ? "malformed: '" : "missing", texts[i].text ? texts[i].text : "", texts[i].text ? "'" : "");
    return true;
}

static bool check_calls(const nbx_open_request *r, const nbx_plugin *api, nbx_refusal *refusal)
{
    uint32_t known = NBX_ROLE_COMPILE | NBX_ROLE_EMULATE | NBX_ROLE_EXECUTE, by = 0;
    if ((api->roles & ~known) || (api->flags & ~(uint32_t)NBX_PLUGIN_UNLOADABLE))
        return nbx_refuse(r->arena, refusal, NBX_E_LOAD_TOO_NEW, r->path, NULL, "descriptor: unknown bits in roles (0x%x) or flags (0x%x)",
                          (unsigned)api->roles, (unsigned)api->flags);
    const char *missing = nbx_slots_missing(api, &by);
    if (!missing) return true;
    const char *role = nbx_role_name(by & (~by + 1));
    return nbx_refuse(r->arena, refusal, NBX_E_LOAD_SLOT, r->path, NULL, "descriptor: call `%s` is missing, and %s%s requires it", missing,
                      role ? "role " : "every plugin", role ? role : "");
}

static bool check_chips(const nbx_open_request *r, const nbx_plugin *api, nbx_refusal *refusal)
{
    char error[512];
    for (uint32_t i = 0; i < api->chips.count; i++) {
        const nbx_chip *chip = NBX_ROW(nbx_chip, api->chips, i);
        if (!nbx_is_name(chip->name))
            return nbx_refuse(r->arena, refusal, NBX_E_LOAD_TEXT, r->path, NULL, "chips[%u]: the name is missing or malformed",
                              (unsigned)i);
        for (uint32_t j = 0; j < i; j++)
            if (!strcmp(chip->name, NBX_ROW(nbx_chip, api->chips, j)->name))
                return nbx_refuse(r->arena, refusal, NBX_E_LOAD_TEXT, r->path, NULL, "two chips are called '%s'", chip->name);
        error[0] = 0;
        if (!nbx_chip_validate(chip, error, sizeof(error)))
            return nbx_refuse(r->arena, refusal, NBX_E_LOAD_ROW, r->path, NULL, "%s", error);
    }
    return true;
}

static bool differ(const nbx_open_request *r, const char *what, const char *manifest, const char *plugin, nbx_refusal *refusal)
{
    return nbx_refuse(r->arena, refusal, NBX_E_LOAD_MANIFEST_MISMATCH, r->path, "regenerate the manifest with nbx-manifest",
                      "%s: the manifest says '%s', the plugin '%s'", what, manifest, plugin);
}

static bool check_manifest_chips(const nbx_open_request *r, const nbx_plugin *api, nbx_refusal *refusal)
{
    const nbx_text_list *chips = &r->manifest->chips;
    for (uint32_t i = 0; i < chips->count || i < api->chips.count; i++) {
        const char *ours = i < chips->count ? chips->texts[i] : "nothing";
        const char *theirs = i < api->chips.count ? NBX_ROW(nbx_chip, api->chips, i)->name : "nothing";
        if (strcmp(ours, theirs)) return differ(r, "chips", ours, theirs, refusal);
    }
    return true;
}

static bool check_manifest(const nbx_open_request *r, const nbx_opened *o, nbx_refusal *refusal)
{
    const nbx_manifest *m = r->manifest;
    const nbx_plugin *api = &o->plugin.api;
    char a[24], b[24];
    if (!m) return true;
    if (strcmp(m->name, api->name)) return differ(r, "name", m->name, api->name, refusal);
    if (strcmp(m->vendor, api->vendor)) return differ(r, "vendor", m->vendor, api->vendor, refusal);
    if (strcmp(m->version, api->version)) return differ(r, "version", m->version, api->version, refusal);
    if (m->abi_min != o->plugin_min)
        return differ(r, "abi_min", nbx_revision_text(m->abi_min, a), nbx_revision_text(o->plugin_min, b), refusal);
    if (m->abi_max != o->plugin_max)
        return differ(r, "abi_max", nbx_revision_text(m->abi_max, a), nbx_revision_text(o->plugin_max, b), refusal);
    if (m->roles != api->roles) {
        snprintf(a, sizeof(a), "bits 0x%x", (unsigned)m->roles);
        snprintf(b, sizeof(b), "bits 0x%x", (unsigned)api->roles);
        return differ(r, "roles", a, b, refusal);
    }
    return check_manifest_chips(r, api, refusal);
}

bool nbx_descriptor_take(const nbx_open_request *r, nbx_opened *o, const nbx_plugin *theirs, nbx_refusal *refusal)
{
    nbx_plugin *api = &o->plugin.api;
    if (!nbx_adopt(r->arena, r->path, &nbx_shape_plugin, theirs, api, refusal)) return false;
    if (!check_texts(r, api, refusal) || !check_calls(r, api, refusal) || !check_chips(r, api, refusal)) return false;
    if (!check_manifest(r, o, refusal)) return false;
    nbx_slots_fill(api);
    /* Our own copies of what messages use: the texts of the tables stay where the plugin has them, mapped for good. */
    o->plugin.name = nbx_arena_string(r->arena, api->name);
    if (!o->plugin.name) return nbx_refuse(r->arena, refusal, NBX_E_CORE_MEMORY, r->path, NULL, "out of memory");
    o->side.plugin = o->plugin.name;
    o->plugin.chips = (nbx_chip *)(void *)(uintptr_t)api->chips.rows;
    o->plugin.chip_count = api->chips.count;
    return true;
}
