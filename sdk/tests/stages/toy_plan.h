/* SPDX-License-Identifier: Apache-2.0 */
/** Plans of toy graphs on toy chips: one world per test, with a context, plugins and whatever the last row made. */
#ifndef NBX_TESTS_TOY_PLAN_H
#define NBX_TESTS_TOY_PLAN_H

#include <stdio.h>

#include "stages/pipeline/pipeline.h"
#include "stages/run/run.h"
#include "target/target.h"
#include "toy_graph.h"

typedef struct toy_world {
    nbx_context *context;
    nbx_registry *registry;
    nbx_job_set *jobs;
    nbx_graph *graph;
    nbx_plan *plan;
    nbx_status status; /* of the last nbx_plan_make */
    nbx_feed feed;
    nbx_feed_input inputs[4];
    float *data[4];
    bool log; /* prints messages; for looking at a failing row */
} toy_world;

static inline void toy_print(void *self, const nbx_message *message)
{
    if (((toy_world *)self)->log) fprintf(stderr, "%s: %s [%s]\n", message->place, message->text, message->code);
}

static inline void toy_open(toy_world *w)
{
    static const char *const paths[] = {NBX_BUILD "/test-plugins/toy"};
    nbx_registry_options options = {
        .paths = paths, .path_count = 1, .build_directory = NBX_BUILD "/plugins", .system_directory = "", .ignore_environment = true};
    *w = (toy_world){.log = getenv("TOY_LOG") != NULL};
    ck_assert_int_eq(nbx_context_create(&w->context), NBX_OK);
    nbx_context_on_message(w->context, toy_print, w);
    ck_assert_int_eq(nbx_registry_create(w->context, &options, &w->registry), NBX_OK);
}

static inline void toy_drop(toy_world *w)
{
    nbx_plan_destroy(w->plan);
    nbx_graph_destroy(w->graph);
    nbx_job_set_destroy(w->jobs);
    for (uint32_t i = 0; i < 4; i++)
        free(w->data[i]);
    memset(w->data, 0, sizeof(w->data));
    w->plan = NULL;
    w->graph = NULL;
    w->jobs = NULL;
    w->feed = (nbx_feed){0};
    nbx_messages_clear(w->context);
}

static inline void toy_close(toy_world *w)
{
    toy_drop(w);
    nbx_registry_destroy(w->registry);
    nbx_context_destroy(w->context);
}

/** `job`: lines of a target file after the version; the first is usually the target. */
static inline const nbx_job *toy_job(toy_world *w, const char *job)
{
    char text[2048];
    int bytes = snprintf(text, sizeof(text), "nbx: 1\n%s\n", job);
    nbx_job_text source = {"job", text, (size_t)bytes};
    nbx_status status = nbx_job_set_parse(w->context, &source, NULL, &w->jobs);
    nbx_message message = {0};
    nbx_message_get(w->context, 0, &message);
    ck_assert_msg(status == NBX_OK, "%s: %s", job, message.text ? message.text : "?");
    return &w->jobs->jobs[0];
}

/** Seeded float samples in -1..1 for every input. */
static inline const nbx_feed *toy_feed(toy_world *w, uint32_t samples, uint32_t seed)
{
    w->feed = (nbx_feed){.inputs = w->inputs, .input_count = w->graph->input_count, .sample_count = samples};
    for (uint32_t i = 0; i < w->graph->input_count; i++) {
        const nbx_value *v = &w->graph->values[w->graph->inputs[i]].v;
        nbx_feed_input *row = &w->inputs[i];
        *row = (nbx_feed_input){.value = w->graph->inputs[i], .model_dtype = v->dtype, .dtype = NBX_DTYPE_FLOAT32, .channels = 1};
        ck_assert(nbx_shape_elements(v->rank, v->dims, &row->elements));
        row->sample_bytes = row->elements * sizeof(float);
        row->inner = row->elements;
        w->data[i] = malloc(samples * row->sample_bytes + 4);
        for (uint64_t k = 0; k < samples * row->elements; k++)
            w->data[i][k] = (float)toy_random(&seed) / 8388608.0f - 1.0f;
        row->data = w->data[i];
    }
    return &w->feed;
}

/** Plans `graph` by `job`; with samples it is calibrated on seeded data. w->status keeps what nbx_plan_make said. */
static inline nbx_plan *toy_plan(toy_world *w, const char *graph, const char *job, uint32_t samples)
{
    toy_drop(w);
    w->graph = toy_graph(w->context, graph);
    const nbx_job *made = toy_job(w, job);
    const nbx_feed *feed = samples ? toy_feed(w, samples, 5) : NULL;
    w->status = nbx_plan_make(w->context, w->registry, made, w->graph, feed, &w->plan);
    return w->plan;
}

