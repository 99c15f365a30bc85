/* SPDX-License-Identifier: Apache-2.0 */
/* Subjects of the phases types and values: schemes, encodings, parameters, ranges and the contents of constants. */
#include <math.h>
#include <string.h>

#include "schema/encodings.h"
#include "schema/ops.h"
#include "schema/subjects.h"

nbx_reading nbx_get_SCHEME(const nbx_rule_call *call, const nbx_subject *subject)
{
    (void)subject;
    return nbx_call_node(call) ? nbx_read_text(call->scheme ? call->scheme : "") : nbx_unread();
}

nbx_reading nbx_get_CODE_BITS(const nbx_rule_call *call, const nbx_subject *subject)
{
    const nbx_value *value = nbx_subject_value(call, subject);
    uint32_t bits = value ? (value->encoding ? value->encoding->code_bits : nbx_dtype_bits(value->dtype)) : 0;
    return bits ? nbx_read_number(bits) : nbx_unread();
}

nbx_reading nbx_get_ENCODING_KIND(const nbx_rule_call *call, const nbx_subject *subject)
{
    const nbx_value *value = nbx_subject_value(call, subject);
    return value ? nbx_read_number(value->encoding ? value->encoding->kind : 0) : nbx_unread();
}

/* Parameters and ranges of constants need no calibration data. */
static const nbx_value *with_data(const nbx_rule_call *call, const nbx_subject *subject)
{
    const nbx_value *value = nbx_subject_value(call, subject);
    return value && (call->has_data || (value->flags & NBX_VALUE_CONST)) ? value : NULL;
}

nbx_reading nbx_get_EXPONENT(const nbx_rule_call *call, const nbx_subject *subject)
{
    const nbx_value *value = with_data(call, subject);
    bool has = value && value->encoding && (value->encoding->kind == NBX_ENC_LOG || value->encoding->kind == NBX_ENC_POW2);
    int64_t largest = 0;
    if (!has || !value->params.count) return nbx_unread();
    for (uint32_t i = 0; i < value->params.count; i++) {
        int64_t exponent = NBX_ROW(nbx_qparam, value->params, i)->exponent;
        if ((exponent < 0 ? -exponent : exponent) > (largest < 0 ? -largest : largest)) largest = exponent;
    }
    return nbx_read_number(largest);
}

nbx_reading nbx_get_ZERO_POINT(const nbx_rule_call *call, const nbx_subject *subject)
{
    const nbx_value *value = with_data(call, subject);
    if (!value || !value->encoding || value->encoding->kind != NBX_ENC_AFFINE || !value->params.count) return nbx_unread();
    return nbx_read_number(NBX_ROW(nbx_qparam, value->params, 0)->zero_point);
}

static bool range_of(const nbx_value *value, double *magnitude)
{
    if (!value || !(value->flags & NBX_VALUE_RANGE)) return false;
    *magnitude = fmax(fabs(value->range_lo), fabs(value->range_hi));
    return true;
}

nbx_reading nbx_get_RANGE_MILLI_OCTAVES(const nbx_rule_call *call, const nbx_subject *subject)
{
    const nbx_node *node = nbx_call_node(call);
    double smallest = INFINITY, largest = 0, magnitude;
    (void)subject;
    for (uint32_t i = 0; node && i < node->inputs.count; i++) {
        nbx_subject each = {.tensor = NBX_T_INPUT, .index = (uint8_t)i};
        const nbx_value *value = with_data(call, &each);
        if (nbx_node_value(node, false, i) == NBX_NONE) continue;
        if (value && (value->flags & NBX_VALUE_CONST) && !(value->flags & NBX_VALUE_RANGE)) continue;
        if (!range_of(value, &magnitude)) return nbx_unread();
        smallest = fmin(smallest, magnitude);
        largest = fmax(largest, magnitude);
    }
    if (!(smallest > 0) || !isfinite(largest)) return nbx_unread();
    return nbx_read_number((int64_t)llround(log2(largest / smallest) * 1000.0));
}

