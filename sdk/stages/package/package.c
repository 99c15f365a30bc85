/* SPDX-License-Identifier: Apache-2.0 */
/* Turns a compiled plan into the buffers and steps of an artifact; bytes on disk are written by formats. */
#include "stages/package/package.h"

#include <stdlib.h>
#include <string.h>

#include "core/stored.h"
#include "schema/layouts.h"

typedef struct packer {
    nbx_plan *plan;
    nbx_artifact_buffer *buffers;
    uint32_t buffer_count, buffer_capacity;
    nbx_artifact_step *steps;
    uint32_t step_count, step_capacity;
    nbx_artifact_segment *segments;
    uint32_t *written;          /* per value: the buffer its writer leaves it in, or NBX_NONE */
    const nbx_plan_port **port; /* per value: the writer's port, NULL for model inputs */
    uint32_t *chip;             /* per value: the writer's chip, or NBX_NONE */
} packer;

static const nbx_quantized plain = {.tie = NBX_NONE};

static nbx_status out_of(packer *p)
{
    return nbx_raise_memory(p->plan->context);
}

static const char *layout_text(nbx_plan *plan, const nbx_layout *layout)
{
    char text[160];
    nbx_layout_text(layout, text, sizeof(text));
    return nbx_arena_string(plan->arena, text);
}

/* Bytes as laid out; the dense size for a NULL layout. */
static bool buffer_bytes(const nbx_artifact_buffer *buffer, const nbx_layout *layout, uint64_t *out)
{
    nbx_layout_plan made;
    if (!nbx_layout_plan_make(layout, buffer->rank, buffer->dims, nbx_artifact_element_bits(buffer), &made)) return false;
    *out = made.bytes;
    return true;
}

static nbx_status add_buffer(packer *p, uint32_t value, nbx_artifact_role role, const nbx_quantized *stored, const nbx_plan_port *port,
                             uint32_t *out)
{
    nbx_plan *plan = p->plan;
    const nbx_value *v = &plan->graph->values[value].v;
    if (!nbx_arena_grow(plan->arena, &p->buffers, p->buffer_count, &p->buffer_capacity, sizeof(nbx_artifact_buffer))) return out_of(p);
    nbx_artifact_buffer *row = &p->buffers[p->buffer_count];
    *row = (nbx_artifact_buffer){.name = v->name,
                                 .role = role,
                                 .value = value,
                                 .dtype = v->dtype,
                                 .rank = v->rank,
                                 .encoding = stored->encoding,
                                 .params = stored->params,
                                 .param_count = stored->param_count};
    memcpy(row->dims, v->dims, sizeof(row->dims));
    if (port) {
        row->layout = layout_text(plan, &port->layout);
        row->pad_in = port->pad_in;
        row->pad_out = port->pad_out;
        if (!row->layout) return out_of(p);
    }
    if (!buffer_bytes(row, port ? &port->layout : NULL, &row->bytes)) return out_of(p);
    *out = p->buffer_count++;
    return NBX_OK;
}

static nbx_status add_step(packer *p, nbx_artifact_step step)
{
    if (!nbx_arena_grow(p->plan->arena, &p->steps, p->step_count, &p->step_capacity, sizeof(step))) return out_of(p);
    p->steps[p->step_count++] = step;
    return NBX_OK;
}

static uint32_t input_index(const nbx_graph *graph, uint32_t value)
{
    for (uint32_t i = 0; i < graph->input_count; i++)
        if (graph->inputs[i] == value) return i;
    return NBX_NONE;
}

/* The caller's side of a model input: what the job says the source is, else the model's own float32. */
static nbx_status add_input(packer *p, uint32_t i)
{
    nbx_plan *plan = p->plan;
    uint32_t value = plan->graph->inputs[i], buffer;
    const nbx_value *v = &plan->graph->values[value].v;
    const nbx_job_input *row = nbx_job_find_input(plan->job, v->name, i);
    NBX_TRY(add_buffer(p, value, NBX_BUFFER_INPUT, &plain, NULL, &buffer));
    p->written[value] = buffer;
    if (!row) return NBX_OK;
    nbx_artifact_buffer *made = &p->buffers[buffer];
    uint32_t dtype = row->source_type ? nbx_dtype_from_name(row->source_type) : NBX_DTYPE_NONE;
    if (dtype != NBX_DTYPE_NONE) made->dtype = dtype;
    nbx_layout layout;
    bool other = row->source_layout && strcmp(row->source_layout, "NCHW") != 0;
    if (other && !nbx_layout_parse(row->source_layout, v->rank, &layout, NULL, 0))
        return nbx_raise(plan->context, NBX_E_PACKAGE_SOURCE, &row->place, "NCHW and NHWC are the usual ones",
                         "input '%s': the source layout '%s' does not fit its rank", v->name, row->source_layout);
    if (other) made->layout = row->source_layout;
    return buffer_bytes(made, other ? &layout : NULL, &made->bytes) ? NBX_OK : out_of(p);
}

