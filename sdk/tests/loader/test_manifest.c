/* SPDX-License-Identifier: Apache-2.0 */
/* Manifest text: what is read, what is written back, and every mistake with its code and place. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include <nbx/plugin/plugin.h>

#include "loader/manifest.h"

#define HEAD "nbx_manifest: 1\nname: acme\nvendor: acme\nversion: 1.0\nlibrary: acme.so\narch: x86_64-linux\n"
#define ABI  "abi_min: 1.0\nabi_max: 1.2\n"
#define SHA  "sha256: 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\n"
#define TAIL "chips: [a100, b200]\nroles: [compile, execute]\n"

static const struct {
    const char *name, *text;
    int code; /* -1: fine */
    uint32_t line, column;
} cases[] = {
    {"complete", HEAD ABI TAIL SHA, -1, 0, 0},
    {"isolation hint", HEAD ABI TAIL SHA "isolation: helper\n", -1, 0, 0},
    {"block lists and comments", HEAD ABI "# c\nchips:\n  - a100\n  - b200\nroles:\n- compile\n- execute\n" SHA, -1, 0, 0},
    {"empty", "", NBX_E_LOAD_MANIFEST_SYNTAX, 1, 1},
    {"comment only", "# nothing\n", NBX_E_LOAD_MANIFEST_SYNTAX, 2, 1},
    {"a list", "- a\n", NBX_E_LOAD_MANIFEST_SYNTAX, 1, 1},
    {"a text", "hello\n", NBX_E_LOAD_MANIFEST_SYNTAX, 1, 1},
    {"not YAML", HEAD "a: [\n", NBX_E_LOAD_MANIFEST_KEY, 7, 1},
    {"unclosed list", HEAD "chips: [a100\n", NBX_E_LOAD_MANIFEST_SYNTAX, 8, 1},
    {"binary", "\x01\x02\x03", NBX_E_LOAD_MANIFEST_SYNTAX, 1, 1},
    {"unknown key", HEAD ABI TAIL SHA "colour: red\n", NBX_E_LOAD_MANIFEST_KEY, 12, 1},
    {"key twice", HEAD ABI TAIL SHA "name: acme\n", NBX_E_LOAD_MANIFEST_KEY, 12, 1},
    {"digest missing", HEAD ABI TAIL, NBX_E_LOAD_MANIFEST_KEY, 11, 1},
    {"format 2", "nbx_manifest: 2\n", NBX_E_LOAD_MANIFEST_KEY, 1, 15},
    {"upper-case name", "name: Acme\n", NBX_E_LOAD_MANIFEST_KEY, 1, 7},
    {"name with a slash", "name: a/b\n", NBX_E_LOAD_MANIFEST_KEY, 1, 7},
    {"name missing", "name:\n", NBX_E_LOAD_MANIFEST_KEY, 1, 6},
    {"library in a folder", "library: /usr/lib/acme.so\n", NBX_E_LOAD_MANIFEST_KEY, 1, 10},
    {"library without .so", "library: acme\n", NBX_E_LOAD_MANIFEST_KEY, 1, 10},
    {"revision without dot", "abi_min: 1\n", NBX_E_LOAD_MANIFEST_KEY, 1, 10},
    {"revision too large", "abi_min: 1.65536\n", NBX_E_LOAD_MANIFEST_KEY, 1, 10},
    {"revision with a sign", "abi_min: -1.0\n", NBX_E_LOAD_MANIFEST_KEY, 1, 10},
    {"range reversed", HEAD "abi_min: 1.3\nabi_max: 1.2\n" TAIL SHA, NBX_E_LOAD_MANIFEST_KEY, 0, 0},
    {"digest too short", "sha256: 0123\n", NBX_E_LOAD_MANIFEST_KEY, 1, 9},
    {"chips as text", "chips: a100\n", NBX_E_LOAD_MANIFEST_KEY, 1, 8},
    {"chips nested", "chips: [[a100]]\n", NBX_E_LOAD_MANIFEST_SYNTAX, 1, 9},
    {"chip malformed", "chips: [a100, B200]\n", NBX_E_LOAD_MANIFEST_KEY, 1, 15},
    {"role unknown", "roles: [fly]\n", NBX_E_LOAD_MANIFEST_KEY, 1, 9},
    {"text as list", "name: [acme]\n", NBX_E_LOAD_MANIFEST_SYNTAX, 1, 7},
    {"anchor", "name: &n acme\n", NBX_E_LOAD_MANIFEST_SYNTAX, 1, 7},
    {"alias", "chips: [a100, *x]\n", NBX_E_LOAD_MANIFEST_SYNTAX, 1, 15},
    {"tag", "name: !!str acme\n", NBX_E_LOAD_MANIFEST_SYNTAX, 1, 7},
    {"merge key", "<<: {name: acme}\n", NBX_E_LOAD_MANIFEST_KEY, 1, 1},
    {"nested map", "name: {a: b}\n", NBX_E_LOAD_MANIFEST_SYNTAX, 1, 7},
    {"second document", HEAD ABI TAIL SHA "---\nname: acme\n", NBX_E_LOAD_MANIFEST_SYNTAX, 12, 1},
    {"zero byte in a text", "name: \"ac\\0me\"\n", NBX_E_LOAD_MANIFEST_SYNTAX, 1, 7},
    {"isolation unknown", "isolation: none\n", NBX_E_LOAD_MANIFEST_KEY, 1, 12},
};

