/* SPDX-License-Identifier: Apache-2.0 */
/* What each subject reads on cases built by hand, and that setters and getters agree. */
#include "edit_samples.h"

#include <math.h>

#include "schema/encodings.h"

enum { CONV, DEPTHWISE, POINTWISE, STRIDED, POOL, GEMM, ADD, CONCAT, RESIZE, TRANSPOSE, GLOBAL, LSTM, SAMPLES };

static nbx_edit sample(int which)
{
    nbx_edit e;
    switch (which) {
    case CONV:
        return sample_conv(32, 64, 14, 3, 2);
    case DEPTHWISE:
        return sample_conv(32, 32, 14, 3, 32);
    case POINTWISE:
        return sample_conv(32, 64, 14, 1, 1);
    case STRIDED: /* 15 + 1 + 0 - 5 = 11 high, stride 2: one row remains; pads 1 left, 2 right */
        e = sample_conv(3, 8, 15, 3, 1);
        sample_ints(&e, "strides", 2, (int64_t[]){2, 2});
        sample_ints(&e, "dilations", 2, (int64_t[]){2, 1});
        sample_ints(&e, "pads", 4, (int64_t[]){1, 1, 0, 2});
        return sample_done(e);
    case POOL:
        return sample_pool("MaxPool", 8, 112, 3, 2);
    case GEMM:
        return sample_gemm(2, 100, 10);
    case ADD:
        e = sample_inputs("Add", 2, 8, 4);
        e.inputs[1] = sample_tensor(true, 4, 1, 8, 1, 1);
        return sample_done(e);
    case CONCAT:
        return sample_concat(1);
    case RESIZE:
        return sample_resize("nearest", 2.0F, "asymmetric", "floor");
    case TRANSPOSE:
        return sample_transpose(0, 2, 3, 1);
    case GLOBAL:
        return sample_done(sample_inputs("GlobalAveragePool", 1, 8, 7));
    default:
        e = sample_inputs("LSTM", 1, 8, 7);
        return e;
    }
}

