/* What repeats: fragments by content, words by address or number, runs by the bytes of a struct. */
#include "sink/json_cache.h"
#include "sink/json_runs.h"
#include "sink/json_shapes.h"
#include "sink/json_words.h"
#include "support.h"

#include <stdio.h>

static const int one, two; /* owners */

static struct ht_bytes find(struct ht_json_cache *cache, const void *owner, const char *content,
                            uint64_t hash)
{
    return ht_json_cache_find(cache, owner, ht_text(content), hash);
}

/* Twice where need be, for the first time may only make it known. */
static void keep(struct ht_json_cache *cache, const void *owner, const char *content, uint64_t hash,
                 const char *rendered)
{
    for (unsigned i = 0; i < 2 && find(cache, owner, content, hash).len == 0; i++) {
        ht_json_cache_offer(cache, owner, ht_text(content), hash, ht_text(rendered));
    }
}

static void test_the_second_time_counts(void **state)
{
    (void)state;
    struct ht_json_cache cache;
    assert_true(ht_json_cache_open(&cache));
    uint64_t hash = ht_json_cache_hash(&one, ht_text("content"));
    assert_int_equal(find(&cache, &one, "content", hash).len, 0);
    ht_json_cache_offer(&cache, &one, ht_text("content"), hash, ht_text("rendered"));
    assert_int_equal(find(&cache, &one, "content", hash).len, 0);
    ht_json_cache_offer(&cache, &one, ht_text("content"), hash, ht_text("rendered"));
    assert_text(find(&cache, &one, "content", hash), "rendered");
    ht_json_cache_close(&cache);
}

/* All of one hash: only the content and the owner tell. */
static void test_collisions_do_not_mix(void **state)
{
    (void)state;
    struct ht_json_cache cache;
    assert_true(ht_json_cache_open(&cache));
    keep(&cache, &one, "a", 42, "A");
    keep(&cache, &one, "b", 42, "B");
    assert_text(find(&cache, &one, "a", 42), "A");
    assert_text(find(&cache, &one, "b", 42), "B");
    assert_int_equal(find(&cache, &one, "c", 42).len, 0);
    assert_int_equal(find(&cache, &one, "ab", 42).len, 0);
    assert_int_equal(find(&cache, &one, "", 42).len, 0);
    assert_int_equal(find(&cache, &two, "a", 42).len, 0);
    keep(&cache, &two, "a", 42, "other"); /* the oldest goes */
    assert_text(find(&cache, &two, "a", 42), "other");
    assert_int_equal(find(&cache, &one, "a", 42).len, 0);
    ht_json_cache_close(&cache);
}

/* Of a longer content its head, middle and end. */
static void test_the_hash_sees_every_byte(void **state)
{
    (void)state;
    uint8_t bytes[100] = {0};
    enum { ALL_SEEN = 24 };
    for (size_t len = 0; len <= sizeof bytes; len++) {
        uint64_t hash = ht_json_cache_hash(&one, ht_bytes(bytes, len));
        assert_true(hash != ht_json_cache_hash(&two, ht_bytes(bytes, len)));
        assert_true(len == 0 || hash != ht_json_cache_hash(&one, ht_bytes(bytes, len - 1)));
        for (size_t i = 0; i < len; i++) {
            bool seen = len <= ALL_SEEN || i < 8 || i + 8 >= len || i == len / 2;
            bytes[i]  = 1;
            assert_true(!seen || hash != ht_json_cache_hash(&one, ht_bytes(bytes, len)));
            bytes[i] = 0;
        }
    }
}

static void test_large_fragments_are_not_kept(void **state)
{
    (void)state;
    static char large[HT_JSON_FRAGMENT_MAX + 1];
    struct ht_json_cache cache;
    assert_true(ht_json_cache_open(&cache));
    memset(large, 'x', sizeof large - 1);
    keep(&cache, &one, "a", 1, large);
    assert_int_equal(find(&cache, &one, "a", 1).len, 0);
    keep(&cache, &one, "a", 1, large + 1);
    assert_int_equal(find(&cache, &one, "a", 1).len, HT_JSON_FRAGMENT_MAX - 1);
    ht_json_cache_close(&cache);
}

