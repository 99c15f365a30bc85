/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Gives every border value a layout on each side and lists the conversions the host has to make. Only border values have
 * layouts, so each value is a star of one writer and some readers: trying every layout of the writer is exact.
 */
#include <stdlib.h>
#include <string.h>

#include "core/stored.h"
#include "schema/layouts.h"
#include "stages/stages.h"

#define MOST_CHOICES 32u

/* The layouts a port may have, in the chip's order of preference. */
typedef struct choices {
    nbx_layout layout[MOST_CHOICES];
    uint32_t pad_in[MOST_CHOICES], pad_out[MOST_CHOICES];
    uint32_t count;
} choices;

typedef struct assigner {
    nbx_plan *plan;
    nbx_checker checker;
} assigner;

static nbx_status find_choices(const assigner *a, uint32_t segment, uint32_t value, uint32_t port_flag, choices *out)
{
    nbx_plan *plan = a->plan;
    uint32_t chip = plan->segments[segment].chip;
    const nbx_chip *row = plan->chips[chip].chip;
    uint32_t node = plan->uses.producer[value];
    nbx_rule_call call = nbx_checker_call(&a->checker, chip, node == NBX_NONE ? plan->segments[segment].nodes[0] : node);
    uint32_t rank = plan->graph->values[value].v.rank;
    out->count = 0;
    for (uint32_t i = 0; i < row->layouts.count && out->count < MOST_CHOICES; i++) {
        const nbx_layout_row *layout = NBX_ROW(nbx_layout_row, row->layouts, i);
        nbx_layout parsed;
        if (!(layout->ports & port_flag) || !nbx_layout_parse(layout->text, rank, &parsed, NULL, 0)) continue;
        if (nbx_clauses_hold(&layout->when, &call, NBX_PHASE_plan, NULL) == NBX_FALSE) continue;
        out->layout[out->count] = parsed;
        out->pad_in[out->count] = layout->pad_in;
        out->pad_out[out->count++] = layout->pad_out;
    }
    if (out->count) return NBX_OK;
    nbx_layout_dense(rank, &out->layout[0]);
    out->pad_in[0] = NBX_PAD_ANY;
    out->pad_out[0] = NBX_PAD_ANY;
    out->count = 1;
    return NBX_OK;
}

static uint64_t laid_bytes(const nbx_plan *plan, uint32_t chip, uint32_t value, const nbx_layout *layout)
{
    const nbx_g_value *row = &plan->graph->values[value];
    const nbx_quantized *stored = chip == NBX_NONE ? NULL : &plan->chips[chip].values[value];
    uint32_t bits = stored && stored->encoding ? nbx_dtype_bits(stored->encoding->storage) : nbx_dtype_bits(row->v.dtype);
    nbx_layout_plan made;
    return nbx_layout_plan_make(layout, row->v.rank, row->v.dims, bits, &made) ? made.bytes : 0;
}

/* One reader's side of a border, for a given layout of the writer. */
typedef struct option {
    uint32_t choice;
    uint64_t bytes; /* moved by the host: read and written */
    nbx_conversion_kind kind;
} option;

static option best_reader(const nbx_plan *plan, uint32_t value, uint32_t from_chip, const choices *from, uint32_t f, uint32_t to_chip,
                          const choices *to)
{
    const nbx_quantized *source = &plan->chips[from_chip].values[value], *target = &plan->chips[to_chip].values[value];
    uint64_t read = laid_bytes(plan, from_chip, value, &from->layout[f]);
    option best = {0, UINT64_MAX, NBX_CONVERT_LAYOUT};
    for (uint32_t t = 0; t < to->count; t++) {
        bool laid = nbx_stored_laid_same(&from->layout[f], &to->layout[t]);
        bool stored = nbx_stored_same(source, target);
        uint64_t written = laid_bytes(plan, to_chip, value, &to->layout[t]), bytes = read + written;
        nbx_conversion_kind kind = stored ? NBX_CONVERT_LAYOUT : NBX_CONVERT_ENCODING;
        if (laid && stored) {
            uint64_t dense;
            bool refill = to->pad_in[t] == NBX_PAD_FILL && from->pad_out[f] != NBX_PAD_FILL;
            if (!nbx_stored_bytes(&plan->graph->values[value], target, &dense)) dense = written;
            bytes = refill ? written - dense : 0;
            kind = NBX_CONVERT_REFILL;
        }
        if (bytes < best.bytes) best = (option){t, bytes, kind};
    }
    return best;
}

