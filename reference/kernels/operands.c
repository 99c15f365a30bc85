/* SPDX-License-Identifier: Apache-2.0 */
/* Operands of weighted ops as cells: which cell type is exact, how codes become cells, the antilog table, the runs. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "weighted.h"

static uint64_t largest_code(const kernel_tensor *tensor)
{
    int64_t most = 1;
    if (tensor->encoding->kind == NBX_ENC_BINARY) return 1;
    for (uint32_t i = 0; i < tensor->param_count; i++) {
        const int64_t zero = tensor->encoding->kind == NBX_ENC_AFFINE ? tensor->params[i].zero_point : 0;
        /* ports may carry any bit pattern of their container, -128 in a symmetric int8 for example: one below lo */
        const int64_t low = llabs((int64_t)tensor->encoding->lo - 1 - zero), high = llabs((int64_t)tensor->encoding->hi + 1 - zero);
        if (low > most) most = low;
        if (high > most) most = high;
    }
    return (uint64_t)most;
}

/* Position in the antilog table: index times S / S_x, plus the section of negatives; zeros lie past every product. */
static double table_position(const weighted_map *map, int64_t code)
{
    const nbx_encoding *encoding = map->tensor->encoding;
    const uint32_t sign = 1u << (encoding->code_bits - 1);
    uint32_t index = (uint32_t)code & (sign - 1);
    if (index > encoding->top) index = encoding->top;
    if (!((uint32_t)code & sign)) return index * map->index_factor;
    return index ? index * map->index_factor + map->section : 3 * map->section;
}

static double table_magnitude(const weighted_map *map, int64_t code)
{
    const nbx_encoding *encoding = map->tensor->encoding;
    const uint32_t sign = 1u << (encoding->code_bits - 1);
    uint32_t index = (uint32_t)code & (sign - 1);
    if (index > encoding->top) index = encoding->top;
    if (!((uint32_t)code & sign)) return map->magnitudes[index];
    return index ? -map->magnitudes[index] : 0;
}

static double map_value(const weighted_map *map, const void *cells, uint64_t i)
{
    const kernel_tensor *tensor = map->tensor;
    switch (map->product) {
    case NBX_PRODUCT_INTEGER:
        return (double)(kernel_cell_get(tensor, cells, i) -
                        (tensor->encoding->kind == NBX_ENC_AFFINE ? kernel_param(tensor, i)->zero_point : 0));
    case NBX_PRODUCT_LOG_EXPADD:
        return table_position(map, kernel_cell_get(tensor, cells, i));
    case NBX_PRODUCT_LOG_TABLE:
        return table_magnitude(map, kernel_cell_get(tensor, cells, i));
    case NBX_PRODUCT_XNOR:
        return kernel_cell_get(tensor, cells, i) & 1 ? 1 : -1;
    default:
        return kernel_decode_one(tensor, cells, i);
    }
}

static int32_t make_map(nbx_kernels *program, const kernel_step *step, uint32_t input, weighted_map *map)
{
    const kernel_tensor *tensor = kernel_input(step, input);
    map->tensor = tensor;
    map->product = step->arith->product;
    if (map->product == NBX_PRODUCT_LOG_TABLE) {
        double *magnitudes = kernel_alloc(program, tensor->encoding->top + 1, sizeof *magnitudes);
        if (!magnitudes) return NBX_NO_MEMORY;
        map->magnitudes = magnitudes;
        for (uint32_t i = 0; i <= tensor->encoding->top; i++)
            magnitudes[i] = round(exp2(((double)i - tensor->encoding->top) / tensor->encoding->steps) * 32767.0);
    }
    map->by_table = tensor->cell_bytes == 1 && tensor->param_count <= 1;
    for (uint32_t i = 0; i < 256 && map->by_table; i++) {
        const uint64_t cell = i; /* the low byte comes first */
        map->table[i] = map_value(map, &cell, 0);
    }
    return NBX_OK;
}

