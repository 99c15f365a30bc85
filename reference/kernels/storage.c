/* SPDX-License-Identifier: Apache-2.0 */
/* Places every value and every step's working memory in one scratch block, by first and last use. */
#include "program.h"

typedef struct slot {
    uint64_t offset, bytes;
    uint32_t last_step;
} slot;

typedef struct plan {
    slot *live; /* by offset */
    uint32_t count;
    uint64_t top;
} plan;

static uint64_t round_up(uint64_t bytes)
{
    return (bytes + 63) & ~UINT64_C(63);
}

static void expire(plan *at, uint32_t step)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < at->count; i++)
        if (at->live[i].last_step >= step) at->live[kept++] = at->live[i];
    at->count = kept;
}

/* The lowest gap that fits. */
static uint64_t place(plan *at, uint64_t bytes, uint32_t last_step)
{
    uint64_t offset = 0;
    uint32_t where = 0;
    bytes = round_up(bytes);
    while (where < at->count && at->live[where].offset - offset < bytes) {
        offset = at->live[where].offset + at->live[where].bytes;
        where++;
    }
    for (uint32_t i = at->count; i > where; i--)
        at->live[i] = at->live[i - 1];
    at->live[where] = (slot){offset, bytes, last_step};
    at->count++;
    if (offset + bytes > at->top) at->top = offset + bytes;
    return offset;
}

static void note_use(nbx_kernels *program, const kernel_node *node, uint32_t step)
{
    for (uint32_t i = 0; i < node->input_count; i++)
        if (node->inputs[i] != NBX_NONE && program->tensors[node->inputs[i]].last_step < step)
            program->tensors[node->inputs[i]].last_step = step;
}

static void note_uses(nbx_kernels *program)
{
    for (uint32_t s = 0; s < program->step_count; s++) {
        const kernel_step *step = &program->steps[s];
        note_use(program, step->node, s);
        for (uint32_t f = 0; f < step->follow_count; f++)
            note_use(program, step->follows[f].node, s);
        for (uint32_t o = 0; o < step->output_count; o++)
            if (step->outputs[o] != NBX_NONE && program->tensors[step->outputs[o]].last_step < s)
                program->tensors[step->outputs[o]].last_step = s;
    }
    for (uint32_t i = 0; i < program->output_count; i++)
        program->tensors[program->outputs[i]].last_step = program->step_count;
}

/* Whole-byte codes live in the port's own buffer. */
static bool bound(const kernel_tensor *tensor)
{
    return (tensor->input_port != KERNEL_NO_PORT || tensor->output_port != KERNEL_NO_PORT) && tensor->port_bits >= 8;
}

static void place_tensor(plan *at, kernel_tensor *tensor)
{
    if (tensor->constant || bound(tensor)) return;
    tensor->offset = place(at, tensor->count * tensor->cell_bytes, tensor->last_step);
}

int32_t kernel_plan_storage(nbx_kernels *program)
{
    const uint64_t head = round_up((uint64_t)program->tensor_count * sizeof(void *));
    plan at = {.live = kernel_alloc(program, (uint64_t)program->tensor_count + 4, sizeof(slot)), .top = 0};
    if (!at.live) return NBX_NO_MEMORY;
    note_uses(program);
    for (uint32_t i = 0; i < program->input_count; i++)
        if (program->tensors[program->inputs[i]].offset == KERNEL_NO_OFFSET) place_tensor(&at, &program->tensors[program->inputs[i]]);
    for (uint32_t s = 0; s < program->step_count; s++) {
        kernel_step *step = &program->steps[s];
        expire(&at, s);
        for (uint32_t o = 0; o < step->output_count; o++)
            if (step->outputs[o] != NBX_NONE) place_tensor(&at, &program->tensors[step->outputs[o]]);
        step->temp_offset = head + place(&at, step->temp_bytes, s);
    }
    for (uint32_t i = 0; i < program->tensor_count; i++)
        if (program->tensors[i].offset != KERNEL_NO_OFFSET) program->tensors[i].offset += head;
    program->scratch_bytes = head + at.top + 64;
    return NBX_OK;
}
