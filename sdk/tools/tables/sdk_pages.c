/* SPDX-License-Identifier: Apache-2.0 */
/* The pages of the SDK's own tables, row by row from the .def files; what the words mean is in the files' comments and in docs/. */
#include <stdint.h>
#include <string.h>

#include "schema/ops.h"
#include "tools/tables/pages.h"

static void write_attributes(FILE *to, const char *set)
{
#define ATTR(set_, name_, kind_, default_, text_)                                                                                          \
    if (!strcmp(set, #set_)) table_row(to, "cctt", #name_, #kind_, default_, text_);
#include <nbx/tables/attributes.def>
#undef ATTR
}

static void count_range(char *out, size_t bytes, int low, int high)
{
    if (high >= 255)
        snprintf(out, bytes, "%d or more", low);
    else if (low == high)
        snprintf(out, bytes, "%d", low);
    else
        snprintf(out, bytes, "%d to %d", low, high);
}

static void op_row(FILE *to, const nbx_op_schema *op, const char *quant)
{
    char inputs[32], outputs[32];
    count_range(inputs, sizeof(inputs), (int)op->in_min, (int)op->in_max);
    count_range(outputs, sizeof(outputs), (int)op->out_min, (int)op->out_max);
    table_row(to, "cntttct", op->name, (long long)op->revision, inputs, outputs, quant, strcmp(op->attr_set, "none") ? op->attr_set : "",
              op->text);
}

static void ops_page(pages *all)
{
    FILE *to =
        pages_begin(all, "ops.md", "Operations",
                    "Canonical nodes: ONNX's names, each in the form that the opset of column `revision` gives it, with all attributes "
                    "present.\nHow codes pass: weighted (products summed), real (decode, compute, encode), move (codes unchanged), "
                    "select (a choice of codes),\naverage, convert (another encoding), index (integers, never quantized).");
    if (!to) return;
    table_head(to, "Ops", "op|revision|inputs|outputs|codes|attributes|meaning");
#define OP(stem, name, revision, in_min, in_max, out_min, out_max, attrs, shape, quant, text) op_row(to, nbx_op_find(name), #quant);
#include <nbx/tables/ops.def>
#undef OP
    fputs("\n## Attributes\n\nA derived attribute is filled in when the node is made canonical.\n", to);
    static const char *const sets[] = {
#define ATTR(set, name, kind, value, text) #set,
#include <nbx/tables/attributes.def>
#undef ATTR
    };
    for (size_t i = 0; i < sizeof(sets) / sizeof(sets[0]); i++) {
        if (i && !strcmp(sets[i], sets[i - 1])) continue;
        fprintf(to, "\n### %s\n", sets[i]);
        table_head(to, NULL, "attribute|kind|default|remark");
        write_attributes(to, sets[i]);
    }
    table_head(to, "Inputs that become attributes", "op|input|attribute|kind");
#define PARAMETER(op, input, attribute, kind) table_row(to, "cncc", op, (long long)(input), attribute, #kind);
#include <nbx/tables/parameters.def>
#undef PARAMETER
    pages_end(all);
}

static void upgrades_page(pages *all)
{
    FILE *to = pages_begin(
        all, "upgrades.md", "Upgrades",
        "How nodes of older (and newer) opsets reach the form of [ops.md](ops.md). What is not listed has one form in all opsets.");
    if (!to) return;
    table_head(to, NULL, "op|from opset|to|action|attribute|argument|reason");
#define UPGRADE(op, first, last, action, attribute, argument, text)                                                                        \
    table_row(to, "cnncctt", op, (long long)(first), (long long)(last), #action, attribute, argument, text);
#include <nbx/tables/upgrades.def>
#undef UPGRADE
    pages_end(all);
}

static void numbers_page(pages *all)
{
    FILE *to = pages_begin(
        all, "encodings.md", "Element types, encodings, requantization",
        "How stored codes stand for real numbers, and how sums become codes. The arithmetic is in [../numerics.md](../numerics.md).");
    if (!to) return;
    table_head(to, "Encodings", "encoding|kind|container|bits|codes|granularity|parameters|zero code|log: steps, top|use");
#define ENCODING(stem, kind, storage, code_bits, is_signed, symmetric, granularity, axis, block, param_rule, param_value, lo, hi, zero,    \
                 fill, steps, top, exp_lo, exp_hi, text)                                                                                   \
    {                                                                                                                                      \
        char codes[48] = "", log[32] = "";                                                                                                 \
        if ((lo) != (hi)) snprintf(codes, sizeof(codes), "%lld to %lld", (long long)(lo), (long long)(hi));                                \
        if ((steps) != 0) snprintf(log, sizeof(log), "%d, %d", (int)(steps), (int)(top));                                                  \
        table_row(to, "cccntccntt", #stem, #kind, #storage, (long long)(code_bits), codes, #granularity, #param_rule, (long long)(zero),   \
                  log, text);                                                                                                              \
    }
#include <nbx/tables/encodings.def>
#undef ENCODING
    table_head(to, "Requantization", "number|mode|meaning");
#define REQUANT(number, name, family, text) table_row(to, "nct", (long long)(number), #name, text);
#include <nbx/tables/requants.def>
#undef REQUANT
    table_head(to, "Element types", "number|name|bits");
#define DTYPE(number, name, onnx, bits, onnx_number, kind) table_row(to, "ncn", (long long)(number), onnx, (long long)(bits));
#include <nbx/tables/dtypes.def>
#undef DTYPE
    pages_end(all);
}

static void rules_page(pages *all)
{
    FILE *to = pages_begin(
        all, "rules.md", "What rules are made of",
        "A rule reads `when` and `must`, lists of clauses `mul * subject + add CHECK limit`. A subject is known from its phase on.");
    if (!to) return;
    table_head(to, "Subjects", "number|subject|phase|scope|meaning");
#define SUBJECT(number, name, phase, scope, text) table_row(to, "ncttt", (long long)(number), #name, #phase, #scope, text);
#include <nbx/tables/subjects.def>
#undef SUBJECT
    table_head(to, "Checks", "number|check|holds if");
#define CHECK(number, name, text) table_row(to, "nct", (long long)(number), #name, text);
#include <nbx/tables/checks.def>
#undef CHECK
    table_head(to, "Reasons", "number|reason|meaning");
#define REASON(number, name, text) table_row(to, "nct", (long long)(number), #name, text);
#include <nbx/tables/reasons.def>
#undef REASON
    pages_end(all);
}

static void codes_page(pages *all)
{
    FILE *to = pages_begin(all, "codes.md", "Statuses and diagnostic codes",
                           "Every error names a code; `nbx explain CODE` prints its row. The status decides the exit code of the command.");
    if (!to) return;
    table_head(to, "Statuses", "number|status|exit code|meaning");
#define STATUS(number, name, exit_code, text) table_row(to, "ncnt", (long long)(number), #name, (long long)(exit_code), text);
#include <nbx/tables/statuses.def>
#undef STATUS
    table_head(to, "Codes", "code|status|what|what it means and what to do");
#define CODE(name, code, status, line, text) table_row(to, "cctt", code, #status, line, text);
#include <nbx/tables/codes.def>
#undef CODE
    pages_end(all);
}

void sdk_pages(pages *all)
{
    ops_page(all);
    upgrades_page(all);
    numbers_page(all);
    rules_page(all);
    codes_page(all);
}
