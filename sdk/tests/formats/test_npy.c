/* SPDX-License-Identifier: Apache-2.0 */
/* .npy files: what is read, what is refused with which words, what is written. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "formats/npy.h"

static nbx_context *context;

static void setup(void)
{
    ck_assert_int_eq(nbx_context_create(&context), NBX_OK);
}

static void teardown(void)
{
    nbx_context_destroy(context);
    context = NULL;
}

/* A file of the given version with `dict` as its header and `data` bytes 0, 1, 2 ... behind it; malloc'ed to its exact size. */
static unsigned char *make(unsigned version, const char *dict, size_t data, size_t *bytes)
{
    size_t length = strlen(dict), start = version == 1 ? 10 : 12;
    unsigned char *file = malloc(start + length + data);
    ck_assert_ptr_nonnull(file);
    memcpy(file, "\x93NUMPY", 6);
    file[6] = (unsigned char)version;
    file[7] = 0;
    for (size_t i = 8; i < start; i++)
        file[i] = (unsigned char)(length >> (8 * (i - 8)));
    memcpy(file + start, dict, length);
    for (size_t i = 0; i < data; i++)
        file[start + length + i] = (unsigned char)i;
    *bytes = start + length + data;
    return file;
}

#define F4(shape) "{'descr': '<f4', 'fortran_order': False, 'shape': " shape ", }\n"

static const struct {
    const char *name;
    unsigned version;
    const char *dict;
    size_t data;
    uint32_t dtype, rank;
    int64_t dims[3];
} readable[] = {
    {"as NumPy writes it", 1, F4("(2, 3)"), 24, NBX_DTYPE_FLOAT32, 2, {2, 3}},
    {"version 2", 2, F4("(2, 3)"), 24, NBX_DTYPE_FLOAT32, 2, {2, 3}},
    {"version 3", 3, F4("(2, 3)"), 24, NBX_DTYPE_FLOAT32, 2, {2, 3}},
    {"a scalar", 1, F4("()"), 4, NBX_DTYPE_FLOAT32, 0, {0}},
    {"a vector", 1, F4("(6,)"), 24, NBX_DTYPE_FLOAT32, 1, {6}},
    {"no elements", 1, F4("(0, 3)"), 0, NBX_DTYPE_FLOAT32, 2, {0, 3}},
    {"no elements of absurd rows",
     1,
     F4("(9223372036854775807, 9223372036854775807, 0)"),
     0,
     NBX_DTYPE_FLOAT32,
     3,
     {INT64_MAX, INT64_MAX, 0}},
    {"keys in another order, double quotes, no blanks",
     1,
     "{\"shape\":(4,),\"fortran_order\":False,\"descr\":\"|u1\"}",
     4,
     NBX_DTYPE_UINT8,
     1,
     {4}},
    {"a single byte with an order", 1, "{'descr': '<i1', 'fortran_order': False, 'shape': (4,)}", 4, NBX_DTYPE_INT8, 1, {4}},
    {"booleans", 1, "{'descr': '|b1', 'fortran_order': False, 'shape': (4,)}", 4, NBX_DTYPE_BOOL, 1, {4}},
    {"halves", 1, "{'descr': '<f2', 'fortran_order': False, 'shape': (2,)}", 4, NBX_DTYPE_FLOAT16, 1, {2}},
    {"doubles", 1, "{'descr': '<f8', 'fortran_order': False, 'shape': (1,)}", 8, NBX_DTYPE_FLOAT64, 1, {1}},
    {"int16", 1, "{'descr': '<i2', 'fortran_order': False, 'shape': (2,)}", 4, NBX_DTYPE_INT16, 1, {2}},
    {"uint16", 1, "{'descr': '<u2', 'fortran_order': False, 'shape': (2,)}", 4, NBX_DTYPE_UINT16, 1, {2}},
    {"int32", 1, "{'descr': '<i4', 'fortran_order': False, 'shape': (2,)}", 8, NBX_DTYPE_INT32, 1, {2}},
    {"uint32", 1, "{'descr': '<u4', 'fortran_order': False, 'shape': (2,)}", 8, NBX_DTYPE_UINT32, 1, {2}},
    {"int64", 1, "{'descr': '<i8', 'fortran_order': False, 'shape': (2,)}", 16, NBX_DTYPE_INT64, 1, {2}},
    {"uint64", 1, "{'descr': '<u8', 'fortran_order': False, 'shape': (2,)}", 16, NBX_DTYPE_UINT64, 1, {2}},
};

