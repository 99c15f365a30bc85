/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The mixed graph: chip segments, fallback segments and the host's conversions between them give, byte for byte at every segment
 * output, what `reference` computes for the same views. The run stage is compiled in, so that a lane's buffers can be looked at.
 */
#include "../../stages/run/run.c" /* NOLINT: on purpose */

#include <unistd.h>

#include "stages/feed/feed.h"
#include "toy_plan.h"

/* Segments of the other plan's chips run on the engine from now on. */
static void give_to_engine(nbx_plan *plan)
{
    for (uint32_t c = 0; c < plan->chip_count; c++) {
        nbx_plan_chip *chip = &plan->chips[c];
        if (chip->device) chip->plugin->api.close(chip->device);
        chip->device = NULL;
        chip->plugin = plan->engine.plugin;
        chip->chip = plan->engine.chip;
        chip->options = plan->engine.options;
        chip->option_count = plan->engine.option_count;
    }
}

typedef struct side {
    nbx_session *session;
    nbx_lane *lane;
} side;

static side open_side(toy_world *w)
{
    side out;
    ck_assert_msg(nbx_compile_segments(w->plan) == NBX_OK, "%s", toy_code(w));
    ck_assert_msg(nbx_session_create(w->plan, &out.session) == NBX_OK, "%s", toy_code(w));
    ck_assert_msg(nbx_lane_create(out.session, &out.lane) == NBX_OK, "%s", toy_code(w));
    return out;
}

static void close_side(side *s)
{
    nbx_lane_destroy(s->lane);
    nbx_session_destroy(s->session);
}

/* Codes of one segment output without the padding that nobody promises. */
static void *dense_of(const nbx_plan *plan, uint32_t s, const nbx_plan_port *port, const void *data, size_t *bytes)
{
    nbx_layout_plan made;
    const nbx_quantized *row = stored_in(plan, s, port->value);
    uint64_t dense;
    ck_assert(nbx_stored_bytes(&plan->graph->values[port->value], row, &dense));
    ck_assert(laid_out(plan, port->value, row, &port->layout, &made));
    void *out = nbx_block_create(dense);
    nbx_layout_unpack(&made, data, out);
    *bytes = (size_t)dense;
    return out;
}

static void compare_outputs(const char *name, const nbx_plan *plan, const side *chip, const side *engine, uint32_t sample)
{
    for (uint32_t s = 0; s < plan->segment_count; s++)
        for (uint32_t o = 0; o < plan->segments[s].output_count; o++) {
            const nbx_plan_port *port = &plan->segments[s].outputs[o];
            size_t bytes, other_bytes;
            void *a = dense_of(plan, s, port, chip->lane->stops[s].outputs[o], &bytes);
            void *b = dense_of(plan, s, port, engine->lane->stops[s].outputs[o], &other_bytes);
            ck_assert_msg(bytes == other_bytes && !memcmp(a, b, bytes), "%s: sample %u, segment %u, output %s differs", name, sample, s,
                          plan->graph->values[port->value].v.name);
            free(a);
            free(b);
        }
}

static void run_both(const char *name, toy_world *a, toy_world *b, const nbx_feed *feed, uint32_t samples)
{
    side chip = open_side(a);
    ck_assert_int_eq(nbx_compile_segments(b->plan), NBX_OK); /* a shortfall of the chip cuts here as well */
    give_to_engine(b->plan);
    ck_assert_uint_eq(a->plan->segment_count, b->plan->segment_count);
    side engine = open_side(b);
    void *in[4], *out[8], *other[8];
    for (uint32_t i = 0; i < feed->input_count; i++)
        in[i] = nbx_block_create(feed->inputs[i].elements * 8);
    for (uint32_t o = 0; o < a->graph->output_count; o++) {
        uint64_t count;
        const nbx_value *v = &a->graph->values[a->graph->outputs[o]].v;
        ck_assert(nbx_shape_elements(v->rank, v->dims, &count));
        out[o] = nbx_block_create(count * 8);
        other[o] = nbx_block_create(count * 8);
    }
    for (uint32_t s = 0; s < samples && s < feed->sample_count; s++) {
        for (uint32_t i = 0; i < feed->input_count; i++)
            nbx_feed_sample(feed, i, s, in[i]);
        ck_assert_msg(nbx_lane_run(chip.lane, (const void *const *)in, out) == NBX_OK, "%s: %s", name, toy_code(a));
        ck_assert_msg(nbx_lane_run(engine.lane, (const void *const *)in, other) == NBX_OK, "%s: %s", name, toy_code(b));
        compare_outputs(name, a->plan, &chip, &engine, s);
    }
    for (uint32_t i = 0; i < feed->input_count; i++)
        free(in[i]);
    for (uint32_t o = 0; o < a->graph->output_count; o++) {
        free(out[o]);
        free(other[o]);
    }
    close_side(&chip);
    close_side(&engine);
}

