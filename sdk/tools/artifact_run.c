/* SPDX-License-Identifier: Apache-2.0 */
/* Runs artifacts through libnbx-rt, so that what the command shows is what the board does; finding plugins is the registry's work. */
#include "tools/artifact_run.h"

#include <stdlib.h>
#include <string.h>

#include <nbx/rt.h>

#include "formats/artifact.h"
#include "formats/npy.h"

typedef struct artifact_runner {
    nbx_cli *cli;
    nbx_rt *rt;
    nbx_rt_port_info *ports;
    uint32_t input_count, output_count;
    nbx_npy *files;
    nbx_rt_buffer *buffers; /* inputs, then outputs */
    uint64_t samples;
} artifact_runner;

/* The libraries of the artifact's plugins, as the registry found and trusted them. */
static nbx_status find_plugins(nbx_cli *cli, const char *path, const char ***out, uint32_t *count)
{
    nbx_artifact_file file;
    NBX_TRY(nbx_artifact_load(cli->context, path, &file));
    const char **rows = nbx_arena_array(cli->arena, (size_t)file.artifact.chip_count + 1, sizeof(char *));
    nbx_status status = rows ? NBX_OK : nbx_raise_memory(cli->context);
    for (uint32_t c = 0; c < file.artifact.chip_count && status == NBX_OK; c++) {
        nbx_loaded_plugin *plugin;
        status = nbx_registry_load(cli->registry, file.artifact.chips[c].plugin, &plugin);
        if (status == NBX_OK) rows[c] = plugin->path;
    }
    *out = rows;
    *count = file.artifact.chip_count;
    nbx_artifact_unload(&file);
    return status;
}

static nbx_status rt_failed(const artifact_runner *r, nbx_status status)
{
    nbx_diag diag = {.struct_size = sizeof(diag), .status = status, .severity = NBX_LOG_ERROR, .node = NBX_NONE, .code = "E-RT-001"};
    diag.text = r->rt ? nbx_rt_error(r->rt) : "out of memory";
    return nbx_raise_foreign(r->cli->context, r->cli->arguments.rows[0], &diag);
}

static nbx_status open_artifact(artifact_runner *r)
{
    nbx_cli *cli = r->cli;
    const char **plugins;
    nbx_rt_options options = {.struct_size = sizeof(options)};
    NBX_TRY(find_plugins(cli, cli->arguments.rows[0], &plugins, &options.plugin_count));
    options.plugins = plugins;
    nbx_status status = nbx_rt_open(cli->arguments.rows[0], &options, &r->rt);
    if (status != NBX_OK) return rt_failed(r, status);
    uint32_t count = nbx_rt_port_count(r->rt);
    r->ports = nbx_arena_array(cli->arena, (size_t)count + 1, sizeof(*r->ports));
    r->files = nbx_arena_array(cli->arena, (size_t)count + 1, sizeof(*r->files));
    r->buffers = nbx_arena_array(cli->arena, (size_t)count + 1, sizeof(*r->buffers));
    if (!r->ports || !r->files || !r->buffers) return nbx_raise_memory(cli->context);
    for (uint32_t i = 0; i < count; i++) {
        r->ports[i].struct_size = sizeof(r->ports[i]);
        status = nbx_rt_port(r->rt, i, &r->ports[i]);
        if (status != NBX_OK) return rt_failed(r, status);
        r->input_count += !r->ports[i].is_output;
        r->output_count += r->ports[i].is_output != 0;
        r->buffers[i] = (nbx_rt_buffer){nbx_arena_alloc_aligned(cli->arena, (size_t)r->ports[i].bytes, 64), r->ports[i].bytes};
        if (!r->buffers[i].data) return nbx_raise_memory(cli->context);
    }
    return NBX_OK;
}

static const char *path_of(const artifact_runner *r, uint32_t input)
{
    const char *name = r->ports[input].name;
    size_t bytes = strlen(name);
    for (uint32_t i = 0; i < r->cli->data.count; i++)
        if (!strncmp(r->cli->data.rows[i], name, bytes) && r->cli->data.rows[i][bytes] == '=') return r->cli->data.rows[i] + bytes + 1;
    return r->input_count == 1 && r->cli->data.count == 1 ? r->cli->data.rows[0] : NULL;
}

