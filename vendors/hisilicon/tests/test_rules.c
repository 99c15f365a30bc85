/* SPDX-License-Identifier: Apache-2.0 */
/* Each HiSilicon rule at its limit: a case just inside that no row of it minds, a case just outside that its own row reports. */
#include "judge.h"

/** A case: an op to start from, and what is changed of it. */
typedef struct change {
    nbx_subject subject;
    int64_t value;
    const char *text;
} change;

typedef nbx_edit (*start)(void);

static nbx_edit conv(void)
{
    return sample_conv(32, 64, 28, 3, 1);
}
static nbx_edit depthwise(void)
{
    return sample_conv(32, 32, 28, 3, 32);
}
static nbx_edit max_pool(void)
{
    return sample_pool("MaxPool", 32, 29, 3, 2);
}
static nbx_edit average_pool(void)
{
    return sample_pool("AveragePool", 32, 29, 3, 2);
}
static nbx_edit gemm(void)
{
    return sample_gemm(2, 1024, 1024);
}
static nbx_edit concat(void)
{
    return sample_concat(1);
}
static nbx_edit transpose(void)
{
    return sample_transpose(0, 2, 3, 1);
}
static nbx_edit reshape(void)
{
    return sample_reshape(4, 1, 16, 2, 4);
}
static nbx_edit upsample(void)
{
    return sample_resize("nearest", 2.0F, "asymmetric", "floor");
}
static nbx_edit add(void)
{
    return sample_done(sample_inputs("Add", 2, 8, 4));
}
static nbx_edit relu(void)
{
    return sample_done(sample_inputs("Relu", 1, 8, 4));
}
static nbx_edit swish(void)
{
    nbx_edit e = sample_inputs("Swish", 1, 8, 4);
    nbx_edit_attr_add(&e, "alpha", NBX_ATTR_FLOAT)->f = 1;
    return sample_done(e);
}
static nbx_edit hard_swish(void)
{
    return sample_done(sample_inputs("HardSwish", 1, 8, 4));
}
static nbx_edit clip(void)
{
    nbx_edit e = sample_inputs("Clip", 1, 8, 4);
    nbx_edit_attr_add(&e, "min", NBX_ATTR_FLOAT)->f = 0;
    nbx_edit_attr_add(&e, "max", NBX_ATTR_FLOAT)->f = 6;
    return sample_done(e);
}
static nbx_edit pow2(void)
{
    nbx_edit e = sample_inputs("Pow", 2, 8, 4);
    e.inputs[1] = sample_tensor(true, 0, 0, 0, 0, 0);
    e.inputs[1].scalar = 2;
    return sample_done(e);
}
static nbx_edit softmax(void)
{
    nbx_edit e = sample_inputs("Softmax", 1, 8, 4);
    sample_int(&e, "axis", 1);
    return sample_done(e);
}
static nbx_edit space_to_depth(void)
{
    nbx_edit e = sample_op("SpaceToDepth");
    e.input_count = 1;
    e.inputs[0] = sample_tensor(false, 4, 1, 1, 255 * 256, 255 * 256);
    sample_int(&e, "blocksize", 255);
    return sample_done(e);
}
static nbx_edit mean(void)
{
    nbx_edit e = sample_inputs("ReduceMean", 1, 8, 4);
    sample_ints(&e, "axes", 2, (int64_t[]){2, 3});
    sample_int(&e, "keepdims", 1);
    return sample_done(e);
}
static nbx_edit matmul(void)
{
    nbx_edit e = sample_op("MatMul");
    e.input_count = 2;
    e.inputs[0] = sample_tensor(false, 2, 4, 8, 0, 0);
    e.inputs[1] = sample_tensor(true, 2, 8, 16, 0, 0);
    return sample_done(e);
}
static nbx_edit matmul_of_two(void)
{
    nbx_edit e = matmul();
    e.inputs[1].is_const = false;
    e.outputs[0].fan_out = 0;
    return e;
}
static nbx_edit pool_with_indices(void)
{
    nbx_edit e = max_pool();
    e.output_count = 2;
    e.outputs[1] = e.outputs[0];
    return e;
}
static nbx_edit wide_pool(void)
{
    return sample_pool("AveragePool", 32, 66, 4, 2); /* 62 fits 2; with a pad of one side it would not */
}

#define K(kind) NBX_SUBJECT_##kind
#define ATTRIBUTE(name_)                                                                                                                   \
    {                                                                                                                                      \
        .kind = K(ATTR), .name = name_                                                                                                     \
    }
#define REFUSES NBX_EFFECT_REFUSE

