/* SPDX-License-Identifier: Apache-2.0 */
/* What the chip computes in one pass, rounding once at the end; the longest pattern that fits wins. */
#include "example.h"

const nbx_fusion example_fusions[EXAMPLE_FUSIONS] = {
    {.struct_size = sizeof(nbx_fusion),
     .id = "EXAMPLE-FUSE-001",
     .pattern = "Conv|Gemm > Relu|Clip",
     .at = NBX_AT_ACCUMULATOR,
     HANDBOOK("4.1")},
    /* The skip connection is added to the accumulator; not with depthwise convolutions, which have no second port. */
    {.struct_size = sizeof(nbx_fusion),
     .id = "EXAMPLE-FUSE-002",
     .pattern = "Conv > Add > Relu",
     .at = NBX_AT_ACCUMULATOR,
     .when = CLAUSES({ABOUT(CLASS), WORDS("dense", "pointwise", "grouped")}),
     HANDBOOK("4.2")},
};
