/*
 * Field tables: presence, and the deep copy of a struct that has a field of every kind.
 */
#include "support.h"

#include "event/event.h"

#include <stdlib.h>

struct leaf {
    struct ht_bytes text;
    uint16_t number;
};

static const struct ht_field leaf_fields[] = {
    HT_FIELD(struct leaf, text, HT_TEXT, "A text."),
    HT_FIELD(struct leaf, number, HT_UINT, "A number."),
};
static const struct ht_struct leaf_struct = HT_STRUCT(struct leaf, "leaf", leaf_fields, "A leaf.");

struct every_kind {
    bool boolean;
    uint8_t uint8;
    uint16_t uint16;
    uint32_t uint32;
    uint64_t uint64;
    int64_t integer;
    int64_t time_ns;
    const char *label;
    struct ht_bytes text;
    struct ht_bytes hex;
    struct ht_address address;
    struct ht_named named;
    struct ht_bytes list_named;
    struct ht_uints list_uint;
    struct ht_texts list_text;
    struct ht_texts list_hex;
    const struct leaf *object;
    struct ht_objects list_object;
    struct ht_any any;
    uint32_t without_field;
};

static const struct ht_field every_field[] = {
    HT_FIELD(struct every_kind, boolean, HT_BOOL, ""),
    HT_FIELD(struct every_kind, uint8, HT_UINT, ""),
    HT_FIELD(struct every_kind, uint16, HT_UINT, ""),
    HT_FIELD(struct every_kind, uint32, HT_UINT, ""),
    HT_FIELD(struct every_kind, uint64, HT_UINT, ""),
    HT_FIELD(struct every_kind, integer, HT_INT, ""),
    HT_FIELD(struct every_kind, time_ns, HT_TIME, ""),
    HT_FIELD(struct every_kind, label, HT_LABEL, ""),
    HT_FIELD(struct every_kind, text, HT_TEXT, ""),
    HT_FIELD(struct every_kind, hex, HT_HEX, ""),
    HT_FIELD(struct every_kind, address, HT_ADDRESS, ""),
    HT_FIELD(struct every_kind, named, HT_NAMED, ""),
    HT_FIELD(struct every_kind, list_named, HT_LIST_NAMED, ""),
    HT_FIELD(struct every_kind, list_uint, HT_LIST_UINT, ""),
    HT_FIELD(struct every_kind, list_text, HT_LIST_TEXT, ""),
    HT_FIELD(struct every_kind, list_hex, HT_LIST_HEX, ""),
    HT_FIELD(struct every_kind, object, HT_OBJECT, "", .of = &leaf_struct),
    HT_FIELD(struct every_kind, list_object, HT_LIST_OBJECT, "", .of = &leaf_struct),
    HT_FIELD(struct every_kind, any, HT_ANY, ""),
};
static const struct ht_struct every_struct =
    HT_STRUCT(struct every_kind, "every_kind", every_field, "A field of every kind.");

static const char label[] = "client";

/* What the struct points at lies in one block, which a test overwrites after copying. */
struct source {
    char text[2][4];
    uint8_t bytes[2][4];
    uint64_t numbers[3];
    struct ht_bytes texts[2];
    struct leaf leaves[3];
    struct every_kind object;
};

static struct source *new_source(void)
{
    struct source *s = calloc(1, sizeof *s);
    assert_non_null(s);
    *s          = (struct source){.text    = {"one", "two"},
                                  .bytes   = {{0x13, 0x01, 0x13, 0x02}, {0x00, 0xFF, 0x00, 0xFF}},
                                  .numbers = {1, UINT64_MAX}};
    s->texts[0] = ht_bytes(s->text[0], 3);
    s->texts[1] = ht_bytes(s->text[1], 3);
    for (uint16_t i = 0; i < 3; i++) {
        s->leaves[i] = (struct leaf){.text = s->texts[i % 2], .number = (uint16_t)(i + 1)};
    }
    s->object = (struct every_kind){
        .boolean       = true,
        .uint8         = 0xFF,
        .uint16        = 0xFFFF,
        .uint32        = UINT32_MAX,
        .uint64        = UINT64_MAX,
        .integer       = -5,
        .time_ns       = INT64_MIN,
        .label         = label,
        .text          = s->texts[0],
        .hex           = ht_bytes(s->bytes[1], 4),
        .address       = ht_address4((const uint8_t[]){192, 0, 2, 1}),
        .named         = ht_named(0),
        .list_named    = ht_bytes(s->bytes[0], 4),
        .list_uint     = {s->numbers, 3},
        .list_text     = {s->texts, 2},
        .list_hex      = {s->texts, 1},
        .object        = &s->leaves[0],
        .list_object   = {s->leaves, 3},
        .any           = {&leaf_struct, &s->leaves[2]},
        .without_field = 7,
    };
    return s;
}

static void assert_leaf(const struct leaf *leaf, const char *text, uint16_t number)
{
    assert_text(leaf->text, text);
    assert_int_equal(leaf->number, number);
}