START_TEST(reads)
{
    size_t bytes;
    nbx_npy npy;
    unsigned char *file = make(readable[_i].version, readable[_i].dict, readable[_i].data, &bytes);
    nbx_status status = nbx_npy_parse(context, file, bytes, "x.npy", &npy);
    ck_assert_msg(status == NBX_OK, "%s", readable[_i].name);
    ck_assert_uint_eq(npy.dtype, readable[_i].dtype);
    ck_assert_uint_eq(npy.rank, readable[_i].rank);
    ck_assert_uint_eq(npy.bytes, readable[_i].data);
    for (uint32_t i = 0; i < npy.rank; i++)
        ck_assert_int_eq(npy.dims[i], readable[_i].dims[i]);
    ck_assert_ptr_nonnull(npy.data);
    for (size_t i = 0; i < readable[_i].data; i++)
        ck_assert_uint_eq(((const unsigned char *)npy.data)[i], i);
    nbx_npy_close(&npy);
    nbx_npy_close(&npy);
    free(file);
}
END_TEST

#define KEYS(descr, order, shape) "{'descr': " descr ", 'fortran_order': " order ", 'shape': " shape "}"

static const struct {
    const char *name;
    unsigned version;
    const char *dict;
    size_t data;
    const char *code, *text;
} refused[] = {
    {"too short", 1, F4("(2, 3)"), 20, "E-NPY-005", "2x3 elements 'f4' have 24 bytes, but 20 follow the header"},
    {"too long", 1, F4("(2, 3)"), 25, "E-NPY-005", "2x3 elements 'f4' have 24 bytes, but 25 follow the header"},
    {"a scalar without its value", 1, F4("()"), 0, "E-NPY-005", "scalar elements 'f4' have 4 bytes, but 0 follow the header"},
    {"a product that overflows to the size", 1, F4("(4611686018427387905, 4)"), 16, "E-NPY-004",
     "the shape 4611686018427387905x4 has more bytes than can be counted"},
    {"bytes that overflow", 1, F4("(4611686018427387904,)"), 0, "E-NPY-004",
     "the shape 4611686018427387904 has more bytes than can be counted"},
    {"an extent over 63 bits", 1, F4("(9223372036854775808,)"), 0, "E-NPY-004", "an extent over 63 bits"},
    {"nine axes", 1, F4("(1, 1, 1, 1, 1, 1, 1, 1, 1)"), 4, "E-NPY-004", "more than 8 axes"},
    {"big-endian", 1, KEYS("'>f4'", "False", "(1,)"), 4, "E-NPY-003", "elements '>f4' are big-endian; only little-endian files are read"},
    {"texts", 1, KEYS("'<U5'", "False", "(1,)"), 20, "E-NPY-003", "elements '<U5' are not read"},
    {"objects, which hold code", 1, KEYS("'|O'", "False", "(1,)"), 4, "E-NPY-003", "elements '|O' are not read"},
    {"complex", 1, KEYS("'<c8'", "False", "(1,)"), 8, "E-NPY-003", "elements '<c8' are not read"},
    {"records", 1, KEYS("[('a', '<f4')]", "False", "(1,)"), 4, "E-NPY-003", "a structured element type"},
    {"several bytes without an order", 1, KEYS("'|f4'", "False", "(1,)"), 4, "E-NPY-003", "elements '|f4' are not read"},
    {"a type without end", 1, "{'descr': '<f4", 0, "E-NPY-002", "byte 10 of the header: expected a closing quote"},
    {"a long type", 1, KEYS("'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'", "False", "()"), 4, "E-NPY-002",
     "byte 10 of the header: expected a shorter text"},
    {"an escape in a text", 1, KEYS("'<\\x664'", "False", "()"), 4, "E-NPY-002", "byte 10 of the header: expected a text of letters"},
    {"a negative extent", 1, F4("(-1,)"), 0, "E-NPY-002", "byte 51 of the header: expected an extent"},
    {"a shape that is a list", 1, F4("[1]"), 4, "E-NPY-002", "byte 50 of the header: expected a tuple"},
    {"a number for a tuple", 1, F4("(3)"), 12, "E-NPY-002", "byte 53 of the header: expected a comma in a tuple of one"},
    {"two extents without a comma", 1, F4("(3 4)"), 48, "E-NPY-002", "byte 53 of the header: expected a comma or )"},
    {"an open tuple", 1, "{'descr': '<f4', 'fortran_order': False, 'shape': (3, ", 12, "E-NPY-002",
     "byte 54 of the header: expected an extent"},
    {"an order that is a number", 1, KEYS("'<f4'", "0", "()"), 4, "E-NPY-002", "byte 34 of the header: expected True or False"},
    {"a key twice", 1, "{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': ()}", 4, "E-NPY-002",
     "byte 24 of the header: expected descr, fortran_order and shape, each once"},
    {"another key", 1, "{'descr': '<f4', 'fortran_order': False, 'shape': (), 'x': 1}", 4, "E-NPY-002",
     "byte 57 of the header: expected descr, fortran_order and shape, each once"},
    {"a key missing", 1, "{'descr': '<f4', 'shape': ()}", 4, "E-NPY-002",
     "byte 29 of the header: expected descr, fortran_order and shape, each once"},
    {"something behind the dict", 1, F4("()") "x", 4, "E-NPY-002", "byte 56 of the header: expected blanks up to the end"},
    {"no dict", 1, "nothing", 4, "E-NPY-002", "byte 0 of the header: expected {"},
    {"an empty header", 1, "", 4, "E-NPY-002", "byte 0 of the header: expected {"},
    {"another version", 4, F4("()"), 4, "E-NPY-001", "version 4.0 of the format; 1.0, 2.0 and 3.0 are read"},
};

