/* SPDX-License-Identifier: Apache-2.0 */
/* The op table and its attribute and parameter rows, expanded from the .def files; what an op's shape is lives in shapes_*.c. */
#include "schema/ops.h"

#include <string.h>

#include "schema/shapes.h"

static const nbx_op_schema ops[] = {
#define OP(stem, name, revision, in_min, in_max, out_min, out_max, attrs, shape, quant, text)                                              \
    {NBX_OP_##stem, #stem, name, revision, in_min, in_max, out_min, out_max, #attrs, nbx_shape_##shape, NBX_QUANT_##quant, text},
#include <nbx/tables/ops.def>
#undef OP
};

/* Name lengths apart from the rows: a look-up reads one line of them and compares only the few names of its own length. */
static const unsigned char name_lengths[] = {
#define OP(stem, name, revision, in_min, in_max, out_min, out_max, attrs, shape, quant, text) sizeof(name) - 1,
#include <nbx/tables/ops.def>
#undef OP
};

static const nbx_attr_schema attributes[] = {
#define ATTR(set, name, kind, default_text, text) {#set, #name, NBX_ATTR_##kind, default_text, text},
#include <nbx/tables/attributes.def>
#undef ATTR
};

static const nbx_parameter parameters[] = {
#define PARAMETER(op, input, attr, kind) {op, input, attr, NBX_ATTR_##kind},
#include <nbx/tables/parameters.def>
#undef PARAMETER
};

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

NBX_STATIC_ASSERT(COUNT(ops) == NBX_OP_COUNT_, "the rows are indexed by nbx_op");

const nbx_op_schema *nbx_op_find(const char *name)
{
    size_t length = strlen(name);
    for (size_t i = 0; i < COUNT(ops); i++)
        if (name_lengths[i] == length && !memcmp(ops[i].name, name, length)) return &ops[i];
    return NULL;
}

const nbx_op_schema *nbx_op_get(nbx_op op)
{
    return (size_t)op < COUNT(ops) ? &ops[op] : NULL;
}

/* First row of a set; the rows of a set are neighbours. */
static size_t first_of(const char *set)
{
    size_t i = 0;
    while (i < COUNT(attributes) && (*attributes[i].set != *set || strcmp(attributes[i].set, set) != 0))
        i++;
    return i;
}

const nbx_attr_schema *nbx_attr_schema_at(const char *set, uint32_t index)
{
    size_t first = first_of(set);
    if (index >= COUNT(attributes) - first) return NULL;
    const nbx_attr_schema *row = &attributes[first + index];
    return !strcmp(row->set, set) ? row : NULL;
}

const nbx_attr_schema *nbx_attr_schema_find(const char *set, const char *name)
{
    for (size_t i = first_of(set); i < COUNT(attributes) && !strcmp(attributes[i].set, set); i++)
        if (!strcmp(attributes[i].name, name)) return &attributes[i];
    return NULL;
}

const nbx_parameter *nbx_parameter_at(uint32_t index)
{
    return index < COUNT(parameters) ? &parameters[index] : NULL;
}
