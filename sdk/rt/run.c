/* SPDX-License-Identifier: Apache-2.0 */
/* Gets everything ready that a run needs, and runs the steps; files and arguments are rt.c's. */
#include "rt/run.h"

#include <stdlib.h>
#include <string.h>

static nbx_status no_memory(nbx_rt *rt)
{
    return nbx_fault_set(&rt->fault, NBX_FAULT_RT_MEMORY, "no memory for the buffers of the artifact");
}

static nbx_status open_device(nbx_rt *rt, const nbx_artifact_chip *chip, nbx_rt_chip *out)
{
    nbx_rt_plugin *p = &out->plugin;
    nbx_option_value *values = calloc((size_t)chip->option_count + 1, sizeof(*values));
    if (!values) return no_memory(rt);
    for (uint32_t i = 0; i < chip->option_count; i++) {
        values[i].struct_size = sizeof(values[i]);
        values[i].name = chip->options[i].key;
        values[i].value = chip->options[i].value;
    }
    nbx_span span = {values, chip->option_count, sizeof(*values)};
    const char *slash = strchr(chip->spec, '/');
    int32_t status = p->api.open(&p->host, slash ? slash + 1 : chip->spec, &span, NBX_OPEN_RUN, &out->device);
    free(values);
    if (status == NBX_OK) return NBX_OK;
    nbx_fault_set(&rt->fault, NBX_FAULT_RT_CALL, "%s: open answered status %d%s%s", p->api.name, (int)status, p->last_diag[0] ? ": " : "",
                  p->last_diag);
    rt->fault.status = status; /* "no device" is not "the vendor's code failed" */
    return status;
}

static nbx_status open_chips(nbx_rt *rt, const nbx_rt_options *options)
{
    for (uint32_t i = 0; i < rt->artifact.chip_count; i++) {
        const nbx_artifact_chip *chip = &rt->artifact.chips[i];
        if (nbx_rt_plugin_open(chip, options, &rt->chips[i].plugin, &rt->fault) != NBX_OK) return rt->fault.status;
        if (open_device(rt, chip, &rt->chips[i]) != NBX_OK) return rt->fault.status;
    }
    return NBX_OK;
}

static nbx_status load_segments(nbx_rt *rt)
{
    for (uint32_t i = 0; i < rt->artifact.segment_count; i++) {
        const nbx_artifact_segment *row = &rt->artifact.segments[i];
        nbx_rt_chip *chip = &rt->chips[row->chip];
        if (nbx_rt_segment_load(&rt->artifact, row, &chip->plugin, chip->device, rt->aligns, &rt->segments[i], &rt->fault) != NBX_OK)
            return rt->fault.status;
    }
    return NBX_OK;
}

static nbx_status prepare_steps(nbx_rt *rt, uint64_t *scratch_bytes)
{
    for (uint32_t i = 0; i < rt->artifact.step_count; i++) {
        const nbx_artifact_step *step = &rt->artifact.steps[i];
        if (step->kind == NBX_STEP_RUN) continue;
        if (nbx_converter_prepare(&rt->artifact, step, &rt->converters[i], &rt->fault) != NBX_OK) return rt->fault.status;
        if (rt->converters[i].dense_bytes > *scratch_bytes) *scratch_bytes = rt->converters[i].dense_bytes;
    }
    return NBX_OK;
}

static uint64_t round_up(uint64_t bytes, uint64_t align)
{
    return (bytes + align - 1) & ~(align - 1);
}

