/* SPDX-License-Identifier: Apache-2.0 */
/* nbx compare: the compare study for all models and targets of the command line. */
#include "studies/compare/compare.h"
#include "tools/cli.h"

nbx_status nbx_verb_compare(nbx_cli *cli)
{
    if (!cli->targets.count)
        return nbx_raise(cli->context, NBX_E_CLI_USAGE, NULL, "give -t TARGET, more than once if you like", "nbx compare needs targets");
    NBX_TRY(nbx_cli_registry(cli));
    json_t *report = nbx_compare_begin();
    if (!report) return nbx_raise_memory(cli->context);
    nbx_status status = NBX_OK;
    for (uint32_t m = 0; m < cli->arguments.count; m++)
        for (uint32_t t = 0; t < cli->targets.count; t++) {
            nbx_job_set *set = NULL;
            nbx_status one = nbx_cli_jobs(cli, cli->targets.rows[t], &set);
            for (uint32_t i = 0; one == NBX_OK && i < set->count; i++) {
                nbx_eval_request request = {.registry = cli->registry,
                                            .job = &set->jobs[i],
                                            .model = cli->arguments.rows[m],
                                            .data = cli->data.rows,
                                            .data_count = cli->data.count,
                                            .labels = cli->labels.rows,
                                            .label_count = cli->labels.count,
                                            .metric = cli->metric};
                one = nbx_compare_add(cli->context, &request, report);
            }
            nbx_job_set_destroy(set);
            if (one != NBX_OK && status == NBX_OK) status = one;
        }
    nbx_status written = nbx_cli_report(cli, report, nbx_compare_text);
    return status != NBX_OK ? status : written;
}
