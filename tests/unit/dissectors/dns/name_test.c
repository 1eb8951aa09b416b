/* Names on the wire and in presentation form. */
#include "support.h"

#include "dns/name.h"

#include <stdio.h>
#include <stdlib.h>

/* The name at `offset` of `message`, in the arena; fails the reader where it is malformed. */
static bool name_at(struct ht_bytes message, size_t offset, struct ht_arena *arena,
                    struct ht_bytes *out, size_t *out_end)
{
    struct ht_reader r = ht_reader(ht_bytes_from(message, offset));
    struct dns_text text;
    dns_text_start(&text, arena);
    bool good = dns_name_parse(&r, &(struct dns_names){.message = message}, &text);
    assert_true(good == !r.bad);
    *out     = good ? dns_text_done(&text) : ht_bytes("", 0);
    *out_end = message.len - rd_left(&r);
    return good;
}

static void assert_name(struct ht_bytes message, size_t offset, const char *expected, size_t end)
{
    struct ht_arena arena = {0};
    struct ht_bytes name;
    size_t got_end;
    assert_true(name_at(message, offset, &arena, &name, &got_end));
    assert_text(name, expected);
    assert_int_equal(got_end, end);
    ht_arena_clear(&arena);
}

static void assert_malformed(struct ht_bytes message, size_t offset)
{
    struct ht_arena arena = {0};
    struct ht_bytes name;
    size_t end;
    assert_false(name_at(message, offset, &arena, &name, &end));
    ht_arena_clear(&arena);
}

/* RFC 1035 section 4.1.4: F.ISI.ARPA at 20, FOO.F.ISI.ARPA at 40, ARPA at 64, the root at 92. */
static void the_example_of_rfc_1035(void **unused)
{
    uint8_t message[93] = {0};
    memcpy(message + 20, "\1F\3ISI\4ARPA", 12);
    memcpy(message + 40, "\3FOO\xC0\x14", 6);
    memcpy(message + 64, "\xC0\x1A", 2);
    (void)unused;
    assert_name(ht_bytes(message, sizeof message), 20, "F.ISI.ARPA", 32);
    assert_name(ht_bytes(message, sizeof message), 40, "FOO.F.ISI.ARPA", 46);
    assert_name(ht_bytes(message, sizeof message), 64, "ARPA", 66);
    assert_name(ht_bytes(message, sizeof message), 92, ".", 93);
}

/* RFC 4343 section 2.1: what is not a printable character is \DDD; RFC 1035 section 5.1: a dot in
 * a label is \. and a backslash \\. */
static void escapes(void **unused)
{
    (void)unused;
    assert_name(hex("03 612e62 04 40c35c2d 00"), 0, "a\\.b.@\\195\\\\-", 10);
    assert_name(hex("04 00207fff 00"), 0, "\\000\\032\\127\\255", 6);
}

static void pointers_lead_backwards(void **unused)
{
    uint8_t message[20] = {0};
    (void)unused;
    memcpy(message + 12, "\1a\xC0\x0C", 4); /* to itself */
    assert_malformed(ht_bytes(message, sizeof message), 12);
    assert_malformed(ht_bytes(message, sizeof message), 14);
    memcpy(message + 12, "\xC0\x10\0\0\1b\0", 7); /* forwards */
    assert_malformed(ht_bytes(message, sizeof message), 12);
    memcpy(message + 12, "\1a\0\xC0\x0B", 5); /* into the header */
    assert_malformed(ht_bytes(message, sizeof message), 15);
    memcpy(message + 12, "\1a\0\xC0\x0C", 5);
    assert_name(ht_bytes(message, sizeof message), 15, "a", 17);
}

static void malformed_names(void **unused)
{
    static const char *const names[] = {
        "c00e c00c",      /* two pointers that point at each other */
        "0161 c00c",      /* a label and a pointer back to it */
        "0161 0162 c00e", /* back to the second label */
        "c0ff",           /* past the end */
        "c0",             /* half a pointer */
        "4061",           /* reserved types of label */
        "8061",
        "0361",
        "",
    };
    (void)unused;
    for (size_t i = 0; i < HT_ARRAY_LEN(names); i++) {
        char digits[64];
        (void)snprintf(digits, sizeof digits, "%024d%s", 0, names[i]);
        assert_malformed(hex(digits), 12);
    }
}

/* By RFC 4343 section 2.1 and RFC 1035 section 5.1, one octet after the other. */
static size_t spell(char *out, const uint8_t *label, size_t len)
{
    size_t n = 0;
    for (size_t i = 0; i < len; i++) {
        bool printable = label[i] > ' ' && label[i] < 0x7F;
        bool special   = label[i] == '.' || label[i] == '\\';
        n += (size_t)sprintf(out + n, printable ? special ? "\\%c" : "%c" : "\\%03u", label[i]);
    }
    return n;
}

