/*
 * The audit's report for people: what is wrong, whom it concerns, what proves it and what to do;
 * then servers and clients with theirs; then what was seen, and what could not be judged.
 */
#include "report/audit_report.h"

#include "sink/text_value.h"

#include <string.h>

enum {
    USUAL_WIDTH   = 100,
    LABEL         = 2,  /* column of "servers", "proof" … */
    VALUE         = 15, /* column of what is said of it */
    SHOWN_NAMES   = 4,
    MORE_NAMES    = 8,
    SHOWN_PROOFS  = 2,
    SHOWN_SERVERS = 60, /* blocks; of more, those with the worst findings would be lost in them */
    MILLI         = 3   /* decimals of a second */
};

struct page {
    struct ht_text room; /* a unit at a time */
    struct ht_fold lines;
};

static void put(struct page *page, size_t gap)
{
    ht_text_put(&page->room, &page->lines, gap);
}

static void put_styled(struct page *page, size_t gap, enum ht_style style, const char *text)
{
    ht_text_styled(&page->room, style, text);
    put(page, gap);
}

static void end_line(struct page *page)
{
    ht_fold_end(&page->lines);
}

static void put_heading(struct page *page, const char *text)
{
    end_line(page);
    page->lines.indent = LABEL;
    put_styled(page, 0, HT_BOLD, text);
    end_line(page);
}

/* Begins the line of a fact. */
static void begin(struct page *page, const char *label)
{
    page->lines.indent = VALUE;
    ht_fold_pad(&page->lines, LABEL);
    ht_text_styled(&page->room, HT_DIM, label);
    ht_fold_put(&page->lines, ht_chars_view(&page->room.out));
    page->room.out.len = 0;
    ht_fold_pad(&page->lines, VALUE);
    page->lines.begun = false;
}

static void put_fact(struct page *page, const char *label, struct ht_bytes text)
{
    if (text.len > 0) {
        begin(page, label);
        ht_text_safe(&page->room, text);
        put(page, 0);
        end_line(page);
    }
}

static void add_count(struct page *page, uint64_t count, const char *one, const char *more)
{
    ht_chars_add_uint(&page->room.out, count, 1);
    ht_chars_add_char(&page->room.out, ' ');
    ht_chars_add_text(&page->room.out, count == 1 ? one : more);
}

static enum ht_style style_of(const char *severity)
{
    switch (ht_severity_of(severity)) {
    case HT_CRITICAL:
    case HT_HIGH:
        return HT_RED;
    case HT_MEDIUM:
        return HT_YELLOW;
    case HT_INFO:
    case HT_LOW:
    case HT_NUM_SEVERITIES:
        break;
    }
    return HT_CYAN;
}

/* "TLS 1.3 110 · TLS 1.2 5 · 3 more" */
static void put_tallies(struct page *page, const char *label, struct ht_objects list,
                        uint64_t total, size_t shown)
{
    const struct ht_tally *tallies = list.items;
    if (list.len == 0) {
        return;
    }
    begin(page, label);
    for (size_t i = 0; i < list.len && i < shown; i++) {
        ht_text_safe(&page->room, tallies[i].name);
        ht_chars_add_char(&page->room.out, ' ');
        ht_text_style(&page->room, HT_DIM);
        ht_chars_add_text(&page->room.out, "×");
        ht_chars_add_uint(&page->room.out, tallies[i].connections, 1);
        ht_text_style(&page->room, HT_PLAIN);
        put(page, i > 0 ? HT_TEXT_GAP : 0);
    }
    if (total > shown) {
        ht_chars_add_char(&page->room.out, '+');
        add_count(page, total - shown, "more", "more");
        put(page, HT_TEXT_GAP);
    }
    end_line(page);
}

/*
 * Findings
 */

/* "c-5f0e1c9a7b3d2468  frames 6, 8  2023-03-06 04:01:06.770  10.0.0.5 → 10.0.0.1:443  a.pcap" */
static void put_example(struct page *page, const char *label, const struct ht_example *e)
{
    begin(page, label);
    ht_text_safe(&page->room, e->connection);
    put(page, 0);
    for (size_t i = 0; i < e->frames.len; i++) {
        ht_chars_add_text(&page->room.out, i > 0 ? ", " : e->frames.len > 1 ? "frames " : "frame ");
        ht_chars_add_uint(&page->room.out, e->frames.items[i], 1);
    }
    put(page, HT_TEXT_GAP);
    ht_text_style(&page->room, HT_DIM);
    ht_text_time(&page->room, e->time_ns, MILLI);
    ht_text_style(&page->room, HT_PLAIN);
    put(page, HT_TEXT_GAP);
    if (e->client.version != 0) {
        ht_chars_add_address(&page->room.out, &e->client);
        ht_chars_add_text(&page->room.out, e->server.len > 0 ? " → " : "");
    }
    ht_text_safe(&page->room, e->server);
    put(page, HT_TEXT_GAP);
    ht_text_style(&page->room, HT_DIM);
    ht_text_safe(&page->room, e->source);
    ht_text_style(&page->room, HT_PLAIN);
    put(page, HT_TEXT_GAP);
    end_line(page);
}