/* One block for inner buffers and scratch. Sizes were limited by nbx_artifact_check; only their sum can be too much. */
static nbx_status allocate(nbx_rt *rt, uint64_t scratch_bytes)
{
    uint64_t most = 64, total = round_up(scratch_bytes, 64);
    for (uint32_t i = 0; i < rt->artifact.buffer_count; i++) {
        if (rt->artifact.buffers[i].role != NBX_BUFFER_INNER) continue;
        if (rt->aligns[i] > most) most = rt->aligns[i];
        total = round_up(total, rt->aligns[i]) + rt->artifact.buffers[i].bytes;
        if (total > SIZE_MAX / 2) return no_memory(rt);
    }
    if (posix_memalign(&rt->owned, (size_t)most, (size_t)round_up(total, most)) != 0) {
        rt->owned = NULL;
        return no_memory(rt);
    }
    /* Padding that nobody fills must not differ from run to run. */
    memset(rt->owned, 0, (size_t)total);
    rt->scratch = rt->owned;
    uint64_t at = round_up(scratch_bytes, 64);
    for (uint32_t i = 0; i < rt->artifact.buffer_count; i++) {
        if (rt->artifact.buffers[i].role != NBX_BUFFER_INNER) continue;
        at = round_up(at, rt->aligns[i]);
        rt->pointers[i] = (char *)rt->owned + at;
        at += rt->artifact.buffers[i].bytes;
    }
    return NBX_OK;
}

static void list_ports(nbx_rt *rt)
{
    const nbx_artifact *a = &rt->artifact;
    for (uint32_t i = 0; i < a->buffer_count; i++)
        if (a->buffers[i].role == NBX_BUFFER_INPUT) rt->ports[rt->input_count++] = i;
    for (uint32_t i = 0; i < a->buffer_count; i++)
        if (a->buffers[i].role == NBX_BUFFER_OUTPUT) rt->ports[rt->input_count + rt->output_count++] = i;
}

nbx_status nbx_rt_prepare(nbx_rt *rt, const nbx_rt_options *options)
{
    const nbx_artifact *a = &rt->artifact;
    uint64_t scratch_bytes = 64;
    rt->chips = calloc((size_t)a->chip_count + 1, sizeof(*rt->chips));
    rt->segments = calloc((size_t)a->segment_count + 1, sizeof(*rt->segments));
    rt->converters = calloc((size_t)a->step_count + 1, sizeof(*rt->converters));
    rt->pointers = calloc((size_t)a->buffer_count + 1, sizeof(*rt->pointers));
    rt->aligns = calloc((size_t)a->buffer_count + 1, sizeof(*rt->aligns));
    rt->ports = calloc((size_t)a->buffer_count + 1, sizeof(*rt->ports));
    if (!rt->chips || !rt->segments || !rt->converters || !rt->pointers || !rt->aligns || !rt->ports) return no_memory(rt);
    for (uint32_t i = 0; i < a->buffer_count; i++)
        rt->aligns[i] = a->buffers[i].role == NBX_BUFFER_INNER ? 64 : 1;
    list_ports(rt);
    if (prepare_steps(rt, &scratch_bytes) != NBX_OK || open_chips(rt, options) != NBX_OK || load_segments(rt) != NBX_OK)
        return rt->fault.status;
    return allocate(rt, scratch_bytes);
}

void nbx_rt_release(nbx_rt *rt)
{
    for (uint32_t i = 0; rt->segments && i < rt->artifact.segment_count; i++)
        nbx_rt_segment_unload(&rt->segments[i]);
    for (uint32_t i = 0; rt->chips && i < rt->artifact.chip_count; i++) {
        if (rt->chips[i].device) rt->chips[i].plugin.api.close(rt->chips[i].device);
        nbx_rt_plugin_close(&rt->chips[i].plugin);
    }
    free(rt->chips);
    free(rt->segments);
    free(rt->converters);
    free(rt->pointers);
    free(rt->aligns);
    free(rt->ports);
    free(rt->owned);
}

nbx_status nbx_rt_execute(nbx_rt *rt)
{
    for (uint32_t i = 0; i < rt->artifact.step_count; i++) {
        const nbx_artifact_step *step = &rt->artifact.steps[i];
        if (step->kind != NBX_STEP_RUN)
            nbx_converter_run(&rt->converters[i], rt->pointers[step->from], rt->pointers[step->to], rt->scratch);
        else if (nbx_rt_segment_run(&rt->segments[step->segment], rt->pointers, &rt->fault) != NBX_OK)
            return rt->fault.status;
    }
    return NBX_OK;
}
