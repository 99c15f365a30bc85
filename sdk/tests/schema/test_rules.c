/* SPDX-License-Identifier: Apache-2.0 */
/* Clause lists: every check, NOT, OR, quantification, phases; nearest values, limits in words, messages. */
#include "edit_samples.h"

#define K(kind)   NBX_SUBJECT_##kind
#define C(check_) .check = NBX_CHECK_##check_

/* The case: Conv of 30 channels in 2 groups to 64, 3x3, stride 1, name "Conv_0". */
static nbx_edit conv(void)
{
    return sample_conv(30, 64, 14, 3, 2);
}

#define GROUP  .of = {.kind = K(ATTR), .name = "group"}
#define ABSENT .of = {.kind = K(ATTR), .name = "axis"}
#define IN_C   .of = {.kind = K(DIM), .tensor = NBX_T_INPUT, .axes = "c"}
static const int64_t one_two[] = {1, 2}, one_four[] = {1, 4};
static const char *const classes[] = {"dense", "grouped"}, *const pointwise[] = {"pointwise"};

static const struct {
    const char *name;
    nbx_clause clause;
    nbx_truth truth;
} singles[] = {
    {"in range", {GROUP, C(RANGE), .lo = 1, .hi = 2}, NBX_TRUE},
    {"out of range", {GROUP, C(RANGE), .lo = 3, .hi = 4}, NBX_FALSE},
    {"not out of range", {GROUP, C(RANGE), .lo = 3, .hi = 4, .flags = NBX_CLAUSE_NOT}, NBX_TRUE},
    {"scaled and shifted into range", {GROUP, C(RANGE), .lo = 7, .hi = 7, .mul = 3, .add = 1}, NBX_TRUE},
    {"negative factor", {GROUP, C(RANGE), .lo = -4, .hi = -4, .mul = -2}, NBX_TRUE},
    {"one of", {GROUP, C(ONE_OF), .set = one_two, .set_count = 2}, NBX_TRUE},
    {"none of", {GROUP, C(ONE_OF), .set = one_four, .set_count = 2}, NBX_FALSE},
    {"a multiple", {IN_C, C(MULTIPLE), .lo = 15}, NBX_TRUE},
    {"no multiple", {IN_C, C(MULTIPLE), .lo = 4}, NBX_FALSE},
    {"a power of two", {GROUP, C(POW2)}, NBX_TRUE},
    {"no power of two", {IN_C, C(POW2)}, NBX_FALSE},
    {"at most another subject", {GROUP, C(LE), .than = {.kind = K(RANK), .tensor = NBX_T_INPUT}}, NBX_TRUE},
    {"more than another subject", {IN_C, C(LE), .than = {.kind = K(RANK), .tensor = NBX_T_INPUT}}, NBX_FALSE},
    {"at most a multiple of another", {IN_C, C(LE), .than = {.kind = K(RANK), .tensor = NBX_T_INPUT}, .than_mul = 8}, NBX_TRUE},
    {"2 * group equals the rank", {GROUP, C(EQ), .mul = 2, .than = {.kind = K(RANK), .tensor = NBX_T_INPUT}}, NBX_TRUE},
    {"group does not equal the rank", {GROUP, C(EQ), .than = {.kind = K(RANK), .tensor = NBX_T_INPUT}}, NBX_FALSE},
    {"a multiple of another subject", {IN_C, C(MULTIPLE_OF), .than = {.kind = K(ATTR), .name = "group"}}, NBX_TRUE},
    {"no multiple of another subject", {IN_C, C(MULTIPLE_OF), .than = {.kind = K(RANK), .tensor = NBX_T_INPUT}}, NBX_FALSE},
    {"axes that agree", {.of = {.kind = K(DIM), .tensor = NBX_T_INPUT, .axes = "hw"}, C(ALL_EQUAL)}, NBX_TRUE},
    {"axes that differ", {.of = {.kind = K(DIM), .tensor = NBX_T_INPUT, .axes = "chw"}, C(ALL_EQUAL)}, NBX_FALSE},
    {"axes that differ, wanted",
     {.of = {.kind = K(DIM), .tensor = NBX_T_INPUT, .axes = "chw"}, C(ALL_EQUAL), .flags = NBX_CLAUSE_NOT},
     NBX_TRUE},
    {"types that agree", {.of = {.kind = K(DTYPE), .tensor = NBX_T_EACH_INPUT}, C(ALL_EQUAL)}, NBX_TRUE},
    {"ranks that differ", {.of = {.kind = K(RANK), .tensor = NBX_T_EACH_INPUT}, C(ALL_EQUAL)}, NBX_FALSE},
    {"known", {GROUP, C(KNOWN)}, NBX_TRUE},
    {"unknown", {ABSENT, C(KNOWN)}, NBX_FALSE},
    {"unknown, wanted", {ABSENT, C(KNOWN), .flags = NBX_CLAUSE_NOT}, NBX_TRUE},
    {"not zero", {GROUP, C(NONZERO)}, NBX_TRUE},
    {"zero", {.of = {.kind = K(FORCED)}, C(NONZERO)}, NBX_FALSE},
    {"what cannot be read satisfies nothing", {ABSENT, C(RANGE), .lo = INT64_MIN, .hi = INT64_MAX}, NBX_FALSE},
    {"nor its negation", {ABSENT, C(RANGE), .lo = 1, .hi = 0, .flags = NBX_CLAUSE_NOT}, NBX_FALSE},
    {"nor a right side", {GROUP, C(LE), .than = {.kind = K(ATTR), .name = "axis"}}, NBX_FALSE},
    {"a word among words", {.of = {.kind = K(CLASS)}, C(ONE_OF), .names = classes, .set_count = 2}, NBX_TRUE},
    {"a word not among words", {.of = {.kind = K(CLASS)}, C(ONE_OF), .names = pointwise, .set_count = 1}, NBX_FALSE},
    {"not that word", {.of = {.kind = K(CLASS)}, C(ONE_OF), .names = pointwise, .set_count = 1, .flags = NBX_CLAUSE_NOT}, NBX_TRUE},
    {"every input has a rank of 1 to 4", {.of = {.kind = K(RANK), .tensor = NBX_T_EACH_INPUT}, C(RANGE), .lo = 1, .hi = 4}, NBX_TRUE},
    {"one input has not a rank of 4", {.of = {.kind = K(RANK), .tensor = NBX_T_EACH_INPUT}, C(RANGE), .lo = 4, .hi = 4}, NBX_FALSE},
    {"NOT holds for each",
     {.of = {.kind = K(RANK), .tensor = NBX_T_EACH_INPUT}, C(RANGE), .lo = 4, .hi = 4, .flags = NBX_CLAUSE_NOT},
     NBX_FALSE},
    {"each output", {.of = {.kind = K(DIM), .tensor = NBX_T_EACH_OUTPUT, .axes = "c"}, C(MULTIPLE), .lo = 16}, NBX_TRUE},
    {"each input against its own",
     {.of = {.kind = K(RANK), .tensor = NBX_T_EACH_INPUT}, C(EQ), .than = {.kind = K(RANK), .tensor = NBX_T_EACH_INPUT}},
     NBX_TRUE},
    {"types are not known yet", {.of = {.kind = K(SCHEME)}, C(ONE_OF), .names = classes, .set_count = 2}, NBX_UNKNOWN_YET},
    {"an unknown subject never holds", {.of = {.kind = 999}, C(RANGE), .hi = 1}, NBX_FALSE},
};

