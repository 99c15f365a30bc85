/* SPDX-License-Identifier: Apache-2.0 */
/* Runs a user's metric command over .npy files of the outputs; the metrics of our own are in metrics.c. */
#include "studies/eval/command.h"

#include <errno.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "formats/npy.h"

extern char **environ;

static nbx_status failed(nbx_context *context, const char *command, const char *what)
{
    return nbx_raise(context, NBX_E_EVAL_COMMAND, NULL, "try it by hand on a folder that `nbx run -o` writes", "metric command '%s': %s",
                     command, what);
}

static char *file_of(nbx_arena *arena, const char *folder, const char *name)
{
    char *path = nbx_arena_format(arena, "%s/%s.npy", folder, name);
    for (char *at = path ? path + strlen(folder) + 1 : NULL; at && *at; at++)
        if (*at == '/') *at = '_';
    return path;
}

static nbx_status write_outputs(nbx_context *context, nbx_arena *arena, const char *folder, const nbx_eval_outputs *outputs)
{
    for (uint32_t o = 0; o < outputs->output_count; o++) {
        int64_t dims[2] = {outputs->sample_count, (int64_t)outputs->elements[o]};
        const char *path = file_of(arena, folder, outputs->names[o]);
        if (!path) return nbx_raise_memory(context);
        NBX_TRY(nbx_npy_write(context, path, NBX_DTYPE_FLOAT32, 2, dims, outputs->data[o]));
    }
    return NBX_OK;
}

static void remove_outputs(nbx_arena *arena, const char *folder, const nbx_eval_outputs *outputs)
{
    for (uint32_t o = 0; o < outputs->output_count; o++) {
        const char *path = file_of(arena, folder, outputs->names[o]);
        if (path) unlink(path);
    }
    rmdir(folder);
}

/* Reads all of the command's output, keeping its end. */
static void read_tail(int pipe_end, char *tail, size_t bytes)
{
    size_t used = 0;
    char piece[512];
    ssize_t got;
    while ((got = read(pipe_end, piece, sizeof(piece))) > 0) {
        size_t more = (size_t)got;
        if (more > bytes - 1 - used) { /* keep the newest half */
            size_t keep = used < bytes / 2 ? used : bytes / 2;
            memmove(tail, tail + used - keep, keep);
            used = keep;
        }
        if (more > bytes - 1 - used) more = bytes - 1 - used;
        memcpy(tail + used, piece + (size_t)got - more, more);
        used += more;
    }
    tail[used] = 0;
}

static bool last_number(char *text, double *out)
{
    size_t bytes = strlen(text);
    while (bytes && strchr(" \t\r\n", text[bytes - 1]))
        text[--bytes] = 0;
    const char *line = strrchr(text, '\n');
    char *end;
    line = line ? line + 1 : text;
    *out = strtod(line, &end);
    return end != line && *end == 0;
}

static nbx_status run_command(nbx_context *context, const char *const *argv, uint32_t count, const char *folder, nbx_arena *arena,
                              double *score)
{
    int ends[2];
    pid_t child;
    char tail[4096];
    const char **full = nbx_arena_array(arena, (size_t)count + 2, sizeof(char *));
    if (!full) return nbx_raise_memory(context);
    memcpy(full, argv, count * sizeof(char *));
    full[count] = folder;
    if (pipe(ends) != 0) return failed(context, argv[0], strerror(errno));
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ends[1], 1);
    posix_spawn_file_actions_addclose(&actions, ends[0]);
    posix_spawn_file_actions_addclose(&actions, ends[1]);
    int error = posix_spawnp(&child, argv[0], &actions, NULL, (char **)(uintptr_t)full, environ);
    posix_spawn_file_actions_destroy(&actions);
    close(ends[1]);
    if (error == 0) read_tail(ends[0], tail, sizeof(tail));
    close(ends[0]);
    if (error != 0) return failed(context, argv[0], strerror(error));
    int state;
    while (waitpid(child, &state, 0) < 0 && errno == EINTR)
        continue;
    if (!WIFEXITED(state) || WEXITSTATUS(state) != 0) return failed(context, argv[0], "it did not exit with 0");
    return last_number(tail, score) ? NBX_OK : failed(context, argv[0], "its last line is not a number");
}

nbx_status nbx_metric_command(nbx_context *context, const char *const *argv, const nbx_eval_outputs *outputs, double *score)
{
    uint32_t count = 0;
    while (argv[count])
        count++;
    nbx_arena *arena = nbx_arena_create();
    const char *temporary = getenv("TMPDIR");
    char *folder = arena ? nbx_arena_format(arena, "%s/nbx-metric-XXXXXX", temporary && *temporary ? temporary : "/tmp") : NULL;
    nbx_status status = folder && count ? NBX_OK : nbx_raise_memory(context);
    if (status == NBX_OK && !mkdtemp(folder)) status = failed(context, argv[0], strerror(errno));
    if (status == NBX_OK) {
        status = write_outputs(context, arena, folder, outputs);
        if (status == NBX_OK) status = run_command(context, argv, count, folder, arena, score);
        remove_outputs(arena, folder, outputs);
    }
    nbx_arena_destroy(arena);
    return status;
}
