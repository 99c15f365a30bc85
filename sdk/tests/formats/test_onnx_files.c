/* SPDX-License-Identifier: Apache-2.0 */
/* ONNX files and their external data: what may be opened, and what leads out of the folder. */
#include <sys/stat.h>

#include "onnx_fixture.h"

START_TEST(only_regular_files_open)
{
    nbx_onnx_file *file;
    ck_assert_int_eq(nbx_onnx_open(graph, path_in("missing.onnx"), NULL, &file), NBX_IO);
    ck_assert_str_eq(last_code(), "E-CORE-003");
    ck_assert_int_eq(nbx_onnx_open(graph, folder, NULL, &file), NBX_BAD_INPUT);
    ck_assert_str_eq(last_code(), "E-ONNX-001");
    ck_assert_int_eq(mkfifo(path_in("pipe.onnx"), 0600), 0);
    ck_assert_int_eq(nbx_onnx_open(graph, path_in("pipe.onnx"), NULL, &file), NBX_BAD_INPUT);
    ck_assert_str_eq(last_code(), "E-ONNX-001");
    write_file("empty.onnx", "", 0);
    ck_assert_int_eq(nbx_onnx_open(graph, path_in("empty.onnx"), NULL, &file), NBX_BAD_INPUT);
    ck_assert_str_eq(last_code(), "E-ONNX-001");
}
END_TEST

START_TEST(two_gibibytes_are_too_large)
{
    nbx_onnx_file *file;
    write_file("large.onnx", "", 0);
    if (truncate(path_in("large.onnx"), (off_t)1 << 31) != 0) return; /* a file system without sparse files */
    ck_assert_int_eq(nbx_onnx_open(graph, path_in("large.onnx"), NULL, &file), NBX_BAD_INPUT);
    ck_assert_str_eq(last_code(), "E-ONNX-002");
}
END_TEST

/* --- external data --- */

typedef struct external_row {
    const char *name, *location, *offset, *length;
    const char *code;
} external_row;

/* The holes of the past: onnx/onnx#3991 (parent paths), #7686 and #7717 (symbolic links). data.bin has 64 bytes, the tensor 16. */
static const external_row external_rows[] = {
    {"whole", "data.bin", NULL, "16", ""},
    {"with offset", "data.bin", "48", "16", ""},
    {"without length", "data.bin", "4", NULL, ""},
    {"in a folder", "sub/data.bin", NULL, NULL, ""},
    {"through a link that stays inside", "inside", NULL, NULL, ""},
    {"offset past the end", "data.bin", "49", "16", "E-ONNX-015"},
    {"offset that overflows", "data.bin", "18446744073709551615", NULL, "E-ONNX-015"},
    {"offset that overflows the sum", "data.bin", "9223372036854775807", NULL, "E-ONNX-015"},
    {"negative offset", "data.bin", "-1", NULL, "E-ONNX-015"},
    {"offset that is no number", "data.bin", "1e3", NULL, "E-ONNX-015"},
    {"length of another shape", "data.bin", NULL, "20", "E-ONNX-015"},
    {"parent folder", "../data.bin", NULL, NULL, "E-ONNX-013"},
    {"parent folder inside", "sub/../../data.bin", NULL, NULL, "E-ONNX-013"},
    {"absolute", "/etc/passwd", NULL, NULL, "E-ONNX-013"},
    {"through a link that leaves", "outside", NULL, NULL, "E-ONNX-013"},
    {"through a folder link that leaves", "away/passwd", NULL, NULL, "E-ONNX-013"},
    {"empty location", "", NULL, NULL, "E-ONNX-013"},
    {"missing", "none.bin", NULL, NULL, "E-ONNX-014"},
    {"a folder", "sub", NULL, NULL, "E-ONNX-014"},
    {"a pipe", "pipe", NULL, NULL, "E-ONNX-014"},
};

static pb external_model(const external_row *row)
{
    int64_t dims[1] = {4};
    pb tensor = onnx_tensor_head("w", 1, 1, dims);
    onnx_external(&tensor, "location", row->location);
    if (row->offset) onnx_external(&tensor, "offset", row->offset);
    if (row->length) onnx_external(&tensor, "length", row->length);
    pb_int(&tensor, 14, 1);
    return model_of(&tensor);
}

static void write_external_files(void)
{
    float data[16];
    for (int i = 0; i < 16; i++)
        data[i] = (float)i;
    ck_assert_int_eq(mkdir(path_in("sub"), 0700), 0);
    write_file("data.bin", data, sizeof(data));
    write_file("sub/data.bin", data, sizeof(data));
    ck_assert_int_eq(mkfifo(path_in("pipe"), 0600), 0);
    ck_assert_int_eq(symlink("sub/data.bin", path_in("inside")), 0);
    ck_assert_int_eq(symlink("/etc/passwd", path_in("outside")), 0);
    ck_assert_int_eq(symlink("/etc", path_in("away")), 0);
}

START_TEST(external_data_stays_in_its_folder)
{
    const external_row *row = &external_rows[_i];
    pb model = external_model(row);
    nbx_onnx_file *file;
    nbx_tensor out;
    write_external_files();
    write_file("model.onnx", model.data, model.used);
    pb_free(&model);
    ck_assert_int_eq(nbx_onnx_open(graph, path_in("model.onnx"), NULL, &file), NBX_OK);
    nbx_status status = nbx_onnx_read_tensor(file, nbx_onnx_model(file)->graph->initializer[0], "w", &out);
    ck_assert_msg(!strcmp(last_code(), row->code), "%s: code '%s'", row->name, last_code());
    ck_assert_int_eq(status, *row->code ? NBX_BAD_INPUT : NBX_OK);
    if (status == NBX_OK) ck_assert(nbx_tensor_float(&out, 1) == (row->offset ? atof(row->offset) / 4 : 0) + 1);
    nbx_onnx_close(file);
}
END_TEST

START_TEST(a_model_in_memory_needs_a_root_for_external_data)
{
    static const external_row row = {"", "data.bin", NULL, NULL, ""};
    pb model = external_model(&row);
    nbx_onnx_file *file;
    nbx_tensor out;
    write_external_files();
    ck_assert_int_eq(nbx_onnx_open_bytes(graph, model.data, model.used, NULL, &file), NBX_OK);
    ck_assert_int_eq(nbx_onnx_read_tensor(file, nbx_onnx_model(file)->graph->initializer[0], "w", &out), NBX_BAD_INPUT);
    ck_assert_str_eq(last_code(), "E-ONNX-013");
    nbx_onnx_close(file);
    ck_assert_int_eq(nbx_onnx_open_bytes(graph, model.data, model.used, folder, &file), NBX_OK);
    ck_assert_int_eq(nbx_onnx_read_tensor(file, nbx_onnx_model(file)->graph->initializer[0], "w", &out), NBX_OK);
    nbx_onnx_close(file);
    pb_free(&model);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("onnx_files");
    TCase *tests = tcase_create("onnx_files");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, only_regular_files_open);
    tcase_add_test(tests, two_gibibytes_are_too_large);
    tcase_add_loop_test(tests, external_data_stays_in_its_folder, 0, COUNT(external_rows));
    tcase_add_test(tests, a_model_in_memory_needs_a_root_for_external_data);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
