/* SPDX-License-Identifier: Apache-2.0 */
/**
 * What a target file may say: rows that are the only definition of its keys. The binder, the documentation, the JSON Schema,
 * the merged view and the commented starter all walk these rows.
 */
#ifndef NBX_TARGET_SCHEMA_H
#define NBX_TARGET_SCHEMA_H

#include <stddef.h>

#include "target/job.h"

/** What one value is; see scalar.c for how texts are read. */
typedef enum nbx_field_kind {
    NBX_FIELD_MAP,      /* keys of `of` */
    NBX_FIELD_FREE_MAP, /* any name: a scalar. Stored as nbx_job_option */
    NBX_FIELD_TEXT,     /* any text but the empty one */
    NBX_FIELD_PATH,     /* a file; joined with the folder of the YAML file */
    NBX_FIELD_SPEC,     /* vendor/chip */
    NBX_FIELD_FALLBACK, /* vendor/chip, or a plugin alone for its chip `any`, or none */
    NBX_FIELD_SITE,     /* chip, fallback or vendor/chip */
    NBX_FIELD_CHOICE,   /* one of `choices` */
    NBX_FIELD_INTEGER,  /* lo..hi; stored as uint32_t, in lists as int64_t */
    NBX_FIELD_NUMBER,   /* lo..hi; stored as double */
    NBX_FIELD_BOOLEAN   /* stored as bool */
} nbx_field_kind;

enum {
    NBX_FIELD_REQUIRED = 1,
    NBX_FIELD_LIST = 2,       /* a list of such values */
    NBX_FIELD_LONE = 4,       /* with LIST: a single value may stand for a list of one */
    NBX_FIELD_TERMINATED = 8, /* with LIST of texts: a NULL follows the last */
    NBX_FIELD_ROOT_ONLY = 16, /* not inside an entry of `targets` */
    NBX_FIELD_UNIQUE = 32     /* with LIST of maps: their first key must differ */
};

/**
 * One key. Offsets are NBX_AT(struct, member), 0 for "not stored".
 *
 * lo, hi     bounds of numbers
 * most       longest list, 0 for any
 * absent     the text that is bound when the key is absent, or NULL
 * example    YAML flow text for the starter and the documentation, or NULL: the default
 * of         keys of a map; the struct it fills is the one of the row, except in lists, which allocate of->bytes an entry
 * store      where the value goes; lists store a pointer
 * counted    where a list stores its uint32_t length
 * present    where a bool says that the key was given
 * placed     where the nbx_place of the value goes
 */
typedef struct nbx_field {
    const char *key;
    nbx_field_kind kind;
    uint32_t flags;
    double lo, hi;
    uint32_t most;
    const char *choices;
    const char *absent;
    const char *example;
    const char *text;
    const struct nbx_map *of;
    size_t store, counted, present, placed;
} nbx_field;

#define NBX_AT(type, member) (offsetof(type, member) + 1)

enum {
    NBX_MAP_EXACTLY_ONE = 1, /* one key, no more: alternatives */
    NBX_MAP_BEYOND_FIRST = 2 /* the first key alone says nothing */
};

/** The keys of a map. A scalar in its place stands for {key of `lone`: scalar}. */
typedef struct nbx_map {
    const nbx_field *fields;
    uint32_t count;
    uint32_t flags;
    const nbx_field *lone;
    size_t bytes;  /* of the struct a list entry allocates */
    size_t placed; /* where such a struct keeps its nbx_place */
} nbx_map;

/** The whole file; entries of `targets` are the same map without its ROOT_ONLY keys. */
extern const nbx_map nbx_target_map;

/** The row of a key, or NULL. */
const nbx_field *nbx_field_find(const nbx_map *map, const char *key, bool nested);

#endif
