/* SPDX-License-Identifier: Apache-2.0 */
/* The emulator calls: blobs, layouts, strides, options, verdicts, counters; the numbers are those of the kernels called directly. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <nbx/kernels.h>

#include "schema/encodings.h"
#include "schema/layouts.h"
#include "testing/compare.h"

static const nbx_option options[] = {
    {.struct_size = sizeof(nbx_option), .kind = NBX_OPTION_CHOICE, .name = "speed", .choices = "slow|fast", .default_value = "slow"},
};
static const nbx_chip chips[] = {
    {.struct_size = sizeof(nbx_chip), .name = "one", .options = NBX_SPAN(options)},
    {.struct_size = sizeof(nbx_chip), .name = "two"},
};
static nbx_plugin plugin = {.struct_size = sizeof plugin, .name = "model", .version = "1.0", .chips = NBX_SPAN(chips)};

static view_builder builder;
static test_host host;

typedef struct blob {
    uint8_t *bytes;
    uint64_t size, room;
} blob;

static int32_t append(void *self, const void *data, uint64_t bytes)
{
    blob *to = self;
    while (to->size + bytes > to->room) {
        const uint64_t room = to->room ? 2 * to->room : 1 << 14;
        uint8_t *grown = aligned_alloc(64, (size_t)room);
        if (!grown) abort();
        if (to->size) memcpy(grown, to->bytes, (size_t)to->size);
        free(to->bytes);
        to->bytes = grown;
        to->room = room;
    }
    memcpy(to->bytes + to->size, data, (size_t)bytes);
    to->size += bytes;
    return NBX_OK;
}

/* int8 [1,5,6,7] -> HardSwish -> int8, both ports in `layout`; NULL for dense. */
static void build(const char *layout)
{
    const nbx_qparam in = {.scale = 0.05, .zero_point = 3}, out = {.scale = 0.04, .zero_point = -2};
    const view_shape shape = {{1, 5, 6, 7}};
    uint32_t x, y;
    view_init(&builder);
    x = view_value(&builder, NBX_DTYPE_FLOAT32, shape, &nbx_encoding_int8_asym, &in, 1);
    y = view_value(&builder, NBX_DTYPE_FLOAT32, shape, &nbx_encoding_int8_asym, &out, 1);
    view_input(&builder, x);
    view_output(&builder, y);
    view_node(&builder, "HardSwish", &x, 1, y);
    if (layout) {
        nbx_layout parsed;
        ck_assert(nbx_layout_parse(layout, 4, &parsed, NULL, 0));
        view_layout(&builder, x, &parsed);
        view_layout(&builder, y, &parsed);
    }
}

static nbx_device *open_chip(const char *name)
{
    nbx_device *device;
    ck_assert_int_eq(nbx_emulator_open(&plugin, &host.host, name, NULL, NBX_OPEN_COMPILE | NBX_OPEN_RUN, &device), NBX_OK);
    return device;
}

static blob compile(nbx_device *device)
{
    blob out = {0};
    const nbx_compile_sink sink = {.struct_size = sizeof sink, .self = &out, .write = append};
    ck_assert_msg(nbx_emulator_compile(device, &builder.view, &sink) == NBX_OK, "%s", host.text);
    return out;
}

static void run_directly(const int8_t *in, int8_t *out)
{
    nbx_kernels *kernels;
    const void *inputs[1] = {in};
    void *outputs[1] = {out}, *scratch;
    ck_assert_int_eq(nbx_kernels_create(&host.host, &builder.view, &kernels), NBX_OK);
    scratch = aligned_alloc(64, (size_t)(nbx_kernels_scratch_bytes(kernels) / 64 * 64 + 64));
    ck_assert_int_eq(nbx_kernels_run(kernels, scratch, inputs, outputs), NBX_OK);
    free(scratch);
    nbx_kernels_destroy(kernels);
}

enum { ELEMENTS = 1 * 5 * 6 * 7, ROOM = 8192 };

/* One way of handing over a tensor: a layout, strides of the caller's, an offset; and what the padding must hold afterwards. */
static const struct {
    const char *name, *layout;
    uint64_t strides[6];
    uint32_t stride_count;
    uint64_t offset;
    int padding; /* -1: not looked at */
} ways[] = {
    {"dense", NULL, {0}, 0, 0, -1},
    {"dense_at_an_odd_offset", NULL, {0}, 0, 13, -1},
    {"rows_further_apart", NULL, {9 * 6 * 5 + 40, 9 * 6 + 8, 9, 1}, 4, 64, 0x77},
    {"channels_last", "NHWC", {0}, 0, 0, -1},
    {"blocks_of_eight_filled", "NCHW8c:pad_out=fill", {0}, 0, 0, 0},
    {"blocks_of_eight_preserved", "NCHW8c:pad_out=preserved", {0}, 0, 8, 0x77},
    {"rows_aligned", "NCHW:stride_h=16", {0}, 0, 0, -1},
};

