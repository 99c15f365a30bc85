/* SPDX-License-Identifier: Apache-2.0 */
/* The accuracy study: runs float and target on the same samples and compares; the model of the report is built here. */
#include "studies/eval/eval.h"

#include <math.h>
#include <string.h>

#include "studies/eval/command.h"
#include "studies/eval/labels.h"

/* How two sets of outputs differ. */
typedef struct difference {
    double cosine, sqnr_db, max_abs;
    bool finite, equal;
} difference;

static difference compare_output(const float *a, const float *b, uint64_t count)
{
    double signal = 0, noise = 0, dot = 0, other = 0, most = 0;
    bool finite = true;
    for (uint64_t i = 0; i < count; i++) {
        double x = (double)a[i], y = (double)b[i], d = fabs(x - y);
        signal += x * x;
        other += y * y;
        dot += x * y;
        noise += d * d;
        most = d > most ? d : most;
        finite = finite && isfinite(d);
    }
    difference out = {signal > 0 && other > 0 ? dot / (sqrt(signal) * sqrt(other)) : signal == other, 0, most, finite, noise == 0};
    out.sqnr_db = noise > 0 ? 10 * log10(signal / noise) : INFINITY;
    return out;
}

static json_t *number_of(double x)
{
    return isfinite(x) ? json_real(x) : json_null();
}

static json_t *outputs_of(const nbx_eval_outputs *real, const nbx_eval_outputs *got)
{
    json_t *rows = json_array();
    for (uint32_t o = 0; o < got->output_count; o++) {
        difference d = compare_output(real->data[o], got->data[o], got->elements[o] * got->sample_count);
        json_array_append_new(rows, json_pack("{s:s,s:o,s:o,s:o,s:s}", "name", got->names[o], "cosine", number_of(d.cosine), "sqnr_db",
                                              number_of(d.sqnr_db), "max_abs", number_of(d.max_abs), "status",
                                              !d.finite ? "not finite"
                                              : d.equal ? "equal"
                                                        : "differs"));
    }
    return rows;
}

static double score(const nbx_scored *row, const nbx_eval_outputs *values, const nbx_eval_outputs *real)
{
    nbx_metric_call call = {.values = values->data[row->output],
                            .reference = real->data[row->output],
                            .labels = row->labels,
                            .samples = values->sample_count,
                            .elements = values->elements[row->output],
                            .label_elements = row->label_elements,
                            .k = row->k};
    return row->metric->score(&call);
}

static json_t *metric_of(const nbx_scored *row, const nbx_eval_outputs *real, const nbx_eval_outputs *got)
{
    return json_pack("{s:s,s:s,s:o,s:o}", "name", row->metric->name, "output", got->names[row->output], "value",
                     number_of(score(row, got, real)), "float", number_of(score(row, real, real)));
}

/* For outputs that are scores of classes: predictions that changed, and with labels which way. */
static void add_predictions(json_t *report, const nbx_scored *row, const nbx_eval_outputs *real, const nbx_eval_outputs *got)
{
    uint64_t changed = 0, lost = 0, won = 0, n = got->elements[row->output];
    for (uint32_t s = 0; s < got->sample_count; s++) {
        uint64_t a = nbx_argmax(real->data[row->output] + s * n, n), b = nbx_argmax(got->data[row->output] + s * n, n);
        uint64_t label = row->labels ? nbx_label_index(row->labels[s]) : UINT64_MAX;
        changed += a != b;
        lost += row->labels && a == label && b != label;
        won += row->labels && a != label && b == label;
    }
    json_object_set_new(report, "agreement", json_real(got->sample_count ? 1.0 - (double)changed / got->sample_count : 1.0));
    json_object_set_new(report, "changed", json_integer((json_int_t)changed));
    if (!row->labels) return;
    json_object_set_new(report, "lost", json_integer((json_int_t)lost));
    json_object_set_new(report, "won", json_integer((json_int_t)won));
    json_object_set_new(report, "top1", json_real(score(row, got, real)));
    json_object_set_new(report, "top1_float", json_real(score(row, real, real)));
}

