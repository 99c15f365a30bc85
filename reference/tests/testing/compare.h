/* SPDX-License-Identifier: Apache-2.0 */
/** Runs a view through golden and through the kernels on the same seeded data and compares the outputs. */
#ifndef TESTING_COMPARE_H
#define TESTING_COMPARE_H

#include <stdbool.h>

#include "testing/view_builder.h"

/** A small generator with a seed of its own (splitmix64). */
typedef struct test_random {
    uint64_t state;
} test_random;
uint64_t test_random_bits(test_random *random);
/** Uniform in lo..hi, both ends included. */
int64_t test_random_int(test_random *random, int64_t lo, int64_t hi);
/** Uniform in -1..1. */
double test_random_unit(test_random *random);

/** A host on malloc; its last diagnostic is kept in `text`. */
typedef struct test_host {
    nbx_host host;
    char text[320];
    int64_t allocated;
} test_host;
void test_host_init(test_host *host);

/** Bytes of one dense port buffer. */
uint64_t test_port_bytes(const nbx_value *value);
/** Random content for a value: codes over the whole range of its encoding, floats in -2..2, integers in 0..7. */
void test_fill(test_random *random, const nbx_value *value, void *data);
/** Random content as the value's constant. */
void test_constant(test_random *random, view_builder *builder, uint32_t value);

/** How outputs are compared. */
typedef struct test_tolerance {
    double relative; /* of max |expected|; 0: every byte */
    uint32_t steps;  /* codes may differ by this much, in any element */
} test_tolerance;

/** NULL if both agree, else what differs (static text). */
const char *test_compare(const view_builder *builder, uint64_t seed, const test_tolerance *tolerance);

#endif
