/* SPDX-License-Identifier: Apache-2.0 */
/**
 * The way of a model: a job and a model file become a plan, the plan an artifact, and either runs. The house rules (ownership,
 * errors, threads) are in nbx/nbx.h; all detail of a failure is in the context.
 *
 *     nbx_pipeline_create(context, "board.yaml", "model.onnx", NULL, &pipeline);
 *     nbx_pipeline_report(pipeline, NBX_REPORT_TEXT, &text);       where each node runs, and why
 *     nbx_pipeline_save(pipeline, "model.nbx");                    for the board and libnbx-rt
 *     nbx_pipeline_run(pipeline, &input, 1, &output, 1);           or here
 */
#ifndef NBX_PIPELINE_H
#define NBX_PIPELINE_H

#include <nbx/nbx.h>
#include <nbx/plugin/tensor.h>

NBX_BEGIN_C

/** A model on a target, or an artifact. One thread at a time. */
typedef struct nbx_pipeline nbx_pipeline;

/**
 * Zero but struct_size is the default of everything. Borrowed for the call.
 *
 * plugins            libraries, manifests or directories that are searched first; one of them refused is an error
 * plugin_directory   searched last; NULL: nbx/plugins-1 beside libnbx, else that of the installation; "": none.
 *                    Between the two comes the environment variable NBX_PLUGIN_PATH
 * overrides          "key=value" on the target file, as `--set` of the command, for example "fallback=reference"
 * target             which of the `targets:` of a target file, from 0
 */
typedef struct nbx_pipeline_options {
    uint32_t struct_size;
    uint32_t plugin_count;
    const char *const *plugins;
    const char *plugin_directory;
    const char *const *overrides;
    uint32_t override_count;
    uint32_t target;
} nbx_pipeline_options;

/**
 * Plans `model` (an ONNX file) for `job`: the path of a target file, or a bare "vendor/chip". Calibrates if the job has data.
 * A node that runs nowhere is not an error here: nbx_pipeline_check says so, and the report why. `options` may be NULL.
 * NBX_BAD_INPUT for what a file or an override gets wrong, also an unknown chip; NBX_USAGE for an override that is no
 * "key=value" and for `target` past the end; NBX_IO; NBX_REFUSED, NBX_MISMATCH, NBX_TOO_NEW for a plugin; NBX_UNAVAILABLE
 * without an engine to calibrate on.
 */
NBX_EXPORT nbx_status nbx_pipeline_create(nbx_context *context, const char *job, const char *model, const nbx_pipeline_options *options,
                                          nbx_pipeline **out);
/**
 * Opens an artifact that nbx_pipeline_save or `nbx compile` wrote; of the options only those on plugins count.
 * NBX_BAD_INPUT for a damaged file, NBX_STALE_BLOB if a plugin does not take its blob.
 */
NBX_EXPORT nbx_status nbx_pipeline_load(nbx_context *context, const char *artifact, const nbx_pipeline_options *options,
                                        nbx_pipeline **out);
NBX_EXPORT void nbx_pipeline_destroy(nbx_pipeline *pipeline);

/** NBX_OK, or NBX_FOUND with an error for each thing found: nodes that run nowhere, a rejected model, a missed budget. */
NBX_EXPORT nbx_status nbx_pipeline_check(nbx_pipeline *pipeline);

enum { NBX_REPORT_TEXT = 0, NBX_REPORT_JSON = 1 };

/** The plan as `nbx plan` shows it. *out is borrowed until the next report of this pipeline. NBX_UNSUPPORTED for an artifact. */
NBX_EXPORT nbx_status nbx_pipeline_report(nbx_pipeline *pipeline, uint32_t format, const char **out);

/**
 * Samples and labels for an accuracy study.
 *
 * data     one .npy a model input, "FILE" or "NAME=FILE"; the first axis counts samples
 * labels   .npy, "FILE" or "OUTPUT=FILE"; none: outputs are compared with float only
 * metric   "top1", "topk:5", "OUTPUT=cells,OUTPUT=iou" ...; NULL: that of the job
 */
