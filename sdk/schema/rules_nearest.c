/* SPDX-License-Identifier: Apache-2.0 */
/* Limits of clauses: the nearest value that keeps one, and the limit in words, both in units of the subject itself. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "schema/rules.h"
#include "schema/subjects.h"

enum { SEARCH_STEPS = 4096 };

static int64_t floor_div(int64_t a, int64_t b)
{
    int64_t q = a / b;
    return a % b != 0 && (a < 0) != (b < 0) ? q - 1 : q;
}

static int64_t ceil_div(int64_t a, int64_t b)
{
    int64_t q = a / b;
    return a % b != 0 && (a < 0) == (b < 0) ? q + 1 : q;
}

/** lo..hi of the subject that a RANGE, LE or EQ clause allows, with mul and add solved. */
typedef struct bounds {
    int64_t lo, hi;
    bool has_lo, has_hi;
} bounds;

static bool bounds_of(const nbx_clause *clause, int64_t limit, bounds *out)
{
    int64_t mul = clause->mul ? clause->mul : 1, lo = clause->lo, hi = clause->hi;
    bool has_lo = true, has_hi = true;
    if (clause->check == NBX_CHECK_LE) {
        has_lo = false;
        hi = limit;
    } else if (clause->check == NBX_CHECK_EQ) {
        lo = hi = limit;
    } else if (clause->check != NBX_CHECK_RANGE) {
        return false;
    }
    has_lo = has_lo && lo != INT64_MIN;
    has_hi = has_hi && hi != INT64_MAX;
    lo = nbx_saturating_add(lo, -clause->add);
    hi = nbx_saturating_add(hi, -clause->add);
    if (lo == INT64_MIN) lo = -INT64_MAX; /* so that dividing by -1 stays in range */
    if (hi == INT64_MIN) hi = -INT64_MAX;
    if (mul > 0)
        *out = (bounds){ceil_div(lo, mul), floor_div(hi, mul), has_lo, has_hi};
    else
        *out = (bounds){ceil_div(hi, mul), floor_div(lo, mul), has_hi, has_lo};
    return true;
}

static bool better(int64_t actual, int64_t candidate, bool found, int64_t best)
{
    uint64_t a = candidate > actual ? (uint64_t)candidate - (uint64_t)actual : (uint64_t)actual - (uint64_t)candidate;
    uint64_t b = best > actual ? (uint64_t)best - (uint64_t)actual : (uint64_t)actual - (uint64_t)best;
    return !found || a < b || (a == b && candidate < best);
}

/* Extents and counts stay positive: the nearest multiple of 16 to 3 is 16, not 0. */
static bool allowed(const nbx_clause *clause, int64_t candidate, int64_t actual, int64_t limit)
{
    bool multiple = clause->check == NBX_CHECK_MULTIPLE || clause->check == NBX_CHECK_MULTIPLE_OF;
    return nbx_clause_number_holds(clause, candidate, limit) && !(multiple && actual > 0 && candidate <= 0);
}

static bool search(const nbx_clause *clause, int64_t actual, int64_t limit, int64_t *out)
{
    for (int64_t step = 1; step <= SEARCH_STEPS; step++) {
        int64_t below = nbx_saturating_add(actual, -step), above = nbx_saturating_add(actual, step);
        if (allowed(clause, below, actual, limit)) return *out = below, true;
        if (allowed(clause, above, actual, limit)) return *out = above, true;
    }
    return false;
}

static void consider(const nbx_clause *clause, int64_t actual, int64_t limit, int64_t candidate, bool *found, int64_t *best)
{
    if (!allowed(clause, candidate, actual, limit) || !better(actual, candidate, *found, *best)) return;
    *best = candidate;
    *found = true;
}

