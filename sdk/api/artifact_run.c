/* SPDX-License-Identifier: Apache-2.0 */
/* Runs artifacts through the board's own runtime, over plugins that the registry found and trusted. */
#include <stdio.h>
#include <string.h>

#include "api/object.h"
#include "formats/artifact.h"

/* The runtime's error is "text [CODE]". */
static nbx_status failed(const nbx_pipeline *pipeline, nbx_status status)
{
    char text[600], code[32] = "E-RT-008";
    nbx_diag diag = {
        .struct_size = sizeof(diag), .status = status, .severity = NBX_LOG_ERROR, .node = NBX_NONE, .code = code, .text = text};
    snprintf(text, sizeof(text), "%s", pipeline->rt ? nbx_rt_error(pipeline->rt) : "out of memory");
    char *open = strrchr(text, '['), *close = strrchr(text, ']');
    if (open > text && close && !close[1] && (size_t)(close - open) <= sizeof(code)) {
        snprintf(code, (size_t)(close - open), "%s", open + 1);
        open[-1] = 0;
    }
    return nbx_raise_foreign(pipeline->context, pipeline->file, &diag);
}

static nbx_status find_plugins(nbx_pipeline *pipeline, const char ***out, uint32_t *count)
{
    nbx_artifact_file file;
    NBX_TRY(nbx_artifact_load(pipeline->context, pipeline->file, &file));
    const char **rows = nbx_arena_array(pipeline->arena, (size_t)file.artifact.chip_count + 1, sizeof(char *));
    nbx_status status = rows ? NBX_OK : nbx_raise_memory(pipeline->context);
    for (uint32_t c = 0; c < file.artifact.chip_count && status == NBX_OK; c++) {
        nbx_loaded_plugin *plugin;
        status = nbx_registry_load(pipeline->registry, file.artifact.chips[c].plugin, &plugin);
        if (status == NBX_OK) rows[c] = plugin->path;
    }
    *out = rows;
    *count = file.artifact.chip_count;
    nbx_artifact_unload(&file);
    return status;
}

static nbx_status make_ports(nbx_pipeline *pipeline)
{
    uint32_t count = nbx_rt_port_count(pipeline->rt);
    pipeline->ports = nbx_arena_array(pipeline->arena, (size_t)count + 1, sizeof(nbx_pipeline_port));
    pipeline->bound = nbx_arena_array(pipeline->arena, (size_t)count + 1, sizeof(nbx_rt_buffer));
    if (!pipeline->ports || !pipeline->bound) return nbx_raise_memory(pipeline->context);
    for (uint32_t i = 0; i < count; i++) {
        nbx_rt_port_info row = {.struct_size = sizeof(row)};
        nbx_status status = nbx_rt_port(pipeline->rt, i, &row);
        if (status != NBX_OK) return failed(pipeline, status);
        pipeline->ports[i] = (nbx_pipeline_port){.is_output = row.is_output,
                                                 .name = row.name,
                                                 .layout = row.layout,
                                                 .encoding = row.encoding,
                                                 .dtype = row.dtype,
                                                 .rank = row.rank,
                                                 .bytes = row.bytes,
                                                 .align = row.align};
        memcpy(pipeline->ports[i].dims, row.dims, sizeof(row.dims));
        *(row.is_output ? &pipeline->output_count : &pipeline->input_count) += 1;
    }
    return NBX_OK;
}

nbx_status nbx_artifact_ports_make(nbx_pipeline *pipeline)
{
    const char **plugins;
    nbx_rt_options options = {.struct_size = sizeof(options)};
    NBX_TRY(find_plugins(pipeline, &plugins, &options.plugin_count));
    options.plugins = plugins;
    nbx_status status = nbx_rt_open(pipeline->file, &options, &pipeline->rt);
    return status == NBX_OK ? make_ports(pipeline) : failed(pipeline, status);
}

nbx_status nbx_artifact_execute(nbx_pipeline *pipeline, const nbx_pipeline_buffer *inputs, const nbx_pipeline_buffer *outputs)
{
    for (uint32_t i = 0; i < pipeline->input_count; i++)
        pipeline->bound[i] = (nbx_rt_buffer){inputs[i].data, inputs[i].bytes};
    for (uint32_t o = 0; o < pipeline->output_count; o++)
        pipeline->bound[pipeline->input_count + o] = (nbx_rt_buffer){outputs[o].data, outputs[o].bytes};
    nbx_status status = nbx_rt_run(pipeline->rt, pipeline->bound, pipeline->bound + pipeline->input_count);
    return status == NBX_OK ? NBX_OK : failed(pipeline, status);
}