#define BRANCHES                                                                                                                           \
    "in x 1,6,6,6; const w 8,6,3,3 #1; const v 8,8,3,3 #2; const u 8,1,3,3 #3; const g 10,72 #4; Conv c x,w -> a pads=1,1,1,1; Relu r a "  \
    "-> b; "                                                                                                                               \
    "LeakyRelu l b -> d alpha=0.1; Conv e d,v -> f pads=1,1,1,1; Add s f,b -> h; Relu t h -> i; Conv k i,u -> m group=8 pads=1,1,1,1; "    \
    "Concat q m,d -> n axis=1; MaxPool p n -> o kernel_shape=2,2 strides=2,2; LeakyRelu z o -> y alpha=0.2; out y; out m"

static const struct {
    const char *name, *job;
} toys[] = {
    {"int8, fused, with float islands", "target: toy/basic\nfallback: reference"},
    {"log8 with float islands", "target: toy/log\nfallback: reference"},
    {"two chips with other layouts, and float", "target: toy/la\nfallback: [toy/lb, reference]\nnodes: [{match: '[eq]', place: toy/lb}]"},
    {"a chip cut in pieces", "target: toy/la\nfallback: reference\noptions: {nodes: 2}"},
    {"two schemes with requantize nodes", "target: toy/basic\nfallback: reference\nnodes: [{match: 'e', scheme: pow2}]"},
    {"one segment", "target: toy/model\nfallback: reference"},
};

START_TEST(toy_plans_compute_what_reference_computes)
{
    toy_world a, b;
    toy_open(&a);
    toy_open(&b);
    for (size_t i = 0; i < sizeof(toys) / sizeof(toys[0]); i++) {
        toy_plan(&a, BRANCHES, toys[i].job, 6);
        toy_plan(&b, BRANCHES, toys[i].job, 6);
        ck_assert_msg(a.plan && b.plan && !a.plan->refused, "%s: %s", toys[i].name, toy_code(&a));
        ck_assert_msg(a.plan->segment_count > 1, "%s", toys[i].name);
        run_both(toys[i].name, &a, &b, &a.feed, 4);
    }
    toy_close(&a);
    toy_close(&b);
}
END_TEST

#define FASHION "inputs: [{name: input, source: {layout: NCHW, type: uint8}, mean: [72.93], scale: [0.0111092596]}]\n"
#define SHAPES  "inputs: [{name: input, source: {layout: NCHW, type: uint8}, mean: [127.5], scale: [0.0078431373]}]\n"

