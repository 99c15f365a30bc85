/* SPDX-License-Identifier: Apache-2.0 */
/* Checks and restores the ports, nodes, attributes and groups of a packed graph, and that every value is made before it is used. */
#include "schema/pack_read.h"

#define NAMED      "node %u ('%.80s'): "
#define NAME(node) (unsigned)((node)-r->packed->nodes), (node)->name

/* `count` value indices; NULL with a message unless each is below value_count or, where allowed, NBX_NONE. */
static const uint32_t *take_values(pack_reader *r, uint32_t count, bool may_be_none)
{
    const uint32_t *list = pack_take(r, PACK_indices, count);
    for (uint32_t i = 0; list && i < count; i++)
        if (list[i] >= r->header.counts[PACK_values] && !(may_be_none && list[i] == NBX_NONE)) {
            pack_fail(r, "there is no value %u", (unsigned)list[i]);
            return NULL;
        }
    return list;
}

static nbx_span index_span(const uint32_t *list, uint32_t count)
{
    return (nbx_span){list, count, sizeof *list};
}

static int32_t read_ports(pack_reader *r)
{
    nbx_packed *p = r->packed;
    const uint32_t *inputs = take_values(r, r->header.input_count, false);
    if (!inputs) return NBX_BAD_INPUT;
    const uint32_t *outputs = take_values(r, r->header.output_count, false);
    if (!outputs) return NBX_BAD_INPUT;
    p->view.inputs = index_span(inputs, r->header.input_count);
    p->view.outputs = index_span(outputs, r->header.output_count);
    for (uint32_t v = 0; v < r->header.counts[PACK_values]; v++)
        p->defined[v] = (p->values[v].flags & NBX_VALUE_CONST) != 0;
    for (uint32_t i = 0; i < r->header.input_count; i++) {
        if (p->defined[inputs[i]]) return pack_fail(r, "input %u is a constant or stands twice", (unsigned)i);
        p->defined[inputs[i]] = 1;
    }
    return NBX_OK;
}

static int32_t read_edges(pack_reader *r, nbx_node *n, const pack_node *record)
{
    unsigned char *defined = r->packed->defined;
    const uint32_t *inputs = take_values(r, record->input_count, true);
    if (!inputs) return NBX_BAD_INPUT;
    const uint32_t *outputs = take_values(r, record->output_count, true);
    if (!outputs) return NBX_BAD_INPUT;
    for (uint32_t i = 0; i < record->input_count; i++)
        if (inputs[i] != NBX_NONE && !defined[inputs[i]])
            return pack_fail(r, NAMED "input %u is used before it is made", NAME(n), (unsigned)i);
    for (uint32_t i = 0; i < record->output_count; i++) {
        if (outputs[i] == NBX_NONE) continue;
        if (defined[outputs[i]]) return pack_fail(r, NAMED "output %u is made twice", NAME(n), (unsigned)i);
        defined[outputs[i]] = 1;
    }
    n->inputs = index_span(inputs, record->input_count);
    n->outputs = index_span(outputs, record->output_count);
    return NBX_OK;
}

static int32_t read_origins(pack_reader *r, nbx_node *n, uint32_t count, const char **next)
{
    const uint32_t *list = pack_take(r, PACK_indices, count);
    if (!list) return NBX_BAD_INPUT;
    for (uint32_t i = 0; i < count; i++) {
        next[i] = pack_text(r, list[i]);
        if (!next[i]) return NBX_BAD_INPUT;
    }
    n->origins = (nbx_span){next, count, sizeof *next};
    return NBX_OK;
}

static int32_t read_attr(pack_reader *r, const pack_attr *record, nbx_attr *a)
{
    const char *name = pack_text(r, record->name), *string = pack_text(r, record->string);
    if (!name || !string) return NBX_BAD_INPUT;
    if (record->kind < NBX_ATTR_INT || record->kind > NBX_ATTR_FLOATS)
        return pack_fail(r, "attribute '%.80s' has the unknown kind %u", name, (unsigned)record->kind);
    bool ints = record->kind == NBX_ATTR_INTS, floats = record->kind == NBX_ATTR_FLOATS;
    *a = (nbx_attr){.struct_size = sizeof *a, .kind = record->kind, .name = name, .i = record->i, .f = record->f};
    if (!ints && !floats && record->count) return pack_fail(r, "attribute '%.80s' is no list but has a length", name);
    if (record->kind == NBX_ATTR_STRING) a->s = string;
    if (ints) a->ints = pack_take(r, PACK_ints, record->count);
    if (floats) a->floats = pack_take(r, PACK_floats, record->count);
    if ((ints && !a->ints) || (floats && !a->floats)) return NBX_BAD_INPUT;
    a->count = record->count;
    return NBX_OK;
}