#define UNREAD  INT64_MIN
#define K(kind) NBX_SUBJECT_##kind
static const struct {
    const char *name;
    int sample;
    nbx_subject subject;
    int64_t number;
    const char *text;
} readings[] = {
    {"channels of the input", CONV, {.kind = K(DIM), .tensor = NBX_T_INPUT, .axes = "c"}, 32, NULL},
    {"a product of axes", CONV, {.kind = K(DIM), .tensor = NBX_T_OUTPUT, .axes = "chw"}, 64 * 14 * 14, NULL},
    {"an axis that the rank lacks", GEMM, {.kind = K(DIM), .tensor = NBX_T_INPUT, .axes = "h"}, UNREAD, NULL},
    {"an input that is not there", POOL, {.kind = K(DIM), .tensor = NBX_T_INPUT, .index = 1, .axes = "c"}, UNREAD, NULL},
    {"rank", GEMM, {.kind = K(RANK), .tensor = NBX_T_INPUT}, 2, NULL},
    {"elements", CONV, {.kind = K(ELEMENTS), .tensor = NBX_T_INPUT, .index = 1}, 64 * 16 * 9, NULL},
    {"elements with padding", CONV, {.kind = K(ELEMENTS), .tensor = NBX_T_INPUT, .name = "NHWC8w4c"}, 14 * 16 * 32, NULL},
    {"blocks: 14 rows, 2 x 8 wide, 8 x 4 channels", CONV, {.kind = K(BLOCKS), .tensor = NBX_T_INPUT, .name = "NHWC8w4c"}, 14 * 2 * 8, NULL},
    {"bits of the element type", CONV, {.kind = K(DTYPE_BITS), .tensor = NBX_T_INPUT}, 32, NULL},
    {"element type", CONV, {.kind = K(DTYPE), .tensor = NBX_T_INPUT}, NBX_DTYPE_FLOAT32, NULL},
    {"an integer attribute", CONV, {.kind = K(ATTR), .name = "group"}, 2, NULL},
    {"kernel of an axis", CONV, {.kind = K(ATTR), .name = "kernel_w"}, 3, NULL},
    {"stride of an axis", STRIDED, {.kind = K(ATTR), .name = "stride_h"}, 2, NULL},
    {"dilation of an axis", STRIDED, {.kind = K(ATTR), .name = "dilation_h"}, 2, NULL},
    {"begin pad", STRIDED, {.kind = K(ATTR), .name = "pad_left"}, 1, NULL},
    {"end pad", STRIDED, {.kind = K(ATTR), .name = "pad_right"}, 2, NULL},
    {"pad of an axis that is not there", STRIDED, {.kind = K(ATTR), .name = "pad_front"}, UNREAD, NULL},
    {"no such attribute", CONV, {.kind = K(ATTR), .name = "axis"}, UNREAD, NULL},
    {"a list is no number", CONV, {.kind = K(ATTR), .name = "strides"}, UNREAD, NULL},
    {"a text attribute", RESIZE, {.kind = K(ATTR_TEXT), .name = "mode"}, 0, "nearest"},
    {"a number is no text", CONV, {.kind = K(ATTR_TEXT), .name = "group"}, UNREAD, NULL},
    {"scale of an axis", RESIZE, {.kind = K(ATTR_MILLI), .name = "scale_h"}, 2000, NULL},
    {"a list as digits", TRANSPOSE, {.kind = K(ATTR_LIST), .name = "perm"}, 231, NULL},
    {"extent of a dilated kernel", STRIDED, {.kind = K(KERNEL_EXTENT), .axes = "h"}, 5, NULL},
    {"the larger extent of two axes", STRIDED, {.kind = K(KERNEL_EXTENT), .axes = "hw"}, 5, NULL},
    {"extent of a global pool", GLOBAL, {.kind = K(KERNEL_EXTENT), .axes = "h"}, 7, NULL},
    {"volume of a kernel", CONV, {.kind = K(KERNEL_VOLUME)}, 9, NULL},
    {"volume of a global pool", GLOBAL, {.kind = K(KERNEL_VOLUME)}, 49, NULL},
    {"input channels of a group", CONV, {.kind = K(CHANNELS_PER_GROUP_IN)}, 16, NULL},
    {"output channels of a group", CONV, {.kind = K(CHANNELS_PER_GROUP_OUT)}, 32, NULL},
    {"inputs of a Gemm", GEMM, {.kind = K(CHANNELS_PER_GROUP_IN)}, 100, NULL},
    {"outputs of a Gemm", GEMM, {.kind = K(CHANNELS_PER_GROUP_OUT)}, 10, NULL},
    {"weights are constant", CONV, {.kind = K(IS_CONST), .tensor = NBX_T_INPUT, .index = 1}, 1, NULL},
    {"activations are not", CONV, {.kind = K(IS_CONST), .tensor = NBX_T_INPUT}, 0, NULL},
    {"a bias is there", CONV, {.kind = K(IS_PRESENT), .tensor = NBX_T_INPUT, .index = 2}, 1, NULL},
    {"a fourth input is not", CONV, {.kind = K(IS_PRESENT), .tensor = NBX_T_INPUT, .index = 3}, 0, NULL},
    {"fan-out of the result", CONV, {.kind = K(FAN_OUT), .tensor = NBX_T_OUTPUT}, 1, NULL},
    {"inputs", CONV, {.kind = K(INPUT_COUNT)}, 3, NULL},
    {"outputs", CONV, {.kind = K(OUTPUT_COUNT)}, 1, NULL},
    {"a broadcast operand", ADD, {.kind = K(BROADCAST)}, 1, NULL},
    {"equal operands", CONCAT, {.kind = K(BROADCAST)}, 0, NULL},
    {"a remainder", STRIDED, {.kind = K(OUTPUT_REMAINDER), .axes = "h"}, 1, NULL},
    {"109 rows in steps of 2", POOL, {.kind = K(OUTPUT_REMAINDER), .axes = "hw"}, 1, NULL},
    {"grouped", CONV, {.kind = K(CLASS)}, 0, "grouped"},
    {"depthwise", DEPTHWISE, {.kind = K(CLASS)}, 0, "depthwise"},
    {"pointwise", POINTWISE, {.kind = K(CLASS)}, 0, "pointwise"},
    {"dense", STRIDED, {.kind = K(CLASS)}, 0, "dense"},
    {"a pool has no class", POOL, {.kind = K(CLASS)}, UNREAD, NULL},
    {"length of the node's name", CONV, {.kind = K(NAME_LENGTH)}, 6, NULL},
    {"length of a tensor's name", CONV, {.kind = K(NAME_LENGTH), .tensor = NBX_T_INPUT}, 6, NULL},
    {"revision", CONV, {.kind = K(OP_REVISION)}, 11, NULL},
    {"nobody produces an input", CONV, {.kind = K(PRODUCER), .tensor = NBX_T_INPUT}, 0, ""},
    {"the node produces its output", CONV, {.kind = K(PRODUCER), .tensor = NBX_T_OUTPUT}, 0, "Conv"},
    {"the only consumer of the input", POOL, {.kind = K(CONSUMER), .tensor = NBX_T_INPUT}, 0, "MaxPool"},
    {"the batch is kept", CONV, {.kind = K(BATCH_CHANGED)}, 0, NULL},
    {"an option", CONV, {.kind = K(OPTION), .name = "ddr"}, 0, "ddr4"},
    {"no such option", CONV, {.kind = K(OPTION), .name = "none"}, UNREAD, NULL},
    {"not forced", CONV, {.kind = K(FORCED)}, 0, NULL},
    {"pads differ", STRIDED, {.kind = K(PAD_DIFFERENCE), .axes = "w"}, 1, NULL},
    {"pads differ the other way", STRIDED, {.kind = K(PAD_DIFFERENCE), .axes = "h"}, -1, NULL},
    {"a CNN layer", CONV, {.kind = K(NET_TYPE)}, 0, "cnn"},
    {"a recurrent layer", LSTM, {.kind = K(NET_TYPE)}, 0, "recurrent"},
    {"the scheme", CONV, {.kind = K(SCHEME)}, 0, "log8"},
    {"bits without an encoding", CONV, {.kind = K(CODE_BITS), .tensor = NBX_T_INPUT}, 32, NULL},
    {"kind without an encoding", CONV, {.kind = K(ENCODING_KIND), .tensor = NBX_T_INPUT}, 0, NULL},
    {"batch of the model", GEMM, {.kind = K(BATCH)}, 2, NULL},
};

