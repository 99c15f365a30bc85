/* SPDX-License-Identifier: Apache-2.0 */
/** A temporary folder with one plugin in it, whose file state the tests bend. */
#ifndef NBX_TESTS_LOADER_FOLDER_H
#define NBX_TESTS_LOADER_FOLDER_H

#include <check.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "loader/loader.h"

typedef struct folder {
    char path[256], library[512], manifest[512];
    nbx_context *context;
    nbx_arena *arena;
} folder;

static inline void write_file(const char *path, const void *data, size_t bytes)
{
    FILE *file = fopen(path, "wb");
    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(data, 1, bytes, file), bytes);
    ck_assert_int_eq(fclose(file), 0);
    ck_assert_int_eq(chmod(path, 0644), 0);
}

static inline char *read_file(const char *path, size_t *bytes)
{
    FILE *file = fopen(path, "rb");
    ck_assert_msg(file != NULL, "%s", path);
    fseek(file, 0, SEEK_END);
    *bytes = (size_t)ftell(file);
    rewind(file);
    char *data = malloc(*bytes + 1);
    ck_assert_ptr_nonnull(data);
    ck_assert_uint_eq(fread(data, 1, *bytes, file), *bytes);
    data[*bytes] = 0;
    fclose(file);
    return data;
}

static inline folder folder_create(void)
{
    folder f = {.path = "/tmp/nbx-loader-XXXXXX"};
    ck_assert_ptr_nonnull(mkdtemp(f.path));
    snprintf(f.library, sizeof(f.library), "%s/skew.so", f.path);
    snprintf(f.manifest, sizeof(f.manifest), "%s/skew.plugin.yaml", f.path);
    ck_assert_int_eq(nbx_context_create(&f.context), NBX_OK);
    f.arena = nbx_arena_create();
    ck_assert_ptr_nonnull(f.arena);
    return f;
}

/* Removes the files of the folder and of the folders in it (one level). */
static inline void folder_remove(const char *path)
{
    DIR *listing = opendir(path);
    const struct dirent *item;
    char inner[1024];
    while (listing && (item = readdir(listing)) != NULL) {
        if (!strcmp(item->d_name, ".") || !strcmp(item->d_name, "..")) continue;
        ck_assert_int_lt(snprintf(inner, sizeof(inner), "%s/%s", path, item->d_name), (int)sizeof(inner));
        if (unlink(inner) != 0) folder_remove(inner);
    }
    if (listing) closedir(listing);
    rmdir(path);
}

static inline void folder_destroy(folder *f)
{
    folder_remove(f->path);
    nbx_arena_destroy(f->arena);
    nbx_context_destroy(f->context);
}

static inline void copy_library(const char *flaw, const char *to)
{
    char from[512];
    size_t bytes;
    snprintf(from, sizeof(from), NBX_BUILD "/skew/skew_%s.so", flaw);
    char *data = read_file(from, &bytes);
    write_file(to, data, bytes);
    free(data);
}

/* What the skew plugin says about itself; a test bends it before it is written. */
static inline nbx_manifest skew_manifest(folder *f)
{
    static const char *const chips[] = {"one", "two"};
    char digest[65];
    nbx_refusal refusal = {0};
    FILE *file = fopen(f->library, "rb");
    ck_assert_ptr_nonnull(file);
    ck_assert(nbx_file_digest(f->arena, fileno(file), f->library, digest, &refusal));
    fclose(file);
    return (nbx_manifest){
        .name = "skew",
        .vendor = "skewed",
        .version = "1.2.3",
        .library = "skew.so",
        .arch = nbx_host_arch(),
        .abi_min = NBX_REVISION_1_0,
        .abi_max = NBX_REVISION_1_0,
        .chips = {chips, 2},
        .roles = NBX_ROLE_COMPILE | NBX_ROLE_EMULATE,
        .sha256 = nbx_arena_string(f->arena, digest),
    };
}

static inline void write_manifest(folder *f, const nbx_manifest *manifest)
{
    char *text = nbx_manifest_text(f->arena, manifest);
    ck_assert_ptr_nonnull(text);
    write_file(f->manifest, text, strlen(text));
}

/* The first error of the context as its code, "" if there is none. */
static inline const char *first_code(const nbx_context *context)
{
    nbx_message message;
    for (uint32_t i = 0; nbx_message_get(context, i, &message); i++)
        if (message.severity == NBX_LOG_ERROR) return message.code;
    return "";
}

static inline const char *all_messages(folder *f)
{
    nbx_message m;
    const char *all = "";
    for (uint32_t i = 0; nbx_message_get(f->context, i, &m); i++)
        all = nbx_arena_format(f->arena, "%s\n  %s: %s; %s [%s]", all, m.place, m.text, m.hint, m.code);
    return all;
}

#endif
