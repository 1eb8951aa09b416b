#include "support.h"

#include "event/kept.h"

#include <stdlib.h>

struct part {
    struct ht_bytes text;
};

static const struct ht_field part_fields[] = {HT_FIELD(struct part, text, HT_TEXT, "")};
static const struct ht_struct part_struct =
    HT_STRUCT(struct part, "part", part_fields, "What an object points at.");

struct thing {
    bool flag;
    uint16_t small;
    uint32_t large;
    uint64_t number;
    int64_t time_ns;
    const char *label;
    struct ht_named named;
    struct ht_bytes own, common;
    struct ht_address address;
    struct ht_texts texts;
    const struct part *part;
    uint32_t without_field;
    uint8_t rest[300]; /* makes it as large as a hello */
};

static const struct ht_field thing_fields[] = {
    HT_FIELD(struct thing, flag, HT_BOOL, ""),
    HT_FIELD(struct thing, small, HT_UINT, ""),
    HT_FIELD(struct thing, large, HT_UINT, ""),
    HT_FIELD(struct thing, number, HT_UINT, ""),
    HT_FIELD(struct thing, time_ns, HT_TIME, ""),
    HT_FIELD(struct thing, label, HT_LABEL, ""),
    HT_FIELD(struct thing, named, HT_NAMED, ""),
    HT_FIELD(struct thing, own, HT_TEXT, ""),
    HT_FIELD(struct thing, common, HT_TEXT, "", .flags = HT_REPEATS),
    HT_FIELD(struct thing, address, HT_ADDRESS, ""),
    HT_FIELD(struct thing, texts, HT_LIST_TEXT, ""),
    HT_FIELD(struct thing, part, HT_OBJECT, "", .of = &part_struct),
};
static const struct ht_struct thing_struct =
    HT_STRUCT(struct thing, "thing", thing_fields, "Of all ways to be kept.");

static const char label[] = "client";

/* What the thing points at lies in one block, which a test overwrites after it was kept. */
struct source {
    uint8_t bytes[300];
    struct ht_bytes texts[2];
    struct part part;
    struct thing thing;
};

/* `len`: of its own text. */
static struct source *new_source(size_t len, uint8_t first)
{
    struct source *s = calloc(1, sizeof *s);
    assert_non_null(s);
    for (size_t i = 0; i < sizeof s->bytes; i++) {
        s->bytes[i] = (uint8_t)(first + i);
    }
    s->texts[0] = s->texts[1] = ht_bytes(s->bytes, 3);
    s->part                   = (struct part){.text = ht_bytes(s->bytes, 5)};
    s->thing                  = (struct thing){.flag          = true,
                                               .small         = 0x1234,
                                               .large         = first,
                                               .number        = UINT64_MAX - first,
                                               .time_ns       = INT64_MIN + first,
                                               .label         = label,
                                               .named         = ht_named(0),
                                               .own           = ht_bytes(s->bytes, len),
                                               .common        = ht_text("the same in all"),
                                               .address       = ht_address4((const uint8_t[]){10, 0, 0, first}),
                                               .texts         = {s->texts, 2},
                                               .part          = &s->part,
                                               .without_field = 7};
    return s;
}

static void drop(struct source *s)
{
    memset(s, 0xEE, sizeof *s);
    free(s);
}

static void assert_thing(const struct thing *thing, size_t len, uint8_t first)
{
    assert_non_null(thing);
    assert_true(thing->flag && thing->named.set && thing->named.id == 0);
    assert_int_equal(thing->small, 0x1234);
    assert_int_equal(thing->large, first);
    assert_true(thing->number == UINT64_MAX - first && thing->time_ns == INT64_MIN + first);
    assert_ptr_equal(thing->label, label);
    assert_int_equal(thing->own.len, len);
    for (size_t i = 0; i < len; i++) {
        assert_int_equal(thing->own.ptr[i], (uint8_t)(first + i));
    }
    assert_text(thing->common, "the same in all");
    assert_int_equal(thing->address.bytes[3], first);
    assert_int_equal(thing->texts.len, 2);
    assert_int_equal(thing->texts.items[1].ptr[2], (uint8_t)(first + 2));
    assert_int_equal(thing->part->text.len, 5);
    assert_int_equal(thing->without_field, 0);
}