START_TEST(single_clauses)
{
    nbx_edit e = conv();
    nbx_edit_view view;
    nbx_span list = {&singles[_i].clause, 1, sizeof(nbx_clause)};
    nbx_failure failure = {0};
    nbx_edit_show(&e, NULL, &view);
    nbx_truth truth = nbx_clauses_hold(&list, &view.call, NBX_PHASE_structure, &failure);
    ck_assert_msg(truth == singles[_i].truth, "%s: %d", singles[_i].name, truth);
    if (truth == NBX_FALSE) ck_assert_ptr_eq(failure.row, &singles[_i].clause);
}
END_TEST

/* T, F and U are clauses that hold, fail and are not known yet; a star joins one to the next by OR. */
static const struct {
    const char *list;
    nbx_truth truth;
    uint32_t failed;
} joins[] = {
    {"", NBX_TRUE, 0},          {"T", NBX_TRUE, 0},     {"TT", NBX_TRUE, 0},     {"TF", NBX_FALSE, 1},     {"UF", NBX_FALSE, 1},
    {"TU", NBX_UNKNOWN_YET, 0}, {"F*T", NBX_TRUE, 0},   {"T*F", NBX_TRUE, 0},    {"F*F", NBX_FALSE, 0},    {"F*U", NBX_UNKNOWN_YET, 0},
    {"U*T", NBX_TRUE, 0},       {"F*F*T", NBX_TRUE, 0}, {"TF*FT", NBX_FALSE, 1}, {"F*TF*F", NBX_FALSE, 2}, {"F*TU", NBX_UNKNOWN_YET, 0},
    {"T*", NBX_TRUE, 0},        {"F*", NBX_FALSE, 0},
};

