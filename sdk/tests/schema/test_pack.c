/* SPDX-License-Identifier: Apache-2.0 */
/* Packed graphs: what goes in comes out, and what is damaged or hostile is refused without a wrong access. */
#include <check.h>
#include <stdio.h>

#include "schema/pack.h"

#include "pack_sample.h"

static blob pack(const nbx_graph_view *view)
{
    blob b = {0};
    ck_assert_int_eq(nbx_pack_graph(view, "hisilicon/hi3559av100", "tag 1", &b, blob_write), NBX_OK);
    return b;
}

static nbx_packed *open_or_die(const blob *b)
{
    nbx_packed *packed = NULL;
    char error[200];
    int32_t status = nbx_packed_open(sample_host(), b->bytes, b->count, &packed, error, sizeof error);
    ck_assert_msg(status == NBX_OK, "%d: %s", status, error);
    return packed;
}

static bool same_list(nbx_span a, nbx_span b)
{
    bool same = a.count == b.count;
    for (uint32_t i = 0; same && i < a.count; i++)
        same = *NBX_ROW(uint32_t, a, i) == *NBX_ROW(uint32_t, b, i);
    return same;
}

static bool same_arith(const nbx_arith *a, const nbx_arith *b)
{
    if (!a || !b) return a == b;
    return strcmp(a->name, b->name) == 0 && a->product == b->product && a->requant == b->requant && a->table_bits == b->table_bits;
}

static bool same_encoding(const nbx_encoding *a, const nbx_encoding *b)
{
    if (!a || !b) return a == b;
    return strcmp(a->name, b->name) == 0 && nbx_encoding_same(a, b) && a->granularity == b->granularity && a->axis == b->axis &&
           a->block == b->block && a->param_rule == b->param_rule && a->exp_lo == b->exp_lo && a->exp_hi == b->exp_hi &&
           a->fill_code == b->fill_code && a->param_value == b->param_value && a->symmetric == b->symmetric;
}

static bool same_constant(const nbx_graph_view *a, const nbx_value *x, const nbx_graph_view *b, const nbx_value *y)
{
    const void *p, *q;
    uint64_t m, n;
    uint32_t form = x->encoding ? NBX_CONST_CODES : NBX_CONST_FLOAT;
    if (a->const_map(a->self, x->const_id, form, &p, &m) || b->const_map(b->self, y->const_id, form, &q, &n)) return false;
    return m == n && memcmp(p, q, n) == 0 && (uintptr_t)q % 64 == 0;
}

static bool same_value(const nbx_graph_view *a, const nbx_value *x, const nbx_graph_view *b, const nbx_value *y)
{
    bool same = x->flags == y->flags && strcmp(x->name, y->name) == 0 && x->dtype == y->dtype && x->rank == y->rank &&
                memcmp(x->dims, y->dims, sizeof x->dims) == 0 && same_encoding(x->encoding, y->encoding) &&
                x->params.count == y->params.count && x->range_lo == y->range_lo && x->range_hi == y->range_hi && !x->layout == !y->layout;
    if (same && x->layout) same = nbx_layout_equal(x->layout, y->layout);
    for (uint32_t i = 0; same && i < x->params.count; i++)
        same = memcmp(NBX_ROW(nbx_qparam, x->params, i), NBX_ROW(nbx_qparam, y->params, i), sizeof(nbx_qparam)) == 0;
    return same && (!(x->flags & NBX_VALUE_CONST) || same_constant(a, x, b, y));
}

static bool same_attr(const nbx_attr *a, const nbx_attr *b)
{
    if (a->kind != b->kind || strcmp(a->name, b->name) != 0 || a->count != b->count || a->i != b->i || a->f != b->f) return false;
    if (a->kind == NBX_ATTR_STRING) return strcmp(a->s, b->s) == 0;
    if (a->kind == NBX_ATTR_INTS) return memcmp(a->ints, b->ints, a->count * sizeof *a->ints) == 0;
    return a->kind != NBX_ATTR_FLOATS || memcmp(a->floats, b->floats, a->count * sizeof *a->floats) == 0;
}

