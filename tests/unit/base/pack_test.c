/*
 * What is packed comes out again, in no more room than is promised, and what a record has in common
 * with others takes none.
 */
#include "support.h"

#include "base/pack.h"

enum {
    WORDS = 9,
    EMPTY = 2 /* bytes of a record that is as is known: by which form, and that nothing is else */
};

static void packs_words(void **unused)
{
    uint8_t out[2 * HT_PACK_SLACK];
    (void)unused;
    assert_int_equal(ht_word_len(0), 0);
    for (unsigned len = 1; len <= 8; len++) {
        uint64_t word = UINT64_MAX >> (64 - 8 * len);
        assert_int_equal(ht_word_len(word), len);
        assert_int_equal(ht_word_len(word / 256 + 1), len);
        assert_ptr_equal(ht_put_word(out, word, len), out + len);
        memset(out + len, 0xA5, HT_PACK_SLACK);
        assert_true(ht_get_word(out, len) == word);
    }
}

/* A kind, and what was packed of it. */
struct packer {
    struct ht_pack_kind kind;
    uint64_t anchors[HT_PACK_ANCHORS];
};

/* In `packed_len` bytes. */
static void check(struct packer *p, const uint64_t *words, size_t num, size_t packed_len)
{
    uint8_t packed[HT_PACKED_MAX(WORDS)];
    uint64_t again[WORDS];
    const uint8_t *end = ht_pack(&p->kind, packed, p->anchors, words, num);
    assert_non_null(end);
    assert_int_equal(end - packed, packed_len);
    memset(again, 0xA5, sizeof again);
    assert_ptr_equal(ht_unpack(&p->kind, packed, p->anchors, again), end);
    assert_memory_equal(again, words, num * sizeof *words);
}

static void same_words_take_nothing(void **unused)
{
    const uint64_t words[WORDS] = {0, 1, UINT64_MAX, 3, 4, 5, 6, 7, 8};
    (void)unused;
    for (size_t num = 0; num <= WORDS; num++) {
        struct packer p = {0};
        check(&p, words, num, EMPTY);
        check(&p, words, num, EMPTY);
        assert_int_equal(p.kind.num_forms, 1);
        ht_pack_forget(&p.kind);
        assert_int_equal(p.kind.num_forms, 0);
    }
}

/* Of numbers below 2^32 four bytes are written, and of what is not near to anything all. */
static void other_words_are_written(void **unused)
{
    struct packer p = {0};
    (void)unused;
    check(&p, (uint64_t[]){7, 1, 1, 7, 7}, 5, EMPTY);
    check(&p, (uint64_t[]){7, 2, UINT64_C(1) << 40, 7, 7}, 5, EMPTY + 4 + 8);
    check(&p, (uint64_t[]){7, UINT32_MAX, UINT64_MAX, 7, 7}, 5, EMPTY + 4 + 8);
    check(&p, (uint64_t[]){7, 0, 0, 7, 7}, 5, EMPTY + 4 + 8);
    assert_int_equal(p.kind.num_forms, 2);
    ht_pack_forget(&p.kind);
}

/* So much more than what stands beside the record, or than a word before them. */
static void words_that_follow_take_nothing(void **unused)
{
    struct packer p = {.anchors = {0, 1000, UINT64_C(1) << 60}};
    (void)unused;
    check(&p, (uint64_t[]){1001, 55, (UINT64_C(1) << 60) - 3, 58, 77}, 5, EMPTY);
    p.anchors[1] = 2000;
    p.anchors[2] = UINT64_C(1) << 50;
    check(&p, (uint64_t[]){2001, 66, (UINT64_C(1) << 50) - 3, 69, 77}, 5, EMPTY + 4);
    p.anchors[1] = UINT64_MAX;
    check(&p, (uint64_t[]){0, 88, (UINT64_C(1) << 50) - 3, 91, 77}, 5, EMPTY + 4);
    assert_int_equal(p.kind.num_forms, 2);
    /* One that does not follow any more, and one that is near. */
    check(&p, (uint64_t[]){0, 88, (UINT64_C(1) << 50) + 9, 92, 77}, 5, EMPTY + 4 + 4 + 4);
    assert_int_equal(p.kind.num_forms, 3);
    ht_pack_forget(&p.kind);
}

/* As near as 2^31 to where the first one was, either way. */
static void near_words_are_halved(void **unused)
{
    const uint64_t time = 1795236942017281000, far = UINT64_C(1) << 31;
    struct packer p = {.anchors = {0, time}};
    (void)unused;
    check(&p, (uint64_t[]){time + 500}, 1, EMPTY);
    p.anchors[1] += 1000;
    check(&p, (uint64_t[]){time + 2000}, 1, EMPTY + 4);
    check(&p, (uint64_t[]){time + 1500 + far - 1}, 1, EMPTY + 4);
    check(&p, (uint64_t[]){time + 1500 - far}, 1, EMPTY + 4);
    assert_int_equal(p.kind.num_forms, 2);
    check(&p, (uint64_t[]){time + 1500 + far}, 1, EMPTY + 8);
    assert_int_equal(p.kind.num_forms, 3);
    ht_pack_forget(&p.kind);
}

