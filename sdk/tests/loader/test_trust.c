/* SPDX-License-Identifier: Apache-2.0 */
/* A good plugin whose files, manifest or folders are wrong: each state has its own code, and none of its code runs. */
#include <fcntl.h>

#include "folder.h"

static void world_writable(folder *f)
{
    chmod(f->library, 0666);
}
static void group_writable_manifest(folder *f)
{
    chmod(f->manifest, 0664);
}
static void writable_folder(folder *f)
{
    chmod(f->path, 0777);
}
/* Sticky is enough for a parent, not for the folder of the plugins itself. */
static void sticky_folder(folder *f)
{
    chmod(f->path, 01777);
}
static void library_link(folder *f)
{
    char other[600];
    snprintf(other, sizeof(other), "%s/real.so", f->path);
    rename(f->library, other);
    ck_assert_int_eq(symlink("real.so", f->library), 0);
}
static void library_pipe(folder *f)
{
    unlink(f->library);
    ck_assert_int_eq(mkfifo(f->library, 0600), 0);
}
static void library_folder(folder *f)
{
    unlink(f->library);
    ck_assert_int_eq(mkdir(f->library, 0700), 0);
}
static void library_gone(folder *f)
{
    unlink(f->library);
}
static void manifest_gone(folder *f)
{
    unlink(f->manifest);
}
static void another_owner(folder *f)
{
    if (geteuid() == 0)
        ck_assert_int_eq(chown(f->library, 12345, (gid_t)-1), 0);
    else
        chmod(f->library, 0666); /* only root can give files away: then the row checks the other refusal */
}
static void one_byte_flipped(folder *f)
{
    size_t bytes;
    char *data = read_file(f->library, &bytes);
    data[bytes / 2] ^= 1;
    write_file(f->library, data, bytes);
    free(data);
}
static void replaced(folder *f, const char *content, size_t bytes)
{
    write_file(f->library, content, bytes);
    nbx_manifest manifest = skew_manifest(f);
    write_manifest(f, &manifest);
}
static void shell_script(folder *f)
{
    replaced(f, "#!/bin/sh\necho pwned\n", 21);
}
static void random_bytes(folder *f)
{
    char noise[4096];
    unsigned state = 1;
    for (size_t i = 0; i < sizeof(noise); i++)
        noise[i] = (char)((state = state * 1103515245u + 12345u) >> 16);
    replaced(f, noise, sizeof(noise));
}
static void empty_library(folder *f)
{
    replaced(f, "", 0);
}
static void cut_library(folder *f)
{
    size_t bytes;
    char *data = read_file(f->library, &bytes);
    replaced(f, data, 4000);
    free(data);
}
static void another_name(folder *f)
{
    nbx_manifest m = skew_manifest(f);
    m.name = "other";
    write_manifest(f, &m);
}
static void another_version(folder *f)
{
    nbx_manifest m = skew_manifest(f);
    m.version = "1.2.4";
    write_manifest(f, &m);
}
static void another_chip(folder *f)
{
    static const char *const chips[] = {"one", "three"};
    nbx_manifest m = skew_manifest(f);
    m.chips = (nbx_text_list){chips, 2};
    write_manifest(f, &m);
}
static void a_chip_too_few(folder *f)
{
    nbx_manifest m = skew_manifest(f);
    m.chips.count = 1;
    write_manifest(f, &m);
}
static void another_role(folder *f)
{
    nbx_manifest m = skew_manifest(f);
    m.roles = NBX_ROLE_EXECUTE;
    write_manifest(f, &m);
}
static void another_range(folder *f)
{
    nbx_manifest m = skew_manifest(f);
    m.abi_max = NBX_REVISION(1, 1);
    write_manifest(f, &m);
}
static void a_future_range(folder *f)
{
    nbx_manifest m = skew_manifest(f);
    m.abi_min = m.abi_max = NBX_REVISION(3, 0);
    write_manifest(f, &m);
}
static void another_arch(folder *f)
{
    nbx_manifest m = skew_manifest(f);
    m.arch = "vax-linux";
    write_manifest(f, &m);
}
static void another_library(folder *f)
{
    nbx_manifest m = skew_manifest(f);
    char other[600];
    snprintf(other, sizeof(other), "%s/other.so", f->path);
    copy_library("good", other);
    m.library = "other.so";
    write_manifest(f, &m);
}
static void library_outside(folder *f)
{
    nbx_manifest m = skew_manifest(f);
    m.library = "../skew.so";
    write_manifest(f, &m);
}
static void a_long_manifest(folder *f)
{
    char *text = malloc(100000);
    ck_assert_ptr_nonnull(text);
    memset(text, '#', 100000);
    write_file(f->manifest, text, 100000);
    free(text);
}
static void nothing(folder *f)
{
    (void)f;
}