static bool same_node(const nbx_node *a, const nbx_node *b)
{
    bool same = a->op_revision == b->op_revision && !strcmp(a->name, b->name) && !strcmp(a->op, b->op) && !strcmp(a->domain, b->domain) &&
                same_list(a->inputs, b->inputs) && same_list(a->outputs, b->outputs) && a->attrs.count == b->attrs.count &&
                a->origins.count == b->origins.count && same_arith(a->arith, b->arith) && a->group == b->group && a->flags == b->flags;
    for (uint32_t i = 0; same && i < a->attrs.count; i++)
        same = same_attr(NBX_ROW(nbx_attr, a->attrs, i), NBX_ROW(nbx_attr, b->attrs, i));
    for (uint32_t i = 0; same && i < a->origins.count; i++)
        same = strcmp(*NBX_ROW(char *, a->origins, i), *NBX_ROW(char *, b->origins, i)) == 0;
    return same;
}

static void check_same(const nbx_graph_view *a, const nbx_graph_view *b)
{
    ck_assert_str_eq(a->name, b->name);
    ck_assert_uint_eq(a->flags, b->flags);
    ck_assert(same_list(a->inputs, b->inputs) && same_list(a->outputs, b->outputs));
    ck_assert(a->values.count == b->values.count && a->nodes.count == b->nodes.count && a->groups.count == b->groups.count);
    for (uint32_t i = 0; i < a->values.count; i++)
        ck_assert_msg(same_value(a, NBX_ROW(nbx_value, a->values, i), b, NBX_ROW(nbx_value, b->values, i)), "value %u", i);
    for (uint32_t i = 0; i < a->nodes.count; i++)
        ck_assert_msg(same_node(NBX_ROW(nbx_node, a->nodes, i), NBX_ROW(nbx_node, b->nodes, i)), "node %u", i);
    for (uint32_t i = 0; i < a->groups.count; i++) {
        const nbx_group *g = NBX_ROW(nbx_group, a->groups, i), *h = NBX_ROW(nbx_group, b->groups, i);
        ck_assert(g->at == h->at && !strcmp(g->fusion, h->fusion) && same_arith(g->arith, h->arith) && same_list(g->nodes, h->nodes));
    }
}

static sample made;

/* Values that nothing refers to do not travel, so the second trip is the one that must change nothing. */
START_TEST(random_graphs_go_round)
{
    uint32_t compared = 0;
    for (uint64_t seed = 1; seed <= 60; seed++) {
        sample_make(&made, seed * 100 + (uint64_t)_i, 1 + (uint32_t)(seed % SAMPLE_NODES));
        blob first = pack(&made.view);
        nbx_packed *packed = open_or_die(&first);
        ck_assert_str_eq(nbx_packed_chip(packed), "hisilicon/hi3559av100");
        ck_assert_str_eq(nbx_packed_tag(packed), "tag 1");
        const nbx_graph_view *view = nbx_packed_view(packed);
        if (view->values.count == made.view.values.count) {
            check_same(&made.view, view);
            compared++;
        }
        ck_assert_uint_eq(view->nodes.count, made.view.nodes.count);
        blob second = pack(view);
        ck_assert(second.count == first.count && memcmp(first.bytes, second.bytes, first.count) == 0);
        nbx_packed_close(packed);
        free(first.bytes);
        free(second.bytes);
    }
    ck_assert_uint_ge(compared, 5);
}
END_TEST

START_TEST(unused_values_do_not_travel)
{
    sample_make(&made, 3, 2);
    blob before = pack(&made.view);
    nbx_packed *packed = open_or_die(&before);
    uint32_t count = nbx_packed_view(packed)->values.count;
    nbx_packed_close(packed);
    sample_value(&made, NBX_VALUE_CONST);
    made.values[made.view.values.count - 1].dtype = NBX_DTYPE_STRING;
    blob after = pack(&made.view);
    ck_assert(before.count == after.count && memcmp(before.bytes, after.bytes, before.count) == 0);
    ck_assert_uint_le(count, made.view.values.count - 1);
    free(before.bytes);
    free(after.bytes);
}
END_TEST

