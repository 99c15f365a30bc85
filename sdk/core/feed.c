/* SPDX-License-Identifier: Apache-2.0 */
/* Preprocessing of samples to float32; finding and opening the files is left to the feed stage. */
#include "core/feed.h"

#include <string.h>

static double per_channel(const double *list, uint32_t count, uint64_t channel, double absent)
{
    if (count == 0) return absent;
    return list[count == 1 ? 0 : channel];
}

static float convert(const nbx_feed_input *input, double x, uint64_t channel)
{
    double mean = per_channel(input->mean, input->mean_count, channel, 0.0);
    double scale = per_channel(input->scale, input->scale_count, channel, 1.0);
    return (float)((x - mean) * scale);
}

static void put(uint32_t dtype, void *out, uint64_t i, float real, int64_t whole)
{
    if (dtype == NBX_DTYPE_FLOAT32)
        ((float *)out)[i] = real;
    else
        memcpy((char *)out + i * (nbx_dtype_bits(dtype) / 8), &whole, nbx_dtype_bits(dtype) / 8);
}

void nbx_feed_sample(const nbx_feed *feed, uint32_t input, uint32_t sample, void *out)
{
    const nbx_feed_input *row = &feed->inputs[input];
    const char *start = (const char *)row->data + (uint64_t)sample * row->sample_bytes;
    const nbx_tensor source = {.dtype = row->dtype, .data = start, .bytes = row->sample_bytes};
    bool real = row->model_dtype == NBX_DTYPE_FLOAT32;
    uint64_t plane = row->channels * row->inner;
    for (uint64_t i = 0; i < row->elements; i++) {
        uint64_t batch = i / plane, channel = i / row->inner % row->channels, at = i % row->inner;
        uint64_t from = row->nhwc ? batch * plane + at * row->channels + channel : i;
        if (real)
            put(row->model_dtype, out, i, convert(row, nbx_tensor_float(&source, from), channel), 0);
        else
            put(row->model_dtype, out, i, 0,
                row->model_dtype == NBX_DTYPE_BOOL ? nbx_tensor_int(&source, from) != 0 : nbx_tensor_int(&source, from));
    }
}

bool nbx_feed_range(const nbx_feed_input *input, double *lo, double *hi)
{
    uint32_t bits = nbx_dtype_bits(input->dtype);
    char kind = nbx_dtype_kind(input->dtype);
    if ((kind != 'u' && kind != 'i') || bits > 16 || input->model_dtype != NBX_DTYPE_FLOAT32) return false;
    double most = kind == 'u' ? (double)((1u << bits) - 1) : (double)((1u << (bits - 1)) - 1);
    double least = kind == 'u' ? 0.0 : -most - 1;
    for (uint64_t c = 0; c < input->channels; c++) {
        double a = (double)convert(input, least, c), b = (double)convert(input, most, c);
        double low = a < b ? a : b, high = a < b ? b : a;
        if (c == 0 || low < *lo) *lo = low;
        if (c == 0 || high > *hi) *hi = high;
    }
    return input->channels > 0;
}
