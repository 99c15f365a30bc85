/* SPDX-License-Identifier: Apache-2.0 */
/** Predicted time of a node or a group, walked from the cost rows of a chip. */
#ifndef NBX_SCHEMA_COSTS_H
#define NBX_SCHEMA_COSTS_H

#include "schema/rules.h"

/**
 * latency_ns  max(cycles / clock, bytes / bandwidth) + t0 of the row; 0 for a FREE row
 * cycles      of the MAC array; 0 where the row has none
 * macs        multiply-accumulates that the op means, without padding of tiles
 * bytes       as stored: code size of the encoding, rows padded by the chip's preferred layout; weights dense
 * bound       "compute", "memory", "overhead" (t0 is the largest part), or NULL for a FREE row
 * confidence  NBX_CONFIDENCE_ of the row
 * excluded    why a FREE row counts nothing, or NULL
 */
typedef struct nbx_cost_result {
    double latency_ns;
    uint64_t cycles, macs, bytes_in, bytes_out, bytes_weights;
    const char *bound;
    uint32_t confidence;
    const char *excluded;
    const nbx_cost *row;
} nbx_cost_result;

/**
 * Cost of the nodes that compute as one (in order; the first decides the row). Values inside the group move no bytes.
 * False if no row of the chip fits; `out` is zero then.
 */
bool nbx_cost_of(const nbx_rule_call *call, const uint32_t *group_nodes, uint32_t node_count, nbx_cost_result *out);

/** Bytes of a value as the chip stores it at a border: preferred layout, code size; constants dense. */
uint64_t nbx_cost_value_bytes(const nbx_rule_call *call, const nbx_value *value);

#endif
