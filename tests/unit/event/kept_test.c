#include "support.h"

#include "event/kept.h"
#include "event/shape.h"

#include <stdio.h>
#include <stdlib.h>

struct part {
    struct ht_bytes text;
};

static const struct ht_field part_fields[] = {HT_FIELD(struct part, text, HT_TEXT, "")};
static const struct ht_struct part_struct =
    HT_STRUCT(struct part, "part", part_fields, "What an object points at.");

static const struct ht_field alike_fields[] = {
    HT_FIELD(struct part, text, HT_TEXT, "", .flags = HT_REPEATS),
};
static const struct ht_struct alike_struct =
    HT_STRUCT(struct part, "alike", alike_fields, "The same, where it repeats.");

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
    struct ht_texts common_texts;
    struct ht_uints common_numbers;
    const struct part *common_part;
    struct ht_texts digests;
    uint32_t without_field;
    uint8_t rest[280]; /* makes it as large as a hello */
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
    HT_FIELD(struct thing, common_texts, HT_LIST_TEXT, "", .flags = HT_REPEATS),
    HT_FIELD(struct thing, common_numbers, HT_LIST_UINT, "", .flags = HT_REPEATS),
    HT_FIELD(struct thing, common_part, HT_OBJECT, "", .of = &alike_struct, .flags = HT_REPEATS),
    HT_FIELD(struct thing, digests, HT_LIST_HEX, "", .flags = HT_REPEATS),
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
    assert_true(sizeof(struct thing) > (size_t)2 * OWN);
    assert_true(kept_in.size < MANY * OWN * 3 / 2); /* a block may be half of all */
    for (size_t i = 0; i < MANY; i++) {
        assert_thing(ht_kept_read(kept[i], &thing_struct, &arena), 20, (uint8_t)i);
    }
    ht_pool_free(&pool);
    ht_arena_clear(&kept_in);
    ht_arena_clear(&arena);
}

/* A small object all of whose rows repeat is the pool's; another, or one without a pool, has a
 * place of its own. */
static void a_small_one_that_repeats_is_kept_once(void **unused)
{
    struct ht_pool pool     = {0};
    ht_pool_use use         = 0;
    struct ht_arena kept_in = {0}, arena = {0};
    const struct ht_keeper keeper = {.arena = &kept_in, .pool = &pool, .use = &use};
    const struct ht_keeper alone  = {.arena = &kept_in};
    char text[]                   = "text";
    const struct part part        = {.text = ht_text(text)};
    (void)unused;
    struct ht_kept *once = ht_keep(&keeper, &alike_struct, &part);
    assert_int_equal(use, 1);
    assert_int_equal(kept_in.size, 0);
    assert_ptr_equal(ht_keep(&keeper, &alike_struct, &part), once);
    struct ht_kept *own = ht_keep(&keeper, &part_struct, &part);
    assert_true(own != ht_keep(&keeper, &part_struct, &part));
    assert_true(ht_keep(&alone, &alike_struct, &part) != once);
    text[0] = 'n';
    assert_true(ht_keep(&keeper, &alike_struct, &part) != once);
    assert_text(((const struct part *)ht_kept_recall(once, &alike_struct, &arena))->text, "text");
    assert_text(((const struct part *)ht_kept_read(own, &part_struct, &arena))->text, "text");
    ht_pool_free(&pool);
    ht_arena_clear(&kept_in);
    ht_arena_clear(&arena);
}

struct flat {
    uint64_t number;
    const void *without_field;
    uint8_t small;
    bool flag;
    uint16_t beside;
    struct ht_named named;
};

static const struct ht_field flat_fields[] = {
    HT_FIELD(struct flat, number, HT_UINT, ""),
    HT_FIELD(struct flat, small, HT_UINT, ""),
    HT_FIELD(struct flat, flag, HT_BOOL, ""),
    HT_FIELD(struct flat, named, HT_NAMED, ""),
};
static const struct ht_struct flat_struct =
    HT_STRUCT(struct flat, "flat", flat_fields, "It points at nothing.");

