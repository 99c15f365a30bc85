/* SPDX-License-Identifier: Apache-2.0 */
/** Elements of tensors: reading and writing them as real numbers or integers, packing, and moving them unchanged. */
#ifndef GOLDEN_TENSOR_H
#define GOLDEN_TENSOR_H

#include "program.h"

/** Elements that a kernel handles at a time. */
#define GOLDEN_BLOCK 256u

/** Bits of one element of a dtype, 0 if golden does not hold it. Wraps an integer to the width of a dtype. */
uint32_t golden_dtype_bits(uint32_t dtype);
bool golden_dtype_is_float(uint32_t dtype);
int64_t golden_wrap(uint32_t dtype, int64_t value);

/** Which carrier a stored form takes; false if golden cannot hold it. */
bool golden_carrier_of(const nbx_encoding *encoding, uint32_t dtype, golden_carrier *out);
uint32_t golden_carrier_bytes(golden_carrier carrier);

/** Number of parameter sets an encoding has on a shape, given `count` were supplied; and the one that element `i` uses. */
bool golden_params_fit(const nbx_encoding *encoding, uint32_t rank, const int64_t *dims, uint32_t count);
const nbx_qparam *golden_param(const golden_tensor *tensor, uint64_t i);

/** Element `i` as a real number (log: the float32 value), and as an integer (INT and CODES carriers: unchanged). */
double golden_get(const golden_tensor *tensor, uint64_t i);
int64_t golden_get_int(const golden_tensor *tensor, uint64_t i);
/** `count` consecutive elements as real numbers. */
void golden_read(const golden_tensor *tensor, uint64_t start, uint64_t count, double *out);
/** Stores real numbers: the real path of docs/numerics.md, section 4, under rounding mode `rounding`. */
void golden_set(golden_tensor *tensor, uint64_t i, double value, uint32_t rounding);
void golden_write(golden_tensor *tensor, uint64_t start, uint64_t count, const double *values, uint32_t rounding);
void golden_set_int(golden_tensor *tensor, uint64_t i, int64_t value);

/**
 * Elements in whole steps of one scale, so that sums are exact: affine codes minus zero point, pow2 codes, integers.
 * *unit is the scale; 1 where elements are read as real numbers.
 */
void golden_read_units(const golden_tensor *tensor, uint64_t start, uint64_t count, double *out);
double golden_unit(const golden_tensor *tensor);

/** True if elements can move from one to the other unchanged; moves one element, converting where needed. */
bool golden_same_form(const golden_tensor *a, const golden_tensor *b);
void golden_move(golden_tensor *to, uint64_t to_i, const golden_tensor *from, uint64_t from_i, uint32_t rounding);
void golden_move_run(golden_tensor *to, uint64_t to_i, const golden_tensor *from, uint64_t from_i, uint64_t count, uint32_t rounding);

/** Dense stored form (ports, constants) to the carrier and back. */
uint64_t golden_stored_bytes(const golden_tensor *tensor);
void golden_unpack(golden_tensor *tensor, const void *stored);
void golden_pack(const golden_tensor *tensor, void *stored);

#endif