/* Inside: `inside` is applied and no enabled row with this id and variant minds. Outside: then `outside`, and the row does. */
static const struct {
    const char *id, *variant;
    start start;
    change inside, outside;
    uint16_t effect;
} nodes[] = {
    {"HISI-GRAPH-004", "", conv, {{.kind = K(NAME_LENGTH)}, 31, NULL}, {{.kind = K(NAME_LENGTH)}, 32, NULL}, NBX_EFFECT_NOTE},
    {"HISI-GRAPH-007", "axis", softmax, {ATTRIBUTE("axis"), 1, NULL}, {ATTRIBUTE("axis"), 0, NULL}, REFUSES},
    {"HISI-GRAPH-008", "", matmul_of_two, {{0}, 0, NULL}, {{.kind = K(FAN_OUT), .tensor = NBX_T_OUTPUT}, 1, NULL}, REFUSES},
    {"HISI-GRAPH-010",
     "input",
     relu,
     {{.kind = K(RANK), .tensor = NBX_T_INPUT}, 4, NULL},
     {{.kind = K(RANK), .tensor = NBX_T_INPUT}, 5, NULL},
     REFUSES},
    {"HISI-GRAPH-010",
     "output",
     relu,
     {{.kind = K(RANK), .tensor = NBX_T_INPUT}, 4, NULL},
     {{.kind = K(RANK), .tensor = NBX_T_INPUT}, 5, NULL},
     REFUSES},
    {"HISI-CONV-001", "kernel_h", conv, {ATTRIBUTE("kernel_h"), 255, NULL}, {ATTRIBUTE("kernel_h"), 256, NULL}, REFUSES},
    {"HISI-CONV-001", "kernel_w", max_pool, {ATTRIBUTE("kernel_w"), 255, NULL}, {ATTRIBUTE("kernel_w"), 256, NULL}, REFUSES},
    {"HISI-CONV-001", "stride_h", conv, {ATTRIBUTE("stride_h"), 255, NULL}, {ATTRIBUTE("stride_h"), 256, NULL}, REFUSES},
    {"HISI-CONV-001", "stride_w", conv, {ATTRIBUTE("stride_w"), 255, NULL}, {ATTRIBUTE("stride_w"), 256, NULL}, REFUSES},
    {"HISI-CONV-001", "dilation_h", conv, {ATTRIBUTE("dilation_h"), 255, NULL}, {ATTRIBUTE("dilation_h"), 256, NULL}, REFUSES},
    {"HISI-CONV-001", "dilation_w", conv, {ATTRIBUTE("dilation_w"), 255, NULL}, {ATTRIBUTE("dilation_w"), 256, NULL}, REFUSES},
    {"HISI-CONV-001", "pad_top", conv, {ATTRIBUTE("pad_top"), 255, NULL}, {ATTRIBUTE("pad_top"), 256, NULL}, REFUSES},
    {"HISI-CONV-001", "pad_bottom", conv, {ATTRIBUTE("pad_bottom"), 255, NULL}, {ATTRIBUTE("pad_bottom"), 256, NULL}, REFUSES},
    {"HISI-CONV-001", "pad_left", conv, {ATTRIBUTE("pad_left"), 255, NULL}, {ATTRIBUTE("pad_left"), 256, NULL}, REFUSES},
    {"HISI-CONV-001", "pad_right", conv, {ATTRIBUTE("pad_right"), 255, NULL}, {ATTRIBUTE("pad_right"), 256, NULL}, REFUSES},
    {"HISI-CONV-002", "", depthwise, {ATTRIBUTE("group"), 2048, NULL}, {ATTRIBUTE("group"), 2049, NULL}, REFUSES},
    {"HISI-CONV-003", "", conv, {{.kind = K(CLASS)}, 0, "grouped"}, {{.kind = K(CLASS)}, 0, "depthwise"}, NBX_EFFECT_NOTE},
    {"HISI-CONV-004",
     "",
     conv,
     {{.kind = K(CHANNELS_PER_GROUP_IN)}, 4, NULL},
     {{.kind = K(CHANNELS_PER_GROUP_IN)}, 5, NULL},
     NBX_EFFECT_SLOW},
    {"HISI-CONV-005",
     "",
     conv,
     {{.kind = K(CHANNELS_PER_GROUP_OUT)}, 16, NULL},
     {{.kind = K(CHANNELS_PER_GROUP_OUT)}, 17, NULL},
     NBX_EFFECT_SLOW},
    {"HISI-CONV-006",
     "in",
     conv,
     {{.kind = K(DIM), .tensor = NBX_T_INPUT, .axes = "c"}, 4096, NULL},
     {{.kind = K(DIM), .tensor = NBX_T_INPUT, .axes = "c"}, 4097, NULL},
     REFUSES},
    {"HISI-CONV-006",
     "out",
     conv,
     {{.kind = K(DIM), .tensor = NBX_T_OUTPUT, .axes = "c"}, 4096, NULL},
     {{.kind = K(DIM), .tensor = NBX_T_OUTPUT, .axes = "c"}, 4097, NULL},
     REFUSES},
    {"HISI-CONV-008",
     "h",
     conv,
     {{.kind = K(PAD_DIFFERENCE), .axes = "h"}, 0, NULL},
     {{.kind = K(PAD_DIFFERENCE), .axes = "h"}, 1, NULL},
     REFUSES},
    {"HISI-CONV-008",
     "w",
     conv,
     {{.kind = K(PAD_DIFFERENCE), .axes = "w"}, 0, NULL},
     {{.kind = K(PAD_DIFFERENCE), .axes = "w"}, -1, NULL},
     REFUSES},
    {"HISI-CONV-009",
     "",
     conv,
     {{.kind = K(IS_CONST), .tensor = NBX_T_INPUT, .index = 1}, 1, NULL},
     {{.kind = K(IS_CONST), .tensor = NBX_T_INPUT, .index = 1}, 0, NULL},
     REFUSES},
    {"HISI-FC-001",
     "",
     matmul,
     {{.kind = K(RANK), .tensor = NBX_T_INPUT}, 2, NULL},
     {{.kind = K(RANK), .tensor = NBX_T_INPUT, .index = 0}, 1, NULL},
     0},
    {"HISI-POOL-001",
     "h",
     max_pool,
     {{.kind = K(OUTPUT_REMAINDER), .axes = "h"}, 0, NULL},
     {{.kind = K(OUTPUT_REMAINDER), .axes = "h"}, 1, NULL},
     REFUSES},
    {"HISI-POOL-001",
     "w",
     max_pool,
     {{.kind = K(OUTPUT_REMAINDER), .axes = "w"}, 0, NULL},
     {{.kind = K(OUTPUT_REMAINDER), .axes = "w"}, 1, NULL},
     REFUSES},
    {"HISI-POOL-003",
     "",
     wide_pool,
     {{.kind = K(PAD_DIFFERENCE), .axes = "hw"}, 0, NULL},
     {{.kind = K(PAD_DIFFERENCE), .axes = "h"}, 1, NULL},
     NBX_EFFECT_NOTE},
    {"HISI-POOL-004", "", average_pool, {ATTRIBUTE("pad_left"), 0, NULL}, {ATTRIBUTE("pad_left"), 1, NULL}, REFUSES},
    {"HISI-POOL-005", "dilation_h", max_pool, {ATTRIBUTE("dilation_h"), 1, NULL}, {ATTRIBUTE("dilation_h"), 2, NULL}, REFUSES},
    {"HISI-POOL-005", "dilation_w", max_pool, {ATTRIBUTE("dilation_w"), 1, NULL}, {ATTRIBUTE("dilation_w"), 2, NULL}, REFUSES},
    {"HISI-UP-001",
     "mode",
     upsample,
     {{.kind = K(ATTR_TEXT), .name = "mode"}, 0, "nearest"},
     {{.kind = K(ATTR_TEXT), .name = "mode"}, 0, "linear"},
     REFUSES},
    {"HISI-UP-001",
     "scale",
     upsample,
     {{.kind = K(ATTR_MILLI), .name = "scale_h"}, 2000, NULL},
     {{.kind = K(ATTR_MILLI), .name = "scale_h"}, 3000, NULL},
     REFUSES},
    {"HISI-UP-001",
     "grid",
     upsample,
     {{.kind = K(ATTR_TEXT), .name = "nearest_mode"}, 0, "round_prefer_floor"},
     {{.kind = K(ATTR_TEXT), .name = "nearest_mode"}, 0, "ceil"},
     REFUSES},
    {"HISI-UP-001",
     "grid",
     upsample,
     {{.kind = K(ATTR_TEXT), .name = "nearest_mode"}, 0, "floor"},
     {{.kind = K(ATTR_TEXT), .name = "coordinate_transformation_mode"}, 0, "half_pixel"},
     REFUSES},
    {"HISI-PERM-001",
     "",
     transpose,
     {{.kind = K(ATTR_LIST), .name = "perm"}, 231, NULL},
     {{.kind = K(ATTR_LIST), .name = "perm"}, 312, NULL},
     REFUSES},
    {"HISI-RSHP-001",
     "rank",
     reshape,
     {{.kind = K(RANK), .tensor = NBX_T_OUTPUT}, 4, NULL},
     {{.kind = K(RANK), .tensor = NBX_T_OUTPUT}, 5, NULL},
     REFUSES},
    {"HISI-PASS-001", "", space_to_depth, {ATTRIBUTE("blocksize"), 255, NULL}, {ATTRIBUTE("blocksize"), 256, NULL}, REFUSES},
    {"HISI-CAT-001", "", concat, {ATTRIBUTE("axis"), 3, NULL}, {ATTRIBUTE("axis"), 0, NULL}, REFUSES},
    {"HISI-RED-001",
     "",
     mean,
     {{.kind = K(ATTR_LIST), .name = "axes"}, 23, NULL},
     {{.kind = K(ATTR_LIST), .name = "axes"}, 13, NULL},
     REFUSES},
    {"HISI-ACT-002",
     "",
     pow2,
     {{.kind = K(CONST_MILLI), .tensor = NBX_T_INPUT, .index = 1}, -500, NULL},
     {{.kind = K(CONST_MILLI), .tensor = NBX_T_INPUT, .index = 1}, 1500, NULL},
     REFUSES},
    {"HISI-ACT-003",
     "",
     clip,
     {{.kind = K(ATTR_MILLI), .name = "min"}, 0, NULL},
     {{.kind = K(ATTR_MILLI), .name = "min"}, -1000, NULL},
     REFUSES},
    {"HISI-ELT-002", "", add, {{.kind = K(BROADCAST)}, 0, NULL}, {{.kind = K(BROADCAST)}, 1, NULL}, REFUSES},
    {"HISI-MEM-002",
     "ddr4",
     conv,
     {{.kind = K(DIM), .tensor = NBX_T_OUTPUT, .axes = "w"}, 24, NULL},
     {{.kind = K(DIM), .tensor = NBX_T_OUTPUT, .axes = "w"}, 23, NULL},
     NBX_EFFECT_SLOW},
    {"HISI-BATCH-002",
     "",
     gemm,
     {{.kind = K(DIM), .tensor = NBX_T_OUTPUT, .axes = "n"}, 2, NULL},
     {{.kind = K(DIM), .tensor = NBX_T_OUTPUT, .axes = "n"}, 1, NULL},
     NBX_EFFECT_SLOW},
    {"HISI-QNT-006", "", conv, {{.kind = K(SCHEME)}, 0, "log8"}, {{.kind = K(SCHEME)}, 0, "log16"}, NBX_EFFECT_SLOW},
};

