/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Small graphs as text, for tables of tests.
 *
 * tensors  "x f[1,2]: 1 2; w int8_sym(0.5,0)[2]: 3 -4; y f[1,2]"   with data: an input; without: computed
 *          types: f d h i j u s b (float32 float64 float16 int64 int32 uint8 int8 bool), or an encoding of encodings.def with
 *          (scale,zero) or (exponent), sets separated by '|'; its data are codes
 * nodes    "Conv x w - {pads=0,0,0,0 group=1} > y; Relu y > z"      '-' is an absent input; attributes: ints, floats with a
 *          dot, texts, or lists of them with commas (one value and a trailing comma is a list too)
 * arith    "product=integer requant=even_real bias=accumulator acc_bits=16 overflow=wrap pool=away_real add=fixed20"
 * group    "" none, "accumulator" or "requantized": all nodes are one group
 */
#ifndef GOLDEN_TEXT_H
#define GOLDEN_TEXT_H

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "golden/golden.h"
#include "schema/encodings.h"

enum { TEXT_VALUES = 24, TEXT_NODES = 8, TEXT_ELEMENTS = 4096, TEXT_ATTRS = 16, TEXT_PARAMS = 16 };

typedef struct text_node {
    nbx_attr attrs[TEXT_ATTRS];
    int64_t ints[TEXT_ATTRS][16];
    float floats[TEXT_ATTRS][16];
    char names[TEXT_ATTRS][48], texts[TEXT_ATTRS][80], op[32];
    uint32_t inputs[TEXT_VALUES], outputs[TEXT_VALUES];
    uint32_t attr_count, input_count, output_count;
} text_node;

typedef struct text_graph {
    nbx_value values[TEXT_VALUES];
    nbx_qparam params[TEXT_VALUES][TEXT_PARAMS];
    char names[TEXT_VALUES][16];
    double data[TEXT_VALUES][TEXT_ELEMENTS];
    unsigned char stored[TEXT_VALUES][TEXT_ELEMENTS * 8];
    uint64_t counts[TEXT_VALUES];
    nbx_node nodes[TEXT_NODES];
    text_node rows[TEXT_NODES];
    uint32_t members[TEXT_NODES], inputs[TEXT_VALUES], outputs[1];
    nbx_group group;
    nbx_arith arith;
    nbx_graph_view view;
    uint32_t value_count, node_count, input_count;
    char code[32];
    char error[200];
} text_graph;

static inline void *text_alloc(void *self, uint64_t bytes, uint64_t align)
{
    (void)self;
    return aligned_alloc((size_t)align, (size_t)((bytes + align - 1) / align * align));
}

static inline void text_free(void *self, void *ptr)
{
    (void)self;
    free(ptr);
}

static inline void text_diag(void *self, const nbx_diag *diag)
{
    text_graph *g = self;
    snprintf(g->code, sizeof g->code, "%s", diag->code);
    snprintf(g->error, sizeof g->error, "%s", diag->text);
}

static inline nbx_host text_host(text_graph *g)
{
    const nbx_host host = {.struct_size = sizeof host, .self = g, .alloc = text_alloc, .free = text_free, .diag = text_diag};
    return host;
}

/** The next word up to a blank or one of `stops`; *at moves behind it. */
static inline bool text_word(const char **at, const char *stops, char *out, size_t room)
{
    size_t n;
    *at += strspn(*at, " ");
    n = strcspn(*at, stops);
    while (n && (*at)[n - 1] == ' ')
        n--;
    if (n >= room) n = room - 1;
    memcpy(out, *at, n);
    out[n] = 0;
    *at += strcspn(*at, stops);
    return n > 0;
}

static inline uint32_t text_find(text_graph *g, const char *name)
{
    uint32_t i;
    if (strcmp(name, "-") == 0) return NBX_NONE;
    for (i = 0; i < g->value_count; i++)
        if (strcmp(g->names[i], name) == 0) return i;
    fprintf(stderr, "no tensor '%s' in the text\n", name);
    abort();
}

