/* SPDX-License-Identifier: Apache-2.0 */
/* Serves constants on demand, aligned, as floats or codes, and frees them when nobody maps them; encoding itself is schema's work. */
#include "core/constants.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "schema/encodings.h"

/* One mapped form of one constant. */
typedef struct entry {
    void *data; /* ours, or NULL when `direct` */
    const void *direct;
    uint64_t bytes;
    uint32_t users;
} entry;

struct nbx_constants {
    pthread_mutex_t lock;
    const nbx_graph *graph;
    const nbx_quantized *values;
    uint32_t count;
    entry *entries; /* two per value: float, codes */
};

nbx_constants *nbx_constants_create(const nbx_graph *graph, const nbx_quantized *values)
{
    nbx_constants *constants = calloc(1, sizeof(*constants));
    if (!constants) return NULL;
    constants->count = graph->value_count;
    constants->entries = calloc((size_t)graph->value_count * 2 + 1, sizeof(entry));
    if (!constants->entries) {
        free(constants);
        return NULL;
    }
    constants->graph = graph;
    constants->values = values;
    pthread_mutex_init(&constants->lock, NULL);
    return constants;
}

bool nbx_constants_cover(const nbx_constants *constants, const nbx_graph *graph)
{
    return constants && constants->count >= graph->value_count;
}

void nbx_constants_destroy(nbx_constants *constants)
{
    if (!constants) return;
    for (uint32_t i = 0; i < constants->count * 2; i++)
        free(constants->entries[i].data);
    pthread_mutex_destroy(&constants->lock);
    free(constants->entries);
    free(constants);
}

/* Constants that already lie aligned in memory in the wanted form are handed out as they are. */
static const void *direct_data(const nbx_tensor *tensor, const nbx_quantized *row)
{
    if (row && row->override_data) return (uintptr_t)row->override_data % 64 ? NULL : row->override_data;
    bool plain = tensor->dtype == NBX_DTYPE_FLOAT32 || nbx_dtype_kind(tensor->dtype) != 'f';
    return plain && !tensor->is_splat && tensor->data && (uintptr_t)tensor->data % 64 == 0 ? tensor->data : NULL;
}

static int32_t fill_float(const nbx_tensor *tensor, const nbx_quantized *row, uint64_t count, entry *out)
{
    bool as_float = nbx_dtype_kind(tensor->dtype) == 'f';
    uint32_t element = as_float ? 4 : nbx_dtype_bits(tensor->dtype) / 8;
    if (element == 0 || !nbx_mul_size(count, element, &out->bytes)) return NBX_UNSUPPORTED;
    out->direct = direct_data(tensor, row);
    if (out->direct) return NBX_OK;
    out->data = nbx_block_create(out->bytes);
    if (!out->data) return NBX_NO_MEMORY;
    if (row && row->override_data)
        memcpy(out->data, row->override_data, (size_t)out->bytes);
    else if (as_float)
        return nbx_tensor_to_float(tensor, out->data);
    else if (tensor->is_splat)
        for (uint64_t i = 0; i < count; i++)
            memcpy((char *)out->data + i * element, &tensor->splat_i, element);
    else if (out->bytes)
        memcpy(out->data, tensor->data, (size_t)out->bytes);
    return NBX_OK;
}

static int32_t fill_codes(const nbx_tensor *tensor, const nbx_quantized *row, uint64_t count, entry *out)
{
    if (!row || !row->encoding || row->encoding->kind == NBX_ENC_INDEX) return NBX_UNSUPPORTED;
    if (!nbx_codes_bytes(row->encoding, count, &out->bytes)) return NBX_INVALID;
    entry values = {0};
    int32_t status = fill_float(tensor, row, count, &values);
    if (status == NBX_OK) {
        out->data = nbx_block_create(out->bytes);
        if (!out->data) {
            status = NBX_NO_MEMORY;
        } else {
            const float *source = values.direct ? values.direct : values.data;
            nbx_encode_tensor(row->encoding, row->params, tensor->rank, tensor->dims, row->param_count, source, out->data);
        }
    }
    free(values.data);
    return status;
}

int32_t nbx_constants_map(void *self, uint64_t id, uint32_t form, const void **data, uint64_t *bytes)
{
    nbx_constants *constants = self;
    *data = NULL;
    *bytes = 0;
    if (!constants || id == 0 || id > constants->count || !constants->graph->values[id - 1].data) return NBX_INVALID;
    if (form != NBX_CONST_FLOAT && form != NBX_CONST_CODES) return NBX_INVALID;
    const nbx_tensor *tensor = constants->graph->values[id - 1].data;
    const nbx_quantized *row = constants->values ? &constants->values[id - 1] : NULL;
    uint64_t count;
    if (!nbx_shape_elements(tensor->rank, tensor->dims, &count)) return NBX_INVALID;
    pthread_mutex_lock(&constants->lock);
    entry *slot = &constants->entries[(id - 1) * 2 + (form == NBX_CONST_CODES)];
    int32_t status = NBX_OK;
    if (!slot->users) status = form == NBX_CONST_FLOAT ? fill_float(tensor, row, count, slot) : fill_codes(tensor, row, count, slot);
    if (status == NBX_OK) {
        slot->users++;
        *data = slot->direct ? slot->direct : slot->data;
        *bytes = slot->bytes;
    } else {
        free(slot->data);
        *slot = (entry){0};
    }
    pthread_mutex_unlock(&constants->lock);
    return status;
}

void nbx_constants_unmap(void *self, uint64_t id, uint32_t form)
{
    nbx_constants *constants = self;
    if (!constants || id == 0 || id > constants->count || (form != NBX_CONST_FLOAT && form != NBX_CONST_CODES)) return;
    pthread_mutex_lock(&constants->lock);
    entry *slot = &constants->entries[(id - 1) * 2 + (form == NBX_CONST_CODES)];
    if (slot->users && --slot->users == 0) {
        free(slot->data);
        *slot = (entry){0};
    }
    pthread_mutex_unlock(&constants->lock);
}
