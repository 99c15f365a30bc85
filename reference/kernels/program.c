/* SPDX-License-Identifier: Apache-2.0 */
/* Life of a program: creation from a view, running step by step, memory; what a step computes is left to its executor. */
#include "program.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "cells.h"

typedef struct block {
    struct block *next;
    uint8_t pad[64 - sizeof(void *)];
} block;

void *kernel_alloc(nbx_kernels *program, uint64_t count, uint64_t size)
{
    block *made;
    if (size && count > (UINT64_MAX / 4) / size) return NULL;
    made = program->host->alloc(program->host->self, sizeof(block) + count * size, 64);
    if (!made) return NULL;
    memset(made, 0, (size_t)(sizeof(block) + count * size));
    made->next = program->memory;
    program->memory = made;
    return made + 1;
}

int32_t kernel_fail(const nbx_kernels *program, const kernel_node *node, int32_t status, const char *code, const char *format, ...)
{
    char text[320];
    va_list arguments;
    nbx_diag diag = {.struct_size = sizeof diag, .status = status, .severity = NBX_LOG_ERROR, .node = NBX_NONE, .code = code};
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    diag.text = text;
    if (node) {
        diag.node = node->index;
        diag.place = node->name;
    }
    if (program->host->diag) program->host->diag(program->host->self, &diag);
    return status;
}

void nbx_kernels_destroy(nbx_kernels *kernels)
{
    const nbx_host *host;
    if (!kernels) return;
    host = kernels->host;
    for (block *at = kernels->memory, *next; at; at = next) {
        next = at->next;
        host->free(host->self, at);
    }
    host->free(host->self, kernels);
}

int32_t nbx_kernels_create(const nbx_host *host, const nbx_graph_view *view, nbx_kernels **out)
{
    nbx_kernels *program;
    int32_t status;
    if (!out) return NBX_INVALID;
    *out = NULL;
    if (!host || !view) return NBX_INVALID;
    program = host->alloc(host->self, sizeof *program, 64);
    if (!program) return NBX_NO_MEMORY;
    memset(program, 0, sizeof *program);
    program->host = host;
    status = kernel_read_view(program, view);
    if (!status) status = kernel_form_steps(program, view);
    if (!status) status = kernel_plan_storage(program);
    if (status) {
        nbx_kernels_destroy(program);
        return status;
    }
    *out = program;
    return NBX_OK;
}

uint64_t nbx_kernels_scratch_bytes(const nbx_kernels *kernels)
{
    return kernels->scratch_bytes;
}

static void *place_of(const kernel_tensor *tensor, uint8_t *scratch, const void *const *inputs, void *const *outputs)
{
    if (tensor->constant) return (void *)(uintptr_t)tensor->constant;
    if (tensor->offset != KERNEL_NO_OFFSET) return scratch + tensor->offset;
    if (tensor->input_port != KERNEL_NO_PORT) return (void *)(uintptr_t)inputs[tensor->input_port];
    if (tensor->output_port != KERNEL_NO_PORT) return outputs[tensor->output_port];
    return NULL;
}

static void deliver(const nbx_kernels *kernels, const kernel_run *run, void *const *outputs)
{
    for (uint32_t i = 0; i < kernels->output_count; i++) {
        const kernel_tensor *tensor = &kernels->tensors[kernels->outputs[i]];
        const void *cells = run->bases[kernels->outputs[i]];
        if (cells != outputs[i]) kernel_pack_port(tensor, cells, outputs[i]);
    }
}

int32_t kernel_run_until(const nbx_kernels *kernels, void *scratch, const void *const *inputs, void *const *outputs, uint64_t deadline_ns)
{
    kernel_run run = {.bases = scratch, .scratch = scratch};
    const nbx_host *host = kernels->host;
    for (uint32_t i = 0; i < kernels->tensor_count; i++)
        run.bases[i] = place_of(&kernels->tensors[i], run.scratch, inputs, outputs);
    for (uint32_t i = 0; i < kernels->input_count; i++) {
        const kernel_tensor *tensor = &kernels->tensors[kernels->inputs[i]];
        if (tensor->offset != KERNEL_NO_OFFSET && !tensor->constant && tensor->input_port == i)
            kernel_unpack_port(tensor, inputs[i], run.bases[kernels->inputs[i]]);
    }
    for (uint32_t i = 0; i < kernels->step_count; i++) {
        if (deadline_ns && host->now_ns && host->now_ns(host->self) > deadline_ns) return NBX_TIMEOUT;
        kernels->steps[i].execute(&kernels->steps[i], &run);
    }
    deliver(kernels, &run, outputs);
    return NBX_OK;
}

int32_t nbx_kernels_run(const nbx_kernels *kernels, void *scratch, const void *const *inputs, void *const *outputs)
{
    if (!kernels || !scratch) return NBX_INVALID;
    return kernel_run_until(kernels, scratch, inputs, outputs, 0);
}

const kernel_tensor *kernel_input(const kernel_step *step, uint32_t i)
{
    if (i >= step->node->input_count || step->node->inputs[i] == NBX_NONE) return NULL;
    return &step->program->tensors[step->node->inputs[i]];
}

const kernel_tensor *kernel_output(const kernel_step *step, uint32_t i)
{
    if (i >= step->output_count || step->outputs[i] == NBX_NONE) return NULL;
    return &step->program->tensors[step->outputs[i]];
}

const void *kernel_input_cells(const kernel_step *step, const kernel_run *run, uint32_t i)
{
    return run->bases[step->node->inputs[i]];
}

void *kernel_output_cells(const kernel_step *step, const kernel_run *run, uint32_t i)
{
    return run->bases[step->outputs[i]];
}
