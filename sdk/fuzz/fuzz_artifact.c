/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzzes artifacts under a right digest (a forger knows it): what opens can be converted and read everywhere it points. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "rt/artifact_file.h"
#include "rt/convert.h"
#include "rt/sha256.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MOST_BYTES = 1 << 18 };

static void require(int holds)
{
    if (!holds) abort();
}

static void sign(unsigned char *file, size_t size)
{
    uint64_t bytes = size;
    nbx_sha256 sha;
    if (size < sizeof(nbx_art_header)) return;
    memcpy(file + offsetof(nbx_art_header, file_bytes), &bytes, sizeof(bytes));
    memset(file + NBX_ART_DIGEST_OFFSET, 0, 32);
    nbx_sha256_start(&sha);
    nbx_sha256_add(&sha, file, size);
    nbx_sha256_end(&sha, file + NBX_ART_DIGEST_OFFSET);
}

static void *block(uint64_t bytes)
{
    void *memory = NULL;
    require(posix_memalign(&memory, 64, bytes ? (size_t)bytes : 1) == 0);
    memset(memory, 0x5a, (size_t)bytes);
    return memory;
}

static void convert(const nbx_artifact *a, const nbx_artifact_step *step)
{
    nbx_converter converter;
    nbx_fault fault = {0};
    if (nbx_converter_prepare(a, step, &converter, &fault) != NBX_OK) return;
    if (converter.from->bytes > MOST_BYTES || converter.to->bytes > MOST_BYTES || converter.dense_bytes > MOST_BYTES) return;
    void *from = block(converter.from->bytes), *to = block(converter.to->bytes), *scratch = block(converter.dense_bytes);
    nbx_converter_run(&converter, from, to, scratch);
    free(from);
    free(to);
    free(scratch);
}

static uint32_t touch(const nbx_artifact *a)
{
    uint32_t sum = 0;
    for (uint32_t i = 0; i < a->key_count; i++)
        sum += (uint32_t)(strlen(a->keys[i].key) + strlen(a->keys[i].value));
    for (uint32_t i = 0; i < a->chip_count; i++)
        for (uint32_t j = 0; j < a->chips[i].option_count; j++)
            sum += (uint32_t)(strlen(a->chips[i].options[j].key) + strlen(a->chips[i].options[j].value));
    for (uint32_t i = 0; i < a->segment_count; i++)
        for (uint64_t j = 0; j < a->segments[i].blob_bytes; j++)
            sum += ((const unsigned char *)a->segments[i].blob)[j];
    return sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    nbx_artifact a;
    nbx_fault fault = {0};
    unsigned char *file = block(size);
    memcpy(file, data, size);
    sign(file, size);
    if (nbx_artifact_open(file, size, &a, &fault) == NBX_OK) {
        require(touch(&a) != UINT32_MAX);
        for (uint32_t i = 0; i < a.step_count && i < 16; i++)
            if (a.steps[i].kind != NBX_STEP_RUN) convert(&a, &a.steps[i]);
        nbx_artifact_close(&a);
    } else {
        require(fault.text[0] && a.memory == NULL);
    }
    free(file);
    return 0;
}
