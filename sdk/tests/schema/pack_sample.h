/* SPDX-License-Identifier: Apache-2.0 */
/** Seeded graph views with everything a view can hold, for the tests and the fuzz target of the packed container. */
#ifndef NBX_TESTS_PACK_SAMPLE_H
#define NBX_TESTS_PACK_SAMPLE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "schema/encodings.h"
#include "schema/layouts.h"
#include "schema/pack.h"
#include "schema/pack_format.h"

enum { SAMPLE_VALUES = 64, SAMPLE_NODES = 24, SAMPLE_ATTRS = 4, SAMPLE_PARAMS = 16 };

typedef struct sample {
    uint64_t seed;
    nbx_graph_view view;
    nbx_value values[SAMPLE_VALUES];
    char value_names[SAMPLE_VALUES][16];
    nbx_qparam params[SAMPLE_VALUES][SAMPLE_PARAMS];
    nbx_layout layouts[SAMPLE_VALUES];
    unsigned char constants[SAMPLE_VALUES][4096];
    nbx_node nodes[SAMPLE_NODES];
    uint32_t edges[SAMPLE_NODES][4]; /* two inputs, two outputs */
    nbx_attr attrs[SAMPLE_NODES][SAMPLE_ATTRS];
    const char *origins[SAMPLE_NODES][2];
    nbx_group groups[SAMPLE_NODES];
    uint32_t group_nodes[SAMPLE_NODES];
    nbx_arith ariths[2];
    uint32_t inputs[2], outputs[4];
} sample;

static uint32_t sample_draw(sample *s, uint32_t below)
{
    s->seed = s->seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(s->seed >> 33) % below;
}

static int32_t sample_map(void *self, uint64_t id, uint32_t form, const void **data, uint64_t *bytes)
{
    sample *s = self;
    uint32_t index = (uint32_t)(id / 7);
    (void)form;
    *data = s->constants[index];
    return pack_constant_bytes(&s->values[index], bytes) ? NBX_OK : NBX_INVALID;
}

static void sample_encode(sample *s, nbx_value *v, uint32_t index)
{
    const nbx_encoding *e = NULL;
    while (!e)
        e = nbx_encoding_at(sample_draw(s, 40));
    uint32_t count = nbx_param_count(e, v->rank, v->dims, 1);
    if (e->granularity == NBX_PER_CONV_GROUP && v->rank && v->dims[0] % 2 == 0) count = 2;
    if (count > SAMPLE_PARAMS) return;
    v->encoding = e;
    for (uint32_t i = 0; i < count; i++) {
        nbx_param_from_range(e, -1 - (double)i, 1 + (double)sample_draw(s, 100), &s->params[index][i]);
        if (e->param_rule == NBX_PARAM_PRODUCT) s->params[index][i].exponent = (int32_t)i;
    }
    v->params = (nbx_span){s->params[index], count, sizeof(nbx_qparam)};
}

static uint32_t sample_value(sample *s, uint32_t flags)
{
    static const char *const texts[] = {"NCHW", "NHWC8w4c:pad_out=fill", "NCHW:stride_h=16", "NCHW:pad_c=ladder(64;4,8)"};
    static const uint32_t dtypes[] = {NBX_DTYPE_FLOAT32, NBX_DTYPE_INT64, NBX_DTYPE_UINT8, NBX_DTYPE_BOOL, NBX_DTYPE_FLOAT16};
    uint32_t index = s->view.values.count++;
    nbx_value *v = &s->values[index];
    *v = (nbx_value){.struct_size = sizeof *v, .flags = flags, .name = s->value_names[index], .rank = sample_draw(s, 5)};
    snprintf(s->value_names[index], sizeof s->value_names[index], "value_%u", (unsigned)index);
    v->dtype = dtypes[sample_draw(s, 5)];
    for (uint32_t a = 0; a < v->rank; a++)
        v->dims[a] = 1 + sample_draw(s, 4);
    if (sample_draw(s, 2)) sample_encode(s, v, index);
    if (flags & NBX_VALUE_CONST) {
        v->const_id = index * 7;
        for (size_t i = 0; i < sizeof s->constants[index]; i++)
            s->constants[index][i] = (unsigned char)sample_draw(s, 256);
    } else if (v->rank == 4 && nbx_layout_parse(texts[sample_draw(s, 4)], 4, &s->layouts[index], NULL, 0)) {
        v->layout = &s->layouts[index];
    }
    if (sample_draw(s, 2)) {
        v->flags |= NBX_VALUE_RANGE;
        v->range_lo = -(double)sample_draw(s, 10);
        v->range_hi = sample_draw(s, 10);
    }
    return index;
}