static int32_t read_attrs(pack_reader *r, nbx_node *n, uint32_t count)
{
    nbx_attr *attrs = r->packed->attrs + r->cursors[PACK_attrs];
    const pack_attr *records = pack_take(r, PACK_attrs, count);
    int32_t status = records ? NBX_OK : NBX_BAD_INPUT;
    for (uint32_t i = 0; i < count && status == NBX_OK; i++)
        status = read_attr(r, &records[i], &attrs[i]);
    n->attrs = (nbx_span){attrs, count, sizeof *attrs};
    return status;
}

static int32_t read_arith(pack_reader *r, uint32_t index, const nbx_arith **out)
{
    *out = NULL;
    if (index == NBX_NONE) return NBX_OK;
    if (index >= r->header.counts[PACK_ariths]) return pack_fail(r, "there is no arith %u", (unsigned)index);
    *out = &r->packed->ariths[index];
    return NBX_OK;
}

static int32_t read_node(pack_reader *r, const pack_node *record, nbx_node *n, const char **origins)
{
    const char *name = pack_text(r, record->name), *op = pack_text(r, record->op), *domain = pack_text(r, record->domain);
    if (!name || !op || !domain) return NBX_BAD_INPUT;
    *n = (nbx_node){.struct_size = sizeof *n,
                    .op_revision = record->op_revision,
                    .name = name,
                    .op = op,
                    .domain = domain,
                    .group = record->group,
                    .flags = record->flags};
    if (op[0] == 0) return pack_fail(r, NAMED "it has no op", NAME(n));
    if (record->flags & ~(uint32_t)PACK_NODE_FLAGS) return pack_fail(r, NAMED "unknown flags", NAME(n));
    if (record->group != NBX_NONE && record->group >= r->header.counts[PACK_groups])
        return pack_fail(r, NAMED "there is no group %u", NAME(n), (unsigned)record->group);
    int32_t status = read_arith(r, record->arith, &n->arith);
    if (status == NBX_OK) status = read_edges(r, n, record);
    if (status == NBX_OK) status = read_origins(r, n, record->origin_count, origins);
    if (status == NBX_OK) status = read_attrs(r, n, record->attr_count);
    return status;
}

static int32_t read_group(pack_reader *r, uint32_t number, const pack_group *record, nbx_group *g)
{
    const char *fusion = pack_text(r, record->fusion);
    const uint32_t *list = fusion ? pack_take(r, PACK_indices, record->node_count) : NULL;
    if (!list) return NBX_BAD_INPUT;
    if (record->at > NBX_AT_REQUANTIZED || record->node_count == 0) return pack_fail(r, "group %u is malformed", (unsigned)number);
    *g = (nbx_group){.struct_size = sizeof *g, .at = record->at, .fusion = fusion, .nodes = index_span(list, record->node_count)};
    for (uint32_t i = 0; i < record->node_count; i++) {
        if (list[i] >= r->header.counts[PACK_nodes] || r->packed->nodes[list[i]].group != number || (i && list[i] <= list[i - 1]))
            return pack_fail(r, "group %u: its nodes do not belong to it, or are out of order", (unsigned)number);
    }
    return read_arith(r, record->arith, &g->arith);
}

/* Each listed node names its group and lists rise, so equal totals mean that group and node agree on all. */
static int32_t read_groups(pack_reader *r)
{
    const pack_group *records = r->sections[PACK_groups];
    int32_t status = NBX_OK;
    uint64_t listed = 0, named = 0;
    for (uint32_t i = 0; i < r->header.counts[PACK_groups] && status == NBX_OK; i++) {
        status = read_group(r, i, &records[i], &r->packed->groups[i]);
        listed += records[i].node_count;
    }
    for (uint32_t i = 0; i < r->header.counts[PACK_nodes]; i++)
        named += r->packed->nodes[i].group != NBX_NONE;
    if (status == NBX_OK && listed != named) status = pack_fail(r, "nodes name groups that do not list them");
    return status;
}

int32_t pack_read_nodes(pack_reader *r)
{
    const pack_node *records = r->sections[PACK_nodes];
    const char **origins = r->packed->origins;
    int32_t status = read_ports(r);
    for (uint32_t i = 0; i < r->header.counts[PACK_nodes] && status == NBX_OK; i++) {
        status = read_node(r, &records[i], &r->packed->nodes[i], origins);
        origins += records[i].origin_count;
    }
    for (uint32_t i = 0; i < r->header.output_count && status == NBX_OK; i++)
        if (!r->packed->defined[*NBX_ROW(uint32_t, r->packed->view.outputs, i)])
            status = pack_fail(r, "output %u is never made", (unsigned)i);
    if (status == NBX_OK) status = read_groups(r);
    return status;
}
