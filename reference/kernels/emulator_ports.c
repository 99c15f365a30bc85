/* SPDX-License-Identifier: Apache-2.0 */
/* How each port of a loaded program lies in its buffer; moving the bytes is emulator_run.c's. */
#include "emulator.h"

static uint32_t bits_of(const nbx_value *value)
{
    return nbx_dtype_bits(value->encoding ? value->encoding->storage : value->dtype);
}

static int32_t plan_port(nbx_program *program, const nbx_value *value, emulator_port *port)
{
    const uint32_t bits = bits_of(value);
    uint64_t count = 1;
    nbx_layout_plan dense;
    port->value = value;
    for (uint32_t a = 0; a < value->rank; a++)
        count *= (uint64_t)value->dims[a]; /* the packed reader has checked the product */
    if (!bits || !nbx_layout_plan_make(NULL, value->rank, value->dims, bits, &dense) ||
        !nbx_layout_plan_make(value->layout, value->rank, value->dims, bits, &port->plan))
        return emulator_fail(program->host, NBX_UNSUPPORTED, "E-EMULATOR-003", "port %s: its layout does not fit its shape", value->name);
    port->dense_bytes = (count * bits + 7) / 8;
    port->dense = !value->layout;
    port->fill = value->layout && value->layout->pad_out == NBX_PAD_FILL;
    port->fill_code = value->encoding ? value->encoding->fill_code : 0;
    port->dense_offset = program->staging_bytes;
    program->staging_bytes += (port->dense_bytes + 63) & ~UINT64_C(63);
    return NBX_OK;
}

static int32_t plan_side(nbx_program *program, const nbx_graph_view *view, const nbx_span *side, emulator_port **out)
{
    emulator_port *ports = program->host->alloc(program->host->self, (side->count + 1) * sizeof *ports, 64);
    *out = ports;
    if (!ports) return NBX_NO_MEMORY;
    for (uint32_t i = 0; i < side->count; i++) {
        const nbx_value *value = NBX_ROW(nbx_value, view->values, *NBX_ROW(uint32_t, *side, i));
        const int32_t status = plan_port(program, value, &ports[i]);
        if (status) return status;
    }
    return NBX_OK;
}

int32_t emulator_plan_ports(nbx_program *program)
{
    const nbx_graph_view *view = nbx_packed_view(program->packed);
    int32_t status;
    program->input_count = view->inputs.count;
    program->output_count = view->outputs.count;
    status = plan_side(program, view, &view->inputs, &program->inputs);
    return status ? status : plan_side(program, view, &view->outputs, &program->outputs);
}