/* What came after the last one is found without its hash, and nothing else is. */
static void test_fragments_in_order(void **state)
{
    (void)state;
    static const char *const contents[] = {"a", "b", "c"}, *const rendered[] = {"A", "B", "C"};
    struct ht_json_cache cache;
    assert_true(ht_json_cache_open(&cache));
    assert_int_equal(ht_json_cache_next(&cache, &one, ht_text("a")).len, 0);
    for (unsigned i = 0; i < 3; i++) {
        keep(&cache, &one, contents[i], (uint64_t)i << 40, rendered[i]); /* in a set each */
    }
    for (unsigned i = 0; i < 3; i++) {
        assert_text(find(&cache, &one, contents[i], (uint64_t)i << 40), rendered[i]);
    }
    assert_text(find(&cache, &one, "a", 0), "A");
    assert_int_equal(ht_json_cache_next(&cache, &one, ht_text("c")).len, 0);
    assert_int_equal(ht_json_cache_next(&cache, &two, ht_text("b")).len, 0);
    assert_text(ht_json_cache_next(&cache, &one, ht_text("b")), "B");
    assert_text(ht_json_cache_next(&cache, &one, ht_text("c")), "C");
    assert_text(ht_json_cache_next(&cache, &one, ht_text("a")), "A");
    ht_json_cache_forget(&cache);
    assert_int_equal(ht_json_cache_next(&cache, &one, ht_text("b")).len, 0);
    ht_json_cache_close(&cache);
}

static void offer_shape(struct ht_json_shapes *shapes, uint64_t number, const char *first,
                        const char *second)
{
    ht_json_shapes_offer(shapes, number, 0, ht_text(first));
    ht_json_shapes_offer(shapes, number, 1, ht_text(second));
}

/* All parts of a shape are kept from its second time on, until another one comes twice in a row. */
static void test_shapes(void **state)
{
    (void)state;
    static struct ht_json_shapes shapes;
    const uint64_t number = 3, other = number + HT_JSON_SHAPES;
    offer_shape(&shapes, number, "a", "b");
    assert_int_equal(ht_json_shapes_find(&shapes, number, 0, 0).len, 0);
    assert_int_equal(ht_json_shapes_find(&shapes, number, 1, 1).len, 0);
    offer_shape(&shapes, number, "a", "bc");
    assert_text(ht_json_shapes_find(&shapes, number, 0, 0), "a");
    assert_text(ht_json_shapes_find(&shapes, number, 1, 1), "bc");
    assert_text(ht_json_shapes_find(&shapes, number, 0, 1), "abc");
    assert_null(ht_json_shapes_find(&shapes, number, 0, 2).ptr);
    assert_int_equal(ht_json_shapes_find(&shapes, number, 2, 2).len, 0);
    offer_shape(&shapes, other, "A", "B");
    assert_text(ht_json_shapes_find(&shapes, number, 1, 1), "bc");
    assert_int_equal(ht_json_shapes_find(&shapes, other, 0, 0).len, 0);
    offer_shape(&shapes, other, "A", "B");
    assert_text(ht_json_shapes_find(&shapes, other, 1, 1), "B");
    assert_int_equal(ht_json_shapes_find(&shapes, number, 0, 0).len, 0);
    ht_json_shapes_forget(&shapes);
    assert_int_equal(ht_json_shapes_find(&shapes, other, 1, 1).len, 0);
}

/* What is too much is not kept; a part may be empty. */
static void test_large_shapes(void **state)
{
    (void)state;
    static struct ht_json_shapes shapes;
    static char large[HT_JSON_SHAPE_MAX + 1];
    memset(large, 'x', sizeof large - 1);
    for (unsigned i = 0; i < 2; i++) {
        offer_shape(&shapes, 1, "", "b");
        offer_shape(&shapes, 2, large, "b");
        offer_shape(&shapes, 4, large + 1, "b");
    }
    assert_int_equal(ht_json_shapes_find(&shapes, 1, 0, 0).len, 0);
    assert_text(ht_json_shapes_find(&shapes, 1, 1, 1), "b");
    assert_int_equal(ht_json_shapes_find(&shapes, 2, 0, 0).len, HT_JSON_SHAPE_MAX);
    assert_int_equal(ht_json_shapes_find(&shapes, 2, 1, 1).len, 0);
    assert_text(ht_json_shapes_find(&shapes, 4, 1, 1), "b");
    ht_json_shapes_forget(&shapes);
}

static void test_parts_of_a_shape_are_few(void **state)
{
    (void)state;
    static struct ht_json_shapes shapes;
    for (unsigned i = 0; i < 2; i++) {
        for (unsigned part = 0; part <= HT_JSON_SHAPE_PARTS; part++) {
            ht_json_shapes_offer(&shapes, 5, part, ht_text("p"));
        }
    }
    assert_text(ht_json_shapes_find(&shapes, 5, HT_JSON_SHAPE_PARTS - 1, HT_JSON_SHAPE_PARTS - 1),
                "p");
    assert_int_equal(ht_json_shapes_find(&shapes, 5, HT_JSON_SHAPE_PARTS, HT_JSON_SHAPE_PARTS).len,
                     0);
    ht_json_shapes_forget(&shapes);
}

