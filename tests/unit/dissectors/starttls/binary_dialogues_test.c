/*
 * Dialogues of messages and tags. They are the specifications' examples where one is named, the
 * others are put together from them.
 */
#include "dialogue.h"

extern const struct ht_dissector ldap_dissector, xmpp_dissector, postgresql_dissector,
    mysql_dissector, rdp_dissector;

#define START_TLS_OID "1.3.6.1.4.1.1466.20037"

static void test_ldap(void **state)
{
    (void)state;
    static const struct utterance said[] = {
        A("\x30\x1d\x02\x01\x01\x77\x18\x80\x16" START_TLS_OID),
        B("\x30\x0c\x02\x01\x01\x78\x07\x0a\x01\x00\x04\x00\x04\x00"), TLS};
    check(&(struct dialogue){&ldap_dissector,
                             389,
                             said,
                             HT_ARRAY_LEN(said),
                             "client is A by command\n"
                             "A starttls.request { protocol=ldap text=" START_TLS_OID " }\n"
                             "B starttls.answer { protocol=ldap accepted=true }\n",
                             {.protocol      = "ldap",
                              .requested     = true,
                              .accepted      = true,
                              .command_frame = 1,
                              .answer_frame  = 2},
                             true});
}

static void test_ldap_refused(void **state)
{
    (void)state;
    static const struct utterance said[] = {
        A("\x30\x1d\x02\x01\x01\x77\x18\x80\x16" START_TLS_OID),
        B("\x30\x0e\x02\x01\x01\x78\x09\x0a\x01\x34\x04\x00\x04\x02no"),
        A("\x30\x10\x02\x01\x02\x60\x0b\x02\x01\x03\x04\x02"
          "cn\x80\x02pw"),
        B("\x30\x0c\x02\x01\x02\x61\x07\x0a\x01\x00\x04\x00\x04\x00")};
    check(
        &(struct dialogue){&ldap_dissector,
                           389,
                           said,
                           HT_ARRAY_LEN(said),
                           "client is A by command\n"
                           "A starttls.request { protocol=ldap text=" START_TLS_OID " }\n"
                           "B starttls.answer { protocol=ldap text=no }\n"
                           "A starttls.plaintext_authentication { protocol=ldap method=simple }\n",
                           {.protocol                 = "ldap",
                            .requested                = true,
                            .refused                  = true,
                            .command_frame            = 1,
                            .answer_frame             = 2,
                            .answer                   = TEXT("no"),
                            .method                   = "simple",
                            .plaintext_authentication = true,
                            .authentication_frame     = 3},
                           false});
}

/* Binds by SASL that give no credentials (RFC 4422 appendix A, RFC 4505), and one that does. */
static void test_ldap_sasl(void **state)
{
    (void)state;
    static const struct utterance said[] = {
        A("\x30\x16\x02\x01\x01\x60\x11\x02\x01\x03\x04\x00\xa3\x0a\x04\x08"
          "EXTERNAL"),
        B("\x30\x0c\x02\x01\x01\x61\x07\x0a\x01\x00\x04\x00\x04\x00"),
        A("\x30\x17\x02\x01\x02\x60\x12\x02\x01\x03\x04\x00\xa3\x0b\x04\x09"
          "anonymous"),
        B("\x30\x0c\x02\x01\x02\x61\x07\x0a\x01\x00\x04\x00\x04\x00"),
        A("\x30\x13\x02\x01\x03\x60\x0e\x02\x01\x03\x04\x00\xa3\x07\x04\x05"
          "PLAIN")};
    check(&(struct dialogue){&ldap_dissector,
                             389,
                             said,
                             HT_ARRAY_LEN(said),
                             "client is A by command\n"
                             "A starttls.plaintext_authentication { protocol=ldap method=sasl "
                             "mechanism=PLAIN }\n",
                             {.protocol                 = "ldap",
                              .method                   = "sasl",
                              .mechanism                = TEXT("PLAIN"),
                              .plaintext_authentication = true,
                              .authentication_frame     = 5},
                             false});
}

