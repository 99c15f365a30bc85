/* SPDX-License-Identifier: Apache-2.0 */
/* nbx_subject_set: which proposal serves which subject, proposals on links, and the check that the subject then reads as wanted. */
#include "schema/subjects_set.h"

#include <string.h>

#include "schema/ops.h"

nbx_edit_tensor *nbx_edit_tensor_of(nbx_edit *edit, const nbx_subject *subject)
{
    bool output = subject->tensor == NBX_T_OUTPUT || subject->tensor == NBX_T_EACH_OUTPUT;
    bool first = subject->tensor == NBX_T_NODE || subject->tensor == NBX_T_EACH_INPUT || subject->tensor == NBX_T_EACH_OUTPUT;
    uint32_t index = first ? 0 : subject->index;
    if (index >= (output ? edit->output_count : edit->input_count)) return NULL;
    nbx_edit_tensor *tensor = output ? &edit->outputs[index] : &edit->inputs[index];
    return tensor->dtype ? tensor : NULL;
}

static bool propose_const(nbx_edit *edit, const nbx_wish *wish)
{
    nbx_edit_tensor *tensor = nbx_edit_tensor_of(edit, wish->subject);
    bool input = wish->subject->tensor != NBX_T_OUTPUT && wish->subject->tensor != NBX_T_EACH_OUTPUT;
    if (!tensor || !input || wish->value < 0 || wish->value > 1) return false;
    tensor->is_const = wish->value != 0;
    return true;
}

static bool propose_const_milli(nbx_edit *edit, const nbx_wish *wish)
{
    nbx_edit_tensor *tensor = nbx_edit_tensor_of(edit, wish->subject);
    if (!tensor) return false;
    *tensor = (nbx_edit_tensor){.dtype = NBX_DTYPE_FLOAT32, .is_const = true, .scalar = (float)((double)wish->value / 1000.0)};
    return true;
}

static bool propose_present(nbx_edit *edit, const nbx_wish *wish)
{
    uint32_t index = wish->subject->index;
    const nbx_op_schema *schema = nbx_op_find(edit->op);
    if (wish->subject->tensor != NBX_T_INPUT || !schema || index >= NBX_EDIT_TENSORS || index >= schema->in_max) return false;
    if (!wish->value) return index < schema->in_min || index >= edit->input_count ? false : (edit->inputs[index].dtype = 0, true);
    if (index != 2 || !nbx_edit_is(edit, "Conv|ConvTranspose|Gemm") || edit->outputs[0].rank < 2) return false;
    edit->inputs[2] = (nbx_edit_tensor){.dtype = edit->inputs[0].dtype, .rank = 1, .dims = {edit->outputs[0].dims[1]}, .is_const = true};
    if (edit->input_count < 3) edit->input_count = 3;
    return true;
}

static bool propose_fan_out(nbx_edit *edit, const nbx_wish *wish)
{
    nbx_edit_tensor *tensor = nbx_edit_tensor_of(edit, wish->subject);
    if (!tensor || wish->subject->tensor != NBX_T_OUTPUT || wish->value < 0 || wish->value > UINT32_MAX - 1) return false;
    tensor->fan_out = (uint32_t)wish->value;
    return true;
}

static bool propose_name_length(nbx_edit *edit, const nbx_wish *wish)
{
    if (wish->subject->tensor != NBX_T_NODE || wish->value < 1 || wish->value >= NBX_EDIT_NAME) return false;
    size_t length = strlen(edit->name), wanted = (size_t)wish->value;
    if (length < wanted) memset(edit->name + length, 'n', wanted - length);
    edit->name[wanted] = 0;
    return true;
}

static bool propose_option(nbx_edit *edit, const nbx_wish *wish)
{
    for (uint32_t i = 0; i < edit->option_count; i++)
        if (strcmp(edit->options[i].name, wish->subject->name) == 0) return edit->options[i].value = wish->text, true;
    if (edit->option_count == NBX_EDIT_OPTIONS) return false;
    edit->options[edit->option_count++] =
        (nbx_option_value){.struct_size = sizeof(nbx_option_value), .name = wish->subject->name, .value = wish->text};
    return true;
}

