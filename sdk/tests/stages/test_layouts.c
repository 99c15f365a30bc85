/* SPDX-License-Identifier: Apache-2.0 */
/* Layouts at borders: the stage's choice against all assignments on random graphs, refills, and a complete list of conversions. */
#include "core/stored.h"
#include "schema/layouts.h"
#include "toy_plan.h"

/* Layouts of the toy chips la and lb as their tables say, for 4-D values: text, ports, pad_in, pad_out. */
typedef struct choice {
    const char *text;
    bool in, out;
    uint32_t pad_in, pad_out;
} choice;

static const choice la[] = {
    {"NCHW8c", true, true, NBX_PAD_FILL, NBX_PAD_ANY}, {"NHWC", true, false, NBX_PAD_ANY, NBX_PAD_ANY}, {NULL, 0, 0, 0, 0}};
static const choice lb[] = {{"NHWC", true, false, NBX_PAD_ANY, NBX_PAD_FILL},
                            {"NCHW8c", true, false, NBX_PAD_FILL, NBX_PAD_FILL},
                            {"NCHW", false, true, NBX_PAD_ANY, NBX_PAD_FILL},
                            {"NCHW8c", false, true, NBX_PAD_ANY, NBX_PAD_FILL},
                            {NULL, 0, 0, 0, 0}};

static const choice *table_of(const nbx_plan *plan, uint32_t segment)
{
    return plan->segments[segment].chip == 0 ? la : lb;
}

static uint64_t laid(const nbx_plan *plan, uint32_t value, const char *text)
{
    const nbx_value *v = &plan->graph->values[value].v;
    nbx_layout layout;
    nbx_layout_plan made;
    ck_assert(nbx_layout_parse(text, v->rank, &layout, NULL, 0));
    ck_assert(nbx_layout_plan_make(&layout, v->rank, v->dims, 8, &made)); /* int8 codes on both chips */
    return made.bytes;
}

static uint64_t elements(const nbx_plan *plan, uint32_t value)
{
    uint64_t count;
    ck_assert(nbx_shape_elements(plan->graph->values[value].v.rank, plan->graph->values[value].v.dims, &count));
    return count;
}

/* Bytes that the host moves from a writer's layout to a reader's, both int8 with equal parameters. */
static uint64_t border_bytes(const nbx_plan *plan, uint32_t value, const choice *from, const choice *to)
{
    uint64_t read = laid(plan, value, from->text), written = laid(plan, value, to->text);
    if (strcmp(from->text, to->text) != 0) return read + written;
    return to->pad_in == NBX_PAD_FILL && from->pad_out != NBX_PAD_FILL ? written - elements(plan, value) : 0;
}

/* A port whose layout is free: of a segment and a value, written or read. */
typedef struct free_port {
    uint32_t segment, value;
    bool output;
    const choice *chosen;
} free_port;

static uint32_t find_ports(const nbx_plan *plan, free_port *out)
{
    uint32_t count = 0;
    for (uint32_t s = 0; s < plan->segment_count; s++) {
        const nbx_plan_segment *row = &plan->segments[s];
        for (uint32_t i = 0; i < row->output_count; i++)
            out[count++] = (free_port){s, row->outputs[i].value, true, NULL};
        for (uint32_t i = 0; i < row->input_count; i++)
            if (plan->uses.producer[row->inputs[i].value] != NBX_NONE) out[count++] = (free_port){s, row->inputs[i].value, false, NULL};
    }
    return count;
}

static uint64_t total_bytes(const nbx_plan *plan, const free_port *ports, uint32_t count)
{
    uint64_t total = 0;
    for (uint32_t w = 0; w < count; w++) {
        if (!ports[w].output) continue;
        if (plan->uses.is_output[ports[w].value]) total += laid(plan, ports[w].value, ports[w].chosen->text);
        for (uint32_t r = 0; r < count; r++)
            if (!ports[r].output && ports[r].value == ports[w].value)
                total += border_bytes(plan, ports[w].value, ports[w].chosen, ports[r].chosen);
    }
    return total;
}

/* Every assignment of every port. */
static uint64_t least_bytes(const nbx_plan *plan, free_port *ports, uint32_t count, uint32_t at)
{
    if (at == count) return total_bytes(plan, ports, count);
    uint64_t best = UINT64_MAX;
    for (const choice *c = table_of(plan, ports[at].segment); c->text; c++) {
        if (ports[at].output ? !c->out : !c->in) continue;
        ports[at].chosen = c;
        uint64_t bytes = least_bytes(plan, ports, count, at + 1);
        if (bytes < best) best = bytes;
    }
    return best;
}

/* What the stage's list says about the same borders: inputs are the caller's, and the caller's side of outputs is fixed. */
static uint64_t listed_bytes(const nbx_plan *plan)
{
    uint64_t total = 0;
    for (uint32_t i = 0; i < plan->conversion_count; i++) {
        const nbx_conversion *row = &plan->conversions[i];
        if (row->kind == NBX_CONVERT_INPUT) continue;
        total += row->bytes;
        if (row->kind == NBX_CONVERT_OUTPUT) total -= 4 * elements(plan, row->value);
    }
    return total;
}

