/* SPDX-License-Identifier: Apache-2.0 */
/** What the stages build together: placement, groups, quantization, segments, layouts. Owned by one arena. */
#ifndef NBX_CORE_PLAN_H
#define NBX_CORE_PLAN_H

#include <nbx/plugin/plugin.h>

#include "core/graph.h"
#include "core/plugins.h"
#include "schema/rules.h"

typedef enum nbx_verdict {
    NBX_VERDICT_NONE,
    NBX_VERDICT_NATIVE,
    NBX_VERDICT_FUSED,
    NBX_VERDICT_VIEW,
    NBX_VERDICT_FOLDED,
    NBX_VERDICT_EMULATED,
    NBX_VERDICT_REFUSED
} nbx_verdict;

/** Why a chip did not take a node, or what is worth knowing about it. Texts live in the plan's arena or in plugin tables. */
typedef struct nbx_reason {
    struct nbx_reason *next;
    uint32_t chip; /* index into plan->chips: who says so */
    const char *id, *variant;
    uint16_t reason;     /* NBX_REASON_ */
    uint16_t effect;     /* NBX_EFFECT_ */
    const char *subject; /* name, for example "ATTR kernel_h" */
    nbx_phase phase;
    uint32_t grade;
    bool has_limit;
    int64_t lo, hi;
    const int64_t *set;
    uint32_t set_count;
    const char *limit_text;
    const char *unit;
    bool has_actual;
    int64_t actual;
    const char *actual_text; /* for text subjects */
    bool not_evaluated;      /* needs data */
    const char *text, *remedy, *source;
} nbx_reason;

typedef struct nbx_placement {
    uint32_t chip; /* index into plan->chips, NBX_NONE: refused everywhere */
    nbx_verdict verdict;
    uint32_t group; /* index into plan->groups, NBX_NONE */
    const nbx_combo *combo;
    const char *scheme; /* NULL for float, index ops and views */
    const char *note;
    nbx_reason *reasons, *last_reason; /* of every chip that was asked, also notes of the accepting one */
    uint32_t forced;                   /* chip index the job asks for, or NBX_NONE */
    uint32_t first_chip;               /* chips before this one are out: demotion or `place: fallback` */
    const char *wanted;                /* scheme the job asks for by name, or NULL */
    bool off_target;                   /* `place: fallback`: the wanted scheme is for the fallbacks */
    uint32_t segment;
    uint32_t min_level;  /* a cut: the node may not be in a segment before this level */
    double latency_ns;   /* of the group's first node; 0 for followers */
    const char *bound;   /* "compute", "memory", "overhead" or NULL */
    uint32_t confidence; /* NBX_CONFIDENCE_, 0: no estimate */
    const char *excluded;
    uint64_t macs, traffic_bytes, weight_bytes;
} nbx_placement;

typedef struct nbx_plan_group {
    uint32_t chip;
    const nbx_fusion *fusion;
    uint32_t *nodes;
    uint32_t node_count;
    const nbx_arith *arith;
} nbx_plan_group;

/** The observed or derived range of a value's real numbers, whatever chip it is on. */
typedef struct nbx_range {
    bool known;
    double lo, hi;
    const double *channel_mean; /* outputs of weighted ops: mean per index of axis 1, or NULL */
    const nbx_qparam *given;    /* parameters that a QDQ model states, or NULL */
    uint32_t given_count;
    uint32_t given_axis;        /* of several */
    int32_t given_lo, given_hi; /* codes of the model's integer type */
} nbx_range;

/** How one chip stores a value. Where two chips store it differently, the host converts at the border. */
typedef struct nbx_quantized {
    const nbx_encoding *encoding; /* NULL: plain dtype */
    nbx_qparam *params;
    uint32_t param_count;
    bool fixed;           /* by a QDQ model or the job */
    uint32_t tie;         /* class number, NBX_NONE */
    float *override_data; /* a constant changed by bias correction, or NULL */
    double lost_share;    /* constants: share of non-zero values that became zero */
} nbx_quantized;

typedef struct nbx_plan_port {
    uint32_t value; /* stored as the segment's chip stores it */
    nbx_layout layout;
    uint32_t pad_in, pad_out;
} nbx_plan_port;

