/* SPDX-License-Identifier: Apache-2.0 */
/* The host's calls, the pool from several threads and nested, and adoption by hosts that know more than the plugin. */
#include <check.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "loader/adopt.h"
#include "loader/host.h"

enum { LOOPS = 40, COUNT = 257 };

typedef struct tally {
    nbx_pool *pool;
    atomic_uint hits[COUNT];
    bool nested;
} tally;

static void one(void *arg, uint32_t i)
{
    atomic_fetch_add(&((tally *)arg)->hits[i], 1);
}

static void outer(void *arg, uint32_t i)
{
    tally *t = arg;
    (void)i;
    nbx_pool_for(t->pool, COUNT, t, one);
}

static void *caller(void *arg)
{
    tally *t = calloc(1, sizeof(*t));
    t->pool = arg;
    for (int loop = 0; loop < LOOPS; loop++)
        nbx_pool_for(t->pool, COUNT, t, one);
    nbx_pool_for(t->pool, 7, t, outer);
    for (int i = 0; i < COUNT; i++)
        if (atomic_load(&t->hits[i]) != LOOPS + 7) abort();
    free(t);
    return NULL;
}

/* Every index exactly once, from four callers at a time, with loops inside loops. */
START_TEST(pool_runs_each_index_once)
{
    static const uint32_t threads[] = {1, 2, 5};
    nbx_pool *pool = nbx_pool_create(threads[_i]);
    pthread_t callers[4];
    for (int i = 0; i < 4; i++)
        ck_assert_int_eq(pthread_create(&callers[i], NULL, caller, pool), 0);
    for (int i = 0; i < 4; i++)
        pthread_join(callers[i], NULL);
    nbx_pool_destroy(pool);
}
END_TEST

START_TEST(memory_is_aligned_and_accounted)
{
    static const uint64_t aligns[] = {0, 1, 8, 16, 64, 4096};
    nbx_host_side side;
    nbx_context *context;
    ck_assert_int_eq(nbx_context_create(&context), NBX_OK);
    nbx_host_side_init(&side, context, NULL, "test", NBX_REVISION_1_0);
    const nbx_host *host = &side.table;
    for (size_t i = 0; i < 6; i++) {
        char *block = host->alloc(host->self, 100 + i, aligns[i]);
        ck_assert_ptr_nonnull(block);
        ck_assert_uint_eq((uintptr_t)block % (aligns[i] < 16 ? 16 : aligns[i]), 0);
        memset(block, 1, 100 + i);
        ck_assert_uint_eq(atomic_load(&side.live_bytes), 100 + i);
        host->free(host->self, block);
        ck_assert_uint_eq(atomic_load(&side.live_blocks), 0);
    }
    ck_assert_ptr_null(host->alloc(host->self, UINT64_MAX - 8, 16));
    ck_assert_ptr_null(host->alloc(host->self, 8, 24));
    host->free(host->self, NULL);
    ck_assert(host->now_ns(host->self) <= host->now_ns(host->self));
    ck_assert_ptr_null(host->extension(host->self, "org.example", 1));
    nbx_context_destroy(context);
}
END_TEST

/* A diagnostic of an older plugin is shorter; a missing code must not be read beyond it. */
START_TEST(diagnostics_reach_the_context)
{
    nbx_host_side side;
    nbx_context *context;
    nbx_message message;
    ck_assert_int_eq(nbx_context_create(&context), NBX_OK);
    nbx_host_side_init(&side, context, NULL, "test", NBX_REVISION_1_0);
    const nbx_host *host = &side.table;
    nbx_diag diag = {.struct_size = sizeof(diag),
                     .status = NBX_VENDOR,
                     .severity = NBX_LOG_ERROR,
                     .node = NBX_NONE,
                     .code = "E-T-001",
                     .text = "broken"};
    host->diag(host->self, &diag);
    diag.struct_size = offsetof(nbx_diag, hint);
    diag.hint = (const char *)(uintptr_t)1;
    host->diag(host->self, &diag);
    host->diag(host->self, NULL);
    host->log(host->self, NBX_LOG_WARNING, "slow");
    ck_assert_uint_eq(nbx_message_count(context), 3);
    ck_assert(nbx_message_get(context, 1, &message));
    ck_assert_str_eq(message.code, "E-T-001");
    ck_assert_str_eq(message.text, "test: broken");
    ck_assert_str_eq(message.hint, "");
    ck_assert(nbx_message_get(context, 2, &message));
    ck_assert_uint_eq(message.severity, NBX_LOG_WARNING);
    nbx_context_destroy(context);
}
END_TEST