START_TEST(getters)
{
    nbx_edit e = sample(readings[_i].sample);
    nbx_edit_view view;
    e.scheme = "log8";
    e.options[e.option_count++] = (nbx_option_value){.struct_size = sizeof(nbx_option_value), .name = "ddr", .value = "ddr4"};
    nbx_edit_show(&e, NULL, &view);
    const nbx_subject_info *info = nbx_subject_find(readings[_i].subject.kind);
    nbx_reading r = info->get(&view.call, &readings[_i].subject);
    ck_assert_msg(r.known == (readings[_i].number != UNREAD), "%s: %s", readings[_i].name, r.known ? "was read" : "was not read");
    if (!r.known) return;
    ck_assert_msg(info->is_text == (readings[_i].text != NULL), "%s: text or number", readings[_i].name);
    if (info->is_text)
        ck_assert_msg(strcmp(r.text, readings[_i].text) == 0, "%s: read %s", readings[_i].name, r.text);
    else
        ck_assert_msg(r.number == readings[_i].number, "%s: read %lld", readings[_i].name, (long long)r.number);
}
END_TEST

/* Producer, fan-out and consumer must not depend on whether the arrays are handed in. */
START_TEST(links_without_arrays)
{
    nbx_edit e = sample(readings[_i].sample);
    nbx_edit_view view;
    nbx_subject s = readings[_i].subject;
    if (s.kind != K(PRODUCER) && s.kind != K(CONSUMER) && s.kind != K(FAN_OUT)) return;
    nbx_edit_show(&e, NULL, &view);
    nbx_reading with = nbx_subject_find(s.kind)->get(&view.call, &s);
    view.call.producer = view.call.fan_out = view.call.consumer = NULL;
    nbx_reading without = nbx_subject_find(s.kind)->get(&view.call, &s);
    ck_assert(with.known == without.known);
    if (with.text) ck_assert_str_eq(with.text, without.text);
    if (s.kind == K(FAN_OUT)) ck_assert_int_eq(without.number, 0); /* nobody reads the result of a single node */
}
END_TEST

/* A constant of two channels, 1 and 0.25 at most, with a value below the window of log8. */
static const float weights[4] = {1.0F, -0.5F, 0.25F, 0.0001F};
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

