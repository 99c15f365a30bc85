/* SPDX-License-Identifier: Apache-2.0 */
/* Runs segments in order and converts values at their borders; layouts, encodings and blobs were decided before. */
#include "stages/run/run.h"

#include <stdlib.h>
#include <string.h>

#include "core/stored.h"
#include "schema/layouts.h"

struct nbx_session {
    nbx_plan *plan;
    nbx_executable **executables; /* per segment */
};

/* A value as its writer left it. */
typedef struct written {
    void *data;
    uint64_t bytes;
    uint32_t segment; /* NBX_NONE: the caller */
    const nbx_plan_port *port;
} written;

typedef struct stop { /* one segment on this lane */
    nbx_runner *runner;
    const void **inputs; /* what is bound: own[i] or the writer's buffer */
    void **own, **outputs;
} stop;

struct nbx_lane {
    nbx_session *session;
    stop *stops;
    written *values;
    void *dense_a, *dense_b; /* as large as the largest border value */
    float *scratch;
    uint64_t most_bytes, most_elements;
};

static const nbx_quantized plain = {.tie = NBX_NONE};

static const nbx_quantized *stored_in(const nbx_plan *plan, uint32_t segment, uint32_t value)
{
    return segment == NBX_NONE ? &plain : &plan->chips[plan->segments[segment].chip].values[value];
}

static uint32_t element_bits(const nbx_plan *plan, uint32_t value, const nbx_quantized *row)
{
    return row->encoding ? nbx_dtype_bits(row->encoding->storage) : nbx_dtype_bits(plan->graph->values[value].v.dtype);
}

nbx_status nbx_session_create(nbx_plan *plan, nbx_session **out)
{
    *out = NULL;
    nbx_session *session = calloc(1, sizeof(*session));
    if (!session) return nbx_raise_memory(plan->context);
    session->plan = plan;
    session->executables = calloc((size_t)plan->segment_count + 1, sizeof(nbx_executable *));
    nbx_status status = session->executables ? NBX_OK : nbx_raise_memory(plan->context);
    for (uint32_t s = 0; status == NBX_OK && s < plan->segment_count; s++)
        status = nbx_executable_load(plan->context, &plan->chips[plan->segments[s].chip], plan->segments[s].blob,
                                     plan->segments[s].blob_bytes, &session->executables[s]);
    if (status != NBX_OK) {
        nbx_session_destroy(session);
        return status;
    }
    *out = session;
    return NBX_OK;
}

void nbx_session_destroy(nbx_session *session)
{
    if (!session) return;
    for (uint32_t s = 0; session->executables && s < session->plan->segment_count; s++)
        nbx_executable_destroy(session->executables[s]);
    free(session->executables);
    free(session);
}

uint32_t nbx_session_lanes(const nbx_session *session)
{
    uint32_t lanes = nbx_worker_count();
    for (uint32_t s = 0; s < session->plan->segment_count; s++) {
        uint32_t most = session->plan->chips[session->plan->segments[s].chip].chip->max_concurrent_runs;
        if (most == 0) most = 1; /* undeclared means one */
        if (most < lanes) lanes = most;
    }
    return lanes;
}

static void note_size(nbx_lane *lane, uint32_t value, uint64_t bytes)
{
    const nbx_value *v = &lane->session->plan->graph->values[value].v;
    uint64_t count;
    if (nbx_shape_elements(v->rank, v->dims, &count)) {
        if (count > lane->most_elements) lane->most_elements = count;
        if (count * 8 > lane->most_bytes) lane->most_bytes = count * 8;
    }
    if (bytes > lane->most_bytes) lane->most_bytes = bytes;
}