#define ROW(bend, code, status)                                                                                                            \
    {                                                                                                                                      \
#bend, bend, code, status                                                                                                          \
    }
static const struct {
    const char *name;
    void (*bend)(folder *f);
    const char *code;
    nbx_status status;
} cases[] = {
    ROW(nothing, "", NBX_OK),
    ROW(world_writable, "E-LOAD-022", NBX_REFUSED),
    ROW(group_writable_manifest, "E-LOAD-022", NBX_REFUSED),
    ROW(writable_folder, "E-LOAD-022", NBX_REFUSED),
    ROW(sticky_folder, "E-LOAD-022", NBX_REFUSED),
    ROW(library_link, "E-LOAD-020", NBX_REFUSED),
    ROW(library_pipe, "E-LOAD-020", NBX_REFUSED),
    ROW(library_folder, "E-LOAD-020", NBX_REFUSED),
    ROW(library_gone, "E-LOAD-003", NBX_IO),
    ROW(manifest_gone, "E-LOAD-010", NBX_REFUSED),
    ROW(one_byte_flipped, "E-LOAD-023", NBX_REFUSED),
    ROW(shell_script, "E-LOAD-044", NBX_REFUSED),
    ROW(random_bytes, "E-LOAD-044", NBX_REFUSED),
    ROW(empty_library, "E-LOAD-044", NBX_REFUSED),
    ROW(cut_library, "E-LOAD-044", NBX_REFUSED),
    ROW(another_name, "E-LOAD-013", NBX_MISMATCH),
    ROW(another_version, "E-LOAD-013", NBX_MISMATCH),
    ROW(another_chip, "E-LOAD-013", NBX_MISMATCH),
    ROW(a_chip_too_few, "E-LOAD-013", NBX_MISMATCH),
    ROW(another_role, "E-LOAD-013", NBX_MISMATCH),
    ROW(another_range, "E-LOAD-013", NBX_MISMATCH),
    ROW(a_future_range, "E-LOAD-032", NBX_MISMATCH),
    ROW(another_arch, "E-LOAD-014", NBX_REFUSED),
    ROW(another_library, "E-LOAD-013", NBX_MISMATCH),
    ROW(library_outside, "E-LOAD-012", NBX_REFUSED),
    ROW(a_long_manifest, "E-LOAD-011", NBX_REFUSED),
};

static folder good_folder(void)
{
    folder f = folder_create();
    copy_library("good", f.library);
    nbx_manifest manifest = skew_manifest(&f);
    write_manifest(&f, &manifest);
    return f;
}

