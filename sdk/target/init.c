/* SPDX-License-Identifier: Apache-2.0 */
/* Writes a commented starter from the rows and a chip's options; it checks nothing. */
#include <string.h>

#include "target/schema.h"
#include "target/writer.h"

static void write_example(nbx_writer *w, const nbx_field *field, uint32_t depth)
{
    const char *example = field->example ? field->example : field->absent;
    nbx_write(w, "#");
    nbx_write_indent(w, depth);
    nbx_writef(w, "%s:", field->key);
    if (example) nbx_writef(w, " %s", example);
    nbx_writef(w, "  # %s", field->text);
    if (field->choices) nbx_writef(w, " (%s)", field->choices);
    nbx_write(w, "\n");
    if (example || field->kind != NBX_FIELD_MAP) return;
    bool list = (field->flags & NBX_FIELD_LIST) != 0;
    for (uint32_t i = 0; i < field->of->count; i++) {
        w->dash = list && !i;
        write_example(w, &field->of->fields[i], depth + (list ? 2 : 1));
    }
}

static void write_options(nbx_writer *w, const nbx_chip *chip)
{
    if (!chip->options.count) return;
    nbx_write(w, "\n# Options of this chip; each line shows the default.\n#options:\n");
    for (uint32_t i = 0; i < chip->options.count; i++) {
        const nbx_option *option = NBX_ROW(nbx_option, chip->options, i);
        nbx_write(w, "#  ");
        nbx_write_scalar(w, option->name, false);
        nbx_write(w, ": ");
        nbx_write_scalar(w, option->default_value ? option->default_value : "", false);
        nbx_writef(w, "  # %s", option->text ? option->text : "");
        if (option->kind == NBX_OPTION_CHOICE && option->choices) nbx_writef(w, " (%s)", option->choices);
        if (option->kind == NBX_OPTION_INT) nbx_writef(w, " (%lld to %lld)", (long long)option->lo, (long long)option->hi);
        if (option->kind == NBX_OPTION_BOOL) nbx_write(w, " (true|false)");
        nbx_write(w, "\n");
    }
}

nbx_status nbx_target_init(const char *vendor, const nbx_chip *chip, const nbx_text_sink *sink)
{
    nbx_writer w = {.sink = sink};
    nbx_writef(&w, "# NBX target file for %s/%s%s%s\n", vendor, chip->name, chip->text ? ": " : "", chip->text ? chip->text : "");
    nbx_write(&w, "# Remove the '#' before a line to use it; `nbx target check FILE` says whether all is well.\n");
    nbx_writef(&w, "nbx: 1\ntarget: %s/%s\n", vendor, chip->name);
    for (uint32_t i = 0; i < nbx_target_map.count; i++) {
        const nbx_field *field = &nbx_target_map.fields[i];
        if (field->kind == NBX_FIELD_FREE_MAP) write_options(&w, chip);
        if (field->flags & NBX_FIELD_ROOT_ONLY || field->kind == NBX_FIELD_FREE_MAP || field->kind == NBX_FIELD_SPEC) continue;
        nbx_write(&w, "\n");
        write_example(&w, field, 0);
    }
    return w.status;
}
