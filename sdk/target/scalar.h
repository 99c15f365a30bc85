/* SPDX-License-Identifier: Apache-2.0 */
/** Single values: from YAML text to C, by the kind of their row. */
#ifndef NBX_TARGET_SCALAR_H
#define NBX_TARGET_SCALAR_H

#include "target/schema.h"
#include "target/yaml.h"

typedef struct nbx_scalar {
    const char *text;
    double number;
    int64_t integer;
    bool boolean;
} nbx_scalar;

/** Where a load reports, and which folder the paths of `file` are relative to. */
typedef struct nbx_binder {
    nbx_faults *faults;
    const char *file, *folder; /* compared by pointer with the places of nodes */
} nbx_binder;

/** Reads a scalar node as `field` wants it; `path` is its key path for messages. False after an error. */
bool nbx_scalar_read(nbx_binder *binder, const nbx_field *field, const nbx_yaml *node, const char *path, nbx_scalar *out);
/** Stores at `at`: uint32_t, double, bool or const char *; in a list integers are int64_t. */
void nbx_scalar_store(const nbx_field *field, const nbx_scalar *value, void *at);
/** Bytes of one list entry. */
size_t nbx_scalar_bytes(const nbx_field *field);
/** Letters, digits, `_`, `.` and `-`: what plugins, chips and options are called. */
bool nbx_is_identifier(const char *text);
/** "a whole number", and the type JSON Schema has for it. */
const char *nbx_kind_words(nbx_field_kind kind);
const char *nbx_kind_json(nbx_field_kind kind);
/** What a node is, for messages: "a list". */
const char *nbx_yaml_words(const nbx_yaml *node);

#endif
