/* SPDX-License-Identifier: Apache-2.0 */
/* Which ONNX ops NNIE has a layer for, which it expands, and which it lacks, each with how well that is known; limits are in rules.c. */
#include "hisilicon.h"

#define LIST   "vendor feature list of NNIE layers, transcribed at wpgdatong.com.cn blog 43354"
#define EXTRA  "NNIE extension layers, as users quote the HiSVP guide"
#define MQB    "ModelTC/MQBench docs/source/user_guide/hardware/nnie.rst"
#define CAFFE  "Caffe layer parameters; NNIE takes Caffe networks"
#define NETS   "networks the vendor names or times on NNIE"
#define VIEW   "keeps the bytes: no layer is needed"
#define OTHERS "vendor feature list: everything else is unsupported"

#define HAS(op_, grade_, note_, source_)                                                                                                   \
    {                                                                                                                                      \
        .struct_size = sizeof(nbx_op_row), .grade = NBX_GRADE_##grade_, .op = op_, .listed = 1, .note = note_, .source = source_           \
    }
/* Accepted, as several layers. */
#define EXPANDS(op_, grade_, note_, source_)                                                                                               \
    {                                                                                                                                      \
        .struct_size = sizeof(nbx_op_row), .grade = NBX_GRADE_##grade_, .op = op_, .listed = 1, .emulated = 1, .note = note_,              \
        .source = source_                                                                                                                  \
    }
#define LACKS_AS(id_, op_, grade_, note_, remedy_, source_)                                                                                \
    {                                                                                                                                      \
        .struct_size = sizeof(nbx_op_row), .grade = NBX_GRADE_##grade_, .op = op_, .id = id_, .note = note_, .remedy_text = remedy_,       \
        .source = source_                                                                                                                  \
    }
#define LACKS(op_, note_, remedy_) LACKS_AS("HISI-GRAPH-006", op_, DOCUMENTED, note_, remedy_, OTHERS)

#define TO_CPU "allow a fallback for it, or cut the network there: NNIE networks run such layers on the CPU"

