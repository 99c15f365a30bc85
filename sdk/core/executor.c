/* SPDX-License-Identifier: Apache-2.0 */
/* Compiles views into blobs, loads them and runs them through the plugin calls; what to run is the stages' decision. */
#include "core/executor.h"

#include <stdlib.h>
#include <string.h>

typedef struct port {
    uint64_t bytes;
    bool is_output;
} port;

struct nbx_executable {
    nbx_context *context;
    nbx_plan_chip *chip;
    nbx_program *program;
    void *owned_blob;
    port *ports;
    uint32_t port_count, port_capacity;
    bool no_memory;
};

struct nbx_runner {
    nbx_executable *executable;
    nbx_run_context *run;
    nbx_buffer *buffers; /* inputs, then outputs */
    uint32_t input_count, output_count;
};

/* A plugin that fails without a diagnostic of its own still gets a message with its name and the call. */
static nbx_status call_failed(nbx_context *context, const nbx_plan_chip *chip, const char *call, nbx_status status, uint32_t before)
{
    if (nbx_message_count(context) == before)
        nbx_raise(context, NBX_E_CORE_PLUGIN_CALL, NULL, "the plugin gave no reason; run with -vv for its log",
                  "plugin '%s': %s failed with %s", chip->plugin->name, call, nbx_status_name(status));
    return status;
}

nbx_status nbx_plan_chip_open(nbx_context *context, nbx_plan_chip *chip)
{
    if (chip->device) return NBX_OK;
    nbx_span options = {chip->options, chip->option_count, sizeof(nbx_option_value)};
    uint32_t flags = 0, roles = chip->plugin->api.roles, before = nbx_message_count(context);
    if (roles & NBX_ROLE_COMPILE) flags |= NBX_OPEN_COMPILE;
    if (roles & (NBX_ROLE_EMULATE | NBX_ROLE_EXECUTE)) flags |= NBX_OPEN_RUN;
    nbx_status status = chip->plugin->api.open(chip->plugin->host, chip->chip->name, &options, flags, &chip->device);
    if (status == NBX_UNAVAILABLE && flags == (NBX_OPEN_COMPILE | NBX_OPEN_RUN)) /* compiling must work without the device */
        status = chip->plugin->api.open(chip->plugin->host, chip->chip->name, &options, NBX_OPEN_COMPILE, &chip->device);
    return status == NBX_OK ? NBX_OK : call_failed(context, chip, "open", status, before);
}

typedef struct blob_sink {
    unsigned char *data;
    uint64_t used, capacity;
    nbx_arena *arena;
    nbx_shortfall *shortfall;
} blob_sink;

static int32_t blob_write(void *self, const void *data, uint64_t bytes)
{
    blob_sink *sink = self;
    uint64_t need;
    if (!nbx_add_size(sink->used, bytes, &need)) return NBX_NO_MEMORY;
    if (need > sink->capacity) {
        uint64_t larger = sink->capacity ? sink->capacity * 2 : 4096;
        while (larger < need)
            larger *= 2;
        void *fresh = NULL;
        if (posix_memalign(&fresh, 64, (size_t)larger)) return NBX_NO_MEMORY;
        if (sink->used) memcpy(fresh, sink->data, (size_t)sink->used);
        free(sink->data);
        sink->data = fresh;
        sink->capacity = larger;
    }
    if (bytes) memcpy(sink->data + sink->used, data, (size_t)bytes);
    sink->used = need;
    return NBX_OK;
}

static void keep_shortfall(void *self, const nbx_shortfall *shortfall)
{
    blob_sink *sink = self;
    if (!sink->shortfall || !sink->arena) return;
    *sink->shortfall = *shortfall;
    sink->shortfall->resource = nbx_arena_string(sink->arena, shortfall->resource ? shortfall->resource : "");
    sink->shortfall->unit = nbx_arena_string(sink->arena, shortfall->unit ? shortfall->unit : "");
    uint32_t *cuts = nbx_arena_array(sink->arena, shortfall->cut_nodes.count, sizeof(uint32_t));
    for (uint32_t i = 0; cuts && i < shortfall->cut_nodes.count; i++)
        cuts[i] = *NBX_ROW(uint32_t, shortfall->cut_nodes, i);
    sink->shortfall->cut_nodes = (nbx_span){cuts, cuts ? shortfall->cut_nodes.count : 0, sizeof(uint32_t)};
}

nbx_status nbx_blob_compile(nbx_context *context, nbx_plan_chip *chip, const nbx_graph_view *view, nbx_arena *arena, void **blob,
                            uint64_t *bytes, nbx_shortfall *shortfall)
{
    *blob = NULL;
    *bytes = 0;
    NBX_TRY(nbx_plan_chip_open(context, chip));
    blob_sink sink = {.arena = arena, .shortfall = shortfall};
    nbx_compile_sink calls = {.struct_size = sizeof(calls), .self = &sink, .write = blob_write, .shortfall = keep_shortfall};
    uint32_t before = nbx_message_count(context);
    nbx_status status = chip->plugin->api.compile(chip->device, view, &calls);
    if (status != NBX_OK) {
        free(sink.data);
        if (status == NBX_SHORTFALL && shortfall) return status;
        return call_failed(context, chip, "compile", status, before);
    }
    *blob = sink.data;
    *bytes = sink.used;
    return NBX_OK;
}

