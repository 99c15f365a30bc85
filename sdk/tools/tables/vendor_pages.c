/* SPDX-License-Identifier: Apache-2.0 */
/* The page of a plugin: its chips and the rows of each table, said once where chips share them. */
#include <stdlib.h>
#include <string.h>

#include "core/plugins.h"
#include "schema/rules.h"
#include "tools/tables/pages.h"

#define NAMES(names, number) ((size_t)(number) < sizeof(names) / sizeof((names)[0]) ? (names)[number] : "?")
#define GRADE(name)          [NBX_GRADE_##name] = #name
static const char *const grades[] = {GRADE(MEASURED), GRADE(DOCUMENTED), GRADE(USER), GRADE(REVERSED), GRADE(INFERRED), GRADE(DESIGNED)};
#define SCOPE(name) [NBX_SCOPE_##name] = #name
static const char *const scopes[] = {SCOPE(NODE), SCOPE(PORT), SCOPE(SEGMENT), SCOPE(MODEL)};
#define EFFECT(name) [NBX_EFFECT_##name] = #name
static const char *const effects[] = {EFFECT(REFUSE), EFFECT(REJECT), EFFECT(SLOW), EFFECT(NOTE)};
#define CONFIDENCE(name) [NBX_CONFIDENCE_##name] = #name
static const char *const confidences[] = {CONFIDENCE(MEASURED), CONFIDENCE(MODELLED), CONFIDENCE(ILLUSTRATIVE)};
#define COST(name) [NBX_COST_##name] = #name
static const char *const costs[] = {COST(ARRAY), COST(TRAFFIC), COST(FREE), COST(OPERAND)};

static void subject_text(FILE *to, const nbx_subject *subject)
{
    static const char *const tensors[] = {"", "input ", "output ", "each input: ", "each output: "};
    const nbx_subject_info *info = nbx_subject_find(subject->kind);
    const char *detail = subject->name ? subject->name : subject->axes;
    fputs(NAMES(tensors, subject->tensor), to);
    if (subject->tensor == NBX_T_INPUT || subject->tensor == NBX_T_OUTPUT) fprintf(to, "%u ", subject->index);
    fputs(info ? info->name : "?", to);
    if (detail) fprintf(to, "(%s)", detail);
}

static void factor_text(FILE *to, int64_t factor)
{
    if (factor != 0 && factor != 1) fprintf(to, "%lld * ", (long long)factor);
}

static void clause_text(FILE *to, const nbx_clause *clause)
{
    char limit[400];
    factor_text(to, clause->mul);
    subject_text(to, &clause->of);
    if (clause->add) fprintf(to, " %c %lld", clause->add < 0 ? '-' : '+', llabs((long long)clause->add));
    if (clause->flags & NBX_CLAUSE_NOT) fputs(" not", to);
    if (clause->than.kind) {
        fputs(clause->check == NBX_CHECK_LE ? " at most " : clause->check == NBX_CHECK_EQ ? " = " : " a multiple of ", to);
        factor_text(to, clause->than_mul);
        subject_text(to, &clause->than);
    } else {
        nbx_clause plain = *clause;
        plain.flags &= ~(uint32_t)NBX_CLAUSE_NOT & 0xffffu;
        nbx_clause_limit_text(&plain, 0, limit, sizeof(limit));
        fprintf(to, " %s", *limit ? limit : "none");
    }
}

/* Clauses in words, for example "ATTR(kernel_h) 1..255 and output 0 RANK 4"; to be freed, NULL without memory. */
static char *clauses_text(const nbx_span *clauses)
{
    char *text = NULL;
    size_t bytes;
    FILE *to = open_memstream(&text, &bytes);
    if (!to) return NULL;
    bool inside = false; /* a run of clauses joined by OR */
    for (uint32_t i = 0; i < clauses->count; i++) {
        const nbx_clause *clause = NBX_ROW(nbx_clause, *clauses, i);
        bool joined = (clause->flags & NBX_CLAUSE_OR) != 0 && i + 1 < clauses->count;
        if (joined && !inside && clauses->count > 2) fputc('(', to);
        clause_text(to, clause);
        if (inside && !joined && clauses->count > 2) fputc(')', to);
        if (i + 1 < clauses->count) fputs(joined ? " or " : " and ", to);
        inside = joined;
    }
    fclose(to);
    return text;
}

