/* SPDX-License-Identifier: Apache-2.0 */
/* Subjects beyond one node: model inputs and outputs, segments, the whole model on a chip. */
#include <string.h>

#include "schema/subjects.h"

static nbx_reading among(const nbx_segment_info *segment, bool outputs, uint32_t value)
{
    const uint32_t *list = segment ? (outputs ? segment->outputs : segment->inputs) : NULL;
    uint32_t count = segment ? (outputs ? segment->output_count : segment->input_count) : 0;
    if (!segment || value == NBX_NONE) return nbx_unread();
    for (uint32_t i = 0; i < count; i++)
        if (list[i] == value) return nbx_read_number(1);
    return nbx_read_number(0);
}

nbx_reading nbx_get_POSITION_OUTPUT(const nbx_rule_call *call, const nbx_subject *subject)
{
    return among(call->segment, true, nbx_subject_value_index(call, subject));
}

nbx_reading nbx_get_POSITION_INPUT(const nbx_rule_call *call, const nbx_subject *subject)
{
    return among(call->segment, false, nbx_subject_value_index(call, subject));
}

nbx_reading nbx_get_PORT_CHANNELS(const nbx_rule_call *call, const nbx_subject *subject)
{
    (void)subject;
    return call->port ? nbx_value_extent(call->port->value, "c") : nbx_unread();
}

nbx_reading nbx_get_PORT_SOURCE(const nbx_rule_call *call, const nbx_subject *subject)
{
    (void)subject;
    return call->port && call->port->source ? nbx_read_text(call->port->source) : nbx_unread();
}

nbx_reading nbx_get_PORT_DIM(const nbx_rule_call *call, const nbx_subject *subject)
{
    return call->port ? nbx_value_extent(call->port->value, subject->axes) : nbx_unread();
}

nbx_reading nbx_get_PORT_STATIC(const nbx_rule_call *call, const nbx_subject *subject)
{
    const nbx_value *value = call->port ? call->port->value : NULL;
    (void)subject;
    if (!value) return nbx_unread();
    for (uint32_t i = 0; i < value->rank; i++)
        if (value->dims[i] <= 0) return nbx_read_number(0);
    return nbx_read_number(1);
}

nbx_reading nbx_get_PORT_SCALE_COUNT(const nbx_rule_call *call, const nbx_subject *subject)
{
    (void)subject;
    return call->port ? nbx_read_number(call->port->scale_count) : nbx_unread();
}

nbx_reading nbx_get_SEGMENT_INPUTS(const nbx_rule_call *call, const nbx_subject *subject)
{
    (void)subject;
    return call->segment ? nbx_read_number(call->segment->input_count) : nbx_unread();
}

nbx_reading nbx_get_SEGMENT_OUTPUTS(const nbx_rule_call *call, const nbx_subject *subject)
{
    (void)subject;
    return call->segment ? nbx_read_number(call->segment->output_count) : nbx_unread();
}

nbx_reading nbx_get_SEGMENT_NODES(const nbx_rule_call *call, const nbx_subject *subject)
{
    (void)subject;
    return call->segment ? nbx_read_number(call->segment->node_count) : nbx_unread();
}

static const char *op_of(const nbx_rule_call *call, uint32_t node)
{
    return call->graph && node < call->graph->nodes.count ? NBX_ROW(nbx_node, call->graph->nodes, node)->op : "";
}

static int64_t count_ops(const nbx_rule_call *call, const nbx_segment_info *segment, const char *ops)
{
    int64_t count = 0;
    for (uint32_t i = 0; i < segment->node_count; i++)
        count += nbx_list_has(ops, op_of(call, segment->nodes[i]));
    return count;
}

nbx_reading nbx_get_SEGMENT_OP_COUNT(const nbx_rule_call *call, const nbx_subject *subject)
{
    return call->segment ? nbx_read_number(count_ops(call, call->segment, subject->name)) : nbx_unread();
}

nbx_reading nbx_get_SEGMENT_NET_TYPES(const nbx_rule_call *call, const nbx_subject *subject)
{
    int64_t roi, recurrent, all;
    (void)subject;
    if (!call->segment) return nbx_unread();
    roi = count_ops(call, call->segment, NBX_OPS_ROI);
    recurrent = count_ops(call, call->segment, NBX_OPS_RECURRENT);
    all = call->segment->node_count;
    return nbx_read_number((roi > 0) + (recurrent > 0) + (all > roi + recurrent));
}

nbx_reading nbx_get_MODEL_SEGMENTS(const nbx_rule_call *call, const nbx_subject *subject)
{
    (void)subject;
    return call->segments || call->segment_count ? nbx_read_number(call->segment_count) : nbx_unread();
}

nbx_reading nbx_get_MODEL_OP_COUNT(const nbx_rule_call *call, const nbx_subject *subject)
{
    int64_t count = 0;
    if (!call->segments) return nbx_unread();
    for (uint32_t i = 0; i < call->segment_count; i++)
        count += count_ops(call, &call->segments[i], subject->name);
    return nbx_read_number(count);
}

nbx_reading nbx_get_BATCH(const nbx_rule_call *call, const nbx_subject *subject)
{
    (void)subject;
    for (uint32_t i = 0; call->graph && i < call->graph->inputs.count; i++) {
        const nbx_value *value = nbx_call_value(call, *NBX_ROW(uint32_t, call->graph->inputs, i));
        if (value && value->rank > 1) return nbx_read_number(value->dims[0]);
    }
    return call->graph ? nbx_read_number(1) : nbx_unread(); /* inputs without a batch axis come one by one */
}
