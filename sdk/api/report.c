/* SPDX-License-Identifier: Apache-2.0 */
/* What a pipeline tells about itself: verdict, plan, accuracy; the models of reports are made by stages and studies. */
#include <stdlib.h>
#include <string.h>

#include "api/object.h"
#include "studies/eval/eval.h"

nbx_status nbx_pipeline_check(nbx_pipeline *pipeline)
{
    if (!pipeline) return NBX_INVALID;
    if (!pipeline->plan) return NBX_OK; /* refused nodes never become an artifact */
    nbx_status status = nbx_plan_check(pipeline->plan);
    return status == NBX_OK ? nbx_plan_check_budget(pipeline->plan) : status;
}

typedef struct text_builder {
    char *text;
    size_t used, capacity;
    bool failed;
} text_builder;

static nbx_status append(void *self, const char *text, size_t bytes)
{
    text_builder *b = self;
    if (b->failed) return NBX_NO_MEMORY;
    if (bytes >= b->capacity - b->used) {
        size_t capacity = (b->capacity + bytes) * 2 + 1024;
        char *larger = realloc(b->text, capacity);
        b->failed = !larger;
        if (b->failed) return NBX_NO_MEMORY;
        b->text = larger;
        b->capacity = capacity;
    }
    memcpy(b->text + b->used, text, bytes);
    b->used += bytes;
    b->text[b->used] = 0;
    return NBX_OK;
}

typedef void renderer(const json_t *report, bool verbose, const nbx_text_sink *sink);

/* Takes the reference to `report`. */
static nbx_status give_text(nbx_pipeline *pipeline, json_t *report, uint32_t format, renderer *render, const char **out)
{
    text_builder builder = {0};
    nbx_text_sink sink = {&builder, append};
    if (!report) return nbx_raise_memory(pipeline->context);
    if (format == NBX_REPORT_JSON)
        builder.text = nbx_report_json(report);
    else
        render(report, false, &sink);
    json_decref(report);
    if (!builder.text || builder.failed) {
        free(builder.text);
        return nbx_raise_memory(pipeline->context);
    }
    free(pipeline->text);
    *out = pipeline->text = builder.text;
    return NBX_OK;
}

static nbx_status want_plan(nbx_pipeline *pipeline, uint32_t format)
{
    if (format > NBX_REPORT_JSON)
        return nbx_raise(pipeline->context, NBX_E_API_ARGUMENT, NULL, "NBX_REPORT_TEXT or NBX_REPORT_JSON", "no report format %u", format);
    if (pipeline->plan) return NBX_OK;
    return nbx_raise(pipeline->context, NBX_E_API_ARTIFACT, &(nbx_place){pipeline->file, 0, 0}, "open job and model instead",
                     "an artifact has no plan to report on");
}

nbx_status nbx_pipeline_report(nbx_pipeline *pipeline, uint32_t format, const char **out)
{
    if (out) *out = NULL;
    if (!pipeline || !out) return NBX_INVALID;
    NBX_TRY(want_plan(pipeline, format));
    return give_text(pipeline, nbx_report_plan(pipeline->plan), format, nbx_report_plan_text, out);
}

nbx_status nbx_pipeline_evaluate(nbx_pipeline *pipeline, const nbx_pipeline_samples *samples, uint32_t format, const char **out)
{
    nbx_pipeline_samples ours = {0};
    json_t *report = NULL;
    if (out) *out = NULL;
    if (!pipeline || !samples || !out) return NBX_INVALID;
    NBX_TRY(want_plan(pipeline, format));
    memcpy(&ours, samples, samples->struct_size < sizeof(ours) ? samples->struct_size : sizeof(ours));
    if (!ours.data_count || !ours.data || (ours.label_count && !ours.labels))
        return nbx_raise(pipeline->context, NBX_E_API_ARGUMENT, NULL, NULL, "nbx_pipeline_evaluate: no data, or a count without its list");
    nbx_eval_request request = {.registry = pipeline->registry,
                                .job = pipeline->job,
                                .model = pipeline->file,
                                .data = ours.data,
                                .data_count = ours.data_count,
                                .labels = ours.labels,
                                .label_count = ours.label_count,
                                .metric = ours.metric};
    nbx_status status = nbx_eval(pipeline->context, &request, &report);
    nbx_status given = report ? give_text(pipeline, report, format, nbx_eval_text, out) : NBX_OK;
    return status != NBX_OK ? status : given;
}