static bool propose_forced(nbx_edit *edit, const nbx_wish *wish)
{
    edit->flags = wish->value ? edit->flags | NBX_NODE_FORCED : edit->flags & ~(uint32_t)NBX_NODE_FORCED;
    return true;
}

static bool propose_scheme(nbx_edit *edit, const nbx_wish *wish)
{
    edit->scheme = wish->text;
    return true;
}

#define NEIGHBOURS "a case of one op has no neighbours"
#define QUANTIZER  "chosen by the quantizer, or read off data"
#define SEGMENTS   "belongs to the cut of a whole model"
#define PORTS      "belongs to the model input, not to an op"

/* One row a subject: how it is set, or why not. */
static const struct {
    nbx_proposal propose;
    const char *why;
} setters[] = {
    [NBX_SUBJECT_DIM] = {nbx_propose_dim, NULL},
    [NBX_SUBJECT_RANK] = {nbx_propose_rank, NULL},
    [NBX_SUBJECT_ELEMENTS] = {nbx_propose_elements, NULL},
    [NBX_SUBJECT_BLOCKS] = {nbx_propose_blocks, NULL},
    [NBX_SUBJECT_DTYPE_BITS] = {nbx_propose_dtype_bits, NULL},
    [NBX_SUBJECT_DTYPE] = {nbx_propose_dtype, NULL},
    [NBX_SUBJECT_ATTR] = {nbx_propose_attr, NULL},
    [NBX_SUBJECT_ATTR_TEXT] = {nbx_propose_attr_text, NULL},
    [NBX_SUBJECT_ATTR_MILLI] = {nbx_propose_attr_milli, NULL},
    [NBX_SUBJECT_ATTR_LIST] = {nbx_propose_attr_list, NULL},
    [NBX_SUBJECT_KERNEL_EXTENT] = {nbx_propose_kernel_extent, NULL},
    [NBX_SUBJECT_KERNEL_VOLUME] = {nbx_propose_kernel_volume, NULL},
    [NBX_SUBJECT_CHANNELS_PER_GROUP_IN] = {nbx_propose_channels_in, NULL},
    [NBX_SUBJECT_CHANNELS_PER_GROUP_OUT] = {nbx_propose_channels_out, NULL},
    [NBX_SUBJECT_IS_CONST] = {propose_const, NULL},
    [NBX_SUBJECT_IS_PRESENT] = {propose_present, NULL},
    [NBX_SUBJECT_FAN_OUT] = {propose_fan_out, NULL},
    [NBX_SUBJECT_INPUT_COUNT] = {nbx_propose_input_count, NULL},
    [NBX_SUBJECT_OUTPUT_COUNT] = {NULL, "follows from the op and the names of its outputs"},
    [NBX_SUBJECT_BROADCAST] = {nbx_propose_broadcast, NULL},
    [NBX_SUBJECT_OUTPUT_REMAINDER] = {nbx_propose_remainder, NULL},
    [NBX_SUBJECT_CLASS] = {nbx_propose_class, NULL},
    [NBX_SUBJECT_NAME_LENGTH] = {propose_name_length, NULL},
    [NBX_SUBJECT_OP_REVISION] = {NULL, "canonical nodes have one revision"},
    [NBX_SUBJECT_PRODUCER] = {NULL, NEIGHBOURS},
    [NBX_SUBJECT_CONSUMER] = {NULL, NEIGHBOURS},
    [NBX_SUBJECT_BATCH_CHANGED] = {NULL, "follows from the op and its attributes"},
    [NBX_SUBJECT_OPTION] = {propose_option, NULL},
    [NBX_SUBJECT_FORCED] = {propose_forced, NULL},
    [NBX_SUBJECT_PAD_DIFFERENCE] = {nbx_propose_pad_difference, NULL},
    [NBX_SUBJECT_NET_TYPE] = {NULL, "follows from the op"},
    [NBX_SUBJECT_CONST_MILLI] = {propose_const_milli, NULL},
    [NBX_SUBJECT_SCHEME] = {propose_scheme, NULL},
    [NBX_SUBJECT_CODE_BITS] = {NULL, QUANTIZER},
    [NBX_SUBJECT_ENCODING_KIND] = {NULL, QUANTIZER},
    [NBX_SUBJECT_EXPONENT] = {NULL, QUANTIZER},
    [NBX_SUBJECT_ZERO_POINT] = {NULL, QUANTIZER},
    [NBX_SUBJECT_LOST_PPM] = {NULL, QUANTIZER},
    [NBX_SUBJECT_SPREAD_MILLI_OCTAVES] = {NULL, QUANTIZER},
    [NBX_SUBJECT_RANGE_MILLI_OCTAVES] = {NULL, QUANTIZER},
    [NBX_SUBJECT_CLIP_GRID] = {NULL, QUANTIZER},
    [NBX_SUBJECT_RANGE_FINITE] = {NULL, QUANTIZER},
    [NBX_SUBJECT_RANGE_MILLI_LOG2] = {NULL, QUANTIZER},
    [NBX_SUBJECT_POSITION_OUTPUT] = {NULL, SEGMENTS},
    [NBX_SUBJECT_POSITION_INPUT] = {NULL, SEGMENTS},
    [NBX_SUBJECT_PORT_CHANNELS] = {NULL, PORTS},
    [NBX_SUBJECT_PORT_SOURCE] = {NULL, PORTS},
    [NBX_SUBJECT_PORT_DIM] = {NULL, PORTS},
    [NBX_SUBJECT_PORT_STATIC] = {NULL, PORTS},
    [NBX_SUBJECT_PORT_SCALE_COUNT] = {NULL, PORTS},
    [NBX_SUBJECT_SEGMENT_INPUTS] = {NULL, SEGMENTS},
    [NBX_SUBJECT_SEGMENT_OUTPUTS] = {NULL, SEGMENTS},
    [NBX_SUBJECT_SEGMENT_NODES] = {NULL, SEGMENTS},
    [NBX_SUBJECT_SEGMENT_OP_COUNT] = {NULL, SEGMENTS},
    [NBX_SUBJECT_SEGMENT_NET_TYPES] = {NULL, SEGMENTS},
    [NBX_SUBJECT_MODEL_SEGMENTS] = {NULL, SEGMENTS},
    [NBX_SUBJECT_MODEL_OP_COUNT] = {NULL, SEGMENTS},
    [NBX_SUBJECT_BATCH] = {NULL, PORTS},
};