/* Lists of many ops are cut: they are all those of one kind. */
static const char *list_text(const char *list, char *out, size_t bytes)
{
    size_t count = 1, kept = 0;
    for (const char *at = list; at && *at; at++) {
        count += *at == '|';
        if (count <= 6) kept = (size_t)(at + 1 - list);
    }
    if (count <= 8) return list;
    snprintf(out, bytes, "%.*s and %zu more", (int)kept, list, count - 6);
    return out;
}

static const char *encoding_name(const nbx_encoding *encoding)
{
    return encoding ? encoding->name : "";
}

static void ops_table(FILE *to, const nbx_chip *chip)
{
    table_head(to, "Ops", "op|taken|grade|rule if not|remark|source");
    for (uint32_t i = 0; i < chip->ops.count; i++) {
        const nbx_op_row *row = NBX_ROW(nbx_op_row, chip->ops, i);
        table_row(to, "cttctt", row->op,
                  !row->listed    ? "no"
                  : row->emulated ? "emulated"
                                  : "native",
                  NAMES(grades, row->grade), row->id, row->note, row->source);
    }
}

static void combos_table(FILE *to, const nbx_chip *chip)
{
    char list[256];
    table_head(to, "Combos", "scheme|variant|ops|input|weight|bias|output|arith|when|source");
    for (uint32_t i = 0; i < chip->combos.count; i++) {
        const nbx_combo *row = NBX_ROW(nbx_combo, chip->combos, i);
        char *when = clauses_text(&row->when);
        table_row(to, "cttttttttt", row->scheme, row->variant, list_text(row->ops, list, sizeof(list)), encoding_name(row->in),
                  encoding_name(row->weight), encoding_name(row->bias), encoding_name(row->out), row->arith ? row->arith->name : "", when,
                  row->source);
        free(when);
    }
}

static void fusions_table(FILE *to, const nbx_chip *chip)
{
    if (!chip->fusions.count) return;
    table_head(to, "Fusions", "rule|pattern|when|grade|source");
    for (uint32_t i = 0; i < chip->fusions.count; i++) {
        const nbx_fusion *row = NBX_ROW(nbx_fusion, chip->fusions, i);
        char *when = clauses_text(&row->when);
        table_row(to, "ccttt", row->id, row->pattern, when, NAMES(grades, row->grade), row->source);
        free(when);
    }
}

static void rules_table(FILE *to, const nbx_chip *chip)
{
    char list[256];
    if (!chip->rules.count) return;
    table_head(to, "Rules", "rule|variant|scope|effect|ops|chips|when|must|grade|remedy|source");
    for (uint32_t i = 0; i < chip->rules.count; i++) {
        const nbx_rule *row = NBX_ROW(nbx_rule, chip->rules, i);
        char *when = clauses_text(&row->when);
        char *must = clauses_text(&row->must);
        table_row(to, "ctttttttttt", row->id, row->variant, NAMES(scopes, row->scope),
                  row->flags & NBX_RULE_OFF ? "off" : NAMES(effects, row->effect), list_text(row->ops, list, sizeof(list)), row->chips,
                  when, row->flags & NBX_RULE_LIMIT_PRIVATE ? "" : must, NAMES(grades, row->grade), row->remedy_text, row->source);
        free(when);
        free(must);
    }
}

static void layouts_table(FILE *to, const nbx_chip *chip)
{
    if (!chip->layouts.count) return;
    table_head(to, "Layouts", "layout|input|output|when|grade|source");
    for (uint32_t i = 0; i < chip->layouts.count; i++) {
        const nbx_layout_row *row = NBX_ROW(nbx_layout_row, chip->layouts, i);
        char *when = clauses_text(&row->when);
        table_row(to, "cttttt", row->text, row->ports & NBX_LAYOUT_INPUT ? "yes" : "", row->ports & NBX_LAYOUT_OUTPUT ? "yes" : "", when,
                  NAMES(grades, row->grade), row->source);
        free(when);
    }
}

