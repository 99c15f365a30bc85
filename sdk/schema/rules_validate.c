/* SPDX-License-Identifier: Apache-2.0 */
/* nbx_chip_validate: walks every row of a chip when it is loaded and names the first one that the host cannot honour. */
#include "schema/rules_validate.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "schema/layouts.h"
#include "schema/ops.h"
#include "schema/subjects.h"

bool nbx_validation_fail(nbx_validation *v, const char *format, ...)
{
    char what[300];
    va_list args;
    va_start(args, format);
    vsnprintf(what, sizeof what, format, args);
    va_end(args);
    if (v->error_bytes) snprintf(v->error, v->error_bytes, "chip %s, %s: %s", v->chip->name ? v->chip->name : "without name", v->row, what);
    return false;
}

void nbx_validation_at(nbx_validation *v, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(v->row, sizeof v->row, format, args);
    va_end(args);
}

bool nbx_validation_span(nbx_validation *v, const nbx_span *span, uint32_t bytes, bool sized, const char *what)
{
    if (!span->count) return true;
    if (!span->rows || span->stride < bytes)
        return nbx_validation_fail(v, "%s: rows of %u bytes, revision 1.0 has %u", what, span->rows ? span->stride : 0, bytes);
    for (uint32_t i = 0; i < span->count; i++) {
        const unsigned char *row = NBX_ROW(unsigned char, *span, i);
        uint32_t size = sized ? *NBX_ROW(uint32_t, *span, i) : span->stride;
        if (size < bytes || size > span->stride)
            return nbx_validation_fail(v, "%s row %u: struct_size is %u, expected %u to %u", what, i, size, bytes, span->stride);
        for (uint32_t b = bytes; b < size; b++)
            if (row[b]) return nbx_validation_fail(v, "%s row %u: uses a field of a newer revision", what, i);
    }
    return true;
}

static bool op_known(const char *name)
{
    return nbx_op_find(name) || nbx_list_has(NBX_OPS_ROI, name) || nbx_list_has(NBX_OPS_RECURRENT, name);
}

/* One name out of a list; the separator ends it. */
static const char *next_name(const char *list, const char *separators, char *name, size_t bytes)
{
    size_t length = strcspn(list, separators), kept = length < bytes ? length : bytes - 1;
    memcpy(name, list, kept);
    name[kept] = 0;
    return list[length] ? list + length + 1 : NULL;
}

bool nbx_validation_ops(nbx_validation *v, const char *ops)
{
    char name[64];
    if (!ops || strcmp(ops, "*") == 0) return true;
    for (const char *rest = ops; rest;) {
        rest = next_name(rest, "|", name, sizeof name);
        if (!op_known(name)) return nbx_validation_fail(v, "unknown op \"%s\"", name);
    }
    return true;
}

/* "Conv > Add(skip) > Relu|Clip": blanks are free, a word in brackets names the other operand. */
static bool check_pattern(nbx_validation *v, const char *pattern)
{
    char name[64];
    uint32_t ops = 0;
    for (const char *rest = pattern; rest;) {
        char *start, *end;
        rest = next_name(rest, ">|", name, sizeof name);
        for (start = name; isspace((unsigned char)*start);)
            start++;
        end = start + strcspn(start, "( \t");
        if (*end == '(' && !strchr(end, ')')) return nbx_validation_fail(v, "pattern \"%s\": a bracket without a partner", pattern);
        *end = 0;
        if (!op_known(start)) return nbx_validation_fail(v, "pattern \"%s\": unknown op \"%s\"", pattern, start);
        ops++;
    }
    return ops > 1 || nbx_validation_fail(v, "pattern \"%s\": one op is no fusion", pattern);
}

static bool required(nbx_validation *v, const char *text, const char *what)
{
    return (text && *text) || nbx_validation_fail(v, "no %s", what);
}

static bool check_grade(nbx_validation *v, uint32_t grade)
{
    return (grade >= NBX_GRADE_MEASURED && grade <= NBX_GRADE_DESIGNED) || nbx_validation_fail(v, "unknown grade %u", grade);
}

static bool check_encoding(nbx_validation *v, const nbx_encoding *encoding, const char *what)
{
    if (encoding->struct_size < sizeof *encoding)
        return nbx_validation_fail(v, "%s: struct_size of the encoding is %u", what, encoding->struct_size);
    if (encoding->kind < NBX_ENC_FLOAT || encoding->kind > NBX_ENC_INDEX)
        return nbx_validation_fail(v, "%s: unknown encoding kind %u", what, encoding->kind);
    if (!nbx_dtype_bits(encoding->storage)) return nbx_validation_fail(v, "%s: unknown storage type %u", what, encoding->storage);
    if (encoding->granularity > NBX_PER_CONV_GROUP)
        return nbx_validation_fail(v, "%s: unknown granularity %u", what, encoding->granularity);
    if (encoding->param_rule < NBX_PARAM_FREE || encoding->param_rule > NBX_PARAM_NONE)
        return nbx_validation_fail(v, "%s: unknown parameter rule %u", what, encoding->param_rule);
    return required(v, encoding->name, "name of an encoding");
}

