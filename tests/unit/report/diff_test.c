/* What changed between two inventories that are written here by hand. */
#include "report/diff.h"
#include "support.h"

#include <stdio.h>
#include <stdlib.h>

static struct ht_chars written;

static struct ht_diff_result *compare(const char *older, const char *newer, struct ht_error *error)
{
    const struct ht_diff_input a = {"old.json", ht_text(older)};
    const struct ht_diff_input b = {"new.json", ht_text(newer)};
    return ht_diff_new(&a, &b, error);
}

/* The text for people; lives until the next call. */
static const char *text_of(const struct ht_diff *diff)
{
    ht_chars_free(&written);
    assert_true(ht_diff_text(diff, &written, &(struct ht_sink_config){0}));
    ht_chars_add_char(&written, '\0');
    return written.ptr;
}

#define INVENTORY(servers, clients, certificates)                                                  \
    "{\"schema\":\"hellotap/1\",\"type\":\"inventory\",\"servers\":[" servers                      \
    "],\"clients\":[" clients "],\"certificates\":[" certificates "]}\n"
#define NAMES(list) "[" list "]"
#define NAME(name) "{\"name\":\"" name "\",\"connections\":3}"
#define SERVER_1(...) "{\"ip\":\"10.0.0.1\",\"port\":443,\"transport\":\"tcp\"," __VA_ARGS__ "}"
#define CLIENT "{\"ja4\":\"t13d1516h2_8daaf6152771_e5627efa2ab1\",\"num_addresses\":1}"

static const char one_server[] = INVENTORY(
    SERVER_1("\"name\":\"a.example\",\"profile\":{\"connections\":3,\"versions\":" NAMES(
        NAME("TLS 1.2") "," NAME(
            "TLS 1.3")) ",\"alpn\":" NAMES(NAME("h2")) "},\"certificates\":" NAMES(NAME("aa"))),
    CLIENT, "{\"sha256\":\"aa\",\"subject\":\"CN=old\",\"not_after\":\"2026-01-01T00:00:00Z\"}");

static const char same_server_seen_more[] = INVENTORY(
    SERVER_1("\"name\":\"a.example\",\"profile\":{\"connections\":99,\"last_seen\":\"2030\","
             "\"versions\":" NAMES(NAME("TLS 1.3") "," NAME("TLS 1.2")) ",\"alpn\":" NAMES(
                 NAME("h2")) "},\"certificates\":" NAMES(NAME("aa"))),
    CLIENT, "");

static void test_counts_times_and_order_are_no_change(void **state)
{
    (void)state;
    struct ht_error error;
    struct ht_diff_result *result = compare(one_server, same_server_seen_more, &error);
    assert_non_null(result);
    const struct ht_diff *diff = ht_diff_record(result);
    assert_false(diff->changed);
    assert_int_equal(diff->servers.len, 0);
    assert_int_equal(diff->new_servers, 1);
    assert_string_equal(text_of(diff), "nothing changed\n");
    ht_diff_free(result);
}

static const char changed_server[] = INVENTORY(
    SERVER_1("\"name\":\"a.example\",\"profile\":{\"connections\":3,\"versions\":" NAMES(
        NAME("TLS 1.3") "," NAME("TLS 1.0")) "},\"certificates\":" NAMES(NAME("bb"))),
    CLIENT, "{\"sha256\":\"bb\",\"subject\":\"CN=new\",\"not_after\":\"2027-01-01T00:00:00Z\"}");

static void test_what_came_and_went(void **state)
{
    (void)state;
    struct ht_error error;
    struct ht_diff_result *result = compare(one_server, changed_server, &error);
    assert_non_null(result);
    const struct ht_diff *diff = ht_diff_record(result);
    assert_true(diff->changed);
    assert_int_equal(diff->servers.len, 1);
    assert_int_equal(diff->clients.len, 0);
    const struct ht_diff_entry *entry = diff->servers.items;
    assert_string_equal(entry->change, "changed");
    assert_int_equal(entry->added->versions.len, 1);
    assert_text(entry->added->versions.items[0], "TLS 1.0");
    assert_text(entry->removed->versions.items[0], "TLS 1.2");
    assert_text(entry->removed->alpn.items[0], "h2");
    assert_string_equal(entry->weakest_version->change, "weaker");
    assert_text(entry->weakest_version->old_version, "TLS 1.2");
    assert_text(entry->weakest_version->new_version, "TLS 1.0");
    const struct ht_diff_certificate *certificate = entry->added->certificates.items;
    assert_text(certificate->subject, "CN=new");
    assert_string_equal(text_of(diff), "servers  0 new, 0 gone, 1 changed; 1 now\n"
                                       "~ 10.0.0.1:443  a.example\n"
                                       "    oldest version  TLS 1.2 → TLS 1.0 (weaker)\n"
                                       "    versions        + TLS 1.0  - TLS 1.2\n"
                                       "    alpn            - h2\n"
                                       "    certificate     + CN=new  until 2027-01-01  sha256 bb\n"
                                       "    certificate     - CN=old  until 2026-01-01  sha256 aa\n"
                                       "client stacks  0 new, 0 gone, 0 changed; 1 now\n");
    ht_diff_free(result);
}

