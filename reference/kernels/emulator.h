/* SPDX-License-Identifier: Apache-2.0 */
/** Objects behind the emulator calls. */
#ifndef KERNELS_EMULATOR_H
#define KERNELS_EMULATOR_H

#include <stdatomic.h>

#include "schema/layouts.h"
#include "schema/pack.h"

#include "program.h"

struct nbx_device {
    const nbx_plugin *plugin;
    const nbx_host *host;
    const nbx_chip *chip;
    char *texts;               /* option values, one after another */
    nbx_option_value *options; /* every option of the chip, resolved */
    uint32_t option_count;
};

/** One port of a loaded program: how its buffer is laid out and what a dense copy needs. */
typedef struct emulator_port {
    const nbx_value *value;
    nbx_layout_plan plan;
    bool dense, fill;
    int32_t fill_code;
    uint64_t dense_bytes, dense_offset; /* in the context's staging memory */
} emulator_port;

struct nbx_program {
    const nbx_host *host;
    nbx_packed *packed;
    nbx_kernels *kernels;
    emulator_port *inputs, *outputs;
    uint32_t input_count, output_count;
    uint64_t staging_bytes;
};

struct nbx_run_context {
    const nbx_program *program;
    uint8_t *memory; /* scratch, then staging */
    const void **inputs;
    void **outputs;
};

/** Objects alive, over all kinds. */
extern atomic_uint emulator_live;

/** Reports a diagnostic without a node and answers `status`. */
int32_t emulator_fail(const nbx_host *host, int32_t status, const char *code, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/** Plans the ports of a loaded program; its view outlives it. */
int32_t emulator_plan_ports(nbx_program *program);

#endif
