/* SPDX-License-Identifier: Apache-2.0 */
/* Plugins with one flaw each, loaded by path: every flaw has its own code, and both sides may be older or newer. */
#include "folder.h"

typedef struct skew_case {
    const char *flaw;
    const char *code; /* "" : loads */
    nbx_status status;
    const char *says; /* must be in the message */
    bool with_manifest;
    uint32_t host_min, host_max, chosen;
} skew_case;

#define R(major, minor) NBX_REVISION(major, minor)
static const skew_case cases[] = {
    {"good", "", NBX_OK, NULL, false, 0, 0, R(1, 0)},
    {"good", "", NBX_OK, NULL, true, 0, 0, R(1, 0)},
    /* skew of revisions; a newer and an older host are simulated through the offer */
    {"too_new", "E-LOAD-032", NBX_MISMATCH, "plugin 2.0 to 2.3", false, 0, 0, 0},
    {"too_old", "E-LOAD-032", NBX_MISMATCH, "plugin 0.1 to 0.9", false, 0, 0, 0},
    {"good", "E-LOAD-032", NBX_MISMATCH, "speaks interface revisions 2.0 to 2.1", false, R(2, 0), R(2, 1), 0},
    {"good", "E-LOAD-032", NBX_MISMATCH, "speaks interface revisions 2.0 to 2.1", true, R(2, 0), R(2, 1), 0},
    {"good", "E-LOAD-032", NBX_MISMATCH, "speaks interface revisions 0.1 to 0.2", false, R(0, 1), R(0, 2), 0},
    {"good", "", NBX_OK, NULL, false, R(1, 0), R(1, 9), R(1, 0)},
    {"wide_range", "", NBX_OK, NULL, false, R(1, 0), R(1, 5), R(1, 5)},
    {"wide_range", "", NBX_OK, NULL, false, R(1, 0), R(1, 9), R(1, 7)},
    {"wide_range", "", NBX_OK, NULL, false, 0, 0, R(1, 0)},
    {"odd_status", "E-LOAD-033", NBX_REFUSED, "BUSY", false, 0, 0, 0},
    {"no_descriptor", "E-LOAD-033", NBX_REFUSED, "no descriptor", false, 0, 0, 0},
    {"bad_choice", "E-LOAD-033", NBX_REFUSED, "chose revision 1.9", false, 0, 0, 0},
    /* sizes */
    {"long_zero", "", NBX_OK, NULL, false, 0, 0, R(1, 0)},
    {"long_nonzero", "E-LOAD-034", NBX_TOO_NEW, "nbx_plugin", false, 0, 0, 0},
    {"short_plugin", "E-LOAD-035", NBX_REFUSED, "nbx_plugin", false, 0, 0, 0},
    {"no_size", "E-LOAD-035", NBX_REFUSED, "struct_size 0", false, 0, 0, 0},
    {"rows_zero", "", NBX_OK, NULL, false, 0, 0, R(1, 0)},
    {"rows_nonzero", "E-LOAD-034", NBX_TOO_NEW, "chips[0] 'one' rules[1]: nbx_rule", false, 0, 0, 0},
    {"clauses_zero", "", NBX_OK, NULL, false, 0, 0, R(1, 0)},
    {"clauses_nonzero", "E-LOAD-034", NBX_TOO_NEW, "chips[0] 'one' rules[0] 'SKEW-1' must[1]: nbx_clause", false, 0, 0, 0},
    {"encoding_nonzero", "E-LOAD-034", NBX_TOO_NEW, "combos[0] 'float' out: nbx_encoding", false, 0, 0, 0},
    {"short_row", "E-LOAD-035", NBX_REFUSED, "rules[0]: nbx_rule", false, 0, 0, 0},
    {"short_stride", "E-LOAD-035", NBX_REFUSED, "stride 16", false, 0, 0, 0},
    {"null_rows", "E-LOAD-038", NBX_REFUSED, "nbx_rule", false, 0, 0, 0},
    /* calls */
    {"no_run", "E-LOAD-036", NBX_REFUSED, "`run` is missing, and role emulate", false, 0, 0, 0},
    {"no_compile", "E-LOAD-036", NBX_REFUSED, "`compile` is missing, and role compile", false, 0, 0, 0},
    {"no_shutdown", "E-LOAD-036", NBX_REFUSED, "`shutdown` is missing, and every plugin", false, 0, 0, 0},
    {"no_optional", "", NBX_OK, NULL, false, 0, 0, R(1, 0)},
    /* rows with an unknown word */
    {"bad_subject", "E-LOAD-037", NBX_REFUSED, "60000", false, 0, 0, 0},
    {"bad_check", "E-LOAD-037", NBX_REFUSED, "60001", false, 0, 0, 0},
    {"bad_effect", "E-LOAD-037", NBX_REFUSED, "SKEW-1", false, 0, 0, 0},
    {"bad_op", "E-LOAD-037", NBX_REFUSED, "Konv", false, 0, 0, 0},
    {"bad_layout", "E-LOAD-037", NBX_REFUSED, "NXHW", false, 0, 0, 0},
    {"bad_name", "E-LOAD-039", NBX_REFUSED, "Skew Plugin", false, 0, 0, 0},
    {"bad_role", "E-LOAD-034", NBX_TOO_NEW, "roles", false, 0, 0, 0},
    {"twin_chips", "E-LOAD-039", NBX_REFUSED, "two chips are called 'one'", false, 0, 0, 0},
    /* the library itself */
    {"no_symbol", "E-LOAD-031", NBX_REFUSED, "nbx_plugin_query", false, 0, 0, 0},
    {"undefined", "E-LOAD-030", NBX_REFUSED, "nobody_has_this_symbol", false, 0, 0, 0},
#if defined(__x86_64__)
    {"denormals", "E-LOAD-040", NBX_REFUSED, "floating-point", false, 0, 0, 0},
#endif
    {"locale", "E-LOAD-040", NBX_REFUSED, "locale", false, 0, 0, 0},
};

