/* SPDX-License-Identifier: Apache-2.0 */
/**
 * The kernel library: runs graph views in integer, power-of-two, logarithmic, binary and float arithmetic, byte-exact
 * against the contracts of docs/numerics.md (floats within the bound given there). Written apart from golden. Links
 * nbx_schema and libc only; usable by vendors' chip models and on its own.
 */
#ifndef NBX_KERNELS_H
#define NBX_KERNELS_H

#include <nbx/plugin/plugin.h>

NBX_BEGIN_C

typedef struct nbx_kernels nbx_kernels;

/**
 * Prepares a view: constants are mapped and repacked, groups resolved, buffers planned. `view` may die afterwards.
 * NBX_UNSUPPORTED with a diagnostic for what no kernel computes.
 */
int32_t nbx_kernels_create(const nbx_host *host, const nbx_graph_view *view, nbx_kernels **out);
void nbx_kernels_destroy(nbx_kernels *kernels);
/** Scratch bytes of one run, planned by liveness. */
uint64_t nbx_kernels_scratch_bytes(const nbx_kernels *kernels);
/** Runs once; buffers as in golden: one dense buffer per port. Allocates nothing. `scratch` is 64-byte aligned. */
int32_t nbx_kernels_run(const nbx_kernels *kernels, void *scratch, const void *const *inputs, void *const *outputs);

/**
 * A ready-made set of plugin calls for an emulating chip model: compile packs the graph, run unpacks ports from their
 * layouts, runs the kernels and packs the results. A vendor's plugin struct points at these, or wraps them to add checks.
 * The model must name its plugin table so that `open` finds the chip.
 */
int32_t nbx_emulator_open(const nbx_plugin *plugin, const nbx_host *host, const char *chip, const nbx_span *options, uint32_t flags,
                          nbx_device **out);
void nbx_emulator_close(nbx_device *device);
int32_t nbx_emulator_compile(nbx_device *device, const nbx_graph_view *graph, const nbx_compile_sink *sink);
int32_t nbx_emulator_load(nbx_device *device, const void *blob, uint64_t bytes, nbx_program **out);
void nbx_emulator_unload(nbx_program *program);
int32_t nbx_emulator_describe(nbx_program *program, const nbx_port_sink *sink);
int32_t nbx_emulator_context_create(nbx_program *program, nbx_run_context **out);
void nbx_emulator_context_destroy(nbx_run_context *context);
int32_t nbx_emulator_run(nbx_run_context *context, const nbx_run_args *args);
int32_t nbx_emulator_shutdown(uint32_t *live);
int32_t nbx_emulator_probe(const void *blob, uint64_t bytes, const char *chip, uint32_t *verdict);
/**
 * The verdict for a named plugin; a model's `probe` hands over its own table. NOT_MINE: no packed graph, or of a chip that the
 * plugin does not have. REJECTED: damaged, too new, or of another chip. RECOMPILE: of another version of the plugin.
 * nbx_emulator_probe asks for the plugin that was opened last, and skips the version if none was.
 */
int32_t nbx_emulator_probe_for(const nbx_plugin *plugin, const void *blob, uint64_t bytes, const char *chip, uint32_t *verdict);
/** The host of a device, for diagnostics of a wrapping model; the value of a resolved option, or NULL. */
const nbx_host *nbx_emulator_host(const nbx_device *device);
const char *nbx_emulator_option(const nbx_device *device, const char *name);
const nbx_chip *nbx_emulator_chip(const nbx_device *device);

NBX_END_C

#endif
