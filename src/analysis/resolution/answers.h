/*
 * The addresses that DNS answered, found by who was given them and under which name. Bounded.
 */
#ifndef HT_ANALYSIS_RESOLUTION_ANSWERS_H
#define HT_ANALYSIS_RESOLUTION_ANSWERS_H

#include "analysis/resolution/resolution.h"
#include "base/address.h"

/* What is told of an answer, whatever addresses it gives. Plain bytes. */
struct ht_answer_facts {
    struct ht_address client; /* absent: everybody */
    int64_t query_time_ns, time_ns;
    uint64_t query_frame, frame;
    uint64_t rtt_ns;
    uint64_t ttl_s;  /* the lowest on the way to the address */
    uint32_t source; /* of the run, that holds it */
    uint16_t name_len;
    uint16_t cname_len[HT_RESOLUTION_MAX_CNAMES];
    uint8_t num_cnames;
};

/* The ways to look for an answer: each index goes by the address and what its name says. */
enum ht_answer_index { HT_BY_ADDRESS, HT_BY_NAME, HT_BY_CLIENT, HT_BY_BOTH, HT_NUM_INDEXES };

/* The answers that are the same to an index make a list, ordered by time, as long as only the
 * latest is sought, and each comes after the one before it. From then on they make a tree, ordered
 * by time, and a heap by `weight`: so that it is balanced whatever their order (a treap). */
struct ht_answer_link {
    struct ht_answer *earlier, *later; /* in a list the next ones; in a tree its two sides */
};

/* The lists and trees hang in a hash table of open addressing, with the hashes beside them, so that
 * most of what is not sought is passed without a look at it. */
struct ht_answer_slot {
    uint64_t key;            /* the hash of what the index goes by */
    struct ht_answer *first; /* the latest of a list, or a tree's root; NULL: free */
};

/* One address that was answered. What is looked at on the way to another lies together. */
struct ht_answer {
    struct ht_address address;
    uint8_t in_tree; /* a bit for each index */
    struct ht_answer_facts facts;
    struct ht_answer_link link[HT_NUM_INDEXES];
    struct ht_answer *newer, *older; /* of all, as they were learnt or led to a connection */
    uint64_t order;                  /* of learning */
    uint64_t weight;
    size_t size;
    uint8_t text[]; /* the name, then the aliases */
};

/* Owns its answers. */
struct ht_answers {
    struct ht_answer_slot *tables[HT_NUM_INDEXES];
    size_t num_slots; /* of each table: a power of two, at least twice as many as answers */
    struct ht_answer *newest, *oldest;
    size_t len, bytes;
    size_t num_everybody; /* that were given to everybody */
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

/* ht_answers_add remembers that `address` was answered; `text` is the name asked for and the
 * aliases, as long together as `facts` says. The same answer (address, name, client, frame, time)
 * again only brings what it says of the query. */
void ht_answers_add(struct ht_answers *answers, const struct ht_address *address,
                    const struct ht_answer_facts *facts, struct ht_bytes text);

/* ht_answers_use notes that `client` connects to `server` now: the answer that explains it best is
 * kept as if it were new. */
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