static inline void text_type(text_graph *g, nbx_value *value, const char *type, const char *params)
{
    static const char letters[] = "fdhijusb";
    static const uint32_t dtypes[] = {NBX_DTYPE_FLOAT32, NBX_DTYPE_FLOAT64, NBX_DTYPE_FLOAT16, NBX_DTYPE_INT64,
                                      NBX_DTYPE_INT32,   NBX_DTYPE_UINT8,   NBX_DTYPE_INT8,    NBX_DTYPE_BOOL};
    nbx_qparam *row = g->params[g->value_count];
    value->dtype = NBX_DTYPE_FLOAT32;
    if (type[1] == 0 && strchr(letters, type[0])) {
        value->dtype = dtypes[strchr(letters, type[0]) - letters];
        return;
    }
    value->encoding = nbx_encoding_find(type);
    if (!value->encoding) {
        fprintf(stderr, "no encoding '%s'\n", type);
        abort();
    }
    for (; *params; row++) {
        char *end;
        const double first = strtod(params, &end);
        row->scale = first;
        row->exponent = (int32_t)first;
        if (*end == ',') row->zero_point = (int32_t)strtol(end + 1, &end, 10);
        params = *end ? end + 1 : end;
    }
    value->params = (nbx_span){g->params[g->value_count], (uint32_t)(row - g->params[g->value_count]), sizeof(nbx_qparam)};
}

static inline uint32_t text_bits(const nbx_value *value)
{
    switch (value->encoding ? value->encoding->storage : value->dtype) {
#define DTYPE(number, name, onnx, bits, onnx_number, kind)                                                                                 \
    case NBX_DTYPE_##name:                                                                                                                 \
        return bits;
#include <nbx/tables/dtypes.def>
#undef DTYPE
    default:
        return 0;
    }
}

static inline bool text_is_float(const nbx_value *value)
{
    const uint32_t dtype = value->encoding ? value->encoding->storage : value->dtype;
    return dtype == NBX_DTYPE_FLOAT32 || dtype == NBX_DTYPE_FLOAT64 || dtype == NBX_DTYPE_FLOAT16 || dtype == NBX_DTYPE_BFLOAT16;
}

static inline void text_store(text_graph *g, uint32_t v, uint64_t i, double x)
{
    const nbx_value *value = &g->values[v];
    const uint32_t bits = text_bits(value);
    unsigned char *to = g->stored[v];
    int64_t raw = text_is_float(value) ? 0 : (int64_t)x; /* a float may be NaN */
    if (text_is_float(value) && bits == 32) {
        const float f = (float)x;
        memcpy(to + 4 * i, &f, 4);
    } else if (text_is_float(value) && bits == 64) {
        memcpy(to + 8 * i, &x, 8);
    } else if (text_is_float(value)) {
        const uint16_t h = value->encoding && value->encoding->storage == NBX_DTYPE_BFLOAT16 ? nbx_bf16_from_float((float)x)
                                                                                             : nbx_half_from_float((float)x);
        memcpy(to + 2 * i, &h, 2);
    } else if (bits >= 8) {
        memcpy(to + i * bits / 8, &raw, bits / 8);
    } else {
        to[i * bits / 8] = (unsigned char)(to[i * bits / 8] | ((uint64_t)raw & ((1u << bits) - 1)) << (i * bits % 8));
    }
}

