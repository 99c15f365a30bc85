/* SPDX-License-Identifier: Apache-2.0 */
/* nbx new: copies the example plugin under another name; what to change then is in the copy's README. */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tools/cli.h"

typedef struct copier {
    nbx_cli *cli;
    const char *name;
    char lower[64], upper[64]; /* the name as an identifier, and as the prefix of rule IDs and macros */
} copier;

static nbx_status failed(nbx_cli *cli, const char *path)
{
    return nbx_raise(cli->context, NBX_E_CORE_FILE, &(nbx_place){path, 0, 0}, NULL, "%s", strerror(errno));
}

static nbx_status read_whole(nbx_cli *cli, const char *path, char **out, size_t *bytes)
{
    FILE *file = fopen(path, "rb");
    struct stat info;
    if (!file || fstat(fileno(file), &info) != 0) {
        if (file) fclose(file);
        return failed(cli, path);
    }
    *out = nbx_arena_alloc(cli->arena, (size_t)info.st_size + 1);
    *bytes = *out ? fread(*out, 1, (size_t)info.st_size, file) : 0;
    fclose(file);
    if (!*out) return nbx_raise_memory(cli->context);
    return *bytes == (size_t)info.st_size ? NBX_OK : failed(cli, path);
}

/* Every "example" becomes the new name, in its three spellings. */
static char *rename_text(const copier *c, const char *text, size_t bytes, size_t *out_bytes)
{
    static const char *const from[] = {"example", "EXAMPLE", "Example"};
    char title[64];
    snprintf(title, sizeof(title), "%s", c->lower);
    title[0] = (char)toupper((unsigned char)title[0]);
    const char *to[] = {c->lower, c->upper, title};
    char *out = nbx_arena_alloc(c->cli->arena, bytes * 10 + 64);
    size_t used = 0;
    for (size_t i = 0; out && i < bytes;) {
        size_t k = 0;
        while (k < 3 && (bytes - i < 7 || strncmp(text + i, from[k], 7) != 0))
            k++;
        if (k == 3) {
            out[used++] = text[i++];
            continue;
        }
        used += (size_t)sprintf(out + used, "%s", to[k]);
        i += 7;
    }
    *out_bytes = used;
    return out;
}

static nbx_status copy_file(const copier *c, const char *from, const char *to)
{
    char *text, *renamed;
    size_t bytes, renamed_bytes;
    NBX_TRY(read_whole(c->cli, from, &text, &bytes));
    renamed = rename_text(c, text, bytes, &renamed_bytes);
    if (!renamed) return nbx_raise_memory(c->cli->context);
    return nbx_cli_write_file(c->cli->context, to, renamed, renamed_bytes);
}

static nbx_status copy_folder(const copier *c, const char *from, const char *to)
{
    if (mkdir(to, 0755) != 0) return failed(c->cli, to);
    DIR *folder = opendir(from);
    if (!folder) return failed(c->cli, from);
    nbx_status status = NBX_OK;
    for (struct dirent *entry; status == NBX_OK && (entry = readdir(folder)) != NULL;) {
        struct stat info;
        size_t bytes;
        if (entry->d_name[0] == '.') continue;
        const char *source = nbx_arena_format(c->cli->arena, "%s/%s", from, entry->d_name);
        const char *name = rename_text(c, entry->d_name, strlen(entry->d_name), &bytes);
        const char *target = name ? nbx_arena_format(c->cli->arena, "%s/%s", to, name) : NULL;
        if (!source || !target)
            status = nbx_raise_memory(c->cli->context);
        else if (stat(source, &info) != 0)
            status = failed(c->cli, source);
        else
            status = S_ISDIR(info.st_mode) ? copy_folder(c, source, target) : copy_file(c, source, target);
    }
    closedir(folder);
    return status;
}

static const char *find_example(nbx_cli *cli)
{
    char self[PATH_MAX], full[PATH_MAX];
    ssize_t bytes = readlink("/proc/self/exe", self, sizeof(self) - 1);
    if (bytes <= 0) return NULL;
    self[bytes] = 0;
    char *slash = strrchr(self, '/');
    if (!slash) return NULL;
    *slash = 0;
    const char *joined = nbx_arena_format(cli->arena, "%s/../share/nbx/example", self);
    return joined && realpath(joined, full) ? nbx_arena_string(cli->arena, full) : NULL;
}

static bool name_fits(const char *name)
{
    size_t bytes = strlen(name);
    if (bytes < 2 || bytes > 32 || !islower((unsigned char)name[0])) return false;
    for (; *name; name++)
        if (!islower((unsigned char)*name) && !isdigit((unsigned char)*name) && *name != '_') return false;
    return true;
}

nbx_status nbx_verb_new(nbx_cli *cli)
{
    copier c = {.cli = cli, .name = cli->arguments.rows[0]};
    if (!name_fits(c.name))
        return nbx_raise(cli->context, NBX_E_CLI_USAGE, NULL, "2 to 32 of a-z, 0-9 and _, first a letter", "a plugin cannot be called '%s'",
                         c.name);
    const char *example = find_example(cli), *target = cli->output ? cli->output : c.name;
    cli->output = NULL; /* it is the folder, not a file for the text below */
    if (!example)
        return nbx_raise(cli->context, NBX_E_CORE_FILE, NULL, "reinstall NBX with its sdk component",
                         "the example plugin is not installed beside this command");
    snprintf(c.lower, sizeof(c.lower), "%s", c.name);
    snprintf(c.upper, sizeof(c.upper), "%s", c.name);
    for (char *at = c.upper; *at; at++)
        *at = (char)toupper((unsigned char)*at);
    NBX_TRY(copy_folder(&c, example, target));
    nbx_text_sink sink = nbx_cli_sink(cli);
    nbx_sink_format(&sink,
                    "%s is a plugin that builds: read its README.md, then\n  cmake -S %s -B %s/build && cmake --build %s/build\n  nbx "
                    "plugins --plugin %s/build/plugins\n",
                    target, target, target, target, target);
    return NBX_OK;
}
