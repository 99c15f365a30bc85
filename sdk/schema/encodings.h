/* SPDX-License-Identifier: Apache-2.0 */
/** Encodings: encode, decode, parameters from ranges. Rows come from encodings.def. Golden has its own implementation. */
#ifndef NBX_SCHEMA_ENCODINGS_H
#define NBX_SCHEMA_ENCODINGS_H

#include <stdbool.h>

#include <nbx/plugin/tensor.h>

#define ENCODING(stem, kind, storage, bits, is_signed, symmetric, gran, axis, block, rule, pvalue, lo, hi, zero, fill, steps, top, elo,    \
                 ehi, text)                                                                                                                \
    extern const nbx_encoding nbx_encoding_##stem;
#include <nbx/tables/encodings.def>
#undef ENCODING

/** A row of encodings.def by stem, or NULL; by position, or NULL past the end. */
const nbx_encoding *nbx_encoding_find(const char *name);
const nbx_encoding *nbx_encoding_at(uint32_t index);
/** Same bytes mean the same code stream (granularity apart): one may be read as the other under equal parameters. */
bool nbx_encoding_same(const nbx_encoding *a, const nbx_encoding *b);

/**
 * One real value to one code and back. Codes are the container bits, sign-extended for signed integer storage; a float
 * encoding's code is the bit pattern of the stored float. Rules: affine rounds half to even and clamps to lo..hi
 * (ONNX QuantizeLinear); pow2 likewise; log follows hisilicon M5 to M13; binary is x >= 0; fp16 and bf16 round to even.
 * NaN encodes as zero_code (affine: the zero point); a float encoding keeps it a NaN (fp16, bf16: one per sign). fp16 and bf16 round the
 * value to float32 first (docs/numerics.md, section 4). nbx_decode of a log code is the float32 of M10, as a double.
 */
int32_t nbx_encode(const nbx_encoding *encoding, const nbx_qparam *param, double value);
double nbx_decode(const nbx_encoding *encoding, const nbx_qparam *param, int32_t code);
/** Decoded and rounded once to float32, the value a float kernel would see (M10). */
float nbx_decode_f32(const nbx_encoding *encoding, const nbx_qparam *param, int32_t code);

/**
 * Parameters that cover lo..hi. Affine: the range is widened to contain 0 when asymmetric; symmetric uses max |x|.
 * Pow2: the largest exponent that does not clip. Log: M5, M11, M12. False if not finite.
 */
bool nbx_param_from_range(const nbx_encoding *encoding, double lo, double hi, nbx_qparam *out);
/** The real range that a parameter set can represent. */
void nbx_param_range(const nbx_encoding *encoding, const nbx_qparam *param, double *lo, double *hi);

/** Number of parameter sets for a tensor (conv_groups is used by NBX_PER_CONV_GROUP); which set element `index` uses. */
uint32_t nbx_param_count(const nbx_encoding *encoding, uint32_t rank, const int64_t *dims, uint32_t conv_groups);
uint32_t nbx_param_index(const nbx_encoding *encoding, uint32_t rank, const int64_t *dims, uint32_t conv_groups, uint64_t element);

/** Bytes of `count` codes, sub-byte codes packed low bits first, rounded up to a byte. False on overflow. */
bool nbx_codes_bytes(const nbx_encoding *encoding, uint64_t count, uint64_t *out);
/** Code `i` of a dense packed array, and its inverse. */
int32_t nbx_code_get(const nbx_encoding *encoding, const void *codes, uint64_t i);
void nbx_code_set(const nbx_encoding *encoding, void *codes, uint64_t i, int32_t code);

/** Whole tensors, dense in axis order. params: nbx_param_count rows. */
void nbx_encode_tensor(const nbx_encoding *encoding, const nbx_qparam *params, uint32_t rank, const int64_t *dims, uint32_t conv_groups,
                       const float *values, void *codes);
void nbx_decode_tensor(const nbx_encoding *encoding, const nbx_qparam *params, uint32_t rank, const int64_t *dims, uint32_t conv_groups,
                       const void *codes, float *values);

/** Half precision conversions, round to nearest even. */
uint16_t nbx_half_from_float(float value);
float nbx_half_to_float(uint16_t bits);
uint16_t nbx_bf16_from_float(float value);
float nbx_bf16_to_float(uint16_t bits);

#endif