START_TEST(values)
{
    nbx_edit e = sample_op("Conv");
    nbx_edit_view view;
    nbx_qparam in = {.exponent = -100}, w[2] = {{.exponent = -127}, {.exponent = -130}};
    e.input_count = 2;
    e.inputs[0] = sample_tensor(false, 4, 1, 2, 1, 1);
    e.inputs[1] = sample_tensor(true, 4, 2, 2, 1, 1);
    sample_ints(&e, "kernel_shape", 2, (int64_t[]){1, 1});
    e = sample_done(e);
    nbx_edit_show(&e, NULL, &view);
    view.graph.const_map = map_weights;
    view.graph.const_unmap = unmap_weights;
    nbx_subject activations = of_tensor(K(EXPONENT), NBX_T_INPUT, 0, NULL, NULL),
                constants = of_tensor(K(EXPONENT), NBX_T_INPUT, 1, NULL, NULL);
    view.values[0].encoding = view.values[1].encoding = &nbx_encoding_log8;
    view.values[0].params = (nbx_span){&in, 1, sizeof in};
    view.values[1].params = (nbx_span){w, 2, sizeof w[0]};
    ck_assert(!nbx_get_EXPONENT(&view.call, &activations).known); /* no calibration data */
    ck_assert_int_eq(nbx_get_EXPONENT(&view.call, &constants).number, -130);
    view.call.has_data = true;
    ck_assert_int_eq(nbx_get_EXPONENT(&view.call, &activations).number, -100);
    ck_assert_int_eq(nbx_get_CODE_BITS(&view.call, &activations).number, 8);
    ck_assert_int_eq(nbx_get_ENCODING_KIND(&view.call, &activations).number, NBX_ENC_LOG);
    ck_assert_int_eq(nbx_get_SPREAD_MILLI_OCTAVES(&view.call, &constants).number, 2000);
    view.values[1].params.count = 1;
    ck_assert_int_eq(nbx_get_LOST_PPM(&view.call, &constants).number, 250000);
    view.values[0].flags |= NBX_VALUE_RANGE;
    view.values[0].range_lo = -0.5;
    view.values[0].range_hi = 4.0;
    ck_assert_int_eq(nbx_get_RANGE_FINITE(&view.call, &activations).number, 1);
    ck_assert_int_eq(nbx_get_RANGE_MILLI_LOG2(&view.call, &activations).number, 2000);
    ck_assert_int_eq(nbx_get_CLIP_GRID(&view.call, &activations).number, 1);
    view.values[0].range_hi = 4.1;
    ck_assert_int_eq(nbx_get_CLIP_GRID(&view.call, &activations).number, 0);
    view.values[1].flags |= NBX_VALUE_RANGE;
    view.values[1].range_hi = 1.025;
    ck_assert_int_eq(nbx_get_RANGE_MILLI_OCTAVES(&view.call, &activations).number, 2000);
    view.values[0].range_hi = INFINITY;
    ck_assert_int_eq(nbx_get_RANGE_FINITE(&view.call, &activations).number, 0);
    view.values[0].encoding = &nbx_encoding_int8_asym;
    in.zero_point = -3;
    ck_assert_int_eq(nbx_get_ZERO_POINT(&view.call, &activations).number, -3);
}
END_TEST

