/* SPDX-License-Identifier: Apache-2.0 */
/* The plugin's tables are valid, and its compile asks for a cut where the weights do not fit; numbers are tested with the kernels. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "example.h"
#include "schema/rules.h"

static void *host_alloc(void *self, uint64_t bytes, uint64_t align)
{
    (void)self;
    return aligned_alloc((size_t)align, (size_t)((bytes + align) / align * align));
}

static void host_free(void *self, void *ptr)
{
    (void)self;
    free(ptr);
}

static const nbx_host host = {.struct_size = sizeof host, .alloc = host_alloc, .free = host_free};

START_TEST(every_row_is_valid)
{
    char error[300] = "";
    for (uint32_t i = 0; i < EXAMPLE_CHIPS; i++)
        ck_assert_msg(nbx_chip_validate(&example_chips[i], error, sizeof error), "%s", error);
}
END_TEST

START_TEST(negotiation_gives_the_table_or_both_ranges)
{
    nbx_offer offer = {.struct_size = sizeof offer, .host_min = NBX_REVISION_1_0, .host_max = NBX_REVISION_CURRENT};
    ck_assert_int_eq(nbx_plugin_query(&offer), NBX_OK);
    ck_assert_ptr_eq(offer.plugin, &example_plugin);
    offer.host_min = offer.host_max = NBX_REVISION(9, 0);
    ck_assert_int_eq(nbx_plugin_query(&offer), NBX_MISMATCH);
}
END_TEST

/* Two Gemms with 64 x 64 float weights, 16 KiB each. */
static float weights[64 * 64] __attribute__((aligned(64)));

static int32_t map(void *self, uint64_t id, uint32_t form, const void **data, uint64_t *bytes)
{
    (void)self;
    (void)id;
    (void)form;
    *data = weights;
    *bytes = sizeof weights;
    return NBX_OK;
}

static void unmap(void *self, uint64_t id, uint32_t form)
{
    (void)self;
    (void)id;
    (void)form;
}

static int32_t count_bytes(void *self, const void *data, uint64_t bytes)
{
    (void)data;
    *(uint64_t *)self += bytes;
    return NBX_OK;
}

static nbx_shortfall reported;
static uint32_t reported_cut;

static void note_shortfall(void *self, const nbx_shortfall *shortfall)
{
    (void)self;
    reported = *shortfall;
    reported_cut = shortfall->cut_nodes.count ? *NBX_ROW(uint32_t, shortfall->cut_nodes, 0) : NBX_NONE;
}

static const struct {
    const char *name, *kib;
    int32_t status;
    uint64_t demand;
    uint32_t cut;
} limits[] = {
    {"both_fit", "32", NBX_OK, 0, NBX_NONE},
    {"cut_after_the_first", "31", NBX_SHORTFALL, 32768, 0},
    {"nothing_to_cut", "15", NBX_SHORTFALL, 32768, NBX_NONE},
};

START_TEST(a_segment_with_too_many_weights_is_to_be_cut)
{
    nbx_value values[5];
    nbx_node nodes[2];
    const uint32_t links[2][3] = {{0, 1, 2}, {2, 3, 4}}, input = 0, output = 4;
    const nbx_option_value option = {.struct_size = sizeof option, .name = "weight_kib", .value = limits[_i].kib};
    const nbx_span options = {&option, 1, sizeof option};
    uint64_t written = 0;
    const nbx_compile_sink sink = {.struct_size = sizeof sink, .self = &written, .write = count_bytes, .shortfall = note_shortfall};
    const nbx_graph_view view = {
        .struct_size = sizeof view,
        .name = "two_gemms",
        .values = NBX_SPAN(values),
        .nodes = NBX_SPAN(nodes),
        .inputs = {&input, 1, sizeof input},
        .outputs = {&output, 1, sizeof output},
        .const_map = map,
        .const_unmap = unmap,
    };
    nbx_device *device;
    for (uint32_t i = 0; i < 5; i++) {
        values[i] = (nbx_value){.struct_size = sizeof values[i], .name = "v", .dtype = NBX_DTYPE_FLOAT32, .rank = 2};
        values[i].dims[0] = i == 1 || i == 3 ? 64 : 1;
        values[i].dims[1] = 64;
        values[i].flags = i == 0 ? NBX_VALUE_INPUT : i == 4 ? NBX_VALUE_OUTPUT : i == 2 ? 0 : NBX_VALUE_CONST;
        values[i].const_id = i == 1 || i == 3 ? i : 0;
    }
    for (uint32_t n = 0; n < 2; n++) {
        nodes[n] =
            (nbx_node){.struct_size = sizeof nodes[n], .name = "gemm", .op = "Gemm", .op_revision = 13, .domain = "", .group = NBX_NONE};
        nodes[n].inputs = (nbx_span){links[n], 2, sizeof links[n][0]};
        nodes[n].outputs = (nbx_span){&links[n][2], 1, sizeof links[n][0]};
    }
    memset(&reported, 0, sizeof reported);
    reported_cut = NBX_NONE;
    ck_assert_int_eq(example_open(&host, "e1", &options, NBX_OPEN_COMPILE, &device), NBX_OK);
    ck_assert_int_eq(example_compile(device, &view, &sink), limits[_i].status);
    ck_assert_uint_eq(reported.demand, limits[_i].demand);
    ck_assert_uint_eq(reported_cut, limits[_i].cut);
    ck_assert(!written == (limits[_i].status != NBX_OK));
    nbx_emulator_close(device);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("example");
    TCase *tcase = tcase_create("example");
    SRunner *runner = srunner_create(suite);
    int failed;
    tcase_add_test(tcase, every_row_is_valid);
    tcase_add_test(tcase, negotiation_gives_the_table_or_both_ranges);
    tcase_add_loop_test(tcase, a_segment_with_too_many_weights_is_to_be_cut, 0, (int)(sizeof limits / sizeof limits[0]));
    suite_add_tcase(suite, tcase);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
