/* SPDX-License-Identifier: Apache-2.0 */
/* Views of parts of a graph, and running them on the plugin `reference`; blocks of samples; conversions of stored values. */
#include <stdatomic.h>

#include "../stages/toy_plan.h"
#include "core/stored.h"
#include "schema/encodings.h"

static const char *view_nodes(const nbx_graph_view *view)
{
    static char text[256];
    size_t used = 0;
    text[0] = 0;
    for (uint32_t n = 0; n < view->nodes.count; n++) {
        const nbx_node *node = NBX_ROW(nbx_node, view->nodes, n);
        used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%s", n ? " " : "", node->name);
        if (node->group != NBX_NONE) used += (size_t)snprintf(text + used, sizeof(text) - used, ":%u", node->group);
    }
    return text;
}

/* The skip path is computed after the convolution in the graph's order: the group waits for it, and stays together. */
START_TEST(a_group_is_contiguous_at_the_place_of_its_last_node)
{
    toy_world w;
    toy_open(&w);
    nbx_plan *plan =
        toy_plan(&w,
                 "in x 1,4,2,2; const w 4,4,1,1 #1; Conv c x,w -> a; Sigmoid s x -> b; MaxPool m b -> d kernel_shape=1,1; Add j a,d -> e; "
                 "Relu r e -> y; out y",
                 "target: toy/basic", 2);
    ck_assert_uint_eq(plan->group_count, 1);
    uint32_t nodes[8], origin[8], count = plan->graph->node_count, x = toy_value(w.graph, "x"), y = toy_value(w.graph, "y");
    for (uint32_t n = 0; n < count; n++)
        nodes[n] = n;
    nbx_constants *constants = nbx_constants_create(w.graph, plan->chips[0].values);
    nbx_arena *arena = nbx_arena_create();
    nbx_view_request request = {.graph = w.graph,
                                .nodes = nodes,
                                .node_count = count,
                                .inputs = &x,
                                .outputs = &y,
                                .input_count = 1,
                                .output_count = 1,
                                .values = plan->chips[0].values,
                                .plan = plan,
                                .constants = constants,
                                .name = "part",
                                .origin = origin};
    nbx_graph_view view;
    ck_assert_int_eq(nbx_view_build(w.context, arena, &request, &view), NBX_OK);
    ck_assert_str_eq(view_nodes(&view), "s m c:0 j:0 r:0");
    ck_assert_str_eq(view.name, "part");
    for (uint32_t n = 0; n < count; n++)
        ck_assert_str_eq(w.graph->nodes[origin[n]].n.name, NBX_ROW(nbx_node, view.nodes, n)->name);
    uint32_t interior = 0, inputs = 0, outputs = 0, constant = 0;
    for (uint32_t v = 0; v < view.values.count; v++) {
        const nbx_value *row = NBX_ROW(nbx_value, view.values, v);
        interior += (row->flags & NBX_VALUE_INTERIOR) != 0;
        inputs += (row->flags & NBX_VALUE_INPUT) != 0;
        outputs += (row->flags & NBX_VALUE_OUTPUT) != 0;
        constant += (row->flags & NBX_VALUE_CONST) != 0;
        bool coded = row->encoding != NULL && row->params.count > 0;
        ck_assert_msg(coded == !(row->flags & NBX_VALUE_INTERIOR), "%s", row->name);
    }
    ck_assert_uint_eq(interior, 2);
    ck_assert_uint_eq(inputs, 1);
    ck_assert_uint_eq(outputs, 1);
    ck_assert_uint_eq(constant, 2); /* weights and the bias that correction made */
    const nbx_group *group = NBX_ROW(nbx_group, view.groups, 0);
    ck_assert_uint_eq(group->nodes.count, 3);
    ck_assert_uint_eq(*NBX_ROW(uint32_t, group->nodes, 0), 2);
    ck_assert_ptr_nonnull(group->arith);
    request.ungrouped = true;
    ck_assert_int_eq(nbx_view_build(w.context, arena, &request, &view), NBX_OK);
    ck_assert_uint_eq(view.groups.count, 0);
    request.values = NULL; /* plain float, whatever the graph's rows show of a chip */
    request.plan = NULL;
    ck_assert_int_eq(nbx_view_build(w.context, arena, &request, &view), NBX_OK);
    for (uint32_t v = 0; v < view.values.count; v++)
        ck_assert_ptr_null(NBX_ROW(nbx_value, view.values, v)->encoding);
    nbx_arena_destroy(arena);
    nbx_constants_destroy(constants);
    toy_close(&w);
}
END_TEST