START_TEST(refuses)
{
    size_t bytes;
    nbx_npy npy;
    nbx_message message;
    unsigned char *file = make(refused[_i].version, refused[_i].dict, refused[_i].data, &bytes);
    nbx_status status = nbx_npy_parse(context, file, bytes, "x.npy", &npy);
    ck_assert_msg(status == NBX_BAD_INPUT, "%s: %d", refused[_i].name, status);
    ck_assert(nbx_message_get(context, 0, &message));
    ck_assert_str_eq(message.place, "x.npy");
    ck_assert_msg(strcmp(message.code, refused[_i].code) == 0 && strcmp(message.text, refused[_i].text) == 0, "%s: %s %s", refused[_i].name,
                  message.code, message.text);
    ck_assert_uint_eq(nbx_message_count(context), 1);
    ck_assert_ptr_null(npy.data);
    ck_assert_uint_eq(npy.bytes, 0);
    free(file);
}
END_TEST

/* Every prefix of a good file ends too early somewhere; none of them is read, and no byte beyond it is touched. */
START_TEST(refuses_every_prefix)
{
    size_t bytes;
    unsigned char *file = make(2, F4("(2, 3)"), 24, &bytes);
    for (size_t count = 0; count < bytes; count++) {
        nbx_npy npy;
        unsigned char *prefix = malloc(count ? count : 1);
        memcpy(prefix, file, count);
        ck_assert_int_eq(nbx_npy_parse(context, prefix, count, "x.npy", &npy), NBX_BAD_INPUT);
        free(prefix);
    }
    free(file);
    nbx_npy npy;
    ck_assert_int_eq(nbx_npy_parse(context, "PK\3\4 a zip file", 16, "x.npz", &npy), NBX_BAD_INPUT);
    nbx_message message;
    ck_assert(nbx_message_get(context, nbx_message_count(context) - 1, &message));
    ck_assert_str_eq(message.hint, "it looks like an .npz: unpack it");
}
END_TEST

