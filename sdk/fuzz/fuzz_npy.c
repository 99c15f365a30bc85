/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzzes .npy files in memory: what opens has data of exactly the promised size, all of it readable. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "formats/npy.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(int holds)
{
    if (!holds) abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    nbx_context *context;
    nbx_npy npy;
    require(nbx_context_create(&context) == NBX_OK);
    nbx_status status = nbx_npy_parse(context, data, size, "f.npy", &npy);
    require((status == NBX_OK) == (nbx_message_count(context) == 0));
    if (status == NBX_OK) {
        unsigned sum = 0;
        require(npy.data != NULL && npy.bytes < size && npy.rank <= NBX_MAX_RANK);
        require(npy.elements == 0 || npy.bytes % npy.elements == 0);
        require(npy.elements == 0 || (uintptr_t)npy.data % (npy.bytes / npy.elements) == 0);
        for (uint64_t i = 0; i < npy.bytes; i++)
            sum += ((const unsigned char *)npy.data)[i];
        require(sum < UINT32_MAX); /* so that the reads stay */
    } else {
        require(status == NBX_BAD_INPUT && npy.data == NULL);
    }
    nbx_npy_close(&npy);
    nbx_context_destroy(context);
    return 0;
}
