/* SPDX-License-Identifier: Apache-2.0 */
/* Turns a graph view into the sections of pack_format.h and streams them with the constants; reading is left to pack_read.c. */
#include <stdlib.h>
#include <string.h>

#include "schema/layouts.h"
#include "schema/ops.h"
#include "schema/pack.h"
#include "schema/pack_pools.h"
#include "schema/sizes.h"

typedef struct packing {
    const nbx_graph_view *graph;
    pack_pools pools;
    pack_header header;
    uint32_t *index_of; /* per value of the view: its packed index, or NBX_NONE if nothing refers to it */
} packing;

static void mark_used(packing *p, const nbx_span *list)
{
    for (uint32_t i = 0; i < list->count; i++) {
        uint32_t value = *NBX_ROW(uint32_t, *list, i);
        if (value < p->graph->values.count) p->index_of[value] = 0;
    }
}

/* A segment's view may show every value of the model; only those it refers to are packed. */
static bool number_values(packing *p)
{
    uint32_t count = p->graph->values.count, next = 0;
    p->index_of = malloc(((size_t)count + 1) * sizeof *p->index_of);
    if (!p->index_of) return false;
    memset(p->index_of, 0xff, ((size_t)count + 1) * sizeof *p->index_of);
    mark_used(p, &p->graph->inputs);
    mark_used(p, &p->graph->outputs);
    for (uint32_t n = 0; n < p->graph->nodes.count; n++) {
        mark_used(p, &NBX_ROW(nbx_node, p->graph->nodes, n)->inputs);
        mark_used(p, &NBX_ROW(nbx_node, p->graph->nodes, n)->outputs);
    }
    for (uint32_t v = 0; v < count; v++)
        if (p->index_of[v] != NBX_NONE) p->index_of[v] = next++;
    return true;
}

static int32_t put_values_list(packing *p, const nbx_span *list)
{
    for (uint32_t i = 0; i < list->count; i++) {
        uint32_t value = *NBX_ROW(uint32_t, *list, i);
        if (value != NBX_NONE && value >= p->graph->values.count) return NBX_INVALID;
        uint32_t index = value == NBX_NONE ? NBX_NONE : p->index_of[value];
        pack_append(&p->pools, PACK_indices, &index, 1);
    }
    return NBX_OK;
}

static uint32_t put_encoding(packing *p, const nbx_encoding *e)
{
    if (!e) return NBX_NONE;
    pack_encoding record = {.name = pack_string(&p->pools, e->name),
                            .kind = e->kind,
                            .storage = e->storage,
                            .code_bits = e->code_bits,
                            .is_signed = e->is_signed,
                            .granularity = e->granularity,
                            .axis = e->axis,
                            .param_rule = e->param_rule,
                            .symmetric = e->symmetric,
                            .param_value = e->param_value,
                            .block = e->block,
                            .lo = e->lo,
                            .hi = e->hi,
                            .zero_code = e->zero_code,
                            .fill_code = e->fill_code,
                            .steps = e->steps,
                            .top = e->top,
                            .exp_lo = e->exp_lo,
                            .exp_hi = e->exp_hi};
    return pack_intern(&p->pools, PACK_encodings, &record);
}

static uint32_t put_arith(packing *p, const nbx_arith *a)
{
    if (!a) return NBX_NONE;
    pack_arith record = {.name = pack_string(&p->pools, a->name),
                         .product = a->product,
                         .acc_bits = a->acc_bits,
                         .acc_overflow = a->acc_overflow,
                         .bias_at = a->bias_at,
                         .requant = a->requant,
                         .requant2 = a->requant2,
                         .pool_round = a->pool_round,
                         .add_arith = a->add_arith,
                         .exactness = a->exactness,
                         .err_steps = a->err_steps,
                         .table_bits = a->table_bits};
    return pack_intern(&p->pools, PACK_ariths, &record);
}

static uint32_t put_layout(packing *p, const nbx_layout *layout)
{
    char text[512]; /* the longest canonical text has less than 400 */
    if (!layout) return NBX_NONE;
    nbx_layout_text(layout, text, sizeof text);
    pack_layout record = {pack_string(&p->pools, text), layout->rank};
    return pack_intern(&p->pools, PACK_layouts, &record);
}