static void sample_attrs(sample *s, nbx_node *n, nbx_attr *attrs)
{
    static const int64_t ints[] = {1, -1, INT64_MAX};
    static const float floats[] = {0.5f, -1.25f};
    static const char *const names[] = {"pads", "alpha", "mode", "kernel_shape", "scales", "group"};
    uint32_t count = sample_draw(s, SAMPLE_ATTRS + 1);
    for (uint32_t i = 0; i < count; i++) {
        nbx_attr *a = &attrs[i];
        *a = (nbx_attr){.struct_size = sizeof *a, .kind = 1 + sample_draw(s, 5), .name = names[sample_draw(s, 6)]};
        if (a->kind == NBX_ATTR_INT) a->i = -5;
        if (a->kind == NBX_ATTR_FLOAT) a->f = 0.1;
        if (a->kind == NBX_ATTR_STRING) a->s = sample_draw(s, 2) ? "linear" : "";
        if (a->kind == NBX_ATTR_INTS) a->ints = ints, a->count = sample_draw(s, 4);
        if (a->kind == NBX_ATTR_FLOATS) a->floats = floats, a->count = sample_draw(s, 3);
    }
    n->attrs = (nbx_span){attrs, count, sizeof *attrs};
}

/* A chain with random second inputs, constants and groups of one or two nodes. */
static void sample_node(sample *s, uint32_t i, uint32_t *last)
{
    static const char *const ops[] = {"Conv", "Relu", "Add", "Gemm", "MadeUp"};
    nbx_node *n = &s->nodes[i];
    *n = (nbx_node){.struct_size = sizeof *n, .op_revision = 11 + i, .name = "node", .op = ops[sample_draw(s, 5)], .domain = ""};
    uint32_t second = sample_draw(s, 3);
    s->edges[i][0] = *last;
    s->edges[i][1] = second == 0 ? NBX_NONE : second == 1 ? sample_value(s, NBX_VALUE_CONST) : s->inputs[1];
    s->edges[i][2] = *last = sample_value(s, 0);
    s->edges[i][3] = NBX_NONE;
    n->inputs = (nbx_span){&s->edges[i][0], 1 + sample_draw(s, 2), sizeof(uint32_t)};
    n->outputs = (nbx_span){&s->edges[i][2], 1 + sample_draw(s, 2), sizeof(uint32_t)};
    s->origins[i][0] = "Conv_0";
    s->origins[i][1] = "Relu_1";
    n->origins = (nbx_span){s->origins[i], sample_draw(s, 3), sizeof(char *)};
    sample_attrs(s, n, s->attrs[i]);
    if (sample_draw(s, 2)) n->arith = &s->ariths[sample_draw(s, 2)];
    n->flags = sample_draw(s, 16);
    n->group = NBX_NONE;
    s->group_nodes[i] = i;
    if (sample_draw(s, 3) == 0) return;
    nbx_group *last_group = &s->groups[s->view.groups.count];
    if (sample_draw(s, 2) && s->view.groups.count && s->nodes[i - 1].group == s->view.groups.count - 1) {
        last_group[-1].nodes.count++;
    } else {
        *last_group = (nbx_group){.struct_size = sizeof *last_group, .at = 1 + sample_draw(s, 2), .fusion = "HISI-FUSE-001"};
        if (sample_draw(s, 2)) last_group->arith = &s->ariths[0];
        last_group->nodes = (nbx_span){&s->group_nodes[i], 1, sizeof(uint32_t)};
        s->view.groups.count++;
    }
    n->group = s->view.groups.count - 1;
}