START_TEST(bent_files_are_refused)
{
    folder f = good_folder();
    nbx_registry *registry;
    nbx_loaded_plugin *plugin = NULL;
    nbx_registry_options options = {.system_directory = "", .ignore_environment = true};
    cases[_i].bend(&f);
    ck_assert_int_eq(nbx_registry_create(f.context, &options, &registry), NBX_OK);
    nbx_status status = nbx_registry_load_path(registry, f.library, &plugin);
    ck_assert_msg(status == cases[_i].status, "%s: %s%s", cases[_i].name, nbx_status_name(status), all_messages(&f));
    ck_assert_msg(!strcmp(first_code(f.context), cases[_i].code), "%s:%s", cases[_i].name, all_messages(&f));
    ck_assert_uint_eq(nbx_message_count(f.context), status == NBX_OK ? 0 : 1);
    nbx_registry_destroy(registry);
    folder_destroy(&f);
}
END_TEST

/* Through --plugin the refusal is raised at once, and the entry is listed all the same. */
START_TEST(a_refused_path_is_an_error_and_listed)
{
    folder f = good_folder();
    nbx_registry *registry;
    nbx_loaded_plugin *plugin;
    const char *paths[] = {_i ? f.path : f.library};
    nbx_registry_options options = {.paths = paths, .path_count = 1, .system_directory = "", .ignore_environment = true};
    chmod(f.library, 0666);
    ck_assert_int_eq(nbx_registry_create(f.context, &options, &registry), NBX_REFUSED);
    ck_assert_str_eq(first_code(f.context), "E-LOAD-022");
    ck_assert_uint_eq(nbx_registry_count(registry), 1);
    ck_assert(nbx_registry_at(registry, 0)->refusal.refused);
    ck_assert_ptr_null(nbx_registry_at(registry, 1));
    ck_assert_int_eq(nbx_registry_load(registry, "skewed", &plugin), NBX_REFUSED); /* the reason, not "not found" */
    nbx_registry_destroy(registry);
    folder_destroy(&f);
}
END_TEST

START_TEST(a_foreign_owner_is_refused)
{
    folder f = good_folder();
    nbx_registry *registry;
    nbx_loaded_plugin *plugin;
    nbx_registry_options options = {.system_directory = "", .ignore_environment = true};
    another_owner(&f);
    ck_assert_int_eq(nbx_registry_create(f.context, &options, &registry), NBX_OK);
    ck_assert_int_eq(nbx_registry_load_path(registry, f.library, &plugin), NBX_REFUSED);
    ck_assert_str_eq(first_code(f.context), geteuid() == 0 ? "E-LOAD-021" : "E-LOAD-022");
    nbx_registry_destroy(registry);
    folder_destroy(&f);
}
END_TEST

/* A plugin folder inside a folder that others may write to: refused unless that one is sticky and root's. */
START_TEST(a_writable_parent_is_refused)
{
    folder f = folder_create();
    char inner[300];
    nbx_registry *registry;
    nbx_loaded_plugin *plugin;
    nbx_registry_options options = {.system_directory = "", .ignore_environment = true};
    snprintf(inner, sizeof(inner), "%s/in", f.path);
    mkdir(inner, 0755);
    snprintf(f.library, sizeof(f.library), "%s/skew.so", inner);
    snprintf(f.manifest, sizeof(f.manifest), "%s/skew.plugin.yaml", inner);
    copy_library("good", f.library);
    nbx_manifest manifest = skew_manifest(&f);
    write_manifest(&f, &manifest);
    const struct {
        mode_t mode;
        bool loads;
    } rows[] = {{0777, false}, {0775, false}, {01777, geteuid() == 0}, {0755, true}};
    for (size_t i = 0; i < 4; i++) {
        chmod(f.path, rows[i].mode);
        ck_assert_int_eq(nbx_registry_create(f.context, &options, &registry), NBX_OK);
        ck_assert_msg((nbx_registry_load_path(registry, f.library, &plugin) == NBX_OK) == rows[i].loads, "%zu:%s", i, all_messages(&f));
        nbx_registry_destroy(registry);
    }
    ck_assert_str_eq(first_code(f.context), "E-LOAD-022");
    folder_destroy(&f);
}
END_TEST