/* What every accepted plugin must look like, whatever sizes it was built with. */
static void check_loaded(const nbx_loaded_plugin *plugin, const skew_case *c)
{
    const nbx_chip *chip = nbx_plugin_chip(plugin, "two");
    ck_assert_uint_eq(plugin->revision, c->chosen);
    ck_assert_str_eq(plugin->name, "skew");
    ck_assert_uint_eq(plugin->chip_count, 2);
    ck_assert_ptr_nonnull(chip);
    ck_assert_uint_eq(chip->rules.count, 2);
    ck_assert_uint_eq(chip->rules.stride, sizeof(nbx_rule));
    const nbx_rule *rule = (const nbx_rule *)chip->rules.rows + 1;
    ck_assert_str_eq(rule->variant, "b");
    ck_assert_uint_eq(rule->must.stride, sizeof(nbx_clause));
    ck_assert_int_eq(((const nbx_clause *)rule->must.rows)[1].hi, 7);
    const nbx_combo *combo = chip->combos.rows;
    ck_assert_ptr_eq(combo->in, combo->out); /* equal pointers stay equal */
    /* Absent calls are stubs. */
    uint32_t verdict = 9;
    nbx_estimate estimate = {0};
    ck_assert_int_eq(plugin->api.estimate(NULL, NULL, 0, &estimate), NBX_UNSUPPORTED);
    ck_assert_int_eq(plugin->api.check(NULL, NULL, NULL), NBX_UNSUPPORTED);
    ck_assert_ptr_null(plugin->api.extension("org.example", 1));
    ck_assert_int_eq(plugin->api.probe("skew", 4, "one", &verdict), strcmp(c->flaw, "no_optional") ? NBX_OK : NBX_UNSUPPORTED);
}

START_TEST(one_flaw_one_code)
{
    const skew_case *c = &cases[_i];
    folder f = folder_create();
    nbx_registry *registry;
    nbx_loaded_plugin *plugin;
    nbx_registry_options options = {.system_directory = "",
                                    .ignore_environment = true,
                                    .allow_unmanifested = !c->with_manifest,
                                    .host_min = c->host_min,
                                    .host_max = c->host_max};
    copy_library(c->flaw, f.library);
    nbx_manifest manifest = skew_manifest(&f);
    if (c->with_manifest) write_manifest(&f, &manifest);
    ck_assert_int_eq(nbx_registry_create(f.context, &options, &registry), NBX_OK);
    nbx_status status = nbx_registry_load_path(registry, f.library, &plugin);
    ck_assert_msg(status == c->status, "%s: %s%s", c->flaw, nbx_status_name(status), all_messages(&f));
    ck_assert_msg(!strcmp(first_code(f.context), c->code), "%s wants %s:%s", c->flaw, c->code, all_messages(&f));
    ck_assert_int_eq(nbx_status_exit_code(status), *c->code ? 4 : 0);
    if (c->says) ck_assert_msg(strstr(all_messages(&f), c->says) != NULL, "%s misses '%s':%s", c->flaw, c->says, all_messages(&f));
    if (c->status == NBX_OK)
        check_loaded(plugin, c);
    else {
        nbx_message message;
        ck_assert(nbx_message_get(f.context, 0, &message));
        ck_assert_msg(strstr(message.place, "/skew.so") != NULL, "the message names the file: %s", message.place);
        ck_assert_ptr_null(plugin);
        /* Asking again gives the same answer, not a crash. */
        ck_assert_int_eq(nbx_registry_load_path(registry, f.library, &plugin), c->status);
    }
    nbx_registry_destroy(registry);
    folder_destroy(&f);
}
END_TEST

static const struct {
    const char *flaw;
    uint32_t warnings;
    const char *says;
} shutdowns[] = {
    {"good", 0, NULL},
    {"leaks", 2, "1 objects are still alive"},
    {"leaks", 2, "64 bytes in 1 blocks were not given back"},
    {"fails_shutdown", 1, "shutdown answered VENDOR"},
};

START_TEST(shutdown_reports_what_is_left)
{
    folder f = folder_create();
    nbx_registry *registry;
    nbx_loaded_plugin *plugin;
    nbx_device *device;
    nbx_registry_options options = {.system_directory = "", .ignore_environment = true, .allow_unmanifested = true};
    copy_library(shutdowns[_i].flaw, f.library);
    ck_assert_int_eq(nbx_registry_create(f.context, &options, &registry), NBX_OK);
    ck_assert_int_eq(nbx_registry_load_path(registry, f.library, &plugin), NBX_OK);
    ck_assert_int_eq(plugin->api.open(plugin->host, "one", NULL, NBX_OPEN_RUN, &device), NBX_OK);
    ck_assert_uint_eq((uintptr_t)device % 64, 0);
    plugin->api.close(device);
    nbx_registry_destroy(registry);
    ck_assert_uint_eq(nbx_message_count(f.context), shutdowns[_i].warnings);
    if (shutdowns[_i].says) ck_assert_ptr_nonnull(strstr(all_messages(&f), shutdowns[_i].says));
    folder_destroy(&f);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("skew");
    TCase *tcase = tcase_create("skew");
    tcase_add_loop_test(tcase, one_flaw_one_code, 0, sizeof(cases) / sizeof(cases[0]));
    tcase_add_loop_test(tcase, shutdown_reports_what_is_left, 0, sizeof(shutdowns) / sizeof(shutdowns[0]));
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
