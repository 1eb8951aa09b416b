/*
 * What is packed comes out again, in no more room than is promised, and what a record has in common
 * with others takes none.
 */
#include "support.h"

#include "base/pack.h"

enum {
    WORDS = 9,
    EMPTY = 2,  /* bytes of a record that is as is known: by which form, and that nothing is else */
    LESSONS = 3 /* records that are otherwise, from the last of which it is learnt how */
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

/* Returns how many bytes it took. */
static size_t pack(struct packer *p, const uint64_t *words, size_t num)
{
    uint8_t packed[HT_PACKED_MAX(WORDS)];
    uint64_t again[WORDS];
    const uint8_t *end = ht_pack(&p->kind, packed, p->anchors, words, num);
    assert_non_null(end);
    memset(again, 0xA5, sizeof again);
    assert_ptr_equal(ht_unpack(&p->kind, packed, p->anchors, again), end);
    assert_memory_equal(again, words, num * sizeof *words);
    return (size_t)(end - packed);
}

/* Shows it so often that it is learnt from. */
static void teach(struct packer *p, const uint64_t *words, size_t num)
{
    size_t num_forms = p->kind.num_forms;
    for (int i = 0; i < LESSONS; i++) {
        assert_int_equal(p->kind.num_forms, num_forms);
        (void)pack(p, words, num);
    }
    assert_int_equal(p->kind.num_forms, num_forms + 1);
}

static void same_words_take_nothing(void **unused)
{
    const uint64_t words[WORDS] = {0, 1, UINT64_MAX, 3, 4, 5, 6, 7, 8};
    (void)unused;
    for (size_t num = 0; num <= WORDS; num++) {
        struct packer p = {0};
        assert_int_equal(pack(&p, words, num), EMPTY);
        assert_int_equal(pack(&p, words, num), EMPTY);
        assert_int_equal(p.kind.num_forms, 1);
        ht_pack_forget(&p.kind);
        assert_int_equal(p.kind.num_forms, 0);
    }
}

/* Of numbers below 2^32 four bytes are written, and of what is not near to anything all. */
static void other_words_are_written(void **unused)
{
    const uint64_t usual[][5] = {
        {7, UINT32_MAX, UINT64_MAX, 7, 7}, {7, 1, 1, 7, 7}, {7, 0, 0, 7, 7}};
    struct packer p = {0};
    (void)unused;
    (void)pack(&p, usual[1], 5);
    teach(&p, (uint64_t[]){7, 2, UINT64_C(1) << 40, 7, 7}, 5);
    for (size_t i = 0; i < HT_ARRAY_LEN(usual); i++) {
        assert_int_equal(pack(&p, usual[i], 5), EMPTY + 4 + 8);
    }
    ht_pack_forget(&p.kind);
}

/* So much more than what stands beside the record, or than a word before them. */
static void words_that_follow_take_nothing(void **unused)
{
    struct packer p = {.anchors = {0, 1000, UINT64_C(1) << 60}};
    (void)unused;
    (void)pack(&p, (uint64_t[]){1001, 55, (UINT64_C(1) << 60) - 3, 58, 55}, 5);
    p.anchors[1] = 2000;
    p.anchors[2] = UINT64_C(1) << 50;
    teach(&p, (uint64_t[]){2001, 66, (UINT64_C(1) << 50) - 3, 69, 66}, 5);
    p.anchors[1] = UINT64_MAX;
    assert_int_equal(pack(&p, (uint64_t[]){0, 88, (UINT64_C(1) << 50) - 3, 91, 88}, 5), EMPTY + 4);
    /* One that does not follow any more, and one that is near. */
    teach(&p, (uint64_t[]){0, 88, (UINT64_C(1) << 50) + 9, 92, 88}, 5);
    assert_int_equal(pack(&p, (uint64_t[]){0, 87, (UINT64_C(1) << 50) + 5, 1, 87}, 5),
                     EMPTY + 4 + 4 + 4);
    ht_pack_forget(&p.kind);
}

/* What it is the same as is found rather than what happens to be as far as before. */
static void the_same_is_preferred(void **unused)
{
    struct packer p = {0};
    (void)unused;
    (void)pack(&p, (uint64_t[]){10, 20, 20}, 3);
    teach(&p, (uint64_t[]){11, 21, 21}, 3); /* the second follows the first, as it seems */
    assert_int_equal(pack(&p, (uint64_t[]){12, 22, 22}, 3), EMPTY + 4);
    teach(&p, (uint64_t[]){13, 99, 99}, 3); /* it does not, but the third is as the second */
    assert_int_equal(pack(&p, (uint64_t[]){14, 5, 5}, 3), EMPTY + 4 + 4);
    ht_pack_forget(&p.kind);
}

/* As near as 2^31 to where the first one was, either way. */
static void near_words_are_halved(void **unused)
{
    const uint64_t time = 1795236942017281000, far = UINT64_C(1) << 31;
    struct packer p = {.anchors = {0, time, time / 2}};
    (void)unused;
    (void)pack(&p, (uint64_t[]){time + 500}, 1);
    p.anchors[1] += 1000;
    p.anchors[2] += 1500; /* it moved as far as the word by chance, but is not near */
    teach(&p, (uint64_t[]){time + 2001}, 1);
    p.anchors[2] = 0;
    assert_int_equal(pack(&p, (uint64_t[]){time + 1500 + far - 1}, 1), EMPTY + 4);
    assert_int_equal(pack(&p, (uint64_t[]){time + 1500 - far}, 1), EMPTY + 4);
    teach(&p, (uint64_t[]){time + 1500 + far}, 1);
    assert_int_equal(pack(&p, (uint64_t[]){5}, 1), EMPTY + 8);
    ht_pack_forget(&p.kind);
}

/* An odd record is written with what it has otherwise, and those after it are as small as ever. */
static void the_odd_teach_nothing(void **unused)
{
    const uint64_t usual[WORDS] = {0}, odd[WORDS] = {[2] = 5, [8] = 0x10000};
    struct ht_budget budget = {.max = SIZE_MAX};
    struct packer p         = {.kind = {.budget = &budget}};
    (void)unused;
    for (unsigned i = 0; i < 1000; i++) {
        assert_int_equal(pack(&p, usual, WORDS), EMPTY);
        if (i % 50 == 49) {
            assert_int_equal(pack(&p, odd, WORDS), EMPTY + 2 + 1 + 2 + 3);
        }
    }
    assert_int_equal(p.kind.num_forms, 1);
    assert_true(budget.used > sizeof usual);
    ht_pack_forget(&p.kind);
    assert_int_equal(budget.used, 0);
}

/* When enough was learnt, what is otherwise is written with its place and length. */
static void what_is_otherwise_is_added(void **unused)
{
    uint64_t words[WORDS] = {0};
    struct packer p       = {0};
    size_t known          = HT_PACK_FORMS - 1;
    (void)unused;
    (void)pack(&p, words, WORDS);
    for (size_t i = 0; i < known; i++) {
        words[i] = 1 + i * i; /* none of them follows another */
        teach(&p, words, WORDS);
        assert_int_equal(pack(&p, words, WORDS), EMPTY + 4 * (i + 1));
    }
    words[WORDS - 1] = 0x10000;
    words[WORDS - 2] = UINT64_MAX;
    words[0]         = 1 + (UINT64_C(1) << 32); /* more than it was known to be */
    for (int i = 0; i < 2 * LESSONS; i++) {
        assert_int_equal(pack(&p, words, WORDS), EMPTY + 4 * known + 2 + 3 + 2 + 8 + 2 + 5);
    }
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
    enum { ROUNDS = 50, KEPT = 60 };
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
    (void)pack(&p, words, WORDS - 1);
    assert_null(ht_pack(&p.kind, packed, p.anchors, words, WORDS));
    assert_null(ht_pack(&p.kind, packed, p.anchors, words, 0));
    ht_pack_forget(&p.kind);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(packs_words),
                                       cmocka_unit_test(same_words_take_nothing),
                                       cmocka_unit_test(other_words_are_written),
                                       cmocka_unit_test(words_that_follow_take_nothing),
                                       cmocka_unit_test(the_same_is_preferred),
                                       cmocka_unit_test(near_words_are_halved),
                                       cmocka_unit_test(the_odd_teach_nothing),
                                       cmocka_unit_test(what_is_otherwise_is_added),
                                       cmocka_unit_test(a_kind_has_one_size),
                                       cmocka_unit_test(packs_anything)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