typedef struct nbx_pipeline_samples {
    uint32_t struct_size;
    uint32_t data_count;
    const char *const *data;
    const char *const *labels;
    const char *metric;
    uint32_t label_count;
    uint32_t reserved0;
} nbx_pipeline_samples;

/**
 * Accuracy against labels and against float, as `nbx eval` shows it; plans the model anew. *out as of nbx_pipeline_report, set
 * also with NBX_FOUND. NBX_UNSUPPORTED for an artifact.
 */
NBX_EXPORT nbx_status nbx_pipeline_evaluate(nbx_pipeline *pipeline, const nbx_pipeline_samples *samples, uint32_t format, const char **out);

/**
 * Compiles what is not yet compiled; saving and running do it by themselves. NBX_FOUND as nbx_pipeline_check, budgets aside;
 * NBX_BAD_INPUT if the target needs calibration data; NBX_SHORTFALL if a resource of the chip is too small. After a shortfall
 * that was cured by cutting, the report shows the new plan.
 */
NBX_EXPORT nbx_status nbx_pipeline_compile(nbx_pipeline *pipeline);
/** Writes the artifact, whole or not at all. NBX_IO; NBX_UNSUPPORTED for what is an artifact already. */
NBX_EXPORT nbx_status nbx_pipeline_save(nbx_pipeline *pipeline, const char *path);
/** Entry of an artifact's header, "chip", "model_digest", "scheme" ..., or NULL; of a loaded artifact only. */
NBX_EXPORT const char *nbx_pipeline_header(const nbx_pipeline *pipeline, const char *key);

/**
 * An input or an output of one sample. Inputs come first.
 *
 * name       as in the model
 * layout     order of the axes in the caller's buffer, for example "NHWC"; NULL: that of dims
 * encoding   outputs that an artifact leaves as codes: the name of their encoding; else NULL
 * dtype      NBX_DTYPE_ of the elements: of an input the source type of the job, else the model's type
 * dims       extents as in the model, rank of them
 * bytes      of the caller's buffer
 * align      its address is a multiple of
 */
typedef struct nbx_pipeline_port {
    uint32_t struct_size;
    uint32_t is_output;
    const char *name;
    const char *layout;
    const char *encoding;
    const void *reserved0;
    uint32_t dtype;
    uint32_t rank;
    int64_t dims[NBX_MAX_RANK];
    uint64_t bytes;
    uint64_t align;
} nbx_pipeline_port;

NBX_EXPORT uint32_t nbx_pipeline_input_count(const nbx_pipeline *pipeline);
NBX_EXPORT uint32_t nbx_pipeline_output_count(const nbx_pipeline *pipeline);
/** Fills `out` up to out->struct_size. NBX_INVALID past the last output. */
NBX_EXPORT nbx_status nbx_pipeline_port_get(const nbx_pipeline *pipeline, uint32_t index, nbx_pipeline_port *out);

/**
 * What is in a buffer.
 *
 * NBX_FORM_PORT    what the port says; inputs get the preprocessing of the job (mean, scale, layout)
 * NBX_FORM_MODEL   inputs: the model's own values, prepared by the caller: float32 (integers for an integer input), dense, in the
 *                  order of dims. Not with artifacts, which hold their preprocessing
 */
enum { NBX_FORM_PORT = 0, NBX_FORM_MODEL = 1 };

/** A caller's buffer for one port; bytes must be what port and form need. */
typedef struct nbx_pipeline_buffer {
    void *data;
    uint64_t bytes;
    uint32_t form;
    uint32_t reserved0;
} nbx_pipeline_buffer;

/**
 * Runs one sample; inputs are not changed. Of a plan every output comes as real numbers (or indices), also where the job asks
 * for codes: those are an artifact's. NBX_INVALID for counts, sizes or addresses that do not fit the ports.
 */
NBX_EXPORT nbx_status nbx_pipeline_run(nbx_pipeline *pipeline, const nbx_pipeline_buffer *inputs, uint32_t input_count,
                                       const nbx_pipeline_buffer *outputs, uint32_t output_count);

NBX_END_C

#endif
