/*
 * A generation of answers: those that were learnt, or led to a connection, one after the other, and
 * are forgotten together; found by address and client, and under which name.
 */
#ifndef HT_ANALYSIS_RESOLUTION_GENERATION_H
#define HT_ANALYSIS_RESOLUTION_GENERATION_H

#include "base/address.h"
#include "base/arena.h"
#include "base/fetch.h"

/* What is told of an answer, whatever addresses it gives. Plain bytes. */
struct ht_answer_facts {
    struct ht_address client; /* absent: everybody */
    uint8_t num_cnames;
    uint16_t name_len;
    uint32_t source; /* of the run, that holds it */
    int64_t query_time_ns, time_ns;
    uint64_t query_frame, frame;
    uint64_t rtt_ns;
    uint64_t ttl_s; /* the lowest on the way to the address */
};

/* The ways to look for an answer: each index goes by the address and what its name says. Two have
 * all answers; the other two what in these is divided by name. */
enum ht_answer_index {
    HT_BY_ADDRESS,
    HT_BY_CLIENT,
    HT_NUM_WHOLE,
    HT_BY_NAME = HT_NUM_WHOLE,
    HT_BY_BOTH,
    HT_NUM_INDEXES
};

/* The answers that are the same to an index make a list, the one learnt last first. Those of which
 * a search would look at more than a few are divided by name. From then on they, and those of each
 * name, are a list, the latest first, as long as only the latest is sought, and each comes after
 * the one before it; else a tree, ordered by time, and a heap by `weight`: so that it is balanced
 * whatever their order (a treap). */
struct ht_answer_link {
    struct ht_answer *earlier, *later; /* in a tree its two sides */
};

/* The lists and trees of all indexes hang in one hash table of open addressing. The hash alone says
 * whose they are, so that an answer is added without a look at others. */
struct ht_answer_slot {
    uint64_t key : 61; /* of what the index goes by */
    uint64_t tree : 1;
    uint64_t divided : 1;    /* by name */
    uint64_t mixed : 1;      /* not yet divided, one was learnt after a later one */
    struct ht_answer *first; /* of a list, or a tree's root; NULL: free */
};

/* One address that was answered. */
struct ht_answer {
    struct ht_address address;
    uint32_t generation; /* that it belongs to */
    struct ht_answer_facts facts;
    struct ht_answer_link link[HT_NUM_INDEXES];
    uint64_t order; /* of learning */
    uint64_t weight;
    uint8_t text[]; /* the name, then the aliases, each after its length (uint16_t) */
};

/* Owns its answers, which its user puts into the arena and counts. */
struct ht_answer_generation {
    struct ht_answer_slot *slots;
    size_t num_slots; /* a power of two */
    size_t num_used;  /* not more than three quarters of them */
    size_t num_answers;
    size_t num_everybody; /* that were given to everybody */
    int64_t latest_ns;    /* of all times of its answers */
    struct ht_arena arena;
};

/* What makes answers the same to an index. Without a name, any. */
struct ht_answer_identity {
    const struct ht_address *address, *client;
    struct ht_bytes name;
    uint64_t key[HT_NUM_WHOLE];
};

static inline struct ht_bytes ht_answer_name(const struct ht_answer *answer)
{
    return ht_bytes(answer->text, answer->facts.name_len);
}

/* ht_names_equal: without regard to ASCII case (RFC 4343). */
bool ht_names_equal(struct ht_bytes a, struct ht_bytes b);

/* ht_answer_identify fills an identity, of which the keys depend on `seed`. It views what it is
 * given. */
void ht_answer_identify(struct ht_answer_identity *id, uint64_t seed,
                        const struct ht_address *address, const struct ht_address *client,
                        struct ht_bytes name);

/* ht_answer_later returns the later one; either may be NULL. */
struct ht_answer *ht_answer_later(struct ht_answer *a, struct ht_answer *b);

/* ht_generation_init makes an empty one; false: no memory. */
bool ht_generation_init(struct ht_answer_generation *g);
void ht_generation_fini(struct ht_answer_generation *g);

/* ht_generation_clear forgets all answers. */
void ht_generation_clear(struct ht_answer_generation *g);

/* ht_generation_fetch has the slot of a key fetched into the cache, while others are. */
static inline void ht_generation_fetch(const struct ht_answer_generation *g, uint64_t key)
{
    ht_fetch(&g->slots[key & (g->num_slots - 1)]);
}

/* ht_generation_has: there are answers of that key. */
bool ht_generation_has(const struct ht_answer_generation *g, uint64_t key);

/* ht_generation_file files an answer that lies in the arena, by the keys of its identity. False: it
 * is filed, but for another one there is no memory. */
bool ht_generation_file(struct ht_answer_generation *g, const uint64_t key[HT_NUM_WHOLE],
                        struct ht_answer *a);

/* ht_generation_latest returns the latest of those that are the same to an index that has all, and
 * under the name if there is one, given until then; NULL: none. */
struct ht_answer *ht_generation_latest(struct ht_answer_generation *g, enum ht_answer_index whole,
                                       const struct ht_answer_identity *id, int64_t until_ns);

/* ht_generation_find_again returns the same answer of the same time and frame; NULL: none. */
struct ht_answer *ht_generation_find_again(struct ht_answer_generation *g,
                                           const struct ht_answer_identity *id,
                                           const struct ht_answer_facts *facts);

#endif