static void apply(nbx_edit *e, const change *c, const char *id)
{
    bool done = !c->subject.kind || (c->text ? nbx_subject_set_text(e, &c->subject, c->text) : nbx_subject_set(e, &c->subject, c->value));
    ck_assert_msg(done, "%s: the case cannot be made", id);
}

START_TEST(at_the_limit)
{
    nbx_edit e = nodes[_i].start();
    uint16_t effect = 0;
    apply(&e, &nodes[_i].inside, nodes[_i].id);
    ck_assert_msg(judge_case(&e, nodes[_i].id, nodes[_i].variant, &effect) == NBX_TRUE, "%s %s: minds inside", nodes[_i].id,
                  nodes[_i].variant);
    if (!nodes[_i].effect) return;
    apply(&e, &nodes[_i].outside, nodes[_i].id);
    ck_assert_msg(judge_case(&e, nodes[_i].id, nodes[_i].variant, &effect) == NBX_FALSE, "%s %s: silent outside", nodes[_i].id,
                  nodes[_i].variant);
    ck_assert_uint_eq(effect, nodes[_i].effect);
}
END_TEST

/* Rows with a remedy that can be applied: doing so to the outside case cures it. */
START_TEST(remedies_cure)
{
    nbx_edit e = nodes[_i].start();
    nbx_edit_view view;
    uint16_t effect = 0;
    if (!nodes[_i].effect) return;
    apply(&e, &nodes[_i].inside, nodes[_i].id);
    apply(&e, &nodes[_i].outside, nodes[_i].id);
    for (uint32_t i = 0; i < HISI_RULE_ROWS; i++) {
        const nbx_rule *rule = &hisi_rules[i];
        if (!names_it(rule, nodes[_i].id, nodes[_i].variant) || rule->remedy != NBX_REMEDY_NEAREST_LEGAL) continue;
        const nbx_clause *clause = NBX_ROW(nbx_clause, rule->must, rule->remedy_clause);
        int64_t nearest;
        nbx_edit_show(&e, &hisi_chips[0], &view);
        nbx_reading now = nbx_subject_find(clause->of.kind)->get(&view.call, &clause->of);
        ck_assert(now.known && nbx_clause_nearest(clause, now.number, 0, &nearest));
        ck_assert_msg(nbx_subject_set(&e, &clause->of, nearest), "%s %s", rule->id, rule->variant);
        ck_assert_msg(judge_case(&e, nodes[_i].id, nodes[_i].variant, &effect) == NBX_TRUE, "%s %s: not cured", rule->id, rule->variant);
    }
}
END_TEST

