/* SPDX-License-Identifier: Apache-2.0 */
/* Aligned text tables and formatted writes into a sink; what is in the cells is the renderers' business. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/arena.h"
#include "stages/report/report.h"

#define MOST_COLUMNS 24u

struct nbx_text_table {
    nbx_arena *arena;
    const char *titles[MOST_COLUMNS];
    bool right[MOST_COLUMNS];
    uint32_t columns;
    const char **cells;
    uint32_t count, capacity;
};

void nbx_sink_format(const nbx_text_sink *sink, const char *format, ...)
{
    char stack[512], *text = stack;
    va_list list, again;
    va_start(list, format);
    va_copy(again, list);
    int bytes = vsnprintf(stack, sizeof(stack), format, list);
    va_end(list);
    if (bytes >= (int)sizeof(stack)) {
        text = malloc((size_t)bytes + 1);
        if (text) vsnprintf(text, (size_t)bytes + 1, format, again);
    }
    va_end(again);
    if (bytes > 0 && text) sink->write(sink->self, text, (size_t)bytes);
    if (text != stack) free(text);
}

nbx_text_table *nbx_text_table_create(const char *titles)
{
    nbx_arena *arena = nbx_arena_create();
    nbx_text_table *table = arena ? nbx_arena_alloc(arena, sizeof(*table)) : NULL;
    if (!table) {
        nbx_arena_destroy(arena);
        return NULL;
    }
    table->arena = arena;
    while (*titles && table->columns < MOST_COLUMNS) {
        size_t bytes = strcspn(titles, "|");
        bool right = *titles == '>';
        const char *title = nbx_arena_string_n(arena, titles + right, bytes - right);
        table->titles[table->columns] = title ? title : "";
        table->right[table->columns++] = right;
        titles += bytes + (titles[bytes] == '|');
    }
    return table;
}

void nbx_text_table_cell(nbx_text_table *table, const char *format, ...)
{
    char text[1024];
    va_list list;
    if (!table) return;
    va_start(list, format);
    vsnprintf(text, sizeof(text), format, list);
    va_end(list);
    const char *copy = nbx_arena_string(table->arena, text);
    if (copy && nbx_arena_grow(table->arena, &table->cells, table->count, &table->capacity, sizeof(char *)))
        table->cells[table->count++] = copy;
}

/* Code points, so that a name in UTF-8 keeps the columns straight. */
static uint32_t width_of(const char *text)
{
    uint32_t width = 0;
    for (; *text; text++)
        width += ((unsigned char)*text & 0xc0) != 0x80;
    return width;
}

static void write_row(const nbx_text_table *table, const char *const *cells, uint32_t cell_count, const uint32_t *widths,
                      const nbx_text_sink *sink)
{
    for (uint32_t c = 0; c < cell_count; c++) {
        int gap = (int)(widths[c] - width_of(cells[c]));
        bool last = c + 1 == cell_count;
        if (table->right[c])
            nbx_sink_format(sink, "%*s%s", gap, "", cells[c]);
        else
            nbx_sink_format(sink, "%s%*s", cells[c], last ? 0 : gap, "");
        sink->write(sink->self, last ? "\n" : "  ", last ? 1 : 2);
    }
}

void nbx_text_table_write(const nbx_text_table *table, const nbx_text_sink *sink)
{
    uint32_t widths[MOST_COLUMNS];
    if (!table) return;
    for (uint32_t c = 0; c < table->columns; c++)
        widths[c] = width_of(table->titles[c]);
    for (uint32_t i = 0; i < table->count; i++)
        if (width_of(table->cells[i]) > widths[i % table->columns]) widths[i % table->columns] = width_of(table->cells[i]);
    write_row(table, table->titles, table->columns, widths, sink);
    for (uint32_t i = 0; i < table->count; i += table->columns)
        write_row(table, table->cells + i, table->count - i < table->columns ? table->count - i : table->columns, widths, sink);
}

void nbx_text_table_destroy(nbx_text_table *table)
{
    if (table) nbx_arena_destroy(table->arena);
}
