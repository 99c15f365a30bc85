/* SPDX-License-Identifier: Apache-2.0 */
/**
 * libnbx-rt: runs an artifact on the board. Needs libc and libdl only.
 *
 * Ownership  nbx_rt_open gives an object even when it fails, so that nbx_rt_error can say why; nbx_rt_close takes it back.
 *            Texts are borrowed until nbx_rt_close.
 * Threads    Distinct objects are independent; one object, one thread at a time.
 * Trust      Plugins are loaded from exactly the files and the directory that the caller names; there is no search and no
 *            manifest on the board. Whoever may write there decides what runs.
 */
#ifndef NBX_RT_H
#define NBX_RT_H

#include <nbx/plugin/status.h>
#include <nbx/plugin/tensor.h>

NBX_BEGIN_C

typedef struct nbx_rt nbx_rt;

/**
 * plugins      libraries to try for each chip of the artifact, in order
 * plugin_dir   then <plugin_dir>/<plugin name>.so; NULL: none
 * log          called for log lines and diagnostics of plugins, from any thread; NULL: they are dropped
 */
typedef struct nbx_rt_options {
    uint32_t struct_size;
    uint32_t plugin_count;
    const char *const *plugins;
    const char *plugin_dir;
    void *self;
    void (*log)(void *self, uint32_t severity, const char *text);
} nbx_rt_options;

/**
 * One input or output.
 *
 * dtype    of the elements; for quantized ports the container of the codes, and `encoding` is its name (else NULL)
 * layout   grammar text, or NULL for dense in axis order of dims
 * bytes    the caller's buffer must hold; align: its address must be a multiple of
 */
typedef struct nbx_rt_port_info {
    uint32_t struct_size;
    uint32_t is_output;
    const char *name;
    const char *layout;
    const char *encoding;
    const void *reserved0;
    uint32_t dtype;
    uint32_t rank;
    int64_t dims[NBX_MAX_RANK];
    uint64_t bytes;
    uint64_t align;
} nbx_rt_port_info;

/** A caller's buffer. */
typedef struct nbx_rt_buffer {
    void *data;
    uint64_t bytes;
} nbx_rt_buffer;

/**
 * Opens the artifact at `path`: verifies its digest, opens its plugins, probes and loads its blobs, allocates everything a
 * run needs. NBX_BAD_INPUT damaged or malformed artifact; NBX_REFUSED, NBX_MISMATCH, NBX_TOO_NEW a plugin; NBX_STALE_BLOB
 * the plugin does not take the blob; NBX_UNAVAILABLE no device. *out is NULL only with NBX_NO_MEMORY.
 */
NBX_EXPORT nbx_status nbx_rt_open(const char *path, const nbx_rt_options *options, nbx_rt **out);
NBX_EXPORT void nbx_rt_close(nbx_rt *rt);

/** Inputs first, then outputs, each in the order of the artifact. */
NBX_EXPORT uint32_t nbx_rt_port_count(const nbx_rt *rt);
/** Fills `out` up to out->struct_size. NBX_INVALID past the end. */
NBX_EXPORT nbx_status nbx_rt_port(const nbx_rt *rt, uint32_t index, nbx_rt_port_info *out);
/** Header entry of the artifact, for example "model_digest"; NULL if absent. */
NBX_EXPORT const char *nbx_rt_header(const nbx_rt *rt, const char *key);

/** One run: as many inputs and outputs as there are ports. Blocking; allocates nothing; inputs are not modified. */
NBX_EXPORT nbx_status nbx_rt_run(nbx_rt *rt, const nbx_rt_buffer *inputs, const nbx_rt_buffer *outputs);

/** The last error as "text [CODE]", or "". */
NBX_EXPORT const char *nbx_rt_error(const nbx_rt *rt);

NBX_END_C

#endif
