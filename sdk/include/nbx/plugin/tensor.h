/* SPDX-License-Identifier: Apache-2.0 */
/** Element types, encodings, quantization parameters, arithmetic contracts, layouts and buffers. */
#ifndef NBX_PLUGIN_TENSOR_H
#define NBX_PLUGIN_TENSOR_H

#include <nbx/plugin/abi.h>

NBX_BEGIN_C

enum {
    NBX_DTYPE_NONE = 0,
#define DTYPE(number, name, onnx, bits, onnx_number, kind) NBX_DTYPE_##name = number,
#include <nbx/tables/dtypes.def>
#undef DTYPE
    NBX_DTYPE_ENUM_END_ = 0x7fffffff
};

/** How a stored code stands for a real number. */
enum {
    NBX_ENC_FLOAT = 1,  /* the stored float is the value */
    NBX_ENC_AFFINE = 2, /* (code - zero_point) * scale */
    NBX_ENC_POW2 = 3,   /* code * 2^-exponent, zero point 0 */
    NBX_ENC_LOG = 4,    /* sign * 2^((index + exponent) / steps), sign-magnitude, one pattern is zero */
    NBX_ENC_BINARY = 5, /* one bit: 0 is -scale, 1 is +scale */
    NBX_ENC_INDEX = 6   /* plain integers that are not quantized reals: shapes, indices */
};

/** Where the parameters of an encoding come from. */
enum {
    NBX_PARAM_FREE = 1,    /* chosen by calibration */
    NBX_PARAM_FIXED = 2,   /* `param_value`: the exponent of a pow2 encoding */
    NBX_PARAM_PRODUCT = 3, /* scale of input times scale of weight, per channel of the output */
    NBX_PARAM_EQUAL = 4,   /* that of input `param_value` */
    NBX_PARAM_GRID = 5,    /* free, but the clip value must be 2^(k / param_value) */
    NBX_PARAM_NONE = 6     /* has none */
};

/** What one parameter set covers. */
enum {
    NBX_PER_TENSOR = 0,
    NBX_PER_CHANNEL = 1,   /* one per index of `axis` */
    NBX_PER_BLOCK = 2,     /* one per `block` consecutive indices of `axis` */
    NBX_PER_CONV_GROUP = 3 /* one per convolution group (HiSilicon N5): axis 0 of the weights cut into `group` parts */
};

/**
 * One encoding. Rows of encodings.def are of this type; a chip may add its own.
 *
 * storage      NBX_DTYPE_ of the container of one code
 * lo, hi       legal codes, as integers of the signed or unsigned container; for log: -top..top as sign and index
 * zero_code    the container bits that mean 0
 * fill_code    the container bits that padding holds where a layout promises `fill`
 * steps, top   log only: steps per octave S and highest index N
 * exp_lo/hi    log and pow2: legal range of the exponent parameter
 */
typedef struct nbx_encoding {
    uint32_t struct_size;
    uint16_t kind;
    uint16_t storage;
    const char *name;
    uint8_t code_bits;
    uint8_t is_signed;
    uint8_t granularity;
    uint8_t axis;
    uint8_t param_rule;
    uint8_t symmetric;
    uint16_t reserved0;
    int32_t param_value;
    uint32_t block;
    int32_t lo, hi;
    int32_t zero_code, fill_code;
    uint32_t steps, top;
    int32_t exp_lo, exp_hi;
    const void *reserved1;
} nbx_encoding;

/** One parameter set of an encoding. Affine: scale and zero_point. Pow2 and log: exponent (log: z). Binary: scale. */
typedef struct nbx_qparam {
    double scale;
    int32_t zero_point;
    int32_t exponent;
} nbx_qparam;

/** How products are formed and summed. Source of the three log contracts: docs/numerics.md. */
enum {
    NBX_PRODUCT_FLOAT = 1,
    NBX_PRODUCT_INTEGER = 2,
    NBX_PRODUCT_LOG_EXPADD = 3, /* exponents add, antilog table of round(2^(f/S) * 2^16), int64 accumulator */
    NBX_PRODUCT_LOG_TABLE = 4,  /* decode table round(2^((i-N)/S) * 32767), exact integer products, 64-bit sum */
    NBX_PRODUCT_LOG_FLOAT = 5,  /* float32 decode, any order; bounded, not byte-exact */
    NBX_PRODUCT_XNOR = 6        /* 2 * popcount(xnor) - K */
};