static nbx_status make_stop(nbx_lane *lane, uint32_t s)
{
    nbx_session *session = lane->session;
    const nbx_plan_segment *segment = &session->plan->segments[s];
    stop *row = &lane->stops[s];
    nbx_context *context = session->plan->context;
    row->inputs = calloc((size_t)segment->input_count + 1, sizeof(void *));
    row->own = calloc((size_t)segment->input_count + 1, sizeof(void *));
    row->outputs = calloc((size_t)segment->output_count + 1, sizeof(void *));
    if (!row->inputs || !row->own || !row->outputs) return nbx_raise_memory(context);
    for (uint32_t i = 0; i < segment->input_count; i++) {
        uint64_t bytes = nbx_executable_port_bytes(session->executables[s], false, i);
        row->own[i] = nbx_block_create(bytes);
        if (!row->own[i]) return nbx_raise_memory(context);
        note_size(lane, segment->inputs[i].value, bytes);
    }
    for (uint32_t i = 0; i < segment->output_count; i++) {
        uint64_t bytes = nbx_executable_port_bytes(session->executables[s], true, i);
        row->outputs[i] = nbx_block_create(bytes);
        if (!row->outputs[i]) return nbx_raise_memory(context);
        note_size(lane, segment->outputs[i].value, bytes);
        lane->values[segment->outputs[i].value] = (written){row->outputs[i], bytes, s, &segment->outputs[i]};
    }
    return nbx_runner_create(session->executables[s], &row->runner);
}

nbx_status nbx_lane_create(nbx_session *session, nbx_lane **out)
{
    nbx_plan *plan = session->plan;
    *out = NULL;
    nbx_lane *lane = calloc(1, sizeof(*lane));
    if (!lane) return nbx_raise_memory(plan->context);
    lane->session = session;
    lane->stops = calloc((size_t)plan->segment_count + 1, sizeof(stop));
    lane->values = calloc((size_t)plan->graph->value_count + 1, sizeof(written));
    nbx_status status = lane->stops && lane->values ? NBX_OK : nbx_raise_memory(plan->context);
    for (uint32_t s = 0; status == NBX_OK && s < plan->segment_count; s++)
        status = make_stop(lane, s);
    for (uint32_t i = 0; i < plan->graph->output_count; i++)
        note_size(lane, plan->graph->outputs[i], 0);
    if (status == NBX_OK) {
        lane->dense_a = nbx_block_create(lane->most_bytes);
        lane->dense_b = nbx_block_create(lane->most_bytes);
        lane->scratch = calloc((size_t)lane->most_elements + 1, sizeof(float));
        if (!lane->dense_a || !lane->dense_b || !lane->scratch) status = nbx_raise_memory(plan->context);
    }
    if (status != NBX_OK) {
        nbx_lane_destroy(lane);
        return status;
    }
    *out = lane;
    return NBX_OK;
}

void nbx_lane_destroy(nbx_lane *lane)
{
    if (!lane) return;
    for (uint32_t s = 0; lane->stops && s < lane->session->plan->segment_count; s++) {
        const nbx_plan_segment *segment = &lane->session->plan->segments[s];
        stop *row = &lane->stops[s];
        nbx_runner_destroy(row->runner);
        for (uint32_t i = 0; row->own && i < segment->input_count; i++)
            free(row->own[i]);
        for (uint32_t i = 0; row->outputs && i < segment->output_count; i++)
            free(row->outputs[i]);
        free(row->inputs);
        free(row->own);
        free(row->outputs);
    }
    free(lane->stops);
    free(lane->values);
    free(lane->dense_a);
    free(lane->dense_b);
    free(lane->scratch);
    free(lane);
}

static bool laid_out(const nbx_plan *plan, uint32_t value, const nbx_quantized *row, const nbx_layout *layout, nbx_layout_plan *made)
{
    const nbx_value *v = &plan->graph->values[value].v;
    return nbx_layout_plan_make(layout, v->rank, v->dims, element_bits(plan, value, row), made);
}

/* Dense codes of what the writer left, in the lane's first buffer or, if it is dense already, where it is. */
static const void *read_dense(nbx_lane *lane, uint32_t value, const written *from)
{
    const nbx_plan *plan = lane->session->plan;
    nbx_layout_plan made;
    if (!from->port || !laid_out(plan, value, stored_in(plan, from->segment, value), &from->port->layout, &made)) return from->data;
    nbx_layout_unpack(&made, from->data, lane->dense_a);
    return lane->dense_a;
}

