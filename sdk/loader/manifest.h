/* SPDX-License-Identifier: Apache-2.0 */
/** The sidecar manifest `<name>.plugin.yaml`: what a plugin is, known before any of its code runs. */
#ifndef NBX_LOADER_MANIFEST_H
#define NBX_LOADER_MANIFEST_H

#include "loader/trust.h"

#define NBX_MANIFEST_SUFFIX    ".plugin.yaml"
#define NBX_MANIFEST_MAX_BYTES 65536u

typedef struct nbx_text_list {
    const char *const *texts;
    uint32_t count;
} nbx_text_list;

/** All texts live in the arena it was read into. */
typedef struct nbx_manifest {
    const char *name, *vendor, *version;
    const char *library;       /* file name beside the manifest */
    const char *arch;          /* NBX_ARCH of the build */
    uint32_t abi_min, abi_max; /* NBX_REVISION */
    nbx_text_list chips;
    uint32_t roles;        /* NBX_ROLE_ */
    const char *sha256;    /* 64 lower-case hex digits */
    const char *isolation; /* hint: "in-process", "helper" or NULL */
} nbx_manifest;

/** The architecture this host loads plugins of, for example "x86_64-linux". */
const char *nbx_host_arch(void);

/** Reads manifest text. Strict: known keys once each, one document, no aliases, anchors or tags. False with the refusal. */
bool nbx_manifest_parse(nbx_arena *arena, const char *path, const void *text, size_t bytes, nbx_manifest *out, nbx_refusal *refusal);
/** The text of a manifest, NULL if out of memory. nbx_manifest_parse gives the same manifest back. */
char *nbx_manifest_text(nbx_arena *arena, const nbx_manifest *manifest);

/** "1.0" of a revision; `out` holds 24 bytes. */
const char *nbx_revision_text(uint32_t revision, char out[24]);
/** Names and file-name-like texts: 1..63 of [a-z0-9._-], first a letter or digit. Versions: [A-Za-z0-9._+~-]. */
bool nbx_is_name(const char *text);
bool nbx_is_version(const char *text);
/** Name of role bit `role`, or NULL; by name, or 0. */
const char *nbx_role_name(uint32_t role);
uint32_t nbx_role_find(const char *name);

#endif
