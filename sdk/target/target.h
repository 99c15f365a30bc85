/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Target files: the jobs they ask for, the merged view with its origins, their documentation, a starter.
 * Errors of a file are reported all at once (up to 20) in the context; the status is that of the first.
 */
#ifndef NBX_TARGET_TARGET_H
#define NBX_TARGET_TARGET_H

#include <nbx/plugin/rules.h>

#include "target/job.h"

/** Where text goes. `write` answers NBX_OK or the status that is handed back to the caller. */
typedef struct nbx_text_sink {
    void *self;
    nbx_status (*write)(void *self, const char *text, size_t bytes);
} nbx_text_sink;

/** The `--set key=value` of a command line, in order, without the flag. They win over everything in the file. */
typedef struct nbx_overrides {
    const char *const *rows;
    uint32_t count;
} nbx_overrides;

/** A target file in memory. `name` is what messages call it; relative paths inside are relative to its folder. */
typedef struct nbx_job_text {
    const char *name;
    const void *bytes;
    size_t count;
} nbx_job_text;

/**
 * The jobs of the file at `path`: one, or one per entry of `targets`. `overrides` may be NULL.
 * NBX_BAD_INPUT; NBX_USAGE for a `--set` that cannot be applied; NBX_IO; NBX_NO_MEMORY. *out is NULL then.
 * Chip options and schemes are not checked here: only their chip knows them.
 */
nbx_status nbx_job_set_load(nbx_context *context, const char *path, const nbx_overrides *overrides, nbx_job_set **out);
/** The same for a file in memory; `text` is not needed afterwards. */
nbx_status nbx_job_set_parse(nbx_context *context, const nbx_job_text *text, const nbx_overrides *overrides, nbx_job_set **out);
/** One job with defaults for a bare "vendor/chip". */
nbx_status nbx_job_set_default(nbx_context *context, const char *spec, const nbx_overrides *overrides, nbx_job_set **out);
/** What -t takes: the path of a target file (it exists, or ends in .yaml or .yml), else a bare "vendor/chip". */
nbx_status nbx_job_set_open(nbx_context *context, const char *target, const nbx_overrides *overrides, nbx_job_set **out);
void nbx_job_set_destroy(nbx_job_set *set);

/** The job as YAML that reads back to the same job, defaults included; each line says where its value is from (file:line, --set, -t,
 * default). */
nbx_status nbx_job_explain(const nbx_job *job, const nbx_text_sink *sink);

typedef enum nbx_schema_format { NBX_SCHEMA_MARKDOWN, NBX_SCHEMA_JSON } nbx_schema_format;
/** The reference of all keys: for people, or as JSON Schema (2020-12) for editors. */
nbx_status nbx_target_schema_write(nbx_schema_format format, const nbx_text_sink *sink);

/**
 * A commented target file for a chip. Suggestions are commented out with a '#' right before them; prose has "# ".
 * `vendor` is the plugin's part of the spec.
 */
nbx_status nbx_target_init(const char *vendor, const nbx_chip *chip, const nbx_text_sink *sink);

/** What became of the keys of a foreign file. */
typedef struct nbx_import_counts {
    uint32_t taken, without_counterpart, unknown;
} nbx_import_counts;

/**
 * A vendor's own YAML at `path` as a target file for `spec`, by `keys` (a span of nbx_foreign_key). Keys of nested maps are
 * joined with dots. What could not be taken over is written as comments and counted. NBX_BAD_INPUT, NBX_IO, NBX_NO_MEMORY.
 */
nbx_status nbx_target_import(nbx_context *context, const char *path, const char *spec, const nbx_span *keys, const nbx_text_sink *sink,
                             nbx_import_counts *counts);

#endif
