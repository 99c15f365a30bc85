/* SPDX-License-Identifier: Apache-2.0 */
/* Shape functions: a table of ops with their attributes and input shapes, and the shapes, attributes or error they must give. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "schema/ops.h"

/*
 * attrs    "name=1,2 name=WORD ...": the kind comes from the op's attribute set, else words are text and numbers a list
 * inputs   extents of each input, "i64:" or "u8:" ... in front of another dtype than float32, "-" for an absent one, "()" a scalar
 * outputs  extents of each output; then "name=value" for attributes after the call; "!text": BAD_INPUT and the error has
 *          `text`; "?text": UNSUPPORTED
 */
typedef struct shape_case {
    const char *name, *op, *attrs, *inputs, *outputs;
} shape_case;

/* Hand-computed from the formulas of ONNX's operator documentation, opset 21. */
static const shape_case cases[] = {
#include "shape_rows.inc"
};

#define MAX_ATTRS 24

typedef struct bench {
    nbx_attr attrs[MAX_ATTRS];
    int64_t ints[MAX_ATTRS][64];
    float floats[MAX_ATTRS][64];
    char names[MAX_ATTRS][40], texts[MAX_ATTRS][40];
    nbx_node node;
    nbx_value inputs[8];
    const nbx_value *pointers[8];
    nbx_shape_call call;
} bench;

static uint32_t slot_of(bench *b, const char *name)
{
    uint32_t i = 0;
    while (i < b->node.attrs.count && strcmp(b->names[i], name) != 0)
        i++;
    ck_assert_uint_lt(i, MAX_ATTRS);
    if (i == b->node.attrs.count) {
        snprintf(b->names[i], sizeof(b->names[i]), "%s", name);
        b->attrs[i] =
            (nbx_attr){.struct_size = sizeof(nbx_attr), .name = b->names[i], .ints = b->ints[i], .floats = b->floats[i], .s = b->texts[i]};
        b->node.attrs.count++;
    }
    return i;
}

static int set_ints(void *self, const char *name, const int64_t *values, uint32_t count)
{
    bench *b = self;
    uint32_t i = slot_of(b, name);
    b->attrs[i].kind = NBX_ATTR_INTS;
    b->attrs[i].count = count;
    memmove(b->ints[i], values, count * sizeof(int64_t));
    return NBX_OK;
}

static int set_floats(void *self, const char *name, const float *values, uint32_t count)
{
    bench *b = self;
    uint32_t i = slot_of(b, name);
    b->attrs[i].kind = NBX_ATTR_FLOATS;
    b->attrs[i].count = count;
    memmove(b->floats[i], values, count * sizeof(float));
    return NBX_OK;
}

static int set_int(void *self, const char *name, int64_t value)
{
    bench *b = self;
    uint32_t i = slot_of(b, name);
    b->attrs[i].kind = NBX_ATTR_INT;
    b->attrs[i].i = value;
    return NBX_OK;
}

static void remove_attr(void *self, const char *name)
{
    bench *b = self;
    for (uint32_t i = 0; i < b->node.attrs.count; i++)
        if (!strcmp(b->names[i], name)) {
            b->names[i][0] = '\0';
            return;
        }
}

static void add_attr(bench *b, const char *set, const char *name, const char *text)
{
    const nbx_attr_schema *schema = nbx_attr_schema_find(set, name);
    uint32_t i = slot_of(b, name);
    bool word = (*text >= 'A' && *text <= 'Z') || (*text >= 'a' && *text <= 'z');
    b->attrs[i].kind = schema ? schema->kind : word ? NBX_ATTR_STRING : strchr(text, ',') ? NBX_ATTR_INTS : NBX_ATTR_INT;
    if (!strcmp(name, "axes") || !strcmp(name, "output_shape")) b->attrs[i].kind = NBX_ATTR_INTS;
    snprintf(b->texts[i], sizeof(b->texts[i]), "%s", text);
    char *end = NULL;
    for (const char *p = text; *p && *p != '_' && !word; p = *end ? end + 1 : end) {
        b->ints[i][b->attrs[i].count] = strtoll(p, &end, 10);
        b->floats[i][b->attrs[i].count++] = strtof(p, &end);
    }
    b->attrs[i].i = b->ints[i][0];
    b->attrs[i].f = (double)b->floats[i][0];
}

