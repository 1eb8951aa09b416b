/* Conditions, against records of a type that has a field of every kind. */
#include "support.h"

#include "event/condition.h"

struct inner {
    struct ht_bytes name;
    uint16_t port;
};

static const struct ht_field inner_fields[] = {
    HT_FIELD(struct inner, name, HT_TEXT, "A name."),
    HT_FIELD(struct inner, port, HT_UINT, "A number."),
};
static const struct ht_struct inner_struct =
    HT_STRUCT(struct inner, "inner", inner_fields, "What hangs in it.");

static const struct ht_registry_entry entries[] = {{0x0303, "TLS 1.2", ""}, {0x1301, "AES", ""}};
static const struct ht_registry names           = {
              .title = "names", .width = 2, .grease = true, .entries = entries, .len = 2};

struct outer {
    bool flag, never;
    uint64_t number, hidden;
    int64_t below;
    int64_t time_ns;
    const char *label;
    struct ht_bytes text, hex, list_named;
    struct ht_address address;
    struct ht_named version;
    struct ht_uints frames;
    struct ht_texts texts, digests;
    const char *const *labels;
    const struct inner *object;
    struct ht_objects list;
    struct ht_any any;
};

static const struct ht_field outer_fields[] = {
    HT_FIELD(struct outer, flag, HT_BOOL, "", .flags = HT_ALWAYS),
    HT_FIELD(struct outer, never, HT_BOOL, ""),
    HT_FIELD(struct outer, number, HT_UINT, ""),
    HT_FIELD(struct outer, hidden, HT_UINT, "", .flags = HT_INTERNAL),
    HT_FIELD(struct outer, below, HT_INT, ""),
    HT_FIELD(struct outer, time_ns, HT_TIME, "", .name = "start"),
    HT_FIELD(struct outer, label, HT_LABEL, ""),
    HT_FIELD(struct outer, text, HT_TEXT, ""),
    HT_FIELD(struct outer, hex, HT_HEX, ""),
    HT_FIELD(struct outer, list_named, HT_LIST_NAMED, "", .names = &names),
    HT_FIELD(struct outer, address, HT_ADDRESS, ""),
    HT_FIELD(struct outer, version, HT_NAMED, "", .names = &names),
    HT_FIELD(struct outer, frames, HT_LIST_UINT, ""),
    HT_FIELD(struct outer, texts, HT_LIST_TEXT, ""),
    HT_FIELD(struct outer, digests, HT_LIST_HEX, ""),
    HT_FIELD(struct outer, labels, HT_LIST_LABEL, ""),
    HT_FIELD(struct outer, object, HT_OBJECT, "", .of = &inner_struct),
    HT_FIELD(struct outer, list, HT_LIST_OBJECT, "", .of = &inner_struct),
    HT_FIELD(struct outer, any, HT_ANY, "", .name = ""),
};
static const struct ht_struct outer_struct =
    HT_STRUCT(struct outer, "outer", outer_fields, "A field of every kind.");
static const struct ht_record_type outer_record = {.name = "connection", .data = &outer_struct};

static const struct ht_struct *const any[] = {&inner_struct, NULL};

static bool holds_of(const char *text, const struct outer *record)
{
    struct ht_condition condition;
    assert_true(ht_condition_read(&condition, ht_text(text)));
    return ht_condition_holds(&condition, &outer_record, record);
}

static bool holds(const char *text)
{
    static const uint8_t hello[]      = {0x13, 0x01, 0x1a, 0x1a, 0xfe, 0xfe};
    static const uint64_t frames[]    = {7, 12};
    static const char *const labels[] = {"http_1", "http_2", NULL};
    static const struct inner items[] = {{.name = {(const uint8_t *)"one", 3}, .port = 1},
                                         {.name = {(const uint8_t *)"two", 3}, .port = 2}};
    const struct ht_bytes texts[]     = {ht_text("h2"), ht_text("http/1.1")};
    const struct ht_bytes digests[]   = {ht_bytes("\xab\xcd", 2)};
    const struct outer record         = {.number     = 443,
                                         .hidden     = 9,
                                         .below      = -13500000,
                                         .time_ns    = 1,
                                         .label      = "within_ttl",
                                         .text       = ht_text("Www.Example.test"),
                                         .hex        = ht_bytes("\x00\xff", 2),
                                         .list_named = ht_bytes(hello, sizeof hello),
                                         .address    = ht_address4((const uint8_t[]){10, 9, 0, 1}),
                                         .version    = ht_named(0x0303),
                                         .frames     = {frames, 2},
                                         .texts      = {texts, 2},
                                         .digests    = {digests, 1},
                                         .labels     = labels,
                                         .object     = &items[0],
                                         .list       = {items, 2},
                                         .any        = {&inner_struct, &items[1]}};
    return holds_of(text, &record);
}