/* RFC 6120 section 9.1.1. */
static void test_xmpp(void **state)
{
    (void)state;
    static const struct utterance said[] = {
        A("<?xml version='1.0'?><stream:stream to='im.example.com' version='1.0' "
          "xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>"),
        B("<stream:stream from='im.example.com' id='t7AMCin9zjMNwQKDnplntZPIDEI=' version='1.0' "
          "xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>\n"
          "<stream:features><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'><required/>"
          "</starttls></stream:features>"),
        A("<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"),
        B("<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"), TLS};
    check(
        &(struct dialogue){&xmpp_dissector,
                           5222,
                           said,
                           HT_ARRAY_LEN(said),
                           "client is A by command\n"
                           "B starttls.greeting { protocol=xmpp text=im.example.com }\n"
                           "B starttls.capabilities { protocol=xmpp offered=true required=true }\n"
                           "A starttls.request { protocol=xmpp text=starttls }\n"
                           "B starttls.answer { protocol=xmpp accepted=true text=proceed }\n",
                           {.protocol      = "xmpp",
                            .greeting      = TEXT("im.example.com"),
                            .offered       = true,
                            .required      = true,
                            .requested     = true,
                            .accepted      = true,
                            .command_frame = 3,
                            .answer_frame  = 4,
                            .answer        = TEXT("proceed")},
                           true});
}

static void test_postgresql(void **state)
{
    (void)state;
    static const struct utterance said[] = {A("\0\0\0\x08\x04\xd2\x16\x30"), B("N"),
                                            A("\0\0\0\x08\x04\xd2\x16\x2f"), B("S"), TLS};
    check(&(struct dialogue){&postgresql_dissector,
                             5432,
                             said,
                             HT_ARRAY_LEN(said),
                             "client is A by command\n"
                             "A starttls.request { protocol=postgresql text=SSLRequest }\n"
                             "B starttls.answer { protocol=postgresql accepted=true text=S }\n",
                             {.protocol      = "postgresql",
                              .requested     = true,
                              .accepted      = true,
                              .command_frame = 3,
                              .answer_frame  = 4,
                              .answer        = TEXT("S")},
                             true});
}

static void test_postgresql_plain(void **state)
{
    (void)state;
    static const struct utterance said[] = {A("\0\0\0\x08\x04\xd2\x16\x2f"),
                                            B("N"),
                                            A("\0\0\0\x12\x00\x03\x00\x00user\0bob\0\0"),
                                            B("R\0\0\0\x08\0\0\0\x03"),
                                            A("p\0\0\0\x0bsecret\0"),
                                            B("R\0\0\0\x08\0\0\0\0")};
    check(&(struct dialogue){
        &postgresql_dissector,
        5432,
        said,
        HT_ARRAY_LEN(said),
        "client is A by command\n"
        "A starttls.request { protocol=postgresql text=SSLRequest }\n"
        "B starttls.answer { protocol=postgresql text=N }\n"
        "A starttls.plaintext_authentication { protocol=postgresql method=cleartext }\n",
        {.protocol                 = "postgresql",
         .requested                = true,
         .refused                  = true,
         .command_frame            = 1,
         .answer_frame             = 2,
         .answer                   = TEXT("N"),
         .plaintext_authentication = true,
         .method                   = "cleartext",
         .authentication_frame     = 5},
        false});
}

/* The examples in the MySQL documentation. */
#define GREETING                                                                                   \
    "\x50\0\0\0\x0a"                                                                               \
    "5.6.4-m7-log\0\x56\x0a\0\0RB3vz&Gr\0\xff\xff\x08\x02\0\x0f\xc0\x15\0\0\0\0\0\0\0\0\0\0"       \
    "+yD&/ZZ305ZG\0mysql_native_password\0"

