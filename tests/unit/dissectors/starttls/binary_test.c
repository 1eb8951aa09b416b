/*
 * Messages of LDAP, MySQL, RDP and tags of XMPP. LDAP's are encoded by RFC 4511 by hand; the others
 * are the specifications' own examples where one is named.
 */
#include "support.h"

#include "starttls/ldap.h"
#include "starttls/mysql.h"
#include "starttls/rdp.h"
#include "starttls/xmpp.h"

#define START_TLS "312e332e362e312e342e312e313436362e3230303337"

static void test_ldap_messages(void **state)
{
    (void)state;
    struct ldap_message m;
    assert_true(ldap_message_parse(hex("30 1d 020101 77 18 80 16" START_TLS), &m));
    assert_int_equal(m.id, 1);
    assert_int_equal(m.operation, LDAP_EXTENDED_REQUEST);
    assert_text(m.name, "1.3.6.1.4.1.1466.20037");
    assert_true(ldap_message_parse(hex("30 0c 020107 78 07 0a0100 0400 0400"), &m));
    assert_int_equal(m.id, 7);
    assert_int_equal(m.operation, LDAP_EXTENDED_RESPONSE);
    assert_int_equal(m.result, 0);
    assert_true(ldap_message_parse(hex("30 0e 02020100 78 08 0a0102 0400 040168"), &m));
    assert_int_equal(m.id, 256);
    assert_int_equal(m.result, 2);
    assert_text(m.text, "h");
    /* Lengths in the long form. */
    assert_true(
        ldap_message_parse(hex("30 84 00000021 020101 77 84 00000018 80 16" START_TLS), &m));
    assert_text(m.name, "1.3.6.1.4.1.1466.20037");
}

static void test_ldap_binds(void **state)
{
    (void)state;
    struct ldap_message m;
    assert_true(ldap_message_parse(hex("30 0c 020101 60 07 020103 0400 8000"), &m));
    assert_null(m.method); /* anonymous */
    assert_true(ldap_message_parse(hex("30 10 020101 60 0b 020103 0402 636e 8002 7077"), &m));
    assert_string_equal(m.method, "simple");
    assert_true(
        ldap_message_parse(hex("30 14 020101 60 0f 020103 0400 a308 0406 475353415049"), &m));
    assert_string_equal(m.method, "sasl");
    assert_text(m.mechanism, "GSSAPI");
}

static void test_ldap_others(void **state)
{
    (void)state;
    struct ldap_message m;
    size_t len;
    assert_false(ldap_message_parse(hex("31 0c 020101 60 07 020103 0400 8000"), &m));
    assert_false(ldap_message_parse(hex("30 0c 040101 60 07 020103 0400 8000"), &m));
    assert_false(ldap_message_parse(hex("30 0c 020101 30 07 020103 0400 8000"), &m));
    assert_true(ldap_header_parse(hex("30 0c 02"), &len));
    assert_int_equal(len, 14);
    assert_true(ldap_header_parse(hex("30 82 01"), &len));
    assert_int_equal(len, 0);
    assert_true(ldap_header_parse(hex("30 82 0100"), &len));
    assert_int_equal(len, 260);
    assert_false(ldap_header_parse(hex("30 80"), &len)); /* RFC 4511 section 5.1 */
    assert_false(ldap_header_parse(hex("30 85"), &len));
    assert_false(ldap_header_parse(hex("30 00"), &len));
    assert_false(ldap_header_parse(hex("30 84 7fffffff"), &len));
    assert_false(ldap_header_parse(hex("31"), &len));
}

/* The example of Protocol::HandshakeV10 in the MySQL documentation, of a server 5.6.4. */
static const char greeting[] =
    "0a 352e362e342d6d372d6c6f6700 560a0000 524233767a264772 00 ffff 08 0200 0fc0 15"
    "00000000000000000000 2b7944262f5a5a3330355a4700 6d7973716c5f6e61746976655f70617373776f726400";

static void test_mysql_greeting(void **state)
{
    (void)state;
    struct mysql_greeting g;
    struct ht_bytes whole = hex(greeting);
    assert_true(mysql_greeting_parse(whole, &g));
    assert_text(g.version, "5.6.4-m7-log");
    assert_int_equal(g.capabilities, 0xc00fffff);
    assert_text(g.plugin, "mysql_native_password");
    /* Older servers say less. */
    assert_true(mysql_greeting_parse(ht_bytes_head(whole, 29), &g));
    assert_int_equal(g.capabilities, 0xffff);
    assert_false(mysql_greeting_parse(ht_bytes_head(whole, 28), &g));
    assert_false(mysql_greeting_parse(hex("09 352e3600"), &g));
    assert_false(mysql_greeting_parse(hex(""), &g));
}

