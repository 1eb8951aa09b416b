#include "report/audit_page.h"

void page_put(struct page *page, size_t gap)
{
    ht_text_put(&page->room, &page->lines, gap);
}

void page_put_styled(struct page *page, size_t gap, enum ht_style style, const char *text)
{
    ht_text_styled(&page->room, style, text);
    page_put(page, gap);
}

void page_end_line(struct page *page)
{
    ht_fold_end(&page->lines);
}

void page_put_heading(struct page *page, const char *text)
{
    page_end_line(page);
    page->lines.indent = PAGE_LABEL;
    page_put_styled(page, 0, HT_BOLD, text);
    page_end_line(page);
}

void page_begin(struct page *page, const char *label)
{
    page->lines.indent = PAGE_VALUE;
    ht_fold_pad(&page->lines, PAGE_LABEL);
    ht_text_styled(&page->room, HT_DIM, label);
    ht_fold_put(&page->lines, ht_chars_view(&page->room.out));
    page->room.out.len = 0;
    ht_fold_pad(&page->lines, PAGE_VALUE);
    page->lines.begun = false;
}

void page_put_fact(struct page *page, const char *label, struct ht_bytes text)
{
    if (text.len > 0) {
        page_begin(page, label);
        ht_text_safe(&page->room, text);
        page_put(page, 0);
        page_end_line(page);
    }
}

void page_add_count(struct page *page, uint64_t count, const char *one, const char *more)
{
    ht_chars_add_uint(&page->room.out, count, 1);
    ht_chars_add_char(&page->room.out, ' ');
    ht_chars_add_text(&page->room.out, count == 1 ? one : more);
}

enum ht_style page_style_of(const char *severity)
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

void page_put_tallies(struct page *page, const char *label, struct ht_objects list, uint64_t total,
                      size_t shown)
{
    const struct ht_tally *tallies = list.items;
    if (list.len == 0) {
        return;
    }
    page_begin(page, label);
    for (size_t i = 0; i < list.len && i < shown; i++) {
        ht_text_safe(&page->room, tallies[i].name);
        ht_chars_add_char(&page->room.out, ' ');
        ht_text_style(&page->room, HT_DIM);
        ht_chars_add_text(&page->room.out, "×");
        ht_chars_add_uint(&page->room.out, tallies[i].connections, 1);
        ht_text_style(&page->room, HT_PLAIN);
        page_put(page, i > 0 ? HT_TEXT_GAP : 0);
    }
    if (total > shown) {
        ht_chars_add_char(&page->room.out, '+');
        page_add_count(page, total - shown, "more", "more");
        page_put(page, HT_TEXT_GAP);
    }
    page_end_line(page);
}

void page_add_post_quantum(struct page *page, struct ht_bytes verdict)
{
    static const struct {
        const char *verdict, *words;
    } all[] = {
        {"pq_protected", "protected"},
        {"server_declined", "the server declines what clients offer"},
        {"client_not_capable", "the client offers none"},
        {"server_unknown", "not known of the server: no client offers any"},
        {"version_too_old", "impossible before TLS 1.3"},
    };
    for (size_t i = 0; i < HT_ARRAY_LEN(all); i++) {
        if (ht_bytes_equal(verdict, ht_text(all[i].verdict))) {
            ht_chars_add_text(&page->room.out, all[i].words);
            return;
        }
    }
    ht_text_safe(&page->room, verdict);
}
