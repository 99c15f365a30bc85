/* SPDX-License-Identifier: Apache-2.0 */
/* Renders the plan model as text: where each node runs, why not elsewhere, what the borders cost, the sums. */
#include <string.h>

#include "stages/report/report.h"

static const char *text_at(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text ? text : "";
}

static double real_at(const json_t *object, const char *key)
{
    return json_number_value(json_object_get(object, key));
}

static long long count_at(const json_t *object, const char *key)
{
    return (long long)json_integer_value(json_object_get(object, key));
}

static bool is_effect(const json_t *reason, const char *effect)
{
    return !strcmp(text_at(reason, "effect"), effect);
}

/* It keeps the node off the chip, as opposed to a hint or a rule that waits for data. */
static bool is_hard(const json_t *reason)
{
    return json_is_true(json_object_get(reason, "evaluated")) && (is_effect(reason, "refuse") || is_effect(reason, "reject"));
}

/* "HISI-UP-001, HISI-RSHP-001": the rules that kept the node off a chip. */
static void cell_rules(nbx_text_table *table, const json_t *node)
{
    char list[160] = "";
    size_t i, used = 0;
    const json_t *reason;
    json_array_foreach(json_object_get(node, "reasons"), i, reason)
    {
        if (!is_hard(reason)) continue;
        const char *id = text_at(reason, "rule");
        if (strstr(list, id)) continue;
        size_t room = sizeof(list) - used;
        if (strlen(id) + 3 > room) break;
        used += (size_t)snprintf(list + used, room, "%s%s", used ? ", " : "", id);
    }
    const char *into = text_at(node, "folded_into");
    if (*list)
        nbx_text_table_cell(table, "%s", list);
    else if (*into)
        nbx_text_table_cell(table, "into %s", into);
    else
        nbx_text_table_cell(table, "%s", text_at(node, "note"));
}

static void write_nodes(const json_t *report, bool verbose, const nbx_text_sink *sink)
{
    nbx_text_table *table = nbx_text_table_create("node|op|verdict|runs on|scheme|>us|bound|rules and remarks");
    size_t i;
    const json_t *node;
    json_array_foreach(json_object_get(report, "nodes"), i, node)
    {
        if (!strcmp(text_at(node, "verdict"), "folded") && !verbose) continue;
        nbx_text_table_cell(table, "%s", text_at(node, "name"));
        nbx_text_table_cell(table, "%s", text_at(node, "op"));
        nbx_text_table_cell(table, "%s", text_at(node, "verdict"));
        nbx_text_table_cell(table, "%s", *text_at(node, "placement") ? text_at(node, "placement") : "-");
        nbx_text_table_cell(table, "%s", *text_at(node, "scheme") ? text_at(node, "scheme") : "-");
        if (json_is_number(json_object_get(node, "latency_us")))
            nbx_text_table_cell(table, "%.1f", real_at(node, "latency_us"));
        else
            nbx_text_table_cell(table, "-");
        nbx_text_table_cell(table, "%s", *text_at(node, "bound") ? text_at(node, "bound") : "-");
        cell_rules(table, node);
    }
    nbx_text_table_write(table, sink);
    nbx_text_table_destroy(table);
}

static void write_reason(const json_t *reason, const nbx_text_sink *sink)
{
    const json_t *limit = json_object_get(reason, "limit"), *actual = json_object_get(reason, "actual");
    const char *variant = text_at(reason, "variant");
    nbx_sink_format(sink, "  %s%s%s [%s, %s, %s] %s\n", text_at(reason, "rule"), *variant ? "/" : "", variant, text_at(reason, "effect"),
                    text_at(reason, "code"), *text_at(reason, "grade") ? text_at(reason, "grade") : "-", text_at(reason, "text"));
    if (json_is_object(limit)) {
        nbx_sink_format(sink, "      %s must be %s", text_at(reason, "subject"), text_at(limit, "text"));
        if (json_is_integer(actual)) nbx_sink_format(sink, ", is %lld", (long long)json_integer_value(actual));
        if (json_is_string(actual)) nbx_sink_format(sink, ", is %s", json_string_value(actual));
        nbx_sink_format(sink, "\n");
    }
    if (*text_at(reason, "remedy")) nbx_sink_format(sink, "      remedy: %s\n", text_at(reason, "remedy"));
    if (*text_at(reason, "source")) nbx_sink_format(sink, "      source: %s\n", text_at(reason, "source"));
}

