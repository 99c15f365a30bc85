/* SPDX-License-Identifier: Apache-2.0 */
/* Checks who could have changed a plugin file, and takes its digest; it leaves reading manifests and loading to others. */
#include "loader/trust.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/evp.h>

bool nbx_refuse(nbx_arena *arena, nbx_refusal *refusal, nbx_code code, const char *file, const char *hint, const char *format, ...)
{
    char text[1024];
    va_list list;
    va_start(list, format);
    vsnprintf(text, sizeof(text), format, list);
    va_end(list);
    refusal->refused = true;
    refusal->code = code;
    refusal->place = (nbx_place){file ? nbx_arena_string(arena, file) : NULL, 0, 0};
    refusal->text = nbx_arena_string(arena, text);
    refusal->hint = hint ? nbx_arena_string(arena, hint) : NULL;
    if (!refusal->text) refusal->text = "refused, and out of memory to say why";
    return false;
}

nbx_status nbx_refusal_raise(nbx_context *context, const nbx_refusal *refusal)
{
    return nbx_raise(context, refusal->code, &refusal->place, refusal->hint, "%s", refusal->text);
}

/* What may be tolerated: a parent that everybody may write to is safe if only owners can rename in it. */
typedef enum trust_kind { TRUST_FILE, TRUST_DIRECTORY, TRUST_PARENT } trust_kind;

static bool check_stat(nbx_arena *arena, const char *path, const struct stat *st, trust_kind kind, nbx_refusal *refusal)
{
    bool sticky = kind == TRUST_PARENT && (st->st_mode & S_ISVTX) && st->st_uid == 0;
    if (st->st_uid != 0 && st->st_uid != geteuid())
        return nbx_refuse(arena, refusal, NBX_E_LOAD_TRUST_OWNER, path, "it must belong to root or to you", "owned by user %lu",
                          (unsigned long)st->st_uid);
    if ((st->st_mode & (S_IWGRP | S_IWOTH)) && !sticky)
        return nbx_refuse(arena, refusal, NBX_E_LOAD_TRUST_WRITABLE, path, "chmod go-w", "writable for %s (mode %04o)",
                          st->st_mode & S_IWOTH ? "everybody" : "its group", (unsigned)(st->st_mode & 07777));
    return true;
}

static int open_refused(nbx_arena *arena, const char *path, nbx_refusal *refusal)
{
    if (errno == ELOOP)
        nbx_refuse(arena, refusal, NBX_E_LOAD_TRUST_FILE, path, "copy the file itself", "is a symbolic link");
    else
        nbx_refuse(arena, refusal, NBX_E_LOAD_PATH, path, NULL, "cannot be opened: %s", strerror(errno));
    return -1;
}

/* Checks one opened step of a path; closes `fd` and answers -1 when it is refused. */
static int checked_step(nbx_arena *arena, int fd, const char *path, trust_kind kind, nbx_refusal *refusal)
{
    struct stat st;
    if (fd < 0) return open_refused(arena, path, refusal);
    if (fstat(fd, &st) == 0 && check_stat(arena, path, &st, kind, refusal)) return fd;
    if (!refusal->refused) open_refused(arena, path, refusal);
    close(fd);
    return -1;
}

int nbx_trust_directory(nbx_arena *arena, const char *path, bool check, nbx_refusal *refusal)
{
    const int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
    if (!check) {
        int plain = open(path, flags);
        return plain < 0 ? open_refused(arena, path, refusal) : plain;
    }
    char *walk = nbx_arena_string(arena, path);
    if (!walk) {
        errno = ENOMEM;
        return open_refused(arena, path, refusal);
    }
    int fd = checked_step(arena, open("/", flags), "/", path[1] ? TRUST_PARENT : TRUST_DIRECTORY, refusal);
    for (char *part = walk + 1; fd >= 0 && *part;) {
        char *slash = strchr(part, '/');
        if (slash) *slash = 0;
        int next = openat(fd, part, flags);
        int reason = errno;
        close(fd);
        errno = reason;
        fd = checked_step(arena, next, walk, slash ? TRUST_PARENT : TRUST_DIRECTORY, refusal);
        if (!slash) break;
        *slash = '/';
        part = slash + 1;
    }
    return fd;
}

int nbx_trust_file(nbx_arena *arena, int directory, const char *path, const char *name, bool check, nbx_refusal *refusal)
{
    struct stat st;
    /* O_NONBLOCK: opening a pipe must not wait for a writer before it is refused. */
    int fd = openat(directory, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) return open_refused(arena, path, refusal);
    if (fstat(fd, &st) != 0)
        open_refused(arena, path, refusal);
    else if (!S_ISREG(st.st_mode))
        nbx_refuse(arena, refusal, NBX_E_LOAD_TRUST_FILE, path, NULL, "is not a regular file");
    else if (check)
        check_stat(arena, path, &st, TRUST_FILE, refusal);
    if (!refusal->refused) return fd;
    close(fd);
    return -1;
}

static bool feed_digest(EVP_MD_CTX *digest, int file)
{
    unsigned char chunk[16384];
    off_t at = 0;
    for (;;) {
        ssize_t got = pread(file, chunk, sizeof(chunk), at);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return false;
        if (got == 0) return true;
        if (EVP_DigestUpdate(digest, chunk, (size_t)got) != 1) return false;
        at += got;
    }
}

bool nbx_file_digest(nbx_arena *arena, int file, const char *path, char out[65], nbx_refusal *refusal)
{
    unsigned char sum[EVP_MAX_MD_SIZE];
    unsigned bytes = 0;
    EVP_MD_CTX *digest = EVP_MD_CTX_new();
    errno = 0;
    bool ok = digest && EVP_DigestInit_ex(digest, EVP_sha256(), NULL) == 1 && feed_digest(digest, file) &&
              EVP_DigestFinal_ex(digest, sum, &bytes) == 1 && bytes == 32;
    EVP_MD_CTX_free(digest);
    if (!ok) return nbx_refuse(arena, refusal, NBX_E_LOAD_PATH, path, NULL, "cannot be read: %s", errno ? strerror(errno) : "no SHA-256");
    for (unsigned i = 0; i < 32; i++)
        snprintf(out + 2 * i, 3, "%02x", sum[i]);
    return true;
}
