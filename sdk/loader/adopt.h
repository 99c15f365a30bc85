/* SPDX-License-Identifier: Apache-2.0 */
/** Copies structs of another size than ours across the border: short ones zero-filled, long ones only if their tail is zero. */
#ifndef NBX_LOADER_ADOPT_H
#define NBX_LOADER_ADOPT_H

#include <nbx/plugin/plugin.h>

#include "loader/trust.h"

typedef struct nbx_shape nbx_shape;

/** A member that leads to other structs. */
typedef struct nbx_shape_link {
    const char *name;
    uint32_t offset;
    enum { NBX_LINK_SPAN, NBX_LINK_POINTER } kind;
    const nbx_shape *to;
} nbx_shape_link;

/** A struct of the border as this host knows it. */
struct nbx_shape {
    const char *name;
    uint32_t size;     /* ours */
    uint32_t size_1_0; /* the least that is legal */
    bool sized;        /* begins with struct_size; else grows by the stride of its span */
    uint32_t text;     /* offset of the const char * that names a row in messages, or NBX_NONE */
    const nbx_shape_link *links;
    uint32_t link_count;
};

extern const nbx_shape nbx_shape_plugin;

/** Copies one struct and all it leads to into `out` (shape->size bytes); rows are packed to our sizes. False with the refusal. */
bool nbx_adopt(nbx_arena *arena, const char *file, const nbx_shape *shape, const void *theirs, void *out, nbx_refusal *refusal);
/** Likewise for the rows of a span: `out` gets our own rows and our own stride. */
bool nbx_adopt_span(nbx_arena *arena, const char *file, const nbx_shape *shape, const nbx_span *theirs, nbx_span *out,
                    nbx_refusal *refusal);

#endif