/* Of a small object that points at nothing, what has a row is copied; all else is zero. */
static void a_flat_one_is_copied(void **unused)
{
    struct ht_pool pool           = {0};
    ht_pool_use use               = 0;
    struct ht_arena kept_in       = {0};
    const struct ht_keeper keeper = {.arena = &kept_in, .pool = &pool, .use = &use};
    struct flat flat              = {.number        = UINT64_MAX - 1,
                                     .without_field = &flat,
                                     .small         = 200,
                                     .flag          = true,
                                     .beside        = 0xFFFF,
                                     .named         = ht_named(0x1301)};
    struct ht_kept *kept          = ht_keep(&keeper, &flat_struct, &flat);
    (void)unused;
    assert_non_null(kept);
    memset(&flat, 0xEE, sizeof flat);
    const struct flat *copy = ht_kept_read(kept, &flat_struct, &kept_in);
    assert_true(copy->number == UINT64_MAX - 1 && copy->small == 200 && copy->flag);
    assert_true(copy->named.set && copy->named.id == 0x1301);
    assert_null(copy->without_field);
    assert_int_equal(copy->beside, 0);
    ht_pool_free(&pool);
    ht_arena_clear(&kept_in);
}

/* Of one length, so that only their content tells them apart. */
struct content {
    char text[3][8];
    struct ht_bytes texts[2];
    uint64_t numbers[2];
    struct part part;
};

static struct thing thing_of(struct content *c, unsigned number)
{
    static const unsigned digits[] = {1, 10, 100, 1000};
    for (size_t i = 0; i < 3; i++) {
        (void)snprintf(c->text[i], sizeof c->text[i], "text %u", number / digits[i] % 10);
    }
    c->texts[0]   = ht_text("first");
    c->texts[1]   = ht_text(c->text[1]);
    c->numbers[1] = number / digits[3];
    c->part       = (struct part){.text = ht_text(c->text[2])};
    return (struct thing){.common         = ht_text(c->text[0]),
                          .common_texts   = {c->texts, 2},
                          .common_numbers = {c->numbers, 2},
                          .common_part    = number % 11 == 0 ? NULL : &c->part};
}

static void what_differs_in_a_list_is_told_apart(void **unused)
{
    enum { TIMES = 3, MANY = 5000, ALL = TIMES * MANY };
    struct ht_pool pool     = {0};
    ht_pool_use use         = 0;
    struct ht_arena kept_in = {0}, arena = {0};
    struct ht_keeper keeper = {.arena = &kept_in, .pool = &pool, .use = &use};
    struct content content  = {0};
    (void)unused;
    for (unsigned i = 0; i < ALL; i++) {
        struct thing thing         = thing_of(&content, i / TIMES);
        const struct ht_kept *kept = ht_keep(&keeper, &thing_struct, &thing);
        struct content other       = content;
        memset(&content, 0xEE, sizeof content);
        assert_non_null(kept);
        const struct thing *again = ht_kept_read(kept, &thing_struct, &arena);
        assert_text(again->common, other.text[0]);
        assert_text(again->common_texts.items[1], other.text[1]);
        assert_int_equal(again->common_numbers.items[1], other.numbers[1]);
        assert_int_equal(again->common_part == NULL, i / TIMES % 11 == 0);
        if (again->common_part != NULL) {
            assert_text(again->common_part->text, other.text[2]);
        }
        ht_arena_rewind(&arena);
    }
    ht_pool_free(&pool);
    ht_arena_clear(&kept_in);
    ht_arena_clear(&arena);
}

/* More than there are places for one hash, one after the other: chains of certificates, all of one
 * length. */
