/* Plans, against ht_field_written. */
#include "sink/chars.h"
#include "sink/json_plan.h"
#include "sink/sink.h"
#include "support.h"

#include <stdlib.h>

struct small {
    uint16_t number;
    bool yes;
};
static const struct ht_field small_fields[] = {
    HT_FIELD(struct small, number, HT_UINT, "A number."),
    HT_FIELD(struct small, yes, HT_BOOL, "A truth."),
};
static const struct ht_struct small_struct =
    HT_STRUCT(struct small, "small", small_fields, "Smaller than a word.");

struct number {
    uint64_t number;
};

/* Every kind of value that tells its absence differently, the last at the end of the struct. */
struct every {
    uint8_t one;
    uint16_t two;
    uint32_t four;
    uint64_t eight;
    int64_t time;
    const char *label;
    struct ht_bytes text;
    struct ht_address address;
    struct ht_named named;
    struct ht_uints uints;
    struct ht_texts texts;
    const struct every *next;
    struct ht_objects objects;
    struct ht_any any;
    uint64_t always, secret;
    int64_t unless;
    bool yes;
};

#define ROW(member, kind, ...) HT_FIELD(struct every, member, kind, "", __VA_ARGS__)
static const struct ht_struct every_struct;
static const struct ht_field every_fields[] = {
    ROW(one, HT_UINT, ),
    ROW(two, HT_UINT, .flags = HT_PLUS_ONE),
    ROW(four, HT_UINT, ),
    ROW(eight, HT_UINT, ),
    ROW(time, HT_TIME, .flags = HT_ALWAYS),
    ROW(label, HT_LABEL, .flags = HT_ALWAYS),
    ROW(text, HT_TEXT, ),
    ROW(text, HT_LIST_NAMED, .flags = HT_ALWAYS),
    ROW(address, HT_ADDRESS, ),
    ROW(named, HT_NAMED, ),
    ROW(uints, HT_LIST_UINT, ),
    ROW(texts, HT_LIST_HEX, ),
    ROW(next, HT_OBJECT, .of = &every_struct),
    ROW(objects, HT_LIST_OBJECT, .of = &small_struct),
    ROW(any, HT_ANY, ),
    ROW(secret, HT_UINT, .flags = HT_INTERNAL | HT_ALWAYS),
    ROW(always, HT_UINT, .flags = HT_ALWAYS),
    ROW(unless, HT_INT, .flags = HT_UNLESS, .unless = offsetof(struct every, label)),
    ROW(yes, HT_BOOL, ),
};
static const struct ht_struct every_struct =
    HT_STRUCT(struct every, "every", every_fields, "Every kind.");

static uint32_t next_random(uint32_t *seed)
{
    *seed = *seed * 1664525 + 1013904223; /* Numerical Recipes' generator */
    return *seed >> 8;
}

/* Any bytes but in a bool, whose other values are none. */
static void fill(struct every *every, unsigned round, uint32_t *seed)
{
    uint8_t *bytes = (uint8_t *)every;
    for (size_t i = 0; i < sizeof *every; i++) {
        bytes[i] = (uint8_t)(next_random(seed) % 8 < round % 8 ? next_random(seed) : 0);
    }
    every->yes       = round % 2 != 0;
    every->named.set = round % 3 != 0;
}

static void test_written(void **state)
{
    (void)state;
    struct ht_json_plans plans      = {0};
    const struct ht_json_plan *plan = ht_json_plan(&plans, &every_struct);
    struct every *every             = malloc(sizeof *every); /* for ASan: of exactly its size */
    uint32_t seed                   = 5;
    assert_non_null(plan);
    assert_int_equal(plan->num_members, HT_ARRAY_LEN(every_fields) - 1);
    for (unsigned round = 0; round < 5000; round++) {
        fill(every, round, &seed);
        for (size_t i = 0; i < plan->num_members; i++) {
            const struct ht_json_member *member = &plan->members[i];
            bool unless =
                member->form == HT_JSON_UNLESS && ht_json_word(every, member->offset) != 0;
            assert_int_equal(ht_json_written(member, every) && !unless,
                             ht_field_written(member->field, every));
        }
    }
    free(every);
    ht_json_plans_free(&plans);
}

/* Against ht_field_uint, of every size. */
static void test_numbers(void **state)
{
    (void)state;
    struct ht_json_plans plans      = {0};
    const struct ht_json_plan *plan = ht_json_plan(&plans, &every_struct);
    struct every every;
    unsigned words = 0;
    uint32_t seed  = 6;
    for (unsigned round = 1; round < 1000; round++) {
        fill(&every, round, &seed);
        for (size_t i = 0; i < plan->num_members; i++) {
            const struct ht_json_member *member = &plan->members[i];
            if (member->form == HT_JSON_UINT) {
                assert_true(ht_json_number(member, &every) == ht_field_uint(member->field, &every));
            } else if (member->form == HT_JSON_WORD) {
                assert_true(ht_json_word(&every, member->offset) ==
                            ht_field_uint(member->field, &every));
                words++;
            }
        }
    }
    assert_int_equal(words, 2 * 999); /* "eight" and "always" */
    ht_json_plans_free(&plans);
}