static void assert_scalars(const struct every_kind *copy)
{
    assert_true(copy->boolean);
    assert_int_equal(copy->uint8, 0xFF);
    assert_int_equal(copy->uint16, 0xFFFF);
    assert_int_equal(copy->uint32, UINT32_MAX);
    assert_true(copy->uint64 == UINT64_MAX);
    assert_int_equal(copy->integer, -5);
    assert_true(copy->time_ns == INT64_MIN);
    assert_ptr_equal(copy->label, label);
    assert_true(ht_bytes_equal(ht_address_bytes(&copy->address), hex("c0000201")));
    assert_true(copy->named.set);
    assert_int_equal(copy->named.id, 0);
}

static void assert_pointed(const struct every_kind *copy)
{
    assert_text(copy->text, "one");
    assert_true(ht_bytes_equal(copy->hex, hex("00ff00ff")));
    assert_true(ht_bytes_equal(copy->list_named, hex("13011302")));
    assert_int_equal(copy->list_uint.len, 3);
    assert_true(copy->list_uint.items[0] == 1 && copy->list_uint.items[1] == UINT64_MAX);
    assert_int_equal(copy->list_text.len, 2);
    assert_text(copy->list_text.items[0], "one");
    assert_text(copy->list_text.items[1], "two");
    assert_int_equal(copy->list_hex.len, 1);
    assert_text(copy->list_hex.items[0], "one");
    assert_leaf(copy->object, "one", 1);
    assert_int_equal(copy->list_object.len, 3);
    assert_leaf((const struct leaf *)copy->list_object.items + 1, "two", 2);
    assert_leaf((const struct leaf *)copy->list_object.items + 2, "one", 3);
    assert_ptr_equal(copy->any.type, &leaf_struct);
    assert_leaf(copy->any.object, "one", 3);
}

static void test_copy_is_deep(void **state)
{
    (void)state;
    struct ht_arena arena         = {0};
    struct source *source         = new_source();
    const struct every_kind *copy = ht_object_copy(&arena, &every_struct, &source->object);
    assert_non_null(copy);
    memset(source, 0xEE, sizeof *source);
    free(source);
    assert_scalars(copy);
    assert_pointed(copy);
    assert_int_equal(copy->without_field, 0);
    ht_arena_clear(&arena);
}

static void test_copy_of_nothing(void **state)
{
    (void)state;
    struct ht_arena arena         = {0};
    struct every_kind empty       = {0};
    const struct every_kind *copy = ht_object_copy(&arena, &every_struct, &empty);
    assert_non_null(copy);
    for (size_t i = 0; i < HT_ARRAY_LEN(every_field); i++) {
        assert_false(ht_field_present(&every_field[i], copy));
    }
    ht_arena_clear(&arena);
}

/* A field of the copy is whole or absent. */
static void assert_whole_or_absent(const struct every_kind *copy)
{
    assert_true(copy->text.len == 0 || copy->text.len == 3);
    assert_true(copy->hex.len == 0 || copy->hex.len == 4);
    assert_true(copy->list_uint.len == 0 || copy->list_uint.len == 3);
    assert_true(copy->list_text.len == 0 || copy->list_text.len == 2);
    assert_true(copy->list_object.len == 0 || copy->list_object.len == 3);
    assert_true((copy->any.type == NULL) == (copy->any.object == NULL));
    for (size_t i = 0; i < copy->list_text.len; i++) {
        assert_true(copy->list_text.items[i].len == 0 || copy->list_text.items[i].len == 3);
    }
}

static void test_copy_under_every_budget(void **state)
{
    (void)state;
    size_t whole = 0;
    for (size_t max = 0; max < 8192; max += 16) {
        struct ht_budget budget       = {.max = max};
        struct ht_arena arena         = {.budget = &budget};
        struct source *source         = new_source();
        const struct every_kind *copy = ht_object_copy(&arena, &every_struct, &source->object);
        memset(source, 0xEE, sizeof *source);
        free(source);
        if (copy != NULL) {
            assert_scalars(copy);
            assert_whole_or_absent(copy);
        }
        if (copy != NULL && budget.refused == 0) {
            assert_pointed(copy);
            whole++;
        }
        assert_true(budget.peak <= max);
        ht_arena_clear(&arena);
        assert_int_equal(budget.used, 0);
    }
    assert_true(whole > 0 && whole < 8192 / 16);
}

static void test_present(void **state)
{
    (void)state;
    struct source *source = new_source();
    for (size_t i = 0; i < HT_ARRAY_LEN(every_field); i++) {
        assert_true(ht_field_present(&every_field[i], &source->object));
        assert_ptr_equal(ht_field_at(&every_field[i], &source->object),
                         (const char *)&source->object + every_field[i].offset);
    }
    free(source);
}

static void test_uint_of_every_size(void **state)
{
    (void)state;
    struct every_kind object = {.uint8  = 0x12,
                                .uint16 = 0x1234,
                                .uint32 = 0x12345678,
                                .uint64 = UINT64_C(0x123456789ABCDEF0)};
    assert_int_equal(ht_field_uint(&every_field[1], &object), 0x12);
    assert_int_equal(ht_field_uint(&every_field[2], &object), 0x1234);
    assert_int_equal(ht_field_uint(&every_field[3], &object), 0x12345678);
    assert_true(ht_field_uint(&every_field[4], &object) == UINT64_C(0x123456789ABCDEF0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_copy_is_deep),
        cmocka_unit_test(test_copy_of_nothing),
        cmocka_unit_test(test_copy_under_every_budget),
        cmocka_unit_test(test_present),
        cmocka_unit_test(test_uint_of_every_size),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
