/* SPDX-License-Identifier: Apache-2.0 */
/* From a plan to its artifact; the stages compile, formats writes. */
#include "api/object.h"
#include "formats/artifact.h"
#include "stages/package/package.h"
#include "stages/pipeline/pipeline.h"

nbx_status nbx_pipeline_compile(nbx_pipeline *pipeline)
{
    if (!pipeline) return NBX_INVALID;
    if (!pipeline->plan || pipeline->compiled) return NBX_OK;
    NBX_TRY(nbx_plan_check(pipeline->plan));
    NBX_TRY(nbx_compile_segments(pipeline->plan));
    pipeline->compiled = true;
    return NBX_OK;
}

nbx_status nbx_pipeline_save(nbx_pipeline *pipeline, const char *path)
{
    char digest[65];
    nbx_artifact artifact;
    if (!pipeline) return NBX_INVALID;
    if (!path) return nbx_raise(pipeline->context, NBX_E_API_ARGUMENT, NULL, NULL, "nbx_pipeline_save: no path");
    if (!pipeline->plan)
        return nbx_raise(pipeline->context, NBX_E_API_ARTIFACT, &(nbx_place){pipeline->file, 0, 0}, "copy the file",
                         "it is an artifact already");
    NBX_TRY(nbx_pipeline_compile(pipeline));
    NBX_TRY(nbx_model_digest(pipeline->context, pipeline->file, digest));
    NBX_TRY(nbx_package_plan(pipeline->plan, digest, &artifact));
    return nbx_artifact_save(pipeline->context, path, &artifact);
}

const char *nbx_pipeline_header(const nbx_pipeline *pipeline, const char *key)
{
    return pipeline && pipeline->rt ? nbx_rt_header(pipeline->rt, key) : NULL;
}
