/* SPDX-License-Identifier: Apache-2.0 */
/** The op table as golden sees it: one kernel per row of ops.def; a missing kernel is a link error. */
#ifndef GOLDEN_DISPATCH_H
#define GOLDEN_DISPATCH_H

#include "program.h"

#define OP(stem, ...) extern const golden_kernel golden_op_##stem;
#include <nbx/tables/ops.def>
#undef OP

typedef enum golden_rule {
    GOLDEN_RULE_weighted,
    GOLDEN_RULE_real,
    GOLDEN_RULE_move,
    GOLDEN_RULE_select,
    GOLDEN_RULE_average,
    GOLDEN_RULE_convert,
    GOLDEN_RULE_index,
    GOLDEN_RULE_opaque
} golden_rule;

typedef struct golden_op {
    const char *name;
    const char *attr_set;
    uint32_t in_min, in_max, out_min, out_max;
    golden_rule rule;
    const golden_kernel *kernel;
} golden_op;

/** The row of an ONNX name, or NULL. */
const golden_op *golden_op_find(const char *name);

#endif
