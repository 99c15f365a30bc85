/* SPDX-License-Identifier: Apache-2.0 */
/** The stages between an optimized graph and a report, in the order of docs/architecture.md. Each changes the plan only. */
#ifndef NBX_STAGES_H
#define NBX_STAGES_H

#include "core/check.h"
#include "core/feed.h"
#include "core/plan.h"
#include "loader/loader.h"
#include "target/job.h"

/**
 * Opens a plan: finds the chips of the job, checks its options, outputs and node rows, checks port rules.
 * `graph` is changed by later stages (requantize nodes) and must outlive the plan. NBX_BAD_INPUT for what the job gets wrong.
 */
nbx_status nbx_plan_begin(nbx_context *context, nbx_registry *registry, const nbx_job *job, nbx_graph *graph, nbx_plan **out);
void nbx_plan_destroy(nbx_plan *plan);

/**
 * QDQ models on a chip that has no such nodes, or in a scheme that the job names: pairs of QuantizeLinear and
 * DequantizeLinear go, and what they state becomes the parameters and ranges of the values. Constants are dequantized.
 */
nbx_status nbx_adopt_qdq(nbx_plan *plan);
/** Gives every node to the first chip whose tables take it, by rules of phase `structure`. A refusal is not an error. */
nbx_status nbx_place_nodes(nbx_plan *plan);
/** Forms fusions from the chips' rows, longest match first. Forgets earlier groups. */
nbx_status nbx_form_groups(nbx_plan *plan);
/**
 * Encodings, requantize nodes, ties and parameters of every value on every chip. `feed` NULL: no data, parameters stay
 * empty. Calibrates once per plan. May add nodes to the graph; requantize nodes of an earlier round are taken out first.
 */
nbx_status nbx_quantize(nbx_plan *plan, const nbx_feed *feed);
/** Bias correction, once placement no longer changes. */
nbx_status nbx_finish_quantize(nbx_plan *plan, const nbx_feed *feed);
/** Runs rules of phases types..values on placed nodes; *demoted counts the nodes that lost their chip (they are placed anew). */
nbx_status nbx_recheck(nbx_plan *plan, uint32_t *demoted);
/** Takes `nodes` off their chip because of `why` (copied; NULL: they have their reason already) and places them anew. */
nbx_status nbx_demote_nodes(nbx_plan *plan, const uint32_t *nodes, uint32_t count, const nbx_reason *why);
/**
 * Cuts the plan into segments, convex and in execution order. Over a segment or model limit the segments of least
 * predicted gain are demoted; then *demoted is not 0 and the plan must go through group again.
 */
nbx_status nbx_cut_segments(nbx_plan *plan, uint32_t *demoted);
/** Layouts of every border value, fewest converted bytes per value, and the list of conversions. */
nbx_status nbx_assign_layouts(nbx_plan *plan);
/** Predicted cost of every unit. */
nbx_status nbx_estimate_costs(nbx_plan *plan);
/** Compiles every segment into its blob. NBX_SHORTFALL after 8 tries, NBX_BAD_INPUT without the data it needs. */
nbx_status nbx_compile_segments(nbx_plan *plan);

#endif
