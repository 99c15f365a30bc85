/* SPDX-License-Identifier: Apache-2.0 */
/* Predicted times of AlexNet and ResNet50 layer by layer against the two published ones; depthwise and 16-bit scaling. */
#include "edit_samples.h"
#include "hisilicon.h"
#include "schema/costs.h"
#include "schema/encodings.h"

/* One layer in 8-bit codes; the last one leaves as int32. */
static double layer_ms(nbx_edit e, const nbx_chip *chip, bool leaves)
{
    nbx_edit_view view;
    nbx_cost_result cost;
    uint32_t node = 0;
    const nbx_encoding *code = e.scheme ? &nbx_encoding_log16 : &nbx_encoding_log8;
    nbx_edit_show(&e, chip, &view);
    for (uint32_t i = 0; i < view.value_count; i++)
        view.values[i].encoding = view.values[i].rank > 1 ? code : NULL;
    if (leaves) view.values[view.output_ids[0]].encoding = &nbx_encoding_q20_12;
    ck_assert(nbx_cost_of(&view.call, &node, 1, &cost));
    return cost.latency_ns * 1e-6;
}

static nbx_edit square(const char *op, int64_t channels, int64_t size, uint32_t inputs)
{
    return sample_done(sample_inputs(op, inputs, channels, size));
}

static nbx_edit lrn(int64_t channels, int64_t size)
{
    nbx_edit e = sample_inputs("LRN", 1, channels, size);
    sample_int(&e, "size", 5);
    return sample_done(e);
}

static nbx_edit softmax(int64_t length)
{
    nbx_edit e = sample_op("Softmax");
    e.input_count = 1;
    e.inputs[0] = sample_tensor(false, 2, 1, length, 0, 0);
    sample_int(&e, "axis", 1);
    return sample_done(e);
}

/* Flatten absorbed: A keeps its four axes. */
static nbx_edit flat_gemm(int64_t channels, int64_t size, int64_t outputs)
{
    nbx_edit e = sample_gemm(1, channels * size * size, outputs);
    e.inputs[0] = sample_tensor(false, 4, 1, channels, size, size);
    sample_int(&e, "flatten", 1);
    return sample_done(e);
}

static nbx_edit strided_conv(int64_t cin, int64_t cout, int64_t size, int64_t kernel, int64_t stride, int64_t pad)
{
    nbx_edit e = sample_conv(cin, cout, size, kernel, 1);
    sample_ints(&e, "strides", 2, (int64_t[]){stride, stride});
    sample_ints(&e, "pads", 4, (int64_t[]){pad, pad, pad, pad});
    return sample_done(e);
}

static nbx_edit ceil_pool(int64_t channels, int64_t size)
{
    nbx_edit e = sample_pool("MaxPool", channels, size, 3, 2);
    sample_int(&e, "ceil_mode", 1);
    return sample_done(e);
}

/* Krizhevsky et al. 2012 with two groups in convolutions 2, 4 and 5, 227 pixels. */
static double alexnet_ms(const nbx_chip *chip)
{
    double t = 0;
    t += layer_ms(strided_conv(3, 96, 227, 11, 4, 0), chip, false) + layer_ms(lrn(96, 55), chip, false);
    t += layer_ms(sample_pool("MaxPool", 96, 55, 3, 2), chip, false) + layer_ms(sample_conv(96, 256, 27, 5, 2), chip, false);
    t += layer_ms(lrn(256, 27), chip, false) + layer_ms(sample_pool("MaxPool", 256, 27, 3, 2), chip, false);
    t += layer_ms(sample_conv(256, 384, 13, 3, 1), chip, false) + layer_ms(sample_conv(384, 384, 13, 3, 2), chip, false);
    t += layer_ms(sample_conv(384, 256, 13, 3, 2), chip, false) + layer_ms(sample_pool("MaxPool", 256, 13, 3, 2), chip, false);
    t += layer_ms(flat_gemm(256, 6, 4096), chip, false) + layer_ms(sample_gemm(1, 4096, 4096), chip, false);
    return t + layer_ms(sample_gemm(1, 4096, 1000), chip, false) + layer_ms(softmax(1000), chip, true);
}

