/* SPDX-License-Identifier: Apache-2.0 */
/* A chip with one wrong word in one row is refused when it is loaded, and the message names the row. */
#include "edit_samples.h"

#include "schema/encodings.h"

static const char *const ddr_words[] = {"ddr3"}, *const wrong_words[] = {"ddr9"};
static const int64_t numbers[] = {1, 2};

/* Everything of a small chip, to be spoilt in one place. */
typedef struct toy {
    nbx_clause when, must, combo_when, cost_when;
    nbx_op_row op[2];
    nbx_rule rule[2];
    nbx_combo combo;
    nbx_encoding encoding;
    nbx_arith arith;
    nbx_fusion fusion;
    nbx_layout_row layout;
    nbx_cost cost;
    nbx_option option;
    nbx_chip chip;
} toy;

static void make(toy *t)
{
    memset(t, 0, sizeof *t);
    t->when =
        (nbx_clause){.of = {.kind = NBX_SUBJECT_OPTION, .name = "ddr"}, .check = NBX_CHECK_ONE_OF, .names = ddr_words, .set_count = 1};
    t->must = (nbx_clause){.of = {.kind = NBX_SUBJECT_ATTR, .name = "group"}, .check = NBX_CHECK_RANGE, .lo = 1, .hi = 4};
    t->combo_when =
        (nbx_clause){.of = {.kind = NBX_SUBJECT_RANK, .tensor = NBX_T_INPUT}, .check = NBX_CHECK_ONE_OF, .set = numbers, .set_count = 2};
    t->cost_when = t->combo_when;
    t->option = (nbx_option){
        .struct_size = sizeof(nbx_option), .kind = NBX_OPTION_CHOICE, .name = "ddr", .choices = "ddr4|ddr3", .default_value = "ddr4"};
    for (int i = 0; i < 2; i++) {
        t->op[i] = (nbx_op_row){
            .struct_size = sizeof(nbx_op_row), .grade = NBX_GRADE_DESIGNED, .op = i ? "Relu" : "Conv", .listed = 1, .source = "toy"};
        t->rule[i] = (nbx_rule){.struct_size = sizeof(nbx_rule),
                                .scope = NBX_SCOPE_NODE,
                                .effect = NBX_EFFECT_REFUSE,
                                .grade = NBX_GRADE_DESIGNED,
                                .id = "TOY-001",
                                .variant = i ? "b" : "a",
                                .ops = "Conv|Gemm",
                                .when = {&t->when, 1, sizeof t->when},
                                .must = {&t->must, 1, sizeof t->must},
                                .reason = NBX_REASON_ATTR_RANGE,
                                .remedy = NBX_REMEDY_NEAREST_LEGAL,
                                .message = "{node}: {actual} outside {limit}",
                                .source = "toy"};
    }
    t->encoding = nbx_encoding_int8_sym;
    t->arith = (nbx_arith){.struct_size = sizeof(nbx_arith),
                           .name = "toy",
                           .product = NBX_PRODUCT_INTEGER,
                           .bias_at = NBX_BIAS_ACCUMULATOR,
                           .requant = NBX_REQUANT_even_real,
                           .add_arith = NBX_ADD_REAL,
                           .exactness = NBX_EXACT};
    t->combo = (nbx_combo){.struct_size = sizeof(nbx_combo),
                           .ops = "Conv",
                           .scheme = "int8",
                           .variant = "",
                           .in = &t->encoding,
                           .weight = &t->encoding,
                           .out = &t->encoding,
                           .arith = &t->arith,
                           .when = {&t->combo_when, 1, sizeof t->combo_when},
                           .grade = NBX_GRADE_DESIGNED,
                           .source = "toy"};
    t->fusion = (nbx_fusion){.struct_size = sizeof(nbx_fusion),
                             .at = NBX_AT_ACCUMULATOR,
                             .id = "TOY-F",
                             .pattern = "Conv > Add(skip) > Relu|Clip",
                             .grade = NBX_GRADE_DESIGNED,
                             .source = "toy"};
    t->layout = (nbx_layout_row){
        .struct_size = sizeof(nbx_layout_row), .ports = NBX_LAYOUT_INPUT, .text = "NHWC8w4c", .grade = NBX_GRADE_DESIGNED, .source = "toy"};
    t->cost = (nbx_cost){.struct_size = sizeof(nbx_cost),
                         .kind = NBX_COST_ARRAY,
                         .confidence = NBX_CONFIDENCE_ILLUSTRATIVE,
                         .ops = "Conv",
                         .when = {&t->cost_when, 1, sizeof t->cost_when},
                         .clock_hz = 1e9,
                         .bytes_per_s = 1e9,
                         .source = "toy"};
    t->chip = (nbx_chip){.struct_size = sizeof(nbx_chip),
                         .name = "toy",
                         .ops = {t->op, 2, sizeof t->op[0]},
                         .combos = {&t->combo, 1, sizeof t->combo},
                         .fusions = {&t->fusion, 1, sizeof t->fusion},
                         .rules = {t->rule, 2, sizeof t->rule[0]},
                         .layouts = {&t->layout, 1, sizeof t->layout},
                         .costs = {&t->cost, 1, sizeof t->cost},
                         .options = {&t->option, 1, sizeof t->option}};
}

