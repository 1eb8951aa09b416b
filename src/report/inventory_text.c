/*
 * The inventory for people: a block of lines a server, then one a client stack.
 */
#include "base/time.h"
#include "report/inventory.h"
#include "sink/text_value.h"

enum { INDENT = 4, LABEL_COLUMNS = 13 };

struct page {
    const struct ht_summary_data *data;
    struct ht_text room; /* one unit at a time */
    struct ht_fold lines;
};

static void put_word(struct page *page, enum ht_style style, const char *word)
{
    ht_text_styled(&page->room, style, word);
    ht_text_put(&page->room, &page->lines, HT_TEXT_GAP);
}

static void put_safe(struct page *page, const char *label, struct ht_bytes text)
{
    if (text.len > 0) {
        ht_chars_add_text(&page->room.out, label);
        ht_text_safe(&page->room, text);
        ht_text_put(&page->room, &page->lines, HT_TEXT_GAP);
    }
}

static void put_count(struct page *page, uint64_t count, const char *word, const char *plural)
{
    ht_chars_add_uint(&page->room.out, count, 1);
    ht_chars_add_text(&page->room.out, count == 1 ? word : plural);
    ht_text_put(&page->room, &page->lines, HT_TEXT_GAP);
}

/* "label       " and what follows stands under each other. */
static void begin_row(struct page *page, const char *label)
{
    page->lines.indent = INDENT + LABEL_COLUMNS;
    ht_fold_pad(&page->lines, INDENT);
    ht_text_styled(&page->room, HT_DIM, label);
    ht_text_put(&page->room, &page->lines, 0);
    ht_fold_pad(&page->lines, page->lines.indent - HT_TEXT_GAP);
}

static void put_list(struct page *page, const char *label, const struct ht_objects *tallies)
{
    const struct ht_tally *tally = tallies->items;
    if (tallies->len == 0) {
        return;
    }
    begin_row(page, label);
    for (size_t i = 0; i < tallies->len; i++) {
        ht_text_safe(&page->room, tally[i].name);
        if (tally[i].connections > 0) {
            ht_chars_add_text(&page->room.out, " (");
            ht_chars_add_uint(&page->room.out, tally[i].connections, 1);
            ht_chars_add_char(&page->room.out, ')');
        }
        ht_text_put(&page->room, &page->lines, HT_TEXT_GAP);
    }
    ht_fold_end(&page->lines);
}

static void put_seen(struct page *page, int64_t first_ns, int64_t last_ns, const char *zone)
{
    if (first_ns == 0) {
        return;
    }
    ht_text_time(&page->room, first_ns, 0);
    if (last_ns / HT_SECOND_NS != first_ns / HT_SECOND_NS) {
        ht_chars_add_text(&page->room.out, " to ");
        ht_text_time(&page->room, last_ns, 0);
    }
    ht_chars_add_text(&page->room.out, zone);
    ht_text_put(&page->room, &page->lines, HT_TEXT_GAP);
}

static void put_profile(struct page *page, const struct ht_profile *profile)
{
    put_list(page, "versions", &profile->versions);
    put_list(page, "suites", &profile->cipher_suites);
    put_list(page, "groups", &profile->groups);
    put_list(page, "signatures", &profile->signature_schemes);
    put_list(page, "alpn", &profile->alpn);
}

static void put_counts(struct page *page, const struct ht_profile *profile)
{
    put_count(page, profile->connections, " connection", " connections");
    if (profile->established != profile->connections) {
        put_count(page, profile->established, " established", " established");
    }
    put_seen(page, profile->first_seen_ns, profile->last_seen_ns, "");
}