/* He et al. 2015, the stride in the first 1x1 convolution of a block, 224 pixels. */
static double resnet50_ms(const nbx_chip *chip)
{
    static const int64_t stages[4][3] = {{64, 3, 1}, {128, 4, 2}, {256, 6, 2}, {512, 3, 2}}; /* width, blocks, stride */
    double t = layer_ms(strided_conv(3, 64, 224, 7, 2, 3), chip, false) + layer_ms(ceil_pool(64, 112), chip, false);
    int64_t channels = 64, size = 56;
    for (int s = 0; s < 4; s++) {
        for (int64_t block = 0; block < stages[s][1]; block++) {
            int64_t width = stages[s][0], stride = block ? 1 : stages[s][2], out = size / stride;
            t += layer_ms(strided_conv(channels, width, size, 1, stride, 0), chip, false);
            t += layer_ms(sample_conv(width, width, out, 3, 1), chip, false) +
                 layer_ms(sample_conv(width, 4 * width, out, 1, 1), chip, false);
            if (!block) t += layer_ms(strided_conv(channels, 4 * width, size, 1, stride, 0), chip, false);
            t += layer_ms(square("Add", 4 * width, out, 2), chip, false) + layer_ms(square("Relu", 4 * width, out, 1), chip, false);
            channels = 4 * width;
            size = out;
        }
    }
    t += layer_ms(square("GlobalAveragePool", channels, size, 1), chip, false);
    return t + layer_ms(flat_gemm(2048, 1, 1000), chip, false) + layer_ms(softmax(1000), chip, true);
}

START_TEST(published_times)
{
    double alexnet = alexnet_ms(&hisi_chips[0]), resnet50 = resnet50_ms(&hisi_chips[0]);
    ck_assert_msg(alexnet > 9.0 * 0.97 && alexnet < 9.0 * 1.03, "AlexNet %.3f ms", alexnet);
    ck_assert_msg(resnet50 > 10.5 * 0.97 && resnet50 < 10.5 * 1.03, "ResNet50 %.3f ms", resnet50);
}
END_TEST

START_TEST(other_chips)
{
    ck_assert_double_eq_tol(resnet50_ms(&hisi_chips[1]), resnet50_ms(&hisi_chips[0]), 1e-9);
    ck_assert_double_gt(resnet50_ms(&hisi_chips[2]), resnet50_ms(&hisi_chips[0])); /* half the array */
}
END_TEST

/* Depthwise reaches 1/64 of the array: the same positions and taps take as many cycles for each channel as for 4 x 16. */
START_TEST(depthwise_use)
{
    nbx_edit dense = sample_conv(64, 64, 16, 3, 1), deep = sample_conv(64, 64, 16, 3, 64);
    nbx_edit_view view;
    nbx_cost_result a, b;
    uint32_t node = 0;
    nbx_edit_show(&dense, &hisi_chips[0], &view);
    ck_assert(nbx_cost_of(&view.call, &node, 1, &a));
    nbx_edit_show(&deep, &hisi_chips[0], &view);
    ck_assert(nbx_cost_of(&view.call, &node, 1, &b));
    ck_assert_uint_eq(a.cycles, b.cycles);
    ck_assert_uint_eq(a.macs, 64 * b.macs);
}
END_TEST

/* On the 4 x 16 grid time follows operations: research values 1.778 and 4.000 for 128 to 96 and to 64 channels. */
START_TEST(channel_grid)
{
    const struct {
        int64_t in, out;
        double speedup;
    } rows[] = {{96, 96, 1.778}, {64, 64, 4.0}, {93, 89, 1.778}, {64, 72, 3.2}};
    uint32_t node = 0;
    nbx_edit_view view;
    nbx_cost_result whole, part;
    nbx_edit e = sample_conv(128, 128, 16, 3, 1);
    nbx_edit_show(&e, &hisi_chips[0], &view);
    ck_assert(nbx_cost_of(&view.call, &node, 1, &whole));
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        e = sample_conv(rows[i].in, rows[i].out, 16, 3, 1);
        nbx_edit_show(&e, &hisi_chips[0], &view);
        ck_assert(nbx_cost_of(&view.call, &node, 1, &part));
        ck_assert_double_eq_tol((double)whole.cycles / (double)part.cycles, rows[i].speedup, 0.001);
    }
}
END_TEST

START_TEST(sixteen_bits_take_twice)
{
    nbx_edit narrow = sample_conv(256, 256, 56, 3, 1), wide = narrow;
    wide.scheme = "log16";
    double ratio = layer_ms(wide, &hisi_chips[0], false) / layer_ms(narrow, &hisi_chips[0], false);
    ck_assert(ratio > 1.8 && ratio < 2.01);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("hisilicon costs");
    TCase *t = tcase_create("costs");
    tcase_add_test(t, published_times);
    tcase_add_test(t, other_chips);
    tcase_add_test(t, depthwise_use);
    tcase_add_test(t, channel_grid);
    tcase_add_test(t, sixteen_bits_take_twice);
    suite_add_tcase(s, t);
    return s;
}

SAMPLE_MAIN(suite())