static void describe(void *self, const nbx_port *port)
{
    uint64_t *bytes = self;
    bytes[port->is_output] = port->bytes;
    ck_assert_str_eq(port->value->name, port->is_output ? "v1" : "v0");
    ck_assert_uint_eq(port->domains, 1);
}

START_TEST(a_blob_computes_what_the_kernels_compute)
{
    static int8_t dense_in[ELEMENTS] __attribute__((aligned(64))), dense_out[ELEMENTS] __attribute__((aligned(64))), back[ELEMENTS];
    static uint8_t in[ROOM] __attribute__((aligned(64))), out[ROOM] __attribute__((aligned(64))), expected[ROOM];
    test_random random = {(uint64_t)_i + 1};
    uint64_t bytes[2] = {0};
    const nbx_port_sink sink = {.struct_size = sizeof sink, .self = bytes, .port = describe};
    nbx_layout_plan plan;
    nbx_device *device;
    nbx_program *program;
    nbx_run_context *context;
    nbx_buffer inputs, outputs;
    nbx_run_args args = {.struct_size = sizeof args, .inputs = {&inputs, 1, sizeof inputs}, .outputs = {&outputs, 1, sizeof outputs}};
    int64_t before;
    blob made;
    test_host_init(&host);
    build(ways[_i].layout);
    device = open_chip("one");
    made = compile(device);
    test_fill(&random, &builder.values[0], dense_in);
    run_directly(dense_in, dense_out);
    ck_assert(nbx_layout_plan_make(builder.values[0].layout, 4, builder.values[0].dims, 8, &plan));
    ck_assert_msg(nbx_emulator_load(device, made.bytes, made.size, &program) == NBX_OK, "%s", host.text);
    ck_assert_int_eq(nbx_emulator_describe(program, &sink), NBX_OK);
    ck_assert_uint_eq(bytes[0], plan.bytes);
    ck_assert_uint_eq(bytes[1], plan.bytes);
    if (ways[_i].stride_count) ck_assert(nbx_layout_plan_strides(&plan, ways[_i].strides, ways[_i].stride_count));
    memset(in, 0x77, sizeof in);
    memset(out, 0x77, sizeof out);
    memset(expected, 0x77, sizeof expected);
    nbx_layout_pack(&plan, dense_in, in + ways[_i].offset, false, 0);
    nbx_layout_pack(&plan, dense_out, expected + ways[_i].offset, ways[_i].padding == 0, 0);
    inputs = (nbx_buffer){.struct_size = sizeof inputs, .ptr = in, .offset = ways[_i].offset, .bytes = ways[_i].offset + plan.bytes};
    memcpy(inputs.stride_bytes, ways[_i].strides, sizeof ways[_i].strides);
    inputs.stride_count = ways[_i].stride_count;
    outputs = inputs;
    outputs.ptr = out;
    ck_assert_int_eq(nbx_emulator_context_create(program, &context), NBX_OK);
    before = host.allocated;
    host.host.alloc = NULL; /* run allocates nothing */
    ck_assert_msg(nbx_emulator_run(context, &args) == NBX_OK, "%s: %s", ways[_i].name, host.text);
    ck_assert_int_eq(host.allocated, before);
    nbx_layout_unpack(&plan, out + ways[_i].offset, back);
    ck_assert_msg(!memcmp(back, dense_out, sizeof back), "%s: values differ", ways[_i].name);
    if (ways[_i].padding >= 0) ck_assert_msg(!memcmp(out, expected, sizeof out), "%s: padding differs", ways[_i].name);
    inputs.bytes--;
    ck_assert_int_eq(nbx_emulator_run(context, &args), NBX_INVALID);
    inputs.bytes++;
    args.deadline_ns = 1; /* long past */
    ck_assert_int_eq(nbx_emulator_run(context, &args), NBX_TIMEOUT);
    args.inputs.count = 0;
    ck_assert_int_eq(nbx_emulator_run(context, &args), NBX_INVALID);
    nbx_emulator_context_destroy(context);
    nbx_emulator_unload(program);
    nbx_emulator_close(device);
    ck_assert_int_eq(host.allocated, 0);
    free(made.bytes);
    view_free(&builder);
}
END_TEST

