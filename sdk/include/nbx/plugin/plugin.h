/* SPDX-License-Identifier: Apache-2.0 */
/**
 * The plugin interface: one exported symbol, one const struct of data and calls.
 *
 * Rules that hold for every call: it returns a status and reports detail through nbx_host.diag; it does not throw,
 * longjmp, exit, abort, install signal handlers, write to the standard streams, or change the locale or the
 * floating-point environment. The side that allocates frees. Out-parameters are set to NULL or zero before work starts.
 * plugin and device calls: any thread. A program may be shared. A context: one thread at a time.
 */
#ifndef NBX_PLUGIN_PLUGIN_H
#define NBX_PLUGIN_PLUGIN_H

#include <nbx/plugin/graph.h>
#include <nbx/plugin/rules.h>
#include <nbx/plugin/status.h>

NBX_BEGIN_C

typedef struct nbx_device nbx_device;
typedef struct nbx_program nbx_program;
typedef struct nbx_run_context nbx_run_context;

/**
 * Services of the host, one table per plugin, valid until `shutdown` returns. All calls may come from any thread.
 *
 * alloc         `align` is a power of two; NULL on failure. free accepts NULL
 * parallel_for  calls body(arg, i) for i in 0..count-1, some at a time, and returns when all are done
 * extension     a sized table of the named extension, or NULL
 */
typedef struct nbx_host {
    uint32_t struct_size;
    uint32_t revision;
    void *self;
    const char *name, *version;
    void *(*alloc)(void *self, uint64_t bytes, uint64_t align);
    void (*free)(void *self, void *ptr);
    void (*log)(void *self, uint32_t severity, const char *text);
    void (*diag)(void *self, const nbx_diag *diag);
    uint64_t (*now_ns)(void *self);
    void (*parallel_for)(void *self, uint32_t count, void *arg, void (*body)(void *arg, uint32_t i));
    const void *(*extension)(void *self, const char *name, uint32_t min_revision);
} nbx_host;

/** One `key=value` of the job's options, after the host checked it against the chip's option rows. */
typedef struct nbx_option_value {
    uint32_t struct_size;
    uint32_t reserved0;
    const char *name;
    const char *value;
} nbx_option_value;

/** What ran out. `cut_nodes`: uint32_t node indices after which a cut would help, best first. */
typedef struct nbx_shortfall {
    uint32_t struct_size;
    uint32_t reserved0;
    const char *resource;
    const char *unit;
    uint64_t demand, limit;
    nbx_span cut_nodes;
    const void *reserved1;
} nbx_shortfall;

/** Receives what compile produces. `write` appends to the blob. */
typedef struct nbx_compile_sink {
    uint32_t struct_size;
    uint32_t reserved0;
    void *self;
    int32_t (*write)(void *self, const void *data, uint64_t bytes);
    void (*shortfall)(void *self, const nbx_shortfall *shortfall);
    const void *reserved1;
} nbx_compile_sink;

/** Receives refusals of the optional `check`. reason NBX_REASON_; id is a rule ID of the chip or NULL. */
typedef struct nbx_check_sink {
    uint32_t struct_size;
    uint32_t reserved0;
    void *self;
    void (*refuse)(void *self, uint32_t node, uint32_t reason, const char *id, const char *text);
} nbx_check_sink;

/** One port of a loaded program. `value` as in the view it was compiled from; `bytes` and `align` of a dense buffer. */
typedef struct nbx_port {
    uint32_t struct_size;
    uint32_t is_output;
    const nbx_value *value;
    const void *reserved1;
    uint64_t bytes;
    uint64_t align;
    uint32_t domains; /* bit d: NBX_DOMAIN_ d is accepted */
    uint32_t reserved0;
} nbx_port;

typedef struct nbx_port_sink {
    uint32_t struct_size;
    uint32_t reserved0;
    void *self;
    void (*port)(void *self, const nbx_port *port);
} nbx_port_sink;

/** Inputs and outputs are spans of nbx_buffer in port order. deadline_ns: 0 for none; a hint. */
typedef struct nbx_run_args {
    uint32_t struct_size;
    uint32_t flags;
    nbx_span inputs;
    nbx_span outputs;
    uint64_t deadline_ns;
} nbx_run_args;

/** Optional prediction of one group or node, overriding the cost rows. */
typedef struct nbx_estimate {
    uint32_t struct_size;
    uint32_t confidence;
    double latency_ns;
    uint64_t macs, bytes;
} nbx_estimate;

