/* SPDX-License-Identifier: Apache-2.0 */
/* Runs an artifact with libnbx-rt alone and writes its outputs as raw bytes: what cross-check.sh compares between machines. */
#include <stdio.h>
#include <stdlib.h>

#include <nbx/rt.h>

enum { PORT_LIMIT = 64 };

/* The file's bytes, or a pattern if there is no file, so that a check needs no data. */
static int fill(nbx_rt_buffer *buffer, const char *path, unsigned seed)
{
    unsigned char *data = buffer->data;
    if (!path) {
        for (uint64_t i = 0; i < buffer->bytes; i++)
            data[i] = (unsigned char)((i * 131u + seed * 29u) >> 1 & 0x7f);
        return 0;
    }
    FILE *file = fopen(path, "rb");
    if (!file) return 1;
    size_t got = fread(data, 1, (size_t)buffer->bytes, file);
    fclose(file);
    return got != buffer->bytes;
}

static int write_output(const char *prefix, unsigned index, const nbx_rt_buffer *buffer)
{
    char path[4096];
    snprintf(path, sizeof(path), "%s.%u", prefix, index);
    FILE *file = fopen(path, "wb");
    if (!file) return 1;
    int bad = fwrite(buffer->data, 1, (size_t)buffer->bytes, file) != buffer->bytes;
    return fclose(file) != 0 || bad;
}

static int run(nbx_rt *rt, int argc, char **argv, nbx_rt_buffer *inputs, nbx_rt_buffer *outputs)
{
    unsigned in = 0, out = 0;
    for (uint32_t i = 0; i < nbx_rt_port_count(rt); i++) {
        nbx_rt_port_info port = {.struct_size = sizeof(port)};
        if (i >= PORT_LIMIT || nbx_rt_port(rt, i, &port) != NBX_OK) return 1;
        nbx_rt_buffer buffer = {NULL, port.bytes};
        if (posix_memalign(&buffer.data, port.align < 64 ? 64 : (size_t)port.align, (size_t)port.bytes) != 0) return 1;
        if (port.is_output)
            outputs[out++] = buffer;
        else if (inputs[in++] = buffer, fill(&buffer, (int)in + 3 < argc ? argv[in + 3] : NULL, in))
            return 1;
    }
    if (nbx_rt_run(rt, inputs, outputs) != NBX_OK) return 1;
    for (unsigned i = 0; i < out; i++)
        if (write_output(argv[3], i, &outputs[i])) return 1;
    return 0;
}

int main(int argc, char **argv)
{
    nbx_rt_buffer inputs[PORT_LIMIT] = {{0}}, outputs[PORT_LIMIT] = {{0}};
    nbx_rt *rt;
    if (argc < 4) {
        fputs("usage: runner ARTIFACT PLUGIN_DIR OUTPUT_PREFIX [INPUT...]\n", stderr);
        return 2;
    }
    nbx_rt_options options = {.struct_size = sizeof(options), .plugin_dir = argv[2]};
    int failed = nbx_rt_open(argv[1], &options, &rt) != NBX_OK || run(rt, argc, argv, inputs, outputs);
    if (failed) fprintf(stderr, "runner: %s\n", *nbx_rt_error(rt) ? nbx_rt_error(rt) : "a file or memory is missing");
    for (int i = 0; i < PORT_LIMIT; i++) {
        free(inputs[i].data);
        free(outputs[i].data);
    }
    nbx_rt_close(rt);
    return failed;
}
