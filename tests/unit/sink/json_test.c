/* What the JSON sink writes, against text by hand from the record contract, and read back by
 * json-c. */
#include "sink/json_timeline.h"
#include "sink/sink.h"
#include "story.h"
#include "support.h"

#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>

static struct ht_chars written;

/* One sink writes the record `times` times; the text lives until the next call. */
static const char *write_records(const struct ht_record_type *type, const void *record,
                                 size_t times)
{
    ht_chars_free(&written);
    struct ht_sink *sink = ht_json_sink.open(&(struct ht_sink_config){0});
    assert_non_null(sink);
    for (size_t i = 0; i < times; i++) {
        assert_true(ht_json_sink.record(sink, type, record, &written));
    }
    ht_json_sink.close(sink);
    ht_chars_add_char(&written, '\0');
    return written.ptr;
}

struct inner {
    uint64_t number;
};
static const struct ht_field inner_fields[] = {
    HT_FIELD(struct inner, number, HT_UINT, "A number.", .flags = HT_ALWAYS)};
static const struct ht_struct inner_struct =
    HT_STRUCT(struct inner, "inner", inner_fields, "Inside.");

static const struct ht_registry_entry codes[] = {{1, "one", ""}};
static const struct ht_registry narrow = {.title = "codes", .width = 1, .entries = codes, .len = 1};
static const struct ht_registry wide   = {
      .title = "codes", .width = 2, .grease = true, .entries = codes, .len = 1};

/* One field of every kind. */
struct all {
    bool yes, no, always_no;
    uint8_t one;
    uint16_t two;
    uint32_t four;
    uint64_t eight, always_zero, plus_one, unset_plus_one;
    int64_t negative;
    int64_t time;
    const char *label, *no_label;
    struct ht_bytes text, hex, always_empty;
    struct ht_address address;
    struct ht_named known, unknown, grease;
    struct ht_bytes narrow_list, wide_list;
    struct ht_uints uints;
    struct ht_texts texts, hexes, always_none;
    const struct inner *object;
    struct ht_objects objects;
    struct ht_any named_any, unnamed_any;
    uint64_t secret;
};

#define ROW(member, kind, ...) HT_FIELD(struct all, member, kind, "", __VA_ARGS__)
static const struct ht_field all_fields[] = {
    ROW(yes, HT_BOOL, ),
    ROW(no, HT_BOOL, ),
    ROW(always_no, HT_BOOL, .flags = HT_ALWAYS),
    ROW(one, HT_UINT, ),
    ROW(two, HT_UINT, ),
    ROW(four, HT_UINT, ),
    ROW(eight, HT_UINT, ),
    ROW(always_zero, HT_UINT, .flags = HT_ALWAYS),
    ROW(plus_one, HT_UINT, .flags = HT_PLUS_ONE),
    ROW(unset_plus_one, HT_UINT, .flags = HT_PLUS_ONE),
    ROW(negative, HT_INT, ),
    ROW(time, HT_TIME, .name = "moment"),
    ROW(label, HT_LABEL, ),
    ROW(no_label, HT_LABEL, .flags = HT_ALWAYS),
    ROW(text, HT_TEXT, ),
    ROW(hex, HT_HEX, ),
    ROW(always_empty, HT_TEXT, .flags = HT_ALWAYS),
    ROW(address, HT_ADDRESS, ),
    ROW(known, HT_NAMED, .names = &narrow),
    ROW(unknown, HT_NAMED, .names = &wide),
    ROW(grease, HT_NAMED, .names = &wide),
    ROW(narrow_list, HT_LIST_NAMED, .names = &narrow),
    ROW(wide_list, HT_LIST_NAMED, .names = &wide),
    ROW(uints, HT_LIST_UINT, ),
    ROW(texts, HT_LIST_TEXT, ),
    ROW(hexes, HT_LIST_HEX, ),
    ROW(always_none, HT_LIST_TEXT, .flags = HT_ALWAYS),
    ROW(object, HT_OBJECT, .of = &inner_struct),
    ROW(objects, HT_LIST_OBJECT, .of = &inner_struct),
    ROW(named_any, HT_ANY, ),
    ROW(unnamed_any, HT_ANY, .name = ""),
    ROW(secret, HT_UINT, .flags = HT_INTERNAL | HT_ALWAYS),
};
static const struct ht_struct all_struct = HT_STRUCT(struct all, "all", all_fields, "All kinds.");
static const struct ht_record_type all_record = {.name = "all", .data = &all_struct};