const nbx_op_row hisi_ops[HISI_OP_ROWS] = {
    HAS("Conv", DOCUMENTED, "Convolution; depthwise through group", LIST),
    HAS("ConvTranspose", INFERRED, "Deconvolution; not in the quoted lists, but FCN, which the vendor names, is built on it", NETS),
    HAS("Gemm", DOCUMENTED, "InnerProduct", LIST),
    HAS("MatMul", USER, "InnerProduct with constant weights; MatMul of two activations has neighbour rules",
        "search-head port reported by users"),
    HAS("MaxPool", DOCUMENTED, "Pooling MAX", LIST),
    HAS("AveragePool", DOCUMENTED, "Pooling AVE", LIST),
    HAS("GlobalAveragePool", INFERRED, "Pooling AVE over the map; ResNet50, which has a published time, ends in it", NETS),
    HAS("GlobalMaxPool", INFERRED, "Pooling MAX over the map", CAFFE),
    HAS("BatchNormalization", DOCUMENTED, "BatchNorm and Scale; only those left after folding", LIST),
    HAS("LRN", DOCUMENTED, NULL, LIST),
    HAS("Add", DOCUMENTED, "Eltwise SUM", LIST),
    HAS("Sub", INFERRED, "Eltwise SUM with the coefficients 1 and -1", CAFFE),
    HAS("Mul", INFERRED, "Eltwise PROD, or Scale", CAFFE),
    LACKS("Div", NULL, "multiply by the reciprocal where the divisor is constant"),
    HAS("Pow", USER, "Power; few exponents", "NNIE Power layer as reported by users"),
    LACKS("Min", NULL, TO_CPU),
    HAS("Max", INFERRED, "Eltwise MAX", CAFFE),
    HAS("PRelu", INFERRED, "PReLU; the range of slopes is unknown", EXTRA),
    HAS("Relu", DOCUMENTED, "ReLU", LIST),
    HAS("LeakyRelu", INFERRED, "ReLU with negative_slope; the YOLO samples of the SDK use it", NETS),
    LACKS("Elu", NULL, "use Relu or LeakyRelu"),
    LACKS("Selu", NULL, "use Relu or LeakyRelu"),
    HAS("Sigmoid", DOCUMENTED, "Sigmoid", LIST),
    HAS("Tanh", DOCUMENTED, "TanH", LIST),
    EXPANDS("HardSigmoid", USER, "expanded to Power, Threshold and Eltwise", MQB),
    EXPANDS("HardSwish", USER, "expanded to Power, Threshold and Eltwise", MQB),
    EXPANDS("Swish", USER, "expanded to Sigmoid and Eltwise PROD", MQB),
    LACKS("Gelu", NULL, "use Relu"),
    LACKS("Mish", NULL, "use Relu"),
    EXPANDS("Clip", USER, "ReLU6 is expanded to Threshold, Power and Eltwise", MQB),
    LACKS("Softplus", NULL, TO_CPU),
    LACKS("Erf", NULL, TO_CPU),
    LACKS("Exp", "users report that it goes to the CPU", TO_CPU),
    LACKS("Log", NULL, TO_CPU),
    HAS("Sqrt", INFERRED, "Power with exponent 1/2", "NNIE Power layer as reported by users"),
    HAS("Reciprocal", INFERRED, "Power with exponent -1", "NNIE Power layer as reported by users"),
    LACKS("Abs", NULL, TO_CPU),
    LACKS("Neg", NULL, TO_CPU),
    LACKS("Floor", NULL, TO_CPU),
    LACKS("Ceil", NULL, TO_CPU),
    LACKS("Round", NULL, TO_CPU),
    LACKS("Sign", NULL, TO_CPU),
    HAS("Softmax", INFERRED, "AlexNet and ResNet50, which have published times, end in it; the range of axes is unknown", NETS),
    LACKS("LogSoftmax", NULL, "use Softmax"),
    HAS("Concat", DOCUMENTED, "Concat", LIST),
    LACKS("Split", "Caffe's Slice is in none of the lists; one work-around by users relies on it", TO_CPU),
    LACKS("Slice", "users replace it by a stride-2 convolution or PassThrough", "use SpaceToDepth, or a strided convolution"),
    LACKS("Gather", NULL, TO_CPU),
    HAS("Reshape", USER, "Reshape", "NNIE Reshape as reported by users"),
    HAS("Flatten", INFERRED, VIEW, CAFFE),
    HAS("Transpose", USER, "Permute", EXTRA),
    HAS("Squeeze", INFERRED, VIEW, CAFFE),
    HAS("Unsqueeze", INFERRED, VIEW, CAFFE),
    LACKS("Expand", NULL, TO_CPU),
    LACKS("Tile", NULL, TO_CPU),
    LACKS("Pad", "Caffe layers pad by themselves, evenly on both sides", "fold it into the pads of the next layer"),
    HAS("Resize", USER, "Upsample", EXTRA),
    HAS("ReduceMean", INFERRED, "over the map: the same as global average pooling", CAFFE),
    LACKS("ReduceSum", NULL, TO_CPU),
    LACKS("ReduceMax", NULL, "over the map: use GlobalMaxPool"),
    LACKS("ReduceMin", NULL, TO_CPU),
    LACKS("ReduceProd", NULL, TO_CPU),
    LACKS("ReduceL2", "the Normalize layer differs in scale and axis", TO_CPU),
    LACKS("ArgMax", NULL, TO_CPU),
    LACKS("ArgMin", NULL, TO_CPU),
    LACKS("DepthToSpace", "PassThrough goes the other way only", "use Resize and a convolution"),
    HAS("SpaceToDepth", USER, "PassThrough; its channel order differs, which the weights of the next layer take up", EXTRA),
    LACKS_AS("HISI-RSHP-002", "ChannelShuffle", INFERRED, "channel shuffle needs reshape and permute that NNIE lacks",
             "fold the order into the weights of the next convolution if its group is 1",
             "NNIE Permute and Reshape limits as reported by users"),
    HAS("Identity", INFERRED, VIEW, CAFFE),
    HAS("Dropout", INFERRED, VIEW, CAFFE),
    LACKS("Cast", NULL, TO_CPU),
    LACKS("Shape", NULL, "give the model fixed shapes, so that it folds"),
    LACKS("Size", NULL, "give the model fixed shapes, so that it folds"),
    LACKS("Constant", NULL, TO_CPU),
    LACKS("ConstantOfShape", NULL, "give the model fixed shapes, so that it folds"),
    LACKS("Range", NULL, "give the model fixed shapes, so that it folds"),
    LACKS("Equal", NULL, TO_CPU),
    LACKS("Less", NULL, TO_CPU),
    LACKS("Greater", NULL, TO_CPU),
    LACKS("Where", NULL, TO_CPU),
    LACKS("QuantizeLinear", "NNIE has codes of its own", "remove the quantization nodes; NBX calibrates anew"),
    LACKS("DequantizeLinear", "NNIE has codes of its own", "remove the quantization nodes; NBX calibrates anew"),
    HAS("Requantize", INFERRED, "re-coding on the way between two layers", MQB),
    LACKS("MaxRoiPool", "a layer of ROI networks; this model of the chip does not compute them", TO_CPU),
    LACKS("RoiAlign", NULL, TO_CPU),
    LACKS("PSROIPooling", "a layer of ROI networks; this model of the chip does not compute them", TO_CPU),
    LACKS("ROIPooling", "a layer of ROI networks; this model of the chip does not compute them", TO_CPU),
    LACKS("LSTM", "a layer of recurrent networks; this model of the chip does not compute them", TO_CPU),
    LACKS("RNN", "a layer of recurrent networks; this model of the chip does not compute them", TO_CPU),
    LACKS("GRU", "users report that it goes to the CPU", TO_CPU),
};
