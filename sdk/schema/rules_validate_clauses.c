/* SPDX-License-Identifier: Apache-2.0 */
/* Checks rules and their clauses when a chip is loaded; rows of the other kinds are checked in rules_validate.c. */
#include <stdio.h>
#include <string.h>

#include "schema/rules_validate.h"
#include "schema/subjects.h"

static bool needs_name(uint16_t kind)
{
    return kind == NBX_SUBJECT_ATTR || kind == NBX_SUBJECT_ATTR_TEXT || kind == NBX_SUBJECT_ATTR_MILLI || kind == NBX_SUBJECT_ATTR_LIST ||
           kind == NBX_SUBJECT_OPTION || kind == NBX_SUBJECT_BLOCKS || kind == NBX_SUBJECT_SEGMENT_OP_COUNT ||
           kind == NBX_SUBJECT_MODEL_OP_COUNT;
}

static bool needs_axes(uint16_t kind)
{
    return kind == NBX_SUBJECT_DIM || kind == NBX_SUBJECT_PORT_DIM;
}

static const nbx_option *option_of(const nbx_chip *chip, const char *name)
{
    for (uint32_t i = 0; i < chip->options.count; i++) {
        const nbx_option *option = NBX_ROW(nbx_option, chip->options, i);
        if (option->name && strcmp(option->name, name) == 0) return option;
    }
    return NULL;
}

/* Options are read in any scope: they belong to the chip. */
static bool scope_fits(const nbx_subject_info *info, uint16_t scope)
{
    return info->scope == scope || info->number == NBX_SUBJECT_OPTION;
}

static bool check_subject(nbx_validation *v, const nbx_subject *subject, uint16_t scope, const char *place)
{
    const nbx_subject_info *info = nbx_subject_find(subject->kind);
    if (!info) return nbx_validation_fail(v, "%s: unknown subject %u; a newer host may know it", place, subject->kind);
    if (subject->tensor > NBX_T_EACH_OUTPUT) return nbx_validation_fail(v, "%s: unknown tensor selector %u", place, subject->tensor);
    if (!scope_fits(info, scope)) return nbx_validation_fail(v, "%s: subject %s cannot be read in this scope", place, info->name);
    if (needs_name(subject->kind) && (!subject->name || !*subject->name))
        return nbx_validation_fail(v, "%s: subject %s needs a name", place, info->name);
    if (needs_axes(subject->kind) && (!subject->axes || !*subject->axes))
        return nbx_validation_fail(v, "%s: subject %s needs axes", place, info->name);
    if (subject->axes && strspn(subject->axes, "ncdhw") != strlen(subject->axes))
        return nbx_validation_fail(v, "%s: unknown axis letter in \"%s\"", place, subject->axes);
    if (subject->kind == NBX_SUBJECT_OPTION && !option_of(v->chip, subject->name))
        return nbx_validation_fail(v, "%s: the chip has no option \"%s\"", place, subject->name);
    return true;
}

static bool check_texts(nbx_validation *v, const nbx_clause *clause, const nbx_subject_info *info, const char *place)
{
    bool allowed = clause->check == NBX_CHECK_ONE_OF || clause->check == NBX_CHECK_KNOWN || clause->check == NBX_CHECK_ALL_EQUAL ||
                   clause->check == NBX_CHECK_NONZERO;
    const nbx_option *option = info->number == NBX_SUBJECT_OPTION ? option_of(v->chip, clause->of.name) : NULL;
    if (!allowed)
        return nbx_validation_fail(v, "%s: check %s does not apply to the text %s", place, nbx_check_name(clause->check), info->name);
    if (clause->check == NBX_CHECK_ONE_OF && !clause->names) return nbx_validation_fail(v, "%s: ONE_OF on a text needs names", place);
    for (uint32_t i = 0; option && option->kind == NBX_OPTION_CHOICE && clause->names && i < clause->set_count; i++)
        if (!nbx_list_has(option->choices, clause->names[i]))
            return nbx_validation_fail(v, "%s: option %s has no choice \"%s\"", place, option->name, clause->names[i]);
    return true;
}

static bool check_clause(nbx_validation *v, const nbx_clause *clause, uint16_t scope, const char *place)
{
    const char *check = nbx_check_name(clause->check);
    const nbx_subject_info *info;
    bool right = clause->check == NBX_CHECK_LE || clause->check == NBX_CHECK_EQ || clause->check == NBX_CHECK_MULTIPLE_OF;
    if (!check) return nbx_validation_fail(v, "%s: unknown check %u; a newer host may know it", place, clause->check);
    if (clause->flags & ~(NBX_CLAUSE_OR | NBX_CLAUSE_NOT)) return nbx_validation_fail(v, "%s: unknown flags 0x%x", place, clause->flags);
    if (!check_subject(v, &clause->of, scope, place)) return false;
    info = nbx_subject_find(clause->of.kind);
    if (clause->check == NBX_CHECK_ONE_OF && (!clause->set_count || (!clause->set && !clause->names)))
        return nbx_validation_fail(v, "%s: ONE_OF without a set", place);
    if (clause->check != NBX_CHECK_ONE_OF && clause->set_count) return nbx_validation_fail(v, "%s: a set belongs to ONE_OF only", place);
    if (info->is_text && !check_texts(v, clause, info, place)) return false;
    if (!info->is_text && clause->check == NBX_CHECK_ONE_OF && !clause->set)
        return nbx_validation_fail(v, "%s: ONE_OF on the number %s needs a set of numbers", place, info->name);
    if (clause->check == NBX_CHECK_MULTIPLE && clause->lo <= 0)
        return nbx_validation_fail(v, "%s: a multiple of %lld", place, (long long)clause->lo);
    if (clause->check == NBX_CHECK_RANGE && clause->lo > clause->hi) return nbx_validation_fail(v, "%s: the range is empty", place);
    if (right && !check_subject(v, &clause->than, scope, place)) return false;
    if (right && nbx_subject_find(clause->than.kind)->is_text) return nbx_validation_fail(v, "%s: the right side is a text", place);
    return true;
}