static void keep_port(void *self, const nbx_port *row)
{
    nbx_executable *executable = self;
    if (executable->port_count == executable->port_capacity) {
        uint32_t capacity = executable->port_capacity ? executable->port_capacity * 2 : 16;
        port *larger = realloc(executable->ports, capacity * sizeof(port));
        executable->no_memory |= !larger;
        if (!larger) return;
        executable->ports = larger;
        executable->port_capacity = capacity;
    }
    executable->ports[executable->port_count++] = (port){row->bytes, row->is_output != 0};
}

static nbx_status load_program(nbx_executable *executable, const void *blob, uint64_t bytes)
{
    nbx_context *context = executable->context;
    nbx_plan_chip *chip = executable->chip;
    NBX_TRY(nbx_plan_chip_open(context, chip));
    uint32_t before = nbx_message_count(context);
    nbx_status status = chip->plugin->api.load(chip->device, blob, bytes, &executable->program);
    if (status != NBX_OK) return call_failed(context, chip, "load", status, before);
    nbx_port_sink sink = {.struct_size = sizeof(sink), .self = executable, .port = keep_port};
    status = chip->plugin->api.describe(executable->program, &sink);
    if (status != NBX_OK) return call_failed(context, chip, "describe", status, before);
    return executable->no_memory ? nbx_raise_memory(context) : NBX_OK;
}

nbx_status nbx_executable_load(nbx_context *context, nbx_plan_chip *chip, const void *blob, uint64_t bytes, nbx_executable **out)
{
    *out = NULL;
    nbx_executable *executable = calloc(1, sizeof(*executable));
    if (!executable) return nbx_raise_memory(context);
    executable->context = context;
    executable->chip = chip;
    nbx_status status = load_program(executable, blob, bytes);
    if (status != NBX_OK) {
        nbx_executable_destroy(executable);
        return status;
    }
    *out = executable;
    return NBX_OK;
}

nbx_status nbx_executable_compile(nbx_context *context, nbx_plan_chip *chip, const nbx_graph_view *view, nbx_executable **out)
{
    void *blob;
    uint64_t bytes;
    *out = NULL;
    NBX_TRY(nbx_blob_compile(context, chip, view, NULL, &blob, &bytes, NULL));
    nbx_status status = nbx_executable_load(context, chip, blob, bytes, out);
    if (status != NBX_OK)
        free(blob);
    else
        (*out)->owned_blob = blob;
    return status;
}

void nbx_executable_destroy(nbx_executable *executable)
{
    if (!executable) return;
    if (executable->program) executable->chip->plugin->api.unload(executable->program);
    free(executable->owned_blob);
    free(executable->ports);
    free(executable);
}

static const port *find_port(const nbx_executable *executable, bool output, uint32_t index)
{
    for (uint32_t i = 0; i < executable->port_count; i++)
        if (executable->ports[i].is_output == output && index-- == 0) return &executable->ports[i];
    return NULL;
}

uint32_t nbx_executable_port_count(const nbx_executable *executable, bool outputs)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < executable->port_count; i++)
        count += executable->ports[i].is_output == outputs;
    return count;
}

uint64_t nbx_executable_port_bytes(const nbx_executable *executable, bool output, uint32_t index)
{
    const port *found = find_port(executable, output, index);
    return found ? found->bytes : 0;
}

nbx_status nbx_runner_create(nbx_executable *executable, nbx_runner **out)
{
    *out = NULL;
    nbx_runner *runner = calloc(1, sizeof(*runner));
    nbx_buffer *buffers = calloc((size_t)executable->port_count + 1, sizeof(nbx_buffer));
    if (!runner || !buffers) {
        free(runner);
        free(buffers);
        return nbx_raise_memory(executable->context);
    }
    runner->executable = executable;
    runner->buffers = buffers;
    runner->input_count = nbx_executable_port_count(executable, false);
    runner->output_count = nbx_executable_port_count(executable, true);
    for (uint32_t i = 0; i < executable->port_count; i++) {
        bool output = i >= runner->input_count;
        buffers[i].struct_size = sizeof(nbx_buffer);
        buffers[i].bytes = nbx_executable_port_bytes(executable, output, output ? i - runner->input_count : i);
    }
    uint32_t before = nbx_message_count(executable->context);
    nbx_status status = executable->chip->plugin->api.context_create(executable->program, &runner->run);
    if (status != NBX_OK) {
        nbx_runner_destroy(runner);
        return call_failed(executable->context, executable->chip, "context_create", status, before);
    }
    *out = runner;
    return NBX_OK;
}

void nbx_runner_destroy(nbx_runner *runner)
{
    if (!runner) return;
    if (runner->run) runner->executable->chip->plugin->api.context_destroy(runner->run);
    free(runner->buffers);
    free(runner);
}

nbx_status nbx_runner_run(nbx_runner *runner, const void *const *inputs, void *const *outputs)
{
    for (uint32_t i = 0; i < runner->input_count; i++)
        runner->buffers[i].ptr = (void *)(uintptr_t)inputs[i]; /* inputs are not modified: a rule of the interface */
    for (uint32_t i = 0; i < runner->output_count; i++)
        runner->buffers[runner->input_count + i].ptr = outputs[i];
    nbx_run_args args = {.struct_size = sizeof(args),
                         .inputs = {runner->buffers, runner->input_count, sizeof(nbx_buffer)},
                         .outputs = {runner->buffers + runner->input_count, runner->output_count, sizeof(nbx_buffer)}};
    nbx_executable *executable = runner->executable;
    uint32_t before = nbx_message_count(executable->context);
    nbx_status status = executable->chip->plugin->api.run(runner->run, &args);
    return status == NBX_OK ? NBX_OK : call_failed(executable->context, executable->chip, "run", status, before);
}