/* Names, vendors and chips; unknown ones list what is there. */
static const struct {
    const char *spec;
    nbx_status status;
    const char *code, *says;
} specs[] = {
    {"skewed/one", NBX_OK, "", NULL},
    {"skew/two", NBX_OK, "", NULL},
    {"skew/three", NBX_BAD_INPUT, "E-LOAD-002", "it has: one, two"},
    {"skew", NBX_BAD_INPUT, "E-LOAD-002", "it has: one, two"},
    {"nobody/one", NBX_BAD_INPUT, "E-LOAD-001", "installed: skew"},
    {"", NBX_BAD_INPUT, "E-LOAD-001", "installed: skew"},
    {"ske/one", NBX_BAD_INPUT, "E-LOAD-001", "installed: skew"},
};

START_TEST(chips_are_found_by_name)
{
    folder f = good_folder();
    nbx_registry *registry;
    nbx_loaded_plugin *plugin;
    const nbx_chip *chip;
    nbx_registry_options options = {.system_directory = ""};
    setenv("NBX_PLUGIN_PATH", f.path, 1);
    ck_assert_int_eq(nbx_registry_create(f.context, &options, &registry), NBX_OK);
    unsetenv("NBX_PLUGIN_PATH");
    ck_assert_str_eq(nbx_registry_directory(registry, 0), f.path);
    ck_assert_ptr_null(nbx_registry_at(registry, 0)->loaded); /* listing loads nothing */
    ck_assert_int_eq(nbx_registry_find_chip(registry, specs[_i].spec, &plugin, &chip), specs[_i].status);
    ck_assert_str_eq(first_code(f.context), specs[_i].code);
    if (specs[_i].says)
        ck_assert_msg(strstr(all_messages(&f), specs[_i].says) != NULL, "%s", all_messages(&f));
    else
        ck_assert_str_eq(chip->name, strchr(specs[_i].spec, '/') + 1);
    nbx_registry_destroy(registry);
    folder_destroy(&f);
}
END_TEST

START_TEST(search_order_and_environment)
{
    folder first = good_folder(), second = good_folder();
    nbx_registry *registry;
    nbx_loaded_plugin *plugin;
    const char *paths[] = {second.path};
    nbx_registry_options options = {.paths = paths, .path_count = 1, .system_directory = "/nonexistent/nbx", .build_directory = first.path};
    char list[600];
    snprintf(list, sizeof(list), "relative::%s:/nonexistent", first.path);
    setenv("NBX_PLUGIN_PATH", list, 1);
    ck_assert_int_eq(nbx_registry_create(first.context, &options, &registry), NBX_OK);
    unsetenv("NBX_PLUGIN_PATH");
    ck_assert_uint_eq(nbx_message_count(first.context), 2); /* `relative` and the empty entry */
    ck_assert_str_eq(nbx_registry_at(registry, 0)->path, second.library);
    ck_assert_uint_eq(nbx_registry_count(registry), 3);
    ck_assert_int_eq(nbx_registry_at(registry, 1)->refusal.code, NBX_E_LOAD_SHADOWED);
    ck_assert_int_eq(nbx_registry_load(registry, "skew", &plugin), NBX_OK);
    ck_assert_str_eq(plugin->path, second.library);
    nbx_registry_destroy(registry);
    folder_destroy(&second);
    folder_destroy(&first);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("trust");
    TCase *tcase = tcase_create("trust");
    tcase_add_loop_test(tcase, bent_files_are_refused, 0, sizeof(cases) / sizeof(cases[0]));
    tcase_add_loop_test(tcase, a_refused_path_is_an_error_and_listed, 0, 2);
    tcase_add_test(tcase, a_foreign_owner_is_refused);
    tcase_add_test(tcase, a_writable_parent_is_refused);
    tcase_add_loop_test(tcase, chips_are_found_by_name, 0, sizeof(specs) / sizeof(specs[0]));
    tcase_add_test(tcase, search_order_and_environment);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
