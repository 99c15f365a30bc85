/* SPDX-License-Identifier: Apache-2.0 */
/**
 * From nodes to something that runs: builds the view of a set of nodes, compiles and loads it on a plugin, runs it.
 * Used by calibration, evaluation and the run stage alike.
 */
#ifndef NBX_CORE_EXECUTOR_H
#define NBX_CORE_EXECUTOR_H

#include "core/constants.h"
#include "core/plan.h"

/** What goes into a view. Everything is borrowed. */
typedef struct nbx_view_request {
    const nbx_graph *graph;
    const uint32_t *nodes; /* in topological order */
    uint32_t node_count;
    const uint32_t *inputs, *outputs; /* value indices, the ports in order */
    uint32_t input_count, output_count;
    const nbx_quantized *values;                     /* per value of the graph; NULL: everything is plain float */
    const nbx_plan *plan;                            /* groups and contracts of the nodes; NULL: none */
    bool ungrouped;                                  /* contracts of the single nodes, no groups */
    const nbx_plan_port *input_ports, *output_ports; /* layouts of the ports; NULL: dense */
    nbx_constants *constants;                        /* serves const_map */
    const char *name;
    uint32_t *origin; /* receives the graph node of every node of the view; room for node_count; or NULL */
} nbx_view_request;

/**
 * Builds a self-contained view in `arena`: values renumbered, groups made contiguous at the place of their last node,
 * interior values marked. NBX_NO_MEMORY.
 */
nbx_status nbx_view_build(nbx_context *context, nbx_arena *arena, const nbx_view_request *request, nbx_graph_view *out);

/** A program loaded from a blob. Owns the blob when made by nbx_executable_compile. */
typedef struct nbx_executable nbx_executable;

/** Opens the plan chip's device if nobody did: for all the plugin's roles, or to compile only where no device is there to run on. */
nbx_status nbx_plan_chip_open(nbx_context *context, nbx_plan_chip *chip);

/** Compiles a view into a blob (malloc'ed, 64-byte aligned; the caller frees). NBX_SHORTFALL with *shortfall filled (texts in `arena`). */
nbx_status nbx_blob_compile(nbx_context *context, nbx_plan_chip *chip, const nbx_graph_view *view, nbx_arena *arena, void **blob,
                            uint64_t *bytes, nbx_shortfall *shortfall);

/** Loads a blob that lives until nbx_executable_destroy. */
nbx_status nbx_executable_load(nbx_context *context, nbx_plan_chip *chip, const void *blob, uint64_t bytes, nbx_executable **out);
/** nbx_blob_compile and nbx_executable_load. */
nbx_status nbx_executable_compile(nbx_context *context, nbx_plan_chip *chip, const nbx_graph_view *view, nbx_executable **out);
void nbx_executable_destroy(nbx_executable *executable);
/** Ports in order. Bytes of each buffer as the plugin describes them. */
uint32_t nbx_executable_port_count(const nbx_executable *executable, bool outputs);
uint64_t nbx_executable_port_bytes(const nbx_executable *executable, bool output, uint32_t index);

/** One run context of an executable; one thread at a time. */
typedef struct nbx_runner nbx_runner;
nbx_status nbx_runner_create(nbx_executable *executable, nbx_runner **out);
void nbx_runner_destroy(nbx_runner *runner);
/** Buffers are of the bytes the ports say. */
nbx_status nbx_runner_run(nbx_runner *runner, const void *const *inputs, void *const *outputs);

/** Calls body(arg, worker, index) for 0..count-1 on up to `workers` threads; each worker number is used by one thread at a time. */
void nbx_parallel(uint32_t count, uint32_t workers, void *arg, void (*body)(void *arg, uint32_t worker, uint32_t index));
/**
 * Sums over samples must not depend on which thread saw which sample: they are kept per block of consecutive samples and added
 * in the order of the blocks. Their number, and the samples first..end-1 of block `block`.
 */
#define NBX_MOST_BLOCKS 16u
uint32_t nbx_block_count(uint32_t samples);
void nbx_block_range(uint32_t samples, uint32_t block, uint32_t *first, uint32_t *end);
/** Threads worth using here: online processors, at most 16, at most NBX_THREADS if that is set. */
uint32_t nbx_worker_count(void);

#endif
