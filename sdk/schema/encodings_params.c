/* SPDX-License-Identifier: Apache-2.0 */
/* Chooses parameters for a range and tells which set an element uses; calibration itself is left to the quantizer. */
#include <float.h>
#include <math.h>

#include "schema/encodings.h"

/* An all-zero tensor is coded as if this were its largest magnitude (M12). */
#define LOG_ZERO_TENSOR_MAX 1e-6

static int32_t clamp_int(double value, int32_t lo, int32_t hi)
{
    return value < lo ? lo : value > hi ? hi : (int32_t)value;
}

/* A scale that a float kernel can hold: ranges too small for that, and empty ones, behave like zero. */
static double usable_scale(double scale)
{
    return scale >= (double)FLT_MIN ? scale : scale > 0 ? (double)FLT_MIN : 1.0;
}

static void affine_from_range(const nbx_encoding *encoding, double lo, double hi, nbx_qparam *out)
{
    if (encoding->symmetric) {
        double largest = fmax(fabs(lo), fabs(hi));
        if (encoding->param_rule == NBX_PARAM_GRID && encoding->param_value > 0 && largest > 0)
            largest = exp2(ceil(encoding->param_value * log2(largest)) / encoding->param_value);
        out->scale = usable_scale(largest / encoding->hi);
        return;
    }
    lo = fmin(lo, 0);
    hi = fmax(hi, 0);
    double codes = (double)encoding->hi - encoding->lo;
    out->scale = usable_scale(hi / codes - lo / codes); /* two quotients: hi - lo may overflow */
    out->zero_point = clamp_int(rint(encoding->lo - lo / out->scale), encoding->lo, encoding->hi);
}

static int32_t pow2_from_range(const nbx_encoding *encoding, double largest)
{
    if (encoding->param_rule == NBX_PARAM_FIXED) return encoding->param_value;
    if (largest == 0) return clamp_int(0, encoding->exp_lo, encoding->exp_hi);
    int32_t exponent = clamp_int(floor(log2((double)encoding->hi) - log2(largest)) + 1, encoding->exp_lo, encoding->exp_hi);
    /* The estimate is at most one too small: a value that rounds to hi is not clipped. Step down until it fits. */
    while (exponent > encoding->exp_lo && rint(ldexp(largest, exponent)) > encoding->hi)
        exponent--;
    return exponent;
}

static int32_t log_from_range(const nbx_encoding *encoding, double largest)
{
    if (largest == 0) largest = LOG_ZERO_TENSOR_MAX;
    double z = floor(encoding->steps * log2(largest)) - encoding->top;
    return clamp_int(z, encoding->exp_lo, encoding->exp_hi);
}

bool nbx_param_from_range(const nbx_encoding *encoding, double lo, double hi, nbx_qparam *out)
{
    *out = (nbx_qparam){1.0, 0, 0};
    if (!isfinite(lo) || !isfinite(hi) || lo > hi) return false;
    double largest = fmax(fabs(lo), fabs(hi));
    switch (encoding->kind) {
    case NBX_ENC_AFFINE:
        affine_from_range(encoding, lo, hi, out);
        break;
    case NBX_ENC_POW2:
        out->exponent = pow2_from_range(encoding, largest);
        break;
    case NBX_ENC_LOG:
        out->exponent = log_from_range(encoding, largest);
        break;
    case NBX_ENC_BINARY:
        out->scale = usable_scale(largest);
        break;
    default:
        break;
    }
    return true;
}

void nbx_param_range(const nbx_encoding *encoding, const nbx_qparam *param, double *lo, double *hi)
{
    switch (encoding->kind) {
    case NBX_ENC_FLOAT:
        *hi = encoding->storage == NBX_DTYPE_FLOAT16    ? (double)nbx_half_to_float(0x7bff)
              : encoding->storage == NBX_DTYPE_BFLOAT16 ? (double)nbx_bf16_to_float(0x7f7f)
                                                        : (double)FLT_MAX;
        *lo = -*hi;
        return;
    case NBX_ENC_LOG:
        *hi = nbx_decode(encoding, param, (int32_t)encoding->top);
        *lo = -*hi;
        return;
    case NBX_ENC_BINARY:
        *hi = param->scale;
        *lo = -*hi;
        return;
    default:
        *lo = nbx_decode(encoding, param, encoding->lo);
        *hi = nbx_decode(encoding, param, encoding->hi);
    }
}

uint32_t nbx_param_count(const nbx_encoding *encoding, uint32_t rank, const int64_t *dims, uint32_t conv_groups)
{
    uint32_t axis = encoding->granularity == NBX_PER_CONV_GROUP ? 0 : encoding->axis;
    if (axis >= rank || dims[axis] <= 0) return 1;
    uint64_t extent = (uint64_t)dims[axis], count = 1;
    if (encoding->granularity == NBX_PER_CHANNEL)
        count = extent;
    else if (encoding->granularity == NBX_PER_BLOCK && encoding->block > 0)
        count = (extent - 1) / encoding->block + 1;
    else if (encoding->granularity == NBX_PER_CONV_GROUP && conv_groups > 0)
        count = conv_groups < extent ? conv_groups : extent;
    return count < UINT32_MAX ? (uint32_t)count : UINT32_MAX;
}

uint32_t nbx_param_index(const nbx_encoding *encoding, uint32_t rank, const int64_t *dims, uint32_t conv_groups, uint64_t element)
{
    uint32_t axis = encoding->granularity == NBX_PER_CONV_GROUP ? 0 : encoding->axis;
    if (encoding->granularity == NBX_PER_TENSOR || axis >= rank) return 0;
    for (uint32_t a = rank; --a > axis;)
        element /= (uint64_t)dims[a];
    uint64_t extent = (uint64_t)dims[axis], at = element % extent;
    if (encoding->granularity == NBX_PER_CHANNEL) return (uint32_t)at;
    if (encoding->granularity == NBX_PER_BLOCK) return encoding->block > 0 ? (uint32_t)(at / encoding->block) : 0;
    uint64_t groups = nbx_param_count(encoding, rank, dims, conv_groups);
    return (uint32_t)(at * groups / extent);
}
