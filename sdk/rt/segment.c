/* SPDX-License-Identifier: Apache-2.0 */
/* Loads a blob on its plugin, compares its ports with the artifact's, and runs it; buffers and steps are run.c's. */
#include "rt/segment.h"

#include <stdlib.h>
#include <string.h>

static nbx_status vendor_failure(nbx_rt_plugin *p, const char *call, int32_t status, nbx_fault *fault)
{
    /* The vendor's own status stays the status: "no device" must not read as "the vendor's code failed". */
    nbx_fault_set(fault, NBX_FAULT_RT_CALL, "%s: %s answered status %d%s%s", p->api.name, call, (int)status, p->last_diag[0] ? ": " : "",
                  p->last_diag);
    fault->status = status;
    return status;
}

static nbx_status probe(const nbx_artifact *a, const nbx_artifact_segment *row, nbx_rt_plugin *p, nbx_fault *fault)
{
    static const char *const verdicts[] = {"none", "optimal", "works, better recompiled", "rejected", "not mine"};
    const nbx_artifact_chip *chip = &a->chips[row->chip];
    uint32_t verdict = 0;
    if (strcmp(chip->blob_format, p->api.blob_format))
        return nbx_fault_set(fault, NBX_FAULT_RT_BLOB, "the blob has format `%s`, plugin %s takes `%s`", chip->blob_format, p->api.name,
                             p->api.blob_format);
    if (!p->api.probe) return NBX_OK; /* load decides */
    const char *name = strchr(chip->spec, '/');
    int32_t status = p->api.probe(row->blob, row->blob_bytes, name ? name + 1 : chip->spec, &verdict);
    if (status == NBX_UNSUPPORTED) return NBX_OK;
    if (status != NBX_OK) return vendor_failure(p, "probe", status, fault);
    if (verdict == NBX_BLOB_OPTIMAL || verdict == NBX_BLOB_RECOMPILE) return NBX_OK;
    return nbx_fault_set(fault, NBX_FAULT_RT_BLOB, "the verdict of plugin %s %s on the blob is `%s`", p->api.name,
                         p->api.version ? p->api.version : "", verdict <= NBX_BLOB_NOT_MINE ? verdicts[verdict] : "unknown");
}

/* Compares each described port with the artifact's, in order. */
typedef struct port_check {
    const nbx_artifact *artifact;
    const nbx_artifact_segment *row;
    uint64_t *aligns;
    uint32_t seen[2];
    bool wrong;
} port_check;

static void check_port(void *self, const nbx_port *port)
{
    port_check *c = self;
    const uint32_t *ports[] = {c->row->inputs, c->row->outputs};
    const uint32_t counts[] = {c->row->input_count, c->row->output_count};
    uint32_t side = port->is_output != 0;
    if (port->struct_size < offsetof(nbx_port, align) + sizeof(port->align) || c->seen[side] == counts[side]) {
        c->wrong = true;
        return;
    }
    uint32_t buffer = ports[side][c->seen[side]++];
    if (port->bytes > c->artifact->buffers[buffer].bytes || (port->align & (port->align - 1)) || port->align > 65536)
        c->wrong = true;
    else if (port->align > c->aligns[buffer])
        c->aligns[buffer] = port->align;
}

static nbx_status describe(const nbx_artifact *a, uint64_t *aligns, nbx_rt_segment *s, nbx_fault *fault)
{
    port_check check = {.artifact = a, .row = s->row, .aligns = aligns};
    nbx_port_sink sink = {.struct_size = sizeof(sink), .self = &check, .port = check_port};
    int32_t status = s->plugin->api.describe(s->program, &sink);
    if (status != NBX_OK) return vendor_failure(s->plugin, "describe", status, fault);
    if (check.wrong || check.seen[0] != s->row->input_count || check.seen[1] != s->row->output_count)
        return nbx_fault_set(fault, NBX_FAULT_RT_PORTS, "plugin %s describes other ports than the artifact has", s->plugin->api.name);
    return NBX_OK;
}

static nbx_buffer *make_buffers(const nbx_artifact *a, const uint32_t *indices, uint32_t count)
{
    nbx_buffer *buffers = calloc((size_t)count + 1, sizeof(*buffers));
    for (uint32_t i = 0; buffers && i < count; i++) {
        buffers[i].struct_size = sizeof(buffers[i]);
        buffers[i].domain = NBX_DOMAIN_HOST;
        buffers[i].bytes = a->buffers[indices[i]].bytes;
    }
    return buffers;
}

nbx_status nbx_rt_segment_load(const nbx_artifact *a, const nbx_artifact_segment *row, nbx_rt_plugin *plugin, nbx_device *device,
                               uint64_t *aligns, nbx_rt_segment *s, nbx_fault *fault)
{
    s->row = row;
    s->plugin = plugin;
    s->device = device;
    if (probe(a, row, plugin, fault) != NBX_OK) return fault->status;
    int32_t status = plugin->api.load(device, row->blob, row->blob_bytes, &s->program);
    if (status != NBX_OK) return vendor_failure(plugin, "load", status, fault);
    if (describe(a, aligns, s, fault) != NBX_OK) return fault->status;
    status = plugin->api.context_create(s->program, &s->context);
    if (status != NBX_OK) return vendor_failure(plugin, "context_create", status, fault);
    s->inputs = make_buffers(a, row->inputs, row->input_count);
    s->outputs = make_buffers(a, row->outputs, row->output_count);
    if (!s->inputs || !s->outputs) return nbx_fault_set(fault, NBX_FAULT_RT_MEMORY, "no memory for the bindings of a segment");
    return NBX_OK;
}

nbx_status nbx_rt_segment_run(nbx_rt_segment *s, void *const *pointers, nbx_fault *fault)
{
    for (uint32_t i = 0; i < s->row->input_count; i++)
        s->inputs[i].ptr = pointers[s->row->inputs[i]];
    for (uint32_t i = 0; i < s->row->output_count; i++)
        s->outputs[i].ptr = pointers[s->row->outputs[i]];
    nbx_run_args args = {
        .struct_size = sizeof(args),
        .inputs = {s->inputs, s->row->input_count, sizeof(nbx_buffer)},
        .outputs = {s->outputs, s->row->output_count, sizeof(nbx_buffer)},
    };
    int32_t status = s->plugin->api.run(s->context, &args);
    return status == NBX_OK ? NBX_OK : vendor_failure(s->plugin, "run", status, fault);
}

void nbx_rt_segment_unload(nbx_rt_segment *s)
{
    if (s->context) s->plugin->api.context_destroy(s->context);
    if (s->program) s->plugin->api.unload(s->program);
    free(s->inputs);
    free(s->outputs);
    memset(s, 0, sizeof(*s));
}
