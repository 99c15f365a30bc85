/* SPDX-License-Identifier: Apache-2.0 */
/* Runs weighted ops tile by tile: rewrite the input, sum, hand the sums to the epilogue. */
#include "weighted.h"

/* Cell offsets of `count` positions from `first`, padded to a multiple of four with the last one. */
static void place_positions(const weighted *plan, uint64_t first, uint32_t count, uint32_t input, uint64_t *offsets)
{
    uint64_t w = first % plan->out[2], h = first / plan->out[2] % plan->out[1], d = first / plan->out[2] / plan->out[1];
    for (uint32_t i = 0; i < count; i++) {
        const uint64_t row = d * plan->stride[0] * plan->padded[1] + h * plan->stride[1];
        offsets[i] = (row * plan->padded[2] + w * plan->stride[2]) * plan->channels + input;
        if (++w < plan->out[2]) continue;
        w = 0;
        if (++h < plan->out[1]) continue;
        h = 0;
        d++;
    }
    for (uint32_t i = count; i & 3; i++)
        offsets[i] = offsets[count - 1];
}

static void run_tile(const kernel_step *step, const kernel_run *run, weighted_tile *tile, weighted_target *target)
{
    const weighted *plan = step->prepared;
    const uint64_t block_bytes = plan->taps * plan->group_in * WEIGHTED_LANES * weighted_cell_bytes(plan->cell);
    const weighted_product product = weighted_product_for(plan->cell, plan->depthwise, tile->positions == 1);
    const uint8_t *weights = tile->weights;
    uint64_t offsets[WEIGHTED_TILE];
    uint32_t placed = UINT32_MAX;
    tile->offsets = offsets;
    for (uint32_t block = 0; block < plan->block_count; block++) {
        const weighted_lanes lanes = weighted_lanes_of(plan, block);
        if (lanes.input != placed) place_positions(plan, target->position, target->count, lanes.input, offsets);
        placed = lanes.input;
        tile->weights = weights + block * block_bytes;
        if (plan->ordered)
            weighted_ordered(step, tile, lanes.channel, lanes.count);
        else
            product(tile);
        for (uint32_t lane = 0; lane < lanes.count; lane++) {
            target->channel = lanes.channel + lane;
            weighted_epilogue(step, run, target, tile->sums + lane * WEIGHTED_TILE);
        }
    }
    tile->weights = weights;
}

static void run_weighted(const kernel_step *step, const kernel_run *run)
{
    const weighted *plan = step->prepared;
    weighted_sum sums[WEIGHTED_LANES * WEIGHTED_TILE];
    uint8_t *temp = kernel_temp(step, run);
    weighted_tile tile = {.x = temp, .runs = plan->runs, .run_count = plan->run_count, .antilog = plan->antilog, .sums = sums};
    for (uint32_t batch = 0; batch < plan->batches; batch++) {
        weighted_target target = {.batch = batch};
        weighted_fill(plan, kernel_input_cells(step, run, 0), batch, temp);
        tile.weights = plan->weights;
        if (!plan->weights) {
            weighted_pack_weights(plan, kernel_input_cells(step, run, 1), batch, temp + plan->weights_offset);
            tile.weights = temp + plan->weights_offset;
        }
        for (uint64_t at = 0; at < plan->positions; at += WEIGHTED_TILE) {
            const uint64_t left = plan->positions - at;
            target.position = at;
            target.count = tile.positions = left < WEIGHTED_TILE ? (uint32_t)left : WEIGHTED_TILE;
            run_tile(step, run, &tile, &target);
        }
    }
}

/* Constant weights are packed once, activations at every run. */
static int32_t place_weights(nbx_kernels *program, const kernel_step *step, weighted *plan, uint64_t *temp_bytes)
{
    const kernel_tensor *tensor = kernel_input(step, 1);
    const uint64_t cells = (uint64_t)plan->block_count * plan->taps * plan->group_in * WEIGHTED_LANES;
    const uint64_t x_bytes = (plan->x_cells * weighted_cell_bytes(plan->cell) + 63) & ~UINT64_C(63);
    bool shared = tensor->constant != NULL;
    for (uint32_t b = 1; b < plan->batches; b++)
        shared = shared && plan->w_batch[b] == plan->w_batch[0];
    if (cells > UINT64_C(1) << 40) return kernel_refuse(program, step, "its weights are too large");
    *temp_bytes = x_bytes + (shared ? 0 : cells * weighted_cell_bytes(plan->cell));
    plan->weights_offset = x_bytes;
    if (shared) {
        void *packed = kernel_alloc(program, cells, weighted_cell_bytes(plan->cell));
        if (!packed) return NBX_NO_MEMORY;
        weighted_pack_weights(plan, tensor->constant, 0, packed);
        plan->weights = packed;
    }
    return NBX_OK;
}

int32_t kernel_prepare_weighted(nbx_kernels *program, kernel_step *step)
{
    weighted *plan = kernel_alloc(program, 1, sizeof *plan);
    int32_t status;
    if (!plan) return NBX_NO_MEMORY;
    step->prepared = plan;
    step->execute = run_weighted;
    status = weighted_geometry(program, step, plan);
    if (status) return status;
    if (!plan->outputs || !plan->channels || !plan->batches) return kernel_refuse(program, step, "an extent is zero");
    status = weighted_choose(program, step, plan);
    if (!status) status = weighted_epilogue_prepare(program, step, plan);
    if (!status) status = place_weights(program, step, plan, &step->temp_bytes);
    return status;
}
