/* SPDX-License-Identifier: Apache-2.0 */
/* Devices of an emulating model: opening with options, compiling, judging blobs, counting; running is emulator_run.c's. */
#include "emulator.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "schema/pack_format.h"

#include "rows.h"

atomic_uint emulator_live;
static _Atomic(const nbx_plugin *) opened_last;

int32_t emulator_fail(const nbx_host *host, int32_t status, const char *code, const char *format, ...)
{
    char text[320];
    nbx_diag diag = {.struct_size = sizeof diag, .status = status, .severity = NBX_LOG_ERROR, .node = NBX_NONE, .code = code, .text = text};
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (host->diag) host->diag(host->self, &diag);
    return status;
}

static const nbx_chip *find_chip(const nbx_plugin *plugin, const char *name)
{
    for (uint32_t i = 0; i < plugin->chips.count; i++) {
        const nbx_chip *chip = NBX_ROW(nbx_chip, plugin->chips, i);
        if (!strcmp(chip->name, name)) return chip;
    }
    return NULL;
}

static const char *given_value(const nbx_span *options, const char *name)
{
    for (uint32_t i = 0; options && i < options->count; i++)
        if (!strcmp(NBX_ROW(nbx_option_value, *options, i)->name, name)) return NBX_ROW(nbx_option_value, *options, i)->value;
    return NULL;
}

static int32_t check_known(const nbx_host *host, const nbx_chip *chip, const nbx_span *options)
{
    for (uint32_t i = 0; options && i < options->count; i++) {
        const char *name = NBX_ROW(nbx_option_value, *options, i)->name;
        bool known = false;
        for (uint32_t k = 0; k < chip->options.count; k++)
            known = known || !strcmp(NBX_ROW(nbx_option, chip->options, k)->name, name);
        if (!known) return emulator_fail(host, NBX_INVALID, "E-EMULATOR-002", "chip %s has no option %s", chip->name, name);
    }
    return NBX_OK;
}

/* Every option of the chip with the value given, else its default; texts are copied. */
static int32_t resolve_options(nbx_device *device, const nbx_span *options)
{
    const nbx_span *rows = &device->chip->options;
    size_t bytes = 1;
    char *at;
    for (uint32_t i = 0; i < rows->count; i++) {
        const nbx_option *row = NBX_ROW(nbx_option, *rows, i);
        const char *value = given_value(options, row->name);
        bytes += strlen(value ? value : row->default_value ? row->default_value : "") + 1;
    }
    device->options = device->host->alloc(device->host->self, (rows->count + 1) * sizeof *device->options, 8);
    device->texts = device->host->alloc(device->host->self, bytes, 8);
    if (!device->options || !device->texts) return NBX_NO_MEMORY;
    at = device->texts;
    for (uint32_t i = 0; i < rows->count; i++) {
        const nbx_option *row = NBX_ROW(nbx_option, *rows, i);
        const char *value = given_value(options, row->name);
        if (!value) value = row->default_value ? row->default_value : "";
        memcpy(at, value, strlen(value) + 1);
        device->options[i] = (nbx_option_value){.struct_size = sizeof(nbx_option_value), .name = row->name, .value = at};
        at += strlen(value) + 1;
    }
    device->option_count = rows->count;
    return NBX_OK;
}

int32_t nbx_emulator_open(const nbx_plugin *plugin, const nbx_host *host, const char *chip, const nbx_span *options, uint32_t flags,
                          nbx_device **out)
{
    nbx_device *device;
    int32_t status;
    (void)flags; /* a model compiles and runs anywhere */
    if (!out) return NBX_INVALID;
    *out = NULL;
    if (!plugin || !host || !chip) return NBX_INVALID;
    device = host->alloc(host->self, sizeof *device, 64);
    if (!device) return NBX_NO_MEMORY;
    *device = (nbx_device){.plugin = plugin, .host = host, .chip = find_chip(plugin, chip)};
    atomic_fetch_add(&emulator_live, 1);
    if (!device->chip)
        status = emulator_fail(host, NBX_UNSUPPORTED, "E-EMULATOR-001", "plugin %s has no chip %s", plugin->name, chip);
    else
        status = check_known(host, device->chip, options);
    if (!status) status = resolve_options(device, options);
    if (status) {
        nbx_emulator_close(device);
        return status;
    }
    atomic_store(&opened_last, plugin);
    *out = device;
    return NBX_OK;
}