static void test_every_kind(void **state)
{
    (void)state;
    static const uint64_t numbers[] = {1, 2};
    struct inner inners[]           = {{0}, {7}};
    struct ht_bytes texts[]         = {ht_text("a"), ht_text("b")};
    struct all all                  = {.yes         = true,
                                       .one         = 255,
                                       .two         = 65535,
                                       .four        = 4294967295,
                                       .eight       = UINT64_MAX,
                                       .plus_one    = 1,
                                       .negative    = -5,
                                       .time        = 1,
                                       .label       = "word",
                                       .text        = ht_text("x\"y"),
                                       .hex         = hex("ABcd"),
                                       .address     = ht_address4(hex("7f000001").ptr),
                                       .known       = ht_named(1),
                                       .unknown     = ht_named(0x1a2b),
                                       .grease      = ht_named(0x1a1a),
                                       .narrow_list = hex("01 02"),
                                       .wide_list   = hex("0001 1a1a 1a2b 00"),
                                       .uints       = {numbers, 2},
                                       .texts       = {texts, 2},
                                       .hexes       = {texts, 2},
                                       .object      = &inners[0],
                                       .objects     = {inners, 2},
                                       .named_any   = {&inner_struct, &inners[1]},
                                       .unnamed_any = {&inner_struct, &inners[1]},
                                       .secret      = 42};
    assert_string_equal(
        write_records(&all_record, &all, 1),
        "{\"schema\":\"hellotap/1\",\"type\":\"all\",\"yes\":true,\"always_no\":false,\"one\":255,"
        "\"two\":65535,\"four\":4294967295,\"eight\":18446744073709551615,\"always_zero\":0,"
        "\"plus_one\":0,\"negative\":-5,\"moment\":\"1970-01-01T00:00:00.000000001Z\","
        "\"label\":\"word\",\"text\":\"x\\\"y\",\"hex\":\"abcd\",\"always_empty\":\"\","
        "\"address\":\"127.0.0.1\",\"known\":{\"id\":\"0x01\",\"name\":\"one\"},"
        "\"unknown\":{\"id\":\"0x1a2b\"},\"grease\":{\"id\":\"0x1a1a\",\"name\":\"GREASE_1A1A\"},"
        "\"narrow_list\":[\"one\",\"0x02\"],\"wide_list\":[\"one\",\"GREASE_1A1A\",\"0x1a2b\"],"
        "\"uints\":[1,2],\"texts\":[\"a\",\"b\"],\"hexes\":[\"61\",\"62\"],\"always_none\":[],"
        "\"object\":{\"number\":0},\"objects\":[{\"number\":0},{\"number\":7}],"
        "\"named_any\":{\"number\":7},\"inner\":{\"number\":7}}\n");
}

static void test_an_empty_record(void **state)
{
    (void)state;
    assert_string_equal(write_records(&all_record, &(struct all){0}, 1),
                        "{\"schema\":\"hellotap/1\",\"type\":\"all\",\"always_no\":false,"
                        "\"always_zero\":0,\"always_empty\":\"\",\"always_none\":[]}\n");
}

/* What one sink writes of a record does not depend on what it wrote before, and each way of writing
 * a list (the first, the second, then from the cache) gives the same. */
