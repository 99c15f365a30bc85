/* SPDX-License-Identifier: Apache-2.0 */
/* Predicted time: an array of 8 x 8 multipliers over 4 pixels, twice as fast in turbo; illustrative, as the chip is invented. */
#include "example.h"

#define COST(kind_, ops_)                                                                                                                  \
    .struct_size = sizeof(nbx_cost), .kind = NBX_COST_##kind_, .confidence = NBX_CONFIDENCE_ILLUSTRATIVE, .ops = ops_,                     \
    .source = "Example chip handbook, section 9"
#define ARRAY .tile_ic = 8, .tile_oc = 8, .tile_px = 4, .cycles_mul = 1, .bytes_per_s = 3.2e9, .t0_ns = 5000

/* The first row that fits is taken. */
const nbx_cost example_costs[EXAMPLE_COSTS] = {
    {COST(ARRAY, "Conv|Gemm"), .when = CLAUSES({NAMED(OPTION, "turbo"), WORDS("on")}), ARRAY, .clock_hz = 800e6},
    {COST(ARRAY, "Conv|Gemm"), ARRAY, .clock_hz = 400e6},
    {COST(FREE, "Reshape|Flatten|Squeeze|Unsqueeze|Identity|Dropout"), .excluded = "keeps the bytes"},
    {COST(TRAFFIC, "*"), .bytes_per_s = 3.2e9, .t0_ns = 5000},
};
