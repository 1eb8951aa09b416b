/*
 * The audit's report for people: what is wrong, whom it concerns, what proves it and what to do;
 * then servers and clients with theirs; then what was seen, and what could not be judged.
 */
#include "report/audit_page.h"

#include <string.h>

enum {
    USUAL_WIDTH   = 100,
    SHOWN_NAMES   = 4,
    SHOWN_PROOFS  = 2,
    SHOWN_SERVERS = 60, /* blocks; of more, those with the worst findings would be lost in them */
    MILLI         = 3   /* decimals of a second */
};

/*
 * Findings
 */

/* "frames 6, 8", in order, each once. */
static void add_frames(struct page *page, struct ht_uints frames)
{
    uint64_t last = 0;
    ht_chars_add_text(&page->room.out, frames.len > 1 ? "frames" : "frame");
    for (size_t i = 0; i < frames.len; i++) {
        uint64_t next = UINT64_MAX;
        for (size_t k = 0; k < frames.len; k++) {
            next = frames.items[k] > last && frames.items[k] < next ? frames.items[k] : next;
        }
        if (next == UINT64_MAX) {
            return;
        }
        ht_chars_add_text(&page->room.out, i > 0 ? ", " : " ");
        ht_chars_add_uint(&page->room.out, next, 1);
        last = next;
    }
}

/* A file's name without the folders. */
static struct ht_bytes base_name(struct ht_bytes path)
{
    const uint8_t *slash = path.len > 0 ? memrchr(path.ptr, '/', path.len) : NULL;
    return slash != NULL ? ht_bytes_from(path, (size_t)(slash + 1 - path.ptr)) : path;
}

/* "c-5f0e1c9a7b3d2468  frames 6, 8  2023-03-06 04:01:06.770  10.0.0.5 → 10.0.0.1:443  a.pcap" */
static void put_example(struct page *page, const char *label, const struct ht_example *e)
{
    page_begin(page, label);
    ht_text_safe(&page->room, e->connection);
    page_put(page, 0);
    if (e->frames.len > 0) {
        add_frames(page, e->frames);
    }
    page_put(page, HT_TEXT_GAP);
    ht_text_style(&page->room, HT_DIM);
    ht_text_time(&page->room, e->time_ns, MILLI);
    ht_text_style(&page->room, HT_PLAIN);
    page_put(page, HT_TEXT_GAP);
    if (e->client.version != 0) {
        ht_chars_add_address(&page->room.out, &e->client);
        ht_chars_add_text(&page->room.out, e->server.len > 0 ? " → " : "");
    }
    ht_text_safe(&page->room, e->server);
    page_put(page, HT_TEXT_GAP);
    ht_text_style(&page->room, HT_DIM);
    ht_text_safe(&page->room, base_name(e->source));
    ht_text_style(&page->room, HT_PLAIN);
    page_put(page, HT_TEXT_GAP);
    page_end_line(page);
}