/* Fills `s`. The view has up to `nodes` nodes and points into `s`. */
static void sample_make(sample *s, uint64_t seed, uint32_t nodes)
{
    memset(s, 0, sizeof *s);
    s->seed = seed;
    s->view = (nbx_graph_view){.struct_size = sizeof s->view, .name = "sample", .self = s, .const_map = sample_map};
    s->view.values = (nbx_span){s->values, 0, sizeof *s->values};
    s->view.nodes = (nbx_span){s->nodes, nodes, sizeof *s->nodes};
    s->view.groups = (nbx_span){s->groups, 0, sizeof *s->groups};
    s->ariths[0] = (nbx_arith){.struct_size = sizeof(nbx_arith), .product = NBX_PRODUCT_INTEGER, .name = "exact", .requant = 3};
    s->ariths[1] = (nbx_arith){.struct_size = sizeof(nbx_arith), .product = NBX_PRODUCT_LOG_TABLE, .name = "table", .table_bits = 16};
    s->inputs[0] = sample_value(s, NBX_VALUE_INPUT);
    s->inputs[1] = sample_value(s, NBX_VALUE_INPUT);
    uint32_t last = s->inputs[0];
    for (uint32_t i = 0; i < nodes; i++)
        sample_node(s, i, &last);
    s->outputs[0] = last;
    s->values[last].flags |= NBX_VALUE_OUTPUT;
    s->view.inputs = (nbx_span){s->inputs, 2, sizeof(uint32_t)};
    s->view.outputs = (nbx_span){s->outputs, 1, sizeof(uint32_t)};
}

/* ---- memory ---- */

typedef struct blob {
    unsigned char *bytes;
    uint64_t count, capacity;
} blob;

static int32_t blob_write(void *self, const void *data, uint64_t bytes)
{
    blob *b = self;
    if (bytes == 0) return NBX_OK;
    if (b->count + bytes > b->capacity) {
        uint64_t capacity = (b->count + bytes) * 2 + 64;
        unsigned char *grown = aligned_alloc(64, capacity / 64 * 64 + 64);
        if (!grown) return NBX_NO_MEMORY;
        if (b->count) memcpy(grown, b->bytes, b->count);
        free(b->bytes);
        b->bytes = grown;
        b->capacity = capacity;
    }
    memcpy(b->bytes + b->count, data, bytes);
    b->count += bytes;
    return NBX_OK;
}

static void *sample_alloc(void *self, uint64_t bytes, uint64_t align)
{
    (void)self;
    return bytes > (UINT64_C(1) << 32) ? NULL : aligned_alloc(align, (bytes + align - 1) / align * align);
}

static void sample_free(void *self, void *ptr)
{
    (void)self;
    free(ptr);
}

static const nbx_host *sample_host(void)
{
    static const nbx_host host = {.struct_size = sizeof host, .alloc = sample_alloc, .free = sample_free};
    return &host;
}

/* Makes the checksum fit again after a change. */
static void blob_seal(unsigned char *bytes, uint64_t count)
{
    pack_checksum sum;
    if (count < sizeof(pack_header) + PACK_CHECKSUM_BYTES) return;
    pack_checksum_begin(&sum);
    pack_checksum_add(&sum, bytes, count - PACK_CHECKSUM_BYTES);
    uint64_t end = pack_checksum_end(&sum);
    memcpy(bytes + count - PACK_CHECKSUM_BYTES, &end, sizeof end);
}

#endif
