/* SPDX-License-Identifier: Apache-2.0 */
/* Scores of outputs against labels or against float; running models is eval.c's work. */
#include "studies/eval/metrics.h"

#include <math.h>
#include <string.h>

uint64_t nbx_argmax(const float *values, uint64_t count)
{
    uint64_t best = 0;
    for (uint64_t i = 1; i < count; i++)
        if (values[i] > values[best]) best = i;
    return best;
}

/* A label as an index; UINT64_MAX for what is none. */
uint64_t nbx_label_index(float label)
{
    return label >= 0.0f && label < 9.0e18f ? (uint64_t)label : UINT64_MAX;
}

static double score_topk(const nbx_metric_call *call)
{
    uint64_t right = 0;
    for (uint64_t s = 0; s < call->samples; s++) {
        const float *row = call->values + s * call->elements;
        uint64_t label = nbx_label_index(call->labels[s]), before = 0;
        if (label >= call->elements) continue;
        for (uint64_t i = 0; i < call->elements; i++)
            before += row[i] > row[label] || (row[i] == row[label] && i < label);
        right += before < call->k;
    }
    return call->samples ? (double)right / (double)call->samples : 0;
}

/* Share of cells whose class is right: the class of the largest score plus one if that is above 0.5, else 0 (none). */
static double score_cells(const nbx_metric_call *call)
{
    uint64_t right = 0, cells = call->label_elements;
    uint64_t classes = cells ? call->elements / cells : 0;
    for (uint64_t s = 0; s < call->samples; s++)
        for (uint64_t c = 0; c < cells; c++) {
            const float *scores = call->values + s * call->elements + c;
            uint64_t best = 0;
            for (uint64_t k = 1; k < classes; k++)
                if (scores[k * cells] > scores[best * cells]) best = k;
            uint64_t found = scores[best * cells] > 0.5f ? best + 1 : 0;
            right += found == nbx_label_index(call->labels[s * cells + c]);
        }
    return call->samples && cells ? (double)right / (double)(call->samples * cells) : 0;
}

/* Intersection over union of all pixels of all samples at 0.5. */
static double score_iou(const nbx_metric_call *call)
{
    uint64_t both = 0, either = 0;
    for (uint64_t i = 0; i < call->samples * call->elements; i++) {
        bool found = call->values[i] > 0.5f, wanted = call->labels[i] > 0.5f;
        both += found && wanted;
        either += found || wanted;
    }
    return either ? (double)both / (double)either : 1.0;
}

static double score_cosine(const nbx_metric_call *call)
{
    double dot = 0, a = 0, b = 0;
    for (uint64_t i = 0; i < call->samples * call->elements; i++) {
        double x = (double)call->values[i], y = (double)call->reference[i];
        dot += x * y;
        a += x * x;
        b += y * y;
    }
    if (a == 0 || b == 0) return a == b ? 1.0 : 0.0;
    return dot / (sqrt(a) * sqrt(b));
}

static uint64_t one_label(uint64_t elements)
{
    (void)elements;
    return 1;
}

static uint64_t label_each(uint64_t elements)
{
    return elements;
}

/* Cells have fewer labels than scores: any divisor fits, so the file decides. */
static uint64_t label_any(uint64_t elements)
{
    (void)elements;
    return 0;
}

static uint64_t class_each(uint64_t elements, uint64_t label_elements)
{
    (void)label_elements;
    return elements;
}

/* Label 0 is a cell without anything. */
static uint64_t class_or_none(uint64_t elements, uint64_t label_elements)
{
    return elements / label_elements + 1;
}

static const nbx_metric metrics[] = {
    {"top1", true, score_topk, one_label, class_each, "share of samples whose largest score is the label's; the first index wins a tie"},
    {"topk", true, score_topk, one_label, class_each, "share of samples whose label is among the k largest scores"},
    {"cells", true, score_cells, label_any, class_or_none, "share of cells with the right class (largest score above 0.5, else none)"},
    {"iou", true, score_iou, label_each, NULL, "intersection over union at 0.5"},
    {"cosine", false, score_cosine, NULL, NULL, "cosine between the outputs and the float outputs, over all samples"},
};

const nbx_metric *nbx_metric_at(uint32_t index)
{
    return index < sizeof(metrics) / sizeof(metrics[0]) ? &metrics[index] : NULL;
}

const nbx_metric *nbx_metric_find(const char *name)
{
    for (uint32_t i = 0; nbx_metric_at(i); i++)
        if (!strcmp(metrics[i].name, name)) return &metrics[i];
    return NULL;
}
