/* SPDX-License-Identifier: Apache-2.0 */
/** What the verbs of the command share: parsed options, the context, the registry, output. */
#ifndef NBX_TOOLS_CLI_H
#define NBX_TOOLS_CLI_H

#include "loader/loader.h"
#include "stages/pipeline/pipeline.h"
#include "stages/report/report.h"
#include "target/target.h"

#define NBX_CLI_MOST 32u

/** A list of texts given on the command line, in order. */
typedef struct nbx_cli_list {
    const char *rows[NBX_CLI_MOST];
    uint32_t count;
} nbx_cli_list;

typedef struct nbx_cli {
    nbx_context *context;
    nbx_registry *registry; /* made by nbx_cli_registry */
    nbx_arena *arena;
    const struct nbx_verb *verb;
    nbx_cli_list arguments, targets, plugins, sets, data, labels;
    const char *format, *output, *fallback, *scheme, *calibration, *samples, *metric, *mean, *scale, *chip, *method;
    bool verbose, quiet, no_bias_correction, print_config, help, plain, save;
    char *text; /* what goes to stdout or -o, built up by nbx_cli_sink */
    size_t used, capacity;
    bool no_memory;
} nbx_cli;

/** One verb: `run` answers an nbx_status; the exit code follows from it. */
typedef struct nbx_verb {
    const char *name, *arguments, *summary, *options; /* options: letters and long names it takes, space-separated */
    nbx_status (*run)(nbx_cli *cli);
    const char *examples;
    uint32_t arguments_min, arguments_max;
} nbx_verb;

#define VERB(name, function, min, max, arguments, options, summary, examples) nbx_status function(nbx_cli *cli);
#include "tools/verbs.def"
#undef VERB

/** Parses argv into `cli`. NBX_USAGE with a message and a suggestion. */
nbx_status nbx_cli_parse(nbx_cli *cli, int argc, char **argv);
void nbx_cli_help(nbx_cli *cli);

/** The verb called `name`, or NULL; row `index`, or NULL past the end. */
const nbx_verb *nbx_verb_find(const char *name);
const nbx_verb *nbx_verb_at(uint32_t index);

/** Scans for plugins once. */
nbx_status nbx_cli_registry(nbx_cli *cli);
/** Jobs of one -t: a YAML file or a bare vendor/chip, with the flags of the command line applied. */
nbx_status nbx_cli_jobs(nbx_cli *cli, const char *target, nbx_job_set **out);

/** A sink into the text of the command. */
nbx_text_sink nbx_cli_sink(nbx_cli *cli);
/** Writes a report in the wanted format: JSON here, text by `render`. Takes the reference to `report`. */
nbx_status nbx_cli_report(nbx_cli *cli, json_t *report, void (*render)(const json_t *report, bool verbose, const nbx_text_sink *sink));
/** Sends the text to -o FILE (written whole or not at all) or to stdout. */
nbx_status nbx_cli_flush(nbx_cli *cli);
/** Writes `bytes` to `path` by a temporary file and a rename. */
nbx_status nbx_cli_write_file(nbx_context *context, const char *path, const void *data, size_t bytes);

#endif