/* When enough was learnt, what is otherwise is written with its place and length. */
static void what_is_otherwise_is_added(void **unused)
{
    uint64_t words[WORDS] = {0};
    struct packer p       = {0};
    (void)unused;
    for (size_t i = 0; i < HT_PACK_FORMS; i++) {
        check(&p, words, WORDS, EMPTY + 4 * i);
        words[i] = 1 + i * i; /* none of them follows another */
    }
    words[HT_PACK_FORMS - 1] = 0;
    check(&p, words, WORDS, EMPTY + 4 * (HT_PACK_FORMS - 1));
    words[WORDS - 1] = 0x10000;
    words[WORDS - 2] = UINT64_MAX;
    check(&p, words, WORDS, EMPTY + 4 * (HT_PACK_FORMS - 1) + 2 + 3 + 2 + 8);
    words[0] = 1 + (UINT64_C(1) << 32); /* more than it was known to be */
    check(&p, words, WORDS, EMPTY + 4 * (HT_PACK_FORMS - 1) + 2 + 3 + 2 + 8 + 2 + 5);
    assert_int_equal(p.kind.num_forms, HT_PACK_FORMS);
    ht_pack_forget(&p.kind);
}

static uint64_t next(uint64_t *random)
{
    *random = *random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return *random >> (*random >> 32) % 64;
}

/* Words of any length; what some of them, and of the anchors, are not. All forms can be read when
 * there are others. */
static void packs_anything(void **unused)
{
    enum { ROUNDS = 50, KEPT = 20 };
    uint64_t random = 1, words[KEPT][WORDS];
    uint8_t packed[KEPT][HT_PACKED_MAX(WORDS)];
    (void)unused;
    for (unsigned round = 0; round < ROUNDS; round++) {
        struct packer p[KEPT] = {{.kind = {.num_forms = 0}}};
        for (unsigned i = 0; i < KEPT; i++) {
            for (unsigned w = 0; w < WORDS; w++) {
                bool same           = i > 0 && next(&random) % 3 != 0;
                words[i][w]         = same ? words[i - 1][w] : next(&random);
                p[i].anchors[1 + w] = w % 2 == 0 ? words[i][w] - w : next(&random);
            }
            const uint8_t *end = ht_pack(&p[0].kind, packed[i], p[i].anchors, words[i], WORDS);
            assert_true(end <= packed[i] + sizeof packed[i]);
        }
        for (unsigned i = 0; i < KEPT; i++) {
            uint64_t again[WORDS];
            (void)ht_unpack(&p[0].kind, packed[i], p[i].anchors, again);
            assert_memory_equal(again, words[i], sizeof again);
        }
        ht_pack_forget(&p[0].kind);
    }
}

static void a_kind_has_one_size(void **unused)
{
    const uint64_t words[WORDS] = {0};
    uint8_t packed[HT_PACKED_MAX(WORDS)];
    struct packer p = {0};
    (void)unused;
    check(&p, words, WORDS - 1, EMPTY);
    assert_null(ht_pack(&p.kind, packed, p.anchors, words, WORDS));
    assert_null(ht_pack(&p.kind, packed, p.anchors, words, 0));
    ht_pack_forget(&p.kind);
}

/* No record takes more than is promised: all of its words written, and all otherwise. */
static void packs_the_worst(void **unused)
{
    uint64_t words[WORDS] = {0};
    struct packer p       = {0};
    (void)unused;
    check(&p, words, WORDS, EMPTY);
    for (size_t i = 0; i < WORDS; i++) {
        words[i] = UINT64_MAX - ((i + 1) * (i + 1) << 40);
    }
    check(&p, words, WORDS, EMPTY + 8 * WORDS);
    assert_true(EMPTY + 8 * WORDS <= HT_PACKED_MAX(WORDS));
    ht_pack_forget(&p.kind);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(packs_words),
                                       cmocka_unit_test(same_words_take_nothing),
                                       cmocka_unit_test(other_words_are_written),
                                       cmocka_unit_test(words_that_follow_take_nothing),
                                       cmocka_unit_test(near_words_are_halved),
                                       cmocka_unit_test(what_is_otherwise_is_added),
                                       cmocka_unit_test(a_kind_has_one_size),
                                       cmocka_unit_test(packs_the_worst),
                                       cmocka_unit_test(packs_anything)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
