/* SPDX-License-Identifier: Apache-2.0 */
/** Inside of the subject table: the getters' prototypes and what they share; and the editable case that setters work on. */
#ifndef NBX_SCHEMA_SUBJECTS_H
#define NBX_SCHEMA_SUBJECTS_H

#include "schema/rules.h"

/* What NET_TYPE calls roi and recurrent. */
#define NBX_OPS_ROI       "MaxRoiPool|RoiAlign|PSROIPooling|ROIPooling"
#define NBX_OPS_RECURRENT "LSTM|GRU|RNN"

/* nbx_get_<NAME>, one per row of subjects.def. */
#define SUBJECT(number, name, phase, scope, text) nbx_reading nbx_get_##name(const nbx_rule_call *call, const nbx_subject *subject);
#include <nbx/tables/subjects.def>
#undef SUBJECT

static inline nbx_reading nbx_read_number(int64_t number)
{
    nbx_reading reading = {true, number, NULL};
    return reading;
}
static inline nbx_reading nbx_read_text(const char *text)
{
    nbx_reading reading = {true, 0, text};
    return reading;
}
static inline nbx_reading nbx_unread(void)
{
    nbx_reading reading = {false, 0, NULL};
    return reading;
}

/** The node of the call, or NULL when there is none. */
const nbx_node *nbx_call_node(const nbx_rule_call *call);
/** Value index of input or output `i` of a node, NBX_NONE when absent. */
uint32_t nbx_node_value(const nbx_node *node, bool output, uint32_t i);
/** The value with this index, or NULL for NBX_NONE and out of range. */
const nbx_value *nbx_call_value(const nbx_rule_call *call, uint32_t index);
/** Index of the tensor that the subject names (input 0 where it names none), or NBX_NONE. */
uint32_t nbx_subject_value_index(const nbx_rule_call *call, const nbx_subject *subject);
const nbx_value *nbx_subject_value(const nbx_rule_call *call, const nbx_subject *subject);
/** Attribute of a node by name, or NULL. */
const nbx_attr *nbx_attr_of(const nbx_node *node, const char *name);
int64_t nbx_attr_int_of(const nbx_node *node, const char *name, int64_t absent);
/** Index into a spatial list of `count` entries of axis letter d, h or w, or -1. */
int nbx_spatial_index(char axis, uint32_t count);
/** Extent of the axes (product) of a tensor; unread for a letter that its rank does not have. */
nbx_reading nbx_value_extent(const nbx_value *value, const char *axes);
/** Elements of a value; false on overflow or an unknown extent. */
bool nbx_value_elements(const nbx_value *value, uint64_t *out);
/** a * b and a + b, held at the ends of int64. */
int64_t nbx_saturating_mul(int64_t a, int64_t b);
int64_t nbx_saturating_add(int64_t a, int64_t b);

/* ---- Cases that can be changed --------------------------------------------------------------------------------- */

enum { NBX_EDIT_TENSORS = 8, NBX_EDIT_ATTRS = 16, NBX_EDIT_OPTIONS = 12, NBX_EDIT_LIST = 16, NBX_EDIT_NAME = 400 };

/** One tensor of a case. `rank` 0 with dtype 0: absent. */
typedef struct nbx_edit_tensor {
    uint32_t dtype, rank;
    int64_t dims[NBX_MAX_RANK];
    bool is_const;
    float scalar;     /* value of a constant of one element */
    uint32_t fan_out; /* of an output: consumers to pretend */
} nbx_edit_tensor;

typedef struct nbx_edit_attr {
    const char *name;
    uint32_t kind, count;
    int64_t i;
    double f;
    const char *s;
    int64_t ints[NBX_EDIT_LIST];
    float floats[NBX_EDIT_LIST];
} nbx_edit_attr;

/** A case of one op that setters change: op, attributes, tensors, options. Fixed size, plain data, copied by assignment. */
typedef struct nbx_edit {
    const char *op;
    char name[NBX_EDIT_NAME];
    uint32_t flags; /* NBX_NODE_ */
    uint32_t input_count, output_count, attr_count, option_count;
    nbx_edit_tensor inputs[NBX_EDIT_TENSORS], outputs[NBX_EDIT_TENSORS];
    nbx_edit_attr attrs[NBX_EDIT_ATTRS];
    nbx_option_value options[NBX_EDIT_OPTIONS];
    const char *scheme;
} nbx_edit;

/** Finds an attribute of a case, or NULL; adds one (NULL when full). */
nbx_edit_attr *nbx_edit_attr_find(nbx_edit *edit, const char *name);
nbx_edit_attr *nbx_edit_attr_add(nbx_edit *edit, const char *name, uint32_t kind);

/**
 * Makes the subject of the case read `value`. Output shapes are derived afterwards by nbx_edit_infer. Where a change drags
 * others along (channels of a convolution and of its weights, a pad that must stay below the kernel), they are made too.
 * False if the subject has no setter, or the case cannot have that value; the case is unchanged then.
 */
bool nbx_subject_set(nbx_edit *edit, const nbx_subject *subject, int64_t value);
/** The same for text subjects. `text` must outlive the case. */
bool nbx_subject_set_text(nbx_edit *edit, const nbx_subject *subject, const char *text);
/** NULL if the subject can be set; else why it cannot, in words. */
const char *nbx_subject_unsettable(uint16_t number);

/** Derives the outputs of the case with the op's shape function. False with a message when the shapes disagree. */
bool nbx_edit_infer(nbx_edit *edit, char *error, uint32_t error_bytes);

/** A case as a graph view and a rule call. Points into itself and into `edit`: neither may move while it is used. */
typedef struct nbx_edit_view {
    nbx_value values[2 * NBX_EDIT_TENSORS];
    uint32_t value_count, input_ids[NBX_EDIT_TENSORS], output_ids[NBX_EDIT_TENSORS], graph_inputs[NBX_EDIT_TENSORS];
    uint32_t producer[2 * NBX_EDIT_TENSORS], fan_out[2 * NBX_EDIT_TENSORS], consumer[2 * NBX_EDIT_TENSORS];
    char value_names[2 * NBX_EDIT_TENSORS][16];
    nbx_attr attrs[NBX_EDIT_ATTRS];
    const nbx_edit *edit;
    nbx_node node;
    nbx_graph_view graph;
    nbx_rule_call call;
} nbx_edit_view;
void nbx_edit_show(const nbx_edit *edit, const nbx_chip *chip, nbx_edit_view *out);

#endif
