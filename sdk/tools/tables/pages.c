/* SPDX-License-Identifier: Apache-2.0 */
/* Makes Markdown pages in memory, writes them and compares them with a folder; their content is left to sdk_pages.c and vendor_pages.c. */
#include <dirent.h>
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "tools/tables/pages.h"

FILE *pages_begin(pages *all, const char *name, const char *title, const char *introduction)
{
    page *p = all->count < PAGES_MAX ? &all->rows[all->count] : NULL;
    if (p) p->stream = open_memstream(&p->text, &p->bytes);
    if (!p || !p->stream) {
        all->failed = true;
        return NULL;
    }
    snprintf(p->name, sizeof(p->name), "%s", name);
    all->count++;
    fprintf(p->stream, "<!-- Written by nbx-tables (cmake --build --preset dev --target docs); change the table, not this page. -->\n\n");
    fprintf(p->stream, "# %s\n\n%s\n", title, introduction);
    return p->stream;
}

void pages_end(pages *all)
{
    page *p = &all->rows[all->count - 1];
    if (fclose(p->stream) != 0) all->failed = true;
    p->stream = NULL;
}

void table_head(FILE *to, const char *heading, const char *columns)
{
    if (heading) fprintf(to, "\n## %s\n", heading);
    fputs("\n|", to);
    for (const char *at = columns; *at;) {
        size_t bytes = strcspn(at, "|");
        fprintf(to, " %.*s |", (int)bytes, at);
        at += bytes + (at[bytes] == '|');
    }
    fputs("\n| --- |", to);
    for (const char *at = columns; *at; at++)
        if (*at == '|') fputs(" --- |", to);
    fputc('\n', to);
}

static void write_cell(FILE *to, const char *text)
{
    for (; text && *text; text++) {
        if (*text == '|') fputc('\\', to);
        fputc(*text == '\n' ? ' ' : *text, to);
    }
}

void table_row(FILE *to, const char *kinds, ...)
{
    va_list list;
    va_start(list, kinds);
    fputc('|', to);
    for (; *kinds; kinds++) {
        fputc(' ', to);
        if (*kinds == 'n') {
            fprintf(to, "%lld", va_arg(list, long long));
        } else {
            const char *text = va_arg(list, const char *);
            bool quoted = *kinds == 'c' && text && *text;
            if (quoted) fputc('`', to);
            write_cell(to, text);
            if (quoted) fputc('`', to);
        }
        fputs(" |", to);
    }
    fputc('\n', to);
    va_end(list);
}

static FILE *open_page(const char *folder, const char *name, const char *mode, char *path, size_t bytes)
{
    snprintf(path, bytes, "%s/%s", folder, name);
    return fopen(path, mode);
}

bool pages_write(const pages *all, const char *folder)
{
    char path[4096];
    for (size_t i = 0; i < all->count; i++) {
        const page *p = &all->rows[i];
        FILE *file = open_page(folder, p->name, "w", path, sizeof(path));
        bool ok = file && fwrite(p->text, 1, p->bytes, file) == p->bytes;
        if (file && fclose(file) != 0) ok = false;
        if (!ok) {
            fprintf(stderr, "nbx-tables: %s: %s\n", path, strerror(errno));
            return false;
        }
    }
    return true;
}

static bool page_is_same(const page *p, const char *folder)
{
    char path[4096];
    FILE *file = open_page(folder, p->name, "r", path, sizeof(path));
    size_t line = 1, i = 0;
    int c = EOF;
    while (file && (c = fgetc(file)) != EOF && i < p->bytes && (unsigned char)p->text[i] == c) {
        line += c == '\n';
        i++;
    }
    if (file) fclose(file);
    if (file && c == EOF && i == p->bytes) return true;
    fprintf(stderr, "%s:%zu: differs from the tables; build the target `docs`\n", path, line);
    return false;
}

bool pages_check(const pages *all, const char *folder)
{
    bool same = true;
    DIR *listing = opendir(folder);
    const struct dirent *entry;
    for (size_t i = 0; i < all->count; i++)
        same &= page_is_same(&all->rows[i], folder);
    while (listing && (entry = readdir(listing)) != NULL) {
        size_t i = 0;
        while (i < all->count && strcmp(all->rows[i].name, entry->d_name) != 0)
            i++;
        if (i < all->count || entry->d_name[0] == '.') continue;
        fprintf(stderr, "%s/%s: no table gives this page\n", folder, entry->d_name);
        same = false;
    }
    if (listing) closedir(listing);
    return same && listing;
}

void pages_destroy(pages *all)
{
    for (size_t i = 0; i < all->count; i++)
        free(all->rows[i].text);
}
