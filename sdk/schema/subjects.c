/* SPDX-License-Identifier: Apache-2.0 */
/* The subject table expanded from subjects.def, and the readings that getters share; the getters themselves are in subjects_*.c. */
#include "schema/subjects.h"

#include <string.h>

#include "schema/ops.h"

/* Subjects whose reading is a text; all others read numbers. */
#define IS_TEXT(n)                                                                                                                         \
    ((n) == NBX_SUBJECT_ATTR_TEXT || (n) == NBX_SUBJECT_CLASS || (n) == NBX_SUBJECT_PRODUCER || (n) == NBX_SUBJECT_CONSUMER ||             \
     (n) == NBX_SUBJECT_OPTION || (n) == NBX_SUBJECT_NET_TYPE || (n) == NBX_SUBJECT_SCHEME || (n) == NBX_SUBJECT_PORT_SOURCE)

#define SUBJECT(number_, name_, phase_, scope_, text_)                                                                                     \
    [number_] = {number_, #name_, text_, NBX_PHASE_##phase_, NBX_SCOPE_##scope_, IS_TEXT(number_), nbx_get_##name_},
static const nbx_subject_info subject_rows[] = {
#include <nbx/tables/subjects.def>
};
#undef SUBJECT

const nbx_subject_info *nbx_subject_find(uint16_t number)
{
    if (number >= sizeof subject_rows / sizeof subject_rows[0] || !subject_rows[number].name) return NULL;
    return &subject_rows[number];
}

const char *nbx_check_name(uint16_t number)
{
    static const char *const names[] = {
#define CHECK(number_, name_, text_) [number_] = #name_,
#include <nbx/tables/checks.def>
#undef CHECK
    };
    return number < sizeof names / sizeof names[0] ? names[number] : NULL;
}

const char *nbx_reason_name(uint16_t number)
{
    static const char *const names[] = {
#define REASON(number_, name_, text_) [number_] = #name_,
#include <nbx/tables/reasons.def>
#undef REASON
    };
    return number < sizeof names / sizeof names[0] ? names[number] : NULL;
}

const nbx_node *nbx_call_node(const nbx_rule_call *call)
{
    return call->graph && call->node < call->graph->nodes.count ? NBX_ROW(nbx_node, call->graph->nodes, call->node) : NULL;
}

uint32_t nbx_node_value(const nbx_node *node, bool output, uint32_t i)
{
    const nbx_span *list = output ? &node->outputs : &node->inputs;
    return i < list->count ? *NBX_ROW(uint32_t, *list, i) : NBX_NONE;
}

const nbx_value *nbx_call_value(const nbx_rule_call *call, uint32_t index)
{
    return call->graph && index < call->graph->values.count ? NBX_ROW(nbx_value, call->graph->values, index) : NULL;
}

uint32_t nbx_subject_value_index(const nbx_rule_call *call, const nbx_subject *subject)
{
    const nbx_node *node = nbx_call_node(call);
    bool output = subject->tensor == NBX_T_OUTPUT || subject->tensor == NBX_T_EACH_OUTPUT;
    return node ? nbx_node_value(node, output, subject->index) : NBX_NONE;
}

const nbx_value *nbx_subject_value(const nbx_rule_call *call, const nbx_subject *subject)
{
    return nbx_call_value(call, nbx_subject_value_index(call, subject));
}

const nbx_attr *nbx_attr_of(const nbx_node *node, const char *name)
{
    for (uint32_t i = 0; name && i < node->attrs.count; i++) {
        const nbx_attr *attr = NBX_ROW(nbx_attr, node->attrs, i);
        if (strcmp(attr->name, name) == 0) return attr;
    }
    return NULL;
}

int64_t nbx_attr_int_of(const nbx_node *node, const char *name, int64_t absent)
{
    const nbx_attr *attr = nbx_attr_of(node, name);
    return attr && attr->kind == NBX_ATTR_INT ? attr->i : absent;
}

int nbx_spatial_index(char axis, uint32_t count)
{
    uint32_t from_end = axis == 'w' ? 1 : axis == 'h' ? 2 : axis == 'd' ? 3 : UINT32_MAX;
    return from_end <= count ? (int)(count - from_end) : -1;
}

nbx_reading nbx_value_extent(const nbx_value *value, const char *axes)
{
    int64_t product = 1;
    if (!value || !axes || !*axes) return nbx_unread();
    for (; *axes; axes++) {
        int axis = nbx_axis_of(*axes, value->rank);
        if (axis < 0 || value->dims[axis] < 0) return nbx_unread();
        product = nbx_saturating_mul(product, value->dims[axis]);
    }
    return nbx_read_number(product);
}

bool nbx_value_elements(const nbx_value *value, uint64_t *out)
{
    uint64_t product = 1;
    for (uint32_t i = 0; i < value->rank; i++) {
        uint64_t extent = (uint64_t)value->dims[i];
        if (value->dims[i] < 0 || (extent && product > UINT64_MAX / extent)) return false;
        product *= extent;
    }
    *out = product;
    return true;
}

int64_t nbx_saturating_mul(int64_t a, int64_t b)
{
    bool negative = (a < 0) != (b < 0);
    uint64_t x = a < 0 ? 0 - (uint64_t)a : (uint64_t)a, y = b < 0 ? 0 - (uint64_t)b : (uint64_t)b;
    if (!x || !y) return 0;
    if (x > (uint64_t)INT64_MAX / y) return negative ? INT64_MIN : INT64_MAX;
    return negative ? -(int64_t)(x * y) : (int64_t)(x * y);
}

int64_t nbx_saturating_add(int64_t a, int64_t b)
{
    if (b > 0 && a > INT64_MAX - b) return INT64_MAX;
    if (b < 0 && a < INT64_MIN - b) return INT64_MIN;
    return a + b;
}
