/*
 * The inventory for spreadsheets. A column is a row of the table: its name, and what it says of a
 * server and of a client.
 */
#include "base/time.h"
#include "report/inventory.h"
#include "report/printable.h"

/* A line is of a server or of a client; the other is NULL. */
struct line {
    const struct ht_server_summary *server;
    const struct ht_client_summary *client;
    const struct ht_profile *profile;
    const struct ht_certificate_summary *certificate; /* the server's newest */
    struct ht_objects certificates;
};

struct column {
    const char *name;
    void (*put)(struct ht_text *cell, const struct line *line);
};

static void put_names(struct ht_text *cell, const struct ht_objects *tallies)
{
    const struct ht_tally *tally = tallies->items;
    for (size_t i = 0; i < tallies->len; i++) {
        ht_chars_add_text(&cell->out, i > 0 ? "; " : "");
        report_put_printable(cell, tally[i].name);
    }
}

static void put_time(struct ht_text *cell, int64_t time_ns)
{
    char text[HT_TIME_TEXT_MAX];
    if (time_ns != 0) {
        ht_chars_add_text(&cell->out, ht_time_print(text, time_ns, 9));
    }
}

static void put_kind(struct ht_text *cell, const struct line *line)
{
    ht_chars_add_text(&cell->out, line->server != NULL ? "server" : "client");
}

static void put_ip(struct ht_text *cell, const struct line *line)
{
    if (line->server != NULL) {
        ht_chars_add_address(&cell->out, &line->server->ip);
    }
}

static void put_port(struct ht_text *cell, const struct line *line)
{
    if (line->server != NULL) {
        ht_chars_add_uint(&cell->out, line->server->port, 1);
    }
}

static void put_transport(struct ht_text *cell, const struct line *line)
{
    if (line->server != NULL && line->server->transport != NULL) {
        ht_chars_add_text(&cell->out, line->server->transport);
    }
}

static void put_name(struct ht_text *cell, const struct line *line)
{
    if (line->server != NULL) {
        report_put_printable(cell, line->server->name);
    }
}

static void put_starttls(struct ht_text *cell, const struct line *line)
{
    if (line->server != NULL) {
        report_put_printable(cell, line->server->starttls);
    }
}

static void put_ja4(struct ht_text *cell, const struct line *line)
{
    if (line->client != NULL) {
        report_put_printable(cell, line->client->ja4);
    } else {
        put_names(cell, &line->server->clients);
    }
}

static void put_protocols(struct ht_text *cell, const struct line *line)
{
    put_names(cell, &line->profile->protocols);
}

static void put_versions(struct ht_text *cell, const struct line *line)
{
    put_names(cell, &line->profile->versions);
}

static void put_cipher_suites(struct ht_text *cell, const struct line *line)
{
    put_names(cell, &line->profile->cipher_suites);
}

static void put_groups(struct ht_text *cell, const struct line *line)
{
    put_names(cell, &line->profile->groups);
}

static void put_signature_schemes(struct ht_text *cell, const struct line *line)
{
    put_names(cell, &line->profile->signature_schemes);
}

static void put_alpn(struct ht_text *cell, const struct line *line)
{
    put_names(cell, &line->profile->alpn);
}

static void put_certificates(struct ht_text *cell, const struct line *line)
{
    put_names(cell, &line->certificates);
}

static void put_subject(struct ht_text *cell, const struct line *line)
{
    if (line->certificate != NULL) {
        report_put_printable(cell, line->certificate->subject);
    }
}

static void put_issuer(struct ht_text *cell, const struct line *line)
{
    if (line->certificate != NULL) {
        report_put_printable(cell, line->certificate->issuer);
    }
}

static void put_not_before(struct ht_text *cell, const struct line *line)
{
    if (line->certificate != NULL) {
        report_put_printable(cell, line->certificate->not_before);
    }
}

static void put_not_after(struct ht_text *cell, const struct line *line)
{
    if (line->certificate != NULL) {
        report_put_printable(cell, line->certificate->not_after);
    }
}

static void put_key_type(struct ht_text *cell, const struct line *line)
{
    if (line->certificate != NULL) {
        report_put_printable(cell, line->certificate->key_type);
    }
}

