/* SPDX-License-Identifier: Apache-2.0 */
/* The rows: every key of a target file, its meaning, bounds, default and place in nbx_job; all work on them is elsewhere. */
#include "target/schema.h"

#include <string.h>

#define COUNT(rows)    ((uint32_t)(sizeof(rows) / sizeof((rows)[0])))
#define JOB(member)    NBX_AT(nbx_job, member)
#define INPUT(member)  NBX_AT(nbx_job_input, member)
#define OUTPUT(member) NBX_AT(nbx_job_output, member)
#define NODE(member)   NBX_AT(nbx_job_node, member)

static const nbx_field source_fields[] = {
    {.key = "layout",
     .kind = NBX_FIELD_CHOICE,
     .choices = "NC|NCW|NWC|NCHW|NHWC|NCDHW|NDHWC",
     .example = "NCHW",
     .text = "order of the axes in the data that is fed; without it, the model's",
     .store = INPUT(source_layout)},
    {.key = "type",
     .kind = NBX_FIELD_CHOICE,
     .choices = "uint8|int8|uint16|int16|uint32|int32|int64|float16|float32|float64|bool",
     .example = "uint8",
     .text = "element type of the data that is fed; without it, float32",
     .store = INPUT(source_type)},
};
static const nbx_map source_map = {.fields = source_fields, .count = COUNT(source_fields)};

static const nbx_field input_fields[] = {
    {.key = "name",
     .kind = NBX_FIELD_TEXT,
     .flags = NBX_FIELD_REQUIRED,
     .example = "input",
     .text = "an input of the model",
     .store = INPUT(name)},
    {.key = "shape",
     .kind = NBX_FIELD_INTEGER,
     .flags = NBX_FIELD_LIST,
     .lo = 1,
     .hi = 2147483647,
     .most = NBX_MAX_RANK,
     .example = "[1, 3, 224, 224]",
     .text = "extents; needed where the model leaves them open",
     .store = INPUT(shape),
     .counted = INPUT(shape_count)},
    {.key = "source", .kind = NBX_FIELD_MAP, .of = &source_map, .text = "what is fed, where it differs from the model's input"},
    {.key = "mean",
     .kind = NBX_FIELD_NUMBER,
     .flags = NBX_FIELD_LIST | NBX_FIELD_LONE,
     .lo = -1e30,
     .hi = 1e30,
     .example = "[123.675, 116.28, 103.53]",
     .text = "value = (x - mean) * scale; one number, or one per channel",
     .store = INPUT(mean),
     .counted = INPUT(mean_count)},
    {.key = "scale",
     .kind = NBX_FIELD_NUMBER,
     .flags = NBX_FIELD_LIST | NBX_FIELD_LONE,
     .lo = -1e30,
     .hi = 1e30,
     .example = "[0.0171, 0.0175, 0.0174]",
     .text = "see mean",
     .store = INPUT(scale),
     .counted = INPUT(scale_count)},
};
static const nbx_map input_map = {
    .fields = input_fields, .count = COUNT(input_fields), .bytes = sizeof(nbx_job_input), .placed = INPUT(place)};

static const nbx_field output_fields[] = {
    {.key = "name",
     .kind = NBX_FIELD_TEXT,
     .flags = NBX_FIELD_REQUIRED,
     .example = "logits",
     .text = "an output of the model, or a value inside the graph, which is then cut there",
     .store = OUTPUT(name)},
    {.key = "dequantize",
     .kind = NBX_FIELD_BOOLEAN,
     .absent = "true",
     .text = "give real numbers instead of the chip's codes",
     .store = OUTPUT(dequantize)},
};
static const nbx_map output_map = {.fields = output_fields,
                                   .count = COUNT(output_fields),
                                   .lone = &output_fields[0],
                                   .bytes = sizeof(nbx_job_output),
                                   .placed = OUTPUT(place)};

static const nbx_field metric_name = {
    .key = "metric", .kind = NBX_FIELD_CHOICE, .choices = "top1|topk|cells|iou|cosine", .store = JOB(metric)};
