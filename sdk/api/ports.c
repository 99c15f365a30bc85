/* SPDX-License-Identifier: Apache-2.0 */
/* Ports as the caller sees them, and the check of a caller's buffers before a run. */
#include <string.h>

#include "api/object.h"

uint32_t nbx_pipeline_input_count(const nbx_pipeline *pipeline)
{
    return pipeline ? pipeline->input_count : 0;
}

uint32_t nbx_pipeline_output_count(const nbx_pipeline *pipeline)
{
    return pipeline ? pipeline->output_count : 0;
}

nbx_status nbx_pipeline_port_get(const nbx_pipeline *pipeline, uint32_t index, nbx_pipeline_port *out)
{
    if (!pipeline || !out || index >= pipeline->input_count + pipeline->output_count || out->struct_size < sizeof(uint32_t))
        return NBX_INVALID;
    nbx_pipeline_port port = pipeline->ports[index];
    uint32_t size = out->struct_size;
    port.struct_size = size;
    memcpy(out, &port, size < sizeof(port) ? size : sizeof(port));
    return NBX_OK;
}

/* What the caller must give: of the port, or of the model's own values. */
static nbx_status wanted(const nbx_pipeline *pipeline, uint32_t index, uint32_t form, uint64_t *bytes, uint64_t *align)
{
    const nbx_pipeline_port *port = &pipeline->ports[index];
    *bytes = port->bytes;
    *align = port->align;
    if (form == NBX_FORM_PORT) return NBX_OK;
    if (form != NBX_FORM_MODEL || port->is_output)
        return nbx_raise(pipeline->context, NBX_E_API_BUFFER, NULL, "NBX_FORM_PORT, or NBX_FORM_MODEL for an input",
                         "'%s' cannot have form %u", port->name, form);
    if (!pipeline->plan)
        return nbx_raise(pipeline->context, NBX_E_API_ARTIFACT, &(nbx_place){pipeline->file, 0, 0}, "give what the port says",
                         "the artifact prepares input '%s' itself", port->name);
    const nbx_value *v = &pipeline->graph->values[pipeline->graph->inputs[index]].v;
    *align = nbx_dtype_bits(v->dtype) / 8;
    return nbx_tensor_bytes(v->dtype, v->rank, v->dims, bytes) ? NBX_OK : nbx_raise_memory(pipeline->context);
}

static nbx_status check_buffer(const nbx_pipeline *pipeline, uint32_t index, const nbx_pipeline_buffer *buffer)
{
    uint64_t bytes, align;
    NBX_TRY(wanted(pipeline, index, buffer->form, &bytes, &align));
    const char *name = pipeline->ports[index].name;
    if (!buffer->data || buffer->bytes != bytes)
        return nbx_raise(pipeline->context, NBX_E_API_BUFFER, NULL, NULL, "'%s' needs %llu bytes, the buffer has %llu", name,
                         (unsigned long long)bytes, (unsigned long long)(buffer->data ? buffer->bytes : 0));
    if (align > 1 && (uintptr_t)buffer->data % align)
        return nbx_raise(pipeline->context, NBX_E_API_BUFFER, NULL, NULL, "'%s' must be aligned to %llu bytes", name,
                         (unsigned long long)align);
    return NBX_OK;
}

nbx_status nbx_pipeline_run(nbx_pipeline *pipeline, const nbx_pipeline_buffer *inputs, uint32_t input_count,
                            const nbx_pipeline_buffer *outputs, uint32_t output_count)
{
    if (!pipeline) return NBX_INVALID;
    bool missing = (input_count && !inputs) || (output_count && !outputs);
    if (missing || input_count != pipeline->input_count || output_count != pipeline->output_count)
        return nbx_raise(pipeline->context, NBX_E_API_BUFFER, NULL, NULL, "%u inputs and %u outputs are needed, %u and %u are given",
                         pipeline->input_count, pipeline->output_count, inputs ? input_count : 0, outputs ? output_count : 0);
    for (uint32_t i = 0; i < input_count; i++)
        NBX_TRY(check_buffer(pipeline, i, &inputs[i]));
    for (uint32_t i = 0; i < output_count; i++)
        NBX_TRY(check_buffer(pipeline, input_count + i, &outputs[i]));
    return pipeline->plan ? nbx_plan_run(pipeline, inputs, outputs) : nbx_artifact_execute(pipeline, inputs, outputs);
}