/** Code of the first error, or "". */
static inline const char *toy_code(const toy_world *w)
{
    nbx_message message;
    for (uint32_t i = 0; nbx_message_get(w->context, i, &message); i++)
        if (message.severity == NBX_LOG_ERROR) return message.code;
    return "";
}

/** Whether any message holds `text`. */
static inline bool toy_said(const toy_world *w, const char *text)
{
    nbx_message message;
    for (uint32_t i = 0; nbx_message_get(w->context, i, &message); i++)
        if (strstr(message.text, text) || strstr(message.hint, text)) return true;
    return false;
}

static const char *const toy_verdicts[] = {"none", "native", "fused", "view", "folded", "emulated", "refused"};

/** "c1=native@toy/basic ..." for every node in order, into a static buffer. */
static inline const char *toy_placements(const nbx_plan *plan)
{
    static char text[4096];
    size_t used = 0;
    text[0] = 0;
    for (uint32_t n = 0; n < plan->graph->node_count && used + 200 < sizeof(text); n++) {
        const nbx_placement *row = &plan->placements[n];
        const char *spec = row->chip == NBX_NONE ? "-" : strchr(plan->chips[row->chip].spec, '/') + 1;
        used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%s=%s@%s", n ? " " : "", plan->graph->nodes[n].n.name,
                                 toy_verdicts[row->verdict], spec);
    }
    return text;
}

/** "ID/variant ID ..." of the hard reasons of a node (or all, with notes), in order. */
static inline const char *toy_reasons(const nbx_plan *plan, const char *node, bool all)
{
    static char text[1024];
    size_t used = 0;
    uint32_t n = toy_node(plan->graph, node);
    text[0] = 0;
    ck_assert_msg(n != NBX_NONE, "no node %s", node);
    for (const nbx_reason *row = plan->placements[n].reasons; row; row = row->next) {
        bool hard = row->effect == NBX_EFFECT_REFUSE || row->effect == NBX_EFFECT_REJECT;
        if ((!hard || row->not_evaluated) && !all) continue;
        used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%s%s%s%s", used ? " " : "", row->id, *row->variant ? "/" : "",
                                 row->variant, row->not_evaluated ? "?" : "");
    }
    return text;
}

/** Compiles the plan and runs every sample of the feed on one lane: the outputs' floats, one after the other, malloc'ed. */
static inline float *toy_run(toy_world *w, uint64_t *per_sample)
{
    nbx_session *session;
    nbx_lane *lane;
    void *in[4], *out[8];
    uint64_t counts[8];
    *per_sample = 0;
    ck_assert_msg(nbx_compile_segments(w->plan) == NBX_OK, "%s", toy_code(w));
    ck_assert_int_eq(nbx_session_create(w->plan, &session), NBX_OK);
    ck_assert_int_eq(nbx_lane_create(session, &lane), NBX_OK);
    for (uint32_t i = 0; i < w->feed.input_count; i++)
        in[i] = malloc(w->feed.inputs[i].elements * 8 + 8);
    for (uint32_t o = 0; o < w->graph->output_count; o++) {
        const nbx_value *v = &w->graph->values[w->graph->outputs[o]].v;
        ck_assert(nbx_shape_elements(v->rank, v->dims, &counts[o]));
        out[o] = malloc(counts[o] * 8 + 8);
        *per_sample += counts[o];
    }
    float *all = malloc(*per_sample * w->feed.sample_count * sizeof(float) + 4), *at = all;
    for (uint32_t s = 0; s < w->feed.sample_count; s++) {
        for (uint32_t i = 0; i < w->feed.input_count; i++)
            nbx_feed_sample(&w->feed, i, s, in[i]);
        ck_assert_msg(nbx_lane_run(lane, (const void *const *)in, out) == NBX_OK, "%s", toy_code(w));
        for (uint32_t o = 0; o < w->graph->output_count; at += counts[o++])
            memcpy(at, out[o], counts[o] * sizeof(float));
    }
    for (uint32_t i = 0; i < w->feed.input_count; i++)
        free(in[i]);
    for (uint32_t o = 0; o < w->graph->output_count; o++)
        free(out[o]);
    nbx_lane_destroy(lane);
    nbx_session_destroy(session);
    return all;
}

#define TOY_MAIN(name, ...)                                                                                                                \
    int main(void)                                                                                                                         \
    {                                                                                                                                      \
        Suite *suite = suite_create(name);                                                                                                 \
        TCase *all = tcase_create(name);                                                                                                   \
        const TTest *const tests[] = {__VA_ARGS__};                                                                                        \
        for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++)                                                                      \
            tcase_add_test(all, tests[i]);                                                                                                 \
        suite_add_tcase(suite, all);                                                                                                       \
        SRunner *runner = srunner_create(suite);                                                                                           \
        srunner_run_all(runner, CK_ENV);                                                                                                   \
        int failed = srunner_ntests_failed(runner);                                                                                        \
        srunner_free(runner);                                                                                                              \
        return failed != 0;                                                                                                                \
    }

#endif