/* Both operands share one table: sections for +, -, + (two negatives), then zeros for everything with a zero operand. */
static int32_t make_antilog(nbx_kernels *program, const kernel_step *step, weighted *out)
{
    const nbx_encoding *x = kernel_input(step, 0)->encoding, *w = kernel_input(step, 1)->encoding;
    const uint32_t steps = x->steps > w->steps ? x->steps : w->steps;
    uint32_t section;
    if (!x->steps || !w->steps || steps % x->steps || steps % w->steps)
        return kernel_refuse(program, step, "its steps per octave do not divide");
    out->x.index_factor = steps / x->steps;
    out->w.index_factor = steps / w->steps;
    section = x->top * out->x.index_factor + w->top * out->w.index_factor + 1;
    if (section > UINT16_MAX / 3 || section / steps > 40) return kernel_refuse(program, step, "its log codes span too many octaves");
    out->x.section = out->w.section = section;
    out->zero_index = 3 * section;
    out->antilog = kernel_alloc(program, 6 * (uint64_t)section + 1, sizeof(int64_t));
    if (!out->antilog) return NBX_NO_MEMORY;
    for (uint32_t p = 0; p < section; p++) {
        const int64_t fraction = (int64_t)round(exp2((double)(p % steps) / steps) * 65536.0);
        const int64_t term = fraction << (p / steps);
        out->antilog[p] = out->antilog[2 * section + p] = term;
        out->antilog[section + p] = -term;
    }
    return NBX_OK;
}

/* Kinds of both operands that a product contract can take. */
static bool operands_fit(const kernel_step *step)
{
    const uint16_t product = step->arith->product;
    for (uint32_t i = 0; i < 2; i++) {
        const nbx_encoding *encoding = kernel_input(step, i)->encoding;
        const uint16_t kind = encoding ? encoding->kind : 0;
        switch (product) {
        case NBX_PRODUCT_FLOAT:
            break;
        case NBX_PRODUCT_INTEGER:
            if (kind != NBX_ENC_AFFINE && kind != NBX_ENC_POW2) return false;
            break;
        case NBX_PRODUCT_XNOR:
            if (kind != NBX_ENC_BINARY) return false;
            break;
        case NBX_PRODUCT_LOG_EXPADD:
        case NBX_PRODUCT_LOG_TABLE:
        case NBX_PRODUCT_LOG_FLOAT:
            if (kind != NBX_ENC_LOG) return false;
            break;
        default:
            return false;
        }
    }
    return true;
}

static bool float_exact(const kernel_tensor *tensor)
{
    if (tensor->encoding) return tensor->encoding->kind == NBX_ENC_LOG;
    return tensor->cell == KERNEL_F32 || tensor->cell == KERNEL_F16 || tensor->cell == KERNEL_BF16;
}

/* The cell type and, for float cells, after how many products the partial sums are handed on. */
static uint32_t choose_cell(const kernel_step *step, weighted *out)
{
    const kernel_tensor *x = kernel_input(step, 0), *w = kernel_input(step, 1);
    const uint64_t terms = out->group_in * out->taps;
    double product = 32767.0 * 32767.0;
    if (step->arith->product == NBX_PRODUCT_LOG_EXPADD) {
        out->cell = WEIGHTED_INDEX;
        return 0;
    }
    out->real_sums = true;
    if (step->arith->product == NBX_PRODUCT_FLOAT || step->arith->product == NBX_PRODUCT_LOG_FLOAT) {
        out->cell = float_exact(x) && float_exact(w) ? WEIGHTED_F32 : WEIGHTED_F64;
        return 64; /* short float sums keep the error far inside the bound */
    }
    if (step->arith->product != NBX_PRODUCT_LOG_TABLE) product = (double)largest_code(x) * (double)largest_code(w);
    if (product * (double)terms > 9007199254740992.0) out->ordered = true;
    out->cell = !out->ordered && product <= 16777216.0 / 16 ? WEIGHTED_F32 : WEIGHTED_F64;
    return out->cell == WEIGHTED_F32 ? (uint32_t)(16777216.0 / product) : 0;
}

static uint32_t append_run(weighted *out, uint32_t count, weighted_run run)
{
    weighted_run *last = count ? &out->runs[count - 1] : NULL;
    if (last && !last->flush && !out->depthwise && last->offset + last->length == run.offset) {
        last->length += run.length;
        return count;
    }
    out->runs[count] = run;
    return count + 1;
}

