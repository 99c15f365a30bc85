/* SPDX-License-Identifier: Apache-2.0 */
/* A plugin that is right in everything but the one flaw it is compiled with: see flaws.def. */
#include <locale.h>
#include <stdlib.h>
#include <string.h>

#include <nbx/plugin/plugin.h>

enum {
#define FLAW(number, name, text) IS_##name = FLAW_NUMBER == (number),
#include "flaws.def"
#undef FLAW
};

static const nbx_encoding plain = {.struct_size = sizeof(nbx_encoding),
                                   .kind = NBX_ENC_FLOAT,
                                   .storage = NBX_DTYPE_FLOAT32,
                                   .name = "fp32",
                                   .code_bits = 32,
                                   .is_signed = 1,
                                   .param_rule = NBX_PARAM_NONE};
static const struct {
    nbx_encoding row;
    uint64_t news;
} newer_encoding = {{.struct_size = sizeof(nbx_encoding) + 8,
                     .kind = NBX_ENC_FLOAT,
                     .storage = NBX_DTYPE_FLOAT32,
                     .name = "fp32",
                     .code_bits = 32,
                     .is_signed = 1,
                     .param_rule = NBX_PARAM_NONE},
                    5};
static const nbx_arith arith = {
    .struct_size = sizeof(nbx_arith), .product = NBX_PRODUCT_FLOAT, .name = "float", .bias_at = NBX_BIAS_REAL, .exactness = NBX_UNKNOWN};

static const nbx_op_row ops[] = {
    {.struct_size = sizeof(nbx_op_row), .grade = NBX_GRADE_DESIGNED, .op = IS_bad_op ? "Konv" : "Conv", .listed = 1, .source = "invented"},
    {.struct_size = sizeof(nbx_op_row), .grade = NBX_GRADE_DESIGNED, .op = "Relu", .listed = 1, .source = "invented"},
};

#define CLAUSE                                                                                                                             \
    {                                                                                                                                      \
        .of = {.kind = IS_bad_subject ? 60000 : NBX_SUBJECT_ATTR, .tensor = NBX_T_NODE, .name = "kernel_h"},                               \
        .check = IS_bad_check ? 60001 : NBX_CHECK_RANGE, .lo = 1, .hi = 7                                                                  \
    }
static const struct {
    nbx_clause row;
    uint64_t news[1];
} must[] = {{CLAUSE, {0}}, {CLAUSE, {IS_clauses_nonzero ? 7 : 0}}};

#define RULE(size, the_variant)                                                                                                            \
    {                                                                                                                                      \
        .struct_size = (size), .scope = NBX_SCOPE_NODE, .effect = IS_bad_effect ? 99 : NBX_EFFECT_REFUSE, .grade = NBX_GRADE_DESIGNED,     \
        .id = "SKEW-1", .variant = (the_variant), .ops = "Conv", .must = {must, sizeof(must) / sizeof(must[0]), sizeof(must[0])},          \
        .reason = NBX_REASON_ATTR_RANGE, .message = "kernel_h is {actual}, at most {limit}", .remedy_text = "a smaller kernel",            \
        .source = "invented"                                                                                                               \
    }
enum { RULE_SIZE = IS_short_row ? sizeof(nbx_rule) - 8 : IS_rows_zero || IS_rows_nonzero ? sizeof(nbx_rule) + 16 : sizeof(nbx_rule) };
static const struct {
    nbx_rule row;
    uint64_t news[2];
} rules[] = {{RULE(RULE_SIZE, "a"), {0}}, {RULE(RULE_SIZE, "b"), {0, IS_rows_nonzero ? 3 : 0}}};

static const nbx_combo combos[] = {{.struct_size = sizeof(nbx_combo),
                                    .flags = NBX_COMBO_DEFAULT,
                                    .ops = "Conv|Relu",
                                    .scheme = "float",
                                    .variant = "",
                                    .in = &plain,
                                    .weight = &plain,
                                    .bias = &plain,
                                    .out = IS_encoding_nonzero ? &newer_encoding.row : &plain,
                                    .arith = &arith,
                                    .grade = NBX_GRADE_DESIGNED,
                                    .source = "invented"}};
static const nbx_layout_row layouts[] = {{.struct_size = sizeof(nbx_layout_row),
                                          .ports = NBX_LAYOUT_INPUT | NBX_LAYOUT_OUTPUT,
                                          .text = IS_bad_layout ? "NXHW" : "NCHW",
                                          .grade = NBX_GRADE_DESIGNED,
                                          .source = "invented"}};
static const nbx_option options[] = {{.struct_size = sizeof(nbx_option),
                                      .kind = NBX_OPTION_CHOICE,
                                      .name = "mode",
                                      .choices = "fast|small",
                                      .default_value = "fast",
                                      .text = "what to optimize for"}};

#define CHIP(the_name)                                                                                                                     \
    {                                                                                                                                      \
        .struct_size = sizeof(nbx_chip), .name = (the_name), .text = "an invented chip", .unit = "SKEW", .ops = NBX_SPAN(ops),             \
        .combos = NBX_SPAN(combos),                                                                                                        \
        .rules = {IS_null_rows ? NULL : rules, sizeof(rules) / sizeof(rules[0]), IS_short_stride ? 16 : sizeof(rules[0])},                 \
        .layouts = NBX_SPAN(layouts), .options = NBX_SPAN(options), .batch_max = 1                                                         \
    }
