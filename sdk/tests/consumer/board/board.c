/* SPDX-License-Identifier: Apache-2.0 */
/* A board's program: runs an artifact on zeros with libnbx-rt and the plugins of one directory.   usage: board ARTIFACT PLUGIN_DIR */
#include <stdio.h>

#include <nbx/rt.h>

static _Alignas(64) unsigned char space[8][65536];

int main(int argc, char **argv)
{
    nbx_rt_options options = {.struct_size = sizeof(options)};
    nbx_rt *rt = NULL;
    nbx_rt_buffer buffers[8];
    uint32_t inputs = 0;
    if (argc != 3) return 2;
    options.plugin_dir = argv[2];
    nbx_status status = nbx_rt_open(argv[1], &options, &rt);
    for (uint32_t i = 0; status == NBX_OK && i < nbx_rt_port_count(rt) && i < 8; i++) {
        nbx_rt_port_info port = {.struct_size = sizeof(port)};
        status = nbx_rt_port(rt, i, &port);
        buffers[i] = (nbx_rt_buffer){space[i], port.bytes <= sizeof(space[i]) ? port.bytes : 0};
        inputs += !port.is_output;
    }
    if (status == NBX_OK) status = nbx_rt_run(rt, buffers, buffers + inputs);
    if (status != NBX_OK) fprintf(stderr, "%s\n", nbx_rt_error(rt));
    nbx_rt_close(rt);
    return status == NBX_OK ? 0 : 1;
}
