/* SPDX-License-Identifier: Apache-2.0 */
/* Encodes and decodes whole dense tensors, stretch by stretch under the parameter set that covers it; it leaves each code to
 * encodings_codes.c. */
#include "schema/encodings_codes.h"
#include "schema/encodings_containers.h"

/* Codes that pass through an int32 buffer at a time; a decode table pays for itself above TABLE_FROM elements. */
enum { STRETCH = 512, TABLE_FROM = 1024 };

typedef struct tensor_job {
    const nbx_encoding *encoding;
    const nbx_qparam *params;
    nbx_container container;
    const float *in;
    const void *codes_in;
    float *out;
    void *codes_out;
} tensor_job;

static void encode_run(const tensor_job *job, const nbx_qparam *param, uint64_t first, uint64_t count)
{
    int32_t codes[STRETCH];
    while (count > 0) {
        uint32_t n = count < STRETCH ? (uint32_t)count : STRETCH;
        nbx_encode_stretch(job->encoding, param, job->in + first, n, codes);
        nbx_container_store(job->container, job->codes_out, first, n, codes);
        first += n;
        count -= n;
    }
}

static void decode_table(const tensor_job *job, const nbx_qparam *param, float *table)
{
    int32_t codes[256];
    uint32_t count = 1u << job->container.bits;
    for (uint32_t i = 0; i < count; i++)
        codes[i] = job->container.is_signed && i >= count / 2 ? (int32_t)i - (int32_t)count : (int32_t)i;
    nbx_decode_stretch(job->encoding, param, codes, count, table);
}

static void decode_run(const tensor_job *job, const nbx_qparam *param, uint64_t first, uint64_t count)
{
    int32_t codes[STRETCH];
    float table[256];
    bool tabled = job->container.bits <= 8 && count >= TABLE_FROM;
    uint32_t mask = tabled ? (1u << job->container.bits) - 1 : 0;
    if (tabled) decode_table(job, param, table);
    while (count > 0) {
        uint32_t n = count < STRETCH ? (uint32_t)count : STRETCH;
        nbx_container_load(job->container, job->codes_in, first, n, codes);
        if (tabled)
            for (uint32_t i = 0; i < n; i++)
                job->out[first + i] = table[(uint32_t)codes[i] & mask];
        else
            nbx_decode_stretch(job->encoding, param, codes, n, job->out + first);
        first += n;
        count -= n;
    }
}

/* Calls `run` for every longest stretch of consecutive elements under one parameter set. */
static void each_run(const tensor_job *job, uint32_t rank, const int64_t *dims, uint32_t conv_groups,
                     void (*run)(const tensor_job *job, const nbx_qparam *param, uint64_t first, uint64_t count))
{
    uint32_t axis = job->encoding->granularity == NBX_PER_CONV_GROUP ? 0 : job->encoding->axis;
    uint64_t total = 1, inner = 1;
    for (uint32_t a = 0; a < rank; a++) {
        total *= (uint64_t)dims[a];
        if (a > axis) inner *= (uint64_t)dims[a];
    }
    if (total == 0) return;
    if (nbx_param_count(job->encoding, rank, dims, conv_groups) == 1) {
        run(job, job->params, 0, total);
        return;
    }
    uint64_t extent = (uint64_t)dims[axis], slice = extent * inner;
    for (uint64_t base = 0; base < total; base += slice) {
        for (uint64_t from = 0, to; from < extent; from = to) {
            uint32_t set = nbx_param_index(job->encoding, rank, dims, conv_groups, from * inner);
            for (to = from + 1; to < extent; to++)
                if (nbx_param_index(job->encoding, rank, dims, conv_groups, to * inner) != set) break;
            run(job, job->params + set, base + from * inner, (to - from) * inner);
        }
    }
}

void nbx_encode_tensor(const nbx_encoding *encoding, const nbx_qparam *params, uint32_t rank, const int64_t *dims, uint32_t conv_groups,
                       const float *values, void *codes)
{
    tensor_job job = {encoding, params, nbx_container_of(encoding->storage), values, NULL, NULL, codes};
    each_run(&job, rank, dims, conv_groups, encode_run);
}

void nbx_decode_tensor(const nbx_encoding *encoding, const nbx_qparam *params, uint32_t rank, const int64_t *dims, uint32_t conv_groups,
                       const void *codes, float *values)
{
    tensor_job job = {encoding, params, nbx_container_of(encoding->storage), NULL, codes, values, NULL};
    each_run(&job, rank, dims, conv_groups, decode_run);
}
