/* SPDX-License-Identifier: Apache-2.0 */
/* Runs a prepared program in the caller's scratch: unpack inputs, every node in order, pack outputs. */
#include <string.h>

#include "tensor.h"

uint64_t golden_scratch_bytes(const golden *program)
{
    return program->scratch_bytes;
}

static golden_tensor *bind_tensors(const golden *program, void *scratch)
{
    golden_tensor *tensors = scratch;
    uint32_t i;
    memcpy(tensors, program->tensors, program->tensor_count * sizeof *tensors);
    for (i = 0; i < program->tensor_count; i++)
        if (!tensors[i].constant) tensors[i].data = (char *)scratch + tensors[i].offset;
    return tensors;
}

int32_t golden_run(const golden *program, void *scratch, const void *const *inputs, void *const *outputs)
{
    golden_call call = {program, NULL, bind_tensors(program, scratch), (char *)scratch + program->work_offset};
    uint32_t i;
    for (i = 0; i < program->input_count; i++)
        golden_unpack(&call.tensors[program->inputs[i]], inputs[i]);
    for (i = 0; i < program->node_count; i++) {
        call.node = &program->nodes[i];
        if (call.node->absorbed) continue;
        GOLDEN_TRY(call.node->kernel->run(&call));
    }
    for (i = 0; i < program->output_count; i++)
        golden_pack(&call.tensors[program->outputs[i]], outputs[i]);
    return NBX_OK;
}
