/* SPDX-License-Identifier: Apache-2.0 */
/* The plugin `reference` through its one symbol: negotiation, tables, compile, load, layouts and strides of buffers, refusals. */
#include <check.h>
#include <dlfcn.h>

#include "golden_text.h"
#include "schema/layouts.h"
#include "schema/rules.h"

static const nbx_plugin *plugin;

static void open_plugin(void)
{
    void *library = dlopen(NBX_BUILD "/plugins/reference.so", RTLD_NOW | RTLD_LOCAL);
    nbx_offer offer = {.struct_size = sizeof offer, .host_min = NBX_REVISION_1_0, .host_max = NBX_REVISION_CURRENT};
    nbx_plugin_query_fn query;
    void *symbol;
    ck_assert_msg(library != NULL, "%s", dlerror());
    symbol = dlsym(library, NBX_PLUGIN_QUERY_SYMBOL);
    ck_assert_ptr_nonnull(symbol);
    memcpy(&query, &symbol, sizeof query);
    ck_assert_int_eq(query(&offer), NBX_OK);
    plugin = offer.plugin;
    offer.host_min = offer.host_max = NBX_REVISION(2, 0);
    ck_assert_int_eq(query(&offer), NBX_MISMATCH);
    ck_assert_uint_eq(offer.plugin_max, NBX_REVISION_CURRENT);
}

static const nbx_chip *chip(void)
{
    return NBX_ROW(nbx_chip, plugin->chips, 0);
}

START_TEST(the_tables_are_valid)
{
    char error[400] = "";
    ck_assert_msg(nbx_chip_validate(chip(), error, sizeof error), "%s", error);
}
END_TEST

static const char *const SCHEMES[] = {"float32", "int8",      "uint8",        "int8_pt",    "int8_block", "int16", "int16x8",
                                      "int4w",   "pow2_int8", "pow2_int8_pc", "pow2_int16", "log8",       "log16", "log4",
                                      "log5",    "log6",      "binary",       "fp16",       "bf16"};

START_TEST(every_scheme_has_weighted_ops)
{
    uint32_t i;
    for (i = 0; i < chip()->combos.count; i++) {
        const nbx_combo *combo = NBX_ROW(nbx_combo, chip()->combos, i);
        if (strcmp(combo->scheme, SCHEMES[_i]) == 0 && combo->weight && nbx_list_has(combo->ops, "Conv")) return;
    }
    ck_abort_msg("scheme %s has no row for Conv", SCHEMES[_i]);
}
END_TEST

/** A mode that no contract of the chip names could not be chosen. */
START_TEST(every_mode_has_a_contract)
{
    static const uint16_t modes[] = {
#define REQUANT(number, name, family, text) number,
#include <nbx/tables/requants.def>
#undef REQUANT
    };
    size_t m;
    uint32_t i;
    for (m = 0; m < sizeof modes / sizeof modes[0]; m++) {
        for (i = 0; i < chip()->combos.count; i++)
            if (NBX_ROW(nbx_combo, chip()->combos, i)->arith->requant == modes[m]) break;
        ck_assert_msg(i < chip()->combos.count, "mode %u", modes[m]);
    }
}
END_TEST

typedef struct blob {
    unsigned char *data;
    uint64_t bytes;
} blob;

static int32_t append(void *self, const void *data, uint64_t bytes)
{
    blob *b = self;
    unsigned char *more = aligned_alloc(64, (size_t)((b->bytes + bytes + 63) / 64 * 64));
    if (!more) return NBX_NO_MEMORY;
    if (b->bytes) memcpy(more, b->data, (size_t)b->bytes);
    memcpy(more + b->bytes, data, (size_t)bytes);
    free(b->data);
    b->data = more;
    b->bytes += bytes;
    return NBX_OK;
}

static void count_port(void *self, const nbx_port *port)
{
    unsigned *counts = self;
    counts[port->is_output != 0]++;
    ck_assert_uint_eq(port->domains, 1u << NBX_DOMAIN_HOST);
}

/** Four channels of a 1x3 picture, doubled: NHWC with padded pixels in, rows of 8 bytes out. */
static const char TENSORS[] = "x int8_asym(1,0)[1,4,1,3]: 1 2 3 4 5 6 7 8 9 10 11 12; y int8_asym(0.5,0)[1,4,1,3]";

static text_graph *build(nbx_layout *in, nbx_layout *out)
{
    text_graph *g = text_build(TENSORS, "Requantize x > y", "", "");
    ck_assert(nbx_layout_parse("NHWC", 4, in, NULL, 0));
    ck_assert(nbx_layout_parse("NCHW:stride_h=8", 4, out, NULL, 0));
    g->values[0].layout = in;
    g->values[1].layout = out;
    return g;
}

static nbx_device *open_device(const nbx_host *host)
{
    nbx_device *device = NULL;
    ck_assert_int_eq(plugin->open(host, chip()->name, NULL, NBX_OPEN_COMPILE | NBX_OPEN_RUN, &device), NBX_OK);
    return device;
}

static blob compile(nbx_device *device, const text_graph *g)
{
    blob b = {NULL, 0};
    const nbx_compile_sink sink = {.struct_size = sizeof sink, .self = &b, .write = append};
    ck_assert_int_eq(plugin->compile(device, &g->view, &sink), NBX_OK);
    return b;
}