static void test_what_repeats_and_what_does_not(void **state)
{
    static const char *const words[] = {"abx", "bby", "abz", "bbx", "aby", "bbz"};
    (void)state;
    struct ht_sink *sink = ht_json_sink.open(&(struct ht_sink_config){0});
    struct ht_chars out  = {0};
    for (unsigned i = 0; i < 600; i++) {
        uint8_t list[] = {(uint8_t)(i % 3), (uint8_t)(i % 5), 1};
        struct all all = {.narrow_list = ht_bytes(list, 1 + i % 3),
                          .known       = ht_named((uint16_t)(i % 2)),
                          .label       = words[i % HT_ARRAY_LEN(words)]};
        out.len        = 0;
        assert_true(ht_json_sink.record(sink, &all_record, &all, &out));
        ht_chars_add_char(&out, '\0');
        assert_string_equal(out.ptr, write_records(&all_record, &all, 1));
    }
    ht_chars_free(&out);
    ht_json_sink.close(sink);
}

/* Longer than the room that is made at once for values, and cut anywhere by what has to be escaped.
 */
static void test_long_texts(void **state)
{
    (void)state;
    char text[300], expected[400];
    for (size_t len = 0; len < sizeof text; len++) {
        memset(text, 'x', len);
        struct all all = {.text = ht_bytes(text, len), .hex = ht_bytes(text, len % 60)};
        const char *at = strstr(write_records(&all_record, &all, 1), ",\"text\"");
        (void)snprintf(expected, sizeof expected, ",\"text\":\"%.*s\",\"", (int)len, text);
        if (len == 0) {
            assert_null(at);
        } else {
            assert_non_null(at);
            assert_memory_equal(at, expected, strlen(expected));
        }
    }
}

static struct json_object *member(struct json_object *object, const char *path)
{
    struct json_object *found = NULL;
    if (json_pointer_get(object, path, &found) != 0) {
        return NULL;
    }
    return found;
}

static const char *text_at(struct json_object *object, const char *path)
{
    return json_object_get_string(member(object, path));
}

/* The keys and forms of the record contract. */
static void test_a_connection(void **state)
{
    (void)state;
    struct ht_connection connection;
    story(&connection);
    struct json_object *c =
        json_tokener_parse(write_records(&ht_connection_record, &connection, 1));
    assert_non_null(c);
    assert_string_equal(text_at(c, "/type"), "connection");
    assert_string_equal(text_at(c, "/start"), "2023-03-06T04:01:06.770821000Z");
    assert_string_equal(text_at(c, "/end"), "2023-03-06T04:01:20.560373000Z");
    assert_string_equal(text_at(c, "/duration_ns"), "13789552000");
    assert_string_equal(text_at(c, "/client"),
                        "{ \"ip\": \"10.0.0.5\", \"port\": 51514, \"packets\": 12, \"bytes\": 993, "
                        "\"payload_bytes\": 373 }");
    assert_string_equal(text_at(c, "/server/payload_bytes"), "0");
    assert_string_equal(text_at(c, "/encapsulation/0"), "{ \"type\": \"vlan\", \"id\": 12 }");
    assert_string_equal(
        text_at(c, "/encapsulation/1"),
        "{ \"type\": \"vxlan\", \"id\": 0, \"source\": { \"ip\": \"192.0.2.1\", "
        "\"port\": 50000 }, \"destination\": { \"ip\": \"192.0.2.2\", \"port\": 4789 } }");
    assert_string_equal(text_at(c, "/encapsulation/2"), "{ \"type\": \"teredo\" }");
    assert_string_equal(text_at(c, "/dns/age_ns"), "1200000");
    assert_null(member(c, "/dns/cnames"));
    assert_string_equal(text_at(c, "/tcp/client_options"),
                        "{ \"mss\": 1460, \"window_scale\": 0, \"window\": 64240 }");
    assert_null(member(c, "/tcp/server_options"));
    assert_string_equal(text_at(c, "/demo/established"), "false");
    assert_string_equal(text_at(c, "/demo/version/name"), "TLS 1.2");
    assert_string_equal(text_at(c, "/demo/hello/suites/0"), "GREASE_2A2A");
    assert_string_equal(text_at(c, "/timeline/0/t_ns"), "-13500000");
    assert_string_equal(
        text_at(c, "/timeline/1"),
        "{ \"t_ns\": 0, \"frame\": 3, \"from\": \"client\", \"event\": \"tcp.syn\", "
        "\"demo_syn\": { \"mss\": 1460 } }");
    assert_string_equal(text_at(c, "/timeline/3"),
                        "{ \"from\": \"server\", \"event\": \"demo.certificate\", \"absent\": "
                        "\"lost_in_capture\" }");
    assert_string_equal(text_at(c, "/capture/missing_bytes"), "1460");
    assert_string_equal(text_at(c, "/capture/one_sided"), "false");
    assert_null(member(c, "/capture/limit_reached"));
    assert_string_equal(text_at(c, "/findings/0/frames"), "[ 8, 9 ]");
    json_object_put(c);
}

