/* SPDX-License-Identifier: Apache-2.0 */
/* Proposals that change attributes and windows of a case; those that change shapes are in subjects_set_shape.c. */
#include <string.h>

#include "schema/ops.h"
#include "schema/subjects_set.h"

static nbx_edit_attr *list_of(nbx_edit *edit, const char *name, uint32_t count, int64_t absent)
{
    nbx_edit_attr *attr = nbx_edit_attr_find(edit, name);
    if (attr) return attr->kind == NBX_ATTR_INTS ? attr : NULL;
    attr = count <= NBX_EDIT_LIST ? nbx_edit_attr_add(edit, name, NBX_ATTR_INTS) : NULL;
    for (uint32_t i = 0; attr && i < count; i++)
        attr->ints[i] = absent;
    if (attr) attr->count = count;
    return attr;
}

static uint32_t spatial_rank(const nbx_edit *edit)
{
    return edit->inputs[0].rank > 2 ? edit->inputs[0].rank - 2 : 0;
}

int64_t *nbx_edit_spatial(nbx_edit *edit, const char *list, char axis, int64_t absent)
{
    nbx_edit_attr *attr = spatial_rank(edit) ? list_of(edit, list, spatial_rank(edit), absent) : NULL;
    int i = attr ? nbx_spatial_index(axis, attr->count) : -1;
    return i >= 0 ? &attr->ints[i] : NULL;
}

int64_t *nbx_edit_pad(nbx_edit *edit, char axis, bool end)
{
    nbx_edit_attr *attr = spatial_rank(edit) ? list_of(edit, "pads", 2 * spatial_rank(edit), 0) : NULL;
    int i = attr ? nbx_spatial_index(axis, attr->count / 2) : -1;
    return i >= 0 ? &attr->ints[(end ? attr->count / 2 : 0) + (uint32_t)i] : NULL;
}

int64_t nbx_edit_int(nbx_edit *edit, const char *name, int64_t absent)
{
    const nbx_edit_attr *attr = nbx_edit_attr_find(edit, name);
    return attr && attr->kind == NBX_ATTR_INT ? attr->i : absent;
}

bool nbx_edit_is(const nbx_edit *edit, const char *ops)
{
    return nbx_list_has(ops, edit->op);
}

/* A window that grew past its picture: the picture grows with it. */
static void make_room(nbx_edit *edit, char axis)
{
    int position = nbx_axis_of(axis, edit->inputs[0].rank);
    int64_t *kernel = nbx_edit_spatial(edit, "kernel_shape", axis, 1), *dilation = nbx_edit_spatial(edit, "dilations", axis, 1);
    if (position < 0 || !kernel || !dilation || *kernel < 1 || *dilation < 1) return;
    int64_t extent = nbx_saturating_add(nbx_saturating_mul(*kernel - 1, *dilation), 1);
    if (edit->inputs[0].dims[position] < extent) edit->inputs[0].dims[position] = extent;
}

static bool set_kernel(nbx_edit *edit, char axis, int64_t value)
{
    int64_t *kernel = nbx_edit_spatial(edit, "kernel_shape", axis, 1);
    int position = nbx_axis_of(axis, edit->inputs[0].rank);
    if (!kernel || position < 0 || value < 1) return false;
    *kernel = value;
    if (nbx_edit_is(edit, "Conv|ConvTranspose")) edit->inputs[1].dims[position] = value;
    make_room(edit, axis);
    return true;
}

/* A pad as wide as its window would make windows of nothing but padding; shape functions refuse that. */
static bool set_pad(nbx_edit *edit, char axis, bool end, int64_t value)
{
    int64_t *pad = nbx_edit_pad(edit, axis, end), *kernel = nbx_edit_spatial(edit, "kernel_shape", axis, 1);
    if (!pad || !kernel || value < 0) return false;
    *pad = value;
    return nbx_edit_is(edit, "MaxPool|AveragePool") && *kernel <= value ? set_kernel(edit, axis, value + 1) : true;
}

