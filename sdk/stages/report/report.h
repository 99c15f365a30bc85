/* SPDX-License-Identifier: Apache-2.0 */
/** Reports: one data model per subject (JSON), rendered as JSON or text. Callers own what they get. */
#ifndef NBX_STAGES_REPORT_H
#define NBX_STAGES_REPORT_H

#include <jansson.h>

#include "stages/stages.h"
#include "target/target.h"

/** What all reports begin with: schema_version, nbx_version, report. NULL if out of memory. */
json_t *nbx_report_begin(const char *report);

/** The model of a plan, fields as documented in docs/reports.md. NULL if out of memory. */
json_t *nbx_report_plan(const nbx_plan *plan);
/** Sums that other studies also need. */
typedef struct nbx_plan_summary {
    uint32_t sources, native, fused, view, folded, emulated, refused, fallback, segments;
    uint64_t conversion_bytes, macs, weight_bytes, traffic_bytes, activation_peak_bytes, io_bytes, artifact_bytes;
    uint64_t chip_macs;    /* of units with a prediction */
    double latency_us;     /* chip units with a prediction, plus borders between segments */
    double mac_efficiency; /* share of the peak of the target's array while it works; 0 if unknown */
    uint32_t confidence;   /* worst class summed, 0: nothing predicted */
} nbx_plan_summary;
nbx_status nbx_plan_summarize(const nbx_plan *plan, nbx_plan_summary *out);

/** JSON text: sorted keys, two spaces, newline at the end. malloc'ed; NULL if out of memory. */
char *nbx_report_json(const json_t *report);

/** Formatted text into a sink. A sink that fails remembers it itself. */
void nbx_sink_format(const nbx_text_sink *sink, const char *format, ...) __attribute__((format(printf, 2, 3)));

/** A table of texts: columns are as wide as their widest cell; numbers are right-aligned by the caller's choice. */
typedef struct nbx_text_table nbx_text_table;
/** `titles`: "name|op|>us": a leading > right-aligns. NULL if out of memory. */
nbx_text_table *nbx_text_table_create(const char *titles);
/** Next cell, row by row; the text is copied. */
void nbx_text_table_cell(nbx_text_table *table, const char *format, ...) __attribute__((format(printf, 2, 3)));
void nbx_text_table_write(const nbx_text_table *table, const nbx_text_sink *sink);
void nbx_text_table_destroy(nbx_text_table *table);

/** The plan report as text: nodes, reasons, conversions, summary. `verbose` also lists folded nodes and notes. */
void nbx_report_plan_text(const json_t *report, bool verbose, const nbx_text_sink *sink);

#endif