START_TEST(joined_clauses)
{
    static const nbx_clause kinds[] = {
        {GROUP, C(RANGE), .lo = 2, .hi = 2}, {GROUP, C(RANGE), .lo = 9, .hi = 9}, {.of = {.kind = K(SCHEME)}, C(KNOWN)}};
    nbx_clause clauses[8] = {0};
    uint32_t count = 0;
    nbx_edit e = conv();
    nbx_edit_view view;
    nbx_failure failure = {0};
    for (const char *at = joins[_i].list; *at; at++) {
        if (*at == '*')
            clauses[count - 1].flags = NBX_CLAUSE_OR;
        else
            clauses[count++] = kinds[*at == 'T' ? 0 : *at == 'F' ? 1 : 2];
    }
    nbx_span list = {clauses, count, sizeof clauses[0]};
    nbx_edit_show(&e, NULL, &view);
    nbx_truth truth = nbx_clauses_hold(&list, &view.call, NBX_PHASE_structure, &failure);
    ck_assert_msg(truth == joins[_i].truth, "%s: %d", joins[_i].list, truth);
    if (truth == NBX_FALSE) ck_assert_uint_eq(failure.clause, joins[_i].failed);
}
END_TEST

START_TEST(failures_say_what_was_read)
{
    static const nbx_clause each = {
        .of = {.kind = K(RANK), .tensor = NBX_T_EACH_INPUT}, C(LE), .than = {.kind = K(ATTR), .name = "group"}, .than_mul = 2};
    static const nbx_clause rank4 = {.of = {.kind = K(RANK), .tensor = NBX_T_EACH_INPUT}, C(RANGE), .lo = 4, .hi = 4};
    nbx_edit e = conv();
    nbx_edit_view view;
    nbx_failure failure = {0};
    nbx_edit_show(&e, NULL, &view);
    nbx_span list = {&rank4, 1, sizeof rank4};
    ck_assert_int_eq(nbx_clauses_hold(&list, &view.call, NBX_PHASE_structure, &failure), NBX_FALSE);
    ck_assert_uint_eq(failure.tensor_index, 2);
    ck_assert_int_eq(failure.actual.number, 1);
    e = sample_conv(30, 64, 14, 3, 1);
    nbx_edit_show(&e, NULL, &view);
    list.rows = &each;
    ck_assert_int_eq(nbx_clauses_hold(&list, &view.call, NBX_PHASE_structure, &failure), NBX_FALSE);
    ck_assert_uint_eq(failure.tensor_index, 0);
    ck_assert_int_eq(failure.limit, 2);
}
END_TEST

START_TEST(absent_inputs_are_passed_over)
{
    static const nbx_clause clause = {.of = {.kind = K(RANK), .tensor = NBX_T_EACH_INPUT}, C(RANGE), .lo = 4, .hi = 4};
    nbx_span list = {&clause, 1, sizeof clause};
    nbx_edit e = conv();
    nbx_edit_view view;
    e.inputs[2].dtype = 0;
    nbx_edit_show(&e, NULL, &view);
    ck_assert_int_eq(nbx_clauses_hold(&list, &view.call, NBX_PHASE_structure, NULL), NBX_TRUE);
}
END_TEST

START_TEST(phases)
{
    static const nbx_clause structure = {GROUP, C(RANGE), .hi = 9},
                            types = {.of = {.kind = K(CODE_BITS), .tensor = NBX_T_OUTPUT}, C(RANGE), .hi = 8};
    static const nbx_clause values = {.of = {.kind = K(EXPONENT), .tensor = NBX_T_OUTPUT}, C(RANGE), .lo = -511, .hi = 511};
    static const nbx_clause plan = {GROUP, C(LE), .than = {.kind = K(SEGMENT_NODES)}};
    const struct {
        const nbx_clause *when, *must;
        nbx_phase phase;
    } rows[] = {{NULL, &structure, NBX_PHASE_structure},
                {&types, &structure, NBX_PHASE_types},
                {&types, &values, NBX_PHASE_values},
                {&values, &plan, NBX_PHASE_plan}};
    nbx_edit e = conv();
    nbx_edit_view view;
    nbx_edit_show(&e, NULL, &view);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        nbx_rule rule = {.when = {rows[i].when, rows[i].when != NULL, sizeof(nbx_clause)}, .must = {rows[i].must, 1, sizeof(nbx_clause)}};
        ck_assert_int_eq(nbx_rule_phase(&rule), rows[i].phase);
    }
    nbx_span list = {&types, 1, sizeof types};
    ck_assert_int_eq(nbx_clauses_hold(&list, &view.call, NBX_PHASE_structure, NULL), NBX_UNKNOWN_YET);
    ck_assert_int_eq(nbx_clauses_hold(&list, &view.call, NBX_PHASE_types, NULL), NBX_FALSE);
    list.rows = &values; /* without data, also when its phase has come */
    ck_assert_int_eq(nbx_clauses_hold(&list, &view.call, NBX_PHASE_plan, NULL), NBX_UNKNOWN_YET);
}
END_TEST