static void test_values(void **state)
{
    (void)state;
    static const char *const hold[] = {"flag=false",
                                       "number=443",
                                       "below=-13500000",
                                       "start=1970-01-*",
                                       "label=within_ttl",
                                       "hex=00ff",
                                       "text=*.test",
                                       "text=www.example.???t",
                                       "list_named=AES",
                                       "list_named=GREASE_1A1A",
                                       "list_named=0xfefe",
                                       "address=10.9.*",
                                       "version=TLS 1.2",
                                       "version.name=tls 1.2",
                                       "version.id=0x0303",
                                       "frames=12",
                                       "texts=http/*",
                                       "digests=AB*",
                                       "labels=http_2",
                                       "object.name=one",
                                       "list.port=2",
                                       "inner.name=two",
                                       "type=connection",
                                       "object",
                                       "object=*",
                                       "list=*",
                                       "object!=one",
                                       "frames",
                                       "number!=44",
                                       "never!=true",
                                       "address=10.9.0.0/30",
                                       "address=10.9.0.1",
                                       "number=0x1bb",
                                       "version=0x0303",
                                       "version=0X0303",
                                       "version.id=0x303",
                                       "version.id=771",
                                       "list_named=0x1301",
                                       "frames=0xc"};
    for (size_t i = 0; i < HT_ARRAY_LEN(hold); i++) {
        if (!holds(hold[i])) {
            fail_msg("%s", hold[i]);
        }
    }
}

static void test_other_values(void **state)
{
    (void)state;
    static const char *const fail[] = {"flag=true",
                                       "number=44",
                                       "number=4433",
                                       "text=example.test",
                                       "text=*.tes",
                                       "never=false",
                                       "never",
                                       "hidden=9",
                                       "version=TLS 1.3",
                                       "version.other=TLS 1.2",
                                       "frames=1",
                                       "list.port=3",
                                       "object=one",
                                       "object!=*",
                                       "object.port=2",
                                       "inner.port=1",
                                       "type=dns",
                                       "number!=443",
                                       "type!=connection",
                                       "number.more=443",
                                       "nothing=1",
                                       "text=",
                                       "address=10.9.0.2/32"};
    for (size_t i = 0; i < HT_ARRAY_LEN(fail); i++) {
        if (holds(fail[i])) {
            fail_msg("%s", fail[i]);
        }
    }
}

static void test_nothing_is_there(void **state)
{
    (void)state;
    const struct outer empty = {0};
    assert_false(holds_of("object.name=one", &empty));
    assert_false(holds_of("list.name", &empty));
    assert_false(holds_of("inner.name", &empty));
    assert_false(holds_of("labels", &empty));
    assert_false(holds_of("object=*", &empty));
    assert_true(holds_of("object!=*", &empty));
    assert_true(holds_of("object.name!=one", &empty));
}

static void test_more_and_less(void **state)
{
    (void)state;
    static const char *const hold[] = {"number<444",       "number<=443",
                                       "number>=443",      "number>442",
                                       "number>-1",        "number<0x1bc",
                                       "below<0",          "below>-13500001",
                                       "frames>10",        "frames<8",
                                       "list.port>1",      "version.id>=0x0303",
                                       "version.id<772",   "start<1970-01-01T00:00:00.000000002Z",
                                       "start>1970-01-01", "start<=1970-01-02"};
    static const char *const fail[] = {"number<443",
                                       "number>443",
                                       "number<",
                                       "number<4x",
                                       "number>99999999999999999999",
                                       "frames>12",
                                       "list.port>2",
                                       "version.id<0x0303",
                                       "version<9",
                                       "version.name<9",
                                       "start>1970-01-01T00:00:00.000000001Z",
                                       "start<yesterday",
                                       "text<9",
                                       "text>2026-01-01",
                                       "hex<99",
                                       "label<9",
                                       "flag<2",
                                       "object<9",
                                       "type<9",
                                       "nothing<9",
                                       "address<10.9.0.2",
                                       "address>9",
                                       "list_named<9999"};
    for (size_t i = 0; i < HT_ARRAY_LEN(hold); i++) {
        if (!holds(hold[i])) {
            fail_msg("%s", hold[i]);
        }
    }
    for (size_t i = 0; i < HT_ARRAY_LEN(fail); i++) {
        if (holds(fail[i])) {
            fail_msg("%s", fail[i]);
        }
    }
    const struct outer huge = {.number = UINT64_MAX};
    assert_true(holds_of("number>9000000000000000000", &huge));
}

/* The dates of a certificate, of which one that is for ever has the last (RFC 5280 4.1.2.5). */
static void test_texts_that_are_times(void **state)
{
    (void)state;
    const struct outer soon = {.text = ht_text("2026-12-01T00:00:00Z")};
    const struct outer ever = {.text = ht_text("9999-12-31T23:59:59Z")};
    assert_true(holds_of("text<2026-12-02", &soon));
    assert_true(holds_of("text<=2026-12-01T00:00:00Z", &soon));
    assert_false(holds_of("text<2026-12-01", &soon));
    assert_true(holds_of("text>2199-12-31", &ever));
    assert_false(holds_of("text<2199-12-31", &ever));
}