static int32_t make_runs(nbx_kernels *program, weighted *out, uint32_t block)
{
    const uint32_t length = out->depthwise ? 1 : out->group_in, limit = block ? block : UINT32_MAX;
    const uint64_t pieces = out->taps * ((uint64_t)length / limit + 2) + 1;
    uint32_t count = 0, filled = 0;
    uint64_t tap = 0;
    out->runs = kernel_alloc(program, pieces, sizeof(weighted_run));
    out->tap_offsets = kernel_alloc(program, out->taps, sizeof(uint64_t));
    if (!out->runs || !out->tap_offsets) return NBX_NO_MEMORY;
    for (uint64_t d = 0; d < out->kernel[0]; d++)
        for (uint64_t h = 0; h < out->kernel[1]; h++)
            for (uint64_t w = 0; w < out->kernel[2]; w++, tap++) {
                const uint64_t row = d * out->dilation[0] * out->padded[1] + h * out->dilation[1];
                const uint64_t offset = (row * out->padded[2] + w * out->dilation[2]) * out->channels;
                out->tap_offsets[tap] = offset;
                for (uint32_t done = 0; done < length;) {
                    const uint32_t left = length - done, room = limit - filled, part = left < room ? left : room;
                    filled += part;
                    count = append_run(out, count, (weighted_run){offset + done, part, false});
                    if (filled == limit) {
                        out->runs[count - 1].flush = true;
                        filled = 0;
                    }
                    done += part;
                }
            }
    if (count) out->runs[count - 1].flush = true;
    out->run_count = count;
    return NBX_OK;
}

static void store(const weighted *plan, void *cells, uint64_t i, double value)
{
    if (plan->cell == WEIGHTED_F32)
        ((float *)cells)[i] = (float)value;
    else if (plan->cell == WEIGHTED_F64)
        ((double *)cells)[i] = value;
    else
        ((uint16_t *)cells)[i] = (uint16_t)value;
}

uint64_t weighted_element(const weighted *plan, uint32_t channel, uint64_t input, uint64_t tap)
{
    const weighted_index *index = &plan->index;
    const uint64_t group = channel / plan->group_out, within = channel % plan->group_out;
    return group * index->group + within * index->channel + input * index->input + (index->flip ? plan->taps - 1 - tap : tap) * index->tap;
}

weighted_lanes weighted_lanes_of(const weighted *plan, uint32_t block)
{
    const uint32_t group = plan->depthwise ? 0 : block / plan->blocks_per_group, all = plan->depthwise ? plan->outputs : plan->group_out;
    const uint32_t lane0 = (plan->depthwise ? block : block % plan->blocks_per_group) * WEIGHTED_LANES, left = all - lane0;
    return (weighted_lanes){
        .channel = group * plan->group_out + lane0,
        .count = left < WEIGHTED_LANES ? left : WEIGHTED_LANES,
        .input = plan->depthwise ? lane0 : group * plan->group_in,
    };
}

void weighted_pack_weights(const weighted *plan, const void *cells, uint64_t batch, void *packed)
{
    uint64_t at = 0;
    for (uint32_t block = 0; block < plan->block_count; block++) {
        const weighted_lanes lanes = weighted_lanes_of(plan, block);
        for (uint64_t tap = 0; tap < plan->taps; tap++)
            for (uint64_t input = 0; input < plan->group_in; input++)
                for (uint32_t lane = 0; lane < WEIGHTED_LANES; lane++, at++) {
                    const bool real = lane < lanes.count;
                    const uint64_t element = real ? weighted_element(plan, lanes.channel + lane, input, tap) : 0;
                    store(plan, packed, at, real ? map_value(&plan->w, cells, element + plan->w_batch[batch]) : plan->zero_index);
                }
    }
}

/* One row of one channel, `step` cells apart. */
static void fill_row(const weighted *plan, const void *cells, uint64_t from, uint64_t count, void *x, uint64_t to, uint64_t step)
{
    const weighted_map *map = &plan->x;
    const uint64_t stride = plan->x_position;
    if (map->by_table && plan->cell == WEIGHTED_F32) {
        for (uint64_t i = 0; i < count; i++)
            ((float *)x)[to + i * step] = (float)map->table[((const uint8_t *)cells)[from + i * stride]];
    } else if (map->by_table && plan->cell == WEIGHTED_INDEX) {
        for (uint64_t i = 0; i < count; i++)
            ((uint16_t *)x)[to + i * step] = (uint16_t)map->table[((const uint8_t *)cells)[from + i * stride]];
    } else if (map->by_table) {
        for (uint64_t i = 0; i < count; i++)
            ((double *)x)[to + i * step] = map->table[((const uint8_t *)cells)[from + i * stride]];
    } else if (plan->cell == WEIGHTED_F32 && !map->tensor->encoding && map->tensor->cell == KERNEL_F32) {
        for (uint64_t i = 0; i < count; i++)
            ((float *)x)[to + i * step] = ((const float *)cells)[from + i * stride];
    } else {
        for (uint64_t i = 0; i < count; i++)
            store(plan, x, to + i * step, map_value(map, cells, from + i * stride));
    }
}

