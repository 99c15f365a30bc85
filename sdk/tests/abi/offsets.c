/* SPDX-License-Identifier: Apache-2.0 */
/* Freezes the plugin interface: fails to compile when a size or an offset differs from offsets.def; also compiled for 32-bit Arm. */
#include <stddef.h>

#include <nbx/plugin/plugin.h>

NBX_STATIC_ASSERT(sizeof(void *) == 8 || sizeof(void *) == 4, "pointers are 32 or 64 bits wide");

#define PICK(wide, narrow) (sizeof(void *) == 8 ? (size_t)(wide) : (size_t)(narrow))
#define SIZE(type, wide, narrow)                                                                                                           \
    NBX_STATIC_ASSERT(sizeof(type) == PICK(wide, narrow), "size of " #type " changed: append a row to offsets.def only for a new minor");
#define MEMBER(type, member, wide, narrow)                                                                                                 \
    NBX_STATIC_ASSERT(offsetof(type, member) == PICK(wide, narrow), "offset of " #type "." #member " changed: the interface is frozen");
#include "offsets.def"
#undef SIZE
#undef MEMBER

/** Sized structs end on a multiple of 8, so that a new member cannot hide in tail padding. nbx_span never changes. */
#define SIZE(type, wide, narrow)                                                                                                           \
    NBX_STATIC_ASSERT(((wide) % 8 == 0 && (narrow) % 8 == 0) || sizeof(type) == sizeof(nbx_span), #type " has a tail");
#define MEMBER(type, member, wide, narrow)
#include "offsets.def"
#undef SIZE
#undef MEMBER

/** One symbol, so that the object file is not empty. */
extern const unsigned nbx_offsets_checked;
const unsigned nbx_offsets_checked = 1;
