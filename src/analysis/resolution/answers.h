/*
 * The addresses that DNS answered, found by who was given them and under which name. Bounded:
 * they are forgotten by the generation, so that none is looked at for that.
 */
#ifndef HT_ANALYSIS_RESOLUTION_ANSWERS_H
#define HT_ANALYSIS_RESOLUTION_ANSWERS_H

#include "analysis/resolution/resolution.h"
#include "base/address.h"
#include "base/arena.h"

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

/* The ways to look for an answer: each index goes by the address and what its name says. */
enum ht_answer_index { HT_BY_ADDRESS, HT_BY_NAME, HT_BY_CLIENT, HT_BY_BOTH, HT_NUM_INDEXES };

/* The answers that are the same to an index make a list, the latest first, as long as only the
 * latest is sought, and each comes after the one before it. From then on they make a tree, ordered
 * by time, and a heap by `weight`: so that it is balanced whatever their order (a treap). */
struct ht_answer_link {
    struct ht_answer *earlier, *later; /* in a tree its two sides */
};

/* The lists and trees of all indexes hang in one hash table of open addressing. The hash alone says
 * whose they are, so that an answer is added without a look at others. */
struct ht_answer_slot {
    uint64_t key : 63; /* of what the index goes by */
    uint64_t tree : 1;
    struct ht_answer *first; /* the latest of a list, or a tree's root; NULL: free */
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

/* Answers that were learnt, or led to a connection, one after the other, and are forgotten
 * together. Owns them. */
struct ht_answer_generation {
    struct ht_answer_slot *slots;
    size_t num_slots; /* a power of two */
    size_t num_used;  /* not more than half of them */
    size_t num_answers;
    size_t num_everybody; /* that were given to everybody */
    int64_t latest_ns;    /* of all times of its answers */
    struct ht_arena arena;
};

/* A connection that began. */
struct ht_answer_use {
    struct ht_address server, client;
    uint64_t by_address; /* the hash of the server's */
    bool waits;
};

/* Owns its answers: those of the generation that grows, and those of the one before it. What was
 * told last is done when more is told, or an answer is sought: the answer is filed, the connection
 * looked for what led to it. Until then their slots are fetched. */
struct ht_answers {
    struct ht_answer_generation now, before;
    struct ht_answer *unfiled; /* NULL: none */
    uint64_t unfiled_key[HT_NUM_INDEXES];
    struct ht_answer_use use;
    uint32_t num_generations;
    uint64_t order, seed;
};

/* What is sought: the answer that led to a connection. */
struct ht_answer_search {
    struct ht_address server, client;
    struct ht_bytes name; /* empty: any */
    int64_t until_ns;     /* answers given later are no answers */
};

static inline struct ht_bytes ht_answer_name(const struct ht_answer *answer)
{
    return ht_bytes(answer->text, answer->facts.name_len);
}

/* ht_names_equal: without regard to ASCII case (RFC 4343). */
bool ht_names_equal(struct ht_bytes a, struct ht_bytes b);

/* ht_answers_init makes an empty store; false: no memory. */
bool ht_answers_init(struct ht_answers *answers);
void ht_answers_fini(struct ht_answers *answers);

/* ht_answers_add remembers that `address` was answered; `text` is as in struct ht_answer. The same
 * answer (address, name, client, frame, time) again only brings what it says of the query. */
void ht_answers_add(struct ht_answers *answers, const struct ht_address *address,
                    const struct ht_answer_facts *facts, struct ht_bytes text);

/* ht_answers_use notes that `client` connects to `server` now: the answer that explains it best is
 * kept with those that are learnt now. */
void ht_answers_use(struct ht_answers *answers, const struct ht_address *server,
                    const struct ht_address *client);

/* ht_answers_find (which may make a tree of a list) returns the answer with the server's address
 * that explains a connection best: under the name, if one is sought; to the same client rather than
 * to another; the latest. NULL: there is none. Its work grows with the logarithm of how many
 * answers the address has. */
const struct ht_answer *ht_answers_find(struct ht_answers *answers,
                                        const struct ht_answer_search *search);

/* ht_answers_to_client is ht_answers_find for what was given to the same client only, under any
 * name. */
const struct ht_answer *ht_answers_to_client(struct ht_answers *answers,
                                             const struct ht_answer_search *search);

#endif
