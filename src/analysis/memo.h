/*
 * A memo: what repeats is computed once. A bounded memory of results, found by the bytes that they
 * were computed from; these are compared whole, so a hit never is a mistake.
 */
#ifndef HT_ANALYSIS_MEMO_H
#define HT_ANALYSIS_MEMO_H

#include "base/bytes.h"

struct ht_memo_set;

struct ht_memo {
    struct ht_memo_set *sets;
    size_t num_sets;
    size_t max_len;
};

enum { HT_MEMO_WAYS = 4 /* entries of a set */ };

/* ht_memo_init makes a memo of `num_sets` times HT_MEMO_WAYS entries; `num_sets` is a power of two.
 * Of an entry, key and value together have up to `max_len` bytes. False where there is no memory.
 */
bool ht_memo_init(struct ht_memo *memo, size_t num_sets, size_t max_len);

/* ht_memo_fini frees it; one that is all zero, too. */
void ht_memo_fini(struct ht_memo *memo);

/* ht_memo_find is the value kept for `key`, or NULL; it lives until the next ht_memo_add. What is
 * found is forgotten later than other entries. */
void *ht_memo_find(struct ht_memo *memo, struct ht_bytes key);

/* ht_memo_look is the same, but which entries are forgotten does not depend on it: for what all
 * workers learn, and one looks up. */
const void *ht_memo_look(const struct ht_memo *memo, struct ht_bytes key);

/* ht_memo_add makes room for the value of `key`, which is not in it yet: `len` zeroed bytes aligned
 * for any object, for the caller to fill. They live until the next ht_memo_add, which may forget
 * them. NULL where it is too long or there is no memory. */
void *ht_memo_add(struct ht_memo *memo, struct ht_bytes key, size_t len);

/* ht_memo_displaced is the value that ht_memo_add of `key` forgets; NULL: none. */
void *ht_memo_displaced(const struct ht_memo *memo, struct ht_bytes key);

/* ht_memo_at is the value in place `index`, below `num_sets` times HT_MEMO_WAYS; NULL: it is free.
 */
void *ht_memo_at(const struct ht_memo *memo, size_t index);

#endif
