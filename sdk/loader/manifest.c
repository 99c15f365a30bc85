/* SPDX-License-Identifier: Apache-2.0 */
/* Reads and writes manifest text by a table of keys; finding files and trusting them is left to registry.c and trust.c. */
#include "loader/manifest.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <nbx/plugin/plugin.h>

#include "loader/manifest_events.h"

#if defined(__x86_64__)
#define HOST_ARCH "x86_64-linux"
#elif defined(__aarch64__)
#define HOST_ARCH "aarch64-linux"
#elif defined(__arm__)
#define HOST_ARCH "armhf-linux"
#elif defined(__riscv) && __riscv_xlen == 64
#define HOST_ARCH "riscv64-linux"
#else
#define HOST_ARCH "unknown-linux"
#endif

const char *nbx_host_arch(void)
{
    return HOST_ARCH;
}

const char *nbx_revision_text(uint32_t revision, char out[24])
{
    snprintf(out, 24, "%u.%u", (unsigned)(revision >> 16), (unsigned)(revision & 0xffffu));
    return out;
}

static bool is_made_of(const char *text, const char *allowed)
{
    size_t bytes = text ? strlen(text) : 0;
    return bytes >= 1 && bytes <= 63 && strspn(text, allowed) == bytes;
}

bool nbx_is_name(const char *text)
{
    return is_made_of(text, "abcdefghijklmnopqrstuvwxyz0123456789._-") && strchr("._-", text[0]) == NULL;
}