static json_t *report_of(const nbx_plan *plan, const nbx_scored *rows, uint32_t count, const nbx_eval_outputs *real,
                         const nbx_eval_outputs *got)
{
    json_t *report = nbx_report_begin("eval"), *metrics = json_array();
    nbx_plan_summary sums;
    if (nbx_plan_summarize(plan, &sums) != NBX_OK) sums = (nbx_plan_summary){0};
    json_object_set_new(report, "model", json_string(plan->graph->path ? plan->graph->path : plan->graph->name));
    json_object_set_new(report, "target", json_string(plan->chips[0].spec));
    json_object_set_new(report, "samples", json_integer(got->sample_count));
    json_object_set_new(report, "outputs", outputs_of(real, got));
    json_object_set_new(report, "metric", metric_of(&rows[0], real, got));
    for (uint32_t i = 0; i < count; i++)
        json_array_append_new(metrics, metric_of(&rows[i], real, got));
    json_object_set_new(report, "metrics", metrics);
    bool classes = !strcmp(rows[0].metric->name, "top1") || !strcmp(rows[0].metric->name, "topk");
    if (classes) add_predictions(report, &rows[0], real, got);
    json_object_set_new(report, "fallback", json_integer(sums.fallback));
    json_object_set_new(report, "segments", json_integer(sums.segments));
    json_object_set_new(report, "calibration_samples", json_integer(plan->calibration_samples));
    json_object_set_new(report, "bias_correction", json_boolean(plan->bias_corrected));
    json_object_set_new(report, "chip_model", json_boolean((plan->chips[0].chip->flags & NBX_CHIP_EMULATED) != 0));
    return report;
}

static nbx_status check_drop(nbx_context *context, const nbx_job *job, const json_t *report)
{
    const json_t *metric = json_object_get(report, "metric");
    double drop = json_number_value(json_object_get(metric, "float")) - json_number_value(json_object_get(metric, "value"));
    if (!job->has_drop || drop <= job->drop) return NBX_OK;
    return nbx_raise(context, NBX_E_EVAL_BUDGET, NULL, "see `nbx plan` for the schemes of the nodes",
                     "%s drops by %.4f, the budget allows %.4f", json_string_value(json_object_get(metric, "name")), drop, job->drop);
}

/* The job's own metric takes the place of the first one. */
static nbx_status add_command(nbx_context *context, const nbx_eval_request *request, const nbx_eval_outputs *real,
                              const nbx_eval_outputs *got, json_t *report)
{
    const char *const *argv = request->metric ? NULL : request->job->metric_command;
    double value, reference;
    if (!argv) return NBX_OK;
    NBX_TRY(nbx_metric_command(context, argv, got, &value));
    NBX_TRY(nbx_metric_command(context, argv, real, &reference));
    json_t *row =
        json_pack("{s:s,s:s,s:o,s:o}", "name", argv[0], "output", "all", "value", number_of(value), "float", number_of(reference));
    if (!row) return nbx_raise_memory(context);
    json_object_set(report, "metric", row);
    json_array_insert_new(json_object_get(report, "metrics"), 0, row);
    return NBX_OK;
}

static nbx_status judge(nbx_context *context, const nbx_eval_request *request, const nbx_plan *plan, const nbx_eval_outputs *real,
                        const nbx_eval_outputs *got, json_t **report)
{
    nbx_arena *arena = nbx_arena_create();
    nbx_scored *rows = NULL;
    uint32_t count = 0;
    nbx_status status = arena ? nbx_labels_read(context, request, got, arena, &rows, &count) : nbx_raise_memory(context);
    if (status == NBX_OK) {
        *report = report_of(plan, rows, count, real, got);
        status = *report ? add_command(context, request, real, got, *report) : nbx_raise_memory(context);
        if (status == NBX_OK) status = check_drop(context, request->job, *report);
    }
    nbx_arena_destroy(arena);
    return status;
}

typedef struct opened {
    nbx_graph *graph;
    nbx_feed_files *calibration, *data;
    nbx_plan *plan;
} opened;

static nbx_status open_all(nbx_context *context, const nbx_eval_request *request, opened *o)
{
    NBX_TRY(nbx_model_open(context, request->model, request->job, &o->graph));
    if (request->job->calibration) NBX_TRY(nbx_feed_calibration(context, request->job, o->graph, &o->calibration));
    NBX_TRY(nbx_feed_open(context, request->job, o->graph, request->data, request->data_count, 0, &o->data));
    return nbx_plan_make(context, request->registry, request->job, o->graph, o->calibration ? nbx_feed_of(o->calibration) : NULL, &o->plan);
}

nbx_status nbx_eval(nbx_context *context, const nbx_eval_request *request, json_t **report)
{
    opened o = {0};
    nbx_eval_outputs real = {0}, got = {0};
    *report = NULL;
    nbx_status status = open_all(context, request, &o);
    if (status == NBX_OK) {
        status = nbx_plan_check(o.plan);
        if (status != NBX_OK) *report = nbx_report_plan(o.plan);
    }
    if (status == NBX_OK) status = nbx_eval_run(o.plan, nbx_feed_of(o.data), &got);
    if (status == NBX_OK) status = nbx_eval_float(context, request, &real);
    if (status == NBX_OK) status = judge(context, request, o.plan, &real, &got, report);
    nbx_eval_outputs_destroy(&real);
    nbx_eval_outputs_destroy(&got);
    nbx_plan_destroy(o.plan);
    nbx_feed_close(o.data);
    nbx_feed_close(o.calibration);
    nbx_graph_destroy(o.graph);
    return status;
}

