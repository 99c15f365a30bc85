/* SPDX-License-Identifier: Apache-2.0 */
/* The table of calls with their requirements and stubs; whether the calls behave is left to the conformance suite. */
#include "loader/slots.h"

#include "loader/loader.h"

static int32_t stub_open(const nbx_host *host, const char *chip, const nbx_span *options, uint32_t flags, nbx_device **out)
{
    (void)host, (void)chip, (void)options, (void)flags;
    if (out) *out = NULL;
    return NBX_UNSUPPORTED;
}

static void stub_close(nbx_device *device)
{
    (void)device;
}

static int32_t stub_compile(nbx_device *device, const nbx_graph_view *graph, const nbx_compile_sink *sink)
{
    (void)device, (void)graph, (void)sink;
    return NBX_UNSUPPORTED;
}

static int32_t stub_load(nbx_device *device, const void *blob, uint64_t bytes, nbx_program **out)
{
    (void)device, (void)blob, (void)bytes;
    if (out) *out = NULL;
    return NBX_UNSUPPORTED;
}

static void stub_unload(nbx_program *program)
{
    (void)program;
}

static int32_t stub_describe(nbx_program *program, const nbx_port_sink *sink)
{
    (void)program, (void)sink;
    return NBX_UNSUPPORTED;
}

static int32_t stub_context_create(nbx_program *program, nbx_run_context **out)
{
    (void)program;
    if (out) *out = NULL;
    return NBX_UNSUPPORTED;
}

static void stub_context_destroy(nbx_run_context *context)
{
    (void)context;
}

static int32_t stub_run(nbx_run_context *context, const nbx_run_args *args)
{
    (void)context, (void)args;
    return NBX_UNSUPPORTED;
}

static int32_t stub_check(nbx_device *device, const nbx_graph_view *graph, const nbx_check_sink *sink)
{
    (void)device, (void)graph, (void)sink;
    return NBX_UNSUPPORTED;
}

static int32_t stub_estimate(nbx_device *device, const nbx_graph_view *graph, uint32_t node, nbx_estimate *out)
{
    (void)device, (void)graph, (void)node, (void)out;
    return NBX_UNSUPPORTED;
}

static int32_t stub_probe(const void *blob, uint64_t bytes, const char *chip, uint32_t *verdict)
{
    (void)blob, (void)bytes, (void)chip;
    if (verdict) *verdict = 0;
    return NBX_UNSUPPORTED;
}

static const void *stub_extension(const char *name, uint32_t min_revision)
{
    (void)name, (void)min_revision;
    return NULL;
}

enum {
    RUNS = NBX_ROLE_EMULATE | NBX_ROLE_EXECUTE,
    OPENS = NBX_ROLE_COMPILE | RUNS,
    OPTIONAL = 0,
};

/* SLOT(member, roles that require it): the only definition of the required set. It never grows within a major. */
#define SLOTS                                                                                                                              \
    SLOT(open, OPENS)                                                                                                                      \
    SLOT(close, OPENS)                                                                                                                     \
    SLOT(compile, NBX_ROLE_COMPILE)                                                                                                        \
    SLOT(load, RUNS)                                                                                                                       \
    SLOT(unload, RUNS)                                                                                                                     \
    SLOT(describe, RUNS)                                                                                                                   \
    SLOT(context_create, RUNS)                                                                                                             \
    SLOT(context_destroy, RUNS)                                                                                                            \
    SLOT(run, RUNS)                                                                                                                        \
    SLOT(check, OPTIONAL)                                                                                                                  \
    SLOT(estimate, OPTIONAL)                                                                                                               \
    SLOT(probe, OPTIONAL)                                                                                                                  \
    SLOT(extension, OPTIONAL)

const char *nbx_slots_missing(const nbx_plugin *plugin, uint32_t *roles)
{
    *roles = 0;
    if (!plugin->shutdown) return "shutdown";
#define SLOT(member, required)                                                                                                             \
    *roles = plugin->roles & (required);                                                                                                   \
    if (*roles && !plugin->member) return #member;
    SLOTS
#undef SLOT
    return NULL;
}

void nbx_slots_fill(nbx_plugin *plugin)
{
#define SLOT(member, required)                                                                                                             \
    if (!plugin->member) plugin->member = stub_##member;
    SLOTS
#undef SLOT
}

bool nbx_plugin_checks(const nbx_plugin *plugin)
{
    return plugin->check != stub_check;
}

bool nbx_plugin_estimates(const nbx_plugin *plugin)
{
    return plugin->estimate != stub_estimate;
}
