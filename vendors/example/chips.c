/* SPDX-License-Identifier: Apache-2.0 */
/* The chip itself: its options and layouts, and which tables are its own. A second chip is a second row. */
#include "example.h"

static const nbx_option options[] = {
    {.struct_size = sizeof(nbx_option),
     .kind = NBX_OPTION_CHOICE,
     .name = "turbo",
     .choices = "off|on",
     .default_value = "off",
     .text = "twice the clock; kernels are limited to 25 taps (EXAMPLE-CONV-005)"},
    {.struct_size = sizeof(nbx_option),
     .kind = NBX_OPTION_INT,
     .name = "weight_kib",
     .default_value = "4096",
     .lo = 1,
     .hi = 4096,
     .text = "KiB of the weight memory that this job may use; a segment that needs more is cut"},
};

#define LAYOUT(text_, pad_out_)                                                                                                            \
    {                                                                                                                                      \
        .struct_size = sizeof(nbx_layout_row), .ports = NBX_LAYOUT_INPUT | NBX_LAYOUT_OUTPUT, .text = text_, .pad_in = NBX_PAD_ANY,        \
        .pad_out = (pad_out_), HANDBOOK("1.2")                                                                                             \
    }

/* Preferred first. The chip writes zeros to the channels that fill up a block, and ignores them on its inputs. */
static const nbx_layout_row layouts[] = {
    LAYOUT("NCHW8c", NBX_PAD_FILL),
    LAYOUT("NHWC", NBX_PAD_ANY),
    LAYOUT("NC", NBX_PAD_ANY),
    LAYOUT("NCW", NBX_PAD_ANY),
};

const nbx_chip example_chips[EXAMPLE_CHIPS] = {
    {.struct_size = sizeof(nbx_chip),
     .flags = NBX_CHIP_EMULATED,
     .name = "e1",
     .text = "Example E1, an invented chip: int8 and one kind of binary layer",
     .unit = "E1",
     .ops = NBX_SPAN(example_ops),
     .combos = NBX_SPAN(example_combos),
     .fusions = NBX_SPAN(example_fusions),
     .rules = NBX_SPAN(example_rules),
     .layouts = NBX_SPAN(layouts),
     .costs = NBX_SPAN(example_costs),
     .options = NBX_SPAN(options),
     .memory_bytes = UINT64_C(64) << 20,
     .batch_max = 16,
     .max_concurrent_runs = 2},
};