START_TEST(lists)
{
    ck_assert(nbx_list_has("Conv|Gemm", "Gemm") && nbx_list_has("Conv|Gemm", "Conv") && nbx_list_has("*", "Conv") &&
              nbx_list_has(NULL, "Conv"));
    ck_assert(!nbx_list_has("Conv|Gemm", "Con") && !nbx_list_has("ConvTranspose", "Conv") && !nbx_list_has("", "Conv") &&
              !nbx_list_has("Conv", ""));
}
END_TEST

#define NONE INT64_MIN
static const struct {
    const char *name;
    nbx_clause clause;
    int64_t actual, limit, nearest;
    const char *text;
} limits[] = {
    {"below a range", {GROUP, C(RANGE), .lo = 1, .hi = 255}, 0, 0, 1, "1..255"},
    {"above a range", {GROUP, C(RANGE), .lo = 1, .hi = 255}, 300, 0, 255, "1..255"},
    {"inside", {GROUP, C(RANGE), .lo = 1, .hi = 255}, 7, 0, 7, "1..255"},
    {"exactly", {GROUP, C(RANGE), .lo = 4, .hi = 4}, 7, 0, 4, "4"},
    {"at most", {GROUP, C(RANGE), .lo = INT64_MIN, .hi = 16}, 17, 0, 16, "at most 16"},
    {"at least", {GROUP, C(RANGE), .lo = 2, .hi = INT64_MAX}, 1, 0, 2, "at least 2"},
    {"outside a range", {GROUP, C(RANGE), .lo = 1, .hi = 255, .flags = NBX_CLAUSE_NOT}, 4, 0, 0, "not 1..255"},
    {"solved for the subject", {GROUP, C(RANGE), .lo = 0, .hi = 255, .mul = 2, .add = 1}, 200, 0, 127, "0..127"},
    {"solved with a negative factor", {GROUP, C(RANGE), .lo = INT64_MIN, .hi = -10, .mul = -1}, 3, 0, 10, "at least 10"},
    {"the nearer of a set, the smaller on a tie", {GROUP, C(ONE_OF), .set = one_four, .set_count = 2}, 3, 0, 4, "one of 1, 4"},
    {"words", {.of = {.kind = K(CLASS)}, C(ONE_OF), .names = classes, .set_count = 2}, 0, 0, NONE, "one of dense, grouped"},
    {"a single word", {.of = {.kind = K(CLASS)}, C(ONE_OF), .names = pointwise, .set_count = 1}, 0, 0, NONE, "pointwise"},
    {"a multiple above", {GROUP, C(MULTIPLE), .lo = 16}, 58, 0, 64, "a multiple of 16"},
    {"a multiple below", {GROUP, C(MULTIPLE), .lo = 16}, 49, 0, 48, "a multiple of 16"},
    {"the smaller of two as near", {GROUP, C(MULTIPLE), .lo = 16}, 56, 0, 48, "a multiple of 16"},
    {"an extent stays positive", {GROUP, C(MULTIPLE), .lo = 16}, 3, 0, 16, "a multiple of 16"},
    {"a multiple after a shift", {GROUP, C(MULTIPLE), .lo = 8, .add = 1}, 5, 0, 7, "a multiple of 8"},
    {"a multiple of a multiple", {GROUP, C(MULTIPLE), .lo = 6, .mul = 2}, 4, 0, 3, "a multiple of 6"},
    {"a power of two", {GROUP, C(POW2)}, 5, 0, 4, "a power of two"},
    {"at most what was read", {GROUP, C(LE)}, 9, 4, 4, "at most 4"},
    {"equal to what was read", {GROUP, C(EQ)}, 9, 4, 4, "4"},
    {"half of what was read", {GROUP, C(EQ), .mul = 2}, 9, 4, 2, "2"},
    {"half of an odd number", {GROUP, C(EQ), .mul = 2}, 9, 5, NONE, NULL},
    {"a multiple of what was read", {GROUP, C(MULTIPLE_OF)}, 9, 4, 8, "a multiple of 4"},
    {"not zero", {GROUP, C(NONZERO)}, 0, 0, -1, "other than 0"},
    {"equality has no nearest", {GROUP, C(ALL_EQUAL)}, 0, 0, NONE, "all equal"},
    {"nor has knowledge", {GROUP, C(KNOWN)}, 0, 0, NONE, "known"},
};