/* Every octet, at every place of a label of that length, which is the second one. */
static void every_octet_of(size_t len)
{
    for (size_t at = 0; at < len * 256; at++) {
        uint8_t message[80] = {2, 'x', 'y', (uint8_t)len};
        char expected[128]  = "xy.";
        memset(message + 4, 'a', len);
        message[4 + at / 256]                               = (uint8_t)at;
        expected[3 + spell(expected + 3, message + 4, len)] = '\0';
        assert_name(ht_bytes(message, 5 + len), 0, expected, 5 + len);
    }
}

/* Labels of every length up to 20; such whose length reads as a space, a dot, a digit; the longest.
 */
static void every_octet(void **unused)
{
    static const size_t longer[] = {31, 32, 33, '.', '0', 63};
    (void)unused;
    for (size_t len = 1; len <= 20; len++) {
        every_octet_of(len);
    }
    for (size_t i = 0; i < HT_ARRAY_LEN(longer); i++) {
        every_octet_of(longer[i]);
    }
}

/* What dns_name_read keeps says the same as what is read anew, and is bounded the same. */
static void names_that_are_kept(void **unused)
{
    struct ht_arena arena = {0};
    struct dns_text text;
    struct ht_bytes message = hex("000000000000000000000000 0161 0162 00 0163 c00e c00c c011 c00e");
    struct ht_reader r      = ht_reader(ht_bytes_from(message, 12));
    struct dns_names names  = {.message = message};
    (void)unused;
    dns_text_start(&text, &arena);
    struct ht_bytes first = dns_name_read(&r, &names, &text);
    assert_text(first, "a.b");
    assert_text(dns_name_read(&r, &names, &text), "c.b");
    struct ht_bytes again = dns_name_read(&r, &names, &text);
    assert_text(again, "a.b");
    assert_ptr_equal(again.ptr, first.ptr);
    assert_text(dns_name_read(&r, &names, &text), "c.b");
    assert_text(dns_name_read(&r, &names, &text), "b");
    assert_true(rd_done(&r));
    assert_int_equal(dns_name_read(&r, &names, &text).len, 0);
    assert_true(r.bad);
    ht_arena_clear(&arena);
}

/* Text with escapes is not where the octets are. */
static void ends_of_escaped_names(void **unused)
{
    struct ht_arena arena = {0};
    struct dns_text text;
    struct ht_bytes message = hex("000000000000000000000000"
                                  "04 77017800 03 646566 00"
                                  "03 032e62 02 6364 00"
                                  "c011 c01a c00c");
    struct ht_reader r      = ht_reader(ht_bytes_from(message, 12));
    struct dns_names names  = {.message = message};
    (void)unused;
    dns_text_start(&text, &arena);
    assert_text(dns_name_read(&r, &names, &text), "w\\001x\\000.def");
    assert_text(dns_name_read(&r, &names, &text), "\\003\\.b.cd");
    assert_text(dns_name_read(&r, &names, &text), "def");
    assert_text(dns_name_read(&r, &names, &text), "cd");
    assert_text(dns_name_read(&r, &names, &text), "w\\001x\\000.def");
    assert_true(rd_done(&r));
    ht_arena_clear(&arena);
}

/* The last labels of a kept name are the end of its text. What points into a label is another name.
 */
static void ends_of_plain_names(void **unused)
{
    struct ht_arena arena = {0};
    struct dns_text text;
    struct ht_bytes message =
        hex("000000000000000000000000 02 3162 03 636465 00 c00f c00c c00f c013 c00d");
    struct ht_reader r     = ht_reader(ht_bytes_from(message, 12));
    struct dns_names names = {.message = message};
    (void)unused;
    dns_text_start(&text, &arena);
    struct ht_bytes whole = dns_name_read(&r, &names, &text);
    struct ht_bytes end   = dns_name_read(&r, &names, &text);
    assert_text(whole, "1b.cde");
    assert_text(end, "cde");
    assert_ptr_equal(end.ptr, whole.ptr + 3);
    assert_ptr_equal(dns_name_read(&r, &names, &text).ptr, whole.ptr);
    assert_ptr_equal(dns_name_read(&r, &names, &text).ptr, end.ptr);
    assert_text(dns_name_read(&r, &names, &text), ".");
    assert_int_equal(dns_name_read(&r, &names, &text).len, 0); /* 49 octets are not there */
    assert_true(r.bad);
    ht_arena_clear(&arena);
}

/* A name that goes on as a kept one ends: within 255 octets and 127 pointers, as if it were read.
 */
static void names_that_end_alike(void **unused)
{
    struct ht_arena arena = {0};
    struct dns_text text;
    struct ht_bytes message = hex("000000000000000000000000"
                                  "0161 0162 02 6364 00" /* at 12, 14, 16 */
                                  "0165 c00e 0166 c010 0167 c018");
    struct ht_reader r      = ht_reader(ht_bytes_from(message, 12));
    struct dns_names names  = {.message = message};
    (void)unused;
    dns_text_start(&text, &arena);
    assert_text(dns_name_read(&r, &names, &text), "a.b.cd");
    assert_text(dns_name_read(&r, &names, &text), "e.b.cd");
    assert_int_equal(names.kept[1].octets, 8);
    assert_int_equal(names.kept[1].pointers, 1);
    assert_int_equal(names.kept[1].plain, 2);
    assert_text(dns_name_read(&r, &names, &text), "f.cd");
    assert_text(dns_name_read(&r, &names, &text), "g.f.cd");
    assert_int_equal(names.kept[3].octets, 8);
    assert_int_equal(names.kept[3].pointers, 2);
    assert_true(rd_done(&r));
    ht_arena_clear(&arena);
}

