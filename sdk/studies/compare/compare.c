/* SPDX-License-Identifier: Apache-2.0 */
/* Compares plans and accuracies over models and targets; each row is a plan and, with data, an evaluation. */
#include "studies/compare/compare.h"

#include <string.h>

#include "stages/import/import.h"

json_t *nbx_compare_begin(void)
{
    json_t *report = nbx_report_begin("compare");
    if (report) json_object_set_new(report, "rows", json_array());
    return report;
}

/* Copies `key` of `from`, null if it is not there. */
static void carry(json_t *row, const char *to, const json_t *from, const char *key)
{
    json_t *value = json_object_get(from, key);
    json_object_set(row, to, value ? value : json_null());
}

static json_t *row_of(const json_t *plan, uint64_t params)
{
    static const char *const keys[] = {
        "macs",     "mac_efficiency",        "latency_us",      "confidence", "native", "fallback", "refused",
        "segments", "activation_peak_bytes", "conversion_bytes"};
    json_t *row = json_object();
    const json_t *summary = json_object_get(plan, "summary");
    carry(row, "model", plan, "model");
    carry(row, "target", plan, "target");
    json_object_set_new(row, "params", json_integer((json_int_t)params));
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
        carry(row, keys[i], summary, keys[i]);
    json_object_set_new(row, "published_us", json_null()); /* known to nobody unless a vendor's table says so */
    json_object_set_new(row, "metric", json_null());
    json_object_set_new(row, "metric_float", json_null());
    return row;
}

static nbx_status plan_row(nbx_context *context, const nbx_eval_request *request, json_t **row)
{
    nbx_graph *graph = NULL;
    nbx_plan *plan = NULL;
    NBX_TRY(nbx_import_onnx(context, request->model, NULL, &graph));
    uint64_t params = nbx_import_count_params(graph, false);
    nbx_graph_destroy(graph);
    NBX_TRY(nbx_model_open(context, request->model, request->job, &graph));
    nbx_status status = nbx_plan_make(context, request->registry, request->job, graph, NULL, &plan);
    if (status == NBX_OK) {
        json_t *report = nbx_report_plan(plan);
        *row = report ? row_of(report, params) : NULL;
        json_decref(report);
        status = *row ? nbx_plan_check(plan) : nbx_raise_memory(context);
    }
    nbx_plan_destroy(plan);
    nbx_graph_destroy(graph);
    return status;
}

nbx_status nbx_compare_add(nbx_context *context, const nbx_eval_request *request, json_t *report)
{
    json_t *row = NULL, *eval = NULL;
    nbx_status status = plan_row(context, request, &row);
    if (status == NBX_OK && request->data_count) {
        status = nbx_eval(context, request, &eval);
        const json_t *metric = json_object_get(eval, "metric");
        carry(row, "metric", metric, "value");
        carry(row, "metric_float", metric, "float");
        carry(row, "metric_name", metric, "name");
        carry(row, "changed", eval, "changed");
        carry(row, "sqnr_db", json_array_get(json_object_get(eval, "outputs"), 0), "sqnr_db");
        json_decref(eval);
    }
    if (row) json_array_append_new(json_object_get(report, "rows"), row);
    return status;
}

static void cell_number(nbx_text_table *table, const json_t *row, const char *key, const char *format, double factor)
{
    const json_t *value = json_object_get(row, key);
    char text[64] = "-";
    if (json_is_number(value)) {
        double x = json_number_value(value) * factor;
        if (!strcmp(format, "0"))
            snprintf(text, sizeof(text), "%.0f", x);
        else if (!strcmp(format, "1"))
            snprintf(text, sizeof(text), "%.1f", x);
        else
            snprintf(text, sizeof(text), "%.4f", x);
    }
    nbx_text_table_cell(table, "%s", text);
}

void nbx_compare_text(const json_t *report, bool verbose, const nbx_text_sink *sink)
{
    static const struct {
        const char *key, *format;
        double factor;
    } columns[] = {{"params", "0", 1},           {"macs", "0", 1},         {"latency_us", "1", 1},
                   {"mac_efficiency", "1", 100}, {"native", "0", 1},       {"fallback", "0", 1},
                   {"refused", "0", 1},          {"segments", "0", 1},     {"activation_peak_bytes", "0", 1},
                   {"metric", "4", 1},           {"metric_float", "4", 1}, {"sqnr_db", "1", 1}};
    nbx_text_table *table = nbx_text_table_create(
        "model|target|>params|>MACs|>us|>eff %|>native|>fallback|>refused|>segments|>peak bytes|>metric|>float|>SQNR dB|confidence");
    size_t i;
    const json_t *row;
    json_array_foreach(json_object_get(report, "rows"), i, row)
    {
        const char *model = json_string_value(json_object_get(row, "model")), *slash = model ? strrchr(model, '/') : NULL;
        nbx_text_table_cell(table, "%s", slash ? slash + 1 : model);
        nbx_text_table_cell(table, "%s", json_string_value(json_object_get(row, "target")));
        for (size_t c = 0; c < sizeof(columns) / sizeof(columns[0]); c++)
            cell_number(table, row, columns[c].key, columns[c].format, columns[c].factor);
        nbx_text_table_cell(table, "%s", json_string_value(json_object_get(row, "confidence")));
    }
    nbx_text_table_write(table, sink);
    nbx_text_table_destroy(table);
    (void)verbose;
}