void nbx_emulator_close(nbx_device *device)
{
    const nbx_host *host;
    if (!device) return;
    host = device->host;
    host->free(host->self, device->options);
    host->free(host->self, device->texts);
    host->free(host->self, device);
    atomic_fetch_sub(&emulator_live, 1);
}

int32_t nbx_emulator_compile(nbx_device *device, const nbx_graph_view *graph, const nbx_compile_sink *sink)
{
    nbx_kernels *kernels;
    int32_t status;
    if (!device || !graph || !sink || !sink->write) return NBX_INVALID;
    /* What cannot run must not compile. */
    status = nbx_kernels_create(device->host, graph, &kernels);
    if (status) return status;
    nbx_kernels_destroy(kernels);
    return nbx_pack_graph(graph, device->chip->name, device->plugin->version, sink->self, sink->write);
}

const nbx_host *nbx_emulator_host(const nbx_device *device)
{
    return device->host;
}

const nbx_chip *nbx_emulator_chip(const nbx_device *device)
{
    return device->chip;
}

const char *nbx_emulator_option(const nbx_device *device, const char *name)
{
    for (uint32_t i = 0; i < device->option_count; i++)
        if (!strcmp(device->options[i].name, name)) return device->options[i].value;
    return NULL;
}

int32_t nbx_emulator_shutdown(uint32_t *live)
{
    if (!live) return NBX_INVALID;
    *live = atomic_load(&emulator_live);
    return NBX_OK;
}

/* Probing has no host to allocate from. */
static void *plain_alloc(void *self, uint64_t bytes, uint64_t align)
{
    (void)self;
    if (align < sizeof(void *)) align = sizeof(void *);
    if (bytes > SIZE_MAX - align) return NULL;
    return aligned_alloc((size_t)align, (size_t)((bytes + align - 1) / align * align));
}

static void plain_free(void *self, void *ptr)
{
    (void)self;
    free(ptr);
}

static uint32_t judge(const nbx_plugin *plugin, const nbx_packed *packed, const char *chip)
{
    if (plugin && !find_chip(plugin, nbx_packed_chip(packed))) return NBX_BLOB_NOT_MINE;
    if (strcmp(nbx_packed_chip(packed), chip)) return NBX_BLOB_REJECTED;
    return plugin && strcmp(nbx_packed_tag(packed), plugin->version) ? NBX_BLOB_RECOMPILE : NBX_BLOB_OPTIMAL;
}

int32_t nbx_emulator_probe_for(const nbx_plugin *plugin, const void *blob, uint64_t bytes, const char *chip, uint32_t *verdict)
{
    const nbx_host host = {.struct_size = sizeof host, .alloc = plain_alloc, .free = plain_free};
    nbx_packed *packed = NULL;
    void *copy = NULL;
    char error[200];
    int32_t status;
    if (!verdict) return NBX_INVALID;
    *verdict = NBX_BLOB_NOT_MINE;
    if (!blob || !chip) return NBX_INVALID;
    if (bytes < strlen(PACK_MAGIC) || memcmp(blob, PACK_MAGIC, strlen(PACK_MAGIC)) != 0) return NBX_OK;
    if ((uintptr_t)blob & 7) {
        copy = plain_alloc(NULL, bytes, 64);
        if (!copy) return NBX_NO_MEMORY;
        blob = memcpy(copy, blob, (size_t)bytes);
    }
    status = nbx_packed_open(&host, blob, bytes, &packed, error, sizeof error);
    *verdict = status ? NBX_BLOB_REJECTED : judge(plugin, packed, chip);
    if (!status) nbx_packed_close(packed);
    free(copy);
    return status == NBX_NO_MEMORY ? status : NBX_OK;
}

int32_t nbx_emulator_probe(const void *blob, uint64_t bytes, const char *chip, uint32_t *verdict)
{
    return nbx_emulator_probe_for(atomic_load(&opened_last), blob, bytes, chip, verdict);
}