nbx_reading nbx_get_RANGE_FINITE(const nbx_rule_call *call, const nbx_subject *subject)
{
    const nbx_value *value = with_data(call, subject);
    if (!value || !(value->flags & NBX_VALUE_RANGE)) return nbx_unread();
    return nbx_read_number(isfinite(value->range_lo) && isfinite(value->range_hi));
}

nbx_reading nbx_get_RANGE_MILLI_LOG2(const nbx_rule_call *call, const nbx_subject *subject)
{
    double magnitude;
    if (!range_of(with_data(call, subject), &magnitude) || !isfinite(magnitude)) return nbx_unread();
    return nbx_read_number((int64_t)floor(log2(magnitude > 0 ? magnitude : 1e-6) * 1000.0));
}

nbx_reading nbx_get_CLIP_GRID(const nbx_rule_call *call, const nbx_subject *subject)
{
    const nbx_value *value = with_data(call, subject);
    double magnitude, steps;
    if (!range_of(value, &magnitude) || !(magnitude > 0) || !isfinite(magnitude)) return nbx_unread();
    if (!value->encoding || value->encoding->kind != NBX_ENC_LOG) return nbx_unread();
    steps = log2(magnitude) * value->encoding->steps;
    /* The clip arrives as float32: 24 bits of mantissa place it on the grid to about 1e-6 steps. */
    return nbx_read_number(fabs(steps - round(steps)) < 1e-4);
}

/** A constant mapped as floats. */
typedef struct mapped {
    const float *data;
    uint64_t count;
} mapped;

static bool map_const(const nbx_rule_call *call, const nbx_value *value, mapped *out)
{
    const void *data = NULL;
    uint64_t bytes = 0;
    const nbx_graph_view *graph = call->graph;
    if (!value || !(value->flags & NBX_VALUE_CONST) || value->dtype != NBX_DTYPE_FLOAT32 || !graph->const_map) return false;
    if (!nbx_value_elements(value, &out->count)) return false;
    if (graph->const_map(graph->self, value->const_id, NBX_CONST_FLOAT, &data, &bytes) != NBX_OK) return false;
    out->data = data;
    if (data && bytes / sizeof(float) >= out->count) return true;
    graph->const_unmap(graph->self, value->const_id, NBX_CONST_FLOAT);
    return false;
}

static void unmap_const(const nbx_rule_call *call, const nbx_value *value)
{
    call->graph->const_unmap(call->graph->self, value->const_id, NBX_CONST_FLOAT);
}

nbx_reading nbx_get_CONST_MILLI(const nbx_rule_call *call, const nbx_subject *subject)
{
    const nbx_value *value = nbx_subject_value(call, subject);
    nbx_reading reading = nbx_unread();
    mapped map;
    if (!map_const(call, value, &map)) return reading;
    if (map.count == 1 && fabs((double)map.data[0]) < 9e15) reading = nbx_read_number((int64_t)llround((double)map.data[0] * 1000.0));
    unmap_const(call, value);
    return reading;
}

/* Magnitude up to which values of one sign become zero, found by halving on the encoder itself. */
static double zero_below(const nbx_encoding *encoding, const nbx_qparam *param, double sign)
{
    int32_t zero = encoding->kind == NBX_ENC_AFFINE ? param->zero_point : encoding->zero_code;
    double low = ldexp(1.0, -140), high = ldexp(1.0, 127);
    if (nbx_encode(encoding, param, sign * low) != zero) return 0;
    for (int i = 0; i < 96 && high / low > 1.0 + 1e-9; i++) {
        double middle = sqrt(low * high);
        if (nbx_encode(encoding, param, sign * middle) == zero)
            low = middle;
        else
            high = middle;
    }
    return low;
}

typedef struct tally {
    uint64_t lost, nonzero;
} tally;

/* Values of one parameter set that lie together in memory: two thresholds serve them all. */
static void tally_chunk(const nbx_encoding *encoding, const nbx_qparam *param, const float *data, uint64_t count, tally *out)
{
    double positive = zero_below(encoding, param, 1.0), negative = zero_below(encoding, param, -1.0);
    for (uint64_t i = 0; i < count; i++) {
        double x = data[i];
        out->nonzero += x != 0;
        out->lost += (x > 0 && x <= positive) || (x < 0 && -x <= negative);
    }
}