START_TEST(texts_are_judged)
{
    nbx_arena *arena = nbx_arena_create();
    nbx_manifest manifest;
    nbx_refusal refusal = {0};
    bool ok = nbx_manifest_parse(arena, "m.yaml", cases[_i].text, strlen(cases[_i].text), &manifest, &refusal);
    ck_assert_msg(ok == (cases[_i].code < 0), "%s: %s", cases[_i].name, ok ? "accepted" : refusal.text);
    if (!ok) {
        ck_assert_msg((int)refusal.code == cases[_i].code, "%s: %s", cases[_i].name, refusal.text);
        ck_assert_str_eq(refusal.place.file, "m.yaml");
        ck_assert_msg(refusal.place.line == cases[_i].line && refusal.place.column == cases[_i].column, "%s: %u:%u %s", cases[_i].name,
                      refusal.place.line, refusal.place.column, refusal.text);
    } else {
        ck_assert_uint_eq(manifest.abi_max, NBX_REVISION(1, 2));
        ck_assert_uint_eq(manifest.chips.count, 2);
        ck_assert_str_eq(manifest.chips.texts[1], "b200");
        ck_assert_uint_eq(manifest.roles, NBX_ROLE_COMPILE | NBX_ROLE_EXECUTE);
    }
    nbx_arena_destroy(arena);
}
END_TEST

START_TEST(written_text_reads_back)
{
    nbx_arena *arena = nbx_arena_create();
    nbx_manifest first, second;
    nbx_refusal refusal = {0};
    ck_assert(nbx_manifest_parse(arena, "m", cases[_i].text, strlen(cases[_i].text), &first, &refusal));
    char *text = nbx_manifest_text(arena, &first);
    ck_assert_msg(nbx_manifest_parse(arena, "m", text, strlen(text), &second, &refusal), "%s", refusal.text);
    char *again = nbx_manifest_text(arena, &second);
    ck_assert_str_eq(text, again);
    ck_assert(!!first.isolation == !!second.isolation);
    nbx_arena_destroy(arena);
}
END_TEST

/* Deep nesting and long lists end early instead of filling memory. */
START_TEST(floods_are_refused)
{
    nbx_arena *arena = nbx_arena_create();
    nbx_manifest manifest;
    nbx_refusal refusal = {0};
    char *text = malloc(60000);
    ck_assert_ptr_nonnull(text);
    memcpy(text, "chips: ", 7);
    for (size_t i = 7; i < 60000; i++)
        text[i] = _i ? '[' : (i % 2 ? '[' : 'a');
    if (!_i)
        for (size_t i = 8; i < 60000; i++)
            text[i] = i % 2 ? ',' : 'a';
    text[59999] = ']';
    ck_assert(!nbx_manifest_parse(arena, "m", text, 60000, &manifest, &refusal));
    ck_assert(refusal.refused);
    free(text);
    nbx_arena_destroy(arena);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("manifest");
    TCase *tcase = tcase_create("manifest");
    tcase_add_loop_test(tcase, texts_are_judged, 0, sizeof(cases) / sizeof(cases[0]));
    tcase_add_loop_test(tcase, written_text_reads_back, 0, 3);
    tcase_add_loop_test(tcase, floods_are_refused, 0, 2);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
