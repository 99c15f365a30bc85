/* SPDX-License-Identifier: Apache-2.0 */
/* Writes YAML text that reads back unchanged; which keys to write is decided by its callers. */
#include "target/writer.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void write_bytes(nbx_writer *w, const char *text, size_t bytes)
{
    if (w->status == NBX_OK && bytes) w->status = w->sink->write(w->sink->self, text, bytes);
}

void nbx_write(nbx_writer *w, const char *text)
{
    write_bytes(w, text, strlen(text));
}

void nbx_writef(nbx_writer *w, const char *format, ...)
{
    char *text = NULL;
    va_list list;
    va_start(list, format);
    int bytes = vasprintf(&text, format, list);
    va_end(list);
    if (bytes < 0) {
        w->status = w->status == NBX_OK ? NBX_NO_MEMORY : w->status;
        return;
    }
    write_bytes(w, text, (size_t)bytes);
    free(text);
}

void nbx_write_indent(nbx_writer *w, uint32_t depth)
{
    for (uint32_t i = 0; i + w->dash < depth; i++)
        nbx_write(w, "  ");
    if (w->dash) nbx_write(w, "- ");
    w->dash = false;
}

static bool is_plain(const char *text)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_./";
    size_t sign = text[0] == '-' || text[0] == '+' ? 1 : 0;
    if (sign && (text[1] < '0' || text[1] > '9') && text[1] != '.') return false;
    if (!text[sign] || !strchr(letters, text[sign]) || (text[0] == '.' && !text[1]) || strncmp(text, "...", 3) == 0) return false;
    return !text[sign + strspn(text + sign, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_./+-*?")];
}

/* Bytes of a sequence that YAML text may not hold as it is (controls, line breaks of Unicode, byte order marks), and its code point. */
static size_t escaped(const unsigned char *at, unsigned *code)
{
    *code = at[0];
    if (at[0] < 0x20 || at[0] == 0x7f) return 1;
    *code = (at[0] & 0x1fu) << 6 | (at[1] & 0x3fu);
    if (at[0] == 0xc2 && at[1] < 0xa0) return 2;
    if ((at[0] & 0xf0) != 0xe0 || !at[1] || !at[2]) return 0;
    *code = (at[0] & 0xfu) << 12 | (at[1] & 0x3fu) << 6 | (at[2] & 0x3fu);
    return *code == 0x2028 || *code == 0x2029 || *code >= 0xfeff ? 3 : 0;
}

void nbx_write_scalar(nbx_writer *w, const char *text, bool quoted)
{
    if (!quoted && is_plain(text)) {
        nbx_write(w, text);
        return;
    }
    nbx_write(w, "\"");
    for (const unsigned char *at = (const unsigned char *)text; *at;) {
        unsigned code;
        size_t bytes = escaped(at, &code);
        if (bytes)
            nbx_writef(w, "\\u%04x", code);
        else if (*at == '"' || *at == '\\')
            nbx_writef(w, "\\%c", *at);
        else
            write_bytes(w, (const char *)at, 1);
        at += bytes ? bytes : 1;
    }
    nbx_write(w, "\"");
}

void nbx_write_flow(nbx_writer *w, const nbx_yaml *node)
{
    if (node->kind == NBX_YAML_SCALAR) {
        nbx_write_scalar(w, node->text, node->quoted);
        return;
    }
    nbx_write(w, node->kind == NBX_YAML_MAP ? "{" : "[");
    for (const nbx_yaml *child = node->first; child; child = child->next) {
        if (child != node->first) nbx_write(w, ", ");
        if (node->kind == NBX_YAML_MAP) {
            nbx_write_scalar(w, child->key, false);
            nbx_write(w, ": ");
        }
        nbx_write_flow(w, child);
    }
    nbx_write(w, node->kind == NBX_YAML_MAP ? "}" : "]");
}
