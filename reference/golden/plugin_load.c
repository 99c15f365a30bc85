/* SPDX-License-Identifier: Apache-2.0 */
/* Blobs become programs with ports; contexts and runs are in plugin_run.c. */
#include <string.h>

#include "plugin.h"
#include "schema/pack.h"

static uint32_t element_bits(const nbx_value *value)
{
    switch (value->encoding ? value->encoding->storage : value->dtype) {
#define DTYPE(number, name, onnx, bits, onnx_number, kind)                                                                                 \
    case NBX_DTYPE_##name:                                                                                                                 \
        return bits;
#include <nbx/tables/dtypes.def>
#undef DTYPE
    default:
        return 0;
    }
}

static int32_t plan_ports(nbx_program *program, const nbx_graph_view *view, const nbx_span *indices, reference_ports *out)
{
    const nbx_host *host = program->host;
    uint32_t i;
    if (indices->count == 0) return NBX_OK;
    out->rows = host->alloc(host->self, (uint64_t)indices->count * sizeof *out->rows, 64);
    if (!out->rows) return NBX_NO_MEMORY;
    out->count = indices->count;
    for (i = 0; i < indices->count; i++) {
        reference_port *port = &out->rows[i];
        port->value = NBX_ROW(nbx_value, view->values, *NBX_ROW(uint32_t, *indices, i));
        port->element_bits = element_bits(port->value);
        port->bytes = golden_layout_bytes(port->value->layout, port->value->rank, port->value->dims, port->element_bits);
        port->dense_bytes = golden_layout_bytes(NULL, port->value->rank, port->value->dims, port->element_bits);
        port->dense_bytes = (port->dense_bytes + 63) & ~(uint64_t)63;
    }
    return NBX_OK;
}

static int32_t load_program(nbx_program *program, const void *blob, uint64_t bytes)
{
    const nbx_graph_view *view;
    char error[200];
    int32_t status = nbx_packed_open(program->host, blob, bytes, &program->packed, error, sizeof error);
    if (status != NBX_OK) return reference_fail(program->host, status, "E-REFERENCE-002", error);
    if (strncmp(nbx_packed_tag(program->packed), REFERENCE_TAG, strlen(REFERENCE_TAG)) != 0)
        return reference_fail(program->host, NBX_STALE_BLOB, "E-REFERENCE-003", "the blob was compiled by another plugin");
    view = nbx_packed_view(program->packed);
    status = golden_create(program->host, view, &program->golden);
    if (status == NBX_OK) status = plan_ports(program, view, &view->inputs, &program->inputs);
    if (status == NBX_OK) status = plan_ports(program, view, &view->outputs, &program->outputs);
    return status;
}

int32_t reference_load(nbx_device *device, const void *blob, uint64_t bytes, nbx_program **out)
{
    nbx_program *program;
    int32_t status;
    if (!out) return NBX_INVALID;
    *out = NULL;
    if (!device || !blob) return NBX_INVALID;
    program = device->host->alloc(device->host->self, sizeof *program, 64);
    if (!program) return NBX_NO_MEMORY;
    memset(program, 0, sizeof *program);
    program->host = device->host;
    atomic_fetch_add(&reference_live, 1);
    status = load_program(program, blob, bytes);
    if (status != NBX_OK) {
        reference_unload(program);
        return status;
    }
    *out = program;
    return NBX_OK;
}

void reference_unload(nbx_program *program)
{
    const nbx_host *host;
    if (!program) return;
    host = program->host;
    golden_destroy(program->golden);
    if (program->packed) nbx_packed_close(program->packed);
    host->free(host->self, program->inputs.rows);
    host->free(host->self, program->outputs.rows);
    host->free(host->self, program);
    atomic_fetch_sub(&reference_live, 1);
}

static void describe(const reference_ports *ports, uint32_t is_output, const nbx_port_sink *sink)
{
    uint32_t i;
    for (i = 0; i < ports->count; i++) {
        const nbx_port port = {.struct_size = sizeof port,
                               .is_output = is_output,
                               .value = ports->rows[i].value,
                               .bytes = ports->rows[i].bytes,
                               .align = 1,
                               .domains = 1u << NBX_DOMAIN_HOST};
        sink->port(sink->self, &port);
    }
}

int32_t reference_describe(nbx_program *program, const nbx_port_sink *sink)
{
    if (!program || !sink || !sink->port) return NBX_INVALID;
    describe(&program->inputs, 0, sink);
    describe(&program->outputs, 1, sink);
    return NBX_OK;
}