static const nbx_field metric_fields[] = {
    {.key = "topk",
     .kind = NBX_FIELD_INTEGER,
     .lo = 1,
     .hi = 1000000,
     .example = "5",
     .text = "the label is among the k largest outputs",
     .store = JOB(metric_k)},
    {.key = "command",
     .kind = NBX_FIELD_TEXT,
     .flags = NBX_FIELD_LIST | NBX_FIELD_TERMINATED,
     .example = "[./score.py, --strict]",
     .text = "a program and its arguments; it is fed .npy files",
     .store = JOB(metric_command)},
};
static const nbx_map metric_map = {
    .fields = metric_fields, .count = COUNT(metric_fields), .flags = NBX_MAP_EXACTLY_ONE, .lone = &metric_name};

static const nbx_field budget_fields[] = {
    {.key = "latency_ms",
     .kind = NBX_FIELD_NUMBER,
     .lo = 0,
     .hi = 1e9,
     .example = "1.0",
     .text = "longest time of one inference, in milliseconds",
     .store = JOB(latency_ms),
     .present = JOB(has_latency_ms)},
    {.key = "drop",
     .kind = NBX_FIELD_NUMBER,
     .lo = 0,
     .hi = 1,
     .example = "0.01",
     .text = "largest loss of the metric against float, as a fraction: 0.01 is one point",
     .store = JOB(drop),
     .present = JOB(has_drop)},
    {.key = "memory_mb",
     .kind = NBX_FIELD_NUMBER,
     .lo = 0,
     .hi = 1e9,
     .example = "8",
     .text = "most memory on the chip, in MB of 1,000,000 bytes",
     .store = JOB(memory_mb),
     .present = JOB(has_memory_mb)},
};
static const nbx_map budget_map = {.fields = budget_fields, .count = COUNT(budget_fields)};

static const nbx_field calibration_fields[] = {
    {.key = "method",
     .kind = NBX_FIELD_CHOICE,
     .choices = "minmax|percentile|none",
     .absent = "minmax",
     .text = "how ranges come from the data",
     .store = JOB(method)},
    {.key = "percentile",
     .kind = NBX_FIELD_NUMBER,
     .lo = 50,
     .hi = 100,
     .absent = "99.99",
     .text = "share of the values that the range keeps, in percent; for method percentile",
     .store = JOB(percentile)},
    {.key = "data",
     .kind = NBX_FIELD_PATH,
     .example = "calib.npy",
     .text = "a .npy of inputs, first axis the samples; relative to the folder of this file",
     .store = JOB(calibration)},
    {.key = "samples",
     .kind = NBX_FIELD_INTEGER,
     .lo = 0,
     .hi = 4294967295.0,
     .absent = "0",
     .example = "200",
     .text = "how many of them to use; 0 for all",
     .store = JOB(samples)},
};
static const nbx_map calibration_map = {.fields = calibration_fields, .count = COUNT(calibration_fields)};

static const nbx_field quantization_fields[] = {
    {.key = "scheme",
     .kind = NBX_FIELD_TEXT,
     .example = "int8",
     .text = "for every node without its own; without it, the chip's default",
     .store = JOB(scheme)},
    {.key = "calibration", .kind = NBX_FIELD_MAP, .of = &calibration_map, .text = "where ranges come from"},
    {.key = "bias_correction",
     .kind = NBX_FIELD_BOOLEAN,
     .absent = "true",
     .text = "correct biases so that outputs keep their mean over the calibration data",
     .store = JOB(bias_correction)},
};
static const nbx_map quantization_map = {.fields = quantization_fields, .count = COUNT(quantization_fields)};

static const nbx_field node_fields[] = {
    {.key = "match",
     .kind = NBX_FIELD_TEXT,
     .flags = NBX_FIELD_REQUIRED,
     .example = "\"*Softmax*\"",
     .text = "names of nodes; * is any run of characters, ? any one. Later entries win",
     .store = NODE(match)},
    {.key = "scheme", .kind = NBX_FIELD_TEXT, .text = "quantization scheme of these nodes", .example = "int16", .store = NODE(scheme)},
    {.key = "place",
     .kind = NBX_FIELD_SITE,
     .example = "fallback",
     .text = "where these nodes run: chip, fallback, or vendor/chip",
     .store = NODE(at)},
};
static const nbx_map node_map = {.fields = node_fields,
                                 .count = COUNT(node_fields),
                                 .flags = NBX_MAP_BEYOND_FIRST,
                                 .bytes = sizeof(nbx_job_node),
                                 .placed = NODE(place)};

