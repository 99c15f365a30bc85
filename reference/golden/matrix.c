/* SPDX-License-Identifier: Apache-2.0 */
/* Walks a matrix product in blocks of rows and tiles of columns; operands, sums and outputs are given by the callers. */
#include "matrix.h"

#include <string.h>

/* Every lane and every accumulator is 8 bytes wide: a double or an int64. */
enum { LANE = 8 };

uint64_t golden_matrix_work(uint64_t rows, uint64_t terms)
{
    const uint64_t block = rows < GOLDEN_ROWS ? rows : GOLDEN_ROWS;
    return (block + GOLDEN_TILE) * terms * LANE;
}

static void run_row(const golden_matrix *m, uint64_t row, uint64_t column, uint32_t count, const char *left, const char *right)
{
    double values[GOLDEN_TILE];
    double reals[GOLDEN_TILE];
    int64_t integers[GOLDEN_TILE];
    void *acc = m->sum->kind == GOLDEN_SUM_REAL ? (void *)reals : (void *)integers;
    golden_run_out run = {0, 0, 0, 0, 0, 0};
    uint64_t k, chunk = 0;
    m->place(m, row, column, &run);
    run.count = count;
    memset(values, 0, sizeof values);
    for (k = 0; k < m->terms; k += m->chunk, chunk++) {
        const uint64_t terms = m->terms - k < m->chunk ? m->terms - k : m->chunk;
        /* All bits zero is 0.0 and 0 alike. */
        memset(reals, 0, sizeof reals);
        memset(integers, 0, sizeof integers);
        golden_accumulate(m->sum, terms, left + k * LANE, right + k * GOLDEN_TILE * LANE, acc);
        if (!m->finish->direct) golden_finish_chunk(m->call, m->finish, &run, chunk, acc, values);
    }
    golden_finish_run(m->call, m->finish, &run, m->finish->direct ? acc : (void *)values);
}

void golden_matrix_run(const golden_matrix *matrix, void *work)
{
    const uint64_t row_bytes = matrix->terms * LANE;
    uint64_t first, r, column;
    for (first = 0; first < matrix->rows; first += GOLDEN_ROWS) {
        const uint64_t rows = matrix->rows - first < GOLDEN_ROWS ? matrix->rows - first : GOLDEN_ROWS;
        char *left = work;
        char *right = left + rows * row_bytes;
        for (r = 0; r < rows; r++)
            matrix->left(matrix, first + r, left + r * row_bytes);
        for (column = 0; column < matrix->columns; column += GOLDEN_TILE) {
            const uint64_t rest = matrix->columns - column;
            const uint32_t count = rest < GOLDEN_TILE ? (uint32_t)rest : GOLDEN_TILE;
            matrix->right(matrix, column, count, right);
            for (r = 0; r < rows; r++)
                run_row(matrix, first + r, column, count, left + r * row_bytes, right);
        }
    }
}
