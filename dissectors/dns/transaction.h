/*
 * The transactions of a flow that wait: queries for their answers, answers for queries that were
 * stored late, and over UDP what is complete for its repetitions. They lie in the flow's arena, are
 * used again, and are bounded in number.
 */
#ifndef HT_DNS_TRANSACTION_H
#define HT_DNS_TRANSACTION_H

#include "dissect/dissector.h"
#include "dns/message.h"

enum {
    DNS_MAX_WAITING = 64, /* transactions of one flow */
    DNS_MAX_REPEATS = 16, /* frames of one transaction */
    /* Most flows are one or two transactions. Their answers, if not large, are parsed into the
     * flow's memory, so that they need not be parsed again for the record. */
    DNS_MAX_LASTING  = 2,
    DNS_LASTING_SIZE = 512
};

/* One message of a transaction; frame 0: not seen. */
struct dns_half {
    int64_t time_ns;
    uint64_t frame;
    struct ht_bytes bytes;
    uint8_t *room; /* the memory that holds them, once they are kept */
    uint32_t capacity;
    struct dns_gist gist;
    bool partial, malformed, limit_reached;
    bool lasting; /* what was parsed of it lies in the flow's memory */
};

struct dns_pair {
    struct dns_pair *next;
    struct dns_description *description; /* NULL: it is made when needed */
    uint64_t *repeats;
    uint16_t id;
    uint8_t num_repeats;
    uint8_t client;  /* the side that asked */
    bool told;       /* its record was given; it is kept for further answers (a zone transfer) */
    bool evicted;    /* by DNS_MAX_WAITING */
    bool late_query; /* it came after the answer */
    struct dns_half query, answer;
};

/* The dissector's state of a flow; zeroed is valid. */
struct dns_state {
    struct dns_pair *oldest, *newest; /* waiting, in order of their first message */
    struct dns_pair *unused;
    uint8_t num_waiting;
    uint8_t num_lasting;
    uint8_t kind; /* enum dns_kind */
    bool stream;  /* TCP: no message comes twice, so nothing complete waits */
    bool claimed;
};

/* What was said of a transaction. */
struct dns_said {
    enum ht_side client;
    const struct dns_half *query, *answer; /* NULL: not seen */
};

/* A transaction as its messages tell it, and what hangs in it. Not to be copied. */
struct dns_description {
    struct dns_transaction transaction;
    struct dns_party client, server;
};

/* dns_read reads a half's bytes, and notes in it what stays needed. What it returns is `room`, the
 * message parsed: what it views lies in the scratch memory, or in the flow's. NULL: a query whose
 * words nobody needs before its record, for which it is parsed then. */
const struct dns_message *dns_read(struct dns_state *state, struct ht_emitter *e,
                                   struct dns_half *half, struct dns_message *room);

/* dns_describe describes a transaction as far as its messages do. `last` is the answer (where there
 * is none, the query) where it was parsed before; NULL: it was not. What it returns lies in the
 * flow's memory with all that it views, or is `room`, which views the scratch memory. */
struct dns_description *dns_describe(const struct dns_state *state, struct ht_emitter *e,
                                     const struct dns_said *said, const struct dns_message *last,
                                     struct dns_description *room);

/* What a message is to a transaction that is known, what it is most of all last. */
enum dns_relation {
    DNS_UNRELATED,
    DNS_FURTHER, /* an answer to what was answered before */
    DNS_AWAITED, /* the other half */
    DNS_REPEATED /* it says what was said */
};

struct dns_match {
    struct dns_pair *pair; /* NULL: it is related to none */
    enum dns_relation relation;
};

/* dns_find returns the transaction that a message is related to most, the oldest of several. */
struct dns_match dns_find(const struct dns_state *state, enum ht_side client,
                          const struct dns_half *half);

/* dns_note_repeat notes in its transaction a message that only repeats what was said. False where
 * there is no room: then that was told, and `match` is what the message is related to else. */
bool dns_note_repeat(struct dns_state *state, struct ht_emitter *e, enum ht_side client,
                     const struct dns_half *half, struct dns_match *match);

/* dns_take_query and dns_take_answer take a message of the frame at hand, tell what is complete and
 * keep what waits. `m` is what dns_read returned, `asked` what dns_find did, `description` that of
 * both, where it lies in the flow's memory; else NULL. */
void dns_take_query(struct dns_state *state, struct ht_emitter *e, enum ht_side client,
                    const struct dns_half *half, const struct dns_message *m,
                    struct dns_pair *asked);
void dns_take_answer(struct dns_state *state, struct ht_emitter *e, enum ht_side client,
                     const struct dns_half *half, const struct dns_message *m,
                     struct dns_pair *asked, struct dns_description *description);

/* dns_settled: nothing waits for its other half. */
bool dns_settled(const struct dns_state *state);

/* dns_expire tells what waited long enough; dns_tell_all tells everything, in order. */
void dns_expire(struct dns_state *state, struct ht_emitter *e);
void dns_tell_all(struct dns_state *state, struct ht_emitter *e);

#endif
