/* SPDX-License-Identifier: Apache-2.0 */
/* nbx plan: one report per job, an error at the end if a node runs nowhere. */
#include "stages/feed/feed.h"
#include "tools/cli.h"

static nbx_status plan_job(nbx_cli *cli, const nbx_job *job, json_t **out)
{
    nbx_graph *graph = NULL;
    nbx_plan *plan = NULL;
    nbx_feed_files *files = NULL;
    nbx_status status = nbx_model_open(cli->context, cli->arguments.rows[0], job, &graph);
    if (status == NBX_OK && job->calibration) status = nbx_feed_calibration(cli->context, job, graph, &files);
    if (status == NBX_OK) status = nbx_plan_make(cli->context, cli->registry, job, graph, files ? nbx_feed_of(files) : NULL, &plan);
    if (status == NBX_OK) {
        *out = nbx_report_plan(plan);
        status = *out ? nbx_plan_check(plan) : nbx_raise_memory(cli->context);
        if (status == NBX_OK) status = nbx_plan_check_budget(plan);
    }
    nbx_plan_destroy(plan);
    nbx_feed_close(files);
    nbx_graph_destroy(graph);
    return status;
}

static nbx_status explain_jobs(nbx_cli *cli, const nbx_job_set *set)
{
    nbx_text_sink sink = nbx_cli_sink(cli);
    for (uint32_t i = 0; i < set->count; i++)
        NBX_TRY(nbx_job_explain(&set->jobs[i], &sink));
    return NBX_OK;
}

/* Several jobs of one file make an array in JSON, one report after the other in text. */
static nbx_status plan_set(nbx_cli *cli, const nbx_job_set *set, json_t *all)
{
    nbx_status status = NBX_OK;
    for (uint32_t i = 0; i < set->count; i++) {
        json_t *report = NULL;
        nbx_status one = plan_job(cli, &set->jobs[i], &report);
        if (report) json_array_append_new(all, report);
        if (one != NBX_OK && (status == NBX_OK || status == NBX_FOUND)) status = one;
    }
    return status;
}

static void render_all(const json_t *report, bool verbose, const nbx_text_sink *sink)
{
    size_t i;
    const json_t *one;
    if (!json_is_array(report)) {
        nbx_report_plan_text(report, verbose, sink);
        return;
    }
    json_array_foreach(report, i, one)
    {
        if (i) nbx_sink_format(sink, "\n");
        nbx_report_plan_text(one, verbose, sink);
    }
}

nbx_status nbx_verb_plan(nbx_cli *cli)
{
    if (!cli->targets.count) return nbx_raise(cli->context, NBX_E_CLI_USAGE, NULL, "nbx targets lists chips", "nbx plan needs -t TARGET");
    NBX_TRY(nbx_cli_registry(cli));
    json_t *all = json_array();
    if (!all) return nbx_raise_memory(cli->context);
    nbx_status status = NBX_OK;
    for (uint32_t t = 0; t < cli->targets.count; t++) {
        nbx_job_set *set = NULL;
        nbx_status one = nbx_cli_jobs(cli, cli->targets.rows[t], &set);
        if (one == NBX_OK) one = cli->print_config ? explain_jobs(cli, set) : plan_set(cli, set, all);
        nbx_job_set_destroy(set);
        if (one != NBX_OK && (status == NBX_OK || status == NBX_FOUND)) status = one;
    }
    size_t count = json_array_size(all);
    json_t *report = count == 1 ? json_incref(json_array_get(all, 0)) : count ? json_incref(all) : NULL;
    json_decref(all);
    nbx_status written = report ? nbx_cli_report(cli, report, render_all) : NBX_OK;
    return status != NBX_OK ? status : written;
}