START_TEST(plan_scopes)
{
    nbx_edit e = sample(CONV);
    nbx_edit_view view;
    nbx_edit_show(&e, NULL, &view);
    uint32_t nodes[] = {0}, inputs[] = {0};
    nbx_segment_info segment = {
        .nodes = nodes, .node_count = 1, .inputs = inputs, .input_count = 1, .outputs = view.output_ids, .output_count = 1};
    nbx_port_info port = {.name = "x", .value = &view.values[0], .source = "image", .scale_count = 3};
    nbx_subject in = of_tensor(0, NBX_T_INPUT, 0, "Conv|Gemm", "hw"), weight = of_tensor(0, NBX_T_INPUT, 1, NULL, NULL);
    nbx_subject out = of_tensor(0, NBX_T_OUTPUT, 0, NULL, NULL);
    ck_assert(!nbx_get_POSITION_INPUT(&view.call, &in).known);
    view.call.segment = view.call.segments = &segment;
    view.call.segment_count = 1;
    view.call.port = &port;
    ck_assert_int_eq(nbx_get_POSITION_INPUT(&view.call, &in).number, 1);
    ck_assert_int_eq(nbx_get_POSITION_INPUT(&view.call, &weight).number, 0);
    ck_assert_int_eq(nbx_get_POSITION_OUTPUT(&view.call, &out).number, 1);
    ck_assert_int_eq(nbx_get_SEGMENT_INPUTS(&view.call, &in).number, 1);
    ck_assert_int_eq(nbx_get_SEGMENT_OUTPUTS(&view.call, &in).number, 1);
    ck_assert_int_eq(nbx_get_SEGMENT_NODES(&view.call, &in).number, 1);
    ck_assert_int_eq(nbx_get_SEGMENT_OP_COUNT(&view.call, &in).number, 1);
    ck_assert_int_eq(nbx_get_SEGMENT_NET_TYPES(&view.call, &in).number, 1);
    ck_assert_int_eq(nbx_get_MODEL_SEGMENTS(&view.call, &in).number, 1);
    ck_assert_int_eq(nbx_get_MODEL_OP_COUNT(&view.call, &in).number, 1);
    ck_assert_int_eq(nbx_get_PORT_CHANNELS(&view.call, &in).number, 32);
    ck_assert_int_eq(nbx_get_PORT_DIM(&view.call, &in).number, 196);
    ck_assert_str_eq(nbx_get_PORT_SOURCE(&view.call, &in).text, "image");
    ck_assert_int_eq(nbx_get_PORT_STATIC(&view.call, &in).number, 1);
    ck_assert_int_eq(nbx_get_PORT_SCALE_COUNT(&view.call, &in).number, 3);
    view.values[0].dims[0] = -1;
    ck_assert_int_eq(nbx_get_PORT_STATIC(&view.call, &in).number, 0);
}
END_TEST

/* ---- setters ---- */

