/* SPDX-License-Identifier: Apache-2.0 */
/* The dispatch table, expanded from ops.def; the kernels are in the files of their families. */
#include "dispatch.h"

#include <string.h>

static const golden_op OPS[] = {
#define OP(stem, name, revision, in_min, in_max, out_min, out_max, attrs, shape, quant, text)                                              \
    {name, #attrs, in_min, in_max, out_min, out_max, GOLDEN_RULE_##quant, &golden_op_##stem},
#include <nbx/tables/ops.def>
#undef OP
};

const golden_op *golden_op_find(const char *name)
{
    size_t i;
    for (i = 0; i < sizeof OPS / sizeof OPS[0]; i++)
        if (strcmp(OPS[i].name, name) == 0) return &OPS[i];
    return NULL;
}