static void random_graph(uint32_t seed, char *graph, size_t graph_bytes, char *job, size_t job_bytes)
{
    uint32_t nodes = 3 + toy_random(&seed) % 5;
    size_t used = (size_t)snprintf(graph, graph_bytes, "in x 1,%u,3,2; ", 1 + toy_random(&seed) % 9);
    size_t said = (size_t)snprintf(job, job_bytes, "target: toy/la\nfallback: toy/lb\nnodes:\n - {match: '*', place: chip}\n");
    for (uint32_t n = 0; n < nodes; n++) {
        char a[16], b[16];
        uint32_t i = n ? n - 1 - toy_random(&seed) % (n < 3 ? n : 3) : 0, k = n ? toy_random(&seed) % n : 0;
        snprintf(a, sizeof(a), n ? "v%u" : "x", i);
        snprintf(b, sizeof(b), n ? "v%u" : "x", k);
        if (toy_random(&seed) % 2)
            used += (size_t)snprintf(graph + used, graph_bytes - used, "Add n%u %s,%s -> v%u; ", n, a, b, n);
        else
            used += (size_t)snprintf(graph + used, graph_bytes - used, "Sigmoid n%u %s -> v%u; ", n, a, n);
        if (toy_random(&seed) % 2) said += (size_t)snprintf(job + said, job_bytes - said, " - {match: n%u, place: fallback}\n", n);
        if (toy_random(&seed) % 4 == 0 || n + 1 == nodes) used += (size_t)snprintf(graph + used, graph_bytes - used, "out v%u; ", n);
    }
}

START_TEST(no_assignment_moves_fewer_bytes)
{
    toy_world w;
    toy_open(&w);
    uint32_t tried = 0, refills = 0;
    for (uint32_t seed = 1; seed <= 250; seed++) {
        char graph[2048], job[1024];
        free_port ports[64];
        random_graph(seed, graph, sizeof(graph), job, sizeof(job));
        nbx_plan *plan = toy_plan(&w, graph, job, 0);
        if (!plan && !strcmp(toy_code(&w), "E-PLAN-004")) continue; /* a forced node was dead code */
        ck_assert_msg(plan && !plan->refused, "seed %u: %s", seed, toy_code(&w));
        uint32_t count = find_ports(plan, ports);
        if (count > 14) continue;
        uint64_t best = least_bytes(plan, ports, count, 0), listed = listed_bytes(plan);
        ck_assert_msg(best == listed, "seed %u: %llu bytes, the best is %llu (%s)", seed, (unsigned long long)listed,
                      (unsigned long long)best, graph);
        for (uint32_t i = 0; i < plan->conversion_count; i++)
            refills += plan->conversions[i].kind == NBX_CONVERT_REFILL;
        tried++;
    }
    ck_assert_uint_gt(tried, 150);
    ck_assert_uint_gt(refills, 0);
    toy_close(&w);
}
END_TEST

static const nbx_plan_port *writer_of(const nbx_plan *plan, uint32_t value, uint32_t *segment)
{
    for (uint32_t s = 0; s < plan->segment_count; s++)
        for (uint32_t i = 0; i < plan->segments[s].output_count; i++)
            if (plan->segments[s].outputs[i].value == value) {
                *segment = s;
                return &plan->segments[s].outputs[i];
            }
    return NULL;
}

static const nbx_conversion *conversion_of(const nbx_plan *plan, uint32_t value, uint32_t from, uint32_t to, uint32_t *count)
{
    const nbx_conversion *found = NULL;
    *count = 0;
    for (uint32_t i = 0; i < plan->conversion_count; i++) {
        const nbx_conversion *row = &plan->conversions[i];
        if (row->value != value || row->from_segment != from || row->to_segment != to) continue;
        found = row;
        ++*count;
    }
    return found;
}

static void check_input(const nbx_plan *plan, uint32_t s, const nbx_plan_port *port, uint32_t seed, const char *graph_text)
{
    uint32_t from = NBX_NONE, count;
    const nbx_plan_port *writer = writer_of(plan, port->value, &from);
    const nbx_conversion *row = conversion_of(plan, port->value, from, s, &count);
    if (!writer) { /* the caller's */
        ck_assert_msg(count == 1 && row->kind == NBX_CONVERT_INPUT && row->bytes > 0, "seed %u", seed);
        return;
    }
    const nbx_quantized *a = &plan->chips[plan->segments[from].chip].values[port->value];
    const nbx_quantized *b = &plan->chips[plan->segments[s].chip].values[port->value];
    bool stored = nbx_stored_same(a, b), same = nbx_stored_laid_same(&writer->layout, &port->layout);
    bool refill = port->pad_in == NBX_PAD_FILL && writer->pad_out != NBX_PAD_FILL;
    if (stored && same && !refill) {
        ck_assert_msg(count == 0, "seed %u: value %u is listed without need", seed, port->value);
    } else if (stored && same) {
        ck_assert_msg(count == 0 || row->kind == NBX_CONVERT_REFILL, "seed %u", seed); /* nothing to fill: not listed */
    } else {
        ck_assert_msg(count == 1 && row->bytes > 0, "seed %u: value %u is listed %u times (%s)", seed, port->value, count, graph_text);
        ck_assert(row->kind == (stored ? NBX_CONVERT_LAYOUT : NBX_CONVERT_ENCODING));
    }
}