static nbx_plan_port *find_input(nbx_plan_segment *segment, uint32_t value)
{
    for (uint32_t i = 0; i < segment->input_count; i++)
        if (segment->inputs[i].value == value) return &segment->inputs[i];
    return NULL;
}

static nbx_status add_conversion(nbx_plan *plan, nbx_conversion row)
{
    if (!nbx_arena_grow(plan->arena, &plan->conversions, plan->conversion_count, &plan->conversion_capacity, sizeof(row)))
        return nbx_raise_memory(plan->context);
    plan->conversions[plan->conversion_count++] = row;
    return NBX_OK;
}

/* "log8 NCHW:stride_h=32", "float32 NCHW" */
static const char *storage_text(nbx_plan *plan, uint32_t chip, uint32_t value, const nbx_layout *layout)
{
    char text[128];
    nbx_layout_text(layout, text, sizeof(text));
    const nbx_encoding *encoding = chip == NBX_NONE ? NULL : plan->chips[chip].values[value].encoding;
    const char *name = encoding ? encoding->name : nbx_dtype_name(plan->graph->values[value].v.dtype);
    const char *made = nbx_arena_format(plan->arena, "%s %s", name, text);
    return made ? made : "";
}

static void set_port(nbx_plan_port *port, const choices *from, uint32_t choice)
{
    port->layout = from->layout[choice];
    port->pad_in = from->pad_in[choice];
    port->pad_out = from->pad_out[choice];
    port->layout.pad_in = (uint8_t)port->pad_in;
    port->layout.pad_out = (uint8_t)port->pad_out;
}

