/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzzes manifest text: what is accepted can be written and reads back the same; what is not has one refusal with a text. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "loader/manifest.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(int holds)
{
    if (!holds) abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    nbx_arena *arena = nbx_arena_create();
    nbx_manifest manifest, again;
    nbx_refusal refusal = {0};
    require(arena != NULL);
    if (nbx_manifest_parse(arena, "f", data, size, &manifest, &refusal)) {
        require(!refusal.refused && manifest.abi_min <= manifest.abi_max && strchr(manifest.library, '/') == NULL);
        char *text = nbx_manifest_text(arena, &manifest);
        require(text != NULL && nbx_manifest_parse(arena, "f", text, strlen(text), &again, &refusal));
        require(!strcmp(manifest.name, again.name) && !strcmp(manifest.version, again.version));
        require(manifest.chips.count == again.chips.count && manifest.roles == again.roles);
    } else {
        require(refusal.refused && refusal.text && *refusal.text);
    }
    nbx_arena_destroy(arena);
    return 0;
}