static bool passes_through(const packer *p, uint32_t value, const nbx_quantized *from, const nbx_quantized *to, const nbx_plan_port *port)
{
    const nbx_plan_port *source = p->port[value];
    if (!source || !nbx_stored_same(from, to) || !nbx_stored_laid_same(&source->layout, &port->layout)) return false;
    return port->pad_in != NBX_PAD_FILL || source->pad_out == NBX_PAD_FILL;
}

static nbx_status bind_input(packer *p, uint32_t s, uint32_t i, uint32_t *buffer)
{
    nbx_plan *plan = p->plan;
    const nbx_plan_port *port = &plan->segments[s].inputs[i];
    uint32_t value = port->value, chip = p->chip[value], index = input_index(plan->graph, value);
    const nbx_quantized *from = chip == NBX_NONE ? &plain : &plan->chips[chip].values[value];
    const nbx_quantized *to = &plan->chips[plan->segments[s].chip].values[value];
    if (passes_through(p, value, from, to, port)) {
        *buffer = p->written[value];
        return NBX_OK;
    }
    NBX_TRY(add_buffer(p, value, NBX_BUFFER_INNER, to, port, buffer));
    nbx_artifact_step step = {.kind = NBX_STEP_CONVERT, .from = p->written[value], .to = *buffer};
    const nbx_job_input *row = index == NBX_NONE ? NULL : nbx_job_find_input(plan->job, plan->graph->values[value].v.name, index);
    if (row && (row->mean_count || row->scale_count)) {
        step.kind = NBX_STEP_PREPROCESS;
        step.mean = row->mean;
        step.scale = row->scale;
        step.mean_count = row->mean_count;
        step.scale_count = row->scale_count;
    } else if (row && row->source_type) {
        step.kind = NBX_STEP_PREPROCESS;
    }
    return add_step(p, step);
}

static nbx_status add_segment(packer *p, uint32_t s)
{
    nbx_plan *plan = p->plan;
    const nbx_plan_segment *row = &plan->segments[s];
    uint32_t *inputs = nbx_arena_array(plan->arena, (size_t)row->input_count + 1, sizeof(uint32_t));
    uint32_t *outputs = nbx_arena_array(plan->arena, (size_t)row->output_count + 1, sizeof(uint32_t));
    if (!inputs || !outputs) return out_of(p);
    for (uint32_t i = 0; i < row->input_count; i++)
        NBX_TRY(bind_input(p, s, i, &inputs[i]));
    for (uint32_t i = 0; i < row->output_count; i++) {
        uint32_t value = row->outputs[i].value;
        NBX_TRY(add_buffer(p, value, NBX_BUFFER_INNER, &plan->chips[row->chip].values[value], &row->outputs[i], &outputs[i]));
        p->written[value] = outputs[i];
        p->port[value] = &row->outputs[i];
        p->chip[value] = row->chip;
    }
    p->segments[s] = (nbx_artifact_segment){row->chip, row->blob, row->blob_bytes, inputs, outputs, row->input_count, row->output_count};
    return add_step(p, (nbx_artifact_step){.kind = NBX_STEP_RUN, .segment = s});
}

static bool wants_codes(const nbx_job *job, const char *name)
{
    for (uint32_t i = 0; i < job->output_count; i++)
        if (!strcmp(job->outputs[i].name, name)) return !job->outputs[i].dequantize;
    return false;
}

static nbx_status add_outputs(packer *p)
{
    nbx_plan *plan = p->plan;
    for (uint32_t i = 0; i < plan->graph->output_count; i++) {
        uint32_t value = plan->graph->outputs[i], buffer;
        const char *name = plan->graph->values[value].v.name;
        if (p->written[value] == NBX_NONE)
            return nbx_raise(plan->context, NBX_E_PACKAGE_CONSTANT, NULL, "leave it out with `outputs:`",
                             "output '%s' is a constant; there is nothing to run for it", name);
        bool codes = wants_codes(plan->job, name) && p->chip[value] != NBX_NONE;
        NBX_TRY(add_buffer(p, value, NBX_BUFFER_OUTPUT, codes ? &plan->chips[p->chip[value]].values[value] : &plain, NULL, &buffer));
        NBX_TRY(add_step(p, (nbx_artifact_step){.kind = NBX_STEP_CONVERT, .from = p->written[value], .to = buffer}));
    }
    return NBX_OK;
}

