/* SPDX-License-Identifier: Apache-2.0 */
/* Golden against the kernels on seeded data; building the view is view_builder.c's. */
#include "testing/compare.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <nbx/kernels.h>

#include "golden/golden.h"
#include "schema/encodings.h"
#include "schema/ops.h"

uint64_t test_random_bits(test_random *random)
{
    uint64_t z = (random->state += UINT64_C(0x9e3779b97f4a7c15));
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

int64_t test_random_int(test_random *random, int64_t lo, int64_t hi)
{
    return lo + (int64_t)(test_random_bits(random) % (uint64_t)(hi - lo + 1));
}

double test_random_unit(test_random *random)
{
    return (double)(int64_t)test_random_bits(random) / 9223372036854775808.0;
}

static void *host_alloc(void *self, uint64_t bytes, uint64_t align)
{
    test_host *host = self;
    void *memory = aligned_alloc((size_t)(align < 16 ? 16 : align), (size_t)((bytes + 63) / 64 * 64 + 64));
    if (memory) host->allocated++;
    return memory;
}

static void host_free(void *self, void *memory)
{
    if (memory) ((test_host *)self)->allocated--;
    free(memory);
}

static void host_diag(void *self, const nbx_diag *diag)
{
    test_host *host = self;
    snprintf(host->text, sizeof host->text, "%s: %s", diag->code, diag->text);
}

static uint64_t host_now(void *self)
{
    (void)self;
    return 1000;
}

static void host_parallel(void *self, uint32_t count, void *arg, void (*body)(void *arg, uint32_t i))
{
    (void)self;
    for (uint32_t i = 0; i < count; i++)
        body(arg, i);
}

void test_host_init(test_host *host)
{
    memset(host, 0, sizeof *host);
    host->host = (nbx_host){
        .struct_size = sizeof host->host,
        .revision = NBX_REVISION_CURRENT,
        .self = host,
        .name = "test",
        .version = "0",
        .alloc = host_alloc,
        .free = host_free,
        .diag = host_diag,
        .now_ns = host_now,
        .parallel_for = host_parallel,
    };
}

static uint64_t elements(const nbx_value *value)
{
    uint64_t count = 1;
    for (uint32_t a = 0; a < value->rank; a++)
        count *= (uint64_t)value->dims[a];
    return count;
}

static uint32_t bits_of(const nbx_value *value)
{
    return nbx_dtype_bits(value->encoding ? value->encoding->storage : value->dtype);
}

uint64_t test_port_bytes(const nbx_value *value)
{
    return (elements(value) * bits_of(value) + 7) / 8;
}

static int32_t random_code(test_random *random, const nbx_encoding *encoding)
{
    if (encoding->kind == NBX_ENC_LOG) {
        const int32_t index = (int32_t)test_random_int(random, 0, encoding->top), sign = 1 << (encoding->code_bits - 1);
        return test_random_bits(random) % 16 == 0 ? encoding->zero_code : index | (test_random_bits(random) & 1 && index ? sign : 0);
    }
    if (encoding->kind == NBX_ENC_BINARY) return (int32_t)(test_random_bits(random) & 1);
    if (encoding->storage == NBX_DTYPE_FLOAT16) return nbx_half_from_float((float)(2 * test_random_unit(random)));
    if (encoding->storage == NBX_DTYPE_BFLOAT16) return nbx_bf16_from_float((float)(2 * test_random_unit(random)));
    if (encoding->code_bits == 32) return (int32_t)test_random_int(random, -3000, 3000);
    return (int32_t)test_random_int(random, encoding->lo, encoding->hi);
}

void test_fill(test_random *random, const nbx_value *value, void *data)
{
    const uint64_t count = elements(value);
    for (uint64_t i = 0; i < count; i++) {
        if (value->encoding && value->encoding->storage != NBX_DTYPE_FLOAT32) {
            nbx_code_set(value->encoding, data, i, random_code(random, value->encoding));
        } else if (nbx_dtype_kind(value->dtype) == 'f') {
            ((float *)data)[i] = (float)(2 * test_random_unit(random));
        } else {
            const int64_t x = test_random_int(random, 0, value->dtype == NBX_DTYPE_BOOL ? 1 : 7);
            memcpy((uint8_t *)data + i * (bits_of(value) / 8), &x, bits_of(value) / 8);
        }
    }
}

void test_constant(test_random *random, view_builder *builder, uint32_t value)
{
    const uint64_t bytes = test_port_bytes(&builder->values[value]);
    void *data = calloc(1, bytes + 64);
    if (!data) abort();
    test_fill(random, &builder->values[value], data);
    view_constant(builder, value, data, bytes);
    free(data);
}

static double element(const nbx_value *value, const void *data, uint64_t i)
{
    if (value->encoding && value->encoding->storage != NBX_DTYPE_FLOAT32) return nbx_code_get(value->encoding, data, i);
    if (value->dtype == NBX_DTYPE_FLOAT32) return (double)((const float *)data)[i];
    return (double)((const uint8_t *)data)[i];
}

static bool floating(const nbx_value *value)
{
    return value->dtype == NBX_DTYPE_FLOAT32 && (!value->encoding || value->encoding->storage == NBX_DTYPE_FLOAT32);
}

static const char *compare_port(const nbx_value *value, const void *expected, const void *got, const test_tolerance *tolerance)
{
    static char text[160];
    const uint64_t count = elements(value);
    double most = 0, allowed;
    if (!memcmp(expected, got, test_port_bytes(value))) return NULL;
    for (uint64_t i = 0; i < count; i++)
        if (fabs(element(value, expected, i)) > most) most = fabs(element(value, expected, i));
    allowed = floating(value) ? tolerance->relative * most : tolerance->steps;
    for (uint64_t i = 0; i < count; i++) {
        const double a = element(value, expected, i), b = element(value, got, i);
        if (fabs(a - b) <= allowed || (a != a && b != b) || a == b) continue;
        snprintf(text, sizeof text, "output %s element %llu of %llu: golden %.9g, kernels %.9g", value->name, (unsigned long long)i,
                 (unsigned long long)count, a, b);
        return text;
    }
    return allowed > 0 || floating(value) ? NULL : "bytes differ in elements wider than compared";
}

typedef struct buffers {
    void *memory[VIEW_VALUES];
} buffers;

static void make_buffers(const view_builder *builder, const nbx_span *side, buffers *out)
{
    memset(out, 0, sizeof *out);
    for (uint32_t i = 0; i < side->count; i++) {
        const uint64_t bytes = test_port_bytes(&builder->values[*NBX_ROW(uint32_t, *side, i)]);
        out->memory[i] = aligned_alloc(64, (size_t)(bytes / 64 * 64 + 64));
        if (!out->memory[i]) abort();
        memset(out->memory[i], 0, (size_t)(bytes / 64 * 64 + 64));
    }
}

static void free_buffers(buffers *all)
{
    for (uint32_t i = 0; i < VIEW_VALUES; i++)
        free(all->memory[i]);
}

static const char *run_golden(const view_builder *builder, test_host *host, buffers *in, buffers *out)
{
    golden *program;
    void *scratch;
    int32_t status = golden_create(&host->host, &builder->view, &program);
    if (status) return host->text[0] ? host->text : "golden_create failed without a diagnostic";
    scratch = aligned_alloc(64, (size_t)(golden_scratch_bytes(program) / 64 * 64 + 64));
    status = golden_run(program, scratch, (const void *const *)in->memory, out->memory);
    free(scratch);
    golden_destroy(program);
    return status ? "golden_run failed" : NULL;
}

static const char *run_kernels(const view_builder *builder, test_host *host, buffers *in, buffers *out)
{
    nbx_kernels *program;
    void *scratch;
    uint64_t bytes;
    int32_t status = nbx_kernels_create(&host->host, &builder->view, &program);
    if (status) return host->text[0] ? host->text : "nbx_kernels_create failed without a diagnostic";
    bytes = nbx_kernels_scratch_bytes(program) / 64 * 64 + 64;
    scratch = aligned_alloc(64, (size_t)bytes);
    memset(scratch, 0xa5, (size_t)bytes); /* nothing may depend on what was there */
    status = nbx_kernels_run(program, scratch, (const void *const *)in->memory, out->memory);
    free(scratch);
    nbx_kernels_destroy(program);
    return status ? "nbx_kernels_run failed" : NULL;
}

const char *test_compare(const view_builder *builder, uint64_t seed, const test_tolerance *tolerance)
{
    static test_host host;
    test_random random = {seed};
    buffers in, expected, got;
    const char *error;
    test_host_init(&host);
    make_buffers(builder, &builder->view.inputs, &in);
    make_buffers(builder, &builder->view.outputs, &expected);
    make_buffers(builder, &builder->view.outputs, &got);
    for (uint32_t i = 0; i < builder->view.inputs.count; i++)
        test_fill(&random, &builder->values[builder->inputs[i]], in.memory[i]);
    error = run_golden(builder, &host, &in, &expected);
    if (!error) error = run_kernels(builder, &host, &in, &got);
    for (uint32_t i = 0; i < builder->view.outputs.count && !error; i++)
        error = compare_port(&builder->values[builder->outputs[i]], expected.memory[i], got.memory[i], tolerance);
    free_buffers(&in);
    free_buffers(&expected);
    free_buffers(&got);
    if (!error && host.allocated) error = "memory is still allocated";
    return error;
}
