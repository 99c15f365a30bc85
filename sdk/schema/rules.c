/* SPDX-License-Identifier: Apache-2.0 */
/* Evaluates clause lists: AND with OR joins, negation, quantification over tensors, phases; subjects are read by their getters. */
#include "schema/rules.h"

#include <string.h>

#include "schema/subjects.h"

bool nbx_list_has(const char *list, const char *name)
{
    size_t length = name ? strlen(name) : 0;
    if (!list || strcmp(list, "*") == 0) return true;
    while (*list) {
        const char *end = strchr(list, '|');
        size_t item = end ? (size_t)(end - list) : strlen(list);
        if (item == length && item && memcmp(list, name, length) == 0) return true;
        if (!end) return false;
        list = end + 1;
    }
    return false;
}

static bool compares_with_subject(uint16_t check)
{
    return check == NBX_CHECK_LE || check == NBX_CHECK_EQ || check == NBX_CHECK_MULTIPLE_OF;
}

static bool each_of(const nbx_subject *subject)
{
    return subject->tensor == NBX_T_EACH_INPUT || subject->tensor == NBX_T_EACH_OUTPUT;
}

static nbx_subject one_of_each(const nbx_subject *subject, uint32_t index)
{
    nbx_subject one = *subject;
    one.tensor = subject->tensor == NBX_T_EACH_INPUT ? NBX_T_INPUT : NBX_T_OUTPUT;
    one.index = (uint8_t)index;
    return one;
}

static bool number_holds(const nbx_clause *clause, int64_t raw, int64_t limit)
{
    int64_t v = nbx_saturating_add(nbx_saturating_mul(clause->mul ? clause->mul : 1, raw), clause->add);
    switch (clause->check) {
    case NBX_CHECK_RANGE:
        return v >= clause->lo && v <= clause->hi;
    case NBX_CHECK_ONE_OF:
        for (uint32_t i = 0; i < clause->set_count; i++)
            if (clause->set[i] == v) return true;
        return false;
    case NBX_CHECK_MULTIPLE:
        return clause->lo > 0 && v % clause->lo == 0;
    case NBX_CHECK_POW2:
        return v > 0 && (v & (v - 1)) == 0;
    case NBX_CHECK_LE:
        return v <= limit;
    case NBX_CHECK_EQ:
        return v == limit;
    case NBX_CHECK_MULTIPLE_OF:
        return limit > 0 && v % limit == 0;
    case NBX_CHECK_NONZERO:
        return v != 0;
    case NBX_CHECK_KNOWN:
        return true;
    default:
        return false;
    }
}

bool nbx_clause_number_holds(const nbx_clause *clause, int64_t raw, int64_t limit)
{
    return number_holds(clause, raw, limit) != ((clause->flags & NBX_CLAUSE_NOT) != 0);
}

static bool text_holds(const nbx_clause *clause, const char *text)
{
    if (clause->check == NBX_CHECK_KNOWN) return true;
    if (clause->check == NBX_CHECK_NONZERO) return *text != 0;
    for (uint32_t i = 0; clause->check == NBX_CHECK_ONE_OF && i < clause->set_count; i++)
        if (strcmp(clause->names[i], text) == 0) return true;
    return false;
}

/** One clause under evaluation. */
typedef struct evaluation {
    const nbx_clause *clause;
    const nbx_rule_call *call;
    const nbx_subject_info *of, *than;
    nbx_reading actual;
    int64_t limit;
    uint32_t index;
} evaluation;

/* What a subject that cannot be read means: before its data exist, not yet; otherwise the clause does not hold. */
static nbx_truth unreadable(const nbx_subject_info *info, const nbx_clause *clause)
{
    if (info->phase != NBX_PHASE_structure) return NBX_UNKNOWN_YET;
    return clause->check == NBX_CHECK_KNOWN && (clause->flags & NBX_CLAUSE_NOT) ? NBX_TRUE : NBX_FALSE;
}

static nbx_truth tensor_holds(evaluation *e, const nbx_subject *subject, const nbx_subject *than)
{
    const nbx_clause *clause = e->clause;
    bool negated = (clause->flags & NBX_CLAUSE_NOT) != 0, holds;
    e->index = subject->index;
    e->limit = 0;
    e->actual = e->of->get(e->call, subject);
    if (!e->actual.known) return unreadable(e->of, clause);
    if (e->than) {
        nbx_reading right = e->than->get(e->call, than);
        if (!right.known) return unreadable(e->than, clause);
        e->limit = nbx_saturating_mul(clause->than_mul ? clause->than_mul : 1, right.number);
    }
    holds = e->of->is_text ? text_holds(clause, e->actual.text ? e->actual.text : "") : number_holds(clause, e->actual.number, e->limit);
    return holds != negated ? NBX_TRUE : NBX_FALSE;
}

static uint32_t tensor_count(const nbx_rule_call *call, const nbx_subject *subject)
{
    const nbx_node *node = nbx_call_node(call);
    if (!node) return 0;
    return subject->tensor == NBX_T_EACH_INPUT ? node->inputs.count : node->outputs.count;
}

