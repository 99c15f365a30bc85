/* SPDX-License-Identifier: Apache-2.0 */
/** Evaluation of nodes whose inputs are constant: what the files fold_*.c share. */
#ifndef NBX_STAGES_OPTIMIZE_FOLD_H
#define NBX_STAGES_OPTIMIZE_FOLD_H

#include "stages/optimize/passes.h"

/** One output to compute. */
typedef struct nbx_fold {
    nbx_rewrite *rewrite;
    const nbx_g_node *node;
    uint32_t input_count;
    const nbx_tensor *const *inputs; /* all present */
    uint32_t output;
    nbx_tensor *result; /* dtype and extents are set; gets data, or is_splat with its value */
    uint64_t elements;  /* of the result */
    bool done;          /* set when the result is there; otherwise the node stays */
} nbx_fold;

/** An evaluation returns NBX_OK also when it cannot compute: then `done` stays false. */
typedef nbx_status (*nbx_fold_function)(nbx_fold *fold);

/* fold_move.c */
nbx_status nbx_fold_view(nbx_fold *fold);
nbx_status nbx_fold_transpose(nbx_fold *fold);
nbx_status nbx_fold_slice(nbx_fold *fold);
nbx_status nbx_fold_split(nbx_fold *fold);
nbx_status nbx_fold_expand(nbx_fold *fold);
nbx_status nbx_fold_tile(nbx_fold *fold);
nbx_status nbx_fold_concat(nbx_fold *fold);
nbx_status nbx_fold_gather(nbx_fold *fold);

/* fold_compute.c */
nbx_status nbx_fold_elementwise(nbx_fold *fold);
nbx_status nbx_fold_where(nbx_fold *fold);
nbx_status nbx_fold_cast(nbx_fold *fold);

/* fold_reduce.c */
nbx_status nbx_fold_reduce(nbx_fold *fold);

/* fold_index.c */
nbx_status nbx_fold_range(nbx_fold *fold);
nbx_status nbx_fold_constant_of_shape(nbx_fold *fold);
nbx_status nbx_fold_shape(nbx_fold *fold, const nbx_value *of);

/** Dense data for the result within what folding may allocate; NULL in *out when it is too much (no error). */
nbx_status nbx_fold_allocate(nbx_fold *fold, void **out);
/** Writes element `i` of dense data: the integer kinds and bool wrap, the float kinds round once. */
void nbx_element_set_int(uint32_t dtype, void *data, uint64_t i, int64_t value);
void nbx_element_set_float(uint32_t dtype, void *data, uint64_t i, double value);
/** A result of one value. */
void nbx_fold_splat_int(nbx_fold *fold, int64_t value);
void nbx_fold_splat_float(nbx_fold *fold, double value);
/** `value` as a float of the dtype would hold it. */
double nbx_round_to(uint32_t dtype, double value);

#endif