/* An object has the room of those that it points at, but not of small ones or its own type. */
static void test_room(void **state)
{
    (void)state;
    static const struct ht_field inner_fields[] = {
        HT_FIELD(struct number, number, HT_UINT, "A number."),
    };
    static const struct ht_struct inner_struct =
        HT_STRUCT(struct number, "inner", inner_fields, "Not smaller than a word.");
    static const struct ht_field outer_fields[] = {
        {.name = "inner", .kind = HT_OBJECT, .size = sizeof(void *), .of = &inner_struct},
        {.name = "small", .kind = HT_OBJECT, .size = sizeof(void *), .of = &small_struct},
    };
    static const struct ht_struct outer_struct = {
        .name = "outer", .fields = outer_fields, .num_fields = 2, .size = 2 * sizeof(void *)};
    struct ht_json_plans plans       = {0};
    const struct ht_json_plan *outer = ht_json_plan(&plans, &outer_struct);
    const struct ht_json_plan *inner = ht_json_plan(&plans, &inner_struct);
    assert_int_equal(outer->members[0].form, HT_JSON_OBJECT);
    assert_int_equal(outer->members[1].form, HT_JSON_FAR_OBJECT);
    assert_true(outer->room >= inner->room + ht_json_key_room(&outer->members[0].key));
    assert_int_equal(plans.room, outer->room);
    const struct ht_json_plan *every = ht_json_plan(&plans, &every_struct);
    assert_int_equal(plans.room, every->room);
    ht_json_plans_free(&plans);
}

/* The bytes around a member of a small struct do not count. */
static void test_small_structs(void **state)
{
    (void)state;
    struct ht_json_plans plans      = {0};
    const struct ht_json_plan *plan = ht_json_plan(&plans, &small_struct);
    for (unsigned i = 0; i < 4; i++) {
        uint64_t word      = 0;
        struct small small = {.number = i & 1 ? 0x100 : 0, .yes = i >= 2};
        memcpy(&word, &small, sizeof small);
        assert_int_equal(ht_json_written(&plan->members[0], &word), i & 1);
        assert_int_equal(ht_json_written(&plan->members[1], &word), i >= 2);
    }
    ht_json_plans_free(&plans);
}

/* A type that holds itself is planned once, and so is a type that is asked for again. */
static void test_each_type_once(void **state)
{
    (void)state;
    struct ht_json_plans plans      = {0};
    const struct ht_json_plan *plan = ht_json_plan(&plans, &every_struct);
    const struct ht_json_plan *next = NULL, *objects = NULL;
    for (size_t i = 0; i < plan->num_members; i++) {
        next    = plan->members[i].form == HT_JSON_FAR_OBJECT ? plan->members[i].of : next;
        objects = plan->members[i].form == HT_JSON_OBJECTS ? plan->members[i].of : objects;
    }
    assert_ptr_equal(next, plan);
    assert_ptr_equal(objects, ht_json_plan(&plans, &small_struct));
    assert_ptr_equal(plan, ht_json_plan(&plans, &every_struct));
    ht_json_plans_free(&plans);
}

/* What is to be rendered together, and what must not be. */
struct runs {
    const char *one, *two; /* 16 bytes side by side, */
    uint16_t three;        /* and 3 more */
    bool four;
    /* a hole */
    uint64_t five;
    struct ht_bytes text;
    uint32_t small;
    struct ht_named named;
    uint64_t plain, last;
};

#define ROW_OF_RUNS(member, kind, a_flags)                                                         \
    HT_FIELD(struct runs, member, kind, "", .flags = (a_flags))
static const struct ht_field runs_fields[] = {
    ROW_OF_RUNS(two, HT_LABEL, HT_REPEATS), /* not in the order of the struct */
    ROW_OF_RUNS(one, HT_LABEL, HT_REPEATS),
    ROW_OF_RUNS(three, HT_UINT, HT_REPEATS | HT_PLUS_ONE),
    ROW_OF_RUNS(four, HT_BOOL, HT_REPEATS | HT_ALWAYS),
    ROW_OF_RUNS(five, HT_UINT, HT_REPEATS), /* behind a hole */
    ROW_OF_RUNS(text, HT_TEXT, HT_REPEATS), /* points at what may change */
    ROW_OF_RUNS(small, HT_UINT, HT_REPEATS),
    ROW_OF_RUNS(named, HT_NAMED, HT_REPEATS),
    ROW_OF_RUNS(plain, HT_UINT, 0), /* does not repeat */
    ROW_OF_RUNS(last, HT_UINT, HT_REPEATS),
};
static const struct ht_struct runs_struct =
    HT_STRUCT(struct runs, "runs", runs_fields, "Members that repeat.");