static const nbx_chip chips[] = {CHIP("one"), CHIP(IS_twin_chips ? "one" : "two")};

static const nbx_host *host;
static uint32_t live;
static nbx_device *volatile kept; /* what is left behind on purpose stays reachable, so that leak checkers do not call it one */

static int32_t skew_open(const nbx_host *given, const char *chip, const nbx_span *values, uint32_t flags, nbx_device **out)
{
    (void)chip, (void)values, (void)flags;
    host = given;
    *out = host->alloc(host->self, 64, 64);
    if (!*out) return NBX_NO_MEMORY;
    live++;
    return NBX_OK;
}

static void skew_close(nbx_device *device)
{
    kept = device;
    if (IS_leaks) return;
    kept = NULL;
    host->free(host->self, device);
    live--;
}

static int32_t skew_compile(nbx_device *device, const nbx_graph_view *graph, const nbx_compile_sink *sink)
{
    (void)device, (void)graph;
    return sink->write(sink->self, "skew", 4);
}

static int32_t skew_load(nbx_device *device, const void *blob, uint64_t bytes, nbx_program **out)
{
    (void)blob, (void)bytes;
    *out = (nbx_program *)(void *)device;
    return NBX_OK;
}

static void skew_unload(nbx_program *program)
{
    (void)program;
}

static int32_t skew_describe(nbx_program *program, const nbx_port_sink *sink)
{
    (void)program, (void)sink;
    return NBX_OK;
}

static int32_t skew_context_create(nbx_program *program, nbx_run_context **out)
{
    *out = (nbx_run_context *)(void *)program;
    return NBX_OK;
}

static void skew_context_destroy(nbx_run_context *context)
{
    (void)context;
}

static int32_t skew_run(nbx_run_context *context, const nbx_run_args *args)
{
    (void)context, (void)args;
    return NBX_OK;
}

static int32_t skew_shutdown(uint32_t *objects)
{
    *objects = live;
    return IS_fails_shutdown ? NBX_VENDOR : NBX_OK;
}

static int32_t skew_probe(const void *blob, uint64_t bytes, const char *chip, uint32_t *verdict)
{
    (void)chip;
    *verdict = bytes == 4 && !memcmp(blob, "skew", 4) ? NBX_BLOB_OPTIMAL : NBX_BLOB_NOT_MINE;
    return NBX_OK;
}

static const struct {
    nbx_plugin api;
    uint64_t news[2];
} plugin = {
    {
        .struct_size = IS_no_size        ? 0
                       : IS_short_plugin ? sizeof(nbx_plugin) - 8
                                         : sizeof(nbx_plugin) + (IS_long_zero || IS_long_nonzero ? 16 : 0),
        .name = IS_bad_name ? "Skew Plugin" : "skew",
        .vendor = "skewed",
        .version = "1.2.3",
        .roles = NBX_ROLE_COMPILE | NBX_ROLE_EMULATE | (IS_bad_role ? 64 : 0),
        .blob_format = "skew",
        .blob_version = 1,
        .chips = NBX_SPAN(chips),
        .open = skew_open,
        .close = skew_close,
        .compile = IS_no_compile ? NULL : skew_compile,
        .load = skew_load,
        .unload = skew_unload,
        .describe = skew_describe,
        .context_create = skew_context_create,
        .context_destroy = skew_context_destroy,
        .run = IS_no_run ? NULL : skew_run,
        .shutdown = IS_no_shutdown ? NULL : skew_shutdown,
        .probe = IS_no_optional ? NULL : skew_probe,
    },
    {0, IS_long_nonzero ? 1 : 0},
};

#if FLAW_NUMBER == 32
#if defined(__x86_64__)
__attribute__((constructor)) static void turn_denormals_off(void)
{
    unsigned control;
    __asm__ volatile("stmxcsr %0" : "=m"(control));
    control |= 0x8040u;
    __asm__ volatile("ldmxcsr %0" : : "m"(control));
}
#endif
#elif FLAW_NUMBER == 33
__attribute__((constructor)) static void change_locale(void)
{
    setlocale(LC_ALL, "C.UTF-8");
}
#elif FLAW_NUMBER == 34
int nobody_has_this_symbol(void);
#endif

static int32_t answer(nbx_offer *offer)
{
    uint32_t min = IS_too_new ? NBX_REVISION(2, 0) : IS_too_old ? NBX_REVISION(0, 1) : NBX_REVISION_1_0;
    uint32_t max = IS_too_new      ? NBX_REVISION(2, 3)
                   : IS_too_old    ? NBX_REVISION(0, 9)
                   : IS_wide_range ? NBX_REVISION(1, 7)
                                   : NBX_REVISION_1_0;
    int32_t status = nbx_negotiate(offer, min, max, &plugin.api);
#if FLAW_NUMBER == 34
    if (nobody_has_this_symbol()) return NBX_INTERNAL;
#endif
    if (status != NBX_OK) return status;
    if (IS_odd_status) return NBX_BUSY;
    if (IS_no_descriptor) offer->plugin = NULL;
    if (IS_bad_choice) offer->chosen = NBX_REVISION(1, 9);
    return NBX_OK;
}

#if FLAW_NUMBER == 1
NBX_EXPORT int32_t another_query(nbx_offer *offer);
int32_t another_query(nbx_offer *offer)
{
    return answer(offer);
}
#else
int32_t nbx_plugin_query(nbx_offer *offer)
{
    return answer(offer);
}
#endif
