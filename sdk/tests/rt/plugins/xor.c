/* SPDX-License-Identifier: Apache-2.0 */
/* A plugin for tests of the runtime: its program exclusive-ors every byte of its input with a key that the blob holds. */
#include <string.h>

#include <nbx/plugin/plugin.h>

/* The blob. `flags`: 1 probe rejects it, 2 load fails with a diagnostic, 4 describe forgets the output. */
typedef struct xor_blob {
    char magic[4];
    uint32_t key, flags, align;
    uint64_t bytes;
} xor_blob;

struct nbx_device {
    const nbx_host *host;
    uint8_t salt; /* option `salt` */
};

struct nbx_program {
    nbx_device *device;
    xor_blob blob;
};

static uint32_t live;

static int32_t xor_open(const nbx_host *host, const char *chip, const nbx_span *options, uint32_t flags, nbx_device **out)
{
    *out = NULL;
    if (strcmp(chip, "any") || !(flags & NBX_OPEN_RUN)) return NBX_UNAVAILABLE;
    nbx_device *device = host->alloc(host->self, sizeof(*device), 16);
    if (!device) return NBX_NO_MEMORY;
    device->host = host;
    device->salt = 0;
    for (uint32_t i = 0; options && i < options->count; i++) {
        const nbx_option_value *value = NBX_ROW(nbx_option_value, *options, i);
        if (!strcmp(value->name, "salt")) device->salt = (uint8_t)value->value[0];
    }
    live++;
    *out = device;
    return NBX_OK;
}

static void xor_close(nbx_device *device)
{
    device->host->free(device->host->self, device);
    live--;
}

static int32_t xor_load(nbx_device *device, const void *blob, uint64_t bytes, nbx_program **out)
{
    xor_blob head;
    *out = NULL;
    if (bytes != sizeof(head) || (uintptr_t)blob % 64) return NBX_BAD_INPUT;
    memcpy(&head, blob, sizeof(head));
    if (head.flags & 2) {
        nbx_diag diag = {.struct_size = sizeof(diag),
                         .status = NBX_VENDOR,
                         .severity = NBX_LOG_ERROR,
                         .node = NBX_NONE,
                         .code = "E-XOR-001",
                         .text = "the blob asks to fail"};
        device->host->diag(device->host->self, &diag);
        return NBX_VENDOR;
    }
    nbx_program *program = device->host->alloc(device->host->self, sizeof(*program), 16);
    if (!program) return NBX_NO_MEMORY;
    *program = (nbx_program){device, head};
    live++;
    *out = program;
    return NBX_OK;
}

static void xor_unload(nbx_program *program)
{
    program->device->host->free(program->device->host->self, program);
    live--;
}

static int32_t xor_describe(nbx_program *program, const nbx_port_sink *sink)
{
    nbx_port port = {.struct_size = sizeof(port), .bytes = program->blob.bytes, .align = program->blob.align, .domains = 1};
    sink->port(sink->self, &port);
    port.is_output = 1;
    if (!(program->blob.flags & 4)) sink->port(sink->self, &port);
    return NBX_OK;
}

static int32_t xor_context_create(nbx_program *program, nbx_run_context **out)
{
    *out = (nbx_run_context *)(void *)program;
    return NBX_OK;
}

static void xor_context_destroy(nbx_run_context *context)
{
    (void)context;
}

static int32_t xor_run(nbx_run_context *context, const nbx_run_args *args)
{
    const nbx_program *program = (const nbx_program *)(const void *)context;
    const nbx_buffer *in = NBX_ROW(nbx_buffer, args->inputs, 0), *out = NBX_ROW(nbx_buffer, args->outputs, 0);
    if (in->bytes < program->blob.bytes || out->bytes < program->blob.bytes) return NBX_INVALID;
    if ((uintptr_t)in->ptr % program->blob.align || (uintptr_t)out->ptr % program->blob.align) return NBX_INVALID;
    for (uint64_t i = 0; i < program->blob.bytes; i++)
        ((uint8_t *)out->ptr)[i] = (uint8_t)(((const uint8_t *)in->ptr)[i] ^ program->blob.key ^ program->device->salt);
    return NBX_OK;
}

static int32_t xor_shutdown(uint32_t *objects)
{
    *objects = live;
    return NBX_OK;
}

static int32_t xor_probe(const void *blob, uint64_t bytes, const char *chip, uint32_t *verdict)
{
    xor_blob head;
    (void)chip;
    *verdict = NBX_BLOB_NOT_MINE;
    if (bytes != sizeof(head)) return NBX_OK;
    memcpy(&head, blob, sizeof(head));
    if (!memcmp(head.magic, "XOR1", 4)) *verdict = head.flags & 1 ? NBX_BLOB_REJECTED : NBX_BLOB_OPTIMAL;
    return NBX_OK;
}

static const nbx_chip chips[] = {{.struct_size = sizeof(nbx_chip), .name = "any", .text = "exclusive-or", .unit = "XOR", .batch_max = 1}};

static const nbx_plugin plugin = {
    .struct_size = sizeof(nbx_plugin),
    .name = "xor",
    .vendor = "xor",
    .version = "1.0.0",
    .roles = NBX_ROLE_EXECUTE,
    .blob_format = "xor",
    .blob_version = 1,
    .chips = NBX_SPAN(chips),
    .open = xor_open,
    .close = xor_close,
    .load = xor_load,
    .unload = xor_unload,
    .describe = xor_describe,
    .context_create = xor_context_create,
    .context_destroy = xor_context_destroy,
    .run = xor_run,
    .shutdown = xor_shutdown,
    .probe = xor_probe,
};

int32_t nbx_plugin_query(nbx_offer *offer)
{
    return nbx_negotiate(offer, NBX_REVISION_1_0, NBX_REVISION_CURRENT, &plugin);
}
