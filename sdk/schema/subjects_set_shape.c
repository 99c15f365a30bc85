/* SPDX-License-Identifier: Apache-2.0 */
/* Proposals that change shapes and element types of a case; those that change attributes are in subjects_set.c. */
#include <string.h>

#include "schema/ops.h"
#include "schema/subjects_set.h"

#define CONVS "Conv|ConvTranspose"

/* Weights [M, C/g, ...] of Conv, [C, M/g, ...] of ConvTranspose, and the bias. */
void nbx_edit_channels(nbx_edit *edit, int64_t group, int64_t in_per_group, int64_t out_per_group)
{
    bool transposed = nbx_edit_is(edit, "ConvTranspose");
    int64_t in = nbx_saturating_mul(group, in_per_group), out = nbx_saturating_mul(group, out_per_group);
    nbx_edit_attr *attr = nbx_edit_attr_find(edit, "group");
    if (!attr) attr = nbx_edit_attr_add(edit, "group", NBX_ATTR_INT);
    if (attr) attr->i = group;
    edit->inputs[0].dims[1] = in;
    edit->inputs[1].dims[0] = transposed ? in : out;
    edit->inputs[1].dims[1] = transposed ? out_per_group : in_per_group;
    if (edit->input_count > 2 && edit->inputs[2].dtype) edit->inputs[2].dims[0] = out;
}

/** Channels of a convolution as they are. */
typedef struct channels {
    int64_t group, in, out;
} channels;

static channels channels_of(nbx_edit *edit)
{
    bool transposed = nbx_edit_is(edit, "ConvTranspose");
    channels c = {nbx_edit_int(edit, "group", 1), edit->inputs[1].dims[1], edit->inputs[1].dims[1]};
    if (c.group < 1) c.group = 1;
    if (transposed)
        c.in = edit->inputs[1].dims[0] / c.group;
    else
        c.out = edit->inputs[1].dims[0] / c.group;
    return c;
}

static void set_matrix(nbx_edit *edit, bool columns, int64_t value)
{
    nbx_edit_tensor *a = &edit->inputs[0], *b = &edit->inputs[1];
    bool transposed = nbx_edit_int(edit, "transB", 0) != 0;
    if (b->rank < 2 || a->rank < 2) return;
    b->dims[columns != transposed ? b->rank - 1 : b->rank - 2] = value;
    if (columns && edit->input_count > 2 && edit->inputs[2].dtype) edit->inputs[2].dims[edit->inputs[2].rank - 1] = value;
    if (columns) return;
    for (uint32_t i = 1; i + 1 < a->rank; i++)
        a->dims[i] = 1;
    a->dims[nbx_edit_int(edit, "transA", 0) ? a->rank - 2 : a->rank - 1] = value;
    if (nbx_edit_int(edit, "flatten", 0)) a->dims[a->rank - 1] = 1, a->dims[1] = value;
}

bool nbx_propose_channels_in(nbx_edit *edit, const nbx_wish *wish)
{
    if (wish->value < 1 || edit->input_count < 2) return false;
    if (!nbx_edit_is(edit, CONVS)) return set_matrix(edit, false, wish->value), true;
    channels c = channels_of(edit);
    nbx_edit_channels(edit, c.group, wish->value, c.out);
    return true;
}

bool nbx_propose_channels_out(nbx_edit *edit, const nbx_wish *wish)
{
    if (wish->value < 1 || edit->input_count < 2) return false;
    if (!nbx_edit_is(edit, CONVS)) return set_matrix(edit, true, wish->value), true;
    channels c = channels_of(edit);
    nbx_edit_channels(edit, c.group, c.in, wish->value);
    return true;
}

/* Total channels: the group is kept where it divides them; a depthwise convolution keeps one channel per group. */
static bool conv_channels(nbx_edit *edit, bool output, int64_t value)
{
    channels c = channels_of(edit);
    bool depthwise = c.group > 1 && c.in == 1;
    if (depthwise)
        nbx_edit_channels(edit, value, 1, c.out);
    else if (value % c.group != 0)
        nbx_edit_channels(edit, 1, output ? c.in * c.group : value, output ? value : c.out * c.group);
    else if (output)
        nbx_edit_channels(edit, c.group, c.in, value / c.group);
    else
        nbx_edit_channels(edit, c.group, value / c.group, c.out);
    return true;
}

/* Input extent that gives a window `value` positions; the size a strided output maps back to. */
static bool window_input(nbx_edit *edit, char axis, int64_t value)
{
    int position = nbx_axis_of(axis, edit->inputs[0].rank);
    int64_t *kernel = nbx_edit_spatial(edit, "kernel_shape", axis, 1), *stride = nbx_edit_spatial(edit, "strides", axis, 1);
    int64_t *dilation = nbx_edit_spatial(edit, "dilations", axis, 1);
    int64_t *begin = nbx_edit_pad(edit, axis, false), *end = nbx_edit_pad(edit, axis, true);
    if (position < 0 || !kernel || !stride || !dilation || !begin || !end) return false;
    edit->inputs[0].dims[position] = (value - 1) * *stride + (*kernel - 1) * *dilation + 1 - *begin - *end;
    return edit->inputs[0].dims[position] > 0;
}

