/* SPDX-License-Identifier: Apache-2.0 */
/* Asks the rows of one rule ID about a case. */
#ifndef NBX_TEST_HISI_JUDGE_H
#define NBX_TEST_HISI_JUDGE_H

#include "edit_samples.h"
#include "hisilicon.h"
#include "schema/encodings.h"

#define K(kind) NBX_SUBJECT_##kind

static inline bool names_it(const nbx_rule *rule, const char *id, const char *variant)
{
    return strcmp(rule->id, id) == 0 && strcmp(rule->variant, variant) == 0;
}

/* Truth of the rows that own this id and variant; TRUE when their `when` does not hold. *effect is the row's. */
static inline nbx_truth judge(const nbx_rule_call *call, const char *id, const char *variant, uint16_t *effect)
{
    nbx_truth truth = NBX_TRUE;
    uint32_t rows = 0;
    const nbx_node *node = call->graph ? nbx_call_node(call) : NULL;
    for (uint32_t i = 0; i < HISI_RULE_ROWS; i++) {
        const nbx_rule *rule = &hisi_rules[i];
        if (!names_it(rule, id, variant)) continue;
        rows++;
        *effect = rule->effect;
        if (rule->scope == NBX_SCOPE_NODE && node && !nbx_list_has(rule->ops, node->op)) continue;
        if (nbx_clauses_hold(&rule->when, call, NBX_PHASE_plan, NULL) != NBX_TRUE) continue;
        nbx_failure failure = {0};
        nbx_truth row = nbx_clauses_hold(&rule->must, call, NBX_PHASE_plan, &failure);
        char text[300];
        nbx_rule_message(rule, call, row == NBX_FALSE ? &failure : NULL, text, sizeof text);
        if (row == NBX_FALSE) ck_assert_msg(!strchr(text, '{'), "%s: %s", id, text);
        if (row != NBX_TRUE) truth = row;
    }
    ck_assert_msg(rows, "no row %s %s", id, variant);
    return truth;
}

static inline void encode_outputs(nbx_edit_view *view)
{
    for (uint32_t i = 0; i < view->value_count; i++)
        view->values[i].encoding = &nbx_encoding_log8;
}

static inline nbx_truth judge_case(nbx_edit *e, const char *id, const char *variant, uint16_t *effect)
{
    nbx_edit_view view;
    nbx_edit_show(e, &hisi_chips[0], &view);
    encode_outputs(&view);
    return judge(&view.call, id, variant, effect);
}

#endif