static bool requant_known(uint16_t mode)
{
    switch (mode) {
    case NBX_REQUANT_NONE:
#define REQUANT(number, name, family, text) case number:
#include <nbx/tables/requants.def>
#undef REQUANT
        return true;
    default:
        return false;
    }
}

static bool check_arith(nbx_validation *v, const nbx_arith *arith)
{
    if (arith->struct_size < sizeof *arith) return nbx_validation_fail(v, "struct_size of the arith row is %u", arith->struct_size);
    if (arith->product < NBX_PRODUCT_FLOAT || arith->product > NBX_PRODUCT_XNOR)
        return nbx_validation_fail(v, "unknown product contract %u", arith->product);
    if (!requant_known(arith->requant) || !requant_known(arith->requant2) || !requant_known(arith->pool_round))
        return nbx_validation_fail(v, "unknown requant mode among %u, %u, %u", arith->requant, arith->requant2, arith->pool_round);
    if (arith->acc_overflow > NBX_OVERFLOW_SATURATE_STEP) return nbx_validation_fail(v, "unknown overflow rule %u", arith->acc_overflow);
    if (arith->bias_at > NBX_BIAS_REAL) return nbx_validation_fail(v, "unknown bias place %u", arith->bias_at);
    if (arith->add_arith > NBX_ADD_FIXED20) return nbx_validation_fail(v, "unknown add arithmetic %u", arith->add_arith);
    if (arith->exactness < NBX_EXACT || arith->exactness > NBX_UNKNOWN)
        return nbx_validation_fail(v, "unknown exactness %u", arith->exactness);
    return required(v, arith->name, "name of the arith row");
}

static bool check_combo(nbx_validation *v, uint32_t index)
{
    const nbx_combo *combo = NBX_ROW(nbx_combo, v->chip->combos, index);
    const uint32_t flags = NBX_COMBO_DEFAULT | NBX_COMBO_OUTPUT_ONLY | NBX_COMBO_BOUNDARY_INPUT | NBX_COMBO_OPT_IN;
    nbx_validation_at(v, "combo %s/%s (row %u)", combo->scheme ? combo->scheme : "?", combo->variant ? combo->variant : "", index);
    if (!required(v, combo->scheme, "scheme") || !required(v, combo->ops, "ops") || !required(v, combo->source, "source")) return false;
    if (!combo->in || !combo->out || !combo->arith) return nbx_validation_fail(v, "in, out and arith must point at rows");
    if (combo->flags & ~flags) return nbx_validation_fail(v, "unknown flags 0x%x", combo->flags);
    if (combo->tie > NBX_TIE_ALL) return nbx_validation_fail(v, "unknown tie %u", combo->tie);
    return check_grade(v, combo->grade) && check_encoding(v, combo->in, "in") && check_encoding(v, combo->out, "out") &&
           (!combo->weight || check_encoding(v, combo->weight, "weight")) && (!combo->bias || check_encoding(v, combo->bias, "bias")) &&
           check_arith(v, combo->arith) && nbx_validation_ops(v, combo->ops) &&
           nbx_validation_clauses(v, &combo->when, NBX_SCOPE_NODE, "when");
}

static bool check_op(nbx_validation *v, uint32_t index)
{
    const nbx_op_row *row = NBX_ROW(nbx_op_row, v->chip->ops, index);
    nbx_validation_at(v, "op %s (row %u)", row->op ? row->op : "without name", index);
    if (!required(v, row->op, "op") || !required(v, row->source, "source")) return false;
    if (!op_known(row->op)) return nbx_validation_fail(v, "unknown op \"%s\"", row->op);
    if (!row->listed && !(row->id && *row->id)) return nbx_validation_fail(v, "not listed, but no rule id to cite");
    for (uint32_t i = 0; i < index; i++)
        if (strcmp(NBX_ROW(nbx_op_row, v->chip->ops, i)->op, row->op) == 0) return nbx_validation_fail(v, "the same op as row %u", i);
    return check_grade(v, row->grade);
}

static bool check_fusion(nbx_validation *v, uint32_t index)
{
    const nbx_fusion *fusion = NBX_ROW(nbx_fusion, v->chip->fusions, index);
    nbx_validation_at(v, "fusion %s (row %u)", fusion->id ? fusion->id : "without id", index);
    if (!required(v, fusion->id, "id") || !required(v, fusion->pattern, "pattern") || !required(v, fusion->source, "source")) return false;
    if (fusion->at != NBX_AT_ACCUMULATOR && fusion->at != NBX_AT_REQUANTIZED)
        return nbx_validation_fail(v, "unknown rounding point %u", fusion->at);
    return check_grade(v, fusion->grade) && check_pattern(v, fusion->pattern) && (!fusion->arith || check_arith(v, fusion->arith)) &&
           nbx_validation_clauses(v, &fusion->when, NBX_SCOPE_NODE, "when");
}