static void put_proof(struct page *page, struct ht_objects examples)
{
    const struct ht_example *items = examples.items;
    struct ht_bytes said           = {0};
    for (size_t i = 0; i < examples.len && i < SHOWN_PROOFS; i++) {
        if (!ht_bytes_equal(said, items[i].evidence)) {
            put_fact(page, "evidence", items[i].evidence);
            said = items[i].evidence.len > 0 ? items[i].evidence : said;
        }
        put_example(page, "proof", &items[i]);
    }
}

/* "RFC 8996, RFC 9325 3.1.1 · fails modern, section 3" */
static void put_references(struct page *page, const struct ht_finding_summary *f)
{
    const char *const *reference = f->references;
    if (reference == NULL && f->clause == NULL) {
        return;
    }
    begin(page, "see");
    for (; reference != NULL && *reference != NULL; reference++) {
        ht_chars_add_text(&page->room.out, *reference);
        ht_chars_add_text(&page->room.out, reference[1] != NULL ? "," : "");
        put(page, reference > f->references ? 1 : 0);
    }
    if (f->clause != NULL) {
        ht_chars_add_text(&page->room.out, "policy: ");
        ht_chars_add_text(&page->room.out, f->clause);
        put(page, HT_TEXT_GAP);
    }
    end_line(page);
}

static void put_finding(struct page *page, const struct ht_finding_summary *f)
{
    page->lines.indent = LABEL;
    put_styled(page, 0, style_of(f->severity), f->severity);
    put_styled(page, HT_TEXT_GAP, HT_BOLD, f->title != NULL ? f->title : f->id);
    ht_text_style(&page->room, HT_DIM);
    ht_chars_add_text(&page->room.out, "×");
    ht_chars_add_uint(&page->room.out, f->count, 1);
    ht_text_style(&page->room, HT_PLAIN);
    put(page, HT_TEXT_GAP);
    put_styled(page, HT_TEXT_GAP, HT_DIM, f->id);
    if (f->verdict != NULL) {
        put_styled(page, HT_TEXT_GAP, f->verdict[0] == 'f' ? HT_RED : HT_DIM, f->verdict);
    }
    if (f->basis != NULL && f->basis[0] != 'o') { /* observed goes without saying */
        put_styled(page, HT_TEXT_GAP, HT_DIM, f->basis);
    }
    end_line(page);
    put_tallies(page, "servers", f->servers, f->num_servers, SHOWN_NAMES);
    put_tallies(page, "clients", f->clients, f->num_clients, SHOWN_NAMES);
    put_proof(page, f->examples);
    put_fact(page, "attack", ht_text(f->attack != NULL ? f->attack : ""));
    put_fact(page, "to do", ht_text(f->remediation != NULL ? f->remediation : ""));
    put_references(page, f);
    end_line(page);
}

static void put_findings(struct page *page, struct ht_objects list)
{
    const struct ht_finding_summary *findings = list.items;
    put_heading(page, "FINDINGS");
    end_line(page);
    for (size_t i = 0; i < list.len; i++) {
        put_finding(page, &findings[i]);
    }
    if (list.len == 0) {
        ht_fold_pad(&page->lines, LABEL);
        put_styled(page, 0, HT_PLAIN,
                   "None. What could not be judged is told below: that is no pass.");
        end_line(page);
    }
}

/*
 * Servers and clients
 */

static void put_profile(struct page *page, const struct ht_profile *p)
{
    put_tallies(page, "versions", p->versions, p->versions.len, SHOWN_NAMES);
    put_tallies(page, "suites", p->cipher_suites, p->cipher_suites.len, SHOWN_NAMES);
    put_tallies(page, "groups", p->groups, p->groups.len, SHOWN_NAMES);
    put_tallies(page, "failures", p->failures, p->failures.len, SHOWN_NAMES);
    if (p->post_quantum_verdict != NULL) {
        begin(page, "quantum");
        ht_text_words(&page->room, p->post_quantum_verdict);
        put(page, 0);
        if (p->exposed_bytes > 0) {
            ht_text_size(&page->room, p->exposed_bytes);
            ht_chars_add_text(&page->room.out, " exposed to who records it now");
            put(page, HT_TEXT_GAP);
        }
        end_line(page);
    }
}

