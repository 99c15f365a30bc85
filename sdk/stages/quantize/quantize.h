/* SPDX-License-Identifier: Apache-2.0 */
/** The parts of the quantize stage, in the order they run. */
#ifndef NBX_STAGES_QUANTIZE_H
#define NBX_STAGES_QUANTIZE_H

#include "core/executor.h"
#include "core/feed.h"
#include "stages/stages.h"

typedef struct quantizer {
    nbx_plan *plan;
    nbx_checker checker;
    const nbx_feed *feed; /* NULL: no data */
    uint32_t *tie_parent; /* per chip and value: chip * value_count + value */
    uint32_t *tie_given;  /* per root: the value whose stated parameters the class takes, or NBX_NONE */
} quantizer;

/** Ranges of every float value from the float graph on the samples. Once per plan. */
nbx_status nbx_calibrate(quantizer *q);
/** Encodings of every value on every chip, and the combo variant of every node. */
nbx_status nbx_choose_encodings(quantizer *q);
/** Inserts Requantize nodes where a node cannot read what its input's producer writes. */
nbx_status nbx_insert_requantize(quantizer *q);
/** A Requantize node in front of input `input` of `node`, so that the node may store it otherwise than its producer does. */
nbx_status nbx_requantize_input(quantizer *q, uint32_t node, uint32_t input);
/**
 * Classes of values that must share parameters. Where a QDQ model states two different ones within a class, the input edge
 * that would join them is cut by a Requantize node.
 */
nbx_status nbx_tie_values(quantizer *q);
/** Root of the class of `value` on `chip`, as an index like tie_parent's. */
uint32_t nbx_tie_root(const quantizer *q, uint32_t chip, uint32_t value);
/** Whether a chip's encoding can express what a QDQ model states about `value` with `count` parameter sets. */
bool nbx_given_fits(const nbx_plan *plan, uint32_t chip, uint32_t value, uint32_t count);
/** Parameters of activations (by class), weights and biases. */
nbx_status nbx_choose_params(quantizer *q);
/** Parameters of the bias of one weighted node again, after its data changed. */
nbx_status nbx_set_bias_params(nbx_plan *plan, uint32_t chip, uint32_t node);
/** Adds mean(float output - quantized output) per channel to the biases, node by node, on the samples. */
nbx_status nbx_correct_bias(quantizer *q);

/**
 * A constant that several nodes read is doubled for this one, so that each has its own parameters and its own correction.
 * The plan's uses are stale for the copy until the next nbx_plan_index.
 */
nbx_status nbx_own_constant(nbx_plan *plan, uint32_t node, uint32_t input);
/** The encoding that input `i` of `node` must have under `combo`; NULL for plain. */
const nbx_encoding *nbx_wanted_input(const nbx_plan *plan, uint32_t node, const nbx_combo *combo, uint32_t i);
/** Float encodings of 32 bits are plain values: NULL. */
const nbx_encoding *nbx_plain_encoding(const nbx_encoding *encoding);

#endif