START_TEST(blobs_are_judged_before_they_are_loaded)
{
    static const nbx_chip other_chips[] = {{.struct_size = sizeof(nbx_chip), .name = "elsewhere"}};
    nbx_plugin newer = plugin, other = plugin;
    nbx_device *device;
    nbx_program *program = (nbx_program *)&host;
    uint32_t verdict;
    blob made;
    newer.version = "1.1";
    other.chips = (nbx_span)NBX_SPAN(other_chips);
    test_host_init(&host);
    build(NULL);
    device = open_chip("one");
    made = compile(device);
    nbx_emulator_close(device);
#define VERDICT(plugin_, bytes_, chip_, expected_)                                                                                         \
    do {                                                                                                                                   \
        ck_assert_int_eq(nbx_emulator_probe_for(plugin_, made.bytes, bytes_, chip_, &verdict), NBX_OK);                                    \
        ck_assert_uint_eq(verdict, expected_);                                                                                             \
    } while (0)
    VERDICT(&plugin, made.size, "one", NBX_BLOB_OPTIMAL);
    VERDICT(&newer, made.size, "one", NBX_BLOB_RECOMPILE);
    VERDICT(&plugin, made.size, "two", NBX_BLOB_REJECTED);
    VERDICT(&other, made.size, "one", NBX_BLOB_NOT_MINE);
    VERDICT(&plugin, made.size / 2, "one", NBX_BLOB_REJECTED);
    VERDICT(&plugin, 3, "one", NBX_BLOB_NOT_MINE);
    ck_assert_int_eq(nbx_emulator_probe(made.bytes, made.size, "one", &verdict), NBX_OK);
    ck_assert_uint_eq(verdict, NBX_BLOB_OPTIMAL);
    device = open_chip("two");
    ck_assert_int_eq(nbx_emulator_load(device, made.bytes, made.size, &program), NBX_STALE_BLOB);
    ck_assert_ptr_null(program);
    ck_assert_int_eq(nbx_emulator_load(device, made.bytes, made.size - 8, &program), NBX_BAD_INPUT);
    made.bytes[0] ^= 1;
    VERDICT(&plugin, made.size, "one", NBX_BLOB_NOT_MINE);
    nbx_emulator_close(device);
    ck_assert_int_eq(host.allocated, 0);
    free(made.bytes);
    view_free(&builder);
}
END_TEST

START_TEST(devices_know_their_options_and_are_counted)
{
    const nbx_option_value fast = {.struct_size = sizeof fast, .name = "speed", .value = "fast"};
    const nbx_option_value unknown = {.struct_size = sizeof unknown, .name = "colour", .value = "red"};
    const nbx_span given = {&fast, 1, sizeof fast}, wrong = {&unknown, 1, sizeof unknown};
    nbx_device *slow, *quick, *none = (nbx_device *)&host;
    uint32_t live;
    test_host_init(&host);
    slow = open_chip("one");
    ck_assert_str_eq(nbx_emulator_option(slow, "speed"), "slow");
    ck_assert_ptr_null(nbx_emulator_option(slow, "colour"));
    ck_assert_ptr_eq(nbx_emulator_host(slow), &host.host);
    ck_assert_ptr_eq(nbx_emulator_chip(slow), &chips[0]);
    ck_assert_int_eq(nbx_emulator_open(&plugin, &host.host, "one", &given, NBX_OPEN_RUN, &quick), NBX_OK);
    ck_assert_str_eq(nbx_emulator_option(quick, "speed"), "fast");
    ck_assert_int_eq(nbx_emulator_open(&plugin, &host.host, "one", &wrong, NBX_OPEN_RUN, &none), NBX_INVALID);
    ck_assert_ptr_null(none);
    ck_assert_int_eq(nbx_emulator_open(&plugin, &host.host, "three", NULL, NBX_OPEN_RUN, &none), NBX_UNSUPPORTED);
    ck_assert_int_eq(nbx_emulator_shutdown(&live), NBX_OK);
    ck_assert_uint_eq(live, 2);
    nbx_emulator_close(slow);
    nbx_emulator_close(quick);
    nbx_emulator_close(NULL);
    ck_assert_int_eq(nbx_emulator_shutdown(&live), NBX_OK);
    ck_assert_uint_eq(live, 0);
    ck_assert_int_eq(host.allocated, 0);
}
END_TEST

START_TEST(what_cannot_run_does_not_compile)
{
    blob out = {0};
    const nbx_compile_sink sink = {.struct_size = sizeof sink, .self = &out, .write = append};
    nbx_device *device;
    test_host_init(&host);
    build(NULL);
    builder.nodes[0].op = "Attention";
    device = open_chip("one");
    ck_assert_int_eq(nbx_emulator_compile(device, &builder.view, &sink), NBX_UNSUPPORTED);
    ck_assert_uint_eq(out.size, 0);
    nbx_emulator_close(device);
    view_free(&builder);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("kernels emulator");
    TCase *tcase = tcase_create("emulator");
    SRunner *runner = srunner_create(suite);
    int failed;
    tcase_add_loop_test(tcase, a_blob_computes_what_the_kernels_compute, 0, (int)(sizeof ways / sizeof ways[0]));
    tcase_add_test(tcase, blobs_are_judged_before_they_are_loaded);
    tcase_add_test(tcase, devices_know_their_options_and_are_counted);
    tcase_add_test(tcase, what_cannot_run_does_not_compile);
    suite_add_tcase(suite, tcase);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
