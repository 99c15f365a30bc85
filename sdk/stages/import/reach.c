/* SPDX-License-Identifier: Apache-2.0 */
/* Decides what the outputs need: cuts the rest, tells cut from dead, sorts; it leaves folding and other dead code to optimize. */
#include "stages/import/importer.h"

/* Nodes that the values in `wanted` depend on, with an explicit stack. */
static nbx_status mark(nbx_importer *importer, const nbx_uses *uses, const uint32_t *wanted, uint32_t count, bool *needed)
{
    const nbx_graph *graph = importer->graph;
    uint32_t *stack = nbx_arena_array(importer->scratch, (size_t)graph->node_count + 1, sizeof(uint32_t)), depth = 0;
    if (!stack) return nbx_raise_memory(importer->context);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t node = uses->producer[wanted[i]];
        if (node == NBX_NONE || needed[node]) continue;
        needed[node] = true;
        stack[depth++] = node;
    }
    while (depth) {
        const nbx_g_node *node = &graph->nodes[stack[--depth]];
        for (uint32_t i = 0; i < node->n.inputs.count; i++) {
            uint32_t value = nbx_node_input(node, i), next = value == NBX_NONE ? NBX_NONE : uses->producer[value];
            if (next == NBX_NONE || needed[next]) continue;
            needed[next] = true;
            stack[depth++] = next;
        }
    }
    return NBX_OK;
}

/* What the file's own outputs need: a node among it that the chosen ones do not need was cut, not dead. */
static nbx_status mark_of_file(nbx_importer *importer, const nbx_uses *uses, bool *needed)
{
    const Onnx__GraphProto *graph = importer->model->graph;
    uint32_t *wanted = nbx_arena_array(importer->scratch, graph->n_output, sizeof(uint32_t)), count = 0;
    if (!wanted) return nbx_raise_memory(importer->context);
    for (size_t i = 0; i < graph->n_output; i++) /* names of the graph itself are never changed */
        if (graph->output[i]->name && nbx_names_find(importer->value_names, graph->output[i]->name, &wanted[count])) count++;
    return mark(importer, uses, wanted, count, needed);
}

/* Inputs that nothing kept reads; only a cut drops them. */
static void drop_inputs(nbx_graph *graph, const nbx_uses *uses, const bool *needed)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < graph->input_count; i++) {
        uint32_t value = graph->inputs[i];
        bool read = uses->is_output[value];
        for (uint32_t u = uses->first[value]; u < uses->first[value + 1] && !read; u++)
            read = needed[uses->consumers[u]];
        if (read)
            graph->inputs[kept++] = value;
        else
            graph->values[value].v.flags &= ~(uint32_t)NBX_VALUE_INPUT;
    }
    graph->input_count = kept;
}

nbx_status nbx_import_reach(nbx_importer *importer)
{
    nbx_graph *graph = importer->graph;
    nbx_uses uses;
    bool cut = importer->options->output_count > 0;
    bool *needed = nbx_arena_array(importer->scratch, (size_t)graph->node_count + 1, sizeof(bool));
    bool *of_file = nbx_arena_array(importer->scratch, (size_t)graph->node_count + 1, sizeof(bool));
    if (!needed || !of_file) return nbx_raise_memory(importer->context);
    NBX_TRY(nbx_graph_uses(graph, importer->scratch, &uses));
    NBX_TRY(mark(importer, &uses, graph->outputs, graph->output_count, needed));
    if (cut) NBX_TRY(mark_of_file(importer, &uses, of_file));
    for (uint32_t n = 0; n < graph->node_count; n++) {
        uint32_t source = importer->source_of[n];
        if (needed[n]) continue;
        /* not nbx_graph_kill, which looks for sources by name: a file may have a million dead nodes */
        graph->nodes[n].dead = true;
        graph->nodes[n].n.origins.count = 0;
        if (source != NBX_NONE) graph->sources[source].fate = of_file[n] ? NBX_FATE_CUT : NBX_FATE_DEAD;
    }
    if (cut) drop_inputs(graph, &uses, needed);
    return nbx_graph_compact(graph);
}