/* What a setter cannot make: each line is a case of its own. */
START_TEST(cases_by_hand)
{
    const struct {
        const char *id, *variant;
        nbx_edit in, out;
    } rows[] = {
        {"HISI-GRAPH-007", "", transpose(), sample_transpose(1, 0, 2, 3)},
        {"HISI-GRAPH-010", "window", max_pool(), sample_inputs("MaxPool", 1, 8, 4)},
        {"HISI-RSHP-001", "batch", reshape(), sample_reshape(4, 2, 8, 2, 4)},
        {"HISI-POOL-005", "indices", max_pool(), pool_with_indices()},
        {"HISI-ACT-001", "relu6", relu(), clip()},
        {"HISI-ACT-001", "hard", relu(), hard_swish()},
        {"HISI-ACT-001", "swish", relu(), swish()},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        nbx_edit in = rows[i].in, out = rows[i].out;
        uint16_t effect = 0;
        if (strcmp(rows[i].variant, "window") == 0) out.inputs[0].rank = 3;
        ck_assert_msg(judge_case(&in, rows[i].id, rows[i].variant, &effect) == NBX_TRUE, "%s %s inside", rows[i].id, rows[i].variant);
        ck_assert_msg(judge_case(&out, rows[i].id, rows[i].variant, &effect) == NBX_FALSE, "%s %s outside", rows[i].id, rows[i].variant);
    }
    nbx_edit three = matmul();
    uint16_t effect = 0;
    three.inputs[0] = sample_tensor(false, 3, 2, 4, 8, 0);
    three = sample_done(three);
    ck_assert_int_eq(judge_case(&three, "HISI-FC-001", "", &effect), NBX_FALSE);
    nbx_edit ddr3 = sample_conv(32, 64, 13, 3, 1);
    nbx_subject ddr = of_node(K(OPTION), "ddr", NULL);
    ck_assert(nbx_subject_set_text(&ddr3, &ddr, "ddr3"));
    ck_assert_int_eq(judge_case(&ddr3, "HISI-MEM-002", "ddr3", &effect), NBX_TRUE);
    ddr3 = sample_conv(32, 64, 11, 3, 1);
    ck_assert(nbx_subject_set_text(&ddr3, &ddr, "ddr3"));
    ck_assert_int_eq(judge_case(&ddr3, "HISI-MEM-002", "ddr3", &effect), NBX_FALSE);
    ck_assert_int_eq(judge_case(&ddr3, "HISI-MEM-002", "ddr4", &effect), NBX_TRUE);
}
END_TEST

