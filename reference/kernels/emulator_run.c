/* SPDX-License-Identifier: Apache-2.0 */
/* Loaded programs of an emulating model and their contexts: ports from and to their layouts around one run of the kernels. */
#include <string.h>

#include "emulator.h"
#include "rows.h"

static int32_t open_blob(nbx_device *device, nbx_program *program, const void *blob, uint64_t bytes)
{
    char error[200] = "";
    int32_t status = nbx_packed_open(device->host, blob, bytes, &program->packed, error, sizeof error);
    if (status) return emulator_fail(device->host, status, "E-EMULATOR-004", "the blob cannot be opened: %s", error);
    if (strcmp(nbx_packed_chip(program->packed), device->chip->name))
        return emulator_fail(device->host, NBX_STALE_BLOB, "E-EMULATOR-005", "the blob was compiled for %s, this device is %s",
                             nbx_packed_chip(program->packed), device->chip->name);
    status = nbx_kernels_create(device->host, nbx_packed_view(program->packed), &program->kernels);
    return status ? status : emulator_plan_ports(program);
}

int32_t nbx_emulator_load(nbx_device *device, const void *blob, uint64_t bytes, nbx_program **out)
{
    nbx_program *program;
    int32_t status;
    if (!out) return NBX_INVALID;
    *out = NULL;
    if (!device || !blob) return NBX_INVALID;
    program = device->host->alloc(device->host->self, sizeof *program, 64);
    if (!program) return NBX_NO_MEMORY;
    *program = (nbx_program){.host = device->host};
    atomic_fetch_add(&emulator_live, 1);
    status = open_blob(device, program, blob, bytes);
    if (status) {
        nbx_emulator_unload(program);
        return status;
    }
    *out = program;
    return NBX_OK;
}

void nbx_emulator_unload(nbx_program *program)
{
    const nbx_host *host;
    if (!program) return;
    host = program->host;
    nbx_kernels_destroy(program->kernels);
    if (program->packed) nbx_packed_close(program->packed);
    host->free(host->self, program->inputs);
    host->free(host->self, program->outputs);
    host->free(host->self, program);
    atomic_fetch_sub(&emulator_live, 1);
}

static void describe_side(const emulator_port *ports, uint32_t count, uint32_t is_output, const nbx_port_sink *sink)
{
    for (uint32_t i = 0; i < count; i++) {
        const nbx_port port = {
            .struct_size = sizeof port,
            .is_output = is_output,
            .value = ports[i].value,
            .bytes = ports[i].plan.bytes,
            .align = 64,
            .domains = 1u << NBX_DOMAIN_HOST,
        };
        sink->port(sink->self, &port);
    }
}

int32_t nbx_emulator_describe(nbx_program *program, const nbx_port_sink *sink)
{
    if (!program || !sink || !sink->port) return NBX_INVALID;
    describe_side(program->inputs, program->input_count, 0, sink);
    describe_side(program->outputs, program->output_count, 1, sink);
    return NBX_OK;
}

int32_t nbx_emulator_context_create(nbx_program *program, nbx_run_context **out)
{
    nbx_run_context *context;
    const nbx_host *host;
    if (!out) return NBX_INVALID;
    *out = NULL;
    if (!program) return NBX_INVALID;
    host = program->host;
    context = host->alloc(host->self, sizeof *context, 64);
    if (!context) return NBX_NO_MEMORY;
    *context = (nbx_run_context){.program = program};
    atomic_fetch_add(&emulator_live, 1);
    context->memory =
        host->alloc(host->self, ((nbx_kernels_scratch_bytes(program->kernels) + 63) & ~UINT64_C(63)) + program->staging_bytes + 64, 64);
    context->inputs = host->alloc(host->self, (program->input_count + 1) * sizeof(void *), 8);
    context->outputs = host->alloc(host->self, (program->output_count + 1) * sizeof(void *), 8);
    if (!context->memory || !context->inputs || !context->outputs) {
        nbx_emulator_context_destroy(context);
        return NBX_NO_MEMORY;
    }
    *out = context;
    return NBX_OK;
}

void nbx_emulator_context_destroy(nbx_run_context *context)
{
    const nbx_host *host;
    if (!context) return;
    host = context->program->host;
    host->free(host->self, context->memory);
    host->free(host->self, context->inputs);
    host->free(host->self, context->outputs);
    host->free(host->self, context);
    atomic_fetch_sub(&emulator_live, 1);
}

