/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of upgrades.def: what a node of an old opset looks like after import, as text; meanings are those of ONNX's changelog. */
#include <stdio.h>

#include "imported.h"

/* Attributes as "name=i1;name=f0.5;name=tabc;name=I1,2;name=F1,2" (int, float, text, lists). */
static void add_attributes(pb *node, const char *text)
{
    char name[64];
    while (*text) {
        size_t length = strcspn(text, "=");
        ck_assert(length < sizeof(name) && text[length] == '=');
        memcpy(name, text, length);
        name[length] = '\0';
        char kind = text[length + 1];
        const char *at = text + length + 2;
        size_t end = strcspn(at, ";"), count = 0;
        char value[128] = "";
        memcpy(value, at, end < sizeof(value) ? end : sizeof(value) - 1);
        int64_t ints[16];
        float floats[16];
        for (char *part = value; strchr("IF", kind) && *part && count < 16; count++) {
            ints[count] = strtoll(part, NULL, 10);
            floats[count] = strtof(part, &part);
            part += *part == ',';
        }
        if (kind == 'i') onnx_attr_int(node, name, strtoll(value, NULL, 10));
        if (kind == 'f') onnx_attr_float(node, name, strtof(value, NULL));
        if (kind == 't') onnx_attr_text(node, name, value);
        if (kind == 'I') onnx_attr_ints(node, name, ints, count);
        if (kind == 'F') onnx_attr_floats(node, name, floats, count);
        text = at + end + (at[end] == ';');
    }
}

static void print_attribute(char *out, size_t room, const nbx_attr *attr)
{
    size_t used = (size_t)snprintf(out, room, " %s=", attr->name);
    if (attr->kind == NBX_ATTR_INT) snprintf(out + used, room - used, "%lld", (long long)attr->i);
    if (attr->kind == NBX_ATTR_FLOAT) snprintf(out + used, room - used, "%g", attr->f);
    if (attr->kind == NBX_ATTR_STRING) snprintf(out + used, room - used, "%s", attr->s);
    for (uint32_t i = 0; i < attr->count; i++) {
        double value = attr->kind == NBX_ATTR_INTS ? (double)attr->ints[i] : (double)attr->floats[i];
        used += (size_t)snprintf(out + used, room - used, i ? ",%g" : "%g", value);
    }
}

static int by_name(const void *a, const void *b)
{
    return strcmp((*(const nbx_attr *const *)a)->name, (*(const nbx_attr *const *)b)->name);
}

/* "Op(inputs) name=value ..." with attributes in the order of their names, or "opaque: reason". */
static const char *describe(const nbx_graph *graph, const nbx_g_node *node)
{
    static char text[1024];
    const nbx_attr *sorted[32];
    if (!node->schema) {
        snprintf(text, sizeof(text), "opaque: %s", node->opaque_reason);
        return text;
    }
    size_t used = (size_t)snprintf(text, sizeof(text), "%s(", node->n.op);
    for (uint32_t i = 0; i < node->n.inputs.count; i++)
        used += (size_t)snprintf(text + used, sizeof(text) - used, i ? ",%s" : "%s", input_name(graph, node, i));
    used += (size_t)snprintf(text + used, sizeof(text) - used, ")");
    for (uint32_t i = 0; i < node->n.attrs.count && i < 32; i++)
        sorted[i] = NBX_ROW(nbx_attr, node->n.attrs, i);
    qsort(sorted, node->n.attrs.count, sizeof(sorted[0]), by_name);
    for (uint32_t i = 0; i < node->n.attrs.count && i < 32; i++) {
        print_attribute(text + used, sizeof(text) - used, sorted[i]);
        used += strlen(text + used);
    }
    return text;
}

typedef struct upgrade_row {
    const char *op;
    int64_t opset;
    const char *inputs, *attributes;
    const char *expected;
} upgrade_row;

