/* SPDX-License-Identifier: Apache-2.0 */
/* nbx plugins and nbx doctor: what is installed and where it was looked for, from manifests alone. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/executor.h"
#include "tools/cli.h"

static json_t *list_of(const nbx_text_list *list)
{
    json_t *rows = json_array();
    for (uint32_t i = 0; i < list->count; i++)
        json_array_append_new(rows, json_string(list->texts[i]));
    return rows;
}

static json_t *roles_of(uint32_t roles)
{
    json_t *rows = json_array();
    for (uint32_t bit = 1; bit && bit <= roles; bit <<= 1)
        if (roles & bit && nbx_role_name(bit)) json_array_append_new(rows, json_string(nbx_role_name(bit)));
    return rows;
}

static json_t *plugin_of(const nbx_registry_entry *entry)
{
    const nbx_manifest *m = &entry->manifest;
    json_t *row = json_object();
    char low[24], high[24];
    json_object_set_new(row, "path", json_string(entry->path));
    json_object_set_new(row, "usable", json_boolean(!entry->refusal.refused));
    json_object_set_new(row, "refusal", entry->refusal.refused ? json_string(entry->refusal.text) : json_null());
    json_object_set_new(row, "hint", entry->refusal.refused && entry->refusal.hint ? json_string(entry->refusal.hint) : json_null());
    if (!m->name) return row;
    json_object_set_new(row, "name", json_string(m->name));
    json_object_set_new(row, "vendor", json_string(m->vendor));
    json_object_set_new(row, "version", json_string(m->version));
    json_object_set_new(row, "interface", json_pack("[s,s]", nbx_revision_text(m->abi_min, low), nbx_revision_text(m->abi_max, high)));
    json_object_set_new(row, "chips", list_of(&m->chips));
    json_object_set_new(row, "roles", roles_of(m->roles));
    json_object_set_new(row, "sha256", json_string(m->sha256));
    return row;
}

static json_t *plugins_of(const nbx_registry *registry)
{
    json_t *rows = json_array();
    const nbx_registry_entry *entry;
    for (uint32_t i = 0; (entry = nbx_registry_at(registry, i)) != NULL; i++)
        json_array_append_new(rows, plugin_of(entry));
    return rows;
}

static const char *text_at(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text ? text : "-";
}

static void write_plugins(const json_t *report, bool verbose, const nbx_text_sink *sink)
{
    nbx_text_table *table = nbx_text_table_create("plugin|version|chips|state|path");
    size_t i, k;
    const json_t *row, *chip;
    json_array_foreach(json_object_get(report, "plugins"), i, row)
    {
        char chips[256] = "";
        size_t used = 0;
        json_array_foreach(json_object_get(row, "chips"), k, chip) if (used + 64 < sizeof(chips)) used +=
            (size_t)snprintf(chips + used, sizeof(chips) - used, "%s%s", k ? " " : "", json_string_value(chip));
        nbx_text_table_cell(table, "%s", text_at(row, "name"));
        nbx_text_table_cell(table, "%s", text_at(row, "version"));
        nbx_text_table_cell(table, "%s", chips);
        nbx_text_table_cell(table, "%s", json_is_true(json_object_get(row, "usable")) ? "ok" : "refused");
        nbx_text_table_cell(table, "%s", text_at(row, "path"));
    }
    nbx_text_table_write(table, sink);
    nbx_text_table_destroy(table);
    json_array_foreach(json_object_get(report, "plugins"), i, row) if (json_is_string(json_object_get(row, "refusal")))
        nbx_sink_format(sink, "%s: refused: %s; %s\n", text_at(row, "path"), text_at(row, "refusal"), text_at(row, "hint"));
    (void)verbose;
}

nbx_status nbx_verb_plugins(nbx_cli *cli)
{
    NBX_TRY(nbx_cli_registry(cli));
    json_t *report = nbx_report_begin("plugins");
    if (!report) return nbx_raise_memory(cli->context);
    json_object_set_new(report, "plugins", plugins_of(cli->registry));
    return nbx_cli_report(cli, report, write_plugins);
}

static void write_doctor(const json_t *report, bool verbose, const nbx_text_sink *sink)
{
    size_t i;
    const json_t *row;
    nbx_sink_format(sink, "nbx %s for %s, plugin interface %s\n", text_at(report, "nbx_version"), text_at(report, "arch"),
                    text_at(report, "interface"));
    nbx_sink_format(sink, "processors %lld, threads used %lld\n", (long long)json_integer_value(json_object_get(report, "processors")),
                    (long long)json_integer_value(json_object_get(report, "threads")));
    nbx_sink_format(sink, "NBX_PLUGIN_PATH %s\nplugins are looked for in\n", text_at(report, "plugin_path"));
    json_array_foreach(json_object_get(report, "directories"), i, row) nbx_sink_format(sink, "  %s\n", json_string_value(row));
    nbx_sink_format(sink, "\n");
    write_plugins(report, verbose, sink);
    if (!json_array_size(json_object_get(report, "plugins")))
        nbx_sink_format(sink, "no plugin was found; set NBX_PLUGIN_PATH or give --plugin PATH\n");
}

nbx_status nbx_verb_doctor(nbx_cli *cli)
{
    NBX_TRY(nbx_cli_registry(cli));
    json_t *report = nbx_report_begin("doctor"), *directories = json_array();
    if (!report || !directories) return nbx_raise_memory(cli->context);
    char revision[24];
    const char *path = secure_getenv("NBX_PLUGIN_PATH");
    for (uint32_t i = 0; nbx_registry_directory(cli->registry, i); i++)
        json_array_append_new(directories, json_string(nbx_registry_directory(cli->registry, i)));
    json_object_set_new(report, "arch", json_string(nbx_host_arch()));
    json_object_set_new(report, "interface", json_string(nbx_revision_text(NBX_REVISION_CURRENT, revision)));
    json_object_set_new(report, "processors", json_integer(sysconf(_SC_NPROCESSORS_ONLN)));
    json_object_set_new(report, "threads", json_integer(nbx_worker_count()));
    json_object_set_new(report, "plugin_path", path ? json_string(path) : json_null());
    json_object_set_new(report, "directories", directories);
    json_object_set_new(report, "plugins", plugins_of(cli->registry));
    return nbx_cli_report(cli, report, write_doctor);
}