static inline double text_load(const text_graph *g, uint32_t v, const unsigned char *from, uint64_t i)
{
    const nbx_value *value = &g->values[v];
    const uint32_t bits = text_bits(value), dtype = value->encoding ? value->encoding->storage : value->dtype;
    const bool is_signed = dtype == NBX_DTYPE_INT8 || dtype == NBX_DTYPE_INT16 || dtype == NBX_DTYPE_INT32 || dtype == NBX_DTYPE_INT4;
    uint64_t raw = 0;
    float f;
    double d;
    if (text_is_float(value) && bits == 32) {
        memcpy(&f, from + 4 * i, 4);
        return (double)f;
    }
    if (text_is_float(value) && bits == 64) {
        memcpy(&d, from + 8 * i, 8);
        return d;
    }
    if (bits < 8)
        raw = (uint64_t)(from[i * bits / 8] >> (i * bits % 8)) & ((1u << bits) - 1);
    else
        memcpy(&raw, from + i * bits / 8, bits / 8);
    if (text_is_float(value))
        return (double)(dtype == NBX_DTYPE_BFLOAT16 ? nbx_bf16_to_float((uint16_t)raw) : nbx_half_to_float((uint16_t)raw));
    if (bits < 64 && is_signed && raw >> (bits - 1)) return (double)((int64_t)raw - ((int64_t)1 << bits));
    return (double)(int64_t)raw;
}

static inline uint64_t text_numbers(const char **at, double *out)
{
    uint64_t n = 0;
    for (;;) {
        char *end;
        const double x = strtod(*at, &end);
        if (end == *at) return n;
        out[n++] = x;
        *at = end;
    }
}

static inline void text_tensors(text_graph *g, const char *at)
{
    char type[32], params[200];
    while (text_word(&at, " ", g->names[g->value_count], 16)) {
        const uint32_t v = g->value_count;
        nbx_value *value = &g->values[v];
        value->struct_size = sizeof *value;
        value->name = g->names[v];
        (void)text_word(&at, "([", type, sizeof type);
        params[0] = 0;
        if (*at == '(') {
            at++;
            (void)text_word(&at, ")", params, sizeof params);
            at++;
        }
        text_type(g, value, type, params);
        g->counts[v] = 1;
        for (at++; *at != ']';) {
            char *end;
            value->dims[value->rank] = strtoll(at, &end, 10);
            g->counts[v] *= (uint64_t)value->dims[value->rank++];
            at = *end == ',' ? end + 1 : end;
        }
        at++;
        if (*at == ':') {
            uint64_t i;
            at++;
            if (text_numbers(&at, g->data[v]) != g->counts[v]) {
                fprintf(stderr, "tensor '%s' has another number of elements than its shape\n", value->name);
                abort();
            }
            for (i = 0; i < g->counts[v]; i++)
                text_store(g, v, i, g->data[v][i]);
            value->flags = NBX_VALUE_INPUT;
            g->inputs[g->input_count++] = v;
        }
        at += strspn(at, "; ");
        g->value_count++;
    }
}

static inline void text_attr(text_node *row, const char *name, const char *text)
{
    const uint32_t n = row->attr_count++;
    nbx_attr *attr = &row->attrs[n];
    const bool number = strchr("-.0123456789", text[0]) != NULL || strncmp(text, "inf", 3) == 0,
               real = number && (strchr(text, '.') || strstr(text, "inf"));
    const char *at = text;
    attr->struct_size = sizeof *attr;
    snprintf(row->names[n], sizeof row->names[n], "%s", name);
    snprintf(row->texts[n], sizeof row->texts[n], "%s", text);
    attr->name = row->names[n];
    if (!number) {
        attr->kind = NBX_ATTR_STRING;
        attr->s = row->texts[n];
        return;
    }
    for (; *at; attr->count++) {
        char *end;
        const double x = strtod(at, &end);
        row->ints[n][attr->count] = (int64_t)x;
        row->floats[n][attr->count] = (float)x;
        at = *end ? end + 1 : end;
    }
    attr->kind = strchr(text, ',') ? (real ? NBX_ATTR_FLOATS : NBX_ATTR_INTS) : real ? NBX_ATTR_FLOAT : NBX_ATTR_INT;
    attr->ints = row->ints[n];
    attr->floats = row->floats[n];
    attr->i = row->ints[n][0];
    attr->f = (double)row->floats[n][0];
}