static nbx_status add_chips(packer *p, nbx_artifact *out)
{
    nbx_plan *plan = p->plan;
    nbx_artifact_chip *chips = nbx_arena_array(plan->arena, (size_t)plan->chip_count + 1, sizeof(*chips));
    if (!chips) return out_of(p);
    for (uint32_t c = 0; c < plan->chip_count; c++) {
        const nbx_plan_chip *row = &plan->chips[c];
        nbx_artifact_key *options = nbx_arena_array(plan->arena, (size_t)row->option_count + 1, sizeof(*options));
        if (!options) return out_of(p);
        for (uint32_t i = 0; i < row->option_count; i++)
            options[i] = (nbx_artifact_key){row->options[i].name, row->options[i].value};
        chips[c] = (nbx_artifact_chip){row->spec,
                                       row->plugin->name,
                                       row->plugin->api.version,
                                       row->plugin->digest,
                                       row->plugin->api.blob_format,
                                       row->plugin->api.blob_version,
                                       options,
                                       row->option_count};
    }
    out->chips = chips;
    out->chip_count = plan->chip_count;
    return NBX_OK;
}

static int by_key(const void *a, const void *b)
{
    return strcmp(((const nbx_artifact_key *)a)->key, ((const nbx_artifact_key *)b)->key);
}

/* FNV-1a over the options of all chips, so that two artifacts can be told apart by their header alone. */
static const char *options_digest(nbx_plan *plan)
{
    uint64_t hash = UINT64_C(14695981039346656037);
    for (uint32_t c = 0; c < plan->chip_count; c++)
        for (uint32_t i = 0; i < plan->chips[c].option_count; i++)
            for (int part = 0; part < 2; part++) {
                const char *text = part ? plan->chips[c].options[i].value : plan->chips[c].options[i].name;
                for (; *text; text++)
                    hash = (hash ^ (unsigned char)*text) * UINT64_C(1099511628211);
                hash = (hash ^ 1u) * UINT64_C(1099511628211);
            }
    return nbx_arena_format(plan->arena, "%016llx", (unsigned long long)hash);
}

static nbx_status add_keys(packer *p, const char *model_digest, nbx_artifact *out)
{
    nbx_plan *plan = p->plan;
    bool emulation = (plan->chips[0].chip->flags & NBX_CHIP_EMULATED) != 0;
    const nbx_artifact_key keys[] = {{"chip", plan->chips[0].spec},
                                     {"emulation", emulation ? "yes" : "no"},
                                     {"model_digest", model_digest},
                                     {"model_name", plan->graph->name && *plan->graph->name ? plan->graph->name : "model"},
                                     {"nbx_version", nbx_version()},
                                     {"options_digest", options_digest(plan)},
                                     {"scheme", plan->scheme ? plan->scheme : "default"}};
    nbx_artifact_key *rows = nbx_arena_copy(plan->arena, keys, sizeof(keys));
    if (!rows) return out_of(p);
    out->key_count = sizeof(keys) / sizeof(keys[0]);
    qsort(rows, out->key_count, sizeof(*rows), by_key);
    out->keys = rows;
    return NBX_OK;
}

static nbx_status pack_all(packer *p)
{
    nbx_plan *plan = p->plan;
    size_t values = (size_t)plan->graph->value_count + 1;
    p->written = nbx_arena_array(plan->arena, values, sizeof(uint32_t));
    p->chip = nbx_arena_array(plan->arena, values, sizeof(uint32_t));
    p->port = nbx_arena_array(plan->arena, values, sizeof(*p->port));
    p->segments = nbx_arena_array(plan->arena, (size_t)plan->segment_count + 1, sizeof(*p->segments));
    if (!p->written || !p->chip || !p->port || !p->segments) return out_of(p);
    memset(p->written, 0xff, values * sizeof(uint32_t));
    memset(p->chip, 0xff, values * sizeof(uint32_t));
    for (uint32_t i = 0; i < plan->graph->input_count; i++)
        NBX_TRY(add_input(p, i));
    for (uint32_t s = 0; s < plan->segment_count; s++)
        NBX_TRY(add_segment(p, s));
    return add_outputs(p);
}

nbx_status nbx_package_plan(nbx_plan *plan, const char *model_digest, nbx_artifact *out)
{
    packer p = {.plan = plan};
    *out = (nbx_artifact){0};
    NBX_TRY(pack_all(&p));
    NBX_TRY(add_chips(&p, out));
    NBX_TRY(add_keys(&p, model_digest, out));
    out->buffers = p.buffers;
    out->buffer_count = p.buffer_count;
    out->steps = p.steps;
    out->step_count = p.step_count;
    out->segments = p.segments;
    out->segment_count = plan->segment_count;
    return NBX_OK;
}
