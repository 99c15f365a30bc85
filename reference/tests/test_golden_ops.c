/* SPDX-License-Identifier: Apache-2.0 */
/* Every op of the table on tiny tensors with results worked out by hand; contracts and codes have their own tables. */
#include <check.h>

#include "golden_text.h"

static const text_row ROWS[] = {
    {"Conv sums a 2x2 window and the bias", "x f[1,1,3,3]: 1 2 3 4 5 6 7 8 9; w f[1,1,2,2]: 1 0 0 1; b f[1]: 10; y f[1,1,2,2]",
     "Conv x w b {kernel_shape=2,2} > y", NULL, NULL, "16 18 22 24"},
    {"Conv pads each side on its own", "x f[1,1,2,2]: 1 2 3 4; w f[1,1,2,2]: 1 1 1 1; y f[1,1,2,1]", "Conv x w {pads=1,0,0,0} > y", NULL,
     NULL, "3 10"},
    {"Conv strides", "x f[1,1,1,5]: 1 2 3 4 5; w f[1,1,1,1]: 2; y f[1,1,1,3]", "Conv x w {strides=1,2} > y", NULL, NULL, "2 6 10"},
    {"Conv dilates", "x f[1,1,5]: 1 2 3 4 5; w f[1,1,2]: 1 1; y f[1,1,2]", "Conv x w {dilations=3,} > y", NULL, NULL, "5 7"},
    {"Conv keeps groups apart", "x f[1,2,1,2]: 1 2 3 4; w f[2,1,1,1]: 10 100; y f[1,2,1,2]", "Conv x w {group=2} > y", NULL, NULL,
     "10 20 300 400"},
    {"Conv in three spatial axes", "x f[1,1,2,2,2]: 1 2 3 4 5 6 7 8; w f[1,1,2,2,2]: 1 1 1 1 1 1 1 1; y f[1,1,1,1,1]", "Conv x w > y", NULL,
     NULL, "36"},
    {"Conv refuses a wrong output shape", "x f[1,1,2,2]: 1 2 3 4; w f[1,1,2,2]: 1 1 1 1; y f[1,1,2,2]", "Conv x w > y", NULL, NULL,
     "E-GOLDEN-006"},
    {"ConvTranspose spreads by the stride", "x f[1,1,2]: 1 2; w f[1,1,2]: 3 4; y f[1,1,4]", "ConvTranspose x w {strides=2,} > y", NULL,
     NULL, "3 4 6 8"},
    {"ConvTranspose overlaps add up", "x f[1,1,2]: 1 2; w f[1,1,2]: 3 4; y f[1,1,3]", "ConvTranspose x w > y", NULL, NULL, "3 10 8"},
    {"ConvTranspose crops by pads and adds output_padding", "x f[1,1,2]: 1 2; w f[1,1,2]: 3 4; y f[1,1,4]",
     "ConvTranspose x w {strides=2, pads=1,0 output_padding=1,} > y", NULL, NULL, "4 6 8 0"},
    {"ConvTranspose keeps groups apart", "x f[1,2,1]: 2 3; w f[2,1,1]: 5 7; y f[1,2,1]", "ConvTranspose x w {group=2} > y", NULL, NULL,
     "10 21"},
    {"Gemm scales and transposes", "a f[2,1]: 1 2; b f[1,2]: 3 4; c f[1]: 1; y f[1,1]",
     "Gemm a b c {alpha=2. beta=3. transA=1 transB=1} > y", NULL, NULL, "25"},
    {"Gemm reads a flattened A", "a f[1,2,2]: 1 2 3 4; b f[4,2]: 1 0 1 0 1 0 1 1; y f[1,2]", "Gemm a b {flatten=1} > y", NULL, NULL,
     "10 4"},
    {"Gemm broadcasts C along rows", "a f[2,1]: 1 2; b f[1,2]: 1 1; c f[2,1]: 10 20; y f[2,2]", "Gemm a b c > y", NULL, NULL,
     "11 11 22 22"},
    {"MatMul broadcasts batches", "a f[2,1,2]: 1 2 3 4; b f[2,1]: 1 1; y f[2,1,1]", "MatMul a b > y", NULL, NULL, "3 7"},
    {"MatMul of vectors is a scalar", "a f[2]: 1 2; b f[2]: 3 4; y f[]", "MatMul a b > y", NULL, NULL, "11"},
    {"MaxPool ignores padding", "x f[1,1,2]: -5 -7; y f[1,1,3]", "MaxPool x {kernel_shape=2, pads=1,1} > y", NULL, NULL, "-5 -5 -7"},
    {"MaxPool rounds up with ceil_mode", "x f[1,1,3]: 1 2 3; y f[1,1,2]", "MaxPool x {kernel_shape=2, strides=2, ceil_mode=1} > y", NULL,
     NULL, "2 3"},
    {"MaxPool dilates", "x f[1,1,3]: 5 9 1; y f[1,1,1]", "MaxPool x {kernel_shape=2, dilations=2,} > y", NULL, NULL, "5"},
    {"AveragePool leaves padding out", "x f[1,1,2]: 4 8; y f[1,1,3]", "AveragePool x {kernel_shape=2, pads=1,1} > y", NULL, NULL, "4 6 8"},
    {"AveragePool counts padding when told", "x f[1,1,2]: 4 8; y f[1,1,3]",
     "AveragePool x {kernel_shape=2, pads=1,1 count_include_pad=1} > y", NULL, NULL, "2 6 4"},
    {"GlobalAveragePool", "x f[1,2,2]: 1 3 5 9; y f[1,2,1]", "GlobalAveragePool x > y", NULL, NULL, "2 7"},
    {"GlobalMaxPool", "x f[1,2,2]: 1 3 9 5; y f[1,2,1]", "GlobalMaxPool x > y", NULL, NULL, "3 9"},
    {"BatchNormalization", "x f[1,1,1]: 5; s f[1]: 2; b f[1]: 1; m f[1]: 3; v f[1]: 4; y f[1,1,1]",
     "BatchNormalization x s b m v {epsilon=0.} > y", NULL, NULL, "3"},
    {"LRN over one channel", "x f[1,1,1]: 2; y f[1,1,1]", "LRN x {size=1 alpha=1. beta=1. bias=1.} > y", NULL, NULL, "0.4"},
    {"Add broadcasts", "a f[2,1]: 1 2; b f[3]: 10 20 30; y f[2,3]", "Add a b > y", NULL, NULL, "11 21 31 12 22 32"},
    {"Sub", "a f[2]: 1 2; b f[1]: 5; y f[2]", "Sub a b > y", NULL, NULL, "-4 -3"},
    {"Mul", "a f[2]: 3 2; b f[2]: 5 -1; y f[2]", "Mul a b > y", NULL, NULL, "15 -2"},
    {"Div", "a f[2]: 3 2; b f[2]: 2 -4; y f[2]", "Div a b > y", NULL, NULL, "1.5 -0.5"},
    {"Div of integers truncates toward zero", "a i[2]: 7 -7; b i[1]: 2; y i[2]", "Div a b > y", NULL, NULL, "3 -3"},
    {"Div of integers by zero is an error", "a i[1]: 7; b i[1]: 0; y i[1]", "Div a b > y", NULL, NULL, "E-GOLDEN-007"},
    {"Pow", "a f[2]: 3 2; b f[1]: 2; y f[2]", "Pow a b > y", NULL, NULL, "9 4"},
    {"Min of three", "a f[1]: 3; b f[1]: 1; c f[1]: 2; y f[1]", "Min a b c > y", NULL, NULL, "1"},
    {"Max of one", "a f[1]: 3; y f[1]", "Max a > y", NULL, NULL, "3"},
    {"PRelu", "x f[1,2,1]: -2 -4; s f[2,1]: 0.5 0.25; y f[1,2,1]", "PRelu x s > y", NULL, NULL, "-1 -1"},
    {"Relu keeps NaN", "x f[3]: -1 2 nan; y f[3]", "Relu x > y", NULL, NULL, "0 2 nan"},
    {"LeakyRelu", "x f[2]: -4 2; y f[2]", "LeakyRelu x {alpha=0.25} > y", NULL, NULL, "-1 2"},
    {"Elu", "x f[2]: -1 2; y f[2]", "Elu x {alpha=2.} > y", NULL, NULL, "-1.26424112 2"},
    {"Selu", "x f[1]: 1; y f[1]", "Selu x > y", NULL, NULL, "1.05070102"},
    {"Sigmoid far out", "x f[3]: 0 -1000 1000; y f[3]", "Sigmoid x > y", NULL, NULL, "0.5 0 1"},
    {"Tanh", "x f[1]: 0.5; y f[1]", "Tanh x > y", NULL, NULL, "0.46211716"},
    {"HardSigmoid", "x f[3]: 0 -9 9; y f[3]", "HardSigmoid x > y", NULL, NULL, "0.5 0 1"},
    {"HardSwish", "x f[3]: 3 -3 1; y f[3]", "HardSwish x > y", NULL, NULL, "3 0 0.6666667"},
    {"Swish", "x f[1]: 1; y f[1]", "Swish x > y", NULL, NULL, "0.73105858"},
    {"Gelu", "x f[1]: 1; y f[1]", "Gelu x > y", NULL, NULL, "0.84134475"},
    {"Gelu by tanh", "x f[1]: 1; y f[1]", "Gelu x {approximate=tanh} > y", NULL, NULL, "0.84119199"},
    {"Mish", "x f[1]: 1; y f[1]", "Mish x > y", NULL, NULL, "0.86509839"},
    {"Clip", "x f[3]: -5 0.5 7; y f[3]", "Clip x {min=-1. max=6.} > y", NULL, NULL, "-1 0.5 6"},
    {"Clip is open by default", "x f[1]: 7; y f[1]", "Clip x > y", NULL, NULL, "7"},
    {"Softplus", "x f[2]: 0 100; y f[2]", "Softplus x > y", NULL, NULL, "0.69314718 100"},
    {"Erf", "x f[1]: 1; y f[1]", "Erf x > y", NULL, NULL, "0.84270079"},
    {"Exp", "x f[1]: 1; y f[1]", "Exp x > y", NULL, NULL, "2.71828183"},
    {"Log", "x f[1]: 2; y f[1]", "Log x > y", NULL, NULL, "0.69314718"},
    {"Sqrt", "x f[1]: 9; y f[1]", "Sqrt x > y", NULL, NULL, "3"},
    {"Reciprocal", "x f[1]: 4; y f[1]", "Reciprocal x > y", NULL, NULL, "0.25"},
    {"Abs", "x f[1]: -4; y f[1]", "Abs x > y", NULL, NULL, "4"},
    {"Neg of integers", "x i[1]: 4; y i[1]", "Neg x > y", NULL, NULL, "-4"},
    {"Floor", "x f[1]: -0.5; y f[1]", "Floor x > y", NULL, NULL, "-1"},
    {"Ceil", "x f[1]: 0.5; y f[1]", "Ceil x > y", NULL, NULL, "1"},
    {"Round goes to even", "x f[3]: 0.5 1.5 -2.5; y f[3]", "Round x > y", NULL, NULL, "0 2 -2"},
    {"Sign", "x f[3]: -3 0 2; y f[3]", "Sign x > y", NULL, NULL, "-1 0 1"},
    {"Softmax along an axis", "x f[2,2]: 0 0 0 1000; y f[2,2]", "Softmax x {axis=0} > y", NULL, NULL, "0.5 0 0.5 1"},
    {"LogSoftmax", "x f[2]: 0 0; y f[2]", "LogSoftmax x {axis=0} > y", NULL, NULL, "-0.69314718 -0.69314718"},
    {"Concat", "a f[1,2]: 1 2; b f[1,1]: 3; y f[1,3]", "Concat a b {axis=1} > y", NULL, NULL, "1 2 3"},
    {"Split gives its first part", "x f[3]: 1 2 3; y f[2]; z f[1]", "Split x {axis=0 split=2,1} > y z", NULL, NULL, "1 2"},
    {"Slice steps", "x f[5]: 0 1 2 3 4; y f[2]", "Slice x {starts=1, ends=5, axes=0, steps=2,} > y", NULL, NULL, "1 3"},
    {"Slice goes backward to the first element", "x f[3]: 0 1 2; y f[3]", "Slice x {starts=2, ends=-4, axes=0, steps=-1,} > y", NULL, NULL,
     "2 1 0"},
    {"Gather from the end", "x f[3,1]: 5 6 7; i i[2]: -1 0; y f[2,1]", "Gather x i {axis=0} > y", NULL, NULL, "7 5"},
    {"Gather outside is an error", "x f[3]: 5 6 7; i i[1]: 3; y f[1]", "Gather x i {axis=0} > y", NULL, NULL, "E-GOLDEN-007"},
    {"Reshape", "x f[2,1]: 1 2; y f[1,2]", "Reshape x {shape=1,2} > y", NULL, NULL, "1 2"},
    {"Flatten", "x f[1,2,1]: 1 2; y f[1,2]", "Flatten x > y", NULL, NULL, "1 2"},
    {"Transpose", "x f[2,3]: 1 2 3 4 5 6; y f[3,2]", "Transpose x {perm=1,0} > y", NULL, NULL, "1 4 2 5 3 6"},
    {"Squeeze", "x f[1,2]: 1 2; y f[2]", "Squeeze x {axes=0,} > y", NULL, NULL, "1 2"},
    {"Unsqueeze", "x f[2]: 1 2; y f[1,2]", "Unsqueeze x {axes=0,} > y", NULL, NULL, "1 2"},
    {"Expand", "x f[2,1]: 1 2; y f[2,2]", "Expand x {shape=2,2} > y", NULL, NULL, "1 1 2 2"},
    {"Tile", "x f[1,2]: 1 2; y f[2,4]", "Tile x {repeats=2,2} > y", NULL, NULL, "1 2 1 2 1 2 1 2"},
    {"Pad with a constant", "x f[2]: 1 2; y f[4]", "Pad x {pads=1,1 value=9.} > y", NULL, NULL, "9 1 2 9"},
    {"Pad by reflection", "x f[3]: 1 2 3; y f[7]", "Pad x {mode=reflect pads=2,2} > y", NULL, NULL, "3 2 1 2 3 2 1"},
    {"Pad with the edge", "x f[2]: 1 2; y f[4]", "Pad x {mode=edge pads=1,1} > y", NULL, NULL, "1 1 2 2"},
    {"Pad around", "x f[3]: 1 2 3; y f[5]", "Pad x {mode=wrap pads=1,1} > y", NULL, NULL, "3 1 2 3 1"},
    {"Pad crops before it repeats", "x f[3]: 1 2 3; y f[4]", "Pad x {mode=wrap pads=-1,2} > y", NULL, NULL, "2 3 2 3"},
    {"Resize nearest", "x f[2]: 1 2; y f[4]", "Resize x {mode=nearest scales=2.,} > y", NULL, NULL, "1 1 2 2"},
    {"Resize nearest by ceil", "x f[3]: 1 2 3; y f[2]", "Resize x {nearest_mode=ceil coordinate_transformation_mode=asymmetric} > y", NULL,
     NULL, "1 3"},
    {"Resize linear", "x f[2]: 1 3; y f[4]", "Resize x {mode=linear} > y", NULL, NULL, "1 1.5 2.5 3"},
    {"Resize linear with aligned corners", "x f[2]: 1 3; y f[3]", "Resize x {mode=linear coordinate_transformation_mode=align_corners} > y",
     NULL, NULL, "1 2 3"},
    {"Resize cubic", "x f[4]: 1 2 3 4; y f[2]", "Resize x {mode=cubic} > y", NULL, NULL, "1.40625 3.59375"},
    {"Resize cubic without what is outside", "x f[4]: 1 2 3 4; y f[2]", "Resize x {mode=cubic exclude_outside=1} > y", NULL, NULL,
     "1.37142857 3.62857143"},
    {"Resize refuses antialias", "x f[4]: 1 2 3 4; y f[2]", "Resize x {mode=linear antialias=1} > y", NULL, NULL, "E-GOLDEN-005"},
    {"ReduceMean", "x f[2,2]: 1 2 3 4; y f[2,1]", "ReduceMean x {axes=1,} > y", NULL, NULL, "1.5 3.5"},
    {"ReduceSum without keepdims", "x f[2,2]: 1 2 3 4; y f[2]", "ReduceSum x {axes=0, keepdims=0} > y", NULL, NULL, "4 6"},
    {"ReduceMax over all axes", "x f[2,2]: 1 4 3 2; y f[1,1]", "ReduceMax x > y", NULL, NULL, "4"},
    {"ReduceMin", "x f[3]: 3 1 2; y f[]", "ReduceMin x {keepdims=0} > y", NULL, NULL, "1"},
    {"ReduceProd", "x f[3]: 3 1 2; y f[1]", "ReduceProd x > y", NULL, NULL, "6"},
    {"ReduceL2", "x f[2]: 3 4; y f[1]", "ReduceL2 x > y", NULL, NULL, "5"},
    {"ArgMax takes the first of equals", "x f[4]: 1 9 9 2; y i[1]", "ArgMax x {axis=0} > y", NULL, NULL, "1"},
    {"ArgMax takes the last when told", "x f[4]: 1 9 9 2; y i[]", "ArgMax x {axis=0 keepdims=0 select_last_index=1} > y", NULL, NULL, "2"},
    {"ArgMin", "x f[3]: 3 1 1; y i[1]", "ArgMin x {axis=0} > y", NULL, NULL, "1"},
    {"DepthToSpace DCR", "x f[1,8,1,1]: 0 1 2 3 4 5 6 7; y f[1,2,2,2]", "DepthToSpace x {blocksize=2} > y", NULL, NULL, "0 2 4 6 1 3 5 7"},
    {"DepthToSpace CRD", "x f[1,8,1,1]: 0 1 2 3 4 5 6 7; y f[1,2,2,2]", "DepthToSpace x {blocksize=2 mode=CRD} > y", NULL, NULL,
     "0 1 2 3 4 5 6 7"},
    {"SpaceToDepth", "x f[1,1,2,4]: 0 1 2 3 4 5 6 7; y f[1,4,1,2]", "SpaceToDepth x {blocksize=2} > y", NULL, NULL, "0 2 1 3 4 6 5 7"},
    {"ChannelShuffle", "x f[1,6,1]: 0 1 2 3 4 5; y f[1,6,1]", "ChannelShuffle x {group=2} > y", NULL, NULL, "0 3 1 4 2 5"},
    {"Identity", "x f[1]: 7; y f[1]", "Identity x > y", NULL, NULL, "7"},
    {"Dropout drops nothing", "x f[1]: 7; y f[1]; m b[1]", "Dropout x > y m", NULL, NULL, "7"},
    {"Cast truncates toward zero", "x f[3]: 1.9 -1.9 300; y i[3]", "Cast x {to=7} > y", NULL, NULL, "1 -1 300"},
    {"Cast to bool", "x f[2]: 0.5 0; y b[2]", "Cast x {to=9} > y", NULL, NULL, "1 0"},
    {"Cast to half rounds to even", "x f[2]: 2049 65536; y h[2]", "Cast x {to=10} > y", NULL, NULL, "2048 inf"},
    {"Shape", "x f[1,2]: 0 0; y i[1]", "Shape x {start=1 end=2} > y", NULL, NULL, "2"},
    {"Size", "x f[1,2]: 0 0; y i[]", "Size x > y", NULL, NULL, "2"},
    {"Constant is no node here", "y f[1]", "Constant > y", NULL, NULL, "E-GOLDEN-001"},
    {"ConstantOfShape is no node here", "y f[1]", "ConstantOfShape > y", NULL, NULL, "E-GOLDEN-001"},
    {"Range", "a i[]: 3; b i[]: 9; c i[]: 2; y i[3]", "Range a b c > y", NULL, NULL, "3 5 7"},
    {"Equal", "a f[2]: 1 2; b f[1]: 2; y b[2]", "Equal a b > y", NULL, NULL, "0 1"},
    {"Less", "a i[2]: 1 2; b i[1]: 2; y b[2]", "Less a b > y", NULL, NULL, "1 0"},
    {"Greater", "a f[2]: 1 3; b f[1]: 2; y b[2]", "Greater a b > y", NULL, NULL, "0 1"},
    {"Where", "c b[2]: 1 0; a f[1]: 5; b f[2]: 6 7; y f[2]", "Where c a b > y", NULL, NULL, "5 7"},
    {"QuantizeLinear rounds to even and saturates", "x f[4]: 0.5 1.5 -0.5 500; s f[]: 1; z s[]: 3; y s[4]", "QuantizeLinear x s z > y",
     NULL, NULL, "3 5 3 127"},
    {"QuantizeLinear per axis", "x f[1,2]: 4 4; s f[2]: 1 2; y u[1,2]", "QuantizeLinear x s {axis=1} > y", NULL, NULL, "4 2"},
    {"DequantizeLinear", "x u[2]: 0 130; s f[]: 0.5; z u[]: 128; y f[2]", "DequantizeLinear x s z > y", NULL, NULL, "-64 1"},
    {"DequantizeLinear by blocks", "x s[4]: 1 1 1 1; s f[2]: 2 3; y f[4]", "DequantizeLinear x s {axis=0 block_size=2} > y", NULL, NULL,
     "2 2 3 3"},
    {"Requantize changes the scale", "x int8_sym(1,0)[3]: 1 3 -3; y int8_sym(2,0)[3]", "Requantize x > y", NULL, NULL, "0 2 -2"},
    {"An op that is not in the table", "x f[1]: 0; y f[1]", "Frobnicate x > y", NULL, NULL, "E-GOLDEN-002"},
};

START_TEST(ops)
{
    char message[400];
    ck_assert_msg(text_check(&ROWS[_i], message, sizeof message), "%s", message);
}
END_TEST

/** An op without a row above would be untested. */
START_TEST(every_op_has_a_row)
{
    static const char *const names[] = {
#define OP(stem, name, ...) name,
#include <nbx/tables/ops.def>
#undef OP
    };
    size_t i, k;
    for (i = 0; i < sizeof names / sizeof names[0]; i++) {
        const size_t length = strlen(names[i]);
        for (k = 0; k < sizeof ROWS / sizeof ROWS[0]; k++)
            if (strncmp(ROWS[k].nodes, names[i], length) == 0 && ROWS[k].nodes[length] == ' ') break;
        ck_assert_msg(k < sizeof ROWS / sizeof ROWS[0], "%s has no row", names[i]);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("golden ops");
    TCase *cases = tcase_create("rows");
    SRunner *runner;
    int failed;
    tcase_add_loop_test(cases, ops, 0, (int)(sizeof ROWS / sizeof ROWS[0]));
    tcase_add_test(cases, every_op_has_a_row);
    suite_add_tcase(suite, cases);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
