/* SPDX-License-Identifier: Apache-2.0 */
/* nbx targets: the chips that are installed; `show` prints the tables of one. */
#include <string.h>

#include "tools/cli.h"

static const char *const grades[] = {"-", "measured", "documented", "user", "reversed", "inferred", "designed"};
static const char *const effects[] = {"-", "refuse", "reject", "slow", "note"};

#define NAME_OF(table, i) ((size_t)(i) < sizeof(table) / sizeof((table)[0]) ? (table)[i] : "?")

static json_t *text_of(const char *text)
{
    return text ? json_string(text) : json_null();
}

static json_t *ops_of(const nbx_chip *chip)
{
    json_t *rows = json_array();
    for (uint32_t i = 0; i < chip->ops.count; i++) {
        const nbx_op_row *row = NBX_ROW(nbx_op_row, chip->ops, i);
        json_array_append_new(rows, json_pack("{s:s,s:b,s:b,s:s,s:o,s:o,s:o}", "op", row->op, "listed", row->listed, "emulated",
                                              row->emulated, "grade", NAME_OF(grades, row->grade), "rule", text_of(row->id), "note",
                                              text_of(row->note), "source", text_of(row->source)));
    }
    return rows;
}

static json_t *encoding_of(const nbx_encoding *encoding)
{
    return encoding ? json_string(encoding->name) : json_null();
}

static json_t *combos_of(const nbx_chip *chip)
{
    json_t *rows = json_array();
    for (uint32_t i = 0; i < chip->combos.count; i++) {
        const nbx_combo *row = NBX_ROW(nbx_combo, chip->combos, i);
        json_array_append_new(rows,
                              json_pack("{s:s,s:o,s:s,s:o,s:o,s:o,s:o,s:o,s:b}", "scheme", row->scheme, "variant", text_of(row->variant),
                                        "ops", row->ops, "in", encoding_of(row->in), "weight", encoding_of(row->weight), "bias",
                                        encoding_of(row->bias), "out", encoding_of(row->out), "arith",
                                        text_of(row->arith ? row->arith->name : NULL), "opt_in", (row->flags & NBX_COMBO_OPT_IN) != 0));
    }
    return rows;
}

static json_t *fusions_of(const nbx_chip *chip)
{
    json_t *rows = json_array();
    for (uint32_t i = 0; i < chip->fusions.count; i++) {
        const nbx_fusion *row = NBX_ROW(nbx_fusion, chip->fusions, i);
        json_array_append_new(rows,
                              json_pack("{s:s,s:s,s:s}", "id", row->id, "pattern", row->pattern, "grade", NAME_OF(grades, row->grade)));
    }
    return rows;
}

static json_t *rules_of(const nbx_chip *chip)
{
    json_t *rows = json_array();
    for (uint32_t i = 0; i < chip->rules.count; i++) {
        const nbx_rule *row = NBX_ROW(nbx_rule, chip->rules, i);
        if (row->chips && !nbx_list_has(row->chips, chip->name)) continue;
        json_array_append_new(rows, json_pack("{s:s,s:o,s:s,s:o,s:s,s:s,s:o}", "rule", row->id, "variant", text_of(row->variant), "effect",
                                              NAME_OF(effects, row->effect), "ops", text_of(row->ops), "grade", NAME_OF(grades, row->grade),
                                              "message", row->message, "source", text_of(row->source)));
    }
    return rows;
}

static json_t *layouts_of(const nbx_chip *chip)
{
    json_t *rows = json_array();
    for (uint32_t i = 0; i < chip->layouts.count; i++) {
        const nbx_layout_row *row = NBX_ROW(nbx_layout_row, chip->layouts, i);
        json_array_append_new(rows, json_pack("{s:s,s:b,s:b}", "layout", row->text, "input", (row->ports & NBX_LAYOUT_INPUT) != 0, "output",
                                              (row->ports & NBX_LAYOUT_OUTPUT) != 0));
    }
    return rows;
}

static json_t *options_of(const nbx_chip *chip)
{
    json_t *rows = json_array();
    for (uint32_t i = 0; i < chip->options.count; i++) {
        const nbx_option *row = NBX_ROW(nbx_option, chip->options, i);
        json_array_append_new(rows, json_pack("{s:s,s:o,s:o,s:o}", "name", row->name, "choices", text_of(row->choices), "default",
                                              text_of(row->default_value), "text", text_of(row->text)));
    }
    return rows;
}