static inline void text_nodes(text_graph *g, const char *at)
{
    char word[64], name[40];
    for (; *at; at += strspn(at, "; ")) {
        text_node *row = &g->rows[g->node_count];
        nbx_node *node = &g->nodes[g->node_count];
        bool outputs = false;
        (void)text_word(&at, " ", row->op, sizeof row->op);
        for (at += strspn(at, " "); *at && *at != ';'; at += strspn(at, " ")) {
            if (*at == '{') {
                for (at++; *at != '}'; at += strspn(at, " ")) {
                    (void)text_word(&at, "=", name, sizeof name);
                    at++;
                    (void)text_word(&at, " }", word, sizeof word);
                    text_attr(row, name, word);
                }
                at++;
            } else if (*at == '>') {
                outputs = true;
                at++;
            } else {
                (void)text_word(&at, " ;", word, sizeof word);
                *(outputs ? &row->outputs[row->output_count++] : &row->inputs[row->input_count++]) = text_find(g, word);
            }
        }
        node->struct_size = sizeof *node;
        node->op_revision = 1;
        node->name = node->op = row->op;
        node->domain = "";
        node->inputs = (nbx_span){row->inputs, row->input_count, sizeof(uint32_t)};
        node->outputs = (nbx_span){row->outputs, row->output_count, sizeof(uint32_t)};
        node->attrs = (nbx_span){row->attrs, row->attr_count, sizeof(nbx_attr)};
        node->group = NBX_NONE;
        g->outputs[0] = row->outputs[0];
        g->members[g->node_count] = g->node_count;
        g->node_count++;
    }
}