/* The example of Protocol::SSLRequest in the MySQL documentation. */
static void test_mysql_request(void **state)
{
    (void)state;
    uint32_t capabilities;
    assert_true(mysql_capabilities_parse(hex("05ae0300 00000001 08"), &capabilities));
    assert_int_equal(capabilities, 0x3ae05);
    assert_true((capabilities & MYSQL_CLIENT_SSL) != 0);
    assert_false(mysql_capabilities_parse(hex("05ae03"), &capabilities));
    assert_true(mysql_capabilities_parse(hex("0588 000000"), &capabilities)); /* before 4.1 */
    assert_int_equal(capabilities, 0x8805);
}

static bool rdp_passes(struct ht_bytes in, void *arg)
{
    struct rdp_connection c;
    (void)arg;
    return rdp_connection_parse(in, &c);
}

/* MS-RDPBCGR sections 4.1.1 and 4.1.2. */
static const char rdp_request[] = "03 00 002c 27 e0 0000 0000 00 436f6f6b69653a206d737473686173683d"
                                  "656c746f6e730d0a 01 00 0800 00000000";
static const char rdp_confirm[] = "03 00 0013 0e d0 0000 1234 00 02 00 0800 00000000";

static void test_rdp(void **state)
{
    (void)state;
    struct rdp_connection c;
    assert_true(rdp_connection_parse(hex(rdp_request), &c));
    assert_int_equal(c.code, RDP_CONNECTION_REQUEST);
    assert_int_equal(c.negotiation, RDP_NEG_REQUEST);
    assert_int_equal(c.value, 0);
    assert_true(rdp_connection_parse(hex(rdp_confirm), &c));
    assert_int_equal(c.code, RDP_CONNECTION_CONFIRM);
    assert_int_equal(c.negotiation, RDP_NEG_RESPONSE);
    assert_true(rdp_connection_parse(hex("0300 0013 0e e0 0000 0000 00 01 00 0800 0b000000"), &c));
    assert_int_equal(c.value, 11);
    assert_true(rdp_connection_parse(hex("0300 000b 06 e0 0000 0000 00"), &c));
    assert_int_equal(c.negotiation, 0);
    every_prefix(hex(rdp_request), rdp_passes, NULL);
    every_prefix(hex(rdp_confirm), rdp_passes, NULL);
    /* S7 over ISO TSAP: parameters of X.224. */
    assert_false(rdp_passes(hex("0300 0016 11 e0 0000 0001 00 c0010a c1020100 c2020102"), NULL));
    assert_false(rdp_passes(hex("0300 000b 06 f0 0000 0000 00"), NULL));
    assert_false(rdp_passes(hex("0300 000c 06 e0 0000 0000 00 01"), NULL));
}

static bool tag_passes(struct ht_bytes in, void *arg)
{
    struct xmpp_tag tag;
    (void)arg;
    return xmpp_tag_parse(in, &tag);
}

/* RFC 6120 section 9.1.1. */
static const char header[] =
    "<stream:stream from='juliet@im.example.com' to='im.example.com' version='1.0' xml:lang='en' "
    "xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>";

static void test_xmpp_tags(void **state)
{
    (void)state;
    struct xmpp_tag tag;
    assert_true(xmpp_tag_parse(ht_text(header), &tag));
    assert_text(tag.name, "stream");
    assert_text(tag.to, "im.example.com");
    assert_text(tag.from, "juliet@im.example.com");
    assert_text(tag.xmlns, "jabber:client");
    assert_text(tag.id, "");
    assert_false(tag.closing || tag.empty);
    assert_true(
        xmpp_tag_parse(ht_text("<starttls xmlns=\"urn:ietf:params:xml:ns:xmpp-tls\"/>"), &tag));
    assert_text(tag.name, "starttls");
    assert_text(tag.xmlns, "urn:ietf:params:xml:ns:xmpp-tls");
    assert_true(tag.empty);
    assert_true(xmpp_tag_parse(ht_text("</stream:features>"), &tag));
    assert_text(tag.name, "features");
    assert_true(tag.closing);
    assert_true(xmpp_tag_parse(ht_text("<auth xmlns='x' mechanism = 'PLAIN' >"), &tag));
    assert_text(tag.mechanism, "PLAIN");
    every_prefix(ht_text(header), tag_passes, NULL);
    assert_false(tag_passes(ht_text("<>"), NULL));
    assert_false(tag_passes(ht_text("< >"), NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ldap_messages), cmocka_unit_test(test_ldap_binds),
        cmocka_unit_test(test_ldap_others),   cmocka_unit_test(test_mysql_greeting),
        cmocka_unit_test(test_mysql_request), cmocka_unit_test(test_rdp),
        cmocka_unit_test(test_xmpp_tags),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
