/* SPDX-License-Identifier: Apache-2.0 */
/* NNIE's constraints as rows; IDs are permanent. HISI-GRAPH-006 and HISI-RSHP-002 are the rows of ops.c, HISI-MEM-001 is checked by run.c.
 */
#include "hisilicon.h"

#define HEADER   "hi_nnie.h (2017), OpenIPC/openhisilicon libraries/nnie_neo/include/hi_nnie.h"
#define TABLE36  "HiSVP development guide, table 3-6, as transcribed by users"
#define MQB      "ModelTC/MQBench docs/source/user_guide/hardware/nnie.rst"
#define HANDBOOK "team handbook of an NNIE user, quoting the HiSVP guide"
#define YOLO     "yolov5 porting notes; Wulingtian/yolov5_onnx2caffe issue 8"
#define GFPQ     "black-box measurement of HiSilicon's libgfpq 1.1.5"
#define CAFFE    "Caffe layer parameters; NNIE takes Caffe networks"
#define ARRAY    "model of a 4 x 16 x 16 array; it fits the published times of AlexNet and ResNet50"

#define WINDOWS "Conv|ConvTranspose|MaxPool|AveragePool"
#define CONVS   "Conv|ConvTranspose"
#define WEIGHTS "Conv|ConvTranspose|Gemm"

#define RULE_ON(scope_, id_, variant_, effect_, grade_, reason_, ops_)                                                                     \
    .struct_size = sizeof(nbx_rule), .scope = NBX_SCOPE_##scope_, .effect = NBX_EFFECT_##effect_, .grade = NBX_GRADE_##grade_,             \
    .reason = NBX_REASON_##reason_, .id = id_, .variant = variant_, .ops = ops_
#define RULE(id_, variant_, effect_, grade_, reason_, ops_) RULE_ON(NODE, id_, variant_, effect_, grade_, reason_, ops_)
/* A remark on every node of an op: none of them is without input. */
#define ALWAYS_SAY .must = CLAUSES({NODE(INPUT_COUNT), EXACTLY(0)}), .flags = NBX_RULE_LIMIT_PRIVATE
#define IN_4D      .when = CLAUSES({INPUT(RANK, 0), EXACTLY(4)})
/* One row for each integer parameter, so that the remedy knows which one to change. */
#define PARAMETER(name_, lo_, ops_)                                                                                                        \
    {                                                                                                                                      \
        RULE("HISI-CONV-001", name_, REFUSE, USER, ATTR_RANGE, ops_), IN_4D,                                                               \
            .must = CLAUSES({ATTR_OF(name_), IN_RANGE(lo_, 255)}), NEAREST(0),                                                             \
            SAY("{node}: {subject}={actual} outside {limit}", "use a value in the range", HANDBOOK ": most integer parameters")            \
    }
#define NEAREST(clause_)                 .remedy = NBX_REMEDY_NEAREST_LEGAL, .remedy_clause = (clause_)
#define ELSEWHERE                        .remedy = NBX_REMEDY_PLACE, .remedy_text = "allow a fallback for this node"
#define SAY(message_, remedy_, source_)  .message = message_, .remedy_text = remedy_, .source = source_
#define SAY_ELSEWHERE(message_, source_) ELSEWHERE, .message = message_, .source = source_