const char *nbx_subject_unsettable(uint16_t number)
{
    if (number >= sizeof setters / sizeof setters[0]) return "unknown subject";
    return setters[number].propose ? NULL : setters[number].why ? setters[number].why : "unknown subject";
}

/* The getter has the last word: a proposal that does not make the subject read as wanted is dropped. */
static bool try_proposal(nbx_edit *edit, const nbx_wish *wish, bool text)
{
    const nbx_subject_info *info = nbx_subject_find(wish->subject->kind);
    nbx_edit changed = *edit;
    nbx_edit_view view;
    nbx_subject concrete = *wish->subject;
    if (!info || info->is_text != text || nbx_subject_unsettable(wish->subject->kind)) return false;
    if (!setters[wish->subject->kind].propose(&changed, wish) || !nbx_edit_infer(&changed, NULL, 0)) return false;
    if (concrete.tensor == NBX_T_EACH_INPUT || concrete.tensor == NBX_T_EACH_OUTPUT) {
        concrete.tensor = concrete.tensor == NBX_T_EACH_INPUT ? NBX_T_INPUT : NBX_T_OUTPUT;
        concrete.index = 0;
    }
    nbx_edit_show(&changed, NULL, &view);
    nbx_reading reading = info->get(&view.call, &concrete);
    if (!reading.known || (text ? strcmp(reading.text, wish->text) != 0 : reading.number != wish->value)) return false;
    *edit = changed;
    return true;
}

bool nbx_subject_set(nbx_edit *edit, const nbx_subject *subject, int64_t value)
{
    nbx_wish wish = {subject, value, NULL};
    return try_proposal(edit, &wish, false);
}

bool nbx_subject_set_text(nbx_edit *edit, const nbx_subject *subject, const char *text)
{
    nbx_wish wish = {subject, 0, text};
    return text && try_proposal(edit, &wish, true);
}