enum { NBX_OVERFLOW_NEVER = 0, NBX_OVERFLOW_WRAP = 1, NBX_OVERFLOW_SATURATE_END = 2, NBX_OVERFLOW_SATURATE_STEP = 3 };

/** Where the bias is added: to the integer accumulator before rescaling, or as a real number after it. */
enum { NBX_BIAS_ACCUMULATOR = 1, NBX_BIAS_REAL = 2 };

/** How codes are compared: byte for byte, floor or ceil of the exact value, within err_steps, or not at all. */
enum { NBX_EXACT = 1, NBX_NEAREST_PAIR = 2, NBX_STEPS = 3, NBX_UNKNOWN = 4 };

/** How Add and Sub of quantized operands compute. */
enum {
    NBX_ADD_REAL = 1,   /* decode both exactly, add, encode once */
    NBX_ADD_FIXED20 = 2 /* TFLite: left shift 20, two rescales, one output rescale */
};

enum {
    NBX_REQUANT_NONE = 0,
#define REQUANT(number, name, family, text) NBX_REQUANT_##name = number,
#include <nbx/tables/requants.def>
#undef REQUANT
    NBX_REQUANT_ENUM_END_ = 0x7fffffff
};

/** The arithmetic contract of a combo or a fusion: what golden computes, byte for byte where `exactness` is exact. */
typedef struct nbx_arith {
    uint32_t struct_size;
    uint16_t product;
    uint16_t acc_bits; /* 0: unlimited */
    const char *name;
    uint8_t acc_overflow;
    uint8_t bias_at;
    uint16_t requant;
    uint16_t requant2;   /* second stage, 0 for none */
    uint16_t pool_round; /* NBX_REQUANT_ of average pooling */
    uint16_t add_arith;
    uint16_t exactness;
    uint16_t err_steps;
    uint16_t table_bits; /* antilog and look-up tables */
    const void *reserved0;
} nbx_arith;

enum { NBX_PAD_ANY = 0, NBX_PAD_FILL = 1, NBX_PAD_PRESERVED = 2 };

/**
 * A parsed layout. Text form: outer axes in upper case, blocks `number axis`, then `:key=value,...`.
 * Axis letters are positional per rank: 1 c, 2 nc, 3 ncw, 4 nchw, 5 ncdhw; they never follow a Transpose.
 *
 * outer[i]        logical axis at outer position i, slowest first
 * block_axis/size inner blocks, outermost first
 * stride_align[a] byte stride of logical axis a is a multiple of this (0: dense)
 * pad_to[a]       extent of logical axis a is padded to a multiple of this many elements (0: none)
 * ladder_*        extent of `ladder_axis` is 256k + the smallest fitting rung (Horizon Bayes); ladder_base 0: none
 */
typedef struct nbx_layout {
    uint32_t struct_size;
    uint8_t rank;
    uint8_t block_count;
    uint8_t pad_in, pad_out;
    const char *text;
    uint8_t outer[NBX_MAX_RANK];
    uint8_t block_axis[4];
    uint8_t ladder_axis, ladder_count;
    uint16_t reserved0;
    uint32_t block_size[4];
    uint32_t stride_align[NBX_MAX_RANK];
    uint32_t pad_to[NBX_MAX_RANK];
    uint32_t ladder_base;
    uint32_t ladder[8];
    uint32_t reserved1;
    const void *reserved2;
} nbx_layout;

/** Memory domains. 0 is host memory; others come with extensions. */
enum { NBX_DOMAIN_HOST = 0 };

/**
 * One bound buffer. `stride_bytes` holds one stride per outer position and then per block of the layout, and may be
 * larger than the layout's own. `bytes` bounds every access.
 */
typedef struct nbx_buffer {
    uint32_t struct_size;
    uint32_t domain;
    void *ptr;
    const void *reserved0;
    uint64_t handle;
    uint64_t offset;
    uint64_t bytes;
    uint64_t stride_bytes[12];
    uint32_t stride_count;
    uint32_t flags;
} nbx_buffer;

NBX_END_C

#endif
