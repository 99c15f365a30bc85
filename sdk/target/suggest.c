/* SPDX-License-Identifier: Apache-2.0 */
/* Finds the name that was probably meant; it leaves wording to its callers. */
#include "target/suggest.h"

#include <string.h>

enum { LONGEST = 64 };

static uint32_t least(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

static unsigned char lower(char c)
{
    return (unsigned char)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
}

uint32_t nbx_edit_distance(const char *a, size_t a_bytes, const char *b, size_t b_bytes)
{
    uint32_t rows[3][LONGEST + 1]; /* the current row of the table and the two before it */
    if (a_bytes > LONGEST || b_bytes > LONGEST) return UINT32_MAX;
    uint32_t *before = rows[0], *last = rows[1], *now = rows[2];
    for (uint32_t j = 0; j <= b_bytes; j++)
        before[j] = last[j] = j;
    for (uint32_t i = 1; i <= a_bytes; i++) {
        now[0] = i;
        for (uint32_t j = 1; j <= b_bytes; j++) {
            unsigned char x = lower(a[i - 1]), y = lower(b[j - 1]);
            now[j] = least(least(last[j], now[j - 1]) + 1, last[j - 1] + (x != y));
            if (i > 1 && j > 1 && x == lower(b[j - 2]) && lower(a[i - 2]) == y) now[j] = least(now[j], before[j - 2] + (x != y));
        }
        uint32_t *free_row = before;
        before = last, last = now, now = free_row;
    }
    return last[b_bytes];
}

typedef struct search {
    const char *wrong;
    size_t wrong_bytes;
    uint32_t best;
    const char *found;
    size_t found_bytes;
} search;

/* Length of the common beginning, for texts of at most LONGEST bytes. */
static uint32_t beginning(const char *a, const char *b)
{
    uint32_t count = 0;
    while (count < LONGEST && a[count] && lower(a[count]) == lower(b[count]))
        count++;
    return count;
}

static void consider(search *s, const char *name, size_t bytes)
{
    size_t longer = bytes > s->wrong_bytes ? bytes : s->wrong_bytes;
    uint32_t limit = longer < 6 ? (longer > 1 ? 1 : 0) : (uint32_t)(longer / 3);
    uint32_t distance = nbx_edit_distance(s->wrong, s->wrong_bytes, name, bytes);
    if (distance > limit) return;
    /* Among equals the same length wins, then the longer common beginning: letters are swapped more often than forgotten, late rather
     * than early. */
    uint32_t rank = (2 * distance + (bytes != s->wrong_bytes)) * (LONGEST + 1) + LONGEST - beginning(s->wrong, name);
    if (rank >= s->best) return;
    s->best = rank;
    s->found = name;
    s->found_bytes = bytes;
}

const char *nbx_suggest(const char *wrong, const char *const *names, uint32_t count)
{
    search s = {wrong, strlen(wrong), UINT32_MAX, NULL, 0};
    for (uint32_t i = 0; i < count; i++)
        if (names[i]) consider(&s, names[i], strlen(names[i]));
    return s.found;
}

const char *nbx_suggest_choice(const char *wrong, const char *choices, size_t *bytes)
{
    search s = {wrong, strlen(wrong), UINT32_MAX, NULL, 0};
    for (const char *at = choices; *at;) {
        size_t piece = strcspn(at, "|");
        consider(&s, at, piece);
        at += piece + (at[piece] == '|');
    }
    *bytes = s.found_bytes;
    return s.found;
}