/* Hard reasons always; slow and note rows only when asked for, they can be many. */
static void write_reasons(const json_t *report, bool verbose, const nbx_text_sink *sink)
{
    size_t i, k, hidden[2] = {0, 0}; /* hints, and rules that wait for data */
    const json_t *node, *reason;
    json_array_foreach(json_object_get(report, "model_reasons"), i, reason) write_reason(reason, sink);
    json_array_foreach(json_object_get(report, "nodes"), i, node)
    {
        bool named = false;
        json_array_foreach(json_object_get(node, "reasons"), k, reason)
        {
            if (!is_hard(reason) && !verbose) {
                hidden[json_is_false(json_object_get(reason, "evaluated"))]++;
                continue;
            }
            if (!named) nbx_sink_format(sink, "%s (%s):\n", text_at(node, "name"), text_at(node, "op"));
            named = true;
            write_reason(reason, sink);
        }
    }
    if (hidden[0]) nbx_sink_format(sink, "(%zu hints on speed and accuracy; -v shows them)\n", hidden[0]);
    if (hidden[1]) nbx_sink_format(sink, "(%zu checks on values are not evaluated: they need calibration data)\n", hidden[1]);
}

static void write_conversions(const json_t *report, const nbx_text_sink *sink)
{
    const json_t *rows = json_object_get(report, "conversions"), *row;
    size_t i;
    if (!json_array_size(rows)) return;
    nbx_sink_format(sink, "\nBorders (converted by the host)\n");
    nbx_text_table *table = nbx_text_table_create("kind|value|from|to|>bytes");
    json_array_foreach(rows, i, row)
    {
        nbx_text_table_cell(table, "%s", text_at(row, "kind"));
        nbx_text_table_cell(table, "%s", text_at(row, "value"));
        nbx_text_table_cell(table, "%s", text_at(row, "from"));
        nbx_text_table_cell(table, "%s", text_at(row, "to"));
        nbx_text_table_cell(table, "%lld", count_at(row, "bytes"));
    }
    nbx_text_table_write(table, sink);
    nbx_text_table_destroy(table);
}

static void write_summary(const json_t *report, const nbx_text_sink *sink)
{
    const json_t *s = json_object_get(report, "summary"), *q = json_object_get(report, "quantization");
    nbx_sink_format(sink, "\nSummary\n");
    nbx_sink_format(
        sink, "  source nodes  %lld: %lld native, %lld fused, %lld emulated, %lld view, %lld folded, %lld refused; %lld on a fallback\n",
        count_at(s, "nodes"), count_at(s, "native"), count_at(s, "fused"), count_at(s, "emulated"), count_at(s, "view"),
        count_at(s, "folded"), count_at(s, "refused"), count_at(s, "fallback"));
    nbx_sink_format(sink, "  segments      %lld on %s; %lld conversions, %lld bytes; %lld requantize nodes\n", count_at(s, "segments"),
                    text_at(report, "target"), count_at(s, "conversions"), count_at(s, "conversion_bytes"),
                    count_at(s, "requantize_nodes"));
    if (json_is_number(json_object_get(s, "latency_us")))
        nbx_sink_format(sink, "  latency       %.1f us predicted (%s), %zu nodes not counted; MAC efficiency %.1f %%\n",
                        real_at(s, "latency_us"), text_at(s, "confidence"), json_array_size(json_object_get(s, "latency_excludes")),
                        100.0 * real_at(s, "mac_efficiency"));
    else
        nbx_sink_format(sink, "  latency       no prediction for this target\n");
    nbx_sink_format(sink, "  work          %lld MACs, %lld bytes of weights, %lld bytes of traffic, %lld bytes of activations at peak\n",
                    count_at(s, "macs"), count_at(s, "weight_bytes"), count_at(s, "traffic_bytes"), count_at(s, "activation_peak_bytes"));
    if (json_is_true(json_object_get(q, "calibrated")))
        nbx_sink_format(sink, "  quantization  %s over %lld samples, bias correction %s\n", text_at(q, "method"), count_at(q, "samples"),
                        json_is_true(json_object_get(q, "bias_correction")) ? "on" : "off");
    else
        nbx_sink_format(sink, "  quantization  not calibrated: schemes are chosen, parameters are not\n");
    if (json_is_true(json_object_get(report, "chip_model")))
        nbx_sink_format(sink, "  note          %s is a chip model, not silicon: %s\n", text_at(report, "target"),
                        text_at(report, "chip_text"));
    if (json_is_true(json_object_get(report, "unverified")))
        nbx_sink_format(sink, "  note          the figures of this chip are unverified\n");
}

void nbx_report_plan_text(const json_t *report, bool verbose, const nbx_text_sink *sink)
{
    nbx_sink_format(sink, "%s on %s\n\n", text_at(report, "model"), text_at(report, "target"));
    write_nodes(report, verbose, sink);
    nbx_sink_format(sink, "\n");
    write_reasons(report, verbose, sink);
    size_t i;
    const json_t *round;
    json_array_foreach(json_object_get(report, "rounds"), i, round) nbx_sink_format(
        sink, "round %lld: %lld nodes demoted by %s\n", count_at(round, "round"), count_at(round, "demoted"), text_at(round, "why"));
    write_conversions(report, sink);
    write_summary(report, sink);
}
