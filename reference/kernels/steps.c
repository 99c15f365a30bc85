/* SPDX-License-Identifier: Apache-2.0 */
/* Forms steps of nodes and groups and checks that each reads what an earlier one wrote; executors are chosen elsewhere. */
#include <string.h>

#include "program.h"
#include "rows.h"

static const nbx_arith plain_arith = {.struct_size = sizeof(nbx_arith), .product = NBX_PRODUCT_FLOAT, .bias_at = NBX_BIAS_REAL};

static int32_t check_inputs(nbx_kernels *program, const kernel_node *node, uint32_t skip)
{
    for (uint32_t i = 0; i < node->input_count; i++) {
        const kernel_tensor *tensor;
        if (i == skip || node->inputs[i] == NBX_NONE) continue;
        tensor = &program->tensors[node->inputs[i]];
        if (!tensor->constant && tensor->input_port == KERNEL_NO_PORT && !tensor->produced)
            return kernel_fail(program, node, NBX_INVALID, "E-KERNEL-002", "%s reads a value that no earlier step computes",
                               node->schema->name);
    }
    if (node->input_count < node->schema->in_min || node->output_count < 1)
        return kernel_fail(program, node, NBX_INVALID, "E-KERNEL-002", "%s has %u inputs, needs %u", node->schema->name, node->input_count,
                           node->schema->in_min);
    for (uint32_t i = 0; i < node->schema->in_min && i < node->input_count; i++)
        if (node->inputs[i] == NBX_NONE)
            return kernel_fail(program, node, NBX_INVALID, "E-KERNEL-002", "%s lacks input %u", node->schema->name, i);
    return NBX_OK;
}

static bool chained_input(const kernel_node *node, uint32_t value, uint32_t *at)
{
    for (uint32_t i = 0; i < node->input_count; i++)
        if (node->inputs[i] == value) {
            *at = i;
            return true;
        }
    return false;
}

static int32_t add_step(nbx_kernels *program, const kernel_node *first, const kernel_node *last, const nbx_arith *arith)
{
    kernel_step *step = &program->steps[program->step_count];
    int32_t status = check_inputs(program, first, NBX_NONE);
    if (status) return status;
    step->program = program;
    step->node = first;
    step->arith = arith ? arith : &plain_arith;
    step->output_count = last->output_count;
    step->outputs = last->outputs;
    for (uint32_t i = 0; i < step->output_count; i++)
        if (step->outputs[i] != NBX_NONE) {
            kernel_tensor *out = &program->tensors[step->outputs[i]];
            if (out->constant || out->produced || out->input_port != KERNEL_NO_PORT)
                return kernel_fail(program, last, NBX_INVALID, "E-KERNEL-002", "%s writes a value that exists already", last->schema->name);
        }
    status = kernel_prepare(program, step);
    if (status) return status;
    for (uint32_t i = 0; i < step->output_count; i++)
        if (step->outputs[i] != NBX_NONE) {
            program->tensors[step->outputs[i]].produced = true;
            program->tensors[step->outputs[i]].first_step = program->step_count;
        }
    program->step_count++;
    return NBX_OK;
}

/* All values between the nodes have codes of their own: each node rounds, and they run one by one. */
static bool rounds_between(const nbx_kernels *program, const nbx_group *group)
{
    if (group->at != NBX_AT_REQUANTIZED) return false;
    for (uint32_t i = 0; i + 1 < group->nodes.count; i++) {
        const kernel_node *node = &program->nodes[*NBX_ROW(uint32_t, group->nodes, i)];
        if (!node->output_count || node->outputs[0] == NBX_NONE || !program->tensors[node->outputs[0]].encoding) return false;
    }
    return true;
}

static int32_t add_group(nbx_kernels *program, const nbx_group *group, const nbx_arith *arith)
{
    const kernel_node *first = &program->nodes[*NBX_ROW(uint32_t, group->nodes, 0)], *last = first;
    kernel_step *step = &program->steps[program->step_count];
    kernel_follow *follows = kernel_alloc(program, group->nodes.count, sizeof *follows);
    if (!follows) return NBX_NO_MEMORY;
    for (uint32_t i = 1; i < group->nodes.count; i++) {
        const kernel_node *node = &program->nodes[*NBX_ROW(uint32_t, group->nodes, i)];
        int32_t status;
        if (!last->output_count || !chained_input(node, last->outputs[0], &follows[i - 1].chained))
            return kernel_fail(program, node, NBX_UNSUPPORTED, "E-KERNEL-006", "%s does not follow the node before it in its group",
                               node->schema->name);
        status = check_inputs(program, node, follows[i - 1].chained);
        if (status) return status;
        follows[i - 1].node = node;
        last = node;
    }
    step->follows = follows;
    step->follow_count = group->nodes.count - 1;
    return add_step(program, first, last, arith ? arith : first->arith);
}

static int32_t check_group(const nbx_kernels *program, const nbx_group *group, uint32_t number)
{
    if (!group->nodes.count) return NBX_INVALID;
    for (uint32_t i = 0; i < group->nodes.count; i++) {
        const uint32_t node = *NBX_ROW(uint32_t, group->nodes, i);
        if (node >= program->node_count || program->nodes[node].group != number) return NBX_INVALID;
        if (!program->nodes[node].output_count || program->nodes[node].outputs[0] == NBX_NONE) return NBX_INVALID;
    }
    return NBX_OK;
}

static int32_t add_node(nbx_kernels *program, const nbx_graph_view *view, const kernel_node *node)
{
    nbx_group group;
    nbx_arith *arith = NULL;
    if (node->group == NBX_NONE) return add_step(program, node, node, node->arith);
    if (node->group >= view->groups.count) return NBX_INVALID;
    if (!kernel_read_row(&group, sizeof group, NBX_ROW(nbx_group, view->groups, node->group))) return NBX_TOO_NEW;
    if (check_group(program, &group, node->group)) return kernel_fail(program, node, NBX_INVALID, "E-KERNEL-006", "its group is malformed");
    if (group.arith) {
        arith = kernel_alloc(program, 1, sizeof *arith);
        if (!arith) return NBX_NO_MEMORY;
        if (!kernel_read_row(arith, sizeof *arith, group.arith)) return NBX_TOO_NEW;
    }
    if (rounds_between(program, &group)) return add_step(program, node, node, arith ? arith : node->arith);
    if (*NBX_ROW(uint32_t, group.nodes, group.nodes.count - 1) != node->index) return NBX_OK;
    return add_group(program, &group, arith);
}

int32_t kernel_form_steps(nbx_kernels *program, const nbx_graph_view *view)
{
    program->steps = kernel_alloc(program, program->node_count, sizeof(kernel_step));
    if (!program->steps) return NBX_NO_MEMORY;
    for (uint32_t i = 0; i < program->node_count; i++) {
        const int32_t status = add_node(program, view, &program->nodes[i]);
        if (status) return status;
    }
    for (uint32_t i = 0; i < program->output_count; i++) {
        const kernel_tensor *tensor = &program->tensors[program->outputs[i]];
        if (!tensor->constant && !tensor->produced && tensor->input_port == KERNEL_NO_PORT)
            return kernel_fail(program, NULL, NBX_INVALID, "E-KERNEL-002", "output %u is computed by no step", i);
    }
    return NBX_OK;
}
