/* SPDX-License-Identifier: Apache-2.0 */
/* Collects what a verb prints and writes it whole, to standard output or to a file; nothing half-written stays behind. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/whole_file.h"
#include "tools/cli.h"

static nbx_status collect(void *self, const char *text, size_t bytes)
{
    nbx_cli *cli = self;
    if (bytes > cli->capacity - cli->used) {
        size_t capacity = cli->capacity ? cli->capacity * 2 : 4096;
        while (capacity - cli->used < bytes)
            capacity *= 2;
        char *larger = realloc(cli->text, capacity);
        if (!larger) {
            cli->no_memory = true;
            return NBX_NO_MEMORY;
        }
        cli->text = larger;
        cli->capacity = capacity;
    }
    memcpy(cli->text + cli->used, text, bytes);
    cli->used += bytes;
    return NBX_OK;
}

nbx_text_sink nbx_cli_sink(nbx_cli *cli)
{
    return (nbx_text_sink){cli, collect};
}

nbx_status nbx_cli_report(nbx_cli *cli, json_t *report, void (*render)(const json_t *report, bool verbose, const nbx_text_sink *sink))
{
    if (!report) return nbx_raise_memory(cli->context);
    nbx_text_sink sink = nbx_cli_sink(cli);
    nbx_status status = NBX_OK;
    if (cli->format && !strcmp(cli->format, "json")) {
        char *text = nbx_report_json(report);
        status = text ? sink.write(sink.self, text, strlen(text)) : nbx_raise_memory(cli->context);
        free(text);
    } else {
        render(report, cli->verbose, &sink);
    }
    json_decref(report);
    return status;
}

nbx_status nbx_cli_write_file(nbx_context *context, const char *path, const void *data, size_t bytes)
{
    nbx_piece piece = {data, bytes};
    int error = nbx_write_whole_file(path, &piece, 1);
    return error ? nbx_raise(context, NBX_E_CORE_FILE, &(nbx_place){path, 0, 0}, NULL, "cannot write: %s", strerror(error)) : NBX_OK;
}

nbx_status nbx_cli_flush(nbx_cli *cli)
{
    if (cli->no_memory) return nbx_raise_memory(cli->context);
    if (!cli->used) return NBX_OK;
    size_t bytes = cli->used;
    cli->used = 0;
    if (cli->output) return nbx_cli_write_file(cli->context, cli->output, cli->text, bytes);
    if (fwrite(cli->text, 1, bytes, stdout) == bytes && fflush(stdout) == 0) return NBX_OK;
    if (errno == EPIPE) return NBX_OK; /* the reader has seen enough */
    return nbx_raise(cli->context, NBX_E_CORE_FILE, NULL, NULL, "cannot write to standard output: %s", strerror(errno));
}