static bool split_attr(nbx_edit *edit, const char *name, int64_t value)
{
    static const struct {
        const char *name;
        char axis;
        bool end;
    } pads[] = {{"pad_top", 'h', false},  {"pad_bottom", 'h', true}, {"pad_left", 'w', false},
                {"pad_right", 'w', true}, {"pad_front", 'd', false}, {"pad_back", 'd', true}};
    size_t length = strlen(name);
    char axis = length ? name[length - 1] : 0;
    int64_t *entry = NULL;
    for (size_t i = 0; i < sizeof pads / sizeof pads[0]; i++)
        if (strcmp(name, pads[i].name) == 0) return set_pad(edit, pads[i].axis, pads[i].end, value);
    if (length < 3 || name[length - 2] != '_') return false;
    if (strncmp(name, "kernel_", 7) == 0) return set_kernel(edit, axis, value);
    if (strncmp(name, "stride_", 7) == 0) entry = nbx_edit_spatial(edit, "strides", axis, 1);
    if (strncmp(name, "dilation_", 9) == 0) entry = nbx_edit_spatial(edit, "dilations", axis, 1);
    if (strncmp(name, "output_padding_", 15) == 0) entry = nbx_edit_spatial(edit, "output_padding", axis, 0);
    if (!entry) return false;
    *entry = value;
    make_room(edit, axis);
    return true;
}

bool nbx_propose_attr(nbx_edit *edit, const nbx_wish *wish)
{
    const char *name = wish->subject->name;
    nbx_edit_attr *attr = nbx_edit_attr_find(edit, name);
    if (strcmp(name, "group") == 0 && nbx_edit_is(edit, "Conv|ConvTranspose")) {
        int64_t group = nbx_edit_int(edit, "group", 1);
        bool transposed = nbx_edit_is(edit, "ConvTranspose");
        int64_t first = edit->inputs[1].dims[0] / (group > 0 ? group : 1), second = edit->inputs[1].dims[1];
        if (wish->value < 1) return false;
        nbx_edit_channels(edit, wish->value, transposed ? first : second, transposed ? second : first);
        return true;
    }
    if (!attr && split_attr(edit, name, wish->value)) return true;
    if (!attr) attr = nbx_edit_attr_add(edit, name, NBX_ATTR_INT);
    if (!attr) return false;
    if (attr->kind == NBX_ATTR_INTS && attr->count == 1)
        attr->ints[0] = wish->value;
    else
        attr->i = wish->value;
    return attr->kind == NBX_ATTR_INT || attr->kind == NBX_ATTR_INTS;
}

bool nbx_propose_attr_text(nbx_edit *edit, const nbx_wish *wish)
{
    nbx_edit_attr *attr = nbx_edit_attr_find(edit, wish->subject->name);
    if (!attr) attr = nbx_edit_attr_add(edit, wish->subject->name, NBX_ATTR_STRING);
    if (!attr || attr->kind != NBX_ATTR_STRING) return false;
    attr->s = wish->text;
    return true;
}

bool nbx_propose_attr_milli(nbx_edit *edit, const nbx_wish *wish)
{
    const char *name = wish->subject->name;
    nbx_edit_attr *attr = nbx_edit_attr_find(edit, name), *sizes = nbx_edit_attr_find(edit, "sizes");
    if (!attr && strncmp(name, "scale_", 6) == 0 && (attr = nbx_edit_attr_find(edit, "scales")) != NULL) {
        int axis = nbx_axis_of(name[6], attr->count);
        if (axis < 0 || wish->value < 1) return false;
        attr->floats[axis] = (float)((double)wish->value / 1000.0);
        if (sizes) sizes->count = 0, *sizes = edit->attrs[--edit->attr_count]; /* derived anew */
        return true;
    }
    if (!attr) attr = nbx_edit_attr_add(edit, name, NBX_ATTR_FLOAT);
    if (!attr || attr->kind != NBX_ATTR_FLOAT) return false;
    attr->f = (double)wish->value / 1000.0;
    return true;
}