static void parse_attrs(bench *b, const char *set, const char *text)
{
    char copy[400], *save = NULL;
    snprintf(copy, sizeof(copy), "%s", text);
    for (char *word = strtok_r(copy, " ", &save); word; word = strtok_r(NULL, " ", &save)) {
        char *equals = strchr(word, '=');
        ck_assert_ptr_nonnull(equals);
        *equals = '\0';
        add_attr(b, set, word, equals + 1);
    }
}

static uint32_t dtype_of(char *word, char **rest)
{
    static const struct {
        const char *prefix;
        uint32_t dtype;
    } prefixes[] = {{"i64:", NBX_DTYPE_INT64}, {"i32:", NBX_DTYPE_INT32}, {"u8:", NBX_DTYPE_UINT8},
                    {"i8:", NBX_DTYPE_INT8},   {"b:", NBX_DTYPE_BOOL},    {"f16:", NBX_DTYPE_FLOAT16}};
    *rest = word;
    for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++)
        if (!strncmp(word, prefixes[i].prefix, strlen(prefixes[i].prefix))) {
            *rest = word + strlen(prefixes[i].prefix);
            return prefixes[i].dtype;
        }
    return NBX_DTYPE_FLOAT32;
}

static void parse_inputs(bench *b, const char *text)
{
    char copy[400], *save = NULL;
    snprintf(copy, sizeof(copy), "%s", text);
    for (char *word = strtok_r(copy, " ", &save); word; word = strtok_r(NULL, " ", &save)) {
        uint32_t n = b->call.input_count++;
        nbx_value *value = &b->inputs[n];
        char *rest, *end;
        b->pointers[n] = !strcmp(word, "-") ? NULL : value;
        value->dtype = dtype_of(word, &rest);
        for (char *p = rest; *p && *p != '(' && *p != '-'; p = *end ? end + 1 : end)
            value->dims[value->rank++] = strtoll(p, &end, 10);
    }
}

static void print_outputs(const bench *b, char *out, size_t size)
{
    size_t used = 0;
    out[0] = '\0';
    for (uint32_t n = 0; n < b->call.output_count; n++) {
        const char *dtype = nbx_dtype_name(b->call.outputs[n].dtype);
        bool is_float = dtype && !strcmp(dtype, "float32");
        used += (size_t)snprintf(out + used, size - used, "%s%s%s", n ? " " : "",
                                 is_float ? ""
                                 : dtype  ? dtype
                                          : "none",
                                 is_float ? "" : ":");
        if (b->call.outputs[n].rank == 0) used += (size_t)snprintf(out + used, size - used, "()");
        for (uint32_t i = 0; i < b->call.outputs[n].rank; i++)
            used += (size_t)snprintf(out + used, size - used, "%s%lld", i ? "," : "", (long long)b->call.outputs[n].dims[i]);
    }
}

static void print_attr(const bench *b, const char *name, char *out, size_t size)
{
    size_t used = (size_t)snprintf(out, size, "%s=", name);
    for (uint32_t i = 0; i < b->node.attrs.count; i++) {
        if (strcmp(b->names[i], name) != 0) continue;
        const nbx_attr *a = &b->attrs[i];
        if (a->kind == NBX_ATTR_INT) snprintf(out + used, size - used, "%lld", (long long)a->i);
        if (a->kind == NBX_ATTR_STRING) snprintf(out + used, size - used, "%s", a->s);
        for (uint32_t k = 0; k < a->count && a->kind == NBX_ATTR_INTS; k++)
            used += (size_t)snprintf(out + used, size - used, "%s%lld", k ? "," : "", (long long)a->ints[k]);
        for (uint32_t k = 0; k < a->count && a->kind == NBX_ATTR_FLOATS; k++)
            used += (size_t)snprintf(out + used, size - used, "%s%g", k ? "," : "", (double)a->floats[k]);
    }
}

