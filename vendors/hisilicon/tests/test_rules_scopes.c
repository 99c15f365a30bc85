/* SPDX-License-Identifier: Apache-2.0 */
/* HiSilicon rules that need more than a node's structure: neighbours, ports, segments, the model, data. */
#include <math.h>

#include "judge.h"

/* A Gemm with a Conv before it, and without. */
START_TEST(neighbours)
{
    nbx_edit e = sample_gemm(2, 1024, 1024);
    nbx_edit_view view;
    uint16_t effect = 0;
    nbx_node both[2];
    nbx_edit_show(&e, &hisi_chips[0], &view);
    ck_assert_int_eq(judge(&view.call, "HISI-GRAPH-009", "", &effect), NBX_TRUE);
    both[0] = view.node;
    both[1] = view.node;
    both[1].op = "Conv";
    view.graph.nodes = (nbx_span)NBX_SPAN(both);
    view.producer[view.input_ids[0]] = 1;
    ck_assert_int_eq(judge(&view.call, "HISI-GRAPH-009", "", &effect), NBX_FALSE);
    ck_assert_uint_eq(effect, NBX_EFFECT_NOTE);
}
END_TEST

START_TEST(ports)
{
    nbx_edit e = sample_conv(3, 64, 28, 3, 1);
    nbx_edit_view view;
    uint16_t effect = 0;
    nbx_edit_show(&e, &hisi_chips[0], &view);
    nbx_port_info port = {.name = "x", .value = &view.values[0], .source = "image", .scale_count = 1};
    view.call.port = &port;
    ck_assert_int_eq(judge(&view.call, "HISI-GRAPH-001", "", &effect), NBX_TRUE);
    ck_assert_int_eq(judge(&view.call, "HISI-IN-001", "", &effect), NBX_TRUE);
    ck_assert_int_eq(judge(&view.call, "HISI-IN-002", "", &effect), NBX_TRUE);
    port.scale_count = 3;
    ck_assert_int_eq(judge(&view.call, "HISI-IN-002", "", &effect), NBX_FALSE);
    view.values[0].dims[1] = 4;
    ck_assert_int_eq(judge(&view.call, "HISI-IN-001", "", &effect), NBX_FALSE);
    ck_assert_uint_eq(effect, NBX_EFFECT_REJECT);
    port.source = "feature";
    ck_assert_int_eq(judge(&view.call, "HISI-IN-001", "", &effect), NBX_TRUE);
    view.values[0].dims[2] = -1;
    ck_assert_int_eq(judge(&view.call, "HISI-GRAPH-001", "", &effect), NBX_FALSE);
}
END_TEST

START_TEST(segments_and_models)
{
    nbx_edit e = sample_conv(32, 64, 28, 3, 1);
    nbx_edit_view view;
    uint16_t effect = 0;
    uint32_t many[17] = {0};
    nbx_segment_info segments[9] = {
        {.nodes = many, .node_count = 2, .inputs = many, .input_count = 16, .outputs = many, .output_count = 16}};
    nbx_edit_show(&e, &hisi_chips[0], &view);
    view.call.segment = view.call.segments = segments;
    view.call.segment_count = 8;
    for (int i = 1; i < 9; i++)
        segments[i] = segments[0];
    ck_assert_int_eq(judge(&view.call, "HISI-GRAPH-002", "", &effect), NBX_TRUE);
    ck_assert_int_eq(judge(&view.call, "HISI-GRAPH-003", "inputs", &effect), NBX_TRUE);
    ck_assert_int_eq(judge(&view.call, "HISI-GRAPH-003", "outputs", &effect), NBX_TRUE);
    ck_assert_int_eq(judge(&view.call, "HISI-GRAPH-005", "", &effect), NBX_TRUE);
    ck_assert_int_eq(judge(&view.call, "HISI-BATCH-001", "", &effect), NBX_TRUE);
    view.call.segment_count = 9;
    segments[0].input_count = segments[0].output_count = 17;
    ck_assert_int_eq(judge(&view.call, "HISI-GRAPH-002", "", &effect), NBX_FALSE);
    ck_assert_int_eq(judge(&view.call, "HISI-GRAPH-003", "inputs", &effect), NBX_FALSE);
    ck_assert_int_eq(judge(&view.call, "HISI-GRAPH-003", "outputs", &effect), NBX_FALSE);
    view.values[0].dims[0] = 257;
    ck_assert_int_eq(judge(&view.call, "HISI-BATCH-001", "", &effect), NBX_FALSE);
    ck_assert_uint_eq(effect, NBX_EFFECT_REJECT);
    /* One convolution, then regions: 2 in a segment and 4 in a model are allowed, but not beside a convolution. */
    nbx_node rows[2] = {view.node, view.node};
    uint32_t roi[5] = {1, 1, 1, 1, 1}, mixed[2] = {0, 1};
    rows[1].op = "MaxRoiPool";
    view.graph.nodes = (nbx_span)NBX_SPAN(rows);
    view.call.segment_count = 1;
    segments[0] = (nbx_segment_info){.nodes = roi, .node_count = 2};
    ck_assert_int_eq(judge(&view.call, "HISI-ROI-001", "segment", &effect), NBX_TRUE);
    segments[0].node_count = 4;
    ck_assert_int_eq(judge(&view.call, "HISI-ROI-001", "segment", &effect), NBX_FALSE);
    ck_assert_int_eq(judge(&view.call, "HISI-ROI-001", "model", &effect), NBX_TRUE);
    segments[0].node_count = 5;
    ck_assert_int_eq(judge(&view.call, "HISI-ROI-001", "model", &effect), NBX_FALSE);
    segments[0] = (nbx_segment_info){.nodes = mixed, .node_count = 2};
    ck_assert_int_eq(judge(&view.call, "HISI-GRAPH-005", "", &effect), NBX_FALSE);
}
END_TEST

