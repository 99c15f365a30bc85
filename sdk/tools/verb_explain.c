/* SPDX-License-Identifier: Apache-2.0 */
/* nbx explain: the long form of a diagnostic code, or of a rule of an installed chip. */
#include <string.h>

#include "tools/cli.h"

static const char *const grades[] = {"", "measured", "documented", "reported by users", "reverse-engineered", "inferred", "by design"};
static const char *const effects[] = {"", "refuse: a fallback cures it", "reject: nothing cures it", "slow", "note"};

static void explain_rule(const nbx_text_sink *sink, const nbx_loaded_plugin *plugin, const nbx_rule *rule)
{
    nbx_sink_format(sink, "%s%s%s  (%s)\n", rule->id, rule->variant && *rule->variant ? "/" : "", rule->variant ? rule->variant : "",
                    plugin->name);
    nbx_sink_format(sink, "  applies to  %s\n", rule->ops ? rule->ops : "every op");
    nbx_sink_format(sink, "  chips       %s\n", rule->chips ? rule->chips : "all of the plugin");
    nbx_sink_format(sink, "  effect      %s\n", rule->effect < 5 ? effects[rule->effect] : "?");
    nbx_sink_format(sink, "  family      %s\n", nbx_reason_name(rule->reason));
    for (uint32_t i = 0; i < rule->must.count && !(rule->flags & NBX_RULE_LIMIT_PRIVATE); i++) {
        const nbx_clause *clause = NBX_ROW(nbx_clause, rule->must, i);
        const nbx_subject_info *info = nbx_subject_find(clause->of.kind);
        const char *detail = clause->of.name ? clause->of.name : clause->of.axes ? clause->of.axes : "";
        char limit[200];
        nbx_clause_limit_text(clause, 0, limit, sizeof(limit));
        nbx_sink_format(sink, "  must        %s %s be %s%s\n", info ? info->name : "?", detail, limit,
                        clause->flags & NBX_CLAUSE_OR ? ", or" : "");
    }
    nbx_sink_format(sink, "  message     %s\n", rule->message);
    if (rule->remedy_text) nbx_sink_format(sink, "  remedy      %s\n", rule->remedy_text);
    nbx_sink_format(sink, "  grade       %s\n  source      %s\n", rule->grade < 7 ? grades[rule->grade] : "?", rule->source);
    if (rule->flags & NBX_RULE_OFF) nbx_sink_format(sink, "  switched off: it is kept for its number and never refuses\n");
}

static bool explain_rules(const nbx_text_sink *sink, const nbx_loaded_plugin *plugin, const char *id)
{
    bool found = false;
    if (!plugin->chip_count) return false;
    const nbx_chip *chip = &plugin->chips[0]; /* chips of a plugin share their rule rows */
    for (uint32_t i = 0; i < chip->rules.count; i++) {
        const nbx_rule *rule = NBX_ROW(nbx_rule, chip->rules, i);
        if (strcmp(rule->id, id) != 0) continue;
        explain_rule(sink, plugin, rule);
        found = true;
    }
    for (uint32_t i = 0; i < chip->ops.count; i++) {
        const nbx_op_row *row = NBX_ROW(nbx_op_row, chip->ops, i);
        if (row->listed || !row->id || strcmp(row->id, id) != 0) continue;
        nbx_sink_format(sink, "%s  (%s) keeps %s off the chip: %s [%s]\n", id, plugin->name, row->op,
                        row->note ? row->note : "not in the table", row->source ? row->source : "no source");
        found = true;
    }
    return found;
}

static const struct {
    const char *id, *text;
} host_rules[] = {
    {"NBX-OP-001", "The op is not known to NBX; no chip is asked. Replace it, or cut the model before it with `outputs:`."},
    {"NBX-OP-002", "The op is known, but not in the form the node has; the message says what is missing."},
    {"NBX-OP-003", "The chip's table of ops does not have the op."},
    {"NBX-SHAPE-001", "A shape is not known before the model runs. Give the inputs fixed shapes with `inputs: - {name, shape}`."},
    {"NBX-SHAPE-002", "A tensor has an extent of 0. Where nothing depends on it NBX drops it; a model output, or an op that would compute "
                      "with it, cannot be placed."},
    {"NBX-CONST-001",
     "An input that steers the op (limits, pads, axes, sizes) is computed by the model. Chips need it as a constant; export it as one."},
    {"NBX-SCHEME-001",
     "The chip has no combination of encodings for this op in the wanted scheme. `nbx targets show` lists the combinations."},
};

nbx_status nbx_verb_explain(nbx_cli *cli)
{
    const char *code = cli->arguments.rows[0], *text = nbx_code_explain(code);
    nbx_text_sink sink = nbx_cli_sink(cli);
    for (size_t i = 0; i < sizeof(host_rules) / sizeof(host_rules[0]); i++)
        if (!strcmp(host_rules[i].id, code)) text = host_rules[i].text;
    if (text) {
        nbx_sink_format(&sink, "%s\n\n%s\n", code, text);
        return NBX_OK;
    }
    NBX_TRY(nbx_cli_registry(cli));
    bool found = false;
    const nbx_registry_entry *entry;
    for (uint32_t i = 0; (entry = nbx_registry_at(cli->registry, i)) != NULL; i++) {
        nbx_loaded_plugin *plugin;
        if (entry->refusal.refused || nbx_registry_load(cli->registry, entry->manifest.name, &plugin) != NBX_OK) continue;
        found |= explain_rules(&sink, plugin, code);
    }
    if (found) return NBX_OK;
    return nbx_raise(cli->context, NBX_E_CLI_USAGE, NULL, "codes look like E-TARGET-001, rules like HISI-CONV-001",
                     "nothing is called '%s' here", code);
}
