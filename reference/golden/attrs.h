/* SPDX-License-Identifier: Apache-2.0 */
/** Attributes of a node, read while preparing; defaults come from attributes.def. */
#ifndef GOLDEN_ATTRS_H
#define GOLDEN_ATTRS_H

#include "program.h"

/** Scalars: the node's, else the table's default; refused where there is neither. */
int32_t golden_attr_int(const golden *program, const golden_node *node, const char *name, int64_t *out);
int32_t golden_attr_float(const golden *program, const golden_node *node, const char *name, double *out);
int32_t golden_attr_text(const golden *program, const golden_node *node, const char *name, const char **out);
/** An axis in 0..rank-1. */
int32_t golden_attr_axis(const golden *program, const golden_node *node, const char *name, uint32_t rank, uint32_t *out);
/** Lists of at most `room` values; *count is 0 where the node has none. */
int32_t golden_attr_ints(const golden *program, const golden_node *node, const char *name, uint32_t room, int64_t *out, uint32_t *count);
/** A list of exactly `count` values, each `fallback` where the node has none. */
int32_t golden_attr_list(const golden *program, const golden_node *node, const char *name, uint32_t count, int64_t fallback, int64_t *out);
/** The float list itself, valid while preparing; NULL where the node has none. */
const float *golden_attr_floats(const golden_node *node, const char *name, uint32_t *count);

#endif
