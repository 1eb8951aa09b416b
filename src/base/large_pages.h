/*
 * Large pages for a large heap. A million connections take gigabytes, and to touch them the first
 * time by pages of four kilobytes takes the kernel longer than all else. Where Linux gives
 * transparent large pages to who asks for them, the heap asks: not before it is large, for a small
 * one would only grow.
 *
 * The process's heap, from which the first thread allocates, grows where it ends. Other threads
 * have heaps of their own, a mapping each, and another when one is full. With another C library
 * than glibc nothing happens.
 */
#ifndef HT_BASE_LARGE_PAGES_H
#define HT_BASE_LARGE_PAGES_H

#include <stddef.h>

/* Zeroed at first. */
struct ht_large_pages {
    char *asked; /* up to here; NULL: never yet */
    size_t bytes;
};

/* ht_large_pages_ask asks for what the heap grew by since the last time, if that is much; the first
 * time also for what of it is in use, which the kernel moves together where it can. To be called
 * once at the beginning, from where the heap counts, and large blocks lie in it, too; and now and
 * then: it costs no system call where there is nothing to ask for. */
void ht_large_pages_ask(struct ht_large_pages *pages);

/* ht_large_pages_ask_own asks for the heap of the calling thread, which is not the first one, if it
 * is another than the last time. To be called now and then, with a `pages` of its own. */
void ht_large_pages_ask_own(struct ht_large_pages *pages);

/* ht_heap_for_threads is for before threads begin that allocate much: the heaps of their own that
 * they get grow as a whole, and not by a system call for each few kilobytes, during which all the
 * others wait. */
void ht_heap_for_threads(void);

/* ht_heap_give_back gives what of the heap is free back to the system. For when what comes next
 * takes memory of other sizes than what was before. */
void ht_heap_give_back(void);

#endif