START_TEST(a_part_is_renumbered_and_runs)
{
    toy_world w;
    toy_open(&w);
    nbx_plan *plan =
        toy_plan(&w, "in x 1,4; const k 1,4 [1,2,3,4]; Relu a x -> p; Mul b p,k -> q; Neg c q -> y; out y", "target: reference/any", 0);
    uint32_t node = toy_node(w.graph, "b"), in = toy_value(w.graph, "p"), out = toy_value(w.graph, "q");
    nbx_constants *constants = nbx_constants_create(w.graph, NULL);
    nbx_arena *arena = nbx_arena_create();
    nbx_view_request request = {.graph = w.graph,
                                .nodes = &node,
                                .node_count = 1,
                                .inputs = &in,
                                .outputs = &out,
                                .input_count = 1,
                                .output_count = 1,
                                .constants = constants};
    nbx_graph_view view;
    nbx_executable *executable;
    nbx_runner *runner;
    ck_assert_int_eq(nbx_view_build(w.context, arena, &request, &view), NBX_OK);
    ck_assert_uint_eq(view.values.count, 3);
    for (uint32_t i = 0; i < 2; i++)
        ck_assert_uint_lt(*NBX_ROW(uint32_t, NBX_ROW(nbx_node, view.nodes, 0)->inputs, i), 3);
    ck_assert_msg(nbx_executable_compile(w.context, &plan->engine, &view, &executable) == NBX_OK, "%s", toy_code(&w));
    nbx_constants_destroy(constants); /* the program has what it needs */
    nbx_arena_destroy(arena);
    ck_assert_uint_eq(nbx_executable_port_count(executable, false), 1);
    ck_assert_uint_eq(nbx_executable_port_count(executable, true), 1);
    ck_assert_uint_eq(nbx_executable_port_bytes(executable, true, 0), 16);
    ck_assert_uint_eq(nbx_executable_port_bytes(executable, true, 1), 0);
    ck_assert_int_eq(nbx_runner_create(executable, &runner), NBX_OK);
    float *a = nbx_block_create(16), *b = nbx_block_create(16);
    for (int i = 0; i < 4; i++)
        a[i] = (float)i;
    const void *inputs[] = {a};
    void *outputs[] = {b};
    ck_assert_int_eq(nbx_runner_run(runner, inputs, outputs), NBX_OK);
    for (int i = 0; i < 4; i++)
        ck_assert_double_eq((double)b[i], i * (i + 1));
    free(a);
    free(b);
    nbx_runner_destroy(runner);
    nbx_runner_destroy(NULL);
    nbx_executable_destroy(executable);
    nbx_executable_destroy(NULL);
    toy_close(&w);
}
END_TEST

START_TEST(a_damaged_blob_is_refused_with_a_message)
{
    toy_world w;
    toy_open(&w);
    nbx_plan *plan = toy_plan(&w, "in x 1,4; Relu a x -> y; out y", "target: toy/basic", 2);
    ck_assert_int_eq(nbx_compile_segments(plan), NBX_OK);
    nbx_executable *executable;
    unsigned char *blob = nbx_block_create(plan->segments[0].blob_bytes);
    memcpy(blob, plan->segments[0].blob, plan->segments[0].blob_bytes);
    for (uint64_t bytes = 0; bytes < plan->segments[0].blob_bytes; bytes += 1 + plan->segments[0].blob_bytes / 40) {
        nbx_status status = nbx_executable_load(w.context, &plan->chips[0], blob, bytes, &executable);
        ck_assert_msg(status != NBX_OK && !executable, "%llu bytes", (unsigned long long)bytes);
        ck_assert_str_ne(toy_code(&w), "");
        nbx_messages_clear(w.context);
    }
    free(blob);
    toy_close(&w);
}
END_TEST

static const struct {
    const char *name;
    const nbx_encoding *from, *to;
    nbx_qparam from_param, to_param;
} conversions[] = {
    {"float to int8", NULL, &nbx_encoding_int8_asym, {0, 0, 0}, {0.1, 3, 0}},
    {"int8 to float", &nbx_encoding_int8_asym, NULL, {0.1, 3, 0}, {0, 0, 0}},
    {"int8 to log8", &nbx_encoding_int8_asym, &nbx_encoding_log8, {0.1, 3, 0}, {0, 0, -100}},
    {"one scale to another", &nbx_encoding_int8_asym, &nbx_encoding_int8_asym, {0.1, 3, 0}, {0.2, -5, 0}},
    {"the same", &nbx_encoding_int8_asym, &nbx_encoding_int8_asym, {0.1, 3, 0}, {0.1, 3, 0}},
    {"Q20.12 to float16", &nbx_encoding_q20_12, &nbx_encoding_fp16, {1 / 4096.0, 0, 12}, {0, 0, 0}},
};