nbx_status nbx_eval_labels(nbx_context *context, const nbx_eval_request *request, const nbx_eval_outputs *got, json_t **report)
{
    nbx_scored *rows = NULL;
    uint32_t count = 0;
    *report = NULL;
    nbx_arena *arena = nbx_arena_create();
    nbx_status status = arena ? nbx_labels_read(context, request, got, arena, &rows, &count) : nbx_raise_memory(context);
    for (uint32_t i = 0; status == NBX_OK && i < count; i++)
        if (!rows[i].metric->needs_labels)
            status = nbx_raise(context, NBX_E_EVAL_METRIC, NULL, "evaluate the model itself",
                               "an artifact has no float results to compare with (%s)", rows[i].metric->name);
    if (status == NBX_OK) {
        json_t *metrics = json_array();
        *report = nbx_report_begin("eval");
        for (uint32_t i = 0; i < count; i++) {
            json_t *row = metric_of(&rows[i], got, got);
            json_object_set_new(row, "float", json_null()); /* the artifact holds no float model */
            if (i == 0) json_object_set(*report, "metric", row);
            json_array_append_new(metrics, row);
        }
        json_object_set_new(*report, "metrics", metrics);
        json_object_set_new(*report, "model", json_string(request->model));
        json_object_set_new(*report, "target", json_string("artifact"));
        json_object_set_new(*report, "samples", json_integer(got->sample_count));
        json_object_set_new(*report, "outputs", json_array());
    }
    nbx_arena_destroy(arena);
    return status;
}

static const char *text_at(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text ? text : "";
}

void nbx_eval_text(const json_t *report, bool verbose, const nbx_text_sink *sink)
{
    size_t i;
    const json_t *row;
    if (!strcmp(text_at(report, "report"), "plan")) { /* a refusal: the table is the answer */
        nbx_report_plan_text(report, verbose, sink);
        return;
    }
    nbx_sink_format(sink, "%s on %s, %lld samples\n", text_at(report, "model"), text_at(report, "target"),
                    (long long)json_integer_value(json_object_get(report, "samples")));
    json_array_foreach(json_object_get(report, "metrics"), i, row)
    {
        nbx_sink_format(sink, "  %-8s ", text_at(row, "name"));
        if (json_is_number(json_object_get(row, "value")))
            nbx_sink_format(sink, "%.4f", json_number_value(json_object_get(row, "value")));
        else
            nbx_sink_format(sink, "not finite");
        if (json_is_number(json_object_get(row, "float")))
            nbx_sink_format(sink, "  float %.4f", json_number_value(json_object_get(row, "float")));
        nbx_sink_format(sink, "  (%s)\n", text_at(row, "output"));
    }
    if (json_object_get(report, "changed"))
        nbx_sink_format(sink, "  predictions changed %lld, lost %lld, won %lld, agreement %.4f\n",
                        (long long)json_integer_value(json_object_get(report, "changed")),
                        (long long)json_integer_value(json_object_get(report, "lost")),
                        (long long)json_integer_value(json_object_get(report, "won")),
                        json_number_value(json_object_get(report, "agreement")));
    json_array_foreach(json_object_get(report, "outputs"), i, row)
    {
        nbx_sink_format(sink, "  output %s: ", text_at(row, "name"));
        if (!strcmp(text_at(row, "status"), "not finite")) {
            nbx_sink_format(sink, "some values are not finite: nothing to compare\n");
            continue;
        }
        nbx_sink_format(sink, "cosine %.6f, ", json_number_value(json_object_get(row, "cosine")));
        if (!strcmp(text_at(row, "status"), "equal"))
            nbx_sink_format(sink, "equal to float\n");
        else if (json_is_number(json_object_get(row, "sqnr_db")))
            nbx_sink_format(sink, "SQNR %.1f dB, largest difference %.6g\n", json_number_value(json_object_get(row, "sqnr_db")),
                            json_number_value(json_object_get(row, "max_abs")));
        else
            nbx_sink_format(sink, "float is all zeros, largest difference %.6g\n", json_number_value(json_object_get(row, "max_abs")));
    }
    if (json_integer_value(json_object_get(report, "calibration_samples")))
        nbx_sink_format(sink, "  calibrated on %lld samples, bias correction %s\n",
                        (long long)json_integer_value(json_object_get(report, "calibration_samples")),
                        json_is_true(json_object_get(report, "bias_correction")) ? "on" : "off");
    if (json_is_true(json_object_get(report, "chip_model")))
        nbx_sink_format(sink, "  note: %s is a chip model; the numbers are an emulation, not silicon\n", text_at(report, "target"));
}
