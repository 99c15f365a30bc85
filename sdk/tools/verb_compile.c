/* SPDX-License-Identifier: Apache-2.0 */
/* nbx compile: plan, compile, write the artifact, and read it back for a verdict. */
#include "formats/artifact.h"
#include "stages/feed/feed.h"
#include "stages/package/package.h"
#include "tools/cli.h"

static json_t *report_of(const nbx_cli *cli, const nbx_plan *plan, const nbx_artifact *artifact, const char *verdict)
{
    json_t *report = nbx_report_begin("compile"), *header = json_object();
    for (uint32_t i = 0; i < artifact->key_count; i++)
        json_object_set_new(header, artifact->keys[i].key, json_string(artifact->keys[i].value));
    uint64_t blobs = 0;
    for (uint32_t i = 0; i < artifact->segment_count; i++)
        blobs += artifact->segments[i].blob_bytes;
    json_object_set_new(report, "model", json_string(cli->arguments.rows[0]));
    json_object_set_new(report, "target", json_string(plan->chips[0].spec));
    json_object_set_new(report, "artifact", json_string(cli->output));
    json_object_set_new(report, "sha256", json_string(artifact->digest));
    json_object_set_new(report, "header", header);
    json_object_set_new(report, "segments", json_integer(artifact->segment_count));
    json_object_set_new(report, "blob_bytes", json_integer((json_int_t)blobs));
    json_object_set_new(report, "verdict", json_string(verdict));
    return report;
}

static void render(const json_t *report, bool verbose, const nbx_text_sink *sink)
{
    const char *key;
    json_t *value;
    nbx_sink_format(sink, "%s for %s\n", json_string_value(json_object_get(report, "artifact")),
                    json_string_value(json_object_get(report, "target")));
    nbx_sink_format(sink, "  sha256    %s\n", json_string_value(json_object_get(report, "sha256")));
    json_object_foreach(json_object_get(report, "header"), key, value) nbx_sink_format(sink, "  %-16s %s\n", key, json_string_value(value));
    nbx_sink_format(sink, "  segments  %lld, %lld bytes of blobs\n  read back: %s\n",
                    (long long)json_integer_value(json_object_get(report, "segments")),
                    (long long)json_integer_value(json_object_get(report, "blob_bytes")),
                    json_string_value(json_object_get(report, "verdict")));
    (void)verbose;
}

static const char *const verdicts[] = {"?", "optimal", "works, but recompile", "rejected", "not this plugin's"};

/* The file is read again as a board would, and every plugin is asked about its blobs. */
static nbx_status read_back(nbx_cli *cli, const nbx_plan *plan, const char **verdict)
{
    nbx_artifact artifact;
    uint32_t worst = NBX_BLOB_OPTIMAL;
    nbx_artifact_file file;
    NBX_TRY(nbx_artifact_load(cli->context, cli->output, &file));
    artifact = file.artifact;
    for (uint32_t i = 0; i < artifact.segment_count; i++) {
        const nbx_artifact_segment *row = &artifact.segments[i];
        const nbx_plan_chip *chip = &plan->chips[row->chip];
        uint32_t one = NBX_BLOB_OPTIMAL;
        nbx_status status = chip->plugin->api.probe(row->blob, row->blob_bytes, chip->chip->name, &one);
        if (status == NBX_OK && one > worst) worst = one;
    }
    nbx_artifact_unload(&file);
    *verdict = worst < 5 ? verdicts[worst] : "?";
    return NBX_OK;
}

static nbx_status write_artifact(nbx_cli *cli, nbx_plan *plan, const char *model_digest)
{
    nbx_artifact artifact;
    const char *verdict;
    NBX_TRY(nbx_package_plan(plan, model_digest, &artifact));
    NBX_TRY(nbx_artifact_save(cli->context, cli->output, &artifact));
    NBX_TRY(read_back(cli, plan, &verdict));
    json_t *report = report_of(cli, plan, &artifact, verdict);
    cli->output = NULL; /* the report goes to standard output */
    return nbx_cli_report(cli, report, render);
}

static nbx_status compile_job(nbx_cli *cli, const nbx_job *job)
{
    nbx_graph *graph = NULL;
    nbx_plan *plan = NULL;
    nbx_feed_files *files = NULL;
    char digest[65];
    nbx_status status = nbx_model_digest(cli->context, cli->arguments.rows[0], digest);
    if (status == NBX_OK) status = nbx_model_open(cli->context, cli->arguments.rows[0], job, &graph);
    if (status == NBX_OK && job->calibration) status = nbx_feed_calibration(cli->context, job, graph, &files);
    if (status == NBX_OK) status = nbx_plan_make(cli->context, cli->registry, job, graph, files ? nbx_feed_of(files) : NULL, &plan);
    if (status == NBX_OK && (status = nbx_plan_check(plan)) != NBX_OK) {
        cli->output = NULL; /* there is no artifact; the table is the answer */
        nbx_cli_report(cli, nbx_report_plan(plan), nbx_report_plan_text);
    }
    if (status == NBX_OK) status = nbx_compile_segments(plan);
    if (status == NBX_OK) status = write_artifact(cli, plan, digest);
    if (status == NBX_OK) status = nbx_plan_check_budget(plan);
    nbx_plan_destroy(plan);
    nbx_feed_close(files);
    nbx_graph_destroy(graph);
    return status;
}

nbx_status nbx_verb_compile(nbx_cli *cli)
{
    if (!cli->output) return nbx_raise(cli->context, NBX_E_CLI_USAGE, NULL, "give -o OUT", "nbx compile needs a place for the artifact");
    if (cli->targets.count != 1)
        return nbx_raise(cli->context, NBX_E_CLI_USAGE, NULL, "give one -t TARGET", "nbx compile got %u targets", cli->targets.count);
    NBX_TRY(nbx_cli_registry(cli));
    nbx_job_set *set = NULL;
    NBX_TRY(nbx_cli_jobs(cli, cli->targets.rows[0], &set));
    nbx_status status = set->count == 1 ? compile_job(cli, &set->jobs[0])
                                        : nbx_raise(cli->context, NBX_E_CLI_USAGE, NULL, "pass the boards one by one",
                                                    "an artifact is for one target, the file has %u", set->count);
    nbx_job_set_destroy(set);
    return status;
}
