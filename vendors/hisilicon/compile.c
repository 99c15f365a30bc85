/* SPDX-License-Identifier: Apache-2.0 */
/* Compiles a segment into an emulation artifact; beyond the tables it looks at port names, which NNIE cuts after 31 characters. */
#include <stdio.h>
#include <string.h>

#include <nbx/kernels.h>

#include "hisilicon.h"

enum { NAME_BYTES = 31 }; /* hi_nnie.h: 32 with the terminator */

int32_t hisi_open(const nbx_host *host, const char *chip, const nbx_span *options, uint32_t flags, nbx_device **out)
{
    return nbx_emulator_open(&hisi_plugin, host, chip, options, flags, out);
}

static const char *port_name(const nbx_graph_view *graph, const nbx_span *ports, uint32_t i)
{
    return NBX_ROW(nbx_value, graph->values, *NBX_ROW(uint32_t, *ports, i))->name;
}

/* The runtime finds blobs by name: two ports that agree in what is kept of their names cannot be told apart. No row of a table
 * can compare names, and the emulation goes by position, so this is a warning. */
static void warn_of_twins(const nbx_host *host, const nbx_graph_view *graph, const nbx_span *ports)
{
    for (uint32_t i = 0; i < ports->count; i++) {
        for (uint32_t j = 0; j < i; j++) {
            const char *a = port_name(graph, ports, i), *b = port_name(graph, ports, j);
            char text[240];
            nbx_diag diag = {.struct_size = sizeof diag,
                             .status = NBX_OK,
                             .severity = NBX_LOG_WARNING,
                             .node = NBX_NONE,
                             .code = "W-HISI-001",
                             .text = text,
                             .hint = "give the tensors names that differ early"};
            if (!a || !b || strncmp(a, b, NAME_BYTES) != 0 || !host->diag) continue;
            snprintf(text, sizeof text, "ports %.80s and %.80s have the same first 31 characters; NNIE keeps no more", b, a);
            host->diag(host->self, &diag);
        }
    }
}

int32_t hisi_compile(nbx_device *device, const nbx_graph_view *graph, const nbx_compile_sink *sink)
{
    if (!device || !graph || !sink) return NBX_INVALID;
    warn_of_twins(nbx_emulator_host(device), graph, &graph->inputs);
    warn_of_twins(nbx_emulator_host(device), graph, &graph->outputs);
    return nbx_emulator_compile(device, graph, sink);
}
