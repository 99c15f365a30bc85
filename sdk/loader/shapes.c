/* SPDX-License-Identifier: Apache-2.0 */
/* The shape table: which structs a plugin hands over, their size at revision 1.0, and where they lead; adopt.c walks it. */
#include "loader/adopt.h"

/* Bytes up to and with the last member of revision 1.0: stays what it is when members are appended, on every width. */
#define SIZE_1_0(type, last) ((uint32_t)(offsetof(type, last) + sizeof(((type *)0)->last)))
#define SPAN(type, member, shape)                                                                                                          \
    {                                                                                                                                      \
#member, offsetof(type, member), NBX_LINK_SPAN, &shape                                                                             \
    }
#define POINTER(type, member, shape)                                                                                                       \
    {                                                                                                                                      \
#member, offsetof(type, member), NBX_LINK_POINTER, &shape                                                                          \
    }
#define SHAPE(type, last, text, list)                                                                                                      \
    {                                                                                                                                      \
#type, sizeof(type), SIZE_1_0(type, last), true, text, list, sizeof(list) / sizeof((list)[0])                                      \
    }
#define LEAF(type, last, text)                                                                                                             \
    {                                                                                                                                      \
#type, sizeof(type), SIZE_1_0(type, last), true, text, NULL, 0                                                                     \
    }

static const nbx_shape shape_encoding = LEAF(nbx_encoding, reserved1, offsetof(nbx_encoding, name));
static const nbx_shape shape_arith = LEAF(nbx_arith, reserved0, offsetof(nbx_arith, name));
static const nbx_shape shape_op = LEAF(nbx_op_row, reserved2, offsetof(nbx_op_row, op));
static const nbx_shape shape_option = LEAF(nbx_option, reserved1, offsetof(nbx_option, name));
static const nbx_shape shape_foreign_key = LEAF(nbx_foreign_key, note, offsetof(nbx_foreign_key, key));
static const nbx_shape shape_clause = {"nbx_clause", sizeof(nbx_clause), SIZE_1_0(nbx_clause, than_mul), false, NBX_NONE, NULL, 0};

static const nbx_shape_link combo_links[] = {
    POINTER(nbx_combo, in, shape_encoding),  POINTER(nbx_combo, weight, shape_encoding), POINTER(nbx_combo, bias, shape_encoding),
    POINTER(nbx_combo, out, shape_encoding), POINTER(nbx_combo, arith, shape_arith),     SPAN(nbx_combo, when, shape_clause),
};
static const nbx_shape shape_combo = SHAPE(nbx_combo, source, offsetof(nbx_combo, scheme), combo_links);

static const nbx_shape_link fusion_links[] = {POINTER(nbx_fusion, arith, shape_arith), SPAN(nbx_fusion, when, shape_clause)};
static const nbx_shape shape_fusion = SHAPE(nbx_fusion, reserved1, offsetof(nbx_fusion, id), fusion_links);

static const nbx_shape_link rule_links[] = {SPAN(nbx_rule, when, shape_clause), SPAN(nbx_rule, must, shape_clause)};
static const nbx_shape shape_rule = SHAPE(nbx_rule, reserved1, offsetof(nbx_rule, id), rule_links);

static const nbx_shape_link layout_links[] = {SPAN(nbx_layout_row, when, shape_clause)};
static const nbx_shape shape_layout = SHAPE(nbx_layout_row, reserved0, offsetof(nbx_layout_row, text), layout_links);

static const nbx_shape_link cost_links[] = {SPAN(nbx_cost, when, shape_clause)};
static const nbx_shape shape_cost = SHAPE(nbx_cost, source, offsetof(nbx_cost, ops), cost_links);

static const nbx_shape_link chip_links[] = {
    SPAN(nbx_chip, ops, shape_op),         SPAN(nbx_chip, combos, shape_combo),   SPAN(nbx_chip, fusions, shape_fusion),
    SPAN(nbx_chip, rules, shape_rule),     SPAN(nbx_chip, layouts, shape_layout), SPAN(nbx_chip, costs, shape_cost),
    SPAN(nbx_chip, options, shape_option),
};
static const nbx_shape shape_chip = SHAPE(nbx_chip, max_concurrent_runs, offsetof(nbx_chip, name), chip_links);

static const nbx_shape_link plugin_links[] = {SPAN(nbx_plugin, chips, shape_chip), SPAN(nbx_plugin, imports, shape_foreign_key)};
const nbx_shape nbx_shape_plugin = SHAPE(nbx_plugin, extension, offsetof(nbx_plugin, name), plugin_links);
