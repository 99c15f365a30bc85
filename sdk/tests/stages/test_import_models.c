/* SPDX-License-Identifier: Apache-2.0 */
/* Imports the shared models and published structures, where they are there, and compares counts with their tables. */
#include <stdio.h>
#include <unistd.h>

#include "imported.h"

#define MODELS NBX_SHARED "/models/"

static nbx_graph *import_model(const char *folder, const char *name)
{
    char path[1024];
    nbx_graph *graph;
    snprintf(path, sizeof(path), "%s%s", folder, name);
    nbx_status status = nbx_import_onnx(context, path, NULL, &graph);
    ck_assert_msg(status == NBX_OK, "%s: %s", name, last_text());
    check_origins(graph);
    for (uint32_t i = 0; i < graph->node_count; i++)
        ck_assert_msg(graph->nodes[i].schema != NULL, "%s: node '%s' is opaque: %s", name, graph->nodes[i].n.name,
                      graph->nodes[i].opaque_reason);
    return graph;
}

/* models.tsv: file, input_shape, outputs, opset, params, macs, metric, value, ops ("Add:4 Conv:22"). */
static void check_row(char *line)
{
    char *fields[9] = {0}, *rest = NULL;
    size_t count = 0;
    for (char *part = strtok_r(line, "\t\n", &rest); part && count < 9; part = strtok_r(NULL, "\t\n", &rest))
        fields[count++] = part;
    ck_assert_uint_eq(count, 9);
    nbx_graph *graph = import_model(MODELS, fields[0]);
    ck_assert_int_eq(graph->opset, atoi(fields[3]));
    ck_assert_msg(graph->param_count == strtoull(fields[4], NULL, 10), "%s: %llu parameters", fields[0],
                  (unsigned long long)graph->param_count);
    for (char *part = strtok_r(fields[8], " ", &rest); part; part = strtok_r(NULL, " ", &rest)) {
        char *colon = strchr(part, ':');
        uint32_t found = 0;
        *colon = '\0';
        for (uint32_t i = 0; i < graph->source_count; i++)
            found += !strcmp(graph->sources[i].op, part);
        ck_assert_msg(found == (uint32_t)atoi(colon + 1), "%s: %u times %s", fields[0], found, part);
    }
    nbx_graph_destroy(graph);
}

START_TEST(shared_models_import)
{
    char line[2048];
    FILE *table = fopen(MODELS "models.tsv", "r");
    ck_assert_ptr_nonnull(table);
    ck_assert_ptr_nonnull(fgets(line, sizeof(line), table)); /* the head */
    while (fgets(line, sizeof(line), table))
        check_row(line);
    fclose(table);
}
END_TEST

/* A row of the table in structure/README.md: "| `file` | ... | nodes + ConstantOfShape | ops |". */
START_TEST(structures_have_the_published_counts)
{
    char line[2048], name[72];
    uint32_t rows = 0;
    FILE *table = fopen(MODELS "structure/README.md", "r");
    ck_assert_ptr_nonnull(table);
    while (fgets(line, sizeof(line), table)) {
        int end = 0;
        if (sscanf(line, "| `%63[a-z0-9_].onnx`%n", name, &end) != 1 || end == 0) continue;
        strcat(name, ".onnx");
        unsigned nodes = 0, constants = 0;
        for (char *bar = strchr(line, '|'); bar && !constants; bar = strchr(bar + 1, '|'))
            if (sscanf(bar, "| %u + %u |", &nodes, &constants) != 2) constants = 0;
        ck_assert_msg(constants > 0, "%s has no counts", name);
        nbx_graph *graph = import_model(MODELS "structure/", name);
        ck_assert_msg(graph->source_count == nodes + constants, "%s: %u sources", name, graph->source_count);
        ck_assert_msg(graph->node_count == nodes, "%s: %u nodes", name, graph->node_count);
        nbx_graph_destroy(graph);
        rows++;
    }
    fclose(table);
    ck_assert_uint_eq(rows, 12);
}
END_TEST

START_TEST(parameters_without_statistics_are_those_of_papers)
{
    nbx_graph *graph = import_model(MODELS "structure/", "resnet50_v1.onnx");
    ck_assert_uint_eq(nbx_import_count_params(graph, false), 25557032); /* Hu et al. 2018: 25.6 M */
    nbx_graph_destroy(graph);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("import_models");
    TCase *tests = tcase_create("import_models");
    tcase_add_checked_fixture(tests, open_context, close_context);
    if (access(MODELS "models.tsv", R_OK) == 0) {
        tcase_add_test(tests, shared_models_import);
        tcase_add_test(tests, structures_have_the_published_counts);
        tcase_add_test(tests, parameters_without_statistics_are_those_of_papers);
    }
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