static void tally_scattered(const nbx_rule_call *call, const nbx_value *value, const mapped *map, tally *out)
{
    const nbx_encoding *encoding = value->encoding;
    uint32_t groups = (uint32_t)nbx_attr_int_of(nbx_call_node(call), "group", 1);
    for (uint64_t i = 0; i < map->count; i++) {
        uint32_t set = nbx_param_index(encoding, value->rank, value->dims, groups, i);
        const nbx_qparam *param = NBX_ROW(nbx_qparam, value->params, set < value->params.count ? set : 0);
        int32_t zero = encoding->kind == NBX_ENC_AFFINE ? param->zero_point : encoding->zero_code;
        out->nonzero += map->data[i] != 0;
        out->lost += map->data[i] != 0 && nbx_encode(encoding, param, (double)map->data[i]) == zero;
    }
}

static int64_t lost_ppm(const nbx_rule_call *call, const nbx_value *value, const mapped *map)
{
    const nbx_encoding *encoding = value->encoding;
    uint32_t sets = value->params.count;
    bool together = sets == 1 || (encoding->axis == 0 && encoding->granularity != NBX_PER_BLOCK && map->count % sets == 0);
    tally total = {0, 0};
    for (uint32_t set = 0; together && set < sets; set++) {
        uint64_t chunk = map->count / sets;
        tally_chunk(encoding, NBX_ROW(nbx_qparam, value->params, set), map->data + set * chunk, chunk, &total);
    }
    if (!together) tally_scattered(call, value, map, &total);
    return total.nonzero ? (int64_t)((double)total.lost * 1e6 / (double)total.nonzero) : 0;
}

nbx_reading nbx_get_LOST_PPM(const nbx_rule_call *call, const nbx_subject *subject)
{
    const nbx_value *value = nbx_subject_value(call, subject);
    nbx_reading reading;
    mapped map;
    if (!value || !value->encoding || !value->params.count || !nbx_call_node(call)) return nbx_unread();
    if (value->encoding->kind == NBX_ENC_FLOAT) return nbx_read_number(0);
    if (!map_const(call, value, &map)) return nbx_unread();
    reading = nbx_read_number(lost_ppm(call, value, &map));
    unmap_const(call, value);
    return reading;
}

/* Axis of the output channels among the weights of a node. */
static uint32_t channel_axis(const nbx_node *node, const nbx_value *value)
{
    bool second = strcmp(node->op, "ConvTranspose") == 0 || (strcmp(node->op, "Gemm") == 0 && !nbx_attr_int_of(node, "transB", 0));
    return second && value->rank > 1 ? 1 : 0;
}

static bool spread(const nbx_value *value, uint32_t axis, const mapped *map, double *octaves)
{
    uint64_t inner = 1, extent = (uint64_t)value->dims[axis], outer;
    double smallest = INFINITY, largest = 0;
    for (uint32_t i = axis + 1; i < value->rank; i++)
        inner *= (uint64_t)value->dims[i];
    outer = extent && inner ? map->count / inner / extent : 0;
    for (uint64_t c = 0; c < extent; c++) {
        double channel = 0;
        for (uint64_t o = 0; o < outer; o++)
            for (uint64_t i = 0; i < inner; i++)
                channel = fmax(channel, fabs((double)map->data[(o * extent + c) * inner + i]));
        if (channel > 0) smallest = fmin(smallest, channel);
        largest = fmax(largest, channel);
    }
    if (!(largest > 0) || !isfinite(largest)) return false;
    *octaves = log2(largest / smallest);
    return true;
}

nbx_reading nbx_get_SPREAD_MILLI_OCTAVES(const nbx_rule_call *call, const nbx_subject *subject)
{
    const nbx_node *node = nbx_call_node(call);
    const nbx_value *value = nbx_subject_value(call, subject);
    nbx_reading reading = nbx_unread();
    double octaves;
    mapped map;
    if (!node || !value || value->rank < 1 || !map_const(call, value, &map)) return reading;
    if (spread(value, channel_axis(node, value), &map, &octaves)) reading = nbx_read_number((int64_t)llround(octaves * 1000.0));
    unmap_const(call, value);
    return reading;
}