static void expect(const char *at, const char *end, const char *rendered)
{
    assert_true((end == NULL) == (rendered == NULL));
    if (rendered != NULL) {
        assert_text(ht_bytes(at, (size_t)(end - at)), rendered);
    }
}

static void expect_label(const struct ht_json_words *words, const struct ht_json_member *member,
                         const char *label, const char *rendered)
{
    char at[HT_JSON_WORD_ROOM];
    expect(at, ht_json_words_put(words, at, member, (uintptr_t)label), rendered);
}

static void keep_label(struct ht_json_words *words, const struct ht_json_member *member,
                       const char *label, const char *rendered)
{
    ht_json_words_keep(words, member, (uintptr_t)label, ht_text(rendered));
}

static void test_labels(void **state)
{
    (void)state;
    static struct ht_json_words words;
    struct ht_json_member event = {.form = HT_JSON_LABEL}, from = event;
    const char *client = "client", *server = "server";
    expect_label(&words, &from, client, NULL);
    keep_label(&words, &from, client, ",\"from\":\"client\"");
    expect_label(&words, &from, client, ",\"from\":\"client\"");
    expect_label(&words, &event, client, NULL);
    expect_label(&words, &from, server, NULL);
    keep_label(&words, &from, server, ",\"from\":\"server\"");
    expect_label(&words, &from, server, ",\"from\":\"server\"");
    expect_label(&words, &from, client, ",\"from\":\"client\"");
}

static void test_named_values(void **state)
{
    (void)state;
    static struct ht_json_words words;
    static char large[HT_JSON_WORD_ROOM + 2];
    struct ht_json_member group = {.form = HT_JSON_NAMED}, version = group;
    char at[HT_JSON_WORD_ROOM];
    expect(at, ht_json_words_put(&words, at, &group, 0), NULL);
    ht_json_words_keep(&words, &group, 0, ht_text("zero"));
    expect(at, ht_json_words_put(&words, at, &group, 0), "zero");
    expect(at, ht_json_words_put(&words, at, &version, 0), NULL);
    memset(large, 'x', sizeof large - 1);
    ht_json_words_keep(&words, &group, 1, ht_text(large));
    expect(at, ht_json_words_put(&words, at, &group, 1), NULL);
    ht_json_words_keep(&words, &group, 1, ht_text(large + 1));
    expect(at, ht_json_words_put(&words, at, &group, 1), large + 1);
}

/* Many more than there are places: what is found is right. */
static void test_many_labels(void **state)
{
    (void)state;
    static struct ht_json_words words;
    static char labels[4 * HT_JSON_WORD_SETS * HT_JSON_WORD_WAYS][8];
    struct ht_json_member member = {.form = HT_JSON_LABEL};
    unsigned found               = 0;
    for (unsigned i = 0; i < HT_ARRAY_LEN(labels); i++) {
        (void)snprintf(labels[i], sizeof labels[i], "%u", i);
        keep_label(&words, &member, labels[i], labels[i]);
        expect_label(&words, &member, labels[i], labels[i]);
    }
    for (unsigned i = 0; i < HT_ARRAY_LEN(labels); i++) {
        char at[HT_JSON_WORD_ROOM];
        const char *end = ht_json_words_put(&words, at, &member, (uintptr_t)labels[i]);
        if (end != NULL) {
            expect(at, end, labels[i]);
            found++;
        }
    }
    assert_in_range(found, 1, HT_JSON_WORD_SETS * HT_JSON_WORD_WAYS);
}

/* As many as a set has room for stay; of one more the oldest gives way. */
static void test_named_values_of_one_set(void **state)
{
    (void)state;
    static struct ht_json_words words;
    struct ht_json_member member = {.form = HT_JSON_NAMED};
    uint64_t ids[HT_JSON_WORD_WAYS + 1];
    unsigned num = 0;
    char at[HT_JSON_WORD_ROOM], text[2] = "a";
    for (uint64_t id = 0; num < HT_ARRAY_LEN(ids); id++) {
        if (ht_json_words_set(&member, id) == ht_json_words_set(&member, 0)) {
            ids[num++] = id;
        }
    }
    for (unsigned i = 0; i < num; i++) {
        text[0] = (char)('a' + i);
        ht_json_words_keep(&words, &member, ids[i], ht_text(text));
        for (unsigned j = 0; j <= i; j++) {
            text[0]   = (char)('a' + j);
            bool gone = j + HT_JSON_WORD_WAYS <= i;
            expect(at, ht_json_words_put(&words, at, &member, ids[j]), gone ? NULL : text);
        }
    }
}

