/*
 * The addresses that DNS answered, found by who was given them and under which name. Bounded:
 * they are forgotten by the generation, so that none is looked at for that.
 */
#ifndef HT_ANALYSIS_RESOLUTION_ANSWERS_H
#define HT_ANALYSIS_RESOLUTION_ANSWERS_H

#include "analysis/resolution/generation.h"
#include "analysis/resolution/resolution.h"

/* A connection that began. */
struct ht_answer_use {
    struct ht_address server, client;
    uint64_t key[HT_NUM_WHOLE];
    bool waits;
};

/* Owns its answers: those of the generation that grows, and those of the one before it. What was
 * told last is done when more is told, or an answer is sought: the answer is filed, the connection
 * looked for what led to it. Until then their slots are fetched. */
struct ht_answers {
    struct ht_answer_generation now, before;
    struct ht_answer *unfiled; /* NULL: none */
    uint64_t unfiled_key[HT_NUM_WHOLE];
    struct ht_answer_use use;
    uint32_t num_generations;
    uint64_t order; /* how many were learnt, ever */
    uint64_t seed;
};

/* What is sought: the answer that led to a connection. */
struct ht_answer_search {
    struct ht_address server, client;
    struct ht_bytes name; /* empty: any */
    int64_t until_ns;     /* answers given later are no answers */
};

/* ht_answers_init makes an empty store; false: no memory. */
bool ht_answers_init(struct ht_answers *answers);
void ht_answers_fini(struct ht_answers *answers);

/* ht_answers_none: none was ever learnt, as where DNS was not captured. */
static inline bool ht_answers_none(const struct ht_answers *answers)
{
    return answers->order == 0;
}

/* ht_answers_add remembers that `address` was answered; `text` is as in struct ht_answer. The same
 * answer (address, name, client, frame, time) again only brings what it says of the query. */
void ht_answers_add(struct ht_answers *answers, const struct ht_address *address,
                    const struct ht_answer_facts *facts, struct ht_bytes text);

/* ht_answers_use notes that `client` connects to `server` now: the answer that explains it best is
 * kept with those that are learnt now, unless the client was given the address by one of these. */
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
