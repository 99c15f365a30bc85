/* SPDX-License-Identifier: Apache-2.0 */
/* Opens sample files and checks them against model and job; converting elements is core's work. */
#include "stages/feed/feed.h"

#include <stdlib.h>
#include <string.h>

#include "formats/npy.h"

struct nbx_feed_files {
    nbx_feed feed;
    nbx_npy *files;
    uint32_t open_count;
    nbx_arena *arena;
};

const nbx_feed *nbx_feed_of(const nbx_feed_files *files)
{
    return &files->feed;
}

void nbx_feed_close(nbx_feed_files *files)
{
    if (!files) return;
    for (uint32_t i = 0; i < files->open_count; i++)
        nbx_npy_close(&files->files[i]);
    nbx_arena_destroy(files->arena);
}

static const char *shape_text(nbx_arena *arena, uint32_t rank, const int64_t *dims)
{
    const char *text = "[";
    for (uint32_t i = 0; i < rank && text; i++)
        text = nbx_arena_format(arena, "%s%s%lld", text, i ? "," : "", (long long)dims[i]);
    text = text ? nbx_arena_format(arena, "%s]", text) : NULL;
    return text ? text : "?";
}

/* The model's extents in the order of the source, with or without the batch axis of 1, behind the axis of samples. */
static bool shape_fits(const nbx_npy *file, const nbx_value *v, bool nhwc, uint32_t *samples)
{
    int64_t want[NBX_MAX_RANK];
    uint32_t rank = v->rank;
    for (uint32_t i = 0; i < rank; i++)
        want[i] = v->dims[i];
    if (nhwc && rank == 4) {
        want[1] = v->dims[2];
        want[2] = v->dims[3];
        want[3] = v->dims[1];
    }
    for (uint32_t skip = 0; skip <= 1; skip++) { /* skip: the file leaves out a batch of 1 */
        if (skip && (rank == 0 || want[0] != 1)) continue;
        uint32_t inner = rank - skip;
        for (uint32_t outer = 0; outer <= 1; outer++) { /* outer: the file has an axis of samples */
            if (file->rank != inner + outer) continue;
            bool same = true;
            for (uint32_t i = 0; i < inner; i++)
                same &= file->dims[i + outer] == want[i + skip];
            if (!same) continue;
            *samples = outer ? (uint32_t)file->dims[0] : 1;
            return outer == 0 || file->dims[0] <= (int64_t)UINT32_MAX;
        }
    }
    return false;
}

static nbx_status check_counts(nbx_context *context, const nbx_job_input *row, const nbx_feed_input *input, const char *name)
{
    uint64_t channels = input->channels;
    bool mean = row->mean_count <= 1 || row->mean_count == channels, scale = row->scale_count <= 1 || row->scale_count == channels;
    if (mean && scale) return NBX_OK;
    return nbx_raise(context, NBX_E_FEED_JOB, &row->place, "give one number, or one per channel",
                     "input '%s' has %llu channels, %s has %u numbers", name, (unsigned long long)channels, mean ? "scale" : "mean",
                     mean ? row->scale_count : row->mean_count);
}

static void take_preprocessing(const nbx_job_input *row, nbx_feed_input *out)
{
    out->mean = row->mean;
    out->mean_count = row->mean_count;
    out->scale = row->scale;
    out->scale_count = row->scale_count;
}

static bool is_whole(uint32_t dtype)
{
    char kind = nbx_dtype_kind(dtype);
    return (kind == 'i' || kind == 'u' || kind == 'b') && nbx_dtype_bits(dtype) >= 8;
}

nbx_status nbx_feed_describe(nbx_context *context, const nbx_feed_source *source, uint32_t i, uint32_t dtype, nbx_feed_input *out)
{
    const nbx_graph *graph = source->graph;
    const nbx_value *v = &graph->values[graph->inputs[i]].v;
    const nbx_job_input *row = nbx_job_find_input(source->job, v->name, i);
    const nbx_place file = {source->path, 0, 0}, *place = source->path ? &file : NULL;
    *out = (nbx_feed_input){.value = graph->inputs[i], .model_dtype = v->dtype, .dtype = dtype, .channels = 1};
    out->nhwc = row && row->source_layout && !strcmp(row->source_layout, "NHWC");
    if (!graph->values[graph->inputs[i]].known || !nbx_shape_elements(v->rank, v->dims, &out->elements))
        return nbx_raise(context, NBX_E_FEED_DATA, place, "fix it with `inputs: - {name, shape}`", "input '%s' has no fixed shape",
                         v->name);
    if (v->dtype != NBX_DTYPE_FLOAT32 && (!is_whole(v->dtype) || !is_whole(dtype)))
        return nbx_raise(context, NBX_E_FEED_DATA, place, "give integers or booleans for such an input",
                         "input '%s' takes %s, the samples are %s", v->name, nbx_dtype_name(v->dtype), nbx_dtype_name(dtype));
    if (!nbx_tensor_bytes(dtype, v->rank, v->dims, &out->sample_bytes)) return nbx_raise_memory(context);
    if (v->rank >= 2 && v->dims[1] > 0) out->channels = (uint64_t)v->dims[1];
    uint64_t batch = v->rank ? (uint64_t)v->dims[0] : 1;
    out->inner = batch && out->channels ? out->elements / batch / out->channels : 1;
    if (!row) return NBX_OK;
    take_preprocessing(row, out);
    return check_counts(context, row, out, v->name);
}

