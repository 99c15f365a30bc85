/* SPDX-License-Identifier: Apache-2.0 */
/* Reads ELF and program headers to see that a library is one, whole and ours; symbols are left to the dynamic loader. */
#include "loader/elf_check.h"

#include <elf.h>
#include <link.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#if defined(__x86_64__)
#define HOST_MACHINE EM_X86_64
#elif defined(__aarch64__)
#define HOST_MACHINE EM_AARCH64
#elif defined(__arm__)
#define HOST_MACHINE EM_ARM
#elif defined(__riscv)
#define HOST_MACHINE EM_RISCV
#else
#define HOST_MACHINE EM_NONE
#endif

static bool read_at(int file, void *out, size_t bytes, uint64_t at)
{
    return at <= INT64_MAX / 2 && pread(file, out, bytes, (off_t)at) == (ssize_t)bytes;
}

static bool refuse(nbx_arena *arena, const char *path, nbx_refusal *refusal, const char *text)
{
    return nbx_refuse(arena, refusal, NBX_E_LOAD_ELF, path, NULL, "%s", text);
}

bool nbx_elf_check(nbx_arena *arena, int file, const char *path, nbx_refusal *refusal)
{
    ElfW(Ehdr) head;
    struct stat st;
    const unsigned char class = sizeof(void *) == 8 ? ELFCLASS64 : ELFCLASS32;
    if (fstat(file, &st) != 0 || !read_at(file, &head, sizeof(head), 0) || memcmp(head.e_ident, ELFMAG, SELFMAG))
        return refuse(arena, path, refusal, "is not a shared library (no ELF header)");
    if (head.e_ident[EI_CLASS] != class || head.e_ident[EI_DATA] != ELFDATA2LSB ||
        (HOST_MACHINE != EM_NONE && head.e_machine != HOST_MACHINE))
        return refuse(arena, path, refusal, "is a library for another machine");
    if (head.e_type != ET_DYN || head.e_phentsize != sizeof(ElfW(Phdr)) || head.e_phnum == 0)
        return refuse(arena, path, refusal, "is an ELF file, but not a shared library");
    for (uint32_t i = 0; i < head.e_phnum; i++) {
        ElfW(Phdr) part;
        uint64_t size = (uint64_t)st.st_size;
        if (!read_at(file, &part, sizeof(part), head.e_phoff + (uint64_t)i * sizeof(part)))
            return refuse(arena, path, refusal, "is cut short: a program header lies beyond its end");
        if (part.p_type == PT_LOAD && (part.p_offset > size || part.p_filesz > size - part.p_offset))
            return refuse(arena, path, refusal, "is cut short: a segment lies beyond its end");
    }
    return true;
}