static const struct {
    const char *name;
    int sample;
    nbx_subject subject;
    int64_t value;
    const char *text;
    bool works;
} wishes[] = {
    {"input channels keep the group where it divides", CONV, {.kind = K(DIM), .tensor = NBX_T_INPUT, .axes = "c"}, 4098, NULL, true},
    {"input channels of a depthwise convolution", DEPTHWISE, {.kind = K(DIM), .tensor = NBX_T_INPUT, .axes = "c"}, 33, NULL, true},
    {"output channels", CONV, {.kind = K(DIM), .tensor = NBX_T_OUTPUT, .axes = "c"}, 4097, NULL, true},
    {"output height through the window", STRIDED, {.kind = K(DIM), .tensor = NBX_T_OUTPUT, .axes = "h"}, 9, NULL, true},
    {"a product of axes", CONV, {.kind = K(DIM), .tensor = NBX_T_INPUT, .axes = "hw"}, 77, NULL, true},
    {"operands that agree stay in agreement", CONCAT, {.kind = K(DIM), .tensor = NBX_T_INPUT, .axes = "h"}, 9, NULL, true},
    {"inputs of a Gemm", GEMM, {.kind = K(DIM), .tensor = NBX_T_INPUT, .axes = "c"}, 4097, NULL, true},
    {"batch of a Gemm", GEMM, {.kind = K(DIM), .tensor = NBX_T_OUTPUT, .axes = "n"}, 5, NULL, true},
    {"no extent of 0", CONV, {.kind = K(DIM), .tensor = NBX_T_INPUT, .axes = "c"}, 0, NULL, false},
    {"rank of an element-wise op", CONCAT, {.kind = K(RANK), .tensor = NBX_T_INPUT}, 5, NULL, true},
    {"a convolution keeps its rank", CONV, {.kind = K(RANK), .tensor = NBX_T_INPUT}, 3, NULL, false},
    {"elements", POOL, {.kind = K(ELEMENTS), .tensor = NBX_T_INPUT}, 8 * 112 * 50, NULL, true},
    {"elements of weights", GEMM, {.kind = K(ELEMENTS), .tensor = NBX_T_INPUT, .index = 0}, 300, NULL, true},
    {"blocks", CONV, {.kind = K(BLOCKS), .tensor = NBX_T_INPUT, .name = "NHWC8w4c"}, 14 * 2 * 5, NULL, true},
    {"blocks that no channel count gives", CONV, {.kind = K(BLOCKS), .tensor = NBX_T_INPUT, .name = "NHWC8w4c"}, 29, NULL, false},
    {"element type", POOL, {.kind = K(DTYPE), .tensor = NBX_T_INPUT}, NBX_DTYPE_FLOAT16, NULL, true},
    {"bits", POOL, {.kind = K(DTYPE_BITS), .tensor = NBX_T_INPUT}, 16, NULL, true},
    {"group", CONV, {.kind = K(ATTR), .name = "group"}, 2049, NULL, true},
    {"kernel, the picture grows", CONV, {.kind = K(ATTR), .name = "kernel_h"}, 255, NULL, true},
    {"stride", CONV, {.kind = K(ATTR), .name = "stride_w"}, 255, NULL, true},
    {"dilation, the picture grows", CONV, {.kind = K(ATTR), .name = "dilation_h"}, 256, NULL, true},
    {"pad", CONV, {.kind = K(ATTR), .name = "pad_top"}, 256, NULL, true},
    {"pad of a pool, the kernel grows", POOL, {.kind = K(ATTR), .name = "pad_left"}, 9, NULL, true},
    {"a flag", POOL, {.kind = K(ATTR), .name = "ceil_mode"}, 1, NULL, true},
    {"an axis that the rank lacks", CONCAT, {.kind = K(ATTR), .name = "axis"}, 7, NULL, false},
    {"a text", RESIZE, {.kind = K(ATTR_TEXT), .name = "mode"}, 0, "linear", true},
    {"a scale", RESIZE, {.kind = K(ATTR_MILLI), .name = "scale_w"}, 3000, NULL, true},
    {"a permutation", TRANSPOSE, {.kind = K(ATTR_LIST), .name = "perm"}, 312, NULL, true},
    {"no permutation", TRANSPOSE, {.kind = K(ATTR_LIST), .name = "perm"}, 333, NULL, false},
    {"extent of a kernel", STRIDED, {.kind = K(KERNEL_EXTENT), .axes = "h"}, 9, NULL, true},
    {"extents of both axes", POOL, {.kind = K(KERNEL_EXTENT), .axes = "hw"}, 7, NULL, true},
    {"volume of a kernel", POOL, {.kind = K(KERNEL_VOLUME)}, 77, NULL, true},
    {"input channels of a group", CONV, {.kind = K(CHANNELS_PER_GROUP_IN)}, 5, NULL, true},
    {"output channels of a group", CONV, {.kind = K(CHANNELS_PER_GROUP_OUT)}, 17, NULL, true},
    {"inputs of a Gemm by name", GEMM, {.kind = K(CHANNELS_PER_GROUP_IN)}, 7, NULL, true},
    {"weights at run time", CONV, {.kind = K(IS_CONST), .tensor = NBX_T_INPUT, .index = 1}, 0, NULL, true},
    {"no bias", CONV, {.kind = K(IS_PRESENT), .tensor = NBX_T_INPUT, .index = 2}, 0, NULL, true},
    {"a required input stays", CONV, {.kind = K(IS_PRESENT), .tensor = NBX_T_INPUT, .index = 1}, 0, NULL, false},
    {"fan-out", CONV, {.kind = K(FAN_OUT), .tensor = NBX_T_OUTPUT}, 0, NULL, true},
    {"more inputs", CONCAT, {.kind = K(INPUT_COUNT)}, 5, NULL, true},
    {"a Conv has no fourth input", CONV, {.kind = K(INPUT_COUNT)}, 4, NULL, false},
    {"equal operands", ADD, {.kind = K(BROADCAST)}, 0, NULL, true},
    {"broadcast operands", CONCAT, {.kind = K(BROADCAST)}, 1, NULL, false},
    {"a remainder", POOL, {.kind = K(OUTPUT_REMAINDER), .axes = "h"}, 0, NULL, true},
    {"remainders stay below the stride", POOL, {.kind = K(OUTPUT_REMAINDER), .axes = "h"}, 2, NULL, false},
    {"depthwise", CONV, {.kind = K(CLASS)}, 0, "depthwise", true},
    {"grouped", POINTWISE, {.kind = K(CLASS)}, 0, "grouped", true},
    {"dense", DEPTHWISE, {.kind = K(CLASS)}, 0, "dense", true},
    {"pointwise", DEPTHWISE, {.kind = K(CLASS)}, 0, "pointwise", true},
    {"a long name", CONV, {.kind = K(NAME_LENGTH)}, 32, NULL, true},
    {"a short name", CONV, {.kind = K(NAME_LENGTH)}, 3, NULL, true},
    {"an option", CONV, {.kind = K(OPTION), .name = "ddr"}, 0, "ddr3", true},
    {"forced", CONV, {.kind = K(FORCED)}, 1, NULL, true},
    {"pads of one side", CONV, {.kind = K(PAD_DIFFERENCE), .axes = "h"}, 1, NULL, true},
    {"pads of the other side", CONV, {.kind = K(PAD_DIFFERENCE), .axes = "w"}, -1, NULL, true},
    {"even pads", STRIDED, {.kind = K(PAD_DIFFERENCE), .axes = "hw"}, 0, NULL, true},
    {"a scheme", CONV, {.kind = K(SCHEME)}, 0, "log16", true},
    {"neighbours cannot be set", CONV, {.kind = K(PRODUCER), .tensor = NBX_T_INPUT}, 0, "Relu", false},
};

