/* SPDX-License-Identifier: Apache-2.0 */
/* Runs single samples through a compiled plan; the lane converts between segments, the feed prepares inputs. */
#include <stdlib.h>
#include <string.h>

#include "api/object.h"

static const char *foreign_layout(const nbx_job_input *row)
{
    return row && row->source_layout && !strcmp(row->source_layout, "NHWC") ? "NHWC" : NULL;
}

static nbx_status make_input(nbx_pipeline *pipeline, uint32_t i)
{
    const nbx_value *v = &pipeline->graph->values[pipeline->graph->inputs[i]].v;
    const nbx_job_input *row = nbx_job_find_input(pipeline->job, v->name, i);
    nbx_feed_source source = {pipeline->job, pipeline->graph, NULL};
    nbx_feed_input *input = &pipeline->feed.inputs[i];
    uint32_t dtype = row && row->source_type ? nbx_dtype_from_name(row->source_type) : v->dtype;
    uint64_t prepared;
    NBX_TRY(nbx_feed_describe(pipeline->context, &source, i, dtype, input));
    pipeline->ports[i] = (nbx_pipeline_port){.name = v->name, .layout = foreign_layout(row), .dtype = dtype, .rank = v->rank};
    memcpy(pipeline->ports[i].dims, v->dims, sizeof(v->dims));
    pipeline->ports[i].bytes = input->sample_bytes;
    pipeline->ports[i].align = nbx_dtype_bits(dtype) / 8;
    if (!nbx_tensor_bytes(v->dtype, v->rank, v->dims, &prepared)) return nbx_raise_memory(pipeline->context);
    pipeline->prepared[i] = nbx_arena_alloc_aligned(pipeline->arena, (size_t)prepared, 64);
    return pipeline->prepared[i] ? NBX_OK : nbx_raise_memory(pipeline->context);
}

static nbx_status make_output(nbx_pipeline *pipeline, uint32_t o)
{
    const nbx_value *v = &pipeline->graph->values[pipeline->graph->outputs[o]].v;
    nbx_pipeline_port *port = &pipeline->ports[pipeline->input_count + o];
    *port = (nbx_pipeline_port){.is_output = 1, .name = v->name, .dtype = v->dtype, .rank = v->rank, .align = nbx_dtype_bits(v->dtype) / 8};
    memcpy(port->dims, v->dims, sizeof(v->dims));
    if (pipeline->plan->refused && !pipeline->graph->values[pipeline->graph->outputs[o]].known) return NBX_OK; /* it never runs */
    return nbx_tensor_bytes(v->dtype, v->rank, v->dims, &port->bytes) ? NBX_OK : nbx_raise_memory(pipeline->context);
}

nbx_status nbx_plan_ports_make(nbx_pipeline *pipeline)
{
    size_t inputs = (size_t)pipeline->graph->input_count + 1, outputs = (size_t)pipeline->graph->output_count + 1;
    pipeline->input_count = pipeline->graph->input_count;
    pipeline->output_count = pipeline->graph->output_count;
    pipeline->ports = nbx_arena_array(pipeline->arena, inputs + outputs, sizeof(nbx_pipeline_port));
    pipeline->feed.inputs = nbx_arena_array(pipeline->arena, inputs, sizeof(nbx_feed_input));
    pipeline->prepared = nbx_arena_array(pipeline->arena, inputs, sizeof(void *));
    pipeline->fed = nbx_arena_array(pipeline->arena, inputs, sizeof(void *));
    pipeline->results = nbx_arena_array(pipeline->arena, outputs, sizeof(void *));
    if (!pipeline->ports || !pipeline->feed.inputs || !pipeline->prepared || !pipeline->fed || !pipeline->results)
        return nbx_raise_memory(pipeline->context);
    pipeline->feed.input_count = pipeline->input_count;
    pipeline->feed.sample_count = 1;
    for (uint32_t i = 0; i < pipeline->input_count; i++)
        NBX_TRY(make_input(pipeline, i));
    for (uint32_t o = 0; o < pipeline->output_count; o++)
        NBX_TRY(make_output(pipeline, o));
    return NBX_OK;
}

static nbx_status open_lane(nbx_pipeline *pipeline)
{
    if (pipeline->lane) return NBX_OK;
    NBX_TRY(nbx_pipeline_compile(pipeline));
    if (!pipeline->session) NBX_TRY(nbx_session_create(pipeline->plan, &pipeline->session));
    return nbx_lane_create(pipeline->session, &pipeline->lane);
}

nbx_status nbx_plan_run(nbx_pipeline *pipeline, const nbx_pipeline_buffer *inputs, const nbx_pipeline_buffer *outputs)
{
    NBX_TRY(open_lane(pipeline));
    for (uint32_t i = 0; i < pipeline->input_count; i++) {
        pipeline->fed[i] = inputs[i].data;
        if (inputs[i].form == NBX_FORM_MODEL) continue;
        pipeline->feed.inputs[i].data = inputs[i].data;
        nbx_feed_sample(&pipeline->feed, i, 0, pipeline->prepared[i]);
        pipeline->fed[i] = pipeline->prepared[i];
    }
    for (uint32_t o = 0; o < pipeline->output_count; o++)
        pipeline->results[o] = outputs[o].data;
    return nbx_lane_run(pipeline->lane, pipeline->fed, pipeline->results);
}