static void put_traffic(struct page *page, const struct ht_profile *p)
{
    add_count(page, p->connections, "connection", "connections");
    put(page, HT_TEXT_GAP);
    if (p->failed > 0) {
        ht_text_style(&page->room, HT_YELLOW);
        add_count(page, p->failed, "failed", "failed");
        ht_text_style(&page->room, HT_PLAIN);
        put(page, HT_TEXT_GAP);
    }
    if (p->resumed > 0) {
        add_count(page, p->resumed, "resumed", "resumed");
        put(page, HT_TEXT_GAP);
    }
}

static void put_server(struct page *page, const void *party)
{
    const struct ht_server_summary *s = party;
    page->lines.indent                = LABEL;
    ht_text_style(&page->room, HT_BOLD);
    ht_text_safe(&page->room, s->label);
    ht_text_style(&page->room, HT_PLAIN);
    put(page, 0);
    put_traffic(page, s->profile);
    if (s->starttls.len > 0) {
        ht_chars_add_text(&page->room.out, "in ");
        ht_text_safe(&page->room, s->starttls);
        put(page, HT_TEXT_GAP);
    }
    end_line(page);
    put_tallies(page, "findings", s->findings, s->findings.len, s->findings.len);
    put_profile(page, s->profile);
    if (s->handshake_p95_ns > 0) {
        begin(page, "handshakes");
        ht_text_duration(&page->room, (int64_t)s->handshake_p50_ns);
        ht_chars_add_text(&page->room.out, " at most for half of them, ");
        ht_text_duration(&page->room, (int64_t)s->handshake_p95_ns);
        ht_chars_add_text(&page->room.out, " for 95 %");
        put(page, 0);
        end_line(page);
    }
    end_line(page);
}

static void put_more(struct page *page, size_t shown, size_t all, const char *what)
{
    if (all > shown) {
        ht_fold_pad(&page->lines, LABEL);
        add_count(page, all - shown, "more", "more");
        ht_chars_add_char(&page->room.out, ' ');
        ht_chars_add_text(&page->room.out, what);
        ht_chars_add_text(&page->room.out, "; -f json has all");
        put(page, 0);
        end_line(page);
    }
}

static void put_client(struct page *page, const void *party)
{
    const struct ht_client_summary *c = party;
    page->lines.indent                = LABEL;
    ht_text_style(&page->room, HT_BOLD);
    ht_text_safe(&page->room, c->ja4);
    ht_text_style(&page->room, HT_PLAIN);
    put(page, 0);
    put_traffic(page, c->profile);
    end_line(page);
    put_tallies(page, "addresses", c->addresses, c->num_addresses, SHOWN_NAMES);
    put_tallies(page, "findings", c->findings, c->findings.len, c->findings.len);
    put_profile(page, c->profile);
    end_line(page);
}

/* A list of servers or of clients. */
struct parties {
    const char *heading, *words;
    size_t size, findings; /* of one; and where in it its struct ht_objects of findings is */
    void (*put)(struct page *page, const void *party);
};

static const struct parties servers = {"SERVERS", "servers", sizeof(struct ht_server_summary),
                                       offsetof(struct ht_server_summary, findings), put_server};
static const struct parties clients = {"CLIENTS", "client stacks", sizeof(struct ht_client_summary),
                                       offsetof(struct ht_client_summary, findings), put_client};

/* Those with findings first, in two rounds, each in the list's order. */
static void put_parties(struct page *page, const struct parties *kind, struct ht_objects list)
{
    size_t shown = 0;
    if (list.len == 0) {
        return;
    }
    put_heading(page, kind->heading);
    end_line(page);
    for (unsigned round = 0; round < 2; round++) {
        const char *party = list.items;
        for (size_t i = 0; i < list.len && shown < SHOWN_SERVERS; i++, party += kind->size) {
            const struct ht_objects *findings = (const void *)(party + kind->findings);
            if ((findings->len > 0) == (round == 0)) {
                kind->put(page, party);
                shown++;
            }
        }
    }
    put_more(page, shown, list.len, kind->words);
}

/*
 * Coverage
 */

static void put_number(struct page *page, const char *label, uint64_t number, const char *one,
                       const char *more)
{
    if (number > 0) {
        begin(page, label);
        add_count(page, number, one, more);
        put(page, 0);
        end_line(page);
    }
}