static inline uint16_t text_mode(const char *word)
{
#define REQUANT(number, name, family, text)                                                                                                \
    if (strcmp(word, #name) == 0) return number;
#include <nbx/tables/requants.def>
#undef REQUANT
    fprintf(stderr, "no requant mode '%s'\n", word);
    abort();
}

static inline uint16_t text_choice(const char *word, const char *names)
{
    uint16_t n = 1;
    while (*names) {
        const size_t length = strcspn(names, "|");
        if (strlen(word) == length && strncmp(names, word, length) == 0) return n;
        names += length + (names[length] == '|');
        n++;
    }
    fprintf(stderr, "'%s' is no word of an arith text\n", word);
    abort();
}

static inline void text_arith(text_graph *g, const char *at)
{
    char key[32], word[32];
    uint32_t i;
    if (!*at) return;
    g->arith.struct_size = sizeof g->arith;
    g->arith.name = "text";
    g->arith.add_arith = NBX_ADD_REAL;
    while (text_word(&at, "=", key, sizeof key)) {
        at++;
        (void)text_word(&at, " ", word, sizeof word);
        if (strcmp(key, "product") == 0) g->arith.product = text_choice(word, "float|integer|log_expadd|log_table|log_float|xnor");
        if (strcmp(key, "bias") == 0) g->arith.bias_at = (uint8_t)text_choice(word, "accumulator|real");
        if (strcmp(key, "overflow") == 0) g->arith.acc_overflow = (uint8_t)text_choice(word, "wrap|saturate_end|saturate_step");
        if (strcmp(key, "add") == 0) g->arith.add_arith = text_choice(word, "real|fixed20");
        if (strcmp(key, "acc_bits") == 0) g->arith.acc_bits = (uint16_t)atoi(word);
        if (strcmp(key, "requant") == 0) g->arith.requant = text_mode(word);
        if (strcmp(key, "pool") == 0) g->arith.pool_round = text_mode(word);
    }
    for (i = 0; i < g->node_count; i++)
        g->nodes[i].arith = &g->arith;
}

/** Builds the view; the result is large and lives on the heap. */
static inline text_graph *text_build(const char *tensors, const char *nodes, const char *arith, const char *group)
{
    text_graph *g = calloc(1, sizeof *g);
    uint32_t i;
    if (!g) abort();
    text_tensors(g, tensors);
    text_nodes(g, nodes);
    text_arith(g, arith);
    if (*group) {
        g->group = (nbx_group){
            .struct_size = sizeof g->group, .at = text_choice(group, "accumulator|requantized"), .arith = *arith ? &g->arith : NULL};
        g->group.nodes = (nbx_span){g->members, g->node_count, sizeof(uint32_t)};
        for (i = 0; i < g->node_count; i++)
            g->nodes[i].group = 0;
    }
    g->values[g->outputs[0]].flags |= NBX_VALUE_OUTPUT;
    g->view = (nbx_graph_view){.struct_size = sizeof g->view,
                               .name = "text",
                               .values = {g->values, g->value_count, sizeof(nbx_value)},
                               .nodes = {g->nodes, g->node_count, sizeof(nbx_node)},
                               .groups = {&g->group, *group ? 1 : 0, sizeof(nbx_group)},
                               .inputs = {g->inputs, g->input_count, sizeof(uint32_t)},
                               .outputs = {g->outputs, 1, sizeof(uint32_t)}};
    return g;
}

/** Runs the graph through golden; results of the last node's first output as numbers. The status of the first call that failed. */
static inline int32_t text_run(text_graph *g, double *out)
{
    const nbx_host host = text_host(g);
    const uint32_t result = g->outputs[0];
    const void *inputs[TEXT_VALUES];
    void *outputs[1] = {calloc(1, TEXT_ELEMENTS * 8)};
    golden *program = NULL;
    void *scratch;
    uint64_t i;
    int32_t status = golden_create(&host, &g->view, &program);
    if (status != NBX_OK) {
        free(outputs[0]);
        return status;
    }
    for (i = 0; i < g->input_count; i++)
        inputs[i] = g->stored[g->inputs[i]];
    scratch = text_alloc(NULL, golden_scratch_bytes(program) + 64, 64);
    status = golden_run(program, scratch, inputs, outputs);
    for (i = 0; status == NBX_OK && i < g->counts[result]; i++)
        out[i] = text_load(g, result, outputs[0], i);
    free(outputs[0]);
    free(scratch);
    golden_destroy(program);
    return status;
}

/** One row of a table of graphs: what the last node's first output must be. */
typedef struct text_row {
    const char *name, *tensors, *nodes, *arith, *group, *expected;
} text_row;

/** Runs a row; false with a message. Floats agree to 2e-6 of 1 + |expected|, codes and integers exactly. */
static inline bool text_check(const text_row *row, char *message, size_t room)
{
    text_graph *g = text_build(row->tensors, row->nodes, row->arith ? row->arith : "", row->group ? row->group : "");
    double *got = calloc(TEXT_ELEMENTS, sizeof *got), *expected = calloc(TEXT_ELEMENTS, sizeof *expected);
    const char *at = row->expected;
    const int32_t status = text_run(g, got);
    const bool real = text_is_float(&g->values[g->outputs[0]]);
    uint64_t i, n = 0;
    bool good = false;
    if (row->expected[0] == 'E') {
        good = status != NBX_OK && strcmp(g->code, row->expected) == 0;
        snprintf(message, room, "%s: status %d code %s instead of %s", row->name, status, g->code, row->expected);
    } else if (status != NBX_OK) {
        snprintf(message, room, "%s: status %d, %s %s", row->name, status, g->code, g->error);
    } else {
        n = text_numbers(&at, expected);
        good = n == g->counts[g->outputs[0]];
        snprintf(message, room, "%s: %u expected values for %u elements", row->name, (unsigned)n, (unsigned)g->counts[g->outputs[0]]);
        for (i = 0; good && i < n; i++) {
            const double error = fabs(got[i] - expected[i]);
            good = got[i] == expected[i] || (real && error <= 2e-6 * (1 + fabs(expected[i]))) ||
                   (got[i] != got[i] && expected[i] != expected[i]);
            if (!good) snprintf(message, room, "%s: element %u is %.9g instead of %.9g", row->name, (unsigned)i, got[i], expected[i]);
        }
    }
    free(expected);
    free(got);
    free(g);
    return good;
}

#endif
