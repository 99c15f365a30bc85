/* SPDX-License-Identifier: Apache-2.0 */
/** Rows times columns: the loop that Conv, ConvTranspose, Gemm and MatMul share. */
#ifndef GOLDEN_MATRIX_H
#define GOLDEN_MATRIX_H

#include "finish.h"

/** Left rows turned into lanes at a time. */
#define GOLDEN_ROWS 64u

typedef struct golden_matrix golden_matrix;

/**
 * One product of a left matrix [rows][terms] and a right matrix [terms][columns].
 *
 * left    lanes of one row
 * right   lanes [terms][GOLDEN_TILE] of `count` columns; lanes beyond `count` must be set to something harmless
 * place   where the outputs of a row and a run of columns go
 * chunk   terms that share a weight parameter set; `terms` where all do
 */
struct golden_matrix {
    const golden_call *call;
    const golden_sum *sum;
    const golden_finish *finish;
    uint64_t rows, columns, terms, chunk;
    const void *self;
    void (*left)(const golden_matrix *matrix, uint64_t row, void *lanes);
    void (*right)(const golden_matrix *matrix, uint64_t column, uint32_t count, void *lanes);
    void (*place)(const golden_matrix *matrix, uint64_t row, uint64_t column, golden_run_out *out);
};

/** Bytes of work memory; the part of it that golden_matrix_run uses comes first. */
uint64_t golden_matrix_work(uint64_t rows, uint64_t terms);
void golden_matrix_run(const golden_matrix *matrix, void *work);

#endif