/* The artifact says what it eats: the same type, whole samples, in its own layout. */
static nbx_status open_data(artifact_runner *r)
{
    nbx_context *context = r->cli->context;
    for (uint32_t i = 0; i < r->input_count; i++) {
        const nbx_rt_port_info *port = &r->ports[i];
        const char *path = path_of(r, i);
        if (!path) return nbx_raise(context, NBX_E_FEED_DATA, NULL, "use NAME=FILE", "no samples for input '%s'", port->name);
        NBX_TRY(nbx_npy_open(context, path, &r->files[i]));
        const nbx_npy *file = &r->files[i];
        if (file->dtype != port->dtype || file->bytes == 0 || file->bytes % port->bytes != 0)
            return nbx_raise(
                context, NBX_E_FEED_DATA, &(nbx_place){path, 0, 0}, "the artifact was compiled for this source; see `source:` in the job",
                "input '%s' takes %llu bytes of %s a sample; the file has %llu bytes of %s", port->name, (unsigned long long)port->bytes,
                nbx_dtype_name(port->dtype), (unsigned long long)file->bytes, nbx_dtype_name(file->dtype));
        uint64_t samples = file->bytes / port->bytes;
        if (i == 0 || samples < r->samples) r->samples = samples;
    }
    return NBX_OK;
}

static nbx_status make_outputs(artifact_runner *r, nbx_eval_outputs *out)
{
    out->arena = nbx_arena_create();
    out->output_count = r->output_count;
    out->sample_count = (uint32_t)r->samples;
    if (!out->arena) return nbx_raise_memory(r->cli->context);
    out->names = nbx_arena_array(out->arena, (size_t)r->output_count + 1, sizeof(char *));
    out->elements = nbx_arena_array(out->arena, (size_t)r->output_count + 1, sizeof(uint64_t));
    out->data = nbx_arena_array(out->arena, (size_t)r->output_count + 1, sizeof(float *));
    if (!out->names || !out->elements || !out->data) return nbx_raise_memory(r->cli->context);
    for (uint32_t o = 0; o < r->output_count; o++) {
        const nbx_rt_port_info *port = &r->ports[r->input_count + o];
        uint64_t total;
        out->names[o] = nbx_arena_string(out->arena, port->name);
        if (!nbx_shape_elements(port->rank, port->dims, &out->elements[o]) || !nbx_mul_size(out->elements[o], r->samples, &total))
            return nbx_raise_memory(r->cli->context);
        out->data[o] = nbx_arena_array(out->arena, (size_t)total + 1, sizeof(float));
        if (!out->names[o] || !out->data[o]) return nbx_raise_memory(r->cli->context);
    }
    return NBX_OK;
}

static nbx_status run_samples(artifact_runner *r, nbx_eval_outputs *out)
{
    for (uint64_t s = 0; s < r->samples; s++) {
        for (uint32_t i = 0; i < r->input_count; i++)
            memcpy(r->buffers[i].data, (const char *)r->files[i].data + s * r->ports[i].bytes, (size_t)r->ports[i].bytes);
        nbx_status status = nbx_rt_run(r->rt, r->buffers, r->buffers + r->input_count);
        if (status != NBX_OK) return rt_failed(r, status);
        for (uint32_t o = 0; o < r->output_count; o++) {
            const nbx_rt_port_info *port = &r->ports[r->input_count + o];
            nbx_tensor tensor = {.dtype = port->dtype, .rank = port->rank, .data = r->buffers[r->input_count + o].data};
            memcpy(tensor.dims, port->dims, sizeof(tensor.dims));
            NBX_TRY(nbx_tensor_to_float(&tensor, out->data[o] + s * out->elements[o]));
        }
    }
    return NBX_OK;
}

nbx_status nbx_artifact_run(nbx_cli *cli, nbx_eval_outputs *out)
{
    artifact_runner r = {.cli = cli};
    *out = (nbx_eval_outputs){0};
    nbx_status status = open_artifact(&r);
    if (status == NBX_OK) status = open_data(&r);
    if (status == NBX_OK) status = make_outputs(&r, out);
    if (status == NBX_OK) status = run_samples(&r, out);
    for (uint32_t i = 0; r.files && i < r.input_count; i++)
        nbx_npy_close(&r.files[i]);
    nbx_rt_close(r.rt);
    if (status != NBX_OK) nbx_eval_outputs_destroy(out);
    return status;
}
