/* SPDX-License-Identifier: Apache-2.0 */
/* The JSON model of a plan; text and other renderers read this model and nothing else. */
#include <math.h>
#include <string.h>

#include "core/check.h"
#include "schema/layouts.h"
#include "stages/report/report.h"

static const char *const verdict_names[] = {
    [NBX_VERDICT_NONE] = "none",     [NBX_VERDICT_NATIVE] = "native",     [NBX_VERDICT_FUSED] = "fused",    [NBX_VERDICT_VIEW] = "view",
    [NBX_VERDICT_FOLDED] = "folded", [NBX_VERDICT_EMULATED] = "emulated", [NBX_VERDICT_REFUSED] = "refused"};
static const char *const phase_names[] = {"structure", "types", "values", "plan"};
static const char *const effect_names[] = {"", "refuse", "reject", "slow", "note"};
static const char *const grade_names[] = {"", "measured", "documented", "user", "reversed", "inferred", "designed"};
static const char *const confidence_names[] = {"none", "measured", "modelled", "illustrative"};
static const char *const conversion_names[] = {"input", "layout", "encoding", "refill", "output"};

#define NAME_OF(table, i) ((size_t)(i) < sizeof(table) / sizeof((table)[0]) ? (table)[i] : "?")

/* json_string refuses text that is not UTF-8; names come from files. */
static json_t *text_of(const char *text)
{
    json_t *made = json_string(text ? text : "");
    return made ? made : json_string("(not UTF-8)");
}

static json_t *number_of(double x)
{
    return isfinite(x) ? json_real(x) : json_null();
}

static void set(json_t *object, const char *key, json_t *value)
{
    json_object_set_new(object, key, value); /* takes NULL as a failure that shows as a missing key */
}

static json_t *limit_of(const nbx_reason *reason)
{
    if (!reason->has_limit) return json_null();
    json_t *limit = json_object(), *list = reason->set_count ? json_array() : json_null();
    for (uint32_t i = 0; i < reason->set_count; i++)
        json_array_append_new(list, json_integer(reason->set[i]));
    set(limit, "lo", json_integer(reason->lo));
    set(limit, "hi", json_integer(reason->hi));
    set(limit, "set", list);
    set(limit, "unit", text_of(reason->unit));
    set(limit, "text", text_of(reason->limit_text));
    return limit;
}

static json_t *reason_of(const nbx_plan *plan, const nbx_reason *reason)
{
    json_t *row = json_object();
    set(row, "rule", text_of(reason->id));
    set(row, "variant", text_of(reason->variant));
    set(row, "code", text_of(nbx_reason_name(reason->reason)));
    set(row, "effect", text_of(NAME_OF(effect_names, reason->effect)));
    set(row, "chip", text_of(plan->chips[reason->chip].spec));
    set(row, "subject", text_of(reason->subject));
    set(row, "phase", text_of(NAME_OF(phase_names, reason->phase)));
    set(row, "grade", text_of(NAME_OF(grade_names, reason->grade)));
    set(row, "limit", limit_of(reason));
    if (!reason->has_actual)
        set(row, "actual", json_null());
    else
        set(row, "actual", reason->actual_text ? text_of(reason->actual_text) : json_integer(reason->actual));
    set(row, "remedy", text_of(reason->remedy));
    set(row, "text", text_of(reason->text));
    set(row, "source", text_of(reason->source));
    set(row, "evaluated", json_boolean(!reason->not_evaluated));
    return row;
}

static json_t *reasons_of(const nbx_plan *plan, const nbx_reason *list)
{
    json_t *rows = json_array();
    for (; list; list = list->next)
        json_array_append_new(rows, reason_of(plan, list));
    return rows;
}

static json_t *origins_of(const nbx_node *node)
{
    json_t *rows = json_array();
    for (uint32_t i = 0; i < node->origins.count; i++)
        json_array_append_new(rows, text_of(*NBX_ROW(const char *, node->origins, i)));
    return rows;
}

/* Layouts are of boundary values only. */
static json_t *layout_of(const nbx_plan *plan, uint32_t node)
{
    const nbx_placement *place = &plan->placements[node];
    if (place->segment == NBX_NONE || place->segment >= plan->segment_count || plan->refused) return json_null();
    const nbx_plan_segment *segment = &plan->segments[place->segment];
    uint32_t value = nbx_node_output(&plan->graph->nodes[node], 0);
    char text[128];
    for (uint32_t i = 0; i < segment->output_count; i++)
        if (segment->outputs[i].value == value) {
            nbx_layout_text(&segment->outputs[i].layout, text, sizeof(text));
            return text_of(text);
        }
    return json_null();
}

