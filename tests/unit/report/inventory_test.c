/* The inventory of a summary made by hand: as CSV by RFC 4180, as text, as a record. */
#include "report/inventory.h"
#include "seen.h"
#include "support.h"

#include <json-c/json.h>
#include <stdio.h>

static struct ht_chars written;

static const char *end(void)
{
    ht_chars_add_char(&written, '\0');
    return written.ptr;
}

static const char csv_lines[] =
    "kind,ip,port,transport,name,starttls,ja4,protocols,versions,cipher_suites,groups,"
    "signature_schemes,alpn,certificates,subject,issuer,not_before,not_after,key_type,key_bits,"
    "connections,established,first_seen,last_seen\r\n"
    "server,10.0.0.1,443,tcp,www.example.com,,t13d1516h2_8daaf6152771_e5627efa2ab1,tls,"
    "TLS 1.3; TLS 1.2,TLS_AES_128_GCM_SHA256; TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,"
    "X25519MLKEM768; x25519,rsa_pss_rsae_sha256,h2,"
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa,CN=www.example.com,"
    "\"CN=Example CA,O=\"\"Example\"\"\",2026-01-01T00:00:00Z,2026-04-01T00:00:00Z,RSA,2048,3,3,"
    "2023-03-06T04:01:06.000000000Z,2023-03-06T04:02:06.000000000Z\r\n"
    "server,2001:db8::1,25,tcp,\"'=a\"\"b,c\\x0d\\x0ad\\x1b[2J\\u{202e}\\xff\",smtp,,,,,,,,,,,,,,,"
    "1,0,2023-03-06T04:01:06.000000000Z,2023-03-06T04:01:06.000000000Z\r\n"
    "client,,,,,,t13d1516h2_8daaf6152771_e5627efa2ab1,tls,TLS 1.3; TLS 1.2,"
    "TLS_AES_128_GCM_SHA256; TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,X25519MLKEM768; x25519,"
    "rsa_pss_rsae_sha256,h2,,,,,,,,3,3,2023-03-06T04:01:06.000000000Z,"
    "2023-03-06T04:02:06.000000000Z\r\n";

static void test_csv(void **state)
{
    (void)state;
    written.len = 0;
    assert_true(ht_inventory_csv(&seen, &written));
    assert_string_equal(end(), csv_lines);
}

static const char text_lines[] =
    "inventory  2 servers  1 client stack  1 certificate  2023-03-06 04:01:06 to "
    "2023-03-06 04:02:06 UTC\n"
    "\n"
    "10.0.0.1:443  www.example.com  3 connections  2023-03-06 04:01:06 to 2023-03-06 04:02:06\n"
    "    versions     TLS 1.3 (2)  TLS 1.2 (1)\n"
    "    suites       TLS_AES_128_GCM_SHA256 (2)  TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256 (1)\n"
    "    groups       X25519MLKEM768 (2)  x25519 (1)\n"
    "    signatures   rsa_pss_rsae_sha256 (1)\n"
    "    alpn         h2 (3)\n"
    "    certificate  CN=www.example.com  by CN=Example CA,O=\"Example\"  until 2026-04-01  RSA"
    "  2048 bits  sha256 aaaaaaaaaaaaaaaa\n"
    "    clients      t13d1516h2_8daaf6152771_e5627efa2ab1\n"
    "\n"
    "[2001:db8::1]:25  =a\"b,c\\x0d\\x0ad\\x1b[2J\\u{202e}\\xff  starttls smtp  1 connection"
    "  0 established  2023-03-06 04:01:06\n"
    "\n"
    "t13d1516h2_8daaf6152771_e5627efa2ab1  1 address  3 connections  2023-03-06 04:01:06 to "
    "2023-03-06 04:02:06\n"
    "    versions     TLS 1.3 (2)  TLS 1.2 (1)\n"
    "    suites       TLS_AES_128_GCM_SHA256 (2)  TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256 (1)\n"
    "    groups       X25519MLKEM768 (2)  x25519 (1)\n"
    "    signatures   rsa_pss_rsae_sha256 (1)\n"
    "    alpn         h2 (3)\n";

static void test_text(void **state)
{
    (void)state;
    written.len = 0;
    assert_true(ht_inventory_text(&seen, &written, &(struct ht_sink_config){0}));
    assert_string_equal(end(), text_lines);
}

static void test_text_is_folded(void **state)
{
    (void)state;
    enum { WIDTH = 60 };
    written.len = 0;
    assert_true(ht_inventory_text(&seen, &written, &(struct ht_sink_config){.width = WIDTH}));
    for (const char *line = end(); *line != '\0'; line += strcspn(line, "\n") + 1) {
        assert_true(strcspn(line, "\n") <= WIDTH);
    }
}

static struct json_object *member(struct json_object *object, const char *key)
{
    struct json_object *found;
    assert_true(json_object_object_get_ex(object, key, &found));
    return found;
}

static void test_record(void **state)
{
    (void)state;
    struct ht_inventory inventory;
    struct ht_sink *sink = ht_json_sink.open(&(struct ht_sink_config){0});
    written.len          = 0;
    ht_inventory_record(&seen, &inventory);
    assert_true(ht_json_sink.record(sink, &ht_inventory_record_type, &inventory, &written));
    ht_json_sink.close(sink);
    struct json_object *root = json_tokener_parse(end());
    assert_string_equal(json_object_get_string(member(root, "type")), "inventory");
    struct json_object *server  = json_object_array_get_idx(member(root, "servers"), 0);
    struct json_object *profile = member(server, "profile");
    struct json_object *version = json_object_array_get_idx(member(profile, "versions"), 0);
    assert_string_equal(json_object_get_string(member(server, "ip")), "10.0.0.1");
    assert_string_equal(json_object_get_string(member(version, "name")), "TLS 1.3");
    struct json_object *client = json_object_array_get_idx(member(root, "clients"), 0);
    assert_string_equal(json_object_get_string(member(client, "ja4")),
                        "t13d1516h2_8daaf6152771_e5627efa2ab1");
    json_object_put(root);
}

static void test_a_certificate_is_found(void **state)
{
    (void)state;
    const struct ht_certificate_summary *certificates = seen.certificates.items;
    assert_ptr_equal(
        ht_inventory_certificate(
            &seen, ht_text("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")),
        certificates);
    assert_null(ht_inventory_certificate(
        &seen, ht_text("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab")));
    assert_null(ht_inventory_certificate(&seen, ht_text("aa")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_csv),
        cmocka_unit_test(test_text),
        cmocka_unit_test(test_text_is_folded),
        cmocka_unit_test(test_record),
        cmocka_unit_test(test_a_certificate_is_found),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    ht_chars_free(&written);
    return failed;
}
