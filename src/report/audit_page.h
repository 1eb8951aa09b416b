/* The page that an audit's report for people is written on. Not for use outside this folder. */
#ifndef HT_REPORT_AUDIT_PAGE_H
#define HT_REPORT_AUDIT_PAGE_H

#include "report/audit_report.h"
#include "sink/text_value.h"

enum {
    PAGE_LABEL = 2, /* column of "servers", "proof" … */
    PAGE_VALUE = 15 /* column of what is said of it */
};

struct page {
    struct ht_text room; /* a unit at a time */
    struct ht_fold lines;
};

/* page_put puts what is in the room as a unit, `gap` columns behind the one before. */
void page_put(struct page *page, size_t gap);
void page_put_styled(struct page *page, size_t gap, enum ht_style style, const char *text);
void page_end_line(struct page *page);

/* page_put_heading puts a line of its own below an empty one. */
void page_put_heading(struct page *page, const char *text);

/* page_begin begins the line of a fact. */
void page_begin(struct page *page, const char *label);

/* page_put_fact puts a fact; nothing where the text is empty. */
void page_put_fact(struct page *page, const char *label, struct ht_bytes text);

/* page_add_count adds "1 server", "2 servers" to the room. */
void page_add_count(struct page *page, uint64_t count, const char *one, const char *more);

/* page_style_of is how a severity looks. */
enum ht_style page_style_of(const char *severity);

/* page_put_tallies puts the fact "TLS 1.3 ×110  TLS 1.2 ×5  +3 more", of `total` that there are; no
 * more than `shown`. */
void page_put_tallies(struct page *page, const char *label, struct ht_objects list, uint64_t total,
                      size_t shown);

/* page_add_post_quantum adds what a verdict on sessions, servers or clients means. */
void page_add_post_quantum(struct page *page, struct ht_bytes verdict);

/* page_put_coverage puts what was seen, and what could not be judged. */
void page_put_coverage(struct page *page, const struct ht_coverage *coverage);

#endif
