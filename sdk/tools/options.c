/* SPDX-License-Identifier: Apache-2.0 */
/* Parses the command line by the table of options.def and writes the help from it; what options mean is the verbs' business. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "target/suggest.h"
#include "tools/cli.h"

typedef struct flag {
    const char *name;
    int letter;
    const char *argument;
    size_t member;
    char kind;
    const char *help;
} flag;

static const flag flags[] = {
#define FLAG(name, letter, argument, member, kind, help) {name, letter, argument, offsetof(nbx_cli, member), #kind[0], help},
#include "tools/options.def"
#undef FLAG
};

#define FLAG_COUNT (sizeof(flags) / sizeof(flags[0]))

/* What every verb takes. */
static const char *const common[] = {"plugin", "format", "output", "verbose", "quiet", "help"};

static bool verb_takes(const nbx_verb *verb, const char *name)
{
    for (size_t i = 0; i < sizeof(common) / sizeof(common[0]); i++)
        if (!strcmp(common[i], name)) return true;
    size_t bytes = strlen(name);
    for (const char *at = verb->options; *at;) {
        size_t word = strcspn(at, " ");
        if (word == bytes && !strncmp(at, name, bytes)) return true;
        at += word + (at[word] == ' ');
    }
    return false;
}

static nbx_status store(nbx_cli *cli, const flag *row, const char *value)
{
    void *member = (char *)cli + row->member;
    if (row->kind == 'b') {
        *(bool *)member = true;
        return NBX_OK;
    }
    if (row->kind == 't') {
        *(const char **)member = value;
        return NBX_OK;
    }
    nbx_cli_list *list = member;
    if (list->count == NBX_CLI_MOST)
        return nbx_raise(cli->context, NBX_E_CLI_USAGE, NULL, NULL, "--%s is given more than %u times", row->name, NBX_CLI_MOST);
    list->rows[list->count++] = value;
    return NBX_OK;
}

static const flag *find_flag(const nbx_verb *verb, const char *name, size_t bytes, int letter)
{
    for (size_t i = 0; i < FLAG_COUNT; i++) {
        bool named = name && strlen(flags[i].name) == bytes && !strncmp(flags[i].name, name, bytes);
        if ((named || (letter && flags[i].letter == letter)) && verb_takes(verb, flags[i].name)) return &flags[i];
    }
    return NULL;
}

static nbx_status unknown_flag(nbx_cli *cli, const char *given)
{
    const char *names[FLAG_COUNT], *hint = NULL;
    uint32_t count = 0;
    for (size_t i = 0; i < FLAG_COUNT; i++)
        if (verb_takes(cli->verb, flags[i].name)) names[count++] = flags[i].name;
    const char *near = nbx_suggest(given + strspn(given, "-"), names, count);
    if (near) hint = nbx_arena_format(cli->arena, "did you mean --%s?", near);
    return nbx_raise(cli->context, NBX_E_CLI_USAGE, NULL, hint ? hint : nbx_arena_format(cli->arena, "see nbx %s --help", cli->verb->name),
                     "nbx %s has no option '%s'", cli->verb->name, given);
}

/* One option at argv[*i]: --name, --name=value, --name value, -x value, -xvalue. */
static nbx_status take_option(nbx_cli *cli, int argc, char **argv, int *i)
{
    const char *given = argv[*i];
    bool is_long = given[1] == '-';
    size_t bytes = is_long ? strcspn(given + 2, "=") : 0;
    const flag *row = find_flag(cli->verb, is_long ? given + 2 : NULL, bytes, is_long ? 0 : given[1]);
    if (!row) return unknown_flag(cli, given);
    const char *rest = is_long ? given + 2 + bytes : given + 2;
    if (!row->argument) {
        if (*rest) return unknown_flag(cli, given);
        return store(cli, row, NULL);
    }
    if (*rest) return store(cli, row, rest + (is_long && *rest == '='));
    if (++*i >= argc) return nbx_raise(cli->context, NBX_E_CLI_USAGE, NULL, NULL, "--%s needs %s", row->name, row->argument);
    return store(cli, row, argv[*i]);
}