START_TEST(setters)
{
    nbx_edit before = sample(wishes[_i].sample), after = before;
    const nbx_subject *subject = &wishes[_i].subject;
    nbx_edit_view view;
    bool done =
        wishes[_i].text ? nbx_subject_set_text(&after, subject, wishes[_i].text) : nbx_subject_set(&after, subject, wishes[_i].value);
    ck_assert_msg(done == wishes[_i].works, "%s: %s", wishes[_i].name, done ? "was set" : "was not set");
    if (!done) {
        ck_assert_msg(memcmp(&before, &after, sizeof before) == 0, "%s: changed the case", wishes[_i].name);
        return;
    }
    nbx_edit_show(&after, NULL, &view);
    nbx_reading r = nbx_subject_find(subject->kind)->get(&view.call, subject);
    ck_assert(r.known);
    if (wishes[_i].text)
        ck_assert_str_eq(r.text, wishes[_i].text);
    else
        ck_assert_int_eq(r.number, wishes[_i].value);
}
END_TEST

START_TEST(const_milli)
{
    nbx_edit e = sample_inputs("Pow", 2, 8, 4);
    nbx_subject exponent = of_tensor(K(CONST_MILLI), NBX_T_INPUT, 1, NULL, NULL);
    nbx_edit_view view;
    e.inputs[1] = sample_tensor(true, 0, 0, 0, 0, 0);
    e = sample_done(e);
    ck_assert(nbx_subject_set(&e, &exponent, -500));
    nbx_edit_show(&e, NULL, &view);
    ck_assert_int_eq(nbx_get_CONST_MILLI(&view.call, &exponent).number, -500);
}
END_TEST

/* Whoever adds a subject says how it is set, or why it is not. */
START_TEST(every_subject_has_an_answer)
{
    static const uint16_t numbers[] = {
#define SUBJECT(number, name, phase, scope, text) number,
#include <nbx/tables/subjects.def>
#undef SUBJECT
    };
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        const nbx_subject_info *info = nbx_subject_find(numbers[i]);
        const char *why = nbx_subject_unsettable(numbers[i]);
        ck_assert_ptr_nonnull(info);
        ck_assert_msg(!why || strcmp(why, "unknown subject") != 0, "%s", info->name);
        ck_assert_msg(info->is_text == (strstr(info->text, "(text)") != NULL), "%s: text or number", info->name);
    }
    ck_assert_ptr_null(nbx_subject_find(0));
    ck_assert_ptr_null(nbx_subject_find(33));
    ck_assert_ptr_null(nbx_subject_find(UINT16_MAX));
    ck_assert_ptr_nonnull(nbx_subject_unsettable(UINT16_MAX));
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("subjects");
    TCase *t = tcase_create("subjects");
    tcase_add_loop_test(t, getters, 0, sizeof readings / sizeof readings[0]);
    tcase_add_loop_test(t, links_without_arrays, 0, sizeof readings / sizeof readings[0]);
    tcase_add_test(t, values);
    tcase_add_test(t, plan_scopes);
    tcase_add_loop_test(t, setters, 0, sizeof wishes / sizeof wishes[0]);
    tcase_add_test(t, const_milli);
    tcase_add_test(t, every_subject_has_an_answer);
    suite_add_tcase(s, t);
    return s;
}

SAMPLE_MAIN(suite())
