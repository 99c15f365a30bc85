/* SPDX-License-Identifier: Apache-2.0 */
/* Writes the reference of all keys as Markdown from the rows. */
#include <stdio.h>
#include <string.h>

#include "target/json_schema.h"
#include "target/scalar.h"
#include "target/schema.h"
#include "target/writer.h"

static void write_cell(nbx_writer *w, const char *text)
{
    for (; *text; text++)
        nbx_writef(w, *text == '|' ? "\\%c" : "%c", *text);
}

static void write_kind(nbx_writer *w, const nbx_field *field)
{
    bool list = (field->flags & NBX_FIELD_LIST) != 0, lone = (field->flags & NBX_FIELD_LONE) != 0;
    const char *words = nbx_kind_words(field->kind);
    if (field->choices)
        write_cell(w, field->choices);
    else
        nbx_write(w, words);
    if (field->of && field->of->lone) {
        nbx_write(w, ", or ");
        write_cell(w, field->of->lone->choices ? field->of->lone->choices : field->of->lone->key);
        nbx_write(w, " alone");
    }
    bool bounded = (field->kind == NBX_FIELD_INTEGER || field->kind == NBX_FIELD_NUMBER) && field->hi < 1e30;
    if (bounded && field->lo == field->hi)
        nbx_writef(w, ", %.15g", field->lo);
    else if (bounded)
        nbx_writef(w, ", %.15g to %.15g", field->lo, field->hi);
    if (list) nbx_write(w, lone ? "; one, or a list of them" : ", several in a list");
}

static void write_rows(nbx_writer *w, const nbx_map *map, const char *path, bool nested)
{
    for (uint32_t i = 0; i < map->count; i++) {
        const nbx_field *field = &map->fields[i];
        if (nested && field->flags & NBX_FIELD_ROOT_ONLY) continue;
        bool list = (field->flags & NBX_FIELD_LIST) != 0;
        nbx_writef(w, "| `%s%s` | ", path, field->key);
        write_kind(w, field);
        nbx_write(w, " | ");
        if (field->flags & NBX_FIELD_REQUIRED)
            nbx_write(w, "required");
        else if (field->absent)
            nbx_writef(w, "`%s`", field->absent);
        nbx_write(w, " | ");
        if (field->example && field->kind != NBX_FIELD_MAP) nbx_writef(w, "`%s`", field->example);
        nbx_write(w, " | ");
        write_cell(w, field->text);
        nbx_write(w, " |\n");
        if (!field->of || field->of == &nbx_target_map) continue;
        char inside[256];
        snprintf(inside, sizeof(inside), "%s%s%s.", path, field->key, list ? "[]" : "");
        write_rows(w, field->of, inside, true);
    }
}

static const char opening[] =
    "# The target file\n\n"
    "<!-- Written from sdk/target/schema.c; the test target.test_schema fails if it differs. -->\n\n"
    "A target file says for which chip a model is prepared, and how. It is YAML without aliases, anchors, tags and second\n"
    "documents, at most 1 MiB and 32 levels deep. Unknown keys are errors. `nbx target check FILE` lists all mistakes with\n"
    "file, line and column; `--print-config` shows the merged view and where each value comes from.\n\n"
    "```yaml\n"
    "nbx: 1\n"
    "target: hisilicon/hi3559av100\n"
    "fallback: reference\n"
    "inputs:\n"
    "  - {name: input, shape: [1, 1, 32, 32], source: {layout: NCHW, type: uint8}, mean: 72.93, scale: 0.0111}\n"
    "metric: top1\n"
    "quantization:\n"
    "  calibration: {data: calib.npy, samples: 200}\n"
    "```\n\n"
    "Whole numbers are decimal or `0x` hexadecimal, without leading zeros. Booleans are `true` or `false` only. What stands in\n"
    "quotes is a text. Paths are relative to the folder of the file; those given with `--set` to the current one.\n\n"
    "`--set KEY=VALUE` overrides any key: dots between names, `[n]` for the entries of lists, the value in YAML, for example\n"
    "`--set quantization.scheme=log16` or `--set inputs[0].mean=[1,2,3]`. The entry after the last one appends. It wins over the\n"
    "file and over each entry of `targets`; `--set targets[0].fallback=none` reaches a single one.\n\n"
    "| key | value | default | example | meaning |\n| --- | --- | --- | --- | --- |\n";

static nbx_status write_markdown(const nbx_text_sink *sink)
{
    nbx_writer w = {.sink = sink};
    nbx_write(&w, opening);
    write_rows(&w, &nbx_target_map, "", false);
    return w.status;
}

nbx_status nbx_target_schema_write(nbx_schema_format format, const nbx_text_sink *sink)
{
    return format == NBX_SCHEMA_JSON ? nbx_json_schema_write(sink) : write_markdown(sink);
}