typedef struct nbx_plan_segment {
    uint32_t chip;
    uint32_t level;
    uint32_t *nodes;
    uint32_t node_count;
    nbx_plan_port *inputs, *outputs;
    uint32_t input_count, output_count;
    const void *blob; /* after compile */
    uint64_t blob_bytes;
} nbx_plan_segment;

typedef enum nbx_conversion_kind {
    NBX_CONVERT_INPUT, /* preprocess: source pixels to the first encoding */
    NBX_CONVERT_LAYOUT,
    NBX_CONVERT_ENCODING,
    NBX_CONVERT_REFILL,
    NBX_CONVERT_OUTPUT /* to what the caller sees */
} nbx_conversion_kind;

/** Work of the host at a border, counted. */
typedef struct nbx_conversion {
    nbx_conversion_kind kind;
    uint32_t value;
    uint32_t from_segment, to_segment; /* NBX_NONE: the caller */
    const char *from, *to;             /* texts: layout, encoding */
    uint64_t bytes;                    /* read plus written */
} nbx_conversion;

/** A chip that takes part. chips[0] is the target, the rest the fallbacks in order. */
typedef struct nbx_plan_chip {
    nbx_loaded_plugin *plugin;
    const nbx_chip *chip;
    const char *spec; /* "hisilicon/hi3559av100" */
    const nbx_option_value *options;
    uint32_t option_count;
    nbx_quantized *values;           /* per value of the graph: as this chip stores it */
    struct nbx_constants *constants; /* serves them; made when first needed, dropped when the values change */
    nbx_device *device;              /* opened for compile, by whoever needs it first */
} nbx_plan_chip;

typedef struct nbx_round {
    uint32_t number, demoted;
    const char *why;
} nbx_round;

struct nbx_job;

typedef struct nbx_plan {
    nbx_context *context;
    nbx_arena *arena;
    nbx_graph *graph; /* borrowed; may gain requantize nodes */
    const struct nbx_job *job;
    const char *scheme; /* the job's, for chips[0]; NULL: the chip's default */
    nbx_plan_chip *chips;
    uint32_t chip_count;
    nbx_placement *placements; /* per node */
    uint32_t placement_count, placement_capacity;
    nbx_range *ranges; /* per value */
    uint32_t value_count, value_capacity;
    nbx_plan_chip engine; /* `reference/any` for calibration; plugin NULL if it is not installed */
    nbx_plan_group *groups;
    uint32_t group_count, group_capacity;
    nbx_plan_segment *segments; /* in execution order */
    uint32_t segment_count;
    nbx_conversion *conversions;
    uint32_t conversion_count, conversion_capacity;
    nbx_round *rounds;
    uint32_t round_count, round_capacity;
    nbx_reason *model_reasons;    /* port and model scope */
    bool has_data;                /* calibrated */
    bool rejected;                /* a port or model rule with effect `reject` is broken */
    uint32_t refused;             /* nodes that no chip takes */
    nbx_uses uses;                /* of `graph`; refreshed by nbx_plan_index */
    uint32_t *fan_out, *consumer; /* per value, for subjects */
    uint32_t calibration_samples;
    const char *calibration_method;
    bool bias_corrected;
    uint32_t requantize_count;
    uint32_t adopted; /* values whose parameters come from a QDQ model */
} nbx_plan;

/** Gives new nodes and values of the graph their rows; what is known about uses stays as it was. */
nbx_status nbx_plan_grow(nbx_plan *plan);
/** Recomputes uses, fan_out and consumer after the graph changed, and grows placements and values to its size. */
nbx_status nbx_plan_index(nbx_plan *plan);
/** Sorts the graph topologically after nodes were added, and moves placements and groups with their nodes. Indexes anew. */
nbx_status nbx_plan_sort(nbx_plan *plan);
/**
 * Sends the nodes of a segment from position `after` on to a level of their own, so that the next cut makes two segments of it.
 * Groups stay whole and something stays behind: `after` is moved where it must be. False if the segment cannot be divided.
 */
bool nbx_plan_split(nbx_plan *plan, uint32_t segment, uint32_t *after);
/** Shows chip `chip`'s encodings, parameters and ranges in the graph's value rows, for rules that read them. */
void nbx_plan_publish(nbx_plan *plan, uint32_t chip);

#endif
