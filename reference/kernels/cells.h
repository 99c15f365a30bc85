/* SPDX-License-Identifier: Apache-2.0 */
/** Cells to real values and back, by runs; packing of ports whose codes are narrower than a byte. */
#ifndef KERNELS_CELLS_H
#define KERNELS_CELLS_H

#include "program.h"
#include "requant.h"

/**
 * Tables of one log encoding under one exponent.
 *
 * values      decoded magnitude of each index, 0..top
 * positive    smallest float32 whose index is at least i, for x > 0; positive[0] is the smallest that is not zero
 * negative1   smallest |x| that is not zero, for x < 0
 * fraction    round(steps * log2(1 + i / 256)): the first guess from the mantissa
 */
struct kernel_log_grid {
    uint32_t steps, top, sign_bit;
    int32_t exponent;
    double *values;
    float *positive;
    float negative1;
    uint16_t fraction[256];
};

/** Elements start, start + stride, ... of a tensor. */
typedef struct kernel_range {
    uint64_t start, stride;
    uint32_t count;
} kernel_range;

/** Builds real_table and grid of a tensor whose encoding is known. */
int32_t kernel_make_tables(nbx_kernels *program, kernel_tensor *tensor);

/** Integer value or container bits of cell `i`; not for float cells. */
int64_t kernel_cell_get(const kernel_tensor *tensor, const void *cells, uint64_t i);
void kernel_cell_set(const kernel_tensor *tensor, void *cells, uint64_t i, int64_t value);

/** Decoded reals, exactly in double; log codes rounded to float32. */
void kernel_decode(const kernel_tensor *tensor, const void *cells, const kernel_range *range, double *out);
/**
 * For sums that must be exact: codes less their zero point, and the scale that makes them reals; for encodings without one
 * scale the reals and 1.
 */
double kernel_decode_units(const kernel_tensor *tensor, const void *cells, const kernel_range *range, double *out);
void kernel_decode_all(const kernel_tensor *tensor, const void *cells, double *out);
double kernel_decode_one(const kernel_tensor *tensor, const void *cells, uint64_t i);
/** Reals to cells. `rounding` serves affine and pow2 codes; plain integers truncate. */
void kernel_encode(const kernel_tensor *tensor, kernel_rounding rounding, const double *values, const kernel_range *range, void *cells);

/** Parameter set that element `i` uses. */
const nbx_qparam *kernel_param(const kernel_tensor *tensor, uint64_t i);
/** Scale of an affine, pow2 or binary parameter set. */
double kernel_scale(const kernel_tensor *tensor, const nbx_qparam *param);
/** Same cells mean the same values. */
bool kernel_same_codes(const kernel_tensor *a, const kernel_tensor *b);

void kernel_unpack_port(const kernel_tensor *tensor, const void *port, void *cells);
void kernel_pack_port(const kernel_tensor *tensor, const void *cells, void *port);

#endif
