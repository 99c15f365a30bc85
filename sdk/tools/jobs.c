/* SPDX-License-Identifier: Apache-2.0 */
/* Turns -t and the flags around it into jobs, and finds plugins; the YAML itself is read by target. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tools/cli.h"

/* A path beside the running command, for builds and relocated installations; NULL if it is not there. */
static const char *beside_command(nbx_cli *cli, const char *relative)
{
    char self[PATH_MAX], full[PATH_MAX];
    ssize_t bytes = readlink("/proc/self/exe", self, sizeof(self) - 1);
    if (bytes <= 0) return NULL;
    self[bytes] = 0;
    char *slash = strrchr(self, '/');
    if (!slash) return NULL;
    *slash = 0;
    const char *joined = nbx_arena_format(cli->arena, "%s/%s", self, relative);
    return joined && realpath(joined, full) ? nbx_arena_string(cli->arena, full) : NULL;
}

nbx_status nbx_cli_registry(nbx_cli *cli)
{
    if (cli->registry) return NBX_OK;
    nbx_registry_options options = {.paths = cli->plugins.rows, .path_count = cli->plugins.count};
    options.build_directory = beside_command(cli, "../plugins");
    options.system_directory = beside_command(cli, "../" NBX_PLUGIN_SUBDIR);
    return nbx_registry_create(cli->context, &options, &cli->registry);
}

/* "72.93" or "123.7,116.8,103.9" */
static nbx_status parse_list(nbx_cli *cli, const char *flag, const char *text, const double **out, uint32_t *count)
{
    double *rows = nbx_arena_array(cli->arena, strlen(text) / 2 + 1, sizeof(double));
    if (!rows) return nbx_raise_memory(cli->context);
    for (*count = 0; *text;) {
        char *end;
        rows[(*count)++] = strtod(text, &end);
        if (end == text || (*end && *end != ','))
            return nbx_raise(cli->context, NBX_E_CLI_USAGE, NULL, "numbers with commas between them", "--%s cannot be '%s'", flag, text);
        text = end + (*end == ',');
    }
    *out = rows;
    return NBX_OK;
}

/* --mean and --scale are for the input that the job does not describe. */
static nbx_status apply_preprocessing(nbx_cli *cli, nbx_job *job)
{
    if (!cli->mean && !cli->scale) return NBX_OK;
    nbx_job_input *row = job->input_count ? &job->inputs[0] : nbx_arena_alloc(cli->arena, sizeof(*row));
    if (!row) return nbx_raise_memory(cli->context);
    if (!job->input_count) {
        *row = (nbx_job_input){.name = ""};
        job->inputs = row;
        job->input_count = 1;
    }
    if (cli->mean) NBX_TRY(parse_list(cli, "mean", cli->mean, &row->mean, &row->mean_count));
    if (cli->scale) NBX_TRY(parse_list(cli, "scale", cli->scale, &row->scale, &row->scale_count));
    return NBX_OK;
}

static nbx_status apply_flags(nbx_cli *cli, nbx_job *job)
{
    if (cli->calibration) job->calibration = cli->calibration;
    if (cli->no_bias_correction) job->bias_correction = false;
    if (cli->samples) job->samples = (uint32_t)strtoul(cli->samples, NULL, 10);
    return apply_preprocessing(cli, job);
}

/* Flags that are keys of the target file go through the same door as --set, so that they are checked alike. */
static nbx_overrides overrides_of(nbx_cli *cli)
{
    const struct {
        const char *key, *value;
    } keys[] = {{"fallback", cli->fallback}, {"quantization.scheme", cli->scheme}, {"quantization.calibration.method", cli->method}};
    const char **rows = nbx_arena_array(cli->arena, NBX_CLI_MOST + 8, sizeof(char *));
    uint32_t count = 0;
    for (size_t i = 0; rows && i < sizeof(keys) / sizeof(keys[0]); i++)
        if (keys[i].value) rows[count++] = nbx_arena_format(cli->arena, "%s=%s", keys[i].key, keys[i].value);
    for (uint32_t i = 0; rows && i < cli->sets.count; i++)
        rows[count++] = cli->sets.rows[i];
    return (nbx_overrides){rows, count};
}

nbx_status nbx_cli_jobs(nbx_cli *cli, const char *target, nbx_job_set **out)
{
    nbx_overrides overrides = overrides_of(cli);
    NBX_TRY(nbx_job_set_open(cli->context, target, &overrides, out));
    for (uint32_t i = 0; i < (*out)->count; i++) {
        nbx_status status = apply_flags(cli, &(*out)->jobs[i]);
        if (status == NBX_OK) continue;
        nbx_job_set_destroy(*out);
        *out = NULL;
        return status;
    }
    return NBX_OK;
}