static nbx_status fill_input(nbx_context *context, const nbx_feed_source *source, nbx_feed_files *files, uint32_t i)
{
    const nbx_graph *graph = source->graph;
    const nbx_value *v = &graph->values[graph->inputs[i]].v;
    const nbx_npy *file = &files->files[i];
    nbx_feed_input *input = &files->feed.inputs[i];
    uint32_t samples = 0;
    NBX_TRY(nbx_feed_describe(context, source, i, file->dtype, input));
    input->data = file->data;
    if (!shape_fits(file, v, input->nhwc, &samples))
        return nbx_raise(context, NBX_E_FEED_DATA, &(nbx_place){source->path, 0, 0}, "the first axis counts samples",
                         "shape %s does not fit input '%s' of shape %s", shape_text(files->arena, file->rank, file->dims), v->name,
                         shape_text(files->arena, v->rank, v->dims));
    if (samples == 0)
        return nbx_raise(context, NBX_E_FEED_DATA, &(nbx_place){source->path, 0, 0}, "the first axis counts samples",
                         "there are no samples for input '%s'", v->name);
    if (i == 0 || samples < files->feed.sample_count) files->feed.sample_count = samples;
    return NBX_OK;
}

/* "FILE" for the only input, else the one whose text begins with "NAME=". */
static const char *path_of(const nbx_graph *graph, uint32_t input, const char *const *paths, uint32_t count)
{
    const char *name = graph->values[graph->inputs[input]].v.name;
    size_t bytes = strlen(name);
    for (uint32_t i = 0; i < count; i++)
        if (!strncmp(paths[i], name, bytes) && paths[i][bytes] == '=') return paths[i] + bytes + 1;
    return graph->input_count == 1 && count == 1 ? paths[0] : NULL;
}

static nbx_status fill(nbx_context *context, const nbx_job *job, const nbx_graph *graph, nbx_feed_files *files, const char *const *paths,
                       uint32_t count)
{
    files->files = nbx_arena_array(files->arena, (size_t)graph->input_count + 1, sizeof(nbx_npy));
    files->feed.inputs = nbx_arena_array(files->arena, (size_t)graph->input_count + 1, sizeof(nbx_feed_input));
    if (!files->files || !files->feed.inputs) return nbx_raise_memory(context);
    files->feed.input_count = graph->input_count;
    files->feed.sample_count = 1; /* a model without inputs says what it has to say once */
    for (uint32_t i = 0; i < graph->input_count; i++) {
        const char *path = path_of(graph, i, paths, count);
        if (!path)
            return nbx_raise(context, NBX_E_FEED_DATA, NULL, "use NAME=FILE", "no samples for input '%s'",
                             graph->values[graph->inputs[i]].v.name);
        NBX_TRY(nbx_npy_open(context, path, &files->files[i]));
        files->open_count++;
        NBX_TRY(fill_input(context, &(nbx_feed_source){job, graph, path}, files, i));
    }
    return NBX_OK;
}

nbx_status nbx_feed_open(nbx_context *context, const nbx_job *job, const nbx_graph *graph, const char *const *paths, uint32_t count,
                         uint32_t most_samples, nbx_feed_files **out)
{
    *out = NULL;
    nbx_arena *arena = nbx_arena_create();
    nbx_feed_files *files = arena ? nbx_arena_alloc(arena, sizeof(*files)) : NULL;
    if (!files) {
        nbx_arena_destroy(arena);
        return nbx_raise_memory(context);
    }
    files->arena = arena;
    nbx_status status = fill(context, job, graph, files, paths, count);
    if (status != NBX_OK) {
        nbx_feed_close(files);
        return status;
    }
    if (most_samples && most_samples < files->feed.sample_count) files->feed.sample_count = most_samples;
    *out = files;
    return NBX_OK;
}

nbx_status nbx_feed_calibration(nbx_context *context, const nbx_job *job, const nbx_graph *graph, nbx_feed_files **out)
{
    return nbx_feed_open(context, job, graph, &job->calibration, 1, job->samples, out);
}