/* Positions i of one axis that land inside the padded extent: pad + i * spread in 0..padded-1. */
static bool lands(const weighted *plan, uint32_t axis, uint64_t i, uint64_t *at)
{
    const int64_t place = plan->pad[axis] + (int64_t)(i * plan->spread[axis]);
    *at = (uint64_t)place;
    return place >= 0 && place < (int64_t)plan->padded[axis];
}

void weighted_fill(const weighted *plan, const void *cells, uint64_t batch, void *x)
{
    const uint64_t step = plan->spread[2] * plan->channels;
    uint64_t first = 0, last = plan->in[2], d_at, h_at, w_at = 0;
    if (plan->cell == WEIGHTED_INDEX)
        for (uint64_t i = 0; i < plan->x_cells; i++)
            ((uint16_t *)x)[i] = (uint16_t)plan->zero_index;
    else
        memset(x, 0, plan->x_cells * weighted_cell_bytes(plan->cell));
    while (first < last && !lands(plan, 2, first, &w_at))
        first++;
    while (last > first && !lands(plan, 2, last - 1, &w_at))
        last--;
    if (first == last) return;
    lands(plan, 2, first, &w_at);
    for (uint64_t d = 0; d < plan->in[0]; d++)
        for (uint64_t h = 0; h < plan->in[1]; h++) {
            if (!lands(plan, 0, d, &d_at) || !lands(plan, 1, h, &h_at)) continue;
            for (uint32_t c = 0; c < plan->channels; c++) {
                const uint64_t from =
                    plan->x_batch[batch] + c * plan->x_channel + ((d * plan->in[1] + h) * plan->in[2] + first) * plan->x_position;
                fill_row(plan, cells, from, last - first, x,
                         ((d_at * plan->padded[1] + h_at) * plan->padded[2] + w_at) * plan->channels + c, step);
            }
        }
}

int32_t weighted_choose(nbx_kernels *program, const kernel_step *step, weighted *out)
{
    uint32_t block;
    int32_t status;
    if (!operands_fit(step)) return kernel_refuse(program, step, "the encodings of its operands do not fit its product");
    if (kernel_input(step, 0)->param_count > 1 && step->arith->product != NBX_PRODUCT_FLOAT)
        return kernel_refuse(program, step, "its first input has several parameter sets");
    out->blocked = step->arith->product == NBX_PRODUCT_INTEGER && kernel_input(step, 1)->encoding->granularity == NBX_PER_BLOCK &&
                   kernel_input(step, 1)->param_count > 1;
    out->per_step = step->arith->acc_bits && step->arith->acc_overflow == NBX_OVERFLOW_SATURATE_STEP &&
                    step->arith->product != NBX_PRODUCT_FLOAT && step->arith->product != NBX_PRODUCT_LOG_FLOAT;
    out->ordered = out->blocked || out->per_step;
    block = choose_cell(step, out);
    out->depthwise = !out->ordered && out->group_in == 1 && out->group_out == 1 && out->groups > 1;
    out->blocks_per_group = (out->group_out + WEIGHTED_LANES - 1) / WEIGHTED_LANES;
    out->block_count = out->depthwise ? (out->outputs + WEIGHTED_LANES - 1) / WEIGHTED_LANES : out->groups * out->blocks_per_group;
    if (out->cell == WEIGHTED_INDEX) {
        status = make_antilog(program, step, out);
        if (status) return status;
    }
    status = make_map(program, step, 0, &out->x);
    if (!status) status = make_map(program, step, 1, &out->w);
    if (!status) status = make_runs(program, out, block);
    return status;
}