/* Version 2 may promise a header of 4 GiB. */
START_TEST(refuses_a_header_longer_than_the_file)
{
    nbx_npy npy;
    nbx_message message;
    ck_assert_int_eq(nbx_npy_parse(context, "\x93NUMPY\2\0\xff\xff\xff\xff{}", 14, "x.npy", &npy), NBX_BAD_INPUT);
    ck_assert_int_eq(nbx_npy_parse(context, "\x93NUMPY\1\0\xff\x00{}", 12, "x.npy", &npy), NBX_BAD_INPUT);
    ck_assert(nbx_message_get(context, 1, &message));
    ck_assert_str_eq(message.text, "the header has 255 bytes, but 2 follow");
}
END_TEST

START_TEST(fortran_order_becomes_row_major)
{
    /* x[i][j][k] = byte i + 2 j + 6 k of the file */
    size_t bytes;
    nbx_npy npy;
    unsigned char *file = make(1, KEYS("'|u1'", "True", "(2, 3, 4)"), 24, &bytes);
    ck_assert_int_eq(nbx_npy_parse(context, file, bytes, "x.npy", &npy), NBX_OK);
    for (unsigned i = 0; i < 2; i++)
        for (unsigned j = 0; j < 3; j++)
            for (unsigned k = 0; k < 4; k++)
                ck_assert_uint_eq(((const unsigned char *)npy.data)[(i * 3 + j) * 4 + k], i + 2 * j + 6 * k);
    nbx_npy_close(&npy);
    free(file);
    file = make(1, KEYS("'<f8'", "True", "(0, 3)"), 0, &bytes);
    ck_assert_int_eq(nbx_npy_parse(context, file, bytes, "x.npy", &npy), NBX_OK);
    ck_assert_ptr_nonnull(npy.data);
    nbx_npy_close(&npy);
    free(file);
}
END_TEST

START_TEST(elements_are_aligned)
{
    for (size_t shift = 0; shift < 8; shift++) {
        size_t bytes;
        nbx_npy npy;
        unsigned char *file = make(1, KEYS("'<f8'", "False", "(2,)"), 16, &bytes), *moved = malloc(bytes + 8);
        memcpy(moved + shift, file, bytes);
        ck_assert_int_eq(nbx_npy_parse(context, moved + shift, bytes, "x.npy", &npy), NBX_OK);
        ck_assert_uint_eq((uintptr_t)npy.data % 8, 0);
        ck_assert_uint_eq(((const unsigned char *)npy.data)[15], 15);
        nbx_npy_close(&npy);
        free(moved);
        free(file);
    }
}
END_TEST

static char folder[] = NBX_BUILD "/test_npy.XXXXXX";

static const char *in_folder(const char *name)
{
    static char path[sizeof(folder) + 64];
    snprintf(path, sizeof(path), "%s/%s", folder, name);
    return path;
}

START_TEST(what_is_written_reads_back)
{
    static const struct {
        uint32_t dtype, rank;
        int64_t dims[NBX_MAX_RANK];
    } rows[] = {{NBX_DTYPE_FLOAT32, 2, {2, 3}},       {NBX_DTYPE_UINT8, 1, {24}},  {NBX_DTYPE_INT64, 0, {0}},
                {NBX_DTYPE_FLOAT16, 4, {1, 3, 2, 2}}, {NBX_DTYPE_BOOL, 2, {0, 7}}, {NBX_DTYPE_INT8, 8, {1, 1, 1, 1, 1, 1, 1, 24}}};
    unsigned char data[24];
    for (size_t i = 0; i < sizeof(data); i++)
        data[i] = (unsigned char)(i * 7);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        nbx_npy npy;
        const char *path = in_folder("a.npy");
        ck_assert_int_eq(nbx_npy_write(context, path, rows[i].dtype, rows[i].rank, rows[i].dims, data), NBX_OK);
        ck_assert_int_eq(nbx_npy_open(context, path, &npy), NBX_OK);
        ck_assert_uint_eq(npy.dtype, rows[i].dtype);
        ck_assert_uint_eq(npy.rank, rows[i].rank);
        ck_assert_int_eq(memcmp(npy.dims, rows[i].dims, rows[i].rank * sizeof(int64_t)), 0);
        ck_assert_int_eq(memcmp(npy.data, data, npy.bytes), 0);
        if (npy.mapping) ck_assert_uint_eq((uintptr_t)npy.data % 64, 0);
        nbx_npy_close(&npy);
        remove(path);
    }
    ck_assert_int_eq(rmdir(folder), 0); /* nothing else was left in it */
    ck_assert_int_eq(mkdir(folder, 0777), 0);
}
END_TEST

