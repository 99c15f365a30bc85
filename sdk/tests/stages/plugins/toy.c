/* SPDX-License-Identifier: Apache-2.0 */
/* The toy plugin: small chips shaped for tests of the stages; numbers come from the kernels' emulator. */
#include "toy.h"

#include <stdlib.h>
#include <string.h>

#define LAYOUT(text_, ports_, in_, out_)                                                                                                   \
    {                                                                                                                                      \
        .struct_size = sizeof(nbx_layout_row), .ports = (ports_), .text = text_, .pad_in = NBX_PAD_##in_, .pad_out = NBX_PAD_##out_,       \
        TOY("layouts")                                                                                                                     \
    }
#define BOTH  (NBX_LAYOUT_INPUT | NBX_LAYOUT_OUTPUT)
#define FLATS LAYOUT("NC", BOTH, ANY, ANY), LAYOUT("NCW", BOTH, ANY, ANY)

static const nbx_span dense = ROWS(nbx_layout_row, LAYOUT("NCHW", BOTH, ANY, ANY), FLATS);
static const nbx_span blocked = ROWS(nbx_layout_row, LAYOUT("NCHW8c", BOTH, FILL, ANY), LAYOUT("NHWC", NBX_LAYOUT_INPUT, ANY, ANY), FLATS);
static const nbx_span mixed =
    ROWS(nbx_layout_row, LAYOUT("NHWC", NBX_LAYOUT_INPUT, ANY, ANY), LAYOUT("NCHW8c", NBX_LAYOUT_INPUT, FILL, ANY),
         LAYOUT("NCHW", NBX_LAYOUT_OUTPUT, ANY, FILL), LAYOUT("NCHW8c", NBX_LAYOUT_OUTPUT, ANY, FILL), FLATS);

static const nbx_option options[] = {
    {.struct_size = sizeof(nbx_option), .kind = NBX_OPTION_CHOICE, .name = "mode", .choices = "a|b", .default_value = "a", .text = "mode"},
    {.struct_size = sizeof(nbx_option), .kind = NBX_OPTION_INT, .name = "level", .default_value = "1", .lo = 0, .hi = 9, .text = "level"},
    {.struct_size = sizeof(nbx_option), .kind = NBX_OPTION_BOOL, .name = "fast", .default_value = "false", .text = "fast"},
    {.struct_size = sizeof(nbx_option),
     .kind = NBX_OPTION_INT,
     .name = "nodes",
     .default_value = "1000",
     .lo = 1,
     .hi = 1000,
     .text = "nodes that a segment may have before compile reports a shortfall"},
};

static const nbx_cost costs[] = {{.struct_size = sizeof(nbx_cost),
                                  .kind = NBX_COST_ARRAY,
                                  .confidence = NBX_CONFIDENCE_MODELLED,
                                  .ops = "Conv|Gemm",
                                  .tile_ic = 8,
                                  .tile_oc = 8,
                                  .tile_px = 1,
                                  .cycles_mul = 1,
                                  .clock_hz = 1e8,
                                  .bytes_per_s = 1e9,
                                  .t0_ns = 1000,
                                  .source = "toy chip"},
                                 {.struct_size = sizeof(nbx_cost),
                                  .kind = NBX_COST_TRAFFIC,
                                  .confidence = NBX_CONFIDENCE_ILLUSTRATIVE,
                                  .ops = "Add",
                                  .bytes_per_s = 1e9,
                                  .t0_ns = 500,
                                  .source = "toy chip"}};

#define CHIP(name_, ops_, combos_, fusions_, rules_, layouts_)                                                                             \
    {                                                                                                                                      \
        .struct_size = sizeof(nbx_chip), .flags = NBX_CHIP_EMULATED, .name = name_, .text = "a toy", .unit = "TOY", .ops = ops_,           \
        .combos = combos_, .fusions = fusions_, .rules = rules_, .layouts = layouts_,                                                      \
        .options = {options, sizeof(options) / sizeof(options[0]), sizeof(options[0])},                                                    \
        .costs = {costs, sizeof(costs) / sizeof(costs[0]), sizeof(costs[0])}, .memory_bytes = 1 << 20, .batch_max = 4,                     \
        .max_concurrent_runs = 4                                                                                                           \
    }
#define NOTHING                                                                                                                            \
    (nbx_span)                                                                                                                             \
    {                                                                                                                                      \
        NULL, 0, 1                                                                                                                         \
    }

static nbx_chip chips[8];