#define SPOIL(name_, statement_)                                                                                                           \
    static void name_(toy *t)                                                                                                              \
    {                                                                                                                                      \
        statement_;                                                                                                                        \
    }
SPOIL(nothing, (void)t)
SPOIL(subject, t->must.of.kind = 999)
SPOIL(subject_gap, t->must.of.kind = 33)
SPOIL(check, t->must.check = 99)
SPOIL(clause_flags, t->must.flags = 8)
SPOIL(tensor, t->must.of.tensor = 9)
SPOIL(attr_name, t->must.of.name = NULL)
SPOIL(empty_range, t->must.hi = 0)
SPOIL(multiple, (t->must.check = NBX_CHECK_MULTIPLE, t->must.lo = 0))
SPOIL(set_missing, t->combo_when.set = NULL)
SPOIL(set_stray, t->must.set_count = 2)
SPOIL(axes_missing, (t->must.of.kind = NBX_SUBJECT_DIM))
SPOIL(axes_wrong, (t->must.of.kind = NBX_SUBJECT_DIM, t->must.of.axes = "q"))
SPOIL(text_check, (t->must.of.kind = NBX_SUBJECT_CLASS))
SPOIL(text_names, (t->when.names = NULL, t->when.set = numbers))
SPOIL(option_name, t->when.of.name = "ram")
SPOIL(option_choice, t->when.names = wrong_words)
SPOIL(than, t->must.check = NBX_CHECK_LE)
SPOIL(than_text, (t->must.check = NBX_CHECK_EQ, t->must.than.kind = NBX_SUBJECT_CLASS))
SPOIL(scope_of_subject, t->must.of.kind = NBX_SUBJECT_SEGMENT_NODES)
SPOIL(rule_scope, t->rule[1].scope = 7)
SPOIL(rule_effect, t->rule[1].effect = 0)
SPOIL(rule_grade, t->rule[1].grade = 0)
SPOIL(rule_reason, t->rule[1].reason = 99)
SPOIL(rule_flags, t->rule[1].flags = 64)
SPOIL(rule_remedy, t->rule[1].remedy = 77)
SPOIL(rule_remedy_clause, t->rule[1].remedy_clause = 1)
SPOIL(rule_id, t->rule[1].id = NULL)
SPOIL(rule_message, t->rule[1].message = "")
SPOIL(rule_source, t->rule[1].source = NULL)
SPOIL(rule_must, t->rule[1].must.count = 0)
SPOIL(rule_ops, t->rule[1].ops = "Conv|Gem")
SPOIL(rule_twice, t->rule[1].variant = "a")
SPOIL(placeholder, t->rule[1].message = "{nodes}")
SPOIL(brace, t->rule[1].message = "{node")
SPOIL(rule_short, t->rule[1].struct_size = 8)
SPOIL(rule_long, t->rule[1].struct_size = sizeof(nbx_rule) + 8)
SPOIL(rule_stride, t->chip.rules.stride = 16)
SPOIL(op_name, t->op[1].op = "Rellu")
SPOIL(op_twice, t->op[1].op = "Conv")
SPOIL(op_without_id, t->op[1].listed = 0)
SPOIL(combo_in, t->combo.in = NULL)
SPOIL(combo_ops, t->combo.ops = "Cnv")
SPOIL(combo_tie, t->combo.tie = 9)
SPOIL(combo_flags, t->combo.flags = 128)
SPOIL(combo_kind, t->encoding.kind = 42)
SPOIL(combo_storage, t->encoding.storage = 999)
SPOIL(combo_product, t->arith.product = 42)
SPOIL(combo_requant, t->arith.requant = 99)
SPOIL(combo_exactness, t->arith.exactness = 0)
SPOIL(fusion_op, t->fusion.pattern = "Conv > Reluu")
SPOIL(fusion_one, t->fusion.pattern = "Conv")
SPOIL(fusion_at, t->fusion.at = 0)
SPOIL(layout_text, t->layout.text = "NHWC8q")
SPOIL(layout_ports, t->layout.ports = 0)
SPOIL(layout_pad, t->layout.pad_out = 9)
SPOIL(cost_kind, t->cost.kind = 9)
SPOIL(cost_confidence, t->cost.confidence = 0)
SPOIL(cost_clock, t->cost.clock_hz = 0)
SPOIL(cost_bandwidth, t->cost.bytes_per_s = 0)
SPOIL(cost_density, t->cost.density = 2)
SPOIL(cost_when, t->cost_when.of.kind = 998)
SPOIL(option_default, t->option.default_value = "ddr5")
SPOIL(option_kind, t->option.kind = 9)
SPOIL(chip_name, t->chip.name = NULL)