static void put_key_bits(struct ht_text *cell, const struct line *line)
{
    if (line->certificate != NULL && line->certificate->key_bits != 0) {
        ht_chars_add_uint(&cell->out, line->certificate->key_bits, 1);
    }
}

static void put_connections(struct ht_text *cell, const struct line *line)
{
    ht_chars_add_uint(&cell->out, line->profile->connections, 1);
}

static void put_established(struct ht_text *cell, const struct line *line)
{
    ht_chars_add_uint(&cell->out, line->profile->established, 1);
}

static void put_first_seen(struct ht_text *cell, const struct line *line)
{
    put_time(cell, line->profile->first_seen_ns);
}

static void put_last_seen(struct ht_text *cell, const struct line *line)
{
    put_time(cell, line->profile->last_seen_ns);
}

static const struct column columns[] = {
    {"kind", put_kind},
    {"ip", put_ip},
    {"port", put_port},
    {"transport", put_transport},
    {"name", put_name},
    {"starttls", put_starttls},
    {"ja4", put_ja4},
    {"protocols", put_protocols},
    {"versions", put_versions},
    {"cipher_suites", put_cipher_suites},
    {"groups", put_groups},
    {"signature_schemes", put_signature_schemes},
    {"alpn", put_alpn},
    {"certificates", put_certificates},
    {"subject", put_subject},
    {"issuer", put_issuer},
    {"not_before", put_not_before},
    {"not_after", put_not_after},
    {"key_type", put_key_type},
    {"key_bits", put_key_bits},
    {"connections", put_connections},
    {"established", put_established},
    {"first_seen", put_first_seen},
    {"last_seen", put_last_seen},
};

/* In quotes where a comma or a quote is in it; line ends cannot be. */
static void add_cell(struct ht_chars *out, struct ht_bytes cell)
{
    bool formula = cell.len > 0 && memchr("=+-@", cell.ptr[0], 4) != NULL;
    bool quoted  = cell.len > 0 && (memchr(cell.ptr, ',', cell.len) != NULL ||
                                   memchr(cell.ptr, '"', cell.len) != NULL);
    ht_chars_add_text(out, quoted ? "\"" : "");
    ht_chars_add_text(out, formula ? "'" : "");
    for (size_t i = 0; i < cell.len; i++) {
        ht_chars_add_text(out, cell.ptr[i] == '"' ? "\"" : "");
        ht_chars_add_char(out, (char)cell.ptr[i]);
    }
    ht_chars_add_text(out, quoted ? "\"" : "");
}

static void add_line(struct ht_chars *out, struct ht_text *cell, const struct line *line)
{
    for (size_t i = 0; i < HT_ARRAY_LEN(columns); i++) {
        cell->out.len = 0;
        columns[i].put(cell, line);
        ht_chars_add_text(out, i > 0 ? "," : "");
        add_cell(out, ht_chars_view(&cell->out));
    }
    ht_chars_add_text(out, "\r\n");
}

static void add_header(struct ht_chars *out)
{
    for (size_t i = 0; i < HT_ARRAY_LEN(columns); i++) {
        ht_chars_add_text(out, i > 0 ? "," : "");
        ht_chars_add_text(out, columns[i].name);
    }
    ht_chars_add_text(out, "\r\n");
}

bool ht_inventory_csv(const struct ht_summary_data *data, struct ht_chars *out)
{
    static const struct ht_profile none;
    const struct ht_server_summary *servers = data->servers.items;
    const struct ht_client_summary *clients = data->clients.items;
    struct ht_text cell                     = {0};
    add_header(out);
    for (size_t i = 0; i < data->servers.len; i++) {
        struct line line              = {.server       = &servers[i],
                                         .profile      = servers[i].profile != NULL ? servers[i].profile : &none,
                                         .certificates = servers[i].certificates};
        const struct ht_tally *newest = line.certificates.items;
        if (line.certificates.len > 0) {
            newest += line.certificates.len - 1;
            line.certificate = ht_inventory_certificate(data, newest->name);
        }
        add_line(out, &cell, &line);
    }
    for (size_t i = 0; i < data->clients.len; i++) {
        struct line line = {.client  = &clients[i],
                            .profile = clients[i].profile != NULL ? clients[i].profile : &none};
        add_line(out, &cell, &line);
    }
    bool complete = !out->failed && !cell.out.failed;
    ht_chars_free(&cell.out);
    return complete;
}
