/* SPDX-License-Identifier: Apache-2.0 */
/** Golden's inner structures: tensors, nodes, kernels and the prepared program that they make up. */
#ifndef GOLDEN_PROGRAM_H
#define GOLDEN_PROGRAM_H

#include <stdbool.h>
#include <stddef.h>

#include "golden.h"

#define GOLDEN_TRY(call)                                                                                                                   \
    do {                                                                                                                                   \
        int32_t status_ = (call);                                                                                                          \
        if (status_ != NBX_OK) return status_;                                                                                             \
    } while (0)

/** How the elements of a tensor are held between nodes. */
typedef enum golden_carrier {
    GOLDEN_F32,  /* float: float32 and everything narrower, already rounded to its format */
    GOLDEN_F64,  /* double: float64, and values inside a group */
    GOLDEN_INT,  /* int64_t: every plain integer type and bool, wrapped to its width */
    GOLDEN_CODES /* int32_t: codes of affine, pow2, log and binary encodings */
} golden_carrier;

/**
 * One value. Prototypes live in the program with data NULL (constants: their elements); a run copies them to its scratch
 * and points `data` at its own buffers.
 *
 * storage   dtype of one element as ports and constants hold it
 * params    param_count rows: 1, or one per channel, block or convolution group
 */
typedef struct golden_tensor {
    void *data;
    uint64_t offset;
    uint64_t count;
    int64_t dims[NBX_MAX_RANK];
    const nbx_encoding *encoding;
    const nbx_qparam *params;
    uint32_t param_count;
    uint32_t rank;
    uint32_t dtype;
    uint32_t storage;
    golden_carrier carrier;
    bool constant;
    bool written;
} golden_tensor;

typedef struct golden_node golden_node;

/** One Relu or Clip that a head absorbs: clamps of the output code. */
typedef struct golden_clamp {
    int64_t lo, hi;
} golden_clamp;

/** What a kernel sees while it runs. `work` is node->work_bytes large and 64-byte aligned. */
typedef struct golden_call {
    const golden *program;
    const golden_node *node;
    golden_tensor *tensors;
    void *work;
} golden_call;

/**
 * One op. prepare checks attributes and shapes, sets node->plan and node->work_bytes. detail is the family's own row.
 */
typedef struct golden_kernel {
    int32_t (*prepare)(golden *program, golden_node *node);
    int32_t (*run)(const golden_call *call);
    const void *detail;
} golden_kernel;

/**
 * One node.
 *
 * view      valid while preparing only
 * arith     the contract; struct_size 0 without one
 * rounding  NBX_REQUANT_ that says how the output rounds in the real path
 * target    tensor that receives output 0: the group's output where the follow-ups were absorbed
 * followers the nodes after a group's head, if the group rounds at its end
 * clamps    of absorbed follow-ups, in order
 */
struct golden_node {
    const nbx_node *view;
    const golden_kernel *kernel;
    const char *attr_set;
    uint32_t *inputs, *outputs;
    uint32_t input_count, output_count;
    nbx_arith arith;
    uint32_t rounding;
    uint32_t index;
    uint32_t target;
    golden_node **followers;
    golden_clamp *clamps;
    uint32_t follower_count, clamp_count;
    bool absorbed;
    void *plan;
    uint64_t work_bytes;
};

typedef struct golden_block golden_block;

struct golden {
    nbx_host host;
    golden_block *blocks;
    golden_tensor *tensors;
    golden_node *nodes;
    uint32_t *inputs, *outputs;
    uint32_t tensor_count, node_count, input_count, output_count;
    uint64_t tensors_bytes, work_offset, scratch_bytes;
};

/** Zeroed memory that lives as long as the program; NULL when out of memory or too large. */
void *golden_alloc(golden *program, uint64_t count, uint64_t size);

/** Diagnostics. Codes are rows of codes/golden.def. Returns the row's status. */
typedef enum golden_code {
#define CODE(name, text, status, line, more) E_##name,
#include <nbx/tables/codes/golden.def>
#undef CODE
    GOLDEN_CODE_COUNT_
} golden_code;
int32_t golden_refuse(const golden *program, const golden_node *node, golden_code code, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/** Input or output `i` of a node while preparing; NULL for an absent one. */
golden_tensor *golden_in(const golden *program, const golden_node *node, uint32_t i);
golden_tensor *golden_out(const golden *program, const golden_node *node, uint32_t i);
/** The same during a run. call_out(call, 0) is the node's target. */
golden_tensor *golden_call_in(const golden_call *call, uint32_t i);
golden_tensor *golden_call_out(const golden_call *call, uint32_t i);

/** Refuses unless the output has this shape. */
int32_t golden_expect(const golden *program, const golden_node *node, uint32_t output, uint32_t rank, const int64_t *dims);

#endif