static bool set_output_extent(nbx_edit *edit, int axis, char letter, int64_t value)
{
    bool convolution = nbx_edit_is(edit, CONVS);
    if (letter == 'c' && convolution) return conv_channels(edit, true, value);
    if (nbx_edit_is(edit, "Gemm|MatMul") && axis > 0) return set_matrix(edit, true, value), true;
    if (letter != 'n' && letter != 'c' && nbx_edit_is(edit, "Conv|MaxPool|AveragePool")) return window_input(edit, letter, value);
    if (nbx_edit_is(edit, "Reshape|Expand")) {
        nbx_edit_attr *shape = nbx_edit_attr_find(edit, "shape");
        if (!shape || (uint32_t)axis >= shape->count) return false;
        shape->ints[axis] = value;
    }
    /* Elsewhere outputs follow inputs: the first input's axis of the same place is tried. */
    if ((uint32_t)axis < edit->inputs[0].rank) edit->inputs[0].dims[axis] = value;
    return true;
}

static bool set_input_extent(nbx_edit *edit, const nbx_subject *subject, int axis, char letter, int64_t value)
{
    nbx_edit_tensor *tensor = nbx_edit_tensor_of(edit, subject);
    uint32_t index = subject->tensor == NBX_T_INPUT ? subject->index : 0;
    int64_t before = tensor->dims[axis];
    bool convolution = nbx_edit_is(edit, CONVS);
    if (convolution && letter == 'c' && index == 0) return conv_channels(edit, false, value);
    if (convolution && index == 1 && letter == 'n') return conv_channels(edit, !nbx_edit_is(edit, "ConvTranspose"), value);
    if (nbx_edit_is(edit, "Gemm|MatMul") && index == 0 && axis > 0) return set_matrix(edit, false, value), true;
    tensor->dims[axis] = value;
    /* Operands that agree stay in agreement; a concatenation may differ along its own axis. */
    bool along = nbx_edit_is(edit, "Concat") && nbx_edit_int(edit, "axis", -1) == axis;
    for (uint32_t i = 0; i < edit->input_count && !convolution && !along && !nbx_edit_is(edit, "Gemm|MatMul|Gather"); i++)
        if (edit->inputs[i].rank == tensor->rank && edit->inputs[i].dims[axis] == before) edit->inputs[i].dims[axis] = value;
    return true;
}

bool nbx_propose_dim(nbx_edit *edit, const nbx_wish *wish)
{
    const nbx_subject *subject = wish->subject;
    nbx_edit_tensor *tensor = nbx_edit_tensor_of(edit, subject);
    bool output = subject->tensor == NBX_T_OUTPUT || subject->tensor == NBX_T_EACH_OUTPUT;
    int64_t rest = wish->value;
    if (!tensor || wish->value < 1 || !subject->axes) return false;
    /* A product of axes: the first takes what the others, as they are, leave of it; or all of it. */
    for (const char *a = subject->axes + 1; *subject->axes && *a; a++) {
        int axis = nbx_axis_of(*a, tensor->rank);
        if (axis < 0) return false;
        if (rest % tensor->dims[axis] == 0)
            rest /= tensor->dims[axis];
        else if (!(output ? set_output_extent(edit, axis, *a, 1) : set_input_extent(edit, subject, axis, *a, 1)))
            return false;
    }
    int axis = nbx_axis_of(subject->axes[0], tensor->rank);
    if (axis < 0) return false;
    return output ? set_output_extent(edit, axis, subject->axes[0], rest) : set_input_extent(edit, subject, axis, subject->axes[0], rest);
}

bool nbx_propose_rank(nbx_edit *edit, const nbx_wish *wish)
{
    if (wish->value < 0 || wish->value > NBX_MAX_RANK) return false;
    for (uint32_t i = 0; i < edit->input_count; i++) {
        nbx_edit_tensor *tensor = &edit->inputs[i];
        bool meant =
            wish->subject->tensor != NBX_T_INPUT || wish->subject->index == i || nbx_edit_is(edit, "Add|Sub|Mul|Div|Max|Min|Concat");
        if (!tensor->dtype || !meant) continue;
        for (uint32_t d = tensor->rank; d < (uint32_t)wish->value; d++)
            tensor->dims[d] = 1;
        tensor->rank = (uint32_t)wish->value;
    }
    nbx_edit_attr *shape = nbx_edit_is(edit, "Reshape") ? nbx_edit_attr_find(edit, "shape") : NULL;
    if (shape && wish->subject->tensor == NBX_T_OUTPUT) {
        for (uint32_t d = shape->count; d < (uint32_t)wish->value; d++)
            shape->ints[d] = 1;
        shape->count = (uint32_t)wish->value;
    }
    return true;
}