bool nbx_validation_clauses(nbx_validation *v, const nbx_span *clauses, uint16_t scope, const char *what)
{
    if (!nbx_validation_span(v, clauses, sizeof(nbx_clause), false, what)) return false;
    for (uint32_t i = 0; i < clauses->count; i++) {
        char place[48];
        snprintf(place, sizeof place, "%s clause %u", what, i);
        if (!check_clause(v, NBX_ROW(nbx_clause, *clauses, i), scope, place)) return false;
    }
    return true;
}

static bool check_message(nbx_validation *v, const char *message)
{
    for (const char *at = strpbrk(message, "{}"); at; at = strpbrk(at, "{}")) {
        const char *close = *at == '{' ? strchr(at, '}') : NULL;
        char name[64];
        if (!close || (size_t)(close - at) > sizeof name) return nbx_validation_fail(v, "the message has a brace without a partner");
        memcpy(name, at + 1, (size_t)(close - at - 1));
        name[close - at - 1] = 0;
        if (!nbx_placeholder_known(name)) return nbx_validation_fail(v, "the message uses the unknown placeholder {%s}", name);
        at = close + 1;
    }
    return true;
}

static bool same_text(const char *a, const char *b)
{
    return strcmp(a ? a : "", b ? b : "") == 0;
}

static bool check_unique(nbx_validation *v, const nbx_rule *rule, uint32_t index)
{
    for (uint32_t i = 0; i < index; i++) {
        const nbx_rule *other = NBX_ROW(nbx_rule, v->chip->rules, i);
        if (same_text(rule->id, other->id) && same_text(rule->variant, other->variant) && same_text(rule->ops, other->ops) &&
            same_text(rule->chips, other->chips))
            return nbx_validation_fail(v, "the same id, variant and ops as row %u", i);
    }
    return true;
}

static bool check_remedy(nbx_validation *v, const nbx_rule *rule)
{
    if (rule->remedy > NBX_REMEDY_SPLIT) return nbx_validation_fail(v, "unknown remedy %u", rule->remedy);
    if (rule->remedy == NBX_REMEDY_NEAREST_LEGAL && rule->remedy_clause >= rule->must.count)
        return nbx_validation_fail(v, "the remedy points at clause %u of %u", rule->remedy_clause, rule->must.count);
    return true;
}

bool nbx_validation_rule(nbx_validation *v, uint32_t index)
{
    const nbx_rule *rule = NBX_ROW(nbx_rule, v->chip->rules, index);
    const char *variant = rule->variant ? rule->variant : "";
    nbx_validation_at(v, "rule %s%s%s (row %u)", rule->id ? rule->id : "without id", *variant ? "/" : "", variant, index);
    if (!rule->id || !*rule->id) return nbx_validation_fail(v, "no id");
    if (!rule->message || !*rule->message) return nbx_validation_fail(v, "no message");
    if (!rule->source || !*rule->source) return nbx_validation_fail(v, "no source");
    if (rule->scope < NBX_SCOPE_NODE || rule->scope > NBX_SCOPE_MODEL) return nbx_validation_fail(v, "unknown scope %u", rule->scope);
    if (rule->effect < NBX_EFFECT_REFUSE || rule->effect > NBX_EFFECT_NOTE)
        return nbx_validation_fail(v, "unknown effect %u", rule->effect);
    if (rule->grade < NBX_GRADE_MEASURED || rule->grade > NBX_GRADE_DESIGNED)
        return nbx_validation_fail(v, "unknown grade %u", rule->grade);
    if (!nbx_reason_name(rule->reason)) return nbx_validation_fail(v, "unknown reason %u", rule->reason);
    if (rule->flags & ~(uint32_t)(NBX_RULE_OFF | NBX_RULE_LIMIT_PRIVATE)) return nbx_validation_fail(v, "unknown flags 0x%x", rule->flags);
    if (!rule->must.count) return nbx_validation_fail(v, "no must clause");
    return check_remedy(v, rule) && check_message(v, rule->message) && nbx_validation_ops(v, rule->ops) &&
           nbx_validation_clauses(v, &rule->when, rule->scope, "when") && nbx_validation_clauses(v, &rule->must, rule->scope, "must") &&
           check_unique(v, rule, index);
}