static const char *source_op(const nbx_plan *plan, const char *name)
{
    const nbx_source *source = nbx_graph_find_source(plan->graph, name);
    return source ? source->op : NULL;
}

static json_t *bare_row(const char *name, const char *op, const char *verdict, const char *note)
{
    json_t *row = json_object();
    set(row, "name", text_of(name));
    set(row, "op", text_of(op));
    set(row, "origins", json_pack("[o]", text_of(name)));
    set(row, "placement", json_null());
    set(row, "placement_order", json_null());
    set(row, "verdict", text_of(verdict));
    set(row, "group", json_null());
    set(row, "layout", json_null());
    set(row, "scheme", json_null());
    set(row, "reasons", json_array());
    set(row, "latency_us", json_null());
    set(row, "bound", json_null());
    set(row, "note", text_of(note));
    return row;
}

static json_t *node_row(const nbx_plan *plan, uint32_t n)
{
    const nbx_g_node *node = &plan->graph->nodes[n];
    const nbx_placement *place = &plan->placements[n];
    bool placed = place->chip != NBX_NONE;
    const char *first = node->n.origins.count ? *NBX_ROW(const char *, node->n.origins, 0) : node->n.name;
    json_t *row = bare_row(first, node->n.op, NAME_OF(verdict_names, place->verdict), place->note);
    set(row, "node", text_of(node->n.name));
    set(row, "origins", origins_of(&node->n));
    set(row, "placement", placed ? text_of(plan->chips[place->chip].spec) : json_null());
    set(row, "placement_order", json_integer(n));
    set(row, "fallback", json_boolean(placed && place->chip > 0));
    set(row, "segment", place->segment == NBX_NONE || plan->refused ? json_null() : json_integer(place->segment));
    set(row, "group", place->group == NBX_NONE ? json_null() : json_integer(place->group));
    if (place->group != NBX_NONE && place->group < plan->group_count) set(row, "fusion", text_of(plan->groups[place->group].fusion->id));
    set(row, "scheme", place->scheme ? text_of(place->scheme) : json_null());
    set(row, "layout", layout_of(plan, n));
    set(row, "reasons", reasons_of(plan, place->reasons));
    set(row, "inserted", json_boolean((node->n.flags & NBX_NODE_REQUANTIZE) != 0));
    set(row, "macs", json_integer((json_int_t)place->macs));
    if (place->confidence) {
        set(row, "latency_us", number_of(place->latency_ns / 1000.0));
        set(row, "bound", place->bound ? text_of(place->bound) : json_null());
        set(row, "confidence", text_of(NAME_OF(confidence_names, place->confidence)));
    }
    return row;
}

static json_t *nodes_of(const nbx_plan *plan)
{
    json_t *rows = json_array();
    for (uint32_t n = 0; n < plan->graph->node_count; n++) {
        const nbx_node *node = &plan->graph->nodes[n].n;
        json_array_append_new(rows, node_row(plan, n));
        for (uint32_t i = 1; i < node->origins.count; i++) {
            const char *name = *NBX_ROW(const char *, node->origins, i);
            json_t *row = bare_row(name, source_op(plan, name), "folded", "");
            set(row, "folded_into", text_of(node->name));
            json_array_append_new(rows, row);
        }
    }
    for (uint32_t i = 0; i < plan->graph->source_count; i++) {
        const nbx_source *source = &plan->graph->sources[i];
        static const char *const notes[] = {"", "constant", "not needed by any output", "cut off by `outputs`"};
        if (source->fate != NBX_FATE_NODE)
            json_array_append_new(rows, bare_row(source->name, source->op, "folded", NAME_OF(notes, source->fate)));
    }
    return rows;
}

static json_t *segments_of(const nbx_plan *plan)
{
    json_t *rows = json_array();
    for (uint32_t s = 0; s < plan->segment_count && !plan->refused; s++) {
        const nbx_plan_segment *segment = &plan->segments[s];
        json_t *row = json_object();
        set(row, "chip", text_of(plan->chips[segment->chip].spec));
        set(row, "nodes", json_integer(segment->node_count));
        set(row, "inputs", json_integer(segment->input_count));
        set(row, "outputs", json_integer(segment->output_count));
        json_array_append_new(rows, row);
    }
    return rows;
}