/* MaxPool 3x3 stride 2 with ceil_mode on 112, as ResNet50 has it; without ceil_mode; and with the end pad dropped. */
START_TEST(first_pool_of_resnet)
{
    nbx_edit e = sample_pool("MaxPool", 64, 112, 3, 2);
    nbx_subject ceil_mode = of_node(K(ATTR), "ceil_mode", NULL);
    uint16_t effect = 0;
    ck_assert_int_eq(judge_case(&e, "HISI-POOL-001", "h", &effect), NBX_FALSE);
    ck_assert(nbx_subject_set(&e, &ceil_mode, 1));
    ck_assert_int_eq(judge_case(&e, "HISI-POOL-001", "h", &effect), NBX_TRUE);
    e = sample_pool("MaxPool", 64, 112, 3, 2);
    sample_ints(&e, "pads", 4, (int64_t[]){1, 1, 0, 0});
    e = sample_done(e);
    ck_assert_int_eq(judge_case(&e, "HISI-POOL-001", "w", &effect), NBX_TRUE);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("hisilicon rules");
    TCase *t = tcase_create("rules");
    tcase_add_loop_test(t, at_the_limit, 0, sizeof nodes / sizeof nodes[0]);
    tcase_add_loop_test(t, remedies_cure, 0, sizeof nodes / sizeof nodes[0]);
    tcase_add_test(t, cases_by_hand);
    tcase_add_test(t, first_pool_of_resnet);
    suite_add_tcase(s, t);
    return s;
}

SAMPLE_MAIN(suite())
