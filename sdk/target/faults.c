/* SPDX-License-Identifier: Apache-2.0 */
/* Collects the errors of one load and makes foreign texts fit to print; it leaves keeping messages to the context. */
#include "target/faults.h"

#include <stdio.h>
#include <string.h>

bool nbx_faults_full(const nbx_faults *faults)
{
    return faults->count > NBX_FAULT_LIMIT || faults->status == NBX_NO_MEMORY;
}

void nbx_fault(nbx_faults *faults, nbx_code code, const nbx_place *place, const char *hint, const char *format, ...)
{
    if (nbx_faults_full(faults)) return;
    if (faults->count++ == NBX_FAULT_LIMIT) {
        nbx_raise(faults->context, NBX_E_TARGET_MANY, NULL, "correct these first", "more than %d errors; the rest is not shown",
                  NBX_FAULT_LIMIT);
        return;
    }
    char text[900];
    va_list list;
    va_start(list, format);
    vsnprintf(text, sizeof(text), format, list);
    va_end(list);
    nbx_status status = nbx_raise(faults->context, code, place, hint, "%s", text);
    if (faults->status == NBX_OK) faults->status = status;
}

void nbx_fault_memory(nbx_faults *faults)
{
    if (faults->status == NBX_NO_MEMORY) return;
    faults->count++;
    faults->status = nbx_raise_memory(faults->context);
}

/* Bytes of the UTF-8 sequence at `text`, 0 if it is broken. libyaml checks files, but names of files come as they are. */
static size_t sequence(const unsigned char *text)
{
    size_t bytes = text[0] < 0x80                      ? 1
                   : text[0] >= 0xc2 && text[0] < 0xe0 ? 2
                   : (text[0] & 0xf0) == 0xe0          ? 3
                   : (text[0] & 0xf8) == 0xf0          ? 4
                                                       : 0;
    for (size_t i = 1; i < bytes; i++)
        if ((text[i] & 0xc0) != 0x80) return 0;
    return bytes;
}

const char *nbx_excerpt(nbx_arena *arena, const char *text)
{
    enum { LIMIT = 48 };
    char shown[LIMIT + 8];
    size_t used = 0;
    const unsigned char *at = (const unsigned char *)text;
    while (*at) {
        size_t bytes = sequence(at);
        bool plain = bytes && *at >= 0x20 && *at != 0x7f && !(bytes == 2 && *at == 0xc2 && at[1] < 0xa0); /* C0, DEL, C1 */
        size_t step = bytes ? bytes : 1;
        if (used + (plain ? step : 1) > LIMIT) break;
        if (plain)
            memcpy(shown + used, at, step);
        else
            shown[used] = '?';
        used += plain ? step : 1;
        at += step;
    }
    shown[used] = '\0';
    const char *result = nbx_arena_format(arena, "'%s%s'", shown, *at ? "..." : "");
    return result ? result : "";
}
