/* SPDX-License-Identifier: Apache-2.0 */
/* Maps artifact files and puts the reader's faults into the context; the reader itself is libnbx-rt's. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "formats/artifact.h"
#include "formats/artifact_fault.h"
#include "rt/artifact_file.h"

/* Same rows, so same names; the numbers differ because the runtime knows only two of the tables. */
static const nbx_code codes[] = {
#define CODE(name, text, status, line, explanation) [NBX_FAULT_##name] = NBX_E_##name,
#include <nbx/tables/codes/formats.def>
#include <nbx/tables/codes/loader.def>
#undef CODE
};

nbx_status nbx_artifact_raise(nbx_context *context, const char *path, const nbx_fault *fault)
{
    nbx_place place = {path, 0, 0};
    return nbx_raise(context, codes[fault->code], &place, NULL, "%s", fault->text);
}

nbx_status nbx_artifact_load(nbx_context *context, const char *path, nbx_artifact_file *out)
{
    struct stat st;
    nbx_fault fault = {0};
    memset(out, 0, sizeof(*out));
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0 || fstat(file, &st) != 0 || !S_ISREG(st.st_mode)) {
        nbx_fault_set(&fault, NBX_FAULT_ART_FILE, "%s", file < 0 ? strerror(errno) : "not a regular file");
    } else if (st.st_size < 1 || (uint64_t)st.st_size > SIZE_MAX / 2) {
        nbx_fault_set(&fault, NBX_FAULT_ART_MAGIC, "the file is empty, or larger than this machine can map");
    } else {
        out->mapping_bytes = (size_t)st.st_size;
        out->mapping = mmap(NULL, out->mapping_bytes, PROT_READ, MAP_PRIVATE, file, 0);
        if (out->mapping == MAP_FAILED) {
            out->mapping = NULL;
            nbx_fault_set(&fault, NBX_FAULT_ART_FILE, "%s", strerror(errno));
        } else {
            nbx_artifact_open(out->mapping, out->mapping_bytes, &out->artifact, &fault);
        }
    }
    if (file >= 0) close(file);
    if (fault.status == NBX_OK) return NBX_OK;
    nbx_artifact_unload(out);
    return nbx_artifact_raise(context, path, &fault);
}

void nbx_artifact_unload(nbx_artifact_file *file)
{
    nbx_artifact_close(&file->artifact);
    if (file->mapping) munmap(file->mapping, file->mapping_bytes);
    memset(file, 0, sizeof(*file));
}

bool nbx_artifact_is(const char *path)
{
    char magic[8];
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (file < 0) return false;
    bool is = read(file, magic, sizeof(magic)) == (ssize_t)sizeof(magic) && !memcmp(magic, NBX_ART_MAGIC, sizeof(magic));
    close(file);
    return is;
}
