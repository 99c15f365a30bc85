/* SPDX-License-Identifier: Apache-2.0 */
/* Subjects read from attributes and from windows (kernel, stride, dilation, pads); the meaning of each attribute is attributes.def's. */
#include <math.h>
#include <string.h>

#include "schema/ops.h"
#include "schema/subjects.h"

/* Scalars that spatial list attributes split into. `end`: the second half of pads. */
static const struct {
    const char *prefix, *list;
} split_prefixes[] = {
    {"kernel_", "kernel_shape"}, {"stride_", "strides"}, {"dilation_", "dilations"}, {"output_padding_", "output_padding"}};

static const struct {
    const char *name;
    char axis;
    bool end;
} pad_names[] = {{"pad_top", 'h', false},  {"pad_bottom", 'h', true}, {"pad_left", 'w', false},
                 {"pad_right", 'w', true}, {"pad_front", 'd', false}, {"pad_back", 'd', true}};

static nbx_reading list_entry(const nbx_attr *list, char axis)
{
    int i = list && list->kind == NBX_ATTR_INTS ? nbx_spatial_index(axis, list->count) : -1;
    return i >= 0 ? nbx_read_number(list->ints[i]) : nbx_unread();
}

static nbx_reading pad_entry(const nbx_attr *pads, char axis, bool end)
{
    uint32_t half = pads && pads->kind == NBX_ATTR_INTS ? pads->count / 2 : 0;
    int i = half ? nbx_spatial_index(axis, half) : -1;
    return i >= 0 ? nbx_read_number(pads->ints[(end ? half : 0) + (uint32_t)i]) : nbx_unread();
}

static nbx_reading split_scalar(const nbx_node *node, const char *name)
{
    for (size_t i = 0; i < sizeof pad_names / sizeof pad_names[0]; i++)
        if (strcmp(name, pad_names[i].name) == 0) return pad_entry(nbx_attr_of(node, "pads"), pad_names[i].axis, pad_names[i].end);
    for (size_t i = 0; i < sizeof split_prefixes / sizeof split_prefixes[0]; i++) {
        size_t length = strlen(split_prefixes[i].prefix);
        if (strncmp(name, split_prefixes[i].prefix, length) == 0 && name[length] && !name[length + 1])
            return list_entry(nbx_attr_of(node, split_prefixes[i].list), name[length]);
    }
    return nbx_unread();
}

nbx_reading nbx_get_ATTR(const nbx_rule_call *call, const nbx_subject *subject)
{
    const nbx_node *node = nbx_call_node(call);
    const nbx_attr *attr = node && subject->name ? nbx_attr_of(node, subject->name) : NULL;
    if (!node || !subject->name) return nbx_unread();
    if (!attr) return split_scalar(node, subject->name);
    if (attr->kind == NBX_ATTR_INT) return nbx_read_number(attr->i);
    if (attr->kind == NBX_ATTR_INTS && attr->count == 1) return nbx_read_number(attr->ints[0]);
    return nbx_unread();
}

nbx_reading nbx_get_ATTR_TEXT(const nbx_rule_call *call, const nbx_subject *subject)
{
    const nbx_node *node = nbx_call_node(call);
    const nbx_attr *attr = node ? nbx_attr_of(node, subject->name) : NULL;
    return attr && attr->kind == NBX_ATTR_STRING && attr->s ? nbx_read_text(attr->s) : nbx_unread();
}

static nbx_reading milli(double value)
{
    double scaled = round(value * 1000.0);
    if (isnan(scaled)) return nbx_unread();
    if (scaled >= 9.2e18) return nbx_read_number(INT64_MAX);
    if (scaled <= -9.2e18) return nbx_read_number(INT64_MIN);
    return nbx_read_number((int64_t)scaled);
}

nbx_reading nbx_get_ATTR_MILLI(const nbx_rule_call *call, const nbx_subject *subject)
{
    const nbx_node *node = nbx_call_node(call);
    const nbx_attr *attr = node ? nbx_attr_of(node, subject->name) : NULL;
    if (attr && attr->kind == NBX_ATTR_FLOAT) return milli(attr->f);
    if (attr && attr->kind == NBX_ATTR_FLOATS && attr->count == 1) return milli(attr->floats[0]);
    /* scale_h and the like: `scales` of a Resize has one entry per axis of the input. */
    if (node && subject->name && strncmp(subject->name, "scale_", 6) == 0 && subject->name[6] && !subject->name[7]) {
        const nbx_attr *scales = nbx_attr_of(node, "scales");
        int axis = scales && scales->kind == NBX_ATTR_FLOATS ? nbx_axis_of(subject->name[6], scales->count) : -1;
        if (axis >= 0) return milli(scales->floats[axis]);
    }
    return nbx_unread();
}