static bool is_absent(const nbx_rule_call *call, const nbx_subject *one)
{
    return nbx_subject_value_index(call, one) == NBX_NONE;
}

static nbx_truth each_holds(evaluation *e)
{
    nbx_truth all = NBX_TRUE;
    for (uint32_t i = 0, count = tensor_count(e->call, &e->clause->of); i < count; i++) {
        nbx_subject one = one_of_each(&e->clause->of, i);
        nbx_subject than = each_of(&e->clause->than) ? one_of_each(&e->clause->than, i) : e->clause->than;
        if (is_absent(e->call, &one)) continue;
        nbx_truth truth = tensor_holds(e, &one, &than);
        if (truth == NBX_FALSE) return NBX_FALSE;
        if (truth == NBX_UNKNOWN_YET) all = NBX_UNKNOWN_YET;
    }
    return all;
}

static bool same_reading(const nbx_subject_info *info, const nbx_reading *a, const nbx_reading *b)
{
    return info->is_text ? strcmp(a->text, b->text) == 0 : a->number == b->number;
}

/* Over all tensors that the subject quantifies over, or over all its axes one by one. */
static nbx_truth all_equal(evaluation *e)
{
    const nbx_subject *of = &e->clause->of;
    uint32_t count = each_of(of) ? tensor_count(e->call, of) : of->axes ? (uint32_t)strlen(of->axes) : 1;
    nbx_reading first = {0};
    char axis[2] = {0, 0};
    bool equal = true;
    for (uint32_t i = 0; i < count && equal; i++) {
        nbx_subject one = each_of(of) ? one_of_each(of, i) : *of;
        if (each_of(of) && is_absent(e->call, &one)) continue;
        if (!each_of(of) && of->axes) {
            axis[0] = of->axes[i];
            one.axes = axis;
        }
        e->index = one.index;
        e->actual = e->of->get(e->call, &one);
        if (!e->actual.known) return unreadable(e->of, e->clause);
        if (!first.known) first = e->actual;
        equal = same_reading(e->of, &first, &e->actual);
    }
    e->limit = first.number;
    return equal != ((e->clause->flags & NBX_CLAUSE_NOT) != 0) ? NBX_TRUE : NBX_FALSE;
}

static nbx_truth clause_holds(evaluation *e, nbx_phase phase)
{
    const nbx_clause *clause = e->clause;
    e->of = nbx_subject_find(clause->of.kind);
    e->than = compares_with_subject(clause->check) ? nbx_subject_find(clause->than.kind) : NULL;
    e->actual = nbx_unread();
    e->limit = 0;
    e->index = 0;
    if (!e->of || (compares_with_subject(clause->check) && !e->than)) return NBX_FALSE;
    if (e->of->phase > phase || (e->than && e->than->phase > phase)) return NBX_UNKNOWN_YET;
    if (clause->check == NBX_CHECK_ALL_EQUAL) return all_equal(e);
    return each_of(&clause->of) ? each_holds(e) : tensor_holds(e, &clause->of, &clause->than);
}

nbx_truth nbx_clauses_hold(const nbx_span *clauses, const nbx_rule_call *call, nbx_phase phase, nbx_failure *failure)
{
    nbx_truth all = NBX_TRUE, joined = NBX_FALSE;
    nbx_failure first = {0};
    bool has_first = false;
    for (uint32_t i = 0; i < clauses->count; i++) {
        evaluation e = {.clause = NBX_ROW(nbx_clause, *clauses, i), .call = call};
        nbx_truth truth = clause_holds(&e, phase);
        if (truth == NBX_FALSE && !has_first) {
            first = (nbx_failure){.clause = i, .row = e.clause, .actual = e.actual, .limit = e.limit, .tensor_index = e.index};
            has_first = true;
        }
        if (truth == NBX_TRUE || (truth == NBX_UNKNOWN_YET && joined == NBX_FALSE)) joined = truth;
        if ((e.clause->flags & NBX_CLAUSE_OR) && i + 1 < clauses->count) continue;
        if (joined == NBX_FALSE) {
            if (failure) *failure = first;
            return NBX_FALSE;
        }
        if (joined == NBX_UNKNOWN_YET) all = NBX_UNKNOWN_YET;
        joined = NBX_FALSE;
        has_first = false;
    }
    return all;
}

static nbx_phase latest_phase(const nbx_span *clauses, nbx_phase so_far)
{
    for (uint32_t i = 0; i < clauses->count; i++) {
        const nbx_clause *clause = NBX_ROW(nbx_clause, *clauses, i);
        const nbx_subject_info *of = nbx_subject_find(clause->of.kind);
        const nbx_subject_info *than = compares_with_subject(clause->check) ? nbx_subject_find(clause->than.kind) : NULL;
        if (of && of->phase > so_far) so_far = of->phase;
        if (than && than->phase > so_far) so_far = than->phase;
    }
    return so_far;
}

nbx_phase nbx_rule_phase(const nbx_rule *rule)
{
    return latest_phase(&rule->must, latest_phase(&rule->when, NBX_PHASE_structure));
}