/* Constants in reach: s float [4], i int64 [4] 1 2 3 4, z int64 [2] 0 -1, w float [3], yes and no bool. x is [1,3,8,8]. */
static const upgrade_row upgrade_rows[] = {
    /* attributes of old opsets are those of the canonical node */
    {"Clip", 6 + 1, "x", "min=f0;max=f6", "Clip(x) max=6 min=0"},
    {"Clip", 11, "x,s", "", "Clip(x,s)"},
    {"Pad", 7, "x", "pads=I0,0,1,1,0,0,1,1;value=f2;mode=tedge", "Pad(x) mode=edge pads=0,0,1,1,0,0,1,1 value=2"},
    {"Slice", 9, "x", "starts=I1;ends=I2;axes=I1", "Slice(x) axes=1 ends=2 starts=1"},
    {"Split", 11, "x", "axis=i1;split=I3", "Split(x) axis=1 split=3"},
    {"Squeeze", 11, "x", "axes=I0", "Squeeze(x) axes=0"},
    {"Unsqueeze", 7, "x", "axes=I0", "Unsqueeze(x) axes=0"},
    {"ReduceMean", 13, "x", "axes=I2,3;keepdims=i0", "ReduceMean(x) axes=2,3 keepdims=0"},
    {"ReduceMean", 18, "x,i", "keepdims=i1", "ReduceMean(x,i) keepdims=1"},
    {"ReduceSum", 11, "x", "axes=I-1", "ReduceSum(x) axes=-1"},
    /* padding by name is left to the shape function */
    {"Conv", 7, "x,s", "auto_pad=tSAME_UPPER;group=i3", "Conv(x,s) auto_pad=SAME_UPPER group=3"},
    {"MaxPool", 8, "x", "auto_pad=tVALID;kernel_shape=I2,2", "MaxPool(x) auto_pad=VALID kernel_shape=2,2"},
    {"ConvTranspose", 11, "x,s", "output_shape=I16,16", "ConvTranspose(x,s) output_shape=16,16"},
    /* training */
    {"BatchNormalization", 7, "x,w,w,w,w", "epsilon=f0.001;momentum=f0.9;spatial=i1", "BatchNormalization(x,w,w,w,w) epsilon=0.001"},
    {"BatchNormalization", 7, "x,w,w,w,w", "spatial=i0", "opaque: BatchNormalization normalizes every element by itself"},
    {"BatchNormalization", 14, "x,w,w,w,w", "training_mode=i1", "opaque: BatchNormalization is in training mode"},
    {"BatchNormalization", 15, "x,w,w,w,w", "training_mode=i0", "BatchNormalization(x,w,w,w,w)"},
    {"Dropout", 7, "x", "ratio=f0.5", "Dropout(x)"},
    {"Dropout", 12, "x,s", "seed=i1", "Dropout(x)"},
    {"Dropout", 13, "x,,no", "", "Dropout(x)"},
    {"Dropout", 13, "x,,yes", "", "opaque: Dropout is in training mode"},
    /* softmax over rows of a matrix until opset 12 */
    {"Softmax", 13, "x", "", "Softmax(x)"},
    {"Softmax", 11, "x", "axis=i-1", "Softmax(x) axis=-1"},
    {"Softmax", 9, "x", "axis=i3", "Softmax(x) axis=3"},
    {"Softmax", 9, "x", "", "Softmax(n/flatten) axis=1"},
    {"LogSoftmax", 12, "x", "axis=i-2", "LogSoftmax(n/flatten) axis=1"},
    /* resizing: Upsample became Resize in opset 10, which took asymmetric coordinates until 11 */
    {"Upsample", 7, "x", "mode=tnearest;scales=F1,1,2,2",
     "Resize(x) coordinate_transformation_mode=asymmetric mode=nearest nearest_mode=floor scales=1,1,2,2"},
    {"Upsample", 9, "x,s", "mode=tlinear", "Resize(x,,s) coordinate_transformation_mode=asymmetric mode=linear nearest_mode=floor"},
    {"Upsample", 9, "x", "", "opaque: Upsample has no scales"},
    {"Resize", 10, "x,s", "", "Resize(x,,s) coordinate_transformation_mode=asymmetric nearest_mode=floor"},
    {"Resize", 11, "x,,s", "coordinate_transformation_mode=ttf_half_pixel_for_nn",
     "Resize(x,,s) coordinate_transformation_mode=tf_half_pixel_for_nn"},
    {"Resize", 13, "x,s,s", "coordinate_transformation_mode=ttf_crop_and_resize", "opaque: Resize resizes a region of interest"},
    {"Resize", 13, "x,,,i", "", "Resize(x,,,i)"},
    /* others */
    {"Cast", 7, "x", "to=tINT64", "Cast(x) to=7"},
    {"Cast", 13, "x", "to=i10", "Cast(x) to=10"},
    {"Cast", 13, "x", "to=i99", "opaque: Cast casts to a type that NBX does not know"},
    {"Cast", 13, "x", "to=i1001", "opaque: Cast casts to a type that NBX does not know"},
    {"Reshape", 14, "x,i", "allowzero=i1", "Reshape(x,i)"},
    {"Reshape", 14, "x,z", "allowzero=i0", "Reshape(x,z)"},
    {"Reshape", 14, "x,z", "allowzero=i1", "opaque: Reshape keeps extents of zero"},
    {"Split", 18, "x", "num_outputs=i1;axis=i1", "Split(x) axis=1"},
    {"Split", 18, "x", "num_outputs=i2", "opaque: Split has another number of outputs than num_outputs"},
    {"QuantizeLinear", 23, "x,w", "precision=i1", "opaque: QuantizeLinear asks for another precision"},
    {"QuantizeLinear", 21, "x,w", "output_dtype=i3", "QuantizeLinear(x,w) output_dtype=3"},
    {"Gemm", 13, "s,s", "flatten=i1", "opaque: Gemm has attribute 'flatten', unknown to ONNX"},
    {"Add", 7, "x,s", "broadcast=i1", "opaque: Add has attribute 'broadcast', which NBX does not know"},
    {"Requantize", 13, "x", "", "opaque: Requantize is not an operator of ONNX"},
    {"Flatten", 9, "x", "axis=i-1", "Flatten(x) axis=-1"},
    {"HardSwish", 13, "x", "", "HardSwish(x)"},
    {"Gelu", 20, "x", "approximate=ttanh", "Gelu(x) approximate=tanh"},
};