const nbx_rule hisi_rules[HISI_RULE_ROWS] = {
    /* ---- the graph ---- */
    {RULE_ON(PORT, "HISI-GRAPH-001", "", REJECT, DOCUMENTED, DYNAMIC_SHAPE, NULL), .must = CLAUSES({NODE(PORT_STATIC), EXACTLY(1)}),
     SAY("{port}: a dimension is not fixed; {unit} needs static shapes", "give `shape:` of this input in the job", TABLE36)},
    {RULE_ON(MODEL, "HISI-GRAPH-002", "", REFUSE, DOCUMENTED, STRUCTURE, NULL), .must = CLAUSES({NODE(MODEL_SEGMENTS), AT_MOST(8)}),
     .remedy = NBX_REMEDY_PLACE,
     SAY("the model splits into {actual} segments; the limit is 8", "move the cuts to the end of the network", HEADER)},
    {RULE_ON(SEGMENT, "HISI-GRAPH-003", "inputs", REFUSE, DOCUMENTED, STRUCTURE, NULL),
     .must = CLAUSES({NODE(SEGMENT_INPUTS), AT_MOST(16)}), .remedy = NBX_REMEDY_SPLIT,
     SAY("a segment has {actual} inputs; the limit is 16", "cut the segment where fewer values cross", HEADER)},
    {RULE_ON(SEGMENT, "HISI-GRAPH-003", "outputs", REFUSE, DOCUMENTED, STRUCTURE, NULL),
     .must = CLAUSES({NODE(SEGMENT_OUTPUTS), AT_MOST(16)}), .remedy = NBX_REMEDY_SPLIT,
     SAY("a segment has {actual} outputs; the limit is 16", "cut the segment where fewer values cross", HEADER)},
    /* A note, not a rejection: the mapper cuts the name, a rename cures it, and exporters write long names as a habit. */
    {RULE("HISI-GRAPH-004", "", NOTE, DOCUMENTED, NAME, NULL), .must = CLAUSES({NODE(NAME_LENGTH), AT_MOST(31)}), NEAREST(0),
     SAY("{node}: the name has {actual} characters; it is cut after 31", "rename the node", HEADER)},
    {RULE_ON(SEGMENT, "HISI-GRAPH-005", "", REFUSE, DOCUMENTED, STRUCTURE, NULL), .must = CLAUSES({NODE(SEGMENT_NET_TYPES), AT_MOST(1)}),
     .remedy = NBX_REMEDY_SPLIT,
     SAY("a segment mixes {actual} kinds of layer; CNN, ROI and recurrent layers need segments of their own", "cut between the kinds",
         TABLE36)},
    {RULE("HISI-GRAPH-007", "", REFUSE, USER, STRUCTURE, NULL), .must = CLAUSES({NODE(BATCH_CHANGED), EXACTLY(0)}),
     SAY_ELSEWHERE("{node}: {op} changes the batch axis, which {unit} forbids", HANDBOOK)},
    {RULE("HISI-GRAPH-007", "axis", REFUSE, USER, ATTR_RANGE, "Softmax"), .must = CLAUSES({ATTR_OF("axis"), IN_RANGE(1, 3)}), NEAREST(0),
     SAY("{node}: {op} works along axis {actual}; {unit} may not touch the batch axis", "choose an axis in {limit}", HANDBOOK)},
    {RULE("HISI-GRAPH-008", "", REFUSE, USER, STRUCTURE, "MatMul"), .when = CLAUSES({INPUT(IS_CONST, 1), EXACTLY(0)}),
     .must = CLAUSES({EACH_INPUT(PRODUCER), WORDS("")}, {OUTPUT(FAN_OUT, 0), AT_MOST(0)}),
     SAY_ELSEWHERE("{node}: MatMul cannot neighbour another layer; cut it out", HANDBOOK)},
    {RULE("HISI-GRAPH-009", "", NOTE, USER, STRUCTURE, "Gemm"), .must = CLAUSES({INPUT(PRODUCER, 0), WORDS("")}),
     SAY("{node}: {op} has neighbour restrictions that we cannot verify; check guide 3.1.6.1", NULL, HANDBOOK)},
    {RULE("HISI-GRAPH-010", "input", REFUSE, DOCUMENTED, RANK, NULL), .must = CLAUSES({EACH_INPUT(RANK), IN_RANGE(0, 4)}),
     SAY_ELSEWHERE("{node}: input {tensor} has rank {actual}; {unit} blobs are N, C, H, W",
                   "hi_comm_svp.h in OpenIPC/openhisilicon: blob types")},
    {RULE("HISI-GRAPH-010", "output", REFUSE, DOCUMENTED, RANK, NULL), .must = CLAUSES({EACH_OUTPUT(RANK), IN_RANGE(0, 4)}),
     SAY_ELSEWHERE("{node}: output {tensor} has rank {actual}; {unit} blobs are N, C, H, W",
                   "hi_comm_svp.h in OpenIPC/openhisilicon: blob types")},
    {RULE("HISI-GRAPH-010", "window", REFUSE, DOCUMENTED, RANK, WINDOWS), .must = CLAUSES({INPUT(RANK, 0), EXACTLY(4)}),
     SAY_ELSEWHERE("{node}: {op} of rank {actual}; {unit} slides windows over two axes", CAFFE)},

    /* ---- convolution ---- */
    PARAMETER("kernel_h", 1, WINDOWS),
    PARAMETER("kernel_w", 1, WINDOWS),
    PARAMETER("stride_h", 1, WINDOWS),
    PARAMETER("stride_w", 1, WINDOWS),
    PARAMETER("dilation_h", 1, CONVS),
    PARAMETER("dilation_w", 1, CONVS),
    PARAMETER("pad_top", 0, WINDOWS),
    PARAMETER("pad_bottom", 0, WINDOWS),
    PARAMETER("pad_left", 0, WINDOWS),
    PARAMETER("pad_right", 0, WINDOWS),
    {RULE("HISI-CONV-002", "", REFUSE, USER, ATTR_RANGE, CONVS), .must = CLAUSES({ATTR_OF("group"), IN_RANGE(1, 2048)}), NEAREST(0),
     SAY("{node}: group {actual} exceeds 2048", "use fewer groups", HANDBOOK "; the same limit in the SS928 ATC guide")},
    {RULE("HISI-CONV-003", "", NOTE, USER, PERFORMANCE, CONVS), .must = CLAUSES({NODE(CLASS), WORDS("depthwise"), NOT}),
     SAY("{node}: depthwise is lowered to group={attr:group}; expect at most 1/64 (1.6 %) array use per output channel of a group",
         "a dense 1x1 or 3x3 convolution may be faster", MQB)},
    {RULE("HISI-CONV-004", "", SLOW, INFERRED, PERFORMANCE, CONVS), .when = CLAUSES({NODE(CLASS), WORDS("depthwise"), NOT}),
     .must = CLAUSES({NODE(CHANNELS_PER_GROUP_IN), MULTIPLE(4)}), NEAREST(0),
     SAY("{node}: {actual} input channels per group pad to {padded}; {waste_pct} % of the MAC slots idle",
         "make the input channels a multiple of 4", ARRAY)},
    {RULE("HISI-CONV-005", "", SLOW, INFERRED, PERFORMANCE, CONVS), .when = CLAUSES({NODE(CLASS), WORDS("depthwise"), NOT}),
     .must = CLAUSES({NODE(CHANNELS_PER_GROUP_OUT), MULTIPLE(16)}), NEAREST(0),
     SAY("{node}: {actual} output channels per group pad to {padded}; {waste_pct} % of the MAC slots idle",
         "make the output channels a multiple of 16", ARRAY)},
    /* Convolutions only: AlexNet's first InnerProduct has 9216 inputs, and a published time. */
    {RULE("HISI-CONV-006", "in", REFUSE, USER, DIM_RANGE, CONVS), .must = CLAUSES({INPUT_DIM(0, "c"), AT_MOST(4096)}), NEAREST(0),
     SAY("{node}: {actual} input channels exceed 4096", "split the convolution by channels", HANDBOOK ": most layers")},
    {RULE("HISI-CONV-006", "out", REFUSE, USER, DIM_RANGE, CONVS), .must = CLAUSES({OUTPUT_DIM(0, "c"), AT_MOST(4096)}), NEAREST(0),
     SAY("{node}: {actual} output channels exceed 4096", "split the convolution by channels", HANDBOOK ": most layers")},
    {RULE("HISI-CONV-008", "h", REFUSE, INFERRED, ATTR_VALUE, CONVS), IN_4D, .must = CLAUSES({ALONG(PAD_DIFFERENCE, "h"), EXACTLY(0)}),
     NEAREST(0),
     SAY("{node}: top and bottom pads differ by {actual}; a Caffe layer has one pad per axis",
         "pad both sides alike and crop, or train with even padding", CAFFE)},
    {RULE("HISI-CONV-008", "w", REFUSE, INFERRED, ATTR_VALUE, CONVS), IN_4D, .must = CLAUSES({ALONG(PAD_DIFFERENCE, "w"), EXACTLY(0)}),
     NEAREST(0),
     SAY("{node}: left and right pads differ by {actual}; a Caffe layer has one pad per axis",
         "pad both sides alike and crop, or train with even padding", CAFFE)},
    {RULE("HISI-CONV-009", "", REFUSE, INFERRED, CONST_REQUIRED, WEIGHTS), .must = CLAUSES({INPUT(IS_CONST, 1), EXACTLY(1)}),
     SAY_ELSEWHERE("{node}: the weights are computed at run time; {unit} takes constant weights", CAFFE)},
    {RULE("HISI-FC-001", "", REFUSE, INFERRED, RANK, "MatMul"), .when = CLAUSES({INPUT(IS_CONST, 1), EXACTLY(1)}),
     .must = CLAUSES({INPUT(RANK, 0), EXACTLY(2)}, {INPUT(RANK, 1), EXACTLY(2)}),
     SAY_ELSEWHERE("{node}: MatMul with an operand of rank {actual}; an InnerProduct multiplies vectors", CAFFE)},

    /* ---- pooling ---- */
    /* Another output shape is another tensor, not a slower layer: refused, not warned of. */
    {RULE("HISI-POOL-001", "h", REFUSE, USER, SHAPE_MISMATCH, "MaxPool|AveragePool"),
     .must = CLAUSES({ALONG(OUTPUT_REMAINDER, "h"), EXACTLY(0), OR}, {ATTR_OF("ceil_mode"), EXACTLY(1)}), NEAREST(1),
     SAY("{node}: {unit} rounds the output height up, the graph rounds it down, and {actual} row(s) remain",
         "set ceil_mode=1, or drop the pad at the bottom (pad_bottom)", MQB)},
    {RULE("HISI-POOL-001", "w", REFUSE, USER, SHAPE_MISMATCH, "MaxPool|AveragePool"),
     .must = CLAUSES({ALONG(OUTPUT_REMAINDER, "w"), EXACTLY(0), OR}, {ATTR_OF("ceil_mode"), EXACTLY(1)}), NEAREST(1),
     SAY("{node}: {unit} rounds the output width up, the graph rounds it down, and {actual} column(s) remain",
         "set ceil_mode=1, or drop the pad at the right (pad_right)", MQB)},
    /* The formula is garbled in its only source; off, so that nothing is ever refused on it. */
    {RULE("HISI-POOL-002", "", REFUSE, USER, ATTR_RANGE, "AveragePool|GlobalAveragePool"), .flags = NBX_RULE_OFF,
     .must = CLAUSES({NODE(KERNEL_VOLUME), AT_MOST(2048)}),
     SAY("{node}: a pooling window of {actual} may exceed the engine", "split it into two poolings",
         "blog.csdn.net z649431508, formula garbled")},
    {RULE("HISI-POOL-003", "", NOTE, INFERRED, ATTR_VALUE, "MaxPool|AveragePool"), IN_4D,
     .must = CLAUSES({ALONG(PAD_DIFFERENCE, "hw"), EXACTLY(0)}), NEAREST(0),
     SAY("{node}: the pads of the two sides differ; a Caffe layer has one pad per axis, this model takes them as they are",
         "pad both sides alike", CAFFE)},
    {RULE("HISI-POOL-004", "", REFUSE, INFERRED, ATTR_VALUE, "AveragePool"), IN_4D,
     .must = CLAUSES({ATTR_OF("count_include_pad"), EXACTLY(1), OR}, {ATTR_OF("pad_top"), EXACTLY(0)},
                     {ATTR_OF("count_include_pad"), EXACTLY(1), OR}, {ATTR_OF("pad_left"), EXACTLY(0)},
                     {ATTR_OF("count_include_pad"), EXACTLY(1), OR}, {ATTR_OF("pad_bottom"), EXACTLY(0)},
                     {ATTR_OF("count_include_pad"), EXACTLY(1), OR}, {ATTR_OF("pad_right"), EXACTLY(0)}),
     NEAREST(0),
     SAY("{node}: a Caffe-style average counts the padding, this node does not", "set count_include_pad=1, or use no padding", CAFFE)},
    {RULE("HISI-POOL-005", "dilation_h", REFUSE, INFERRED, ATTR_VALUE, "MaxPool|AveragePool"), IN_4D,
     .must = CLAUSES({ATTR_OF("dilation_h"), EXACTLY(1)}), NEAREST(0),
     SAY("{node}: {subject}={actual}; pooling has no dilation", "use dilation 1", CAFFE)},
    {RULE("HISI-POOL-005", "dilation_w", REFUSE, INFERRED, ATTR_VALUE, "MaxPool|AveragePool"), IN_4D,
     .must = CLAUSES({ATTR_OF("dilation_w"), EXACTLY(1)}), NEAREST(0),
     SAY("{node}: {subject}={actual}; pooling has no dilation", "use dilation 1", CAFFE)},
    {RULE("HISI-POOL-005", "indices", REFUSE, INFERRED, ATTR_VALUE, "MaxPool"), .must = CLAUSES({NODE(OUTPUT_COUNT), AT_MOST(1)}),
     SAY_ELSEWHERE("{node}: the indices of a pooling are not available", CAFFE)},

    /* ---- moving data ---- */
    {RULE("HISI-UP-001", "mode", REFUSE, USER, ATTR_VALUE, "Resize"), .must = CLAUSES({NAMED(ATTR_TEXT, "mode"), WORDS("nearest")}),
     SAY_ELSEWHERE("{node}: {attr:mode} resizing is not available; use 2x nearest steps", MQB)},
    {RULE("HISI-UP-001", "scale", REFUSE, USER, ATTR_VALUE, "Resize"),
     .must = CLAUSES({NAMED(ATTR_MILLI, "scale_h"), EXACTLY(2000)}, {NAMED(ATTR_MILLI, "scale_w"), EXACTLY(2000)},
                     {NAMED(ATTR_MILLI, "scale_c"), EXACTLY(1000)}),
     SAY_ELSEWHERE("{node}: scales {attr:scales} are not available; use 2x nearest steps", MQB)},
    /* Repeating each pixel twice is what these pairs of grid and rounding mean at a scale of 2. */
    {RULE("HISI-UP-001", "grid", REFUSE, INFERRED, ATTR_VALUE, "Resize"), .when = CLAUSES({NAMED(ATTR_TEXT, "mode"), WORDS("nearest")}),
     .must = CLAUSES({NAMED(ATTR_TEXT, "coordinate_transformation_mode"),
                      WORDS("asymmetric", "half_pixel", "half_pixel_symmetric", "pytorch_half_pixel")},
                     {NAMED(ATTR_TEXT, "coordinate_transformation_mode"), WORDS("asymmetric"), .flags = NBX_CLAUSE_NOT | NBX_CLAUSE_OR},
                     {NAMED(ATTR_TEXT, "nearest_mode"), WORDS("floor", "round_prefer_floor")},
                     {NAMED(ATTR_TEXT, "coordinate_transformation_mode"), WORDS("asymmetric"), OR},
                     {NAMED(ATTR_TEXT, "nearest_mode"), WORDS("round_prefer_floor", "round_prefer_ceil")}),
     SAY_ELSEWHERE("{node}: {attr:coordinate_transformation_mode} with {attr:nearest_mode} does not repeat each pixel twice", CAFFE)},
    {RULE("HISI-PERM-001", "", REFUSE, USER, ATTR_VALUE, "Transpose"), .must = CLAUSES({NAMED(ATTR_LIST, "perm"), NUMBERS(231)}),
     .flags = NBX_RULE_LIMIT_PRIVATE, SAY_ELSEWHERE("{node}: permute {attr:perm}; {unit} has only [0, 2, 3, 1]", YOLO)},
    {RULE("HISI-RSHP-001", "rank", REFUSE, USER, RANK, "Reshape"), .must = CLAUSES({OUTPUT(RANK, 0), EXACTLY(4)}),
     SAY_ELSEWHERE("{node}: reshape to rank {actual}; it must be 4-D and keep the batch axis", YOLO)},
    {RULE("HISI-RSHP-001", "batch", REFUSE, USER, ATTR_VALUE, "Reshape"),
     .must = CLAUSES({OUTPUT_DIM(0, "n"), .check = NBX_CHECK_EQ, THAN_INPUT_DIM(0, "n")}),
     SAY_ELSEWHERE("{node}: reshape makes the batch axis {actual}; the first dimension can only be copied", YOLO)},
    {RULE("HISI-PASS-001", "", REFUSE, USER, ATTR_RANGE, "SpaceToDepth"), .must = CLAUSES({ATTR_OF("blocksize"), IN_RANGE(1, 255)}),
     NEAREST(0), SAY("{node}: block {actual} outside {limit}", "use a smaller block", HANDBOOK)},
    {RULE("HISI-CAT-001", "", REFUSE, USER, ATTR_RANGE, "Concat"), .must = CLAUSES({ATTR_OF("axis"), IN_RANGE(1, 3)}), NEAREST(0),
     SAY("{node}: concat axis {actual} is not available", "concatenate along an axis in {limit}", HANDBOOK)},
    {RULE("HISI-CAT-002", "", NOTE, USER, QUANT_PARAM, "Concat"), .when = CLAUSES({ATTR_OF("axis"), EXACTLY(3)}),
     .must = CLAUSES({NODE(RANGE_MILLI_OCTAVES), AT_MOST(1000)}),
     SAY("{node}: the inputs share one range and lie {actual}/1000 octaves apart; the smallest loses 16 codes for each octave",
         "scale the branches alike", HANDBOOK)},
    {RULE("HISI-RED-001", "", REFUSE, INFERRED, ATTR_VALUE, "ReduceMean"), .must = CLAUSES({NAMED(ATTR_LIST, "axes"), NUMBERS(23)}),
     .flags = NBX_RULE_LIMIT_PRIVATE, SAY_ELSEWHERE("{node}: mean over the axes {attr:axes}; only height and width can be pooled", CAFFE)},

    /* ---- element-wise ---- */
    {RULE("HISI-ACT-001", "relu6", NOTE, USER, PERFORMANCE, "Clip"), ALWAYS_SAY,
     SAY("{node}: {op} is expanded to Threshold, Power and Eltwise; each adds a pass over DDR", "use Relu", MQB)},
    {RULE("HISI-ACT-001", "hard", NOTE, USER, PERFORMANCE, "HardSigmoid|HardSwish"), ALWAYS_SAY,
     SAY("{node}: {op} is expanded to Power, Threshold and Eltwise; each adds a pass over DDR", "use Sigmoid or Relu", MQB)},
    {RULE("HISI-ACT-001", "swish", NOTE, USER, PERFORMANCE, "Swish"), ALWAYS_SAY,
     SAY("{node}: {op} is expanded to Sigmoid and Eltwise PROD; each adds a pass over DDR", "use Relu", MQB)},
    {RULE("HISI-ACT-002", "", REFUSE, USER, ATTR_VALUE, "Pow"),
     .must = CLAUSES({INPUT(CONST_MILLI, 1), NUMBERS(-3000, -2000, -1000, -500, 500, 1000, 2000, 3000)}), .flags = NBX_RULE_LIMIT_PRIVATE,
     SAY_ELSEWHERE("{node}: exponent {actual}/1000 is not available; -3, -2, -1, -1/2, 1/2, 1, 2 and 3 are", HANDBOOK)},
    {RULE("HISI-ACT-003", "", REFUSE, INFERRED, ATTR_VALUE, "Clip"), .must = CLAUSES({NAMED(ATTR_MILLI, "min"), EXACTLY(0)}),
     SAY_ELSEWHERE("{node}: Clip from {attr:min}; the expansion starts from ReLU and needs 0", CAFFE)},
    {RULE("HISI-ELT-001", "", NOTE, USER, QUANT_PARAM, "Add|Sub|Max"), .must = CLAUSES({NODE(RANGE_MILLI_OCTAVES), AT_MOST(4000)}),
     SAY("{node}: the operand ranges differ by {actual}/1000 octaves; 7.9 are available", "scale the branches alike", MQB)},
    {RULE("HISI-ELT-002", "", REFUSE, INFERRED, ATTR_VALUE, "Add|Sub|Max"),
     .must = CLAUSES({NODE(BROADCAST), EXACTLY(0), OR}, {INPUT(IS_CONST, 1), EXACTLY(1), OR}, {INPUT(IS_CONST, 0), EXACTLY(1)}),
     SAY_ELSEWHERE("{node}: operands of different shape; Eltwise takes equal shapes", CAFFE)},

    /* ---- ROI and recurrent layers: none is computed here; the limits bind whoever extends the table of ops ---- */
    {RULE_ON(SEGMENT, "HISI-ROI-001", "segment", REFUSE, DOCUMENTED, STRUCTURE, NULL),
     .must = CLAUSES({NAMED(SEGMENT_OP_COUNT, "MaxRoiPool|RoiAlign|PSROIPooling|ROIPooling"), AT_MOST(2)}), .remedy = NBX_REMEDY_SPLIT,
     SAY("{actual} ROI layers in a segment; the limit is 2", "cut between them", HEADER)},
    {RULE_ON(MODEL, "HISI-ROI-001", "model", REFUSE, DOCUMENTED, STRUCTURE, NULL),
     .must = CLAUSES({NAMED(MODEL_OP_COUNT, "MaxRoiPool|RoiAlign|PSROIPooling|ROIPooling"), AT_MOST(4)}),
     SAY("{actual} ROI layers in the model; the limit is 4", NULL, HEADER)},
    {RULE("HISI-ROI-002", "", REFUSE, DOCUMENTED, DIM_RANGE, "MaxRoiPool|RoiAlign|PSROIPooling|ROIPooling"),
     .must = CLAUSES({INPUT_DIM(1, "n"), IN_RANGE(1, 5000)}), NEAREST(0),
     SAY("{node}: {actual} regions outside {limit}", "propose fewer regions", TABLE36)},
    {RULE("HISI-RNN-001", "", REFUSE, DOCUMENTED, DIM_RANGE, "LSTM|RNN|GRU"), .must = CLAUSES({INPUT_DIM(0, "n"), IN_RANGE(1, 1024)}),
     NEAREST(0), SAY("{node}: sequence length {actual} outside {limit}", "cut the sequence", TABLE36)},

    /* ---- inputs, memory, batch ---- */
    {RULE_ON(PORT, "HISI-IN-001", "", REJECT, DOCUMENTED, DIM_RANGE, NULL), .when = CLAUSES({NODE(PORT_SOURCE), WORDS("image")}),
     .must = CLAUSES({NODE(PORT_CHANNELS), NUMBERS(1, 3)}),
     SAY("{port}: {actual} channels need feature-map input with norm_type 0; images have 1 or 3",
         "declare the input as a feature map (float32)", TABLE36)},
    {RULE_ON(PORT, "HISI-IN-002", "", NOTE, DOCUMENTED, PERFORMANCE, NULL), .must = CLAUSES({NODE(PORT_SCALE_COUNT), AT_MOST(1)}),
     SAY("{port}: {actual} scales; the chip has one, the others are folded into the first convolution", "use one scale", TABLE36)},
    {RULE("HISI-MEM-002", "ddr4", SLOW, DOCUMENTED, PERFORMANCE, "Conv|ConvTranspose|MaxPool|AveragePool|Add"),
     .when = CLAUSES({OPTION_OF("ddr"), WORDS("ddr4")}, {OUTPUT(CODE_BITS, 0), AT_MOST(8)}),
     .must = CLAUSES({OUTPUT_DIM(0, "w"), MULTIPLE(32), OR}, {OUTPUT_DIM(0, "w"), AT_LEAST(24)}),
     SAY("{node}: rows of {actual} bytes pad to {padded}; {waste_pct} % of their traffic is padding", NULL, TABLE36)},
    {RULE("HISI-MEM-002", "ddr3", SLOW, DOCUMENTED, PERFORMANCE, "Conv|ConvTranspose|MaxPool|AveragePool|Add"),
     .when = CLAUSES({OPTION_OF("ddr"), WORDS("ddr3")}, {OUTPUT(CODE_BITS, 0), AT_MOST(8)}),
     .must = CLAUSES({OUTPUT_DIM(0, "w"), MULTIPLE(16), OR}, {OUTPUT_DIM(0, "w"), AT_LEAST(12)}),
     SAY("{node}: rows of {actual} bytes pad to {padded}; {waste_pct} % of their traffic is padding", NULL, TABLE36)},
    {RULE_ON(MODEL, "HISI-BATCH-001", "", REJECT, DOCUMENTED, DIM_RANGE, NULL), .must = CLAUSES({NODE(BATCH), IN_RANGE(0, 256)}),
     NEAREST(0), SAY("batch {actual} outside {limit}", "run fewer pictures at once", TABLE36)},
    {RULE("HISI-BATCH-002", "", SLOW, DOCUMENTED, PERFORMANCE, "Gemm"), .when = CLAUSES({INPUT(ELEMENTS, 1), AT_LEAST(1 << 20)}),
     .must = CLAUSES({OUTPUT_DIM(0, "n"), AT_LEAST(2)}), NEAREST(0),
     SAY("{node}: its weights are read once for each picture; a batch of n would cut its time to about 1/n", "run several pictures at once",
         TABLE36)},

    /* ---- numbers ---- */
    {RULE("HISI-QNT-001", "", NOTE, MEASURED, DATA, WEIGHTS), .when = CLAUSES({INPUT(ENCODING_KIND, 1), EXACTLY(NBX_ENC_LOG)}),
     .must = CLAUSES({INPUT(LOST_PPM, 1), AT_MOST(10000)}),
     SAY("{node}: {actual} of a million non-zero weights fall below the window of the code and become zero", "use log16 for this layer",
         GFPQ)},
    {RULE("HISI-QNT-002", "input", REFUSE, MEASURED, DATA, NULL), .must = CLAUSES({INPUT(RANGE_FINITE, 0), EXACTLY(1)}),
     SAY_ELSEWHERE("{node}: {tensor} has a non-finite value in calibration", GFPQ)},
    {RULE("HISI-QNT-002", "output", REFUSE, MEASURED, DATA, NULL), .must = CLAUSES({OUTPUT(RANGE_FINITE, 0), EXACTLY(1)}),
     SAY_ELSEWHERE("{node}: {tensor} has a non-finite value in calibration", GFPQ)},
    /* Off: NBX chooses z itself by the library's own rule; the grid binds only ranges that are handed in from outside. */
    {RULE("HISI-QNT-003", "", REFUSE, USER, QUANT_PARAM, WEIGHTS), .flags = NBX_RULE_OFF,
     .must = CLAUSES({INPUT(CLIP_GRID, 0), EXACTLY(1)}),
     SAY("{node}: the clip of {tensor} is not 2^(k/16)", "round the clip to the grid of the code", MQB)},
    {RULE("HISI-QNT-004", "log8", REFUSE, MEASURED, QUANT_PARAM, NULL), .when = CLAUSES({NODE(SCHEME), WORDS("log8")}),
     .must = CLAUSES({OUTPUT(RANGE_MILLI_LOG2, 0), IN_RANGE(-24000, 39937)}),
     SAY_ELSEWHERE("{node}: {tensor} reaches 2^({actual}/1000), beyond the range parameter of -511..511", GFPQ)},
    {RULE("HISI-QNT-004", "log16", REFUSE, MEASURED, QUANT_PARAM, NULL), .when = CLAUSES({NODE(SCHEME), WORDS("log16")}),
     .must = CLAUSES({OUTPUT(RANGE_MILLI_LOG2, 0), IN_RANGE(-21000, 42992)}),
     SAY_ELSEWHERE("{node}: {tensor} reaches 2^({actual}/1000), beyond the range parameter of -4095..4095", GFPQ)},
    {RULE("HISI-QNT-005", "", NOTE, USER, DATA, WEIGHTS), .when = CLAUSES({INPUT(ENCODING_KIND, 1), EXACTLY(NBX_ENC_LOG)}),
     .must = CLAUSES({INPUT(SPREAD_MILLI_OCTAVES, 1), AT_MOST(4000)}),
     SAY("{node}: channel maxima spread over {actual}/1000 octaves; one range per tensor leaves the smallest few codes",
         "equalize the channels, or use log16 for this layer", MQB)},
    {RULE("HISI-QNT-006", "", SLOW, USER, PERFORMANCE, WEIGHTS), .must = CLAUSES({NODE(SCHEME), WORDS("log16"), NOT}),
     SAY("{node}: 16-bit codes take about twice the time of 8-bit ones", "use log8 where accuracy allows", "nniefacelib: 17 ms and 34 ms")},
};