static void test_an_event(void **state)
{
    (void)state;
    struct ht_connection c;
    story(&c);
    struct ht_party client            = *c.client;
    struct ht_event_record event      = {.connection   = c.id,
                                         .time_ns      = c.start_ns,
                                         .frame        = 7,
                                         .client_party = &client,
                                         .from         = "client",
                                         .event        = "tcp.syn",
                                         .malformed    = true};
    const struct ht_timeline_entry *e = c.timeline.items;
    event.data                        = e[1].data;
    assert_string_equal(
        write_records(&ht_event_record_type, &event, 1),
        "{\"schema\":\"hellotap/1\",\"type\":\"event\",\"connection\":\"c-5f0e1c9a7b3d2468\","
        "\"time\":\"2023-03-06T04:01:06.770821000Z\",\"client\":{\"ip\":\"10.0.0.5\","
        "\"port\":51514},\"event\":\"tcp.syn\",\"from\":\"client\",\"frame\":7,"
        "\"malformed\":true,\"demo_syn\":{\"mss\":1460}}\n");
}

static void test_many_records_are_many_lines(void **state)
{
    (void)state;
    struct ht_connection connection;
    story(&connection);
    const char *all = write_records(&ht_connection_record, &connection, 1000);
    size_t lines    = 0;
    for (const char *line = all; *line != '\0'; lines++) {
        const char *end = strchr(line, '\n');
        assert_non_null(end);
        assert_int_equal(end - line, strchr(all, '\n') - all);
        assert_memory_equal(line, all, (size_t)(end - line));
        line = end + 1;
    }
    assert_int_equal(lines, 1000);
}

/* What an entry says is the same whether its kind has a number or not, in the first record and in
 * the next ones. */
static void test_kinds_of_entries(void **state)
{
    (void)state;
    enum { NUM = 5, TIMES = 3 };
    struct ht_connection c;
    struct ht_timeline_entry entries[NUM];
    char line[8192];
    story(&c);
    memcpy(entries, c.timeline.items, 4 * sizeof *entries);
    entries[4]          = entries[1];
    entries[4].data     = (struct ht_any){0}; /* was not kept */
    entries[4].t_ns     = INT64_MIN;
    entries[4].frame    = UINT64_MAX;
    entries[2].verified = 2;
    entries[2].partial  = true;
    c.timeline          = (struct ht_objects){.items = entries, .len = NUM};
    snprintf(line, sizeof line, "%s", write_records(&ht_connection_record, &c, 1));
    assert_non_null(strstr(line, "{\"t_ns\":-9223372036854775808,\"frame\":18446744073709551615,"
                                 "\"from\":\"client\",\"event\":\"tcp.syn\"}]"));
    for (unsigned i = 0; i < NUM; i++) {
        entries[i].kind = (uint16_t)(i == 4 ? entries[1].kind : 1 + i * i * 1000);
    }
    const char *all = write_records(&ht_connection_record, &c, TIMES);
    for (int i = 0; i < TIMES; i++, all += strlen(line)) {
        assert_memory_equal(all, line, strlen(line));
    }
}