static const struct {
    const char *name;
    void (*spoil)(toy *t);
    const char *row, *what; /* both appear in the message; NULL: the chip is fine */
} cases[] = {
    {"nothing wrong", nothing, NULL, NULL},
    {"a subject from the future", subject, "rule TOY-001/a (row 0)", "must clause 0: unknown subject 999"},
    {"a subject number nobody has", subject_gap, "rule TOY-001/a", "unknown subject 33"},
    {"a check from the future", check, "rule TOY-001/a", "unknown check 99"},
    {"flags of a clause", clause_flags, "rule TOY-001/a", "unknown flags 0x8"},
    {"a selector of tensors", tensor, "rule TOY-001/a", "unknown tensor selector 9"},
    {"an attribute without a name", attr_name, "rule TOY-001/a", "subject ATTR needs a name"},
    {"an empty range", empty_range, "rule TOY-001/a", "the range is empty"},
    {"a multiple of 0", multiple, "rule TOY-001/a", "a multiple of 0"},
    {"ONE_OF without a set", set_missing, "combo int8/", "when clause 0: ONE_OF without a set"},
    {"a set that nobody reads", set_stray, "rule TOY-001/a", "a set belongs to ONE_OF only"},
    {"no axes", axes_missing, "rule TOY-001/a", "subject DIM needs axes"},
    {"an axis letter", axes_wrong, "rule TOY-001/a", "unknown axis letter in \"q\""},
    {"a range of texts", text_check, "rule TOY-001/a", "check RANGE does not apply to the text CLASS"},
    {"numbers for a text", text_names, "rule TOY-001/a", "ONE_OF on a text needs names"},
    {"an option that is not there", option_name, "rule TOY-001/a", "the chip has no option \"ram\""},
    {"a choice that is not there", option_choice, "rule TOY-001/a", "option ddr has no choice \"ddr9\""},
    {"no right side", than, "rule TOY-001/a", "unknown subject 0"},
    {"a text on the right side", than_text, "rule TOY-001/a", "the right side is a text"},
    {"a subject of segments on a node", scope_of_subject, "rule TOY-001/a", "SEGMENT_NODES cannot be read in this scope"},
    {"scope", rule_scope, "rule TOY-001/b (row 1)", "unknown scope 7"},
    {"effect", rule_effect, "rule TOY-001/b", "unknown effect 0"},
    {"grade", rule_grade, "rule TOY-001/b", "unknown grade 0"},
    {"reason", rule_reason, "rule TOY-001/b", "unknown reason 99"},
    {"flags", rule_flags, "rule TOY-001/b", "unknown flags 0x40"},
    {"remedy", rule_remedy, "rule TOY-001/b", "unknown remedy 77"},
    {"a remedy that points nowhere", rule_remedy_clause, "rule TOY-001/b", "clause 1 of 1"},
    {"no id", rule_id, "rule without id/b (row 1)", "no id"},
    {"no message", rule_message, "rule TOY-001/b", "no message"},
    {"no source", rule_source, "rule TOY-001/b", "no source"},
    {"nothing to hold", rule_must, "rule TOY-001/b", "no must clause"},
    {"a misspelt op", rule_ops, "rule TOY-001/b", "unknown op \"Gem\""},
    {"the same row twice", rule_twice, "rule TOY-001/a (row 1)", "the same id, variant and ops as row 0"},
    {"a misspelt placeholder", placeholder, "rule TOY-001/b", "unknown placeholder {nodes}"},
    {"a lonely brace", brace, "rule TOY-001/b", "a brace without a partner"},
    {"a short row", rule_short, "table of rules", "row 1: struct_size is 8"},
    {"a row longer than its stride", rule_long, "table of rules", "row 1: struct_size"},
    {"a stride of old", rule_stride, "table of rules", "rows of 16 bytes"},
    {"a misspelt op row", op_name, "op Rellu (row 1)", "unknown op"},
    {"an op twice", op_twice, "op Conv (row 1)", "the same op as row 0"},
    {"not listed, nothing to cite", op_without_id, "op Relu (row 1)", "no rule id to cite"},
    {"a combo that points nowhere", combo_in, "combo int8/ (row 0)", "must point at rows"},
    {"op of a combo", combo_ops, "combo int8/", "unknown op \"Cnv\""},
    {"tie", combo_tie, "combo int8/", "unknown tie 9"},
    {"flags of a combo", combo_flags, "combo int8/", "unknown flags 0x80"},
    {"kind of an encoding", combo_kind, "combo int8/", "unknown encoding kind 42"},
    {"storage of an encoding", combo_storage, "combo int8/", "unknown storage type 999"},
    {"product", combo_product, "combo int8/", "unknown product contract 42"},
    {"requant mode", combo_requant, "combo int8/", "unknown requant mode"},
    {"exactness", combo_exactness, "combo int8/", "unknown exactness 0"},
    {"op of a fusion", fusion_op, "fusion TOY-F (row 0)", "unknown op \"Reluu\""},
    {"a fusion of one", fusion_one, "fusion TOY-F", "one op is no fusion"},
    {"rounding point", fusion_at, "fusion TOY-F", "unknown rounding point 0"},
    {"layout text", layout_text, "layout NHWC8q (row 0)", ""},
    {"ports of a layout", layout_ports, "layout NHWC8w4c (row 0)", "unknown ports 0x0"},
    {"padding owner", layout_pad, "layout NHWC8w4c", "unknown padding owner 0, 9"},
    {"kind of a cost", cost_kind, "cost of Conv (row 0)", "unknown kind 9"},
    {"confidence", cost_confidence, "cost of Conv", "unknown confidence 0"},
    {"an array without a clock", cost_clock, "cost of Conv", "an array needs a clock"},
    {"no bandwidth", cost_bandwidth, "cost of Conv", "no bandwidth"},
    {"density", cost_density, "cost of Conv", "density or t0 is out of range"},
    {"a subject in a cost", cost_when, "cost of Conv", "unknown subject 998"},
    {"default of an option", option_default, "option ddr (row 0)", "not among the choices"},
    {"kind of an option", option_kind, "option ddr", "unknown kind 9"},
    {"no name", chip_name, "its own row", "no name"},
};