bool nbx_is_version(const char *text)
{
    return is_made_of(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._+~-");
}

static const struct role_row {
    uint32_t role;
    const char *name;
} roles[] = {{NBX_ROLE_COMPILE, "compile"}, {NBX_ROLE_EMULATE, "emulate"}, {NBX_ROLE_EXECUTE, "execute"}};
enum { ROLE_COUNT = sizeof(roles) / sizeof(roles[0]) };

const char *nbx_role_name(uint32_t role)
{
    for (uint32_t i = 0; i < ROLE_COUNT; i++)
        if (roles[i].role == role) return roles[i].name;
    return NULL;
}

uint32_t nbx_role_find(const char *name)
{
    for (uint32_t i = 0; i < ROLE_COUNT; i++)
        if (!strcmp(roles[i].name, name)) return roles[i].role;
    return 0;
}

static bool read_name(const char *text, void *out)
{
    *(const char **)out = text;
    return nbx_is_name(text);
}

static bool read_version(const char *text, void *out)
{
    *(const char **)out = text;
    return nbx_is_version(text);
}

static bool read_library(const char *text, void *out)
{
    size_t bytes = strlen(text);
    *(const char **)out = text;
    return nbx_is_version(text) && bytes > 3 && !strcmp(text + bytes - 3, ".so") && text[0] != '.';
}

static bool read_half(const char *text, const char *stop, uint32_t *out)
{
    uint32_t value = 0;
    if (text == stop || stop - text > 5) return false;
    for (; text != stop; text++) {
        if (*text < '0' || *text > '9') return false;
        value = value * 10 + (uint32_t)(*text - '0');
    }
    *out = value;
    return value <= 0xffffu;
}

static bool read_revision(const char *text, void *out)
{
    uint32_t major, minor;
    const char *dot = strchr(text, '.');
    if (!dot || !read_half(text, dot, &major) || !read_half(dot + 1, dot + strlen(dot), &minor)) return false;
    *(uint32_t *)out = NBX_REVISION(major, minor);
    return true;
}

static bool read_digest(const char *text, void *out)
{
    *(const char **)out = text;
    return strlen(text) == 64 && strspn(text, "0123456789abcdef") == 64;
}

static bool read_isolation(const char *text, void *out)
{
    *(const char **)out = text;
    return !strcmp(text, "in-process") || !strcmp(text, "helper");
}

static bool read_format(const char *text, void *out)
{
    (void)out;
    return !strcmp(text, "1");
}

static bool read_role(const char *text, void *out)
{
    uint32_t role = nbx_role_find(text);
    *(uint32_t *)out |= role;
    return role != 0;
}

/* The only definition of the keys. `list`: read_ is called per item; a text list is collected by the caller. */
static const nbx_manifest_key keys[] = {
    {"nbx_manifest", NBX_KEY_REQUIRED, NBX_KEY_IGNORED, read_format, "1"},
    {"name", NBX_KEY_REQUIRED, offsetof(nbx_manifest, name), read_name, "a lower-case name"},
    {"vendor", NBX_KEY_REQUIRED, offsetof(nbx_manifest, vendor), read_name, "a lower-case name"},
    {"version", NBX_KEY_REQUIRED, offsetof(nbx_manifest, version), read_version, "a version such as 1.2.0"},
    {"library", NBX_KEY_REQUIRED, offsetof(nbx_manifest, library), read_library,
     "the file name of the library beside the manifest, ending in .so"},
    {"arch", NBX_KEY_REQUIRED, offsetof(nbx_manifest, arch), read_version, "an architecture such as " HOST_ARCH},
    {"abi_min", NBX_KEY_REQUIRED, offsetof(nbx_manifest, abi_min), read_revision, "a revision such as 1.0"},
    {"abi_max", NBX_KEY_REQUIRED, offsetof(nbx_manifest, abi_max), read_revision, "a revision such as 1.0"},
    {"chips", NBX_KEY_LIST, offsetof(nbx_manifest, chips), read_name, "a list of lower-case names"},
    {"roles", NBX_KEY_FLAGS, offsetof(nbx_manifest, roles), read_role, "a list of compile, emulate, execute"},
    {"sha256", NBX_KEY_REQUIRED, offsetof(nbx_manifest, sha256), read_digest, "64 lower-case hex digits"},
    {"isolation", NBX_KEY_OPTIONAL, offsetof(nbx_manifest, isolation), read_isolation, "in-process or helper"},
};

bool nbx_manifest_parse(nbx_arena *arena, const char *path, const void *text, size_t bytes, nbx_manifest *out, nbx_refusal *refusal)
{
    *out = (nbx_manifest){0};
    if (bytes > NBX_MANIFEST_MAX_BYTES)
        return nbx_refuse(arena, refusal, NBX_E_LOAD_MANIFEST_SYNTAX, path, NULL, "longer than %u bytes", NBX_MANIFEST_MAX_BYTES);
    nbx_manifest_reader reader = {arena, path, refusal, keys, sizeof(keys) / sizeof(keys[0]), out};
    if (!nbx_manifest_read(&reader, text, bytes)) return false;
    if (out->abi_min > out->abi_max) return nbx_refuse(arena, refusal, NBX_E_LOAD_MANIFEST_KEY, path, NULL, "abi_min is above abi_max");
    return true;
}

char *nbx_manifest_text(nbx_arena *arena, const nbx_manifest *manifest)
{
    char low[24], high[24];
    const char *chips = "", *names = "";
    for (uint32_t i = 0; i < manifest->chips.count && chips; i++)
        chips = nbx_arena_format(arena, "%s%s\"%s\"", chips, i ? ", " : "", manifest->chips.texts[i]);
    for (uint32_t i = 0; i < ROLE_COUNT && names; i++)
        if (manifest->roles & roles[i].role) names = nbx_arena_format(arena, "%s%s%s", names, *names ? ", " : "", roles[i].name);
    if (!chips || !names) return NULL;
    /* Quoted, so that a version 1.0 or a chip 8050 stays a text for every YAML reader. */
    return nbx_arena_format(arena,
                            "# Written by nbx-manifest. Regenerate it whenever the library changes.\n"
                            "nbx_manifest: 1\nname: \"%s\"\nvendor: \"%s\"\nversion: \"%s\"\nlibrary: \"%s\"\narch: \"%s\"\n"
                            "abi_min: \"%s\"\nabi_max: \"%s\"\nchips: [%s]\nroles: [%s]\nsha256: \"%s\"\n%s%s%s",
                            manifest->name, manifest->vendor, manifest->version, manifest->library, manifest->arch,
                            nbx_revision_text(manifest->abi_min, low), nbx_revision_text(manifest->abi_max, high), chips, names,
                            manifest->sha256, manifest->isolation ? "isolation: " : "", manifest->isolation ? manifest->isolation : "",
                            manifest->isolation ? "\n" : "");
}
