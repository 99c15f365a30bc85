/* SPDX-License-Identifier: Apache-2.0 */
/* nbx model: what is in a file, without any plugin. */
#include <string.h>

#include "schema/macs.h"
#include "stages/import/import.h"
#include "stages/optimize/optimize.h"
#include "tools/cli.h"

static json_t *shape_of(const nbx_g_value *value)
{
    json_t *shape = json_array();
    for (uint32_t i = 0; i < value->v.rank; i++)
        json_array_append_new(shape, value->v.dims[i] < 0 ? json_null() : json_integer(value->v.dims[i]));
    return value->known_rank ? shape : (json_decref(shape), json_null());
}

static json_t *port_of(const nbx_graph *graph, uint32_t value)
{
    const char *dtype = nbx_dtype_name(graph->values[value].v.dtype);
    return json_pack("{s:s,s:s,s:o}", "name", graph->values[value].v.name, "dtype", dtype ? dtype : "unknown", "shape",
                     shape_of(&graph->values[value]));
}

static json_t *ports_of(const nbx_graph *graph, const uint32_t *ports, uint32_t count)
{
    json_t *rows = json_array();
    for (uint32_t i = 0; i < count; i++)
        json_array_append_new(rows, port_of(graph, ports[i]));
    return rows;
}

static json_t *node_of(const nbx_graph *graph, const nbx_graph_view *view, uint32_t n)
{
    const nbx_g_node *node = &graph->nodes[n];
    uint32_t out = nbx_node_output(node, 0);
    uint64_t macs = out != NBX_NONE && graph->values[out].known ? nbx_node_macs(view, n) : 0;
    json_t *row = json_pack("{s:s,s:s,s:I,s:o}", "name", node->n.name, "op", node->n.op, "macs", (json_int_t)macs, "shape",
                            out == NBX_NONE ? json_null() : shape_of(&graph->values[out]));
    if (node->opaque_reason) json_object_set_new(row, "unsupported", json_string(node->opaque_reason));
    return row;
}

static void count_op(json_t *ops, const char *op)
{
    json_object_set_new(ops, op, json_integer(json_integer_value(json_object_get(ops, op)) + 1));
}

static json_t *model_of(const nbx_graph *graph, uint64_t params)
{
    json_t *out = nbx_report_begin("model"), *nodes = json_array(), *ops = json_object();
    nbx_graph_view view;
    uint64_t total = 0;
    nbx_graph_view_of((nbx_graph *)(uintptr_t)graph, &view);
    for (uint32_t i = 0; i < graph->source_count; i++)
        count_op(ops, graph->sources[i].op);
    for (uint32_t n = 0; n < graph->node_count; n++) {
        json_t *row = node_of(graph, &view, n);
        total += (uint64_t)json_integer_value(json_object_get(row, "macs"));
        json_array_append_new(nodes, row);
    }
    json_object_set_new(out, "model", json_string(graph->path ? graph->path : graph->name));
    json_object_set_new(out, "opset", json_integer(graph->opset));
    json_object_set_new(out, "ir_version", json_integer(graph->ir_version));
    json_object_set_new(out, "inputs", ports_of(graph, graph->inputs, graph->input_count));
    json_object_set_new(out, "outputs", ports_of(graph, graph->outputs, graph->output_count));
    json_object_set_new(out, "params", json_integer((json_int_t)params));
    json_object_set_new(out, "macs", json_integer((json_int_t)total));
    json_object_set_new(out, "source_nodes", json_integer(graph->source_count));
    json_object_set_new(out, "ops", ops);
    json_object_set_new(out, "nodes", nodes);
    return out;
}

static const char *shape_text(const json_t *shape, char *out, size_t bytes)
{
    size_t i, used = (size_t)snprintf(out, bytes, "[");
    const json_t *dim;
    if (!json_is_array(shape)) return "unknown";
    json_array_foreach(shape, i, dim)
    {
        if (used + 24 > bytes) break;
        if (json_is_integer(dim))
            used += (size_t)snprintf(out + used, bytes - used, "%s%lld", i ? "," : "", (long long)json_integer_value(dim));
        else
            used += (size_t)snprintf(out + used, bytes - used, "%s?", i ? "," : "");
    }
    snprintf(out + used, bytes - used, "]");
    return out;
}

static void write_ports(const json_t *rows, const char *title, const nbx_text_sink *sink)
{
    size_t i;
    const json_t *row;
    char text[256];
    json_array_foreach(rows, i, row)
        nbx_sink_format(sink, "%s %s %s %s\n", title, json_string_value(json_object_get(row, "name")),
                        json_string_value(json_object_get(row, "dtype")), shape_text(json_object_get(row, "shape"), text, sizeof(text)));
}

static void render(const json_t *report, bool verbose, const nbx_text_sink *sink)
{
    const char *op;
    json_t *count, *ops = json_object_get(report, "ops");
    nbx_sink_format(sink, "%s  opset %lld, IR %lld\n", json_string_value(json_object_get(report, "model")),
                    (long long)json_integer_value(json_object_get(report, "opset")),
                    (long long)json_integer_value(json_object_get(report, "ir_version")));
    write_ports(json_object_get(report, "inputs"), "input ", sink);
    write_ports(json_object_get(report, "outputs"), "output", sink);
    nbx_sink_format(sink, "params %lld\nMACs   %lld\nnodes  %lld\nops   ", (long long)json_integer_value(json_object_get(report, "params")),
                    (long long)json_integer_value(json_object_get(report, "macs")),
                    (long long)json_integer_value(json_object_get(report, "source_nodes")));
    json_object_foreach(ops, op, count) nbx_sink_format(sink, " %s:%lld", op, (long long)json_integer_value(count));
    nbx_sink_format(sink, "\n\n");
    nbx_text_table *table = nbx_text_table_create("node|op|output|>MACs|remark");
    size_t i;
    const json_t *row;
    char text[256];
    json_array_foreach(json_object_get(report, "nodes"), i, row)
    {
        const char *remark = json_string_value(json_object_get(row, "unsupported"));
        nbx_text_table_cell(table, "%s", json_string_value(json_object_get(row, "name")));
        nbx_text_table_cell(table, "%s", json_string_value(json_object_get(row, "op")));
        nbx_text_table_cell(table, "%s", shape_text(json_object_get(row, "shape"), text, sizeof(text)));
        nbx_text_table_cell(table, "%lld", (long long)json_integer_value(json_object_get(row, "macs")));
        nbx_text_table_cell(table, "%s", remark ? remark : "");
    }
    nbx_text_table_write(table, sink);
    nbx_text_table_destroy(table);
    (void)verbose;
}

nbx_status nbx_verb_model(nbx_cli *cli)
{
    nbx_graph *graph;
    NBX_TRY(nbx_import_onnx(cli->context, cli->arguments.rows[0], NULL, &graph));
    uint64_t params = nbx_import_count_params(graph, false);
    nbx_status status = nbx_infer_shapes(cli->context, graph);
    if (status == NBX_OK) status = nbx_cli_report(cli, model_of(graph, params), render);
    nbx_graph_destroy(graph);
    return status;
}
