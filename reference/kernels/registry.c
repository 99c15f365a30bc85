/* SPDX-License-Identifier: Apache-2.0 */
/* The table that gives each op of ops.def its family of kernels; what has no row is refused. */
#include "executors.h"

static const kernel_prepare_fn families[NBX_OP_COUNT_] = {
    [NBX_OP_conv] = kernel_prepare_weighted,
    [NBX_OP_conv_transpose] = kernel_prepare_weighted,
    [NBX_OP_gemm] = kernel_prepare_weighted,
    [NBX_OP_matmul] = kernel_prepare_weighted,
    [NBX_OP_max_pool] = kernel_prepare_pool,
    [NBX_OP_average_pool] = kernel_prepare_pool,
    [NBX_OP_global_average_pool] = kernel_prepare_pool,
    [NBX_OP_global_max_pool] = kernel_prepare_pool,
    [NBX_OP_batch_normalization] = kernel_prepare_elementwise,
    [NBX_OP_lrn] = kernel_prepare_along_axis,
    [NBX_OP_add] = kernel_prepare_elementwise,
    [NBX_OP_sub] = kernel_prepare_elementwise,
    [NBX_OP_mul] = kernel_prepare_elementwise,
    [NBX_OP_div] = kernel_prepare_elementwise,
    [NBX_OP_pow] = kernel_prepare_elementwise,
    [NBX_OP_min] = kernel_prepare_elementwise,
    [NBX_OP_max] = kernel_prepare_elementwise,
    [NBX_OP_prelu] = kernel_prepare_elementwise,
    [NBX_OP_relu] = kernel_prepare_elementwise,
    [NBX_OP_leaky_relu] = kernel_prepare_elementwise,
    [NBX_OP_elu] = kernel_prepare_elementwise,
    [NBX_OP_selu] = kernel_prepare_elementwise,
    [NBX_OP_sigmoid] = kernel_prepare_elementwise,
    [NBX_OP_tanh] = kernel_prepare_elementwise,
    [NBX_OP_hard_sigmoid] = kernel_prepare_elementwise,
    [NBX_OP_hard_swish] = kernel_prepare_elementwise,
    [NBX_OP_swish] = kernel_prepare_elementwise,
    [NBX_OP_gelu] = kernel_prepare_elementwise,
    [NBX_OP_mish] = kernel_prepare_elementwise,
    [NBX_OP_clip] = kernel_prepare_elementwise,
    [NBX_OP_softplus] = kernel_prepare_elementwise,
    [NBX_OP_erf] = kernel_prepare_elementwise,
    [NBX_OP_exp] = kernel_prepare_elementwise,
    [NBX_OP_log] = kernel_prepare_elementwise,
    [NBX_OP_sqrt] = kernel_prepare_elementwise,
    [NBX_OP_reciprocal] = kernel_prepare_elementwise,
    [NBX_OP_abs] = kernel_prepare_elementwise,
    [NBX_OP_neg] = kernel_prepare_elementwise,
    [NBX_OP_floor] = kernel_prepare_elementwise,
    [NBX_OP_ceil] = kernel_prepare_elementwise,
    [NBX_OP_round] = kernel_prepare_elementwise,
    [NBX_OP_sign] = kernel_prepare_elementwise,
    [NBX_OP_softmax] = kernel_prepare_along_axis,
    [NBX_OP_log_softmax] = kernel_prepare_along_axis,
    [NBX_OP_concat] = kernel_prepare_concat,
    [NBX_OP_split] = kernel_prepare_split,
    [NBX_OP_slice] = kernel_prepare_move,
    [NBX_OP_gather] = kernel_prepare_gather,
    [NBX_OP_reshape] = kernel_prepare_move,
    [NBX_OP_flatten] = kernel_prepare_move,
    [NBX_OP_transpose] = kernel_prepare_move,
    [NBX_OP_squeeze] = kernel_prepare_move,
    [NBX_OP_unsqueeze] = kernel_prepare_move,
    [NBX_OP_expand] = kernel_prepare_move,
    [NBX_OP_tile] = kernel_prepare_move,
    [NBX_OP_pad] = kernel_prepare_move,
    [NBX_OP_resize] = kernel_prepare_resize,
    [NBX_OP_reduce_mean] = kernel_prepare_reduction,
    [NBX_OP_reduce_sum] = kernel_prepare_reduction,
    [NBX_OP_reduce_max] = kernel_prepare_reduction,
    [NBX_OP_reduce_min] = kernel_prepare_reduction,
    [NBX_OP_reduce_prod] = kernel_prepare_reduction,
    [NBX_OP_reduce_l2] = kernel_prepare_reduction,
    [NBX_OP_arg_max] = kernel_prepare_reduction,
    [NBX_OP_arg_min] = kernel_prepare_reduction,
    [NBX_OP_depth_to_space] = kernel_prepare_move,
    [NBX_OP_space_to_depth] = kernel_prepare_move,
    [NBX_OP_channel_shuffle] = kernel_prepare_move,
    [NBX_OP_identity] = kernel_prepare_move,
    [NBX_OP_dropout] = kernel_prepare_move,
    [NBX_OP_cast] = kernel_prepare_elementwise,
    [NBX_OP_shape] = kernel_prepare_extent,
    [NBX_OP_size] = kernel_prepare_extent,
    [NBX_OP_range] = kernel_prepare_extent,
    [NBX_OP_equal] = kernel_prepare_elementwise,
    [NBX_OP_less] = kernel_prepare_elementwise,
    [NBX_OP_greater] = kernel_prepare_elementwise,
    [NBX_OP_where] = kernel_prepare_where,
    [NBX_OP_quantize_linear] = kernel_prepare_quantize,
    [NBX_OP_dequantize_linear] = kernel_prepare_quantize,
    [NBX_OP_requantize] = kernel_prepare_elementwise,
};

int32_t kernel_refuse(const nbx_kernels *program, const kernel_step *step, const char *why)
{
    return kernel_fail(program, step->node, NBX_UNSUPPORTED, "E-KERNEL-008", "no kernel computes this %s: %s", step->node->schema->name,
                       why);
}

/* Rounding of the last step to codes: the contract's, but plain encoding where codes only move (docs/numerics.md, section 5). */
static kernel_rounding last_rounding(const kernel_step *step)
{
    switch (step->node->schema->quant) {
    case NBX_QUANT_average:
        return kernel_rounding_of(step->arith->pool_round);
    case NBX_QUANT_select:
    case NBX_QUANT_move:
    case NBX_QUANT_convert:
        return step->follow_count ? kernel_rounding_of(step->arith->requant) : KERNEL_EVEN;
    default:
        return kernel_rounding_of(step->arith->requant);
    }
}

int32_t kernel_prepare(nbx_kernels *program, kernel_step *step)
{
    const nbx_op_schema *schema = step->node->schema;
    int32_t status;
    if (!families[schema->op])
        return kernel_fail(program, step->node, NBX_UNSUPPORTED, "E-KERNEL-001", "no kernel computes op %s", schema->name);
    if (!kernel_output(step, 0) && schema->op != NBX_OP_split) return kernel_refuse(program, step, "it has no output");
    for (uint32_t i = 1; i < step->output_count; i++)
        if (step->outputs[i] != NBX_NONE && schema->op != NBX_OP_split && schema->op != NBX_OP_max_pool)
            return kernel_refuse(program, step, "it has more than one output");
    if (step->follow_count && schema->op == NBX_OP_split) return kernel_refuse(program, step, "nothing can follow it in a group");
    step->rounding = last_rounding(step);
    status = kernel_follow_prepare(program, step);
    return status ? status : families[schema->op](program, step);
}