nbx_reading nbx_get_ATTR_LIST(const nbx_rule_call *call, const nbx_subject *subject)
{
    const nbx_node *node = nbx_call_node(call);
    const nbx_attr *attr = node ? nbx_attr_of(node, subject->name) : NULL;
    int64_t digits = 0;
    if (!attr || attr->kind != NBX_ATTR_INTS || attr->count > 18) return nbx_unread();
    for (uint32_t i = 0; i < attr->count; i++) {
        if (attr->ints[i] < 0 || attr->ints[i] > 9) return nbx_unread();
        digits = digits * 10 + attr->ints[i];
    }
    return nbx_read_number(digits);
}

/** One axis of a window: what a convolution or a pool looks through. */
typedef struct window {
    int64_t in, kernel, stride, dilation, begin, end;
} window;

static bool is_global_pool(const nbx_node *node)
{
    return strncmp(node->op, "Global", 6) == 0;
}

static bool window_of(const nbx_rule_call *call, char axis, window *out)
{
    const nbx_node *node = nbx_call_node(call);
    const nbx_value *value = node ? nbx_call_value(call, nbx_node_value(node, false, 0)) : NULL;
    int position = value ? nbx_axis_of(axis, value->rank) : -1;
    nbx_reading kernel, other;
    if (position < 0) return false;
    *out = (window){value->dims[position], value->dims[position], 1, 1, 0, 0};
    if (is_global_pool(node)) return true;
    kernel = list_entry(nbx_attr_of(node, "kernel_shape"), axis);
    if (!kernel.known) return false;
    out->kernel = kernel.number;
    if ((other = list_entry(nbx_attr_of(node, "strides"), axis)).known) out->stride = other.number;
    if ((other = list_entry(nbx_attr_of(node, "dilations"), axis)).known) out->dilation = other.number;
    if ((other = pad_entry(nbx_attr_of(node, "pads"), axis, false)).known) out->begin = other.number;
    if ((other = pad_entry(nbx_attr_of(node, "pads"), axis, true)).known) out->end = other.number;
    return true;
}

static int64_t extent_of(const window *w)
{
    return nbx_saturating_add(nbx_saturating_mul(w->kernel - 1, w->dilation), 1);
}

static int64_t remainder_of(const window *w)
{
    int64_t room = nbx_saturating_add(nbx_saturating_add(w->in, w->begin), nbx_saturating_add(w->end, -extent_of(w)));
    return w->stride > 0 && room > 0 ? room % w->stride : 0;
}

static int64_t difference_of(const window *w)
{
    return nbx_saturating_add(w->end, -w->begin);
}

/* Over several axes the reading of the largest magnitude counts: a limit that it keeps, all keep. */
static nbx_reading largest_over_axes(const nbx_rule_call *call, const nbx_subject *subject, int64_t (*read)(const window *w))
{
    const char *axes = subject->axes ? subject->axes : "hw";
    int64_t largest = 0;
    window w;
    for (; *axes; axes++) {
        if (!window_of(call, *axes, &w)) return nbx_unread();
        int64_t value = read(&w);
        if ((value < 0 ? -value : value) > (largest < 0 ? -largest : largest)) largest = value;
    }
    return nbx_read_number(largest);
}

nbx_reading nbx_get_KERNEL_EXTENT(const nbx_rule_call *call, const nbx_subject *subject)
{
    return largest_over_axes(call, subject, extent_of);
}

nbx_reading nbx_get_OUTPUT_REMAINDER(const nbx_rule_call *call, const nbx_subject *subject)
{
    return largest_over_axes(call, subject, remainder_of);
}

nbx_reading nbx_get_PAD_DIFFERENCE(const nbx_rule_call *call, const nbx_subject *subject)
{
    return largest_over_axes(call, subject, difference_of);
}

nbx_reading nbx_get_KERNEL_VOLUME(const nbx_rule_call *call, const nbx_subject *subject)
{
    const nbx_node *node = nbx_call_node(call);
    const nbx_attr *kernel = node ? nbx_attr_of(node, "kernel_shape") : NULL;
    const nbx_value *value = node ? nbx_call_value(call, nbx_node_value(node, false, 0)) : NULL;
    int64_t product = 1;
    (void)subject;
    if (node && is_global_pool(node) && value) {
        for (uint32_t i = 2; i < value->rank; i++)
            product = nbx_saturating_mul(product, value->dims[i]);
        return nbx_read_number(product);
    }
    if (!kernel || kernel->kind != NBX_ATTR_INTS) return nbx_unread();
    for (uint32_t i = 0; i < kernel->count; i++)
        product = nbx_saturating_mul(product, kernel->ints[i]);
    return nbx_read_number(product);
}
