/* SPDX-License-Identifier: Apache-2.0 */
/** The prepared form of a view: tensors with their storage, steps in order, memory that lives as long as the program. */
#ifndef KERNELS_PROGRAM_H
#define KERNELS_PROGRAM_H

#include <stdbool.h>
#include <stddef.h>

#include <nbx/kernels.h>

#include "schema/encodings.h"
#include "schema/ops.h"

/** How one element is held between steps. Codes below a byte are unpacked to a byte; only ports are packed. */
typedef enum kernel_cell {
    KERNEL_I8,
    KERNEL_U8,
    KERNEL_I16,
    KERNEL_U16,
    KERNEL_I32,
    KERNEL_U32,
    KERNEL_I64,
    KERNEL_U64,
    KERNEL_F16,
    KERNEL_BF16,
    KERNEL_F32,
    KERNEL_F64,
    KERNEL_BOOL
} kernel_cell;

typedef struct kernel_log_grid kernel_log_grid;

#define KERNEL_NO_PORT   UINT32_MAX
#define KERNEL_NO_OFFSET UINT64_MAX

/**
 * One value of the view.
 *
 * encoding     own copy, NULL for plain dtypes and float encodings (the cell says all there is to know)
 * port_bits    bits of one element in a port buffer
 * constant     cells of a constant, else NULL
 * real_table   decoded value of each of the 256 byte patterns, for 8-bit cells with one parameter set, else NULL
 * grid         tables of a log encoding with one parameter set, else NULL
 * offset       in the scratch block; KERNEL_NO_OFFSET for ports bound directly, constants and interior values
 */
typedef struct kernel_tensor {
    uint32_t dtype, rank;
    int64_t dims[NBX_MAX_RANK];
    uint64_t count;
    const nbx_encoding *encoding;
    const nbx_qparam *params;
    uint32_t param_count, conv_groups;
    kernel_cell cell;
    uint32_t cell_bytes, port_bits;
    const void *constant;
    const double *real_table;
    const kernel_log_grid *grid;
    uint32_t input_port, output_port;
    uint32_t first_step, last_step;
    bool produced, interior;
    uint64_t offset;
} kernel_tensor;

typedef struct kernel_step kernel_step;
typedef struct kernel_run kernel_run;

/** A node after the first of its group: applied to real values before they are rounded. */
typedef struct kernel_follow {
    const struct kernel_node *node;
    uint32_t chained; /* which input is the value under work */
} kernel_follow;

/** A node of the view, copied. inputs and outputs index tensors; NBX_NONE where absent. */
typedef struct kernel_node {
    const nbx_op_schema *schema;
    const char *name;
    uint32_t index; /* in the view */
    uint32_t input_count, output_count;
    uint32_t *inputs, *outputs;
    nbx_attr *attrs;
    uint32_t attr_count;
    uint32_t group;
    uint32_t conv_groups; /* 1 unless the node has a `group` attribute */
    const nbx_arith *arith;
} kernel_node;

/** One thing to do: a node, or a group with its follow-ups. */
struct kernel_step {
    const nbx_kernels *program;
    const kernel_node *node;
    const kernel_follow *follows;
    uint32_t follow_count;
    const struct kernel_follow_op *follow_ops; /* prepared form of the follow-ups */
    const nbx_arith *arith;                    /* never NULL */
    uint32_t output_count;
    uint32_t *outputs; /* of the node, or the group's last node */
    void (*execute)(const kernel_step *step, const kernel_run *run);
    const void *prepared; /* what the executor made of the node */
    int rounding;         /* kernel_rounding of the last step to codes */
    uint64_t temp_bytes, temp_offset;
};

struct nbx_kernels {
    const nbx_host *host;
    void *memory; /* chain of blocks, freed by destroy */
    kernel_tensor *tensors;
    uint32_t tensor_count;
    kernel_node *nodes;
    uint32_t node_count;
    kernel_step *steps;
    uint32_t step_count;
    uint32_t *inputs, *outputs; /* tensor of each port */
    uint32_t input_count, output_count;
    uint64_t scratch_bytes;
};

/** One run: where each tensor lies this time. */
struct kernel_run {
    void **bases;
    uint8_t *scratch;
};

/** Zeroed memory that lives as long as the program, 64-byte aligned; NULL if there is none. */
void *kernel_alloc(nbx_kernels *program, uint64_t count, uint64_t size);
/** Reports through the host and answers `status`. `node` may be NULL. */
int32_t kernel_fail(const nbx_kernels *program, const kernel_node *node, int32_t status, const char *code, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

/** Input `i` of the step's node, or NULL if absent; its first output. */
const kernel_tensor *kernel_input(const kernel_step *step, uint32_t i);
const kernel_tensor *kernel_output(const kernel_step *step, uint32_t i);
const void *kernel_input_cells(const kernel_step *step, const kernel_run *run, uint32_t i);
void *kernel_output_cells(const kernel_step *step, const kernel_run *run, uint32_t i);
static inline void *kernel_temp(const kernel_step *step, const kernel_run *run)
{
    return run->scratch + step->temp_offset;
}

/** Attributes; the fallback where the node has none of that name. */
int64_t kernel_attr_int(const kernel_node *node, const char *name, int64_t fallback);
double kernel_attr_float(const kernel_node *node, const char *name, double fallback);
const char *kernel_attr_text(const kernel_node *node, const char *name, const char *fallback);
const int64_t *kernel_attr_ints(const kernel_node *node, const char *name, uint32_t *count);
const float *kernel_attr_floats(const kernel_node *node, const char *name, uint32_t *count);

/** Reads the view into tensors, nodes and ports (read.c), forms steps (steps.c), gives them memory (storage.c). */
int32_t kernel_read_view(nbx_kernels *program, const nbx_graph_view *view);
int32_t kernel_form_steps(nbx_kernels *program, const nbx_graph_view *view);
int32_t kernel_plan_storage(nbx_kernels *program);

/** nbx_kernels_run with a deadline on the host's clock, looked at between steps; 0 for none. NBX_TIMEOUT past it. */
int32_t kernel_run_until(const nbx_kernels *kernels, void *scratch, const void *const *inputs, void *const *outputs, uint64_t deadline_ns);

/** Chooses and prepares the executor of a step (registry.c). */
int32_t kernel_prepare(nbx_kernels *program, kernel_step *step);

#endif
