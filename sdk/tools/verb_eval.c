/* SPDX-License-Identifier: Apache-2.0 */
/* nbx eval: the accuracy study for the target of the command line. */
#include "formats/artifact.h"
#include "studies/eval/eval.h"
#include "tools/artifact_run.h"
#include "tools/cli.h"

static nbx_status eval_set(nbx_cli *cli, const nbx_job_set *set)
{
    nbx_status status = NBX_OK;
    for (uint32_t i = 0; i < set->count; i++) {
        nbx_eval_request request = {.registry = cli->registry,
                                    .job = &set->jobs[i],
                                    .model = cli->arguments.rows[0],
                                    .data = cli->data.rows,
                                    .data_count = cli->data.count,
                                    .labels = cli->labels.rows,
                                    .label_count = cli->labels.count,
                                    .metric = cli->metric};
        json_t *report = NULL;
        nbx_status one = nbx_eval(cli->context, &request, &report);
        nbx_status written = report ? nbx_cli_report(cli, report, nbx_eval_text) : NBX_OK;
        if (one == NBX_OK) one = written;
        if (one != NBX_OK && status == NBX_OK) status = one;
    }
    return status;
}

/* An artifact brings its target along; labels are all there is to compare with. */
static nbx_status eval_artifact(nbx_cli *cli)
{
    nbx_eval_outputs got;
    nbx_job job = {0};
    nbx_eval_request request = {
        .job = &job, .model = cli->arguments.rows[0], .labels = cli->labels.rows, .label_count = cli->labels.count, .metric = cli->metric};
    json_t *report = NULL;
    if (!cli->labels.count)
        return nbx_raise(cli->context, NBX_E_CLI_USAGE, NULL, "give --labels FILE; to compare with float, evaluate the model itself",
                         "an artifact is evaluated against labels");
    NBX_TRY(nbx_artifact_run(cli, &got));
    nbx_status status = nbx_eval_labels(cli->context, &request, &got, &report);
    if (status == NBX_OK) status = nbx_cli_report(cli, report, nbx_eval_text);
    nbx_eval_outputs_destroy(&got);
    return status;
}

nbx_status nbx_verb_eval(nbx_cli *cli)
{
    if (!cli->data.count) return nbx_raise(cli->context, NBX_E_CLI_USAGE, NULL, "give samples with --data FILE.npy", "nbx eval needs data");
    if (cli->targets.count > 1)
        return nbx_raise(cli->context, NBX_E_CLI_USAGE, NULL, "`nbx compare` takes several", "nbx eval takes one target");
    NBX_TRY(nbx_cli_registry(cli));
    if (nbx_artifact_is(cli->arguments.rows[0])) return eval_artifact(cli);
    nbx_job_set *set = NULL;
    NBX_TRY(nbx_cli_jobs(cli, cli->targets.count ? cli->targets.rows[0] : "reference/any", &set));
    nbx_status status = eval_set(cli, set);
    nbx_job_set_destroy(set);
    return status;
}
