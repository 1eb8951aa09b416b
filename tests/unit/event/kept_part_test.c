#include "support.h"

#include "event/kept.h"
#include "event/shape.h"

static const char word[] = "client";

/* Points at an object that is small, and mostly points at nothing. */
struct inner {
    const void *without_field;
    uint64_t numbers[2];
    const char *label;
    struct ht_bytes text;
    uint8_t small;
};

static const struct ht_field inner_fields[] = {
    HT_FIELD(struct inner, numbers[0], HT_UINT, ""),
    HT_FIELD(struct inner, numbers[1], HT_UINT, ""),
    HT_FIELD(struct inner, label, HT_LABEL, ""),
    HT_FIELD(struct inner, text, HT_TEXT, ""),
    HT_FIELD(struct inner, small, HT_UINT, ""),
};
static const struct ht_struct inner_struct =
    HT_STRUCT(struct inner, "inner", inner_fields, "What an object points at.");

/* The same, which is too large for that. */
struct large {
    uint64_t number;
    uint8_t rest[8 * HT_SHAPE_PART_WORDS];
};

static const struct ht_field large_fields[] = {HT_FIELD(struct large, number, HT_UINT, "")};
static const struct ht_struct large_struct =
    HT_STRUCT(struct large, "large", large_fields, "What an object points at.");

struct outer {
    uint64_t before;
    const struct inner *inner;
    const struct large *large;
    uint64_t after;
    uint8_t rest[64]; /* so that it is not small */
};

static const struct ht_field outer_fields[] = {
    HT_FIELD(struct outer, before, HT_UINT, ""),
    HT_FIELD(struct outer, inner, HT_OBJECT, "", .of = &inner_struct),
    HT_FIELD(struct outer, large, HT_OBJECT, "", .of = &large_struct),
    HT_FIELD(struct outer, after, HT_UINT, ""),
};
static const struct ht_struct outer_struct =
    HT_STRUCT(struct outer, "outer", outer_fields, "It points at others.");

static void assert_inner(const struct inner *inner, const struct inner *was)
{
    assert_non_null(inner);
    assert_true(inner->numbers[0] == was->numbers[0] && inner->numbers[1] == was->numbers[1]);
    assert_ptr_equal(inner->label, was->label);
    assert_int_equal(inner->small, was->small);
    assert_true(ht_bytes_equal(inner->text, was->text));
    assert_null(inner->without_field);
}

/* Keeps one that points at `was`, reads it in two ways, and returns how many bytes it took. */
static size_t keep_outer(const struct inner *was)
{
    struct ht_pool pool     = {0};
    ht_pool_use use         = 0;
    struct ht_arena kept_in = {0}, arena = {0};
    struct ht_keeper keeper = {.arena = &kept_in, .pool = &pool, .use = &use};
    struct large large      = {.number = 77};
    struct inner copy       = *was;
    struct outer outer      = {.before = 5, .inner = &copy, .large = &large, .after = 6};
    ht_arena_reserve(&kept_in, 4096);
    struct ht_kept *kept = ht_keep(&keeper, &outer_struct, &outer);
    size_t used          = kept_in.blocks->used;
    memset(&copy, 0xEE, sizeof copy);
    memset(&large, 0xEE, sizeof large);
    assert_non_null(kept);
    const struct outer *read     = ht_kept_read(kept, &outer_struct, &arena);
    const struct outer *recalled = ht_kept_recall(kept, &outer_struct, &kept_in);
    assert_inner(read->inner, was);
    assert_inner(recalled->inner, was);
    assert_true(read->before == 5 && read->after == 6 && read->large->number == 77);
    assert_true(recalled->before == 5 && recalled->after == 6 && recalled->large->number == 77);
    ht_pool_free(&pool);
    ht_arena_clear(&kept_in);
    ht_arena_clear(&arena);
    return used;
}

/* Of a small object that points at nothing only what is not zero takes room; with a text, or of
 * zeros, it lies apart. */
static void a_small_part_is_kept_by_its_words(void **unused)
{
    const struct inner zeros = {0};
    const struct inner one   = {.small = 200, .without_field = word};
    const struct inner full  = {
         .numbers = {UINT64_MAX, 1}, .label = word, .small = 1, .text = ht_bytes("", 0)};
    const struct inner texts = {.text = ht_text("text")};
    (void)unused;
    size_t least = keep_outer(&one);
    assert_int_equal(keep_outer(&full), least + 3 * sizeof(uint64_t));
    assert_int_equal(keep_outer(&zeros), least + sizeof zeros);
    assert_int_equal(keep_outer(&texts), least + sizeof texts + sizeof(uint64_t));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_small_part_is_kept_by_its_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