static void fill_chips(void)
{
    const nbx_chip rows[] = {CHIP("basic", toy_ops, toy_int8_combos, toy_fusions, toy_rules, dense),
                             CHIP("seg", toy_ops, toy_int8_combos, NOTHING, toy_seg_rules, dense),
                             CHIP("model", toy_ops, toy_int8_combos, NOTHING, toy_model_rules, dense),
                             CHIP("edge", toy_ops, toy_int8_combos, NOTHING, toy_edge_rules, dense),
                             CHIP("log", toy_log_ops, toy_log_combos, toy_fusions, NOTHING, dense),
                             CHIP("la", toy_ops, toy_int8_combos, NOTHING, NOTHING, blocked),
                             CHIP("lb", toy_ops, toy_int8_combos, NOTHING, NOTHING, mixed),
                             CHIP("picky", toy_ops, toy_int8_combos, toy_fusions, NOTHING, dense)};
    memcpy(chips, rows, sizeof(chips));
}

static int32_t open_device(const nbx_host *host, const char *chip, const nbx_span *given, uint32_t flags, nbx_device **out)
{
    return nbx_emulator_open(&toy_plugin, host, chip, given, flags, out);
}

/* A segment with too many nodes: a cut after the last one that still fits would help. */
static int32_t compile(nbx_device *device, const nbx_graph_view *graph, const nbx_compile_sink *sink)
{
    const char *most = nbx_emulator_option(device, "nodes");
    nbx_shortfall shortfall = {.struct_size = sizeof shortfall, .resource = "nodes", .unit = "nodes", .demand = graph->nodes.count};
    uint32_t cut;
    shortfall.limit = most ? strtoull(most, NULL, 10) : 1000;
    if (shortfall.demand <= shortfall.limit) return nbx_emulator_compile(device, graph, sink);
    cut = (uint32_t)shortfall.limit - 1;
    shortfall.cut_nodes = (nbx_span){&cut, 1, sizeof cut};
    if (sink->shortfall) sink->shortfall(sink->self, &shortfall);
    return NBX_SHORTFALL;
}

/* The chip called picky refuses what is called no_... */
static int32_t check(nbx_device *device, const nbx_graph_view *graph, const nbx_check_sink *sink)
{
    if (strcmp(nbx_emulator_chip(device)->name, "picky") != 0) return NBX_OK;
    for (uint32_t n = 0; n < graph->nodes.count; n++)
        if (!strncmp(NBX_ROW(nbx_node, graph->nodes, n)->name, "no_", 3))
            sink->refuse(sink->self, n, NBX_REASON_POLICY, "TOY-CHECK-001", "the compiler knows better");
    return NBX_OK;
}

static int32_t estimate(nbx_device *device, const nbx_graph_view *graph, uint32_t node, nbx_estimate *out)
{
    if (strcmp(nbx_emulator_chip(device)->name, "picky") != 0) return NBX_UNSUPPORTED;
    if (strcmp(NBX_ROW(nbx_node, graph->nodes, node)->op, "Conv") != 0) return NBX_UNSUPPORTED;
    out->latency_ns = 12345;
    out->confidence = NBX_CONFIDENCE_MEASURED;
    return NBX_OK;
}

static int32_t probe(const void *blob, uint64_t bytes, const char *chip, uint32_t *verdict)
{
    return nbx_emulator_probe_for(&toy_plugin, blob, bytes, chip, verdict);
}

const nbx_plugin toy_plugin = {
    .struct_size = sizeof(nbx_plugin),
    .name = "toy",
    .vendor = "toy",
    .version = TOY_VERSION,
    .roles = NBX_ROLE_COMPILE | NBX_ROLE_EMULATE,
    .blob_format = "toy-emulation",
    .blob_version = 1,
    .chips = {chips, sizeof(chips) / sizeof(chips[0]), sizeof(chips[0])},
    .open = open_device,
    .close = nbx_emulator_close,
    .compile = compile,
    .load = nbx_emulator_load,
    .unload = nbx_emulator_unload,
    .describe = nbx_emulator_describe,
    .context_create = nbx_emulator_context_create,
    .context_destroy = nbx_emulator_context_destroy,
    .run = nbx_emulator_run,
    .shutdown = nbx_emulator_shutdown,
    .check = check,
    .estimate = estimate,
    .probe = probe,
};

int32_t nbx_plugin_query(nbx_offer *offer)
{
    fill_chips(); /* spans of other files are no constant expressions */
    return nbx_negotiate(offer, NBX_REVISION_1_0, NBX_REVISION_CURRENT, &toy_plugin);
}