static void test_runs(void **state)
{
    (void)state;
    static const struct {
        size_t offset, bytes, members; /* the last: of a run; 0: a member by itself */
    } expected[] = {
        {offsetof(struct runs, one), 19, 4},  {offsetof(struct runs, five), 0, 0},
        {offsetof(struct runs, text), 0, 0},  {offsetof(struct runs, small), 8, 2},
        {offsetof(struct runs, plain), 0, 0}, {offsetof(struct runs, last), 0, 0},
    };
    struct ht_json_plans plans      = {0};
    const struct ht_json_plan *plan = ht_json_plan(&plans, &runs_struct);
    assert_int_equal(plan->num_members, HT_ARRAY_LEN(expected));
    for (size_t i = 0; i < plan->num_members; i++) {
        const struct ht_json_member *member = &plan->members[i];
        assert_int_equal(member->offset, expected[i].offset);
        assert_int_equal(member->form == HT_JSON_RUN, expected[i].members > 0);
        if (member->form == HT_JSON_RUN) {
            assert_int_equal(member->size, expected[i].bytes);
            assert_int_equal(member->of->num_members, expected[i].members);
        }
    }
    ht_json_plans_free(&plans);
}

/* An object that is a run, whatever is written of it. */
struct pair {
    uint32_t one, two;
};
static const struct ht_field pair_fields[] = {
    HT_FIELD(struct pair, one, HT_UINT, "A number.", .flags = HT_REPEATS),
    HT_FIELD(struct pair, two, HT_UINT, "A number.", .flags = HT_REPEATS),
};
static const struct ht_struct pair_struct = HT_STRUCT(struct pair, "pair", pair_fields, "Two.");
struct pairs {
    const struct pair *first, *second;
};
static const struct ht_field pairs_fields[] = {
    HT_FIELD(struct pairs, first, HT_OBJECT, "A pair.", .of = &pair_struct),
    HT_FIELD(struct pairs, second, HT_OBJECT, "A pair.", .of = &pair_struct),
};
static const struct ht_struct pairs_struct =
    HT_STRUCT(struct pairs, "pairs", pairs_fields, "Two pairs.");
static const struct ht_record_type pairs_record = {.name = "pairs", .data = &pairs_struct};

static void test_objects_that_are_runs(void **state)
{
    (void)state;
    static const struct pair both = {1, 2}, none = {0}, one = {3, 0}, other = {0, 3};
    static const struct {
        struct pairs pairs;
        const char *expected;
    } cases[] = {
        {{&both, &none}, "\"first\":{\"one\":1,\"two\":2},\"second\":{}}\n"},
        {{&none, &both}, "\"first\":{},\"second\":{\"one\":1,\"two\":2}}\n"},
        {{&one, &other}, "\"first\":{\"one\":3},\"second\":{\"two\":3}}\n"},
        {{NULL, &one}, "\"type\":\"pairs\",\"second\":{\"one\":3}}\n"},
    };
    struct ht_chars written = {0};
    struct ht_sink *sink    = ht_json_sink.open(&(struct ht_sink_config){0});
    for (unsigned i = 0; i < 3 * HT_ARRAY_LEN(cases); i++) {
        const char *expected = cases[i % HT_ARRAY_LEN(cases)].expected;
        ht_chars_free(&written);
        assert_true(ht_json_sink.record(sink, &pairs_record, &cases[i % HT_ARRAY_LEN(cases)].pairs,
                                        &written));
        ht_chars_add_char(&written, '\0');
        assert_string_equal(strstr(written.ptr, expected), expected);
    }
    ht_chars_free(&written);
    ht_json_sink.close(sink);
}

static void test_keys_of_every_length(void **state)
{
    (void)state;
    char name[100] = "", at[100 + 4 + HT_JSON_KEY_CHUNK];
    for (size_t len = 0; len < sizeof name - 1; len++) {
        struct ht_json_plans plans    = {0};
        struct ht_struct type         = {.name = name, .size = 8};
        const struct ht_json_key *key = &ht_json_plan(&plans, &type)->key;
        char *end                     = ht_json_put_key(at, key);
        assert_int_equal(key->len, len + 4);
        assert_true(ht_json_key_room(key) <= sizeof at);
        assert_ptr_equal(end, at + len + 4);
        assert_memory_equal(at, ",\"", 2);
        assert_memory_equal(at + 2, name, len);
        assert_memory_equal(at + 2 + len, "\":", 2);
        ht_json_plans_free(&plans);
        name[len] = (char)('a' + len % 26);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_written),
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_room),
        cmocka_unit_test(test_small_structs),
        cmocka_unit_test(test_each_type_once),
        cmocka_unit_test(test_runs),
        cmocka_unit_test(test_objects_that_are_runs),
        cmocka_unit_test(test_keys_of_every_length),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