static void add_constants(pb *g)
{
    static const float s[4] = {1, 1, 2, 2}, w[3] = {1, 2, 3};
    static const int64_t i[4] = {1, 2, 3, 4}, z[2] = {0, -1}, four[1] = {4}, three[1] = {3};
    onnx_floats(g, "s", 1, four, s, 4);
    onnx_floats(g, "w", 1, three, w, 3);
    onnx_int64s(g, "i", i, 4);
    onnx_int64s(g, "z", z, 2);
    onnx_add(g, 5, onnx_tensor("yes", 9, 0, NULL, "\x01", 1));
    onnx_add(g, 5, onnx_tensor("no", 9, 0, NULL, "\x00", 1));
}

static imported import_one(const upgrade_row *row)
{
    static const int64_t image[4] = {1, 3, 8, 8};
    pb g = {0}, node = onnx_node(row->op, "n", row->inputs, "y");
    onnx_input(&g, "x", 4, image);
    add_constants(&g);
    add_attributes(&node, row->attributes);
    onnx_add(&g, 1, node);
    onnx_output(&g, "y");
    return import_graph(&g, row->opset, NULL);
}

START_TEST(old_forms_become_canonical)
{
    const upgrade_row *row = &upgrade_rows[_i];
    imported it = import_one(row);
    ck_assert_msg(it.status == NBX_OK, "%s-%d: %s", row->op, (int)row->opset, last_text());
    const char *text = describe(it.graph, node_called(it.graph, "n"));
    ck_assert_msg(!strcmp(text, row->expected), "%s-%d with %s:\n  is     %s\n  wanted %s", row->op, (int)row->opset, row->attributes, text,
                  row->expected);
    check_origins(it.graph);
    release(&it);
}
END_TEST