static nbx_status find_verb(nbx_cli *cli, const char *name)
{
    const char *names[64];
    uint32_t count = 0;
    cli->verb = nbx_verb_find(name);
    if (cli->verb) return NBX_OK;
    for (; count < 64 && nbx_verb_at(count); count++)
        names[count] = nbx_verb_at(count)->name;
    const char *near = nbx_suggest(name, names, count);
    return nbx_raise(cli->context, NBX_E_CLI_USAGE, NULL, near ? nbx_arena_format(cli->arena, "did you mean %s?", near) : "see nbx --help",
                     "there is no verb '%s'", name);
}

nbx_status nbx_cli_parse(nbx_cli *cli, int argc, char **argv)
{
    if (argc < 2 || !strcmp(argv[1], "--help") || !strcmp(argv[1], "-h") || !strcmp(argv[1], "help")) {
        cli->help = true;
        return NBX_OK;
    }
    if (!strcmp(argv[1], "--version")) {
        nbx_text_sink sink = nbx_cli_sink(cli);
        nbx_sink_format(&sink, "nbx %s\n", nbx_version());
        cli->help = cli->plain = true;
        return NBX_OK;
    }
    NBX_TRY(find_verb(cli, argv[1]));
    bool only_arguments = false;
    for (int i = 2; i < argc; i++) {
        if (!only_arguments && !strcmp(argv[i], "--")) {
            only_arguments = true;
        } else if (!only_arguments && argv[i][0] == '-' && argv[i][1]) {
            NBX_TRY(take_option(cli, argc, argv, &i));
        } else {
            if (cli->arguments.count == NBX_CLI_MOST) return nbx_raise(cli->context, NBX_E_CLI_USAGE, NULL, NULL, "too many arguments");
            cli->arguments.rows[cli->arguments.count++] = argv[i];
        }
    }
    if (cli->help) return NBX_OK;
    if (cli->format && strcmp(cli->format, "text") != 0 && strcmp(cli->format, "json") != 0)
        return nbx_raise(cli->context, NBX_E_CLI_USAGE, NULL, "use text or json", "unknown format '%s'", cli->format);
    if (cli->arguments.count >= cli->verb->arguments_min && cli->arguments.count <= cli->verb->arguments_max) return NBX_OK;
    return nbx_raise(cli->context, NBX_E_CLI_USAGE, NULL, nbx_arena_format(cli->arena, "nbx %s %s", cli->verb->name, cli->verb->arguments),
                     "nbx %s got %u arguments", cli->verb->name, cli->arguments.count);
}

static void help_overview(const nbx_text_sink *sink)
{
    nbx_sink_format(
        sink, "nbx VERB [ARGUMENTS] [OPTIONS]\n\nDoes a neural network fit a chip, what falls back and why, how accurate, how fast?\n\n");
    for (uint32_t i = 0; nbx_verb_at(i); i++)
        nbx_sink_format(sink, "  %-9s %s\n", nbx_verb_at(i)->name, nbx_verb_at(i)->summary);
    nbx_sink_format(sink, "\nnbx VERB --help tells more. Exit codes: 0 fine, 1 found something, 2 usage, 3 bad input,\n"
                          "4 plugin refused, 5 plugin crashed, 6 I/O, 70 our bug, 130 interrupted.\n");
}

void nbx_cli_help(nbx_cli *cli)
{
    nbx_text_sink sink = nbx_cli_sink(cli);
    if (cli->plain) return;
    if (!cli->verb) {
        help_overview(&sink);
        return;
    }
    nbx_sink_format(&sink, "nbx %s %s [OPTIONS]\n\n%s\n\n", cli->verb->name, cli->verb->arguments, cli->verb->summary);
    for (size_t i = 0; i < FLAG_COUNT; i++) {
        if (!verb_takes(cli->verb, flags[i].name)) continue;
        char left[64];
        snprintf(left, sizeof(left), "%s%c%s--%s%s%s", flags[i].letter ? "-" : "  ", flags[i].letter ? flags[i].letter : ' ',
                 flags[i].letter ? ", " : " ", flags[i].name, flags[i].argument ? " " : "", flags[i].argument ? flags[i].argument : "");
        nbx_sink_format(&sink, "  %-26s %s\n", left, flags[i].help);
    }
    nbx_sink_format(&sink, "\nExamples\n  %s\n", cli->verb->examples);
}
