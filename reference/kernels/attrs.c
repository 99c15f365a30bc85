/* SPDX-License-Identifier: Apache-2.0 */
/* Attributes of a copied node by name; that they are complete and typed is left to the makers of canonical nodes. */
#include <string.h>

#include "program.h"

static const nbx_attr *find(const kernel_node *node, const char *name, uint32_t kind)
{
    for (uint32_t i = 0; i < node->attr_count; i++)
        if (node->attrs[i].kind == kind && !strcmp(node->attrs[i].name, name)) return &node->attrs[i];
    return NULL;
}

int64_t kernel_attr_int(const kernel_node *node, const char *name, int64_t fallback)
{
    const nbx_attr *attr = find(node, name, NBX_ATTR_INT);
    return attr ? attr->i : fallback;
}

double kernel_attr_float(const kernel_node *node, const char *name, double fallback)
{
    const nbx_attr *attr = find(node, name, NBX_ATTR_FLOAT);
    return attr ? attr->f : fallback;
}

const char *kernel_attr_text(const kernel_node *node, const char *name, const char *fallback)
{
    const nbx_attr *attr = find(node, name, NBX_ATTR_STRING);
    return attr && attr->s ? attr->s : fallback;
}

const int64_t *kernel_attr_ints(const kernel_node *node, const char *name, uint32_t *count)
{
    const nbx_attr *attr = find(node, name, NBX_ATTR_INTS);
    *count = attr ? attr->count : 0;
    return attr ? attr->ints : NULL;
}

const float *kernel_attr_floats(const kernel_node *node, const char *name, uint32_t *count)
{
    const nbx_attr *attr = find(node, name, NBX_ATTR_FLOATS);
    *count = attr ? attr->count : 0;
    return attr ? attr->floats : NULL;
}