START_TEST(nearest_and_limits)
{
    int64_t nearest = 0;
    char text[80], tiny[5];
    const nbx_clause *clause = &limits[_i].clause;
    if (!clause->names) {
        bool found = nbx_clause_nearest(clause, limits[_i].actual, limits[_i].limit, &nearest);
        ck_assert_msg(found == (limits[_i].nearest != NONE), "%s", limits[_i].name);
        if (found) ck_assert_msg(nearest == limits[_i].nearest, "%s: %lld", limits[_i].name, (long long)nearest);
        if (found) ck_assert(nbx_clause_number_holds(clause, nearest, limits[_i].limit));
    }
    nbx_clause_limit_text(clause, limits[_i].limit, text, sizeof text);
    if (limits[_i].text) ck_assert_str_eq(text, limits[_i].text);
    nbx_clause_limit_text(clause, limits[_i].limit, tiny, sizeof tiny);
    ck_assert_uint_lt(strlen(tiny), sizeof tiny);
}
END_TEST

static const struct {
    const char *message, *text;
} messages[] = {
    {"{node}: {op} on {chip}/{unit}", "Conv_0: Conv on toy/NPU"},
    {"{actual} of {limit}, {nearest} is nearest", "30 of a multiple of 16, 32 is nearest"},
    {"{actual} pads to {padded}, {waste_pct} % idle", "30 pads to 32, 6 % idle"},
    {"{attr:group} groups, {attr:kernel_h} high, {attr:strides}", "2 groups, 3 high, [1, 1]"},
    {"{attr:axis} is unknown", "unknown is unknown"},
    {"ddr is {option:ddr}", "ddr is ddr4"},
    {"{tensor} breaks it by {subject}", "value0 breaks it by DIM"},
    {"{novel} stays", "{novel} stays"},
    {"a {brace", "a {brace"},
    {"", ""},
};

START_TEST(rendered_messages)
{
    static const nbx_clause clause = {IN_C, C(MULTIPLE), .lo = 16};
    static const nbx_option option = {
        .struct_size = sizeof option, .kind = NBX_OPTION_CHOICE, .name = "ddr", .choices = "ddr4|ddr3", .default_value = "ddr4"};
    nbx_chip chip = {.struct_size = sizeof chip, .name = "toy", .unit = "NPU", .options = {&option, 1, sizeof option}};
    nbx_rule rule = {.message = messages[_i].message, .must = {&clause, 1, sizeof clause}};
    nbx_edit e = conv();
    nbx_edit_view view;
    nbx_failure failure = {0};
    char text[120], tiny[8];
    nbx_edit_show(&e, &chip, &view);
    ck_assert_int_eq(nbx_clauses_hold(&rule.must, &view.call, NBX_PHASE_structure, &failure), NBX_FALSE);
    nbx_rule_message(&rule, &view.call, &failure, text, sizeof text);
    ck_assert_str_eq(text, messages[_i].text);
    nbx_rule_message(&rule, &view.call, &failure, tiny, sizeof tiny);
    ck_assert_uint_lt(strlen(tiny), sizeof tiny);
    ck_assert(strncmp(tiny, text, strlen(tiny)) == 0);
    nbx_rule_message(&rule, &view.call, NULL, text, sizeof text); /* nothing failed: what needs a failure stays as written */
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("rules");
    TCase *t = tcase_create("rules");
    tcase_add_loop_test(t, single_clauses, 0, sizeof singles / sizeof singles[0]);
    tcase_add_loop_test(t, joined_clauses, 0, sizeof joins / sizeof joins[0]);
    tcase_add_test(t, failures_say_what_was_read);
    tcase_add_test(t, absent_inputs_are_passed_over);
    tcase_add_test(t, phases);
    tcase_add_test(t, lists);
    tcase_add_loop_test(t, nearest_and_limits, 0, sizeof limits / sizeof limits[0]);
    tcase_add_loop_test(t, rendered_messages, 0, sizeof messages / sizeof messages[0]);
    suite_add_tcase(s, t);
    return s;
}

SAMPLE_MAIN(suite())