START_TEST(one_wrong_word)
{
    toy t;
    char error[400] = "?";
    make(&t);
    cases[_i].spoil(&t);
    bool good = nbx_chip_validate(&t.chip, error, sizeof error);
    ck_assert_msg(good == (cases[_i].row == NULL), "%s: \"%s\"", cases[_i].name, error);
    if (good) return;
    ck_assert_msg(strstr(error, cases[_i].row) && strstr(error, cases[_i].what), "%s: \"%s\"", cases[_i].name, error);
    char tiny[10];
    ck_assert(!nbx_chip_validate(&t.chip, tiny, sizeof tiny) && strlen(tiny) < sizeof tiny);
}
END_TEST

/* Rows of a later revision: a tail of zeros is fine, a tail that says something is not. */
START_TEST(longer_rows)
{
    struct {
        nbx_rule rule;
        uint64_t tail;
    } rows[2];
    toy t;
    char error[400];
    make(&t);
    for (int i = 0; i < 2; i++) {
        rows[i].rule = t.rule[i];
        rows[i].rule.struct_size = sizeof rows[i];
        rows[i].tail = 0;
    }
    t.chip.rules = (nbx_span){rows, 2, sizeof rows[0]};
    ck_assert(nbx_chip_validate(&t.chip, error, sizeof error));
    rows[1].tail = 1;
    ck_assert(!nbx_chip_validate(&t.chip, error, sizeof error));
    ck_assert_ptr_nonnull(strstr(error, "row 1: uses a field of a newer revision"));
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("rules_validate");
    TCase *t = tcase_create("rules_validate");
    tcase_add_loop_test(t, one_wrong_word, 0, sizeof cases / sizeof cases[0]);
    tcase_add_test(t, longer_rows);
    suite_add_tcase(s, t);
    return s;
}

SAMPLE_MAIN(suite())
