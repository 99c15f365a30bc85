/* SPDX-License-Identifier: Apache-2.0 */
/* Tells a target file from a bare chip; both are read by load.c. */
#include <string.h>
#include <sys/stat.h>

#include "target/target.h"

static bool ends_with(const char *text, const char *end)
{
    size_t bytes = strlen(text), tail = strlen(end);
    return bytes > tail && !strcmp(text + bytes - tail, end);
}

static bool is_bare(const char *target)
{
    const char *slash = strchr(target, '/');
    struct stat info;
    if (ends_with(target, ".yaml") || ends_with(target, ".yml")) return false;
    return slash && !strchr(slash + 1, '/') && stat(target, &info) != 0;
}

nbx_status nbx_job_set_open(nbx_context *context, const char *target, const nbx_overrides *overrides, nbx_job_set **out)
{
    return is_bare(target) ? nbx_job_set_default(context, target, overrides, out) : nbx_job_set_load(context, target, overrides, out);
}
