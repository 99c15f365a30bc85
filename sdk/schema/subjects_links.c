/* SPDX-License-Identifier: Apache-2.0 */
/* Subjects read from how a node hangs in the graph, from its name and from the job: links, presence, options, forced placement. */
#include <string.h>

#include "schema/subjects.h"

nbx_reading nbx_get_IS_CONST(const nbx_rule_call *call, const nbx_subject *subject)
{
    const nbx_value *value = nbx_subject_value(call, subject);
    return value ? nbx_read_number((value->flags & NBX_VALUE_CONST) != 0) : nbx_unread();
}

nbx_reading nbx_get_IS_PRESENT(const nbx_rule_call *call, const nbx_subject *subject)
{
    return nbx_call_node(call) ? nbx_read_number(nbx_subject_value(call, subject) != NULL) : nbx_unread();
}

static nbx_reading count_present(const nbx_rule_call *call, bool output)
{
    const nbx_node *node = nbx_call_node(call);
    uint32_t count = node ? (output ? node->outputs.count : node->inputs.count) : 0;
    int64_t present = 0;
    if (!node) return nbx_unread();
    for (uint32_t i = 0; i < count; i++)
        present += nbx_node_value(node, output, i) != NBX_NONE;
    return nbx_read_number(present);
}

nbx_reading nbx_get_INPUT_COUNT(const nbx_rule_call *call, const nbx_subject *subject)
{
    (void)subject;
    return count_present(call, false);
}

nbx_reading nbx_get_OUTPUT_COUNT(const nbx_rule_call *call, const nbx_subject *subject)
{
    (void)subject;
    return count_present(call, true);
}

/* Slow paths, for callers that have no arrays: one pass over the graph. */
static uint32_t search_consumers(const nbx_rule_call *call, uint32_t value, uint32_t *last)
{
    uint32_t count = 0;
    for (uint32_t n = 0; n < call->graph->nodes.count; n++) {
        const nbx_node *node = NBX_ROW(nbx_node, call->graph->nodes, n);
        for (uint32_t i = 0; i < node->inputs.count; i++) {
            if (nbx_node_value(node, false, i) != value) continue;
            count++;
            *last = n;
        }
    }
    return count;
}

static uint32_t search_producer(const nbx_rule_call *call, uint32_t value)
{
    for (uint32_t n = 0; n < call->graph->nodes.count; n++) {
        const nbx_node *node = NBX_ROW(nbx_node, call->graph->nodes, n);
        for (uint32_t i = 0; i < node->outputs.count; i++)
            if (nbx_node_value(node, true, i) == value) return n;
    }
    return NBX_NONE;
}

nbx_reading nbx_get_FAN_OUT(const nbx_rule_call *call, const nbx_subject *subject)
{
    uint32_t value = nbx_subject_value_index(call, subject), last;
    if (!nbx_call_value(call, value)) return nbx_unread();
    return nbx_read_number(call->fan_out ? call->fan_out[value] : search_consumers(call, value, &last));
}

static nbx_reading op_name(const nbx_rule_call *call, uint32_t node)
{
    bool there = node < call->graph->nodes.count;
    return nbx_read_text(there ? NBX_ROW(nbx_node, call->graph->nodes, node)->op : "");
}

nbx_reading nbx_get_PRODUCER(const nbx_rule_call *call, const nbx_subject *subject)
{
    uint32_t value = nbx_subject_value_index(call, subject);
    if (!nbx_call_value(call, value)) return nbx_unread();
    return op_name(call, call->producer ? call->producer[value] : search_producer(call, value));
}

nbx_reading nbx_get_CONSUMER(const nbx_rule_call *call, const nbx_subject *subject)
{
    uint32_t value = nbx_subject_value_index(call, subject), last = NBX_NONE;
    if (!nbx_call_value(call, value)) return nbx_unread();
    if (call->consumer) return op_name(call, call->consumer[value]);
    return op_name(call, search_consumers(call, value, &last) == 1 ? last : NBX_NONE);
}

nbx_reading nbx_get_NAME_LENGTH(const nbx_rule_call *call, const nbx_subject *subject)
{
    const nbx_node *node = nbx_call_node(call);
    const nbx_value *value = subject->tensor == NBX_T_NODE ? NULL : nbx_subject_value(call, subject);
    const char *name = subject->tensor == NBX_T_NODE ? (node ? node->name : NULL) : (value ? value->name : NULL);
    return name ? nbx_read_number((int64_t)strlen(name)) : nbx_unread();
}

nbx_reading nbx_get_OP_REVISION(const nbx_rule_call *call, const nbx_subject *subject)
{
    const nbx_node *node = nbx_call_node(call);
    (void)subject;
    return node ? nbx_read_number(node->op_revision) : nbx_unread();
}

nbx_reading nbx_get_OPTION(const nbx_rule_call *call, const nbx_subject *subject)
{
    for (uint32_t i = 0; subject->name && i < call->option_count; i++)
        if (strcmp(call->options[i].name, subject->name) == 0) return nbx_read_text(call->options[i].value);
    for (uint32_t i = 0; subject->name && call->chip && i < call->chip->options.count; i++) {
        const nbx_option *option = NBX_ROW(nbx_option, call->chip->options, i);
        if (strcmp(option->name, subject->name) == 0 && option->default_value) return nbx_read_text(option->default_value);
    }
    return nbx_unread();
}

nbx_reading nbx_get_FORCED(const nbx_rule_call *call, const nbx_subject *subject)
{
    const nbx_node *node = nbx_call_node(call);
    (void)subject;
    return node ? nbx_read_number((node->flags & NBX_NODE_FORCED) != 0) : nbx_unread();
}

nbx_reading nbx_get_NET_TYPE(const nbx_rule_call *call, const nbx_subject *subject)
{
    const nbx_node *node = nbx_call_node(call);
    (void)subject;
    if (!node) return nbx_unread();
    if (nbx_list_has(NBX_OPS_ROI, node->op)) return nbx_read_text("roi");
    return nbx_read_text(nbx_list_has(NBX_OPS_RECURRENT, node->op) ? "recurrent" : "cnn");
}