/* Tallies of our words, their underscores as spaces: "not completed ×3". */
static void put_words(struct page *page, struct ht_objects list, enum ht_style style)
{
    const struct ht_tally *tallies = list.items;
    for (size_t i = 0; i < list.len; i++) {
        struct ht_bytes word = tallies[i].name;
        ht_text_style(&page->room, style);
        for (size_t k = 0; k < word.len; k++) {
            ht_chars_add_char(&page->room.out, (char)(word.ptr[k] == '_' ? ' ' : word.ptr[k]));
        }
        ht_text_style(&page->room, HT_PLAIN);
        ht_chars_add_text(&page->room.out, " ×");
        ht_chars_add_uint(&page->room.out, tallies[i].connections, 1);
        put(page, i > 0 ? HT_TEXT_GAP : 0);
    }
    end_line(page);
}

static bool same_reasons(struct ht_objects a, struct ht_objects b)
{
    const struct ht_tally *x = a.items, *y = b.items;
    for (size_t i = 0; a.len == b.len && i < a.len; i++) {
        if (x[i].connections != y[i].connections || !ht_bytes_equal(x[i].name, y[i].name)) {
            return false;
        }
    }
    return a.len == b.len;
}

static void put_reasons(struct page *page, struct ht_objects reasons)
{
    page->lines.indent = VALUE;
    ht_fold_pad(&page->lines, LABEL);
    put_words(page, reasons, HT_YELLOW);
    ht_fold_pad(&page->lines, VALUE);
    page->lines.begun = false;
}

/* Rules that lack the same in as many connections are told together. */
static void put_unjudged(struct page *page, struct ht_objects list)
{
    const struct ht_rule_coverage *rules = list.items;
    for (size_t i = 0; i < list.len; i++) {
        size_t before = 0;
        while (before < i && !same_reasons(rules[before].not_observable, rules[i].not_observable)) {
            before++;
        }
        if (before < i || rules[i].not_observable.len == 0) {
            continue;
        }
        put_reasons(page, rules[i].not_observable);
        for (size_t k = i; k < list.len; k++) {
            if (same_reasons(rules[k].not_observable, rules[i].not_observable)) {
                ht_chars_add_text(&page->room.out, rules[k].id);
                put(page, 1);
            }
        }
        end_line(page);
    }
}

static void put_quality(struct page *page, const struct ht_coverage *c)
{
    put_number(page, "captured", c->incomplete, "connection of which bytes are missing",
               "connections of which bytes are missing");
    put_number(page, "captured", c->one_sided, "connection in one direction only",
               "connections in one direction only");
    put_number(page, "captured", c->midstream, "connection that began before the capture",
               "connections that began before the capture");
    put_number(page, "captured", c->truncated, "connection with frames cut by the snapshot length",
               "connections with frames cut by the snapshot length");
    put_number(page, "bounds", c->limited, "connection at which a bound of hellotap's hit",
               "connections at which a bound of hellotap's hit");
    put_number(page, "bounds", c->left_out, "connection not in these lists, for lack of room",
               "connections not in these lists, for lack of room");
    put_number(page, "bounds", c->findings_left_out, "finding not in these lists, for lack of room",
               "findings not in these lists, for lack of room");
    put_number(page, "bounds", c->forgotten, "value not compared to the end, for lack of room",
               "values not compared to the end, for lack of room");
    put_number(page, "bounds", c->moduli_left_out,
               "RSA key not compared, for that would take too long",
               "RSA keys not compared, for that would take too long");
}

static void put_coverage(struct page *page, const struct ht_coverage *c)
{
    uint64_t clean = 0, unjudged = 0;
    const struct ht_rule_coverage *rules = c->rules.items;
    for (size_t i = 0; i < c->rules.len; i++) {
        clean += rules[i].judged > 0 && rules[i].found == 0 ? 1 : 0;
        unjudged += rules[i].not_observable.len > 0 ? 1 : 0;
    }
    put_heading(page, "COVERAGE");
    end_line(page);
    put_tallies(page, "protocols", c->protocols, c->protocols.len, MORE_NAMES);
    put_tallies(page, "versions", c->versions, c->versions.len, MORE_NAMES);
    put_tallies(page, "failures", c->failures, c->failures.len, MORE_NAMES);
    if (c->post_quantum.len > 0) {
        begin(page, "quantum");
        put_words(page, c->post_quantum, HT_PLAIN);
    }
    put_number(page, "certificates", c->certificates_seen, "full handshake with certificates",
               "full handshakes with certificates");
    put_number(page, "certificates", c->certificates_hidden, "full handshake that encrypts them",
               "full handshakes that encrypt them");
    put_quality(page, c);
    put_number(page, "rules", clean, "judged and not broken, in what could be seen",
               "judged and not broken, in what could be seen");
    if (unjudged > 0) {
        put_heading(page, "NOT JUDGED");
        end_line(page);
        put_unjudged(page, c->rules);
    }
}

