/* SPDX-License-Identifier: Apache-2.0 */
/* Memory, diagnostics and access to tensors for everything that prepares or runs; the view is read by prepare.c. */
#include "program.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct golden_block {
    golden_block *next;
};

/* The header keeps the 64-byte alignment of what follows it. */
enum { HEADER = 64 };

void *golden_alloc(golden *program, uint64_t count, uint64_t size)
{
    golden_block *block;
    if (size && count > (UINT64_MAX / 4) / size) return NULL;
    if (count * size > SIZE_MAX / 2) return NULL;
    block = program->host.alloc(program->host.self, HEADER + count * size, HEADER);
    if (!block) return NULL;
    memset(block, 0, (size_t)(HEADER + count * size));
    block->next = program->blocks;
    program->blocks = block;
    return (char *)block + HEADER;
}

void golden_destroy(golden *program)
{
    nbx_host host;
    golden_block *block;
    if (!program) return;
    host = program->host;
    for (block = program->blocks; block;) {
        golden_block *next = block->next;
        host.free(host.self, block);
        block = next;
    }
    host.free(host.self, program);
}

typedef struct code_row {
    const char *text;
    int32_t status;
    const char *hint;
} code_row;

static const code_row CODES[] = {
#define CODE(name, text, status, line, more) {text, NBX_##status, line},
#include <nbx/tables/codes/golden.def>
#undef CODE
};

int32_t golden_refuse(const golden *program, const golden_node *node, golden_code code, const char *format, ...)
{
    char text[320];
    nbx_diag diag = {0};
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    diag.struct_size = sizeof diag;
    diag.status = CODES[code].status;
    diag.severity = NBX_LOG_ERROR;
    diag.node = node ? node->index : NBX_NONE;
    diag.code = CODES[code].text;
    diag.text = text;
    diag.hint = CODES[code].hint;
    if (program->host.diag) program->host.diag(program->host.self, &diag);
    return CODES[code].status;
}

golden_tensor *golden_in(const golden *program, const golden_node *node, uint32_t i)
{
    return i < node->input_count && node->inputs[i] != NBX_NONE ? &program->tensors[node->inputs[i]] : NULL;
}

golden_tensor *golden_out(const golden *program, const golden_node *node, uint32_t i)
{
    if (i == 0) return &program->tensors[node->target];
    return i < node->output_count && node->outputs[i] != NBX_NONE ? &program->tensors[node->outputs[i]] : NULL;
}

golden_tensor *golden_call_in(const golden_call *call, uint32_t i)
{
    const golden_node *node = call->node;
    return i < node->input_count && node->inputs[i] != NBX_NONE ? &call->tensors[node->inputs[i]] : NULL;
}

golden_tensor *golden_call_out(const golden_call *call, uint32_t i)
{
    const golden_node *node = call->node;
    if (i == 0) return &call->tensors[node->target];
    return i < node->output_count && node->outputs[i] != NBX_NONE ? &call->tensors[node->outputs[i]] : NULL;
}

int32_t golden_expect(const golden *program, const golden_node *node, uint32_t output, uint32_t rank, const int64_t *dims)
{
    const golden_tensor *out = golden_out(program, node, output);
    uint32_t i;
    bool same;
    if (!out) return NBX_OK;
    same = out->rank == rank;
    for (i = 0; same && i < rank; i++)
        same = out->dims[i] == dims[i];
    if (same) return NBX_OK;
    return golden_refuse(program, node, E_GOLDEN_SHAPE, "node '%s' (%s): output %u has another shape than its inputs and attributes give",
                         node->view->name, node->view->op, output);
}