bool nbx_propose_attr_list(nbx_edit *edit, const nbx_wish *wish)
{
    nbx_edit_attr *attr = nbx_edit_attr_find(edit, wish->subject->name);
    uint32_t count = 0;
    int64_t rest = wish->value;
    if (rest < 0) return false;
    for (int64_t digits = rest; digits; digits /= 10)
        count++;
    if (!attr) attr = nbx_edit_attr_add(edit, wish->subject->name, NBX_ATTR_INTS);
    if (!attr || attr->kind != NBX_ATTR_INTS || count > NBX_EDIT_LIST) return false;
    if (attr->count < count) attr->count = count;
    for (uint32_t i = attr->count; i-- > 0; rest /= 10)
        attr->ints[i] = rest % 10;
    return true;
}

static const char *axes_of(const nbx_wish *wish)
{
    return wish->subject->axes ? wish->subject->axes : "hw";
}

bool nbx_propose_kernel_extent(nbx_edit *edit, const nbx_wish *wish)
{
    for (const char *a = axes_of(wish); *a; a++) {
        int64_t *dilation = nbx_edit_spatial(edit, "dilations", *a, 1);
        if (!dilation || wish->value < 1) return false;
        if (*dilation < 1 || (wish->value - 1) % *dilation != 0) *dilation = 1;
        if (!set_kernel(edit, *a, (wish->value - 1) / *dilation + 1)) return false;
    }
    return true;
}

bool nbx_propose_kernel_volume(nbx_edit *edit, const nbx_wish *wish)
{
    static const char letters[] = "dhw";
    for (uint32_t i = 3 - (spatial_rank(edit) < 3 ? spatial_rank(edit) : 3); i < 3; i++)
        if (!set_kernel(edit, letters[i], i == 2 ? wish->value : 1)) return false;
    return spatial_rank(edit) > 0;
}

bool nbx_propose_remainder(nbx_edit *edit, const nbx_wish *wish)
{
    for (const char *a = axes_of(wish); *a; a++) {
        nbx_subject one = {.kind = NBX_SUBJECT_OUTPUT_REMAINDER, .axes = (char[]){*a, 0}};
        int64_t *stride = nbx_edit_spatial(edit, "strides", *a, 1);
        int position = nbx_axis_of(*a, edit->inputs[0].rank);
        nbx_edit_view view;
        if (!stride || position < 0 || wish->value < 0 || wish->value >= *stride) return false;
        make_room(edit, *a);
        nbx_edit_show(edit, NULL, &view);
        nbx_reading now = nbx_get_OUTPUT_REMAINDER(&view.call, &one);
        if (!now.known) return false;
        edit->inputs[0].dims[position] += (wish->value - now.number + *stride) % *stride;
    }
    return true;
}

bool nbx_propose_pad_difference(nbx_edit *edit, const nbx_wish *wish)
{
    for (const char *a = axes_of(wish); *a; a++) {
        int64_t *begin = nbx_edit_pad(edit, *a, false), *end = nbx_edit_pad(edit, *a, true);
        if (!begin || !end) return false;
        int64_t base = *begin < *end ? *begin : *end;
        *begin = wish->value < 0 ? base - wish->value : base;
        *end = wish->value > 0 ? base + wish->value : base;
    }
    return true;
}

bool nbx_propose_class(nbx_edit *edit, const nbx_wish *wish)
{
    if (!nbx_edit_is(edit, "Conv|ConvTranspose") || edit->input_count < 2) return false;
    bool pointwise = strcmp(wish->text, "pointwise") == 0;
    if (strcmp(wish->text, "depthwise") == 0)
        nbx_edit_channels(edit, edit->inputs[0].dims[1] > 1 ? edit->inputs[0].dims[1] : 2, 1, 1);
    else if (strcmp(wish->text, "grouped") == 0)
        nbx_edit_channels(edit, 2, edit->inputs[0].dims[1] > 3 ? edit->inputs[0].dims[1] / 2 : 2, 8);
    else
        nbx_edit_channels(edit, 1, edit->inputs[0].dims[1], edit->outputs[0].rank > 1 ? edit->outputs[0].dims[1] : 16);
    for (const char *a = spatial_rank(edit) > 1 ? "hw" : "w"; *a; a++) {
        int64_t *kernel = nbx_edit_spatial(edit, "kernel_shape", *a, 1);
        if (!kernel || !set_kernel(edit, *a, pointwise ? 1 : *kernel > 1 ? *kernel : 3)) return false;
    }
    return true;
}