/* Views of no bytes, of as many as fit beside the rest, and of more. */
static void an_object_comes_back_as_it_was(void **unused)
{
    (void)unused;
    for (size_t len = 0; len < 300; len++) {
        struct ht_pool pool     = {0};
        ht_pool_use use         = 0;
        struct ht_arena kept_in = {0}, arena = {0};
        struct ht_keeper keeper = {.arena = &kept_in, .pool = &pool, .use = &use};
        struct source *source   = new_source(len, 5);
        struct ht_kept *kept    = ht_keep(&keeper, &thing_struct, &source->thing);
        drop(source);
        assert_non_null(kept);
        assert_thing(ht_kept_read(kept, &thing_struct, &arena), len, 5);
        const struct thing *recalled = ht_kept_recall(kept, &thing_struct, &arena);
        assert_thing(recalled, len, 5);
        assert_ptr_equal(ht_kept_recall(kept, &thing_struct, &arena), recalled);
        assert_ptr_equal(ht_kept_read(kept, &thing_struct, &arena), recalled);
        ht_pool_free(&pool);
        ht_arena_clear(&kept_in);
        ht_arena_clear(&arena);
    }
}

static void what_is_alike_is_kept_once(void **unused)
{
    enum { MANY = 200, OWN = 180 /* bytes of it, and what it points at */ };
    struct ht_pool pool     = {0};
    ht_pool_use use         = 0;
    struct ht_arena kept_in = {0}, arena = {0};
    struct ht_keeper keeper = {.arena = &kept_in, .pool = &pool, .use = &use};
    struct ht_kept *kept[MANY];
    (void)unused;
    for (size_t i = 0; i < MANY; i++) {
        struct source *source = new_source(20, (uint8_t)i);
        kept[i]               = ht_keep(&keeper, &thing_struct, &source->thing);
        drop(source);
    }
    assert_true(sizeof(struct thing) > 2 * OWN);
    assert_true(kept_in.size < MANY * OWN * 3 / 2); /* a block may be half of all */
    for (size_t i = 0; i < MANY; i++) {
        assert_thing(ht_kept_read(kept[i], &thing_struct, &arena), 20, (uint8_t)i);
    }
    ht_pool_free(&pool);
    ht_arena_clear(&kept_in);
    ht_arena_clear(&arena);
}

/* What is kept is right as far as it goes, and a member whole or absent. */
static void nothing_breaks_under_any_budget(void **unused)
{
    size_t whole = 0;
    (void)unused;
    for (size_t max = 0; max < 8192; max += 16) {
        struct ht_budget budget = {.max = max};
        struct ht_arena kept_in = {.budget = &budget}, arena = {0};
        struct source *source = new_source(100, 9);
        struct ht_kept *kept =
            ht_keep(&(struct ht_keeper){.arena = &kept_in}, &thing_struct, &source->thing);
        drop(source);
        if (kept != NULL) {
            const struct thing *thing = ht_kept_read(kept, &thing_struct, &arena);
            assert_true(thing->own.len == 0 || thing->own.len == 100);
            assert_true(thing->texts.len == 0 || thing->texts.len == 2);
            assert_true(thing->number == UINT64_MAX - 9);
        }
        if (kept != NULL && budget.refused == 0) {
            assert_thing(ht_kept_read(kept, &thing_struct, &arena), 100, 9);
            whole++;
        }
        ht_arena_clear(&kept_in);
        ht_arena_clear(&arena);
    }
    assert_true(whole > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_object_comes_back_as_it_was),
        cmocka_unit_test(what_is_alike_is_kept_once),
        cmocka_unit_test(nothing_breaks_under_any_budget),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