/* A name of 192 octets before the root's, and another of a label and a pointer to the first. */
static void sizes_of_names_that_end_alike(void **unused)
{
    uint8_t message[12 + 255 + 2 + 64 + 2] = {0};
    (void)unused;
    for (size_t len = 60; len <= 63; len++) {
        for (size_t i = 0; i < 3; i++) {
            message[12 + 64 * i] = 63;
            memset(message + 12 + 64 * i + 1, 'x', 63);
        }
        struct ht_arena arena = {0};
        struct dns_text text;
        size_t at   = 12 + 3 * 64 + 1;
        message[at] = (uint8_t)len;
        memset(message + at + 1, 'y', len);
        message[at + 1 + len]  = 0xC0;
        message[at + 2 + len]  = 12;
        struct dns_names names = {.message = ht_bytes(message, at + 3 + len)};
        struct ht_reader r     = ht_reader(ht_bytes_from(names.message, 12));
        dns_text_start(&text, &arena);
        assert_int_equal(dns_name_read(&r, &names, &text).len, 191);
        assert_int_equal(dns_name_read(&r, &names, &text).len, len <= 61 ? 192 + len : 0);
        assert_true(r.bad == (len > 61));
        ht_arena_clear(&arena);
        message[at] = 0;
    }
}

/* A chain of more pointers than a name can have labels is refused, so that work is bounded. */
static void chains_of_pointers_end(void **unused)
{
    uint8_t message[12 + 2 + 2 * 200] = {0};
    (void)unused;
    memcpy(message + 12, "\0", 2);
    for (size_t i = 1; i <= 200; i++) {
        size_t at       = 12 + 2 * i;
        message[at]     = (uint8_t)(0xC0 | (at - 2) >> 8);
        message[at + 1] = (uint8_t)(at - 2);
    }
    struct ht_arena arena = {0};
    struct dns_text text;
    struct ht_reader r     = ht_reader(ht_bytes_from(ht_bytes(message, sizeof message), 12));
    struct dns_names names = {.message = ht_bytes(message, sizeof message)};
    (void)rd_u16(&r);
    dns_text_start(&text, &arena);
    for (size_t i = 1; i <= 127; i++) {
        assert_text(dns_name_read(&r, &names, &text), ".");
    }
    assert_int_equal(dns_name_read(&r, &names, &text).len, 0);
    ht_arena_clear(&arena);
    assert_name(ht_bytes(message, sizeof message), 12 + 2 * 127, ".", 12 + 2 * 128);
    assert_malformed(ht_bytes(message, sizeof message), 12 + 2 * 128);
}

/* RFC 1035 section 2.3.4: labels of 63 octets, names of 255. */
static void sizes(void **unused)
{
    uint8_t message[300] = {0};
    (void)unused;
    for (size_t i = 0; i < 4; i++) {
        message[64 * i] = i < 3 ? 63 : 61;
        memset(message + 64 * i + 1, 'x', 63);
    }
    message[254]          = 0;
    struct ht_arena arena = {0};
    struct ht_bytes name;
    size_t end;
    assert_true(name_at(ht_bytes(message, 255), 0, &arena, &name, &end));
    assert_int_equal(name.len, 253);
    message[192] = 62;
    message[254] = 'x';
    message[255] = 0;
    assert_malformed(ht_bytes(message, 256), 0);
    message[0] = 64; /* a label type that is not used (RFC 6891 section 5) */
    assert_malformed(ht_bytes(message, 256), 0);
    ht_arena_clear(&arena);
}

static bool parse(struct ht_bytes message, void *arg)
{
    struct ht_bytes name;
    size_t end;
    return name_at(message, 0, arg, &name, &end);
}

static void cut_names_fail(void **unused)
{
    struct ht_arena arena = {0};
    (void)unused;
    every_prefix(hex("03 777777 07 6578616d706c65 03 636f6d 00"), parse, &arena);
    ht_arena_clear(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_example_of_rfc_1035),
        cmocka_unit_test(escapes),
        cmocka_unit_test(pointers_lead_backwards),
        cmocka_unit_test(malformed_names),
        cmocka_unit_test(every_octet),
        cmocka_unit_test(names_that_are_kept),
        cmocka_unit_test(ends_of_escaped_names),
        cmocka_unit_test(ends_of_plain_names),
        cmocka_unit_test(names_that_end_alike),
        cmocka_unit_test(sizes_of_names_that_end_alike),
        cmocka_unit_test(chains_of_pointers_end),
        cmocka_unit_test(sizes),
        cmocka_unit_test(cut_names_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
