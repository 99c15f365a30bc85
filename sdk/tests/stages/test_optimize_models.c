/* SPDX-License-Identifier: Apache-2.0 */
/* Optimize on whole networks, where the shared models are at hand: shapes, MACs, origins, and two exports of one network. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "schema/macs.h"
#include "stages/import/import.h"
#include "stages/optimize/optimize.h"

/*
 * MACs: models.tsv and structure/README.md. `extra` are those of BatchNormalization that has no convolution in front and
 * becomes a depthwise 1x1 Conv: repvgg_train has three: 24x16x16, 40x8x8 and 64x4x4.
 */
typedef struct model_case {
    const char *file;
    uint64_t macs, extra;
    const char *never; /* ops that must be gone, separated by blanks */
} model_case;

#define TRAINING "BatchNormalization Identity Flatten Constant Dropout"

static const model_case cases[] = {
    {"mobilenetv2.onnx", 1678080, 0, TRAINING},
    {"resnet.onnx", 5219584, 0, TRAINING},
    {"shufflenetv2.onnx", 1016320, 0, TRAINING " Transpose Reshape"},
    {"repvgg_train.onnx", 5202560, 9728, TRAINING},
    {"repvgg_deploy.onnx", 4682368, 0, TRAINING},
    {"mobilenetv1.onnx", 1075456, 0, "Pad BatchNormalization Identity"},
    {"cspnet.onnx", 4218656, 0, TRAINING},
    {"cspnet_raw.onnx", 4218656, 0, TRAINING " Slice Shape Gather Div Mul"},
    {"vgg.onnx", 8294880, 0, TRAINING},
    {"qdqnet.onnx", 1680000, 0, "Flatten"},
    {"shapenet.onnx", 7166912, 0, TRAINING},
    {"structure/alexnet.onnx", 724406816, 0, TRAINING " ConstantOfShape"},
    {"structure/resnet18.onnx", 1814073344, 0, TRAINING " ConstantOfShape"},
    {"structure/resnet50_v1.onnx", 3857973248, 0, TRAINING " ConstantOfShape"},
    {"structure/mobilenet_v1.onnx", 568740352, 0, "BatchNormalization ConstantOfShape"},
    {"structure/mobilenet_v2.onnx", 300774272, 0, TRAINING " ConstantOfShape"},
    {"structure/shufflenet_v2_x1_0.onnx", 144907992, 0, TRAINING " ConstantOfShape Transpose Reshape"},
    {"structure/efficientnet_lite0.onnx", 385187552, 0, TRAINING " ConstantOfShape"},
    {"structure/efficientnet_lite2.onnx", 859736272, 0, TRAINING " ConstantOfShape"},
    {"structure/efficientnet_lite4.onnx", 2553034336, 0, TRAINING " ConstantOfShape"},
    {"structure/repvgg_a1.onnx", 2363967488, 0, TRAINING " ConstantOfShape"},
    {"structure/csp_resnet50.onnx", 3458752512, 0, TRAINING " ConstantOfShape"},
    {"structure/vovnet39.onnx", 7072227328, 0, TRAINING " ConstantOfShape"},
};

static bool path_of(const char *file, char *out, size_t size)
{
    snprintf(out, size, "%s/models/%s", NBX_SHARED, file);
    return access(out, R_OK) == 0;
}

static nbx_graph *import(nbx_context *context, const char *path)
{
    nbx_graph *graph = NULL;
    nbx_message message = {.text = ""};
    nbx_status status = nbx_import_onnx(context, path, NULL, &graph);
    if (status == NBX_OK) status = nbx_optimize(context, graph);
    if (nbx_message_count(context)) nbx_message_get(context, nbx_message_count(context) - 1, &message);
    ck_assert_msg(status == NBX_OK, "%s: %s", path, message.text);
    return graph;
}

static void check_shapes(const nbx_graph *graph, const char *file)
{
    for (uint32_t n = 0; n < graph->node_count; n++) {
        const nbx_g_node *node = &graph->nodes[n];
        ck_assert_msg(node->schema && !node->opaque_reason, "%s: %s: %s", file, node->n.name, node->opaque_reason);
        for (uint32_t i = 0; i < node->n.outputs.count; i++)
            ck_assert_msg(graph->values[nbx_node_output(node, i)].known, "%s: %s", file, node->n.name);
        ck_assert_msg(node->n.origins.count > 0, "%s: %s stands for nothing", file, node->n.name);
    }
}

