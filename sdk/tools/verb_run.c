/* SPDX-License-Identifier: Apache-2.0 */
/* nbx run: runs a model or an artifact on samples and writes the outputs as .npy files, or sums them up. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "formats/artifact.h"
#include "formats/npy.h"
#include "studies/eval/eval.h"
#include "studies/eval/metrics.h"
#include "tools/artifact_run.h"
#include "tools/cli.h"

static nbx_status run_model(nbx_cli *cli, const nbx_job *job, nbx_eval_outputs *out)
{
    nbx_graph *graph = NULL;
    nbx_plan *plan = NULL;
    nbx_feed_files *calibration = NULL, *data = NULL;
    nbx_status status = nbx_model_open(cli->context, cli->arguments.rows[0], job, &graph);
    if (status == NBX_OK && job->calibration) status = nbx_feed_calibration(cli->context, job, graph, &calibration);
    if (status == NBX_OK) status = nbx_feed_open(cli->context, job, graph, cli->data.rows, cli->data.count, 0, &data);
    if (status == NBX_OK)
        status = nbx_plan_make(cli->context, cli->registry, job, graph, calibration ? nbx_feed_of(calibration) : NULL, &plan);
    if (status == NBX_OK && (status = nbx_plan_check(plan)) != NBX_OK) nbx_cli_report(cli, nbx_report_plan(plan), nbx_report_plan_text);
    if (status == NBX_OK) status = nbx_eval_run(plan, nbx_feed_of(data), out);
    nbx_plan_destroy(plan);
    nbx_feed_close(data);
    nbx_feed_close(calibration);
    nbx_graph_destroy(graph);
    return status;
}

/* Names of outputs become file names; anything a file system could read as a path is replaced. */
static char *file_of(nbx_cli *cli, const char *folder, const char *name)
{
    char *path = nbx_arena_format(cli->arena, "%s/%s.npy", folder, name);
    for (char *at = path ? path + strlen(folder) + 1 : NULL; at && *at; at++)
        if (*at == '/' || (unsigned char)*at < 32) *at = '_';
    return path;
}

static nbx_status write_outputs(nbx_cli *cli, const nbx_eval_outputs *out)
{
    const char *folder = cli->output;
    cli->output = NULL;
    if (mkdir(folder, 0755) != 0 && errno != EEXIST)
        return nbx_raise(cli->context, NBX_E_CORE_FILE, &(nbx_place){folder, 0, 0}, "-o names a folder here", "%s", strerror(errno));
    for (uint32_t o = 0; o < out->output_count; o++) {
        const char *path = file_of(cli, folder, out->names[o]);
        int64_t dims[2] = {out->sample_count, (int64_t)out->elements[o]};
        if (!path) return nbx_raise_memory(cli->context);
        NBX_TRY(nbx_npy_write(cli->context, path, NBX_DTYPE_FLOAT32, 2, dims, out->data[o]));
    }
    return NBX_OK;
}

static json_t *report_of(const nbx_cli *cli, const nbx_eval_outputs *out)
{
    json_t *report = nbx_report_begin("run"), *rows = json_array();
    for (uint32_t o = 0; o < out->output_count; o++) {
        json_t *largest = json_array();
        float lo = 0, hi = 0;
        for (uint64_t i = 0; i < out->elements[o] * out->sample_count; i++) {
            lo = i == 0 || out->data[o][i] < lo ? out->data[o][i] : lo;
            hi = i == 0 || out->data[o][i] > hi ? out->data[o][i] : hi;
        }
        for (uint32_t s = 0; s < out->sample_count; s++)
            json_array_append_new(largest, json_integer((json_int_t)nbx_argmax(out->data[o] + s * out->elements[o], out->elements[o])));
        json_array_append_new(rows, json_pack("{s:s,s:I,s:f,s:f,s:o}", "name", out->names[o], "elements", (json_int_t)out->elements[o],
                                              "min", (double)lo, "max", (double)hi, "argmax", largest));
    }
    json_object_set_new(report, "model", json_string(cli->arguments.rows[0]));
    json_object_set_new(report, "samples", json_integer(out->sample_count));
    json_object_set_new(report, "outputs", rows);
    return report;
}

static void render(const json_t *report, bool verbose, const nbx_text_sink *sink)
{
    size_t i, k;
    const json_t *row, *index;
    nbx_sink_format(sink, "%s, %lld samples\n", json_string_value(json_object_get(report, "model")),
                    (long long)json_integer_value(json_object_get(report, "samples")));
    json_array_foreach(json_object_get(report, "outputs"), i, row)
    {
        nbx_sink_format(sink, "output %s: %lld elements, %.6g to %.6g; largest at", json_string_value(json_object_get(row, "name")),
                        (long long)json_integer_value(json_object_get(row, "elements")), json_number_value(json_object_get(row, "min")),
                        json_number_value(json_object_get(row, "max")));
        json_array_foreach(json_object_get(row, "argmax"), k, index)
        {
            if (k == 16 && !verbose) {
                nbx_sink_format(sink, " ...");
                break;
            }
            nbx_sink_format(sink, " %lld", (long long)json_integer_value(index));
        }
        nbx_sink_format(sink, "\n");
    }
}

nbx_status nbx_verb_run(nbx_cli *cli)
{
    nbx_eval_outputs out = {0};
    nbx_job_set *set = NULL;
    if (!cli->data.count) return nbx_raise(cli->context, NBX_E_CLI_USAGE, NULL, "give samples with --data FILE.npy", "nbx run needs data");
    NBX_TRY(nbx_cli_registry(cli));
    nbx_status status;
    if (nbx_artifact_is(cli->arguments.rows[0])) {
        status = nbx_artifact_run(cli, &out);
    } else {
        status = nbx_cli_jobs(cli, cli->targets.count ? cli->targets.rows[0] : "reference/any", &set);
        if (status == NBX_OK) status = run_model(cli, &set->jobs[0], &out);
    }
    if (status == NBX_OK && cli->output) status = write_outputs(cli, &out);
    if (status == NBX_OK) status = nbx_cli_report(cli, report_of(cli, &out), render);
    nbx_eval_outputs_destroy(&out);
    nbx_job_set_destroy(set);
    return status;
}