bool nbx_propose_elements(nbx_edit *edit, const nbx_wish *wish)
{
    nbx_edit_tensor *tensor = nbx_edit_tensor_of(edit, wish->subject);
    int64_t others = 1;
    char letters[2] = "w";
    nbx_subject last = *wish->subject;
    nbx_wish extent = {&last, wish->value, NULL};
    if (wish->subject->name) return nbx_propose_blocks(edit, wish);
    if (!tensor || tensor->rank < 1 || wish->value < 1) return false;
    letters[0] = tensor->rank == 1 || tensor->rank == 2 ? 'c' : 'w';
    for (uint32_t d = 0; d + 1 < tensor->rank; d++)
        others *= tensor->dims[d];
    if (wish->value % others == 0) extent.value = wish->value / others;
    for (uint32_t d = 0; wish->value % others != 0 && d + 1 < tensor->rank; d++)
        tensor->dims[d] = 1;
    last.kind = NBX_SUBJECT_DIM;
    last.axes = letters;
    return nbx_propose_dim(edit, &extent);
}

/* Padded sizes grow with the channels: halve on them. */
bool nbx_propose_blocks(nbx_edit *edit, const nbx_wish *wish)
{
    int64_t low = 1, high = 1 << 20;
    const nbx_subject_info *info = nbx_subject_find(wish->subject->kind);
    nbx_subject dim = *wish->subject;
    dim.kind = NBX_SUBJECT_DIM;
    dim.name = NULL;
    dim.axes = "c";
    while (low < high) {
        int64_t middle = (low + high) / 2;
        nbx_wish extent = {&dim, middle, NULL};
        nbx_edit_view view;
        nbx_edit_tensor *tensor = nbx_edit_tensor_of(edit, wish->subject);
        if (!tensor || !nbx_propose_dim(edit, &extent) || !nbx_edit_infer(edit, NULL, 0)) return false;
        nbx_edit_show(edit, NULL, &view);
        nbx_reading reading = info->get(&view.call, wish->subject);
        if (!reading.known) return false;
        if (reading.number >= wish->value)
            high = middle;
        else
            low = middle + 1;
    }
    nbx_wish extent = {&dim, low, NULL};
    return nbx_propose_dim(edit, &extent);
}

bool nbx_propose_dtype(nbx_edit *edit, const nbx_wish *wish)
{
    nbx_edit_tensor *tensor = nbx_edit_tensor_of(edit, wish->subject);
    if (!tensor || wish->value < 1 || !nbx_dtype_bits((uint32_t)wish->value)) return false;
    uint32_t before = tensor->dtype;
    for (uint32_t i = 0; i < edit->input_count; i++)
        if (edit->inputs[i].dtype == before) edit->inputs[i].dtype = (uint32_t)wish->value;
    tensor->dtype = (uint32_t)wish->value;
    return true;
}

bool nbx_propose_dtype_bits(nbx_edit *edit, const nbx_wish *wish)
{
    nbx_edit_tensor *tensor = nbx_edit_tensor_of(edit, wish->subject);
    static const uint32_t choices[] = {
#define DTYPE(number, name, onnx, bits, onnx_number, kind) number,
#include <nbx/tables/dtypes.def>
#undef DTYPE
    };
    for (size_t i = 0; tensor && i < sizeof choices / sizeof choices[0]; i++) {
        nbx_wish type = {wish->subject, choices[i], NULL};
        if (nbx_dtype_kind(choices[i]) != nbx_dtype_kind(tensor->dtype) || nbx_dtype_bits(choices[i]) != wish->value) continue;
        return nbx_propose_dtype(edit, &type);
    }
    return false;
}

bool nbx_propose_broadcast(nbx_edit *edit, const nbx_wish *wish)
{
    if (edit->input_count < 2 || edit->inputs[0].rank < 1) return false;
    edit->inputs[1].rank = edit->inputs[0].rank;
    memcpy(edit->inputs[1].dims, edit->inputs[0].dims, sizeof edit->inputs[1].dims);
    if (!wish->value) return true;
    for (uint32_t d = 0; d < edit->inputs[1].rank; d++)
        edit->inputs[1].dims[d] = 1;
    /* Where every extent is 1 already, the first operand has to grow. */
    if (memcmp(edit->inputs[1].dims, edit->inputs[0].dims, sizeof edit->inputs[1].dims) == 0)
        edit->inputs[0].dims[edit->inputs[0].rank - 1] = 2;
    return true;
}

bool nbx_propose_input_count(nbx_edit *edit, const nbx_wish *wish)
{
    const nbx_op_schema *schema = nbx_op_find(edit->op);
    if (!schema || wish->value < schema->in_min || wish->value > schema->in_max || wish->value > NBX_EDIT_TENSORS || !edit->input_count)
        return false;
    for (uint32_t i = edit->input_count; i < (uint32_t)wish->value; i++)
        edit->inputs[i] = edit->inputs[edit->input_count - 1];
    edit->input_count = (uint32_t)wish->value;
    return true;
}