static void check_origins(const nbx_graph *graph, const char *file)
{
    for (uint32_t s = 0; s < graph->source_count; s++) {
        uint32_t seen = 0;
        for (uint32_t n = 0; n < graph->node_count; n++)
            for (uint32_t i = 0; i < graph->nodes[n].n.origins.count; i++)
                seen += !strcmp(*NBX_ROW(char *, graph->nodes[n].n.origins, i), graph->sources[s].name);
        ck_assert_msg(seen == (graph->sources[s].fate == NBX_FATE_NODE), "%s: %s is in %u nodes", file, graph->sources[s].name, seen);
    }
}

START_TEST(model_row)
{
    const model_case *c = &cases[_i];
    char path[512], ops[200], *save = NULL;
    nbx_context *context;
    nbx_graph_view view;
    uint64_t macs = 0;
    if (!path_of(c->file, path, sizeof(path))) return;
    ck_assert_int_eq(nbx_context_create(&context), NBX_OK);
    nbx_graph *graph = import(context, path);
    check_shapes(graph, c->file);
    check_origins(graph, c->file);
    nbx_graph_view_of(graph, &view);
    for (uint32_t n = 0; n < view.nodes.count; n++)
        macs += nbx_node_macs(&view, n);
    ck_assert_msg(macs == c->macs + c->extra, "%s: %llu MACs", c->file, (unsigned long long)macs);
    snprintf(ops, sizeof(ops), "%s", c->never);
    for (char *op = strtok_r(ops, " ", &save); op; op = strtok_r(NULL, " ", &save))
        for (uint32_t n = 0; n < graph->node_count; n++)
            ck_assert_msg(strcmp(graph->nodes[n].n.op, op) != 0, "%s: %s is still there", c->file, graph->nodes[n].n.name);
    nbx_graph_destroy(graph);
    nbx_context_destroy(context);
}
END_TEST

static bool same_attr(const nbx_attr *a, const nbx_attr *b)
{
    if (!b || a->kind != b->kind || a->count != b->count || a->i != b->i || a->f != b->f) return false;
    if (a->kind == NBX_ATTR_STRING) return !strcmp(a->s, b->s);
    if (a->kind == NBX_ATTR_INTS) return !a->count || !memcmp(a->ints, b->ints, a->count * sizeof(int64_t));
    if (a->kind == NBX_ATTR_FLOATS) return !a->count || !memcmp(a->floats, b->floats, a->count * sizeof(float));
    return true;
}

static void check_same_node(const nbx_graph *one, const nbx_graph *two, uint32_t n)
{
    const nbx_g_node *a = &one->nodes[n], *b = &two->nodes[n];
    ck_assert_str_eq(a->n.op, b->n.op);
    ck_assert_uint_eq(a->n.attrs.count, b->n.attrs.count);
    ck_assert_uint_eq(a->n.inputs.count, b->n.inputs.count);
    for (uint32_t i = 0; i < a->n.attrs.count; i++) {
        const nbx_attr *attr = NBX_ROW(nbx_attr, a->n.attrs, i);
        ck_assert_msg(same_attr(attr, nbx_node_attr(&b->n, attr->name)), "%s: %s differs", a->n.name, attr->name);
    }
    for (uint32_t i = 0; i < a->n.outputs.count; i++) {
        const nbx_value *x = &one->values[nbx_node_output(a, i)].v, *y = &two->values[nbx_node_output(b, i)].v;
        ck_assert_uint_eq(x->rank, y->rank);
        ck_assert_msg(!memcmp(x->dims, y->dims, x->rank * sizeof(int64_t)), "%s: shapes differ", a->n.name);
    }
}

/* cspnet_raw holds the weights of cspnet as an exporter wrote them, with the channel split as arithmetic. */
START_TEST(two_exports_of_one_network)
{
    char first[512], second[512];
    nbx_context *context;
    if (!path_of("cspnet.onnx", first, sizeof(first)) || !path_of("cspnet_raw.onnx", second, sizeof(second))) return;
    ck_assert_int_eq(nbx_context_create(&context), NBX_OK);
    nbx_graph *one = import(context, first), *two = import(context, second);
    ck_assert_uint_eq(one->node_count, two->node_count);
    for (uint32_t n = 0; n < one->node_count; n++)
        check_same_node(one, two, n);
    nbx_graph_destroy(one);
    nbx_graph_destroy(two);
    nbx_context_destroy(context);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("optimize models");
    TCase *tests = tcase_create("models");
    tcase_add_loop_test(tests, model_row, 0, (int)(sizeof(cases) / sizeof(cases[0])));
    tcase_add_test(tests, two_exports_of_one_network);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
