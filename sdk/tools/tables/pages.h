/* SPDX-License-Identifier: Apache-2.0 */
/** Pages of tables in Markdown: made in memory, then written to a folder or compared with what is there. */
#ifndef NBX_TOOLS_TABLES_PAGES_H
#define NBX_TOOLS_TABLES_PAGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum { PAGES_MAX = 64 };

typedef struct page {
    char name[64]; /* file name in the folder */
    char *text;
    size_t bytes;
    FILE *stream; /* while it is being made */
} page;

typedef struct pages {
    page rows[PAGES_MAX];
    size_t count;
    bool failed;
} pages;

/** Begins a page with a heading and an introduction of one paragraph. The stream is for prose; NULL when memory or room is short. */
FILE *pages_begin(pages *all, const char *name, const char *title, const char *introduction);
void pages_end(pages *all);

/** A heading of level 2 (NULL: none) and the head of a table; columns are separated by '|'. */
void table_head(FILE *to, const char *heading, const char *columns);
/** One row; `kinds` has a letter for each cell: t text (NULL is empty), c code in backquotes, n number (long long). */
void table_row(FILE *to, const char *kinds, ...);

/** Writes all pages into `folder`. False with a message on stderr. */
bool pages_write(const pages *all, const char *folder);
/** Whether the folder has these pages and no others; differences go to stderr. */
bool pages_check(const pages *all, const char *folder);
void pages_destroy(pages *all);

/** What the .def files say; what plugins say. */
void sdk_pages(pages *all);
struct nbx_loaded_plugin;
void vendor_page(pages *all, const struct nbx_loaded_plugin *plugin);

#endif
