/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzzes nbx_packed_open: raw bytes, and edits of a sound blob whose checksum is made to fit; what opens must be readable and pack again.
 */
#include <stdint.h>
#include <stdio.h>

#include "../tests/schema/pack_sample.h"
#include "schema/pack.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static sample made;

static void require(int holds)
{
    if (!holds) abort();
}

static void read_all(const nbx_graph_view *view)
{
    blob first = {0}, second = {0};
    nbx_packed *packed = NULL;
    require(nbx_pack_graph(view, "chip", "tag", &first, blob_write) == NBX_OK);
    require(nbx_packed_open(sample_host(), first.bytes, first.count, &packed, NULL, 0) == NBX_OK);
    require(nbx_pack_graph(nbx_packed_view(packed), "chip", "tag", &second, blob_write) == NBX_OK);
    require(first.count == second.count && memcmp(first.bytes, second.bytes, first.count) == 0);
    nbx_packed_close(packed);
    free(first.bytes);
    free(second.bytes);
}

static void open_and_read(const unsigned char *bytes, uint64_t count)
{
    nbx_packed *packed = NULL;
    char error[160];
    int32_t status = nbx_packed_open(sample_host(), bytes, count, &packed, error, sizeof error);
    require((status == NBX_OK) == (packed != NULL));
    require(status != NBX_BAD_INPUT || error[0]);
    if (!packed) return;
    require(nbx_packed_chip(packed) && nbx_packed_tag(packed));
    read_all(nbx_packed_view(packed));
    nbx_packed_close(packed);
}

/* Input: a seed and a number of nodes, then edits of four bytes each: offset (2), what to do, with what. */
static void edit_and_open(const uint8_t *data, size_t size)
{
    blob b = {0};
    sample_make(&made, data[1], 1 + data[2] % 8);
    require(nbx_pack_graph(&made.view, "chip", "tag", &b, blob_write) == NBX_OK);
    for (size_t i = 3; i + 4 <= size; i += 4) {
        uint64_t at = ((uint64_t)data[i] | (uint64_t)data[i + 1] << 8) % b.count;
        if (data[i + 2] & 1)
            b.bytes[at] ^= data[i + 3];
        else
            b.bytes[at] = data[i + 3];
    }
    blob_seal(b.bytes, b.count);
    open_and_read(b.bytes, b.count);
    free(b.bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size >= 3 && data[0] != PACK_MAGIC[0]) {
        edit_and_open(data, size);
        return 0;
    }
    blob copy = {0};
    require(blob_write(&copy, data, size) == NBX_OK);
    open_and_read(copy.bytes, copy.count);
    blob_seal(copy.bytes, copy.count);
    open_and_read(copy.bytes, copy.count);
    free(copy.bytes);
    return 0;
}
