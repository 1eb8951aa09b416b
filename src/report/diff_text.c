/*
 * What changed, for people: a line an entry that is new (+), gone (-) or changed (~), and below it
 * what it has now and what it has no more.
 */
#include "report/diff_input.h"
#include "sink/text_value.h"

enum { INDENT = 4, LABEL_COLUMNS = 16 };

struct page {
    struct ht_text room; /* one unit at a time */
    struct ht_fold lines;
};

static void begin_row(struct page *page, const char *label)
{
    page->lines.indent = INDENT + LABEL_COLUMNS;
    ht_fold_pad(&page->lines, INDENT);
    ht_text_styled(&page->room, HT_DIM, label);
    ht_text_put(&page->room, &page->lines, 0);
    ht_fold_pad(&page->lines, page->lines.indent - HT_TEXT_GAP);
}

static void put_item(struct page *page, bool added, struct ht_bytes text)
{
    ht_text_style(&page->room, added ? HT_GREEN : HT_RED);
    ht_chars_add_text(&page->room.out, added ? "+ " : "- ");
    ht_text_safe(&page->room, text);
    ht_text_style(&page->room, HT_PLAIN);
    ht_text_put(&page->room, &page->lines, HT_TEXT_GAP);
}

static const struct ht_texts *texts_of(const struct ht_diff_items *items, size_t list)
{
    static const struct ht_texts none;
    const char *bytes = (const char *)items;
    return items != NULL ? (const struct ht_texts *)(const void *)(bytes + diff_lists[list].offset)
                         : &none;
}

static void put_list(struct page *page, const struct ht_diff_entry *entry, size_t list)
{
    const struct ht_texts *added   = texts_of(entry->added, list);
    const struct ht_texts *removed = texts_of(entry->removed, list);
    if (added->len + removed->len == 0) {
        return;
    }
    begin_row(page, diff_lists[list].title);
    for (size_t i = 0; i < added->len; i++) {
        put_item(page, true, added->items[i]);
    }
    for (size_t i = 0; i < removed->len; i++) {
        put_item(page, false, removed->items[i]);
    }
    ht_fold_end(&page->lines);
}

static void put_detail(struct page *page, const char *label, struct ht_bytes text)
{
    if (text.len > 0) {
        ht_chars_add_text(&page->room.out, label);
        ht_text_safe(&page->room, text);
        ht_text_put(&page->room, &page->lines, HT_TEXT_GAP);
    }
}

static void put_certificates(struct page *page, const struct ht_diff_items *items, bool added)
{
    enum { DAY = 10, SHORT = 16 }; /* characters of a date and of a digest */
    const struct ht_diff_certificate *c = items != NULL ? items->certificates.items : NULL;
    for (size_t i = 0; c != NULL && i < items->certificates.len; i++) {
        begin_row(page, diff_lists[DIFF_CERTIFICATES].title);
        put_item(page, added, c[i].subject);
        put_detail(page, "by ", c[i].issuer);
        put_detail(page, "until ", ht_bytes_head(c[i].not_after, DAY));
        put_detail(page, "sha256 ", ht_bytes_head(c[i].sha256, SHORT));
        ht_fold_end(&page->lines);
    }
}

static void put_weakest(struct page *page, const struct ht_diff_weakest *weakest)
{
    if (weakest == NULL) {
        return;
    }
    bool weaker = strcmp(weakest->change, "weaker") == 0;
    begin_row(page, "oldest version");
    ht_text_style(&page->room, weaker ? HT_RED : HT_GREEN);
    ht_text_safe(&page->room, weakest->old_version);
    ht_chars_add_text(&page->room.out, " → ");
    ht_text_safe(&page->room, weakest->new_version);
    ht_chars_add_text(&page->room.out, weaker ? " (weaker)" : " (stronger)");
    ht_text_style(&page->room, HT_PLAIN);
    ht_text_put(&page->room, &page->lines, HT_TEXT_GAP);
    ht_fold_end(&page->lines);
}

