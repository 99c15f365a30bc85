/* SPDX-License-Identifier: Apache-2.0 */
/* The public calls of libnbx-rt: files, arguments, error texts; the work is done in run.c. */
#include <nbx/rt.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "rt/run.h"
#include "schema/ops.h"

static nbx_status finish(nbx_rt *rt, nbx_status status)
{
    if (status == NBX_OK)
        rt->error[0] = 0;
    else
        snprintf(rt->error, sizeof(rt->error), "%s [%s]", rt->fault.text, nbx_fault_code_name(rt->fault.code));
    return status;
}

static nbx_status map_file(nbx_rt *rt, const char *path)
{
    struct stat st;
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0 || fstat(file, &st) != 0 || !S_ISREG(st.st_mode)) {
        nbx_fault_set(&rt->fault, NBX_FAULT_ART_FILE, "%s: %s", path, file < 0 ? strerror(errno) : "not a regular file");
    } else if (st.st_size < 1 || (uint64_t)st.st_size > SIZE_MAX / 2) {
        nbx_fault_set(&rt->fault, NBX_FAULT_ART_MAGIC, "%s: empty, or larger than this machine can map", path);
    } else {
        rt->mapping_bytes = (size_t)st.st_size;
        rt->mapping = mmap(NULL, rt->mapping_bytes, PROT_READ, MAP_PRIVATE, file, 0);
        if (rt->mapping == MAP_FAILED) {
            rt->mapping = NULL;
            nbx_fault_set(&rt->fault, NBX_FAULT_ART_FILE, "%s: %s", path, strerror(errno));
        }
    }
    if (file >= 0) close(file);
    return rt->fault.status;
}

nbx_status nbx_rt_open(const char *path, const nbx_rt_options *options, nbx_rt **out)
{
    nbx_rt_options ours = {0};
    if (!out) return NBX_INVALID;
    *out = calloc(1, sizeof(**out));
    if (!*out) return NBX_NO_MEMORY;
    nbx_rt *rt = *out;
    if (options) memcpy(&ours, options, options->struct_size < sizeof(ours) ? options->struct_size : sizeof(ours));
    if (!path || (ours.plugin_count && !ours.plugins))
        return finish(rt, nbx_fault_set(&rt->fault, NBX_FAULT_RT_ARGUMENT, "no path, or a plugin count without plugins"));
    if (map_file(rt, path) != NBX_OK) return finish(rt, rt->fault.status);
    if (nbx_artifact_open(rt->mapping, rt->mapping_bytes, &rt->artifact, &rt->fault) != NBX_OK) return finish(rt, rt->fault.status);
    return finish(rt, nbx_rt_prepare(rt, &ours));
}

void nbx_rt_close(nbx_rt *rt)
{
    if (!rt) return;
    nbx_rt_release(rt);
    nbx_artifact_close(&rt->artifact);
    if (rt->mapping) munmap(rt->mapping, rt->mapping_bytes);
    free(rt);
}

uint32_t nbx_rt_port_count(const nbx_rt *rt)
{
    return rt ? rt->input_count + rt->output_count : 0;
}

nbx_status nbx_rt_port(const nbx_rt *rt, uint32_t index, nbx_rt_port_info *out)
{
    if (!rt || !out || index >= nbx_rt_port_count(rt) || out->struct_size < sizeof(uint32_t)) return NBX_INVALID;
    const nbx_artifact_buffer *b = &rt->artifact.buffers[rt->ports[index]];
    nbx_rt_port_info info = {
        .struct_size = out->struct_size,
        .is_output = index >= rt->input_count,
        .name = b->name,
        .layout = b->layout,
        .encoding = b->encoding ? b->encoding->name : NULL,
        .dtype = b->encoding ? b->encoding->storage : b->dtype,
        .rank = b->rank,
        .bytes = b->bytes,
        .align = rt->aligns[rt->ports[index]],
    };
    memcpy(info.dims, b->dims, sizeof(info.dims));
    memcpy(out, &info, out->struct_size < sizeof(info) ? out->struct_size : sizeof(info));
    return NBX_OK;
}

const char *nbx_rt_header(const nbx_rt *rt, const char *key)
{
    return rt && key ? nbx_artifact_find(&rt->artifact, key) : NULL;
}

static nbx_status bind(nbx_rt *rt, uint32_t index, const nbx_rt_buffer *buffer)
{
    uint32_t port = rt->ports[index];
    const nbx_artifact_buffer *b = &rt->artifact.buffers[port];
    if (!buffer->data || buffer->bytes < b->bytes)
        return nbx_fault_set(&rt->fault, NBX_FAULT_RT_ARGUMENT, "`%s` needs %llu bytes, the buffer has %llu", b->name,
                             (unsigned long long)b->bytes, (unsigned long long)(buffer->data ? buffer->bytes : 0));
    if ((uintptr_t)buffer->data % rt->aligns[port])
        return nbx_fault_set(&rt->fault, NBX_FAULT_RT_ARGUMENT, "`%s` must be aligned to %llu bytes", b->name,
                             (unsigned long long)rt->aligns[port]);
    rt->pointers[port] = buffer->data;
    return NBX_OK;
}

nbx_status nbx_rt_run(nbx_rt *rt, const nbx_rt_buffer *inputs, const nbx_rt_buffer *outputs)
{
    if (!rt) return NBX_INVALID;
    if (!rt->owned) return rt->fault.status; /* it did not open; the error stays what it was */
    rt->fault.status = NBX_OK;
    if ((rt->input_count && !inputs) || (rt->output_count && !outputs))
        return finish(rt, nbx_fault_set(&rt->fault, NBX_FAULT_RT_ARGUMENT, "no inputs or no outputs"));
    for (uint32_t i = 0; i < rt->input_count; i++)
        if (bind(rt, i, &inputs[i]) != NBX_OK) return finish(rt, rt->fault.status);
    for (uint32_t i = 0; i < rt->output_count; i++)
        if (bind(rt, rt->input_count + i, &outputs[i]) != NBX_OK) return finish(rt, rt->fault.status);
    return finish(rt, nbx_rt_execute(rt));
}

const char *nbx_rt_error(const nbx_rt *rt)
{
    return rt ? rt->error : "";
}