/* Layers of other kinds of network: tables only, NBX does not compute them. */
START_TEST(regions_and_sequences)
{
    nbx_edit e = sample_conv(32, 64, 28, 3, 1);
    nbx_edit_view view;
    uint16_t effect = 0;
    e.op = "MaxRoiPool";
    e.inputs[1] = sample_tensor(false, 2, 5000, 5, 0, 0);
    nbx_edit_show(&e, &hisi_chips[0], &view);
    ck_assert_int_eq(judge(&view.call, "HISI-ROI-002", "", &effect), NBX_TRUE);
    view.values[1].dims[0] = 5001;
    ck_assert_int_eq(judge(&view.call, "HISI-ROI-002", "", &effect), NBX_FALSE);
    e.op = "LSTM";
    e.inputs[0] = sample_tensor(false, 3, 1024, 1, 8, 0);
    nbx_edit_show(&e, &hisi_chips[0], &view);
    ck_assert_int_eq(judge(&view.call, "HISI-RNN-001", "", &effect), NBX_TRUE);
    view.values[0].dims[0] = 1025;
    ck_assert_int_eq(judge(&view.call, "HISI-RNN-001", "", &effect), NBX_FALSE);
}
END_TEST

static float weights[4];
static int32_t map_weights(void *self, uint64_t id, uint32_t form, const void **data, uint64_t *bytes)
{
    (void)self, (void)id, (void)form;
    *data = weights;
    *bytes = sizeof weights;
    return NBX_OK;
}
static void unmap_weights(void *self, uint64_t id, uint32_t form)
{
    (void)self, (void)id, (void)form;
}