/* The way for entries is that of their field table. */
static void test_entries_are_as_their_table_says(void **state)
{
    (void)state;
    struct ht_json_plans plans = {0};
    assert_true(ht_json_timeline_fits(ht_json_plan(&plans, &ht_timeline_entry_struct)));
    assert_false(ht_json_timeline_fits(ht_json_plan(&plans, &ht_party_struct)));
    ht_json_plans_free(&plans);
}

/* Where memory is short, the lines before stay whole. */
static void test_a_record_without_room_adds_nothing(void **state)
{
    (void)state;
    struct ht_sink *sink = ht_json_sink.open(&(struct ht_sink_config){0});
    struct ht_chars out  = {0};
    ht_chars_add_text(&out, "before\n");
    out.capacity = out.len + 40;
    out.failed   = true; /* as after the system refused more */
    assert_false(ht_json_sink.record(sink, &all_record, &(struct all){0}, &out));
    assert_text(ht_chars_view(&out), "before\n");
    assert_false(out.failed);
    assert_true(ht_json_sink.record(sink, &all_record, &(struct all){0}, &out));
    assert_memory_equal(out.ptr, "before\n{\"schema\"", 16);
    ht_chars_free(&out);
    ht_json_sink.close(sink);
}

/* A list of objects of so many fields that there is no memory for the plan of them. */
static const struct ht_struct boundless_struct = {
    .name = "boundless", .num_fields = (size_t)1 << 28, .size = sizeof(struct inner)};
struct around {
    uint64_t number;
    struct ht_objects list;
};
static const struct ht_field around_fields[] = {
    HT_FIELD(struct around, number, HT_UINT, ""),
    HT_FIELD(struct around, list, HT_LIST_OBJECT, "", .of = &boundless_struct),
};
static const struct ht_struct around_struct =
    HT_STRUCT(struct around, "around", around_fields, "Has what there is no memory for.");

/* Nor is an entry told in part where the plan of its data could not be made whole. */
static void test_an_entry_without_room_adds_nothing(void **state)
{
    (void)state;
    static const struct around data       = {.number = 5};
    static const struct ht_event_type one = {.name = "demo.around", .data = &around_struct};
    struct ht_timeline_entry entry        = {.type = &one, .data = {&around_struct, &data}};
    struct ht_connection c;
    struct ht_sink *sink = ht_json_sink.open(&(struct ht_sink_config){0});
    struct ht_chars out  = {0};
    story(&c);
    c.timeline = (struct ht_objects){.items = &entry, .len = 1};
    for (entry.kind = 0; entry.kind < 2; entry.kind++) {
        assert_false(ht_json_sink.record(sink, &ht_connection_record, &c, &out));
        assert_int_equal(out.len, 0);
    }
    ht_chars_free(&out);
    ht_json_sink.close(sink);
}

/* Of objects of one shape all but `own` is the same. */
struct shaped {
    struct ht_named first;
    uint16_t secret;
    struct ht_bytes list, own;
    const char *word;
    uint16_t last;
    uint16_t unless;
    uint64_t shape_number;
};
static const struct ht_field shaped_fields[] = {
    HT_FIELD(struct shaped, first, HT_NAMED, "A code.", .names = &narrow),
    HT_FIELD(struct shaped, secret, HT_UINT, "Not shown.", .flags = HT_INTERNAL),
    HT_FIELD(struct shaped, list, HT_LIST_NAMED, "Codes.", .names = &narrow, .flags = HT_REPEATS),
    HT_FIELD(struct shaped, own, HT_TEXT, "Of each object."),
    HT_FIELD(struct shaped, word, HT_LABEL, "A word."),
    HT_FIELD(struct shaped, last, HT_UINT, "A number."),
    HT_FIELD(struct shaped, unless, HT_UINT, "Where there is no text.", .flags = HT_UNLESS,
             .unless = offsetof(struct shaped, own) + offsetof(struct ht_bytes, len)),
};
static const struct ht_struct shaped_struct =
    HT_STRUCT(struct shaped, "shaped", shaped_fields, "Something that repeats.",
              .shape_number = offsetof(struct shaped, shape_number));