static void test_one_of_several(void **state)
{
    (void)state;
    const struct outer record = {.number = 443, .text = ht_text("x")};
    struct ht_condition c[3];
    assert_true(ht_condition_read(&c[0], ht_text("number=80")));
    assert_true(ht_condition_read(&c[1], ht_text("number=443")));
    assert_true(ht_condition_read(&c[2], ht_text("text=x")));
    assert_false(ht_conditions_hold(c, 3, &outer_record, &record));
    assert_true(ht_conditions_hold(c, 0, &outer_record, &record));
    c[0].or_next = true; /* (80 or 443) and x */
    assert_true(ht_conditions_hold(c, 3, &outer_record, &record));
    c[2].negated = true;
    assert_false(ht_conditions_hold(c, 3, &outer_record, &record));
    c[1].or_next = true; /* 80 or 443 or not x */
    assert_true(ht_conditions_hold(c, 3, &outer_record, &record));
}

static void test_stars(void **state)
{
    (void)state;
    char text[300], pattern[300];
    memset(text, 'a', sizeof text);
    for (size_t i = 0; i < sizeof pattern; i++) {
        pattern[i] = "a*"[i % 2];
    }
    memcpy(pattern, "text=", 5);
    pattern[sizeof pattern - 2] =
        'b'; /* that is not there: whoever goes back in depth never ends */
    pattern[sizeof pattern - 1] = '\0';
    const struct outer record   = {.text = ht_bytes(text, sizeof text)};
    assert_false(holds_of(pattern, &record));
    pattern[sizeof pattern - 2] = '*';
    assert_true(holds_of(pattern, &record));
    assert_true(holds_of("text=**", &record));
    assert_true(holds_of("text==**", &record));
    assert_false(holds_of("text==x", &record));
    assert_true(holds_of("text!==x", &record) && !holds_of("text!==**", &record));
}

static bool fits(const char *text)
{
    struct ht_condition condition;
    assert_true(ht_condition_read(&condition, ht_text(text)));
    return ht_condition_fits(&condition, &outer_record, any);
}

static void test_what_can_be_asked(void **state)
{
    (void)state;
    struct ht_condition condition;
    assert_false(ht_condition_read(&condition, ht_text("")));
    assert_false(ht_condition_read(&condition, ht_text("=x")));
    assert_false(ht_condition_read(&condition, ht_text("!=x")));
    assert_true(fits("object.port"));
    assert_true(fits("list.name=x"));
    assert_true(fits("inner.name=x"));
    assert_true(fits("version.id=x"));
    assert_true(fits("object"));
    assert_true(fits("object!=*"));
    assert_true(fits("version.name=TLS 1.2"));
    assert_false(fits("version.name=x"));
    assert_true(fits("type=conn*"));
    assert_true(fits("type!=conn*"));
    assert_false(fits("type!=x"));
    assert_false(fits("type=x"));
    assert_false(fits("object=x"));
    assert_false(fits("list!=x"));
    assert_false(fits("inner=x"));
    assert_false(fits("version.other"));
    assert_false(fits("object.color"));
    assert_false(fits("number.more"));
    assert_false(fits("hidden"));
    assert_false(fits("inner.inner.name"));
    assert_false(fits("outer"));
    assert_true(fits("number<9"));
    assert_true(fits("frames>=0x10"));
    assert_true(fits("version.id<0x0303"));
    assert_true(fits("start>2026-03-15"));
    assert_true(fits("text<2026-03-15"));
    assert_true(fits("address=fd00::/8"));
    assert_false(fits("number<1s"));
    assert_false(fits("start>9"));
    assert_false(fits("start>2026-02-30"));
    assert_false(fits("text<9"));
    assert_false(fits("label<9"));
    assert_false(fits("version<9"));
    assert_false(fits("address<10.9.0.1"));
    assert_false(fits("address=10.9.0.0/33"));
    assert_false(fits("object<9"));
    assert_false(fits("type<9"));
    assert_true(fits("number=0x10"));
    assert_true(fits("number!=1*"));
    assert_true(fits("version=tls 1.?"));
    assert_true(fits("version=0x0a0a"));
    assert_true(fits("start=2026-03-15*"));
    assert_true(fits("address=10.9.*"));
    assert_false(fits("number=x"));
    assert_false(fits("number!=x"));
    assert_false(fits("frames=1, 2"));
    assert_false(fits("version=TLSv1.2"));
    assert_false(fits("start=2026-03-15"));
    assert_false(fits("start=today*"));
    assert_false(fits("address=www.example.com"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values),           cmocka_unit_test(test_other_values),
        cmocka_unit_test(test_nothing_is_there), cmocka_unit_test(test_stars),
        cmocka_unit_test(test_more_and_less),    cmocka_unit_test(test_texts_that_are_times),
        cmocka_unit_test(test_one_of_several),   cmocka_unit_test(test_what_can_be_asked)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