bool nbx_clause_nearest(const nbx_clause *clause, int64_t actual, int64_t limit, int64_t *out)
{
    int64_t mul = clause->mul ? clause->mul : 1, unit = clause->check == NBX_CHECK_MULTIPLE ? clause->lo : limit;
    bool found = false;
    bounds b;
    if (clause->check == NBX_CHECK_KNOWN || clause->check == NBX_CHECK_ALL_EQUAL) return false;
    if (nbx_clause_number_holds(clause, actual, limit)) return *out = actual, true;
    if (bounds_of(clause, limit, &b)) {
        bool negated = (clause->flags & NBX_CLAUSE_NOT) != 0;
        if (b.has_lo) consider(clause, actual, limit, negated ? nbx_saturating_add(b.lo, -1) : b.lo, &found, out);
        if (b.has_hi) consider(clause, actual, limit, negated ? nbx_saturating_add(b.hi, 1) : b.hi, &found, out);
        return found;
    }
    for (uint32_t i = 0; clause->check == NBX_CHECK_ONE_OF && clause->set && i < clause->set_count; i++) {
        int64_t rest = nbx_saturating_add(clause->set[i], -clause->add);
        if (rest % mul == 0) consider(clause, actual, limit, rest / mul, &found, out);
    }
    if ((clause->check == NBX_CHECK_MULTIPLE || clause->check == NBX_CHECK_MULTIPLE_OF) && mul == 1 && unit > 0) {
        int64_t v = nbx_saturating_add(actual, clause->add), down = nbx_saturating_mul(floor_div(v, unit), unit);
        consider(clause, actual, limit, nbx_saturating_add(down, -clause->add), &found, out);
        consider(clause, actual, limit, nbx_saturating_add(nbx_saturating_add(down, unit), -clause->add), &found, out);
    }
    return found || search(clause, actual, limit, out);
}

static void list_text(const nbx_clause *clause, char *out, uint32_t bytes)
{
    uint32_t used = (uint32_t)snprintf(out, bytes, "%s", clause->set_count == 1 ? "" : "one of ");
    for (uint32_t i = 0; i < clause->set_count && used < bytes; i++) {
        const char *comma = i ? ", " : "";
        int n = clause->names ? snprintf(out + used, bytes - used, "%s%s", comma, clause->names[i])
                              : snprintf(out + used, bytes - used, "%s%" PRId64, comma, clause->set[i]);
        if (n < 0) break;
        used += (uint32_t)n;
    }
}

static void bounds_text(const bounds *b, char *out, uint32_t bytes)
{
    if (b->has_lo && b->has_hi && b->lo == b->hi)
        snprintf(out, bytes, "%" PRId64, b->lo);
    else if (b->has_lo && b->has_hi)
        snprintf(out, bytes, "%" PRId64 "..%" PRId64, b->lo, b->hi);
    else if (b->has_hi)
        snprintf(out, bytes, "at most %" PRId64, b->hi);
    else if (b->has_lo)
        snprintf(out, bytes, "at least %" PRId64, b->lo);
    else
        snprintf(out, bytes, "any");
}

void nbx_clause_limit_text(const nbx_clause *clause, int64_t limit, char *out, uint32_t bytes)
{
    char text[240];
    bounds b;
    if (!bytes) return;
    if (bounds_of(clause, limit, &b))
        bounds_text(&b, text, sizeof text);
    else if (clause->check == NBX_CHECK_ONE_OF)
        list_text(clause, text, sizeof text);
    else if (clause->check == NBX_CHECK_MULTIPLE || clause->check == NBX_CHECK_MULTIPLE_OF)
        snprintf(text, sizeof text, "a multiple of %" PRId64, clause->check == NBX_CHECK_MULTIPLE ? clause->lo : limit);
    else if (clause->check == NBX_CHECK_POW2)
        snprintf(text, sizeof text, "a power of two");
    else if (clause->check == NBX_CHECK_ALL_EQUAL)
        snprintf(text, sizeof text, "all equal");
    else if (clause->check == NBX_CHECK_NONZERO)
        snprintf(text, sizeof text, "%s", clause->flags & NBX_CLAUSE_NOT ? "0" : "other than 0");
    else
        snprintf(text, sizeof text, "known");
    bool negated = (clause->flags & NBX_CLAUSE_NOT) != 0 && clause->check != NBX_CHECK_NONZERO;
    snprintf(out, bytes, "%s%s", negated ? "not " : "", text);
}