START_TEST(softmax_of_old_keeps_its_meaning)
{
    static const upgrade_row row = {"Softmax", 9, "x", "axis=i1", ""};
    imported it = import_one(&row);
    ck_assert_int_eq(it.status, NBX_OK);
    ck_assert_uint_eq(it.graph->node_count, 4);
    ck_assert_str_eq(describe(it.graph, node_called(it.graph, "n/flatten")), "Flatten(x) axis=1");
    ck_assert_str_eq(describe(it.graph, node_called(it.graph, "n/shape")), "Shape(x)");
    ck_assert_str_eq(describe(it.graph, node_called(it.graph, "n")), "Softmax(n/flatten) axis=1");
    ck_assert_str_eq(describe(it.graph, node_called(it.graph, "n/reshape")), "Reshape(n/reshape,n/shape)");
    ck_assert_str_eq(it.graph->values[nbx_node_output(node_called(it.graph, "n/reshape"), 0)].v.name, "y");
    release(&it);
}
END_TEST

START_TEST(softmax_behind_a_matrix_needs_no_reshape)
{
    static const int64_t image[4] = {1, 3, 8, 8};
    pb g = {0};
    onnx_input(&g, "x", 4, image);
    onnx_add(&g, 1, onnx_node("Flatten", "f", "x", "a"));
    onnx_add(&g, 1, onnx_node("Softmax", "n", "a", "y"));
    onnx_output(&g, "y");
    imported it = import_graph(&g, 9, NULL);
    ck_assert_int_eq(it.status, NBX_OK);
    ck_assert_str_eq(describe(it.graph, node_called(it.graph, "n")), "Softmax(a) axis=1");
    release(&it);
}
END_TEST

START_TEST(statistics_as_outputs_are_training)
{
    static const int64_t image[4] = {1, 3, 8, 8};
    pb g = {0};
    onnx_input(&g, "x", 4, image);
    add_constants(&g);
    onnx_add(&g, 1, onnx_node("BatchNormalization", "n", "x,w,w,w,w", _i ? "y,mean,var" : "y,,"));
    onnx_output(&g, "y");
    imported it = import_graph(&g, 9, NULL);
    ck_assert_int_eq(it.status, NBX_OK);
    ck_assert_int_eq(node_called(it.graph, "n")->schema == NULL, _i);
    release(&it);
}
END_TEST

typedef struct opset_row {
    int64_t opset;
    nbx_status status;
    const char *code;
} opset_row;

static const opset_row opset_rows[] = {
    {0, NBX_BAD_INPUT, "E-IMPORT-001"},
    {1, NBX_BAD_INPUT, "E-IMPORT-001"},
    {6, NBX_BAD_INPUT, "E-IMPORT-001"},
    {7, NBX_OK, ""},
    {21, NBX_OK, ""},
    {22, NBX_OK, "E-IMPORT-002"},
    {24, NBX_OK, "E-IMPORT-002"},
    {25, NBX_BAD_INPUT, "E-IMPORT-001"},
    {INT64_MIN, NBX_BAD_INPUT, "E-IMPORT-001"},
};

START_TEST(opsets_have_bounds)
{
    const upgrade_row row = {"Relu", opset_rows[_i].opset, "x", "", ""};
    imported it = import_one(&row);
    ck_assert_int_eq(it.status, opset_rows[_i].status);
    ck_assert_str_eq(last_code(), opset_rows[_i].code);
    release(&it);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("import_upgrades");
    TCase *tests = tcase_create("import_upgrades");
    tcase_add_checked_fixture(tests, open_context, close_context);
    tcase_add_loop_test(tests, old_forms_become_canonical, 0, COUNT(upgrade_rows));
    tcase_add_test(tests, softmax_of_old_keeps_its_meaning);
    tcase_add_test(tests, softmax_behind_a_matrix_needs_no_reshape);
    tcase_add_loop_test(tests, statistics_as_outputs_are_training, 0, 2);
    tcase_add_loop_test(tests, opsets_have_bounds, 0, COUNT(opset_rows));
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
