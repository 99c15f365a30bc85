/* SPDX-License-Identifier: Apache-2.0 */
/* Reads attributes of canonical nodes, with the defaults of attributes.def; what they mean is each kernel's. */
#include "attrs.h"

#include <stdlib.h>
#include <string.h>

typedef struct attr_default {
    const char *set, *name, *text;
} attr_default;

static const attr_default DEFAULTS[] = {
#define ATTR(set, name, kind, default_text, text) {#set, #name, default_text},
#include <nbx/tables/attributes.def>
#undef ATTR
};

static const nbx_attr *find(const golden_node *node, const char *name)
{
    const nbx_span *attrs = &node->view->attrs;
    uint32_t i;
    for (i = 0; i < attrs->count; i++) {
        const nbx_attr *attr = NBX_ROW(nbx_attr, *attrs, i);
        if (attr->name && strcmp(attr->name, name) == 0) return attr;
    }
    return NULL;
}

static const char *find_default(const golden_node *node, const char *name)
{
    size_t i;
    for (i = 0; i < sizeof DEFAULTS / sizeof DEFAULTS[0]; i++)
        if (strcmp(DEFAULTS[i].set, node->attr_set) == 0 && strcmp(DEFAULTS[i].name, name) == 0 && DEFAULTS[i].text[0])
            return DEFAULTS[i].text;
    return NULL;
}

static int32_t missing(const golden *program, const golden_node *node, const char *name)
{
    return golden_refuse(program, node, E_GOLDEN_ATTRIBUTE, "node '%s' (%s): attribute '%s' is missing or of another kind",
                         node->view->name, node->view->op, name);
}

int32_t golden_attr_int(const golden *program, const golden_node *node, const char *name, int64_t *out)
{
    const nbx_attr *attr = find(node, name);
    const char *text;
    if (attr && attr->kind == NBX_ATTR_INT) {
        *out = attr->i;
        return NBX_OK;
    }
    text = attr ? NULL : find_default(node, name);
    if (!text) return missing(program, node, name);
    *out = strtoll(text, NULL, 10);
    return NBX_OK;
}

int32_t golden_attr_float(const golden *program, const golden_node *node, const char *name, double *out)
{
    const nbx_attr *attr = find(node, name);
    const char *text;
    if (attr && attr->kind == NBX_ATTR_FLOAT) {
        *out = attr->f;
        return NBX_OK;
    }
    text = attr ? NULL : find_default(node, name);
    if (!text) return missing(program, node, name);
    *out = (double)strtof(text, NULL);
    return NBX_OK;
}

int32_t golden_attr_text(const golden *program, const golden_node *node, const char *name, const char **out)
{
    const nbx_attr *attr = find(node, name);
    *out = attr && attr->kind == NBX_ATTR_STRING && attr->s ? attr->s : attr ? NULL : find_default(node, name);
    return *out ? NBX_OK : missing(program, node, name);
}

int32_t golden_attr_axis(const golden *program, const golden_node *node, const char *name, uint32_t rank, uint32_t *out)
{
    int64_t axis;
    GOLDEN_TRY(golden_attr_int(program, node, name, &axis));
    if (axis < 0) axis += rank;
    if (axis < 0 || axis >= (int64_t)rank)
        return golden_refuse(program, node, E_GOLDEN_ATTRIBUTE, "node '%s' (%s): attribute '%s' names axis %lld of a rank %u tensor",
                             node->view->name, node->view->op, name, (long long)axis, rank);
    *out = (uint32_t)axis;
    return NBX_OK;
}

int32_t golden_attr_ints(const golden *program, const golden_node *node, const char *name, uint32_t room, int64_t *out, uint32_t *count)
{
    const nbx_attr *attr = find(node, name);
    *count = 0;
    if (!attr) return NBX_OK;
    if (attr->kind != NBX_ATTR_INTS || attr->count > room || (attr->count && !attr->ints)) return missing(program, node, name);
    *count = attr->count;
    if (attr->count) memcpy(out, attr->ints, attr->count * sizeof *out);
    return NBX_OK;
}

int32_t golden_attr_list(const golden *program, const golden_node *node, const char *name, uint32_t count, int64_t fallback, int64_t *out)
{
    uint32_t given, i;
    GOLDEN_TRY(golden_attr_ints(program, node, name, count, out, &given));
    if (given == count) return NBX_OK;
    if (given != 0)
        return golden_refuse(program, node, E_GOLDEN_ATTRIBUTE, "node '%s' (%s): attribute '%s' has %u values where %u are needed",
                             node->view->name, node->view->op, name, given, count);
    for (i = 0; i < count; i++)
        out[i] = fallback;
    return NBX_OK;
}

const float *golden_attr_floats(const golden_node *node, const char *name, uint32_t *count)
{
    const nbx_attr *attr = find(node, name);
    *count = 0;
    if (!attr || attr->kind != NBX_ATTR_FLOATS || !attr->floats) return NULL;
    *count = attr->count;
    return attr->floats;
}