START_TEST(constants_are_answered_in_their_form)
{
    sample_make(&made, 11, SAMPLE_NODES);
    blob b = pack(&made.view);
    nbx_packed *packed = open_or_die(&b);
    const nbx_graph_view *view = nbx_packed_view(packed);
    const void *data;
    uint64_t bytes;
    uint32_t seen = 0;
    for (uint32_t i = 0; i < view->values.count; i++) {
        const nbx_value *v = NBX_ROW(nbx_value, view->values, i);
        if (!(v->flags & NBX_VALUE_CONST)) continue;
        uint32_t other = v->encoding ? NBX_CONST_FLOAT : NBX_CONST_CODES;
        ck_assert_int_eq(view->const_map(view->self, v->const_id, other, &data, &bytes), NBX_UNSUPPORTED);
        ck_assert_ptr_null(data);
        seen++;
    }
    ck_assert_uint_gt(seen, 0);
    ck_assert_int_eq(view->const_map(view->self, 0, NBX_CONST_FLOAT, &data, &bytes), NBX_INVALID);
    ck_assert_int_eq(view->const_map(view->self, seen + 1, NBX_CONST_FLOAT, &data, &bytes), NBX_INVALID);
    nbx_packed_close(packed);
    free(b.bytes);
}
END_TEST

static int32_t refuse_write(void *self, const void *data, uint64_t bytes)
{
    uint64_t *left = self;
    (void)data;
    if (bytes > *left) return NBX_IO;
    *left -= bytes;
    return NBX_OK;
}

static int32_t refuse_map(void *self, uint64_t id, uint32_t form, const void **data, uint64_t *bytes)
{
    (void)self;
    (void)id;
    (void)form;
    *data = NULL;
    *bytes = 0;
    return NBX_VENDOR;
}

static int32_t map_too_little(void *self, uint64_t id, uint32_t form, const void **data, uint64_t *bytes)
{
    int32_t status = sample_map(self, id, form, data, bytes);
    *bytes -= 1;
    return status;
}

START_TEST(a_failing_write_or_map_is_handed_through)
{
    sample_make(&made, 11, SAMPLE_NODES);
    blob b = pack(&made.view);
    for (uint64_t room = 0; room < b.count; room += 97) {
        uint64_t left = room;
        ck_assert_int_eq(nbx_pack_graph(&made.view, "c", "t", &left, refuse_write), NBX_IO);
    }
    blob none = {0};
    made.view.const_map = refuse_map;
    ck_assert_int_eq(nbx_pack_graph(&made.view, "c", "t", &none, blob_write), NBX_VENDOR);
    made.view.const_map = map_too_little;
    ck_assert_int_eq(nbx_pack_graph(&made.view, "c", "t", &none, blob_write), NBX_INVALID);
    free(none.bytes);
    free(b.bytes);
}
END_TEST

START_TEST(a_graph_that_cannot_be_packed_is_refused)
{
    blob none = {0};
    sample_make(&made, 5, 3);
    made.values[made.outputs[0]].rank = NBX_MAX_RANK + 1;
    ck_assert_int_eq(nbx_pack_graph(&made.view, "", "", &none, blob_write), NBX_INVALID);
    sample_make(&made, 5, 3);
    made.edges[1][0] = 1000;
    ck_assert_int_eq(nbx_pack_graph(&made.view, "", "", &none, blob_write), NBX_INVALID);
    sample_make(&made, 5, 3);
    made.values[made.outputs[0]].dtype = NBX_DTYPE_STRING;
    ck_assert_int_eq(nbx_pack_graph(&made.view, "", "", &none, blob_write), NBX_UNSUPPORTED);
    ck_assert_uint_eq(none.count, 0);
}
END_TEST