static void what_has_digests_is_known_by_them(void **unused)
{
    enum { TIMES = 3, MANY = 64 };
    struct ht_pool pool     = {0};
    ht_pool_use use         = 0;
    struct ht_arena kept_in = {0};
    struct ht_keeper keeper = {.arena = &kept_in, .pool = &pool, .use = &use};
    unsigned known          = 0;
    (void)unused;
    for (unsigned i = 0; i < TIMES * MANY; i++) {
        unsigned number[2]   = {i % MANY, 7};
        struct ht_bytes one  = ht_bytes(number, sizeof number);
        struct thing thing   = {.digests = {&one, 1}};
        struct ht_kept *kept = ht_keep(&keeper, &thing_struct, &thing);
        assert_non_null(kept);
        known += ht_pool_recognise(&pool, &thing_struct, one) != NULL;
        ht_kept_remember(&pool, &thing_struct, kept, ht_pool_hash(&pool, one), one);
    }
    assert_in_range(known, MANY * 3 / 4, MANY); /* the third time, unless their places are taken */
    ht_pool_free(&pool);
    ht_arena_clear(&kept_in);
}

/* A shape goes with the generation of the pool that has it. */
static void a_full_pool_breaks_nothing(void **unused)
{
    enum { MANY = 60000 };
    struct ht_pool pool    = {0};
    struct content content = {0};
    ht_pool_use held       = 0;
    (void)unused;
    for (unsigned i = 0; i < MANY; i++) {
        ht_pool_use use         = 0;
        struct ht_arena kept_in = {0}, arena = {0};
        struct ht_keeper keeper    = {.arena = &kept_in, .pool = &pool, .use = &use};
        struct thing thing         = thing_of(&content, i % 3 * 10);
        const struct ht_kept *kept = ht_keep(&keeper, &thing_struct, &thing);
        const struct thing *again  = ht_kept_read(kept, &thing_struct, &arena);
        assert_text(again->common_texts.items[1], content.text[1]);
        /* Others fill the pool, and hold what they have for a while. */
        char room[64];
        int len = snprintf(room, sizeof room, "something else that is long, number %u", i);
        (void)ht_pool_keep(&pool, &held, ht_bytes(room, (size_t)len));
        if (i % 20000 == 0) {
            ht_pool_release(&pool, held);
            held = 0;
        }
        ht_pool_release(&pool, use);
        ht_arena_clear(&kept_in);
        ht_arena_clear(&arena);
    }
    ht_pool_free(&pool);
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

/* With a number that says of which shape it is. */
struct numbered {
    struct ht_bytes own, common;
    uint64_t number;
    uint8_t rest[64]; /* so that it is not small */
};

static const struct ht_field numbered_fields[] = {
    HT_FIELD(struct numbered, own, HT_TEXT, ""),
    HT_FIELD(struct numbered, common, HT_TEXT, "", .flags = HT_REPEATS),
};
static const struct ht_struct numbered_struct =
    HT_STRUCT(struct numbered, "numbered", numbered_fields, "Of a shape that has a number.",
              .shape_number = offsetof(struct numbered, number));

static uint64_t number_of(const struct ht_keeper *keeper, const char *own, const char *common)
{
    const struct numbered object = {
        .own = ht_text(own), .common = ht_text(common), .number = 1000 /* another's: not kept */};
    struct ht_kept *kept          = ht_keep(keeper, &numbered_struct, &object);
    const struct numbered *result = ht_kept_recall(kept, &numbered_struct, keeper->arena);
    assert_non_null(result);
    assert_text(result->own, own);
    assert_text(result->common, common);
    return result->number;
}

/* What has another number may have the same shape; what has the same one has. */
static void a_number_is_of_one_shape(void **unused)
{
    enum { MANY = 40 };
    struct ht_pool pool     = {0};
    ht_pool_use use         = 0;
    struct ht_arena kept_in = {0};
    struct ht_keeper keeper = {.arena = &kept_in, .pool = &pool, .use = &use};
    uint64_t first          = number_of(&keeper, "one", "common 0");
    uint64_t numbers[MANY]  = {first};
    char text[32];
    (void)unused;
    assert_true(first != 0 && first != 1000);
    assert_int_equal(number_of(&keeper, "two", "common 0"), first);
    for (unsigned i = 1; i < MANY; i++) { /* more than are known of one hash */
        (void)snprintf(text, sizeof text, "common %u", i % 10);
        numbers[i] = number_of(&keeper, "one", text);
        for (unsigned j = 0; j < i; j++) {
            assert_true(i % 10 == j % 10 || numbers[i] != numbers[j]);
        }
    }
    ht_pool_free(&pool);
    ht_arena_clear(&kept_in);
}

/* That says of which shape it is; what counts to it lies in several places. */
struct told {
    struct ht_bytes own, common;
    const void *shape;
    const char *word;
    uint8_t rest[60]; /* so that it is not small */
    uint16_t first, last;
};

static const struct ht_field told_fields[] = {
    HT_FIELD(struct told, own, HT_TEXT, ""),
    HT_FIELD(struct told, common, HT_TEXT, "", .flags = HT_REPEATS),
    HT_FIELD(struct told, word, HT_LABEL, ""),
    HT_FIELD(struct told, first, HT_UINT, ""),
    HT_FIELD(struct told, last, HT_UINT, ""),
};
static const struct ht_struct told_struct =
    HT_STRUCT(struct told, "told", told_fields, "Of a shape that may be known.",
              .shape = offsetof(struct told, shape));

static const void *keep_told(const struct ht_keeper *keeper, const struct told *object)
{
    bool again;
    const struct ht_shape_plan *plan = ht_shape_plan(keeper->pool, &told_struct);
    const void *shape                = ht_shape_keep(keeper, plan, object, &again);
    struct ht_kept *kept             = ht_keep(keeper, &told_struct, object);
    const struct told *result        = ht_kept_recall(kept, &told_struct, keeper->arena);
    assert_non_null(result);
    assert_true(ht_bytes_equal(result->own, object->own));
    assert_true(ht_bytes_equal(result->common, object->common));
    assert_ptr_equal(result->word, object->word);
    assert_int_equal(result->first, object->first);
    assert_int_equal(result->last, object->last);
    return shape;
}

/* What an object says of its shape is taken where it is so, wherever the same bytes lie. */
static void what_is_told_is_checked(void **unused)
{
    struct ht_pool pool      = {0};
    ht_pool_use use          = 0;
    struct ht_arena kept_in  = {0};
    struct ht_keeper keeper  = {.arena = &kept_in, .pool = &pool, .use = &use};
    struct told object       = {.own = ht_text("a"), .common = ht_text("b"), .first = 1, .last = 2};
    const struct told *shape = keep_told(&keeper, &object);
    struct told copy         = *shape;
    struct told elsewhere = *shape, other[4] = {*shape, *shape, *shape, *shape};
    const char bytes[] = "b";
    (void)unused;
    copy.own = elsewhere.own = ht_text("another");
    copy.shape = elsewhere.shape = shape;
    elsewhere.common             = ht_bytes(bytes, 1);
    assert_ptr_equal(keep_told(&keeper, &copy), shape);
    assert_ptr_equal(keep_told(&keeper, &elsewhere), shape);
    other[0].common = ht_text("c");
    other[1].first  = 3;
    other[2].last   = 3;
    other[3].word   = "d";
    for (size_t i = 0; i < HT_ARRAY_LEN(other); i++) {
        other[i].shape = shape;
        assert_ptr_not_equal(keep_told(&keeper, &other[i]), shape);
    }
    ht_pool_free(&pool);
    ht_arena_clear(&kept_in);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_object_comes_back_as_it_was),
        cmocka_unit_test(what_is_alike_is_kept_once),
        cmocka_unit_test(a_small_one_that_repeats_is_kept_once),
        cmocka_unit_test(a_flat_one_is_copied),
        cmocka_unit_test(what_differs_in_a_list_is_told_apart),
        cmocka_unit_test(what_has_digests_is_known_by_them),
        cmocka_unit_test(a_number_is_of_one_shape),
        cmocka_unit_test(what_is_told_is_checked),
        cmocka_unit_test(a_full_pool_breaks_nothing),
        cmocka_unit_test(nothing_breaks_under_any_budget),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