static const struct ht_record_type shaped_record = {.name = "shaped", .data = &shaped_struct};

static const char *write_shaped(struct ht_sink *sink, uint64_t shape_number, const char *word,
                                const char *own)
{
    const struct shaped object = {.shape_number = shape_number,
                                  .first        = {.id = 1, .set = true},
                                  .secret       = 5,
                                  .list         = ht_bytes("\1\1", 2),
                                  .own          = ht_text(own),
                                  .word         = word,
                                  .last         = 9,
                                  .unless       = 3};
    ht_chars_free(&written);
    assert_true(ht_json_sink.record(sink, &shaped_record, &object, &written));
    ht_chars_add_char(&written, '\0');
    return written.ptr;
}

/* What follows from a shape is rendered once for all objects with its number, and of those that
 * have none each time. */
static void test_shapes(void **state)
{
    (void)state;
    struct ht_sink *sink = ht_json_sink.open(&(struct ht_sink_config){0});
    for (const char *own = "abc"; *own != '\0'; own++) {
        char expected[256];
        (void)snprintf(expected, sizeof expected,
                       "{\"schema\":\"" HT_SCHEMA_VERSION "\",\"type\":\"shaped\","
                       "\"first\":{\"id\":\"0x01\",\"name\":\"one\"},\"list\":[\"one\",\"one\"],"
                       "\"own\":\"%s\",\"word\":\"even\",\"last\":9}\n",
                       own);
        assert_string_equal(write_shaped(sink, 7, "even", own), expected);
    }
    for (unsigned i = 0; i < 2; i++) { /* both parts as one */
        assert_non_null(
            strstr(write_shaped(sink, 7, "odd", ""),
                   "\"list\":[\"one\",\"one\"],\"word\":\"even\",\"last\":9,\"unless\":3}"));
        assert_non_null(
            strstr(write_shaped(sink, 7, "odd", "a"),
                   "\"list\":[\"one\",\"one\"],\"own\":\"a\",\"word\":\"even\",\"last\":9}"));
    }
    assert_non_null(strstr(write_shaped(sink, 8, "odd", ""), "\"word\":\"odd\""));
    for (unsigned i = 0; i < 3; i++) {
        assert_non_null(strstr(write_shaped(sink, 0, "even", "a"), "\"word\":\"even\""));
        assert_non_null(strstr(write_shaped(sink, 0, "odd", "a"), "\"word\":\"odd\""));
    }
    ht_json_sink.close(sink);
}

/* Values as large as their room, one after the other. */
struct full {
    struct ht_bytes a, b, c, d, e, f, g, h;
};

#undef ROW
#define ROW(member, kind) HT_FIELD(struct full, member, kind, "")
static const struct ht_field full_fields[] = {
    ROW(a, HT_TEXT), ROW(b, HT_HEX), ROW(c, HT_TEXT), ROW(d, HT_HEX),
    ROW(e, HT_TEXT), ROW(f, HT_HEX), ROW(g, HT_TEXT), ROW(h, HT_HEX),
};
static const struct ht_struct full_struct =
    HT_STRUCT(struct full, "full", full_fields, "Needs all the room that it has.");

/* Such values, and others that are larger, in objects in objects. */
struct nest {
    struct ht_bytes fits, escaped, hex;
    const char *label, *long_label;
    uint64_t number;
    int64_t negative;
    struct ht_address address;
    const struct nest *again, *last;
    const struct full *near;
    struct ht_objects list, none;
    struct ht_any any;
};

