/* SPDX-License-Identifier: Apache-2.0 */
/* Plans a classifier for a job, runs one sample, and prints the five largest outputs.   usage: top5 JOB MODEL SAMPLES.npy INDEX */
#include <stdio.h>
#include <stdlib.h>

#include <nbx/pipeline.h>

static void show(void *self, const nbx_message *message)
{
    (void)self;
    fprintf(stderr, "%s: %s; %s [%s]\n", message->place, message->text, message->hint, message->code);
}

/* Sample `index` of a .npy: behind a header whose length stands at byte 8. */
static int read_sample(const char *path, long index, const nbx_pipeline_buffer *into)
{
    unsigned char head[10];
    FILE *file = fopen(path, "rb");
    int fine = file && fread(head, 1, 10, file) == 10;
    fine = fine && fseek(file, 10 + head[8] + 256L * head[9] + index * (long)into->bytes, SEEK_SET) == 0;
    fine = fine && fread(into->data, 1, (size_t)into->bytes, file) == into->bytes;
    if (file) fclose(file);
    return fine;
}

int main(int argc, char **argv)
{
    nbx_context *context = NULL;
    nbx_pipeline *pipeline = NULL;
    nbx_pipeline_port in = {.struct_size = sizeof(in)}, out = {.struct_size = sizeof(out)};
    if (argc != 5 || nbx_context_create(&context) != NBX_OK) return nbx_status_exit_code(NBX_USAGE);
    nbx_context_on_message(context, show, NULL);
    nbx_status status = nbx_pipeline_create(context, argv[1], argv[2], NULL, &pipeline);
    if (status == NBX_OK) status = nbx_pipeline_port_get(pipeline, 0, &in);
    if (status == NBX_OK) status = nbx_pipeline_port_get(pipeline, nbx_pipeline_input_count(pipeline), &out);
    nbx_pipeline_buffer input = {malloc((size_t)in.bytes + 1), in.bytes, NBX_FORM_PORT, 0};
    nbx_pipeline_buffer output = {malloc((size_t)out.bytes + 1), out.bytes, NBX_FORM_PORT, 0};
    if (status == NBX_OK && !read_sample(argv[3], atol(argv[4]), &input)) status = NBX_IO;
    if (status == NBX_OK) status = nbx_pipeline_run(pipeline, &input, 1, &output, 1);
    float *score = output.data;
    for (int rank = 0; status == NBX_OK && rank < 5; rank++) {
        size_t best = 0, count = (size_t)(out.bytes / sizeof(float));
        for (size_t i = 1; i < count; i++)
            if (score[i] > score[best]) best = i;
        printf("%zu %.4f\n", best, (double)score[best]);
        score[best] = -1e30f;
    }
    free(input.data);
    free(output.data);
    nbx_pipeline_destroy(pipeline);
    nbx_context_destroy(context);
    return nbx_status_exit_code(status);
}
