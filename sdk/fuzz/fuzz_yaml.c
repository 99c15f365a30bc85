/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzzes target files: the part before a zero byte, if there is one, is a --set; what is a job must be writable and read back the same. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "target/target.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(int holds)
{
    if (!holds) abort();
}

typedef struct text_buffer {
    char *text;
    size_t bytes;
} text_buffer;

static nbx_status append(void *self, const char *text, size_t bytes)
{
    text_buffer *buffer = self;
    buffer->text = realloc(buffer->text, buffer->bytes + bytes + 1);
    require(buffer->text != NULL);
    memcpy(buffer->text + buffer->bytes, text, bytes);
    buffer->bytes += bytes;
    return NBX_OK;
}

/* The merged view of the first job of a text that must be sound. */
static text_buffer view_of(nbx_context *context, const text_buffer *yaml)
{
    nbx_job_set *set;
    text_buffer view = {NULL, 0};
    nbx_text_sink sink = {&view, append};
    nbx_job_text text = {"f.yaml", yaml->text, yaml->bytes};
    require(nbx_job_set_parse(context, &text, NULL, &set) == NBX_OK);
    require(nbx_job_explain(&set->jobs[0], &sink) == NBX_OK);
    nbx_job_set_destroy(set);
    return view;
}

/* The view names defaults; read back they are values of a file. From then on it must not change at all. */
static void check_round_trip(nbx_context *context, const nbx_job *job)
{
    text_buffer first = {NULL, 0};
    nbx_text_sink sink = {&first, append};
    require(nbx_job_explain(job, &sink) == NBX_OK);
    text_buffer second = view_of(context, &first), third = view_of(context, &second);
    require(second.bytes == third.bytes && memcmp(second.text, third.text, second.bytes) == 0);
    free(first.text);
    free(second.text);
    free(third.text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    nbx_context *context;
    nbx_job_set *set;
    const uint8_t *zero = size ? memchr(data, 0, size) : NULL;
    const char *row = (const char *)data;
    nbx_overrides overrides = {&row, zero ? 1 : 0};
    size_t skip = zero ? (size_t)(zero - data) + 1 : 0;
    require(nbx_context_create(&context) == NBX_OK);
    nbx_job_text text = {"f.yaml", data + skip, size - skip};
    nbx_status status = nbx_job_set_parse(context, &text, &overrides, &set);
    require((status == NBX_OK) == (set != NULL));
    require((status == NBX_OK) == (nbx_message_count(context) == 0));
    require(nbx_message_count(context) <= 21);
    for (uint32_t i = 0; set && i < set->count; i++)
        check_round_trip(context, &set->jobs[i]);
    nbx_job_set_destroy(set);
    nbx_context_destroy(context);
    return 0;
}