static void test_new_and_gone(void **state)
{
    (void)state;
    static const char other[] = INVENTORY(
        SERVER_1("\"name\":\"b.example\",\"profile\":{\"versions\":" NAMES(
            NAME("TLS 1.3")) "}") ","
                                  "{\"ip\":\"2001:db8::1\",\"port\":853,\"transport\":\"udp\"}",
        "", "");
    struct ht_error error;
    struct ht_diff_result *result = compare(one_server, other, &error);
    assert_non_null(result);
    const struct ht_diff *diff        = ht_diff_record(result);
    const struct ht_diff_entry *entry = diff->servers.items;
    assert_int_equal(diff->servers.len, 3);
    assert_string_equal(entry[0].change, "gone");
    assert_text(entry[0].name, "a.example");
    assert_null(entry[0].added);
    assert_int_equal(entry[0].removed->versions.len, 2);
    assert_null(entry[0].weakest_version);
    assert_string_equal(entry[1].change, "new");
    assert_text(entry[1].name, "b.example");
    assert_int_equal(entry[2].port, 853);
    assert_int_equal(diff->clients.len, 1);
    assert_non_null(strstr(text_of(diff), "+ [2001:db8::1]:853  udp\n"));
    assert_non_null(strstr(text_of(diff), "- t13d1516h2_8daaf6152771_e5627efa2ab1\n"));
    ht_diff_free(result);
}

static void test_it_is_found_among_other_records(void **state)
{
    (void)state;
    char lines[4096];
    struct ht_error error;
    (void)snprintf(lines, sizeof lines, "{\"type\":\"connection\"}\n\n%s{\"type\":\"stats\"}\n",
                   one_server);
    struct ht_diff_result *result = compare(one_server, lines, &error);
    assert_non_null(result);
    assert_false(ht_diff_record(result)->changed);
    ht_diff_free(result);
}

static void test_a_name_cannot_command_the_terminal(void **state)
{
    (void)state;
    static const char hostile[] =
        INVENTORY(SERVER_1("\"name\":\"\\u001b[2Jx\\u202e\""), CLIENT, "");
    struct ht_error error;
    struct ht_diff_result *result = compare(one_server, hostile, &error);
    assert_non_null(result);
    const char *text = text_of(ht_diff_record(result));
    assert_null(strchr(text, '\x1b'));
    assert_non_null(strstr(text, "\\x1b[2Jx\\u{202e}"));
    ht_diff_free(result);
}

static void test_what_is_wrong_is_said(void **state)
{
    (void)state;
    static const struct {
        const char *text, *message;
    } cases[] = {
        {"", "new.json: no inventory is in it; `hellotap --inventory -f json` writes one"},
        {"{}", "new.json: no inventory is in it; `hellotap --inventory -f json` writes one"},
        {"[1,2]", "new.json: no inventory is in it; `hellotap --inventory -f json` writes one"},
        {"{\"type\":\"inventory\"", "new.json:1: not JSON: it ends too early"},
        {"{}\n{}\nnonsense", "new.json:3: not JSON: "},
        {"{\"type\":\"inventory\"}",
         "new.json: the inventory is of another schema than hellotap/1"},
        {"{\"type\":\"inventory\",\"schema\":\"hellotap/1\"}",
         "new.json: no inventory: it has no list \"servers\""},
        {INVENTORY("7", "", ""), "new.json: no inventory: servers[0] is no object"},
        {INVENTORY("{}", "", ""), "new.json: no inventory: servers[0] has neither an ip nor a ja4"},
        {INVENTORY(CLIENT "," SERVER_1("\"profile\":{\"versions\":7}"), "", ""),
         "new.json: no inventory: servers[1] has a member that should be a list"},
        {INVENTORY("", SERVER_1("\"profile\":{\"alpn\":[\"h2\"]}"), ""),
         "new.json: no inventory: clients[0] has a list with an item that has no name"},
        {INVENTORY("", "", "") INVENTORY("", "", ""), "new.json: holds more than one inventory"},
    };
    for (size_t i = 0; i < HT_ARRAY_LEN(cases); i++) {
        struct ht_error error = {0};
        assert_null(compare(one_server, cases[i].text, &error));
        assert_memory_equal(error.text, cases[i].message, strlen(cases[i].message));
    }
    struct ht_error error = {0};
    assert_null(compare("x", one_server, &error));
    assert_memory_equal(error.text, "old.json:1: ", 12);
}

/* No prefix but the whole is an inventory, and none faults. */
static void test_every_prefix(void **state)
{
    (void)state;
    for (size_t len = 0; len < sizeof changed_server - 2; len++) {
        char *exact = malloc(len + 1);
        assert_non_null(exact);
        memcpy(exact, changed_server, len);
        exact[len] = '\0';
        struct ht_error error;
        assert_null(compare(one_server, exact, &error));
        free(exact);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_counts_times_and_order_are_no_change),
        cmocka_unit_test(test_what_came_and_went),
        cmocka_unit_test(test_new_and_gone),
        cmocka_unit_test(test_it_is_found_among_other_records),
        cmocka_unit_test(test_a_name_cannot_command_the_terminal),
        cmocka_unit_test(test_what_is_wrong_is_said),
        cmocka_unit_test(test_every_prefix),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    ht_chars_free(&written);
    return failed;
}