/* Reads all that a view points to, so that a sanitizer sees a wrong pointer. */
static uint64_t touch(const nbx_graph_view *view)
{
    uint64_t sum = 0, bytes;
    const void *data;
    for (uint32_t i = 0; i < view->values.count; i++) {
        const nbx_value *v = NBX_ROW(nbx_value, view->values, i);
        if (!(v->flags & NBX_VALUE_CONST)) continue;
        if (view->const_map(view->self, v->const_id, v->encoding ? NBX_CONST_CODES : NBX_CONST_FLOAT, &data, &bytes) != NBX_OK) continue;
        for (uint64_t b = 0; b < bytes; b++)
            sum += ((const unsigned char *)data)[b];
    }
    blob again = {0};
    ck_assert_int_eq(nbx_pack_graph(view, "", "", &again, blob_write), NBX_OK);
    sum += again.count;
    free(again.bytes);
    return sum;
}

START_TEST(every_flipped_bit_is_found)
{
    sample_make(&made, 77, 3);
    blob b = pack(&made.view);
    char error[200];
    nbx_packed *packed;
    for (uint64_t at = 0; at < b.count * 8; at++) {
        b.bytes[at / 8] ^= (unsigned char)(1u << (at % 8));
        int32_t status = nbx_packed_open(sample_host(), b.bytes, b.count, &packed, error, sizeof error);
        if (packed || (status != NBX_BAD_INPUT && status != NBX_TOO_NEW) || !error[0]) ck_abort_msg("bit %d: status %d", (int)at, status);
        b.bytes[at / 8] ^= (unsigned char)(1u << (at % 8));
    }
    for (uint64_t count = 0; count < b.count; count++) {
        int32_t status = nbx_packed_open(sample_host(), b.bytes, count, &packed, error, sizeof error);
        if (packed || status != NBX_BAD_INPUT) ck_abort_msg("%d bytes: status %d", (int)count, status);
    }
    free(b.bytes);
}
END_TEST

/* With the checksum made to fit, a change may pass as another graph; it must then be sound. */
START_TEST(no_sealed_change_leads_outside)
{
    char error[200];
    uint32_t accepted = 0;
    for (uint64_t seed = 1; seed <= 3; seed++) {
        sample_make(&made, seed * 31 + (uint64_t)_i, 2 + (uint32_t)seed);
        blob b = pack(&made.view);
        unsigned char *copy = aligned_alloc(64, (b.count + 63) / 64 * 64);
        ck_assert(copy != NULL);
        for (uint64_t at = 0; at < (b.count - PACK_CHECKSUM_BYTES) * 8; at++) {
            nbx_packed *packed;
            memcpy(copy, b.bytes, b.count);
            copy[at / 8] ^= (unsigned char)(1u << (at % 8));
            blob_seal(copy, b.count);
            int32_t status = nbx_packed_open(sample_host(), copy, b.count, &packed, error, sizeof error);
            if (status != NBX_OK) continue;
            accepted += touch(nbx_packed_view(packed)) > 0;
            nbx_packed_close(packed);
        }
        free(copy);
        free(b.bytes);
    }
    ck_assert_uint_gt(accepted, 0);
}
END_TEST

/* Lies in chosen fields, with a checksum that fits, and what is said about them. */
static const struct {
    const char *name;
    uint32_t section, field, put;
    const char *error;
} lies[] = {
    {"a string behind the end", PACK_values, 4, 0x7fffffff, "behind the end of the strings"},
    {"rank 9", PACK_values, 12, 9, "rank 9"},
    {"an unknown element type", PACK_values, 8, 999, "unknown element type"},
    {"an unknown value flag", PACK_values, 0, 0x4000, "unknown flags"},
    {"no such encoding", PACK_values, 84, 77, "no encoding 77"},
    {"no such layout", PACK_values, 80, 77, "no layout 77"},
    {"more parameters than there are", PACK_values, 88, 0x10000000, "are wanted where"},
    {"an attribute count beyond the end", PACK_nodes, 24, 0x10000000, "are wanted where"},
    {"more origins than indices", PACK_nodes, 28, 0x10000000, "more origins than indices"},
    {"no such arith", PACK_nodes, 32, 77, "no arith 77"},
    {"no such group", PACK_nodes, 36, 77, "no group 77"},
    {"an unknown node flag", PACK_nodes, 40, 0x4000, "unknown flags"},
    {"an input that is no value", PACK_indices, 0, 0x7fffffff, "no value"},
    {"an input that stands twice", PACK_indices, 4, 0, "stands twice"},
    {"an unknown attribute kind", PACK_attrs, 0, 9, "unknown kind 9"},
    {"an unknown kind of encoding", PACK_encodings, 4, 0xffff, "unknown kind"},
};

