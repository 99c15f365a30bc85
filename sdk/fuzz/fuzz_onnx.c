/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzzes the import of ONNX models in memory: an error or a graph whose every constant can be read to its end. */
#include <stdint.h>
#include <stdlib.h>

#include "stages/import/import.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Reads the first and last element of every constant: what lies outside the file shows here. */
static double read_constants(const nbx_graph *graph)
{
    double sum = 0;
    for (uint32_t i = 0; i < graph->value_count; i++) {
        const nbx_tensor *tensor = graph->values[i].data;
        uint64_t elements;
        if (!tensor || !nbx_shape_elements(tensor->rank, tensor->dims, &elements)) continue;
        if (elements) sum += nbx_tensor_float(tensor, 0) + nbx_tensor_float(tensor, elements - 1);
    }
    return sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static volatile double kept;
    nbx_context *context;
    nbx_graph *graph;
    if (nbx_context_create(&context) != NBX_OK) return 0;
    nbx_status status = nbx_import_onnx_bytes(context, data, size, "fuzz.onnx", NULL, &graph);
    if ((status == NBX_OK) != (graph != NULL)) abort();
    if (status != NBX_OK && nbx_message_count(context) == 0) abort();
    if (graph) kept = read_constants(graph);
    (void)kept;
    nbx_graph_destroy(graph);
    nbx_context_destroy(context);
    return 0;
}