static const struct {
    const char *model, *data;
    const char *job;
    uint32_t least_fallback; /* nodes off the target */
} models[] = {
#define HISI(options_) "target: hisilicon/hi3559av100\nfallback: reference\n" options_
#define LOG8           HISI("")
#define LOG16          HISI("options: {precision: high_precision}\n")
#define E1             "target: example/e1\nfallback: reference\n"
    {NBX_SOURCE "/sdk/examples/data/mobilenetv2.onnx", NBX_SOURCE "/sdk/examples/data/fashion_calib_200.npy", FASHION LOG8, 0},
    {NBX_SHARED "/models/resnet.onnx", NBX_SHARED "/data/fashion_calib_200.npy", FASHION LOG8, 1},
    {NBX_SHARED "/models/resnet.onnx", NBX_SHARED "/data/fashion_calib_200.npy", FASHION LOG16, 1},
    {NBX_SHARED "/models/resnet.onnx", NBX_SHARED "/data/fashion_calib_200.npy", FASHION E1, 0},
    {NBX_SHARED "/models/shufflenetv2.onnx", NBX_SHARED "/data/fashion_calib_200.npy", FASHION LOG8, 1},
    {NBX_SHARED "/models/shufflenetv2.onnx", NBX_SHARED "/data/fashion_calib_200.npy", FASHION LOG16, 1},
    {NBX_SHARED "/models/shufflenetv2.onnx", NBX_SHARED "/data/fashion_calib_200.npy", FASHION E1, 1},
    {NBX_SHARED "/models/cspnet.onnx", NBX_SHARED "/data/fashion_calib_200.npy", FASHION LOG8, 1},
    {NBX_SHARED "/models/cspnet.onnx", NBX_SHARED "/data/fashion_calib_200.npy", FASHION LOG16, 1},
    {NBX_SHARED "/models/cspnet.onnx", NBX_SHARED "/data/fashion_calib_200.npy", FASHION E1, 1},
    {NBX_SHARED "/models/mobilenetv1.onnx", NBX_SHARED "/data/fashion_calib_200.npy", FASHION LOG8, 1},
    {NBX_SHARED "/models/mobilenetv1.onnx", NBX_SHARED "/data/fashion_calib_200.npy", FASHION LOG16, 1},
    {NBX_SHARED "/models/mobilenetv1.onnx", NBX_SHARED "/data/fashion_calib_200.npy", FASHION E1, 1},
    {NBX_SHARED "/models/mobilenetv2.onnx", NBX_SHARED "/data/fashion_calib_200.npy", FASHION LOG16, 0},
    {NBX_SHARED "/models/mobilenetv2.onnx", NBX_SHARED "/data/fashion_calib_200.npy", FASHION E1, 0},
    {NBX_SHARED "/models/shapenet.onnx", NBX_SHARED "/data/shapes_calib_32.npy", SHAPES LOG8, 1},
    {NBX_SHARED "/models/shapenet.onnx", NBX_SHARED "/data/shapes_calib_32.npy", SHAPES LOG16, 1},
    {NBX_SHARED "/models/shapenet.onnx", NBX_SHARED "/data/shapes_calib_32.npy", SHAPES E1, 1},
    {NBX_SHARED "/models/qdqnet.onnx", NBX_SHARED "/data/fashion_calib_200.npy", FASHION E1, 0},
};

static nbx_feed_files *plan_model(toy_world *w, size_t i)
{
    nbx_feed_files *files;
    toy_drop(w);
    const nbx_job *job = toy_job(w, models[i].job);
    ck_assert_msg(nbx_model_open(w->context, models[i].model, job, &w->graph) == NBX_OK, "%s: %s", models[i].model, toy_code(w));
    ck_assert_msg(nbx_feed_open(w->context, job, w->graph, &models[i].data, 1, 4, &files) == NBX_OK, "%s: %s", models[i].model,
                  toy_code(w));
    w->status = nbx_plan_make(w->context, w->registry, job, w->graph, nbx_feed_of(files), &w->plan);
    ck_assert_msg(w->status == NBX_OK && !w->plan->refused, "%s: %s", models[i].model, toy_code(w));
    return files;
}

START_TEST(models_compute_what_reference_computes)
{
    toy_world a, b;
    size_t i = (size_t)_i;
    if (access(models[i].model, R_OK) != 0 || access(models[i].data, R_OK) != 0) return;
    toy_open(&a);
    toy_open(&b);
    nbx_feed_files *files = plan_model(&a, i), *other = plan_model(&b, i);
    uint32_t off = 0;
    for (uint32_t n = 0; n < a.graph->node_count; n++)
        off += a.plan->placements[n].chip > 0 && a.plan->placements[n].verdict != NBX_VERDICT_VIEW;
    ck_assert_msg(off >= models[i].least_fallback, "%s: %u nodes on the fallback", models[i].model, off);
    run_both(models[i].model, &a, &b, nbx_feed_of(files), 2);
    nbx_feed_close(files);
    nbx_feed_close(other);
    toy_close(&a);
    toy_close(&b);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("mixed");
    TCase *all = tcase_create("mixed");
    tcase_set_timeout(all, 120);
    tcase_add_test(all, toy_plans_compute_what_reference_computes);
    tcase_add_loop_test(all, models_compute_what_reference_computes, 0, (int)(sizeof(models) / sizeof(models[0])));
    suite_add_tcase(suite, all);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