static void put_proof(struct page *page, struct ht_objects examples)
{
    const struct ht_example *items = examples.items;
    struct ht_bytes said           = {0};
    for (size_t i = 0; i < examples.len && i < SHOWN_PROOFS; i++) {
        if (!ht_bytes_equal(said, items[i].evidence)) {
            page_put_fact(page, "evidence", items[i].evidence);
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
    page_begin(page, "see");
    for (; reference != NULL && *reference != NULL; reference++) {
        ht_chars_add_text(&page->room.out, *reference);
        ht_chars_add_text(&page->room.out, reference[1] != NULL ? "," : "");
        page_put(page, reference > f->references ? 1 : 0);
    }
    if (f->clause != NULL) {
        ht_chars_add_text(&page->room.out, "policy: ");
        ht_chars_add_text(&page->room.out, f->clause);
        page_put(page, HT_TEXT_GAP);
    }
    page_end_line(page);
}

static void put_finding(struct page *page, const struct ht_finding_summary *f)
{
    page->lines.indent = PAGE_LABEL;
    page_put_styled(page, 0, page_style_of(f->severity), f->severity);
    page_put_styled(page, HT_TEXT_GAP, HT_BOLD, f->title != NULL ? f->title : f->id);
    ht_text_style(&page->room, HT_DIM);
    ht_chars_add_text(&page->room.out, "×");
    ht_chars_add_uint(&page->room.out, f->count, 1);
    ht_text_style(&page->room, HT_PLAIN);
    page_put(page, HT_TEXT_GAP);
    page_put_styled(page, HT_TEXT_GAP, HT_DIM, f->id);
    if (f->verdict != NULL) {
        page_put_styled(page, HT_TEXT_GAP, f->verdict[0] == 'f' ? HT_RED : HT_DIM, f->verdict);
    }
    if (f->basis != NULL && f->basis[0] != 'o') { /* observed goes without saying */
        page_put_styled(page, HT_TEXT_GAP, HT_DIM, f->basis);
    }
    page_end_line(page);
    page_put_tallies(page, "servers", f->servers, f->num_servers, SHOWN_NAMES);
    page_put_tallies(page, "clients", f->clients, f->num_clients, SHOWN_NAMES);
    put_proof(page, f->examples);
    page_put_fact(page, "attack", ht_text(f->attack != NULL ? f->attack : ""));
    page_put_fact(page, "to do", ht_text(f->remediation != NULL ? f->remediation : ""));
    put_references(page, f);
    page_end_line(page);
}

static void put_findings(struct page *page, struct ht_objects list)
{
    const struct ht_finding_summary *findings = list.items;
    page_put_heading(page, "FINDINGS");
    page_end_line(page);
    for (size_t i = 0; i < list.len; i++) {
        put_finding(page, &findings[i]);
    }
    if (list.len == 0) {
        ht_fold_pad(&page->lines, PAGE_LABEL);
        page_put_styled(page, 0, HT_PLAIN,
                        "None. What could not be judged is told below: that is no pass.");
        page_end_line(page);
    }
}

/*
 * Servers and clients
 */

/* "high: cert-expired ×3  low: kex-not-pq ×3  no-resumption ×2" */
static void put_own_findings(struct page *page, struct ht_objects list)
{
    const struct ht_tally *tallies = list.items;
    unsigned severity              = HT_NUM_SEVERITIES;
    if (list.len > 0) {
        page_begin(page, "findings");
    }
    for (size_t i = 0; i < list.len; i++) {
        if (tallies[i].id != severity) {
            severity         = tallies[i].id;
            const char *word = ht_severity_name((enum ht_severity)severity);
            ht_text_styled(&page->room, page_style_of(word), word);
            ht_chars_add_text(&page->room.out, ": ");
        }
        ht_text_safe(&page->room, tallies[i].name);
        ht_text_style(&page->room, HT_DIM);
        ht_chars_add_text(&page->room.out, " ×");
        ht_chars_add_uint(&page->room.out, tallies[i].connections, 1);
        ht_text_style(&page->room, HT_PLAIN);
        page_put(page, i > 0 ? HT_TEXT_GAP : 0);
    }
    if (list.len > 0) {
        page_end_line(page);
    }
}

static void put_profile(struct page *page, const struct ht_profile *p)
{
    page_put_tallies(page, "versions", p->versions, p->versions.len, SHOWN_NAMES);
    page_put_tallies(page, "suites", p->cipher_suites, p->cipher_suites.len, SHOWN_NAMES);
    page_put_tallies(page, "groups", p->groups, p->groups.len, SHOWN_NAMES);
    page_put_tallies(page, "failures", p->failures, p->failures.len, SHOWN_NAMES);
    if (p->post_quantum_verdict != NULL) {
        page_begin(page, "post-quantum");
        page_add_post_quantum(page, ht_text(p->post_quantum_verdict));
        page_put(page, 0);
        if (p->exposed_bytes > 0) {
            ht_text_size(&page->room, p->exposed_bytes);
            ht_chars_add_text(&page->room.out, " can be recorded now, and decrypted one day");
            page_put(page, HT_TEXT_GAP);
        }
        page_end_line(page);
    }
}

static void put_traffic(struct page *page, const struct ht_profile *p)
{
    page_add_count(page, p->connections, "connection", "connections");
    page_put(page, HT_TEXT_GAP);
    if (p->failed > 0) {
        ht_text_style(&page->room, HT_YELLOW);
        page_add_count(page, p->failed, "failed", "failed");
        ht_text_style(&page->room, HT_PLAIN);
        page_put(page, HT_TEXT_GAP);
    }
    if (p->resumed > 0) {
        page_add_count(page, p->resumed, "resumed", "resumed");
        page_put(page, HT_TEXT_GAP);
    }
}

static void put_server(struct page *page, const void *party)
{
    const struct ht_server_summary *s = party;
    page->lines.indent                = PAGE_LABEL;
    ht_text_style(&page->room, HT_BOLD);
    ht_text_safe(&page->room, s->label);
    ht_text_style(&page->room, HT_PLAIN);
    page_put(page, 0);
    put_traffic(page, s->profile);
    if (s->starttls.len > 0) {
        ht_chars_add_text(&page->room.out, "in ");
        ht_text_safe(&page->room, s->starttls);
        page_put(page, HT_TEXT_GAP);
    }
    page_end_line(page);
    if (s->profile->versions.len == 0 && s->profile->failures.len == 0 && s->findings.len == 0) {
        page_put_fact(page, "seen", ht_text("no handshake"));
    }
    put_own_findings(page, s->findings);
    put_profile(page, s->profile);
    if (s->handshake_p95_ns > 0) {
        page_begin(page, "handshakes");
        ht_chars_add_text(&page->room.out, "about ");
        ht_text_duration(&page->room, (int64_t)s->handshake_p50_ns);
        if (s->handshake_p95_ns != s->handshake_p50_ns) {
            ht_chars_add_text(&page->room.out, " or less for half of them, ");
            ht_text_duration(&page->room, (int64_t)s->handshake_p95_ns);
            ht_chars_add_text(&page->room.out, " for 95 %");
        }
        page_put(page, 0);
        page_end_line(page);
    }
    page_end_line(page);
}

static void put_more(struct page *page, size_t shown, size_t all, const char *what)
{
    if (all > shown) {
        ht_fold_pad(&page->lines, PAGE_LABEL);
        page_add_count(page, all - shown, "more", "more");
        ht_chars_add_char(&page->room.out, ' ');
        ht_chars_add_text(&page->room.out, what);
        ht_chars_add_text(&page->room.out, "; -f json has all");
        page_put(page, 0);
        page_end_line(page);
    }
}

static void put_client(struct page *page, const void *party)
{
    const struct ht_client_summary *c = party;
    page->lines.indent                = PAGE_LABEL;
    ht_text_style(&page->room, HT_BOLD);
    ht_text_safe(&page->room, c->ja4);
    ht_text_style(&page->room, HT_PLAIN);
    page_put(page, 0);
    put_traffic(page, c->profile);
    page_end_line(page);
    page_put_tallies(page, "addresses", c->addresses, c->num_addresses, SHOWN_NAMES);
    put_own_findings(page, c->findings);
    put_profile(page, c->profile);
    page_end_line(page);
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
    page_put_heading(page, kind->heading);
    page_end_line(page);
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
 * The whole
 */

static void put_title(struct page *page, const struct ht_audit *audit)
{
    page_put_styled(page, 0, HT_BOLD, "hellotap audit");
    if (audit->policy != NULL) {
        ht_chars_add_text(&page->room.out, "policy ");
        ht_chars_add_text(&page->room.out, audit->policy);
        if (audit->policy_title != NULL) {
            ht_chars_add_text(&page->room.out, ": ");
            ht_chars_add_text(&page->room.out, audit->policy_title);
        }
        page_put(page, HT_TEXT_GAP);
    }
    if (audit->as_of_ns != 0) {
        ht_chars_add_text(&page->room.out, "as of ");
        ht_text_time(&page->room, audit->as_of_ns, 0);
        page_put(page, HT_TEXT_GAP);
    }
    page_end_line(page);
    if (audit->policy_source != NULL) {
        page_put_styled(page, 0, HT_DIM, audit->policy_source);
        page_end_line(page);
    }
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

/* "by the policy  12 fail  3 warn": how the capture stands. */
static void put_verdicts(struct page *page, struct ht_objects findings)
{
    uint64_t fail = count_verdicts(findings, "fail");
    ht_chars_add_text(&page->room.out, "by the policy:");
    page_put(page, 0);
    ht_text_style(&page->room, fail > 0 ? HT_RED : HT_PLAIN);
    page_add_count(page, fail, "fail", "fail");
    ht_text_style(&page->room, HT_PLAIN);
    page_put(page, 1);
    page_add_count(page, count_verdicts(findings, "warn"), "warn", "warn");
    page_put(page, HT_TEXT_GAP);
    page_add_count(page, count_verdicts(findings, "report"), "for information", "for information");
    page_put(page, HT_TEXT_GAP);
    page_end_line(page);
}

/* "rules broken: 3 high  1 low" */
static void put_severities(struct page *page, const struct ht_audit *audit)
{
    const struct ht_tally *severities = audit->severities.items;
    if (audit->severities.len > 0) {
        ht_chars_add_text(&page->room.out, "rules broken:");
        page_put(page, 0);
    }
    for (size_t i = 0; i < audit->severities.len; i++) {
        for (unsigned k = 0; k < HT_NUM_SEVERITIES; k++) {
            const char *word = ht_severity_name((enum ht_severity)k);
            if (ht_bytes_equal(severities[i].name, ht_text(word))) {
                ht_text_style(&page->room, page_style_of(word));
                page_add_count(page, severities[i].connections, word, word);
                ht_text_style(&page->room, HT_PLAIN);
                page_put(page, i > 0 ? HT_TEXT_GAP : 1);
            }
        }
    }
    page_end_line(page);
}

static void put_summary(struct page *page, const struct ht_audit *audit)
{
    const struct ht_coverage *c = audit->coverage;
    if (c->connections > 0) {
        ht_text_time(&page->room, c->first_seen_ns, 0);
        ht_chars_add_text(&page->room.out, " to ");
        ht_text_time(&page->room, c->last_seen_ns, 0);
        ht_chars_add_text(&page->room.out, " UTC");
        page_put(page, 0);
    }
    page_add_count(page, c->connections, "connection", "connections");
    page_put(page, HT_TEXT_GAP);
    page_add_count(page, c->tls_connections, "with TLS", "with TLS");
    page_put(page, HT_TEXT_GAP);
    page_add_count(page, c->servers, "server", "servers");
    page_put(page, HT_TEXT_GAP);
    page_add_count(page, c->clients, "client stack", "client stacks");
    page_put(page, HT_TEXT_GAP);
    page_end_line(page);
    put_severities(page, audit);
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
    page_put_coverage(&page, audit.coverage);
    bool good = !out->failed && !page.room.out.failed;
    ht_chars_free(&page.room.out);
    ht_arena_clear(&arena);
    return good;
}
