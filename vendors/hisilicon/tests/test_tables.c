/* SPDX-License-Identifier: Apache-2.0 */
/* The HiSilicon tables as a whole: valid, complete over the ops of NBX, and telling apart what is model and what is silicon. */
#include "edit_samples.h"
#include "hisilicon.h"
#include "schema/costs.h"
#include "schema/encodings.h"
#include "schema/ops.h"

START_TEST(valid)
{
    char error[400] = "";
    ck_assert_msg(nbx_chip_validate(&hisi_chips[_i], error, sizeof error), "%s", error);
    ck_assert(hisi_chips[_i].flags & NBX_CHIP_EMULATED);
    ck_assert_ptr_nonnull(strstr(hisi_chips[_i].text, "chip model, not silicon"));
    ck_assert_str_eq(hisi_chips[_i].unit, "NNIE");
    /* The first chip has published times, the others have not, and say so in each prediction. */
    bool verified = strcmp(hisi_chips[_i].name, "hi3559av100") == 0;
    ck_assert(verified != ((hisi_chips[_i].flags & NBX_CHIP_UNVERIFIED) != 0));
    for (uint32_t i = 0; i < hisi_chips[_i].costs.count; i++)
        ck_assert_uint_eq(NBX_ROW(nbx_cost, hisi_chips[_i].costs, i)->confidence,
                          verified ? NBX_CONFIDENCE_MODELLED : NBX_CONFIDENCE_ILLUSTRATIVE);
}
END_TEST

static const nbx_op_row *row_of(const char *op)
{
    for (uint32_t i = 0; i < HISI_OP_ROWS; i++)
        if (strcmp(hisi_ops[i].op, op) == 0) return &hisi_ops[i];
    return NULL;
}

/* An op that is added to NBX gets a decision here. */
START_TEST(every_op_has_a_row)
{
    const nbx_op_row *row = row_of(nbx_op_get((nbx_op)_i)->name);
    ck_assert_msg(row != NULL, "%s", nbx_op_get((nbx_op)_i)->name);
    if (!row->listed) ck_assert(row->id && strncmp(row->id, "HISI-", 5) == 0 && row->remedy_text);
}
END_TEST

static bool is_default(const nbx_combo *combo)
{
    return !(combo->flags & (NBX_COMBO_OPT_IN | NBX_COMBO_OUTPUT_ONLY | NBX_COMBO_BOUNDARY_INPUT));
}

/* First default combo of a case, as the quantizer finds it. */
static const nbx_combo *combo_of(const nbx_rule_call *call, const char *op, const char *scheme)
{
    for (uint32_t i = 0; i < HISI_COMBO_ROWS; i++) {
        const nbx_combo *combo = &hisi_combos[i];
        bool wanted = scheme ? strcmp(combo->scheme, scheme) == 0 && !(combo->flags & NBX_COMBO_OUTPUT_ONLY) : is_default(combo);
        if (wanted && nbx_list_has(combo->ops, op) && nbx_clauses_hold(&combo->when, call, NBX_PHASE_structure, NULL) == NBX_TRUE)
            return combo;
    }
    return NULL;
}

static const struct {
    const char *name;
    const char *precision, *scheme;
    int64_t group;
    const char *wanted;
    const nbx_encoding *weight;
} choices[] = {
    {"log8 by default", "low_bandwidth", NULL, 1, "log8", &nbx_encoding_log8},
    {"log8 per layer", "per_layer", NULL, 1, "log8", &nbx_encoding_log8},
    {"log16 by option", "high_precision", NULL, 1, "log16", &nbx_encoding_log16},
    {"log16 by name", "low_bandwidth", "log16", 1, "log16", &nbx_encoding_log16},
    {"log8 by name", "high_precision", "log8", 1, "log8", &nbx_encoding_log8},
    {"a range for each group", "low_bandwidth", NULL, 32, "log8", &nbx_encoding_log8_group},
    {"a wide range for each group", "high_precision", NULL, 2, "log16", &nbx_encoding_log16_group},
};

START_TEST(precision)
{
    nbx_edit e = sample_conv(32, 64, 14, 3, choices[_i].group);
    nbx_subject option = of_node(NBX_SUBJECT_OPTION, "precision", NULL);
    nbx_edit_view view;
    ck_assert(nbx_subject_set_text(&e, &option, choices[_i].precision));
    nbx_edit_show(&e, &hisi_chips[0], &view);
    const nbx_combo *combo = combo_of(&view.call, "Conv", choices[_i].scheme);
    ck_assert_ptr_nonnull(combo);
    ck_assert_msg(strcmp(combo->scheme, choices[_i].wanted) == 0 && combo->weight == choices[_i].weight, "%s", choices[_i].name);
    ck_assert(combo->in == combo->out && combo->bias == &nbx_encoding_fp32);
    ck_assert_uint_eq(combo->arith->product, NBX_PRODUCT_LOG_EXPADD);
    ck_assert_uint_eq(combo->arith->bias_at, NBX_BIAS_REAL);
}
END_TEST

/* Every listed op finds codes under each precision, and a cost. */
START_TEST(listed_ops_are_complete)
{
    const char *const precisions[] = {"low_bandwidth", "high_precision", "per_layer"};
    const char *op = hisi_ops[_i].op;
    if (!hisi_ops[_i].listed || strcmp(op, "Requantize") == 0) return;
    bool window = strcmp(op, "Conv") == 0 || strcmp(op, "ConvTranspose") == 0;
    for (size_t p = 0; p < 3; p++) {
        nbx_edit e = window ? sample_conv(32, 64, 14, 3, 1) : sample_inputs(op, 1, 8, 4);
        nbx_edit_view view;
        e.op = op;
        e.options[e.option_count++] =
            (nbx_option_value){.struct_size = sizeof(nbx_option_value), .name = "precision", .value = precisions[p]};
        nbx_edit_show(&e, &hisi_chips[0], &view);
        ck_assert_msg(combo_of(&view.call, op, NULL) != NULL, "%s has no codes under %s", op, precisions[p]);
        ck_assert_msg(combo_of(&view.call, op, "log16") != NULL, "%s has no log16", op);
        uint32_t node = 0;
        nbx_cost_result cost;
        ck_assert_msg(nbx_cost_of(&view.call, &node, 1, &cost), "%s has no cost", op);
        ck_assert_ptr_null(cost.excluded);
    }
}
END_TEST

/* What leaves the chip is Q20.12, from either width. */
START_TEST(results_that_leave)
{
    uint32_t rows = 0;
    for (uint32_t i = 0; i < HISI_COMBO_ROWS; i++) {
        if (!(hisi_combos[i].flags & NBX_COMBO_OUTPUT_ONLY)) continue;
        ck_assert_ptr_eq(hisi_combos[i].out, &nbx_encoding_q20_12);
        rows++;
    }
    ck_assert_uint_gt(rows, 0);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("hisilicon tables");
    TCase *t = tcase_create("tables");
    tcase_add_loop_test(t, valid, 0, HISI_CHIP_ROWS);
    tcase_add_loop_test(t, every_op_has_a_row, 0, NBX_OP_COUNT_);
    tcase_add_loop_test(t, precision, 0, sizeof choices / sizeof choices[0]);
    tcase_add_loop_test(t, listed_ops_are_complete, 0, HISI_OP_ROWS);
    tcase_add_test(t, results_that_leave);
    suite_add_tcase(s, t);
    return s;
}

SAMPLE_MAIN(suite())