/** Verdict on a blob without loading it. */
enum { NBX_BLOB_OPTIMAL = 1, NBX_BLOB_RECOMPILE = 2, NBX_BLOB_REJECTED = 3, NBX_BLOB_NOT_MINE = 4 };

enum { NBX_ROLE_COMPILE = 1, NBX_ROLE_EMULATE = 2, NBX_ROLE_EXECUTE = 4 };
enum { NBX_OPEN_COMPILE = 1, NBX_OPEN_RUN = 2 };
enum { NBX_PLUGIN_UNLOADABLE = 1 };

/**
 * Everything a plugin gives. Fill by name; zero means "not provided".
 *
 * roles        NBX_ROLE_: compile needs open, close, compile; emulate and execute need open, close, load, unload,
 *              describe, context_create, context_destroy, run. shutdown is always required
 * blob_format  with blob_version pairs a compiling with an executing plugin through `probe`
 * open         must work without hardware for NBX_OPEN_COMPILE; NBX_UNAVAILABLE for NBX_OPEN_RUN without a device
 * compile      `graph` lives until return. Writes the blob, or reports a shortfall and answers NBX_SHORTFALL
 * load         `blob` is read-only, 64-byte aligned, valid until `unload`
 * run          blocking; allocates nothing; inputs are not modified
 * shutdown     joins all threads; *live is the number of objects still alive
 * check        may only refuse more than the tables do
 */
typedef struct nbx_plugin {
    uint32_t struct_size;
    uint32_t flags;
    const char *name, *vendor, *version;
    uint32_t roles;
    uint32_t blob_version;
    const char *blob_format;
    nbx_span chips;
    nbx_span imports; /* nbx_foreign_key */
    int32_t (*open)(const nbx_host *host, const char *chip, const nbx_span *options, uint32_t flags, nbx_device **out);
    void (*close)(nbx_device *device);
    int32_t (*compile)(nbx_device *device, const nbx_graph_view *graph, const nbx_compile_sink *sink);
    int32_t (*load)(nbx_device *device, const void *blob, uint64_t bytes, nbx_program **out);
    void (*unload)(nbx_program *program);
    int32_t (*describe)(nbx_program *program, const nbx_port_sink *sink);
    int32_t (*context_create)(nbx_program *program, nbx_run_context **out);
    void (*context_destroy)(nbx_run_context *context);
    int32_t (*run)(nbx_run_context *context, const nbx_run_args *args);
    int32_t (*shutdown)(uint32_t *live);
    /* optional from here */
    int32_t (*check)(nbx_device *device, const nbx_graph_view *graph, const nbx_check_sink *sink);
    int32_t (*estimate)(nbx_device *device, const nbx_graph_view *graph, uint32_t node, nbx_estimate *out);
    int32_t (*probe)(const void *blob, uint64_t bytes, const char *chip, uint32_t *verdict);
    const void *(*extension)(const char *name, uint32_t min_revision);
} nbx_plugin;

/**
 * What host and plugin offer each other. The host fills host_min, host_max and host; the plugin always fills
 * plugin_min and plugin_max, and on success `chosen` (the highest common revision) and `plugin`.
 */
typedef struct nbx_offer {
    uint32_t struct_size;
    uint32_t host_min, host_max;
    uint32_t plugin_min, plugin_max;
    uint32_t chosen;
    const nbx_host *host;
    const nbx_plugin *plugin;
} nbx_offer;

/**
 * The one exported symbol. Starts no thread, opens no device, prints nothing.
 * NBX_OK; NBX_MISMATCH if the ranges do not overlap (both ranges are in the offer).
 */
typedef int32_t (*nbx_plugin_query_fn)(nbx_offer *offer);
#define NBX_PLUGIN_QUERY_SYMBOL "nbx_plugin_query"
NBX_EXPORT int32_t nbx_plugin_query(nbx_offer *offer);

/** The whole of nbx_plugin_query for a plugin that speaks revisions `min`..`max`. */
static inline int32_t nbx_negotiate(nbx_offer *offer, uint32_t min, uint32_t max, const nbx_plugin *plugin)
{
    uint32_t low, high;
    if (!offer || offer->struct_size < 24u + 2u * sizeof(void *)) return NBX_INVALID;
    offer->plugin_min = min;
    offer->plugin_max = max;
    low = offer->host_min > min ? offer->host_min : min;
    high = offer->host_max < max ? offer->host_max : max;
    if (low > high) return NBX_MISMATCH;
    offer->chosen = high;
    offer->plugin = plugin;
    return NBX_OK;
}

NBX_END_C

#endif
