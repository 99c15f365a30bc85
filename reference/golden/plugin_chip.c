/* SPDX-License-Identifier: Apache-2.0 */
/* The chip reference/any: every op, dense layouts, the contracts as options; which encodings stand together is in plugin_combos.c. */
#include "plugin.h"

/* Contracts by name. Averages round as their mode does in the real path. */
#define ARITH(name_, product_, bias_, requant_, exactness_)                                                                                \
    const nbx_arith reference_arith_##name_ = {.struct_size = sizeof(nbx_arith),                                                           \
                                               .name = #name_,                                                                             \
                                               .product = NBX_PRODUCT_##product_,                                                          \
                                               .bias_at = NBX_BIAS_##bias_,                                                                \
                                               .requant = NBX_REQUANT_##requant_,                                                          \
                                               .pool_round = NBX_REQUANT_##requant_,                                                       \
                                               .add_arith = NBX_ADD_REAL,                                                                  \
                                               .exactness = (exactness_)};
#define INTEGER(mode) ARITH(mode, INTEGER, ACCUMULATOR, mode, NBX_REQUANT_##mode == NBX_REQUANT_any ? NBX_NEAREST_PAIR : NBX_EXACT)
#define LOG(name, product_)                                                                                                                \
    ARITH(name, product_, REAL, even_real, NBX_PRODUCT_##product_ == NBX_PRODUCT_LOG_FLOAT ? NBX_NEAREST_PAIR : NBX_EXACT)

REFERENCE_AFFINE_MODES(INTEGER)
REFERENCE_SHIFT_MODES(INTEGER)
LOG(log_expadd, LOG_EXPADD)
LOG(log_table, LOG_TABLE)
LOG(log_float, LOG_FLOAT)
ARITH(codes, INTEGER, REAL, even_real, NBX_EXACT)
ARITH(blocks, INTEGER, REAL, even_real, NBX_EXACT)
ARITH(xnor, XNOR, REAL, even_real, NBX_EXACT)

const nbx_arith reference_arith_float = {.struct_size = sizeof(nbx_arith),
                                         .name = "float",
                                         .product = NBX_PRODUCT_FLOAT,
                                         .bias_at = NBX_BIAS_REAL,
                                         .requant = NBX_REQUANT_even_real,
                                         .pool_round = NBX_REQUANT_even_real,
                                         .add_arith = NBX_ADD_REAL,
                                         .exactness = NBX_STEPS,
                                         .err_steps = 1};
const nbx_arith reference_arith_fixed20 = {.struct_size = sizeof(nbx_arith),
                                           .name = "fixed20",
                                           .product = NBX_PRODUCT_INTEGER,
                                           .bias_at = NBX_BIAS_ACCUMULATOR,
                                           .requant = NBX_REQUANT_even_real,
                                           .pool_round = NBX_REQUANT_even_real,
                                           .add_arith = NBX_ADD_FIXED20,
                                           .exactness = NBX_EXACT};

static const nbx_op_row OPS[] = {
#define OP(stem, name_, ...)                                                                                                               \
    {.struct_size = sizeof(nbx_op_row), .grade = NBX_GRADE_DESIGNED, .op = name_, .listed = 1, .source = REFERENCE_SOURCE},
#include <nbx/tables/ops.def>
#undef OP
};

#define LAYOUT(text_)                                                                                                                      \
    {                                                                                                                                      \
        .struct_size = sizeof(nbx_layout_row), .ports = NBX_LAYOUT_INPUT | NBX_LAYOUT_OUTPUT, .text = text_, .pad_in = NBX_PAD_ANY,        \
        .pad_out = NBX_PAD_ANY, .grade = NBX_GRADE_DESIGNED, .source = "the plugin itself: any layout is read and written"                 \
    }

/* Axis order first, for every rank that has letters; then channels last. */
static const nbx_layout_row LAYOUTS[] = {LAYOUT("NCHW"),  LAYOUT("NC"),   LAYOUT("NCW"), LAYOUT("C"),
                                         LAYOUT("NCDHW"), LAYOUT("NHWC"), LAYOUT("NWC"), LAYOUT("NDHWC")};

#define CHOICE(name_, choices_, default_, text_)                                                                                           \
    {                                                                                                                                      \
        .struct_size = sizeof(nbx_option), .kind = NBX_OPTION_CHOICE, .name = name_, .choices = choices_, .default_value = default_,       \
        .text = text_                                                                                                                      \
    }

static const nbx_option OPTIONS[] = {
    CHOICE("requant", "even_real|single_up|double|even_f32|away_real|mul16_up|any", "even_real", "accumulator to code in affine schemes"),
    CHOICE("shift", "shift_up|shift_even|shift_away|shift_floor|shift_zero", "shift_up", "accumulator to code in power-of-two schemes"),
    CHOICE("product", "log_expadd|log_table|log_float", "log_expadd", "products of logarithmic codes"),
    CHOICE("add", "real|fixed20", "real", "Add and Sub of affine codes outside of groups"),
    CHOICE("fusion", "on|off", "on", "whether activations and residual sums join the op before them and round once"),
};

static const char *const ON[] = {"on"};
static const char *const REAL[] = {"real"};

#define OPTION_IS(option_, names_)                                                                                                         \
    {                                                                                                                                      \
        .of = {.kind = NBX_SUBJECT_OPTION, .name = option_}, .check = NBX_CHECK_ONE_OF, .set_count = 1, .names = names_                    \
    }

static const nbx_clause FUSED[] = {OPTION_IS("fusion", ON)};
static const nbx_clause FUSED_SUM[] = {OPTION_IS("fusion", ON), OPTION_IS("add", REAL)};

#define WEIGHTED    "Conv|ConvTranspose|Gemm|MatMul"
#define ACTIVATIONS "Relu|Clip|LeakyRelu|PRelu|HardSigmoid|HardSwish|Sigmoid|Tanh|Swish|Gelu|Elu"
#define FUSION(id_, pattern_, when_)                                                                                                       \
    {                                                                                                                                      \
        .struct_size = sizeof(nbx_fusion), .at = NBX_AT_ACCUMULATOR, .id = id_, .pattern = pattern_, .when = NBX_SPAN(when_),              \
        .grade = NBX_GRADE_DESIGNED, .source = REFERENCE_SOURCE                                                                            \
    }

static const nbx_fusion FUSIONS[] = {
    FUSION("REF-FUS-001", WEIGHTED " > Add > " ACTIVATIONS, FUSED_SUM),
    FUSION("REF-FUS-002", WEIGHTED " > " ACTIVATIONS, FUSED),
    FUSION("REF-FUS-003", WEIGHTED " > Add", FUSED_SUM),
    FUSION("REF-FUS-004", "Add|Sub|Mul > " ACTIVATIONS, FUSED),
};

const nbx_chip reference_chip = {
    .struct_size = sizeof(nbx_chip),
    .flags = NBX_CHIP_EMULATED,
    .name = REFERENCE_CHIP,
    .text = "computes every op under every contract, slowly and as written down",
    .unit = "reference",
    .ops = NBX_SPAN(OPS),
    .combos = NBX_SPAN(reference_combos),
    .fusions = NBX_SPAN(FUSIONS),
    .layouts = NBX_SPAN(LAYOUTS),
    .options = NBX_SPAN(OPTIONS),
    .batch_max = 0,
    .max_concurrent_runs = 64,
};