#undef ROW
#define ROW(member, kind, ...) HT_FIELD(struct nest, member, kind, "", __VA_ARGS__)
static const struct ht_struct nest_struct;
static const struct ht_field nest_fields[] = {
    ROW(label, HT_LABEL, ),
    ROW(fits, HT_TEXT, ),
    ROW(again, HT_OBJECT, .of = &nest_struct),
    ROW(escaped, HT_TEXT, ),
    ROW(hex, HT_HEX, ),
    ROW(any, HT_ANY, .name = ""),
    ROW(number, HT_UINT, ),
    ROW(list, HT_LIST_OBJECT, .of = &nest_struct),
    ROW(negative, HT_INT, ),
    ROW(none, HT_LIST_OBJECT, .of = &nest_struct, .flags = HT_ALWAYS),
    ROW(long_label, HT_LABEL, ),
    ROW(address, HT_ADDRESS, ),
    ROW(last, HT_OBJECT, .of = &nest_struct),
    ROW(near, HT_OBJECT, .of = &full_struct),
};
static const struct ht_struct nest_struct =
    HT_STRUCT(struct nest, "nest", nest_fields, "Holds itself.");
static const struct ht_record_type nest_record = {.name = "nest", .data = &nest_struct};

static struct nest new_nest(const struct nest *inside, const struct full *near)
{
    static const uint8_t special[700];
    return (struct nest){.fits    = near->a,
                         .escaped = ht_bytes(special, sizeof special),
                         .hex     = near->b,
                         .label   = "a word of few letters, which is kept",
                         .long_label =
                             "a label that is longer than all that is kept of words: it is written "
                             "anew, in as much room as it takes, wherever that may be",
                         .number   = UINT64_MAX,
                         .negative = INT64_MIN,
                         .address  = ht_address6(hex("11112222333344445555666677778888").ptr),
                         .last     = inside,
                         .near     = near,
                         .any      = {&full_struct, near}};
}

/* However much room is left: nothing is written behind it (the sanitizer sees that), and the text
 * is the same. */
static void test_any_room(void **state)
{
    enum { DEPTH = 8 };
    (void)state;
    const struct ht_bytes text =
        ht_text("aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffgggggggggghhhhhhhh");
    const struct ht_bytes half = ht_bytes_head(text, text.len / 2);
    const struct full full     = {text, half, text, half, text, half, text, half};
    struct nest nests[DEPTH]   = {new_nest(NULL, &full)};
    for (size_t i = 1; i < DEPTH; i++) {
        nests[i] = new_nest(&nests[i - 1], &full);
    }
    struct nest all          = nests[DEPTH - 1];
    all.again                = &nests[1];
    all.list                 = (struct ht_objects){nests, 2};
    struct ht_sink *sink     = ht_json_sink.open(&(struct ht_sink_config){0});
    struct ht_chars expected = {0};
    assert_non_null(sink);
    assert_true(ht_json_sink.record(sink, &nest_record, &all, &expected));
    for (size_t room = 1; room < expected.len; room += 61) {
        struct ht_chars out = {.ptr = malloc(room), .capacity = room};
        assert_true(ht_json_sink.record(sink, &nest_record, &all, &out));
        assert_int_equal(out.len, expected.len);
        assert_memory_equal(out.ptr, expected.ptr, expected.len);
        ht_chars_free(&out);
    }
    ht_chars_add_char(&expected, '\0');
    struct json_object *read = json_tokener_parse(expected.ptr);
    assert_non_null(read);
    json_object_put(read);
    ht_chars_free(&expected);
    ht_json_sink.close(sink);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_kind),
        cmocka_unit_test(test_an_empty_record),
        cmocka_unit_test(test_what_repeats_and_what_does_not),
        cmocka_unit_test(test_long_texts),
        cmocka_unit_test(test_a_connection),
        cmocka_unit_test(test_an_event),
        cmocka_unit_test(test_many_records_are_many_lines),
        cmocka_unit_test(test_kinds_of_entries),
        cmocka_unit_test(test_entries_are_as_their_table_says),
        cmocka_unit_test(test_a_record_without_room_adds_nothing),
        cmocka_unit_test(test_an_entry_without_room_adds_nothing),
        cmocka_unit_test(test_shapes),
        cmocka_unit_test(test_any_room),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    ht_chars_free(&written);
    return failed;
}