static json_t *conversions_of(const nbx_plan *plan)
{
    json_t *rows = json_array();
    for (uint32_t i = 0; i < plan->conversion_count; i++) {
        const nbx_conversion *row = &plan->conversions[i];
        json_t *made = json_object();
        set(made, "kind", text_of(NAME_OF(conversion_names, row->kind)));
        set(made, "value", text_of(plan->graph->values[row->value].v.name));
        set(made, "from", text_of(row->from));
        set(made, "to", text_of(row->to));
        set(made, "bytes", json_integer((json_int_t)row->bytes));
        json_array_append_new(rows, made);
    }
    return rows;
}

/* Units on chips that no cost row predicts, by op. */
static json_t *excludes_of(const nbx_plan *plan)
{
    json_t *rows = json_array();
    for (uint32_t n = 0; n < plan->graph->node_count; n++) {
        const nbx_placement *place = &plan->placements[n];
        bool follower = place->verdict == NBX_VERDICT_FUSED;
        if (place->confidence || place->verdict == NBX_VERDICT_VIEW || follower || place->verdict == NBX_VERDICT_REFUSED) continue;
        json_array_append_new(rows, text_of(plan->graph->nodes[n].n.name));
    }
    return rows;
}

static json_t *summary_of(const nbx_plan *plan)
{
    nbx_plan_summary s;
    if (nbx_plan_summarize(plan, &s) != NBX_OK) return json_null();
    const struct {
        const char *key;
        uint64_t value;
    } counts[] = {{"nodes", s.sources},
                  {"native", s.native},
                  {"fused", s.fused},
                  {"view", s.view},
                  {"folded", s.folded},
                  {"emulated", s.emulated},
                  {"refused", s.refused},
                  {"fallback", s.fallback},
                  {"segments", plan->refused ? 0 : s.segments},
                  {"conversions", plan->conversion_count},
                  {"conversion_bytes", s.conversion_bytes},
                  {"requantize_nodes", plan->requantize_count},
                  {"macs", s.macs},
                  {"weight_bytes", s.weight_bytes},
                  {"traffic_bytes", s.traffic_bytes},
                  {"activation_peak_bytes", s.activation_peak_bytes},
                  {"io_bytes", s.io_bytes},
                  {"artifact_bytes", s.artifact_bytes}};
    json_t *out = json_object();
    for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++)
        set(out, counts[i].key, json_integer((json_int_t)counts[i].value));
    uint64_t memory = plan->chips[0].chip->memory_bytes;
    set(out, "memory_limit_bytes", memory ? json_integer((json_int_t)memory) : json_null());
    set(out, "latency_us", s.confidence ? number_of(s.latency_us) : json_null());
    set(out, "latency_excludes", excludes_of(plan));
    set(out, "confidence", text_of(NAME_OF(confidence_names, s.confidence)));
    set(out, "mac_efficiency", s.mac_efficiency > 0 ? number_of(s.mac_efficiency) : json_null());
    return out;
}

static json_t *quantization_of(const nbx_plan *plan)
{
    json_t *out = json_object();
    set(out, "calibrated", json_boolean(plan->has_data));
    set(out, "samples", json_integer(plan->calibration_samples));
    set(out, "method", plan->calibration_method ? text_of(plan->calibration_method) : json_null());
    set(out, "bias_correction", json_boolean(plan->bias_corrected));
    return out;
}

static json_t *rounds_of(const nbx_plan *plan)
{
    json_t *rows = json_array();
    for (uint32_t i = 0; i < plan->round_count; i++)
        json_array_append_new(rows, json_pack("{s:i,s:i,s:s}", "round", (int)plan->rounds[i].number, "demoted",
                                              (int)plan->rounds[i].demoted, "why", plan->rounds[i].why));
    return rows;
}

json_t *nbx_report_plan(const nbx_plan *plan)
{
    json_t *out = nbx_report_begin("plan");
    if (!out) return NULL;
    const nbx_chip *chip = plan->chips[0].chip;
    set(out, "model", text_of(plan->graph->path ? plan->graph->path : plan->graph->name));
    set(out, "target", text_of(plan->chips[0].spec));
    set(out, "chip_text", text_of(chip->text));
    set(out, "unverified", json_boolean((chip->flags & NBX_CHIP_UNVERIFIED) != 0));
    set(out, "chip_model", json_boolean((chip->flags & NBX_CHIP_EMULATED) != 0));
    set(out, "nodes", nodes_of(plan));
    set(out, "model_reasons", reasons_of(plan, plan->model_reasons));
    set(out, "segments", segments_of(plan));
    set(out, "conversions", conversions_of(plan));
    set(out, "rounds", rounds_of(plan));
    set(out, "quantization", quantization_of(plan));
    set(out, "summary", summary_of(plan));
    return out;
}
