/* SPDX-License-Identifier: Apache-2.0 */
/* Matches metrics and label files with outputs; computing scores is metrics.c's work. */
#include "studies/eval/labels.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "formats/npy.h"
#include "target/suggest.h"

static uint32_t find_output(const nbx_eval_outputs *outputs, const char *name, size_t bytes)
{
    for (uint32_t o = 0; o < outputs->output_count; o++)
        if (strlen(outputs->names[o]) == bytes && !strncmp(outputs->names[o], name, bytes)) return o;
    return NBX_NONE;
}

static nbx_status unknown_output(nbx_context *context, const nbx_eval_outputs *outputs, const char *name, size_t bytes)
{
    const char *near = NULL;
    char copy[128];
    if (bytes < sizeof(copy)) {
        memcpy(copy, name, bytes);
        copy[bytes] = 0;
        near = nbx_suggest(copy, outputs->names, outputs->output_count);
    }
    return nbx_raise(context, NBX_E_EVAL_OUTPUT, NULL, near ? near : outputs->names[0], "the model has no output '%.*s'", (int)bytes, name);
}

/* "top1", "topk:5" */
static nbx_status parse_metric(nbx_context *context, const char *text, size_t bytes, nbx_scored *row)
{
    char name[32];
    const char *colon = memchr(text, ':', bytes);
    size_t length = colon ? (size_t)(colon - text) : bytes;
    row->k = 1;
    if (length < sizeof(name)) {
        memcpy(name, text, length);
        name[length] = 0;
        row->metric = nbx_metric_find(name);
    }
    bool counts = row->metric && !strcmp(row->metric->name, "topk");
    char *end = NULL;
    if (colon) row->k = (uint32_t)strtoul(colon + 1, &end, 10);
    if (row->metric && row->k > 0 && (!colon || (counts && end == text + bytes))) return NBX_OK;
    return nbx_raise(context, NBX_E_EVAL_METRIC, NULL, "use top1, topk:K, cells, iou or cosine", "unknown metric '%.*s'", (int)bytes, text);
}

static nbx_status parse_metrics(nbx_context *context, const char *text, const nbx_eval_outputs *outputs, nbx_scored *rows, uint32_t *count)
{
    while (*text || !*count) { /* an empty text is an unknown metric */
        size_t bytes = strcspn(text, ",");
        const char *equal = memchr(text, '=', bytes);
        nbx_scored *row = &rows[(*count)++];
        if (equal) {
            row->output = find_output(outputs, text, (size_t)(equal - text));
            if (row->output == NBX_NONE) return unknown_output(context, outputs, text, (size_t)(equal - text));
            NBX_TRY(parse_metric(context, equal + 1, bytes - (size_t)(equal + 1 - text), row));
        } else {
            NBX_TRY(parse_metric(context, text, bytes, row));
        }
        text += bytes + (text[bytes] == ',');
    }
    return NBX_OK;
}

/* Labels that name classes are whole numbers of classes that exist. */
static nbx_status check_classes(nbx_context *context, const char *path, const nbx_eval_outputs *outputs, const nbx_scored *row)
{
    if (!row->metric->classes) return NBX_OK;
    uint64_t classes = row->metric->classes(outputs->elements[row->output], row->label_elements);
    for (uint64_t i = 0; i < row->label_elements * outputs->sample_count; i++) {
        double label = (double)row->labels[i];
        if (label >= 0 && label < (double)classes && label == floor(label)) continue;
        return nbx_raise(context, NBX_E_EVAL_LABELS, &(nbx_place){path, 0, 0}, "labels are numbers of classes, from 0",
                         "label %.9g of sample %llu is none of the %llu classes that metric %s sees in output '%s'", label,
                         (unsigned long long)(i / row->label_elements), (unsigned long long)classes, row->metric->name,
                         outputs->names[row->output]);
    }
    return NBX_OK;
}