START_TEST(every_border_is_identical_or_listed_once)
{
    toy_world w;
    toy_open(&w);
    for (uint32_t seed = 1; seed <= 120; seed++) {
        char graph[2048], job[1024];
        random_graph(seed, graph, sizeof(graph), job, sizeof(job));
        char other[1100];
        /* even seeds: float on the other side */
        snprintf(other, sizeof(other), "target: toy/la\nfallback: %s%s", seed % 2 ? "toy/lb" : "reference",
                 strchr(strchr(job, '\n') + 1, '\n'));
        nbx_plan *plan = toy_plan(&w, graph, other, seed % 3);
        if (!plan && !strcmp(toy_code(&w), "E-PLAN-004")) continue;
        ck_assert_msg(plan && !plan->refused, "seed %u: %s", seed, toy_code(&w));
        for (uint32_t s = 0; s < plan->segment_count; s++)
            for (uint32_t i = 0; i < plan->segments[s].input_count; i++)
                check_input(plan, s, &plan->segments[s].inputs[i], seed, graph);
        for (uint32_t i = 0; i < plan->graph->output_count; i++) {
            uint32_t from = NBX_NONE, count;
            ck_assert_ptr_nonnull(writer_of(plan, plan->graph->outputs[i], &from));
            conversion_of(plan, plan->graph->outputs[i], from, NBX_NONE, &count);
            ck_assert_uint_eq(count, 1);
        }
    }
    toy_close(&w);
}
END_TEST

static const struct {
    const char *name, *graph, *job, *value, *from, *to; /* what the list says about the border of `value` */
    nbx_conversion_kind kind;
    uint64_t bytes;
} known[] = {
    /* 3 channels fill a block of 8: 4 pixels are 32 bytes, 20 of them padding */
    {"padding that nobody filled is refilled", "in x 1,3,2,2; Sigmoid a x -> p; Sigmoid b p -> y; out y",
     "target: toy/la\nfallback: toy/lb\nnodes: [{match: '*', place: chip}, {match: b, place: fallback}]", "p",
     "int8_asym NCHW8c:pad_in=fill", "int8_asym NCHW8c:pad_in=fill", NBX_CONVERT_REFILL, 20},
    {"filled padding is not", "in x 1,3,2,2; Sigmoid a x -> p; Sigmoid b p -> y; out y",
     "target: toy/lb\nfallback: toy/la\nnodes: [{match: '*', place: chip}, {match: b, place: fallback}]", "p", NULL, NULL,
     NBX_CONVERT_REFILL, 0},
    {"another layout is read and written", "in x 1,3,2,2; Sigmoid a x -> p; Sigmoid b p -> y; out y",
     "target: toy/lb\nfallback: toy/seg\nnodes: [{match: '*', place: chip}, {match: b, place: fallback}]", "p", "int8_asym NCHW",
     "int8_asym NCHW", NBX_CONVERT_LAYOUT, 0},
    {"another encoding is read and written", "in x 1,3,2,2; Sigmoid a x -> p; Sigmoid b p -> y; out y",
     "target: toy/seg\nfallback: reference\nnodes: [{match: '*', place: chip}, {match: b, place: fallback}]", "p", "int8_asym NCHW",
     "float32 NCHW", NBX_CONVERT_ENCODING, 12 + 48},
};

START_TEST(known_borders_cost_what_was_counted_by_hand)
{
    toy_world w;
    toy_open(&w);
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        nbx_plan *plan = toy_plan(&w, known[i].graph, known[i].job, 0);
        ck_assert_msg(plan && !plan->refused, "%s: %s", known[i].name, toy_code(&w));
        uint32_t value = toy_value(w.graph, known[i].value), found = 0;
        for (uint32_t k = 0; k < plan->conversion_count; k++) {
            const nbx_conversion *row = &plan->conversions[k];
            if (row->value != value || row->kind != known[i].kind) continue;
            found++;
            ck_assert_msg(row->bytes == known[i].bytes, "%s: %llu bytes", known[i].name, (unsigned long long)row->bytes);
            if (known[i].from) ck_assert_str_eq(row->from, known[i].from);
            if (known[i].to) ck_assert_str_eq(row->to, known[i].to);
        }
        ck_assert_msg(found == (known[i].bytes ? 1u : 0u), "%s: %u", known[i].name, found);
    }
    toy_close(&w);
}
END_TEST

TOY_MAIN("layouts", no_assignment_moves_fewer_bytes, every_border_is_identical_or_listed_once, known_borders_cost_what_was_counted_by_hand)
