/* SPDX-License-Identifier: Apache-2.0 */
/* nbx target: checks, explains, starts and imports target files; reading them is target's work. */
#include <string.h>

#include "tools/cli.h"

static nbx_status check_against_chip(nbx_cli *cli, const nbx_job *job)
{
    nbx_loaded_plugin *plugin;
    const nbx_chip *chip;
    NBX_TRY(nbx_registry_find_chip(cli->registry, job->target, &plugin, &chip));
    for (uint32_t i = 0; i < job->fallback_count; i++)
        NBX_TRY(nbx_registry_find_chip(cli->registry, job->fallback[i], &plugin, &chip));
    return NBX_OK;
}

static nbx_status check(nbx_cli *cli, const char *path)
{
    nbx_job_set *set = NULL;
    nbx_text_sink sink = nbx_cli_sink(cli);
    NBX_TRY(nbx_cli_registry(cli));
    NBX_TRY(nbx_cli_jobs(cli, path, &set));
    nbx_status status = NBX_OK;
    for (uint32_t i = 0; i < set->count; i++) {
        nbx_status one = check_against_chip(cli, &set->jobs[i]);
        if (one != NBX_OK) status = one;
    }
    if (status == NBX_OK) nbx_sink_format(&sink, "%s: %u target%s, fine\n", path, set->count, set->count == 1 ? "" : "s");
    nbx_job_set_destroy(set);
    return status;
}

static nbx_status find_chip(nbx_cli *cli, const char *spec, nbx_loaded_plugin **plugin, const nbx_chip **chip)
{
    NBX_TRY(nbx_cli_registry(cli));
    return nbx_registry_find_chip(cli->registry, spec, plugin, chip);
}

static nbx_status init(nbx_cli *cli, const char *spec)
{
    nbx_loaded_plugin *plugin;
    const nbx_chip *chip;
    NBX_TRY(find_chip(cli, spec, &plugin, &chip));
    nbx_text_sink sink = nbx_cli_sink(cli);
    return nbx_target_init(plugin->name, chip, &sink);
}

static nbx_status import_foreign(nbx_cli *cli, const char *path, const char *spec)
{
    nbx_loaded_plugin *plugin;
    const nbx_chip *chip;
    NBX_TRY(find_chip(cli, spec, &plugin, &chip));
    nbx_text_sink sink = nbx_cli_sink(cli);
    nbx_import_counts counts = {0};
    return nbx_target_import(cli->context, path, spec, &plugin->api.imports, &sink, &counts);
}

nbx_status nbx_verb_target(nbx_cli *cli)
{
    const char *what = cli->arguments.rows[0];
    uint32_t count = cli->arguments.count;
    nbx_text_sink sink = nbx_cli_sink(cli);
    if (!strcmp(what, "check") && count == 2) return check(cli, cli->arguments.rows[1]);
    if (!strcmp(what, "init") && count == 2) return init(cli, cli->arguments.rows[1]);
    if (!strcmp(what, "import") && count == 3) return import_foreign(cli, cli->arguments.rows[1], cli->arguments.rows[2]);
    if (!strcmp(what, "explain") && count == 1)
        return nbx_target_schema_write(cli->format && !strcmp(cli->format, "json") ? NBX_SCHEMA_JSON : NBX_SCHEMA_MARKDOWN, &sink);
    return nbx_raise(cli->context, NBX_E_CLI_USAGE, NULL, cli->verb->arguments, "nbx target cannot '%s' with %u arguments", what,
                     count - 1);
}