static void test_mysql(void **state)
{
    (void)state;
    static const struct utterance said[] = {
        B(GREETING),
        A("\x20\0\0\x01\x05\xae\x03\0\0\0\0\x01\x08\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"),
        TLS};
    check(&(struct dialogue){&mysql_dissector,
                             3306,
                             said,
                             HT_ARRAY_LEN(said),
                             "client is A by greeting\n"
                             "B starttls.greeting { protocol=mysql text=5.6.4-m7-log }\n"
                             "B starttls.capabilities { protocol=mysql offered=true }\n"
                             "A starttls.request { protocol=mysql text=SSLRequest }\n",
                             {.protocol      = "mysql",
                              .greeting      = TEXT("5.6.4-m7-log"),
                              .offered       = true,
                              .requested     = true,
                              .command_frame = 2},
                             true});
}

static void test_mysql_plain(void **state)
{
    (void)state;
    static const struct utterance said[] = {
        B(GREETING),
        A("\x2c\0\0\x01\x05\xa6\x03\0\0\0\0\x01\x08\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
          "root\0\x05xxxxx\0"),
        B("\x07\0\0\x02\0\0\0\x02\0\0\0")};
    check(&(struct dialogue){
        &mysql_dissector,
        3306,
        said,
        HT_ARRAY_LEN(said),
        "client is A by greeting\n"
        "B starttls.greeting { protocol=mysql text=5.6.4-m7-log }\n"
        "B starttls.capabilities { protocol=mysql offered=true }\n"
        "A starttls.plaintext_authentication { protocol=mysql method=HandshakeResponse "
        "mechanism=mysql_native_password }\n",
        {.protocol                 = "mysql",
         .greeting                 = TEXT("5.6.4-m7-log"),
         .offered                  = true,
         .method                   = "HandshakeResponse",
         .mechanism                = TEXT("mysql_native_password"),
         .plaintext_authentication = true,
         .authentication_frame     = 2,
         .stripped                 = "possible",
         .stripping_evidence       = "offered_but_plaintext_authentication"},
        false});
}

static void test_rdp(void **state)
{
    (void)state;
    static const struct utterance said[] = {
        A("\x03\0\0\x13\x0e\xe0\0\0\0\0\0\x01\0\x08\0\x03\0\0\0"),
        B("\x03\0\0\x13\x0e\xd0\0\0\x12\x34\0\x02\x1f\x08\0\x02\0\0\0"), TLS};
    check(&(struct dialogue){
        &rdp_dissector,
        3389,
        said,
        HT_ARRAY_LEN(said),
        "client is A by command\n"
        "A starttls.request { protocol=rdp text=PROTOCOL_SSL PROTOCOL_HYBRID }\n"
        "B starttls.answer { protocol=rdp accepted=true text=PROTOCOL_HYBRID }\n",
        {.protocol      = "rdp",
         .requested     = true,
         .accepted      = true,
         .command_frame = 1,
         .answer_frame  = 2,
         .answer        = TEXT("PROTOCOL_HYBRID")},
        true});
}

static void test_rdp_refused(void **state)
{
    (void)state;
    static const struct utterance said[] = {
        A("\x03\0\0\x13\x0e\xe0\0\0\0\0\0\x01\0\x08\0\x01\0\0\0"),
        B("\x03\0\0\x13\x0e\xd0\0\0\x12\x34\0\x03\0\x08\0\x05\0\0\0")};
    check(&(struct dialogue){&rdp_dissector,
                             3390,
                             said,
                             HT_ARRAY_LEN(said),
                             "client is A by command\n"
                             "A starttls.request { protocol=rdp text=PROTOCOL_SSL }\n"
                             "B starttls.answer { protocol=rdp text=HYBRID_REQUIRED_BY_SERVER }\n",
                             {.protocol      = "rdp",
                              .requested     = true,
                              .refused       = true,
                              .command_frame = 1,
                              .answer_frame  = 2,
                              .answer        = TEXT("HYBRID_REQUIRED_BY_SERVER")},
                             false});
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ldap),       cmocka_unit_test(test_ldap_refused),
        cmocka_unit_test(test_ldap_sasl),  cmocka_unit_test(test_xmpp),
        cmocka_unit_test(test_postgresql), cmocka_unit_test(test_postgresql_plain),
        cmocka_unit_test(test_mysql),      cmocka_unit_test(test_mysql_plain),
        cmocka_unit_test(test_rdp),        cmocka_unit_test(test_rdp_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