START_TEST(stored_values_convert_by_decoding_and_encoding)
{
    nbx_g_value value = {.v = {.dtype = NBX_DTYPE_FLOAT32, .rank = 1, .dims = {6}}, .known = true};
    static const float real[6] = {-3, -0.25f, 0, 0.1f, 2, 5.5f};
    for (size_t i = 0; i < sizeof(conversions) / sizeof(conversions[0]); i++) {
        nbx_qparam a = conversions[i].from_param, b = conversions[i].to_param;
        nbx_quantized from = {.encoding = conversions[i].from, .params = &a, .param_count = conversions[i].from != NULL};
        nbx_quantized to = {.encoding = conversions[i].to, .params = &b, .param_count = conversions[i].to != NULL};
        unsigned char source[64] = {0}, got[64] = {0}, want[64] = {0};
        float scratch[6];
        for (int32_t k = 0; k < 6; k++) {
            double x = (double)real[k];
            if (from.encoding) {
                int32_t code = nbx_encode(from.encoding, &a, x);
                nbx_code_set(from.encoding, source, (uint64_t)k, code);
                x = (double)nbx_decode_f32(from.encoding, &a, code);
            } else {
                memcpy(source + 4 * k, &real[k], 4);
            }
            float f = (float)x;
            if (to.encoding)
                nbx_code_set(to.encoding, want, (uint64_t)k, nbx_encode(to.encoding, &b, (double)f));
            else
                memcpy(want + 4 * k, &f, 4);
        }
        nbx_stored_convert(&value, &from, source, &to, got, scratch);
        ck_assert_msg(!memcmp(got, want, sizeof(got)), "%s", conversions[i].name);
        uint64_t bytes;
        ck_assert(nbx_stored_bytes(&value, &to, &bytes));
        ck_assert_uint_eq(bytes, to.encoding ? 6u * nbx_dtype_bits(to.encoding->storage) / 8 : 24);
        ck_assert_msg(nbx_stored_same(&from, &to) == !strcmp(conversions[i].name, "the same"), "%s", conversions[i].name);
    }
    nbx_g_value index = {.v = {.dtype = NBX_DTYPE_INT64, .rank = 1, .dims = {2}}, .known = true};
    int64_t in[2] = {-5, 7}, out[2] = {0, 0};
    nbx_quantized plain = {0};
    nbx_stored_convert(&index, &plain, in, &plain, out, NULL); /* integers are copied */
    ck_assert_int_eq(out[1], 7);
}
END_TEST

static atomic_uint seen[100];

static void visit(void *arg, uint32_t worker, uint32_t index)
{
    ck_assert_uint_lt(worker, 16);
    atomic_fetch_add(&seen[index], 1);
    (void)arg;
}

START_TEST(every_index_is_visited_once)
{
    for (uint32_t workers = 0; workers < 20; workers += 3) {
        for (uint32_t i = 0; i < 100; i++)
            atomic_store(&seen[i], 0);
        nbx_parallel(100, workers, NULL, visit);
        for (uint32_t i = 0; i < 100; i++)
            ck_assert_uint_eq(atomic_load(&seen[i]), 1);
    }
    nbx_parallel(0, 4, NULL, visit);
}
END_TEST

START_TEST(blocks_of_samples_cover_them_in_order)
{
    for (uint32_t samples = 0; samples < 70; samples++) {
        uint32_t next = 0, first, end;
        for (uint32_t b = 0; b < nbx_block_count(samples); b++) {
            nbx_block_range(samples, b, &first, &end);
            ck_assert_uint_eq(first, next);
            ck_assert_uint_gt(end, first);
            next = end;
        }
        ck_assert_uint_eq(next, samples);
    }
}
END_TEST

static const struct {
    const char *asked;
    uint32_t least, most;
} threads[] = {{"1", 1, 1}, {"0", 1, 1}, {"-4", 1, 1}, {"many", 1, 1}, {"1000000", 1, 16}, {NULL, 1, 16}};

START_TEST(the_number_of_threads_is_sane)
{
    for (size_t i = 0; i < sizeof(threads) / sizeof(threads[0]); i++) {
        if (threads[i].asked)
            setenv("NBX_THREADS", threads[i].asked, 1);
        else
            unsetenv("NBX_THREADS");
        ck_assert_uint_ge(nbx_worker_count(), threads[i].least);
        ck_assert_uint_le(nbx_worker_count(), threads[i].most);
    }
}
END_TEST

TOY_MAIN("executor", a_group_is_contiguous_at_the_place_of_its_last_node, a_part_is_renumbered_and_runs,
         a_damaged_blob_is_refused_with_a_message, stored_values_convert_by_decoding_and_encoding, every_index_is_visited_once,
         blocks_of_samples_cover_them_in_order, the_number_of_threads_is_sane)