static uint8_t *staging(const nbx_run_context *context, const emulator_port *port)
{
    return context->memory + ((nbx_kernels_scratch_bytes(context->program->kernels) + 63) & ~UINT64_C(63)) + port->dense_offset;
}

/* One bound buffer: its layout with the buffer's own strides. `direct`: it is dense and aligned, the kernels may use it. */
typedef struct binding {
    nbx_layout_plan plan;
    uint8_t *base;
    bool direct;
} binding;

/* Refuses a buffer that the port would reach outside of. */
static int32_t bind(const nbx_program *program, const emulator_port *port, const nbx_buffer *row, binding *out)
{
    nbx_buffer buffer;
    out->plan = port->plan;
    if (!kernel_read_row(&buffer, sizeof buffer, row)) return NBX_TOO_NEW;
    if (buffer.domain != NBX_DOMAIN_HOST || !buffer.ptr)
        return emulator_fail(program->host, NBX_INVALID, "E-EMULATOR-006", "port %s needs a buffer in host memory", port->value->name);
    if (buffer.stride_count > 12 || (buffer.stride_count && !nbx_layout_plan_strides(&out->plan, buffer.stride_bytes, buffer.stride_count)))
        return emulator_fail(program->host, NBX_INVALID, "E-EMULATOR-006", "port %s: its buffer's strides do not fit its layout",
                             port->value->name);
    if (buffer.offset > buffer.bytes || out->plan.bytes > buffer.bytes - buffer.offset)
        return emulator_fail(program->host, NBX_INVALID, "E-EMULATOR-006", "port %s needs %llu bytes, its buffer has %llu",
                             port->value->name, (unsigned long long)out->plan.bytes, (unsigned long long)buffer.bytes);
    out->base = (uint8_t *)buffer.ptr + buffer.offset;
    out->direct = port->dense && !buffer.stride_count && ((uintptr_t)out->base & 7) == 0;
    return NBX_OK;
}

static int32_t bring_inputs(nbx_run_context *context, const nbx_run_args *args)
{
    const nbx_program *program = context->program;
    for (uint32_t i = 0; i < program->input_count; i++) {
        uint8_t *dense = staging(context, &program->inputs[i]);
        binding bound;
        const int32_t status = bind(program, &program->inputs[i], NBX_ROW(nbx_buffer, args->inputs, i), &bound);
        if (status) return status;
        context->inputs[i] = bound.direct ? bound.base : dense;
        if (!bound.direct) nbx_layout_unpack(&bound.plan, bound.base, dense);
    }
    return NBX_OK;
}

/* Before the run, outputs get the memory that the kernels write to; after it, what is not direct is packed. */
static int32_t visit_outputs(nbx_run_context *context, const nbx_run_args *args, bool after)
{
    const nbx_program *program = context->program;
    for (uint32_t i = 0; i < program->output_count; i++) {
        const emulator_port *port = &program->outputs[i];
        binding bound;
        const int32_t status = bind(program, port, NBX_ROW(nbx_buffer, args->outputs, i), &bound);
        if (status) return status;
        if (!after) context->outputs[i] = bound.direct ? bound.base : staging(context, port);
        if (after && !bound.direct) nbx_layout_pack(&bound.plan, context->outputs[i], bound.base, port->fill, port->fill_code);
    }
    return NBX_OK;
}

int32_t nbx_emulator_run(nbx_run_context *context, const nbx_run_args *given)
{
    nbx_run_args args;
    const nbx_program *program;
    int32_t status;
    if (!context || !given) return NBX_INVALID;
    program = context->program;
    if (!kernel_read_row(&args, sizeof args, given)) return NBX_TOO_NEW;
    if (args.inputs.count != program->input_count || args.outputs.count != program->output_count)
        return emulator_fail(program->host, NBX_INVALID, "E-EMULATOR-006", "%u input and %u output buffers given, %u and %u needed",
                             args.inputs.count, args.outputs.count, program->input_count, program->output_count);
    status = bring_inputs(context, &args);
    if (!status) status = visit_outputs(context, &args, false);
    if (!status) status = kernel_run_until(program->kernels, context->memory, context->inputs, context->outputs, args.deadline_ns);
    return status ? status : visit_outputs(context, &args, true);
}
