/* SPDX-License-Identifier: Apache-2.0 */
/* An integrator's program: plans, reports, runs, saves an artifact, and gets the same from it. Compiles as C11 and as C++17. */
#include <stdio.h>
#include <string.h>

#include <nbx/pipeline.h>

static float pixels[4096], scores[2][4096];
static unsigned char bytes[4096];

static int run(nbx_pipeline *pipeline, float *out)
{
    nbx_pipeline_port in, result;
    nbx_pipeline_buffer input, output;
    memset(&in, 0, sizeof(in));
    memset(&result, 0, sizeof(result));
    memset(&input, 0, sizeof(input));
    memset(&output, 0, sizeof(output));
    in.struct_size = (uint32_t)sizeof(in);
    result.struct_size = (uint32_t)sizeof(result);
    if (nbx_pipeline_port_get(pipeline, 0, &in) != NBX_OK || in.bytes > sizeof(bytes)) return 0;
    if (nbx_pipeline_port_get(pipeline, 1, &result) != NBX_OK || result.bytes > sizeof(scores[0])) return 0;
    input.data = in.dtype == NBX_DTYPE_UINT8 ? (void *)bytes : (void *)pixels;
    input.bytes = in.bytes;
    output.data = out;
    output.bytes = result.bytes;
    return nbx_pipeline_run(pipeline, &input, 1, &output, 1) == NBX_OK;
}

static int work(nbx_context *context, char **argv)
{
    nbx_pipeline *plan = NULL, *artifact = NULL;
    const char *text = NULL;
    for (size_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = (unsigned char)(i * 37 % 251);
    int fine = nbx_pipeline_create(context, argv[1], argv[2], NULL, &plan) == NBX_OK && nbx_pipeline_check(plan) == NBX_OK;
    fine = fine && nbx_pipeline_report(plan, NBX_REPORT_TEXT, &text) == NBX_OK && strlen(text) > 100;
    fine = fine && run(plan, scores[0]) && nbx_pipeline_save(plan, argv[3]) == NBX_OK;
    fine = fine && nbx_pipeline_load(context, argv[3], NULL, &artifact) == NBX_OK && run(artifact, scores[1]);
    nbx_pipeline_destroy(plan);
    nbx_pipeline_destroy(artifact);
    return fine && memcmp(scores[0], scores[1], sizeof(scores[0])) == 0;
}

/* consumer JOB MODEL ARTIFACT */
int main(int argc, char **argv)
{
    nbx_context *context = NULL;
    nbx_message message;
    if (argc != 4 || nbx_context_create(&context) != NBX_OK) return 2;
    int fine = work(context, argv);
    for (uint32_t i = 0; nbx_message_get(context, i, &message); i++)
        fprintf(stderr, "%s: %s [%s]\n", message.place, message.text, message.code);
    nbx_context_destroy(context);
    puts(fine ? nbx_version() : "failed");
    return fine ? 0 : 1;
}