static void run_strided(nbx_run_context *context)
{
    signed char in[24], out[64];
    nbx_buffer input = {.struct_size = sizeof input, .ptr = in, .bytes = sizeof in, .stride_count = 3, .stride_bytes = {0, 0, 8}};
    nbx_buffer output = {.struct_size = sizeof output, .ptr = out, .bytes = sizeof out, .offset = 16};
    const nbx_run_args args = {.struct_size = sizeof args, .inputs = {&input, 1, sizeof input}, .outputs = {&output, 1, sizeof output}};
    int c, w;
    memset(in, 99, sizeof in);
    memset(out, 77, sizeof out);
    for (c = 0; c < 4; c++)
        for (w = 0; w < 3; w++)
            in[w * 8 + c] = (signed char)(1 + c * 3 + w);
    ck_assert_int_eq(plugin->run(context, &args), NBX_OK);
    for (c = 0; c < 4; c++)
        for (w = 0; w < 8; w++)
            ck_assert_int_eq(out[16 + c * 8 + w], w < 3 ? 2 * (1 + c * 3 + w) : 77);
    input.bytes = 19;
    ck_assert_int_eq(plugin->run(context, &args), NBX_INVALID);
    input.bytes = sizeof in;
    output.bytes = 16;
    ck_assert_int_eq(plugin->run(context, &args), NBX_INVALID);
}

START_TEST(compile_load_and_run)
{
    nbx_layout in, out;
    text_graph *g = build(&in, &out);
    const nbx_host host = text_host(g);
    nbx_device *device = open_device(&host);
    blob b = compile(device, g);
    nbx_program *program = NULL;
    nbx_run_context *context = NULL;
    unsigned counts[2] = {0, 0};
    const nbx_port_sink sink = {.struct_size = sizeof sink, .self = counts, .port = count_port};
    uint32_t verdict = 0, live = 0;
    ck_assert_int_eq(plugin->probe(b.data, b.bytes, "any", &verdict), NBX_OK);
    ck_assert_uint_eq(verdict, NBX_BLOB_OPTIMAL);
    ck_assert_int_eq(plugin->load(device, b.data, b.bytes, &program), NBX_OK);
    ck_assert_int_eq(plugin->describe(program, &sink), NBX_OK);
    ck_assert_uint_eq(counts[0], 1);
    ck_assert_uint_eq(counts[1], 1);
    ck_assert_int_eq(plugin->context_create(program, &context), NBX_OK);
    run_strided(context);
    ck_assert_int_eq(plugin->shutdown(&live), NBX_OK);
    ck_assert_uint_eq(live, 3);
    plugin->context_destroy(context);
    plugin->unload(program);
    plugin->close(device);
    ck_assert_int_eq(plugin->shutdown(&live), NBX_OK);
    ck_assert_uint_eq(live, 0);
    free(b.data);
    free(g);
}
END_TEST

/** Every truncation and every flipped byte is refused or still runs; nothing leaks or crashes. */
START_TEST(hostile_blobs)
{
    nbx_layout in, out;
    text_graph *g = build(&in, &out);
    const nbx_host host = text_host(g);
    nbx_device *device = open_device(&host);
    blob b = compile(device, g);
    nbx_program *program = NULL;
    uint32_t live, verdict;
    uint64_t i;
    for (i = 0; i < b.bytes; i++) {
        if (plugin->load(device, b.data, i, &program) == NBX_OK) plugin->unload(program);
        b.data[i] ^= 0x55;
        if (plugin->load(device, b.data, b.bytes, &program) == NBX_OK) plugin->unload(program);
        (void)plugin->probe(b.data, b.bytes, "any", &verdict);
        b.data[i] ^= 0x55;
    }
    ck_assert_int_eq(plugin->probe("something else", 14, "any", &verdict), NBX_OK);
    ck_assert_uint_eq(verdict, NBX_BLOB_NOT_MINE);
    plugin->close(device);
    ck_assert_int_eq(plugin->shutdown(&live), NBX_OK);
    ck_assert_uint_eq(live, 0);
    free(b.data);
    free(g);
}
END_TEST

START_TEST(refusals)
{
    text_graph *g = text_build("x f[1]: 1; y f[1]", "Frobnicate x > y", "", "");
    const nbx_host host = text_host(g);
    nbx_device *device = NULL;
    blob b = {NULL, 0};
    const nbx_compile_sink sink = {.struct_size = sizeof sink, .self = &b, .write = append};
    ck_assert_int_eq(plugin->open(&host, "nowhere", NULL, NBX_OPEN_COMPILE, &device), NBX_UNSUPPORTED);
    ck_assert_str_eq(g->code, "E-REFERENCE-001");
    ck_assert_ptr_null(device);
    device = open_device(&host);
    ck_assert_int_eq(plugin->compile(device, &g->view, &sink), NBX_UNSUPPORTED);
    ck_assert_str_eq(g->code, "E-GOLDEN-002");
    ck_assert_uint_eq(b.bytes, 0);
    plugin->close(device);
    free(g);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("plugin reference");
    TCase *cases = tcase_create("calls");
    SRunner *runner;
    int failed;
    tcase_add_checked_fixture(cases, open_plugin, NULL);
    tcase_add_test(cases, the_tables_are_valid);
    tcase_add_loop_test(cases, every_scheme_has_weighted_ops, 0, (int)(sizeof SCHEMES / sizeof SCHEMES[0]));
    tcase_add_test(cases, every_mode_has_a_contract);
    tcase_add_test(cases, compile_load_and_run);
    tcase_add_test(cases, hostile_blobs);
    tcase_add_test(cases, refusals);
    suite_add_tcase(suite, cases);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
