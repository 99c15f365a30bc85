/* SPDX-License-Identifier: Apache-2.0 */
/**
 * The ground rules of the plugin border: revisions, spans, visibility.
 *
 * Every struct that crosses begins with `struct_size`, filled by the side that wrote it. A reader copies
 * min(struct_size, its own size) into a zeroed local. Shorter is legal down to the 1.0 size; longer is legal if the
 * tail the reader does not know is all zero, otherwise the call answers NBX_TOO_NEW.
 * Every array of structs crosses as an nbx_span and is stepped by `stride`, never by the reader's sizeof.
 * Structs only grow at the end. Sizes are multiples of 8 and holes are named `reserved` members, always zero, on both
 * widths (a reserved pointer fills a hole of 32-bit targets without opening one on 64-bit ones), so that a later member
 * never hides in padding. nbx_span, nbx_qparam, nbx_subject and nbx_clause carry no struct_size: the first two never change,
 * the others grow by the stride of their span. Offsets are frozen for 64-bit and for 32-bit little-endian targets whose
 * 64-bit types align to 8 bytes (Arm EABI); others are refused until tested.
 */
#ifndef NBX_PLUGIN_ABI_H
#define NBX_PLUGIN_ABI_H

#include <stddef.h>
#include <stdint.h>

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "NBX plugins are tested on little-endian targets only"
#endif
#if defined(__i386__)
#error "NBX plugins need 8-byte alignment of 64-bit types; i386 is not supported"
#endif

#ifdef __cplusplus
#define NBX_BEGIN_C                        extern "C" {
#define NBX_END_C                          }
#define NBX_STATIC_ASSERT(condition, text) static_assert(condition, text)
#else
#define NBX_BEGIN_C
#define NBX_END_C
#define NBX_STATIC_ASSERT(condition, text) _Static_assert(condition, text)
#endif

#if defined(__GNUC__)
#define NBX_EXPORT __attribute__((visibility("default")))
#else
#define NBX_EXPORT
#endif

/** Interface revisions: major in the upper 16 bits, minor in the lower. A major never removes or reorders. */
#define NBX_REVISION(major, minor) (((uint32_t)(major) << 16) | (uint32_t)(minor))
#define NBX_REVISION_1_0           NBX_REVISION(1, 0)
#define NBX_REVISION_CURRENT       NBX_REVISION_1_0

/** "No such value": an absent optional input, a node without a group. */
#define NBX_NONE UINT32_MAX

/** Highest tensor rank that crosses the border. */
#define NBX_MAX_RANK 8

NBX_BEGIN_C

/** An array whose rows may be larger than the reader knows. Borrowed for the life of the struct that holds it. */
typedef struct nbx_span {
    const void *rows;
    uint32_t count;
    uint32_t stride; /* bytes from one row to the next */
} nbx_span;

/** Row `i` of a span as a pointer of the wanted type. The caller has checked i < count. */
#define NBX_ROW(type, span, i) ((type const *)(const void *)((const char *)(span).rows + (size_t)(span).stride * (i)))

/** A span over a C array. */
#define NBX_SPAN(array)                                                                                                                    \
    {                                                                                                                                      \
        (array), (uint32_t)(sizeof(array) / sizeof(array)[0]), (uint32_t)sizeof(array)[0]                                                  \
    }

NBX_END_C

#endif
