/* SPDX-License-Identifier: Apache-2.0 */
/* Subjects read from shapes and element types of a node's tensors; attributes, links, values and plans are in the sibling files. */
#include <string.h>

#include "schema/layouts.h"
#include "schema/ops.h"
#include "schema/subjects.h"

nbx_reading nbx_get_DIM(const nbx_rule_call *call, const nbx_subject *subject)
{
    return nbx_value_extent(nbx_subject_value(call, subject), subject->axes);
}

nbx_reading nbx_get_RANK(const nbx_rule_call *call, const nbx_subject *subject)
{
    const nbx_value *value = nbx_subject_value(call, subject);
    return value ? nbx_read_number(value->rank) : nbx_unread();
}

static bool plan_of(const nbx_value *value, const char *text, nbx_layout *layout, nbx_layout_plan *plan)
{
    uint32_t bits = value ? nbx_dtype_bits(value->encoding ? value->encoding->storage : value->dtype) : 0;
    return value && nbx_layout_parse(text, value->rank, layout, NULL, 0) &&
           nbx_layout_plan_make(layout, value->rank, value->dims, bits ? bits : 8, plan);
}

nbx_reading nbx_get_ELEMENTS(const nbx_rule_call *call, const nbx_subject *subject)
{
    const nbx_value *value = nbx_subject_value(call, subject);
    nbx_layout layout;
    nbx_layout_plan plan;
    uint64_t elements;
    int64_t product = 1;
    if (!value) return nbx_unread();
    if (!subject->name) {
        if (!nbx_value_elements(value, &elements)) return nbx_unread();
        return nbx_read_number(elements > INT64_MAX ? INT64_MAX : (int64_t)elements);
    }
    if (!plan_of(value, subject->name, &layout, &plan)) return nbx_unread();
    for (uint32_t i = 0; i < value->rank; i++)
        product = nbx_saturating_mul(product, plan.aligned[i]);
    return nbx_read_number(product);
}

nbx_reading nbx_get_BLOCKS(const nbx_rule_call *call, const nbx_subject *subject)
{
    const nbx_value *value = nbx_subject_value(call, subject);
    nbx_layout layout;
    nbx_layout_plan plan;
    int64_t product = 1;
    if (!value || !subject->name || !plan_of(value, subject->name, &layout, &plan)) return nbx_unread();
    for (uint32_t i = 0; i < plan.rank; i++)
        product = nbx_saturating_mul(product, plan.level_extent[i]);
    return nbx_read_number(product);
}

nbx_reading nbx_get_DTYPE_BITS(const nbx_rule_call *call, const nbx_subject *subject)
{
    const nbx_value *value = nbx_subject_value(call, subject);
    uint32_t bits = value ? nbx_dtype_bits(value->dtype) : 0;
    return bits ? nbx_read_number(bits) : nbx_unread();
}

nbx_reading nbx_get_DTYPE(const nbx_rule_call *call, const nbx_subject *subject)
{
    const nbx_value *value = nbx_subject_value(call, subject);
    return value && value->dtype ? nbx_read_number(value->dtype) : nbx_unread();
}

nbx_reading nbx_get_BROADCAST(const nbx_rule_call *call, const nbx_subject *subject)
{
    const nbx_node *node = nbx_call_node(call);
    const nbx_value *first = node ? nbx_call_value(call, nbx_node_value(node, false, 0)) : NULL;
    (void)subject;
    if (!first) return nbx_unread();
    for (uint32_t i = 1; i < node->inputs.count; i++) {
        const nbx_value *other = nbx_call_value(call, nbx_node_value(node, false, i));
        if (!other) continue;
        if (other->rank != first->rank || memcmp(other->dims, first->dims, first->rank * sizeof first->dims[0]) != 0)
            return nbx_read_number(1);
    }
    return nbx_read_number(0);
}

nbx_reading nbx_get_BATCH_CHANGED(const nbx_rule_call *call, const nbx_subject *subject)
{
    const nbx_node *node = nbx_call_node(call);
    const nbx_value *in = node ? nbx_call_value(call, nbx_node_value(node, false, 0)) : NULL;
    const nbx_value *out = node ? nbx_call_value(call, nbx_node_value(node, true, 0)) : NULL;
    (void)subject;
    /* Axis n is the first axis of rank 2 and more; a tensor of rank 1 or 0 has lost it. */
    if (!in || !out) return nbx_unread();
    if (in->rank < 2 || out->rank < 2) return nbx_read_number(in->rank != out->rank);
    return nbx_read_number(in->dims[0] != out->dims[0]);
}

static bool is_transposed_conv(const nbx_node *node)
{
    return strcmp(node->op, "ConvTranspose") == 0;
}

/* K and N of a product of matrices, from the second operand. */
static nbx_reading matrix_extent(const nbx_node *node, const nbx_value *b, bool columns)
{
    bool transposed = nbx_attr_int_of(node, "transB", 0) != 0;
    if (!b || b->rank < 1) return nbx_unread();
    if (b->rank == 1) return nbx_read_number(columns ? 1 : b->dims[0]);
    return nbx_read_number(b->dims[columns != transposed ? b->rank - 1 : b->rank - 2]);
}

static nbx_reading channels(const nbx_rule_call *call, bool outputs)
{
    const nbx_node *node = nbx_call_node(call);
    const nbx_value *weight = node ? nbx_call_value(call, nbx_node_value(node, false, 1)) : NULL;
    int64_t group = node ? nbx_attr_int_of(node, "group", 1) : 1;
    if (!weight) return nbx_unread();
    if (strcmp(node->op, "Gemm") == 0 || strcmp(node->op, "MatMul") == 0) return matrix_extent(node, weight, outputs);
    if (weight->rank < 3 || group < 1) return nbx_unread();
    /* Conv keeps [M, C/group], ConvTranspose [C, M/group]: the second extent is per group already. */
    if (outputs == is_transposed_conv(node)) return nbx_read_number(weight->dims[1]);
    return nbx_read_number(weight->dims[0] / group);
}

nbx_reading nbx_get_CHANNELS_PER_GROUP_IN(const nbx_rule_call *call, const nbx_subject *subject)
{
    (void)subject;
    return channels(call, false);
}

nbx_reading nbx_get_CHANNELS_PER_GROUP_OUT(const nbx_rule_call *call, const nbx_subject *subject)
{
    (void)subject;
    return channels(call, true);
}

nbx_reading nbx_get_CLASS(const nbx_rule_call *call, const nbx_subject *subject)
{
    const nbx_node *node = nbx_call_node(call);
    const nbx_attr *kernel = node ? nbx_attr_of(node, "kernel_shape") : NULL;
    nbx_reading in = nbx_get_CHANNELS_PER_GROUP_IN(call, subject);
    int64_t group = node ? nbx_attr_int_of(node, "group", 1) : 1;
    if (!kernel || !in.known) return nbx_unread();
    if (group > 1) return nbx_read_text(in.number == 1 ? "depthwise" : "grouped");
    for (uint32_t i = 0; i < kernel->count; i++)
        if (kernel->ints[i] != 1) return nbx_read_text("dense");
    return nbx_read_text("pointwise");
}
