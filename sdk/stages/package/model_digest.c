/* SPDX-License-Identifier: Apache-2.0 */
/* The digest of a model file; hashing is the loader's. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "loader/trust.h"
#include "stages/package/package.h"

nbx_status nbx_model_digest(nbx_context *context, const char *path, char out[65])
{
    nbx_refusal refusal = {0};
    nbx_place place = {path, 0, 0};
    nbx_arena *arena = nbx_arena_create();
    if (!arena) return nbx_raise_memory(context);
    int file = open(path, O_RDONLY | O_CLOEXEC);
    nbx_status status = NBX_OK;
    if (file < 0)
        status = nbx_raise(context, NBX_E_CORE_FILE, &place, NULL, "%s", strerror(errno));
    else if (!nbx_file_digest(arena, file, path, out, &refusal))
        status = nbx_raise(context, NBX_E_CORE_FILE, &place, NULL, "%s", refusal.text);
    if (file >= 0) close(file);
    nbx_arena_destroy(arena);
    return status;
}
