/* SPDX-License-Identifier: Apache-2.0 */
/* Constant parameter inputs and attribute defaults; what a shape function derives from them it sets itself. */
#include <math.h>
#include <string.h>

#include "stages/optimize/passes.h"

/* Longer lists than this are no parameters: the most is two pads per axis, or one extent per output of Split. */
#define MAX_PARAMETER 256

static nbx_status set_parameter(nbx_rewrite *rewrite, uint32_t node, const nbx_parameter *parameter, const nbx_tensor *tensor)
{
    nbx_g_node *row = &rewrite->graph->nodes[node];
    uint64_t count;
    bool list = parameter->kind == NBX_ATTR_INTS || parameter->kind == NBX_ATTR_FLOATS;
    char kind = nbx_dtype_kind(tensor->dtype);
    if (!nbx_shape_elements(tensor->rank, tensor->dims, &count) || count > MAX_PARAMETER || kind == 's' || kind == 'c')
        return nbx_raise(rewrite->context, NBX_E_OPT_ATTRIBUTE, &(nbx_place){rewrite->graph->path, 0, 0}, NULL,
                         "node '%s' (%s): the constant for '%s' is no list of numbers of a sensible length", row->n.name, row->n.op,
                         parameter->attr);
    if (!list && count == 0) return NBX_OK;
    if (!list && count != 1 && !tensor->is_splat)
        return nbx_raise(rewrite->context, NBX_E_OPT_ATTRIBUTE, &(nbx_place){rewrite->graph->path, 0, 0}, "it must be a single number",
                         "node '%s' (%s): '%s' has %llu elements", row->n.name, row->n.op, parameter->attr, (unsigned long long)count);
    if (parameter->kind == NBX_ATTR_INT) return nbx_node_set_int(rewrite->graph, row, parameter->attr, nbx_tensor_int(tensor, 0));
    if (parameter->kind == NBX_ATTR_FLOAT) return nbx_node_set_float(rewrite->graph, row, parameter->attr, nbx_tensor_float(tensor, 0));
    int64_t ints[MAX_PARAMETER];
    float floats[MAX_PARAMETER];
    for (uint32_t i = 0; i < count; i++) {
        ints[i] = nbx_tensor_int(tensor, i);
        floats[i] = (float)nbx_tensor_float(tensor, i);
    }
    if (parameter->kind == NBX_ATTR_INTS) return nbx_node_set_ints(rewrite->graph, row, parameter->attr, ints, (uint32_t)count);
    return nbx_node_set_floats(rewrite->graph, row, parameter->attr, floats, (uint32_t)count);
}

nbx_status nbx_canonical_parameters(nbx_rewrite *rewrite, uint32_t node, bool *ready)
{
    nbx_g_node *row = &rewrite->graph->nodes[node];
    uint32_t keep = row->n.inputs.count;
    *ready = true;
    if (keep <= row->schema->in_max) return NBX_OK;
    for (int setting = 0; setting < 2; setting++) { /* first see whether all are constant, then take them over */
        const nbx_parameter *p;
        for (uint32_t i = 0; (p = nbx_parameter_at(i)) != NULL; i++) {
            uint32_t value = strcmp(p->op, row->n.op) == 0 ? nbx_node_input(row, p->input) : NBX_NONE;
            if (value == NBX_NONE) continue;
            const nbx_tensor *tensor = nbx_rewrite_constant(rewrite, value);
            if (!tensor) {
                *ready = false;
                return NBX_OK;
            }
            if (setting) NBX_TRY(set_parameter(rewrite, node, p, tensor));
            if (p->input < keep) keep = p->input;
        }
    }
    while (keep > 0 && nbx_node_input(row, keep - 1) == NBX_NONE)
        keep--; /* absent parameters at the end */
    if (keep > row->schema->in_max) keep = row->n.inputs.count;
    uint32_t inputs[256];
    for (uint32_t i = 0; i < keep && i < 256; i++)
        inputs[i] = nbx_node_input(row, i);
    return keep < row->n.inputs.count && keep <= 256 ? nbx_rewrite_set_inputs(rewrite, node, keep, inputs) : NBX_OK;
}

/* Decimal text as a float; strtod would follow the locale of the application. */
static double number(const char *text)
{
    bool negative = *text == '-';
    text += negative;
    double value = 0, digits = 0;
    int exponent = 0;
    if (!strcmp(text, "inf")) return negative ? -HUGE_VAL : HUGE_VAL;
    for (bool fraction = false; *text && *text != 'e'; text++) {
        if (*text == '.') {
            fraction = true;
            continue;
        }
        value = value * 10 + (*text - '0');
        digits += fraction;
    }
    if (*text == 'e') {
        bool down = text[1] == '-';
        for (text += 1 + down; *text; text++)
            exponent = exponent * 10 + (*text - '0');
        if (down) exponent = -exponent;
    }
    float rounded = (float)(value * pow(10, (double)exponent - digits));
    return negative ? -(double)rounded : (double)rounded;
}

static const char *kind_name(uint32_t kind)
{
    static const char *const names[] = {"nothing", "an integer", "a number", "a text", "a list of integers", "a list of numbers"};
    return kind < sizeof(names) / sizeof(names[0]) ? names[kind] : names[0];
}

nbx_status nbx_canonical_defaults(nbx_rewrite *rewrite, uint32_t node)
{
    nbx_g_node *row = &rewrite->graph->nodes[node];
    const nbx_attr_schema *schema;
    for (uint32_t i = 0; (schema = nbx_attr_schema_at(row->schema->attr_set, i)) != NULL; i++) {
        const nbx_attr *attr = nbx_node_attr(&row->n, schema->name);
        if (attr && attr->kind != schema->kind)
            return nbx_raise(rewrite->context, NBX_E_OPT_ATTRIBUTE, &(nbx_place){rewrite->graph->path, 0, 0}, NULL,
                             "node '%s' (%s): attribute %s is %s; it must be %s", row->n.name, row->n.op, schema->name,
                             kind_name(attr->kind), kind_name(schema->kind));
        if (attr || !*schema->default_text) continue;
        if (schema->kind == NBX_ATTR_INT)
            NBX_TRY(nbx_node_set_int(rewrite->graph, row, schema->name, (int64_t)number(schema->default_text)));
        else if (schema->kind == NBX_ATTR_FLOAT)
            NBX_TRY(nbx_node_set_float(rewrite->graph, row, schema->name, number(schema->default_text)));
        else
            NBX_TRY(nbx_node_set_string(rewrite->graph, row, schema->name, schema->default_text));
    }
    return NBX_OK;
}

void nbx_canonical_strip(nbx_rewrite *rewrite, uint32_t node)
{
    nbx_g_node *row = &rewrite->graph->nodes[node];
    for (uint32_t i = row->n.attrs.count; i-- > 0;) {
        const char *name = NBX_ROW(nbx_attr, row->n.attrs, i)->name;
        if (!nbx_attr_schema_find(row->schema->attr_set, name)) nbx_node_remove_attr(row, name);
    }
}
