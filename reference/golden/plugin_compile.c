/* SPDX-License-Identifier: Apache-2.0 */
/* Devices, compiling a graph to a blob, judging blobs, and the count of living objects; running is in plugin_run.c. */
#include <stdlib.h>
#include <string.h>

#include "plugin.h"
#include "schema/pack.h"

atomic_uint reference_live;

int32_t reference_fail(const nbx_host *host, int32_t status, const char *code, const char *text)
{
    nbx_diag diag = {.struct_size = sizeof diag, .status = status, .severity = NBX_LOG_ERROR, .node = NBX_NONE, .code = code, .text = text};
    if (host->diag) host->diag(host->self, &diag);
    return status;
}

/** The host has checked the options against the chip's rows; they have done their work when combos were chosen. */
int32_t reference_open(const nbx_host *host, const char *chip, const nbx_span *options, uint32_t flags, nbx_device **out)
{
    nbx_device *device;
    (void)options;
    (void)flags;
    if (!out) return NBX_INVALID;
    *out = NULL;
    if (!host || !chip) return NBX_INVALID;
    if (strcmp(chip, REFERENCE_CHIP) != 0)
        return reference_fail(host, NBX_UNSUPPORTED, "E-REFERENCE-001", "there is one chip: " REFERENCE_CHIP);
    device = host->alloc(host->self, sizeof *device, 64);
    if (!device) return NBX_NO_MEMORY;
    device->host = host;
    atomic_fetch_add(&reference_live, 1);
    *out = device;
    return NBX_OK;
}

void reference_close(nbx_device *device)
{
    if (!device) return;
    device->host->free(device->host->self, device);
    atomic_fetch_sub(&reference_live, 1);
}

/** What golden refuses to prepare must not compile. */
int32_t reference_compile(nbx_device *device, const nbx_graph_view *graph, const nbx_compile_sink *sink)
{
    golden *program;
    int32_t status;
    if (!device || !graph || !sink || !sink->write) return NBX_INVALID;
    status = golden_create(device->host, graph, &program);
    if (status != NBX_OK) return status;
    golden_destroy(program);
    return nbx_pack_graph(graph, REFERENCE_CHIP, REFERENCE_TAG REFERENCE_VERSION, sink->self, sink->write);
}

int32_t reference_shutdown(uint32_t *live)
{
    if (!live) return NBX_INVALID;
    *live = atomic_load(&reference_live);
    return NBX_OK;
}

/* Probing has no host to allocate from. */
static void *probe_alloc(void *self, uint64_t bytes, uint64_t align)
{
    (void)self;
    if (align < sizeof(void *)) align = sizeof(void *);
    if (bytes > SIZE_MAX - align) return NULL;
    return aligned_alloc((size_t)align, (size_t)((bytes + align - 1) / align * align));
}

static void probe_free(void *self, void *ptr)
{
    (void)self;
    free(ptr);
}

static uint32_t judge(const nbx_packed *packed, const char *chip)
{
    if (strncmp(nbx_packed_tag(packed), REFERENCE_TAG, strlen(REFERENCE_TAG)) != 0) return NBX_BLOB_NOT_MINE;
    if (strcmp(chip, REFERENCE_CHIP) != 0 || strcmp(nbx_packed_chip(packed), REFERENCE_CHIP) != 0) return NBX_BLOB_REJECTED;
    return strcmp(nbx_packed_tag(packed), REFERENCE_TAG REFERENCE_VERSION) == 0 ? NBX_BLOB_OPTIMAL : NBX_BLOB_RECOMPILE;
}

int32_t reference_probe(const void *blob, uint64_t bytes, const char *chip, uint32_t *verdict)
{
    const nbx_host host = {.struct_size = sizeof host, .alloc = probe_alloc, .free = probe_free};
    nbx_packed *packed = NULL;
    char error[200];
    void *copy;
    int32_t status;
    if (!verdict) return NBX_INVALID;
    *verdict = NBX_BLOB_NOT_MINE;
    if (!blob || !chip || bytes == 0) return NBX_INVALID;
    copy = probe_alloc(NULL, bytes, 64);
    if (!copy) return NBX_NO_MEMORY;
    memcpy(copy, blob, (size_t)bytes);
    status = nbx_packed_open(&host, copy, bytes, &packed, error, sizeof error);
    if (status == NBX_OK) {
        *verdict = judge(packed, chip);
        nbx_packed_close(packed);
    } else if (status == NBX_TOO_NEW) {
        *verdict = NBX_BLOB_REJECTED;
    }
    free(copy);
    return status == NBX_NO_MEMORY ? status : NBX_OK;
}
