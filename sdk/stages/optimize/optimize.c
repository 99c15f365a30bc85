/* SPDX-License-Identifier: Apache-2.0 */
/* Runs the passes until nothing changes; what a pass does is in its own file. */
#include "stages/optimize/optimize.h"

#include "stages/optimize/passes.h"
#include "stages/optimize/widen.h"

typedef struct pass {
    const char *name;
    nbx_status (*run)(nbx_rewrite *rewrite);
} pass;

/* Propagate goes first and last: every pass sees canonical nodes, and what it leaves is canonical again. */
static const pass passes[] = {
    {"propagate", nbx_pass_propagate},   {"empty", nbx_pass_empty},   {"dead", nbx_pass_dead},
    {"identities", nbx_pass_identities}, {"slices", nbx_pass_slices}, {"shuffle", nbx_pass_shuffle},
    {"views", nbx_pass_views},           {"pads", nbx_pass_pads},     {"gemm", nbx_pass_gemm},
    {"composites", nbx_pass_composites}, {"affine", nbx_pass_affine}, {"dead", nbx_pass_dead},
};
static const pass shape_passes[] = {{"propagate", nbx_pass_propagate}};

/* Constants that folding makes may take this much beyond four times what the graph has. */
#define FOLD_BASE_BYTES     (UINT64_C(64) << 20)
#define FOLD_MAX_ELEMENTS   (UINT64_C(1) << 28)
#define FOLD_INDEX_ELEMENTS UINT64_C(4096)

static uint64_t constant_bytes(const nbx_graph *graph)
{
    uint64_t total = 0;
    for (uint32_t i = 0; i < graph->value_count; i++)
        if (graph->values[i].data && !graph->values[i].data->is_splat && total < (UINT64_C(1) << 60)) total += graph->values[i].data->bytes;
    return total;
}

static nbx_status run_passes(nbx_graph *graph, nbx_arena *scratch, const pass *list, uint32_t count, uint64_t elements)
{
    nbx_rewrite rewrite;
    NBX_TRY(nbx_graph_compact(graph));
    NBX_TRY(nbx_rewrite_begin(graph, scratch, &rewrite));
    rewrite.fold_bytes = FOLD_BASE_BYTES + 4 * constant_bytes(graph);
    rewrite.fold_elements = elements;
    do { /* every change removes a node, an input or a flag, so this ends */
        rewrite.changes = 0;
        for (uint32_t i = 0; i < count; i++)
            NBX_TRY(list[i].run(&rewrite));
    } while (rewrite.changes);
    NBX_TRY(nbx_rewrite_end(&rewrite));
    return nbx_graph_compact(graph);
}

static nbx_status run_list(nbx_context *context, nbx_graph *graph, const pass *list, uint32_t count, uint64_t elements)
{
    nbx_arena *scratch = nbx_arena_create();
    nbx_status status = scratch ? run_passes(graph, scratch, list, count, elements) : nbx_raise_memory(context);
    nbx_arena_destroy(scratch);
    return status;
}

nbx_status nbx_optimize(nbx_context *context, nbx_graph *graph)
{
    const uint32_t count = sizeof(passes) / sizeof(passes[0]);
    bool widened;
    NBX_TRY(run_list(context, graph, passes, count, FOLD_MAX_ELEMENTS));
    NBX_TRY(nbx_widen_reals(graph, &widened));
    return widened ? run_list(context, graph, passes, count, FOLD_MAX_ELEMENTS) : NBX_OK; /* Casts between reals are views now */
}

nbx_status nbx_infer_shapes(nbx_context *context, nbx_graph *graph)
{
    return run_list(context, graph, shape_passes, sizeof(shape_passes) / sizeof(shape_passes[0]), FOLD_INDEX_ELEMENTS);
}
