/* SPDX-License-Identifier: Apache-2.0 */
/** Inside of nbx_subject_set: proposals change a copy of a case; whether the subject then reads as wanted is checked by the caller. */
#ifndef NBX_SCHEMA_SUBJECTS_SET_H
#define NBX_SCHEMA_SUBJECTS_SET_H

#include "schema/subjects.h"

/** A wanted reading. `text` serves text subjects. */
typedef struct nbx_wish {
    const nbx_subject *subject;
    int64_t value;
    const char *text;
} nbx_wish;

typedef bool (*nbx_proposal)(nbx_edit *edit, const nbx_wish *wish);

/** The tensor a subject speaks of (input 0 where it names none), or NULL. */
nbx_edit_tensor *nbx_edit_tensor_of(nbx_edit *edit, const nbx_subject *subject);
/** Entry of a spatial list attribute; the list is made with `absent` in every entry where it is missing. NULL: no such axis. */
int64_t *nbx_edit_spatial(nbx_edit *edit, const char *list, char axis, int64_t absent);
int64_t *nbx_edit_pad(nbx_edit *edit, char axis, bool end);
int64_t nbx_edit_int(nbx_edit *edit, const char *name, int64_t absent);
bool nbx_edit_is(const nbx_edit *edit, const char *ops);

/* Shapes: subjects_set_shape.c. */
bool nbx_propose_dim(nbx_edit *edit, const nbx_wish *wish);
bool nbx_propose_rank(nbx_edit *edit, const nbx_wish *wish);
bool nbx_propose_elements(nbx_edit *edit, const nbx_wish *wish);
bool nbx_propose_blocks(nbx_edit *edit, const nbx_wish *wish);
bool nbx_propose_dtype(nbx_edit *edit, const nbx_wish *wish);
bool nbx_propose_dtype_bits(nbx_edit *edit, const nbx_wish *wish);
bool nbx_propose_channels_in(nbx_edit *edit, const nbx_wish *wish);
bool nbx_propose_channels_out(nbx_edit *edit, const nbx_wish *wish);
bool nbx_propose_broadcast(nbx_edit *edit, const nbx_wish *wish);
bool nbx_propose_input_count(nbx_edit *edit, const nbx_wish *wish);

/* Attributes: subjects_set_attributes.c. */
bool nbx_propose_attr(nbx_edit *edit, const nbx_wish *wish);
bool nbx_propose_attr_text(nbx_edit *edit, const nbx_wish *wish);
bool nbx_propose_attr_milli(nbx_edit *edit, const nbx_wish *wish);
bool nbx_propose_attr_list(nbx_edit *edit, const nbx_wish *wish);
bool nbx_propose_kernel_extent(nbx_edit *edit, const nbx_wish *wish);
bool nbx_propose_kernel_volume(nbx_edit *edit, const nbx_wish *wish);
bool nbx_propose_remainder(nbx_edit *edit, const nbx_wish *wish);
bool nbx_propose_pad_difference(nbx_edit *edit, const nbx_wish *wish);
bool nbx_propose_class(nbx_edit *edit, const nbx_wish *wish);

/** Makes the channels of a convolution and of its weights fit together. */
void nbx_edit_channels(nbx_edit *edit, int64_t group, int64_t in_per_group, int64_t out_per_group);

#endif
