/*
 * What was seen, and what could not be judged and why, for people.
 */
#include "report/audit_page.h"

enum { SHOWN_NAMES = 8, DEEPER = 4 /* column of the rules under a reason */ };

static void put_number(struct page *page, const char *label, uint64_t number, const char *one,
                       const char *more)
{
    if (number > 0) {
        page_begin(page, label);
        page_add_count(page, number, one, more);
        page_put(page, 0);
        page_end_line(page);
    }
}

static void put_count_of(struct page *page, uint64_t count, size_t gap)
{
    ht_chars_add_text(&page->room.out, " ×");
    ht_chars_add_uint(&page->room.out, count, 1);
    page_put(page, gap);
}

static void put_post_quantum(struct page *page, struct ht_objects list)
{
    const struct ht_tally *tallies = list.items;
    if (list.len > 0) {
        page_begin(page, "post-quantum");
        for (size_t i = 0; i < list.len; i++) {
            page_add_post_quantum(page, tallies[i].name);
            put_count_of(page, tallies[i].connections, i > 0 ? HT_TEXT_GAP : 0);
        }
        page_end_line(page);
    }
}

/* What a reason means, and what would help. */
static const char *words_of(struct ht_bytes reason)
{
    static const char *const words[HT_NUM_UNOBSERVABLE] = {
        [HT_UNOBSERVABLE_ENCRYPTED]     = "encrypted, and no --keylog has the keys",
        [HT_UNOBSERVABLE_NOT_SENT]      = "not part of these handshakes",
        [HT_UNOBSERVABLE_LOST]          = "not in the capture",
        [HT_UNOBSERVABLE_ONE_SIDED]     = "only one direction was captured",
        [HT_UNOBSERVABLE_NOT_COMPLETED] = "the handshake was not completed",
        [HT_UNOBSERVABLE_NO_TRUST]      = "no trust anchors; see --trust-store",
        [HT_UNOBSERVABLE_NOT_VERIFIED]  = "signatures are checked with --verify only",
        [HT_UNOBSERVABLE_NO_DNS]        = "no DNS of the client was captured",
        [HT_UNOBSERVABLE_NO_KEYS]       = "no --keylog has the keys",
    };
    for (unsigned i = 0; i < HT_NUM_UNOBSERVABLE; i++) {
        if (ht_bytes_equal(reason, ht_text(ht_unobservable_name((enum ht_unobservable)i)))) {
            return words[i] != NULL ? words[i] : ht_unobservable_name((enum ht_unobservable)i);
        }
    }
    return "";
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
    const struct ht_tally *tallies = reasons.items;
    page->lines.indent             = PAGE_LABEL;
    ht_fold_pad(&page->lines, PAGE_LABEL);
    page->lines.begun = false;
    for (size_t i = 0; i < reasons.len; i++) {
        ht_text_styled(&page->room, HT_YELLOW, words_of(tallies[i].name));
        put_count_of(page, tallies[i].connections, i > 0 ? HT_TEXT_GAP : 0);
    }
    page_end_line(page);
    page->lines.indent = DEEPER;
    ht_fold_pad(&page->lines, DEEPER);
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
                page_put(page, 1);
            }
        }
        page_end_line(page);
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
    put_number(page, "bounds", c->left_out,
               "connection counted without its server and client, for lack of room",
               "connections counted without their servers and clients, for lack of room");
    put_number(page, "bounds", c->findings_left_out,
               "finding counted without its server and client, for lack of room",
               "findings counted without their servers and clients, for lack of room");
    put_number(page, "bounds", c->forgotten, "value not compared to the end, for lack of room",
               "values not compared to the end, for lack of room");
    put_number(page, "bounds", c->moduli_left_out,
               "RSA key not compared, for that would take too long",
               "RSA keys not compared, for that would take too long");
}

void page_put_coverage(struct page *page, const struct ht_coverage *c)
{
    uint64_t clean = 0, unjudged = 0;
    const struct ht_rule_coverage *rules = c->rules.items;
    for (size_t i = 0; i < c->rules.len; i++) {
        clean += rules[i].judged > 0 && rules[i].found == 0 ? 1 : 0;
        unjudged += rules[i].not_observable.len > 0 ? 1 : 0;
    }
    page_put_heading(page, "COVERAGE");
    page_end_line(page);
    page_put_tallies(page, "protocols", c->protocols, c->protocols.len, SHOWN_NAMES);
    page_put_tallies(page, "versions", c->versions, c->versions.len, SHOWN_NAMES);
    page_put_tallies(page, "failures", c->failures, c->failures.len, SHOWN_NAMES);
    put_post_quantum(page, c->post_quantum);
    put_number(page, "certificates", c->certificates_seen, "full handshake with certificates",
               "full handshakes with certificates");
    put_number(page, "certificates", c->certificates_hidden, "full handshake that encrypts them",
               "full handshakes that encrypt them");
    put_quality(page, c);
    put_number(page, "rules", clean, "judged and not broken, in what could be seen",
               "judged and not broken, in what could be seen");
    if (unjudged > 0) {
        page_put_heading(page, "NOT JUDGED");
        page_end_line(page);
        put_unjudged(page, c->rules);
    }
    page_end_line(page);
}