static void put_identity(struct page *page, const struct ht_diff_entry *entry)
{
    bool ipv6 = memchr(entry->ip.ptr != NULL ? entry->ip.ptr : (const uint8_t *)"", ':',
                       entry->ip.len) != NULL;
    ht_text_style(&page->room, HT_BOLD);
    ht_text_safe(&page->room, entry->ja4);
    if (entry->ip.len > 0) {
        ht_chars_add_text(&page->room.out, ipv6 ? "[" : "");
        ht_text_safe(&page->room, entry->ip);
        ht_chars_add_text(&page->room.out, ipv6 ? "]:" : ":");
        ht_chars_add_uint(&page->room.out, entry->port, 1);
    }
    ht_text_style(&page->room, HT_PLAIN);
    ht_text_put(&page->room, &page->lines, 1);
    if (!ht_bytes_equal(entry->transport, ht_text("tcp"))) {
        put_detail(page, "", entry->transport);
    }
    put_detail(page, "", entry->name);
}

static void put_entry(struct page *page, const struct ht_diff_entry *entry)
{
    bool is_new = strcmp(entry->change, "new") == 0, gone = strcmp(entry->change, "gone") == 0;
    page->lines.indent = INDENT;
    ht_text_styled(&page->room,
                   is_new ? HT_GREEN
                   : gone ? HT_RED
                          : HT_YELLOW,
                   is_new ? "+"
                   : gone ? "-"
                          : "~");
    ht_text_put(&page->room, &page->lines, 0);
    put_identity(page, entry);
    ht_fold_end(&page->lines);
    put_weakest(page, entry->weakest_version);
    for (size_t i = 0; i < DIFF_CERTIFICATES; i++) {
        put_list(page, entry, i);
    }
    put_certificates(page, entry->added, true);
    put_certificates(page, entry->removed, false);
}

/* "servers  2 new, 1 gone, 1 changed of 12" */
static void put_counts(struct page *page, const char *title, const struct ht_objects *entries,
                       uint64_t of)
{
    static const char *const changes[] = {"new", "gone", "changed"};
    const struct ht_diff_entry *entry  = entries->items;
    ht_text_styled(&page->room, HT_BOLD, title);
    for (size_t i = 0; i < HT_ARRAY_LEN(changes); i++) {
        uint64_t num = 0;
        for (size_t j = 0; j < entries->len; j++) {
            num += strcmp(entry[j].change, changes[i]) == 0;
        }
        ht_chars_add_text(&page->room.out, i > 0 ? ", " : "  ");
        ht_chars_add_uint(&page->room.out, num, 1);
        ht_chars_add_char(&page->room.out, ' ');
        ht_chars_add_text(&page->room.out, changes[i]);
    }
    ht_chars_add_text(&page->room.out, "; ");
    ht_chars_add_uint(&page->room.out, of, 1);
    ht_chars_add_text(&page->room.out, " now");
    ht_text_put(&page->room, &page->lines, 0);
    ht_fold_end(&page->lines);
}

static void put_section(struct page *page, const char *title, const struct ht_objects *entries,
                        uint64_t of)
{
    const struct ht_diff_entry *entry = entries->items;
    page->lines.indent                = INDENT;
    put_counts(page, title, entries, of);
    for (size_t i = 0; i < entries->len; i++) {
        put_entry(page, &entry[i]);
    }
}

bool ht_diff_text(const struct ht_diff *diff, struct ht_chars *out,
                  const struct ht_sink_config *config)
{
    struct page page = {.room  = {.color = config->color},
                        .lines = {.out = out, .width = config->width}};
    if (!diff->changed) {
        ht_chars_add_text(&page.room.out, "nothing changed");
        ht_text_put(&page.room, &page.lines, 0);
        ht_fold_end(&page.lines);
    } else {
        put_section(&page, "servers", &diff->servers, diff->new_servers);
        put_section(&page, "client stacks", &diff->clients, diff->new_clients);
    }
    bool complete = !out->failed && !page.room.out.failed;
    ht_chars_free(&page.room.out);
    return complete;
}