static void expect_run(struct ht_json_runs *runs, const struct ht_json_member *member,
                       const char *value, const char *rendered)
{
    char at[HT_JSON_RUN_ROOM];
    expect(at, ht_json_runs_put(runs, at, member, value), rendered);
}

static void keep_run(struct ht_json_runs *runs, const struct ht_json_member *member,
                     const char *value, const char *rendered)
{
    ht_json_runs_keep(runs, member, value, ht_text(rendered));
}

/* Of every size, each byte counts, and the owner. */
static void test_runs(void **state)
{
    (void)state;
    static struct ht_json_runs runs;
    char value[HT_JSON_RUN_BYTES] = {0};
    for (size_t size = sizeof(uint64_t); size <= sizeof value; size++) {
        struct ht_json_member member = {.size = (uint8_t)size}, other = member;
        expect_run(&runs, &member, value, NULL);
        keep_run(&runs, &member, value, ",\"a\":1");
        expect_run(&runs, &member, value, ",\"a\":1");
        expect_run(&runs, &other, value, NULL);
        for (size_t i = 0; i < size; i++) {
            value[i] = 1;
            expect_run(&runs, &member, value, NULL);
            value[i] = 0;
        }
        memset(&runs, 0, sizeof runs);
    }
}

static void test_sizes_of_runs(void **state)
{
    (void)state;
    static struct ht_json_runs runs;
    static char large[HT_JSON_RUN_ROOM + 2];
    struct ht_json_member member = {.size = sizeof(uint64_t)};
    memset(large, 'x', sizeof large - 1);
    keep_run(&runs, &member, "too long", large);
    expect_run(&runs, &member, "too long", NULL);
    keep_run(&runs, &member, "it fits:", large + 1);
    expect_run(&runs, &member, "it fits:", large + 1);
    keep_run(&runs, &member, "nothing:", "");
    expect_run(&runs, &member, "nothing:", "");
}

/* Many more than there are places: what is found is right. */
static void test_many_runs(void **state)
{
    (void)state;
    static struct ht_json_runs runs;
    char value[24]               = "";
    char text[24]                = "";
    struct ht_json_member member = {.size = sizeof value};
    unsigned found               = 0;
    enum { PLACES = HT_JSON_RUN_SETS * HT_JSON_RUN_WAYS };
    for (unsigned i = 0; i < 8 * PLACES; i++) {
        (void)snprintf(value, sizeof value, "%20u", i % (4 * PLACES));
        (void)snprintf(text, sizeof text, "%u", i % (4 * PLACES));
        if (i < 4 * PLACES) {
            keep_run(&runs, &member, value, text);
            expect_run(&runs, &member, value, text);
            continue;
        }
        char at[HT_JSON_RUN_ROOM];
        const char *end = ht_json_runs_put(&runs, at, &member, value);
        if (end != NULL) {
            assert_text(ht_bytes(at, (size_t)(end - at)), text);
            found++;
        }
    }
    assert_in_range(found, 1, PLACES);
}

/* In whatever order they come: the one that came after a run is expected after it again. */
static void test_runs_in_order(void **state)
{
    (void)state;
    static struct ht_json_runs runs;
    static const char *const values[] = {"syn.....", "syn_ack.", "ack....."};
    struct ht_json_member member      = {.size = sizeof(uint64_t)};
    for (unsigned i = 0; i < HT_ARRAY_LEN(values); i++) {
        keep_run(&runs, &member, values[i], values[i]);
    }
    for (unsigned i = 0; i < 1000; i++) {
        unsigned pick                    = i * i / 7 % HT_ARRAY_LEN(values);
        const struct ht_json_run *before = runs.last;
        expect_run(&runs, &member, values[pick], values[pick]);
        assert_ptr_equal(before->next, runs.last);
        assert_memory_equal(runs.last->bytes, values[pick], member.size);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_second_time_counts),
        cmocka_unit_test(test_collisions_do_not_mix),
        cmocka_unit_test(test_the_hash_sees_every_byte),
        cmocka_unit_test(test_large_fragments_are_not_kept),
        cmocka_unit_test(test_fragments_in_order),
        cmocka_unit_test(test_shapes),
        cmocka_unit_test(test_large_shapes),
        cmocka_unit_test(test_parts_of_a_shape_are_few),
        cmocka_unit_test(test_labels),
        cmocka_unit_test(test_named_values),
        cmocka_unit_test(test_many_labels),
        cmocka_unit_test(test_named_values_of_one_set),
        cmocka_unit_test(test_runs),
        cmocka_unit_test(test_sizes_of_runs),
        cmocka_unit_test(test_runs_in_order),
        cmocka_unit_test(test_many_runs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