START_TEST(a_failed_write_leaves_nothing)
{
    int64_t three = 3, much = INT64_MAX, less = -1;
    nbx_npy npy;
    ck_assert_int_eq(nbx_npy_write(context, in_folder("no/a.npy"), NBX_DTYPE_UINT8, 1, &three, "abc"), NBX_IO);
    ck_assert_int_eq(nbx_npy_write(context, in_folder("."), NBX_DTYPE_UINT8, 1, &three, "abc"), NBX_IO);
    ck_assert_int_eq(nbx_npy_write(context, "/dev/null", NBX_DTYPE_UINT8, 1, &three, "abc"), NBX_OK);
    struct stat about; /* a device is written through, never replaced */
    ck_assert(stat("/dev/null", &about) == 0 && S_ISCHR(about.st_mode));
    ck_assert_int_eq(nbx_npy_write(context, in_folder("a.npy"), NBX_DTYPE_BFLOAT16, 1, &three, "abc"), NBX_UNSUPPORTED);
    ck_assert_int_eq(nbx_npy_write(context, in_folder("a.npy"), NBX_DTYPE_FLOAT32, 1, &much, "abc"), NBX_INVALID);
    ck_assert_int_eq(nbx_npy_write(context, in_folder("a.npy"), NBX_DTYPE_UINT8, 1, &less, "abc"), NBX_INVALID);
    ck_assert_int_eq(nbx_npy_open(context, in_folder("a.npy"), &npy), NBX_IO);
    ck_assert_int_eq(nbx_npy_open(context, folder, &npy), NBX_IO);
    ck_assert_int_eq(mkfifo(in_folder("fifo"), 0600), 0);
    ck_assert_int_eq(nbx_npy_open(context, in_folder("fifo"), &npy), NBX_IO); /* without waiting for a writer */
    remove(in_folder("fifo"));
    fclose(fopen(in_folder("empty"), "w"));
    ck_assert_int_eq(nbx_npy_open(context, in_folder("empty"), &npy), NBX_BAD_INPUT);
    remove(in_folder("empty"));
    ck_assert_int_eq(rmdir(folder), 0);
    ck_assert_int_eq(mkdir(folder, 0777), 0);
}
END_TEST

START_TEST(numpy_files_of_the_shared_data_open)
{
    static const char *const files[] = {NBX_SHARED "/data/fashion_calib_200.npy", NBX_SHARED "/data/fashion_test_1000.npy",
                                        NBX_SHARED "/data/fashion_test_1000.labels.npy"};
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        nbx_npy npy;
        if (access(files[i], R_OK) != 0) continue; /* not every checkout has them */
        ck_assert_int_eq(nbx_npy_open(context, files[i], &npy), NBX_OK);
        ck_assert_uint_gt(npy.elements, 0);
        nbx_npy_close(&npy);
    }
}
END_TEST

int main(void)
{
    if (!mkdtemp(folder)) return 2;
    Suite *suite = suite_create("npy");
    TCase *tests = tcase_create("rows");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_loop_test(tests, reads, 0, (int)(sizeof(readable) / sizeof(readable[0])));
    tcase_add_loop_test(tests, refuses, 0, (int)(sizeof(refused) / sizeof(refused[0])));
    tcase_add_test(tests, refuses_every_prefix);
    tcase_add_test(tests, refuses_a_header_longer_than_the_file);
    tcase_add_test(tests, fortran_order_becomes_row_major);
    tcase_add_test(tests, elements_are_aligned);
    tcase_add_test(tests, what_is_written_reads_back);
    tcase_add_test(tests, a_failed_write_leaves_nothing);
    tcase_add_test(tests, numpy_files_of_the_shared_data_open);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    rmdir(folder);
    return failed != 0;
}