/* A host that grew: rows it knows as longer, with a member that older plugins do not have. */
typedef struct grown_row {
    uint32_t struct_size, value;
    const char *name;
    uint64_t appended;
} grown_row;

static const nbx_shape grown = {"grown_row", sizeof(grown_row), 8 + sizeof(void *), true, offsetof(grown_row, name), NULL, 0};

static const struct {
    const char *name;
    uint32_t struct_size, stride, count;
    uint64_t appended;
    int code; /* -1: fine */
    uint64_t reads;
} grown_cases[] = {
    {"old plugin: the new member reads as zero", 8 + sizeof(void *), sizeof(grown_row), 3, 77, -1, 0},
    {"same age", sizeof(grown_row), sizeof(grown_row), 3, 77, -1, 77},
    {"an old row size in a wider private stride", 8 + sizeof(void *), sizeof(grown_row) + 8, 2, 77, -1, 0},
    {"too short", 8, sizeof(grown_row), 1, 0, NBX_E_LOAD_TOO_SMALL, 0},
    {"longer than its stride", sizeof(grown_row) + 8, sizeof(grown_row), 1, 0, NBX_E_LOAD_SPAN, 0},
    {"odd stride", sizeof(grown_row), sizeof(grown_row) + 2, 1, 0, NBX_E_LOAD_SPAN, 0},
    {"absurd count", sizeof(grown_row), sizeof(grown_row), 1u << 30, 0, NBX_E_LOAD_SPAN, 0},
    {"none", 0, 0, 0, 0, -1, 0},
};

START_TEST(a_grown_host_reads_old_rows)
{
    nbx_arena *arena = nbx_arena_create();
    nbx_refusal refusal = {0};
    uint64_t memory[64] = {0};
    uint32_t count = grown_cases[_i].count < 4 ? grown_cases[_i].count : 1;
    for (uint32_t i = 0; i < count; i++) {
        grown_row row = {grown_cases[_i].struct_size, i + 1, "row", grown_cases[_i].appended};
        memcpy((char *)memory + (size_t)grown_cases[_i].stride * i, &row, sizeof(row));
    }
    nbx_span theirs = {memory, grown_cases[_i].count, grown_cases[_i].stride}, ours;
    bool ok = nbx_adopt_span(arena, "f", &grown, &theirs, &ours, &refusal);
    ck_assert_msg(ok == (grown_cases[_i].code < 0), "%s: %s", grown_cases[_i].name, ok ? "accepted" : refusal.text);
    if (!ok) ck_assert_int_eq((int)refusal.code, grown_cases[_i].code);
    for (uint32_t i = 0; ok && i < count; i++) {
        const grown_row *row = (const grown_row *)ours.rows + i;
        ck_assert_uint_eq(row->struct_size, sizeof(grown_row));
        ck_assert_uint_eq(row->value, i + 1);
        ck_assert_uint_eq(row->appended, grown_cases[_i].reads);
    }
    nbx_arena_destroy(arena);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("host");
    TCase *tcase = tcase_create("host");
    tcase_add_loop_test(tcase, pool_runs_each_index_once, 0, 3);
    tcase_add_test(tcase, memory_is_aligned_and_accounted);
    tcase_add_test(tcase, diagnostics_reach_the_context);
    tcase_add_loop_test(tcase, a_grown_host_reads_old_rows, 0, sizeof(grown_cases) / sizeof(grown_cases[0]));
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