static int32_t fill_code(const nbx_quantized *row)
{
    if (!row->encoding) return 0;
    if (row->encoding->kind == NBX_ENC_AFFINE && row->param_count) return row->params[0].zero_point;
    return row->encoding->fill_code;
}

static nbx_status convert_input(nbx_lane *lane, uint32_t s, uint32_t i)
{
    const nbx_plan *plan = lane->session->plan;
    const nbx_plan_port *port = &plan->segments[s].inputs[i];
    const written *from = &lane->values[port->value];
    const nbx_quantized *source = stored_in(plan, from->segment, port->value), *target = stored_in(plan, s, port->value);
    nbx_layout_plan made;
    bool fill = port->pad_in == NBX_PAD_FILL;
    if (!laid_out(plan, port->value, target, &port->layout, &made)) return nbx_raise_memory(plan->context);
    bool same = from->port && nbx_stored_same(source, target) && nbx_stored_laid_same(&from->port->layout, &port->layout);
    if (same && (!fill || from->port->pad_out == NBX_PAD_FILL)) {
        lane->stops[s].inputs[i] = from->data;
        return NBX_OK;
    }
    const void *dense = read_dense(lane, port->value, from);
    nbx_stored_convert(&plan->graph->values[port->value], source, dense, target, lane->dense_b, lane->scratch);
    nbx_layout_pack(&made, lane->dense_b, lane->stops[s].own[i], fill, fill_code(target));
    lane->stops[s].inputs[i] = lane->stops[s].own[i];
    return NBX_OK;
}

/* An output that was folded to a constant. */
static nbx_status give_constant(const nbx_g_value *row, void *output)
{
    uint64_t count;
    size_t element = nbx_dtype_bits(row->v.dtype) / 8;
    if (row->v.dtype == NBX_DTYPE_FLOAT32) return nbx_tensor_to_float(row->data, output);
    if (!row->data->is_splat) {
        memcpy(output, row->data->data, (size_t)row->data->bytes);
        return NBX_OK;
    }
    if (!nbx_shape_elements(row->v.rank, row->v.dims, &count)) return NBX_INVALID;
    for (uint64_t i = 0; i < count; i++)
        memcpy((char *)output + i * element, &row->data->splat_i, element);
    return NBX_OK;
}

static nbx_status give_outputs(nbx_lane *lane, void *const *outputs)
{
    const nbx_plan *plan = lane->session->plan;
    for (uint32_t i = 0; i < plan->graph->output_count; i++) {
        uint32_t value = plan->graph->outputs[i];
        const nbx_g_value *row = &plan->graph->values[value];
        const written *from = &lane->values[value];
        if (row->data) {
            NBX_TRY(give_constant(row, outputs[i]));
            continue;
        }
        const void *dense = read_dense(lane, value, from);
        nbx_stored_convert(row, stored_in(plan, from->segment, value), dense, &plain, outputs[i], lane->scratch);
    }
    return NBX_OK;
}

nbx_status nbx_lane_run(nbx_lane *lane, const void *const *inputs, void *const *outputs)
{
    const nbx_plan *plan = lane->session->plan;
    for (uint32_t i = 0; i < plan->graph->input_count; i++)
        lane->values[plan->graph->inputs[i]] = (written){.data = (void *)(uintptr_t)inputs[i], .segment = NBX_NONE};
    for (uint32_t s = 0; s < plan->segment_count; s++) {
        for (uint32_t i = 0; i < plan->segments[s].input_count; i++)
            NBX_TRY(convert_input(lane, s, i));
        NBX_TRY(nbx_runner_run(lane->stops[s].runner, lane->stops[s].inputs, lane->stops[s].outputs));
    }
    return give_outputs(lane, outputs);
}