static void costs_table(FILE *to, const nbx_chip *chip)
{
    char tile[64], rates[96], list[256];
    if (!chip->costs.count) return;
    table_head(to, "Costs", "ops|when|counts|tile (in, out, positions)|clock, bandwidth, start|confidence|left out|source");
    for (uint32_t i = 0; i < chip->costs.count; i++) {
        const nbx_cost *row = NBX_ROW(nbx_cost, chip->costs, i);
        char *when = clauses_text(&row->when);
        snprintf(tile, sizeof(tile), "%u, %u, %u", row->tile_ic, row->tile_oc, row->tile_px);
        snprintf(rates, sizeof(rates), "%.6g MHz, %.6g GB/s, %.6g us", row->clock_hz / 1e6, row->bytes_per_s / 1e9, row->t0_ns / 1e3);
        table_row(to, "tttttttt", list_text(row->ops, list, sizeof(list)), when, NAMES(costs, row->kind), row->tile_ic ? tile : "",
                  row->kind == NBX_COST_FREE ? "" : rates, NAMES(confidences, row->confidence), row->excluded, row->source);
        free(when);
    }
}

static void options_table(FILE *to, const nbx_chip *chip)
{
    if (!chip->options.count) return;
    table_head(to, "Options", "option|choices|default|meaning");
    for (uint32_t i = 0; i < chip->options.count; i++) {
        const nbx_option *row = NBX_ROW(nbx_option, chip->options, i);
        table_row(to, "cttt", row->name, row->choices, row->default_value, row->text);
    }
}

static void imports_table(FILE *to, const nbx_plugin *api)
{
    if (!api->imports.count) return;
    table_head(to, "Keys of the vendor's own configuration", "theirs|ours|values|remark");
    for (uint32_t i = 0; i < api->imports.count; i++) {
        const nbx_foreign_key *row = NBX_ROW(nbx_foreign_key, api->imports, i);
        table_row(to, "cctt", row->key, row->ours, row->map, row->note);
    }
}

static void (*const tables[])(FILE *to, const nbx_chip *chip) = {options_table, ops_table,     combos_table, fusions_table,
                                                                 rules_table,   layouts_table, costs_table};

static char *rendered(void (*table)(FILE *to, const nbx_chip *chip), const nbx_chip *chip)
{
    char *text = NULL;
    size_t bytes;
    FILE *to = open_memstream(&text, &bytes);
    if (!to) return NULL;
    table(to, chip);
    fclose(to);
    return text;
}

/* One kind of table, once for all chips that have the same rows. */
static void write_table(FILE *to, const nbx_loaded_plugin *plugin, void (*table)(FILE *to, const nbx_chip *chip))
{
    enum { MOST_CHIPS = 32 };
    char *texts[MOST_CHIPS] = {0};
    uint32_t count = plugin->chip_count < MOST_CHIPS ? plugin->chip_count : MOST_CHIPS;
    for (uint32_t i = 0; i < count; i++)
        texts[i] = rendered(table, &plugin->chips[i]);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t same = 0, first = i;
        for (uint32_t j = 0; j < count; j++) {
            if (!texts[i] || !texts[j] || strcmp(texts[i], texts[j]) != 0) continue;
            same++;
            if (j < first) first = j;
        }
        if (first < i || !texts[i] || !*texts[i]) continue;
        fputs(texts[i], to);
        if (same == count) break;
        fputs("\nFor", to);
        for (uint32_t j = i; j < count; j++)
            if (texts[j] && !strcmp(texts[i], texts[j])) fprintf(to, " `%s`", plugin->chips[j].name);
        fputs(".\n", to);
    }
    for (uint32_t i = 0; i < count; i++)
        free(texts[i]);
}

void vendor_page(pages *all, const nbx_loaded_plugin *plugin)
{
    char file[64], title[96];
    snprintf(file, sizeof(file), "vendor-%s.md", plugin->name);
    snprintf(title, sizeof(title), "Plugin %s", plugin->name);
    FILE *to = pages_begin(all, file, title,
                           "What its chips take, from the plugin itself. Grades say how well a row is known; what they mean is in "
                           "[../guides/add-a-rule.md](../guides/add-a-rule.md).");
    if (!to) return;
    table_head(to, "Chips", "chip|text|accelerator|kind");
    for (uint32_t c = 0; c < plugin->chip_count; c++) {
        const nbx_chip *chip = &plugin->chips[c];
        table_row(to, "cttt", chip->name, chip->text, chip->unit,
                  chip->flags & NBX_CHIP_UNVERIFIED ? "chip model, unverified"
                  : chip->flags & NBX_CHIP_EMULATED ? "chip model"
                                                    : "");
    }
    for (size_t t = 0; t < sizeof(tables) / sizeof(tables[0]); t++)
        write_table(to, plugin, tables[t]);
    imports_table(to, &plugin->api);
    pages_end(all);
}