static nbx_status load_labels(nbx_context *context, const char *path, const nbx_eval_outputs *outputs, nbx_arena *arena, nbx_scored *row)
{
    nbx_npy file;
    NBX_TRY(nbx_npy_open(context, path, &file));
    uint64_t total = 0, wanted = row->metric->label_elements ? row->metric->label_elements(outputs->elements[row->output]) : 0;
    nbx_status status = NBX_OK;
    bool fits = file.rank >= 1 && nbx_shape_elements(file.rank, file.dims, &total) && file.dims[0] == (int64_t)outputs->sample_count &&
                outputs->sample_count > 0;
    row->label_elements = fits ? total / outputs->sample_count : 0;
    if (fits && wanted) fits = row->label_elements == wanted;
    if (fits && !wanted) fits = row->label_elements > 0 && outputs->elements[row->output] % row->label_elements == 0;
    float *labels = fits ? nbx_arena_array(arena, (size_t)total + 1, sizeof(float)) : NULL;
    if (!fits)
        status = nbx_raise(context, NBX_E_EVAL_LABELS, &(nbx_place){path, 0, 0}, "the first axis counts samples",
                           "%lld labels for %u samples do not fit metric %s of output '%s'", (long long)total, outputs->sample_count,
                           row->metric->name, outputs->names[row->output]);
    else if (!labels)
        status = nbx_raise_memory(context);
    if (status == NBX_OK) {
        nbx_tensor tensor = {.dtype = file.dtype, .rank = file.rank, .data = file.data};
        memcpy(tensor.dims, file.dims, file.rank * sizeof(int64_t));
        status = nbx_tensor_to_float(&tensor, labels);
        row->labels = labels;
        if (status == NBX_OK) status = check_classes(context, path, outputs, row);
    }
    nbx_npy_close(&file);
    return status;
}

static nbx_status attach_labels(nbx_context *context, const nbx_eval_request *request, const nbx_eval_outputs *outputs, nbx_arena *arena,
                                nbx_scored *rows, uint32_t count)
{
    for (uint32_t i = 0; i < request->label_count; i++) {
        const char *text = request->labels[i], *equal = strchr(text, '=');
        uint32_t output = equal ? find_output(outputs, text, (size_t)(equal - text)) : rows[0].output;
        if (output == NBX_NONE) return unknown_output(context, outputs, text, (size_t)(equal - text));
        for (uint32_t k = 0; k < count; k++)
            if (rows[k].output == output && rows[k].metric->needs_labels)
                NBX_TRY(load_labels(context, equal ? equal + 1 : text, outputs, arena, &rows[k]));
    }
    for (uint32_t k = 0; k < count; k++)
        if (rows[k].metric->needs_labels && !rows[k].labels)
            return nbx_raise(context, NBX_E_EVAL_LABELS, NULL, "give --labels FILE or --labels OUTPUT=FILE",
                             "metric %s of output '%s' needs labels", rows[k].metric->name, outputs->names[rows[k].output]);
    return NBX_OK;
}

nbx_status nbx_labels_read(nbx_context *context, const nbx_eval_request *request, const nbx_eval_outputs *outputs, nbx_arena *arena,
                           nbx_scored **out, uint32_t *count)
{
    const char *text = request->metric ? request->metric : request->job->metric;
    *count = 0;
    if (text && !strcmp(text, "topk")) text = nbx_arena_format(arena, "topk:%u", request->job->metric_k ? request->job->metric_k : 5);
    if (!text) text = request->label_count ? "top1" : "cosine";
    size_t most = 1;
    for (const char *at = text; *at; at++)
        most += *at == ',';
    nbx_scored *rows = nbx_arena_array(arena, most, sizeof(*rows));
    if (!rows) return nbx_raise_memory(context);
    NBX_TRY(parse_metrics(context, text, outputs, rows, count));
    *out = rows;
    return attach_labels(context, request, outputs, arena, rows, *count);
}
