/* SPDX-License-Identifier: Apache-2.0 */
/** Inside of the plugin `reference`: its tables and objects. Golden itself does not include this. */
#ifndef REFERENCE_PLUGIN_H
#define REFERENCE_PLUGIN_H

#include <stdatomic.h>
#include <stdbool.h>

#include "golden.h"

/** Requant modes that affine and pow2 schemes offer; the first of each is the default. */
#define REFERENCE_AFFINE_MODES(X) X(even_real) X(single_up) X(double) X(even_f32) X(away_real) X(mul16_up) X(any)
#define REFERENCE_SHIFT_MODES(X)  X(shift_up) X(shift_even) X(shift_away) X(shift_floor) X(shift_zero)
#define REFERENCE_LOG_PRODUCTS(X) X(log_expadd) X(log_table) X(log_float)

/* Contracts: reference_arith_<mode or product>, and the ones without a choice. */
#define REFERENCE_ARITH(name) extern const nbx_arith reference_arith_##name;
REFERENCE_AFFINE_MODES(REFERENCE_ARITH)
REFERENCE_SHIFT_MODES(REFERENCE_ARITH)
REFERENCE_LOG_PRODUCTS(REFERENCE_ARITH)
REFERENCE_ARITH(float)
REFERENCE_ARITH(codes)
REFERENCE_ARITH(fixed20)
REFERENCE_ARITH(blocks)
REFERENCE_ARITH(xnor)
#undef REFERENCE_ARITH

extern const nbx_plugin reference_plugin;
extern const nbx_chip reference_chip;

enum { REFERENCE_COMBO_ROWS = 277 };
extern const nbx_combo reference_combos[REFERENCE_COMBO_ROWS];

/** Texts of the plugin that several files need. */
#define REFERENCE_CHIP    "any"
#define REFERENCE_TAG     "reference " /* blobs carry this and the version */
#define REFERENCE_VERSION "0.1.0"
#define REFERENCE_SOURCE  "docs/numerics.md"

/** Objects alive, of all kinds. */
extern atomic_uint reference_live;

struct nbx_device {
    const nbx_host *host;
};

/** One port: its value, and the dense form that golden computes with. */
typedef struct reference_port {
    const nbx_value *value;
    uint32_t element_bits;
    uint64_t bytes;       /* of the port's layout */
    uint64_t dense_bytes; /* 64-byte aligned */
} reference_port;

typedef struct reference_ports {
    uint32_t count;
    reference_port *rows;
} reference_ports;

struct nbx_program {
    const nbx_host *host;
    struct nbx_packed *packed;
    golden *golden;
    reference_ports inputs, outputs;
};

/** Owns all that a run writes: scratch, and a dense buffer for each port. */
struct nbx_run_context {
    const struct nbx_program *program;
    void *scratch;
    void **inputs;
    void **outputs;
};

/* The calls, in the files that their first word names. */
int32_t reference_open(const nbx_host *host, const char *chip, const nbx_span *options, uint32_t flags, nbx_device **out);
void reference_close(nbx_device *device);
int32_t reference_compile(nbx_device *device, const nbx_graph_view *graph, const nbx_compile_sink *sink);
int32_t reference_load(nbx_device *device, const void *blob, uint64_t bytes, nbx_program **out);
void reference_unload(nbx_program *program);
int32_t reference_describe(nbx_program *program, const nbx_port_sink *sink);
int32_t reference_context_create(nbx_program *program, nbx_run_context **out);
void reference_context_destroy(nbx_run_context *context);
int32_t reference_run(nbx_run_context *context, const nbx_run_args *args);
int32_t reference_shutdown(uint32_t *live);
int32_t reference_probe(const void *blob, uint64_t bytes, const char *chip, uint32_t *verdict);

/** Reports and returns `status`. */
int32_t reference_fail(const nbx_host *host, int32_t status, const char *code, const char *text);

#endif