enum { ROW_VERSION, ROW_TARGET };
static const nbx_field root_fields[] = {
    [ROW_VERSION] = {.key = "nbx",
                     .kind = NBX_FIELD_INTEGER,
                     .flags = NBX_FIELD_ROOT_ONLY | NBX_FIELD_REQUIRED,
                     .lo = 1,
                     .hi = 1,
                     .example = "1",
                     .text = "version of this format; the first key of the file"},
    [ROW_TARGET] = {.key = "target",
                    .kind = NBX_FIELD_SPEC,
                    .example = "vendor/chip",
                    .text = "the chip; `nbx targets` lists what is installed. Required here or in every entry of targets",
                    .store = JOB(target),
                    .placed = JOB(target_place)},
    {.key = "targets",
     .kind = NBX_FIELD_MAP,
     .flags = NBX_FIELD_LIST | NBX_FIELD_ROOT_ONLY,
     .most = 64,
     .of = &nbx_target_map,
     .text = "several chips instead of one: each entry is a chip, or a map of target and any keys that differ there. "
             "Maps are merged key by key, lists and single values replaced"},
    {.key = "options",
     .kind = NBX_FIELD_FREE_MAP,
     .text = "options of the chip; `nbx targets show vendor/chip` lists them",
     .store = JOB(options),
     .counted = JOB(option_count)},
    {.key = "fallback",
     .kind = NBX_FIELD_FALLBACK,
     .flags = NBX_FIELD_LIST | NBX_FIELD_LONE,
     .most = 16,
     .absent = "none",
     .example = "reference",
     .text = "who takes the nodes that the chip refuses, in order; none: a refused node is an error",
     .store = JOB(fallback),
     .counted = JOB(fallback_count)},
    {.key = "inputs",
     .kind = NBX_FIELD_MAP,
     .flags = NBX_FIELD_LIST | NBX_FIELD_UNIQUE,
     .most = 256,
     .of = &input_map,
     .text = "what is fed to the model",
     .store = JOB(inputs),
     .counted = JOB(input_count)},
    {.key = "outputs",
     .kind = NBX_FIELD_MAP,
     .flags = NBX_FIELD_LIST | NBX_FIELD_LONE | NBX_FIELD_UNIQUE,
     .most = 256,
     .of = &output_map,
     .text = "what is read from it: names, or maps; without it, the model's outputs",
     .store = JOB(outputs),
     .counted = JOB(output_count)},
    {.key = "metric", .kind = NBX_FIELD_MAP, .of = &metric_map, .example = "top1", .text = "what counts as accurate: a name, or a map"},
    {.key = "budget", .kind = NBX_FIELD_MAP, .of = &budget_map, .text = "limits that turn the answer into an exit code"},
    {.key = "quantization", .kind = NBX_FIELD_MAP, .of = &quantization_map, .text = "how reals become the chip's codes"},
    {.key = "nodes",
     .kind = NBX_FIELD_MAP,
     .flags = NBX_FIELD_LIST,
     .most = 10000,
     .of = &node_map,
     .text = "wishes for single nodes, by name",
     .store = JOB(nodes),
     .counted = JOB(node_count)},
};
const nbx_map nbx_target_map = {
    .fields = root_fields, .count = COUNT(root_fields), .lone = &root_fields[ROW_TARGET], .bytes = sizeof(nbx_job)};

const nbx_field *nbx_field_find(const nbx_map *map, const char *key, bool nested)
{
    for (uint32_t i = 0; i < map->count; i++) {
        const nbx_field *field = &map->fields[i];
        if (strcmp(field->key, key) == 0) return nested && field->flags & NBX_FIELD_ROOT_ONLY ? NULL : field;
    }
    return NULL;
}