START_TEST(a_lie_is_named)
{
    char error[300];
    nbx_packed *packed;
    sample_make(&made, 21, 12);
    blob b = pack(&made.view);
    pack_header header;
    memcpy(&header, b.bytes, sizeof header);
    uint64_t at = sizeof header;
    for (uint32_t s = 0; s < lies[_i].section; s++)
        at = (at + (uint64_t)header.counts[s] * pack_record_bytes[s] + 7) / 8 * 8;
    ck_assert_uint_gt(header.counts[lies[_i].section], 0);
    memcpy(b.bytes + at + lies[_i].field, &lies[_i].put, 4);
    blob_seal(b.bytes, b.count);
    ck_assert_int_eq(nbx_packed_open(sample_host(), b.bytes, b.count, &packed, error, sizeof error), NBX_BAD_INPUT);
    ck_assert_msg(strstr(error, lies[_i].error) != NULL, "%s: %s", lies[_i].name, error);
    free(b.bytes);
}
END_TEST

START_TEST(a_later_version_is_too_new)
{
    char error[200];
    nbx_packed *packed;
    sample_make(&made, 1, 1);
    blob b = pack(&made.view);
    b.bytes[8] = PACK_VERSION + 1;
    ck_assert_int_eq(nbx_packed_open(sample_host(), b.bytes, b.count, &packed, error, sizeof error), NBX_TOO_NEW);
    ck_assert_int_eq(nbx_packed_open(sample_host(), b.bytes + 4, b.count - 4, &packed, error, sizeof error), NBX_INVALID);
    ck_assert_int_eq(nbx_packed_open(sample_host(), NULL, 0, &packed, NULL, 0), NBX_INVALID);
    free(b.bytes);
}
END_TEST

static void *refuse_alloc(void *self, uint64_t bytes, uint64_t align)
{
    (void)self;
    (void)bytes;
    (void)align;
    return NULL;
}

START_TEST(a_host_without_memory_is_told)
{
    nbx_host host = *sample_host();
    nbx_packed *packed;
    sample_make(&made, 1, 1);
    blob b = pack(&made.view);
    host.alloc = refuse_alloc;
    ck_assert_int_eq(nbx_packed_open(&host, b.bytes, b.count, &packed, NULL, 0), NBX_NO_MEMORY);
    ck_assert_ptr_null(packed);
    free(b.bytes);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("packed graphs");
    TCase *container = tcase_create("container");
    tcase_add_loop_test(container, random_graphs_go_round, 0, 5);
    tcase_add_test(container, unused_values_do_not_travel);
    tcase_add_test(container, constants_are_answered_in_their_form);
    tcase_add_test(container, a_failing_write_or_map_is_handed_through);
    tcase_add_test(container, a_graph_that_cannot_be_packed_is_refused);
    tcase_add_test(container, every_flipped_bit_is_found);
    tcase_add_loop_test(container, no_sealed_change_leads_outside, 0, 4);
    tcase_add_loop_test(container, a_lie_is_named, 0, (int)(sizeof lies / sizeof lies[0]));
    tcase_add_test(container, a_later_version_is_too_new);
    tcase_add_test(container, a_host_without_memory_is_told);
    suite_add_tcase(suite, container);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
