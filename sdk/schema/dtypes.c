/* SPDX-License-Identifier: Apache-2.0 */
/* Facts of element types from dtypes.def and of axis letters; it leaves conversions between types to encodings.c. */
#include <string.h>

#include "schema/ops.h"

typedef struct dtype_row {
    uint32_t number, bits;
    char kind;
    const char *name;
} dtype_row;

static const dtype_row dtypes[] = {
#define DTYPE(number, name, onnx, bits, onnx_number, kind) {number, bits, kind, onnx},
#include <nbx/tables/dtypes.def>
#undef DTYPE
};

#define DTYPE_COUNT (sizeof(dtypes) / sizeof(dtypes[0]))

/* ONNX's numbers are the positions of the table plus one; ours lie above. */
static const dtype_row *find(uint32_t dtype)
{
    if (dtype >= 1 && dtype <= DTYPE_COUNT && dtypes[dtype - 1].number == dtype) return &dtypes[dtype - 1];
    for (size_t i = 0; i < DTYPE_COUNT; i++)
        if (dtypes[i].number == dtype) return &dtypes[i];
    return NULL;
}

const char *nbx_dtype_name(uint32_t dtype)
{
    const dtype_row *row = find(dtype);
    return row ? row->name : NULL;
}

uint32_t nbx_dtype_bits(uint32_t dtype)
{
    const dtype_row *row = find(dtype);
    return row ? row->bits : 0;
}

char nbx_dtype_kind(uint32_t dtype)
{
    const dtype_row *row = find(dtype);
    return row ? row->kind : 0;
}

uint32_t nbx_dtype_from_name(const char *name)
{
    for (size_t i = 0; name && i < DTYPE_COUNT; i++)
        if (!strcmp(dtypes[i].name, name)) return dtypes[i].number;
    return NBX_DTYPE_NONE;
}

int nbx_axis_of(char axis, uint32_t rank)
{
    static const char *const letters[] = {"", "c", "nc", "ncw", "nchw", "ncdhw"};
    if (rank >= sizeof(letters) / sizeof(letters[0]) || axis == '\0') return -1;
    const char *found = strchr(letters[rank], axis);
    return found ? (int)(found - letters[rank]) : -1;
}