static int apply(bench *b, const shape_case *c)
{
    memset(b->call.outputs, 0, sizeof(b->call.outputs));
    b->call.error[0] = '\0';
    return nbx_op_find(c->op)->shape(&b->call);
}

/* Output shapes are the words before the first one with "=". */
static uint32_t expected_outputs(const char *text)
{
    uint32_t count = 1;
    for (const char *p = text; (p = strchr(p, ' ')) != NULL; p++) {
        const char *next = strchr(p + 1, ' '), *equals = strchr(p + 1, '=');
        if (equals && (!next || equals < next)) break;
        count++;
    }
    return count;
}

static void check_result(const bench *b, const shape_case *c)
{
    char want[400], got[400], attr[200], *save = NULL;
    snprintf(want, sizeof(want), "%s", c->outputs);
    char *attrs = strchr(want, '=');
    if (attrs) {
        while (*attrs != ' ')
            attrs--;
        *attrs++ = '\0';
    }
    print_outputs(b, got, sizeof(got));
    ck_assert_msg(!strcmp(got, want), "%s: %s, wanted %s", c->name, got, want);
    for (char *word = attrs ? strtok_r(attrs, " ", &save) : NULL; word; word = strtok_r(NULL, " ", &save)) {
        char name[40];
        snprintf(name, sizeof(name), "%.*s", (int)(strchr(word, '=') - word), word);
        print_attr(b, name, attr, sizeof(attr));
        ck_assert_msg(!strcmp(attr, word), "%s: %s, wanted %s", c->name, attr, word);
    }
}

START_TEST(shape_row)
{
    const shape_case *c = &cases[_i];
    const nbx_op_schema *schema = nbx_op_find(c->op);
    ck_assert_msg(schema != NULL, "%s", c->op);
    bench *b = calloc(1, sizeof(*b));
    ck_assert_ptr_nonnull(b);
    b->node = (nbx_node){.struct_size = sizeof(nbx_node), .op = schema->name, .domain = "", .attrs = {b->attrs, 0, sizeof(nbx_attr)}};
    b->call = (nbx_shape_call){.node = &b->node, .inputs = b->pointers, .self = b};
    b->call.set_ints = set_ints;
    b->call.set_floats = set_floats;
    b->call.set_int = set_int;
    b->call.remove = remove_attr;
    parse_attrs(b, schema->attr_set, c->attrs);
    parse_inputs(b, c->inputs);
    bool fails = *c->outputs == '!' || *c->outputs == '?';
    b->call.output_count = fails ? 1 : expected_outputs(c->outputs);
    int status = apply(b, c);
    if (fails) {
        ck_assert_msg(status == (*c->outputs == '!' ? NBX_BAD_INPUT : NBX_UNSUPPORTED), "%s: status %d (%s)", c->name, status,
                      b->call.error);
        ck_assert_msg(strstr(b->call.error, c->outputs + 1) != NULL, "%s: '%s'", c->name, b->call.error);
        free(b);
        return;
    }
    ck_assert_msg(status == NBX_OK, "%s: status %d (%s)", c->name, status, b->call.error);
    check_result(b, c);
    status = apply(b, c); /* a canonical node stays as it is */
    ck_assert_msg(status == NBX_OK, "%s, again: status %d (%s)", c->name, status, b->call.error);
    check_result(b, c);
    free(b);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("shapes");
    TCase *tests = tcase_create("rows");
    tcase_add_loop_test(tests, shape_row, 0, (int)(sizeof(cases) / sizeof(cases[0])));
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