static int by_number(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

/* The other segments that read `value`, each once, in order. `readers` holds as many as the value has consumers. */
static uint32_t find_readers(const nbx_plan *plan, uint32_t value, uint32_t from, uint32_t *readers)
{
    uint32_t count = 0, kept = 0;
    for (uint32_t u = plan->uses.first[value]; u < plan->uses.first[value + 1]; u++) {
        uint32_t segment = plan->placements[plan->uses.consumers[u]].segment;
        if (segment != from) readers[count++] = segment;
    }
    qsort(readers, count, sizeof(*readers), by_number);
    for (uint32_t i = 0; i < count; i++)
        if (!kept || readers[i] != readers[kept - 1]) readers[kept++] = readers[i];
    return kept;
}

static nbx_status settle_readers(assigner *a, uint32_t segment, nbx_plan_port *port, const choices *from, const choices *to,
                                 const uint32_t *readers, uint32_t reader_count)
{
    nbx_plan *plan = a->plan;
    uint32_t value = port->value, chip = plan->segments[segment].chip, best = 0;
    uint64_t best_bytes = UINT64_MAX;
    bool leaves = plan->uses.is_output[value];
    for (uint32_t f = 0; f < from->count; f++) {
        uint64_t bytes = leaves ? laid_bytes(plan, chip, value, &from->layout[f]) : 0;
        for (uint32_t r = 0; r < reader_count; r++)
            bytes += best_reader(plan, value, chip, from, f, plan->segments[readers[r]].chip, &to[r]).bytes;
        if (bytes >= best_bytes) continue;
        best = f;
        best_bytes = bytes;
    }
    set_port(port, from, best);
    for (uint32_t r = 0; r < reader_count; r++) {
        uint32_t to_chip = plan->segments[readers[r]].chip;
        option chosen = best_reader(plan, value, chip, from, best, to_chip, &to[r]);
        nbx_plan_port *input = find_input(&plan->segments[readers[r]], value);
        set_port(input, &to[r], chosen.choice);
        if (!chosen.bytes) continue;
        NBX_TRY(
            add_conversion(plan, (nbx_conversion){chosen.kind, value, segment, readers[r], storage_text(plan, chip, value, &port->layout),
                                                  storage_text(plan, to_chip, value, &input->layout), chosen.bytes}));
    }
    return NBX_OK;
}

static nbx_status settle_output(assigner *a, uint32_t segment, nbx_plan_port *port)
{
    nbx_plan *plan = a->plan;
    uint32_t uses = plan->uses.first[port->value + 1] - plan->uses.first[port->value];
    uint32_t *rows = nbx_arena_array(plan->arena, (size_t)uses + 1, sizeof(uint32_t));
    uint32_t readers = rows ? find_readers(plan, port->value, segment, rows) : 0;
    choices *lists = rows ? malloc(((size_t)readers + 1) * sizeof(choices)) : NULL;
    if (!lists) return nbx_raise_memory(plan->context);
    nbx_status status = find_choices(a, segment, port->value, NBX_LAYOUT_OUTPUT, &lists[readers]);
    for (uint32_t r = 0; r < readers && status == NBX_OK; r++)
        status = find_choices(a, rows[r], port->value, NBX_LAYOUT_INPUT, &lists[r]);
    if (status == NBX_OK) status = settle_readers(a, segment, port, &lists[readers], lists, rows, readers);
    free(lists);
    if (status != NBX_OK || !plan->uses.is_output[port->value]) return status;
    uint32_t chip = plan->segments[segment].chip;
    nbx_layout dense;
    nbx_layout_dense(plan->graph->values[port->value].v.rank, &dense);
    uint64_t bytes = laid_bytes(plan, chip, port->value, &port->layout) + laid_bytes(plan, NBX_NONE, port->value, &dense);
    return add_conversion(plan, (nbx_conversion){NBX_CONVERT_OUTPUT, port->value, segment, NBX_NONE,
                                                 storage_text(plan, chip, port->value, &port->layout),
                                                 storage_text(plan, NBX_NONE, port->value, &dense), bytes});
}

/* Model inputs come from the caller; each reading segment gets its preferred layout. */
static nbx_status settle_inputs(assigner *a, uint32_t segment)
{
    nbx_plan *plan = a->plan;
    nbx_plan_segment *row = &plan->segments[segment];
    for (uint32_t i = 0; i < row->input_count; i++) {
        nbx_plan_port *port = &row->inputs[i];
        if (plan->uses.producer[port->value] != NBX_NONE) continue;
        choices list;
        NBX_TRY(find_choices(a, segment, port->value, NBX_LAYOUT_INPUT, &list));
        set_port(port, &list, 0);
        nbx_layout dense;
        nbx_layout_dense(plan->graph->values[port->value].v.rank, &dense);
        uint64_t bytes = laid_bytes(plan, NBX_NONE, port->value, &dense) + laid_bytes(plan, row->chip, port->value, &port->layout);
        NBX_TRY(add_conversion(plan, (nbx_conversion){NBX_CONVERT_INPUT, port->value, NBX_NONE, segment,
                                                      storage_text(plan, NBX_NONE, port->value, &dense),
                                                      storage_text(plan, row->chip, port->value, &port->layout), bytes}));
    }
    return NBX_OK;
}

nbx_status nbx_assign_layouts(nbx_plan *plan)
{
    assigner a = {.plan = plan};
    nbx_checker_init(plan, &a.checker);
    plan->conversion_count = 0;
    for (uint32_t s = 0; s < plan->segment_count; s++) {
        NBX_TRY(settle_inputs(&a, s));
        for (uint32_t i = 0; i < plan->segments[s].output_count; i++)
            NBX_TRY(settle_output(&a, s, &plan->segments[s].outputs[i]));
    }
    return NBX_OK;
}