START_TEST(weights_and_ranges)
{
    nbx_edit e = sample_op("Conv");
    nbx_edit_view view;
    uint16_t effect = 0;
    nbx_qparam z = {.exponent = -127};
    e.input_count = 2;
    e.inputs[0] = sample_tensor(false, 4, 1, 2, 1, 1);
    e.inputs[1] = sample_tensor(true, 4, 2, 2, 1, 1);
    sample_ints(&e, "kernel_shape", 2, (int64_t[]){1, 1});
    e = sample_done(e);
    e.scheme = "log8";
    nbx_edit_show(&e, &hisi_chips[0], &view);
    encode_outputs(&view);
    view.graph.const_map = map_weights;
    view.graph.const_unmap = unmap_weights;
    ck_assert_int_eq(judge(&view.call, "HISI-QNT-001", "", &effect), NBX_UNKNOWN_YET); /* no parameters yet */
    view.values[1].params = (nbx_span){&z, 1, sizeof z};
    memcpy(weights, (float[]){1, 1, 0.0625F, 0}, sizeof weights);
    ck_assert_int_eq(judge(&view.call, "HISI-QNT-001", "", &effect), NBX_TRUE);
    ck_assert_int_eq(judge(&view.call, "HISI-QNT-005", "", &effect), NBX_TRUE); /* 4 octaves */
    memcpy(weights, (float[]){1, 1, 0.06F, 0.001F}, sizeof weights);
    ck_assert_int_eq(judge(&view.call, "HISI-QNT-001", "", &effect), NBX_FALSE);
    ck_assert_int_eq(judge(&view.call, "HISI-QNT-005", "", &effect), NBX_FALSE);
    ck_assert_int_eq(judge(&view.call, "HISI-QNT-004", "log8", &effect), NBX_UNKNOWN_YET);
    for (int i = 0; i < 3; i += 2) {
        view.values[i].flags |= NBX_VALUE_RANGE;
        view.values[i].range_lo = 0;
        view.values[i].range_hi = ldexp(1.0, 39);
    }
    view.call.has_data = true;
    ck_assert_int_eq(judge(&view.call, "HISI-QNT-004", "log8", &effect), NBX_TRUE);
    ck_assert_int_eq(judge(&view.call, "HISI-QNT-002", "input", &effect), NBX_TRUE);
    ck_assert_int_eq(judge(&view.call, "HISI-QNT-002", "output", &effect), NBX_TRUE);
    view.values[2].range_hi = ldexp(1.0, 40);
    ck_assert_int_eq(judge(&view.call, "HISI-QNT-004", "log8", &effect), NBX_FALSE);
    view.call.scheme = "log16";
    ck_assert_int_eq(judge(&view.call, "HISI-QNT-004", "log16", &effect), NBX_TRUE);
    view.values[2].range_hi = ldexp(1.0, -22);
    ck_assert_int_eq(judge(&view.call, "HISI-QNT-004", "log16", &effect), NBX_FALSE);
    view.values[0].range_hi = view.values[2].range_hi = INFINITY;
    ck_assert_int_eq(judge(&view.call, "HISI-QNT-002", "input", &effect), NBX_FALSE);
    ck_assert_int_eq(judge(&view.call, "HISI-QNT-002", "output", &effect), NBX_FALSE);
}
END_TEST

START_TEST(operand_ranges)
{
    const struct {
        const char *id;
        nbx_edit e;
        double inside, outside;
    } rows[] = {{"HISI-ELT-001", sample_done(sample_inputs("Add", 2, 8, 4)), 16, 17}, {"HISI-CAT-002", sample_concat(3), 2, 2.1}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        nbx_edit_view view;
        uint16_t effect = 0;
        nbx_edit_show(&rows[i].e, &hisi_chips[0], &view);
        ck_assert_int_eq(judge(&view.call, rows[i].id, "", &effect), NBX_UNKNOWN_YET);
        view.call.has_data = true;
        view.values[0].flags |= NBX_VALUE_RANGE, view.values[1].flags |= NBX_VALUE_RANGE;
        view.values[0].range_hi = 1;
        view.values[1].range_hi = rows[i].inside;
        ck_assert_int_eq(judge(&view.call, rows[i].id, "", &effect), NBX_TRUE);
        view.values[1].range_hi = rows[i].outside;
        ck_assert_int_eq(judge(&view.call, rows[i].id, "", &effect), NBX_FALSE);
        ck_assert_uint_eq(effect, NBX_EFFECT_NOTE);
    }
}
END_TEST

/* Rows that must never speak. */
START_TEST(rows_that_are_off)
{
    uint32_t off = 0;
    for (uint32_t i = 0; i < HISI_RULE_ROWS; i++) {
        bool known = strcmp(hisi_rules[i].id, "HISI-POOL-002") == 0 || strcmp(hisi_rules[i].id, "HISI-QNT-003") == 0;
        ck_assert_msg(((hisi_rules[i].flags & NBX_RULE_OFF) != 0) == known, "%s", hisi_rules[i].id);
        off += known;
    }
    ck_assert_uint_eq(off, 2);
    nbx_edit e = sample_done(sample_inputs("GlobalAveragePool", 1, 32, 7));
    uint16_t effect = 0;
    ck_assert_int_eq(judge_case(&e, "HISI-POOL-002", "", &effect), NBX_TRUE);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("hisilicon rules beyond a node");
    TCase *t = tcase_create("rules");
    tcase_add_test(t, neighbours);
    tcase_add_test(t, ports);
    tcase_add_test(t, segments_and_models);
    tcase_add_test(t, regions_and_sequences);
    tcase_add_test(t, weights_and_ranges);
    tcase_add_test(t, operand_ranges);
    tcase_add_test(t, rows_that_are_off);
    suite_add_tcase(s, t);
    return s;
}

SAMPLE_MAIN(suite())
