/* SPDX-License-Identifier: Apache-2.0 */
/* What NNIE computes in one pass: the activation that Caffe writes in place acts before the result is coded. */
#include "hisilicon.h"

/* Eltwise is not fused: its operands are re-coded before they are added (HISI-ELT-001), so the layer before it rounds. */
const nbx_fusion hisi_fusions[HISI_FUSION_ROWS] = {
    {.struct_size = sizeof(nbx_fusion),
     .at = NBX_AT_ACCUMULATOR,
     .id = "HISI-FUSE-001",
     .pattern = "Conv|ConvTranspose|Gemm > Relu|LeakyRelu",
     .grade = NBX_GRADE_INFERRED,
     .source = "activations follow the bias before the output is coded; in-place ReLU costs no time in published figures"},
    {.struct_size = sizeof(nbx_fusion),
     .at = NBX_AT_ACCUMULATOR,
     .id = "HISI-FUSE-002",
     .pattern = "Conv|ConvTranspose|Gemm > BatchNormalization > Relu|LeakyRelu",
     .grade = NBX_GRADE_INFERRED,
     .source = "Scale layers are merged by the mapper; only those that NBX could not fold reach this row"},
};