static void put_certificate(struct page *page, const struct ht_tally *tally)
{
    enum { SHORT = 16 };
    const struct ht_certificate_summary *c = ht_inventory_certificate(page->data, tally->name);
    begin_row(page, "certificate");
    if (c != NULL) {
        put_safe(page, "", c->subject);
        put_safe(page, "by ", c->issuer);
        put_safe(page, "until ", ht_bytes_head(c->not_after, strlen("2026-01-01")));
        put_safe(page, "", c->key_curve.len > 0 ? c->key_curve : c->key_type);
        if (c->key_curve.len == 0 && c->key_bits > 0) {
            put_count(page, c->key_bits, " bit", " bits");
        }
    }
    put_safe(page, "sha256 ", ht_bytes_head(tally->name, SHORT));
    ht_fold_end(&page->lines);
}

static void put_server(struct page *page, const struct ht_server_summary *server)
{
    const struct ht_tally *certificate = server->certificates.items;
    page->lines.indent                 = INDENT;
    ht_text_style(&page->room, HT_BOLD);
    ht_text_endpoint(&page->room, &server->ip, server->port);
    ht_text_style(&page->room, HT_PLAIN);
    ht_text_put(&page->room, &page->lines, 0);
    if (server->transport != NULL && strcmp(server->transport, "tcp") != 0) {
        put_word(page, HT_PLAIN, server->transport);
    }
    put_safe(page, "", server->name);
    put_safe(page, "starttls ", server->starttls);
    if (server->profile != NULL) {
        put_counts(page, server->profile);
    }
    ht_fold_end(&page->lines);
    if (server->profile != NULL) {
        put_profile(page, server->profile);
    }
    for (size_t i = 0; i < server->certificates.len; i++) {
        put_certificate(page, &certificate[i]);
    }
    put_list(page, "clients", &server->clients);
}

static void put_client(struct page *page, const struct ht_client_summary *client)
{
    page->lines.indent = INDENT;
    ht_text_style(&page->room, HT_BOLD);
    ht_text_safe(&page->room, client->ja4);
    ht_text_style(&page->room, HT_PLAIN);
    ht_text_put(&page->room, &page->lines, 0);
    put_count(page, client->num_addresses, " address", " addresses");
    if (client->profile != NULL) {
        put_counts(page, client->profile);
    }
    ht_fold_end(&page->lines);
    put_list(page, "addresses", &client->addresses);
    put_list(page, "offers", &client->offered_versions);
    if (client->profile != NULL) {
        put_profile(page, client->profile);
    }
}

static void put_head(struct page *page)
{
    const struct ht_coverage *coverage = page->data->coverage;
    ht_text_styled(&page->room, HT_BOLD, "inventory");
    ht_text_put(&page->room, &page->lines, 0);
    put_count(page, page->data->servers.len, " server", " servers");
    put_count(page, page->data->clients.len, " client stack", " client stacks");
    put_count(page, page->data->certificates.len, " certificate", " certificates");
    if (coverage != NULL) {
        put_seen(page, coverage->first_seen_ns, coverage->last_seen_ns, " UTC");
    }
    if (coverage != NULL && coverage->left_out > 0) {
        put_count(page, coverage->left_out, " connection left out, for lack of room",
                  " connections left out, for lack of room");
    }
    ht_fold_end(&page->lines);
}

bool ht_inventory_text(const struct ht_summary_data *data, struct ht_chars *out,
                       const struct ht_sink_config *config)
{
    const struct ht_server_summary *servers = data->servers.items;
    const struct ht_client_summary *clients = data->clients.items;
    struct page page                        = {.data  = data,
                                               .room  = {.color = config->color},
                                               .lines = {.out = out, .width = config->width}};
    put_head(&page);
    for (size_t i = 0; i < data->servers.len; i++) {
        ht_fold_end(&page.lines);
        put_server(&page, &servers[i]);
    }
    for (size_t i = 0; i < data->clients.len; i++) {
        ht_fold_end(&page.lines);
        put_client(&page, &clients[i]);
    }
    bool complete = !out->failed && !page.room.out.failed;
    ht_chars_free(&page.room.out);
    return complete;
}
