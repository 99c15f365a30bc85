/* SPDX-License-Identifier: Apache-2.0 */
/* The command: dispatches to a verb, prints its messages, and turns its status into the exit code. */
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tools/cli.h"

static const nbx_verb verbs[] = {
#define VERB(name, function, min, max, arguments, options, summary, examples)                                                              \
    {name, arguments, summary, options, function, examples, min, max},
#include "tools/verbs.def"
#undef VERB
};

const nbx_verb *nbx_verb_at(uint32_t index)
{
    return index < sizeof(verbs) / sizeof(verbs[0]) ? &verbs[index] : NULL;
}

const nbx_verb *nbx_verb_find(const char *name)
{
    for (uint32_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
        if (!strcmp(verbs[i].name, name)) return &verbs[i];
    return NULL;
}

/* Errors and warnings always, notes unless quiet. Data goes to stdout, all of this to stderr. */
static void print_message(void *self, const nbx_message *message)
{
    static const char *const names[] = {"", "error", "warning", "note", "debug", "trace"};
    const nbx_cli *cli = self;
    uint32_t most = cli->quiet ? NBX_LOG_ERROR : cli->verbose ? NBX_LOG_TRACE : NBX_LOG_INFO;
    if (message->severity > most) return;
    const char *place = *message->place ? message->place : "nbx";
    fprintf(stderr, "%s: %s: %s%s%s [%s]\n", place, message->severity <= 5 ? names[message->severity] : "note", message->text,
            *message->hint ? "; " : "", message->hint, message->code);
}

static void on_interrupt(int signal_number)
{
    (void)signal_number;
    _exit(130); /* outputs are written whole or not at all, so there is nothing to clean up */
}

static nbx_status run(nbx_cli *cli, int argc, char **argv)
{
    NBX_TRY(nbx_cli_parse(cli, argc, argv));
    if (cli->help) {
        nbx_cli_help(cli);
        return nbx_cli_flush(cli);
    }
    nbx_status status = cli->verb->run(cli);
    nbx_status written = nbx_cli_flush(cli); /* a refusal still writes the whole report */
    return status != NBX_OK ? status : written;
}

int main(int argc, char **argv)
{
    nbx_cli cli = {0};
    signal(SIGINT, on_interrupt);
    signal(SIGPIPE, SIG_IGN);
    cli.arena = nbx_arena_create();
    if (!cli.arena || nbx_context_create(&cli.context) != NBX_OK) {
        fputs("nbx: error: out of memory [E-CORE-001]\n", stderr);
        return nbx_status_exit_code(NBX_NO_MEMORY);
    }
    nbx_context_on_message(cli.context, print_message, &cli);
    nbx_status status = run(&cli, argc, argv);
    nbx_registry_destroy(cli.registry);
    nbx_context_destroy(cli.context);
    nbx_arena_destroy(cli.arena);
    free(cli.text);
    return nbx_status_exit_code(status);
}