static bool check_layout(nbx_validation *v, uint32_t index)
{
    const nbx_layout_row *row = NBX_ROW(nbx_layout_row, v->chip->layouts, index);
    char error[160] = "";
    nbx_layout layout;
    nbx_validation_at(v, "layout %s (row %u)", row->text ? row->text : "without text", index);
    if (!required(v, row->text, "text") || !required(v, row->source, "source")) return false;
    if (!nbx_layout_parse(row->text, nbx_layout_text_rank(row->text), &layout, error, sizeof error))
        return nbx_validation_fail(v, "%s", error);
    if (!row->ports || (row->ports & ~(uint32_t)(NBX_LAYOUT_INPUT | NBX_LAYOUT_OUTPUT)))
        return nbx_validation_fail(v, "unknown ports 0x%x", row->ports);
    if (row->pad_in > NBX_PAD_FILL || row->pad_out > NBX_PAD_PRESERVED)
        return nbx_validation_fail(v, "unknown padding owner %u, %u", row->pad_in, row->pad_out);
    return check_grade(v, row->grade) && nbx_validation_clauses(v, &row->when, NBX_SCOPE_NODE, "when");
}

static bool check_cost(nbx_validation *v, uint32_t index)
{
    const nbx_cost *cost = NBX_ROW(nbx_cost, v->chip->costs, index);
    nbx_validation_at(v, "cost of %s (row %u)", cost->ops ? cost->ops : "?", index);
    if (!required(v, cost->ops, "ops") || !required(v, cost->source, "source")) return false;
    if (cost->kind < NBX_COST_ARRAY || cost->kind > NBX_COST_OPERAND) return nbx_validation_fail(v, "unknown kind %u", cost->kind);
    if (cost->confidence < NBX_CONFIDENCE_MEASURED || cost->confidence > NBX_CONFIDENCE_ILLUSTRATIVE)
        return nbx_validation_fail(v, "unknown confidence %u", cost->confidence);
    if (cost->kind == NBX_COST_ARRAY && !(cost->clock_hz > 0)) return nbx_validation_fail(v, "an array needs a clock");
    if (cost->kind != NBX_COST_FREE && !(cost->bytes_per_s > 0)) return nbx_validation_fail(v, "no bandwidth");
    if (!(cost->density >= 0 && cost->density <= 1) || !(cost->t0_ns >= 0)) return nbx_validation_fail(v, "density or t0 is out of range");
    return nbx_validation_ops(v, cost->ops) && nbx_validation_clauses(v, &cost->when, NBX_SCOPE_NODE, "when");
}

static bool check_option(nbx_validation *v, uint32_t index)
{
    const nbx_option *option = NBX_ROW(nbx_option, v->chip->options, index);
    nbx_validation_at(v, "option %s (row %u)", option->name ? option->name : "without name", index);
    if (!required(v, option->name, "name") || !required(v, option->default_value, "default")) return false;
    if (option->kind < NBX_OPTION_CHOICE || option->kind > NBX_OPTION_BOOL) return nbx_validation_fail(v, "unknown kind %u", option->kind);
    if (option->kind == NBX_OPTION_CHOICE && !(option->choices && nbx_list_has(option->choices, option->default_value)))
        return nbx_validation_fail(v, "the default \"%s\" is not among the choices", option->default_value);
    return true;
}

bool nbx_chip_validate(const nbx_chip *chip, char *error, uint32_t error_bytes)
{
    /* Options first: clauses of the other rows refer to them. */
    const struct {
        const char *what;
        const nbx_span *span;
        uint32_t bytes;
        bool (*check)(nbx_validation *v, uint32_t index);
    } tables[] = {
        {"options", &chip->options, sizeof(nbx_option), check_option},  {"ops", &chip->ops, sizeof(nbx_op_row), check_op},
        {"rules", &chip->rules, sizeof(nbx_rule), nbx_validation_rule}, {"combos", &chip->combos, sizeof(nbx_combo), check_combo},
        {"fusions", &chip->fusions, sizeof(nbx_fusion), check_fusion},  {"layouts", &chip->layouts, sizeof(nbx_layout_row), check_layout},
        {"costs", &chip->costs, sizeof(nbx_cost), check_cost},
    };
    nbx_validation v = {.chip = chip, .error = error, .error_bytes = error_bytes, .row = "its own row"};
    if (error_bytes) *error = 0;
    if (!required(&v, chip->name, "name")) return false;
    for (size_t t = 0; t < sizeof tables / sizeof tables[0]; t++) {
        nbx_validation_at(&v, "table of %s", tables[t].what);
        if (!nbx_validation_span(&v, tables[t].span, tables[t].bytes, true, tables[t].what)) return false;
        for (uint32_t i = 0; i < tables[t].span->count; i++)
            if (!tables[t].check(&v, i)) return false;
    }
    return true;
}