static json_t *chip_of(const nbx_loaded_plugin *plugin, const nbx_chip *chip)
{
    json_t *report = nbx_report_begin("chip");
    const struct {
        const char *key;
        json_t *rows;
    } parts[] = {{"options", options_of(chip)}, {"layouts", layouts_of(chip)}, {"ops", ops_of(chip)},
                 {"combos", combos_of(chip)},   {"fusions", fusions_of(chip)}, {"rules", rules_of(chip)}};
    char spec[160];
    snprintf(spec, sizeof(spec), "%s/%s", plugin->name, chip->name);
    json_object_set_new(report, "target", json_string(spec));
    json_object_set_new(report, "text", text_of(chip->text));
    json_object_set_new(report, "unit", text_of(chip->unit));
    json_object_set_new(report, "chip_model", json_boolean((chip->flags & NBX_CHIP_EMULATED) != 0));
    json_object_set_new(report, "unverified", json_boolean((chip->flags & NBX_CHIP_UNVERIFIED) != 0));
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
        json_object_set_new(report, parts[i].key, parts[i].rows);
    return report;
}

static void cell_value(nbx_text_table *table, const json_t *value)
{
    if (json_is_string(value))
        nbx_text_table_cell(table, "%s", json_string_value(value));
    else if (json_is_boolean(value))
        nbx_text_table_cell(table, "%s", json_is_true(value) ? "yes" : "no");
    else
        nbx_text_table_cell(table, "-");
}

static void write_part(const json_t *report, const char *part, const char *columns, const nbx_text_sink *sink)
{
    const json_t *rows = json_object_get(report, part), *row;
    size_t i;
    if (!json_array_size(rows)) return;
    nbx_sink_format(sink, "\n%s\n", part);
    nbx_text_table *table = nbx_text_table_create(columns);
    json_array_foreach(rows, i, row) for (const char *at = columns; *at;)
    {
        size_t bytes = strcspn(at, "|");
        char key[32];
        snprintf(key, sizeof(key), "%.*s", (int)bytes, at);
        cell_value(table, json_object_get(row, key));
        at += bytes + (at[bytes] == '|');
    }
    nbx_text_table_write(table, sink);
    nbx_text_table_destroy(table);
}

static void write_chip(const json_t *report, bool verbose, const nbx_text_sink *sink)
{
    nbx_sink_format(sink, "%s  %s\n", json_string_value(json_object_get(report, "target")),
                    json_string_value(json_object_get(report, "text")));
    write_part(report, "options", "name|choices|default|text", sink);
    write_part(report, "layouts", "layout|input|output", sink);
    write_part(report, "ops", verbose ? "op|listed|emulated|grade|rule|note|source" : "op|listed|emulated|grade|rule|note", sink);
    write_part(report, "combos", "scheme|variant|ops|in|weight|bias|out|arith|opt_in", sink);
    write_part(report, "fusions", "id|pattern|grade", sink);
    write_part(report, "rules", verbose ? "rule|variant|effect|ops|grade|message|source" : "rule|variant|effect|ops|grade|message", sink);
}

static void write_list(const json_t *report, bool verbose, const nbx_text_sink *sink)
{
    size_t i;
    const json_t *row;
    json_array_foreach(json_object_get(report, "targets"), i, row) nbx_sink_format(sink, "%s\n", json_string_value(row));
    (void)verbose;
}

static nbx_status list_targets(nbx_cli *cli)
{
    json_t *report = nbx_report_begin("targets"), *rows = json_array();
    const nbx_registry_entry *entry;
    for (uint32_t i = 0; (entry = nbx_registry_at(cli->registry, i)) != NULL; i++)
        for (uint32_t c = 0; !entry->refusal.refused && c < entry->manifest.chips.count; c++)
            json_array_append_new(rows, json_sprintf("%s/%s", entry->manifest.name, entry->manifest.chips.texts[c]));
    json_object_set_new(report, "targets", rows);
    return nbx_cli_report(cli, report, write_list);
}

nbx_status nbx_verb_targets(nbx_cli *cli)
{
    NBX_TRY(nbx_cli_registry(cli));
    if (cli->arguments.count == 0) return list_targets(cli);
    if (cli->arguments.count != 2 || strcmp(cli->arguments.rows[0], "show") != 0)
        return nbx_raise(cli->context, NBX_E_CLI_USAGE, NULL, "nbx targets show VENDOR/CHIP", "nbx targets cannot '%s'",
                         cli->arguments.rows[0]);
    nbx_loaded_plugin *plugin;
    const nbx_chip *chip;
    NBX_TRY(nbx_registry_find_chip(cli->registry, cli->arguments.rows[1], &plugin, &chip));
    return nbx_cli_report(cli, chip_of(plugin, chip), write_chip);
}
