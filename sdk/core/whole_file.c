/* SPDX-License-Identifier: Apache-2.0 */
/* Writes files whole or not at all; what is in them and which message a failure gets is the callers' business. */
#include "core/whole_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int write_piece(int file, const char *data, uint64_t bytes)
{
    while (bytes) {
        size_t most = bytes > (1u << 30) ? 1u << 30 : (size_t)bytes;
        ssize_t done = write(file, data, most);
        if (done < 0 && errno == EINTR) continue;
        if (done < 0) return errno;
        data += done;
        bytes -= (uint64_t)done;
    }
    return 0;
}

static int write_and_close(int file, const nbx_piece *pieces, uint32_t count)
{
    int error = 0;
    for (uint32_t i = 0; i < count && !error; i++)
        error = write_piece(file, pieces[i].data, pieces[i].bytes);
    if (close(file) != 0 && !error) error = errno;
    return error;
}

/* A new file beside `path` for which no other writer has the name; -1 with errno. */
static int create_beside(const char *path, char *name, size_t room)
{
    static atomic_uint serial;
    for (int attempt = 0; attempt < 100; attempt++) {
        snprintf(name, room, "%s.%ld-%u.part", path, (long)getpid(), atomic_fetch_add(&serial, 1));
        int file = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0666);
        if (file >= 0 || errno != EEXIST) return file;
    }
    return -1;
}

int nbx_write_whole_file(const char *path, const nbx_piece *pieces, uint32_t count)
{
    struct stat about;
    if (stat(path, &about) == 0 && S_ISDIR(about.st_mode)) return EISDIR;
    if (stat(path, &about) == 0 && !S_ISREG(about.st_mode)) {
        int device = open(path, O_WRONLY | O_CLOEXEC);
        return device < 0 ? errno : write_and_close(device, pieces, count);
    }
    size_t room = strlen(path) + 64;
    char *beside = malloc(room);
    if (!beside) return ENOMEM;
    int file = create_beside(path, beside, room);
    int error = file < 0 ? errno : write_and_close(file, pieces, count);
    if (!error && rename(beside, path) != 0) error = errno;
    if (error && file >= 0) unlink(beside);
    free(beside);
    return error;
}
