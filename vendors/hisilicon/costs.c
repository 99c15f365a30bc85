/* SPDX-License-Identifier: Apache-2.0 */
/* Predicted time of NNIE layers: a MAC array of 4 x 16 x 16 and one memory; the two free numbers come from fit.py. */
#include "hisilicon.h"

/* From fit.py: AlexNet 9.0 ms and ResNet50 10.5 ms, the only published times. LRN, Softmax and pooling are counted. */
#define BANDWIDTH 7.64e9
#define START_NS  15400.0
#define CLOCK     840e6

#define FIT      "fitted on the published times of AlexNet and ResNet50 (fit.py)"
#define FIT16    "16-bit takes twice the time of 8-bit: nniefacelib, 17 ms and 34 ms"
#define IN_PLACE "activations and scales that follow a layer are written in place"

#define ARRAY_OPS "Conv|ConvTranspose|Gemm|MatMul"
#define PASSES                                                                                                                             \
    "MaxPool|AveragePool|GlobalAveragePool|GlobalMaxPool|ReduceMean|LRN|Softmax|Concat|Resize|Transpose|SpaceToDepth|Reshape|"             \
    "Sigmoid|Tanh|HardSigmoid|HardSwish|Swish|Clip|Pow|Sqrt|Reciprocal|Requantize"
#define ROW(kind_, confidence_, ops_, source_)                                                                                             \
    .struct_size = sizeof(nbx_cost), .kind = NBX_COST_##kind_, .confidence = NBX_CONFIDENCE_##confidence_, .ops = ops_, .source = source_

/* An Eltwise adds the read of its other operand to the pass of the layer before it; as a pass of its own, no positive start
 * time would fit ResNet50. */
#define COSTS(pixels_, confidence_)                                                                                                        \
    {                                                                                                                                      \
        {ROW(ARRAY, confidence_, ARRAY_OPS, FIT16),                                                                                        \
         .when = CLAUSES({NODE(SCHEME), WORDS("log16")}),                                                                                  \
         .tile_ic = 4,                                                                                                                     \
         .tile_oc = 16,                                                                                                                    \
         .tile_px = (pixels_),                                                                                                             \
         .cycles_mul = 2,                                                                                                                  \
         .clock_hz = CLOCK,                                                                                                                \
         .bytes_per_s = BANDWIDTH,                                                                                                         \
         .t0_ns = START_NS},                                                                                                               \
            {ROW(ARRAY, confidence_, ARRAY_OPS, FIT),                                                                                      \
             .tile_ic = 4,                                                                                                                 \
             .tile_oc = 16,                                                                                                                \
             .tile_px = (pixels_),                                                                                                         \
             .cycles_mul = 1,                                                                                                              \
             .clock_hz = CLOCK,                                                                                                            \
             .bytes_per_s = BANDWIDTH,                                                                                                     \
             .t0_ns = START_NS},                                                                                                           \
            {ROW(OPERAND, confidence_, "Add|Sub|Mul|Max", FIT), .bytes_per_s = BANDWIDTH},                                                 \
            {ROW(TRAFFIC, confidence_, PASSES, FIT), .bytes_per_s = BANDWIDTH, .t0_ns = START_NS},                                         \
            {ROW(FREE, confidence_, "Relu|LeakyRelu|PRelu|BatchNormalization", IN_PLACE)},                                                 \
            {ROW(FREE, confidence_, "Flatten|Squeeze|Unsqueeze|Identity|Dropout", "keeps the bytes")},                                     \
    }

const nbx_cost hisi_costs_1024[HISI_COST_ROWS] = COSTS(16, MODELLED);
const nbx_cost hisi_costs_1024_illustrative[HISI_COST_ROWS] = COSTS(16, ILLUSTRATIVE);
const nbx_cost hisi_costs_512_illustrative[HISI_COST_ROWS] = COSTS(8, ILLUSTRATIVE);