static int32_t put_value(packing *p, const nbx_value *v)
{
    if (v->rank > NBX_MAX_RANK) return NBX_INVALID;
    if (nbx_dtype_bits(v->dtype) == 0) return NBX_UNSUPPORTED;
    pack_value record = {.flags = v->flags & PACK_VALUE_FLAGS,
                         .name = pack_string(&p->pools, v->name),
                         .dtype = v->dtype,
                         .rank = v->rank,
                         .layout = put_layout(p, v->layout),
                         .encoding = put_encoding(p, v->encoding),
                         .param_count = v->encoding ? v->params.count : 0};
    for (uint32_t a = 0; a < v->rank; a++)
        record.dims[a] = v->dims[a];
    if (v->flags & NBX_VALUE_RANGE) {
        record.range_lo = v->range_lo;
        record.range_hi = v->range_hi;
    }
    for (uint32_t i = 0; i < record.param_count; i++)
        pack_append(&p->pools, PACK_params, NBX_ROW(nbx_qparam, v->params, i), 1);
    if (v->flags & NBX_VALUE_CONST) {
        pack_constant constant;
        if (!pack_constant_bytes(v, &constant.bytes)) return NBX_INVALID;
        pack_append(&p->pools, PACK_constants, &constant, 1);
    }
    pack_append(&p->pools, PACK_values, &record, 1);
    return NBX_OK;
}

static int32_t put_attr(packing *p, const nbx_attr *a)
{
    bool ints = a->kind == NBX_ATTR_INTS, floats = a->kind == NBX_ATTR_FLOATS;
    pack_attr record = {.kind = a->kind, .name = pack_string(&p->pools, a->name), .count = ints || floats ? a->count : 0};
    if (a->kind == NBX_ATTR_INT) record.i = a->i;
    if (a->kind == NBX_ATTR_FLOAT) record.f = a->f;
    if (a->kind == NBX_ATTR_STRING) record.string = pack_string(&p->pools, a->s);
    if (ints) pack_append(&p->pools, PACK_ints, a->ints, a->count);
    if (floats) pack_append(&p->pools, PACK_floats, a->floats, a->count);
    pack_append(&p->pools, PACK_attrs, &record, 1);
    return a->kind >= NBX_ATTR_INT && a->kind <= NBX_ATTR_FLOATS ? NBX_OK : NBX_INVALID;
}

static int32_t put_node(packing *p, const nbx_node *n)
{
    pack_node record = {.op_revision = n->op_revision,
                        .name = pack_string(&p->pools, n->name),
                        .op = pack_string(&p->pools, n->op),
                        .domain = pack_string(&p->pools, n->domain),
                        .input_count = n->inputs.count,
                        .output_count = n->outputs.count,
                        .attr_count = n->attrs.count,
                        .origin_count = n->origins.count,
                        .arith = put_arith(p, n->arith),
                        .group = n->group,
                        .flags = n->flags & PACK_NODE_FLAGS};
    int32_t status = put_values_list(p, &n->inputs);
    if (status == NBX_OK) status = put_values_list(p, &n->outputs);
    for (uint32_t i = 0; i < n->origins.count; i++) {
        uint32_t origin = pack_string(&p->pools, *NBX_ROW(char *, n->origins, i));
        pack_append(&p->pools, PACK_indices, &origin, 1);
    }
    for (uint32_t i = 0; i < n->attrs.count && status == NBX_OK; i++)
        status = put_attr(p, NBX_ROW(nbx_attr, n->attrs, i));
    pack_append(&p->pools, PACK_nodes, &record, 1);
    return status;
}

static void put_group(packing *p, const nbx_group *g)
{
    pack_group record = {g->at, pack_string(&p->pools, g->fusion), put_arith(p, g->arith), g->nodes.count};
    for (uint32_t i = 0; i < g->nodes.count; i++)
        pack_append(&p->pools, PACK_indices, NBX_ROW(uint32_t, g->nodes, i), 1);
    pack_append(&p->pools, PACK_groups, &record, 1);
}

/* Everything but the constants' data, in the order that pack_format.h states. */
static int32_t put_graph(packing *p, const char *chip, const char *tag)
{
    const nbx_graph_view *graph = p->graph;
    pack_string(&p->pools, "");
    p->header = (pack_header){.version = PACK_VERSION,
                              .header_bytes = sizeof p->header,
                              .graph_flags = graph->flags,
                              .name = pack_string(&p->pools, graph->name),
                              .chip = pack_string(&p->pools, chip),
                              .tag = pack_string(&p->pools, tag),
                              .input_count = graph->inputs.count,
                              .output_count = graph->outputs.count};
    memcpy(p->header.magic, PACK_MAGIC, sizeof p->header.magic);
    if (!number_values(p)) return NBX_NO_MEMORY;
    int32_t status = put_values_list(p, &graph->inputs);
    if (status == NBX_OK) status = put_values_list(p, &graph->outputs);
    for (uint32_t v = 0; v < graph->values.count && status == NBX_OK; v++)
        if (p->index_of[v] != NBX_NONE) status = put_value(p, NBX_ROW(nbx_value, graph->values, v));
    for (uint32_t n = 0; n < graph->nodes.count && status == NBX_OK; n++)
        status = put_node(p, NBX_ROW(nbx_node, graph->nodes, n));
    for (uint32_t g = 0; g < graph->groups.count && status == NBX_OK; g++)
        put_group(p, NBX_ROW(nbx_group, graph->groups, g));
    if (status == NBX_OK && p->pools.failed) status = NBX_NO_MEMORY;
    return status;
}