/*
 * The whole
 */

static void put_title(struct page *page, const struct ht_audit *audit)
{
    put_styled(page, 0, HT_BOLD, "hellotap audit");
    if (audit->policy != NULL) {
        ht_chars_add_text(&page->room.out, "policy ");
        ht_chars_add_text(&page->room.out, audit->policy);
        if (audit->policy_title != NULL) {
            ht_chars_add_text(&page->room.out, ": ");
            ht_chars_add_text(&page->room.out, audit->policy_title);
        }
        put(page, HT_TEXT_GAP);
    }
    if (audit->as_of_ns != 0) {
        ht_chars_add_text(&page->room.out, "as of ");
        ht_text_time(&page->room, audit->as_of_ns, 0);
        put(page, HT_TEXT_GAP);
    }
    end_line(page);
}

static uint64_t count_verdicts(struct ht_objects list, const char *verdict)
{
    const struct ht_finding_summary *findings = list.items;
    uint64_t count                            = 0;
    for (size_t i = 0; i < list.len; i++) {
        bool same = findings[i].verdict != NULL && strcmp(findings[i].verdict, verdict) == 0;
        count += same ? 1 : 0;
    }
    return count;
}

/* "12 rules fail  3 rules warn": how the capture stands by the policy. */
static void put_verdicts(struct page *page, struct ht_objects findings)
{
    uint64_t fail = count_verdicts(findings, "fail"), warn = count_verdicts(findings, "warn");
    ht_text_style(&page->room, fail > 0 ? HT_RED : HT_PLAIN);
    add_count(page, fail, "rule fails", "rules fail");
    ht_text_style(&page->room, HT_PLAIN);
    put(page, 0);
    add_count(page, warn, "rule warns", "rules warn");
    put(page, HT_TEXT_GAP);
    end_line(page);
}

static void put_summary(struct page *page, const struct ht_audit *audit)
{
    const struct ht_coverage *c = audit->coverage;
    if (c->connections > 0) {
        ht_text_time(&page->room, c->first_seen_ns, 0);
        ht_chars_add_text(&page->room.out, " to ");
        ht_text_time(&page->room, c->last_seen_ns, 0);
        ht_chars_add_text(&page->room.out, " UTC");
        put(page, 0);
    }
    add_count(page, c->connections, "connection", "connections");
    put(page, HT_TEXT_GAP);
    add_count(page, c->tls_connections, "with TLS", "with TLS");
    put(page, HT_TEXT_GAP);
    add_count(page, c->servers, "server", "servers");
    put(page, HT_TEXT_GAP);
    add_count(page, c->clients, "client stack", "client stacks");
    put(page, HT_TEXT_GAP);
    end_line(page);
    const struct ht_tally *severities = audit->severities.items;
    for (size_t i = 0; i < audit->severities.len; i++) {
        static const char *const words[] = {"critical", "high", "medium", "low", "info"};
        for (size_t k = 0; k < HT_ARRAY_LEN(words); k++) {
            if (ht_bytes_equal(severities[i].name, ht_text(words[k]))) {
                ht_text_style(&page->room, style_of(words[k]));
                add_count(page, severities[i].connections, words[k], words[k]);
                ht_text_style(&page->room, HT_PLAIN);
                put(page, i > 0 ? HT_TEXT_GAP : 0);
            }
        }
    }
    end_line(page);
}

bool ht_audit_text(const struct ht_summary *summary, struct ht_chars *out,
                   const struct ht_sink_config *config)
{
    struct page page = {
        .room  = {.color = config->color},
        .lines = {.out = out, .width = config->width != 0 ? config->width : USUAL_WIDTH}};
    struct ht_arena arena = {0};
    struct ht_audit audit;
    ht_audit_record(summary, &arena, &audit);
    put_title(&page, &audit);
    put_summary(&page, &audit);
    if (audit.policy != NULL) {
        put_verdicts(&page, audit.findings);
    }
    put_findings(&page, audit.findings);
    if (audit.servers.len > 0) {
        put_parties(&page, &servers, audit.servers);
    }
    if (audit.clients.len > 0) {
        put_parties(&page, &clients, audit.clients);
    }
    put_coverage(&page, audit.coverage);
    bool good = !out->failed && !page.room.out.failed;
    ht_chars_free(&page.room.out);
    ht_arena_clear(&arena);
    return good;
}