/* ---- streaming ---- */

typedef struct stream {
    void *self;
    int32_t (*write)(void *self, const void *data, uint64_t bytes);
    pack_checksum sum;
    uint64_t at;
} stream;

static int32_t emit(stream *s, const void *data, uint64_t bytes)
{
    if (bytes == 0) return NBX_OK;
    pack_checksum_add(&s->sum, data, bytes);
    s->at += bytes;
    return s->write(s->self, data, bytes);
}

static int32_t emit_align(stream *s, uint64_t align)
{
    static const unsigned char zeros[PACK_CONSTANT_ALIGN] = {0};
    return emit(s, zeros, (align - s->at % align) % align);
}

static bool total_bytes(const packing *p, uint64_t *out)
{
    uint64_t at = sizeof p->header;
    for (uint32_t i = 0; i < PACK_SECTION_COUNT; i++) {
        if (!nbx_size_round_up(at, PACK_SECTION_ALIGN, &at)) return false;
        if (!nbx_size_add(at, (uint64_t)p->pools.pools[i].count * pack_record_bytes[i], &at)) return false;
    }
    const pack_pool *constants = &p->pools.pools[PACK_constants];
    for (uint32_t i = 0; i < constants->count; i++) {
        pack_constant constant;
        memcpy(&constant, constants->rows + i * sizeof constant, sizeof constant);
        if (!nbx_size_round_up(at, PACK_CONSTANT_ALIGN, &at) || !nbx_size_add(at, constant.bytes, &at)) return false;
    }
    return nbx_size_round_up(at, PACK_SECTION_ALIGN, &at) && nbx_size_add(at, PACK_CHECKSUM_BYTES, out);
}

static int32_t emit_constant(stream *s, const nbx_graph_view *graph, const nbx_value *value)
{
    uint32_t form = value->encoding ? NBX_CONST_CODES : NBX_CONST_FLOAT;
    uint64_t want = 0, bytes = 0;
    const void *data = NULL;
    if (!graph->const_map || !pack_constant_bytes(value, &want)) return NBX_INVALID;
    int32_t status = graph->const_map(graph->self, value->const_id, form, &data, &bytes);
    if (status != NBX_OK) return status;
    status = bytes == want ? emit_align(s, PACK_CONSTANT_ALIGN) : NBX_INVALID;
    if (status == NBX_OK) status = emit(s, data, bytes);
    if (graph->const_unmap) graph->const_unmap(graph->self, value->const_id, form);
    return status;
}

static int32_t emit_all(packing *p, stream *s)
{
    for (uint32_t i = 0; i < PACK_SECTION_COUNT; i++)
        p->header.counts[i] = p->pools.pools[i].count;
    if (!total_bytes(p, &p->header.total_bytes)) return NBX_INVALID;
    int32_t status = emit(s, &p->header, sizeof p->header);
    for (uint32_t i = 0; i < PACK_SECTION_COUNT && status == NBX_OK; i++) {
        status = emit_align(s, PACK_SECTION_ALIGN);
        if (status == NBX_OK) status = emit(s, p->pools.pools[i].rows, (uint64_t)p->pools.pools[i].count * pack_record_bytes[i]);
    }
    for (uint32_t v = 0; v < p->graph->values.count && status == NBX_OK; v++) {
        const nbx_value *value = NBX_ROW(nbx_value, p->graph->values, v);
        if (p->index_of[v] != NBX_NONE && (value->flags & NBX_VALUE_CONST)) status = emit_constant(s, p->graph, value);
    }
    if (status == NBX_OK) status = emit_align(s, PACK_SECTION_ALIGN);
    uint64_t checksum = pack_checksum_end(&s->sum);
    return status == NBX_OK ? s->write(s->self, &checksum, sizeof checksum) : status;
}

int32_t nbx_pack_graph(const nbx_graph_view *graph, const char *chip, const char *tag, void *self,
                       int32_t (*write)(void *self, const void *data, uint64_t bytes))
{
    packing p = {.graph = graph};
    stream s = {.self = self, .write = write};
    pack_checksum_begin(&s.sum);
    int32_t status = put_graph(&p, chip, tag);
    if (status == NBX_OK) status = emit_all(&p, &s);
    pack_pools_destroy(&p.pools);
    free(p.index_of);
    return status;
}
